//! The words of the events of a chunk, read for the filters of its blocks and, where there is a log, for
//! the inverted index to come.
//!
//! The words of a value of a column are read with the first event of the chunk that has it. What an event has
//! in the inverted index follows the rules of `index/terms.rs`, which reads them again where there is no
//! log.

use std::num::NonZeroU16;

use super::block_keys::BlockKeys;
use super::frequent::Frequent;
use super::template::Template;
use crate::term_log::{ChunkLog, TermLog, Values};
use crate::vocabulary::Vocabulary;
use crate::words::{Keys, hash};

/// What is known of the words of a column's value.
#[derive(Clone, Copy)]
pub(super) struct ValueKeys {
    /// The value's, in [`Terms::values`]; [`NONE`] while its words are unread.
    number: u32,
    /// The last stretch that has the value.
    stretch: u32,
    /// Its template, where that was made.
    pub(super) template: Option<NonZeroU16>,
}

impl ValueKeys {
    pub(super) const UNREAD: Self = Self {
        number: NONE,
        stretch: NONE,
        template: None,
    };
}

/// No value and no stretch has this number.
const NONE: u32 = u32::MAX;

/// Whose text it is that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Sender,
    /// Vakt's, and in no column.
    Vakt,
    /// Asked for in no inverted index.
    Nobody,
}

/// The words of events, and who has them.
#[derive(Default)]
pub(super) struct Terms {
    keys: Keys,
    /// The words of the chunk.
    words: Vocabulary,
    frequent: Frequent,
    /// Of the value that is being read, if one is wanted.
    template: Template,
    /// The words of values of columns.
    values: Values,
    /// The hashes of the noise of such values, and where those of each value end.
    noise: Vec<u64>,
    noise_ends: Vec<usize>,
    /// What is noted of the events of the chunk, and of chunks before.
    open: ChunkLog,
    log: Option<TermLog>,
    /// Events that came one after the other, of which it is counted which words they have.
    stretch: u32,
    /// What the event has that is being read: terms, values of columns that were sent, terms that were added.
    sent: Vec<u32>,
    sent_values: Vec<u32>,
    added: Vec<u32>,
    read: JustRead,
    /// The terms of a text.
    numbers: Vec<u32>,
}

impl Terms {
    /// From now on what events have is noted.
    pub(super) fn keep_log(&mut self) {
        self.log = Some(TermLog::default());
    }

    /// What was noted of the chunks that ended, if everything was.
    pub(super) fn take_log(&mut self) -> Option<TermLog> {
        self.log.take()
    }

    /// The memory that words and log hold, about, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let closed = self.log.as_ref().map_or(0, TermLog::bytes);
        let words = self.words.bytes() + self.frequent.bytes();
        words + self.values.bytes() + self.open.bytes() + closed
    }

    /// Lets go of words and log. The values of columns are unread then.
    pub(super) fn forget(&mut self) {
        self.log = None;
        self.open.clear();
        self.clear_words();
    }

    fn clear_words(&mut self) {
        self.words.clear();
        self.frequent.clear();
        self.clear_values();
    }

    fn clear_values(&mut self) {
        self.values.clear();
        self.noise.clear();
        self.noise_ends.clear();
    }

    /// The event, which is in this block, has this value of a column, of which `known` is known.
    pub(super) fn value(
        &mut self,
        block: &mut BlockKeys,
        known: &mut ValueKeys,
        text: &str,
        is_sent: bool,
    ) {
        if known.number == NONE {
            known.number = self.read_value(text);
        }
        if block.is_new_value(known.number) {
            self.enter_value(known.number, block);
        }
        if std::mem::replace(&mut known.stretch, self.stretch) != self.stretch {
            self.count_value(known.number);
            if self.frequent.may_grow() {
                known.template = None;
            }
        }
        if is_sent {
            self.sent_values.push(known.number);
        }
    }

    fn read_value(&mut self, text: &str) -> u32 {
        let Self {
            keys,
            words,
            values,
            noise,
            noise_ends,
            ..
        } = self;
        let number = values.add(|terms| {
            keys.each(text, |batch| {
                words.numbers(batch.text, batch.terms, terms);
                noise.extend(batch.noise());
            });
        });
        noise_ends.push(noise.len());
        number
    }

    /// The block has the value from now on.
    fn enter_value(&self, number: u32, block: &mut BlockKeys) {
        for term in self.values.terms(number) {
            if block.is_new_word(*term) {
                block.add(hash(self.words.text(*term)));
            }
        }
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let end = |index: usize| self.noise_ends.get(index).copied().unwrap_or(0);
        let noise = self
            .noise
            .get(index.checked_sub(1).map_or(0, end)..end(index));
        block.add_noise(noise.unwrap_or_default().iter().copied());
    }

    /// The stretch has the value from now on.
    fn count_value(&mut self, number: u32) {
        for term in self.values.terms(number) {
            if self.words.meet(*term, self.stretch) {
                self.frequent.count(*term);
            }
        }
    }

    /// The event, which is in this block, has this text, which is no value of a column. All that the sender sent
    /// comes before what Vakt added: what both have counts as sent.
    pub(super) fn text(&mut self, block: &mut BlockKeys, text: &str, of: Of) {
        if of != Of::Nobody && self.read.has(text) {
            self.template.give_up();
            return;
        }
        let Self {
            keys,
            words,
            frequent,
            template,
            stretch,
            sent,
            added,
            numbers,
            ..
        } = self;
        numbers.clear();
        keys.each(text, |batch| {
            let first = numbers.len();
            words.numbers(batch.text, batch.terms, numbers);
            let these = numbers.get(first..).unwrap_or_default();
            for (number, key) in these.iter().zip(batch.terms()) {
                if block.is_new_word(*number) {
                    block.add(hash(key));
                }
                if words.meet(*number, *stretch) {
                    frequent.count(*number);
                }
            }
            block.add_noise(batch.noise());
            template.add(batch, |index| {
                these.get(index).is_some_and(|number| frequent.has(*number))
            });
        });
        match of {
            Of::Sender => sent.extend_from_slice(numbers),
            Of::Vakt => added.extend_from_slice(numbers),
            Of::Nobody => {}
        }
    }

    /// The text that is read next is of this field, and its template is wanted.
    pub(super) fn begin_template(&mut self, name: &str) {
        self.template.begin(name);
    }

    /// The template of the text that was read last.
    pub(super) fn end_template(&mut self) -> Option<&str> {
        self.template.end(self.keys.folded())
    }

    /// The template of a value of a column, whose words are known.
    pub(super) fn template_of(&mut self, name: &str, text: &str) -> Option<&str> {
        let Self {
            keys,
            words,
            frequent,
            template,
            numbers,
            ..
        } = self;
        template.begin(name);
        keys.each(text, |batch| {
            numbers.clear();
            words.numbers(batch.text, batch.terms, numbers);
            template.add(batch, |index| {
                numbers
                    .get(index)
                    .is_some_and(|number| frequent.has(*number))
            });
        });
        template.end(keys.folded())
    }

    pub(super) fn end_event(&mut self) {
        if self.log.is_some() {
            self.open.event(&self.sent, &self.sent_values, &self.added);
        }
        self.sent.clear();
        self.sent_values.clear();
        self.added.clear();
        self.read.clear();
    }

    /// What comes next is counted apart.
    pub(super) fn end_stretch(&mut self) {
        self.stretch = self.stretch.wrapping_add(1);
        self.frequent.end_stretch();
    }

    /// The next block of the chunk, as it is kept, has these keys that are no terms; ascending.
    pub(super) fn block_closed(&mut self, noise: &[u64]) {
        if self.log.is_some() {
            self.open.end_block(noise);
        }
    }

    /// The chunk ends, all of whose blocks are closed. In the next one the values of columns are unread.
    pub(super) fn end_chunk(&mut self) {
        if let Some(log) = &mut self.log {
            log.push(self.open.take(&self.words, &self.values));
        }
        self.frequent.end_chunk(&mut self.words);
        self.clear_values();
    }
}

/// Where the last texts of an event lie in memory: decoding gives many of them under two names, the
/// sender's and that of ECS, and both are one text.
#[derive(Default)]
struct JustRead {
    places: [(usize, usize); Self::PLACES],
    next: usize,
}

impl JustRead {
    const PLACES: usize = 8;

    /// Whether this very text was among the last; it is from now on.
    fn has(&mut self, text: &str) -> bool {
        let place = (text.as_ptr().addr(), text.len());
        let found = self.places.contains(&place);
        if !found && let Some(slot) = self.places.get_mut(self.next) {
            *slot = place;
            self.next = (self.next + 1) % Self::PLACES;
        }
        found
    }

    /// The memory of the event may hold another text after this.
    fn clear(&mut self) {
        self.places = [(0, 0); Self::PLACES];
    }
}
