//! Counters of the journal, for metrics and health.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use vakt_event::JournalPosition;

/// Upper bounds of the times of syncs and appends that are told apart: from a good flash disk to one
/// that hangs.
pub const DURATION_BUCKETS: [Duration; 12] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// The counters at one moment. Totals count from the start of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub appended_batches: u64,
    pub appended_frames: u64,
    /// Bytes written to segments, records' headers included.
    pub appended_bytes: u64,
    /// Journald entries that were held already.
    pub repeated_frames: u64,
    /// Batches that were refused because too much was waiting.
    pub refused_batches: u64,
    /// Batches that were refused because the disk was as full as it may get.
    pub no_space_batches: u64,
    /// Whether the last commit was refused for want of room, and there is still none.
    pub no_space: bool,
    pub fsync: Durations,
    /// From handing a batch over to its answer.
    pub append: Durations,
    pub in_flight_bytes: usize,
    pub segments: usize,
    pub durable_end: JournalPosition,
    /// Why nothing more is written; `None` while all is well.
    pub poisoned: Option<Arc<str>>,
    /// Journald sequences and runs that are known, and those forgotten at the bound.
    pub cursor_sequences: usize,
    pub cursor_intervals: usize,
    pub cursor_sequences_forgotten: u64,
    pub cursor_intervals_forgotten: u64,
}

/// How long something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    pub count: u64,
    /// The time spent in all of them.
    pub time: Duration,
    /// How many took at most the time of [`DURATION_BUCKETS`], and more than the one before; those
    /// that took longer than the last are in `count` alone.
    pub buckets: [u64; DURATION_BUCKETS.len()],
}

#[derive(Debug, Default)]
pub(crate) struct Timer {
    count: AtomicU64,
    micros: AtomicU64,
    buckets: [AtomicU64; DURATION_BUCKETS.len()],
}

impl Timer {
    pub(crate) fn count(&self, took: Duration) {
        self.count.fetch_add(1, Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Relaxed);
        let mut buckets = DURATION_BUCKETS.iter().zip(&self.buckets);
        if let Some((_, bucket)) = buckets.find(|(bound, _)| took <= **bound) {
            bucket.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn snapshot(&self) -> Durations {
        Durations {
            count: self.count.load(Relaxed),
            time: Duration::from_micros(self.micros.load(Relaxed)),
            buckets: self.buckets.each_ref().map(|one| one.load(Relaxed)),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) appended_batches: AtomicU64,
    pub(crate) appended_frames: AtomicU64,
    pub(crate) appended_bytes: AtomicU64,
    pub(crate) repeated_frames: AtomicU64,
    pub(crate) refused_batches: AtomicU64,
    pub(crate) no_space_batches: AtomicU64,
    /// Bytes that were to be free for the last commit; 0 where there was room.
    pub(crate) wanted_room: AtomicU64,
    pub(crate) fsync: Timer,
    pub(crate) append: Timer,
    pub(crate) cursor_sequences: AtomicUsize,
    pub(crate) cursor_intervals: AtomicUsize,
    pub(crate) cursor_sequences_forgotten: AtomicU64,
    pub(crate) cursor_intervals_forgotten: AtomicU64,
}

impl Counters {
    /// The counters alone; what the journal itself knows is filled in by the caller.
    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            appended_batches: self.appended_batches.load(Relaxed),
            appended_frames: self.appended_frames.load(Relaxed),
            appended_bytes: self.appended_bytes.load(Relaxed),
            repeated_frames: self.repeated_frames.load(Relaxed),
            refused_batches: self.refused_batches.load(Relaxed),
            no_space_batches: self.no_space_batches.load(Relaxed),
            fsync: self.fsync.snapshot(),
            append: self.append.snapshot(),
            cursor_sequences: self.cursor_sequences.load(Relaxed),
            cursor_intervals: self.cursor_intervals.load(Relaxed),
            cursor_sequences_forgotten: self.cursor_sequences_forgotten.load(Relaxed),
            cursor_intervals_forgotten: self.cursor_intervals_forgotten.load(Relaxed),
            ..Stats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_counted_in_the_bucket_that_holds_it() {
        let timer = Timer::default();
        for micros in [0, 500, 501, 5_000_000, 5_000_001] {
            timer.count(Duration::from_micros(micros));
        }
        let durations = timer.snapshot();
        assert_eq!(durations.buckets, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(durations.count, 5);
    }
}
