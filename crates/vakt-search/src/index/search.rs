//! A search over one snapshot of the index.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde_json::{Map, Value as Json};
use tantivy::schema::Value as _;
use tantivy::{DocAddress, DocId, Searcher, TantivyDocument};
use vakt_event::{JournalPosition, Timestamp};

use super::Index;
use super::cursor::{NO_TIME, Place};
use super::tail::{Kept, Tail};
use super::top::Top;
use crate::bits::Bits;
use crate::candidates::{Segment, Stop};
use crate::record::Record;
use crate::stored::{self, Stored};
use crate::{Error, Query, Result};

/// The most hits in one answer: more are fetched page by page.
pub const HITS_MAX: usize = 10_000;

/// The most bytes of stored events in one answer; it then ends early, with a cursor. An answer is
/// made in memory, and events may be large.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many stored events are read between two looks at the clock.
const READS_PER_CLOCK: u64 = 64;

/// Blocks of stored events that a verification keeps unpacked: it reads them in order.
const VERIFY_BLOCKS: usize = 2;

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
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The events, in the order asked for.
    pub hits: Vec<Hit>,
    /// How many events match in all, whatever the limit and the cursor: exact.
    pub total: u64,
    /// Where to go on; `None` when there is nothing more.
    pub next: Option<String>,
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
        let searcher = self.reader.searcher();
        let mut search = Search {
            index: self,
            request,
            searcher: &searcher,
            after: request.cursor.as_deref().map(Place::parse).transpose()?,
            limit: request.limit.min(HITS_MAX),
            reads: 0,
        };
        let after = search.after.map(|place| place.rank(request.order));
        let mut tail = Tail::new(request, after, search.kept());
        let end = self.guarded(|| search.end())?;
        offer(end, &mut tail)?;
        Ok(self.guarded(|| search.run(tail))?)
    }

    /// The engine panics on some broken files; here that is an answer like any other.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|_| Err(self.damaged("the engine panicked in a search".to_owned())))
    }
}

struct Search<'s> {
    index: &'s Index,
    request: &'s Request,
    searcher: &'s Searcher,
    after: Option<Place>,
    limit: usize,
    /// Stored events read so far to verify candidates.
    reads: u64,
}

impl Search<'_> {
    /// One more than the limit tells whether there is a next page.
    fn kept(&self) -> usize {
        if self.limit == 0 { 0 } else { self.limit + 1 }
    }

    /// The first position that this snapshot does not hold. Events are added in rising order.
    fn end(&self) -> Result<JournalPosition> {
        let mut end = 0;
        for reader in self.searcher.segment_readers() {
            let segment = Segment::open(reader, self.index.fields, None)
                .map_err(|error| self.index.failed(error))?;
            if let Some(column) = &segment.position {
                end = end.max(column.max_value().saturating_add(1));
            }
        }
        Ok(JournalPosition(end))
    }

    fn run(&mut self, tail: Tail<'_>) -> Result<Response> {
        let mut segments = Vec::new();
        for (ordinal, reader) in (0_u32..).zip(self.searcher.segment_readers()) {
            let segment = Segment::open(reader, self.index.fields, self.request.deadline)
                .map_err(|error| self.index.failed(error))?;
            segments.push((ordinal, segment));
        }
        // The segments with the first hits first: most others then have nothing to offer.
        segments.sort_by_key(|(_, segment)| std::cmp::Reverse(self.best_rank(segment)));
        let mut top = Top::new(self.kept());
        let (mut total, newest) = tail.into_sorted();
        for (ordinal, segment) in &segments {
            let matches = self.matches(segment)?;
            total += matches.count();
            if top.wants(self.best_rank(segment)) {
                self.offer(*ordinal, segment, &matches, &mut top);
            }
        }
        let (hits, next) = self.hits(top, newest)?;
        Ok(Response { hits, total, next })
    }

    /// A rank that no event of the segment exceeds.
    fn best_rank(&self, segment: &Segment<'_>) -> Place {
        let (earliest, latest) = times(segment);
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

    /// The documents of the segment that match, each of them for certain.
    fn matches(&mut self, segment: &Segment<'_>) -> Result<Bits> {
        if self.is_outside(segment) {
            return Ok(Bits::none(segment.docs));
        }
        let mut sides = match self.candidates(segment) {
            Ok(sides) => sides,
            Err(stop) => return Err(self.stopped(stop)),
        };
        segment.leave_out_forgotten(&mut sides.maybe);
        self.restrict_to_times(segment, &mut sides.maybe);
        sides.sure.intersect(&sides.maybe);
        let mut matches = sides.sure;
        sides.maybe.subtract(&matches);
        if sides.maybe.is_empty() {
            return Ok(matches);
        }
        let failed = |error| self.index.failed(error);
        let store = segment
            .reader
            .get_store_reader(VERIFY_BLOCKS)
            .map_err(|error| failed(error.into()))?;
        for doc in sides.maybe.iter() {
            if self.reads.is_multiple_of(READS_PER_CLOCK) {
                segment
                    .check_deadline()
                    .map_err(|stop| self.stopped(stop))?;
            }
            self.reads += 1;
            let document = store.get(doc).map_err(failed)?;
            let position = position(segment, doc);
            let is_match = self.with_event(&document, position, |stored| {
                let source = stored.source();
                let record = Record {
                    event: &stored.event,
                    position: Some(position),
                    source: Some(source),
                };
                let streams = self.request.streams.as_deref();
                streams.is_none_or(|streams| streams.iter().any(|stream| stream == source.stream))
                    && self.request.query.matches_record(&record)
            })?;
            if is_match {
                matches.insert(doc);
            }
        }
        Ok(matches)
    }

    fn candidates(
        &self,
        segment: &Segment<'_>,
    ) -> std::result::Result<crate::candidates::Sides, Stop> {
        segment.check_deadline()?;
        let mut sides = segment.candidates(&self.request.query.root)?;
        if let Some(streams) = &self.request.streams {
            let of_streams = segment.of_streams(streams)?;
            sides.sure.intersect(&of_streams.sure);
            sides.maybe.intersect(&of_streams.maybe);
        }
        Ok(sides)
    }

    /// Whether no event of the segment lies between the bounds of time.
    fn is_outside(&self, segment: &Segment<'_>) -> bool {
        let (since, until) = (self.request.since, self.request.until);
        let (earliest, latest) = times(segment);
        since.is_some_and(|since| latest < since.micros())
            || until.is_some_and(|until| earliest >= until.micros())
    }

    fn restrict_to_times(&self, segment: &Segment<'_>, docs: &mut Bits) {
        let (since, until) = (self.request.since, self.request.until);
        if since.is_none() && until.is_none() {
            return;
        }
        let within = |micros: i64| {
            micros != NO_TIME
                && since.is_none_or(|since| micros >= since.micros())
                && until.is_none_or(|until| micros < until.micros())
        };
        let (earliest, latest) = times(segment);
        if within(earliest) && within(latest) {
            return;
        }
        let outside: Vec<DocId> = docs
            .iter()
            .filter(|doc| !within(micros(segment, *doc)))
            .collect();
        for doc in outside {
            docs.remove(doc);
        }
    }

    /// Offers the matches that lie after the cursor.
    fn offer(&self, ordinal: u32, segment: &Segment<'_>, matches: &Bits, top: &mut Top) {
        let order = self.request.order;
        let after = self.after.map(|place| place.rank(order));
        for doc in matches.iter() {
            let place = Place {
                micros: micros(segment, doc),
                position: position(segment, doc).0,
            };
            let rank = place.rank(order);
            if after.is_none_or(|after| rank < after) {
                top.offer(rank, DocAddress::new(ordinal, doc));
            }
        }
    }

    /// Reads the hits, those of the tail among them, and says where the next page begins.
    fn hits(&self, top: Top, newest: Vec<Kept>) -> Result<(Vec<Hit>, Option<String>)> {
        let mut newest = newest.into_iter().peekable();
        let mut indexed = top.into_sorted().peekable();
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
            let Some((rank, address)) = indexed.next() else {
                break;
            };
            let place = rank.rank(self.request.order);
            let document: TantivyDocument = self
                .searcher
                .doc(address)
                .map_err(|error| self.index.failed(error))?;
            let position = JournalPosition(place.position);
            let hit = self.with_event(&document, position, |stored| {
                let record = Record {
                    event: &stored.event,
                    position: Some(position),
                    source: Some(stored.source()),
                };
                record.to_hit()
            })?;
            bytes += self.stored(&document).map_or(0, <[u8]>::len);
            hits.push(hit);
            last = Some(place);
        }
        Ok((hits, None))
    }

    fn with_event<T>(
        &self,
        document: &TantivyDocument,
        position: JournalPosition,
        look: impl FnOnce(&Stored<'_>) -> T,
    ) -> Result<T> {
        self.stored(document)
            .and_then(stored::decode)
            .map(|stored| look(&stored))
            .ok_or(Error::StoredEvent { position })
    }

    fn stored<'d>(&self, document: &'d TantivyDocument) -> Option<&'d [u8]> {
        document.get_first(self.index.fields.event)?.as_bytes()
    }

    fn stopped(&self, stop: Stop) -> Error {
        match stop {
            Stop::Engine(error) => self.index.failed(error),
            Stop::OutOfTime => Error::OutOfTime { read: self.reads },
        }
    }
}

/// The earliest and the latest time in the segment.
fn times(segment: &Segment<'_>) -> (i64, i64) {
    let Some(column) = &segment.time else {
        return (NO_TIME, NO_TIME);
    };
    let earliest = if column.index.get_cardinality().is_full() {
        column.min_value()
    } else {
        NO_TIME
    };
    (earliest, column.max_value())
}

fn micros(segment: &Segment<'_>, doc: DocId) -> i64 {
    let time = segment.time.as_ref();
    time.and_then(|column| column.first(doc)).unwrap_or(NO_TIME)
}

fn position(segment: &Segment<'_>, doc: DocId) -> JournalPosition {
    let position = segment.position.as_ref();
    JournalPosition(
        position
            .and_then(|column| column.first(doc))
            .unwrap_or_default(),
    )
}
