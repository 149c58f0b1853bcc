//! Which blocks may hold a key: a filter that never denies what is there.
//!
//! A split-block Bloom filter: lines of 256 bits; a key chooses a line and sets one bit in each of
//! its eight words. One look costs one cache line (Putze, Sanders, Singler: "Cache-, Hash- and
//! Space-Efficient Bloom Filters", 2007).

/// Bits a key. With twelve, about one block in two hundred is looked at in vain.
const BITS_PER_KEY: usize = 12;

/// The bytes of a line.
const LINE_BYTES: usize = 32;

/// The most lines of one filter: 1 MiB, which a block with a million different keys may take.
const LINES_MAX: usize = 32 * 1024;

/// One odd multiplier for each word of a line, which spreads a key's bits over it.
const SALTS: [u32; 8] = [
    0x47b6_137b,
    0x4497_4d91,
    0x8824_ad5b,
    0xa2b7_289d,
    0x7054_95c7,
    0x2df1_424b,
    0x9efc_4947,
    0x5c6b_fb31,
];

/// Appends the filter of `hashes` to `bytes`.
pub(crate) fn write(hashes: impl ExactSizeIterator<Item = u64>, bytes: &mut Vec<u8>) {
    if hashes.len() == 0 {
        return;
    }
    let lines = (hashes.len() * BITS_PER_KEY)
        .div_ceil(LINE_BYTES * 8)
        .min(LINES_MAX);
    let start = bytes.len();
    bytes.resize(start + lines * LINE_BYTES, 0);
    let filter = bytes.get_mut(start..).unwrap_or_default();
    for hash in hashes {
        let at = line(hash, lines) * LINE_BYTES;
        let words = filter
            .get_mut(at..)
            .unwrap_or_default()
            .as_chunks_mut::<4>()
            .0;
        for (word, bit) in words.iter_mut().zip(bits(hash)) {
            *word = (u32::from_le_bytes(*word) | bit).to_le_bytes();
        }
    }
}

/// Whether the key with this hash may be among those that `filter` was made of. A filter that was
/// made of none has no bytes.
pub(crate) fn may_hold(filter: &[u8], hash: u64) -> bool {
    let lines = filter.len() / LINE_BYTES;
    if lines == 0 {
        return false;
    }
    let at = line(hash, lines) * LINE_BYTES;
    let words = filter.get(at..).unwrap_or_default().as_chunks::<4>().0;
    words
        .iter()
        .zip(bits(hash))
        .all(|(word, bit)| u32::from_le_bytes(*word) & bit != 0)
}

/// The upper half of the hash chooses the line: multiplied and shifted, which divides nothing.
fn line(hash: u64, lines: usize) -> usize {
    let upper = hash >> 32;
    usize::try_from((upper * lines as u64) >> 32).unwrap_or(0)
}

fn bits(hash: u64) -> impl Iterator<Item = u32> {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    let lower = u32::from_le_bytes([a, b, c, d]);
    SALTS
        .into_iter()
        .map(move |salt| 1 << (lower.wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::hash;

    #[test]
    fn what_is_there_is_never_denied_and_little_else_is_taken() {
        for count in [0_u32, 1, 10, 3_000] {
            let there: Vec<u64> = (0..count).map(|n| hash(&format!("word{n}"))).collect();
            let mut filter = Vec::new();
            write(there.iter().copied(), &mut filter);
            assert!(there.iter().all(|hash| may_hold(&filter, *hash)));
            let others = (0..10_000).map(|n| hash(&format!("other{n}")));
            let taken = others.filter(|hash| may_hold(&filter, *hash)).count();
            assert!(taken <= 200, "{count}: {taken} of 10000");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let mut filter = Vec::new();
        write([hash("failed"), hash("10.0.0.1")].into_iter(), &mut filter);
        let digest: u64 = filter
            .iter()
            .enumerate()
            .map(|(at, byte)| (at as u64 + 1) * u64::from(*byte))
            .sum();
        assert_eq!((filter.len(), digest), (32, 4992));
    }
}
