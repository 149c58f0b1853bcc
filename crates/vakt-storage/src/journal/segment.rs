//! A segment as readers and the writer share it, and how it is made.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vakt_event::Timestamp;

use super::body::Packer;
use super::format::{self, SEGMENT_HEADER_BYTES};
use super::record::{self, Place};
use super::seal::{Seal, SealBuilder};
use crate::disk::{Disk, DiskFile};
use crate::ledger::Digest;

/// One entry of the sparse index a mebibyte: a look-up reads at most about that much, and a
/// journal of a terabyte needs some 16 MB.
const INDEX_SPACING_BYTES: u64 = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Segment {
    /// The position of its first frame.
    pub(crate) first: u64,
    pub(crate) path: PathBuf,
    /// Positions and the offsets of the records that begin with them, ascending in both.
    index: Mutex<Vec<(u64, u64)>>,
}

impl Segment {
    pub(crate) fn new(dir: &Path, first: u64) -> Self {
        Self::at(dir.join(format::segment_name(first)), first)
    }

    /// A segment in a file of another name.
    pub(crate) fn at(path: PathBuf, first: u64) -> Self {
        Self {
            first,
            path,
            index: Mutex::default(),
        }
    }

    /// Position and offset of the last indexed record that begins at or before `position`.
    pub(crate) fn indexed(&self, position: u64) -> Option<(u64, u64)> {
        let index = self.index();
        let after = index.partition_point(|(first, _)| *first <= position);
        index.get(after.checked_sub(1)?).copied()
    }

    /// Notes a record, unless it lies near the last noted one or before it.
    pub(crate) fn note(&self, first: u64, offset: u64) {
        let mut index = self.index();
        let last = index.last().map_or(0, |(_, offset)| *offset);
        if offset >= last.saturating_add(INDEX_SPACING_BYTES) {
            index.push((first, offset));
        }
    }

    fn index(&self) -> MutexGuard<'_, Vec<(u64, u64)>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The segment that is written to.
pub(crate) struct Tail {
    pub(crate) segment: Arc<Segment>,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) segment_id: u64,
    /// Where the next record goes.
    pub(crate) offset: u64,
    /// The file may grow so far without asking for room.
    pub(crate) allocated: u64,
    pub(crate) created: Timestamp,
    /// What its seal will say.
    pub(crate) seal: SealBuilder,
}

/// Makes a segment durable, content and name, before anything refers to it.
pub(crate) fn create(
    disk: &dyn Disk,
    dir: &Path,
    first: u64,
    created: Timestamp,
    previous: Digest,
) -> Result<Tail, (PathBuf, io::Error)> {
    let segment = Segment::new(dir, first);
    let path = segment.path.clone();
    let make = || {
        let file = disk.create(&segment.path)?;
        let tail = begin(segment, file, created, previous, disk.random())?;
        disk.sync_dir(dir)?;
        Ok(tail)
    };
    make().map_err(|error| (path, error))
}

/// Writes a header, and makes it durable, into a file that has nothing else.
pub(crate) fn begin(
    segment: Segment,
    file: Arc<dyn DiskFile>,
    created: Timestamp,
    previous: Digest,
    segment_id: u64,
) -> io::Result<Tail> {
    let header = format::encode_segment_header(segment_id, segment.first, created, &previous);
    file.write_all_at(&header, 0)?;
    file.sync_data()?;
    Ok(Tail {
        segment: Arc::new(segment),
        file,
        segment_id,
        offset: SEGMENT_HEADER_BYTES as u64,
        allocated: SEGMENT_HEADER_BYTES as u64,
        created,
        seal: SealBuilder::new(&header, previous),
    })
}

/// Writes the last record of a segment, gives back what room it does not need, and makes it durable.
/// Everything before it is durable already. Gives the bytes of the file.
pub(crate) fn seal(
    file: &dyn DiskFile,
    segment_id: u64,
    offset: u64,
    next: u64,
    seal: &Seal,
) -> io::Result<u64> {
    let place = Place {
        segment_id,
        first: next,
        commit: next,
    };
    let mut record = Vec::new();
    record::encode_seal(&mut record, &mut Packer::default(), place, seal);
    file.write_all_at(&record, offset)?;
    let bytes = offset + record.len() as u64;
    file.set_len(bytes)?;
    file.sync_data()?;
    Ok(bytes)
}
