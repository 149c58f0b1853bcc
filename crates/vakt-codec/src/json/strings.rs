//! Where the strings of JSON end.

/// Bytes looked at in one step.
const BLOCK_BYTES: usize = 16;

/// Where the first quote, backslash or control character stands at `from` or later.
#[inline]
pub(super) fn special(bytes: &[u8], from: usize) -> Option<usize> {
    let mut rest = bytes.get(from..)?;
    let mut at = from;
    while let Some((block, after)) = rest.split_first_chunk::<BLOCK_BYTES>() {
        if let Some(offset) = special_in_block(block) {
            return Some(at + offset);
        }
        at += BLOCK_BYTES;
        rest = after;
    }
    rest.iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))
        .map(|offset| at + offset)
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

#[cfg(target_arch = "x86_64")]
#[inline]
#[expect(
    unsafe_code,
    reason = "decoding flat JSON took 1.3 times as long with ordinary instructions"
)]
fn special_in_block(block: &[u8; BLOCK_BYTES]) -> Option<usize> {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { sse2::special_in_block(block) }
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
    pub(super) fn special_in_block(block: &[u8; BLOCK_BYTES]) -> Option<usize> {
        let ([low, high], _) = block.as_chunks::<8>() else {
            return None;
        };
        let [low, high] = [low, high].map(|half| i64::from_le_bytes(*half));
        let block = _mm_set_epi64x(high, low);
        let quote = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x22));
        let backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x5C));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
        let special = _mm_or_si128(_mm_or_si128(quote, backslash), control);
        let mask = _mm_movemask_epi8(special);
        (mask != 0).then(|| mask.trailing_zeros() as usize)
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn special_in_block(block: &[u8; BLOCK_BYTES]) -> Option<usize> {
    portable::special_in_block(block)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::BLOCK_BYTES;

    /// Eight bytes at a time, as numbers.
    pub(super) fn special_in_block(block: &[u8; BLOCK_BYTES]) -> Option<usize> {
        let (words, _) = block.as_chunks::<8>();
        words.iter().enumerate().find_map(|(index, word)| {
            let marks = special_in_word(u64::from_le_bytes(*word));
            (marks != 0).then(|| index * 8 + marks.trailing_zeros() as usize / 8)
        })
    }

    /// Marks with its upper bit the lowest byte that is a quote, a backslash or below 0x20 (those
    /// above it may be marked in error).
    fn special_in_word(word: u64) -> u64 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = 0x8080_8080_8080_8080;
        let is_zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
        let is_below_blank = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        is_below_blank | is_zero(word ^ (ONES * 0x22)) | is_zero(word ^ (ONES * 0x5C))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_special(byte: &u8) -> bool {
        matches!(byte, b'"' | b'\\' | ..0x20)
    }

    proptest! {
        #[test]
        fn the_first_special_byte_is_found(
            bytes in prop::collection::vec(prop_oneof![30 => any::<u8>(), 1 => Just(b'"')], 0..90),
            plain in 0_usize..80,
            from in 0_usize..20,
        ) {
            let mut text = vec![b'a'; plain];
            text.extend(&bytes);
            let rest = text.get(from..).unwrap_or_default();
            let expected = rest.iter().position(is_special).map(|at| at + from);
            prop_assert_eq!(special(&text, from), expected);
        }

        #[test]
        fn blanks_are_seen(name in "[a-zA-Z\u{20}\u{20ac}!]{0,20}|[a-z]{0,20}") {
            prop_assert_eq!(has_blank(&name), name.contains(' '));
        }

        #[test]
        fn blocks_are_read_alike(block in any::<[u8; BLOCK_BYTES]>(), plain in any::<[u8; BLOCK_BYTES]>()) {
            for block in [block, plain.map(|byte| byte | 0x60)] {
                let expected = block.iter().position(is_special);
                prop_assert_eq!(special_in_block(&block), expected);
                prop_assert_eq!(portable::special_in_block(&block), expected);
            }
        }
    }
}
