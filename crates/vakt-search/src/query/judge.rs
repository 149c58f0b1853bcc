//! The plain reading of a query: look at every value. All other ways are held to this one.

use vakt_event::Origin;

use super::Node;
use crate::Record;
use crate::fold::fold;

pub(super) fn holds(node: &Node, record: &Record<'_>) -> bool {
    match node {
        Node::All => true,
        Node::Not(inner) => !holds(inner, record),
        Node::And(parts) => parts.iter().all(|part| holds(part, record)),
        Node::Or(parts) => parts.iter().any(|part| holds(part, record)),
        Node::Sent(pattern) => any_sent(record, |value| pattern.matches(&fold(value))),
        Node::SentRegex(regex) => any_sent(record, |value| regex.is_in(value)),
        Node::Field(name, test) => record.any_value(name, |value| test.accepts_sent(value)),
    }
}

/// Whether `wanted` holds for some value, that is not null, that the sender sent.
fn any_sent(record: &Record<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    record.event.fields.iter().any(|field| {
        field.origin == Origin::Sent && !field.value.is_null() && wanted(field.value.text())
    })
}
