//! Building inverted indexes from spare time: splits of one partition become one that has one.

use std::sync::Arc;

use vakt_event::{Origin, ecs};

use super::Index;
use super::catalogue::Change;
use super::shared::{Sealed, Shared, number};
use crate::chunk::column::{Column, LOOK};
use crate::chunk::{Chunk, ColumnOf};
use crate::fault::Fault;
use crate::record::{Record, is_own_always};
use crate::split::inverted::{EventTerms, InvertedBuilder};
use crate::split::{Split, SplitMeta, SplitWriter};
use crate::words::{Keys, hash, is_noise};
use crate::{Error, Result};

/// The most events of a split that is built: larger ones take longer and are not searched faster.
const DOCS_MAX: u64 = 250_000;

/// The most bytes of frames in it: bounds the memory of the build.
const FRAME_BYTES_MAX: u64 = 192 * 1024 * 1024;

/// Splits of a day that is not over wait until there are this many, or as many events as one takes.
const SPLITS_MIN: usize = 8;

/// What one build did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    pub events: u64,
    /// The bytes of their frames.
    pub frame_bytes: u64,
}

impl Index {
    /// Builds the inverted index of the splits that have waited longest, if there are enough of
    /// them, or any where it is `eager`. Searches see them all the time, without it and then with it.
    ///
    /// # Errors
    /// A split that cannot be read, a disk that refuses.
    pub fn build_next(&self, eager: bool) -> Result<Option<Built>> {
        let shared = &self.shared;
        let snapshot = shared.snapshot.load_full();
        let Some(chosen) = choose(&snapshot.sealed, eager) else {
            return Ok(None);
        };
        let split = build(shared, &chosen)?;
        let names: Vec<String> = chosen
            .iter()
            .map(|sealed| sealed.meta.name.clone())
            .collect();
        let built = Built {
            events: u64::from(split.docs),
            frame_bytes: split.frame_bytes,
        };
        let mut holder = shared.lock();
        let now = shared.snapshot.load();
        let are_there = |name: &String| now.sealed.iter().any(|sealed| sealed.meta.name == *name);
        if !names.iter().all(are_there) {
            // Some of it was taken out or written anew meanwhile; that will be built.
            drop(std::fs::remove_file(super::shared::split_path(
                &shared.dir,
                &split.name,
            )));
            return Ok(Some(Built {
                events: 0,
                frame_bytes: 0,
            }));
        }
        let change = Change {
            add: &[split],
            remove: &names,
            ..Change::default()
        };
        holder.publish(&change, None, None)?;
        Ok(Some(built))
    }
}

/// The splits to build one of: of one partition, following each other.
fn choose(sealed: &[Arc<Sealed>], eager: bool) -> Option<Vec<Arc<Sealed>>> {
    let newest = sealed.iter().map(|split| split.meta.partition.day).max()?;
    let mut asked: Vec<&crate::split::Partition> = Vec::new();
    for first in sealed.iter().filter(|split| !split.meta.is_indexed) {
        let partition = &first.meta.partition;
        if asked.contains(&partition) {
            continue;
        }
        asked.push(partition);
        let mut chosen: Vec<Arc<Sealed>> = Vec::new();
        let (mut docs, mut frame_bytes) = (0, 0);
        let mut is_full = false;
        let waiting = sealed
            .iter()
            .filter(|split| !split.meta.is_indexed && split.meta.partition == *partition);
        for split in waiting {
            docs += u64::from(split.meta.docs);
            frame_bytes += split.meta.frame_bytes;
            is_full = docs > DOCS_MAX || frame_bytes > FRAME_BYTES_MAX;
            if is_full && !chosen.is_empty() {
                break;
            }
            chosen.push(Arc::clone(split));
            is_full |= docs > DOCS_MAX / 2 || frame_bytes > FRAME_BYTES_MAX / 2;
        }
        if eager || is_full || partition.day < newest || chosen.len() >= SPLITS_MIN {
            return Some(chosen);
        }
    }
    None
}

fn build(shared: &Shared, chosen: &[Arc<Sealed>]) -> Result<SplitMeta> {
    let Some(first) = chosen.first() else {
        return Err(Error::damaged(
            &shared.dir,
            "nothing to build from".to_owned(),
        ));
    };
    let mut splits = Vec::new();
    for sealed in chosen {
        splits.push(shared.open(sealed)?);
    }
    let partition = first.meta.partition.clone();
    let mut writer = SplitWriter::create(&shared.dir, number(), partition)?;
    let engine_failed = |source| Error::Engine {
        dir: shared.dir.clone(),
        source,
    };
    let mut inverted = InvertedBuilder::new().map_err(engine_failed)?;
    let mut keys = Keys::default();
    let chunks = splits.iter().flat_map(|split: &Arc<Split>| &split.chunks);
    for placed in chunks {
        let events = ChunkTerms {
            shared,
            chunk: &placed.chunk,
            keys: &mut keys,
        };
        let filters = events.add_to(&mut inverted)?;
        let (bytes, meta) = placed
            .chunk
            .with_filters(&filters)
            .map_err(|fault| shared.damaged(&fault))?;
        writer.chunk(&bytes, meta)?;
    }
    for (name, bytes) in inverted.finish().map_err(engine_failed)? {
        writer.file(name, &bytes)?;
    }
    writer.finish()
}

/// The events of a chunk on their way into an inverted index.
struct ChunkTerms<'a> {
    shared: &'a Shared,
    chunk: &'a Chunk,
    keys: &'a mut Keys,
}

impl ChunkTerms<'_> {
    /// Adds the events, and gives for each block the hashes of the numbers that are noise.
    fn add_to(self, inverted: &mut InvertedBuilder) -> Result<Vec<Vec<u64>>> {
        let Self {
            shared,
            chunk,
            keys,
        } = self;
        let damaged = |fault: Fault| shared.damaged(&fault);
        let pieces = shared.pieces();
        let mut columns = Columns {
            chunk,
            pieces,
            known: hashbrown::HashMap::new(),
        };
        let mut decoder = shared.decode.decoder();
        let mut reader = chunk.reader(pieces, false).map_err(damaged)?;
        let mut filters: Vec<Vec<u64>> = Vec::new();
        let mut block_end = 0;
        for doc in 0..chunk.meta().docs {
            if doc == block_end {
                block_end = chunk.block_end(doc).map_err(damaged)?;
                filters.push(Vec::new());
            }
            let mut terms = inverted.event();
            let noise = filters.last_mut();
            let added = reader.look(doc, &mut *decoder, |record| {
                let mut noise_of_none = Vec::new();
                let noise = noise.unwrap_or(&mut noise_of_none);
                collect(record, doc, &mut columns, keys, &mut terms, noise)
            });
            added.and_then(|added| added).map_err(damaged)?;
            inverted.add(terms).map_err(|source| Error::Engine {
                dir: shared.dir.clone(),
                source,
            })?;
        }
        for filter in &mut filters {
            filter.sort_unstable();
            filter.dedup();
        }
        Ok(filters)
    }
}

/// Gives the terms of one event, and the hashes of its numbers that are no terms.
fn collect(
    record: &Record<'_>,
    doc: u32,
    columns: &mut Columns<'_>,
    keys: &mut Keys,
    terms: &mut EventTerms,
    noise: &mut Vec<u64>,
) -> std::result::Result<(), Fault> {
    let event = record.event;
    for field in &event.fields {
        if field.value.is_null() {
            continue;
        }
        let is_sent = field.origin == Origin::Sent;
        let is_term = is_sent || columns.is_unseen(&field.name, doc)?;
        keys.each(field.value.text(), |key| {
            if is_noise(key) {
                noise.push(hash(key));
            } else if is_sent {
                terms.sent(key);
            } else if is_term {
                terms.added(key);
            }
        });
    }
    if !event.problems.is_empty() {
        let is_term = columns.is_unseen(ecs::ERROR_MESSAGE, doc)?;
        keys.each(&event.problems.join("; "), |key| {
            if is_noise(key) {
                noise.push(hash(key));
            } else if is_term {
                terms.added(key);
            }
        });
    }
    Ok(())
}

/// The columns of a chunk by the names that fields have.
struct Columns<'c> {
    chunk: &'c Chunk,
    pieces: crate::chunk::Pieces<'c>,
    known: hashbrown::HashMap<String, Option<Arc<Column>>>,
}

/// Names that are remembered; others are looked up each time.
const NAMES_MAX: usize = 4096;

impl Columns<'_> {
    /// Whether the event's values of the field `name` are not in its column.
    fn is_unseen(&mut self, name: &str, doc: u32) -> std::result::Result<bool, Fault> {
        if let Some(column) = self.known.get(name) {
            return Ok(is_unseen(column.as_deref(), doc));
        }
        let canonical = vakt_event::alias::canonical(name);
        if is_own_always(canonical) {
            return Ok(false);
        }
        let column = match self.chunk.column(canonical, self.pieces)? {
            ColumnOf::Some(column) => Some(column),
            ColumnOf::None | ColumnOf::Unknown => None,
        };
        let unseen = is_unseen(column.as_deref(), doc);
        if self.known.len() < NAMES_MAX {
            self.known.insert(name.to_owned(), column);
        }
        Ok(unseen)
    }
}

fn is_unseen(column: Option<&Column>, doc: u32) -> bool {
    column.is_none_or(|column| column.code(doc) == LOOK)
}
