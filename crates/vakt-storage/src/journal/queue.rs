//! Batches that wait for the writer, bounded in bytes, and their answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use vakt_event::{Batch, JournalPosition};

use super::commit::Commit;
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

/// Batches wait here until a thread takes some to pack them, packed groups until they are written, in the
/// order in which they were taken, and what is written until it is made durable.
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

/// What a thread has to do next. It says when it is done.
pub(crate) enum Job {
    /// To be [packed](Queue::packed).
    Pack(Work),
    /// All groups whose turn it is, to be [written](Queue::written); one thread does that at a time.
    Write(Vec<Group>),
    /// To be made durable and [finished](Queue::finished); one thread does that at a time.
    Sync(Commit),
}

/// What is packed next.
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
    /// Of those that are not finished, number and bytes.
    under_way: usize,
    under_way_bytes: usize,
    /// The number of the next group to be written.
    next: u64,
    /// Packed groups that wait for being written, by number.
    packed: BTreeMap<u64, Group>,
    /// Some thread writes.
    is_writing: bool,
    /// What is written and waits for its sync. Nothing is written until somebody has taken it, so that
    /// more goes into the next commit.
    written: Option<Commit>,
    /// Some thread syncs.
    is_syncing: bool,
    stop: Option<Stop>,
}

impl State {
    /// Whether there is something to do.
    fn has_job(&self, bounds: &Bounds) -> bool {
        self.may_sync() || self.may_write() || self.may_pack(bounds)
    }

    fn may_sync(&self) -> bool {
        !self.is_syncing && self.written.is_some()
    }

    fn may_write(&self) -> bool {
        !self.is_writing && self.written.is_none() && self.packed.contains_key(&self.next)
    }

    fn may_pack(&self, bounds: &Bounds) -> bool {
        if self.under_way == 0 {
            return !self.pending.is_empty() || !self.seals.is_empty();
        }
        !self.pending.is_empty()
            && self.pending_bytes >= bounds.ahead_bytes_min
            && self.under_way_bytes < bounds.ahead_bytes_max
    }

    /// What comes first is what others wait for.
    fn job(&mut self, bounds: &Bounds) -> Option<Job> {
        if let Some(commit) = self.commit() {
            return Some(Job::Sync(commit));
        }
        let groups = self.groups();
        if !groups.is_empty() {
            return Some(Job::Write(groups));
        }
        self.may_pack(bounds).then(|| Job::Pack(self.work(bounds)))
    }

    fn work(&mut self, bounds: &Bounds) -> Work {
        let mut batches = Vec::new();
        let mut bytes = 0usize;
        while bytes < bounds.group_bytes_max
            && let Some(pending) = self.pending.pop_front()
        {
            bytes = bytes.saturating_add(pending.answer.bytes);
            batches.push(pending);
        }
        self.pending_bytes -= bytes;
        self.under_way_bytes += bytes;
        self.under_way += 1;
        self.taken += 1;
        Work {
            number: self.taken - 1,
            bytes,
            batches,
            seals: std::mem::take(&mut self.seals),
        }
    }

    /// All that can be written now.
    fn groups(&mut self) -> Vec<Group> {
        let mut groups = Vec::new();
        if self.may_write() {
            while let Some(group) = self.packed.remove(&self.next) {
                groups.push(group);
                self.next += 1;
            }
            self.is_writing = true;
        }
        groups
    }

    /// What can be made durable now.
    fn commit(&mut self) -> Option<Commit> {
        if self.is_syncing {
            return None;
        }
        let commit = self.written.take();
        self.is_syncing = commit.is_some();
        commit
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

    /// Waits for something to do; `None` when there is no more to come.
    pub(crate) fn take(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            if let Some(job) = state.job(&self.bounds) {
                self.tell(&state);
                return Some(job);
            }
            if state.stop.is_some() && state.pending.is_empty() && state.seals.is_empty() {
                // Those who waited for this. What is under way is done by those who have it.
                self.arrived.notify_all();
                return None;
            }
            state = self
                .arrived
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A group is packed.
    ///
    /// # Errors
    /// With the reason why nothing more may be written; the group is refused.
    pub(crate) fn packed(&self, number: u64, mut group: Group) -> Result<(), Arc<str>> {
        let mut state = self.state();
        if let Some(Stop::Poisoned(reason)) = &state.stop {
            let reason = Arc::clone(reason);
            drop(state);
            group.refuse(&reason);
            return Err(reason);
        }
        state.packed.insert(number, group);
        Ok(())
    }

    /// Groups are written.
    ///
    /// # Errors
    /// With the reason why they may not become durable; they are refused.
    pub(crate) fn written(&self, mut commit: Commit) -> Result<(), Arc<str>> {
        let mut state = self.state();
        if let Some(Stop::Poisoned(reason)) = &state.stop {
            let reason = Arc::clone(reason);
            drop(state);
            commit.refuse(&reason);
            return Err(reason);
        }
        state.is_writing = false;
        state.written = Some(commit);
        Ok(())
    }

    /// So many groups with so many bytes are durable and answered.
    pub(crate) fn finished(&self, groups: usize, bytes: usize) {
        let mut state = self.state();
        state.under_way -= groups;
        state.under_way_bytes -= bytes;
        state.is_syncing = false;
    }

    /// Wakes one who waits, if there is something to do.
    fn tell(&self, state: &State) {
        if state.has_job(&self.bounds) {
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
        let (refused, packed, written, seals) = {
            let mut state = self.state();
            state.stop = Some(Stop::Poisoned(Arc::clone(reason)));
            state.pending_bytes = 0;
            (
                std::mem::take(&mut state.pending),
                std::mem::take(&mut state.packed),
                state.written.take(),
                std::mem::take(&mut state.seals),
            )
        };
        self.arrived.notify_all();
        if let Some(mut commit) = written {
            commit.refuse(reason);
        }
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

/// For a schedule that says when which thread works; nothing here waits.
#[cfg(test)]
impl Queue {
    pub(crate) fn next_work(&self) -> Option<Work> {
        let mut state = self.state();
        let is_due = state.may_pack(&self.bounds);
        is_due.then(|| state.work(&self.bounds))
    }

    pub(crate) fn next_groups(&self) -> Vec<Group> {
        self.state().groups()
    }

    pub(crate) fn next_commit(&self) -> Option<Commit> {
        self.state().commit()
    }

    /// Groups that are not finished.
    pub(crate) fn under_way(&self) -> usize {
        self.state().under_way
    }
}

#[cfg(test)]
mod tests {
    use vakt_event::{Format, Frame, Source, Timestamp, Transport};

    use super::super::body::Packer;
    use super::super::commit::Written;
    use super::super::progress::Progress;
    use super::super::syncs::Syncs;
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
                .map(|_| queue.state().work(&bounds))
                .collect();
            wait_in(&queue, waiting);
            let is_ready = queue.state().may_pack(&bounds);
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

    /// A commit of these groups.
    fn commit(groups: Vec<Group>) -> Commit {
        Commit {
            groups,
            written: Written {
                appended: Vec::new(),
                shortage: None,
                sealed: Ok(()),
                touched: Vec::new(),
                end: 0,
                file: None,
            },
            syncs: Arc::new(Syncs::new(Arc::default())),
            progress: Arc::new(Progress::new(Vec::new(), 0, 0)),
            counters: Arc::default(),
        }
    }

    #[test]
    fn groups_are_written_in_their_order_while_one_commit_is_synced() {
        let queue = Queue::new(Bounds {
            bytes_max: usize::MAX,
            group_bytes_max: 2 * batch(1000).bytes(),
            ahead_bytes_min: 1,
            ahead_bytes_max: usize::MAX,
        });
        wait_in(&queue, &[1000; 9]);
        let works: Vec<Work> = (0..5).map(|_| queue.next_work().unwrap()).collect();
        let taken: Vec<_> = works
            .iter()
            .map(|work| (work.number, work.batches.len()))
            .collect();
        assert_eq!(taken, [(0, 2), (1, 2), (2, 2), (3, 2), (4, 1)]);
        let mut groups = works.into_iter().map(packed);
        let [zero, one, two, three, four] = std::array::from_fn(|_| groups.next().unwrap());
        queue.packed(1, one).unwrap();
        assert_eq!(queue.next_groups().len(), 0, "one before it is missing");
        queue.packed(0, zero).unwrap();
        let both = queue.next_groups();
        assert_eq!(both.len(), 2);
        queue.packed(2, two).unwrap();
        assert_eq!(queue.next_groups().len(), 0, "somebody writes");
        queue.written(commit(both)).unwrap();
        queue.packed(3, three).unwrap();
        assert_eq!(queue.next_groups().len(), 0, "what is written waits");
        let first = queue.next_commit().unwrap();
        let ahead = queue.next_groups();
        assert_eq!(ahead.len(), 2);
        queue.written(commit(ahead)).unwrap();
        assert!(queue.next_commit().is_none(), "somebody syncs");
        queue.packed(4, four).unwrap();
        assert_eq!(queue.next_groups().len(), 0, "what is written waits");
        let finish = |commit: Commit| {
            let (groups, bytes) = (commit.groups.len(), commit.bytes());
            commit.finish(&queue).unwrap();
            queue.finished(groups, bytes);
        };
        finish(first);
        finish(queue.next_commit().unwrap());
        queue.written(commit(queue.next_groups())).unwrap();
        finish(queue.next_commit().unwrap());
        let state = queue.state();
        assert_eq!((state.under_way, state.under_way_bytes), (0, 0));
        assert_eq!(queue.in_flight(), 0);
    }
}
