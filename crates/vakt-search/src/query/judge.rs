//! The plain reading of a query: look at every value. All other ways are held to this one.

use std::cell::{OnceCell, RefCell};

use vakt_event::Origin;

use super::literals::{Found, Literals};
use super::{Node, Pattern, Regex, Test};
use crate::Record;
use crate::fold::fold_into;

/// Whether the record answers the query, whose texts are `literals` where they are many.
pub(super) fn holds(node: &Node, literals: Option<&Literals>, record: &Record<'_>) -> bool {
    let judge = Judge {
        record,
        literals,
        folded: OnceCell::new(),
        found: OnceCell::new(),
        named: RefCell::default(),
    };
    judge.holds(node)
}

struct Judge<'j> {
    record: &'j Record<'j>,
    literals: Option<&'j Literals>,
    /// What the sender sent, folded, value after value.
    folded: OnceCell<Folded>,
    found: OnceCell<Option<Found<'j>>>,
    /// The same of fields that many texts are looked for in, by name.
    named: RefCell<Vec<(&'j str, Folded, Found<'j>)>>,
}

#[derive(Default)]
struct Folded {
    text: String,
    /// Where each value ends.
    ends: Vec<usize>,
}

impl Folded {
    fn add(&mut self, folded: &str) {
        self.text.push_str(folded);
        self.ends.push(self.text.len());
    }

    /// Whether some value has the pattern.
    fn has(&self, pattern: &Pattern) -> bool {
        let mut start = 0;
        self.ends.iter().any(|end| {
            let value = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            pattern.matches(value)
        })
    }
}

impl<'j> Judge<'j> {
    fn holds(&self, node: &'j Node) -> bool {
        match node {
            Node::All => true,
            Node::Not(inner) => !self.holds(inner),
            Node::And(parts) => parts.iter().all(|part| self.holds(part)),
            Node::Or(parts) => parts.iter().any(|part| self.holds(part)),
            Node::Sent(pattern) => self.has(pattern),
            Node::SentRegex(regex) => self.has_expression(regex),
            Node::Field(name, Test::Text(pattern)) if let Some(literals) = self.literals => {
                self.field_has(name, pattern, literals)
            }
            Node::Field(name, test) => self
                .record
                .any_value(name, |value| test.accepts_sent(value)),
        }
    }

    /// Whether some value that the sender sent has the pattern.
    fn has(&self, pattern: &Pattern) -> bool {
        let found = self.found.get_or_init(|| {
            let mut found = self.literals?.nothing();
            found.look_at(self.folded().text.as_bytes());
            Some(found)
        });
        has_found(found.as_ref(), pattern) && self.folded().has(pattern)
    }

    /// Whether some value of the field has the pattern.
    fn field_has(&self, name: &'j str, pattern: &Pattern, literals: &'j Literals) -> bool {
        let mut named = self.named.borrow_mut();
        let known = named.iter().position(|(known, ..)| *known == name);
        let at = known.unwrap_or_else(|| {
            let mut values = Folded::default();
            let mut folded = String::new();
            self.record.any_value(name, |value| {
                fold_into(value, &mut folded);
                values.add(&folded);
                false
            });
            let mut found = literals.nothing();
            found.look_at(values.text.as_bytes());
            named.push((name, values, found));
            named.len() - 1
        });
        named.get(at).is_some_and(|(_, values, found)| {
            has_found(Some(found), pattern) && values.has(pattern)
        })
    }

    fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| {
            let mut all = Folded::default();
            let mut folded = String::new();
            for value in sent(self.record) {
                fold_into(value, &mut folded);
                all.add(&folded);
            }
            all
        })
    }

    fn has_expression(&self, regex: &Regex) -> bool {
        sent(self.record).any(|value| regex.is_in(value))
    }
}

/// Whether all texts of the pattern were found, if they were looked for. What is found may begin in one value and
/// end in another, so that the pattern is looked for in each then.
fn has_found(found: Option<&Found<'_>>, pattern: &Pattern) -> bool {
    found.is_none_or(|found| pattern.pieces.iter().all(|piece| found.has(piece)))
}

/// The values, not null, that the sender sent.
fn sent<'r>(record: &'r Record<'_>) -> impl Iterator<Item = &'r str> {
    let fields = record.event.fields.iter();
    fields
        .filter(|field| field.origin == Origin::Sent && !field.value.is_null())
        .map(|field| field.value.text())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vakt_event::Event;

    use super::*;
    use crate::Query;

    proptest! {
        #[test]
        fn many_texts_are_judged_as_few(
            values in prop::collection::vec("[a-cÄ ]{0,6}", 0..5),
            words in prop::collection::vec("(|-)(|x:|y:|event[.]original:)(|[*])[a-cä]{1,3}(|[*])", 17..60),
            separator in prop::sample::select(vec![" ", " or "]),
        ) {
            let query = Query::parse(&words.join(separator)).unwrap();
            let mut event = Event::default();
            for (at, value) in values.iter().enumerate() {
                event.sent(["x", "y"][at % 2], value.as_str());
            }
            let record = Record::of(&event);
            let literals = query.literals.as_deref();
            prop_assert_eq!(holds(&query.root, literals, &record), holds(&query.root, None, &record));
        }
    }
}
