//! The journal as the listeners see it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use vakt_event::Batch;
use vakt_ingest::intake::{Accepted, Intake, Refused, Reply};
use vakt_storage::{AppendError, Journal};

/// Appends what listeners hand over.
pub struct JournalIntake {
    journal: Arc<Journal>,
    /// Set by whoever says first that the journal cannot be written.
    said: Arc<Once>,
    /// Whether batches are refused for want of room, which is said when it begins and when it ends.
    full: Arc<AtomicBool>,
}

impl JournalIntake {
    pub fn new(journal: Arc<Journal>) -> Self {
        Self {
            journal,
            said: Arc::new(Once::new()),
            full: Arc::default(),
        }
    }
}

impl Intake for JournalIntake {
    fn submit(&self, batch: Batch, done: Box<dyn FnOnce(Reply) + Send>) {
        let said = Arc::clone(&self.said);
        let full = Arc::clone(&self.full);
        self.journal.append(
            batch,
            Box::new(move |result| {
                done(match result {
                    Ok(appended) => {
                        if full.swap(false, Ordering::Relaxed) {
                            tracing::info!("there is room again, and logs are taken in");
                        }
                        Ok(Accepted {
                            stored: appended.stored,
                            repeated: appended.repeated,
                        })
                    }
                    Err(AppendError::Full { .. }) => Err(Refused::Busy),
                    Err(error @ AppendError::NoSpace(_)) => {
                        if !full.swap(true, Ordering::Relaxed) {
                            tracing::error!(%error, "nothing is taken in");
                        }
                        Err(Refused::NoSpace)
                    }
                    Err(AppendError::Closed) => Err(Refused::Stopping),
                    Err(error) => {
                        if matches!(error, AppendError::Poisoned(_)) {
                            said.call_once(|| {
                                tracing::error!(%error, "nothing more is taken in until a restart");
                            });
                        }
                        Err(Refused::Broken(error.to_string()))
                    }
                });
            }),
        );
    }

    fn bytes_in_flight(&self) -> usize {
        self.journal.bytes_in_flight()
    }
}
