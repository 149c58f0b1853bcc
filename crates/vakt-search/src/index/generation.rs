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

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// The most events before they are sealed: a split of the largest size.
const DOCS_MAX: u64 = 250_000;

/// The most bytes of frames: what a restart reads again takes about a second, and packed it is a
/// small part of this in memory.
const FRAME_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The most partitions: each is a file to sync when they are sealed.
const PARTITIONS_MAX: usize = 1024;

#[derive(Default)]
pub(super) struct Generation {
    partitions: BTreeMap<Partition, Open>,
    docs: u64,
    frame_bytes: u64,
}

/// The events of one partition.
struct Open {
    chunks: Vec<Arc<Chunk>>,
    builder: ChunkBuilder,
    /// As searches see it; `None` when it has changed since.
    shown: Option<Arc<Split>>,
}

impl Generation {
    pub(super) fn add(&mut self, addition: &Addition<'_>) -> io::Result<()> {
        let partition = Partition {
            stream: addition.source.stream.clone(),
            day: addition.frame.received.micros().div_euclid(DAY_MICROS),
        };
        let open = match self.partitions.entry(partition) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Open {
                chunks: Vec::new(),
                builder: ChunkBuilder::new()?,
                shown: None,
            }),
        };
        open.builder.add(addition)?;
        open.shown = None;
        self.docs += 1;
        self.frame_bytes += addition.frame.bytes.len() as u64;
        if open.builder.is_full() {
            open.close_chunk()?;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.docs == 0
    }

    /// Whether it is time for splits: there is much, or a day has ended.
    pub(super) fn is_due(&self) -> bool {
        let mut days = self.partitions.keys().map(|partition| partition.day);
        let first = days.next();
        self.docs >= DOCS_MAX
            || self.frame_bytes >= FRAME_BYTES_MAX
            || self.partitions.len() >= PARTITIONS_MAX
            || days.any(|day| Some(day) != first)
    }

    /// The events as they are now, for searches.
    pub(super) fn show(&mut self) -> Result<Vec<Arc<Split>>, Fault> {
        let mut shown = Vec::new();
        for (partition, open) in &mut self.partitions {
            let split = match &open.shown {
                Some(split) => Arc::clone(split),
                None => Arc::clone(open.shown.insert(Arc::new(open_split(
                    partition,
                    &open.chunks,
                    &mut open.builder,
                )?))),
            };
            shown.push(split);
        }
        Ok(shown)
    }

    /// Closes the open chunks and gives those of each partition.
    pub(super) fn chunks(
        &mut self,
    ) -> io::Result<impl Iterator<Item = (&Partition, &[Arc<Chunk>])>> {
        for open in self.partitions.values_mut() {
            if open.builder.docs() > 0 {
                open.close_chunk()?;
            }
        }
        let partitions = self.partitions.iter();
        Ok(partitions.map(|(partition, open)| (partition, open.chunks.as_slice())))
    }
}

impl Open {
    fn close_chunk(&mut self) -> io::Result<()> {
        let (bytes, meta) = self.builder.write(true)?;
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
        let (bytes, meta) = builder.write(false)?;
        chunks.push(Arc::new(Split::chunk(meta, OwnedBytes::new(bytes))?));
    }
    Ok(Split::of_opened(partition.stream.clone(), chunks))
}
