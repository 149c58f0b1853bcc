//! Texts by number: each is kept once.
//!
//! There are many times as many as the processor's nearer caches hold, so that what a look-up costs is the places
//! of memory that it touches: one slot, and one entry, which tells nearly all texts apart without a look at the text.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::words::{FIRST_BYTES, Key};

/// Texts, each with a number: the first has 0, the next 1. Beside each stands a note.
pub(crate) struct Interner<N> {
    /// The numbers of entries, or [`NOTHING`]; at least twice as many as there are entries, a power of two.
    slots: Vec<u32>,
    /// With a seed of its own, so that no sender can choose texts that fall together.
    hasher: DefaultHashBuilder,
    text: Vec<u8>,
    entries: Vec<Entry<N>>,
}

struct Entry<N> {
    first: u64,
    note: N,
    start: u32,
    length: u32,
    tag: u32,
}

/// A text on its way: part of its hash, which says where the search for it begins, and the entry there.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    tag: u32,
    number: u32,
}

/// No entry has this number.
const NOTHING: u32 = u32::MAX;

const SLOTS_MIN: usize = 16;

impl<N> Default for Interner<N> {
    fn default() -> Self {
        Self::new(DefaultHashBuilder::default())
    }
}

impl<N> Interner<N> {
    /// What an entry takes beside its text, about, in bytes.
    pub(crate) const ENTRY_BYTES: usize = size_of::<Entry<N>>() + 3 * size_of::<u32>();

    pub(crate) fn new(hasher: DefaultHashBuilder) -> Self {
        Self {
            slots: vec![NOTHING; SLOTS_MIN],
            hasher,
            text: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Begins to look for a key of `text`. It may be a miss of the caches: what can be begun for several keys is begun
    /// for all of them.
    pub(crate) fn look(&self, key: &Key, text: &[u8]) -> Look {
        let tag = self.tag(key, text);
        let number = self.slots.get(place(tag) & self.mask());
        Look {
            tag,
            number: number.copied().unwrap_or(NOTHING),
        }
    }

    /// The number of the key that `look` began to look for.
    pub(crate) fn find(&self, look: Look, key: &Key, text: &[u8]) -> Option<u32> {
        if self.is(look.number, look.tag, key, text) {
            return Some(look.number);
        }
        let mask = self.mask();
        let mut at = place(look.tag) & mask;
        // Half of the slots are empty at least.
        loop {
            let number = *self.slots.get(at)?;
            if number == NOTHING {
                return None;
            }
            if self.is(number, look.tag, key, text) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    /// Adds the key that [`Self::find`] did not find, and gives its number.
    pub(crate) fn add(&mut self, look: Look, key: &Key, text: &[u8], note: N) -> u32 {
        let number = number_of(self.entries.len());
        self.entries.push(Entry {
            first: key.first,
            note,
            start: number_of(self.text.len()),
            length: number_of(key.length()),
            tag: look.tag,
        });
        self.text.extend_from_slice(key.of(text));
        if self.slots.len() < 2 * self.entries.len() {
            self.grow();
        } else {
            put(&mut self.slots, look.tag, number);
        }
        number
    }

    #[cold]
    fn grow(&mut self) {
        let count = 2 * self.slots.len();
        self.slots.clear();
        self.slots.resize(count, NOTHING);
        for (number, entry) in (0..).zip(&self.entries) {
            put(&mut self.slots, entry.tag, number);
        }
    }

    fn tag(&self, key: &Key, text: &[u8]) -> u32 {
        let hash = match key.of(text) {
            short if short.len() <= FIRST_BYTES => self.hasher.hash_one(key.first),
            middle if middle.len() <= 2 * FIRST_BYTES => {
                let last = middle.last_chunk();
                let last = last.map_or(0, |last| u64::from_be_bytes(*last));
                self.hasher.hash_one((key.first, last))
            }
            long => self.hasher.hash_one(long),
        };
        number_of(usize::try_from(hash >> 32).unwrap_or(0))
    }

    fn is(&self, number: u32, tag: u32, key: &Key, text: &[u8]) -> bool {
        self.entries.get(place(number)).is_some_and(|entry| {
            entry.tag == tag
                && entry.first == key.first
                && place(entry.length) == key.length()
                && (key.length() <= FIRST_BYTES || self.text_of(entry) == key.of(text))
        })
    }

    fn mask(&self) -> usize {
        self.slots.len() - 1
    }

    fn text_of(&self, entry: &Entry<N>) -> &[u8] {
        let rest = self.text.get(place(entry.start)..).unwrap_or_default();
        rest.get(..place(entry.length)).unwrap_or_default()
    }

    pub(crate) fn text(&self, number: u32) -> &[u8] {
        let entry = self.entries.get(place(number));
        entry.map_or(&[], |entry| self.text_of(entry))
    }

    pub(crate) fn note_mut(&mut self, number: u32) -> Option<&mut N> {
        let entry = self.entries.get_mut(place(number));
        entry.map(|entry| &mut entry.note)
    }

    pub(crate) fn notes_mut(&mut self) -> impl Iterator<Item = &mut N> {
        self.entries.iter_mut().map(|entry| &mut entry.note)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All texts, one after the other, in the order of their numbers.
    pub(crate) fn texts(&self) -> &[u8] {
        &self.text
    }

    /// The lengths of the texts.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.length)
    }

    /// The first bytes of the texts, as [`Key::first`].
    pub(crate) fn firsts(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().map(|entry| entry.first)
    }

    /// The memory that it holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.entries.len() * Self::ENTRY_BYTES
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(NOTHING);
        self.text.clear();
        self.entries.clear();
    }
}

fn put(slots: &mut [u32], tag: u32, number: u32) {
    let mask = slots.len() - 1;
    let mut at = place(tag) & mask;
    while let Some(slot) = slots.get_mut(at) {
        if *slot == NOTHING {
            *slot = number;
            return;
        }
        at = (at + 1) & mask;
    }
}

fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_have_one_number_each(
            texts in proptest::collection::vec("[ab\0]{0,9}(|cccccccc)(|d{8}|e{30})", 0..300)
        ) {
            let mut interner = Interner::default();
            for round in 0..2 {
                let mut known: HashMap<&str, u32> = HashMap::new();
                for text in &texts {
                    let bytes = text.as_bytes();
                    let key = Key::new(bytes, 0, bytes.len());
                    let look = interner.look(&key, bytes);
                    let found = interner.find(look, &key, bytes);
                    proptest::prop_assert_eq!(found, known.get(text.as_str()).copied());
                    let number = match found {
                        Some(number) => number,
                        None => interner.add(look, &key, bytes, round),
                    };
                    proptest::prop_assert_eq!(interner.text(number), bytes);
                    known.insert(text, number);
                }
                proptest::prop_assert_eq!(interner.len(), known.len());
                let numbers = 0..number_of(interner.len());
                let all: Vec<u8> = numbers.flat_map(|number| interner.text(number).to_vec()).collect();
                proptest::prop_assert_eq!(interner.texts(), all);
                proptest::prop_assert!(interner.notes_mut().all(|note| *note == round));
                interner.clear();
            }
        }
    }
}
