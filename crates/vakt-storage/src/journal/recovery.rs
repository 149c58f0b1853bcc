//! Opening a journal as a crash may have left it.
//!
//! Only the last segment is read, and those that nobody sealed: the torn tail is cut, and everything
//! that stays is synced, because after the death of a process alone it may still be in the kernel's
//! memory only, and a consumer must not go ahead of the disk. Sealed segments were durable before the
//! next one was made.

mod last;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vakt_event::JournalPosition;

use super::format::{self, VERSION};
use super::progress::Progress;
use super::reader::Reader;
use super::retention;
use super::segment::{self, Segment};
use super::walk::WalkError;
use super::writer::{End, is_full};
use crate::cursor::checkpoint;
use crate::cursor::index::{Bounds, CursorIndex};
use crate::error::{Lost, OpenError, ReadError};
use crate::ledger::{Digest, Entry, Ledger, LedgerFault, NO_DIGEST};
use crate::options::Options;
use crate::signing::SigningKey;

use last::Ended;

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The position of the next frame.
    pub next: JournalPosition,
    pub segments: usize,
    /// Bytes that were cut from the last segment: a batch that had not been acknowledged.
    pub cut_bytes: u64,
    /// Why they were cut.
    pub cut_reason: Option<String>,
    /// Damage in the last segment, at most the first hundred ranges. Readers report it again, and
    /// that of older segments when they come there.
    pub lost: Vec<Lost>,
    pub lost_ranges: u64,
    /// Positions were left out because they had been given to frames that are gone now.
    pub skipped_to_min: bool,
    /// How many.
    pub skipped_frames: u64,
    /// The checkpoint of journald cursors was missing or damaged, and the whole journal was read.
    pub cursors_rebuilt: bool,
    /// The journal was closed in order: nothing was written after what the checkpoint of cursors and the
    /// ledger say of its end.
    pub was_closed: bool,
    /// There was no ledger, or an empty one, beside segments that hold something: it was begun anew.
    pub ledger_begun: bool,
    /// What is wrong with the ledger; `vakt verify` says more.
    pub ledger_faults: Vec<LedgerFault>,
}

/// A journal ready to be written and read.
pub(crate) struct Recovered {
    pub(crate) progress: Arc<Progress>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) end: End,
    pub(crate) cursors: CursorIndex,
    pub(crate) recovery: Recovery,
}

pub(crate) fn recover(dir: &Path, options: &Options) -> Result<Recovered, OpenError> {
    let mut recovery = Recovery::default();
    let mut segments = list_segments(dir, options)?;
    let (cursors, checkpoint) = read_checkpoint(dir, options)?;
    let durable_end = options.next_position_min.0.max(checkpoint.unwrap_or(0));
    let (mut ledger, faults, was_there) = open_ledger(dir, options)?;
    let holds_something = |bytes: &u64| *bytes > format::SEGMENT_HEADER_BYTES as u64;
    recovery.ledger_begun = !was_there && segments.iter().any(|(_, bytes)| holds_something(bytes));
    recovery.ledger_faults = faults;
    let head = ledger.state().open().map(|head| head.end.0);
    finish_retention(dir, options, &ledger, &mut segments)?;
    let last = segments.pop();
    let mut previous = NO_DIGEST;
    for (segment, bytes) in &mut segments {
        previous = enlist(
            options,
            &mut ledger,
            segment,
            bytes,
            previous,
            &mut recovery,
        )?;
    }
    let mut next = durable_end;
    let mut scanned_end = 0;
    let end = match last {
        None => {
            recovery.skipped_to_min = durable_end > 0;
            recovery.skipped_frames = durable_end;
            None
        }
        Some((segment, bytes)) => {
            let found = last::recover(
                dir,
                options,
                &segment,
                bytes,
                durable_end,
                previous,
                &mut recovery,
            )?;
            scanned_end = found.next;
            next = found.next.max(durable_end);
            // A segment that was sealed without a frame keeps its name; the next one needs another.
            if matches!(found.ended, Ended::Sealed { first, .. } if first == next) {
                next += 1;
            }
            recovery.skipped_to_min = next > found.next;
            recovery.skipped_frames = durable_end.saturating_sub(found.next);
            let goes_on = found.is_sound && !recovery.skipped_to_min;
            let (end, bytes) = end_of(found.ended, found.bytes, found.next, goes_on, &ledger)?;
            segments.push((found.segment, bytes));
            Some(end)
        }
    };
    let end = match end {
        Some(end) => end,
        None => {
            let now = options.clock.now();
            let tail = segment::create(options.disk.as_ref(), dir, next, now, previous)
                .map_err(|(path, error)| io_error(path, "make the segment", error))?;
            segments.push((Arc::clone(&tail.segment), tail.offset));
            End::Open(tail)
        }
    };
    recovery.next = JournalPosition(next);
    recovery.was_closed = checkpoint == Some(next) && head == Some(next);
    recovery.segments = segments.len();
    let progress = Arc::new(Progress::new(segments, next, ledger.state().removed_end()));
    // A checkpoint from the future knows entries that this journal does not hold any more.
    let usable = checkpoint.filter(|position| *position <= scanned_end);
    let (cursors, from) = match usable {
        Some(position) => (cursors, position),
        None => (new_index(options), progress.first()),
    };
    recovery.cursors_rebuilt = usable.is_none() && scanned_end > progress.first();
    let cursors = replay_cursors(options, &progress, cursors, from)?;
    Ok(Recovered {
        progress,
        ledger: Arc::new(Mutex::new(ledger)),
        end,
        cursors,
        recovery,
    })
}

/// The ledger, what is wrong with it, and whether it had a line.
fn open_ledger(
    dir: &Path,
    options: &Options,
) -> Result<(Ledger, Vec<LedgerFault>, bool), OpenError> {
    let key = match &options.key {
        Some(key) => Arc::clone(key),
        None => {
            let made = SigningKey::generate();
            let failed = |error| io_error(dir.to_owned(), "make a key", io::Error::other(error));
            Arc::new(made.map_err(failed)?.0)
        }
    };
    let (mut ledger, faults) = Ledger::open(
        Arc::clone(&options.disk),
        dir,
        key,
        Arc::clone(&options.clock),
    )?;
    let was_there = ledger.state().head().seq > 0 || !faults.is_empty();
    // From the first start on there is one, so that a missing one was removed. On a full disk it waits.
    match ledger.begin() {
        Err(error) if !is_full(&error) => Err(io_error(dir.to_owned(), "begin the ledger", error)),
        _ => Ok((ledger, faults, was_there)),
    }
}

/// Finishes what a crash interrupted: segments that the ledger calls removed go, and those that were
/// being written without what is erased take their place, or go.
fn finish_retention(
    dir: &Path,
    options: &Options,
    ledger: &Ledger,
    segments: &mut Vec<(Arc<Segment>, u64)>,
) -> Result<(), OpenError> {
    let disk = options.disk.as_ref();
    let removed_end = ledger.state().removed_end();
    let is_removed =
        |segment: &Segment| segment.first < removed_end && ledger.sealed(segment.first).is_none();
    for (segment, _) in segments.extract_if(.., |(segment, _)| is_removed(segment)) {
        let removed = disk.remove(&segment.path).and_then(|()| disk.sync_dir(dir));
        removed.map_err(|error| io_error(segment.path.clone(), "remove the segment", error))?;
    }
    for (segment, bytes) in segments {
        let known = ledger.sealed(segment.first);
        let finished = retention::finish(disk, dir, segment, *bytes, known);
        let finished = finished.map_err(|error| {
            io_error(segment.path.clone(), "finish the segment's erasure", error)
        })?;
        *bytes = finished.unwrap_or(*bytes);
    }
    Ok(())
}

/// Sees to it that a segment which is not the last one is sealed and in the ledger; gives its digest.
/// Only those of earlier versions are not, or all when the ledger is lost.
fn enlist(
    options: &Options,
    ledger: &mut Ledger,
    segment: &Arc<Segment>,
    bytes: &mut u64,
    previous: Digest,
    recovery: &mut Recovery,
) -> Result<Digest, OpenError> {
    if let Some(known) = ledger.sealed(segment.first) {
        return Ok(known.sealed.digest);
    }
    let (seal, sealed_bytes) = last::sum_up(options, segment, *bytes, previous, recovery)?;
    *bytes = sealed_bytes;
    let digest = seal.digest;
    ledger
        .append(Entry::Sealed(seal.entry(segment.first, sealed_bytes)))
        .map_err(|error| {
            io_error(
                segment.path.clone(),
                "enter the segment in the ledger",
                error,
            )
        })?;
    Ok(digest)
}

/// How the journal goes on behind its last segment, and the bytes of that. Where positions are left
/// out, or its header is damaged, it is sealed.
fn end_of(
    ended: Ended,
    bytes: u64,
    found: u64,
    goes_on: bool,
    ledger: &Ledger,
) -> Result<(End, u64), OpenError> {
    let (seal, first, bytes) = match ended {
        Ended::Open(tail) if goes_on => return Ok((End::Open(tail), bytes)),
        Ended::Open(mut tail) => {
            let seal = tail.seal.take();
            let file = tail.file.as_ref();
            let sealed = segment::seal(file, tail.segment_id, tail.offset, found, &seal);
            let bytes = sealed
                .map_err(|error| io_error(tail.segment.path.clone(), "seal the segment", error))?;
            (seal, tail.segment.first, bytes)
        }
        Ended::Sealed { seal, first } => (seal, first, bytes),
    };
    let end = match ledger.sealed(first) {
        Some(_) => End::Sealed {
            previous: seal.digest,
        },
        None => End::Unlisted(seal.entry(first, bytes)),
    };
    Ok((end, bytes))
}

/// All segments with their bytes, ascending.
fn list_segments(dir: &Path, options: &Options) -> Result<Vec<(Arc<Segment>, u64)>, OpenError> {
    let names = options.disk.list(dir);
    let names = names.map_err(|error| io_error(dir.to_owned(), "list the directory", error))?;
    let mut segments = Vec::new();
    for first in names.iter().filter_map(|name| format::segment_first(name)) {
        let segment = Segment::new(dir, first);
        let length = options
            .disk
            .open(&segment.path)
            .and_then(|file| file.len())
            .map_err(|error| io_error(segment.path.clone(), "open the segment", error))?;
        segments.push((Arc::new(segment), length));
    }
    Ok(segments)
}

fn new_index(options: &Options) -> CursorIndex {
    CursorIndex::new(Bounds {
        sequences_max: options.cursor_sequences_max,
        intervals_max: options.cursor_intervals_max,
        checks_max: options.cursor_checks_max,
    })
}

/// What the checkpoint holds and its position, before which everything had been durable.
fn read_checkpoint(dir: &Path, options: &Options) -> Result<(CursorIndex, Option<u64>), OpenError> {
    let mut cursors = new_index(options);
    let position = checkpoint::read(options.disk.as_ref(), dir, &mut cursors)
        .map_err(|error| io_error(dir.to_owned(), "read the checkpoint of cursors", error))?;
    Ok((cursors, position))
}

fn replay_cursors(
    options: &Options,
    progress: &Arc<Progress>,
    mut cursors: CursorIndex,
    from: u64,
) -> Result<CursorIndex, OpenError> {
    let mut reader = Reader::new(Arc::clone(&options.disk), Arc::clone(progress), from);
    loop {
        match reader.next(Duration::ZERO) {
            Ok(Some(batch)) => {
                let mut entries = cursors.of(&batch.source);
                for key in batch.frames.iter().filter_map(|frame| frame.cursor) {
                    entries.insert(key);
                }
            }
            Ok(None) | Err(ReadError::Closed) => return Ok(cursors),
            // What is lost is not held: it shall be taken again when it comes again.
            Err(ReadError::Lost(_)) => {}
            Err(ReadError::Io {
                path,
                action,
                source,
            }) => {
                return Err(OpenError::Io {
                    path,
                    action,
                    source,
                });
            }
            Err(ReadError::Version {
                path,
                found,
                supported,
            }) => {
                return Err(OpenError::Version {
                    path,
                    found,
                    supported,
                });
            }
        }
    }
}

pub(crate) fn io_error(path: PathBuf, action: &'static str, source: io::Error) -> OpenError {
    OpenError::Io {
        path,
        action,
        source,
    }
}

fn walk_error(path: &Path, error: WalkError) -> OpenError {
    match error {
        WalkError::Io(source) => io_error(path.to_owned(), "read the segment", source),
        WalkError::Version(found) => OpenError::Version {
            path: path.to_owned(),
            found,
            supported: VERSION,
        },
    }
}
