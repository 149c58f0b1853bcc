//! A split that is open for reading.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::directory::OwnedBytes;

use super::inverted::Inverted;
use super::{Ahead, Footer, MAGIC};
use crate::chunk::pack::{Input, unpack};
use crate::chunk::{Chunk, ChunkMeta, NO_TIME};
use crate::fault::Fault;

/// Events that are searched together: those of a split, or what is not in one yet.
pub(crate) struct Split {
    pub(crate) stream: String,
    pub(crate) docs: u32,
    pub(crate) chunks: Vec<PlacedChunk>,
    pub(crate) inverted: Option<Inverted>,
    /// The least and the greatest effective time, as in a chunk.
    pub(crate) times: (i64, i64),
    /// The first and the last journal position.
    pub(crate) positions: (u64, u64),
}

/// A chunk and the number of its first event in the split.
pub(crate) struct PlacedChunk {
    pub(crate) first: u32,
    pub(crate) chunk: Arc<Chunk>,
}

/// Gives every chunk that is opened a number of its own.
static CHUNKS: AtomicU64 = AtomicU64::new(0);

/// What a search reads of the end of a file first, in bytes: the footer, and the ends of the engine's files,
/// most of which are small.
pub(crate) const END_BYTES: u64 = 64 * 1024;

/// At the end of the engine's dictionary is the list of its blocks, some bytes for each 4 KiB; a dictionary
/// takes a few MiB.
const DICTIONARY_END_BYTES: u64 = 128 * 1024;

/// Whether the engine's file of this name is its dictionary.
fn is_dictionary(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "term")
}

impl Split {
    /// Opens the bytes of the file at `path`.
    pub(crate) fn open(file: &OwnedBytes, path: &Path) -> Result<Self, Fault> {
        let bytes: &[u8] = file;
        let (rest, end) = bytes
            .split_last_chunk::<8>()
            .ok_or_else(|| Fault::new("a split has no end"))?;
        if end != MAGIC || !bytes.starts_with(MAGIC) {
            return Err(Fault::new("a split does not begin and end as one"));
        }
        let (rest, length) = rest
            .split_last_chunk::<4>()
            .ok_or_else(|| Fault::new("a split has no footer"))?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let start = rest
            .len()
            .checked_sub(length)
            .ok_or_else(|| Fault::new("the footer of a split is longer than it"))?;
        let footer: Footer =
            serde_json::from_slice(&unpack(Input(rest.get(start..).unwrap_or_default()).0)?)?;
        let part = |start: u64, length: u64| {
            let start = usize::try_from(start).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            (end <= bytes.len()).then(|| file.slice(start..end))
        };
        let beyond = || Fault::new("a part of a split lies beyond its end");
        if let Some((_, start, length)) = footer.files.iter().find(|(name, ..)| is_dictionary(name))
        {
            let bytes = DICTIONARY_END_BYTES.min(*length);
            Ahead::of(path, *start).expect(*length - bytes, bytes);
        }
        let path: Arc<Path> = Arc::from(path);
        let mut chunks = Vec::new();
        for (start, meta) in footer.chunks {
            let data = part(start, meta.bytes).ok_or_else(beyond)?;
            let chunk = Self::chunk(meta, data)?.in_file(&path, start);
            chunks.push(Arc::new(chunk));
        }
        let mut split = Self::of_opened(footer.partition.stream, chunks);
        if !footer.files.is_empty() {
            let mut files = Vec::new();
            for (name, start, length) in footer.files {
                files.push((PathBuf::from(name), part(start, length).ok_or_else(beyond)?));
            }
            let chunks = split.chunks.iter().map(|placed| placed.chunk.meta().docs);
            let inverted = Inverted::open(files, &chunks.collect::<Vec<u32>>());
            split.inverted = Some(inverted.map_err(|error| Fault::new(error.to_string()))?);
        }
        Ok(split)
    }

    /// Opens a chunk.
    pub(crate) fn chunk(meta: ChunkMeta, data: OwnedBytes) -> Result<Chunk, Fault> {
        Chunk::new(CHUNKS.fetch_add(1, Ordering::Relaxed), meta, data)
    }

    /// Chunks that are searched together, ascending by position.
    pub(crate) fn of_opened(stream: String, chunks: Vec<Arc<Chunk>>) -> Self {
        let mut split = Self {
            stream,
            docs: 0,
            chunks: Vec::new(),
            inverted: None,
            times: (NO_TIME, NO_TIME),
            positions: (0, 0),
        };
        for chunk in chunks {
            let meta = chunk.meta();
            if split.chunks.is_empty() {
                split.times = meta.times;
                split.positions = meta.positions;
            } else {
                split.times.0 = split.times.0.min(meta.times.0);
                split.times.1 = split.times.1.max(meta.times.1);
                split.positions.1 = split.positions.1.max(meta.positions.1);
            }
            let first = split.docs;
            split.docs += meta.docs;
            split.chunks.push(PlacedChunk { first, chunk });
        }
        split
    }

    /// The chunk of an event and the event's number in it.
    pub(crate) fn locate(&self, doc: u32) -> Option<(&Chunk, u32)> {
        let placed = self.chunk_of(doc)?;
        Some((&placed.chunk, doc - placed.first))
    }

    /// The chunk of an event.
    pub(crate) fn chunk_of(&self, doc: u32) -> Option<&PlacedChunk> {
        let after = self.chunks.partition_point(|placed| placed.first <= doc);
        self.chunks.get(after.checked_sub(1)?)
    }
}
