//! Keys by number: each is kept once, and what events have is said with numbers.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::words::padded;

/// Keys, each with a number: the first has 0, the next 1.
#[derive(Default)]
pub(crate) struct Vocabulary {
    numbers: HashTable<u32>,
    /// With a seed of its own, so that no sender can choose words that fall together.
    hasher: DefaultHashBuilder,
    text: Vec<u8>,
    words: Vec<Word>,
}

#[derive(Clone, Copy)]
struct Word {
    /// Its first bytes, which order words ([`beginning`]): most are told apart, or known, by these and the
    /// length alone, without a look at the text.
    first: u64,
    start: u32,
    length: u32,
    /// The last event that met it, and the last block.
    event: u32,
    block: u32,
}

/// No event and no block has this number.
const NEVER: u32 = u32::MAX;

/// What a key takes beside its text: the word, and its place in the table of numbers.
const WORD_BYTES: usize = size_of::<Word>() + 2 * size_of::<u32>();

impl Vocabulary {
    /// The number of a key, which has one from now on.
    pub(crate) fn number(&mut self, key: &str) -> u32 {
        self.number_of_bytes(key.as_bytes())
    }

    /// The same for a key as [`Self::text`] gives it.
    pub(crate) fn number_of_bytes(&mut self, key: &[u8]) -> u32 {
        let Self {
            numbers,
            hasher,
            text,
            words,
        } = self;
        let first = beginning(key);
        let hash = hash(hasher, first, key);
        let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
        let is_same = |number: &u32| {
            let known = word_of(words, *number);
            known.is_some_and(|known| {
                known.first == first
                    && known.length == length
                    && (key.len() <= FIRST_BYTES || text_of(text, known) == key)
            })
        };
        if let Some(number) = numbers.find(hash, is_same) {
            return *number;
        }
        let number = u32::try_from(words.len()).unwrap_or(u32::MAX);
        words.push(Word {
            first,
            start: u32::try_from(text.len()).unwrap_or(u32::MAX),
            length,
            event: NEVER,
            block: NEVER,
        });
        text.extend_from_slice(key);
        numbers.insert_unique(hash, number, |number| {
            let word = word_of(words, *number);
            word.map_or(0, |word| hash_of(hasher, text, word))
        });
        number
    }

    /// The event has the key; whether that is new.
    pub(crate) fn meet(&mut self, number: u32, event: u32) -> bool {
        let word = word_of_mut(&mut self.words, number);
        word.is_some_and(|word| std::mem::replace(&mut word.event, event) != event)
    }

    /// The block has the key; whether that is new.
    pub(crate) fn enter(&mut self, number: u32, block: u32) -> bool {
        let word = word_of_mut(&mut self.words, number);
        word.is_some_and(|word| std::mem::replace(&mut word.block, block) != block)
    }

    pub(crate) fn text(&self, number: u32) -> &[u8] {
        word_of(&self.words, number).map_or(&[], |word| text_of(&self.text, word))
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The memory that it holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len() + self.words.len() * WORD_BYTES
    }

    /// The numbers, ascending by what they stand for.
    pub(crate) fn order(&self) -> Vec<u32> {
        let words = (0..).zip(&self.words);
        let mut order: Vec<(u64, u32)> = words.map(|(number, word)| (word.first, number)).collect();
        order.sort_unstable_by(|(a, x), (b, y)| {
            a.cmp(b).then_with(|| self.text(*x).cmp(self.text(*y)))
        });
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// Writes all keys, in the order of their numbers, and where each ends.
    pub(crate) fn write(&self, text: &mut Vec<u8>, ends: &mut Vec<u32>) {
        // They were added one after the other.
        text.extend_from_slice(&self.text);
        ends.extend(self.words.iter().map(|word| word.start + word.length));
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.text.clear();
        self.words.clear();
    }
}

/// Those of [`beginning`].
const FIRST_BYTES: usize = 8;

/// The first bytes of a key as a number that sorts as they do. No key has a byte of zero, so that a short
/// one is known by it.
fn beginning(key: &[u8]) -> u64 {
    match key.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => padded(key).swap_bytes(),
    }
}

fn hash(hasher: &DefaultHashBuilder, first: u64, key: &[u8]) -> u64 {
    match key.len() {
        0..=FIRST_BYTES => hasher.hash_one(first),
        _ => hasher.hash_one(key),
    }
}

fn hash_of(hasher: &DefaultHashBuilder, text: &[u8], word: &Word) -> u64 {
    hash(hasher, word.first, text_of(text, word))
}

fn word_of(words: &[Word], number: u32) -> Option<&Word> {
    words.get(usize::try_from(number).ok()?)
}

fn word_of_mut(words: &mut [Word], number: u32) -> Option<&mut Word> {
    words.get_mut(usize::try_from(number).ok()?)
}

fn text_of<'t>(text: &'t [u8], word: &Word) -> &'t [u8] {
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let rest = text.get(place(word.start)..).unwrap_or_default();
    rest.get(..place(word.length)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_number_and_keys_are_ordered_by_their_bytes() {
        let mut words = Vocabulary::default();
        let keys = [
            "b",
            "",
            "a",
            "ab",
            "abcdefgh",
            "abcdefghi",
            "abcdefgha",
            "10.0.0.1",
            "ö",
            "b",
        ];
        let numbers: Vec<u32> = keys.iter().map(|key| words.number(key)).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
        for (key, number) in keys.iter().zip(&numbers) {
            assert_eq!(words.text(*number), key.as_bytes());
        }
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let order = words.order();
        let ordered: Vec<&[u8]> = order.iter().map(|number| words.text(*number)).collect();
        let sorted: Vec<&[u8]> = sorted.iter().map(|key| key.as_bytes()).collect();
        assert_eq!(ordered, sorted);
    }

    #[test]
    fn many_keys_stay_apart_while_the_table_grows() {
        let mut words = Vocabulary::default();
        let key = |n: u32| match n % 2 {
            0 => format!("{n}"),
            _ => format!("longer than eight {n}"),
        };
        for n in 0..10_000 {
            assert_eq!(words.number(&key(n)), n);
        }
        assert!((0..10_000).all(|n| words.number(&key(n)) == n));
    }

    #[test]
    fn events_and_blocks_meet_a_key_once() {
        let mut words = Vocabulary::default();
        let number = words.number("a");
        assert!(words.meet(number, 0) && !words.meet(number, 0) && words.meet(number, 1));
        assert!(words.enter(number, 0) && !words.enter(number, 0) && words.enter(number, 1));
        assert!(!words.meet(7, 0));
    }
}
