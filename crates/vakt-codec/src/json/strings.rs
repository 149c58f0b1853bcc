//! Where the strings of JSON end.
//!
//! First the whole text is read once with vector instructions: [`mark`] notes, with a bit for each
//! byte, where quotes, backslashes and control characters stand. Then strings go from mark to mark.

/// Bytes of a text for each number of marks.
const BLOCK_BYTES: usize = 64;

type Block = [u8; BLOCK_BYTES];

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

/// The first stop at `from` or later in a text and its marks; notes whether there were escapes
/// before it.
#[inline]
pub(super) fn stop(text: &[u8], marks: &[u64], from: usize, has_escapes: &mut bool) -> Stop {
    let mut from = from;
    loop {
        let index = from / BLOCK_BYTES;
        let Some(word) = marks.get(index) else {
            return Stop::End;
        };
        let mut word = word & (u64::MAX << (from % BLOCK_BYTES));
        from = (index + 1) * BLOCK_BYTES;
        while word != 0 {
            let offset = word.trailing_zeros() as usize;
            let place = index * BLOCK_BYTES + offset;
            match text.get(place) {
                Some(b'"') => return Stop::Quote(place),
                Some(b'\\') if is_short_escape(text, place) => {
                    *has_escapes = true;
                    from = from.max(place + 2);
                    word &= !(0b11 << offset);
                }
                Some(b'\\') => return Stop::Escape(place),
                Some(_) => return Stop::Control(place),
                None => return Stop::End,
            }
        }
    }
}

#[inline]
fn is_short_escape(text: &[u8], at: usize) -> bool {
    let letter = text.get(at + 1);
    matches!(
        letter,
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')
    )
}

/// Whether there is a blank in a name.
#[inline]
pub(super) fn has_blank(name: &str) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let (words, tail) = name.as_bytes().as_chunks::<8>();
    let in_words = words.iter().any(|word| {
        let word = u64::from_le_bytes(*word) ^ (ONES * 0x20);
        word.wrapping_sub(ONES) & !word & TOPS != 0
    });
    in_words || tail.contains(&b' ')
}

/// Notes where quotes, backslashes and control characters stand.
#[cfg(target_arch = "x86_64")]
#[expect(
    unsafe_code,
    reason = "decoding flat JSON takes 1.3 times as long with ordinary instructions"
)]
pub(super) fn mark(text: &[u8], marks: &mut Vec<u64>) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { avx2::mark(text, marks) }
    } else {
        portable::mark(text, marks);
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn mark(text: &[u8], marks: &mut Vec<u64>) {
    portable::mark(text, marks);
}

/// The last bytes of a text, and blanks after them.
fn last_block(rest: &[u8]) -> Option<Block> {
    let mut block = [b' '; BLOCK_BYTES];
    block.get_mut(..rest.len())?.copy_from_slice(rest);
    (!rest.is_empty()).then_some(block)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set_epi64x, _mm256_set1_epi8,
    };

    use super::{Block, last_block};

    #[target_feature(enable = "avx2")]
    pub(super) fn mark(text: &[u8], marks: &mut Vec<u64>) {
        marks.clear();
        let (blocks, rest) = text.as_chunks();
        marks.extend(blocks.iter().map(|block| of_block(block)));
        marks.extend(last_block(rest).map(|block| of_block(&block)));
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn of_block(block: &Block) -> u64 {
        let (halves, _) = block.as_chunks::<32>();
        let mut marks = 0;
        for half in halves.iter().rev() {
            marks = marks << 32 | u64::from(of_half(half));
        }
        marks
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn of_half(bytes: &[u8; 32]) -> u32 {
        let (words, _) = bytes.as_chunks::<8>();
        let word = |index: usize| words.get(index).map_or(0, |word| i64::from_le_bytes(*word));
        let bytes = _mm256_set_epi64x(word(3), word(2), word(1), word(0));
        let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x22));
        let backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x5C));
        let control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)), bytes);
        let special = _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
        _mm256_movemask_epi8(special).cast_unsigned()
    }
}

mod portable {
    use super::{Block, last_block};

    pub(super) fn mark(text: &[u8], marks: &mut Vec<u64>) {
        marks.clear();
        let (blocks, rest) = text.as_chunks();
        marks.extend(blocks.iter().map(of_block));
        marks.extend(last_block(rest).iter().map(of_block));
    }

    /// Eight bytes at a time, as numbers.
    fn of_block(block: &Block) -> u64 {
        let (words, _) = block.as_chunks::<8>();
        words.iter().rev().fold(0, |marks, word| {
            marks << 8 | of_word(u64::from_le_bytes(*word))
        })
    }

    fn of_word(word: u64) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = ONES * 0x80;
        // The upper bit of each byte that is zero, of no other: nothing is carried between bytes.
        let is_zero = |word: u64| !(((word & !TOPS) + !TOPS) | word) & TOPS;
        let control = is_zero(word & (ONES * 0xE0));
        let marks = control | is_zero(word ^ (ONES * 0x22)) | is_zero(word ^ (ONES * 0x5C));
        // The eight upper bits side by side.
        (marks >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
                Some(b'\\') => return Stop::Escape(at),
                Some(..0x20) => return Stop::Control(at),
                Some(_) => at += 1,
            }
        }
    }

    proptest! {
        #[test]
        fn a_string_stops_where_it_stops_byte_by_byte(
            text in "([a-z\u{e5}]{0,70}|(\\\\[\\\\\"nux]){1,40}|[\"\n\\\\]){0,9}",
            from in 0_usize..200,
        ) {
            let (mut quick, mut slow) = (false, false);
            let mut marks = Vec::new();
            mark(text.as_bytes(), &mut marks);
            let expected = stop_by_bytes(text.as_bytes(), from, &mut slow);
            prop_assert_eq!(stop(text.as_bytes(), &marks, from, &mut quick), expected);
            prop_assert_eq!(quick, slow);
        }

        #[test]
        fn marks_are_where_they_should_be(
            text in prop::collection::vec(prop_oneof![any::<u8>(), b' '..0x80, Just(b'"')], 0..200),
        ) {
            let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
            let expected: Vec<u64> = text
                .chunks(BLOCK_BYTES)
                .map(|block| {
                    let bits = block.iter().map(is_special).zip(0..);
                    bits.fold(0, |marks, (special, at)| marks | u64::from(special) << at)
                })
                .collect();
            let mut marks = vec![7];
            mark(&text, &mut marks);
            prop_assert_eq!(&marks, &expected);
            portable::mark(&text, &mut marks);
            prop_assert_eq!(&marks, &expected);
        }

        #[test]
        fn blanks_are_seen(name in "[a-zA-Z\u{20}\u{20ac}!]{0,20}|[a-z]{0,20}") {
            prop_assert_eq!(has_blank(&name), name.contains(' '));
        }
    }
}
