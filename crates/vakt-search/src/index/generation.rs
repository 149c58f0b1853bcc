//! Events that are in no split yet, by partition.
//!
//! They are in memory alone: the journal has them, and after a crash they are read again from there.
//! All partitions are sealed together, so that one position says up to where everything is in splits.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tantivy::directory::OwnedBytes;

use crate::chunk::{Addition, Chunk, ChunkBuilder};
use crate::fault::Fault;
use crate::split::{Partition, Split};
use crate::term_log::TermLog;

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// The most events before they are sealed: a split of the largest size.
const DOCS_MAX: u64 = 250_000;

/// The most bytes of frames: what a restart reads again takes about a second, and packed it is a
/// small part of this in memory.
const FRAME_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The most partitions: each is a file to sync when they are sealed.
const PARTITIONS_MAX: usize = 1024;

/// The most bytes of words, and of what is noted of them for the inverted indexes. Of a full generation of
/// ordinary logs they take two thirds of this; where words are more various, all partitions let go of theirs, and
/// the inverted indexes are built from the frames.
const TERMS_BYTES_MAX: usize = 48 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Generation {
    open: Vec<Open>,
    /// The places of partitions in `open`.
    places: BTreeMap<Partition, usize>,
    /// The place of the last event's partition: the next event is most often of the same.
    last: usize,
    docs: u64,
    frame_bytes: u64,
    terms_bytes: usize,
}

/// The events of one partition.
struct Open {
    partition: Partition,
    chunks: Vec<Arc<Chunk>>,
    builder: ChunkBuilder,
    /// As searches see it; `None` when it has changed since.
    shown: Option<Arc<Split>>,
}

/// What becomes a split.
pub(super) struct Closed<'g> {
    pub(super) partition: &'g Partition,
    pub(super) chunks: &'g [Arc<Chunk>],
    /// The terms of its events, where they were noted.
    pub(super) terms: Option<TermLog>,
}

impl Generation {
    pub(super) fn add(&mut self, addition: &Addition<'_>) -> io::Result<()> {
        let place = self.place(addition)?;
        let Some(open) = self.open.get_mut(place) else {
            return Ok(());
        };
        let terms_bytes = open.builder.terms_bytes();
        open.builder.add(addition)?;
        open.shown = None;
        self.docs += 1;
        self.frame_bytes += addition.frame.bytes.len() as u64;
        if open.builder.is_full() {
            open.close_chunk()?;
        }
        self.terms_bytes =
            (self.terms_bytes + open.builder.terms_bytes()).saturating_sub(terms_bytes);
        if self.terms_bytes > TERMS_BYTES_MAX {
            self.forget_terms();
        }
        Ok(())
    }

    /// The place of the partition of an event.
    fn place(&mut self, addition: &Addition<'_>) -> io::Result<usize> {
        let stream = &addition.source.stream;
        let day = addition.frame.received.micros().div_euclid(DAY_MICROS);
        let is_same = |open: &Open| open.partition.day == day && open.partition.stream == *stream;
        if self.open.get(self.last).is_some_and(is_same) {
            return Ok(self.last);
        }
        let partition = Partition {
            stream: stream.clone(),
            day,
        };
        self.last = match self.places.get(&partition) {
            Some(place) => *place,
            None => {
                self.open.push(Open {
                    partition: partition.clone(),
                    chunks: Vec::new(),
                    builder: ChunkBuilder::new()?.with_log(),
                    shown: None,
                });
                let place = self.open.len() - 1;
                self.places.insert(partition, place);
                place
            }
        };
        Ok(self.last)
    }

    fn forget_terms(&mut self) {
        for open in &mut self.open {
            open.builder.forget_terms();
        }
        self.terms_bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.docs == 0
    }

    /// Whether it is time for splits: there is much, or a day has ended.
    pub(super) fn is_due(&self) -> bool {
        let mut days = self.open.iter().map(|open| open.partition.day);
        let first = days.next();
        self.docs >= DOCS_MAX
            || self.frame_bytes >= FRAME_BYTES_MAX
            || self.open.len() >= PARTITIONS_MAX
            || days.any(|day| Some(day) != first)
    }

    /// The events as they are now, for searches.
    pub(super) fn show(&mut self) -> Result<Vec<Arc<Split>>, Fault> {
        let mut shown = Vec::new();
        for place in self.places.values() {
            let Some(open) = self.open.get_mut(*place) else {
                continue;
            };
            let split = match &open.shown {
                Some(split) => Arc::clone(split),
                None => Arc::clone(open.shown.insert(Arc::new(open_split(
                    &open.partition,
                    &open.chunks,
                    &mut open.builder,
                )?))),
            };
            shown.push(split);
        }
        Ok(shown)
    }

    /// Closes the open chunks and gives those of each partition.
    pub(super) fn close(&mut self) -> io::Result<Vec<Closed<'_>>> {
        let mut closed = Vec::new();
        for open in &mut self.open {
            if open.builder.docs() > 0 {
                open.close_chunk()?;
            }
            closed.push(Closed {
                terms: open.builder.take_log(),
                partition: &open.partition,
                chunks: &open.chunks,
            });
        }
        Ok(closed)
    }
}

impl Open {
    fn close_chunk(&mut self) -> io::Result<()> {
        let (bytes, meta) = self.builder.close()?;
        let chunk = Split::chunk(meta, OwnedBytes::new(bytes)).map_err(io::Error::other)?;
        self.chunks.push(Arc::new(chunk));
        self.builder.clear();
        Ok(())
    }
}

fn open_split(
    partition: &Partition,
    chunks: &[Arc<Chunk>],
    builder: &mut ChunkBuilder,
) -> Result<Split, Fault> {
    let mut chunks = chunks.to_vec();
    if builder.docs() > 0 {
        let (bytes, meta) = builder.show()?;
        chunks.push(Arc::new(Split::chunk(meta, OwnedBytes::new(bytes))?));
    }
    Ok(Split::of_opened(partition.stream.clone(), chunks))
}

#[cfg(test)]
mod tests {
    use vakt_event::{Event, Format, JournalPosition, Timestamp};

    use super::*;
    use crate::chunk::{ByBytes, Cache, Pieces};
    use crate::frame::Frame;
    use crate::sample;
    use crate::words::hash;

    #[test]
    fn words_that_were_let_go_stay_in_filters_and_are_in_no_log() {
        let source = sample::source();
        for forget in [false, true] {
            let mut generation = Generation::default();
            for number in 0..600_u64 {
                let text = format!("word{number} always {}", "x".repeat(300));
                let mut event = Event::default();
                event.sent("message", text.as_str());
                event.sent("user", "anna");
                let addition = Addition {
                    position: JournalPosition(number),
                    frame: Frame {
                        bytes: text.as_bytes(),
                        format: Format::Text,
                        received: Timestamp::default(),
                        truncated: false,
                    },
                    event: &event,
                    source: &source,
                };
                generation.add(&addition).unwrap();
                if forget && number == 250 {
                    generation.forget_terms();
                    assert_eq!(generation.terms_bytes, 0);
                }
            }
            let closed = generation.close().unwrap();
            let [closed] = closed.as_slice() else {
                panic!("{} partitions", closed.len());
            };
            assert_eq!(closed.terms.is_none(), forget);
            let [chunk] = closed.chunks else {
                panic!("{} chunks", closed.chunks.len());
            };
            assert!(chunk.blocks().unwrap() > 2);
            let cache = Cache::with_weighter(100, 1 << 20, ByBytes);
            let pieces = Pieces { cache: &cache };
            let found = |word: &str, wanted: u32| {
                let mut count = 0;
                let mut is_there = false;
                let took = chunk.blocks_with(&[hash(word)], pieces, |doc| {
                    count += 1;
                    is_there |= doc == wanted;
                });
                took.unwrap();
                assert!(is_there, "{word}");
                count
            };
            assert_eq!((found("always", 0), found("anna", 599)), (600, 600));
            for number in 0..600 {
                found(&format!("word{number}"), number);
            }
        }
    }
}
