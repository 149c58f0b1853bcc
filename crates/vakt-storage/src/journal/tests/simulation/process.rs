//! The life of a daemon: the journal with the writer's threads taken away, so that a schedule says
//! when they work. Nothing else in the simulation knows what the journal is made of.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use vakt_event::clock::FixedClock;
use vakt_event::{Batch, Clock, JournalPosition, Timestamp};

use super::super::super::body::Packer;
use super::super::super::commit::Commit;
use super::super::super::format::segment_first;
use super::super::super::group::Group;
use super::super::super::progress::Progress;
use super::super::super::queue::{Bounds, Queue};
use super::super::super::writer::Writer;
use super::super::super::{Appended, Reader, Recovery, lock_and_recover, source};
use crate::disk::{Disk, FakeDisk, Lock};
use crate::error::{AppendError, OpenError};
use crate::options::Options;
use crate::signing::SigningKey;
use crate::stats::{Counters, Stats};

pub(super) const DIR: &str = "/data/journal";

/// The number of a send, and what the daemon said to it.
pub(super) type Answer = (usize, Result<Appended, AppendError>);

#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) segment_bytes_max: u64,
    pub(super) queue_bytes_max: usize,
    pub(super) group_bytes_max: usize,
    pub(super) reserve_bytes: u64,
}

pub(super) struct Process {
    disk: FakeDisk,
    queue: Queue,
    writer: Writer,
    progress: Arc<Progress>,
    counters: Arc<Counters>,
    answers: Arc<Mutex<Vec<Answer>>>,
    /// Batches in the queue.
    waiting: usize,
    /// Groups that are packed and not handed in, with their numbers.
    packed: Vec<(u64, Group)>,
    /// What the disk makes durable.
    syncing: Option<Commit>,
    pub(super) recovery: Recovery,
    _lock: Box<dyn Lock>,
}

impl Process {
    pub(super) fn start(
        disk: &FakeDisk,
        clock: &Arc<dyn Clock>,
        limits: Limits,
        next_position_min: u64,
    ) -> Result<Self, OpenError> {
        let dir = PathBuf::from(DIR);
        let options = Options {
            segment_bytes_max: limits.segment_bytes_max,
            next_position_min: JournalPosition(next_position_min),
            reserve_bytes: Some(limits.reserve_bytes),
            key: Some(Arc::new(SigningKey::from_seed(&[7; 32]).unwrap())),
            clock: Arc::clone(clock),
            disk: Arc::new(disk.clone()),
            ..Options::default()
        };
        let (lock, recovered) = lock_and_recover(&dir, &options)?;
        let counters = Arc::new(Counters::default());
        let recovery = recovered.recovery.clone();
        let progress = Arc::clone(&recovered.progress);
        Ok(Self {
            disk: disk.clone(),
            queue: Queue::new(Bounds {
                bytes_max: limits.queue_bytes_max,
                group_bytes_max: limits.group_bytes_max,
                ahead_bytes_min: 0,
                ahead_bytes_max: usize::MAX,
            }),
            writer: Writer::new(&dir, &options, recovered, Arc::clone(&counters)),
            progress,
            counters,
            answers: Arc::default(),
            waiting: 0,
            packed: Vec::new(),
            syncing: None,
            recovery,
            _lock: lock,
        })
    }

    /// What [`Journal::append`](super::super::super::Journal::append) does.
    pub(super) fn submit(&mut self, send: usize, batch: Batch) {
        let encoded = source::encode(&batch.source).unwrap();
        let answers = Arc::clone(&self.answers);
        let answer = Box::new(move |result| answers.lock().unwrap().push((send, result)));
        match self.queue.push(batch, encoded, answer) {
            Ok(()) => self.waiting += 1,
            Err((answer, error)) => answer(Err(error)),
        }
    }

    /// Packs a group, if something waits.
    pub(super) fn pack(&mut self) {
        if self.is_poisoned() {
            return;
        }
        if let Some(work) = self.queue.next_work() {
            self.waiting -= work.batches.len();
            let number = work.number;
            let group = Group::of(work, &mut Packer::default());
            self.packed.push((number, group));
        }
    }

    /// Writes what is packed, while the disk has not made durable what was written before.
    pub(super) fn write_ahead(&mut self) {
        self.begin_sync();
        // The last one first, so that all are due when the first one is there.
        while let Some((number, group)) = self.packed.pop() {
            if self.queue.packed(number, group).is_err() {
                self.packed.clear();
            }
        }
        let groups = self.queue.next_groups();
        if groups.is_empty() {
            return;
        }
        let written = self.writer.write(groups, &self.queue);
        match written.and_then(|commit| self.queue.written(commit)) {
            Ok(()) => self.begin_sync(),
            Err(_) => self.waiting = 0,
        }
    }

    fn begin_sync(&mut self) {
        if let Some(commit) = self.queue.next_commit() {
            self.syncing = Some(commit);
        }
    }

    /// Makes durable what is written, or packs a group, writes it and makes it durable.
    pub(super) fn write(&mut self) {
        if self.syncing.is_none() {
            if self.packed.is_empty() {
                self.pack();
            }
            self.write_ahead();
        }
        let Some(commit) = self.syncing.take() else {
            return;
        };
        let (groups, bytes) = (commit.groups.len(), commit.bytes());
        match commit.finish(&self.queue) {
            Ok(_) => self.queue.finished(groups, bytes),
            Err(_) => self.waiting = 0,
        }
        self.begin_sync();
    }

    /// Ends in order; whether all went well.
    pub(super) fn close(&mut self) -> bool {
        self.queue.close();
        while self.waiting() > 0 {
            self.write();
        }
        !self.is_poisoned() && self.writer.close().is_ok()
    }

    pub(super) fn take_answers(&mut self) -> Vec<Answer> {
        std::mem::take(&mut *self.answers.lock().unwrap())
    }

    pub(super) fn is_poisoned(&self) -> bool {
        self.queue.poisoned().is_some()
    }

    /// Batches and groups that are not answered.
    pub(super) fn waiting(&self) -> usize {
        if self.is_poisoned() {
            return self.packed.len() + usize::from(self.syncing.is_some());
        }
        self.waiting + self.queue.under_way()
    }

    pub(super) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    pub(super) fn durable_end(&self) -> u64 {
        self.progress.end()
    }

    pub(super) fn reader(&self, from: u64) -> Reader {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        Reader::new(disk, Arc::clone(&self.progress), from)
    }

    pub(super) fn stats(&self) -> Stats {
        self.counters.snapshot()
    }
}

/// A file of the journal with its length.
pub(super) fn files(disk: &FakeDisk) -> Vec<(PathBuf, u64)> {
    let dir = Path::new(DIR);
    let names = disk.list(dir).unwrap();
    let paths = names.iter().map(|name| dir.join(name));
    paths
        .map(|path| {
            let length = disk.open(&path).unwrap().len().unwrap();
            (path, length)
        })
        .collect()
}

pub(super) fn is_segment(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(segment_first).is_some()
}

/// A segment of another journal that begins at `first` and holds this batch: what an attacker
/// could send as a frame.
pub(super) fn foreign_segment(first: u64, batch: Batch) -> Vec<u8> {
    let disk = FakeDisk::default();
    let limits = Limits {
        segment_bytes_max: 1 << 20,
        queue_bytes_max: 1 << 20,
        group_bytes_max: 1 << 20,
        reserve_bytes: 0,
    };
    let clock: Arc<dyn Clock> = Arc::new(FixedClock(Timestamp::default()));
    let mut process = Process::start(&disk, &clock, limits, first).unwrap();
    process.submit(0, batch);
    process.write();
    let mut files = files(&disk);
    files.retain(|(path, _)| is_segment(path));
    let (path, length) = files.pop().unwrap();
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    let file = disk.open(&path).unwrap();
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}
