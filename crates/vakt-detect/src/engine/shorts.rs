//! Literals of one to three bytes in one pass: a table of pairs says where one may begin.

use hashbrown::HashMap;

use super::grams::GRAM_BYTES;

/// Literals too short for [`super::grams::Grams`].
#[derive(Default)]
pub(super) struct Shorts {
    /// Literals of one byte.
    single: Vec<(u8, u32)>,
    /// One bit for each pair of bytes with which a longer one begins: 8 KiB, or empty.
    pairs: Vec<u64>,
    /// By that pair: the third byte, if there is one, and the value.
    begun: HashMap<u16, Vec<(Option<u8>, u32)>>,
}

impl Shorts {
    /// Literals of fewer than [`GRAM_BYTES`] bytes with their values.
    pub(super) fn new(literals: &[(&[u8], u32)]) -> Self {
        let mut shorts = Self::default();
        for (literal, value) in literals {
            let (pair, third) = match **literal {
                [single] => {
                    shorts.single.push((single, *value));
                    continue;
                }
                [a, b] => (u16::from_le_bytes([a, b]), None),
                [a, b, c] => (u16::from_le_bytes([a, b]), Some(c)),
                _ => unreachable!("a literal of 0 or {GRAM_BYTES} bytes"),
            };
            if shorts.pairs.is_empty() {
                shorts.pairs.resize(1 << (u16::BITS - 6), 0);
            }
            shorts.pairs[usize::from(pair / 64)] |= 1 << (pair % 64);
            shorts.begun.entry(pair).or_default().push((third, *value));
        }
        shorts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.single.is_empty() && self.pairs.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.pairs.len() * size_of::<u64>()
            + self.begun.capacity() * size_of::<(u16, Vec<(Option<u8>, u32)>)>()
            + self.begun.values().map(Vec::len).sum::<usize>() * size_of::<(Option<u8>, u32)>()
    }

    /// Calls `found` with the value of every literal that stands in the text, at least once.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        for (byte, value) in &self.single {
            if memchr::memchr(*byte, text).is_some() {
                found(*value);
            }
        }
        let (Some((first, rest)), false) = (text.split_first(), self.pairs.is_empty()) else {
            return;
        };
        let mut pair = u16::from(*first) << 8;
        for (at, byte) in rest.iter().enumerate() {
            pair = (pair >> 8) | (u16::from(*byte) << 8);
            if self.pairs[usize::from(pair / 64)] & (1 << (pair % 64)) != 0 {
                self.compare(pair, rest.get(at + 1).copied(), &mut found);
            }
        }
    }

    #[cold]
    fn compare(&self, pair: u16, next: Option<u8>, found: &mut impl FnMut(u32)) {
        for (third, value) in self.begun.get(&pair).into_iter().flatten() {
            if third.is_none() || *third == next {
                found(*value);
            }
        }
    }
}
