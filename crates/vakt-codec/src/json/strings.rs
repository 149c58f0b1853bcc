//! Where the strings of JSON end.

/// Bytes looked at in one step.
const BLOCK_BYTES: usize = 16;

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

/// The first stop at `from` or later; notes whether there were escapes before it.
#[inline]
pub(super) fn stop(bytes: &[u8], from: usize, has_escapes: &mut bool) -> Stop {
    let mut at = from;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let mut specials = specials(block);
        let mut next = at + BLOCK_BYTES;
        while specials != 0 {
            let offset = specials.trailing_zeros() as usize;
            let place = at + offset;
            match block.get(offset) {
                Some(b'"') => return Stop::Quote(place),
                Some(b'\\') if is_short_escape(bytes, place) => {
                    *has_escapes = true;
                    next = next.max(place + 2);
                    specials &= !(0b11 << offset);
                }
                Some(b'\\') => return Stop::Escape(place),
                _ => return Stop::Control(place),
            }
        }
        at = next;
    }
    stop_by_bytes(bytes, at, has_escapes)
}

/// [`stop`] in the last bytes of a text.
fn stop_by_bytes(bytes: &[u8], from: usize, has_escapes: &mut bool) -> Stop {
    let mut at = from;
    loop {
        match bytes.get(at) {
            None => return Stop::End,
            Some(b'"') => return Stop::Quote(at),
            Some(b'\\') if is_short_escape(bytes, at) => {
                *has_escapes = true;
                at += 2;
            }
            Some(b'\\') => return Stop::Escape(at),
            Some(..0x20) => return Stop::Control(at),
            Some(_) => at += 1,
        }
    }
}

#[inline]
fn is_short_escape(bytes: &[u8], at: usize) -> bool {
    let letter = bytes.get(at + 1);
    matches!(letter, Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'))
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

/// Marks, with a bit for each byte, quotes, backslashes and control characters.
#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(
    unsafe_code,
    reason = "decoding flat JSON took 1.3 times as long with ordinary instructions"
)]
fn specials(block: &[u8; BLOCK_BYTES]) -> u32 {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { sse2::specials(block) }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8,
    };

    use super::BLOCK_BYTES;

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn specials(block: &[u8; BLOCK_BYTES]) -> u32 {
        let ([low, high], _) = block.as_chunks::<8>() else {
            return 0;
        };
        let [low, high] = [low, high].map(|half| i64::from_le_bytes(*half));
        let block = _mm_set_epi64x(high, low);
        let quote = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x22));
        let backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x5C));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
        let special = _mm_or_si128(_mm_or_si128(quote, backslash), control);
        _mm_movemask_epi8(special).cast_unsigned()
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn specials(block: &[u8; BLOCK_BYTES]) -> u32 {
    portable::specials(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::BLOCK_BYTES;

    /// Without a branch, so that a compiler may do it with vector instructions.
    pub(super) fn specials(block: &[u8; BLOCK_BYTES]) -> u32 {
        let marked = |byte: &u8| u32::from(matches!(byte, b'"' | b'\\' | ..0x20));
        let marks = block.iter().map(marked).zip(0..);
        marks.fold(0, |marks, (mark, offset)| marks | mark << offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_string_stops_where_it_stops_byte_by_byte(
            text in "([a-z\u{e5}]{0,20}|\\\\[\\\\\"nux]|[\"\n\\\\]){0,9}",
            from in 0_usize..20,
        ) {
            let (mut quick, mut slow) = (false, false);
            let expected = stop_by_bytes(text.as_bytes(), from, &mut slow);
            prop_assert_eq!(stop(text.as_bytes(), from, &mut quick), expected);
            prop_assert_eq!(quick, slow);
        }

        #[test]
        fn blanks_are_seen(name in "[a-zA-Z\u{20}\u{20ac}!]{0,20}|[a-z]{0,20}") {
            prop_assert_eq!(has_blank(&name), name.contains(' '));
        }

        #[test]
        fn blocks_are_read_alike(block in any::<[u8; BLOCK_BYTES]>()) {
            for block in [block, block.map(|byte| byte | 0x20), block.map(|byte| byte & 0x7F)] {
                prop_assert_eq!(specials(&block), portable::specials(&block));
            }
        }
    }
}
