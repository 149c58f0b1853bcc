//! What takes the space, and erasing events on request, from the journal and from the index.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Value as Json, json};
use vakt_api::Principal;
use vakt_api::backend::{NewErasure, StorageBackend, StorageFailure};
use vakt_event::{JournalPosition, Timestamp};
use vakt_search::Index;
use vakt_search::index::PartitionUsage;
use vakt_storage::retention::{Request, Selection};
use vakt_storage::{Journal, ReadError};

use crate::pipeline::detect::DetectProgress;
use crate::pipeline::index::IndexProgress;
use crate::pipeline::retention::passed;

/// Detection and index are usually there within a second; one that stands still is not waited for.
const PATIENCE: Duration = Duration::from_secs(40);

/// Writing the index anew without what is erased takes as long as indexing a part of it.
const PURGE_PATIENCE: Duration = Duration::from_secs(20);

const POLL: Duration = Duration::from_millis(50);

pub(super) struct Storage {
    pub(super) journal: Arc<Journal>,
    pub(super) index: Arc<IndexProgress>,
    pub(super) searched: Arc<ArcSwap<Index>>,
    pub(super) detect: Arc<DetectProgress>,
}

impl StorageBackend for Storage {
    fn usage(&self, streams: Option<&[String]>) -> Result<Json, StorageFailure> {
        let usage = self.searched.load().usage();
        let usage = usage.map_err(|error| StorageFailure::Internal(error.to_string()))?;
        let is_seen = |partition: &&PartitionUsage| {
            streams.is_none_or(|streams| streams.contains(&partition.stream))
        };
        let mut by_stream: BTreeMap<&str, Sums> = BTreeMap::new();
        let mut partitions = Vec::new();
        for partition in usage.partitions.iter().filter(is_seen) {
            by_stream
                .entry(&partition.stream)
                .or_default()
                .add(partition);
            let mut one = Sums::default();
            one.add(partition);
            let mut one = one.to_json(&partition.stream);
            one["day"] = date(partition.day).into();
            partitions.push(one);
        }
        // Names of fields, too, tell of the streams that have them.
        let fields: Vec<Json> = match streams {
            Some(_) => Vec::new(),
            None => usage.fields.iter().map(|field| {
                json!({"field": field.name, "bytes": field.bytes, "chunks": field.chunks})
            }).collect(),
        };
        let streams = by_stream.iter().map(|(stream, sums)| sums.to_json(stream));
        Ok(json!({
            "streams": streams.collect::<Vec<_>>(),
            "partitions": partitions,
            "fields": fields,
            "unsealed_events": usage.unsealed_events,
            "journal": {
                "bytes": self.journal.bytes(),
                "first_position": self.journal.first_position().0,
                "next_position": self.journal.durable_end().0,
            },
        }))
    }

    fn erase(&self, new: &NewErasure, by: &Principal) -> Result<Json, StorageFailure> {
        let selection = selection(new);
        if new.dry_run {
            let events = self.count(&selection)?;
            return Ok(json!({"dry_run": true, "events": events}));
        }
        let end = self.journal.durable_end();
        self.wait_for_consumers(end)?;
        self.journal
            .seal()
            .map_err(|error| StorageFailure::Unavailable(error.to_string()))?;
        let request = Request {
            who: by.name.clone(),
            reason: new.reason.clone(),
        };
        let taken = self
            .journal
            .erase(&selection, end, &request)
            .map_err(|error| StorageFailure::Internal(error.to_string()))?;
        let number = self.index.forget(&taken.ranges, true);
        let is_purged = self.index.wait_forgotten(number, PURGE_PATIENCE);
        if taken.frames > 0 {
            tracing::warn!(
                who = by.name,
                reason = new.reason,
                events = taken.frames,
                "events were erased"
            );
        }
        let ranges = taken.ranges.iter().map(|(from, to)| [from.0, to.0]);
        Ok(json!({
            "dry_run": false,
            "events": taken.frames,
            "bytes": taken.bytes,
            "ranges": ranges.collect::<Vec<_>>(),
            "index": if is_purged { "done" } else { "pending" },
        }))
    }
}

/// Sums over partitions.
#[derive(Default)]
struct Sums {
    newest_day: i64,
    splits: u64,
    events: u64,
    indexed_events: u64,
    raw_bytes: u64,
    bytes: u64,
}

impl Sums {
    fn add(&mut self, partition: &PartitionUsage) {
        self.newest_day = self.newest_day.max(partition.day);
        self.splits += partition.splits;
        self.events += partition.events;
        self.indexed_events += partition.indexed_events;
        self.raw_bytes += partition.frame_bytes;
        self.bytes += partition.bytes;
    }

    fn to_json(&self, stream: &str) -> Json {
        json!({
            "stream": stream,
            "splits": self.splits,
            "events": self.events,
            "indexed_events": self.indexed_events,
            "raw_bytes": self.raw_bytes,
            "bytes": self.bytes,
            "bytes_per_raw_byte": share(self.bytes, self.raw_bytes),
            "newest_day": date(self.newest_day),
        })
    }
}

/// To three decimals; `None` of nothing.
#[allow(clippy::cast_precision_loss, reason = "a share needs few digits")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 1000.0)
}

/// A day since the epoch, as a date.
fn date(day: i64) -> Option<String> {
    let midnight = day.checked_mul(24 * 3600)?;
    let day = Timestamp::from_seconds(midnight)?.to_jiff();
    Some(jiff::tz::TimeZone::UTC.to_datetime(day).date().to_string())
}

impl Storage {
    /// What is erased must have had its effect on alerts before, or a restart would miss it.
    fn wait_for_consumers(&self, end: JournalPosition) -> Result<(), StorageFailure> {
        self.detect.want(end);
        let polls = PATIENCE.as_millis() / POLL.as_millis();
        for _ in 0..polls {
            self.index.wait_for(end, POLL);
            if passed(&self.index, &self.detect) >= end {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err(StorageFailure::Unavailable(
            "index or detection has still to do with events that were stored before; /readyz and \
             the lag in /metrics say how far they are"
                .to_owned(),
        ))
    }

    fn count(&self, selection: &Selection) -> Result<u64, StorageFailure> {
        let end = self.journal.durable_end();
        let mut reader = self.journal.reader(self.journal.first_position());
        let mut events = 0;
        while reader.position() < end {
            match reader.next(Duration::ZERO) {
                Ok(Some(batch)) if selection.takes(&batch) => events += batch.frames.len() as u64,
                Ok(Some(_)) | Err(ReadError::Lost(_)) => {}
                Ok(None) | Err(ReadError::Closed) => break,
                Err(error) => return Err(StorageFailure::Internal(error.to_string())),
            }
        }
        Ok(events)
    }
}

/// Beyond whatever can have been received.
fn far_future() -> Timestamp {
    /// The year 5138.
    const SECONDS: i64 = 100_000_000_000;
    Timestamp::from_seconds(SECONDS).unwrap_or_default()
}

fn selection(new: &NewErasure) -> Selection {
    let positions = new.from.or(new.to).map(|_| {
        let to = new.to.unwrap_or(u64::MAX);
        (JournalPosition(new.from.unwrap_or(0)), JournalPosition(to))
    });
    let received = new.since.or(new.until).map(|_| {
        let since = new.since.unwrap_or_default();
        (since, new.until.unwrap_or_else(far_future))
    });
    Selection {
        stream: new.stream.clone(),
        positions,
        received,
    }
}
