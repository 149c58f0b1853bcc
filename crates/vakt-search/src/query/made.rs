//! Queries that a program makes, part by part, rather than reads.

use std::ops::Bound;

use vakt_event::alias::canonical;

use super::compare::number;
use super::{Node, Pattern, Query, Range, Test};
use crate::fold::fold;

impl Query {
    /// Whether it asks for everything.
    pub fn is_everything(&self) -> bool {
        self.root == Node::All
    }

    /// What all of the parts find; of no part, everything.
    pub fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let nodes = parts.into_iter().map(|part| part.root);
        let mut nodes: Vec<Node> = nodes.filter(|node| *node != Node::All).collect();
        Self::of(match nodes.len() {
            0 => Node::All,
            1 => nodes.remove(0),
            _ => Node::And(nodes),
        })
    }

    /// What any of the parts finds; of no part, nothing.
    pub fn any_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        for part in parts {
            if part.is_everything() {
                return part;
            }
            if !nodes.contains(&part.root) {
                nodes.push(part.root);
            }
        }
        Self::of(match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::Or(nodes),
        })
    }

    /// The field is there and not null.
    pub fn exists(field: &str) -> Self {
        Self::field(field, Test::Exists)
    }

    /// Some value of the field has `text` in it anywhere, also within a word, whatever its case.
    pub fn contains(field: &str, text: &str) -> Self {
        let folded = fold(text);
        if folded.is_empty() {
            return Self::exists(field);
        }
        Self::field(field, Test::Text(Pattern::inside(&folded)))
    }

    /// Some value of the field is this number, however it is written; `None` where the text is none.
    pub fn equals_number(field: &str, text: &str) -> Option<Self> {
        let bound = Bound::Included(number(text)?);
        Some(Self::field(field, Test::Range(Range::Number(bound, bound))))
    }

    fn field(name: &str, test: Test) -> Self {
        Self::of(Node::Field(canonical(name).to_owned(), test))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(text).unwrap()
    }

    #[test]
    fn what_is_made_is_what_would_be_read() {
        let check = |made: Query, read: &str| assert_eq!(made, query(read), "{read}");
        check(Query::exists("Image"), "process.executable:*");
        check(Query::contains("a", "Xy"), "a:*xy*");
        check(Query::contains("a", ""), "a:*");
        let seven = Query::equals_number("a", "7").unwrap();
        check(seven.clone(), "a:[7 TO 7]");
        check(Query::all_of([]), "");
        check(Query::all_of([query(""), query("a")]), "a");
        check(Query::all_of([query("a"), query("b")]), "a b");
        check(
            Query::any_of([query("a"), query("b"), query("a")]),
            "a or b",
        );
        check(Query::any_of([query("a"), query("")]), "");
        assert_eq!(Query::any_of([]).root, Node::Or(vec![]));
        assert_eq!(Query::equals_number("a", "x"), None);
    }
}
