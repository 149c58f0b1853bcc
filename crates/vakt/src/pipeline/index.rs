//! The thread that reads the journal into the index, and how a search waits for it.
//!
//! An index whose files are damaged is set aside and built again: at the start its checksums are
//! looked at in the background, later when a search or a commit meets what may be damage.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use vakt_event::JournalPosition;
use vakt_search::{Index, IndexWriter};
use vakt_storage::Journal;

use super::losses::Losses;
use super::quarantine::{Care, Quarantine};
use super::zones::with_zone;
use super::{
    Decode, Frames, Next, PANIC_PAUSE, RETRY_PAUSE, Stop, decode_frame, frame_of, panicked, read_on,
};

/// What stands in the way of the index is said this often at most, while it is the same.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// A commit comes this long after the first event that it covers, so that what came by UDP or
/// plain TCP is found within a second.
const COMMIT_INTERVAL: Duration = Duration::from_millis(400);
/// Events after which a commit comes in any case: bounds what a crash makes us do again.
const COMMIT_EVENTS: u64 = 50_000;
/// What is in memory alone is read from the journal again after a crash. Much of it is written to
/// splits at once; of little, not longer than this stays, so that the disk holds what it is to hold.
const SEAL_INTERVAL: Duration = Duration::from_secs(3600);
/// How long the thread sleeps at most while something is uncommitted, and otherwise.
const POLL_BUSY: Duration = Duration::from_millis(10);
const POLL_IDLE: Duration = Duration::from_millis(100);

/// The files of the index are read to find damage this often at most: it may take minutes, and what
/// comes up again after it found nothing is something else.
const LOOK_PAUSE: Duration = Duration::from_secs(60);

/// A day: as often as the usual scrub of a disk, and a small part of what the disk can read.
const VERIFY_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// How far the index is, for searches that must see what was acknowledged.
#[derive(Default)]
pub struct IndexProgress {
    /// What could not be read of the journal.
    pub losses: Losses,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    committed: JournalPosition,
    wanted: JournalPosition,
    failed: Option<String>,
    /// What may be damage, and was not looked at yet.
    suspicion: Option<String>,
    /// When the files were last looked at.
    looked: Option<Instant>,
    rebuilds: u64,
    /// Why the index is built again, until it has reached the position.
    rebuilding: Option<(String, JournalPosition)>,
    leaving: Leaving,
}

/// Positions from (inclusive) and to (exclusive).
type Range = (JournalPosition, JournalPosition);

/// What the journal has let go and the index still has.
#[derive(Default)]
struct Leaving {
    /// Ascending and apart; as many at most as the journal's ledger knows.
    ranges: Vec<Range>,
    /// Not a byte of it may stay in the files.
    purge: bool,
    /// The number of the newest wish, and of the newest that was carried out.
    asked: u64,
    done: u64,
}

impl Leaving {
    fn add(&mut self, ranges: &[Range], purge: bool) {
        self.ranges.extend_from_slice(ranges);
        self.ranges.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(self.ranges.len());
        for (from, to) in self.ranges.drain(..) {
            match merged.last_mut() {
                Some((_, end)) if *end >= from => *end = (*end).max(to),
                _ => merged.push((from, to)),
            }
        }
        self.ranges = merged;
        self.purge |= purge;
        self.asked += 1;
    }

    /// What was done at the wish `number`; what was added since is still to be done.
    fn done(&mut self, number: u64) {
        self.done = number;
        if self.asked == number {
            self.ranges.clear();
            self.purge = false;
        }
    }
}

impl State {
    fn may_look(&self) -> bool {
        self.looked
            .is_none_or(|looked| looked.elapsed() >= LOOK_PAUSE)
    }
}

/// Why the index is built again, and how far that is.
pub struct Rebuilding {
    pub reason: String,
    pub done: JournalPosition,
    pub target: JournalPosition,
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

    /// A search met what may be damage: the thread shall look.
    pub fn suspect(&self, reason: String) {
        self.lock().suspicion.get_or_insert(reason);
    }

    /// The thread shall take out what lies in these ranges (ascending); with `purge` from the files,
    /// too. Gives the number to wait for with [`IndexProgress::wait_forgotten`].
    pub fn forget(&self, ranges: &[(JournalPosition, JournalPosition)], purge: bool) -> u64 {
        let mut state = self.lock();
        if !ranges.is_empty() {
            state.leaving.add(ranges, purge);
        }
        state.leaving.asked
    }

    /// Waits until a wish is carried out; whether it is.
    pub fn wait_forgotten(&self, number: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while state.leaving.done < number {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self
                .moved
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// How often a damaged index was set aside since the start.
    pub fn rebuilds(&self) -> u64 {
        self.lock().rebuilds
    }

    pub fn rebuilding(&self) -> Option<Rebuilding> {
        let state = self.lock();
        let (reason, target) = state.rebuilding.clone()?;
        Some(Rebuilding {
            reason,
            done: state.committed,
            target,
        })
    }

    /// The index is built again up to `target`.
    pub fn rebuild(&self, reason: String, target: JournalPosition) {
        let mut state = self.lock();
        state.rebuilds += 1;
        state.committed = JournalPosition(0);
        state.suspicion = None;
        state.rebuilding = (target > state.committed).then_some((reason, target));
    }

    /// Whether the thread shall stop and look.
    fn is_suspected(&self) -> bool {
        let state = self.lock();
        state.suspicion.is_some() && state.may_look()
    }

    /// Takes the suspicion, if there is reason to look now.
    fn look(&self, may_be_damage: bool) -> bool {
        let mut state = self.lock();
        let look = state.may_look() && (state.suspicion.is_some() || may_be_damage);
        if look {
            state.suspicion = None;
            state.looked = Some(Instant::now());
        }
        look
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

    pub(crate) fn reached(&self, position: JournalPosition) {
        let mut state = self.lock();
        state.committed = position;
        state.failed = None;
        if state
            .rebuilding
            .as_ref()
            .is_some_and(|(_, target)| position >= *target)
        {
            state.rebuilding = None;
            tracing::info!("the index is built again");
        }
        drop(state);
        self.moved.notify_all();
    }

    fn fail(&self, reason: String) {
        self.lock().failed = Some(reason);
        self.moved.notify_all();
    }
}

/// What the thread works on.
pub struct IndexThread<'t> {
    pub journal: &'t Journal,
    /// The folder of the index.
    pub dir: &'t Path,
    /// What searches use; replaced where the files were damaged.
    pub shared: &'t ArcSwap<Index>,
    pub frames: &'t Frames,
    pub progress: &'t IndexProgress,
    pub stop: &'t Stop,
}

/// Runs until `stop`, then indexes what is left and commits. After a failure (a full disk) the
/// index is opened again, until it goes on from its last commit; a damaged one is replaced. An event
/// at which it panics again and again is passed over.
pub fn run(thread: &IndexThread<'_>, writer: IndexWriter, quarantine: Quarantine) {
    run_with(decode_frame, thread, writer, quarantine);
}

pub(super) fn run_with(
    decode: Decode,
    thread: &IndexThread<'_>,
    writer: IndexWriter,
    mut quarantine: Quarantine,
) {
    let IndexThread {
        journal,
        dir,
        shared,
        progress,
        stop,
        ..
    } = *thread;
    let mut held = Some(writer);
    let mut said = None;
    loop {
        quarantine.leave();
        let index = shared.load_full();
        let work = || -> Result<Fed> {
            let writer = match &mut held {
                Some(writer) => writer,
                none => none.insert(index.writer().context("cannot open the index again")?),
            };
            progress.resumed(writer.next_position());
            feed(decode, thread, writer, &mut quarantine)
        };
        let ended = catch_unwind(AssertUnwindSafe(work));
        let mut pause = RETRY_PAUSE;
        if ended.is_err() && quarantine.panicked() {
            pause = PANIC_PAUSE;
        }
        let may_be_damage = match &ended {
            Ok(Ok(Fed::All)) => return,
            Ok(Ok(Fed::Suspected)) | Err(_) => true,
            Ok(Err(error)) => is_suspicious(error),
        };
        let writer = held.take();
        if progress.look(may_be_damage) && !stop.is_set() {
            match mend(journal, &index, writer, progress) {
                Ok(Some(new)) => {
                    shared.store(Arc::new(new));
                    continue;
                }
                Ok(None) if is_gone(dir) => {}
                Ok(None) => tracing::warn!("the files of the index are as they were written"),
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "the damaged index cannot be set aside"
                ),
            }
        }
        let error = match ended {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error,
            Err(_) => panicked(),
        };
        let mut text = format!("{error:#}");
        if is_gone(dir) {
            text = format!(
                "the folder {} is gone: put it back, or restart Vakt, which builds the index again from the \
                 journal ({text})",
                dir.display()
            );
        }
        let is_said = said
            .as_ref()
            .is_some_and(|(before, at): &(String, Instant)| {
                *before == text && at.elapsed() < SAID_EVERY
            });
        if !is_said {
            tracing::error!(error = text, "the index stands still");
            said = Some((text.clone(), Instant::now()));
        }
        progress.fail(text);
        if stop.wait(pause) {
            return;
        }
    }
}

/// Reads the files of the index now and every `VERIFY_PAUSE`: a flipped bit in them may show as
/// nothing but an answer that lacks an event.
pub fn verify(shared: &Weak<ArcSwap<Index>>, progress: &IndexProgress) {
    while let Some(index) = shared.upgrade().map(|shared| shared.load_full()) {
        if let Some(damage) = index.damage() {
            progress.suspect(damage.to_string());
        }
        drop(index);
        thread::sleep(VERIFY_PAUSE);
    }
}

/// Why feeding the index ended without an error.
enum Fed {
    /// Everything is in it, as far as there was time.
    All,
    /// Somebody met what may be damage, and the writer has to stop for a look at it.
    Suspected,
}

/// Whether a look at the files of the index is worth its time.
pub fn is_suspicious(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<vakt_search::Error>()
        .is_some_and(vakt_search::Error::may_be_damage)
}

/// Whether the folder of the index was removed, and not the disk that it is on taken away: the journal is beside
/// it still.
fn is_gone(dir: &Path) -> bool {
    let is_missing =
        fs::symlink_metadata(dir).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    is_missing && dir.with_file_name("journal").is_dir()
}

/// Looks at the files of the index; where they are damaged, gives an empty one in its place.
fn mend(
    journal: &Journal,
    index: &Index,
    writer: Option<IndexWriter>,
    progress: &IndexProgress,
) -> Result<Option<Index>> {
    let Some(reason) = index.damage() else {
        return Ok(None);
    };
    // Merges that are under way end before somebody else writes to the directory; how, is of no
    // matter any more.
    if let Some(writer) = writer {
        drop(catch_unwind(AssertUnwindSafe(|| writer.close())));
    }
    let shown = reason.to_string();
    let (new, rebuilt) = index.rebuild(reason)?;
    tracing::error!(
        reason = shown,
        moved_to = %rebuilt.moved_to.display(),
        "the index is built again from the journal; searches read the journal meanwhile"
    );
    progress.rebuild(shown, journal.durable_end());
    Ok(Some(new))
}

fn feed(
    decode: Decode,
    thread: &IndexThread<'_>,
    writer: &mut IndexWriter,
    quarantine: &mut Quarantine,
) -> Result<Fed> {
    let IndexThread {
        journal,
        progress,
        stop,
        ..
    } = *thread;
    let mut next = writer.next_position();
    let mut reader = journal.reader(next);
    let mut decoding = thread.frames.decoding();
    let mut uncommitted: u64 = 0;
    let mut oldest: Option<Instant> = None;
    let mut unsealed: Option<Instant> = None;
    loop {
        let poll = if uncommitted > 0 {
            POLL_BUSY
        } else {
            POLL_IDLE
        };
        let read = read_on(&mut reader, poll, &progress.losses)?;
        let idle = matches!(read, Next::Idle);
        let ended = matches!(read, Next::Ended) || (idle && stop.is_set()) || stop.is_over();
        if let Next::Batch(batch) = read {
            let source = with_zone(&batch.source);
            for frame in &batch.frames {
                if quarantine.enter(frame.position) == Care::Whole {
                    let event = decode(frame, &source, &mut decoding);
                    writer
                        .add(frame.position, frame_of(frame), &event, &source)
                        .context("cannot add to the index")?;
                    decoding.decoder.recycle(event);
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
        let (wanted, failed, leaving) = {
            let state = progress.lock();
            let wanted = state.wanted > state.committed && next >= state.wanted;
            let leaving = state.leaving.asked > state.leaving.done;
            (wanted, state.failed.is_some(), leaving)
        };
        let due = wanted
            || leaving
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
        if leaving && uncommitted == 0 {
            let_go(writer, progress)?;
        }
        if !writer.has_unsealed() {
            unsealed = None;
        } else {
            let since = *unsealed.get_or_insert_with(Instant::now);
            if ended || since.elapsed() >= SEAL_INTERVAL {
                writer.seal().context("cannot write a split of the index")?;
            }
        }
        if ended {
            return Ok(Fed::All);
        }
        if progress.is_suspected() {
            return Ok(Fed::Suspected);
        }
    }
}

/// Takes out of the index what the journal has let go.
fn let_go(writer: &mut IndexWriter, progress: &IndexProgress) -> Result<()> {
    let (ranges, purge, number) = {
        let state = progress.lock();
        let leaving = &state.leaving;
        (leaving.ranges.clone(), leaving.purge, leaving.asked)
    };
    writer
        .forget(&ranges)
        .context("cannot take events out of the index")?;
    if purge {
        writer
            .purge()
            .context("cannot write the index without what is erased")?;
    }
    progress.lock().leaving.done(number);
    progress.moved.notify_all();
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::mpsc;

    use vakt_event::{Batch, Format, Frame, Source, Timestamp, Transport};

    use super::*;

    /// Ten batches of one event.
    fn journal(dir: &Path) -> Journal {
        let (journal, _) = Journal::open(dir, &vakt_storage::Options::default()).unwrap();
        let source = Arc::new(Source {
            stream: "default".to_owned(),
            transport: Transport::Tcp,
            listener: "syslog".to_owned(),
            peer: None,
            zone: None,
            drill: false,
        });
        for _ in 0..10 {
            let (sender, answer) = mpsc::channel();
            let batch = Batch {
                source: Arc::clone(&source),
                frames: vec![Frame {
                    bytes: b"line".to_vec(),
                    format: Format::Syslog,
                    received: Timestamp::default(),
                    truncated: false,
                    cursor: None,
                }],
            };
            journal.append(batch, Box::new(move |result| sender.send(result).unwrap()));
            answer.recv().unwrap().unwrap();
        }
        journal
    }

    /// Makes an index of the first events of a journal, which is made where it is not there, with a split of
    /// each.
    pub(in crate::pipeline) fn split_of_each(journal: &Path, index: &Path, events: u64) {
        let journal = match journal.exists() {
            true => {
                Journal::open(journal, &vakt_storage::Options::default())
                    .unwrap()
                    .0
            }
            false => self::journal(journal),
        };
        for _ in 0..events {
            feed_once(&journal, index, Duration::ZERO);
        }
    }

    /// One start of the thread with so much time for what is left, as it ends.
    fn feed_once(journal: &Journal, dir: &Path, patience: Duration) -> u64 {
        let index = ArcSwap::from_pointee(Index::open(dir, Arc::new(Frames::default())).unwrap());
        let writer = index.load().writer().unwrap();
        let (progress, stop) = (IndexProgress::default(), Stop::default());
        stop.set(patience);
        let quarantined = prometheus::IntCounter::new("quarantined", "of a test").unwrap();
        let thread = IndexThread {
            journal,
            dir,
            shared: &index,
            frames: &Frames::default(),
            progress: &progress,
            stop: &stop,
        };
        run(&thread, writer, Quarantine::new("index", quarantined));
        let committed = progress.committed().0;
        assert_eq!(index.load().count().unwrap(), committed);
        committed
    }

    #[test]
    fn a_stop_ends_a_backlog_at_its_bound_and_the_next_start_does_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal(&folder.path().join("journal"));
        let index = folder.path().join("index");
        let check = |patience: Duration, expected: std::ops::RangeInclusive<u64>| {
            let committed = feed_once(&journal, &index, patience);
            assert!(expected.contains(&committed), "{committed}");
        };
        check(Duration::ZERO, 1..=1);
        check(Duration::ZERO, 2..=2);
        check(Duration::from_secs(3600), 10..=10);
    }

    #[test]
    fn files_are_looked_at_once_a_minute_at_most() {
        let progress = IndexProgress::default();
        assert!(!progress.look(false));
        assert!(progress.look(true));
        assert!(!progress.look(true));
        progress.suspect("again".to_owned());
        assert!(!progress.is_suspected());
        assert!(!progress.look(false));
    }
}
