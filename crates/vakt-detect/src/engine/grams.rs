//! Thousands of literals in one pass, without an automaton's chain of memory reads.
//!
//! Of each literal runs of `N` bytes, its *grams*, are entered in a bit table that fits the
//! nearest caches. The pass asks the table at every `STRIDE`th byte of the text; only where the
//! answer is "perhaps" are the literals with that gram compared. So that a literal is met wherever
//! it begins, `STRIDE` grams of it that follow each other are entered: those that look rarest, so
//! that few texts hold them and few literals share them.

use hashbrown::HashMap;

/// Bits of the table for each gram in it: one text position in as many is looked up in vain.
const TABLE_BITS_PER_GRAM: usize = 32;
/// The table takes at least 512 bytes and at most 256 KiB.
const TABLE_LOG2_BITS: std::ops::RangeInclusive<u32> = 12..=21;

/// The longest gram, which is what is read from a text at once.
const GRAM_BYTES_MAX: usize = 4;

/// Multiplicative hashing: the upper bits mix best.
const HASH_FACTOR: u32 = 0x9E37_79B1;

/// Grams of two to four bytes, for literals of at least [`Grams::SHORTEST`].
#[derive(Default)]
pub(super) struct Grams<const N: usize, const STRIDE: usize> {
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

impl<const N: usize, const STRIDE: usize> Grams<N, STRIDE> {
    /// Bytes of a literal that has grams enough; a shorter one is left out.
    pub(super) const SHORTEST: usize = N + STRIDE - 1;

    /// What of four bytes of a text is the gram.
    const MASK: u32 = u32::MAX >> (8 * (GRAM_BYTES_MAX - N));

    /// Literals with their values.
    pub(super) fn new(literals: &[(&[u8], u32)]) -> Self {
        Self::beginning(literals, |_| true)
    }

    /// The same, by grams with such a first byte; a literal without is left out.
    pub(super) fn beginning(literals: &[(&[u8], u32)], with: fn(u8) -> bool) -> Self {
        if literals.is_empty() {
            return Self::default();
        }
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for (literal, _) in literals {
            for gram in grams::<N>(literal) {
                *shared.entry(gram).or_insert(0) += 1;
            }
        }
        let mut table = Self::default();
        let mut by_gram: Vec<(u32, Entry)> = Vec::new();
        for (literal, value) in literals {
            let start = number(table.text.len());
            for (offset, gram) in rarest::<N, STRIDE>(literal, &shared, with) {
                let entry = Entry {
                    start,
                    len: number(literal.len()),
                    offset: number(offset),
                    value: *value,
                };
                by_gram.push((gram, entry));
            }
            table.text.extend(*literal);
        }
        by_gram.sort_by_key(|(gram, _)| *gram);
        let mut start = 0;
        for group in by_gram.chunk_by(|a, b| a.0 == b.0) {
            if let Some((gram, _)) = group.first() {
                let end = start + number(group.len());
                table.ranges.insert(*gram, (start, end));
                start = end;
            }
        }
        table.entries = by_gram.into_iter().map(|(_, entry)| entry).collect();
        table.fill_table();
        table
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
        let mut at = self.find_in_blocks(text, &mut found);
        let rest = text.get(at..).unwrap_or_default();
        for window in rest.windows(GRAM_BYTES_MAX).step_by(STRIDE) {
            let gram = le_number(window) & Self::MASK;
            if self.may_have(gram) {
                self.compare(gram, text, at, &mut found);
            }
            at += STRIDE;
        }
        // Shorter grams at the end.
        while let Some(window) = text.get(at..at + N) {
            let gram = le_number(window);
            if self.may_have(gram) {
                self.compare(gram, text, at, &mut found);
            }
            at += STRIDE;
        }
    }

    /// Looks at as much of the text as vector instructions can; gives where to go on.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    #[expect(
        unsafe_code,
        reason = "asking the table for one gram after the other takes seven times the instructions"
    )]
    fn find_in_blocks(&self, text: &[u8], found: &mut impl FnMut(u32)) -> usize {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return 0;
        }
        // SAFETY: the processor has AVX2.
        unsafe { avx2::find_in_blocks(self, text, found) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn find_in_blocks(&self, _: &[u8], _: &mut impl FnMut(u32)) -> usize {
        0
    }

    /// The same for the literals whose gram stands at one place of the text.
    #[inline]
    pub(super) fn find_at(&self, text: &[u8], at: usize, mut found: impl FnMut(u32)) {
        let Some(window) = text.get(at..at + N) else {
            return;
        };
        let gram = le_number(window) & Self::MASK;
        if self.may_have(gram) {
            self.compare(gram, text, at, &mut found);
        }
    }

    #[inline]
    fn may_have(&self, gram: u32) -> bool {
        let bit = self.bit(gram);
        let word = self.table.get(bit / 64).copied().unwrap_or(0);
        word >> (bit % 64) & 1 != 0
    }

    /// The index of the gram's bit.
    #[inline]
    fn bit(&self, gram: u32) -> usize {
        (gram.wrapping_mul(HASH_FACTOR) >> self.shift) as usize
    }

    #[cold]
    fn compare(&self, gram: u32, text: &[u8], at: usize, found: &mut impl FnMut(u32)) {
        let Some((start, end)) = self.ranges.get(&gram) else {
            return;
        };
        for entry in &self.entries[*start as usize..*end as usize] {
            let literal = &self.text[entry.start as usize..(entry.start + entry.len) as usize];
            let stands_here = at
                .checked_sub(entry.offset as usize)
                .and_then(|begin| text.get(begin..begin + literal.len()))
                .is_some_and(|text| are_equal(text, literal));
            if stands_here {
                found(entry.value);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm_cvtsi32_si128, _mm256_and_si256, _mm256_andnot_si256, _mm256_castsi256_ps,
        _mm256_i32gather_epi32, _mm256_loadu_si256, _mm256_movemask_ps, _mm256_mullo_epi32,
        _mm256_set1_epi32, _mm256_sllv_epi32, _mm256_srl_epi32, _mm256_srli_epi32,
    };

    use super::{GRAM_BYTES_MAX, Grams, HASH_FACTOR, le_number};

    /// Grams that are looked up at once.
    const LANES: usize = 8;

    /// Bytes of a text that a step of the search is over.
    const STEP_BYTES: usize = LANES * GRAM_BYTES_MAX;

    /// What is read for it: as many from every place at which one of the first grams begins.
    const BLOCK_BYTES: usize = STEP_BYTES + GRAM_BYTES_MAX - 1;

    #[target_feature(enable = "avx2")]
    pub(super) fn find_in_blocks<const N: usize, const STRIDE: usize>(
        grams: &Grams<N, STRIDE>,
        text: &[u8],
        found: &mut impl FnMut(u32),
    ) -> usize {
        let mut at = 0;
        while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk) {
            for first in (0..GRAM_BYTES_MAX).step_by(STRIDE) {
                let mut lanes = in_table(grams, block, first);
                while lanes != 0 {
                    let lane = lanes.trailing_zeros() as usize;
                    let place = at + first + lane * GRAM_BYTES_MAX;
                    let window = text.get(place..place + N).unwrap_or_default();
                    grams.compare(le_number(window), text, place, found);
                    lanes &= lanes - 1;
                }
            }
            at += STEP_BYTES;
        }
        at
    }

    /// A bit for each gram of a block that the table has, of every fourth one from `first` on.
    #[inline]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "eight words of the table are read at once")]
    fn in_table<const N: usize, const STRIDE: usize>(
        table: &Grams<N, STRIDE>,
        block: &[u8; BLOCK_BYTES],
        first: usize,
    ) -> u32 {
        let mask = Grams::<N, STRIDE>::MASK.cast_signed();
        let grams = _mm256_and_si256(of_bytes(block, first), _mm256_set1_epi32(mask));
        let hashes = _mm256_mullo_epi32(grams, _mm256_set1_epi32(HASH_FACTOR.cast_signed()));
        let bits = _mm256_srl_epi32(hashes, _mm_cvtsi32_si128(table.shift.cast_signed()));
        let words = _mm256_srli_epi32::<5>(bits);
        // SAFETY: the shift leaves as many bits of a hash as an index of a bit in the table has.
        let words = unsafe { _mm256_i32gather_epi32::<4>(table.table.as_ptr().cast(), words) };
        // Each bit becomes the sign of its word.
        let left = _mm256_andnot_si256(bits, _mm256_set1_epi32(31));
        let signs = _mm256_castsi256_ps(_mm256_sllv_epi32(words, left));
        _mm256_movemask_ps(signs).cast_unsigned()
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "a safe read of 32 bytes becomes several")]
    fn of_bytes(block: &[u8; BLOCK_BYTES], from: usize) -> __m256i {
        let bytes: Option<&[u8; STEP_BYTES]> = block.get(from..).and_then(<[u8]>::first_chunk);
        match bytes {
            // SAFETY: so many bytes can be read, from any address.
            Some(bytes) => unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) },
            None => _mm256_set1_epi32(0),
        }
    }
}

/// Whether two texts of one length are equal. Most literals are short, and most that are not there
/// differ in their first or last bytes: a call to compare them would take longer.
#[inline]
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<8>(), a.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            b.first_chunk() == Some(first)
                && b.last_chunk() == Some(last)
                && (a.len() <= 16 || a == b)
        }
        _ => match (a.first_chunk::<4>(), a.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                b.first_chunk() == Some(first) && b.last_chunk() == Some(last)
            }
            _ => a == b,
        },
    }
}

/// Up to four bytes as a number; the first is the lowest.
#[inline]
fn le_number(bytes: &[u8]) -> u32 {
    match bytes.first_chunk() {
        Some(bytes) => u32::from_le_bytes(*bytes),
        None => (bytes.iter().rev()).fold(0, |number, byte| number << 8 | u32::from(*byte)),
    }
}

/// The grams of a literal, in order.
fn grams<const N: usize>(literal: &[u8]) -> impl Iterator<Item = u32> {
    literal.windows(N).map(le_number)
}

/// Of the runs of `STRIDE` grams (with their places) the one whose grams fewest literals hold; among
/// equals, the one of the rarest bytes.
fn rarest<const N: usize, const STRIDE: usize>(
    literal: &[u8],
    shared: &HashMap<u32, u32>,
    with: fn(u8) -> bool,
) -> impl Iterator<Item = (usize, u32)> {
    let windows = (literal.windows(N + STRIDE - 1).enumerate())
        .filter(|(_, window)| window.first().is_some_and(|byte| with(*byte)));
    let best = windows.min_by_key(|(_, window)| {
        let shared = |gram: u32| shared.get(&gram).copied().unwrap_or(0);
        let sharing: u32 = grams::<N>(window).map(shared).sum();
        let common: u32 = window.iter().copied().map(commonness).sum();
        (sharing, common)
    });
    best.into_iter()
        .flat_map(|(offset, window)| (offset..).zip(grams::<N>(window)))
}

/// A rough order of bytes in paths, command lines and messages (folded).
pub(super) fn commonness(byte: u8) -> u32 {
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
