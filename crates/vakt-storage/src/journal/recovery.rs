//! Opening a journal as a crash may have left it.
//!
//! Only the last segment is read: the torn tail is cut, and everything that stays is synced, because
//! after the death of a process alone it may still be in the kernel's memory only, and a consumer
//! must not go ahead of the disk. Sealed segments were durable before the next one was made.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use vakt_event::JournalPosition;

use super::format::{self, SEGMENT_HEADER_BYTES, VERSION};
use super::progress::Progress;
use super::reader::Reader;
use super::segment::{self, Segment, Tail};
use super::walk::{Walk, WalkError};
use crate::cursor::checkpoint;
use crate::cursor::index::{Bounds, CursorIndex};
use crate::error::{Lost, OpenError, ReadError};
use crate::options::Options;

/// Damaged ranges that are listed; more are only counted.
const LOST_LISTED_MAX: usize = 100;

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
    /// The checkpoint of journald cursors was missing or damaged, and the whole journal was read.
    pub cursors_rebuilt: bool,
}

/// A journal ready to be written and read.
pub(crate) struct Recovered {
    pub(crate) progress: Arc<Progress>,
    pub(crate) tail: Tail,
    pub(crate) cursors: CursorIndex,
    pub(crate) recovery: Recovery,
}

pub(crate) fn recover(dir: &Path, options: &Options) -> Result<Recovered, OpenError> {
    let mut recovery = Recovery::default();
    let mut segments = sealed_and_last(dir, options)?;
    let (cursors, checkpoint) = read_checkpoint(dir, options)?;
    let next_min = options.next_position_min.0.max(checkpoint.unwrap_or(0));
    let mut end = next_min;
    let mut last = None;
    let mut scanned_end = 0;
    if let Some((segment, bytes)) = segments.pop() {
        let (tail, next) = recover_last(dir, options, &segment, bytes, next_min, &mut recovery)?;
        scanned_end = next;
        end = next.max(next_min);
        recovery.skipped_to_min = end > next;
        match tail {
            Ok(tail) if end == next => last = Some(tail),
            Ok(tail) => segments.push((tail.segment, tail.offset)),
            Err(damaged) => segments.push(damaged),
        }
    }
    let tail = match last {
        Some(tail) => tail,
        None => {
            let created = segment::create(options.disk.as_ref(), dir, end, options.clock.now());
            created.map_err(|(path, error)| io_error(path, "make the segment", error))?
        }
    };
    segments.push((Arc::clone(&tail.segment), tail.offset));
    recovery.next = JournalPosition(end);
    recovery.segments = segments.len();
    let progress = Arc::new(Progress::new(segments, end));
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
        tail,
        cursors,
        recovery,
    })
}

/// All segments with their bytes, ascending.
fn sealed_and_last(dir: &Path, options: &Options) -> Result<Vec<(Arc<Segment>, u64)>, OpenError> {
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

/// The last segment, ready to be written on, or as it is when its header is damaged; and the
/// position after its last frame.
type LastSegment = (Result<Tail, (Arc<Segment>, u64)>, u64);

fn recover_last(
    dir: &Path,
    options: &Options,
    segment: &Arc<Segment>,
    bytes: u64,
    durable_end: u64,
    recovery: &mut Recovery,
) -> Result<LastSegment, OpenError> {
    let path = segment.path.clone();
    let disk = options.disk.as_ref();
    let walk_error = |error| match error {
        WalkError::Io(source) => io_error(path.clone(), "read the segment", source),
        WalkError::Version(found) => OpenError::Version {
            path: path.clone(),
            found,
            supported: VERSION,
        },
    };
    let mut walk = Walk::open(disk, Arc::clone(segment), bytes).map_err(walk_error)?;
    if let Some(reason) = scan(&mut walk, bytes, durable_end, recovery).map_err(walk_error)? {
        recovery.cut_bytes = bytes - walk.offset;
        recovery.cut_reason = Some(reason.to_owned());
    }
    let (offset, next) = (walk.offset, walk.expected);

    let repair = || -> io::Result<LastSegment> {
        let file = disk.open(&segment.path)?;
        if !walk.header_is_sound && next == segment.first {
            // Nothing can be read, not even whose it is: the segment was being made.
            file.set_len(0)?;
            let (file, segment_id) = segment::begin(file, segment.first, options.clock.now())?;
            disk.sync_dir(dir)?;
            let tail = Tail {
                segment: Arc::clone(segment),
                file,
                segment_id,
                offset: SEGMENT_HEADER_BYTES as u64,
            };
            return Ok((Ok(tail), next));
        }
        if offset < bytes {
            file.set_len(offset)?;
        }
        file.sync_data()?;
        disk.sync_dir(dir)?;
        let tail = match walk.segment_id() {
            Some(segment_id) if walk.header_is_sound => Ok(Tail {
                segment: Arc::clone(segment),
                file,
                segment_id,
                offset,
            }),
            _ => Err((Arc::clone(segment), offset)),
        };
        Ok((tail, next))
    };
    repair().map_err(|error| io_error(path.clone(), "repair the segment", error))
}

/// Reads every record; leaves the walk behind the last one that stays, and says why it ended there
/// unless that is the end of the file.
fn scan(
    walk: &mut Walk,
    bytes: u64,
    durable_end: u64,
    recovery: &mut Recovery,
) -> Result<Option<&'static str>, WalkError> {
    while walk.offset < bytes {
        let (at, expected) = (walk.offset, walk.expected);
        match walk.whole(at)? {
            Ok(header) => {
                if header.place.first > expected {
                    let reason = "records are missing";
                    note_lost(walk, at, expected, header.place.first, reason, recovery);
                }
                walk.advance(&header);
            }
            Err(reason) => {
                let Some((offset, first)) = durable_after(walk, at, durable_end)? else {
                    return Ok(Some(reason));
                };
                note_lost(walk, at, expected, first, reason, recovery);
                walk.offset = offset;
                walk.expected = first;
            }
        }
    }
    Ok(None)
}

/// Offset and position of the next whole record after a broken one at `broken`, if a later commit
/// or a checkpoint shows that the broken one had been durable.
fn durable_after(
    walk: &mut Walk,
    broken: u64,
    durable_end: u64,
) -> Result<Option<(u64, u64)>, WalkError> {
    let mut resume = None;
    let mut from = broken + 1;
    while let Some((offset, _)) = walk.find(from)? {
        if let Ok(header) = walk.whole(offset)? {
            let next = *resume.get_or_insert((offset, header.place.first));
            if header.place.commit.max(durable_end) > walk.expected {
                return Ok(Some(next));
            }
        }
        from = offset + 1;
    }
    Ok(None)
}

fn note_lost(walk: &Walk, offset: u64, from: u64, to: u64, reason: &str, recovery: &mut Recovery) {
    recovery.lost_ranges += 1;
    if recovery.lost.len() < LOST_LISTED_MAX {
        recovery.lost.push(Lost {
            from: JournalPosition(from),
            to: JournalPosition(to),
            path: walk.segment.path.clone(),
            offset,
            reason: reason.to_owned(),
        });
    }
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
