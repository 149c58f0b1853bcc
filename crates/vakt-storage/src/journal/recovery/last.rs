//! The last segment, as a crash may have left it.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::Arc;

use vakt_event::{JournalPosition, Timestamp};

use super::super::seal::{RecordHash, Seal, SealBuilder};
use super::super::segment::{self, Segment, Tail};
use super::super::walk::{Content, Memory, Record, Walk, WalkError};
use super::{Recovery, io_error, walk_error};
use crate::error::{Lost, OpenError};
use crate::ledger::{Digest, StreamTotals};
use crate::options::Options;

/// Damaged ranges that are listed; more are only counted.
const LOST_LISTED_MAX: usize = 100;

/// How a segment ends.
pub(super) enum Ended {
    Open(Tail),
    Sealed { seal: Seal, first: u64 },
}

/// A segment, ready to be read.
pub(super) struct Found {
    pub(super) segment: Arc<Segment>,
    pub(super) bytes: u64,
    /// The position after its last frame.
    pub(super) next: u64,
    pub(super) ended: Ended,
    /// Whether more may be written to it: not behind a header that is damaged.
    pub(super) is_sound: bool,
}

/// Reads the last segment, cuts what a crash tore, and makes durable what stays. `durable_end` is a
/// position before which everything had been durable; `previous` the digest of the segment before.
pub(super) fn recover(
    dir: &Path,
    options: &Options,
    segment: &Arc<Segment>,
    bytes: u64,
    durable_end: u64,
    previous: Digest,
    recovery: &mut Recovery,
) -> Result<Found, OpenError> {
    let path = segment.path.clone();
    let disk = options.disk.as_ref();
    let mut walk =
        Walk::open(disk, Arc::clone(segment), bytes).map_err(|error| walk_error(&path, error))?;
    let scanned = scan(&mut walk, bytes, durable_end, previous, recovery)
        .map_err(|error| walk_error(&path, error))?;
    if let Some(reason) = scanned.cut {
        recovery.cut_bytes = bytes - walk.offset;
        recovery.cut_reason = Some(reason.to_owned());
    }
    let (offset, next) = (walk.offset, walk.expected);
    let repair = || -> io::Result<Found> {
        let file = disk.open(&path)?;
        let now = options.clock.now();
        let Some(segment_id) = walk.segment_id() else {
            // Nothing can be read, not even whose it is: the segment was being made.
            file.set_len(0)?;
            let tail = segment::begin(
                Segment::new(dir, segment.first),
                file,
                now,
                previous,
                disk.random(),
            )?;
            disk.sync_dir(dir)?;
            return Ok(Found {
                segment: Arc::clone(&tail.segment),
                bytes: tail.offset,
                next,
                ended: Ended::Open(tail),
                is_sound: true,
            });
        };
        if offset < bytes {
            file.set_len(offset)?;
        }
        // The syncs of those may have failed.
        file.rewrite(scanned.proven_end, offset)?;
        file.sync_data()?;
        disk.sync_dir(dir)?;
        let ended = match scanned.sealed {
            Some(seal) => Ended::Sealed {
                seal,
                first: segment.first,
            },
            None => Ended::Open(Tail {
                segment: Arc::clone(segment),
                file,
                segment_id,
                offset,
                allocated: offset,
                created: walk.created.and_then(Timestamp::from_micros).unwrap_or(now),
                seal: scanned.seal,
            }),
        };
        Ok(Found {
            segment: Arc::clone(segment),
            bytes: offset,
            next,
            ended,
            is_sound: walk.header_is_sound,
        })
    };
    repair().map_err(|error| io_error(path.clone(), "repair the segment", error))
}

struct Scanned {
    /// What lies before this offset had been durable: a later commit says so.
    proven_end: u64,
    /// The records behind it: their first positions and offsets.
    unproven: VecDeque<(u64, u64)>,
    /// Why what follows is cut, when something does.
    cut: Option<&'static str>,
    /// Of the records that are whole.
    seal: SealBuilder,
    sealed: Option<Seal>,
}

/// Reads every record; leaves the walk behind the last one that stays.
fn scan(
    walk: &mut Walk,
    bytes: u64,
    durable_end: u64,
    previous: Digest,
    recovery: &mut Recovery,
) -> Result<Scanned, WalkError> {
    let mut memory = Memory::default();
    let mut scanned = Scanned {
        proven_end: 0,
        unproven: VecDeque::new(),
        cut: None,
        seal: SealBuilder::new(&walk.header_bytes, previous),
        sealed: None,
    };
    while walk.offset < bytes {
        if scanned.sealed.is_some() {
            scanned.cut = Some("bytes follow the segment's seal");
            break;
        }
        let (at, expected) = (walk.offset, walk.expected);
        match walk.whole(at, &mut memory)? {
            Ok(record) => {
                let first = record.header.place.first;
                if first > expected {
                    note_lost(walk, at, expected, first, "records are missing", recovery);
                }
                scanned.unproven.push_back((first, at));
                scanned.prove(record.header.place.commit);
                walk.advance(&record.header);
                scanned.add(record);
            }
            Err(reason) => {
                let Some((offset, first)) = durable_after(walk, at, durable_end, &mut memory)?
                else {
                    scanned.cut = Some(reason);
                    break;
                };
                note_lost(walk, at, expected, first, reason, recovery);
                walk.offset = offset;
                walk.expected = first;
            }
        }
    }
    Ok(scanned)
}

impl Scanned {
    /// Everything before the position `commit`, where a record begins, had been durable.
    fn prove(&mut self, commit: u64) {
        while let Some((first, _)) = self.unproven.front()
            && *first < commit
        {
            self.unproven.pop_front();
            if let Some((_, at)) = self.unproven.front() {
                self.proven_end = *at;
            }
        }
    }

    fn add(&mut self, record: Record) {
        let header = record.header;
        let entry = |hash| RecordHash {
            first: header.place.first,
            frames: header.count,
            hash,
        };
        match record.content {
            Content::Batch(batch) => {
                self.seal.add(entry(record.hash));
                let received = || batch.frames.iter().map(|frame| frame.received);
                let summary = StreamTotals {
                    frames: header.count.into(),
                    bytes: header.record_bytes as u64,
                    oldest: received().min().unwrap_or_default(),
                    newest: received().max().unwrap_or_default(),
                };
                self.seal.count(&batch.source.stream, summary);
            }
            Content::Erased(erased) => self.seal.add(entry(erased.hash)),
            Content::Seal(seal) => self.sealed = Some(seal),
        }
    }
}

/// What a segment adds up to that nothing is written to any more: its own seal, or else one that is
/// made of the records that are whole, and written.
pub(super) fn sum_up(
    options: &Options,
    segment: &Arc<Segment>,
    bytes: u64,
    previous: Digest,
    recovery: &mut Recovery,
) -> Result<(Seal, u64), OpenError> {
    let path = segment.path.clone();
    let mut walk = Walk::open(options.disk.as_ref(), Arc::clone(segment), bytes)
        .map_err(|error| walk_error(&path, error))?;
    // Whatever is broken in it had been durable.
    let mut scanned = scan(&mut walk, bytes, u64::MAX, previous, recovery)
        .map_err(|error| walk_error(&path, error))?;
    if let Some(seal) = scanned.sealed {
        return Ok((seal, bytes));
    }
    let seal = scanned.seal.take();
    let Some(segment_id) = walk.segment_id() else {
        return Ok((seal, bytes));
    };
    let write = || {
        let file = options.disk.open(&path)?;
        segment::seal(file.as_ref(), segment_id, bytes, walk.expected, &seal)
    };
    let bytes = write().map_err(|error| io_error(path.clone(), "seal the segment", error))?;
    Ok((seal, bytes))
}

/// Offset and position of the next whole record after a broken one at `broken`, if a later commit
/// or a checkpoint shows that the broken one had been durable.
fn durable_after(
    walk: &mut Walk,
    broken: u64,
    durable_end: u64,
    memory: &mut Memory,
) -> Result<Option<(u64, u64)>, WalkError> {
    let mut resume = None;
    let mut from = broken + 1;
    while let Some((offset, _)) = walk.find(from)? {
        if let Ok(record) = walk.whole(offset, memory)? {
            let place = record.header.place;
            let next = *resume.get_or_insert((offset, place.first));
            if place.commit.max(durable_end) > walk.expected {
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
