//! Literals anywhere in a text: by the machine that suits their number and length.

use std::ops::RangeInclusive;

use aho_corasick::packed;
use memchr::memmem::Finder;

use super::grams::Grams;

/// Up to this many literals are searched for one by one, at the speed of vector instructions.
const ONE_BY_ONE_MAX: usize = 4;

/// Short literals (of each of three lengths) up to this number are looked for with vector
/// instructions, and compared where one of them begins.
const FEW_OF_LENGTH_MAX: usize = 16;

/// After so many places where a short literal stands, those that were not found yet are looked for one by
/// one: a text can be made of nothing else, and each place costs a new beginning.
const PLACES_MAX: usize = 16;

/// Up to this many literals are looked for with vector instructions first: most texts hold none,
/// and are done then. Beyond, too many places look like the beginning of one.
const PACKED_MAX: usize = 64;

/// A set of literals; a literal's value is its index.
#[derive(Default)]
pub(super) struct Substrings {
    few: Vec<(Finder<'static>, u32)>,
    /// Literals of one byte.
    single: Vec<(u8, u32)>,
    ascii: ByLength,
    /// Those that are not all ASCII, as most texts are.
    others: Others,
    /// Finds the first place where any of the literals above stands, but for `few`.
    packed: Option<packed::Searcher>,
    /// Bytes of the shortest literal.
    shortest: usize,
}

/// Literals of two or more bytes. The longer they are, the fewer places of a text are looked at.
#[derive(Default)]
struct ByLength {
    /// Short ones, where there are few of a length.
    few: Option<Few>,
    two: Grams<2, 1>,
    three: Grams<3, 1>,
    some: Grams<3, 2>,
    many: Grams<4, 4>,
}

/// Literals with characters beyond ASCII, by grams that begin with one. Many literals are one
/// character, which has its first bytes in common with hundreds of others: only grams as long as
/// can be tell them apart.
#[derive(Default)]
struct Others {
    two: Grams<2, 1>,
    three: Grams<3, 1>,
    more: Grams<4, 1>,
}

/// Literals that are not many.
struct Few {
    searcher: packed::Searcher,
    literals: Vec<(Finder<'static>, u32)>,
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
        let single = numbered
            .clone()
            .filter_map(|(literal, value)| match literal {
                [byte] => Some((*byte, value)),
                _ => None,
            });
        let (ascii, others): (Vec<_>, Vec<_>) = numbered
            .clone()
            .partition(|(literal, _)| literal.is_ascii());
        Self {
            few: Vec::new(),
            single: single.collect(),
            ascii: ByLength::new(&ascii),
            others: Others::new(&others),
            packed: (literals.len() <= PACKED_MAX)
                .then(|| packed::Searcher::new(literals))
                .flatten(),
            shortest,
        }
    }

    /// Whether a text costs no more than to look up what is known of it.
    pub(super) fn is_quick(&self) -> bool {
        self.packed.is_some()
            || (self.single.is_empty() && self.ascii.is_empty() && self.others.is_empty())
    }

    pub(super) fn bytes(&self) -> usize {
        self.ascii.bytes() + self.others.bytes()
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
        self.ascii.find(text, &mut found);
        if !self.others.is_empty() && !text.is_ascii() {
            self.others.find(text, found);
        }
    }
}

impl Others {
    fn new(literals: &[(&[u8], u32)]) -> Self {
        let with_gram = |bytes: RangeInclusive<usize>| -> Vec<(&[u8], u32)> {
            let longest = |literal: &[u8]| {
                let first = literal.iter().position(|byte| begins_other(*byte));
                literal.len() - first.unwrap_or(literal.len())
            };
            let literals = literals.iter().copied();
            literals
                .filter(|(literal, _)| bytes.contains(&longest(literal)))
                .collect()
        };
        Self {
            two: Grams::beginning(&with_gram(2..=2), begins_other),
            three: Grams::beginning(&with_gram(3..=3), begins_other),
            more: Grams::beginning(&with_gram(4..=usize::MAX), begins_other),
        }
    }

    fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    fn bytes(&self) -> usize {
        self.two.bytes() + self.three.bytes() + self.more.bytes()
    }

    fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        let places = text.iter().enumerate();
        for (at, _) in places.filter(|(_, byte)| begins_other(**byte)) {
            self.two.find_at(text, at, &mut found);
            self.three.find_at(text, at, &mut found);
            self.more.find_at(text, at, &mut found);
        }
    }
}

/// Whether a character beyond ASCII begins with the byte.
fn begins_other(byte: u8) -> bool {
    byte >= 0xC0
}

impl ByLength {
    fn new(literals: &[(&[u8], u32)]) -> Self {
        let (some, many) = (Grams::<3, 2>::SHORTEST, Grams::<4, 4>::SHORTEST);
        let mut two = of_length(literals, 2..=2);
        let mut three = of_length(literals, 3..=some - 1);
        let mut middling = of_length(literals, some..=many - 1);
        let mut few = Vec::new();
        for literals in [&mut two, &mut three, &mut middling] {
            if literals.len() <= FEW_OF_LENGTH_MAX {
                few.append(literals);
            }
        }
        let few = Few::new(&few).or_else(|| {
            two = of_length(literals, 2..=2);
            three = of_length(literals, 3..=some - 1);
            middling = of_length(literals, some..=many - 1);
            None
        });
        Self {
            few,
            two: Grams::new(&two),
            three: Grams::new(&three),
            some: Grams::new(&middling),
            many: Grams::new(&of_length(literals, many..=usize::MAX)),
        }
    }

    fn is_empty(&self) -> bool {
        self.few.is_none() && self.bytes() == 0
    }

    fn bytes(&self) -> usize {
        self.two.bytes() + self.three.bytes() + self.some.bytes() + self.many.bytes()
    }

    fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        if let Some(few) = &self.few {
            few.find(text, &mut found);
        }
        self.two.find(text, &mut found);
        self.three.find(text, &mut found);
        self.some.find(text, &mut found);
        self.many.find(text, found);
    }
}

impl Few {
    /// `None` where there are none, or no vector instructions to look for them.
    fn new(literals: &[(&[u8], u32)]) -> Option<Self> {
        Some(Self {
            searcher: packed::Searcher::new(literals.iter().map(|(literal, _)| literal))?,
            literals: (literals.iter())
                .map(|(literal, value)| (Finder::new(*literal).into_owned(), *value))
                .collect(),
        })
    }

    fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        let mut rest = text;
        for _ in 0..PLACES_MAX {
            let Some(first) = self.searcher.find(rest) else {
                return;
            };
            // Several may begin here.
            let here = rest.get(first.start()..).unwrap_or_default();
            for (literal, value) in &self.literals {
                if here.starts_with(literal.needle()) {
                    found(*value);
                }
            }
            rest = here.get(1..).unwrap_or_default();
        }
        for (literal, value) in &self.literals {
            if literal.find(rest).is_some() {
                found(*value);
            }
        }
    }
}

fn of_length<'l>(
    literals: &[(&'l [u8], u32)],
    lengths: RangeInclusive<usize>,
) -> Vec<(&'l [u8], u32)> {
    let literals = literals.iter().copied();
    literals
        .filter(|(literal, _)| lengths.contains(&literal.len()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_contains_finds(
            literals in prop::collection::btree_set("[abc]{1,12}|[abcü]{4,9}", 0..40),
            text in "[abc]{0,40}|[abcü]{0,10}|[abc]{60,200}|[abcü]{60,100}",
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
