//! A rule's condition over atoms.

use vakt_event::{Event, Field, Value, alias};
use vakt_rules::ast::Relation;

use super::AtomId;
use super::scratch::Bits;
use crate::fold;

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
    pub(super) field: Option<Named>,
    pub(super) other: Named,
    pub(super) relation: Relation,
    pub(super) cased: bool,
}

/// A field by all its names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    names: Box<[Box<str>]>,
    /// Their lengths, a bit for each: most fields have none of the names.
    lengths: u64,
}

impl Named {
    pub(super) fn new(name: &str) -> Self {
        let names: Box<[Box<str>]> = alias::synonyms(name).map(Into::into).collect();
        Self {
            lengths: names.iter().fold(0, |bits, name| bits | length_bit(name)),
            names,
        }
    }

    /// As [`Event::values`], without looking names up that are in no envelope.
    fn values<'e, 'a>(&'e self, event: &'e Event<'a>) -> impl Iterator<Item = &'e Value<'a>> {
        let means_it = |field: &&Field<'_>| {
            let name = alias::without_envelope(&field.name);
            self.lengths & length_bit(name) != 0 && self.names.iter().any(|known| **known == *name)
        };
        (event.fields.iter().filter(means_it)).map(|field| &field.value)
    }
}

fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}

impl Expr {
    pub(super) fn holds(&self, bits: &Bits, event: &Event<'_>, operands: &mut Operands) -> bool {
        let mut holds = |part: &Self| part.holds(bits, event, operands);
        match self {
            Self::Atom(atom) => bits.has(*atom),
            Self::Not(inner) => !holds(inner),
            Self::All(parts) => parts.iter().all(holds),
            Self::Any(parts) => parts.iter().any(holds),
            Self::Const(value) => *value,
            Self::FieldRef(reference) => reference.holds(event, operands),
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
    fn holds(&self, event: &Event<'_>, operands: &mut Operands) -> bool {
        let mut relates_to = |value: &Value<'_>| {
            (self.other.values(event))
                .filter(|other| !other.is_null())
                .any(|other| self.relates(value, other, operands))
        };
        match &self.field {
            Some(field) => (field.values(event))
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

    /// As [`crate::naive`] relates two values, neither of them null.
    fn relates(&self, value: &Value<'_>, other: &Value<'_>, operands: &mut Operands) -> bool {
        let Operands { text, left, right } = operands;
        if self.relation == Relation::Equals
            && let (Value::Number(a), Value::Number(b)) = (value, other)
        {
            let a = if value.write_shortest_number(left) {
                &**left
            } else {
                a
            };
            let b = if other.write_shortest_number(right) {
                &**right
            } else {
                b
            };
            return a == b;
        }
        for (value, operand) in [(value, &mut *left), (other, &mut *right)] {
            operand.clear();
            let written = match value {
                Value::Escaped(escaped) => {
                    text.clear();
                    escaped.append_to(text);
                    &**text
                }
                value => value.text(),
            };
            match self.cased {
                true => operand.push_str(written),
                false => fold::fold_into(written, operand),
            }
        }
        match self.relation {
            Relation::Equals => left == right,
            Relation::Contains => left.contains(&**right),
            Relation::StartsWith => left.starts_with(&**right),
            Relation::EndsWith => left.ends_with(&**right),
        }
    }
}

/// The two texts that a comparison of fields compares; kept between events.
#[derive(Default)]
pub(super) struct Operands {
    /// A text without its escapes, not folded yet.
    text: String,
    left: String,
    right: String,
}
