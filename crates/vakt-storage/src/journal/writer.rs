//! Group commit: many batches, one fdatasync.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vakt_event::{Clock, Frame, JournalPosition, Timestamp};

use super::body::Packer;
use super::commit::{Commit, Written};
use super::group::{self, Group, Packed};
use super::progress::Progress;
use super::queue::{Appended, Queue};
use super::record::{self, Place};
use super::recovery::Recovered;
use super::room::{Room, Shortage};
use super::seal::RecordHash;
use super::segment::{self, Segment, Tail};
use super::syncs::Syncs;
use crate::cursor::checkpoint;
use crate::cursor::index::CursorIndex;
use crate::disk::Disk;
use crate::error::AppendError;
use crate::ledger::{Digest, Entry, Head, Ledger, Sealed, StreamTotals};
use crate::options::Options;
use crate::stats::Counters;

/// 1 MiB a write: enough for full throughput, and the buffer stays small.
const WRITE_BYTES: usize = 1024 * 1024;

/// Room is asked for in steps of 4 MiB: a sync has less to say about the file then, and a full disk
/// shows before anything was written.
const ALLOCATE_BYTES: u64 = 4 * 1024 * 1024;

/// Ten minutes: what was written since the ledger last said how far the open segment is can be changed
/// by whoever may write to the disk, and nobody could tell.
const HEAD_INTERVAL: Duration = Duration::from_secs(600);

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// What becomes of a batch; `None` where there was no room for it.
pub(crate) type Answered = Option<Appended>;

/// Why a step did not succeed.
enum Failure {
    /// Nothing was changed, and it can be tried again when there is more room.
    NoSpace(Shortage),
    Broken(Arc<str>),
}

impl From<Arc<str>> for Failure {
    fn from(reason: Arc<str>) -> Self {
        Self::Broken(reason)
    }
}

/// How the segments end.
pub(crate) enum End {
    /// The last one is written to.
    Open(Tail),
    /// The last one is sealed, and not in the ledger yet.
    Unlisted(Sealed),
    /// The last one is sealed and in the ledger; the next one is still to be made.
    Sealed { previous: Digest },
}

/// The only one who writes to the journal. After a failed call it must not be used again: whether
/// the kernel still has what it could not sync, nobody knows.
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    dir: PathBuf,
    segment_bytes_max: u64,
    room: Room,
    progress: Arc<Progress>,
    syncs: Arc<Syncs>,
    counters: Arc<Counters>,
    ledger: Arc<Mutex<Ledger>>,
    end: End,
    /// The position of the next frame.
    next: u64,
    cursors: CursorIndex,
    /// For records of which some entries are held already.
    packer: Packer,
    /// The records of the group that is written, and those of them that were packed again.
    buffer: Vec<u8>,
    /// What of the buffer goes to the open segment's offset next.
    unwritten: Range<usize>,
    /// Segments that the commit which is being written has touched, and their bytes.
    touched: Vec<(Arc<Segment>, u64)>,
    /// When the ledger was last told how far the open segment is.
    head_entered: Instant,
}

impl Writer {
    pub(crate) fn new(
        dir: &Path,
        options: &Options,
        recovered: Recovered,
        counters: Arc<Counters>,
    ) -> Self {
        let disk = Arc::clone(&options.disk);
        let writer = Self {
            room: Room::new(Arc::clone(&disk), dir, options.reserve_bytes),
            disk,
            clock: Arc::clone(&options.clock),
            dir: dir.to_owned(),
            segment_bytes_max: options.segment_bytes_max,
            progress: recovered.progress,
            syncs: Arc::new(Syncs::new(Arc::clone(&counters))),
            counters,
            ledger: recovered.ledger,
            end: recovered.end,
            next: recovered.recovery.next.0,
            cursors: recovered.cursors,
            packer: Packer::default(),
            buffer: Vec::new(),
            unwritten: 0..0,
            touched: Vec::new(),
            head_entered: Instant::now(),
        };
        writer.count_cursors();
        writer
    }

    /// Writes the groups whose turn it is; they are durable when the commit is finished. After a failure
    /// everything that waits is refused, and the writer must not be used again.
    pub(crate) fn write(
        &mut self,
        mut groups: Vec<Group>,
        queue: &Queue,
    ) -> Result<Commit, Arc<str>> {
        match self.write_groups(&mut groups) {
            Ok(written) => Ok(Commit {
                groups,
                written,
                syncs: Arc::clone(&self.syncs),
                progress: Arc::clone(&self.progress),
                counters: Arc::clone(&self.counters),
            }),
            Err(reason) => {
                // First, so that whoever is told and comes again is refused at once.
                queue.poison(&reason);
                for group in &mut groups {
                    group.refuse(&reason);
                }
                Err(reason)
            }
        }
    }

    fn write_groups(&mut self, groups: &mut [Group]) -> Result<Written, Arc<str>> {
        let (appended, shortage) = self.write_batches(groups)?;
        let asks_for_seal = groups.iter().any(|group| !group.seals.is_empty());
        let sealed = match asks_for_seal.then(|| self.begin_anew()) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(Failure::NoSpace(short))) => Err(AppendError::NoSpace(short)),
            Some(Err(Failure::Broken(reason))) => return Err(reason),
        };
        self.enter_head_when_due()?;
        Ok(Written {
            appended,
            shortage,
            sealed,
            touched: std::mem::take(&mut self.touched),
            end: self.next,
            file: match &self.end {
                End::Open(tail) => Some(Arc::clone(&tail.file)),
                End::Unlisted(_) | End::Sealed { .. } => None,
            },
        })
    }

    /// Seals the open segment, unless it is empty, and begins the next, so that retention may touch
    /// what there was.
    fn begin_anew(&mut self) -> Result<(), Failure> {
        if let End::Open(tail) = &self.end
            && !tail.seal.is_empty()
        {
            self.seal()?;
        }
        let tail = self.make_room(0)?;
        let begun = (Arc::clone(&tail.segment), tail.offset);
        self.touch(begun.0, begun.1);
        Ok(())
    }

    fn enter_head_when_due(&mut self) -> Result<(), Arc<str>> {
        if self.head_entered.elapsed() < HEAD_INTERVAL {
            return Ok(());
        }
        // What the ledger names must be there after a loss of power.
        self.sync()?;
        match self.enter_head() {
            // It is said later: nobody waits for it.
            Err(error) if is_full(&error) => Ok(()),
            Err(error) => Err(reason(&self.dir, "write to the ledger", &error)),
            Ok(()) => Ok(()),
        }
    }

    /// Writes batches and says what becomes of each; `None` for those that there was no room for, because
    /// of the shortage.
    fn write_batches(
        &mut self,
        groups: &mut [Group],
    ) -> Result<(Vec<Answered>, Option<Shortage>), Arc<str>> {
        let durable = self.progress.end();
        let mut appended = vec![None; groups.iter().map(|group| group.batches).sum()];
        let mut rest = appended.as_mut_slice();
        let mut shortage = self.room.shortage();
        for group in groups {
            let of_group;
            (of_group, rest) = rest.split_at_mut(group.batches.min(rest.len()));
            self.buffer = std::mem::take(&mut group.packed);
            self.unwritten = 0..0;
            for record in &group.records {
                if shortage.is_some() {
                    break;
                }
                match self.write_record(record, durable, of_group) {
                    Ok(()) => {}
                    Err(Failure::NoSpace(short)) => shortage = Some(short),
                    Err(Failure::Broken(reason)) => return Err(reason),
                }
            }
            self.flush()?;
            group.packed = std::mem::take(&mut self.buffer);
        }
        self.count_cursors();
        Ok((appended, shortage))
    }

    /// Writes what spares the next start reading everything, and what tells how far the open segment
    /// was when it ended.
    pub(crate) fn close(&mut self) -> Result<(), Arc<str>> {
        self.checkpoint_cursors()
            .map_err(|error| reason(&self.dir, "write the checkpoint of cursors", &error))?;
        self.enter_head()
            .map_err(|error| reason(&self.dir, "write to the ledger", &error))
    }

    /// Says in the ledger how far the open segment is, unless that is known.
    fn enter_head(&mut self) -> io::Result<()> {
        self.head_entered = Instant::now();
        let End::Open(tail) = &self.end else {
            return Ok(());
        };
        let head = Head {
            first: JournalPosition(tail.segment.first),
            end: JournalPosition(self.next),
            digest: tail.seal.digest(),
        };
        let mut ledger = lock(&self.ledger);
        if tail.seal.is_empty() || ledger.state().open() == Some(&head) {
            return Ok(());
        }
        ledger.append(Entry::Head(head))
    }

    fn checkpoint_cursors(&mut self) -> io::Result<()> {
        checkpoint::write(self.disk.as_ref(), &self.dir, self.next, &self.cursors)
    }

    /// Writes a record of the group in the buffer, and says what becomes of its batches. Everything before
    /// the position `commit` is durable.
    fn write_record(
        &mut self,
        record: &Packed,
        commit: u64,
        appended: &mut [Answered],
    ) -> Result<(), Failure> {
        // Before the cursors are touched: a new segment brings a checkpoint of them, and it must
        // not know entries that are not durable.
        let tail = self.make_room(record.bytes_max as u64)?;
        let place = Place {
            segment_id: tail.segment_id,
            first: self.next,
            commit,
        };
        let fresh = self.take_positions(record, appended);
        let (bytes, totals) = if fresh.len() == record.entries.len() {
            (record.bytes.clone(), record.totals)
        } else {
            self.pack_again(record, &fresh)
        };
        if let Some(totals) = totals {
            if bytes.start != self.unwritten.end {
                self.flush()?;
                self.unwritten = bytes.start..bytes.start;
            }
            self.seal_in(bytes, place, &record.source.stream, totals);
        }
        if self.unwritten.len() >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds a record to the buffer that has the fresh ones of its frames; gives where it lies.
    fn pack_again(
        &mut self,
        record: &Packed,
        fresh: &[&Frame],
    ) -> (Range<usize>, Option<StreamTotals>) {
        let start = self.buffer.len();
        let frames = fresh.iter().copied();
        if !fresh.is_empty() {
            let (out, packer) = (&mut self.buffer, &mut self.packer);
            record::encode(out, packer, &record.encoded_source, frames.clone());
        }
        let bytes = start..self.buffer.len();
        let totals = group::totals(frames, bytes.len());
        (bytes, totals)
    }

    /// Gives the frames of a record their positions, and their batches the answers. Where a record has
    /// entries, gives those that are not held yet.
    fn take_positions<'g>(
        &mut self,
        record: &'g Packed,
        appended: &mut [Answered],
    ) -> Vec<&'g Frame> {
        let mut cursors = self.cursors.of(&record.source);
        let mut entries = record.entries.iter();
        let mut fresh = Vec::with_capacity(record.entries.len());
        for (number, frames) in &record.members {
            let before = fresh.len();
            let of_batch = entries.by_ref().take(*frames);
            fresh.extend(
                of_batch.filter(|frame| frame.cursor.is_none_or(|key| cursors.insert(key))),
            );
            let stored = match record.entries.is_empty() {
                true => *frames,
                false => fresh.len() - before,
            };
            let first = JournalPosition(self.next);
            self.next += stored as u64;
            if let Some(appended) = appended.get_mut(*number) {
                *appended = Some(Appended {
                    stored,
                    repeated: frames - stored,
                    first,
                    next: JournalPosition(self.next),
                });
            }
        }
        fresh
    }

    /// Gives a record, which comes after what is unwritten, its place, and adds it to what the
    /// segment's seal will say.
    fn seal_in(&mut self, bytes: Range<usize>, place: Place, stream: &str, totals: StreamTotals) {
        let offset = self.unwritten.len() as u64;
        let record = self.buffer.get_mut(bytes.clone());
        let (End::Open(tail), Some(record)) = (&mut self.end, record) else {
            return;
        };
        tail.segment.note(place.first, tail.offset + offset);
        tail.seal.add(RecordHash {
            first: place.first,
            // A record holds less than 2^32 frames, each of which takes a byte at least.
            frames: u32::try_from(totals.frames).unwrap_or(u32::MAX),
            hash: record::set_place(record, place),
        });
        tail.seal.count(stream, totals);
        self.unwritten.end = bytes.end;
    }

    /// Sees to it that the open segment has room for a record and its seal; seals a full one, unless
    /// it is still empty, and begins the next.
    fn make_room(&mut self, record_bytes_max: u64) -> Result<&mut Tail, Failure> {
        let now = self.clock.now();
        let pending = self.unwritten.len() as u64;
        if let End::Open(tail) = &self.end {
            let used = tail.offset + pending;
            let full = used.saturating_add(record_bytes_max) > self.segment_bytes_max;
            if (full || day(tail.created) != day(now)) && !tail.seal.is_empty() {
                self.seal()?;
            }
        }
        if let End::Unlisted(sealed) = &self.end {
            let sealed = sealed.clone();
            self.enlist(sealed)?;
        }
        if let End::Sealed { previous } = self.end {
            self.begin_segment(now, previous)?;
        }
        let pending = self.unwritten.len() as u64;
        self.allocate(pending.saturating_add(record_bytes_max))?;
        match &mut self.end {
            End::Open(tail) => Ok(tail),
            End::Unlisted(_) | End::Sealed { .. } => {
                Err(Failure::Broken("no segment is open".into()))
            }
        }
    }

    /// Asks for room for so many bytes behind the open segment's offset, and for its seal.
    fn allocate(&mut self, bytes: u64) -> Result<(), Failure> {
        let End::Open(tail) = &mut self.end else {
            return Ok(());
        };
        let seal = tail.seal.body_bytes_max() + record::HEADER_BYTES as u64;
        let needed = tail.offset.saturating_add(bytes).saturating_add(seal);
        if needed <= tail.allocated {
            return Ok(());
        }
        let wanted = needed.next_multiple_of(ALLOCATE_BYTES);
        match tail.file.allocate(wanted) {
            Ok(()) => {
                tail.allocated = wanted;
                Ok(())
            }
            Err(error) => {
                let path = tail.segment.path.clone();
                Err(self.failure(&path, "allocate room", &error))
            }
        }
    }

    /// Writes the last record of the open segment and makes all of it durable.
    fn seal(&mut self) -> Result<(), Failure> {
        self.flush()?;
        self.allocate(0)?;
        // A seal says that everything before it was durable when it was written.
        self.sync()?;
        let next = self.next;
        let End::Open(tail) = &mut self.end else {
            return Ok(());
        };
        let seal = tail.seal.take();
        let sealed = segment::seal(
            tail.file.as_ref(),
            tail.segment_id,
            tail.offset,
            next,
            &seal,
        );
        let bytes = sealed.map_err(|error| reason(&tail.segment.path, "seal", &error))?;
        self.counters
            .appended_bytes
            .fetch_add(bytes - tail.offset, Relaxed);
        let segment = Arc::clone(&tail.segment);
        self.end = End::Unlisted(seal.entry(segment.first, bytes));
        self.touch(segment, bytes);
        Ok(())
    }

    /// Enters a sealed segment in the ledger.
    fn enlist(&mut self, sealed: Sealed) -> Result<(), Failure> {
        let previous = sealed.digest;
        let appended = lock(&self.ledger).append(Entry::Sealed(sealed));
        appended.map_err(|error| self.failure(&self.dir, "write to the ledger", &error))?;
        self.end = End::Sealed { previous };
        Ok(())
    }

    fn begin_segment(&mut self, now: Timestamp, previous: Digest) -> Result<(), Failure> {
        self.checkpoint_cursors()
            .map_err(|error| self.failure(&self.dir, "write the checkpoint of cursors", &error))?;
        let made = segment::create(self.disk.as_ref(), &self.dir, self.next, now, previous);
        match made {
            Ok(tail) => {
                self.end = End::Open(tail);
                Ok(())
            }
            Err((path, error)) => {
                let failure = self.failure(&path, "make the segment", &error);
                if matches!(failure, Failure::NoSpace(_)) {
                    // The name must be free for the next try.
                    self.disk
                        .remove(&path)
                        .map_err(|error| reason(&path, "remove the unfinished segment", &error))?;
                }
                Err(failure)
            }
        }
    }

    /// What a step that can be tried again came to.
    fn failure(&self, path: &Path, action: &str, error: &io::Error) -> Failure {
        if is_full(error) {
            Failure::NoSpace(self.room.now().unwrap_or_default())
        } else {
            Failure::Broken(reason(path, action, error))
        }
    }

    fn flush(&mut self) -> Result<(), Arc<str>> {
        let End::Open(tail) = &mut self.end else {
            return Ok(());
        };
        let bytes = self.buffer.get(self.unwritten.clone()).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        tail.file
            .write_all_at(bytes, tail.offset)
            .map_err(|error| reason(&tail.segment.path, "write", &error))?;
        let bytes = bytes.len() as u64;
        tail.offset += bytes;
        self.counters.appended_bytes.fetch_add(bytes, Relaxed);
        self.unwritten.start = self.unwritten.end;
        let touched = (Arc::clone(&tail.segment), tail.offset);
        self.touch(touched.0, touched.1);
        Ok(())
    }

    fn touch(&mut self, segment: Arc<Segment>, bytes: u64) {
        match self.touched.last_mut() {
            Some(last) if last.0.first == segment.first => last.1 = bytes,
            _ => self.touched.push((segment, bytes)),
        }
    }

    /// A segment that was sealed was synced then.
    fn sync(&self) -> Result<(), Arc<str>> {
        match &self.end {
            End::Open(tail) => self.syncs.sync(tail.file.as_ref(), &tail.segment.path),
            End::Unlisted(_) | End::Sealed { .. } => Ok(()),
        }
    }

    fn count_cursors(&self) {
        let (counters, cursors) = (&self.counters, &self.cursors);
        counters
            .cursor_sequences
            .store(cursors.sequences(), Relaxed);
        counters
            .cursor_intervals
            .store(cursors.size().runs, Relaxed);
        counters
            .cursor_sequences_forgotten
            .store(cursors.sequences_forgotten, Relaxed);
        counters
            .cursor_intervals_forgotten
            .store(cursors.intervals_forgotten, Relaxed);
    }
}

pub(crate) fn reason(path: &Path, action: &str, error: &io::Error) -> Arc<str> {
    format!("{}: cannot {action}: {error}", path.display()).into()
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The day of receipt, UTC.
fn day(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY_MICROS)
}
