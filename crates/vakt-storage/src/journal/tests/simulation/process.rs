//! The life of a daemon: the journal with the writer's thread taken away, so that a schedule says
//! when it works. Nothing else in the simulation knows what the journal is made of.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use vakt_event::clock::FixedClock;
use vakt_event::{Batch, Clock, JournalPosition, Timestamp};

use super::super::super::body::Packer;
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
        // An empty queue would wait for another thread.
        if self.waiting == 0 || self.is_poisoned() {
            return;
        }
        let work = self.queue.take().unwrap();
        self.waiting -= work.batches.len();
        let number = work.number;
        let group = Group::of(work, &mut Packer::default());
        self.packed.push((number, group));
    }

    /// Commits what is packed, or packs a group and commits it.
    pub(super) fn write(&mut self) {
        if self.packed.is_empty() {
            self.pack();
        }
        let mut due = Vec::new();
        // The last one first, so that all are due when the first one is there.
        while let Some((number, group)) = self.packed.pop() {
            due = self.queue.hand_in(number, group).unwrap();
        }
        if due.is_empty() {
            return;
        }
        match self.writer.serve(&self.queue, &mut due) {
            Ok(()) => assert_eq!(self.queue.finish(&due).len(), 0),
            Err(_) => self.waiting = 0,
        }
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
        self.waiting + self.packed.len()
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
