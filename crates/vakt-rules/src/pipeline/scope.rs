//! What one pass of the pipelines over one rule remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::datum::{Datum, Operator};
use crate::checks;
use crate::draft::{Failure, Item};

/// Predicates that pipelines may add to one rule. As many as a document can have values.
const GROWTH_MAX: usize = 500_000;

/// Begins anew for each rule.
pub(super) struct Scope<'p> {
    /// `vars` of all pipelines.
    pub(super) variables: &'p BTreeMap<String, Vec<String>>,
    pub(super) state: BTreeMap<String, Datum>,
    /// The ids of the steps whose conditions the rule met.
    pub(super) rule_applied: BTreeSet<Arc<str>>,
    /// The ids of the steps that made a name of a field what it is.
    field_applied: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Names that a mapping took or gave.
    pub(super) mapped: BTreeSet<String>,
    grown: usize,
}

impl<'p> Scope<'p> {
    pub(super) fn new(variables: &'p BTreeMap<String, Vec<String>>) -> Self {
        Self {
            variables,
            state: BTreeMap::new(),
            rule_applied: BTreeSet::new(),
            field_applied: BTreeMap::new(),
            mapped: BTreeSet::new(),
            grown: 0,
        }
    }

    /// A state that is not set, or of another type, compares with nothing.
    pub(super) fn state_is(&self, key: &str, operator: Operator, value: &Datum) -> bool {
        let state = self.state.get(key);
        state.is_some_and(|state| operator.accepts(state.order(value)))
    }

    pub(super) fn field_has(&self, field: &str, id: &str) -> bool {
        let applied = self.field_applied.get(field);
        applied.is_some_and(|applied| applied.contains(id))
    }

    /// The step `id` made `from` into `to`.
    pub(super) fn renamed(&mut self, from: &str, to: &[String], id: Option<&Arc<str>>) {
        self.mapped.insert(from.to_owned());
        self.mapped.extend(to.iter().cloned());
        if to.len() == 1 && to.iter().all(|to| to == from) {
            return;
        }
        let mut applied = self.field_applied.get(from).cloned().unwrap_or_default();
        applied.extend(id.cloned());
        for to in to {
            self.field_applied.insert(to.clone(), applied.clone());
        }
    }

    /// Counts predicates that a step is about to add.
    pub(super) fn grow(&mut self, predicates: usize) -> Result<(), Box<Failure>> {
        self.grown = self.grown.saturating_add(predicates);
        if self.grown <= GROWTH_MAX {
            return Ok(());
        }
        Err(Box::new(Failure {
            place: None,
            check: &checks::PIPELINE_FAILURE,
            message: format!("the pipelines make more than {GROWTH_MAX} values of this rule"),
            help: "map to fewer fields or values".to_owned(),
        }))
    }
}

/// Marks that the step changed the item.
pub(super) fn mark(item: &mut Item, id: Option<&Arc<str>>) {
    if let Some(id) = id
        && !item.applied.contains(id)
    {
        item.applied.push(Arc::clone(id));
    }
}
