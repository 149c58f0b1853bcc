//! A rule's condition over atoms.

use vakt_event::{Event, Value};
use vakt_rules::ast::Relation;

use super::AtomId;
use super::scratch::Bits;
use crate::naive::relates;

/// A condition, compiled. Depth is that of the rule's own nesting.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Atom(AtomId),
    Not(Box<Expr>),
    All(Box<[Expr]>),
    Any(Box<[Expr]>),
    Const(bool),
    FieldRef(Box<FieldRef>),
}

/// A comparison of two fields, which no table can hold; evaluated on the event itself.
#[derive(Clone, Debug)]
pub(super) struct FieldRef {
    /// `None` for a keyword.
    pub(super) field: Option<String>,
    pub(super) other: String,
    pub(super) relation: Relation,
    pub(super) cased: bool,
}

impl Expr {
    pub(super) fn holds(&self, bits: &Bits, event: &Event<'_>) -> bool {
        match self {
            Self::Atom(atom) => bits.has(*atom),
            Self::Not(inner) => !inner.holds(bits, event),
            Self::All(parts) => parts.iter().all(|part| part.holds(bits, event)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(bits, event)),
            Self::Const(value) => *value,
            Self::FieldRef(reference) => reference.holds(event),
        }
    }

    /// Gives every atom of the condition, some more than once.
    pub(super) fn each_atom(&self, give: &mut impl FnMut(AtomId)) {
        match self {
            Self::Atom(atom) => give(*atom),
            Self::Not(inner) => inner.each_atom(give),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each_atom(give));
            }
            Self::Const(_) | Self::FieldRef(_) => {}
        }
    }
}

impl FieldRef {
    fn holds(&self, event: &Event<'_>) -> bool {
        let relates_to = |value: &Value<'_>| {
            event
                .values(&self.other)
                .filter(|other| !other.is_null())
                .any(|other| relates(self.relation, value, other, self.cased))
        };
        match &self.field {
            Some(field) => event
                .values(field)
                .filter(|value| !value.is_null())
                .any(relates_to),
            None => {
                (!event.structured && relates_to(&Value::from(event.original.as_ref())))
                    || event
                        .fields
                        .iter()
                        .filter(|field| field.origin == vakt_event::Origin::Sent)
                        .filter(|field| !field.value.is_null())
                        .any(|field| relates_to(&field.value))
            }
        }
    }
}
