//! The words of the events of a chunk, read for the filters of its blocks and, where there is a log, for
//! the inverted index to come.
//!
//! The words of a value of a column are read with the first event of the chunk that has it. What an event has
//! in the inverted index follows the rules of `index/terms.rs`, which reads them again where there is no
//! log.

use crate::term_log::{ChunkLog, TermLog};
use crate::vocabulary::Vocabulary;
use crate::words::{Keys, hash, hash_bytes, is_noise};

/// What is known of the words of a column's value.
#[derive(Clone, Copy)]
pub(super) struct ValueKeys {
    /// From and to, in [`Terms::values`]; `None` while they are unread.
    range: Option<(u32, u32)>,
    /// The last block that has the value.
    block: u32,
}

impl ValueKeys {
    pub(super) const UNREAD: Self = Self {
        range: None,
        block: NO_BLOCK,
    };
}

/// No block has this number.
const NO_BLOCK: u32 = u32::MAX;

/// Marks what is no number of a term but that of a hash of noise.
const NOISE: u32 = 1 << 31;

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
    /// What is noted of its events, and of chunks before.
    open: ChunkLog,
    log: Option<TermLog>,
    /// The event that is being read, and its block.
    event: u32,
    block: u32,
    /// The terms of the event.
    sent: Vec<u32>,
    added: Vec<u32>,
    read: JustRead,
    /// The terms of values of columns, or the places of noise.
    values: Vec<u32>,
    noise: Vec<u64>,
    /// The hashes of what the open block has.
    block_keys: Vec<u64>,
    block_noise: Vec<u64>,
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
        self.words.bytes() + self.open.bytes() + closed
    }

    /// Lets go of words and log. The values of columns are unread then.
    pub(super) fn forget(&mut self) {
        self.log = None;
        self.open.clear();
        self.clear_words();
    }

    fn clear_words(&mut self) {
        self.words.clear();
        self.values.clear();
        self.noise.clear();
    }

    /// The event has this value of a column, of which `known` is known.
    pub(super) fn value(&mut self, known: &mut ValueKeys, text: &str, is_sent: bool) {
        let Self {
            keys,
            words,
            values,
            noise,
            block_keys,
            block_noise,
            sent,
            ..
        } = self;
        let (start, end) = match known.range {
            Some(range) => range,
            None => {
                let start = values.len();
                keys.each(text, |key| {
                    values.push(if is_noise(key) {
                        noise.push(hash(key));
                        NOISE | (number_of(noise.len()) - 1)
                    } else {
                        words.number(key)
                    });
                });
                *known
                    .range
                    .insert((number_of(start), number_of(values.len())))
            }
        };
        let is_new = std::mem::replace(&mut known.block, self.block) != self.block;
        if !is_new && !is_sent {
            return;
        }
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        for number in values.get(place(start)..place(end)).unwrap_or_default() {
            if number & NOISE != 0 {
                if is_new {
                    block_noise.extend(noise.get(place(number & !NOISE)));
                }
                continue;
            }
            if is_new && words.enter(*number, self.block) {
                block_keys.push(hash_bytes(words.text(*number)));
            }
            if is_sent && words.meet(*number, self.event) {
                sent.push(*number);
            }
        }
    }

    /// The event has this text, which is no value of a column. All that the sender sent comes before what Vakt
    /// added: what both have counts as sent.
    pub(super) fn text(&mut self, text: &str, of: Of) {
        if of != Of::Nobody && self.read.has(text) {
            return;
        }
        let Self {
            keys,
            words,
            event,
            block,
            sent,
            added,
            block_keys,
            block_noise,
            ..
        } = self;
        keys.each(text, |key| {
            if is_noise(key) {
                block_noise.push(hash(key));
                return;
            }
            let number = words.number(key);
            if words.enter(number, *block) {
                block_keys.push(hash(key));
            }
            let numbers = match of {
                Of::Sender => &mut *sent,
                Of::Vakt => &mut *added,
                Of::Nobody => return,
            };
            if words.meet(number, *event) {
                numbers.push(number);
            }
        });
    }

    pub(super) fn end_event(&mut self) {
        if self.log.is_some() {
            self.open.event(&self.sent, &self.added);
        }
        self.sent.clear();
        self.added.clear();
        self.read.clear();
        self.event = self.event.wrapping_add(1);
    }

    /// The hashes of all keys of the open block.
    pub(super) fn block_hashes(&mut self) -> Vec<u64> {
        self.block_noise.sort_unstable();
        self.block_noise.dedup();
        let mut hashes = self.block_keys.clone();
        hashes.extend_from_slice(&self.block_noise);
        hashes
    }

    /// The open block is closed; [`Self::block_hashes`] was asked for since its last event.
    pub(super) fn end_block(&mut self) {
        if self.log.is_some() {
            self.open.end_block(&self.block_noise);
        }
        self.block_keys.clear();
        self.block_noise.clear();
        self.block = self.block.wrapping_add(1);
    }

    /// The chunk ends with its last block. In the next one the values of columns are unread.
    pub(super) fn end_chunk(&mut self) {
        if let Some(log) = &mut self.log {
            log.push(self.open.take(&self.words));
        }
        self.clear_words();
    }
}

fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
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
