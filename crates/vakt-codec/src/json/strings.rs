//! Where the strings of JSON end.
//!
//! First the whole text is read once with vector instructions: [`mark`] notes, with a bit for each
//! byte, where strings may end and where backslashes stand. Then strings go from mark to mark.

/// Bytes of a text for each [`Mark`].
const BLOCK_BYTES: usize = 64;

type Block = [u8; BLOCK_BYTES];

/// What stands where in a block of a text, the first byte as the lowest bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Quotes that no backslash escapes, control characters, and what a backslash stands before
    /// without making an escape of two characters.
    stops: u64,
    backslashes: u64,
}

/// Where a string goes on otherwise than with plain characters and short escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It ends with this quote.
    Quote(usize),
    /// A backslash that begins no escape of two characters.
    Escape(usize),
    Control(usize),
    /// The text ends inside it.
    End,
}

/// Where a string ends whose first character is at `from`, and whether there are escapes in it.
/// `None` where it has long escapes or is none.
#[inline]
pub(super) fn end(text: &[u8], marks: &[Mark], from: usize) -> Option<(usize, bool)> {
    let mut has_escapes = false;
    match stop(text, marks, from, &mut has_escapes) {
        Stop::Quote(end) => Some((end, has_escapes)),
        _ => None,
    }
}

/// The first stop at `from` or later in a text and its marks; notes whether there were backslashes
/// before it. `from` is where a string or a part of it begins: no backslash stands before it.
#[inline]
pub(super) fn stop(text: &[u8], marks: &[Mark], from: usize, has_escapes: &mut bool) -> Stop {
    let mut index = from / BLOCK_BYTES;
    let mut here = u64::MAX << (from % BLOCK_BYTES);
    while let Some(mark) = marks.get(index) {
        let stops = mark.stops & here;
        if stops != 0 {
            let before = here & (stops - 1) & !stops;
            *has_escapes |= mark.backslashes & before != 0;
            let place = index * BLOCK_BYTES + stops.trailing_zeros() as usize;
            return match text.get(place) {
                Some(b'"') => Stop::Quote(place),
                _ => other_stop(text, from, place),
            };
        }
        *has_escapes |= mark.backslashes & here != 0;
        here = u64::MAX;
        index += 1;
    }
    other_stop(text, from, text.len())
}

#[cold]
fn other_stop(text: &[u8], from: usize, place: usize) -> Stop {
    let place = place.min(text.len());
    let before = text.get(from..place).unwrap_or_default();
    let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
    match backslashes.count() % 2 {
        0 if place < text.len() => Stop::Control(place),
        0 => Stop::End,
        _ => Stop::Escape(place - 1),
    }
}

/// Whether two names of one length are the same: nearly all are short, and a call would take longer.
#[inline]
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    // The first and the last bytes, which overlap where the name is shorter than both.
    fn ends<const BYTES: usize>(name: &[u8]) -> Option<(&[u8; BYTES], &[u8; BYTES])> {
        Some((name.first_chunk()?, name.last_chunk()?))
    }
    match one.len() {
        0..4 => one == other,
        4..8 => ends::<4>(one) == ends::<4>(other),
        8..=16 => ends::<8>(one) == ends::<8>(other),
        17..=32 => ends::<16>(one) == ends::<16>(other),
        _ => one == other,
    }
}

/// Whether there is a blank in a name.
#[inline]
pub(super) fn has_blank(name: &str) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let in_word = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word) ^ (ONES * 0x20);
        word.wrapping_sub(ONES) & !word & TOPS != 0
    };
    let name = name.as_bytes();
    match (name.first_chunk(), name.last_chunk()) {
        // The two overlap where the name is shorter than both.
        (Some(first), Some(last)) => {
            let middle = name.get(8..name.len() - 8).unwrap_or_default();
            in_word(first) || in_word(last) || middle.contains(&b' ')
        }
        _ => name.contains(&b' '),
    }
}

/// Notes what stands where.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "decoding flat JSON takes 1.3 times as long with ordinary instructions"
)]
pub(super) fn mark(text: &[u8], marks: &mut Vec<Mark>) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { avx2::mark(text, marks) }
    } else {
        portable::mark(text, marks);
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn mark(text: &[u8], marks: &mut Vec<Mark>) {
    portable::mark(text, marks);
}

/// The last bytes of a text, and blanks after them.
fn last_block(rest: &[u8]) -> Option<Block> {
    let mut block = [b' '; BLOCK_BYTES];
    block.get_mut(..rest.len())?.copy_from_slice(rest);
    (!rest.is_empty()).then_some(block)
}

/// Which characters have a backslash before them that is not escaped itself. `carry`: whether the
/// last character of the block before was such a backslash; then of this one.
#[inline]
fn escaped(backslashes: u64, carry: &mut bool) -> u64 {
    // As simdjson does it: the length of a run of backslashes is odd or even by where its end is
    // carried to when it is added to where it starts.
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let first = u64::from(*carry);
    let backslashes = backslashes & !first;
    let follows = backslashes << 1 | first;
    let odd_starts = backslashes & !EVEN & !follows;
    let (even_run_ends, overflow) = odd_starts.overflowing_add(backslashes);
    *carry = overflow;
    (EVEN ^ (even_run_ends << 1)) & follows
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8,
        _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_xor_si256,
    };

    use super::{Block, Mark, escaped, last_block};

    #[target_feature(enable = "avx2")]
    pub(super) fn mark(text: &[u8], marks: &mut Vec<Mark>) {
        marks.clear();
        let (blocks, rest) = text.as_chunks();
        let mut carry = false;
        marks.extend(blocks.iter().map(|block| of_block(block, &mut carry)));
        marks.extend(last_block(rest).map(|block| of_block(&block, &mut carry)));
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn of_block(block: &Block, carry: &mut bool) -> Mark {
        let (halves, _) = block.as_chunks::<32>();
        let [low, high] = halves else {
            unreachable!("a block is two halves");
        };
        let halves = (of_bytes(low), of_bytes(high));
        let ends = bits(is_end(halves.0), is_end(halves.1));
        let backslashes = equal(halves, 0x5C);
        let stops = if backslashes == 0 && !*carry {
            ends
        } else {
            let escaped = escaped(backslashes, carry);
            let no_letters = bits(is_no_letter(halves.0), is_no_letter(halves.1));
            (ends & !escaped) | (escaped & no_letters)
        };
        Mark { stops, backslashes }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "a safe read of 32 bytes becomes several")]
    fn of_bytes(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: so many bytes can be read, from any address.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn bits(low: __m256i, high: __m256i) -> u64 {
        let bits = |half| u64::from(_mm256_movemask_epi8(half).cast_unsigned());
        bits(high) << 32 | bits(low)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn equal(halves: (__m256i, __m256i), byte: i8) -> u64 {
        let wanted = _mm256_set1_epi8(byte);
        bits(
            _mm256_cmpeq_epi8(halves.0, wanted),
            _mm256_cmpeq_epi8(halves.1, wanted),
        )
    }

    /// Which bytes are quotes or control characters: with their second bit turned, all those up to 20, which are
    /// no others.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn is_end(bytes: __m256i) -> __m256i {
        let turned = _mm256_xor_si256(bytes, _mm256_set1_epi8(0x02));
        _mm256_cmpeq_epi8(_mm256_min_epu8(turned, _mm256_set1_epi8(0x20)), turned)
    }

    /// Which bytes make no escape of two characters after a backslash: a bit for each upper half
    /// of one that does, and for each lower half the bits of the upper ones that it goes with.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn is_no_letter(bytes: __m256i) -> __m256i {
        // 1: `"` 22 and `/` 2F; 2: `\` 5C; 4: `b` 62, `f` 66 and `n` 6E; 8: `r` 72 and `t` 74.
        let upper = _mm256_setr_epi8(
            0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, //
            0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0,
        );
        let lower = _mm256_setr_epi8(
            0, 0, 13, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1, //
            0, 0, 13, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1,
        );
        let low_bits = _mm256_set1_epi8(0x0F);
        let of_upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_bits);
        let of_lower = _mm256_and_si256(bytes, low_bits);
        let both = _mm256_and_si256(
            _mm256_shuffle_epi8(upper, of_upper),
            _mm256_shuffle_epi8(lower, of_lower),
        );
        _mm256_cmpeq_epi8(both, _mm256_setzero_si256())
    }
}

mod portable {
    use super::{Block, Mark, escaped, last_block};

    pub(super) fn mark(text: &[u8], marks: &mut Vec<Mark>) {
        marks.clear();
        let (blocks, rest) = text.as_chunks();
        let mut carry = false;
        marks.extend(blocks.iter().map(|block| of_block(block, &mut carry)));
        marks.extend(last_block(rest).map(|block| of_block(&block, &mut carry)));
    }

    fn of_block(block: &Block, carry: &mut bool) -> Mark {
        let backslashes = bits(block, |word| is_zero(word ^ (ONES * 0x5C)));
        let quotes = bits(block, |word| is_zero(word ^ (ONES * 0x22)));
        let control = bits(block, |word| is_zero(word & (ONES * 0xE0)));
        let escaped = escaped(backslashes, carry);
        let mut no_letters = 0;
        let mut left = escaped;
        while left != 0 {
            let place = left.trailing_zeros();
            let byte = block.get(place as usize);
            let is_letter = matches!(
                byte,
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
            );
            no_letters |= u64::from(!is_letter) << place;
            left &= left - 1;
        }
        Mark {
            stops: (quotes & !escaped) | control | no_letters,
            backslashes,
        }
    }

    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES * 0x80;

    /// The upper bit of each byte that is zero, of no other: nothing is carried between bytes.
    fn is_zero(word: u64) -> u64 {
        !(((word & !TOPS) + !TOPS) | word) & TOPS
    }

    /// A bit for each byte, of the upper bits that are found in eight bytes at a time as numbers.
    fn bits(block: &Block, upper_bits: impl Fn(u64) -> u64) -> u64 {
        let (words, _) = block.as_chunks::<8>();
        words.iter().rev().fold(0, |bits, word| {
            let tops = upper_bits(u64::from_le_bytes(*word));
            // The eight upper bits side by side.
            bits << 8 | (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_short_escape(text: &[u8], at: usize) -> bool {
        let letter = text.get(at + 1);
        matches!(
            letter,
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
        )
    }

    fn stop_by_bytes(text: &[u8], from: usize, has_escapes: &mut bool) -> Stop {
        let mut at = from;
        loop {
            match text.get(at) {
                None => return Stop::End,
                Some(b'"') => return Stop::Quote(at),
                Some(b'\\') if is_short_escape(text, at) => {
                    *has_escapes = true;
                    at += 2;
                }
                Some(b'\\') => {
                    *has_escapes = true;
                    return Stop::Escape(at);
                }
                Some(..0x20) => return Stop::Control(at),
                Some(_) => at += 1,
            }
        }
    }

    fn marks_by_bytes(text: &[u8]) -> Vec<Mark> {
        let mut marks = vec![Mark::default(); text.len().div_ceil(BLOCK_BYTES)];
        let mut is_escaped = false;
        for (at, byte) in text.iter().enumerate() {
            let is_stop = match byte {
                b'"' => !is_escaped,
                ..0x20 => true,
                _ => is_escaped && !is_short_escape(text, at - 1),
            };
            let mark = &mut marks[at / BLOCK_BYTES];
            mark.stops |= u64::from(is_stop) << (at % BLOCK_BYTES);
            mark.backslashes |= u64::from(*byte == b'\\') << (at % BLOCK_BYTES);
            is_escaped = *byte == b'\\' && !is_escaped;
        }
        // What comes after a last backslash is no letter.
        if is_escaped && let Some(last) = marks.get_mut(text.len() / BLOCK_BYTES) {
            last.stops |= 1 << (text.len() % BLOCK_BYTES);
        }
        marks
    }

    proptest! {
        #[test]
        fn a_string_stops_where_it_stops_byte_by_byte(
            text in "([a-z\u{e5}]{0,70}|(\\\\[\\\\\"nux\n]){1,40}|[\"\n\\\\]){0,9}",
            from in 0_usize..200,
        ) {
            let text = text.as_bytes();
            let begins = |from: &usize| from.checked_sub(1).and_then(|at| text.get(at)) != Some(&b'\\');
            let from = (from..).find(begins).unwrap();
            let (mut quick, mut slow) = (false, false);
            let mut marks = Vec::new();
            mark(text, &mut marks);
            let expected = stop_by_bytes(text, from, &mut slow);
            prop_assert_eq!(stop(text, &marks, from, &mut quick), expected);
            prop_assert_eq!(quick, slow);
        }

        #[test]
        fn marks_are_where_they_should_be(
            text in prop::collection::vec(
                prop_oneof![any::<u8>(), b' '..0x80, Just(b'"'), Just(b'\\'), Just(b'\\')],
                0..200,
            ),
        ) {
            let expected = marks_by_bytes(&text);
            let mut marks = vec![Mark::default()];
            mark(&text, &mut marks);
            prop_assert_eq!(&marks, &expected);
            portable::mark(&text, &mut marks);
            prop_assert_eq!(&marks, &expected);
        }

        #[test]
        fn names_are_told_apart(name in "[ab]{0,40}", at in any::<prop::sample::Index>()) {
            prop_assert!(same(name.as_bytes(), name.as_bytes()));
            if !name.is_empty() {
                let mut other = name.clone().into_bytes();
                other[at.index(name.len())] = b'c';
                prop_assert!(!same(name.as_bytes(), &other));
            }
        }

        #[test]
        fn blanks_are_seen(name in "[a-zA-Z\u{20}\u{20ac}!]{0,20}|[a-z]{0,20}") {
            prop_assert_eq!(has_blank(&name), name.contains(' '));
        }
    }
}
