//! How many bytes of events may wait to be indexed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bounds the bytes of documents that wait to be indexed. The engine's own queue counts
/// documents (10,000), not bytes, and events can be large.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Mutex<usize>,
    fewer: Condvar,
}

/// The most bytes of documents that wait to be indexed; a larger document waits alone.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How long to wait at most: an engine that died drops its documents, so this is never needed,
/// and should that be wrong, the next call finds the engine's error.
const WAIT_MAX: Duration = Duration::from_secs(30);

impl Admission {
    /// Waits until `bytes` more may wait.
    pub(crate) fn admit(&self, bytes: usize) -> Permit {
        let held = lock(&self.waiting.bytes);
        let full = |held: &mut usize| *held > 0 && *held + bytes > WAITING_BYTES_MAX;
        let (mut held, _) = self
            .waiting
            .fewer
            .wait_timeout_while(held, WAIT_MAX, full)
            .unwrap_or_else(PoisonError::into_inner);
        *held += bytes;
        Permit {
            waiting: Arc::clone(&self.waiting),
            bytes,
        }
    }
}

/// The right of some bytes to wait, until dropped.
pub(crate) struct Permit {
    waiting: Arc<Waiting>,
    bytes: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        *lock(&self.waiting.bytes) -= self.bytes;
        self.waiting.fewer.notify_all();
    }
}

fn lock(bytes: &Mutex<usize>) -> MutexGuard<'_, usize> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
