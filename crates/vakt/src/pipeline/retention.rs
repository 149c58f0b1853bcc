//! The thread that lets old logs go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prometheus::{IntCounter, IntGauge, Registry};
use vakt_api::Searches;
use vakt_event::{Clock, JournalPosition, Timestamp};
use vakt_storage::retention::{CutShort, Taken};
use vakt_storage::{Disk, Journal, RealDisk};

use super::Stop;
use super::detect::DetectProgress;
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
        while !self.stop.wait(pause) {
            pause = PAUSE;
            let now = self.clock.now();
            match self.work(now) {
                Ok(taken) if !taken.cut_short.is_empty() => cut_short = Some(now),
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "retention cannot do its work");
                }
            }
            self.let_searches_go();
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

    fn work(&self, now: Timestamp) -> Result<Taken> {
        let space = RealDisk
            .space(&self.index_dir)
            .context("cannot ask how large the disk is")?;
        let index_bytes = bytes_in(&self.index_dir);
        let retention = self.retention.on(space.total);
        let passed = passed(&self.index, &self.detect);
        // When nothing more comes, the last of it is let go, too.
        self.detect.want(self.index.committed());
        let taken = self.journal.retain(&retention, passed, now, index_bytes)?;
        self.index.forget(&taken.ranges, false);
        self.say(&taken);
        Ok(taken)
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
