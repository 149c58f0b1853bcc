//! Which words stay in templates: those in a good part of the stretches of a chunk.

use crate::vocabulary::Vocabulary;

/// The most words that are frequent in a chunk from its beginning.
const WORDS_MAX: usize = 4096;

/// A frequent word is in one stretch of so many at least, and in two.
const SHARE: u32 = 3;
const STRETCHES_MIN: u32 = 2;

/// The words of a chunk that are frequent, by their numbers.
#[derive(Default)]
pub(super) struct Frequent {
    /// The first so many were frequent in the chunk before.
    before: u32,
    /// In how many stretches each word is.
    stretches: Vec<u32>,
    /// The stretches that have ended.
    ended: u32,
}

impl Frequent {
    /// A word may become frequent while the first chunk is filled; in others it was so in the chunk before, or is not.
    pub(super) fn has(&self, number: u32) -> bool {
        match self.before {
            0 => self.is_in_many(self.stretches_of(number)),
            before => number < before,
        }
    }

    /// Whether what is not frequent now may be so in the next stretch.
    pub(super) fn may_grow(&self) -> bool {
        self.before == 0
    }

    /// The memory that it holds, about, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.stretches.len() * size_of::<u32>()
    }

    fn stretches_of(&self, number: u32) -> u32 {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        self.stretches.get(place).copied().unwrap_or(0)
    }

    fn is_in_many(&self, stretches: u32) -> bool {
        stretches >= STRETCHES_MIN && stretches.saturating_mul(SHARE) >= self.ended
    }

    /// One more stretch has the word.
    pub(super) fn count(&mut self, number: u32) {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        if self.stretches.len() <= place {
            self.stretches.resize(place.saturating_add(1), 0);
        }
        if let Some(count) = self.stretches.get_mut(place) {
            *count += 1;
        }
    }

    pub(super) fn end_stretch(&mut self) {
        self.ended += 1;
    }

    /// Begins the next chunk: gives its words the frequent ones of this chunk.
    pub(super) fn end_chunk(&mut self, words: &mut Vocabulary) {
        let mut next = Vocabulary::default();
        for (number, stretches) in (0..).zip(&self.stretches) {
            let word = words.text(number);
            let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
            if self.is_in_many(*stretches) && !word.iter().all(is_number) {
                next.number(word);
            }
            if next.len() == WORDS_MAX {
                break;
            }
        }
        self.clear();
        words.clear();
        self.before = u32::try_from(next.len()).unwrap_or(0);
        for number in 0..self.before {
            words.number(next.text(number));
        }
    }

    /// Nothing is known any more.
    pub(super) fn clear(&mut self) {
        self.before = 0;
        self.stretches.clear();
        self.ended = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_a_third_of_the_stretches_are_frequent() {
        let (mut frequent, mut words) = (Frequent::default(), Vocabulary::default());
        for stretch in 0..9 {
            for (word, every) in [("rare", 9), ("often", 3), ("always", 1), ("10.0.0.1", 1)] {
                let number = words.number(word.as_bytes());
                if stretch % every == 0 {
                    frequent.count(number);
                }
            }
            frequent.end_stretch();
        }
        let found = |frequent: &Frequent| (0..5).filter(|n| frequent.has(*n)).collect::<Vec<_>>();
        assert_eq!(found(&frequent), [1, 2, 3]);
        frequent.end_chunk(&mut words);
        assert_eq!(
            (words.len(), words.text(0), words.text(1)),
            (2, &b"often"[..], &b"always"[..])
        );
        // What is met here is looked at when this chunk ends.
        let new = words.number(b"new");
        (0..3).for_each(|_| frequent.count(new));
        assert_eq!(found(&frequent), [0, 1]);
        frequent.clear();
        assert_eq!(found(&frequent), [0_u32; 0]);
    }
}
