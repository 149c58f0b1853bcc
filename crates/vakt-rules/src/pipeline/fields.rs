//! Names of fields: mapping, prefixes, suffixes.

use std::collections::HashMap;

use super::scope::{Scope, mark};
use super::step::Step;
use crate::ast::{CorrelationKind, Test};
use crate::checks;
use crate::correlation::Draft;
use crate::draft::{Failure, Item, Part, Value};
use crate::text;

/// How names are changed.
#[derive(Clone, Debug)]
pub(super) enum Rename {
    /// Whole names, and what keywords are looked for in.
    Names(HashMap<String, Vec<String>>, Option<Vec<String>>),
    /// Beginnings of names; the first that fits counts.
    Beginnings(Vec<(String, Vec<String>)>),
    Prefix(String),
    Suffix(String),
}

impl Rename {
    /// The new names; `None` where the name stays. `field` is `None` for keywords.
    fn of(&self, field: Option<&str>) -> Option<Vec<String>> {
        let Some(field) = field else {
            return match self {
                Self::Names(_, keywords) => keywords.clone(),
                _ => None,
            };
        };
        match self {
            Self::Names(names, _) => names.get(field).cloned(),
            Self::Beginnings(beginnings) => beginnings.iter().find_map(|(from, to)| {
                let rest = field.strip_prefix(from.as_str())?;
                Some(to.iter().map(|to| format!("{to}{rest}")).collect())
            }),
            Self::Prefix(prefix) => Some(vec![format!("{prefix}{field}")]),
            Self::Suffix(suffix) => Some(vec![format!("{field}{suffix}")]),
        }
    }

    /// The names of a field that stands outside a search, such as in `group-by`.
    fn names(&self, field: &str, step: &Step, scope: &mut Scope<'_>) -> Vec<String> {
        let passes = |scope: &Scope<'_>| {
            let conditions = &step.field_conditions;
            conditions.hold(|condition| condition.holds(Some(field), None, scope))
        };
        match self.of(Some(field)) {
            Some(names) if passes(scope) => {
                scope.renamed(field, &names, step.id.as_ref());
                names
            }
            _ => vec![field.to_owned()],
        }
    }

    /// The list of a rule's `fields`.
    pub(super) fn list(&self, fields: &mut Vec<String>, step: &Step, scope: &mut Scope<'_>) {
        let names = std::mem::take(fields).into_iter();
        *fields = names
            .flat_map(|field| self.names(&field, step, scope))
            .collect();
    }

    /// The item under its new names; several names are joined by OR.
    pub(super) fn item(
        &self,
        mut item: Item,
        step: &Step,
        scope: &mut Scope<'_>,
    ) -> Result<Part, Box<Failure>> {
        self.references(&mut item, step, scope)?;
        let passes = step
            .field_conditions
            .hold(|condition| condition.holds(item.field.as_deref(), Some(&item), scope));
        let names = match self.of(item.field.as_deref()) {
            Some(names) if passes => names,
            _ => return Ok(Part::Item(Box::new(item))),
        };
        mark(&mut item, step.id.as_ref());
        match &item.field {
            Some(field) => scope.renamed(field, &names, step.id.as_ref()),
            None => into_field(&mut item),
        }
        scope.grow(item.predicates().saturating_mul(names.len() - 1))?;
        let mut parts: Vec<Part> = names
            .into_iter()
            .map(|name| {
                Part::Item(Box::new(Item {
                    field: Some(name),
                    ..item.clone()
                }))
            })
            .collect();
        Ok(match parts.len() {
            1 => parts.remove(0),
            // Whether none has the value, and whether none is there.
            _ if item.negated || asks_for_absence(&item) => Part::All(parts),
            _ => Part::Any(parts),
        })
    }

    /// The fields that values refer to (`fieldref`).
    fn references(
        &self,
        item: &mut Item,
        step: &Step,
        scope: &mut Scope<'_>,
    ) -> Result<(), Box<Failure>> {
        let is_reference = |value: &Value| matches!(value, Value::FieldRef { .. });
        if !item.values.iter().any(is_reference) {
            return Ok(());
        }
        let mut changed = false;
        let mut values = Vec::with_capacity(item.values.len());
        for value in std::mem::take(&mut item.values) {
            let Value::FieldRef {
                field,
                relation,
                cased,
            } = value
            else {
                values.push(value);
                continue;
            };
            let names = self.names(&field, step, scope);
            changed |= names.iter().any(|name| *name != field);
            scope.grow(names.len() - 1)?;
            values.extend(names.into_iter().map(|field| Value::FieldRef {
                field,
                relation,
                cased,
            }));
        }
        item.values = values;
        if changed {
            mark(item, step.id.as_ref());
        }
        Ok(())
    }

    /// The fields of a correlation: of its groups, its aliases and its condition.
    pub(super) fn correlation(
        &self,
        draft: &mut Draft,
        step: &Step,
        scope: &mut Scope<'_>,
    ) -> Result<(), Box<Failure>> {
        let mut single = |field: &mut String, what: &str| {
            let mut names = self.names(field, step, scope);
            if names.len() != 1 {
                return Err(several(field, what, step));
            }
            *field = names.remove(0);
            Ok(())
        };
        for alias in &mut draft.aliases {
            for (_, field) in &mut alias.fields {
                single(field, "an alias")?;
            }
        }
        match &mut draft.kind {
            CorrelationKind::ValueCount(fields, _) => {
                for field in fields {
                    single(field, "a condition")?;
                }
            }
            CorrelationKind::ValueSum(field, _)
            | CorrelationKind::ValueAvg(field, _)
            | CorrelationKind::ValuePercentile(field, _, _)
            | CorrelationKind::ValueMedian(field, _) => single(field, "a condition")?,
            CorrelationKind::EventCount(_)
            | CorrelationKind::Temporal(_)
            | CorrelationKind::TemporalOrdered(_) => {}
        }
        let mut group_by: Vec<String> = Vec::with_capacity(draft.group_by.len());
        for field in std::mem::take(&mut draft.group_by) {
            let names = if draft.aliases.iter().any(|alias| alias.name == field) {
                vec![field]
            } else {
                self.names(&field, step, scope)
            };
            for name in names {
                if !group_by.contains(&name) {
                    group_by.push(name);
                }
            }
        }
        draft.group_by = group_by;
        Ok(())
    }
}

/// `field: null`, and `field|exists: false`.
fn asks_for_absence(item: &Item) -> bool {
    item.values.iter().all(|value| match value {
        Value::Null => true,
        Value::Tests(tests) => tests.iter().all(|test| *test == Test::Exists(false)),
        _ => false,
    })
}

fn several(field: &str, what: &str, step: &Step) -> Box<Failure> {
    Box::new(Failure {
        place: None,
        check: &checks::PIPELINE_FAILURE,
        message: format!("`{field}` is mapped to several fields, and {what} takes one"),
        help: format!(
            "leave correlations out of the step at {}: add the rule condition `is_sigma_rule`",
            step.place
        ),
    })
}

/// Keywords that are to be looked for in one field keep their meaning: anywhere in its value.
fn into_field(item: &mut Item) {
    if item.placed {
        return;
    }
    item.placed = true;
    for value in &mut item.values {
        text::contain(value);
    }
}
