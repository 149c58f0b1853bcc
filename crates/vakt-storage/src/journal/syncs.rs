//! Syncs of the open segment, one at a time, and none after one that failed.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::writer::reason;
use crate::disk::DiskFile;
use crate::stats::Counters;

/// The kernel tells what it could not write to one sync alone, whoever makes it, and the next one
/// succeeds. So a sync that follows a failed one, or that ran beside it, proves nothing.
pub(crate) struct Syncs {
    failed: Mutex<Option<Arc<str>>>,
    counters: Arc<Counters>,
}

impl Syncs {
    pub(crate) fn new(counters: Arc<Counters>) -> Self {
        Self {
            failed: Mutex::default(),
            counters,
        }
    }

    /// Makes durable what was written to `file`.
    ///
    /// # Errors
    /// With the reason why this sync failed, or an earlier one.
    pub(crate) fn sync(&self, file: &dyn DiskFile, path: &Path) -> Result<(), Arc<str>> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &*failed {
            return Err(Arc::clone(reason));
        }
        let start = Instant::now();
        let synced = file.sync_data();
        self.counters.fsync.count(start.elapsed());
        synced.map_err(|error| Arc::clone(failed.insert(reason(path, "sync", &error))))
    }
}
