//! A split: an immutable file with some chunks of one partition, and later their inverted index.
//!
//! ```text
//! split      = magic(8 bytes) { chunk } { file } footer length(u32) magic(8 bytes)
//! file       = one of the engine's, or the order of its numbers (`posting_order`)
//! footer     = packed JSON: what the split is, and where its parts are
//! ```
//!
//! The name of a file is the BLAKE3 hash of its bytes in hexadecimal digits, with `.split` after it. A
//! file is written under another name, synced, and named when it is whole; it belongs to the index
//! when the catalogue says so. Files that no catalogue knows are removed at the next start.

mod ahead;
mod bundle;
pub(crate) mod inverted;
mod meetings;
pub(crate) mod posting_order;
mod read;
mod write;

use serde::{Deserialize, Serialize};

use crate::chunk::ChunkMeta;

pub(crate) use ahead::Ahead;
pub(crate) use read::{END_BYTES, PlacedChunk, Split};
pub(crate) use write::{SplitWriter, WRITING_SUFFIX};

/// At both ends of a file; its last character is the version of the format.
const MAGIC: &[u8; 8] = b"VAKTSPL5";

pub(crate) const SUFFIX: &str = "split";

/// Which events lie together: those of one stream that were received on one day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Partition {
    pub(crate) stream: String,
    /// Days since 1970-01-01 in UTC.
    pub(crate) day: i64,
}

/// What the catalogue knows of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SplitMeta {
    /// The hash of the file.
    pub(crate) name: String,
    pub(crate) partition: Partition,
    pub(crate) docs: u32,
    /// The first and the last journal position.
    pub(crate) positions: (u64, u64),
    /// The least and the greatest effective time, as in a chunk.
    pub(crate) times: (i64, i64),
    /// The bytes of the frames.
    pub(crate) frame_bytes: u64,
    /// The bytes of the file.
    pub(crate) bytes: u64,
    /// Whether it has an inverted index.
    pub(crate) is_indexed: bool,
}

#[derive(Serialize, Deserialize)]
struct Footer {
    partition: Partition,
    /// Where each chunk begins, and what is known of it.
    chunks: Vec<(u64, ChunkMeta)>,
    /// The files of the inverted index: name, where each begins, its length.
    files: Vec<(String, u64, u64)>,
}
