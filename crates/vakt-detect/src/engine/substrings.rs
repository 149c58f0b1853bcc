//! Literals anywhere in a text: by the machine that suits their number and length.

use std::ops::RangeInclusive;

use aho_corasick::packed;
use memchr::memmem::Finder;

use super::grams::Grams;

/// Up to this many literals are searched for one by one, at the speed of vector instructions.
const ONE_BY_ONE_MAX: usize = 4;

/// Up to this many literals are looked for with vector instructions first: most texts hold none,
/// and are done then. Beyond, too many places look like the beginning of one.
const PACKED_MAX: usize = 64;

/// A set of literals; a literal's value is its index.
#[derive(Default)]
pub(super) struct Substrings {
    few: Vec<(Finder<'static>, u32)>,
    /// Literals of one byte.
    single: Vec<(u8, u32)>,
    /// Literals of two, of three, and of more bytes.
    two: Grams<2>,
    three: Grams<3>,
    more: Grams<4>,
    /// Finds the first place where any of `short` and `grams` stands.
    packed: Option<packed::Searcher>,
    /// Bytes of the shortest literal.
    shortest: usize,
}

impl Substrings {
    /// `literals` are not empty texts.
    pub(super) fn new(literals: &[String]) -> Self {
        let numbered = literals.iter().map(String::as_bytes).zip(0u32..);
        let shortest = literals.iter().map(String::len).min().unwrap_or(0);
        if literals.len() <= ONE_BY_ONE_MAX {
            return Self {
                few: numbered
                    .map(|(literal, value)| (Finder::new(literal).into_owned(), value))
                    .collect(),
                shortest,
                ..Self::default()
            };
        }
        let of_length = |lengths: RangeInclusive<usize>| -> Vec<_> {
            let literals = numbered.clone();
            literals
                .filter(|(literal, _)| lengths.contains(&literal.len()))
                .collect()
        };
        let single = numbered
            .clone()
            .filter_map(|(literal, value)| match literal {
                [byte] => Some((*byte, value)),
                _ => None,
            });
        Self {
            few: Vec::new(),
            single: single.collect(),
            two: Grams::new(&of_length(2..=2)),
            three: Grams::new(&of_length(3..=3)),
            more: Grams::new(&of_length(4..=usize::MAX)),
            packed: (literals.len() <= PACKED_MAX)
                .then(|| packed::Searcher::new(literals))
                .flatten(),
            shortest,
        }
    }

    /// Whether a text costs no more than to look up what is known of it.
    pub(super) fn is_quick(&self) -> bool {
        self.packed.is_some() || (self.single.is_empty() && self.bytes() == 0)
    }

    pub(super) fn bytes(&self) -> usize {
        self.two.bytes() + self.three.bytes() + self.more.bytes()
    }

    /// Calls `found` with the index of every literal that stands in the text, at least once.
    pub(super) fn find(&self, text: &str, mut found: impl FnMut(u32)) {
        let mut text = text.as_bytes();
        if text.len() < self.shortest {
            return;
        }
        for (finder, value) in &self.few {
            if finder.find(text).is_some() {
                found(*value);
            }
        }
        if let Some(packed) = &self.packed {
            // What stands in the text stands at the first place or later.
            let first = packed.find(text).map(|first| first.start());
            match first.and_then(|first| text.get(first..)) {
                Some(rest) => text = rest,
                None => return,
            }
        }
        for (byte, value) in &self.single {
            if memchr::memchr(*byte, text).is_some() {
                found(*value);
            }
        }
        self.two.find(text, &mut found);
        self.three.find(text, &mut found);
        self.more.find(text, found);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_contains_finds(
            literals in prop::collection::btree_set("[abc]{1,7}|[abcü]{4,5}", 0..40),
            text in "[abc]{0,40}|[abcü]{0,10}",
        ) {
            let literals: Vec<String> = literals.into_iter().collect();
            let mut found = Vec::new();
            Substrings::new(&literals).find(&text, |index| found.push(index));
            found.sort_unstable();
            found.dedup();
            let expected: Vec<u32> = (0u32..)
                .zip(&literals)
                .filter(|(_, literal)| text.contains(literal.as_str()))
                .map(|(index, _)| index)
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
