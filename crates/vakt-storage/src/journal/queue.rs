//! Batches that wait for the writer, bounded in bytes, and their answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use vakt_event::{Batch, JournalPosition};

use super::group::Group;
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

/// Batches wait here until a thread takes some to pack them, and packed groups until they are written,
/// in the order in which they were taken.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// There is work to take.
    arrived: Condvar,
    in_flight: Arc<AtomicUsize>,
    bounds: Bounds,
}

/// All in bytes of frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// What may be waiting or under way.
    pub(crate) bytes_max: usize,
    /// A group takes batches until it has so many.
    pub(crate) group_bytes_max: usize,
    /// While other groups are under way, one is packed only when so much waits for it, and as long as
    /// those have less than `ahead_bytes_max`.
    pub(crate) ahead_bytes_min: usize,
    pub(crate) ahead_bytes_max: usize,
}

/// Called exactly once, when the open segment is sealed and the next one begun, or with the reason
/// why not.
pub(crate) type Sealing = Box<dyn FnOnce(Result<(), AppendError>) + Send>;

/// What is packed and written next.
pub(crate) struct Work {
    /// Groups are counted from 0.
    pub(crate) number: u64,
    /// Of its frames.
    pub(crate) bytes: usize,
    pub(crate) batches: Vec<Pending>,
    /// Asked for before these batches were handed over, or while they were.
    pub(crate) seals: Vec<Sealing>,
}

/// People ask for a seal, one at a time; what comes beyond that is refused.
const SEALS_MAX: usize = 64;

#[derive(Default)]
struct State {
    pending: VecDeque<Pending>,
    /// Of those.
    pending_bytes: usize,
    seals: Vec<Sealing>,
    /// Groups that were taken.
    taken: u64,
    /// Bytes of those that are not finished.
    taken_bytes: usize,
    /// The number of the next group to be written.
    next: u64,
    /// Some thread writes.
    is_writing: bool,
    /// Packed groups that wait for being written, by number.
    packed: BTreeMap<u64, Group>,
    stop: Option<Stop>,
}

impl State {
    /// Whether there is a group to take.
    fn is_ready(&self, bounds: &Bounds) -> bool {
        if self.taken == self.next && !self.is_writing {
            return !self.pending.is_empty() || !self.seals.is_empty();
        }
        !self.pending.is_empty()
            && self.pending_bytes >= bounds.ahead_bytes_min
            && self.taken_bytes < bounds.ahead_bytes_max
    }

    fn take(&mut self, bounds: &Bounds) -> Work {
        let mut batches = Vec::new();
        let mut bytes = 0usize;
        while bytes < bounds.group_bytes_max
            && let Some(pending) = self.pending.pop_front()
        {
            bytes = bytes.saturating_add(pending.answer.bytes);
            batches.push(pending);
        }
        self.pending_bytes -= bytes;
        self.taken_bytes += bytes;
        self.taken += 1;
        Work {
            number: self.taken - 1,
            bytes,
            batches,
            seals: std::mem::take(&mut self.seals),
        }
    }

    /// All that can be written now.
    fn next_groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        while let Some(group) = self.packed.remove(&self.next) {
            groups.push(group);
            self.next += 1;
        }
        self.is_writing = !groups.is_empty();
        groups
    }
}

impl Queue {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            in_flight: Arc::default(),
            bounds,
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
        if in_flight > 0 && in_flight.saturating_add(bytes) > self.bounds.bytes_max {
            let limit = self.bounds.bytes_max;
            return Err((done, AppendError::Full { in_flight, limit }));
        }
        self.in_flight.fetch_add(bytes, Ordering::AcqRel);
        let answer = Answer {
            done: Some(done),
            bytes,
            in_flight: Arc::clone(&self.in_flight),
        };
        state.pending_bytes += bytes;
        state.pending.push_back(Pending {
            batch,
            source,
            answer,
            since: Instant::now(),
        });
        self.tell(&state);
        Ok(())
    }

    /// Asks for the open segment to be sealed.
    pub(crate) fn seal(&self, done: Sealing) {
        let mut state = self.state();
        let refused = match &state.stop {
            Some(stop) => stop.error(),
            None if state.seals.len() < SEALS_MAX => {
                state.seals.push(done);
                return self.tell(&state);
            }
            None => AppendError::Full {
                in_flight: state.seals.len(),
                limit: SEALS_MAX,
            },
        };
        drop(state);
        done(Err(refused));
    }

    /// Waits for work and takes all, or as many batches as a group may have; `None` when there is no
    /// more to come. Whoever takes it packs it and hands it in.
    pub(crate) fn take(&self) -> Option<Work> {
        let mut state = self.state();
        while !state.is_ready(&self.bounds) {
            let is_empty = state.pending.is_empty() && state.seals.is_empty();
            if state.stop.is_some() && is_empty {
                // Those who waited for this.
                self.arrived.notify_all();
                return None;
            }
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let work = state.take(&self.bounds);
        self.tell(&state);
        Some(work)
    }

    /// Hands in what was taken and is packed. Gives what the caller must write now and then
    /// [finish](Self::finish): all groups whose turn it is, or none while another thread writes or packs
    /// an earlier one.
    ///
    /// # Errors
    /// With the reason why nothing more may be written; the group is refused.
    pub(crate) fn hand_in(&self, number: u64, mut group: Group) -> Result<Vec<Group>, Arc<str>> {
        let mut state = self.state();
        if let Some(Stop::Poisoned(reason)) = &state.stop {
            let reason = Arc::clone(reason);
            drop(state);
            group.refuse(&reason);
            return Err(reason);
        }
        state.packed.insert(number, group);
        if state.is_writing {
            return Ok(Vec::new());
        }
        Ok(state.next_groups())
    }

    /// Groups are durable and answered. Gives what the caller must write next, if something is packed by
    /// now; otherwise it takes what waits: nobody else is woken for it.
    pub(crate) fn finish(&self, groups: &[Group]) -> Vec<Group> {
        let mut state = self.state();
        state.taken_bytes -= groups.iter().map(|group| group.bytes).sum::<usize>();
        let next = state.next_groups();
        if !next.is_empty() {
            self.tell(&state);
        }
        next
    }

    /// Wakes one who waits for work, if there is some.
    fn tell(&self, state: &State) {
        if state.is_ready(&self.bounds) {
            self.arrived.notify_one();
        }
    }

    /// No more is taken in; what waits is still written.
    pub(crate) fn close(&self) {
        self.state().stop.get_or_insert(Stop::Closing);
        self.arrived.notify_all();
    }

    /// No more is taken in, and what waits is refused.
    pub(crate) fn poison(&self, reason: &Arc<str>) {
        let (refused, packed, seals) = {
            let mut state = self.state();
            state.stop = Some(Stop::Poisoned(Arc::clone(reason)));
            state.pending_bytes = 0;
            (
                std::mem::take(&mut state.pending),
                std::mem::take(&mut state.packed),
                std::mem::take(&mut state.seals),
            )
        };
        self.arrived.notify_all();
        for mut group in packed.into_values() {
            group.refuse(reason);
        }
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

#[cfg(test)]
mod tests {
    use vakt_event::{Format, Frame, Source, Timestamp, Transport};

    use super::super::body::Packer;
    use super::*;

    fn batch(bytes: usize) -> Batch {
        Batch {
            source: Arc::new(Source {
                stream: "default".to_owned(),
                transport: Transport::Tcp,
                listener: String::new(),
                peer: None,
                zone: None,
                drill: false,
            }),
            frames: vec![Frame {
                bytes: vec![b'x'; bytes],
                format: Format::Text,
                received: Timestamp::default(),
                truncated: false,
                cursor: None,
            }],
        }
    }

    fn wait_in(queue: &Queue, sizes: &[usize]) {
        for bytes in sizes {
            let pushed = queue.push(batch(*bytes), Vec::new(), Box::new(drop));
            assert!(pushed.is_ok());
        }
    }

    fn packed(work: Work) -> Group {
        Group::of(work, &mut Packer::default())
    }

    /// What is under way and not written yet, what waits, and whether a group may be taken.
    #[test]
    fn a_group_is_packed_ahead_when_enough_waits_for_it() {
        let bounds = Bounds {
            bytes_max: usize::MAX,
            group_bytes_max: 1,
            ahead_bytes_min: batch(1000).bytes(),
            ahead_bytes_max: 2 * batch(1000).bytes(),
        };
        let check = |under_way: &[usize], waiting: &[usize], expected: bool| {
            let queue = Queue::new(bounds);
            wait_in(&queue, under_way);
            let works: Vec<Work> = under_way
                .iter()
                .map(|_| queue.state().take(&bounds))
                .collect();
            wait_in(&queue, waiting);
            let is_ready = queue.state().is_ready(&bounds);
            assert_eq!(is_ready, expected, "{under_way:?}, {waiting:?} wait");
            drop(works);
        };
        check(&[], &[], false);
        check(&[], &[1], true);
        check(&[1], &[], false);
        check(&[1], &[999], false);
        check(&[1], &[1000], true);
        check(&[1], &[600, 600], true);
        check(&[1000], &[1000], true);
        check(&[1000, 1000], &[1000], false);
    }

    #[test]
    fn groups_are_written_in_their_order_by_one_thread_at_a_time() {
        let queue = Queue::new(Bounds {
            bytes_max: usize::MAX,
            group_bytes_max: 2 * batch(1000).bytes(),
            ahead_bytes_min: 1,
            ahead_bytes_max: usize::MAX,
        });
        wait_in(&queue, &[1000; 7]);
        let works: Vec<Work> = (0..4).map(|_| queue.take().unwrap()).collect();
        let taken: Vec<_> = works
            .iter()
            .map(|work| (work.number, work.batches.len()))
            .collect();
        assert_eq!(taken, [(0, 2), (1, 2), (2, 2), (3, 1)]);
        let mut groups = works.into_iter().map(packed);
        let [zero, one, two, three] = std::array::from_fn(|_| groups.next().unwrap());
        let hand_in = |number, group| queue.hand_in(number, group).unwrap();
        assert_eq!(hand_in(1, one).len(), 0, "one before it is missing");
        let both = hand_in(0, zero);
        assert_eq!(both.len(), 2);
        assert_eq!(hand_in(2, two).len(), 0, "somebody writes");
        assert_eq!(hand_in(3, three).len(), 0, "somebody writes");
        let rest = queue.finish(&both);
        assert_eq!(rest.len(), 2);
        assert_eq!(queue.finish(&rest).len(), 0);
        drop((both, rest));
        assert_eq!(queue.in_flight(), 0);
        assert_eq!(queue.state().taken_bytes, 0);
    }
}
