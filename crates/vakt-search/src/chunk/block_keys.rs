//! The keys of the events of a block, for its filter.

use crate::filter;

/// The keys of a block that is being filled. Numbers are bounded with what words and values may take
/// (`index/generation.rs`), and so is a bit for each of them.
#[derive(Default)]
pub(super) struct BlockKeys {
    /// The words, and the values of columns, whose hashes are there.
    words: Seen,
    values: Seen,
    hashes: Vec<u64>,
    noise: Vec<u64>,
}

impl BlockKeys {
    /// Whether the word with this number is new to the block. Then its hash belongs into [`Self::add`].
    pub(super) fn is_new_word(&mut self, number: u32) -> bool {
        self.words.insert(number)
    }

    /// The same of a value of a column, all of whose words belong here.
    pub(super) fn is_new_value(&mut self, number: u32) -> bool {
        self.values.insert(number)
    }

    pub(super) fn add(&mut self, hash: u64) {
        self.hashes.push(hash);
    }

    /// Keys that are no terms.
    pub(super) fn add_noise(&mut self, hashes: impl IntoIterator<Item = u64>) {
        self.noise.extend(hashes);
    }

    /// Numbers are given anew. Keys that come again are then there twice, which makes a filter larger.
    pub(super) fn forget_numbers(&mut self) {
        self.words.clear();
        self.values.clear();
    }

    /// Adds the keys of another block. What both have is there twice until [`Self::unite`].
    pub(super) fn append(&mut self, other: &Self) {
        self.hashes.extend_from_slice(&other.hashes);
        self.noise.extend_from_slice(&other.noise);
    }

    /// Keeps each key once.
    pub(super) fn unite(&mut self) {
        self.hashes.sort_unstable();
        self.hashes.dedup();
    }

    /// The filter of all keys, and the hashes of those that are no terms, ascending.
    pub(super) fn filter(&mut self) -> (Vec<u8>, Vec<u64>) {
        self.noise.sort_unstable();
        self.noise.dedup();
        let mut bytes = Vec::new();
        let all: Vec<u64> = self.hashes.iter().chain(&self.noise).copied().collect();
        filter::write(all.into_iter(), &mut bytes);
        (bytes, self.noise.clone())
    }

    /// Takes everything out, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.forget_numbers();
        self.hashes.clear();
        self.noise.clear();
    }
}

/// Numbers, a bit for each up to the greatest.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// Whether it is new.
    fn insert(&mut self, number: u32) -> bool {
        let place = usize::try_from(number / u64::BITS).unwrap_or(usize::MAX);
        if place >= self.0.len() {
            self.0.resize(place.saturating_add(1), 0);
        }
        let bit = 1 << (number % u64::BITS);
        self.0.get_mut(place).is_some_and(|bits| {
            let is_new = *bits & bit == 0;
            *bits |= bit;
            is_new
        })
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
