//! Group commit: many batches, one fdatasync.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vakt_event::{Clock, Frame, JournalPosition, Timestamp};

use super::body::Packer;
use super::group::{self, Group, Packed};
use super::progress::Progress;
use super::queue::{Appended, Queue, Sealing};
use super::record::{self, Place};
use super::recovery::Recovered;
use super::room::{Room, Shortage};
use super::seal::RecordHash;
use super::segment::{self, Segment, Tail};
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

/// What became of a batch, or why there was no room for it.
pub(crate) type Answered = Result<Appended, Shortage>;

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
    counters: Arc<Counters>,
    ledger: Arc<Mutex<Ledger>>,
    end: End,
    /// The position of the next frame.
    next: u64,
    cursors: CursorIndex,
    /// For records of which some entries are held already.
    packer: Packer,
    /// Records that go to the open segment's offset next.
    buffer: Vec<u8>,
    /// Segments that this commit has written to, and their bytes.
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
            counters,
            ledger: recovered.ledger,
            end: recovered.end,
            next: recovered.recovery.next.0,
            cursors: recovered.cursors,
            packer: Packer::default(),
            buffer: Vec::new(),
            touched: Vec::new(),
            head_entered: Instant::now(),
        };
        writer.count_cursors();
        writer
    }

    /// Makes one commit of the groups whose turn it is, and answers them; after a failure everything
    /// that waits is refused, and the writer must not be used again.
    pub(crate) fn serve(&mut self, queue: &Queue, groups: &mut [Group]) -> Result<(), Arc<str>> {
        let done = self
            .answer(groups, queue)
            .and_then(|()| self.answer_seals(groups))
            .and_then(|()| self.enter_head_when_due());
        if let Err(reason) = &done {
            queue.poison(reason);
        }
        done
    }

    /// Commits batches and answers them.
    fn answer(&mut self, groups: &mut [Group], queue: &Queue) -> Result<(), Arc<str>> {
        match self.commit(groups) {
            Ok(answered) => {
                let answers = groups.iter_mut().flat_map(|group| group.answers.drain(..));
                for ((answer, since), answered) in answers.zip(answered) {
                    if answered.is_ok() {
                        self.counters.append.count(since.elapsed());
                    }
                    answer.give(answered.map_err(AppendError::NoSpace));
                }
                Ok(())
            }
            Err(reason) => {
                // First, so that whoever is told and comes again is refused at once.
                queue.poison(&reason);
                for group in groups {
                    group.refuse(&reason);
                }
                Err(reason)
            }
        }
    }

    /// Seals the open segment, when somebody asked for it, and answers them.
    fn answer_seals(&mut self, groups: &mut [Group]) -> Result<(), Arc<str>> {
        let seals = groups.iter_mut().flat_map(|group| group.seals.drain(..));
        let seals: Vec<Sealing> = seals.collect();
        if seals.is_empty() {
            return Ok(());
        }
        let (answer, failed) = match self.begin_anew() {
            Ok(()) => (Ok(()), None),
            Err(Failure::NoSpace(short)) => (Err(AppendError::NoSpace(short)), None),
            Err(Failure::Broken(reason)) => {
                let error = AppendError::Poisoned(Arc::clone(&reason));
                (Err(error), Some(reason))
            }
        };
        for done in seals {
            done(answer.clone());
        }
        failed.map_or(Ok(()), Err)
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
        self.progress.publish(&self.touched, self.next);
        self.touched.clear();
        Ok(())
    }

    fn enter_head_when_due(&mut self) -> Result<(), Arc<str>> {
        if self.head_entered.elapsed() < HEAD_INTERVAL {
            return Ok(());
        }
        match self.enter_head() {
            // It is said later: nobody waits for it.
            Err(error) if is_full(&error) => Ok(()),
            Err(error) => Err(reason(&self.dir, "write to the ledger", &error)),
            Ok(()) => Ok(()),
        }
    }

    /// Makes batches durable and says what became of each. Where there is not room for all, those that
    /// found some are durable.
    pub(crate) fn commit(&mut self, groups: &[Group]) -> Result<Vec<Answered>, Arc<str>> {
        let commit = self.next;
        let mut appended = vec![None; groups.iter().map(|group| group.batches).sum()];
        let mut rest = appended.as_mut_slice();
        let mut shortage = self.room.shortage();
        for group in groups {
            let of_group;
            (of_group, rest) = rest.split_at_mut(group.batches.min(rest.len()));
            for record in &group.records {
                if shortage.is_some() {
                    break;
                }
                match self.write(record, group.bytes_of(record), commit, of_group) {
                    Ok(()) => {}
                    Err(Failure::NoSpace(short)) => shortage = Some(short),
                    Err(Failure::Broken(reason)) => return Err(reason),
                }
            }
        }
        self.flush()?;
        if !self.touched.is_empty() {
            self.sync()?;
        }
        self.progress.publish(&self.touched, self.next);
        self.touched.clear();
        self.count(&appended, shortage);
        let short = shortage.unwrap_or_default();
        Ok(appended.into_iter().map(|one| one.ok_or(short)).collect())
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

    /// Writes a record, which is `bytes` if all its frames are new, and says what became of its batches.
    fn write(
        &mut self,
        record: &Packed,
        bytes: &[u8],
        commit: u64,
        appended: &mut [Option<Appended>],
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
        let start = self.buffer.len();
        let totals = if fresh.len() == record.entries.len() {
            self.buffer.extend_from_slice(bytes);
            record.totals
        } else {
            let frames = fresh.iter().copied();
            if !fresh.is_empty() {
                let (out, packer) = (&mut self.buffer, &mut self.packer);
                record::encode(out, packer, &record.encoded_source, frames.clone());
            }
            group::totals(frames, self.buffer.len() - start)
        };
        if let Some(totals) = totals {
            self.seal_in(start, place, &record.source.stream, totals);
        }
        if self.buffer.len() >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Gives the frames of a record their positions, and their batches the answers. Where a record has
    /// entries, gives those that are not held yet.
    fn take_positions<'g>(
        &mut self,
        record: &'g Packed,
        appended: &mut [Option<Appended>],
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

    /// Gives the record that begins at `start` of the buffer and ends with it its place, and adds it to
    /// what the segment's seal will say.
    fn seal_in(&mut self, start: usize, place: Place, stream: &str, totals: StreamTotals) {
        let (End::Open(tail), Some(bytes)) = (&mut self.end, self.buffer.get_mut(start..)) else {
            return;
        };
        tail.segment.note(place.first, tail.offset + start as u64);
        tail.seal.add(RecordHash {
            first: place.first,
            // A record holds less than 2^32 frames, each of which takes a byte at least.
            frames: u32::try_from(totals.frames).unwrap_or(u32::MAX),
            hash: record::set_place(bytes, place),
        });
        tail.seal.count(stream, totals);
    }

    /// Sees to it that the open segment has room for a record and its seal; seals a full one, unless
    /// it is still empty, and begins the next.
    fn make_room(&mut self, record_bytes_max: u64) -> Result<&mut Tail, Failure> {
        let now = self.clock.now();
        let pending = self.buffer.len() as u64;
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
        let pending = self.buffer.len() as u64;
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
            Failure::NoSpace(self.room.shortage().unwrap_or_default())
        } else {
            Failure::Broken(reason(path, action, error))
        }
    }

    fn flush(&mut self) -> Result<(), Arc<str>> {
        let End::Open(tail) = &mut self.end else {
            return Ok(());
        };
        if self.buffer.is_empty() {
            return Ok(());
        }
        tail.file
            .write_all_at(&self.buffer, tail.offset)
            .map_err(|error| reason(&tail.segment.path, "write", &error))?;
        let bytes = self.buffer.len() as u64;
        tail.offset += bytes;
        self.counters.appended_bytes.fetch_add(bytes, Relaxed);
        self.buffer.clear();
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
    fn sync(&mut self) -> Result<(), Arc<str>> {
        let End::Open(tail) = &self.end else {
            return Ok(());
        };
        let start = Instant::now();
        let synced = tail.file.sync_data();
        self.counters.fsync.count(start.elapsed());
        synced.map_err(|error| reason(&tail.segment.path, "sync", &error))
    }

    fn count(&self, appended: &[Option<Appended>], shortage: Option<Shortage>) {
        let answered = || appended.iter().flatten();
        let sum = |of: fn(&Appended) -> usize| answered().map(of).sum::<usize>() as u64;
        let counters = &self.counters;
        let batches = answered().count() as u64;
        counters.appended_batches.fetch_add(batches, Relaxed);
        let stored = sum(|one| one.stored);
        counters.appended_frames.fetch_add(stored, Relaxed);
        let repeated = sum(|one| one.repeated);
        counters.repeated_frames.fetch_add(repeated, Relaxed);
        let refused = appended.len() as u64 - batches;
        counters.no_space_batches.fetch_add(refused, Relaxed);
        counters.no_space.store(shortage.is_some(), Relaxed);
        self.count_cursors();
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

fn reason(path: &Path, action: &str, error: &io::Error) -> Arc<str> {
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
