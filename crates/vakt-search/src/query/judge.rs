//! The plain reading of a query: look at every value. All other ways are held to this one.

use std::cell::OnceCell;

use vakt_event::Origin;

use super::literals::{Found, Literals};
use super::{Node, Pattern, Regex};
use crate::Record;
use crate::fold::fold_into;

/// Whether the record answers the query, whose texts are `literals` where they are many.
pub(super) fn holds(node: &Node, literals: Option<&Literals>, record: &Record<'_>) -> bool {
    let judge = Judge {
        record,
        literals,
        folded: OnceCell::new(),
        found: OnceCell::new(),
    };
    judge.holds(node)
}

struct Judge<'j> {
    record: &'j Record<'j>,
    literals: Option<&'j Literals>,
    /// What the sender sent, folded, value after value.
    folded: OnceCell<Folded>,
    found: OnceCell<Option<Found<'j>>>,
}

#[derive(Default)]
struct Folded {
    text: String,
    /// Where each value ends.
    ends: Vec<usize>,
}

impl Judge<'_> {
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::All => true,
            Node::Not(inner) => !self.holds(inner),
            Node::And(parts) => parts.iter().all(|part| self.holds(part)),
            Node::Or(parts) => parts.iter().any(|part| self.holds(part)),
            Node::Sent(pattern) => self.has(pattern),
            Node::SentRegex(regex) => self.has_expression(regex),
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
        // What is found may begin in one value and end in another, and is looked for in each.
        if let Some(found) = found
            && !pattern.pieces.iter().all(|piece| found.has(piece))
        {
            return false;
        }
        let Folded { text, ends } = self.folded();
        let mut start = 0;
        ends.iter().any(|end| {
            let value = text.get(start..*end).unwrap_or_default();
            start = *end;
            pattern.matches(value)
        })
    }

    fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| {
            let mut all = Folded::default();
            let mut folded = String::new();
            for value in sent(self.record) {
                fold_into(value, &mut folded);
                all.text.push_str(&folded);
                all.ends.push(all.text.len());
            }
            all
        })
    }

    fn has_expression(&self, regex: &Regex) -> bool {
        sent(self.record).any(|value| regex.is_in(value))
    }
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
            words in prop::collection::vec("(|-)(|[*])[a-cä]{1,3}(|[*])", 17..60),
            separator in prop::sample::select(vec![" ", " or "]),
        ) {
            let query = Query::parse(&words.join(separator)).unwrap();
            let mut event = Event::default();
            for value in &values {
                event.sent("x", value.as_str());
            }
            let record = Record::of(&event);
            let literals = query.literals.as_deref();
            prop_assert_eq!(holds(&query.root, literals, &record), holds(&query.root, None, &record));
        }
    }
}
