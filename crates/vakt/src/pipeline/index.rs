//! The thread that reads the journal into the index, and how a search waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use vakt_event::JournalPosition;
use vakt_search::{Index, IndexWriter};
use vakt_storage::Journal;

use super::quarantine::{Care, Quarantine};
use super::zones::Zones;
use super::{Decode, Next, PANIC_PAUSE, RETRY_PAUSE, Stop, decode_frame, panicked, read_on};

/// A commit comes this long after the first event that it covers, so that what came by UDP or
/// plain TCP is found within a second.
const COMMIT_INTERVAL: Duration = Duration::from_millis(400);
/// Events after which a commit comes in any case: bounds what a crash makes us do again.
const COMMIT_EVENTS: u64 = 50_000;
/// How long the thread sleeps at most while something is uncommitted, and otherwise.
const POLL_BUSY: Duration = Duration::from_millis(10);
const POLL_IDLE: Duration = Duration::from_millis(100);

/// How far the index is, for searches that must see what was acknowledged.
#[derive(Default)]
pub struct IndexProgress {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    committed: JournalPosition,
    wanted: JournalPosition,
    failed: Option<String>,
}

impl IndexProgress {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic in another holder leaves plain numbers behind, which are still right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first position that a search may not find yet.
    pub fn committed(&self) -> JournalPosition {
        self.lock().committed
    }

    /// Why the index stands still, if it does.
    pub fn failure(&self) -> Option<String> {
        self.lock().failed.clone()
    }

    /// Waits until everything before `position` is found by a search of the index, for at most
    /// `patience`, and not at all where the index stands still.
    pub fn wait_for(&self, position: JournalPosition, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        state.wanted = state.wanted.max(position);
        while state.committed < position && state.failed.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .moved
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The writer goes on from there. What failed before may fail again: that it did not is shown
    /// by what it reaches.
    fn resumed(&self, position: JournalPosition) {
        self.lock().committed = position;
        self.moved.notify_all();
    }

    fn reached(&self, position: JournalPosition) {
        let mut state = self.lock();
        state.committed = position;
        state.failed = None;
        drop(state);
        self.moved.notify_all();
    }

    fn fail(&self, reason: String) {
        self.lock().failed = Some(reason);
        self.moved.notify_all();
    }
}

/// Runs until `stop`, then indexes what is left and commits. After a failure (a full disk) the
/// index is opened again, until it goes on from its last commit. An event at which it panics again
/// and again is passed over.
pub fn run(
    journal: &Journal,
    index: &Index,
    writer: IndexWriter,
    progress: &IndexProgress,
    quarantine: Quarantine,
    stop: &Stop,
) {
    run_with(
        decode_frame,
        journal,
        index,
        writer,
        progress,
        quarantine,
        stop,
    );
}

pub(super) fn run_with(
    decode: Decode,
    journal: &Journal,
    index: &Index,
    writer: IndexWriter,
    progress: &IndexProgress,
    mut quarantine: Quarantine,
    stop: &Stop,
) {
    let mut writer = Some(writer);
    loop {
        quarantine.leave();
        let work = || -> Result<()> {
            let mut writer = match writer.take() {
                Some(writer) => writer,
                None => index.writer().context("cannot open the index again")?,
            };
            progress.resumed(writer.next_position());
            feed(
                decode,
                journal,
                &mut writer,
                progress,
                &mut quarantine,
                stop,
            )
        };
        let mut pause = RETRY_PAUSE;
        let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            if quarantine.panicked() {
                pause = PANIC_PAUSE;
            }
            Err(panicked())
        });
        let Err(error) = ended else {
            return;
        };
        tracing::error!(error = format!("{error:#}"), "the index stands still");
        progress.fail(format!("{error:#}"));
        if stop.wait(pause) {
            return;
        }
    }
}

fn feed(
    decode: Decode,
    journal: &Journal,
    writer: &mut IndexWriter,
    progress: &IndexProgress,
    quarantine: &mut Quarantine,
    stop: &Stop,
) -> Result<()> {
    let mut next = writer.next_position();
    let mut reader = journal.reader(next);
    let mut zones = Zones::default();
    let mut uncommitted: u64 = 0;
    let mut oldest: Option<Instant> = None;
    loop {
        let poll = if uncommitted > 0 {
            POLL_BUSY
        } else {
            POLL_IDLE
        };
        let read = read_on(&mut reader, poll)?;
        let idle = matches!(read, Next::Idle);
        let ended = matches!(read, Next::Ended) || (idle && stop.is_set()) || stop.is_over();
        if let Next::Batch(batch) = read {
            for frame in &batch.frames {
                if quarantine.enter(frame.position) == Care::Whole {
                    let event = decode(frame, &batch.source, &mut zones);
                    writer
                        .add(frame.position, &event, &batch.source)
                        .context("cannot add to the index")?;
                }
                next = frame.position.next();
                uncommitted += 1;
            }
            quarantine.leave();
            oldest.get_or_insert_with(Instant::now);
        }
        if reader.position() > next {
            // What lies between is lost, and nobody needs to wait for it.
            uncommitted += reader.position().0 - next.0;
            next = reader.position();
            oldest.get_or_insert_with(Instant::now);
        }
        let (wanted, failed) = {
            let state = progress.lock();
            let wanted = state.wanted > state.committed && next >= state.wanted;
            (wanted, state.failed.is_some())
        };
        let due = wanted
            || ended
            || uncommitted >= COMMIT_EVENTS
            || oldest.is_some_and(|since| since.elapsed() >= COMMIT_INTERVAL);
        if uncommitted > 0 && due {
            writer.commit(next).context("cannot commit the index")?;
            uncommitted = 0;
            oldest = None;
            progress.reached(next);
        } else if failed && idle && uncommitted == 0 {
            progress.reached(next);
        }
        if ended {
            return Ok(());
        }
    }
}
