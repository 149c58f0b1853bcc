//! Some runs of characters looked for in a text as it is written, whatever its case, in one vectorised pass.
//!
//! A *stem* is two or three characters that several runs share and few texts hold (`::` in
//! `sekurlsa::` and `kerberos::ptt`). The pass finds the places of stems; only there the runs are
//! compared. It is for texts of ASCII alone, which have no other letters that fold to a run's.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "there is no such pass for other processors")
)]

use super::grams;

/// A bit of a byte for each.
const STEMS_MAX: usize = 8;

/// The longest stem; the shorter one is of signs only.
const STEM_BYTES: usize = 3;

/// Places that are looked at at once.
const LANES: usize = 32;

/// Places of a step of the pass.
const STEP_BYTES: usize = 2 * LANES;

/// What is read for it.
const BLOCK_BYTES: usize = STEP_BYTES + STEM_BYTES - 1;

/// By the lower and the upper half of a byte, which stems have it at each of their places.
type Halves = [[u8; 16]; STEM_BYTES];

pub(super) struct Stems {
    lower: Halves,
    upper: Halves,
    /// By stem, the runs with it, and where it stands in them.
    runs: Vec<Vec<(Box<str>, usize)>>,
}

impl Stems {
    /// Of runs in their folded form. `None` where they share too little.
    pub(super) fn of(runs: &[&str]) -> Option<Self> {
        let mut stems = Self {
            lower: Halves::default(),
            upper: Halves::default(),
            runs: Vec::new(),
        };
        let mut left: Vec<&str> = runs.iter().copied().filter(|run| run.is_ascii()).collect();
        while !left.is_empty() {
            let stem = most_shared(&left)?;
            if stems.runs.len() == STEMS_MAX {
                return None;
            }
            stems.add(stem);
            let with_stem = left
                .iter()
                .filter_map(|run| Some(((*run).into(), place(run, stem)?)));
            stems.runs.push(with_stem.collect());
            left.retain(|run| place(run, stem).is_none());
        }
        Some(stems)
    }

    fn add(&mut self, stem: &[u8]) {
        let bit = 1 << self.runs.len();
        for at in 0..STEM_BYTES {
            match stem.get(at) {
                Some(byte) => {
                    for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                        self.lower[at][usize::from(byte & 0x0F)] |= bit;
                        self.upper[at][usize::from(byte >> 4)] |= bit;
                    }
                }
                // Whatever follows a shorter one, but for the upper half of all that is not ASCII.
                None => {
                    self.lower[at].iter_mut().for_each(|stems| *stems |= bit);
                    self.upper[at].iter_mut().for_each(|stems| *stems |= bit);
                }
            }
        }
    }

    /// Whether one of the runs stands in the text. `None` where the text is not ASCII, or the
    /// processor has no such vector instructions.
    #[cfg(target_arch = "x86_64")]
    #[expect(
        unsafe_code,
        reason = "folding the text and looking for the runs takes four times the instructions"
    )]
    pub(super) fn stand_in(&self, text: &str) -> Option<bool> {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return None;
        }
        // SAFETY: the processor has AVX2.
        unsafe { avx2::stand_in(self, text.as_bytes()) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn stand_in(&self, _: &str) -> Option<bool> {
        None
    }

    /// Whether a run stands around the place of its stem. `stems` has a bit for each that is there.
    #[cold]
    fn run_at(&self, text: &[u8], place: usize, stems: u8) -> bool {
        let stand_there = (self.runs.iter().enumerate()).filter(|(stem, _)| stems >> stem & 1 != 0);
        stand_there.flat_map(|(_, runs)| runs).any(|(run, offset)| {
            place
                .checked_sub(*offset)
                .and_then(|begin| text.get(begin..begin + run.len()))
                .is_some_and(|text| text.eq_ignore_ascii_case(run.as_bytes()))
        })
    }
}

/// The stem of most runs; among equals, the one of the rarest bytes.
fn most_shared<'r>(runs: &[&'r str]) -> Option<&'r [u8]> {
    let of_run = |run: &&'r str| {
        let mut stems: Vec<_> = stems_of(run).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    };
    let mut stems: Vec<&[u8]> = runs.iter().flat_map(of_run).collect();
    stems.sort_unstable();
    let sharing = stems.chunk_by(|a, b| a == b);
    let best = sharing.max_by_key(|sharing| {
        let stem = sharing.first().copied().unwrap_or_default();
        let commonness: u32 = stem.iter().copied().map(grams::commonness).sum();
        (sharing.len(), std::cmp::Reverse(commonness))
    });
    best?.first().copied()
}

/// What can be a stem of a run.
fn stems_of(run: &str) -> impl Iterator<Item = &[u8]> {
    let is_sign = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b' ';
    let pairs = run.as_bytes().windows(STEM_BYTES - 1);
    let signs = pairs.filter(move |pair| pair.iter().all(is_sign));
    signs.chain(run.as_bytes().windows(STEM_BYTES))
}

fn place(run: &str, stem: &[u8]) -> Option<usize> {
    let mut windows = run.as_bytes().windows(stem.len());
    windows.position(|window| window == stem)
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_extract_epi64, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16, _mm256_testz_si256,
    };

    use super::{BLOCK_BYTES, LANES, STEM_BYTES, STEP_BYTES, Stems};

    /// The tables twice in a register, as shuffles read them.
    struct Tables {
        lower: [__m256i; STEM_BYTES],
        upper: [__m256i; STEM_BYTES],
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn stand_in(stems: &Stems, text: &[u8]) -> Option<bool> {
        let tables = Tables {
            lower: [
                twice(&stems.lower[0]),
                twice(&stems.lower[1]),
                twice(&stems.lower[2]),
            ],
            upper: [
                twice(&stems.upper[0]),
                twice(&stems.upper[1]),
                twice(&stems.upper[2]),
            ],
        };
        // What is left after whole blocks, with room for the places of one.
        let mut rest = [0; 2 * BLOCK_BYTES];
        let whole = text.len().saturating_sub(STEM_BYTES - 1) / STEP_BYTES * STEP_BYTES;
        let left = text.get(whole..).unwrap_or_default();
        if let Some(beginning) = rest.get_mut(..left.len()) {
            beginning.copy_from_slice(left);
        }
        let mut all = _mm256_setzero_si256();
        let mut found = false;
        let parts = [(text, 0, text.len()), (&rest, whole, left.len())];
        for (part, base, length) in parts {
            let mut at = 0;
            while at < length
                && let Some(block) = part.get(at..).and_then(<[u8]>::first_chunk)
            {
                let halves = [of_bytes(block, 0), of_bytes(block, LANES)];
                all = _mm256_or_si256(all, _mm256_or_si256(halves[0], halves[1]));
                let here = [
                    stems_at(&tables, block, halves[0], 0),
                    stems_at(&tables, block, halves[1], LANES),
                ];
                let both = _mm256_or_si256(here[0], here[1]);
                if _mm256_testz_si256(both, both) == 0 {
                    found |= runs_at(stems, text, base + at, here[0]);
                    found |= runs_at(stems, text, base + at + LANES, here[1]);
                }
                at += STEP_BYTES;
            }
        }
        (_mm256_movemask_epi8(all) == 0).then_some(found)
    }

    /// The stems at each place from `from` on; `first` are the bytes there.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn stems_at(
        tables: &Tables,
        block: &[u8; BLOCK_BYTES],
        first: __m256i,
        from: usize,
    ) -> __m256i {
        _mm256_and_si256(
            _mm256_and_si256(
                having(tables.lower[0], tables.upper[0], first),
                having(tables.lower[1], tables.upper[1], of_bytes(block, from + 1)),
            ),
            having(tables.lower[2], tables.upper[2], of_bytes(block, from + 2)),
        )
    }

    /// Whether a run stands at one of the places with these stems, the first of which is at `at`.
    #[target_feature(enable = "avx2")]
    fn runs_at(stems: &Stems, text: &[u8], at: usize, here: __m256i) -> bool {
        let none = _mm256_cmpeq_epi8(here, _mm256_setzero_si256());
        let mut places = !_mm256_movemask_epi8(none).cast_unsigned();
        let words = [
            _mm256_extract_epi64::<0>(here),
            _mm256_extract_epi64::<1>(here),
            _mm256_extract_epi64::<2>(here),
            _mm256_extract_epi64::<3>(here),
        ];
        let mut found = false;
        while places != 0 {
            let place = places.trailing_zeros() as usize;
            let word = words
                .get(place / 8)
                .copied()
                .unwrap_or_default()
                .to_le_bytes();
            let stems_here = word.get(place % 8).copied().unwrap_or_default();
            found |= stems.run_at(text, at + place, stems_here);
            places &= places - 1;
        }
        found
    }

    /// For each byte the stems that have it.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn having(lower: __m256i, upper: __m256i, bytes: __m256i) -> __m256i {
        let low_bits = _mm256_set1_epi8(0x0F);
        let of_upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low_bits);
        _mm256_and_si256(
            // Of a byte that is no ASCII a shuffle makes zero.
            _mm256_shuffle_epi8(lower, bytes),
            _mm256_shuffle_epi8(upper, of_upper),
        )
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    #[expect(unsafe_code, reason = "a safe read of 32 bytes becomes several")]
    fn of_bytes(block: &[u8; BLOCK_BYTES], from: usize) -> __m256i {
        match block.get(from..from + LANES) {
            // SAFETY: so many bytes can be read, from any address.
            Some(bytes) => unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) },
            None => _mm256_setzero_si256(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn twice(table: &[u8; 16]) -> __m256i {
        let (words, _) = table.as_chunks::<8>();
        let word = |index: usize| words.get(index).map_or(0, |word| i64::from_le_bytes(*word));
        _mm256_set_epi64x(word(1), word(0), word(1), word(0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_share_stems() {
        let runs = [
            "sekurlsa::",
            "kerberos::ptt",
            "gentilkiwi.com",
            "kiwi legit",
            "mimilib.dll",
        ];
        let stems = Stems::of(&runs).unwrap();
        let sharing: Vec<usize> = stems.runs.iter().map(Vec::len).collect();
        assert_eq!(sharing, [2, 2, 1]);
        let others: Vec<String> = (b'a'..=b'i')
            .map(|byte| format!("{0}{0}{0}", char::from(byte)))
            .collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        assert!(Stems::of(&others).is_none());
    }

    proptest! {
        #[test]
        fn runs_are_found_where_they_stand(
            runs in prop::collection::vec("[ab:k]{3,6}|[ab:]{40}", 1..6),
            text in "[aAbB:kK ]{0,12}|[aAbB:]{20,150}|[a:b\u{212a}]{0,40}",
            at in any::<prop::sample::Index>(),
        ) {
            let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
            let Some(stems) = Stems::of(&runs) else { return Ok(()) };
            let with_run = format!("{text}{}{text}", runs[at.index(runs.len())].to_uppercase());
            for text in [&text, &with_run] {
                let folded = crate::fold::folded(text);
                if let Some(found) = stems.stand_in(text) {
                    prop_assert!(text.is_ascii());
                    prop_assert_eq!(found, runs.iter().any(|run| folded.contains(run)), "{}", text);
                }
            }
        }
    }
}
