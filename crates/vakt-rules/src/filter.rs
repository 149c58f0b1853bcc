//! Filter documents: conditions that are joined to the rules they name (Sigma filters
//! specification).

use vakt_event::LogSource;

use crate::ast::Condition;
use crate::checks;
use crate::correlation::{Reference, unique};
use crate::detection::{self, Section};
use crate::diagnostic::Report;
use crate::document::{self, Fields};
use crate::draft::{Part, RuleDraft, SearchDraft};
use crate::log_source;
use crate::value::Lowering;
use crate::yaml::{Entry, Kind, Node};

#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) log_source: LogSource<'static>,
    pub(crate) rules: FilterRules,
    pub(crate) section: Section,
    /// Something in it is at fault: it is refused, and only its references are still looked at.
    pub(crate) faulty: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum FilterRules {
    Any,
    Named(Vec<Reference>),
}

pub(crate) fn read(
    fields: &Fields<'_, '_>,
    shared: &Lowering<'_>,
    report: &mut Report<'_>,
) -> Option<Filter> {
    let log_source = log_source::read(fields, report);
    let section = fields.get("filter")?;
    let Some(entries) = document::section(&section.value) else {
        report.add(
            &checks::FILTER_KEY,
            &section.key_span,
            "`filter` is not a map",
            "give it rules, a selection and a condition",
        );
        return None;
    };
    let inner = Fields {
        entries,
        start: section.key_span.clone(),
    };
    let rules = rules(&inner, report);
    let searches: Vec<&Entry<'_>> = entries.iter().filter(|e| e.key != "rules").collect();
    let section = detection::read(&searches, &section.key_span, shared, report);
    Some(Filter {
        faulty: log_source.is_none() || section.is_none(),
        log_source: log_source.unwrap_or_default(),
        rules: rules?,
        section: section.unwrap_or_else(|| Section {
            searches: Vec::new(),
            condition: Condition::All(Vec::new()),
        }),
    })
}

fn rules(fields: &Fields<'_, '_>, report: &mut Report<'_>) -> Option<FilterRules> {
    let help = "list the ids or names of the rules that it narrows, or write `rules: any`";
    let Some(entry) = fields.get("rules") else {
        report.add(
            &checks::FILTER_KEY,
            &fields.start,
            "the filter has no `rules`",
            help,
        );
        return None;
    };
    if let Kind::Scalar(scalar) = &entry.value.kind
        && ["any", "all"].contains(&scalar.text.to_ascii_lowercase().as_str())
    {
        return Some(FilterRules::Any);
    }
    let reference = |node: &Node<'_>| match &node.kind {
        Kind::Scalar(scalar) if !scalar.text.is_empty() => Some(Reference {
            text: scalar.text.to_string(),
            span: node.span.clone(),
        }),
        _ => None,
    };
    let named: Option<Vec<Reference>> = match &entry.value.kind {
        Kind::List(items) if !items.is_empty() => items.iter().map(reference).collect(),
        Kind::List(_) => None,
        _ => reference(&entry.value).map(|one| vec![one]),
    };
    if named.is_none() || matches!(&entry.value.kind, Kind::Scalar(_)) {
        // A single one is plain enough to run.
        let message = "`rules` is not a list of ids or names";
        report.add(&checks::FILTER_KEY, &entry.key_span, message, help);
    }
    let named = named.map(|named| unique(named, "remove one", report));
    named.map(FilterRules::Named)
}

impl Filter {
    /// Whether the rule's log source lies within the filter's.
    pub(crate) fn covers(&self, rule: &RuleDraft) -> bool {
        rule.log_source.satisfies(&self.log_source)
    }

    /// How many predicates it adds to each rule.
    pub(crate) fn predicates(&self) -> usize {
        let searches = self.section.searches.iter();
        searches
            .filter_map(|search| search.part.as_ref())
            .map(Part::predicates)
            .sum()
    }

    /// `(rule) and (filter)`: the filter's condition counts as it is written. Its searches get
    /// names that begin with `_` and tell whose they are.
    pub(crate) fn apply(&self, filter_id: &str, rule: &mut RuleDraft) {
        let offset = rule.searches.len();
        rule.searches
            .extend(self.section.searches.iter().map(|search| SearchDraft {
                name: format!("_filter_{filter_id}_{}", search.name),
                part: search.part.clone(),
            }));
        let condition = std::mem::replace(&mut rule.condition, Condition::All(Vec::new()));
        rule.condition = Condition::All(vec![condition, shifted(&self.section.condition, offset)]);
    }
}

fn shifted(condition: &Condition, offset: usize) -> Condition {
    let each = |parts: &[Condition]| parts.iter().map(|part| shifted(part, offset)).collect();
    match condition {
        Condition::Search(index) => Condition::Search(index + offset),
        Condition::Not(inner) => Condition::Not(Box::new(shifted(inner, offset))),
        Condition::All(parts) => Condition::All(each(parts)),
        Condition::Any(parts) => Condition::Any(each(parts)),
    }
}
