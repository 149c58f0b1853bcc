//! Going over events in the order of their arrival, for whoever judges them by something that is no
//! query.
//!
//! The query of the request is only a sieve: what surely does not answer it is passed over, and
//! everything else is given, whether it answers it or not. Splits are opened as the walk reaches them,
//! and those that overlap (streams that send at the same time) are merged by position. A walk may take
//! long: when splits change under it (they grow together, events are erased), it goes on where it
//! is with those that are there then.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{ControlFlow, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use vakt_event::{JournalPosition, Source};

use super::Index;
use super::forget::gone;
use super::search::{Part, READS_PER_CLOCK, Request, Search, stopped};
use super::shared::{Shared, Snapshot};
use crate::bits::Bits;
use crate::candidates::Candidates;
use crate::chunk::FrameReader;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::split::Split;
use crate::{Error, Result};

/// Takes what a walk gives.
pub trait Walker {
    /// An event that may answer the query, with its place in the journal. `Break` ends the walk.
    fn event(
        &mut self,
        position: JournalPosition,
        frame: Frame<'_>,
        source: &Source,
    ) -> ControlFlow<()>;

    /// So many events within the request's times and streams were passed over.
    fn passed(&mut self, events: u64);

    /// Everything before `position` is done; called at least for each split.
    fn reached(&mut self, position: JournalPosition);
}

impl Index {
    /// Gives the events at positions from `range.start` up to `range.end` that may answer the request's
    /// query, within its times and streams, in the order of their positions. Says up to which
    /// position it went: the index holds nothing from there on, or the walker broke off. Of the request,
    /// `query`, `since`, `until`, `streams`, `deadline` and `cancelled` are looked at.
    ///
    /// # Errors
    /// [`Error::OutOfTime`] and [`Error::Cancelled`] as the request says; a split that is damaged.
    pub fn walk(
        &self,
        request: &Request,
        range: Range<JournalPosition>,
        to: &mut dyn Walker,
    ) -> Result<JournalPosition> {
        let mut walk = Walk {
            shared: &self.shared,
            request,
            reached: range.start.0,
            end: range.end.0,
            reads: 0,
            to,
        };
        loop {
            // The engine panics on some broken files; here that is an answer like any other.
            let round = catch_unwind(AssertUnwindSafe(|| walk.round()));
            let panicked = || Error::damaged(&self.shared.dir, "a panic in a walk".to_owned());
            match round.unwrap_or_else(|_| Err(panicked()))? {
                Round::Ended(next) => return Ok(JournalPosition(next)),
                Round::Changed => {}
            }
        }
    }
}

/// How a round over one snapshot ended.
enum Round {
    Ended(u64),
    /// There are other splits now.
    Changed,
}

/// What became of a split.
enum Gone {
    /// The cursor's next event is at this position.
    On(u64, Cursor),
    /// Nothing more of it is wanted.
    Through(Account),
    /// The walker broke off.
    Off(Account),
}

struct Walk<'w> {
    shared: &'w Shared,
    request: &'w Request,
    /// Everything before it was given or passed over.
    reached: u64,
    end: u64,
    reads: u64,
    to: &'w mut dyn Walker,
}

/// What is to be counted of a split, once the walk is beyond it or ends in it.
struct Account {
    split: Arc<Split>,
    /// What is within the times, given or not.
    within: Bits,
    /// The first event that is not counted, and how many were given since.
    from: u32,
    given: u64,
}

/// A split on its way.
struct Cursor {
    account: Account,
    /// What is given.
    wanted: Bits,
    /// The event that is next, the number of its chunk, and what is at hand of that.
    doc: u32,
    chunk: usize,
    frames: FrameReader,
}

impl Walk<'_> {
    fn round(&mut self) -> Result<Round> {
        let snapshot = self.shared.snapshot.load_full();
        let mut search = Search::new(self.shared, &snapshot, self.request)?;
        let mut parts = search.parts();
        parts.retain(|part| part.positions().1 >= self.reached && part.positions().0 < self.end);
        parts.sort_by_key(|part| part.positions().0);
        let mut waiting: VecDeque<Part> = parts.into();
        // By the position of the next event, which no two have in common.
        let mut open: BTreeMap<u64, Cursor> = BTreeMap::new();
        // Of which nothing more is wanted. Their last events may lie beyond what is reached.
        let mut closed: Vec<Account> = Vec::new();
        let ended = loop {
            if self.has_changed(&snapshot) {
                break Round::Changed;
            }
            let at_wait = waiting.front().map(|part| part.positions().0);
            let at_open = open.first_key_value().map(|(position, _)| *position);
            let is_next = at_open.filter(|at| at_wait.is_none_or(|wait| *at < wait));
            if is_next.is_some()
                && let Some((_, cursor)) = open.pop_first()
            {
                let bound = [at_wait, open.first_key_value().map(|(at, _)| *at)];
                let bound = bound.into_iter().flatten().min().unwrap_or(u64::MAX);
                match self.go_on(cursor, bound)? {
                    Gone::On(position, cursor) => drop(open.insert(position, cursor)),
                    Gone::Through(account) => closed.push(account),
                    Gone::Off(account) => {
                        closed.push(account);
                        break Round::Ended(self.reached);
                    }
                }
            } else if let Some(part) = waiting.pop_front() {
                self.reached = self.reached.max(part.positions().0);
                self.count_passed(&mut closed);
                self.to.reached(JournalPosition(self.reached));
                search.reads = self.reads;
                match self.open(&search, &part)? {
                    Gone::On(position, cursor) => drop(open.insert(position, cursor)),
                    Gone::Through(account) | Gone::Off(account) => closed.push(account),
                }
            } else {
                self.reached = snapshot.next.min(self.end).max(self.reached);
                self.count_passed(&mut closed);
                self.to.reached(JournalPosition(self.reached));
                break Round::Ended(self.reached);
            }
        };
        closed.extend(open.into_values().map(|cursor| cursor.account));
        for account in closed {
            let end = self.docs_before(&account.split, self.reached)?;
            self.count(&account, end);
        }
        Ok(ended)
    }

    /// Counts the splits that the walk is beyond.
    fn count_passed(&mut self, closed: &mut Vec<Account>) {
        let reached = self.reached;
        let is_beyond = |account: &mut Account| account.split.positions.1 < reached;
        for account in closed.extract_if(.., is_beyond).collect::<Vec<_>>() {
            self.count(&account, account.split.docs);
        }
    }

    /// Whether splits were built, removed or forgotten in part. What is in none yet only grows.
    fn has_changed(&self, snapshot: &Snapshot) -> bool {
        let now = self.shared.snapshot.load();
        !Arc::ptr_eq(&now.sealed, &snapshot.sealed)
            || !Arc::ptr_eq(&now.forgotten, &snapshot.forgotten)
    }

    /// Sieves a split.
    fn open(&mut self, search: &Search<'_>, part: &Part) -> Result<Gone> {
        let split = part.open(self.shared)?;
        let damaged = |fault: Fault| self.shared.damaged(&fault);
        let from = self.docs_before(&split, self.reached)?;
        let mut within = Bits::all(split.docs);
        within.remove_range(0..from);
        within.remove_range(self.docs_before(&split, self.end)?..split.docs);
        search
            .restrict_to_times(&split, &mut within)
            .map_err(damaged)?;
        if !search.snapshot.is_whole(split.positions) {
            let gone = gone(self.shared, search.snapshot, &split).map_err(damaged)?;
            within.subtract(&gone);
        }
        let mut wanted = within.clone();
        if !wanted.is_empty() {
            let candidates = Candidates::new(
                &split,
                self.shared.pieces(),
                &self.shared.findings,
                self.request.limits(),
            );
            let sides = candidates.of(&self.request.query.root);
            wanted.intersect(&sides.map_err(|stop| search.stopped(stop))?.maybe);
        }
        let account = Account {
            split: Arc::clone(&split),
            within,
            from,
            given: 0,
        };
        let Some(doc) = wanted.iter().next() else {
            return Ok(Gone::Through(account));
        };
        let chunk = chunk_of(&split, doc);
        let frames = self.frames(&split, chunk)?;
        let cursor = Cursor {
            account,
            wanted,
            doc,
            chunk,
            frames,
        };
        Ok(Gone::On(self.position(&cursor)?, cursor))
    }

    /// Gives events before the position `bound`, or up to the end of the chunk. What is left comes back
    /// with its next position.
    fn go_on(&mut self, mut cursor: Cursor, bound: u64) -> Result<Gone> {
        let split = Arc::clone(&cursor.account.split);
        let missing = || Fault::new("a chunk of a split is missing");
        let damaged = |fault: Fault| self.shared.damaged(&fault);
        let placed = split
            .chunks
            .get(cursor.chunk)
            .ok_or_else(|| damaged(missing()))?;
        let chunk_end = placed.first + placed.chunk.meta().docs;
        loop {
            if self.reads.is_multiple_of(READS_PER_CLOCK) {
                let checked = self.request.limits().check();
                checked.map_err(|stop| stopped(self.shared, stop, self.reads))?;
            }
            self.reads += 1;
            let to = &mut *self.to;
            let inner = cursor.doc - placed.first;
            let pieces = self.shared.pieces();
            let look =
                cursor
                    .frames
                    .frame(&placed.chunk, pieces, inner, |frame, (_, source), at| {
                        (at, to.event(at, frame, source))
                    });
            let (at, flow) = look.map_err(damaged)?;
            self.reached = at.0 + 1;
            cursor.account.given += 1;
            let after = cursor.doc + 1;
            if flow.is_break() {
                return Ok(Gone::Off(cursor.account));
            }
            let Some(next) = cursor.wanted.iter_in(after..split.docs).next() else {
                return Ok(Gone::Through(cursor.account));
            };
            cursor.doc = next;
            if next >= chunk_end {
                cursor.chunk = chunk_of(&split, next);
                cursor.frames = self.frames(&split, cursor.chunk)?;
            }
            let position = self.position(&cursor)?;
            if next >= chunk_end || position >= bound {
                return Ok(Gone::On(position, cursor));
            }
        }
    }

    /// Says how many of the events before `end` were passed over.
    fn count(&mut self, account: &Account, end: u32) {
        let within = account.within.iter_in(account.from..end).count() as u64;
        self.to.passed(within.saturating_sub(account.given));
    }

    fn frames(&self, split: &Split, chunk: usize) -> Result<FrameReader> {
        let missing = || Fault::new("a chunk of a split is missing");
        let placed = split.chunks.get(chunk).ok_or_else(missing);
        placed
            .and_then(|placed| placed.chunk.frames(self.shared.pieces(), false))
            .map_err(|fault| self.shared.damaged(&fault))
    }

    /// The position of the cursor's event.
    fn position(&self, cursor: &Cursor) -> Result<u64> {
        let missing = || Fault::new("an event of a split is missing");
        let placed = cursor.account.split.chunks.get(cursor.chunk);
        let inner = placed.and_then(|placed| cursor.doc.checked_sub(placed.first));
        let position = inner.and_then(|inner| cursor.frames.positions.get(inner as usize));
        let position = position.map(|position| position.cast_unsigned());
        position.ok_or_else(|| self.shared.damaged(&missing()))
    }

    /// How many events of the split stand before `position`.
    fn docs_before(&self, split: &Split, position: u64) -> Result<u32> {
        let chunks = &split.chunks;
        let whole = chunks.partition_point(|placed| placed.chunk.meta().positions.1 < position);
        let Some(placed) = chunks.get(whole) else {
            return Ok(split.docs);
        };
        if placed.chunk.meta().positions.0 >= position {
            return Ok(placed.first);
        }
        let positions = placed.chunk.positions(self.shared.pieces());
        let positions = positions.map_err(|fault| self.shared.damaged(&fault))?;
        let inner = positions.partition_point(|at| at.cast_unsigned() < position);
        Ok(placed.first + u32::try_from(inner).unwrap_or(u32::MAX))
    }
}

/// The number of the chunk that has the event.
fn chunk_of(split: &Split, doc: u32) -> usize {
    let after = split.chunks.partition_point(|placed| placed.first <= doc);
    after.saturating_sub(1)
}
