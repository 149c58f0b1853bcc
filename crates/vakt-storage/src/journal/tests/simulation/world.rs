//! Clients, a daemon with its consumers, a disk: what a schedule plays with.

use std::fmt::Display;
use std::sync::Arc;

use vakt_event::Clock;

use super::client::Client;
use super::clock::Calendar;
use super::detector::Detector;
use super::index::Index;
use super::process::{Limits, Process};
use super::trace::Trace;
use super::truth::{Counts, Truth};
use crate::disk::FakeDisk;
use crate::disk::random::SplitMix;
use crate::error::AppendError;

pub(super) struct World {
    pub(super) disk: FakeDisk,
    pub(super) truth: Truth,
    pub(super) clients: Vec<Client>,
    pub(super) trace: Trace,
    pub(super) calendar: Arc<Calendar>,
    limits: Limits,
}

/// A daemon that runs. A consumer that failed is missing until it begins again.
pub(super) struct Life {
    pub(super) process: Process,
    pub(super) index: Option<Index>,
    pub(super) detector: Option<Detector>,
    struck_before: u64,
}

impl World {
    pub(super) fn new(random: &mut SplitMix, trace: Trace) -> Self {
        let segment_bytes_max = [600, 2000, 5000][choose(random, 3)];
        let queue_bytes_max = [6000, 1 << 20][choose(random, 2)];
        let group_bytes_max = [1, 1000, usize::MAX][choose(random, 3)];
        // As much as a disk has that is running full.
        let reserve_bytes = [0, 2000, 5 << 20][choose(random, 3)];
        Self {
            disk: FakeDisk::seeded(random.next()),
            truth: Truth::default(),
            clients: Client::all(),
            trace,
            calendar: Arc::new(Calendar::new()),
            limits: Limits {
                segment_bytes_max,
                queue_bytes_max,
                group_bytes_max,
                reserve_bytes,
            },
        }
    }

    /// Starts the daemon; `None` when the disk refuses. What recovery left is for the caller to
    /// check.
    pub(super) fn start(&mut self) -> Option<Life> {
        let struck_before = self.disk.struck();
        let started = self.try_start(struck_before);
        match &started {
            Ok(life) => {
                let recovery = &life.process.recovery;
                let (next, cut) = (recovery.next, recovery.cut_bytes);
                let cut_reason = recovery.cut_reason.as_deref().unwrap_or("-");
                self.trace
                    .say(|| format!("start: next position {next}, {cut} bytes cut ({cut_reason})"));
            }
            Err(error) => {
                self.trace.say(|| format!("start fails: {error}"));
                self.must_be_harmed(struck_before, error);
            }
        }
        started.ok()
    }

    fn try_start(&self, struck_before: u64) -> Result<Life, String> {
        let index = Index::load(&self.disk).map_err(|error| error.to_string())?;
        let detector = Detector::load(&self.disk).map_err(|error| error.to_string())?;
        let seen = index.position().max(detector.checkpoint());
        let clock: Arc<dyn Clock> = Arc::clone(&self.calendar) as _;
        let process = Process::start(&self.disk, &clock, self.limits, seen);
        Ok(Life {
            process: process.map_err(|error| error.to_string())?,
            index: Some(index),
            detector: Some(detector),
            struck_before,
        })
    }

    /// A client sends something.
    pub(super) fn send(&mut self, life: &mut Life, random: &mut SplitMix) {
        let number = choose(random, self.clients.len());
        let (client, end) = (&mut self.clients[number], self.truth.end);
        if let Some(ids) = client.next_batch(&mut self.truth.frames, random, end) {
            self.submit(life, number, &ids);
        }
    }

    pub(super) fn submit(&mut self, life: &mut Life, client: usize, ids: &[usize]) {
        let source = &self.clients[client].source;
        let batch = self.truth.frames.batch(source, ids);
        let send = self.truth.send(client, ids);
        self.trace
            .say(|| format!("client {client} sends {ids:?} as {send}"));
        life.process.submit(send, batch);
        self.take_answers(life);
    }

    /// A group is packed.
    pub(super) fn pack(&mut self, life: &mut Life) {
        life.process.pack();
        self.take_answers(life);
    }

    /// The writer writes, and the disk is slow.
    pub(super) fn write_ahead(&mut self, life: &mut Life) {
        life.process.write_ahead();
        self.take_answers(life);
    }

    /// The writer makes a commit.
    pub(super) fn write(&mut self, life: &mut Life) {
        life.process.write();
        self.take_answers(life);
    }

    /// The index reads and at times commits.
    pub(super) fn index(&mut self, life: &mut Life, random: &mut SplitMix) {
        let Some(mut index) = life.index.take() else {
            life.index = self.begin_again(life, "index", Index::load(&self.disk));
            return;
        };
        let (batches, commits) = (random.below(4), random.below(2) == 0);
        for _ in 0..batches {
            // It reads on at the same place, where the detection begins again.
            if let Err(error) = index.read(&life.process) {
                self.trace.say(|| format!("index: {error}"));
                self.must_be_harmed(life.struck_before, error);
            }
        }
        let position = index.position();
        assert!(
            position <= self.truth.end,
            "the index is ahead of the journal"
        );
        assert!(
            self.truth.rotten || index.lost.is_empty(),
            "frames are lost: {:?}",
            index.lost
        );
        let went_well = match commits {
            true => index.commit(&self.disk),
            false => Ok(()),
        };
        self.trace.say(|| {
            let committed = if commits { ", commits" } else { "" };
            format!("index: reads to {position}{committed}: {went_well:?}")
        });
        match went_well {
            Ok(()) => life.index = Some(index),
            Err(error) => self.must_be_harmed(life.struck_before, error),
        }
    }

    /// The detection reads and at times commits.
    pub(super) fn detect(&mut self, life: &mut Life, random: &mut SplitMix) {
        let Some(mut detector) = life.detector.take() else {
            life.detector = self.begin_again(life, "detect", Detector::load(&self.disk));
            return;
        };
        detector.gaps = self.truth.rotten;
        let (batches, commits) = (random.below(4), random.below(2) == 0);
        let windows = random.below(3) == 0;
        let mut went_well = Ok(());
        for _ in 0..batches {
            if let Err(error) = detector.read(&life.process) {
                went_well = Err(error.to_string());
            }
        }
        if commits && went_well.is_ok() {
            let committed = detector.commit(&self.disk, windows);
            went_well = committed.map_err(|error| error.to_string());
        }
        let checkpoint = detector.checkpoint();
        assert!(
            checkpoint <= self.truth.end,
            "the detection is ahead of the journal"
        );
        self.trace.say(|| {
            let committed = if commits { ", commits" } else { "" };
            format!("detect: checkpoint {checkpoint}{committed}: {went_well:?}")
        });
        match went_well {
            Ok(()) => life.detector = Some(detector),
            Err(error) => self.must_be_harmed(life.struck_before, error),
        }
    }

    fn begin_again<T>(&self, life: &Life, who: &str, loaded: std::io::Result<T>) -> Option<T> {
        self.trace.say(|| format!("{who}: begins again"));
        match loaded {
            Ok(consumer) => Some(consumer),
            Err(error) => {
                self.must_be_harmed(life.struck_before, error);
                None
            }
        }
    }

    /// Somebody reads from anywhere.
    pub(super) fn look(&self, life: &Life, random: &mut SplitMix) {
        let from = random.below(self.truth.end + 1);
        let found = self.disk.unharmed(|| self.truth.read(&life.process, from));
        let expected: Vec<_> = self.truth.seen.range(from..).collect();
        assert_eq!(found.frames.iter().collect::<Vec<_>>(), expected);
    }

    /// Ends the daemon in order; whether that went well.
    pub(super) fn close(&mut self, mut life: Life) -> bool {
        let closed = life.process.close();
        self.take_answers(&mut life);
        self.trace
            .say(|| format!("close: {}", if closed { "well" } else { "fails" }));
        if !closed {
            self.must_be_harmed(life.struck_before, "the close failed");
        }
        self.ended();
        closed
    }

    /// Nobody of the last life is there any more.
    pub(super) fn ended(&mut self) {
        self.truth.counts = Counts::default();
        for client in &mut self.clients {
            client.disconnected();
        }
    }

    fn take_answers(&mut self, life: &mut Life) {
        let mut acknowledged = Vec::new();
        for (send, answer) in life.process.take_answers() {
            self.trace.say(|| format!("answer to {send}: {answer:?}"));
            let (client, ids) = self.truth.sent(send);
            self.clients[client].answered(ids, answer.is_ok());
            match answer {
                Ok(appended) => acknowledged.push((send, appended)),
                Err(AppendError::Poisoned(reason)) => {
                    self.must_be_harmed(life.struck_before, reason);
                    self.truth.failed(send);
                }
                Err(error) => {
                    if let AppendError::NoSpace(short) = &error
                        && short.free >= short.reserve
                    {
                        self.must_be_harmed(life.struck_before, error);
                    }
                    self.truth.refused(send);
                }
            }
        }
        let (disk, truth) = (self.disk.clone(), &mut self.truth);
        disk.unharmed(|| truth.published(&life.process, &acknowledged));
        let (stats, counts) = (life.process.stats(), self.truth.counts);
        assert_eq!(stats.appended_frames, counts.stored as u64);
        assert_eq!(stats.repeated_frames, counts.repeated as u64);
        if life.process.waiting() == 0 {
            let answered = counts.stored + counts.repeated + counts.refused;
            assert_eq!(counts.received, answered, "{counts:?}");
        }
    }

    /// Nothing may fail while the disk does what it is asked.
    fn must_be_harmed(&self, struck_before: u64, error: impl Display) {
        let struck = self.disk.struck();
        assert!(
            struck > struck_before,
            "the disk did nothing wrong: {error}"
        );
    }
}

pub(super) fn choose(random: &mut SplitMix, count: usize) -> usize {
    usize::try_from(random.below(count as u64)).unwrap()
}
