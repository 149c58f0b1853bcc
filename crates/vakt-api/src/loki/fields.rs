//! Which fields a label's name stands for, among those that stored events have.
//!
//! Loki's `| json` makes a label of each field of a line, with `_` for every sign that a label's name may not
//! have: `userIdentity.userName` is `userIdentity_userName`. The same name can come of several fields; then the
//! value is that of the first of them that an event has: the field that is named as the label is, and then those
//! that more events have.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vakt_event::alias::{ALIASES, canonical};
use vakt_event::ecs;

use super::labels::{LABELS, Label, first_of, is_name, known};

/// The most fields that one name stands for beside those of the table: each is a condition more, and a part
/// more of every count.
const FIELDS_MAX: usize = 3;

/// What Windows events come wrapped in, as it is in a label: Vakt's fields are without it.
const ENVELOPES: [&str; 4] = [
    "Event_EventData_",
    "Event_System_",
    "winlog_event_data_",
    "winlog_user_data_",
];

/// The fields of stored events, by the labels that stand for them.
#[derive(Debug)]
pub(crate) struct Fields {
    by_label: BTreeMap<String, Vec<String>>,
    /// The labels of the table.
    table: Vec<(&'static Label, Vec<String>)>,
}

impl Fields {
    /// Over the fields with these names, those of most events first.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut by_label: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names.into_iter().filter(|name| is_askable(name)) {
            let label = label_of(&name);
            if !label.is_empty() {
                by_label.entry(label.into_owned()).or_default().push(name);
            }
        }
        for (label, names) in &mut by_label {
            // Stable: the others stay in their order.
            names.sort_by_key(|name| name != label);
        }
        let mut fields = Self {
            by_label,
            table: Vec::new(),
        };
        fields.table = LABELS
            .iter()
            .map(|label| (label, fields.of(label.name)))
            .collect();
        fields
    }

    /// The fields that a label stands for, the first one first; at least one.
    pub(crate) fn of(&self, label: &str) -> Vec<String> {
        let table = known(label).map_or(&[][..], |label| label.fields);
        let mut fields: Vec<String> = table.iter().map(|field| (*field).to_owned()).collect();
        let most = table.len() + FIELDS_MAX;
        let named = self.by_label.get(label).into_iter().flatten();
        let aliases = ALIASES
            .iter()
            .filter(|(alias, _)| label_of(alias) == label)
            .map(|(_, field)| *field);
        for field in named.map(String::as_str).chain(aliases) {
            if fields.len() < most && !fields.iter().any(|known| known == field) {
                fields.push(field.to_owned());
            }
        }
        if !fields.is_empty() {
            return fields;
        }
        let wrapped = ENVELOPES.iter().find_map(|start| label.strip_prefix(start));
        match wrapped.filter(|inside| is_name(inside)) {
            Some(inside) => self.of(inside),
            None => vec![label.to_owned()],
        }
    }

    /// The labels of the table, with the fields of each.
    pub(crate) fn table(&self) -> impl Iterator<Item = (&'static Label, &[String])> {
        self.table
            .iter()
            .map(|(label, fields)| (*label, fields.as_slice()))
    }

    /// The fields of a hit under their labels, without those of the table, which has them already.
    pub(crate) fn others<'h>(&self, hit: &'h Map<String, Value>) -> BTreeMap<String, &'h Value> {
        let mut others = BTreeMap::new();
        for (field, value) in hit {
            // The line itself and its time are no labels of Loki's either.
            if matches!(field.as_str(), ecs::EVENT_ORIGINAL | ecs::TIMESTAMP) || value.is_null() {
                continue;
            }
            let is_taken = self.table().any(|(_, fields)| fields.contains(field));
            let label = label_of(field);
            if is_taken || label.is_empty() || known(&label).is_some() || !is_askable(field) {
                continue;
            }
            if !others.contains_key(label.as_ref()) {
                let named = self.by_label.get(label.as_ref());
                let first = named
                    .and_then(|named| first_of(hit, named))
                    .unwrap_or(value);
                others.insert(label.into_owned(), first);
            }
        }
        others
    }
}

/// The label that Loki makes of a field's name.
pub(crate) fn label_of(field: &str) -> Cow<'_, str> {
    if is_name(field) {
        return field.into();
    }
    let mut label: String = field
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if label.starts_with(|c: char| c.is_ascii_digit()) {
        label.insert(0, '_');
    }
    label.into()
}

/// Signs that the query language takes in a name as they are.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// Signs that it takes after a `\`.
const ESCAPED: &str = "\\\"'()[]{}:*?<>=!+-~^/&|,;#@ ";

/// Whether the query language can name the field.
fn is_askable(field: &str) -> bool {
    field.starts_with(|c: char| c.is_alphabetic() || c == '_' || ESCAPED.contains(c))
        && field
            .chars()
            .all(|c| is_plain(c) || c == '$' || ESCAPED.contains(c))
        && canonical(field) == field
}

/// The name of a field as the query language reads it.
pub(crate) fn written(field: &str) -> Cow<'_, str> {
    if field.chars().all(is_plain) {
        return field.into();
    }
    let mut written = String::with_capacity(field.len() + 4);
    for c in field.chars() {
        if !is_plain(c) && c != '$' {
            written.push('\\');
        }
        written.push(c);
    }
    written.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[&str]) -> Fields {
        Fields::new(names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn a_name_stands_for_what_loki_would_name_so() {
        let fields = fields(&[
            "id.resp_p",
            "id_resp.p",
            "user_identity.name",
            "user.identity_name",
            "user_identity_name",
            "user.identity.name",
            "user_name",
            "k8s/pod-name",
            "5xx.count",
            "a%b",
            "TargetUserName",
        ]);
        let check =
            |label: &str, expected: &[&str]| assert_eq!(fields.of(label), expected, "{label}");
        check("id_resp_p", &["id.resp_p", "id_resp.p"]);
        // The very name first, then the more frequent ones, within the bound.
        check(
            "user_identity_name",
            &[
                "user_identity_name",
                "user_identity.name",
                "user.identity_name",
            ],
        );
        // A label of the table is what it says there before what else is named so.
        check("user_name", &["user.name", "user_name"]);
        check("host_name", &["host.name"]);
        check("k8s_pod_name", &["k8s/pod-name"]);
        check("colour", &["colour"]);
        check("no_such_field", &["no_such_field"]);
        // What a sender calls it, and what Windows wraps it in.
        check("Image", &["process.executable"]);
        check("c_ip", &["source.ip"]);
        check("Event_EventData_TargetUserName", &["TargetUserName"]);
        check("winlog_event_data_Image", &["process.executable"]);
        // The query language has no way to name these.
        check("_5xx_count", &["_5xx_count"]);
        check("a_b", &["a_b"]);
    }

    #[test]
    fn names_become_labels_and_names_of_the_query_language() {
        let check = |field: &str, label: &str, asked: &str| {
            assert_eq!(
                (label_of(field).as_ref(), written(field).as_ref()),
                (label, asked)
            );
        };
        check("colour", "colour", "colour");
        check("user.name", "user_name", "user.name");
        check("k8s/pod-name", "k8s_pod_name", r"k8s\/pod\-name");
        check("@odd key", "_odd_key", r"\@odd\ key");
        check("5xx", "_5xx", "5xx");
        check("hållplats.nr", "h_llplats_nr", "hållplats.nr");
    }

    #[test]
    fn the_fields_of_a_hit_are_labels() {
        let hit = serde_json::json!({
            "@timestamp": "2026-11-24T09:30:00Z", "event.original": "{}", "host.name": "a",
            "userIdentity.userName": "bert", "id.resp_p": 80, "gone": null, "user_name": "bo",
            "a.b": 1, "a_b": 2,
        });
        let hit = hit.as_object().unwrap();
        let fields = fields(&["a.b", "a_b", "userIdentity.userName"]);
        let found = fields.others(hit);
        let found: Vec<(&str, String)> = found
            .iter()
            .map(|(label, value)| (label.as_str(), value.to_string()))
            .collect();
        assert_eq!(
            found,
            [
                ("a_b", "2".to_owned()),
                ("id_resp_p", "80".to_owned()),
                ("userIdentity_userName", "\"bert\"".to_owned()),
            ]
        );
    }
}
