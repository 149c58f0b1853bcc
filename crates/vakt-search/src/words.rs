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

/// Whether `word` is a number that is not in the inverted index. One that is cut is a term.
pub(crate) fn is_noise(word: &str) -> bool {
    (NOISE_DIGITS_MIN..=WORD_BYTES_MAX).contains(&word.len()) && is_number(word)
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
    reading: Reading,
}

/// A key in a text.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// Its first bytes as a number that sorts as they do, then zeros: with the length it is all of a short key.
    pub(crate) first: u64,
    start: usize,
    length: usize,
}

/// How many bytes of a key are in [`Key::first`].
pub(crate) const FIRST_BYTES: usize = size_of::<u64>();

impl Key {
    /// The key from `start` to `end`, which is not less.
    pub(crate) fn new(text: &[u8], start: usize, end: usize) -> Self {
        let length = end - start;
        let rest = text.get(start..).unwrap_or_default();
        let first = match rest.first_chunk() {
            Some(first) => u64::from_be_bytes(*first),
            None => padded(rest).swap_bytes(),
        };
        let beyond = 8 * FIRST_BYTES.saturating_sub(length);
        let beyond = u32::try_from(beyond).unwrap_or(0);
        Self {
            first: first & u64::MAX.checked_shl(beyond).unwrap_or(0),
            start,
            length,
        }
    }

    /// Where it begins in the text.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn end(&self) -> usize {
        self.start + self.length
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn of<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let rest = text.get(self.start..).unwrap_or_default();
        rest.get(..self.length).unwrap_or_default()
    }
}

/// The next keys of a value.
pub(crate) struct Batch<'k> {
    /// In which they stand.
    pub(crate) text: &'k [u8],
    /// The terms of an inverted index.
    pub(crate) terms: &'k [Key],
    /// Those that are in filters alone.
    pub(crate) noise: &'k [Key],
    /// Whether some key is that of a word that was cut, and no part of the value.
    pub(crate) has_cut: bool,
}

impl<'k> Batch<'k> {
    pub(crate) fn terms(&self) -> impl Iterator<Item = &'k [u8]> {
        let text = self.text;
        self.terms.iter().map(|key| key.of(text))
    }

    /// The hashes of those that are in filters alone.
    pub(crate) fn noise(&self) -> impl Iterator<Item = u64> {
        self.noise.iter().map(|key| hash(key.of(self.text)))
    }
}

impl Keys {
    /// Calls `take` with the keys of `value`, some at a time, terms and noise each in order; one that is there twice
    /// comes twice.
    pub(crate) fn each(&mut self, value: &str, mut take: impl FnMut(&Batch<'_>)) {
        let Self { folded, reading } = self;
        if value.is_ascii() {
            reading.ascii(value.as_bytes(), &mut take);
        } else {
            fold_into(value, folded);
            reading.begin(folded.len(), folded.len());
            reading.text.extend_from_slice(folded.as_bytes());
            let mut at = 0;
            while let Some((start, end)) = next_word(folded, at) {
                at = end;
                reading.word(start, end, &mut take);
            }
        }
        reading.give(&mut take);
    }

    /// The value that was read last, folded.
    pub(crate) fn folded(&self) -> &[u8] {
        let Reading { text, value, .. } = &self.reading;
        text.get(..*value).unwrap_or_default()
    }
}

/// The most keys of a batch, about: what a value takes beside its text is bounded.
const BATCH: usize = 64;

/// A value that is being read.
#[derive(Default)]
struct Reading {
    /// The value, folded, perhaps some zeros, then the key of a word that was cut.
    text: Vec<u8>,
    /// The length of the value, and that with the zeros.
    value: usize,
    length: usize,
    terms: Vec<Key>,
    noise: Vec<Key>,
    dotted: Dotted,
}

impl Reading {
    fn begin(&mut self, value: usize, length: usize) {
        self.text.clear();
        self.value = value;
        self.length = length;
        self.dotted = Dotted::default();
    }

    /// Gives the keys that were read.
    fn give(&mut self, take: &mut impl FnMut(&Batch<'_>)) {
        if self.terms.is_empty() && self.noise.is_empty() {
            return;
        }
        take(&Batch {
            text: &self.text,
            terms: &self.terms,
            noise: &self.noise,
            has_cut: self.text.len() > self.length,
        });
        self.terms.clear();
        self.noise.clear();
        self.text.truncate(self.length);
    }

    /// Folds a text of ASCII alone, and reads its words, eight bytes at a time.
    fn ascii(&mut self, value: &[u8], take: &mut impl FnMut(&Batch<'_>)) {
        // With zeros at the end, so that the first bytes of any word can be read at once.
        let length = value.len().next_multiple_of(FIRST_BYTES) + FIRST_BYTES;
        self.begin(value.len(), length);
        self.text.resize(length, 0);
        let mut open = None;
        let mut at = 0;
        for window in value.chunks(WINDOW) {
            let folded = self.text.get_mut(at..).unwrap_or_default();
            let words = fold_window(window, folded);
            let mut edges = words ^ (words << 1 | u64::from(open.is_some()));
            while edges != 0 {
                let place = at + usize::try_from(edges.trailing_zeros()).unwrap_or(0);
                edges &= edges - 1;
                match open.take() {
                    Some(start) => self.word(start, place, take),
                    None => open = Some(place),
                }
            }
            at += WINDOW;
        }
        if let Some(start) = open {
            self.word(start, value.len(), take);
        }
    }

    /// The word from `start` to `end` of the text comes next.
    fn word(&mut self, start: usize, end: usize, take: &mut impl FnMut(&Batch<'_>)) {
        let key = Key::new(&self.text, start, end);
        let [first, ..] = key.first.to_be_bytes();
        if first.is_ascii_digit() && key.of(&self.text).iter().all(u8::is_ascii_digit) {
            self.number(key);
        } else {
            self.dotted.count = 0;
            match key.length <= WORD_BYTES_MAX {
                true => self.terms.push(key),
                false => self.long(key),
            }
        }
        if self.terms.len() >= BATCH || self.noise.len() >= BATCH {
            self.give(take);
        }
    }

    /// A word of digits alone.
    fn number(&mut self, key: Key) {
        let end = key.end();
        if key.length < NOISE_DIGITS_MIN {
            self.terms.push(key);
        } else if key.length <= WORD_BYTES_MAX {
            self.noise.push(key);
        } else {
            self.long(key);
        }
        if let Some(start) = self.dotted.add(&self.text, key.start, end) {
            self.terms.push(Key::new(&self.text, start, end));
        }
    }

    /// A word that is cut, of which the key is no part of the text.
    #[cold]
    fn long(&mut self, word: Key) {
        let word = String::from_utf8_lossy(word.of(&self.text)).into_owned();
        let start = self.text.len();
        self.text.extend_from_slice(key(&word).0.as_bytes());
        let key = Key::new(&self.text, start, self.text.len());
        self.terms.push(key);
    }
}

/// Bytes of a text that are looked at together: as many as a number has bits.
const WINDOW: usize = 64;

/// Folds up to [`WINDOW`] bytes of ASCII, and says of each whether it belongs to a word: a bit each, the lowest that of
/// the first.
fn fold_window(window: &[u8], folded: &mut [u8]) -> u64 {
    let (eights, rest) = window.as_chunks();
    let last = (!rest.is_empty()).then(|| padded(rest));
    let eights = eights.iter().map(|eight| u64::from_le_bytes(*eight));
    let mut words = 0;
    let mut shift = 0;
    for (eight, slot) in eights.chain(last).zip(folded.as_chunks_mut().0) {
        let eight = fold_eight(eight);
        *slot = eight.to_le_bytes();
        words |= word_bytes(eight) << shift;
        shift += 8;
    }
    words
}

const LOWEST: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// For each of eight ASCII bytes in its highest bit whether it is from `first` to `last`.
const fn between(eight: u64, first: u8, last: u8) -> u64 {
    let from = eight + (0x80 - first as u64) * LOWEST;
    let beyond = eight + (0x7f - last as u64) * LOWEST;
    from & !beyond & HIGHEST
}

/// Eight ASCII bytes in lower case.
const fn fold_eight(eight: u64) -> u64 {
    eight | (between(eight, b'A', b'Z') >> 2)
}

/// For each of eight folded ASCII bytes whether it belongs to a word: a bit each, the lowest that of the first.
const fn word_bytes(eight: u64) -> u64 {
    let letters = between(eight, b'a', b'z');
    let words = letters | between(eight, b'0', b'9') | between(eight, b'_', b'_');
    // Each bit is moved to a place of its own in the highest byte.
    (words >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

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

pub(crate) const fn is_ascii_word(byte: u8) -> bool {
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
    /// The word of digits from `start` to `end` comes next. Where a dotted key ends with it, gives its start.
    fn add(&mut self, text: &[u8], start: usize, end: usize) -> Option<usize> {
        let follows = self.count > 0 && start == self.end + 1 && text.get(self.end) == Some(&b'.');
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
pub(crate) fn hash(key: &(impl AsRef<[u8]> + ?Sized)) -> u64 {
    let key = key.as_ref();
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

    /// The terms of a value, and its noise as hashes.
    fn keys(value: &str) -> (Vec<String>, Vec<u64>) {
        let mut keys = Keys::default();
        // What was read before is of no matter.
        keys.each("One 2 30000 4.4.4.4 fünf 66666", |_| ());
        let (mut terms, mut noise) = (Vec::new(), Vec::new());
        keys.each(value, |batch| {
            for (key, of) in batch.terms.iter().zip(batch.terms()) {
                let alone = Key::new(of, 0, of.len());
                assert_eq!((alone.first, alone.length), (key.first, key.length));
                terms.push(String::from_utf8(of.to_vec()).unwrap());
            }
            noise.extend(batch.noise());
        });
        (terms, noise)
    }

    fn texts(terms: &[&str]) -> Vec<String> {
        terms.iter().map(|term| (*term).to_owned()).collect()
    }

    fn hashes(noise: &[&str]) -> Vec<u64> {
        noise.iter().map(|key| hash(*key)).collect()
    }

    #[test]
    fn keys_are_words_and_dotted_numbers() {
        let check = |value: &str, expected: &[&str], noise: &[&str]| {
            assert_eq!(keys(value), (texts(expected), hashes(noise)), "{value}");
        };
        check("", &[], &[]);
        check(" -\u{307}: ", &[], &[]);
        check("Failed PASSWORD", &["failed", "password"], &[]);
        check(
            "from 10.0.0.1:54022",
            &["from", "10", "0", "0", "1", "10.0.0.1"],
            &["54022"],
        );
        check(
            "1.2.3.4.5",
            &["1", "2", "3", "4", "1.2.3.4", "5", "2.3.4.5"],
            &[],
        );
        check("1.2.3.4a", &["1", "2", "3", "4a"], &[]);
        check("1.2..3.4", &["1", "2", "3", "4"], &[]);
        check("1.2.a.3.4", &["1", "2", "a", "3", "4"], &[]);
        check(
            "1.2.3.123456",
            &["1", "2", "3", "1.2.3.123456"],
            &["123456"],
        );
        check("日本語、ö1x ß", &["日本語", "ö1x", "ss"], &[]);
    }

    #[test]
    fn words_of_ascii_are_read_over_every_bound() {
        for length in 0..200 {
            let value = "A".repeat(length);
            let word = value.to_ascii_lowercase();
            let check = |value: &str, expected: &[&str]| {
                assert_eq!(keys(value).0, expected, "{value}");
            };
            check(&format!("{value}x"), &[&format!("{word}x")]);
            check(
                &format!("{value}-x"),
                &[&word, "x"][usize::from(length == 0)..],
            );
            check(&format!("-{value}x- "), &[&format!("{word}x")]);
        }
    }

    #[test]
    fn a_long_word_is_cut_and_marked() {
        let word = "a".repeat(WORD_BYTES_MAX);
        assert_eq!(keys(&word), (vec![word.clone()], vec![]));
        let cut = vec![format!("{word}{CUT}"), "c".to_owned()];
        assert_eq!(keys(&format!("{word}b c")), (cut, vec![]));
        assert_eq!(keys(&format!("{word}b")), keys(&format!("{word}c")));
        let digits = "1".repeat(WORD_BYTES_MAX);
        assert_eq!(keys(&digits), (vec![], vec![hash(&digits)]));
        let cut = vec![format!("{digits}{CUT}")];
        assert_eq!(keys(&format!("{digits}2")), (cut, vec![]));
        assert!(is_noise(&digits) && !is_noise(&format!("{digits}2")));
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
            let words = words(&folded).map(|word| key(word).0.into_owned());
            let (noise, terms): (Vec<_>, Vec<_>) = words.partition(|word| is_noise(word));
            let (mut found, found_noise) = keys(&value);
            found.retain(|key| !is_dotted(key));
            let noise: Vec<u64> = noise.iter().map(hash).collect();
            proptest::prop_assert_eq!((found, found_noise), (terms, noise));
        }

        #[test]
        fn ascii_is_read_like_any_text(value in "([ -~\\t]|[a-zA-Z0-9.]{1,9}){0,300}") {
            // A letter beyond ASCII that is a word of its own takes the general way.
            let (mut terms, noise) = keys(&value);
            terms.push("ö".to_owned());
            proptest::prop_assert_eq!(keys(&format!("{value} ö")), (terms, noise));
        }
    }
}
