//! The words of many events on their way into an inverted index.
//!
//! Each word is known by a number; what is kept of an event are the numbers of its words. At the end
//! words are sorted, and the events of each are counted into their places: no list grows in small
//! steps, and a word that an event has twice costs one look.

use std::hash::BuildHasher;
use std::io;

use hashbrown::{DefaultHashBuilder, HashTable};
use tantivy::postings::FieldSerializer;

/// The words of a field, and the events that have them. What it holds is bounded by the events: four
/// bytes for each different word of an event, beside the words themselves.
#[derive(Default)]
pub(super) struct Terms {
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    text: Vec<u8>,
    words: Vec<Word>,
    /// The numbers of the words of all events, one event after the other.
    log: Vec<u32>,
    /// The events that have words, and where those end in the log.
    events: Vec<(u32, usize)>,
}

struct Word {
    /// Its first bytes, which order words ([`beginning`]): most are told apart, or known, by these and the
    /// length alone, without a look at the text.
    first: u64,
    start: usize,
    length: u32,
    /// One more than the last event that has it.
    seen: u32,
}

impl Terms {
    /// The number of a word.
    pub(super) fn number(&mut self, word: &str) -> u32 {
        let Self {
            numbers,
            hasher,
            text,
            words,
            ..
        } = self;
        let word = word.as_bytes();
        let hash = hasher.hash_one(word);
        let first = beginning(word);
        let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
        let is_same = |number: &u32| {
            let known = word_of(words, *number);
            known.is_some_and(|known| {
                known.first == first
                    && known.length == length
                    && (word.len() <= FIRST_BYTES || text_of(text, known) == word)
            })
        };
        if let Some(number) = numbers.find(hash, is_same) {
            return *number;
        }
        let number = u32::try_from(words.len()).unwrap_or(u32::MAX);
        words.push(Word {
            first,
            start: text.len(),
            length,
            seen: 0,
        });
        text.extend_from_slice(word);
        numbers.insert_unique(hash, number, |number| {
            hasher.hash_one(bytes_of(text, words, *number))
        });
        number
    }

    /// The event `doc` has the word with this number; events come in rising order.
    pub(super) fn put(&mut self, doc: u32, number: u32) {
        let word = usize::try_from(number)
            .ok()
            .and_then(|number| self.words.get_mut(number));
        let Some(word) = word else {
            return;
        };
        if word.seen == doc + 1 {
            return;
        }
        word.seen = doc + 1;
        self.log.push(number);
        match self.events.last_mut() {
            Some((last, end)) if *last == doc => *end = self.log.len(),
            _ => self.events.push((doc, self.log.len())),
        }
    }

    /// How often words and events meet.
    pub(super) fn meetings(&self) -> u64 {
        self.log.len() as u64
    }

    /// Writes all words, ascending, each with its events.
    pub(super) fn write(self, field: &mut FieldSerializer<'_>) -> io::Result<()> {
        let mut order: Vec<(u64, u32)> = (0..)
            .zip(&self.words)
            .map(|(number, word)| (word.first, number))
            .collect();
        order.sort_unstable_by(|(a, x), (b, y)| {
            let word = |number: &u32| bytes_of(&self.text, &self.words, *number);
            a.cmp(b).then_with(|| word(x).cmp(word(y)))
        });
        let mut postings = Postings::new(self.words.len(), &self.log);
        let mut start = 0;
        for (doc, end) in &self.events {
            for number in self.log.get(start..*end).unwrap_or_default() {
                postings.put(*number, *doc);
            }
            start = *end;
        }
        for (_, number) in order {
            let docs = postings.of(number);
            let count = u32::try_from(docs.len()).unwrap_or(u32::MAX);
            field.new_term(bytes_of(&self.text, &self.words, number), count, false)?;
            for doc in docs {
                field.write_doc(*doc, 1, &[]);
            }
            field.close_term()?;
        }
        Ok(())
    }
}

/// The events of each word, side by side.
struct Postings {
    docs: Vec<u32>,
    /// For each word where its events end, as far as they are there.
    ends: Vec<usize>,
}

impl Postings {
    /// Room for all that the log has.
    fn new(words: usize, log: &[u32]) -> Self {
        let mut ends = vec![0_usize; words];
        for number in log {
            let count = usize::try_from(*number).ok();
            if let Some(count) = count.and_then(|number| ends.get_mut(number)) {
                *count += 1;
            }
        }
        let mut at = 0;
        for end in &mut ends {
            at += std::mem::replace(end, at);
        }
        Self {
            docs: vec![0; log.len()],
            ends,
        }
    }

    fn put(&mut self, number: u32, doc: u32) {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(end) = self.ends.get_mut(number)
            && let Some(place) = self.docs.get_mut(*end)
        {
            *place = doc;
            *end += 1;
        }
    }

    /// The events of a word, when all are there: then each begins where the one before it ends.
    fn of(&self, number: u32) -> &[u32] {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let start = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let end = self.ends.get(number).copied().unwrap_or(start);
        self.docs.get(start..end).unwrap_or_default()
    }
}

/// Those of [`beginning`].
const FIRST_BYTES: usize = 8;

/// The first bytes of a word as a number that sorts as they do.
fn beginning(word: &[u8]) -> u64 {
    if let Some(first) = word.first_chunk() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; FIRST_BYTES];
    for (to, from) in first.iter_mut().zip(word) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

fn word_of(words: &[Word], number: u32) -> Option<&Word> {
    words.get(usize::try_from(number).ok()?)
}

fn text_of<'t>(text: &'t [u8], word: &Word) -> &'t [u8] {
    let length = usize::try_from(word.length).unwrap_or(usize::MAX);
    let rest = text.get(word.start..).unwrap_or_default();
    rest.get(..length).unwrap_or_default()
}

fn bytes_of<'t>(text: &'t [u8], words: &[Word], number: u32) -> &'t [u8] {
    word_of(words, number).map_or(&[], |word| text_of(text, word))
}
