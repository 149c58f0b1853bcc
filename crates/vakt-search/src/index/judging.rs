//! Which of the events that may match do: each is looked at, chunk by chunk, over several threads where
//! there are many, and once for a query that comes again.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::helpers::{Team, share};
use super::search::READS_PER_CLOCK;
use super::shared::Shared;
use super::verdicts::{QueryHash, REMEMBERED_MIN, Verdicts};
use crate::Query;
use crate::bits::Bits;
use crate::candidates::{Limits, Stop};
use crate::chunk::EventReader;
use crate::frame::Decoder;
use crate::query::raw::Raw;
use crate::split::{PlacedChunk, Split};

/// Fewer events than this are looked at before another thread has begun, which takes some 50 µs.
const SHARED_MIN: u64 = 256;

/// Looks at events for one search.
pub(super) struct Judging<'s> {
    pub(super) shared: &'s Shared,
    pub(super) query: &'s Query,
    pub(super) query_hash: QueryHash,
    pub(super) limits: Limits<'s>,
    /// Events that were read.
    pub(super) reads: AtomicU64,
}

impl Judging<'_> {
    /// Adds those events of `maybe` to `matches` that match. `tell` hears on the calling thread which
    /// event is looked at.
    pub(super) fn judge(
        &self,
        split: &Split,
        maybe: &Bits,
        within: Range<u32>,
        matches: &mut Bits,
        decoder: &mut dyn Decoder,
        tell: &dyn Fn(u32),
    ) -> Result<(), Stop> {
        let chunks: Vec<(&PlacedChunk, Range<u32>)> = split
            .chunks
            .iter()
            .map(|placed| {
                let end = placed.first + placed.chunk.meta().docs;
                let docs = placed.first.max(within.start)..end.min(within.end);
                (placed, docs)
            })
            .filter(|(_, docs)| !docs.is_empty() && maybe.any_in(docs.clone()))
            .collect();
        let raw = Raw::of(self.query);
        let mut found = Vec::new();
        if chunks.len() < 2 || maybe.count_in(within) < SHARED_MIN {
            for (placed, docs) in chunks {
                let maybe = maybe.iter_in(docs);
                self.chunk(placed, maybe, &raw, decoder, tell, &mut found)?;
            }
        } else {
            let alone = |(placed, docs): &(&PlacedChunk, Range<u32>),
                         decoder: &mut dyn Decoder,
                         tell: &dyn Fn(u32)| {
                let mut found = Vec::new();
                let maybe = maybe.iter_in(docs.clone());
                self.chunk(placed, maybe, &raw, decoder, tell, &mut found)?;
                Ok::<_, Stop>(found)
            };
            let team = Team {
                own: |chunk: &_| alone(chunk, decoder, tell),
                others: || {
                    let mut decoder = self.shared.decode.decoder();
                    let alone = &alone;
                    move |chunk: &_| alone(chunk, &mut *decoder, &|_| {})
                },
            };
            for docs in share(&chunks, team)? {
                found.extend(docs);
            }
        }
        for doc in found {
            matches.insert(doc);
        }
        Ok(())
    }

    fn chunk(
        &self,
        placed: &PlacedChunk,
        maybe: impl Iterator<Item = u32>,
        raw: &Raw<'_>,
        decoder: &mut dyn Decoder,
        tell: &dyn Fn(u32),
        found: &mut Vec<u32>,
    ) -> Result<(), Stop> {
        let chunk = &placed.chunk;
        let key = (chunk.number(), self.query_hash);
        let known = self.shared.verdicts.get(&key);
        let mut reader = None;
        let mut verdicts = Verdicts::none(chunk.meta().docs);
        let mut judged = 0;
        for (number, doc) in (0_u64..).zip(maybe) {
            if number.is_multiple_of(READS_PER_CLOCK) {
                self.limits.check()?;
                tell(doc);
            }
            let inner = doc - placed.first;
            let known = known.as_ref().and_then(|known| known.of(inner));
            let matches = match known {
                Some(matches) => matches,
                None => {
                    let reader = match &mut reader {
                        Some(reader) => reader,
                        none => none.insert(chunk.reader(self.shared.pieces(), false)?),
                    };
                    judged += 1;
                    self.reads.fetch_add(1, Ordering::Relaxed);
                    self.event(reader, inner, raw, decoder)?
                }
            };
            verdicts.add(inner, matches);
            if matches {
                found.push(doc);
            }
        }
        if judged >= REMEMBERED_MIN {
            if let Some(known) = known {
                verdicts.judged.union(&known.judged);
                verdicts.matching.union(&known.matching);
            }
            self.shared.verdicts.insert(key, Arc::new(verdicts));
        }
        Ok(())
    }

    fn event(
        &self,
        reader: &mut EventReader<'_>,
        doc: u32,
        raw: &Raw<'_>,
        decoder: &mut dyn Decoder,
    ) -> Result<bool, Stop> {
        match reader.judge(doc, raw)? {
            Some(matches) => Ok(matches),
            None => Ok(reader.look(doc, decoder, |record| self.query.matches_record(record))?),
        }
    }
}
