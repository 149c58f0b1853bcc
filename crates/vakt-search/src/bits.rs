//! A set of the events of one split.

use std::ops::Range;

/// One bit an event: a million events take 125 kB, and sets of any density cost the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: u32,
}

impl Bits {
    pub(crate) fn none(len: u32) -> Self {
        let words = vec![0; len.div_ceil(64) as usize];
        Self { words, len }
    }

    pub(crate) fn all(len: u32) -> Self {
        let mut bits = Self::none(len);
        bits.words.fill(u64::MAX);
        bits.trim();
        bits
    }

    /// The memory that the set holds, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    pub(crate) fn insert(&mut self, doc: u32) {
        if let Some(word) = self.words.get_mut((doc / 64) as usize) {
            *word |= 1 << (doc % 64);
        }
    }

    pub(crate) fn insert_range(&mut self, docs: Range<u32>) {
        for (word, mask) in self.masks(docs) {
            *word |= mask;
        }
    }

    pub(crate) fn remove(&mut self, doc: u32) {
        if let Some(word) = self.words.get_mut((doc / 64) as usize) {
            *word &= !(1 << (doc % 64));
        }
    }

    pub(crate) fn remove_range(&mut self, docs: Range<u32>) {
        for (word, mask) in self.masks(docs) {
            *word &= !mask;
        }
    }

    /// Whether one of `docs` is in the set.
    pub(crate) fn any_in(&self, docs: Range<u32>) -> bool {
        self.iter_in(docs).next().is_some()
    }

    /// How many of `docs` are in the set.
    pub(crate) fn count_in(&self, docs: Range<u32>) -> u64 {
        let first = docs.start / 64;
        let words = self.words.get(first as usize..).unwrap_or_default();
        let words = (first..docs.end.div_ceil(64)).zip(words);
        words
            .map(|(index, word)| u64::from((*word & mask(index, &docs)).count_ones()))
            .sum()
    }

    /// The events of `docs` that are in the set, ascending.
    pub(crate) fn iter_in(&self, docs: Range<u32>) -> impl Iterator<Item = u32> {
        let first = docs.start / 64;
        let words = self.words.get(first as usize..).unwrap_or_default();
        let words = (first..docs.end.div_ceil(64)).zip(words);
        words.flat_map(move |(index, word)| {
            let mut rest = *word & mask(index, &docs);
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index * 64 + bit)
            })
        })
    }

    /// The words that hold `docs`, each with the bits that are theirs.
    fn masks(&mut self, docs: Range<u32>) -> impl Iterator<Item = (&mut u64, u64)> {
        let docs = docs.start..docs.end.min(self.len);
        let first = docs.start / 64;
        let words = self.words.get_mut(first as usize..).unwrap_or_default();
        let words = (first..docs.end.div_ceil(64)).zip(words);
        words.map(move |(index, word)| (word, mask(index, &docs)))
    }

    pub(crate) fn contains(&self, doc: u32) -> bool {
        let word = self.words.get((doc / 64) as usize);
        word.is_some_and(|word| word & (1 << (doc % 64)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn count(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    pub(crate) fn union(&mut self, other: &Self) {
        self.combine(other, |a, b| a | b);
    }

    pub(crate) fn intersect(&mut self, other: &Self) {
        self.combine(other, |a, b| a & b);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.combine(other, |a, b| a & !b);
    }

    pub(crate) fn complement(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// The events, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.iter_in(0..self.len)
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a = with(*a, *b);
        }
    }

    /// Clears the bits after the last event.
    fn trim(&mut self) {
        let used = self.len % 64;
        if used != 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }
}

/// The bits of word `index` that stand for some of `docs`.
fn mask(index: u32, docs: &Range<u32>) -> u64 {
    let low = docs.start.saturating_sub(index * 64).min(64);
    let high = docs.end.saturating_sub(index * 64).min(64);
    if low >= high {
        return 0;
    }
    (u64::MAX >> (64 - (high - low))) << low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        for len in [0, 1, 63, 64, 65, 200] {
            let mut bits = Bits::none(len);
            assert!(bits.is_empty());
            let docs: Vec<u32> = (0..len).filter(|doc| doc % 7 == 0).collect();
            for doc in &docs {
                bits.insert(*doc);
            }
            assert_eq!(bits.iter().collect::<Vec<_>>(), docs);
            let mut others = bits.clone();
            others.complement();
            assert_eq!(others.count() + bits.count(), u64::from(len));
            others.union(&bits);
            assert_eq!(others, Bits::all(len));
            others.subtract(&bits);
            others.intersect(&bits);
            assert!(others.is_empty());
            bits.remove(0);
            assert!(!bits.iter().any(|doc| doc == 0));
        }
    }
    #[test]
    fn ranges_are_as_one_by_one() {
        for (start, end) in [
            (0, 0),
            (0, 1),
            (3, 64),
            (63, 65),
            (64, 128),
            (10, 199),
            (150, 400),
        ] {
            let mut bits = Bits::none(200);
            bits.insert_range(start..end);
            let docs: Vec<u32> = (start..end.min(200)).collect();
            assert_eq!(bits.iter().collect::<Vec<_>>(), docs);
            assert_eq!(bits.any_in(start..end), !docs.is_empty());
            let mut rest = Bits::all(200);
            rest.remove_range(start..end);
            assert_eq!(rest.count() + bits.count(), 200);
            rest.intersect(&bits);
            assert!(rest.is_empty());
            let inner = 70..140;
            let expected: Vec<u32> = docs.into_iter().filter(|doc| inner.contains(doc)).collect();
            assert_eq!(bits.count_in(inner.clone()), expected.len() as u64);
            assert_eq!(bits.iter_in(inner).collect::<Vec<_>>(), expected);
        }
    }
}
