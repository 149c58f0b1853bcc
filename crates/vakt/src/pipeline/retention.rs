//! The thread that lets old logs go.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prometheus::{IntCounter, IntGauge, Registry};
use vakt_api::Searches;
use vakt_event::{Clock, JournalPosition, Timestamp};
use vakt_storage::retention::{ClockDoubt, CutShort, Taken};
use vakt_storage::{Disk, Journal, RealDisk};

use super::Stop;
use super::detect::DetectProgress;
use super::evenness::Evenness;
use super::index::IndexProgress;
use crate::config::Retention;
use crate::metrics::{counter, gauge};

/// The first look comes after the start's own work, the others every half minute: a disk that fills
/// at 100 MB/s gains 3 GB between two.
const FIRST_PAUSE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_secs(30);

/// Once said, that bytes cut age short is shown for a day after it last happened.
const CUT_SHORT_SHOWN: Duration = Duration::from_secs(24 * 3600);

/// What retention did, for Prometheus.
#[derive(Clone)]
pub struct RetentionMetrics {
    removed_events: IntCounter,
    removed_bytes: IntCounter,
    cut_short: IntGauge,
    age_waits: IntGauge,
}

/// Why nothing goes for its age, while that is so.
#[derive(Debug, Default)]
pub struct AgeWaits(Mutex<Option<String>>);

impl AgeWaits {
    pub fn reason(&self) -> Option<String> {
        self.lock().clone()
    }

    fn set(&self, reason: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.lock(), reason)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RetentionMetrics {
    pub fn new(registry: &Registry) -> Result<Self> {
        Ok(Self {
            removed_events: counter(
                registry,
                "vakt_retention_removed_events_total",
                "Events that retention took from the journal.",
            )?,
            removed_bytes: counter(
                registry,
                "vakt_retention_removed_bytes_total",
                "Bytes that retention gave back to the disk.",
            )?,
            cut_short: gauge(
                registry,
                "vakt_retention_cut_short",
                "1 when within a day the bound of bytes took logs that were to be kept for longer.",
            )?,
            age_waits: gauge(
                registry,
                "vakt_retention_age_waits",
                "1 while nothing is removed for its age, because the clock is far ahead of what was received before.",
            )?,
        })
    }
}

/// The thread's work.
pub struct RetentionThread {
    pub journal: Arc<Journal>,
    pub index: Arc<IndexProgress>,
    pub detect: Arc<DetectProgress>,
    pub retention: Retention,
    /// Its log has a time of its own.
    pub searches: Arc<Searches>,
    /// Its bytes count, and shrink with the journal.
    pub index_dir: PathBuf,
    pub clock: Arc<dyn Clock>,
    pub waits: Arc<AgeWaits>,
    pub metrics: RetentionMetrics,
    pub stop: Stop,
}

impl RetentionThread {
    /// Runs until `stop`.
    pub fn run(self) {
        // What went before a crash may still be in the index.
        self.index.forget(&self.journal.gone(), false);
        let mut cut_short: Option<Timestamp> = None;
        let mut pause = FIRST_PAUSE;
        let mut evenness = Evenness::from(Instant::now(), self.clock.now());
        while !self.stop.wait(pause) {
            pause = PAUSE;
            let now = self.clock.now();
            // A clock that has gone on evenly for so long while we looked needs no other witness.
            let even = evenness.look(Instant::now(), now);
            let jump_max = self.retention.clock_jump;
            let doubt = self.journal.clock_doubt(now, jump_max);
            let doubt = doubt.filter(|_| even < jump_max);
            match self.work(now, doubt) {
                Ok(taken) if !taken.cut_short.is_empty() => cut_short = Some(now),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "retention cannot do its work");
                }
            }
            if doubt.is_none() {
                self.let_searches_go();
            }
            let shown = cut_short.is_some_and(|at| is_within(at, now, CUT_SHORT_SHOWN));
            self.metrics.cut_short.set(i64::from(shown));
        }
    }

    fn let_searches_go(&self) {
        match self.searches.let_go() {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, "the search log let old entries go"),
            Err(error) => tracing::error!(%error, "the search log keeps what is too old"),
        }
    }

    fn work(&self, now: Timestamp, doubt: Option<ClockDoubt>) -> Result<Taken> {
        let space = RealDisk
            .space(&self.index_dir)
            .context("cannot ask how large the disk is")?;
        let index_bytes = bytes_in(&self.index_dir);
        let mut retention = self.retention.on(space.total);
        retention.age_waits = doubt.is_some();
        let passed = passed(&self.index, &self.detect);
        // When nothing more comes, the last of it is let go, too.
        self.detect.want(self.index.committed());
        let taken = self.journal.retain(&retention, passed, now, index_bytes)?;
        self.index.forget(&taken.ranges, false);
        self.say(&taken);
        self.say_whether_age_waits(doubt.filter(|_| taken.waiting > 0));
        Ok(taken)
    }

    fn say_whether_age_waits(&self, doubt: Option<ClockDoubt>) {
        self.metrics.age_waits.set(i64::from(doubt.is_some()));
        let reason = doubt.map(|doubt| {
            format!(
                "nothing is removed for its age: the clock says {}, and what came before was received until \
                 {}. Set the clock right if it is ahead; if Vakt was off for so long, this ends by itself \
                 when events have come for {} hours, or with a greater `retention.clock_jump`",
                doubt.after.to_jiff(),
                doubt.before.to_jiff(),
                self.retention.clock_jump.as_secs() / 3600
            )
        });
        match (self.waits.set(reason.clone()), reason) {
            (None, Some(reason)) => tracing::warn!("{reason}"),
            (Some(_), None) => tracing::info!("retention removes by age again"),
            _ => {}
        }
    }

    fn say(&self, taken: &Taken) {
        if taken.frames > 0 || taken.segments > 0 {
            self.metrics.removed_events.inc_by(taken.frames);
            self.metrics.removed_bytes.inc_by(taken.bytes);
            tracing::info!(
                events = taken.frames,
                bytes = taken.bytes,
                segments = taken.segments,
                first = self.journal.first_position().0,
                "retention let old logs go"
            );
        }
        for CutShort {
            stream,
            age,
            newest,
        } in &taken.cut_short
        {
            tracing::warn!(
                stream,
                kept_days = age.as_secs() / 86_400,
                gone_up_to = %newest.to_jiff(),
                "the bound of bytes took logs before their time: give the data directory more room, \
                 or keep them for fewer days"
            );
        }
    }
}

fn is_within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    now.micros() < at.micros().saturating_add(span)
}

/// The bytes of the files in a folder, as far as they can be seen: merges remove some meanwhile.
fn bytes_in(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    let files = entries.filter_map(|entry| entry.ok()?.metadata().ok());
    files.map(|file| file.len()).sum()
}

/// How far an erasure or retention must wait for: nobody reads before it any more.
pub fn passed(index: &IndexProgress, detect: &DetectProgress) -> JournalPosition {
    index.committed().min(detect.needed())
}
