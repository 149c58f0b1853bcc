//! The words of values as an index holds them: in filters by their hash, in splits as terms.
//!
//! | key | made of |
//! |---|---|
//! | word | a run of letters, digits and `_`, folded; longer than [`WORD_BYTES_MAX`], its beginning and [`CUT`] |
//! | dotted | four words of ASCII digits with a single `.` between them, such as an IPv4 address, as they stand |
//!
//! A dotted key stands for exactly the phrase that it shows. A word that was cut stands for all that
//! begin alike, and the stored event decides. Numbers of many digits ([`is_noise`]) are ports, process
//! ids, counters: they would be most of a dictionary and are rarely looked for. They are in filters alone.

use std::borrow::Cow;

use crate::fold::{beginning, fold_into, is_word_char};

/// The longest word that is kept whole, in bytes. Longer runs of letters are encoded data.
pub(crate) const WORD_BYTES_MAX: usize = 256;

/// Ends a word that was cut; no word has this character.
pub(crate) const CUT: char = '\u{1}';

/// Numbers with fewer digits are terms of the inverted index: there are ten thousand of them at most,
/// and event ids, status codes, well-known ports and parts of addresses are among them.
const NOISE_DIGITS_MIN: usize = 5;

/// How many numbers make a dotted key.
const DOTTED_WORDS: usize = 4;

/// Whether `word` is a number that is not in the inverted index.
pub(crate) fn is_noise(word: &str) -> bool {
    word.len() >= NOISE_DIGITS_MIN && is_number(word)
}

/// Whether `word` has nothing but ASCII digits.
pub(crate) fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `phrase` is just what a dotted key is.
pub(crate) fn is_dotted(phrase: &str) -> bool {
    let mut count = 0;
    let all = phrase.split('.').all(|word| {
        count += 1;
        !word.is_empty() && is_number(word)
    });
    all && count == DOTTED_WORDS
}

/// A word as a key, and whether that stands for the word alone.
pub(crate) fn key(word: &str) -> (Cow<'_, str>, bool) {
    if word.len() <= WORD_BYTES_MAX {
        return (Cow::Borrowed(word), true);
    }
    let mut cut = beginning(word, WORD_BYTES_MAX).to_owned();
    cut.push(CUT);
    (Cow::Owned(cut), false)
}

/// What is between the beginning of a cut word and [`CUT`] is at least this long: a word is cut
/// between characters, up to three bytes before the limit.
pub(crate) const CUT_BYTES_MIN: usize = WORD_BYTES_MAX - 4;

/// Reads the keys of values; keeps its memory from one to the next.
#[derive(Default)]
pub(crate) struct Keys {
    folded: String,
}

impl Keys {
    /// Calls `take` with each key of `value`, in order; one that is there twice comes twice.
    pub(crate) fn each(&mut self, value: &str, mut take: impl FnMut(&str)) {
        fold_into(value, &mut self.folded);
        let folded = self.folded.as_str();
        let next = match folded.is_ascii() {
            true => next_ascii_word,
            false => next_word,
        };
        let mut dotted = Dotted::default();
        let mut at = 0;
        while let Some((start, end)) = next(folded, at) {
            at = end;
            let Some(word) = folded.get(start..end) else {
                continue;
            };
            take(&key(word).0);
            if let Some(start) = dotted.add(folded, start, end)
                && let Some(phrase) = folded.get(start..end)
            {
                take(phrase);
            }
        }
    }
}

/// The next word of a text of ASCII alone, as [`next_word`].
fn next_ascii_word(folded: &str, at: usize) -> Option<(usize, usize)> {
    let is_word = |byte: &u8| WORD_BYTES.get(usize::from(*byte)) == Some(&true);
    let rest = folded.as_bytes().get(at..)?;
    let start = rest.iter().position(is_word)?;
    let run = rest.get(start..)?;
    let length = run.iter().position(|byte| !is_word(byte));
    let start = at + start;
    Some((start, start + length.unwrap_or(run.len())))
}

/// Which bytes belong to a word.
const WORD_BYTES: [bool; 256] = {
    let mut words = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        words[byte as usize] = is_ascii_word(byte);
        byte += 1;
    }
    words
};

/// The next word of `folded` at or after byte `at`: where it begins and ends.
fn next_word(folded: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = folded.as_bytes();
    let mut start = at;
    // ASCII first; a character beyond it takes the general way.
    while let Some(byte) = bytes.get(start) {
        if !byte.is_ascii() {
            let rest = folded.get(start..)?;
            start += rest
                .find(|c: char| c.is_ascii() || is_word_char(c))
                .unwrap_or(rest.len());
            if bytes.get(start).is_some_and(|byte| !byte.is_ascii()) {
                break;
            }
        } else if is_ascii_word(*byte) {
            break;
        } else {
            start += 1;
        }
    }
    if start >= bytes.len() {
        return None;
    }
    let mut end = start;
    while let Some(byte) = bytes.get(end) {
        if !byte.is_ascii() {
            let rest = folded.get(end..)?;
            let run = rest
                .find(|c: char| c.is_ascii() || !is_word_char(c))
                .unwrap_or(rest.len());
            if run == 0 {
                break;
            }
            end += run;
        } else if is_ascii_word(*byte) {
            end += 1;
        } else {
            break;
        }
    }
    Some((start, end))
}

const fn is_ascii_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The numbers with a single `.` between them that were just read.
#[derive(Default)]
struct Dotted {
    starts: [usize; DOTTED_WORDS],
    count: usize,
    end: usize,
}

impl Dotted {
    /// The word from `start` to `end` comes next. Where a dotted key ends with it, gives its start.
    fn add(&mut self, folded: &str, start: usize, end: usize) -> Option<usize> {
        let word = folded.as_bytes().get(start..end)?;
        if !word.iter().all(u8::is_ascii_digit) {
            self.count = 0;
            return None;
        }
        let follows = self.count > 0
            && start == self.end + 1
            && folded.as_bytes().get(self.end) == Some(&b'.');
        if !follows {
            self.count = 0;
        }
        if self.count == DOTTED_WORDS {
            self.starts.rotate_left(1);
            self.count -= 1;
        }
        if let Some(slot) = self.starts.get_mut(self.count) {
            *slot = start;
        }
        self.count += 1;
        self.end = end;
        (self.count == DOTTED_WORDS).then(|| self.starts[0])
    }
}

/// The hash of a key in filters. It is written to disk: changing it changes the format.
pub(crate) fn hash(key: &str) -> u64 {
    hash_bytes(key.as_bytes())
}

/// As [`hash`].
pub(crate) fn hash_bytes(key: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = key.len() as u64;
    let (chunks, rest) = key.as_chunks::<8>();
    for chunk in chunks {
        hash = (hash ^ u64::from_le_bytes(*chunk)).wrapping_mul(MULTIPLIER);
        hash ^= hash >> 32;
    }
    hash = (hash ^ padded(rest)).wrapping_mul(MULTIPLIER);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 32)
}

/// Fewer than eight bytes as a number, the first the lowest, without a loop: most words are so short.
pub(crate) fn padded(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // Where the two overlap, they agree.
        return u64::from(u32::from_le_bytes(*first))
            | u64::from(u32::from_le_bytes(*last)) << (8 * (length - 4));
    }
    match bytes {
        [] => 0,
        [a] => u64::from(*a),
        [a, b] => u64::from(u16::from_le_bytes([*a, *b])),
        [a, b, c, ..] => u64::from(u32::from_le_bytes([*a, *b, *c, 0])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::{fold, words};

    #[test]
    fn short_runs_of_bytes_are_padded_with_zeros() {
        for length in 0..8 {
            let bytes: Vec<u8> = (1..=length).collect();
            let mut eight = bytes.clone();
            eight.resize(8, 0);
            let expected = u64::from_le_bytes(eight.try_into().unwrap());
            assert_eq!(padded(&bytes), expected);
        }
    }

    fn keys(value: &str) -> Vec<String> {
        let mut keys = Vec::new();
        Keys::default().each(value, |key| keys.push(key.to_owned()));
        keys
    }

    #[test]
    fn keys_are_words_and_dotted_numbers() {
        let check = |value: &str, expected: &[&str]| assert_eq!(keys(value), expected, "{value}");
        check("", &[]);
        check(" -\u{307}: ", &[]);
        check("Failed PASSWORD", &["failed", "password"]);
        check(
            "from 10.0.0.1:22",
            &["from", "10", "0", "0", "1", "10.0.0.1", "22"],
        );
        check(
            "1.2.3.4.5",
            &["1", "2", "3", "4", "1.2.3.4", "5", "2.3.4.5"],
        );
        check("1.2.3.4a", &["1", "2", "3", "4a"]);
        check("1.2..3.4", &["1", "2", "3", "4"]);
        check("1.2.a.3.4", &["1", "2", "a", "3", "4"]);
        check("日本語、ö1x ß", &["日本語", "ö1x", "ss"]);
    }

    #[test]
    fn a_long_word_is_cut_and_marked() {
        let word = "a".repeat(WORD_BYTES_MAX);
        assert_eq!(keys(&word), std::slice::from_ref(&word));
        assert_eq!(keys(&format!("{word}b")), [format!("{word}{CUT}")]);
        assert_eq!(keys(&format!("{word}b")), keys(&format!("{word}c")));
    }

    #[test]
    fn dotted_and_noise_are_told_from_others() {
        for (text, dotted) in [
            ("10.0.0.1", true),
            ("1.2.3.12345", true),
            ("1.2.3", false),
            ("1.2.3.4.5", false),
            ("1..3.4", false),
            ("1.2.3.x", false),
            ("", false),
        ] {
            assert_eq!(is_dotted(text), dotted, "{text}");
        }
        assert!(is_noise("12345") && !is_noise("1234") && !is_noise("12345x"));
    }

    proptest::proptest! {
        #[test]
        fn keys_hold_all_words(value: String) {
            let folded = fold(&value);
            let all: Vec<_> = words(&folded).map(|word| key(word).0.into_owned()).collect();
            let found: Vec<_> = keys(&value).into_iter().filter(|key| !is_dotted(key)).collect();
            proptest::prop_assert_eq!(found, all);
        }
    }
}
