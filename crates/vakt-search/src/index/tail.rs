//! Events that no commit covers yet, judged one by one: a backlog of the index costs latency and
//! hides nothing.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use vakt_event::time::FUTURE_TOLERANCE_MICROS;
use vakt_event::{Event, JournalPosition, Source, Timestamp};

use super::cursor::{NO_TIME, Place};
use super::gather::Gather;
use super::search::{ANSWER_BYTES_MAX, Hit, Request};
use crate::candidates::Stop;
use crate::frame::{Decoder, Frame};
use crate::record::{Record, RecordSource, peer_text};
use crate::{Error, Result};

/// How many events are judged between two looks at the clock.
const EVENTS_PER_CLOCK: u64 = 1024;

/// The matches among events that are offered in any order, in bounded memory.
pub struct Tail<'r> {
    request: &'r Request,
    /// The rank after which the answer begins.
    after: Option<Place>,
    limit: usize,
    /// The lowest rank on top.
    kept: BinaryHeap<Reverse<Kept>>,
    kept_bytes: usize,
    total: u64,
    judged: u64,
    /// Is given what matches.
    to: &'r mut dyn Gather,
}

/// A hit by its rank.
pub(super) struct Kept {
    pub(super) rank: Place,
    pub(super) bytes: usize,
    pub(super) hit: Hit,
}

impl<'r> Tail<'r> {
    /// `limit` as in [`super::search`]: one more than the page holds.
    pub(super) fn new(
        request: &'r Request,
        after: Option<Place>,
        limit: usize,
        to: &'r mut dyn Gather,
    ) -> Self {
        Self {
            request,
            after,
            limit,
            kept: BinaryHeap::new(),
            kept_bytes: 0,
            total: 0,
            judged: 0,
            to,
        }
    }

    /// Judges what is decoded of a frame of the journal, which it is where it may be in the range and in the
    /// streams that are searched.
    ///
    /// # Errors
    /// [`Error::OutOfTime`] when the request's deadline is over, [`Error::Cancelled`].
    pub fn offer(
        &mut self,
        position: JournalPosition,
        frame: Frame<'_>,
        source: &Source,
        decoder: &mut dyn Decoder,
    ) -> Result<()> {
        self.judged += 1;
        if self.judged.is_multiple_of(EVENTS_PER_CLOCK) {
            self.request.limits().check().map_err(|stop| match stop {
                Stop::Cancelled => Error::Cancelled,
                Stop::OutOfTime | Stop::Damaged(_) => Error::OutOfTime { read: self.judged },
            })?;
        }
        let streams = self.request.streams.as_deref();
        if !self.may_be_within(frame.received)
            || streams.is_some_and(|streams| !streams.contains(&source.stream))
        {
            return Ok(());
        }
        let event = decoder.decode(frame, source);
        self.judge(position, &event, source);
        decoder.recycle(event);
        Ok(())
    }

    /// Whether an event of then may count as one of the range: it counts by its claim where that is earlier than
    /// receipt, or later by no more than clocks are off.
    fn may_be_within(&self, received: Timestamp) -> bool {
        let latest = received.saturating_add_micros(FUTURE_TOLERANCE_MICROS);
        self.request.since.is_none_or(|since| latest >= since)
    }

    fn judge(&mut self, position: JournalPosition, event: &Event<'_>, source: &Source) {
        let time = event.time.effective();
        let (since, until) = (self.request.since, self.request.until);
        let is_within = since.is_none_or(|since| time.is_some_and(|time| time >= since))
            && until.is_none_or(|until| time.is_some_and(|time| time < until));
        if !is_within {
            return;
        }
        let peer = peer_text(source);
        let record = Record {
            event,
            position: Some(position),
            source: Some(RecordSource {
                stream: &source.stream,
                peer: peer.as_deref(),
            }),
        };
        if !self.request.query.matches_record(&record) {
            return;
        }
        self.total += 1;
        self.to.record(&record);
        let place = Place {
            micros: time.map_or(NO_TIME, |time| time.micros()),
            position: position.0,
        };
        self.keep(place.rank(self.request.order), &record);
    }

    fn keep(&mut self, rank: Place, record: &Record<'_>) {
        if self.after.is_some_and(|after| rank >= after) {
            return;
        }
        let lowest = self.kept.peek().map(|Reverse(kept)| kept.rank);
        if self.limit == 0 || (self.kept.len() >= self.limit && lowest >= Some(rank)) {
            return;
        }
        let bytes = record.event.original.len();
        self.kept_bytes += bytes;
        self.kept.push(Reverse(Kept {
            rank,
            bytes,
            hit: record.to_hit(),
        }));
        // What is kept beyond the bytes of an answer would be cut from it anyway.
        while self.kept.len() > self.limit || self.kept_bytes > 2 * ANSWER_BYTES_MAX {
            let Some(Reverse(dropped)) = self.kept.pop() else {
                break;
            };
            self.kept_bytes -= dropped.bytes;
            self.limit = self.limit.min(self.kept.len().max(1));
        }
    }

    /// How many matched, and the first of them, highest rank first.
    pub(super) fn into_sorted(self) -> (u64, Vec<Kept>) {
        let sorted = self.kept.into_sorted_vec();
        (
            self.total,
            sorted.into_iter().map(|Reverse(kept)| kept).collect(),
        )
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Kept {}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}
