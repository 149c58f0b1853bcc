//! Thousands of literals in one pass, without an automaton's chain of memory reads.
//!
//! Of each literal one run of `N` bytes, its *gram*, is entered in a bit table that fits the
//! nearest caches. The pass asks the table at every byte of the text; only where the answer is
//! "perhaps" are the literals with that gram compared. The gram is the one of the literal that
//! looks rarest, so that few texts hold it and few literals share it.

use hashbrown::HashMap;

/// Bits of the table for each gram in it: one text position in as many is looked up in vain.
const TABLE_BITS_PER_GRAM: usize = 64;
/// The table takes at least 512 bytes and at most 256 KiB.
const TABLE_LOG2_BITS: std::ops::RangeInclusive<u32> = 12..=21;

/// Grams of two to four bytes; a shorter literal has none.
#[derive(Default)]
pub(super) struct Grams<const N: usize> {
    table: Vec<u64>,
    /// How far a hash is shifted to be an index of a bit.
    shift: u32,
    /// By gram, the entries that have it: a range of `entries`.
    ranges: HashMap<u32, (u32, u32)>,
    entries: Vec<Entry>,
    /// The literals one after the other.
    text: Vec<u8>,
}

struct Entry {
    /// Where the literal begins in `text`, and its length.
    start: u32,
    len: u32,
    /// Where in the literal the gram stands.
    offset: u32,
    value: u32,
}

impl<const N: usize> Grams<N> {
    /// Literals of at least `N` bytes with their values.
    pub(super) fn new(literals: &[(&[u8], u32)]) -> Self {
        if literals.is_empty() {
            return Self::default();
        }
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for (literal, _) in literals {
            for (_, gram) in grams::<N>(literal) {
                *shared.entry(gram).or_insert(0) += 1;
            }
        }
        let mut grams = Self::default();
        let mut by_gram: Vec<(u32, Entry)> = Vec::new();
        for (literal, value) in literals {
            let Some((offset, gram)) = rarest::<N>(literal, &shared) else {
                continue;
            };
            let entry = Entry {
                start: number(grams.text.len()),
                len: number(literal.len()),
                offset: number(offset),
                value: *value,
            };
            grams.text.extend(*literal);
            by_gram.push((gram, entry));
        }
        by_gram.sort_by_key(|(gram, _)| *gram);
        let mut start = 0;
        for group in by_gram.chunk_by(|a, b| a.0 == b.0) {
            if let Some((gram, _)) = group.first() {
                let end = start + number(group.len());
                grams.ranges.insert(*gram, (start, end));
                start = end;
            }
        }
        grams.entries = by_gram.into_iter().map(|(_, entry)| entry).collect();
        grams.fill_table();
        grams
    }

    fn fill_table(&mut self) {
        let wanted = (self.ranges.len() * TABLE_BITS_PER_GRAM).next_power_of_two();
        let log2 = wanted
            .ilog2()
            .clamp(*TABLE_LOG2_BITS.start(), *TABLE_LOG2_BITS.end());
        self.shift = u32::BITS - log2;
        let mut table = vec![0u64; 1 << (log2 - 6)];
        let mut grams: Vec<u32> = self.ranges.keys().copied().collect();
        grams.sort_unstable();
        for gram in grams {
            let bit = self.bit(gram);
            table[bit / 64] |= 1 << (bit % 64);
        }
        self.table = table;
    }

    pub(super) fn bytes(&self) -> usize {
        self.table.len() * size_of::<u64>()
            + self.entries.len() * size_of::<Entry>()
            + self.ranges.capacity() * size_of::<(u32, (u32, u32))>()
            + self.text.len()
    }

    /// Calls `found` with the value of every literal, once for each place where it stands.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(u32)) {
        if self.table.is_empty() {
            return;
        }
        // What is before the first gram makes a gram that no literal has, or that is compared.
        let mut gram = 0;
        for (at, byte) in text.iter().enumerate() {
            gram = (gram >> 8) | (u32::from(*byte) << (8 * (N - 1)));
            let bit = self.bit(gram);
            if self.table[bit / 64] & (1 << (bit % 64)) != 0 {
                self.compare(gram, text, at, &mut found);
            }
        }
    }

    /// The index of the gram's bit (multiplicative hashing: the upper bits mix best).
    fn bit(&self, gram: u32) -> usize {
        (gram.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }

    #[cold]
    fn compare(&self, gram: u32, text: &[u8], at: usize, found: &mut impl FnMut(u32)) {
        let Some((start, end)) = self.ranges.get(&gram) else {
            return;
        };
        for entry in &self.entries[*start as usize..*end as usize] {
            let literal = &self.text[entry.start as usize..(entry.start + entry.len) as usize];
            let stands_here = (at + 1)
                .checked_sub(entry.offset as usize + N)
                .and_then(|begin| text.get(begin..))
                .is_some_and(|text| text.starts_with(literal));
            if stands_here {
                found(entry.value);
            }
        }
    }
}

/// The grams of a literal with their places.
fn grams<const N: usize>(literal: &[u8]) -> impl Iterator<Item = (usize, u32)> {
    literal.windows(N).enumerate().map(|(at, window)| {
        let bytes = window.iter().rev();
        (at, bytes.fold(0, |gram, byte| gram << 8 | u32::from(*byte)))
    })
}

/// The gram that fewest literals hold; among equals, the one of the rarest bytes.
fn rarest<const N: usize>(literal: &[u8], shared: &HashMap<u32, u32>) -> Option<(usize, u32)> {
    grams::<N>(literal).min_by_key(|(_, gram)| {
        let common: u32 = gram.to_le_bytes().into_iter().map(commonness).sum();
        (shared.get(gram).copied().unwrap_or(0), common)
    })
}

/// A rough order of bytes in paths, command lines and messages (folded).
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b's' | b't' | b'i' | b'n' | b'o' | b'r' | b'a' | b'0' => 4,
        b'm' | b'c' | b'd' | b'l' | b'w' | b'p' | b'\\' | b'.' | b'1'..=b'9' => 3,
        b'a'..=b'z' | b'-' | b'/' | b':' | b'"' | b'=' => 2,
        0x20..=0x7F => 1,
        _ => 0,
    }
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("more than 4 GB of literals"))
}
