//! Batches that wait for the writer, bounded in bytes, and their answers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use vakt_event::{Batch, JournalPosition};

use crate::error::AppendError;

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Frames that were written.
    pub stored: usize,
    /// Journald entries that were held already.
    pub repeated: usize,
    /// The position of the first stored frame.
    pub first: JournalPosition,
    /// The position after the last stored frame; equal to `first` when none was stored.
    pub next: JournalPosition,
}

/// Called exactly once, with what became of a batch.
pub type Done = Box<dyn FnOnce(Result<Appended, AppendError>) + Send>;

/// An answer that is owed, and the bytes that are in flight until it is given.
pub(crate) struct Answer {
    done: Option<Done>,
    bytes: usize,
    in_flight: Arc<AtomicUsize>,
}

impl Answer {
    pub(crate) fn give(mut self, result: Result<Appended, AppendError>) {
        self.settle(result);
    }

    fn settle(&mut self, result: Result<Appended, AppendError>) {
        if let Some(done) = self.done.take() {
            // First, so that whoever is told finds room.
            self.in_flight.fetch_sub(self.bytes, Ordering::AcqRel);
            done(result);
        }
    }
}

impl Drop for Answer {
    /// Only a writer that panicked leaves answers behind.
    fn drop(&mut self) {
        self.settle(Err(AppendError::Poisoned(Arc::from(
            "the writer thread ended unexpectedly",
        ))));
    }
}

pub(crate) struct Pending {
    pub(crate) batch: Batch,
    /// The encoded source.
    pub(crate) source: Vec<u8>,
    pub(crate) answer: Answer,
    pub(crate) since: Instant,
}

#[derive(Clone, Debug)]
pub(crate) enum Stop {
    Closing,
    Poisoned(Arc<str>),
}

impl Stop {
    fn error(&self) -> AppendError {
        match self {
            Self::Closing => AppendError::Closed,
            Self::Poisoned(reason) => AppendError::Poisoned(Arc::clone(reason)),
        }
    }
}

pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    in_flight: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// Called exactly once, when the open segment is sealed and the next one begun, or with the reason
/// why not.
pub(crate) type Sealing = Box<dyn FnOnce(Result<(), AppendError>) + Send>;

/// What the writer does next.
pub(crate) struct Work {
    pub(crate) batches: Vec<Pending>,
    /// Asked for before these batches were handed over, or while they were.
    pub(crate) seals: Vec<Sealing>,
}

/// People ask for a seal, one at a time; what comes beyond that is refused.
const SEALS_MAX: usize = 64;

#[derive(Default)]
struct State {
    pending: VecDeque<Pending>,
    seals: Vec<Sealing>,
    stop: Option<Stop>,
}

impl Queue {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            in_flight: Arc::default(),
            bytes_max,
        }
    }

    /// Bytes of batches that have not been answered.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Queues a batch, or gives its answer back with the reason why not. A batch that alone is over
    /// the bound is taken when nothing else is in flight, since it would never be taken otherwise.
    pub(crate) fn push(
        &self,
        batch: Batch,
        source: Vec<u8>,
        done: Done,
    ) -> Result<(), (Done, AppendError)> {
        let bytes = batch.bytes();
        let mut state = self.state();
        if let Some(stop) = &state.stop {
            return Err((done, stop.error()));
        }
        let in_flight = self.in_flight();
        if in_flight > 0 && in_flight.saturating_add(bytes) > self.bytes_max {
            let limit = self.bytes_max;
            return Err((done, AppendError::Full { in_flight, limit }));
        }
        self.in_flight.fetch_add(bytes, Ordering::AcqRel);
        let answer = Answer {
            done: Some(done),
            bytes,
            in_flight: Arc::clone(&self.in_flight),
        };
        state.pending.push_back(Pending {
            batch,
            source,
            answer,
            since: Instant::now(),
        });
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Asks for the open segment to be sealed.
    pub(crate) fn seal(&self, done: Sealing) {
        let mut state = self.state();
        let refused = match &state.stop {
            Some(stop) => stop.error(),
            None if state.seals.len() < SEALS_MAX => {
                state.seals.push(done);
                drop(state);
                self.arrived.notify_one();
                return;
            }
            None => AppendError::Full {
                in_flight: state.seals.len(),
                limit: SEALS_MAX,
            },
        };
        drop(state);
        done(Err(refused));
    }

    /// Waits for work and takes all, or as many batches as `bytes_max` allows; `None` when there is
    /// no more to come.
    pub(crate) fn take(&self, bytes_max: usize) -> Option<Work> {
        let mut state = self.state();
        while state.pending.is_empty() && state.seals.is_empty() {
            if state.stop.is_some() {
                return None;
            }
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let mut taken = Vec::new();
        let mut bytes = 0usize;
        while let Some(pending) = state.pending.pop_front() {
            bytes = bytes.saturating_add(pending.answer.bytes);
            taken.push(pending);
            if bytes >= bytes_max {
                break;
            }
        }
        Some(Work {
            batches: taken,
            seals: std::mem::take(&mut state.seals),
        })
    }

    /// No more is taken in; what waits is still written.
    pub(crate) fn close(&self) {
        self.state().stop.get_or_insert(Stop::Closing);
        self.arrived.notify_one();
    }

    /// No more is taken in, and what waits is refused.
    pub(crate) fn poison(&self, reason: &Arc<str>) {
        let (refused, seals) = {
            let mut state = self.state();
            state.stop = Some(Stop::Poisoned(Arc::clone(reason)));
            (
                std::mem::take(&mut state.pending),
                std::mem::take(&mut state.seals),
            )
        };
        self.arrived.notify_one();
        for done in seals {
            done(Err(AppendError::Poisoned(Arc::clone(reason))));
        }
        for pending in refused {
            let error = AppendError::Poisoned(Arc::clone(reason));
            pending.answer.give(Err(error));
        }
    }

    pub(crate) fn poisoned(&self) -> Option<Arc<str>> {
        match &self.state().stop {
            Some(Stop::Poisoned(reason)) => Some(Arc::clone(reason)),
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
