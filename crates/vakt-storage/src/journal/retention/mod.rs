//! Retention and erasure: how old segments leave, and single streams leave segments.
//!
//! Whole segments are removed from the oldest on; a stream that goes before others is erased from the
//! segments that it shares with them. Only sealed segments that every consumer has passed are touched.
//! Each step is in the ledger, signed, before it happens on the disk, so that a crash between the two
//! is finished at the next start and nothing disappears without a word.

mod clock;
mod plan;
mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vakt_event::{JournalPosition, Timestamp};

use super::progress::Progress;
use crate::disk::Disk;
use crate::ledger::{Entry, Ledger, LedgerSegment, Policy, Removed, RemovedSegment, StreamTotals};

pub use clock::ClockDoubt;
use plan::{Erase, Held};
use rewrite::Rewrite;
pub(crate) use rewrite::{finish, path_new};

/// Who acts when no person asked.
const DAEMON: &str = "vakt";

/// Segments that one entry of the ledger names, so that its lines stay short.
const REMOVED_LISTED_MAX: usize = 64;

/// How long, and how much, is kept. Age counts from receipt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// For streams that are not named.
    pub default: Keep,
    pub streams: BTreeMap<String, Keep>,
    /// Bytes of all together, with what else is told to [`super::Journal::retain`].
    pub bytes_max: Option<u64>,
    /// Nothing goes for its age: the clock that says so is in doubt.
    pub age_waits: bool,
}

/// For one stream; `None` is without bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    pub age: Option<Duration>,
    /// Bytes of its records on the disk.
    pub bytes: Option<u64>,
}

impl Retention {
    fn of(&self, stream: &str) -> &Keep {
        self.streams.get(stream).unwrap_or(&self.default)
    }
}

/// A stream of which something went for want of bytes before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutShort {
    pub stream: String,
    /// How long it was to be kept.
    pub age: Duration,
    /// Receipt of the newest frame that went.
    pub newest: Timestamp,
}

/// What retention or an erasure took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub segments: u64,
    /// Bytes that the disk has back.
    pub bytes: u64,
    pub frames: u64,
    /// Positions that are gone, ascending; where whole segments went, all of theirs.
    pub ranges: Vec<(JournalPosition, JournalPosition)>,
    pub cut_short: Vec<CutShort>,
    /// Segments from which something would have gone for its age, if that did not wait.
    pub waiting: u64,
}

/// Which frames an erasure takes: those that fit all that is given. What was stored together (frames
/// of one source in one record) goes together when any of it fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub stream: Option<String>,
    /// Positions, from and to (exclusive).
    pub positions: Option<(JournalPosition, JournalPosition)>,
    /// Receipt, from and to (exclusive).
    pub received: Option<(Timestamp, Timestamp)>,
}

/// Who asks for an erasure, and why: for the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub who: String,
    pub reason: String,
}

/// Nothing more was taken; what had been taken until then is in the ledger.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot {action}: {source}")]
pub struct RetentionError {
    pub path: PathBuf,
    pub action: &'static str,
    pub source: io::Error,
}

/// Takes from a journal's sealed segments; one at a time.
pub(crate) struct Keeper {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    progress: Arc<Progress>,
    ledger: Arc<Mutex<Ledger>>,
    at_work: Mutex<()>,
}

impl Keeper {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: &Path,
        progress: Arc<Progress>,
        ledger: Arc<Mutex<Ledger>>,
    ) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            progress,
            ledger,
            at_work: Mutex::default(),
        }
    }

    /// See [`super::Journal::retain`].
    pub(crate) fn retain(
        &self,
        retention: &Retention,
        passed: u64,
        now: Timestamp,
        other_bytes: u64,
    ) -> Result<Taken, RetentionError> {
        let _one = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.held();
        let plan = plan::plan(&held, retention, passed, now, other_bytes);
        let mut taken = Taken {
            cut_short: plan.cut_short,
            waiting: plan.waiting,
            ..Taken::default()
        };
        let mut rest = held.as_slice();
        for policies in plan.remove.chunk_by(|a, b| a == b) {
            let Some((segments, behind)) = rest.split_at_checked(policies.len()) else {
                break;
            };
            rest = behind;
            for segments in segments.chunks(REMOVED_LISTED_MAX) {
                let policy = policies.first().copied().unwrap_or(Policy::Age);
                self.remove(segments, policy, &mut taken)?;
            }
        }
        for Erase {
            first,
            stream,
            policy,
        } in plan.erase
        {
            let selection = Selection {
                stream: Some(stream),
                ..Selection::default()
            };
            let request = Request {
                who: DAEMON.to_owned(),
                reason: reason_of(policy).to_owned(),
            };
            self.rewrite(first, &selection, policy, &request, &mut taken)?;
        }
        Ok(taken)
    }

    /// See [`super::Journal::erase`].
    pub(crate) fn erase(
        &self,
        selection: &Selection,
        passed: u64,
        request: &Request,
    ) -> Result<Taken, RetentionError> {
        let _one = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Taken::default();
        for held in self.held() {
            if held.end <= passed && selection.may_be_in(&held) {
                self.rewrite(held.first, selection, Policy::Request, request, &mut taken)?;
            }
        }
        Ok(taken)
    }

    /// The oldest and newest receipt of each sealed segment, ascending, and the position behind them.
    fn spans(&self) -> (Vec<(Timestamp, Timestamp)>, u64) {
        let ledger = self.ledger();
        let spans = ledger.segments().filter_map(|segment| {
            let totals = || segment.sealed.streams.values();
            let oldest = totals().map(|totals| totals.oldest).min()?;
            let newest = totals().map(|totals| totals.newest).max()?;
            Some((oldest, newest))
        });
        let last = ledger.segments().next_back();
        (spans.collect(), last.map_or(0, |last| last.sealed.end.0))
    }

    /// See [`super::Journal::clock_doubt`]. `open` gives the receipt of the first frame at a position, which is
    /// that of the open segment: a new one begins with each day.
    pub(crate) fn clock_doubt(
        &self,
        now: Timestamp,
        jump_max: Duration,
        open: impl FnOnce(u64) -> Option<Timestamp>,
    ) -> Option<ClockDoubt> {
        let (mut spans, end) = self.spans();
        spans.extend(open(end).map(|received| (received, received)));
        clock::doubt(&spans, now, jump_max)
    }

    /// See [`super::Journal::gone`].
    pub(crate) fn gone(&self) -> Vec<(JournalPosition, JournalPosition)> {
        let ledger = self.ledger();
        let state = ledger.state();
        let mut ranges: Vec<(u64, u64)> = state
            .segments()
            .flat_map(|segment| &segment.erased)
            .flat_map(|erased| &erased.ranges)
            .map(|(from, to)| (from.0, to.0))
            .collect();
        ranges.push((0, state.removed_end()));
        ranges.sort_unstable();
        let mut gone = Taken::default();
        for (from, to) in ranges.into_iter().filter(|(from, to)| from < to) {
            gone.add_range(from, to);
        }
        gone.ranges
    }

    /// The sealed segments in the ledger that are there, ascending.
    fn held(&self) -> Vec<Held> {
        let bytes: BTreeMap<u64, u64> = self.progress.sizes().into_iter().collect();
        let ledger = self.ledger();
        let segments = ledger.segments().filter_map(|segment| {
            Some(Held {
                first: segment.sealed.first.0,
                end: segment.sealed.end.0,
                bytes: *bytes.get(&segment.sealed.first.0)?,
                streams: left_in(segment),
            })
        });
        // The newest segment stays: it tells the next one what it follows.
        let newest = bytes.last_key_value().map(|(first, _)| *first);
        segments.filter(|held| Some(held.first) != newest).collect()
    }

    fn remove(
        &self,
        segments: &[Held],
        policy: Policy,
        taken: &mut Taken,
    ) -> Result<(), RetentionError> {
        let Some(last) = segments.last() else {
            return Ok(());
        };
        {
            let mut ledger = self.ledger();
            let entry = Removed {
                segments: segments
                    .iter()
                    .filter_map(|held| {
                        let sealed = &ledger.sealed(held.first)?.sealed;
                        Some(RemovedSegment {
                            first: sealed.first,
                            end: sealed.end,
                            digest: sealed.digest,
                        })
                    })
                    .collect(),
                policy,
                who: DAEMON.to_owned(),
                reason: reason_of(policy).to_owned(),
            };
            ledger
                .append(Entry::Removed(entry))
                .map_err(|source| self.error(&self.dir, "write to the ledger", source))?;
        }
        for path in self.progress.remove_until(last.end) {
            self.disk
                .remove(&path)
                .map_err(|source| self.error(&path, "remove the segment", source))?;
        }
        self.sync_dir()?;
        for held in segments {
            taken.segments += 1;
            taken.bytes += held.bytes;
            taken.frames += held
                .streams
                .values()
                .map(|totals| totals.frames)
                .sum::<u64>();
            taken.add_range(held.first, held.end);
        }
        Ok(())
    }

    /// Erases what is selected from one segment, when something is.
    fn rewrite(
        &self,
        first: u64,
        selection: &Selection,
        policy: Policy,
        request: &Request,
        taken: &mut Taken,
    ) -> Result<(), RetentionError> {
        let Some((segment, bytes)) = self.progress.segment(first) else {
            return Ok(());
        };
        let io = |action| {
            let path = segment.path.clone();
            move |source| RetentionError {
                path,
                action,
                source,
            }
        };
        let rewrite = Rewrite::prepare(self.disk.as_ref(), &segment, bytes, selection)
            .map_err(io("write the segment without what is erased"))?;
        let Some(rewrite) = rewrite else {
            return Ok(());
        };
        // Its name must survive before the ledger says that it takes the old one's place.
        self.sync_dir()?;
        let entry = rewrite.entry(policy, selection.stream.clone(), request);
        self.ledger()
            .append(Entry::Erased(entry))
            .map_err(io("enter the erasure in the ledger"))?;
        let replaced = rewrite
            .replace(self.disk.as_ref())
            .map_err(io("put the erased segment in its place"))?;
        self.sync_dir()?;
        self.progress.replace(replaced, rewrite.bytes);
        taken.bytes += bytes.saturating_sub(rewrite.bytes);
        taken.frames += rewrite.frames();
        for (from, to) in &rewrite.ranges {
            taken.add_range(*from, *to);
        }
        Ok(())
    }

    fn sync_dir(&self) -> Result<(), RetentionError> {
        self.disk
            .sync_dir(&self.dir)
            .map_err(|source| self.error(&self.dir, "sync the directory", source))
    }

    fn error(&self, path: &Path, action: &'static str, source: io::Error) -> RetentionError {
        RetentionError {
            path: path.to_owned(),
            action,
            source,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn add_range(&mut self, from: u64, to: u64) {
        match self.ranges.last_mut() {
            Some((_, end)) if end.0 >= from => end.0 = end.0.max(to),
            _ => self
                .ranges
                .push((JournalPosition(from), JournalPosition(to))),
        }
    }
}

impl Selection {
    fn may_be_in(&self, held: &Held) -> bool {
        let mut streams = held.streams.iter().filter(|(name, _)| self.is_of(name));
        let in_time = |totals: &StreamTotals| {
            self.received
                .is_none_or(|(from, to)| from <= totals.newest && totals.oldest < to)
        };
        self.meets(held.first, held.end) && streams.any(|(_, totals)| in_time(totals))
    }

    fn is_of(&self, stream: &str) -> bool {
        self.stream.as_deref().is_none_or(|wanted| wanted == stream)
    }

    fn meets(&self, first: u64, end: u64) -> bool {
        self.positions
            .is_none_or(|(from, to)| from.0 < end && first < to.0)
    }
}

/// What is left in a segment after the streams that were taken from it as a whole.
fn left_in(segment: &LedgerSegment) -> BTreeMap<String, StreamTotals> {
    let whole = segment
        .erased
        .iter()
        .filter(|one| one.policy != Policy::Request);
    let gone: BTreeSet<&str> = whole.filter_map(|one| one.stream.as_deref()).collect();
    let streams = segment.sealed.streams.iter();
    streams
        .filter(|(name, _)| !gone.contains(name.as_str()))
        .map(|(name, totals)| (name.clone(), *totals))
        .collect()
}

fn reason_of(policy: Policy) -> &'static str {
    match policy {
        Policy::Age => "older than the retention keeps",
        Policy::Bytes => "more than the retention keeps",
        Policy::Request => "on request",
    }
}
