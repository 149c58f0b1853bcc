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
        Node::Sent(pattern) => record.event.fields.iter().any(|field| {
            field.origin == Origin::Sent
                && !field.value.is_null()
                && pattern.matches(&fold(field.value.text()))
        }),
        Node::Field(name, test) => record.any_value(name, |value| test.accepts(&fold(value))),
    }
}
