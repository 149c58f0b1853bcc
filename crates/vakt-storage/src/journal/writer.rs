//! Group commit: many batches, one fdatasync.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use vakt_event::{Batch, Clock, Frame, JournalPosition};

use super::format::SEGMENT_HEADER_BYTES;
use super::progress::Progress;
use super::queue::{Appended, Queue};
use super::record::{self, Place};
use super::recovery::Recovered;
use super::segment::{self, Segment, Tail};
use crate::cursor::checkpoint;
use crate::cursor::index::CursorIndex;
use crate::disk::Disk;
use crate::error::AppendError;
use crate::options::Options;
use crate::stats::Counters;

/// 1 MiB a write: enough for full throughput, and the buffer stays small.
const WRITE_BYTES: usize = 1024 * 1024;

/// The only one who writes to the journal. After a failed call it must not be used again: whether
/// the kernel still has what it could not sync, nobody knows.
pub(crate) struct Writer {
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    dir: PathBuf,
    segment_bytes_max: u64,
    progress: Arc<Progress>,
    counters: Arc<Counters>,
    tail: Tail,
    /// The position of the next frame.
    next: u64,
    cursors: CursorIndex,
    /// Records that go to `tail.offset` next.
    buffer: Vec<u8>,
    /// Segments that this commit has written to, and their bytes.
    touched: Vec<(Arc<Segment>, u64)>,
}

impl Writer {
    pub(crate) fn new(
        dir: &Path,
        options: &Options,
        recovered: Recovered,
        counters: Arc<Counters>,
    ) -> Self {
        let writer = Self {
            disk: Arc::clone(&options.disk),
            clock: Arc::clone(&options.clock),
            dir: dir.to_owned(),
            segment_bytes_max: options.segment_bytes_max,
            progress: recovered.progress,
            counters,
            tail: recovered.tail,
            next: recovered.recovery.next.0,
            cursors: recovered.cursors,
            buffer: Vec::new(),
            touched: Vec::new(),
        };
        writer.count_cursors();
        writer
    }

    /// Writes what the queue brings until it is closed or something fails.
    pub(crate) fn run(mut self, queue: &Queue, group_bytes_max: usize) -> Result<(), Arc<str>> {
        while let Some(group) = queue.take(group_bytes_max) {
            let mut answers = Vec::with_capacity(group.len());
            let mut batches = Vec::with_capacity(group.len());
            for pending in group {
                answers.push(pending.answer);
                batches.push((pending.batch, pending.source));
            }
            match self.commit(&batches) {
                Ok(appended) => {
                    for (answer, appended) in answers.into_iter().zip(appended) {
                        answer.give(Ok(appended));
                    }
                }
                Err(reason) => {
                    queue.poison(&reason);
                    for answer in answers {
                        answer.give(Err(AppendError::Poisoned(Arc::clone(&reason))));
                    }
                    return Err(reason);
                }
            }
        }
        self.checkpoint_cursors()
    }

    /// Makes batches (with their encoded sources) durable and says what became of each.
    pub(crate) fn commit(
        &mut self,
        batches: &[(Batch, Vec<u8>)],
    ) -> Result<Vec<Appended>, Arc<str>> {
        let commit = self.next;
        let mut appended = Vec::with_capacity(batches.len());
        for (batch, source) in batches {
            appended.push(self.write(batch, source, commit)?);
        }
        self.flush()?;
        if !self.touched.is_empty() {
            self.sync()?;
        }
        self.progress.publish(&self.touched, self.next);
        self.touched.clear();
        self.count(&appended);
        Ok(appended)
    }

    /// Writes the checkpoint that spares the next start reading everything.
    pub(crate) fn checkpoint_cursors(&mut self) -> Result<(), Arc<str>> {
        checkpoint::write(self.disk.as_ref(), &self.dir, self.next, &self.cursors)
            .map_err(|error| reason(&self.dir, "write the checkpoint of cursors", &error))
    }

    fn write(&mut self, batch: &Batch, source: &[u8], commit: u64) -> Result<Appended, Arc<str>> {
        // Before the cursors are touched: a new segment brings a checkpoint of them, and it must
        // not know entries that are not durable.
        self.make_room(record::bytes_max(source.len(), &batch.frames))?;
        let mut entries = self.cursors.of(&batch.source);
        let fresh: Vec<&Frame> = batch
            .frames
            .iter()
            .filter(|frame| frame.cursor.is_none_or(|key| entries.insert(key)))
            .collect();
        let first = JournalPosition(self.next);
        if !fresh.is_empty() {
            let place = Place {
                segment_id: self.tail.segment_id,
                first: self.next,
                commit,
            };
            let at = self.tail.offset + self.buffer.len() as u64;
            self.tail.segment.note(self.next, at);
            record::encode(&mut self.buffer, place, source, &fresh);
            self.next += fresh.len() as u64;
            if self.buffer.len() >= WRITE_BYTES {
                self.flush()?;
            }
        }
        Ok(Appended {
            stored: fresh.len(),
            repeated: batch.frames.len() - fresh.len(),
            first,
            next: JournalPosition(self.next),
        })
    }

    /// Begins a new segment when the record would make this one too large, unless it is still empty.
    fn make_room(&mut self, record_bytes_max: usize) -> Result<(), Arc<str>> {
        let used = self.tail.offset + self.buffer.len() as u64;
        let full = used.saturating_add(record_bytes_max as u64) > self.segment_bytes_max;
        if !full || used <= SEGMENT_HEADER_BYTES as u64 {
            return Ok(());
        }
        self.flush()?;
        self.sync()?;
        self.checkpoint_cursors()?;
        let tail = segment::create(self.disk.as_ref(), &self.dir, self.next, self.clock.now())
            .map_err(|(path, error)| reason(&path, "make the segment", &error))?;
        self.tail = tail;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Arc<str>> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.tail
            .file
            .write_all_at(&self.buffer, self.tail.offset)
            .map_err(|error| reason(&self.tail.segment.path, "write", &error))?;
        let bytes = self.buffer.len() as u64;
        self.tail.offset += bytes;
        self.counters.appended_bytes.fetch_add(bytes, Relaxed);
        self.buffer.clear();
        let touched = (Arc::clone(&self.tail.segment), self.tail.offset);
        match self.touched.last_mut() {
            Some(last) if last.0.first == touched.0.first => *last = touched,
            _ => self.touched.push(touched),
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Arc<str>> {
        let start = Instant::now();
        let synced = self.tail.file.sync_data();
        self.counters.count_fsync(start.elapsed());
        synced.map_err(|error| reason(&self.tail.segment.path, "sync", &error))
    }

    fn count(&self, appended: &[Appended]) {
        let sum = |of: fn(&Appended) -> usize| appended.iter().map(of).sum::<usize>() as u64;
        let counters = &self.counters;
        let batches = appended.len() as u64;
        counters.appended_batches.fetch_add(batches, Relaxed);
        let stored = sum(|one| one.stored);
        counters.appended_frames.fetch_add(stored, Relaxed);
        let repeated = sum(|one| one.repeated);
        counters.repeated_frames.fetch_add(repeated, Relaxed);
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
