//! Keys by number: what events have is said with numbers.

use crate::interner::{Interner, Look};
use crate::words::Key;

/// Keys, each with a number: the first has 0, the next 1.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// Beside each who met it last.
    words: Interner<u32>,
    looks: Vec<Look>,
}

/// Nobody who meets a key has this number.
const NOBODY: u32 = u32::MAX;

impl Vocabulary {
    /// The number of a key, which has one from now on.
    pub(crate) fn number(&mut self, key: &[u8]) -> u32 {
        let place = Key::new(key, 0, key.len());
        self.find_or_add(self.words.look(&place, key), &place, key)
    }

    /// Appends the numbers of keys of a text; of some at a time, since the processor waits for the memory of several
    /// look-ups at once.
    pub(crate) fn numbers(&mut self, text: &[u8], keys: &[Key], numbers: &mut Vec<u32>) {
        let mut looks = std::mem::take(&mut self.looks);
        looks.clear();
        looks.extend(keys.iter().map(|key| self.words.look(key, text)));
        let found = looks.iter().zip(keys);
        numbers.extend(found.map(|(look, key)| self.find_or_add(*look, key, text)));
        self.looks = looks;
    }

    fn find_or_add(&mut self, look: Look, key: &Key, text: &[u8]) -> u32 {
        match self.words.find(look, key, text) {
            Some(number) => number,
            None => self.words.add(look, key, text, NOBODY),
        }
    }

    /// An event, or a stretch of events, has the key; whether that is new. It is asked of one after the other.
    pub(crate) fn meet(&mut self, number: u32, by: u32) -> bool {
        let last = self.words.note_mut(number);
        last.is_some_and(|last| std::mem::replace(last, by) != by)
    }

    pub(crate) fn text(&self, number: u32) -> &[u8] {
        self.words.text(number)
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The memory that it holds, about, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.words.bytes()
    }

    /// The numbers, ascending by what they stand for.
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order: Vec<(u64, u32)> = self.words.firsts().zip(0..).collect();
        order.sort_unstable_by(|(a, x), (b, y)| {
            a.cmp(b).then_with(|| self.text(*x).cmp(self.text(*y)))
        });
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// All keys, one after the other, in the order of their numbers.
    pub(crate) fn texts(&self) -> &[u8] {
        self.words.texts()
    }

    /// Their lengths.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = u32> {
        self.words.lengths()
    }

    /// Takes everything out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of keys that stand side by side in a text.
    fn numbers(words: &mut Vocabulary, keys: &[impl AsRef<[u8]>]) -> Vec<u32> {
        let mut text = Vec::new();
        let places: Vec<(usize, usize)> = keys
            .iter()
            .map(|key| {
                let start = text.len();
                text.extend_from_slice(key.as_ref());
                (start, text.len())
            })
            .collect();
        let keys = places
            .iter()
            .map(|(start, end)| Key::new(&text, *start, *end));
        let mut numbers = Vec::new();
        words.numbers(&text, &keys.collect::<Vec<Key>>(), &mut numbers);
        numbers
    }

    #[test]
    fn a_key_keeps_its_number_and_keys_are_ordered_by_their_bytes() {
        let mut words = Vocabulary::default();
        let keys: Vec<&[u8]> = [
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
        ]
        .map(str::as_bytes)
        .into();
        let numbers = numbers(&mut words, &keys);
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
        for (key, number) in keys.iter().zip(&numbers) {
            assert_eq!(words.text(*number), *key);
            assert_eq!(words.number(key), *number);
        }
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let order = words.order();
        let ordered: Vec<&[u8]> = order.iter().map(|number| words.text(*number)).collect();
        assert_eq!(ordered, sorted);
    }

    #[test]
    fn many_keys_stay_apart_while_the_table_grows() {
        let key = |n: u32| match n % 2 {
            0 => format!("{n}"),
            _ => format!("longer than eight {n}"),
        };
        let keys: Vec<String> = (0..10_000).map(key).collect();
        let all: Vec<u32> = (0..10_000).collect();
        let mut words = Vocabulary::default();
        assert_eq!(numbers(&mut words, &keys), all);
        assert_eq!(numbers(&mut words, &keys), all);
        let twice = numbers(&mut words, &["new", "longer than eight 1", "new"]);
        assert_eq!(twice, [10_000, 1, 10_000]);
        words.clear();
        assert_eq!((words.len(), words.number(b"1")), (0, 0));
    }

    #[test]
    fn a_key_is_met_once_by_each() {
        let mut words = Vocabulary::default();
        let number = words.number(b"a");
        assert!(words.meet(number, 0) && !words.meet(number, 0) && words.meet(number, 1));
        assert!(!words.meet(7, 0));
    }
}
