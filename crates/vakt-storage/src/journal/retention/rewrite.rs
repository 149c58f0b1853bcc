//! A segment without what is erased: written beside the old one, then put in its place.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vakt_event::JournalPosition;

use super::super::reader::StoredBatch;
use super::super::record::{self, Erased, RecordHeader};
use super::super::segment::Segment;
use super::super::walk::{Content, Memory, Record, Walk, WalkError};
use super::{Request, Selection};
use crate::disk::{Disk, DiskFile};
use crate::ledger::{self, LedgerSegment, Policy};

/// The end of the name of a segment that is being written.
const SUFFIX: &str = "erased";

/// 1 MiB a write.
const WRITE_BYTES: usize = 1024 * 1024;

pub(super) struct Rewrite {
    first: u64,
    path: PathBuf,
    path_new: PathBuf,
    /// Bytes of the new file.
    pub(super) bytes: u64,
    /// Positions that go, from and to (exclusive).
    pub(super) ranges: Vec<(u64, u64)>,
    records: u64,
    hasher: blake3::Hasher,
}

impl Rewrite {
    /// Writes the new file and makes it durable; `None` when nothing in the segment is selected.
    /// What cannot be read stays as it is.
    pub(super) fn prepare(
        disk: &dyn Disk,
        segment: &Arc<Segment>,
        bytes: u64,
        selection: &Selection,
    ) -> io::Result<Option<Self>> {
        let mut rewrite = Self::new(segment);
        let mut walk = open(disk, segment, bytes)?;
        let mut memory = Memory::default();
        if !any_selected(&mut walk, selection, &mut memory)? {
            return Ok(None);
        }
        let mut walk = open(disk, segment, bytes)?;
        remove_if_there(disk, &rewrite.path_new)?;
        let mut out = Output::new(disk.create(&rewrite.path_new)?);
        let mut copied = 0;
        each_record(&mut walk, &mut memory, &mut |walk, offset, record| {
            out.copy(walk, copied, offset)?;
            copied = offset + record.header.record_bytes as u64;
            if selection.takes_record(&record) {
                rewrite.note(&record);
                out.erase(&record)?;
            } else {
                out.copy(walk, offset, copied)?;
            }
            Ok(())
        })?;
        out.copy(&mut walk, copied, bytes)?;
        rewrite.bytes = out.finish()?;
        Ok(Some(rewrite))
    }

    fn new(segment: &Segment) -> Self {
        Self {
            first: segment.first,
            path: segment.path.clone(),
            path_new: path_new(&segment.path),
            bytes: 0,
            ranges: Vec::new(),
            records: 0,
            hasher: blake3::Hasher::new(),
        }
    }

    fn note(&mut self, record: &Record) {
        let (from, to) = (record.header.place.first, record.header.end());
        match self.ranges.last_mut() {
            Some((_, end)) if *end == from => *end = to,
            _ => self.ranges.push((from, to)),
        }
        self.records += 1;
        self.hasher.update(&record.hash);
    }

    pub(super) fn frames(&self) -> u64 {
        self.ranges.iter().map(|(from, to)| to - from).sum()
    }

    pub(super) fn entry(
        &self,
        policy: Policy,
        stream: Option<String>,
        request: &Request,
    ) -> ledger::Erased {
        ledger::Erased {
            first: JournalPosition(self.first),
            ranges: self
                .ranges
                .iter()
                .map(|(from, to)| (JournalPosition(*from), JournalPosition(*to)))
                .collect(),
            stream,
            hash: self.hasher.finalize().into(),
            records: self.records,
            policy,
            who: request.who.clone(),
            reason: request.reason.clone(),
        }
    }

    /// Puts the new file in the place of the old one; the directory is still to be synced.
    pub(super) fn replace(&self, disk: &dyn Disk) -> io::Result<Segment> {
        disk.rename(&self.path_new, &self.path)?;
        Ok(Segment::at(self.path.clone(), self.first))
    }
}

impl Selection {
    fn takes_record(&self, record: &Record) -> bool {
        match &record.content {
            Content::Batch(batch) => self.takes(batch),
            Content::Erased(_) | Content::Seal(_) => false,
        }
    }

    /// Whether what was stored together goes.
    pub fn takes(&self, batch: &StoredBatch) -> bool {
        let first = batch.frames.first().map(|frame| frame.position.0);
        let end = batch.frames.last().map(|frame| frame.position.next().0);
        let (Some(first), Some(end)) = (first, end) else {
            return false;
        };
        let in_time = self.received.is_none_or(|(from, to)| {
            let mut received = batch.frames.iter().map(|frame| frame.received);
            received.any(|at| from <= at && at < to)
        });
        in_time && self.is_of(&batch.source.stream) && self.meets(first, end)
    }
}

/// Finishes or undoes what a crash interrupted: a new file whose erasure is in the ledger takes its
/// place, another one goes.
pub(crate) fn finish(
    disk: &dyn Disk,
    dir: &Path,
    segment: &Arc<Segment>,
    bytes: u64,
    known: Option<&LedgerSegment>,
) -> io::Result<Option<u64>> {
    let path = path_new(&segment.path);
    let file = match disk.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let new = Arc::new(Segment::at(path.clone(), segment.first));
    let new_bytes = file.len()?;
    let erased = newly_erased(disk, segment, bytes, &new, new_bytes)?;
    let last = known.and_then(|known| known.erased.last());
    let done = if last.is_some_and(|last| Some(last.hash) == erased) {
        disk.rename(&path, &segment.path)?;
        Some(new_bytes)
    } else {
        disk.remove(&path)?;
        None
    };
    disk.sync_dir(dir)?;
    Ok(done)
}

/// The hash of the records that are erased in the new file only; `None` when it lacks one.
fn newly_erased(
    disk: &dyn Disk,
    old: &Arc<Segment>,
    old_bytes: u64,
    new: &Arc<Segment>,
    new_bytes: u64,
) -> io::Result<Option<ledger::Digest>> {
    let headers = |segment, bytes| -> io::Result<Vec<(RecordHeader, ledger::Digest, bool)>> {
        let mut walk = open(disk, segment, bytes)?;
        let mut headers = Vec::new();
        each_record(&mut walk, &mut Memory::default(), &mut |_, _, record| {
            let (hash, is_erased) = match record.content {
                Content::Erased(erased) => (erased.hash, true),
                Content::Batch(_) | Content::Seal(_) => (record.hash, false),
            };
            headers.push((record.header, hash, is_erased));
            Ok(())
        })?;
        Ok(headers)
    };
    let (old, new) = (headers(old, old_bytes)?, headers(new, new_bytes)?);
    if old.len() != new.len() {
        return Ok(None);
    }
    let mut hasher = blake3::Hasher::new();
    for ((old, old_hash, was_erased), (new, new_hash, is_erased)) in old.iter().zip(&new) {
        if old.place.first != new.place.first || old_hash != new_hash {
            return Ok(None);
        }
        if *is_erased && !was_erased {
            hasher.update(new_hash);
        }
    }
    Ok(Some(hasher.finalize().into()))
}

fn any_selected(walk: &mut Walk, selection: &Selection, memory: &mut Memory) -> io::Result<bool> {
    let mut any = false;
    each_record(walk, memory, &mut |_, _, record| {
        any |= selection.takes_record(&record);
        Ok(())
    })?;
    Ok(any)
}

type Visit<'v> = &'v mut dyn FnMut(&mut Walk, u64, Record) -> io::Result<()>;

/// Visits every whole record with its offset.
fn each_record(walk: &mut Walk, memory: &mut Memory, visit: Visit<'_>) -> io::Result<()> {
    let mut from = walk.offset;
    while let Some((offset, _)) = walk.find(from).map_err(io_of)? {
        match walk.whole(offset, memory).map_err(io_of)? {
            Ok(record) => {
                walk.offset = offset;
                walk.advance(&record.header);
                from = walk.offset;
                visit(walk, offset, record)?;
            }
            Err(_) => from = offset + 1,
        }
    }
    Ok(())
}

fn open(disk: &dyn Disk, segment: &Arc<Segment>, bytes: u64) -> io::Result<Walk> {
    Walk::open(disk, Arc::clone(segment), bytes).map_err(io_of)
}

fn io_of(error: WalkError) -> io::Error {
    match error {
        WalkError::Io(error) => error,
        WalkError::Version(found) => io::Error::new(
            io::ErrorKind::InvalidData,
            format!("journal format version {found} is unknown"),
        ),
    }
}

/// Where a segment is written anew.
pub(crate) fn path_new(path: &Path) -> PathBuf {
    path.with_extension(SUFFIX)
}

fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The new file, written through a buffer.
struct Output {
    file: Arc<dyn DiskFile>,
    buffer: Vec<u8>,
    offset: u64,
}

impl Output {
    fn new(file: Arc<dyn DiskFile>) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            offset: 0,
        }
    }

    fn copy(&mut self, walk: &mut Walk, from: u64, to: u64) -> io::Result<()> {
        let mut at = from;
        while at < to {
            let piece = (to - at).min(WRITE_BYTES as u64);
            let length = usize::try_from(piece).unwrap_or(WRITE_BYTES);
            let bytes = walk.bytes(at, length)?;
            self.buffer.extend_from_slice(bytes);
            at += piece;
            self.flush_if(WRITE_BYTES)?;
        }
        Ok(())
    }

    fn erase(&mut self, record: &Record) -> io::Result<()> {
        let erased = Erased {
            hash: record.hash,
            bytes: u32::try_from(record.header.record_bytes).unwrap_or(u32::MAX),
        };
        record::encode_erased(&mut self.buffer, &record.header, erased);
        self.flush_if(WRITE_BYTES)
    }

    fn flush_if(&mut self, bytes: usize) -> io::Result<()> {
        if self.buffer.len() >= bytes {
            self.file.write_all_at(&self.buffer, self.offset)?;
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<u64> {
        self.flush_if(1)?;
        self.file.sync_data()?;
        Ok(self.offset)
    }
}
