//! A search over one snapshot of the index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Instant;

use serde_json::{Map, Value as Json};
use vakt_event::{JournalPosition, Timestamp};

use super::Index;
use super::cursor::{NO_TIME, Place};
use super::forget::gone;
use super::gather::{Gather, Gathering, Wanted};
use super::judging::Judging;
use super::progress::{Progress, Watch};
use super::shared::{Sealed, Shared, Snapshot};
use super::tail::{Kept, Newest, Tail};
use super::top::{Address, Top};
use super::verdicts::QueryHash;
use crate::bits::Bits;
use crate::candidates::{Candidates, Limits, Sides, Stop};
use crate::fault::Fault;
use crate::frame::Decoder;
use crate::query::Node;
use crate::record::Record;
use crate::split::{PlacedChunk, Split};
use crate::{Error, Query, Result};

/// The most hits in one answer: more are fetched page by page.
pub const HITS_MAX: usize = 10_000;

/// The most bytes of stored events in one answer; it then ends early, with a cursor. An answer is
/// made in memory, and events may be large.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many events are read between two looks at the clock.
pub(super) const READS_PER_CLOCK: u64 = 64;

/// Of so many splits the disk reads the ends before they are opened: a few requests at a time keep it busy.
const AHEAD_SPLITS: usize = 8;

/// The order of hits: by effective time, and by journal position where times are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Descending,
    /// Oldest first.
    Ascending,
}

/// A flat event, as [`Record::to_hit`] makes it.
pub type Hit = Map<String, Json>;

/// What is searched for. The default asks for the total of everything.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub query: Query,
    /// The earliest effective time, inclusive. With a bound, events without any time are left out.
    pub since: Option<Timestamp>,
    /// The latest effective time, exclusive.
    pub until: Option<Timestamp>,
    /// Only events of these streams, written exactly so. `None` is all streams; an empty list is
    /// none of them.
    pub streams: Option<Vec<String>>,
    /// The most hits wanted, at most [`HITS_MAX`]; 0 asks for the total alone.
    pub limit: usize,
    pub order: Order,
    /// The `next` of an earlier answer to the same request: go on after it.
    pub cursor: Option<String>,
    /// When to give up with [`Error::OutOfTime`].
    pub deadline: Option<Instant>,
    /// Set by whoever does not want the answer any more: then [`Error::Cancelled`] ends the search.
    pub cancelled: Option<Arc<AtomicBool>>,
    /// The hits are enough: what cannot add to them is not looked at, and `total` counts what was.
    pub hits_only: bool,
    /// Hears how far the search is.
    pub watch: Option<Arc<dyn Watch>>,
}

impl Request {
    /// What ends this search early.
    pub(crate) fn limits(&self) -> Limits<'_> {
        Limits {
            deadline: self.deadline,
            cancelled: self.cancelled.as_deref(),
        }
    }
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The events, in the order asked for.
    pub hits: Vec<Hit>,
    /// How many events match in all, whatever the limit and the cursor: exact, unless only the hits
    /// were asked for.
    pub total: u64,
    /// Where to go on; `None` when there is nothing more.
    pub next: Option<String>,
    /// Events that were read to know whether they match.
    pub read: u64,
    /// Events that the index lacks, and for which the time was too short, at most: the answer is of the newest ones
    /// alone, and not of what the index holds. 0 in a whole answer.
    pub unread: u64,
}

impl Index {
    /// Searches what was committed before the call. Runs on the caller's thread.
    pub fn search(&self, request: &Request) -> Result<Response> {
        self.search_with(request, |_, _| Ok::<_, Error>(()))
    }

    /// As [`Self::search`], and over events that are not committed: `offer` is given the first
    /// position that the snapshot of this search does not hold, and offers the events from there
    /// on to the [`Tail`].
    ///
    /// # Errors
    /// Those of a search, and those of `offer`.
    pub fn search_with<E: From<Error>>(
        &self,
        request: &Request,
        offer: impl FnOnce(JournalPosition, &mut Tail<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<Response, E> {
        self.gather_with(request, &Wanted::default(), &mut Nobody, offer)
    }

    /// As [`Self::search_with`], and gives what is `wanted` of every matching event `to` somebody.
    ///
    /// # Errors
    /// Those of a search, and those of `offer`.
    pub fn gather_with<E: From<Error>>(
        &self,
        request: &Request,
        wanted: &Wanted,
        to: &mut dyn Gather,
        offer: impl FnOnce(JournalPosition, &mut Tail<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<Response, E> {
        let shared = &*self.shared;
        let snapshot = shared.snapshot.load_full();
        let mut search = Search::new(shared, &snapshot, request)?;
        let after = search.after.map(|place| place.rank(request.order));
        let next = JournalPosition(snapshot.next);
        let mut tail = Tail::new(request, next, after, search.kept(), to);
        if let Err(error) = offer(next, &mut tail) {
            return tail.out_of_time().ok_or(error);
        }
        let newest = tail.finish();
        // The engine panics on some broken files; here that is an answer like any other.
        let found = catch_unwind(AssertUnwindSafe(|| search.run(newest, wanted, to)));
        let panicked = || Error::damaged(&shared.dir, "a panic in a search".to_owned());
        Ok(found.unwrap_or_else(|_| Err(panicked()))?)
    }
}

/// Takes nothing.
struct Nobody;

impl Gather for Nobody {
    fn is_somebody(&self) -> bool {
        false
    }

    fn counted(&mut self, _: Option<i64>, _: &[Option<&str>], _: u64) {}

    fn record(&mut self, _: &Record<'_>) {}
}

/// A split on the disk, or what is in none yet.
pub(super) enum Part {
    Sealed(Arc<Sealed>),
    Open(Arc<Split>),
}

impl Part {
    pub(super) fn open(&self, shared: &Shared) -> Result<Arc<Split>> {
        match self {
            Self::Sealed(sealed) => shared.open(sealed),
            Self::Open(split) => Ok(Arc::clone(split)),
        }
    }

    /// The part will be opened soon.
    fn expect(&self, shared: &Shared) {
        if let Self::Sealed(sealed) = self {
            shared.expect(sealed);
        }
    }

    fn docs(&self) -> u64 {
        u64::from(match self {
            Self::Sealed(sealed) => sealed.meta.docs,
            Self::Open(split) => split.docs,
        })
    }

    fn stream(&self) -> &str {
        match self {
            Self::Sealed(sealed) => &sealed.meta.partition.stream,
            Self::Open(split) => &split.stream,
        }
    }

    fn times(&self) -> (i64, i64) {
        match self {
            Self::Sealed(sealed) => sealed.meta.times,
            Self::Open(split) => split.times,
        }
    }

    pub(super) fn positions(&self) -> (u64, u64) {
        match self {
            Self::Sealed(sealed) => sealed.meta.positions,
            Self::Open(split) => split.positions,
        }
    }
}

pub(super) struct Search<'s> {
    pub(super) shared: &'s Shared,
    pub(super) snapshot: &'s Snapshot,
    pub(super) request: &'s Request,
    after: Option<Place>,
    limit: usize,
    /// Events read so far to verify candidates.
    pub(super) reads: u64,
    /// Events of the parts that are done, and of all.
    covered: u64,
    of: u64,
    /// Of them those that the index lacked.
    behind: u64,
    decoder: Box<dyn Decoder>,
    query_hash: QueryHash,
}

impl<'s> Search<'s> {
    pub(super) fn new(
        shared: &'s Shared,
        snapshot: &'s Snapshot,
        request: &'s Request,
    ) -> Result<Self> {
        Ok(Self {
            shared,
            snapshot,
            request,
            after: request.cursor.as_deref().map(Place::parse).transpose()?,
            limit: request.limit.min(HITS_MAX),
            reads: 0,
            covered: 0,
            of: 0,
            behind: 0,
            decoder: shared.decode.decoder(),
            query_hash: QueryHash::of(&request.query),
        })
    }
}

impl Search<'_> {
    /// One more than the limit tells whether there is a next page.
    fn kept(&self) -> usize {
        if self.limit == 0 { 0 } else { self.limit + 1 }
    }

    /// `newest` is what the tail gave.
    fn run(&mut self, newest: Newest, wanted: &Wanted, to: &mut dyn Gather) -> Result<Response> {
        let gathering = Gathering {
            shared: self.shared,
            wanted,
            limits: self.request.limits(),
        };
        let mut parts = self.parts();
        // The parts with the first hits first: most others then have nothing to offer.
        parts.sort_by_key(|part| std::cmp::Reverse(self.best_rank(part.times())));
        let mut top = Top::new(self.kept());
        let mut total = newest.total;
        self.behind = newest.behind;
        self.of = parts.iter().map(Part::docs).sum::<u64>() + newest.behind;
        let mut covered = newest.behind;
        for part in parts.iter().take(AHEAD_SPLITS) {
            part.expect(self.shared);
        }
        for (ordinal, part) in parts.iter().enumerate() {
            if let Some(part) = parts.get(ordinal + AHEAD_SPLITS) {
                part.expect(self.shared);
            }
            self.covered = covered;
            self.tell();
            covered += part.docs();
            if self.request.hits_only && self.is_before_cursor(part.times()) {
                continue;
            }
            let is_wanted = top.wants(self.best_rank(part.times()));
            if !is_wanted && !to.is_somebody() {
                if self.request.hits_only {
                    break;
                }
                if self.matches_whole(part) {
                    total += part.docs();
                    continue;
                }
            }
            let split = part.open(self.shared)?;
            if self.request.hits_only && !to.is_somebody() {
                total += self.offer_best(ordinal, &split, &mut top)?;
                continue;
            }
            let matches = self.matches(&split)?;
            total += matches.count();
            if to.is_somebody() {
                gathering
                    .gather(&split, &matches, &mut *self.decoder, to)
                    .map_err(|stop| self.stopped(stop))?;
            }
            if is_wanted {
                self.offer(ordinal, &split, &matches, &mut top)
                    .map_err(|fault| self.shared.damaged(&fault))?;
            }
        }
        let (hits, next) = self.hits(&parts, top, newest.kept)?;
        Ok(Response {
            hits,
            total,
            next,
            read: self.reads,
            unread: 0,
        })
    }

    /// What may have matches.
    pub(super) fn parts(&self) -> Vec<Part> {
        let sealed = self.snapshot.sealed.iter().cloned().map(Part::Sealed);
        let open = self.snapshot.open.iter().cloned().map(Part::Open);
        let mut parts: Vec<Part> = sealed.chain(open).collect();
        parts.retain(|part| self.may_match(part.stream(), part.times()));
        parts
    }

    /// Whether every event of the part matches, without a look at it.
    fn matches_whole(&self, part: &Part) -> bool {
        let (earliest, latest) = part.times();
        self.request.query.root == Node::All
            && self.is_within(earliest)
            && self.is_within(latest)
            && self.snapshot.is_whole(part.positions())
    }

    fn may_match(&self, stream: &str, times: (i64, i64)) -> bool {
        let streams = self.request.streams.as_deref();
        streams.is_none_or(|streams| streams.iter().any(|wanted| wanted == stream))
            && !self.is_outside(times)
    }

    /// A rank that no event with times between these exceeds.
    fn best_rank(&self, (earliest, latest): (i64, i64)) -> Place {
        let micros = match self.request.order {
            Order::Descending => latest,
            Order::Ascending => earliest,
        };
        let position = match self.request.order {
            Order::Descending => u64::MAX,
            Order::Ascending => 0,
        };
        Place { micros, position }.rank(self.request.order)
    }

    /// Whether every event with times between these is on an earlier page.
    fn is_before_cursor(&self, (earliest, latest): (i64, i64)) -> bool {
        let last = match self.request.order {
            Order::Descending => Place {
                micros: earliest,
                position: 0,
            },
            Order::Ascending => Place {
                micros: latest,
                position: u64::MAX,
            },
        };
        let after = self.after.map(|place| place.rank(self.request.order));
        after.is_some_and(|after| last.rank(self.request.order) >= after)
    }

    /// The events of the split that match, each of them for certain.
    fn matches(&mut self, split: &Split) -> Result<Bits> {
        let Sides {
            sure: mut matches,
            maybe,
        } = self.sides(split)?;
        self.verify(split, &maybe, 0..split.docs, &mut matches)?;
        Ok(matches)
    }

    /// Offers the matches of the chunks that may have the first hits, and looks at no others. Gives
    /// how many matches it knows of.
    fn offer_best(&mut self, ordinal: usize, split: &Split, top: &mut Top) -> Result<u64> {
        let Sides {
            sure: mut matches,
            maybe,
        } = self.sides(split)?;
        for placed in self.best_chunks(split) {
            if !top.wants(self.best_rank(placed.chunk.meta().times)) {
                break;
            }
            if self.is_before_cursor(placed.chunk.meta().times) {
                continue;
            }
            let docs = placed.first..placed.first + placed.chunk.meta().docs;
            self.verify(split, &maybe, docs, &mut matches)?;
            self.offer_chunk(ordinal, placed, &matches, top)
                .map_err(|fault| self.shared.damaged(&fault))?;
        }
        Ok(matches.count())
    }

    /// The chunks with the first hits first.
    fn best_chunks<'p>(&self, split: &'p Split) -> Vec<&'p PlacedChunk> {
        let mut chunks: Vec<_> = split.chunks.iter().collect();
        chunks.sort_by_key(|placed| std::cmp::Reverse(self.best_rank(placed.chunk.meta().times)));
        chunks
    }

    /// The events of the split that surely match, and the others that may.
    fn sides(&self, split: &Split) -> Result<Sides> {
        let candidates = Candidates::new(
            split,
            self.shared.pieces(),
            &self.shared.findings,
            self.request.limits(),
        );
        let found = candidates.of(&self.request.query.root);
        let mut sides = found.map_err(|stop| self.stopped(stop))?;
        let damaged = |fault: Fault| self.shared.damaged(&fault);
        if !self.snapshot.is_whole(split.positions) {
            let gone = gone(self.shared, self.snapshot, split).map_err(damaged)?;
            sides.maybe.subtract(&gone);
        }
        self.restrict_to_times(split, &mut sides.maybe)
            .map_err(damaged)?;
        sides.sure.intersect(&sides.maybe);
        sides.maybe.subtract(&sides.sure);
        Ok(sides)
    }

    /// The search is at the beginning of a part.
    fn tell(&self) {
        if let Some(watch) = &self.request.watch {
            watch.at(Progress {
                read: self.reads,
                covered: self.covered,
                of: self.of,
                behind: self.behind,
            });
        }
    }

    /// Adds those of `maybe` to `matches` that match when they are looked at.
    fn verify(
        &mut self,
        split: &Split,
        maybe: &Bits,
        within: Range<u32>,
        matches: &mut Bits,
    ) -> Result<()> {
        let judging = Judging {
            shared: self.shared,
            query: &self.request.query,
            query_hash: self.query_hash,
            limits: self.request.limits(),
            reads: AtomicU64::new(self.reads),
        };
        let watch = self.request.watch.as_deref();
        let (covered, of, behind) = (self.covered, self.of, self.behind);
        let tell = |doc: u32| {
            if let Some(watch) = watch {
                watch.at(Progress {
                    read: judging.reads.load(Relaxed),
                    covered: covered + u64::from(doc),
                    of,
                    behind,
                });
            }
        };
        let judged = judging.judge(split, maybe, within, matches, &mut *self.decoder, &tell);
        self.reads = judging.reads.load(Relaxed);
        judged.map_err(|stop| self.stopped(stop))
    }

    /// Whether no event with such times lies between the bounds of time.
    fn is_outside(&self, (earliest, latest): (i64, i64)) -> bool {
        let (since, until) = (self.request.since, self.request.until);
        since.is_some_and(|since| latest < since.micros())
            || until.is_some_and(|until| earliest >= until.micros())
    }

    /// Whether an event with this time lies between the bounds of time.
    fn is_within(&self, micros: i64) -> bool {
        let (since, until) = (self.request.since, self.request.until);
        (since.is_none() && until.is_none())
            || (micros != NO_TIME
                && since.is_none_or(|since| micros >= since.micros())
                && until.is_none_or(|until| micros < until.micros()))
    }

    pub(super) fn restrict_to_times(
        &self,
        split: &Split,
        docs: &mut Bits,
    ) -> std::result::Result<(), Fault> {
        if self.request.since.is_none() && self.request.until.is_none() {
            return Ok(());
        }
        for placed in &split.chunks {
            let meta = placed.chunk.meta();
            let (earliest, latest) = meta.times;
            if self.is_within(earliest) && self.is_within(latest) {
                continue;
            }
            let chunk = placed.first..placed.first + meta.docs;
            if self.is_outside(meta.times) {
                docs.remove_range(chunk);
                continue;
            }
            let times = placed.chunk.times(self.shared.pieces())?;
            for (doc, micros) in chunk.zip(times.iter()) {
                if !self.is_within(*micros) {
                    docs.remove(doc);
                }
            }
        }
        Ok(())
    }

    /// Offers the matches that lie after the cursor.
    fn offer(
        &self,
        ordinal: usize,
        split: &Split,
        matches: &Bits,
        top: &mut Top,
    ) -> std::result::Result<(), Fault> {
        let chunks = self.best_chunks(split);
        let mut ahead = chunks.iter();
        let mut expected = 0;
        while expected < self.kept() as u64
            && let Some(placed) = ahead.next()
        {
            let docs = placed.first..placed.first + placed.chunk.meta().docs;
            let count = matches.count_in(docs);
            if count > 0 && top.wants(self.best_rank(placed.chunk.meta().times)) {
                placed.chunk.expect_directory();
            }
            expected += count;
        }
        for placed in chunks {
            self.offer_chunk(ordinal, placed, matches, top)?;
        }
        Ok(())
    }

    fn offer_chunk(
        &self,
        ordinal: usize,
        placed: &PlacedChunk,
        matches: &Bits,
        top: &mut Top,
    ) -> std::result::Result<(), Fault> {
        let order = self.request.order;
        let after = self.after.map(|place| place.rank(order));
        let pieces = self.shared.pieces();
        let meta = placed.chunk.meta();
        let docs = placed.first..placed.first + meta.docs;
        if !top.wants(self.best_rank(meta.times)) || !matches.any_in(docs.clone()) {
            return Ok(());
        }
        let times = placed.chunk.times(pieces)?;
        let positions = placed.chunk.positions(pieces)?;
        for doc in matches.iter_in(docs) {
            let at = (doc - placed.first) as usize;
            let (Some(micros), Some(position)) = (times.get(at), positions.get(at)) else {
                continue;
            };
            let place = Place {
                micros: *micros,
                position: position.cast_unsigned(),
            };
            let rank = place.rank(order);
            if after.is_none_or(|after| rank < after) {
                top.offer(rank, (ordinal, doc));
            }
        }
        Ok(())
    }

    /// Reads the hits, those of the tail among them, and says where the next page begins.
    fn hits(
        &mut self,
        parts: &[Part],
        top: Top,
        newest: Vec<Kept>,
    ) -> Result<(Vec<Hit>, Option<String>)> {
        let mut newest = newest.into_iter().peekable();
        let indexed: Vec<_> = top.into_sorted().collect();
        let shown = indexed.iter().take(self.limit);
        self.expect_hits(parts, shown.map(|(_, address)| *address))?;
        let mut indexed = indexed.into_iter().peekable();
        let mut hits = Vec::new();
        let mut bytes = 0;
        let mut last = None;
        while indexed.peek().is_some() || newest.peek().is_some() {
            if hits.len() == self.limit || bytes > ANSWER_BYTES_MAX {
                return Ok((hits, last.map(|place: Place| place.to_string())));
            }
            let rank = indexed.peek().map(|(rank, _)| *rank);
            if let Some(kept) = newest.next_if(|kept| Some(kept.rank) > rank) {
                bytes += kept.bytes;
                hits.push(kept.hit);
                last = Some(kept.rank.rank(self.request.order));
                continue;
            }
            let Some((rank, (ordinal, doc))) = indexed.next() else {
                break;
            };
            let Some(part) = parts.get(ordinal) else {
                break;
            };
            let split = part.open(self.shared)?;
            let (hit, length) = self
                .hit(&split, doc)
                .map_err(|fault| self.shared.damaged(&fault))?;
            bytes += length;
            hits.push(hit);
            last = Some(rank.rank(self.request.order));
        }
        Ok((hits, None))
    }

    /// These events will be read.
    fn expect_hits(&self, parts: &[Part], hits: impl Iterator<Item = Address>) -> Result<()> {
        let mut by_part: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (ordinal, doc) in hits {
            by_part.entry(ordinal).or_default().push(doc);
        }
        for (ordinal, mut docs) in by_part {
            let Some(part) = parts.get(ordinal) else {
                continue;
            };
            let split = part.open(self.shared)?;
            docs.sort_unstable();
            let first = |doc: &u32| split.chunk_of(*doc).map(|placed| placed.first);
            let of_one_chunk = |a: &u32, b: &u32| first(a) == first(b);
            for docs in docs.chunk_by(of_one_chunk) {
                let Some(placed) = docs.first().and_then(|doc| split.chunk_of(*doc)) else {
                    continue;
                };
                let inner = docs.iter().map(|doc| doc - placed.first);
                let expected = placed.chunk.expect_blocks(inner, self.shared.pieces());
                expected.map_err(|fault| self.shared.damaged(&fault))?;
            }
        }
        Ok(())
    }

    /// The event as an answer shows it, and the bytes that it was.
    fn hit(&mut self, split: &Split, doc: u32) -> std::result::Result<(Hit, usize), Fault> {
        let (chunk, inner) = split
            .locate(doc)
            .ok_or_else(|| Fault::new("an event of a split is missing"))?;
        let mut events = chunk.reader(self.shared.pieces(), true)?;
        events.look(inner, &mut *self.decoder, |record| {
            (record.to_hit(), record.event.original.len())
        })
    }

    pub(super) fn stopped(&self, stop: Stop) -> Error {
        stopped(self.shared, stop, self.reads)
    }
}

/// Why a search ended early that had read so many events.
pub(super) fn stopped(shared: &Shared, stop: Stop, reads: u64) -> Error {
    match stop {
        Stop::Damaged(reason) => Error::damaged(&shared.dir, reason),
        Stop::OutOfTime => Error::OutOfTime { read: reads },
        Stop::Cancelled => Error::Cancelled,
    }
}
