//! What conditions of pipelines can ask about a rule beside its searches.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use vakt_event::Level;

use super::datum::{Datum, Operator};
use crate::document::Fields;

/// Statuses from the least to the most mature.
const STATUSES: [&str; 5] = [
    "unsupported",
    "deprecated",
    "experimental",
    "test",
    "stable",
];

/// The keys of a rule and its list of fields. Empty where there are no pipelines to ask.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The rule's `fields`, which name what an analyst should look at.
    pub(super) fields: Vec<String>,
    /// The document's other keys, and what `set_custom_attribute` set.
    pub(super) attributes: BTreeMap<String, Datum>,
}

impl Facts {
    pub(crate) fn of(document: &Fields<'_, '_>) -> Self {
        let mut facts = Self::default();
        for entry in document.entries {
            let Some(value) = Datum::of(&entry.value) else {
                continue;
            };
            if entry.key != "fields" {
                facts.attributes.insert(entry.key.to_string(), value);
                continue;
            }
            let items = match value {
                Datum::List(items) => items,
                single => vec![single],
            };
            facts.fields = items
                .into_iter()
                .filter_map(|item| match item {
                    Datum::Text(name) => Some(name),
                    _ => None,
                })
                .collect();
        }
        facts
    }

    /// Whether an attribute compares so with `value`. One that the rule does not have, and a
    /// comparison that its type does not know, hold never.
    pub(super) fn compare(&self, name: &str, operator: Operator, value: &Datum) -> bool {
        let fields;
        let own = if name == "fields" {
            fields = Datum::List(self.fields.iter().cloned().map(Datum::Text).collect());
            &fields
        } else {
            match self.attributes.get(name) {
                Some(own) => own,
                None => return false,
            }
        };
        if let Datum::List(items) = own {
            return match operator {
                Operator::In => items.contains(value),
                Operator::NotIn => !items.contains(value),
                Operator::NotEqual => true,
                _ => false,
            };
        }
        let rank = rank(name);
        let ordered = match (own, value) {
            (Datum::Text(own), Datum::Text(value)) => match (rank(own), rank(value)) {
                (Some(own), Some(value)) => Some(own.cmp(&value)),
                _ => own_order(name, operator, own, value),
            },
            (Datum::Number(own), Datum::Text(value)) => {
                let value = value.trim().parse::<f64>().ok();
                value.and_then(|value| own.partial_cmp(&value))
            }
            _ => own.order(value),
        };
        !matches!(operator, Operator::In | Operator::NotIn) && operator.accepts(ordered)
    }
}

/// Texts are equal or not; dates also come before one another.
fn own_order(name: &str, operator: Operator, own: &str, value: &str) -> Option<Ordering> {
    let order = own.cmp(value);
    let is_date = matches!(name, "date" | "modified");
    let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    (is_date || equality).then_some(order)
}

/// How grave a level, how mature a status.
fn rank(name: &str) -> impl Fn(&str) -> Option<usize> {
    let names: Vec<&'static str> = match name {
        "level" => Level::ALL.map(Level::as_str).into(),
        "status" => STATUSES.into(),
        _ => Vec::new(),
    };
    move |word| {
        let mut names = names.iter();
        names.position(|name| name.eq_ignore_ascii_case(word))
    }
}
