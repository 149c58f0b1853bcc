//! The journal: appending, reading, opening and closing.

pub mod format;
pub mod seal;

mod body;
mod commit;
mod copy;
mod group;
mod plan;
mod progress;
mod queue;
mod reader;
mod record;
mod recovery;
pub mod retention;
mod room;
pub(crate) mod segment;
mod source;
mod syncs;
pub(crate) mod walk;
mod window;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use vakt_event::{Batch, JournalPosition, Timestamp};

use crate::disk::{Disk, Lock};
use crate::error::{AppendError, CloseError, OpenError, ReadError};
use crate::ledger::{AuditHead, Entry, IndexHead, Ledger, Restored};
use crate::options::Options;
use crate::stats::{Counters, Stats};

use body::Packer;
use group::Group;
use progress::Progress;
use queue::{Bounds, Job, Queue};
use recovery::{Recovered, io_error};
use retention::{ClockDoubt, Keeper, Request, Retention, RetentionError, Selection, Taken};
use room::Room;
use writer::Writer;

pub use copy::{Copied, CopyError, copy_journal};
pub use queue::{Appended, Done};
pub use reader::{Reader, StoredBatch, StoredFrame};
pub use recovery::Recovery;
pub use room::Shortage;

const LOCK_NAME: &str = "lock";

/// Threads of the writer: while one waits for the disk, two pack and write what comes next. A core can
/// pack about as fast as a disk takes it.
const THREADS: usize = 3;

/// 256 KiB, about a millisecond of packing: what is less is packed when the disk is free, together with
/// what has come by then, so that small batches still share records and syncs.
const AHEAD_BYTES_MIN: usize = 256 * 1024;

/// An open journal; share it as `Arc<Journal>`.
pub struct Journal {
    disk: Arc<dyn Disk>,
    queue: Arc<Queue>,
    progress: Arc<Progress>,
    counters: Arc<Counters>,
    room: Room,
    keeper: Keeper,
    ledger: Arc<Mutex<Ledger>>,
    running: Mutex<Option<Running>>,
}

/// Ends with the reason why nothing more may be written, if there is one.
type WriterThread = JoinHandle<Result<(), Arc<str>>>;

/// What ends with [`Journal::close`].
struct Running {
    threads: Vec<WriterThread>,
    writer: Arc<Mutex<Writer>>,
    _lock: Box<dyn Lock>,
}

impl Journal {
    /// Opens the journal in `dir`, which is made if need be, recovers it, and takes its lock.
    ///
    /// # Errors
    /// When somebody else holds the lock, a newer version wrote it, or the disk refuses.
    pub fn open(dir: &Path, options: &Options) -> Result<(Self, Recovery), OpenError> {
        let disk = Arc::clone(&options.disk);
        let (lock, recovered) = lock_and_recover(dir, options)?;
        let recovery = recovered.recovery.clone();
        let progress = Arc::clone(&recovered.progress);
        let counters = Arc::new(Counters::default());
        let keeper = Keeper::new(
            Arc::clone(&disk),
            dir,
            Arc::clone(&progress),
            Arc::clone(&recovered.ledger),
        );
        let ledger = Arc::clone(&recovered.ledger);
        let writer = Writer::new(dir, options, recovered, Arc::clone(&counters));
        let writer = Arc::new(Mutex::new(writer));
        let queue = Arc::new(Queue::new(Bounds {
            bytes_max: options.queue_bytes_max,
            group_bytes_max: options.group_bytes_max,
            ahead_bytes_min: AHEAD_BYTES_MIN,
            ahead_bytes_max: options.group_bytes_max.saturating_mul(2),
        }));
        let threads = start_threads(&queue, &writer)
            .map_err(|error| io_error(dir.to_owned(), "start the writer's threads", error))?;
        let journal = Self {
            disk: Arc::clone(&disk),
            queue,
            progress,
            counters,
            room: Room::new(disk, dir, options.reserve_bytes),
            keeper,
            ledger,
            running: Mutex::new(Some(Running {
                threads,
                writer,
                _lock: lock,
            })),
        };
        Ok((journal, recovery))
    }

    /// Hands over a batch; returns at once. `done` is called exactly once: from the writer's thread
    /// after the sync that covers the batch or when it failed, or from this one when the batch is
    /// refused at once.
    pub fn append(&self, batch: Batch, done: Done) {
        let source = source::encode(&batch.source);
        let bytes = record::bytes_max(source.as_ref().map_or(0, Vec::len), &batch.frames);
        let limit = record::RECORD_BYTES_MAX;
        let Some(source) = source.filter(|_| bytes <= limit) else {
            done(Err(AppendError::TooLarge { bytes, limit }));
            return;
        };
        if let Err((done, error)) = self.queue.push(batch, source, done) {
            if matches!(error, AppendError::Full { .. }) {
                self.counters.refused_batches.fetch_add(1, Relaxed);
            }
            done(Err(error));
        }
    }

    /// Bytes of batches that have not been answered yet.
    pub fn bytes_in_flight(&self) -> usize {
        self.queue.in_flight()
    }

    /// The first position that is not durable yet.
    pub fn durable_end(&self) -> JournalPosition {
        JournalPosition(self.progress.end())
    }

    /// The position of the oldest frame, or the end when there is none.
    pub fn first_position(&self) -> JournalPosition {
        JournalPosition(self.progress.first())
    }

    /// A reader that begins with the frame at `from`. Readers outlive the journal's closing.
    pub fn reader(&self, from: JournalPosition) -> Reader {
        Reader::new(Arc::clone(&self.disk), Arc::clone(&self.progress), from.0)
    }

    /// The durable frame at `position`; `None` when there is none, yet or any more.
    ///
    /// # Errors
    /// When the frame is lost to damage or the disk refuses.
    pub fn read(&self, position: JournalPosition) -> Result<Option<StoredFrame>, ReadError> {
        let batch = self.read_from_batch(position)?;
        Ok(batch.and_then(|batch| batch.frames.into_iter().next()))
    }

    /// The durable frame at `position` with its source, and the frames after it that came in the
    /// same batch.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub fn read_from_batch(
        &self,
        position: JournalPosition,
    ) -> Result<Option<StoredBatch>, ReadError> {
        if position >= self.durable_end() || position < self.first_position() {
            return Ok(None);
        }
        let batch = self.reader(position).next(Duration::ZERO)?;
        // The next one that there is, when this one was erased.
        Ok(batch.filter(|batch| {
            batch
                .frames
                .first()
                .is_some_and(|one| one.position == position)
        }))
    }

    /// Seals the segment that is written to, so that an erasure can reach all that is durable now.
    ///
    /// # Errors
    /// As an append.
    pub fn seal(&self) -> Result<(), AppendError> {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.queue.seal(Box::new(move |sealed| {
            // Whoever asked waits for the answer.
            drop(sender.send(sealed));
        }));
        receiver.recv().unwrap_or(Err(AppendError::Closed))
    }

    /// Says in the ledger, signed and durable, how far the audit log of the records is, unless its
    /// last word says the same. The audit log itself must be durable before.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn enter_audit_head(&self, head: AuditHead) -> io::Result<()> {
        let mut ledger = self.ledger();
        if ledger.state().audit() == Some(head) {
            return Ok(());
        }
        ledger.append(Entry::Audit(head))
    }

    /// The same of the search index.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn enter_index_head(&self, head: IndexHead) -> io::Result<()> {
        let mut ledger = self.ledger();
        if ledger.state().index() == Some(head) {
            return Ok(());
        }
        ledger.append(Entry::Index(head))
    }

    /// Says in the ledger that the data directory was made of a backup.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn enter_restored(&self, restored: Restored) -> io::Result<()> {
        self.ledger().append(Entry::Restored(restored))
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Positions that retention or an erasure took, ascending and apart: from, to (exclusive).
    pub fn gone(&self) -> Vec<(JournalPosition, JournalPosition)> {
        self.keeper.gone()
    }

    /// The first durable frame at or after a position, where one can be read.
    pub fn next_frame(&self, position: JournalPosition) -> Option<StoredFrame> {
        let batch = self.reader(position).next(Duration::ZERO);
        batch.ok()??.frames.into_iter().next()
    }

    /// Bytes of the segments behind a position, to about a mebibyte.
    pub fn bytes_after(&self, position: JournalPosition) -> u64 {
        self.progress.bytes_after(position.0)
    }

    /// A position with about so many bytes behind it.
    pub fn position_before_end(&self, bytes: u64) -> JournalPosition {
        JournalPosition(self.progress.position_before_end(bytes))
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.progress.sizes().iter().map(|(_, bytes)| bytes).sum()
    }

    /// Takes what is kept long enough, oldest first, and never what lies at or after `passed`: the
    /// first position that some consumer still needs. `other_bytes` is what else counts against the
    /// bound of bytes, and shrinks with the journal: the index.
    ///
    /// # Errors
    /// When the disk refuses; what was taken until then is in the ledger.
    pub fn retain(
        &self,
        retention: &Retention,
        passed: JournalPosition,
        now: Timestamp,
        other_bytes: u64,
    ) -> Result<Taken, RetentionError> {
        self.keeper.retain(retention, passed.0, now, other_bytes)
    }

    /// Whether the clock is too far ahead of what was received before for logs to be called old by it: see
    /// [`ClockDoubt`].
    pub fn clock_doubt(&self, now: Timestamp, jump_max: Duration) -> Option<ClockDoubt> {
        let open = |end| Some(self.next_frame(JournalPosition(end))?.received);
        self.keeper.clock_doubt(now, jump_max, open)
    }

    /// Erases what is selected from all sealed segments before `passed`, for good.
    ///
    /// # Errors
    /// As [`Journal::retain`].
    pub fn erase(
        &self,
        selection: &Selection,
        passed: JournalPosition,
        request: &Request,
    ) -> Result<Taken, RetentionError> {
        self.keeper.erase(selection, passed.0, request)
    }

    /// What is short on the disk now, when something is: below the reserve nothing is taken in, and what
    /// can wait is to leave the rest of the room to what cannot.
    pub fn shortage(&self) -> Option<Shortage> {
        self.room.shortage()
    }

    /// Whether the last commit found too little room, and there is no more of it now: whoever asks is
    /// told of room that was made, also where nobody has sent anything since.
    fn has_no_space(&self) -> bool {
        let wanted = self.counters.wanted_room.load(Relaxed);
        wanted > 0 && self.room.now().is_none_or(|now| now.free < wanted)
    }

    pub fn stats(&self) -> Stats {
        Stats {
            no_space: self.has_no_space(),
            in_flight_bytes: self.queue.in_flight(),
            segments: self.progress.segments(),
            durable_end: self.durable_end(),
            poisoned: self.queue.poisoned(),
            ..self.counters.snapshot()
        }
    }

    /// Takes nothing more in, makes durable what waits, and frees the directory. Readers then end
    /// with [`ReadError::Closed`]. Calling it again does nothing; dropping the journal calls it.
    ///
    /// # Errors
    /// When the writer had failed, or the last checkpoint could not be written.
    pub fn close(&self) -> Result<(), CloseError> {
        self.queue.close();
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(running) = running else {
            return Ok(());
        };
        let ended = end(running);
        self.progress.close();
        ended.map_err(CloseError)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Whoever wants to know how it ended calls `close` first.
        drop(self.close());
    }
}

/// What comes before the first frame: the directory, its lock, and what a crash may have left.
fn lock_and_recover(
    dir: &Path,
    options: &Options,
) -> Result<(Box<dyn Lock>, Recovered), OpenError> {
    make_dir(options.disk.as_ref(), dir)?;
    let lock_path = dir.join(LOCK_NAME);
    let lock = options.disk.lock(&lock_path);
    match lock.map_err(|error| io_error(lock_path.clone(), "lock", error))? {
        Some(lock) => Ok((lock, recovery::recover(dir, options)?)),
        None => Err(OpenError::Locked {
            dir: dir.to_owned(),
            lock: lock_path,
        }),
    }
}

fn make_dir(disk: &dyn Disk, dir: &Path) -> Result<(), OpenError> {
    disk.create_dir_all(dir)
        .map_err(|error| io_error(dir.to_owned(), "make the directory", error))?;
    // The name of the journal's own directory must survive, too.
    match dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => disk
            .sync_dir(parent)
            .map_err(|error| io_error(parent.to_owned(), "sync the directory", error)),
        None => Ok(()),
    }
}

/// Threads that pack, and of which one at a time writes what is packed, and one waits for the disk.
fn start_threads(queue: &Arc<Queue>, writer: &Arc<Mutex<Writer>>) -> io::Result<Vec<WriterThread>> {
    let start = |_| {
        let (queue, writer) = (Arc::clone(queue), Arc::clone(writer));
        let thread = thread::Builder::new().name("journal".to_owned());
        thread.spawn(move || run(&queue, &writer))
    };
    let threads: io::Result<Vec<_>> = (0..THREADS).map(start).collect();
    if threads.is_err() {
        // Those that did start end.
        queue.close();
    }
    threads
}

/// Makes commits until the queue is closed or something fails, and sees to it that nobody waits for a
/// thread that is gone.
fn run(queue: &Queue, writer: &Mutex<Writer>) -> Result<(), Arc<str>> {
    let ended = catch_unwind(AssertUnwindSafe(|| make_commits(queue, writer)));
    let result = ended.unwrap_or_else(|_| Err("a thread of the writer panicked".into()));
    if let Err(reason) = &result {
        queue.poison(reason);
    }
    result
}

fn make_commits(queue: &Queue, writer: &Mutex<Writer>) -> Result<(), Arc<str>> {
    let mut packer = Packer::default();
    while let Some(job) = queue.take() {
        match job {
            Job::Pack(work) => {
                let number = work.number;
                queue.packed(number, Group::of(work, &mut packer))?;
            }
            Job::Write(groups) => {
                let commit = lock(writer).write(groups, queue)?;
                queue.written(commit)?;
            }
            Job::Sync(commit) => {
                let (groups, bytes) = (commit.groups.len(), commit.bytes());
                let written = commit.finish(queue)?;
                queue.finished(groups, bytes);
                for group in written {
                    packer.keep(group.packed);
                }
            }
        }
    }
    Ok(())
}

/// Waits for what waits to be durable, and closes what is written to.
fn end(running: Running) -> Result<(), Arc<str>> {
    let ended = running.threads.into_iter().map(|thread| {
        let ended = thread.join();
        ended.unwrap_or_else(|_| Err("a thread of the writer panicked".into()))
    });
    let ended: Vec<Result<(), Arc<str>>> = ended.collect();
    ended.into_iter().collect::<Result<(), _>>()?;
    lock(&running.writer).close()
}

/// After a thread that panicked with it nobody is told to write any more.
fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}
