//! Joins the audit records of one serial into one process creation.
//!
//! The kernel writes an execution as several records that share `SECONDS.MILLIS:SERIAL`: SYSCALL
//! (who, which program), EXECVE (the arguments, in several records when they are long), CWD,
//! PATH, PROCTITLE and, from the kernel's socket, EOE. Records of different serials interleave
//! where several CPUs work.
//!
//! An execution is given out once: at PROCTITLE or EOE, or, because both may be missing, when its
//! system call and all its arguments are there and a record of another serial comes. Everything
//! that is held is bounded; what is pushed out by a bound is given out if it is an execution.
//!
//! With an execution come the positions of its records: they are the evidence, and the event is
//! only what they add up to.

use std::collections::{HashMap, VecDeque};

use vakt_event::{Event, LogSource};

use super::pending::{Pending, own};
use super::{ID, TYPE};

pub use super::pending::RECORDS_MAX;

/// Executions that one source may have open. Interleaving is as deep as the machine has CPUs;
/// what is older than this many others has lost its end.
const PENDING_MAX: usize = 32;
/// An open execution is given up when its source's serial is this far ahead.
const SERIAL_AGE_MAX: u64 = 4096;
/// Serials remembered as given out, so that a late PATH or argument opens nothing.
const DONE_MAX: usize = 64;
/// Hosts followed at once; the one unheard longest goes first.
const SOURCES_MAX: usize = 512;
/// Process ids of which the executable is remembered, a source.
const PROCESSES_MAX: usize = 1024;
/// Bytes of open executions over all sources.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// An executable's path longer than `PATH_MAX` of Linux is none.
const PATH_BYTES_MAX: usize = 4096;

/// A process creation and the records that tell of it.
#[derive(Debug)]
pub struct Joined {
    pub event: Event<'static>,
    /// Where the records stand, in the order in which they came, the one that completed them last;
    /// of more than [`RECORDS_MAX`] the first ones and the last. Never empty.
    pub records: Vec<u64>,
    /// How many records there were.
    pub record_count: u64,
}

impl Joined {
    /// The log source that every [`Self::event`] shows.
    pub const LOG_SOURCE: LogSource<'static> = LogSource::of("linux", "process_creation", "");

    /// The field that all records have that [`Coalescer::push`] takes; it does nothing with others.
    pub const ID_FIELD: &'static str = ID;
}

/// Follows the audit records of many sources; see the module's text.
#[derive(Debug, Default)]
pub struct Coalescer {
    sources: HashMap<String, Source>,
    /// Grows by one a record: orders the sources by when they were heard.
    clock: u64,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Source {
    heard: u64,
    pending: VecDeque<Pending>,
    done: VecDeque<String>,
    processes: Processes,
}

impl Coalescer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a decoded event; the event itself goes its own way. Returns the process creation
    /// that this record completes or pushes out, if any.
    ///
    /// `source_key` tells apart senders whose serials are unrelated: host and stream. `position` is
    /// where the record stands, in the caller's count.
    pub fn push(&mut self, source_key: &str, position: u64, event: &Event<'_>) -> Option<Joined> {
        let kind = own(event, TYPE)?;
        let id = own(event, ID)?;
        self.clock += 1;
        let key = match own(event, "node") {
            Some(node) => format!("{source_key}\u{0}{node}"),
            None => source_key.to_owned(),
        };
        self.make_room_for(&key);
        let source = self.sources.entry(key).or_default();
        source.heard = self.clock;
        let before = source.bytes();
        let joined = source.push(kind, id, position, event);
        self.bytes = self.bytes.saturating_sub(before) + source.bytes();
        joined.or_else(|| self.shed())
    }

    /// The input ended: gives out the executions that are still open, those of one source in
    /// order, the sources by key.
    pub fn finish(&mut self) -> Vec<Joined> {
        let mut sources: Vec<_> = std::mem::take(&mut self.sources).into_iter().collect();
        sources.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.bytes = 0;
        let mut joined = Vec::new();
        for (_, mut source) in sources {
            while let Some(pending) = source.pending.pop_front() {
                joined.extend(source.give_out(pending));
            }
        }
        joined
    }

    /// Bytes of open executions, about.
    pub fn buffered_bytes(&self) -> usize {
        self.bytes
    }

    fn make_room_for(&mut self, key: &str) {
        if self.sources.len() < SOURCES_MAX || self.sources.contains_key(key) {
            return;
        }
        let oldest = self.oldest(|_| true);
        if let Some(removed) = oldest.and_then(|key| self.sources.remove(&key)) {
            self.bytes = self.bytes.saturating_sub(removed.bytes());
        }
    }

    /// Gives up the oldest open execution of the source unheard longest while over the bound.
    fn shed(&mut self) -> Option<Joined> {
        while self.bytes > BYTES_MAX {
            let key = self.oldest(|source| !source.pending.is_empty())?;
            let source = self.sources.get_mut(&key)?;
            let pending = source.pending.pop_front()?;
            self.bytes = self.bytes.saturating_sub(pending.bytes);
            if let Some(joined) = source.give_out(pending) {
                return Some(joined);
            }
        }
        None
    }

    fn oldest(&self, wanted: impl Fn(&Source) -> bool) -> Option<String> {
        // `heard` differs for every source, so the map's order does not show.
        self.sources
            .iter()
            .filter(|(_, source)| wanted(source))
            .min_by_key(|(_, source)| source.heard)
            .map(|(key, _)| key.clone())
    }
}

impl Source {
    fn push(&mut self, kind: &str, id: &str, position: u64, event: &Event<'_>) -> Option<Joined> {
        if kind == "SYSCALL" {
            self.processes.learn(event);
        }
        let is_done = self.done.iter().any(|done| done == id);
        let ends = matches!(kind, "PROCTITLE" | "EOE");
        let open = self.pending.iter().position(|pending| pending.id == id);
        if let Some(pending) = open.and_then(|index| self.pending.get_mut(index)) {
            pending.note(position);
        }
        if ends {
            let pending = open.and_then(|index| self.pending.remove(index));
            return match pending {
                Some(pending) => self.give_out(pending),
                None => self.give_out_ready(id),
            };
        }
        if !is_done && matches!(kind, "SYSCALL" | "EXECVE" | "CWD") {
            let index = open.unwrap_or_else(|| {
                self.pending
                    .push_back(Pending::new(id, event.time, position));
                self.pending.len() - 1
            });
            if let Some(pending) = self.pending.get_mut(index) {
                pending.absorb(kind, event);
            }
        }
        self.give_out_ready(id)
    }

    /// The oldest execution that is whole or has lost its end, other than `current`.
    fn give_out_ready(&mut self, current: &str) -> Option<Joined> {
        let newest = serial_number(current);
        loop {
            let crowded = self.pending.len() > PENDING_MAX;
            let index = self.pending.iter().position(|pending| {
                let is_old = match (newest, serial_number(&pending.id)) {
                    (Some(newest), Some(serial)) => newest.abs_diff(serial) > SERIAL_AGE_MAX,
                    _ => false,
                };
                pending.id != current && (crowded || is_old || pending.is_whole())
            })?;
            let pending = self.pending.remove(index)?;
            if let Some(joined) = self.give_out(pending) {
                return Some(joined);
            }
        }
    }

    fn give_out(&mut self, pending: Pending) -> Option<Joined> {
        if self.done.len() >= DONE_MAX {
            self.done.pop_front();
        }
        self.done.push_back(pending.id.clone());
        if !pending.is_execution() {
            return None;
        }
        let parent = pending.parent_pid().and_then(|pid| self.processes.get(pid));
        let parent = parent.map(str::to_owned);
        if let (Some(pid), Some(executable)) = (pending.pid(), pending.executable()) {
            self.processes.insert(pid, executable);
        }
        Some(pending.into_joined(parent.as_deref()))
    }

    fn bytes(&self) -> usize {
        self.pending.iter().map(|pending| pending.bytes).sum()
    }
}

/// The executables of the processes that were seen, so that a child can name its parent's.
#[derive(Debug, Default)]
struct Processes {
    executables: HashMap<u32, Box<str>>,
    order: VecDeque<u32>,
}

impl Processes {
    /// What a `SYSCALL` record tells: the caller's executable, and that a new process has it too.
    fn learn(&mut self, event: &Event<'_>) {
        let number = |name| own(event, name).and_then(|text| text.parse::<u32>().ok());
        let Some(executable) = own(event, "exe") else {
            return;
        };
        let call = own(event, "SYSCALL").unwrap_or("");
        // At an execution, `exe` is already the new program.
        if let Some(pid) = number("pid") {
            self.insert(pid, executable);
        }
        if matches!(call, "clone" | "clone3" | "fork" | "vfork")
            && let Some(child) = number("exit")
            && child > 0
        {
            self.insert(child, executable);
        }
    }

    fn insert(&mut self, pid: u32, executable: &str) {
        if executable.len() > PATH_BYTES_MAX {
            return;
        }
        if self.executables.insert(pid, executable.into()).is_some() {
            return;
        }
        self.order.push_back(pid);
        if self.order.len() > PROCESSES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.executables.remove(&oldest);
        }
    }

    fn get(&self, pid: u32) -> Option<&str> {
        self.executables.get(&pid).map(Box::as_ref)
    }
}

fn serial_number(id: &str) -> Option<u64> {
    id.rsplit(':').next()?.parse().ok()
}
