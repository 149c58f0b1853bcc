//! A consistent copy of a journal that is written to meanwhile.
//!
//! Most segments are sealed and are copied as they are. What happens during that is made good then:
//! the ledger is read, and after it what is new since the copying began (the rest of the segment that
//! was open, segments behind it, ones that were rewritten by an erasure). The journal is on the disk
//! before the ledger tells of it, so the copy holds all that its ledger speaks of; and a removal is in
//! the ledger before it happens, so the copy's ledger tells of every segment that had gone. When
//! something was removed or erased during this second pass, it is made once more.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vakt_event::JournalPosition;

use super::format;
use super::retention::path_new;
use super::segment::Segment;
use super::walk::{Memory, Walk, WalkError};
use crate::cursor::checkpoint;
use crate::disk::{Disk, DiskFile};
use crate::ledger::{self, Entry, LedgerHead, LedgerState, ReadLedger, read_lines};

/// 1 MiB a read and a write.
const PIECE_BYTES: usize = 1024 * 1024;

/// Retention works about once a minute, a second pass takes a second.
const PASSES_MAX: usize = 20;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The names of the files, ascending.
    pub names: Vec<String>,
    /// The position of the first frame.
    pub first: JournalPosition,
    /// The position after the last frame.
    pub end: JournalPosition,
    /// The last line of the ledger.
    pub head: LedgerHead,
}

#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{path}: cannot {action}: {source}")]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    #[error(
        "{path}: format version {found} is unknown; take the backup with the Vakt that wrote it, or a newer one"
    )]
    Version { path: PathBuf, found: u16 },
    #[error(
        "{dir}: segments were removed or erased all the time while it was copied; try again when \
         retention rests"
    )]
    Restless { dir: PathBuf },
}

/// Copies the journal in `dir` to `to_dir`, which is there and empty. Nothing of the copy is durable
/// yet. The journal may be open, in this process or another one.
///
/// # Errors
/// When either disk refuses, or a newer version wrote the journal.
pub fn copy_journal(
    disk: &dyn Disk,
    dir: &Path,
    to_disk: &dyn Disk,
    to_dir: &Path,
) -> Result<Copied, CopyError> {
    let mut copy = Copy {
        disk,
        dir,
        to_disk,
        to_dir,
        copied: BTreeMap::new(),
    };
    // Before the segments, so that it knows no entry that they do not hold.
    copy.file(checkpoint::NAME)?;
    let begun = copy.read_ledger(&mut |_| {})?.state;
    copy.segments(&begun)?;
    for _ in 0..PASSES_MAX {
        let read = copy.ledger()?;
        // It was open when it was copied.
        copy.copied.pop_last();
        copy.segments(&read.state)?;
        if copy.is_settled(&read)? {
            return copy.end(&read);
        }
    }
    Err(CopyError::Restless {
        dir: dir.to_owned(),
    })
}

struct Copy<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    to_disk: &'a dyn Disk,
    to_dir: &'a Path,
    /// Segments by their first position, and how often each had been erased from before it was copied.
    copied: BTreeMap<u64, usize>,
}

impl Copy<'_> {
    /// Copies the segments that are not there yet or were erased from since, and drops those that
    /// are gone.
    fn segments(&mut self, state: &LedgerState) -> Result<(), CopyError> {
        let names = self.disk.list(self.dir);
        let names = names.map_err(|error| io_error(self.dir, "list the directory", error))?;
        let firsts: Vec<u64> = names
            .iter()
            .filter_map(|name| format::segment_first(name))
            .collect();
        let last = last_known(&firsts, state);
        let mut there = BTreeMap::new();
        for first in firsts.into_iter().filter(|first| Some(*first) <= last) {
            let erasures = state.sealed(first).map_or(0, |sealed| sealed.erased.len());
            let is_gone = state.sealed(first).is_none() && first < state.removed_end();
            let is_copied = self.copied.get(&first) == Some(&erasures);
            if !is_gone && (is_copied || self.segment(first)?) {
                there.insert(first, erasures);
            }
        }
        let gone = self
            .copied
            .keys()
            .filter(|first| !there.contains_key(first));
        for name in gone.map(|first| format::segment_name(*first)) {
            self.remove(&name)?;
            self.remove(&name_new(&name))?;
        }
        self.copied = there;
        Ok(())
    }

    /// Copies the whole lines of the ledger.
    fn ledger(&self) -> Result<ReadLedger, CopyError> {
        let read = self.read_ledger(&mut |_| {})?;
        if read.lines > 0 {
            self.file(ledger::NAME)?;
            let to = self.to_dir.join(ledger::NAME);
            let cut = self
                .to_disk
                .open(&to)
                .and_then(|file| file.set_len(read.bytes));
            cut.map_err(|error| io_error(&to, "cut the copy", error))?;
        }
        Ok(read)
    }

    fn read_ledger(
        &self,
        each: &mut dyn FnMut(&ledger::ReadLine<'_>),
    ) -> Result<ReadLedger, CopyError> {
        let path = self.dir.join(ledger::NAME);
        let file = match self.disk.open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(ReadLedger::default());
            }
            Err(error) => return Err(io_error(&path, "open the ledger", error)),
        };
        let read = read_lines(file.as_ref(), None, each)
            .map_err(|error| io_error(&path, "read the ledger", error))?;
        match read.newer_version {
            Some(found) => Err(CopyError::Version { path, found }),
            None => Ok(read),
        }
    }

    /// Whether nothing was removed or erased since the ledger was read.
    fn is_settled(&self, read: &ReadLedger) -> Result<bool, CopyError> {
        let mut is_settled = true;
        self.read_ledger(&mut |line| {
            let takes = matches!(line.line.entry, Entry::Removed(_) | Entry::Erased(_));
            is_settled &= !(takes && line.offset >= read.bytes);
        })?;
        Ok(is_settled)
    }

    /// Cuts the last segment behind its last whole record.
    fn end(mut self, read: &ReadLedger) -> Result<Copied, CopyError> {
        let mut end = None;
        if let Some((last, _)) = self.copied.last_key_value() {
            let segment = Arc::new(Segment::new(self.to_dir, *last));
            let path = segment.path.clone();
            let found = whole_end(self.to_disk, &segment).map_err(|error| match error {
                WalkError::Io(error) => io_error(&path, "read the copy", error),
                WalkError::Version(found) => CopyError::Version { path, found },
            })?;
            match found {
                Some((bytes, position)) => {
                    let file = self.to_disk.open(&segment.path);
                    file.and_then(|file| file.set_len(bytes))
                        .map_err(|error| io_error(&segment.path, "cut the copy", error))?;
                    end = Some(position);
                }
                // Damage is copied as it is. What nobody knows was being made.
                None => end = known_end(&read.state, segment.first),
            }
            if end.is_none() {
                self.remove(&format::segment_name(segment.first))?;
                self.copied.pop_last();
                end = Some(segment.first);
            }
        }
        let names = self.to_disk.list(self.to_dir);
        let first = self.copied.first_key_value().map(|(first, _)| *first);
        Ok(Copied {
            names: names.map_err(|error| io_error(self.to_dir, "list the copy", error))?,
            first: JournalPosition(first.or(end).unwrap_or(0)),
            end: JournalPosition(end.unwrap_or(0)),
            head: read.state.head(),
        })
    }

    /// Copies a segment; `false` when it is not there. What an erasure is about to put in its place
    /// comes first, so that either the new content is there or the next start can put it there.
    fn segment(&self, first: u64) -> Result<bool, CopyError> {
        let name = format::segment_name(first);
        let name_new = name_new(&name);
        if !self.file(&name_new)? {
            self.remove(&name_new)?;
        }
        self.file(&name)
    }

    /// Copies one file in place of an earlier copy; `false` when it is not there.
    fn file(&self, name: &str) -> Result<bool, CopyError> {
        let (from, to) = (self.dir.join(name), self.to_dir.join(name));
        let input = match self.disk.open(&from) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(io_error(&from, "open the file", error)),
        };
        self.remove(name)?;
        let output = self.to_disk.create(&to);
        let output = output.map_err(|error| io_error(&to, "make the file", error))?;
        copy_content(input.as_ref(), output.as_ref())
            .map_err(|error| io_error(&to, "copy the file", error))?;
        Ok(true)
    }

    fn remove(&self, name: &str) -> Result<(), CopyError> {
        let path = self.to_dir.join(name);
        match self.to_disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error(&path, "remove the copy", error))
            }
            _ => Ok(()),
        }
    }
}

/// The name under which a segment is written without what is erased.
fn name_new(name: &str) -> String {
    path_new(Path::new(name)).to_string_lossy().into_owned()
}

/// The segment that was open when the ledger was read: the first one behind those that it calls sealed.
/// What was sealed since, it does not know. Without a ledger all segments count.
fn last_known(firsts: &[u64], state: &LedgerState) -> Option<u64> {
    let sealed = state.segments().next_back().map(|known| known.sealed.end.0);
    let behind = sealed.unwrap_or(0).max(state.removed_end());
    let mut after = firsts.iter().filter(|first| **first >= behind);
    // One that was sealed without a frame begins where it ends.
    let open = after.find(|first| state.sealed(**first).is_none());
    match state.head().seq {
        0 => firsts.last().copied(),
        _ => open.or(firsts.last()).copied(),
    }
}

/// The position after the last frame that the ledger knows in a segment.
fn known_end(state: &LedgerState, first: u64) -> Option<u64> {
    let sealed = state.sealed(first).map(|known| known.sealed.end.0);
    let open = state.open().filter(|head| head.first.0 == first);
    sealed.or(open.map(|head| head.end.0))
}

fn copy_content(from: &dyn DiskFile, to: &dyn DiskFile) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    let mut offset = 0;
    loop {
        let count = from.read_at(&mut piece, offset)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all_at(piece.get(..count).unwrap_or(&[]), offset)?;
        offset += count as u64;
    }
}

/// Where the last whole record ends: the offset, and the position after it. `None` when the segment
/// has no header yet.
fn whole_end(disk: &dyn Disk, segment: &Arc<Segment>) -> Result<Option<(u64, u64)>, WalkError> {
    let bytes = disk.open(&segment.path)?.len()?;
    let mut walk = Walk::open(disk, Arc::clone(segment), bytes)?;
    if !walk.header_is_sound {
        return Ok(None);
    }
    let mut memory = Memory::default();
    let mut end = (walk.offset, walk.expected);
    while walk.offset < bytes {
        let at = walk.offset;
        match walk.whole(at, &mut memory)? {
            Ok(record) => {
                walk.advance(&record.header);
                end = (walk.offset, walk.expected);
            }
            // Damage stays in the copy when something whole follows.
            Err(_) => match walk.find(at + 1)? {
                Some((offset, header)) => {
                    walk.offset = offset;
                    walk.expected = header.place.first;
                }
                None => break,
            },
        }
    }
    Ok(Some(end))
}

fn io_error(path: &Path, action: &'static str, source: io::Error) -> CopyError {
    CopyError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}
