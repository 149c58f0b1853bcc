//! A chunk: some thousands of consecutive events of one partition, with their columns.
//!
//! ```text
//! chunk      = { block } { filter } order numbers [ templates ] { column } directory
//! block      = packed: count(u32) { source length kind(1 byte) [before after] } { frame's bytes }; most are of
//!              events that have the same fields
//! kind       = low bits: 0 syslog, 1 JSON, 2 journal, 3 text; bit 4: every value that was sent stands in the frame as it
//!              is or as a JSON string with escapes; bit 5: `before` and `after` are there; bit 6: every
//!              value that was sent stands in the frame as it is; bit 7: the frame was cut
//! before     = the bytes of the frame before the longest of the values that were sent and stand in it as they
//!              are; `after`: those after it
//! filter     = keys of all values of a block's events (`filter`, `words`)
//! order      = packed: which events are in which block, and the order in which columns have them (`order`)
//! numbers    = packed: differences, as LEB128, for positions, effective times and times of receipt
//! templates  = packed: a column of what is the same in many messages (`template`)
//! column     = packed: the values of one field, and which events have it (`column`)
//! directory  = packed JSON: sources, and where everything else is
//! ```
//!
//! `source`, `length`, `before` and `after` are LEB128. A chunk that is still being filled has no columns; then
//! filters and events answer what columns would. Events have their numbers as they came; blocks and columns have
//! those together that are alike. Bytes in memory and in a split's file are the same.

mod block;
mod block_keys;
mod build;
pub(crate) mod column;
mod frequent;
mod lane;
mod names;
mod order;
pub(crate) mod pack;
mod read;
mod rewrite;
mod shape;
mod stand;
pub(crate) mod template;
mod terms;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use vakt_event::Source;

pub(crate) use build::{Addition, ChunkBuilder};
pub(crate) use order::Order;
pub(crate) use read::{ByBytes, Cache, Chunk, ColumnOf, EventReader, FrameReader, Pieces};

/// The most events of a chunk. A search of what is not in a chunk yet looks at each event, so this
/// many at most; and a column's codes and events fit into 16 bits.
pub(crate) const CHUNK_DOCS_MAX: u32 = 8192;

/// The most bytes of frames in a chunk; it closes with the event that goes beyond.
pub(crate) const CHUNK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The bytes of frames after which a block closes (one that is made of several at the end of a chunk is twice as
/// long at most): one event is read from it in 0.1 ms, and larger ones are hardly smaller when packed.
const BLOCK_BYTES: usize = 64 * 1024;

/// The most columns of a chunk. A sender can invent names; of events with more of them it is known
/// only that they have some.
const COLUMNS_MAX: usize = 1000;

/// The effective time of an event without any.
pub(crate) const NO_TIME: i64 = i64::MIN;

/// What is known of a chunk without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChunkMeta {
    pub(crate) docs: u32,
    /// The first and the last journal position.
    pub(crate) positions: (u64, u64),
    /// The least and the greatest effective time in microseconds; [`NO_TIME`] is less than any.
    pub(crate) times: (i64, i64),
    /// The bytes of the frames.
    pub(crate) frame_bytes: u64,
    /// Where the order of its events is in the chunk, and the directory.
    order: Place,
    directory: Place,
    /// The length of the chunk.
    pub(crate) bytes: u64,
}

/// A range of the chunk: its start and its length.
type Place = (u32, u32);

#[derive(Debug, Serialize, Deserialize)]
struct Directory {
    sources: Vec<Source>,
    blocks: Vec<BlockPlace>,
    positions: Place,
    times: Place,
    received: Place,
    /// `None` while the chunk is being filled; else ascending by name.
    columns: Option<Vec<ColumnPlace>>,
    /// The templates of the events, if there are any.
    templates: Option<ValuesPlace>,
    /// Events with fields that have no column because there were too many.
    beyond: Vec<u16>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BlockPlace {
    bytes: Place,
    filter: Place,
}

/// Columns that are alike have the same place.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ColumnPlace {
    name: String,
    values: Place,
    /// The events that have the field, where they are listed.
    docs: Option<Place>,
}

/// A column without a name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct ValuesPlace {
    values: Place,
    /// The events that have a value, where they are listed.
    docs: Option<Place>,
}
