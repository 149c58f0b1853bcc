//! What is known of the terms of splits that have no inverted index yet.
//!
//! It is in memory alone: what is not there, after a restart or because there was too much of it, is read from
//! the frames when an inverted index is built.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::term_log::TermLog;

/// The most bytes of them: two or three splits of ordinary logs. More wait only where splits come faster than
/// indexes can be built, and then each that is built from its frames holds up more.
const BYTES_MAX: usize = 96 * 1024 * 1024;

/// Logs by the names of their splits.
#[derive(Default)]
pub(super) struct TermLogs(Mutex<BTreeMap<String, TermLog>>);

impl TermLogs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, TermLog>> {
        // A panic in another holder leaves whole logs behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the log of a split where there is room for it.
    pub(super) fn keep(&self, split: &str, log: TermLog) {
        let mut logs = self.lock();
        let kept: usize = logs.values().map(TermLog::bytes).sum();
        if kept + log.bytes() <= BYTES_MAX {
            logs.insert(split.to_owned(), log);
        }
    }

    pub(super) fn take(&self, split: &str) -> Option<TermLog> {
        self.lock().remove(split)
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }
}
