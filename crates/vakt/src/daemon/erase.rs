//! Erasing events on request, from the journal and from the index.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use vakt_api::Principal;
use vakt_api::backend::{ErasureFailure, NewErasure, StorageBackend};
use vakt_event::{JournalPosition, Timestamp};
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
    pub(super) detect: Arc<DetectProgress>,
}

impl StorageBackend for Storage {
    fn erase(&self, new: &NewErasure, by: &Principal) -> Result<Json, ErasureFailure> {
        let selection = selection(new);
        if new.dry_run {
            let events = self.count(&selection)?;
            return Ok(json!({"dry_run": true, "events": events}));
        }
        let end = self.journal.durable_end();
        self.wait_for_consumers(end)?;
        self.journal
            .seal()
            .map_err(|error| ErasureFailure::Unavailable(error.to_string()))?;
        let request = Request {
            who: by.name.clone(),
            reason: new.reason.clone(),
        };
        let taken = self
            .journal
            .erase(&selection, end, &request)
            .map_err(|error| ErasureFailure::Internal(error.to_string()))?;
        let number = self.index.forget(&taken.ranges, true);
        let is_purged = self.index.wait_forgotten(number, PURGE_PATIENCE);
        tracing::warn!(
            who = by.name,
            reason = new.reason,
            events = taken.frames,
            "events were erased"
        );
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

impl Storage {
    /// What is erased must have had its effect on alerts before, or a restart would miss it.
    fn wait_for_consumers(&self, end: JournalPosition) -> Result<(), ErasureFailure> {
        self.detect.want(end);
        let polls = PATIENCE.as_millis() / POLL.as_millis();
        for _ in 0..polls {
            self.index.wait_for(end, POLL);
            if passed(&self.index, &self.detect) >= end {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        Err(ErasureFailure::Unavailable(
            "index or detection has still to do with events that were stored before; /readyz and \
             the lag in /metrics say how far they are"
                .to_owned(),
        ))
    }

    fn count(&self, selection: &Selection) -> Result<u64, ErasureFailure> {
        let end = self.journal.durable_end();
        let mut reader = self.journal.reader(self.journal.first_position());
        let mut events = 0;
        while reader.position() < end {
            match reader.next(Duration::ZERO) {
                Ok(Some(batch)) if selection.takes(&batch) => events += batch.frames.len() as u64,
                Ok(Some(_)) | Err(ReadError::Lost(_)) => {}
                Ok(None) | Err(ReadError::Closed) => break,
                Err(error) => return Err(ErasureFailure::Internal(error.to_string())),
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
