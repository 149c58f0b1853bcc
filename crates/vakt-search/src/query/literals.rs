//! The texts that a query looks for, where they are many: looked for all at once, in what was sent and in each field.
//!
//! Lists of indicators and of exclusions have hundreds. One pass over a text tells which are in it, so that what an
//! event costs hardly grows with their number.

use aho_corasick::{AhoCorasick, MatchKind};
use hashbrown::HashMap;

use super::{Node, Test};

/// Fewer are looked for one by one.
const LITERALS_MIN: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct Literals {
    automaton: AhoCorasick,
    numbers: HashMap<String, usize>,
}

/// Which of the texts were found.
#[derive(Debug)]
pub(crate) struct Found<'l> {
    literals: &'l Literals,
    numbers: Vec<bool>,
}

impl Literals {
    /// Those of the patterns in the tree; `None` where they are few.
    pub(super) fn of(root: &Node) -> Option<Self> {
        let mut numbers = HashMap::new();
        collect(root, &mut numbers);
        if numbers.len() < LITERALS_MIN {
            return None;
        }
        let mut texts: Vec<(&String, &usize)> = numbers.iter().collect();
        texts.sort_by_key(|(_, number)| **number);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(texts.into_iter().map(|(text, _)| text));
        // All are short enough for the automaton to be built; else they are looked for one by one.
        let automaton = automaton.ok()?;
        Some(Self { automaton, numbers })
    }

    pub(super) fn number(&self, text: &str) -> Option<usize> {
        self.numbers.get(text).copied()
    }

    pub(super) fn nothing(&self) -> Found<'_> {
        Found {
            literals: self,
            numbers: vec![false; self.numbers.len()],
        }
    }
}

impl Found<'_> {
    /// Notes which texts are in `text`, which is folded.
    pub(super) fn look_at(&mut self, text: &[u8]) {
        for found in self.literals.automaton.find_overlapping_iter(text) {
            if let Some(is_found) = self.numbers.get_mut(found.pattern().as_usize()) {
                *is_found = true;
            }
        }
    }

    /// Whether the text, one of those of a pattern of the query, was found.
    pub(super) fn has(&self, text: &str) -> bool {
        let number = self.literals.number(text);
        // One that is not looked for may be anywhere.
        number.is_none_or(|number| self.has_number(number))
    }

    /// The same of the text with this number.
    pub(super) fn has_number(&self, number: usize) -> bool {
        self.numbers.get(number) == Some(&true)
    }
}

fn collect(node: &Node, numbers: &mut HashMap<String, usize>) {
    match node {
        Node::Sent(pattern) | Node::Field(_, Test::Text(pattern)) => {
            for piece in &pattern.pieces {
                let next = numbers.len();
                numbers.entry_ref(piece.as_str()).or_insert(next);
            }
        }
        Node::Not(inner) => collect(inner, numbers),
        Node::And(parts) | Node::Or(parts) => {
            for part in parts {
                collect(part, numbers);
            }
        }
        Node::All | Node::SentRegex(_) | Node::Field(..) => {}
    }
}
