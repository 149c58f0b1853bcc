//! What is written together, packed while others wait for the disk: whole records but for their places,
//! which are known when it is their turn.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use vakt_event::{Batch, Frame, Source};

use super::body::Packer;
use super::plan::{Plan, plan};
use super::queue::{Answer, Sealing, Work};
use super::record;
use crate::error::AppendError;
use crate::ledger::StreamTotals;

/// Packed batches and the answers that are owed for them.
#[derive(Default)]
pub(crate) struct Group {
    /// Of the batches' frames.
    pub(crate) bytes: usize,
    /// Its records, one after the other.
    pub(crate) packed: Vec<u8>,
    pub(crate) records: Vec<Packed>,
    /// How many batches there are.
    pub(crate) batches: usize,
    /// One a batch.
    pub(crate) answers: Vec<(Answer, Instant)>,
    pub(crate) seals: Vec<Sealing>,
}

/// A record without a place, and what the writer has to know of it.
pub(crate) struct Packed {
    /// Where it lies in [`Group::packed`]; empty when its batches have no frames.
    pub(crate) bytes: Range<usize>,
    pub(crate) source: Arc<Source>,
    pub(crate) encoded_source: Vec<u8>,
    /// Its batches, by number, and how many frames each has.
    pub(crate) members: Vec<(usize, usize)>,
    /// All its frames where some carry a cursor, else none: which of them are held already shows when
    /// everything before them is written, and then the others are packed again.
    pub(crate) entries: Vec<Frame>,
    pub(crate) totals: Option<StreamTotals>,
    /// The most bytes that the record can take, also when it is packed again.
    pub(crate) bytes_max: usize,
}

impl Group {
    /// Packs what the queue gave.
    pub(crate) fn of(work: Work, packer: &mut Packer) -> Self {
        let mut batches = Vec::with_capacity(work.batches.len());
        let mut answers = Vec::with_capacity(work.batches.len());
        for pending in work.batches {
            answers.push((pending.answer, pending.since));
            batches.push((pending.batch, pending.source));
        }
        Self {
            bytes: work.bytes,
            answers,
            seals: work.seals,
            ..Self::of_batches(batches, packer)
        }
    }

    /// Packs batches (with their encoded sources) that nobody waits for.
    pub(crate) fn of_batches(mut batches: Vec<(Batch, Vec<u8>)>, packer: &mut Packer) -> Self {
        let mut group = Self {
            batches: batches.len(),
            ..Self::default()
        };
        let plans = plan(&batches);
        // What they take uncompressed; what is not written to takes no memory.
        group.packed = packer.room(plans.iter().map(|plan| plan.bytes_max).sum());
        for one in plans {
            group.pack_record(&one, &mut batches, packer);
        }
        group
    }

    fn pack_record(&mut self, plan: &Plan, batches: &mut [(Batch, Vec<u8>)], packer: &mut Packer) {
        let mut members = Vec::with_capacity(plan.batches.len());
        let mut frames = Vec::with_capacity(plan.batches.len());
        let mut of = None;
        for number in &plan.batches {
            if let Some((batch, source)) = batches.get_mut(*number) {
                members.push((*number, batch.frames.len()));
                frames.push(std::mem::take(&mut batch.frames));
                of = Some((Arc::clone(&batch.source), std::mem::take(source)));
            }
        }
        let Some((source, encoded_source)) = of else {
            return;
        };
        let all = frames.iter().flatten();
        let start = self.packed.len();
        if all.clone().next().is_some() {
            record::encode(&mut self.packed, packer, &encoded_source, all.clone());
        }
        let has_cursors = all.clone().any(|frame| frame.cursor.is_some());
        self.records.push(Packed {
            bytes: start..self.packed.len(),
            source,
            encoded_source,
            members,
            totals: totals(all, self.packed.len() - start),
            entries: match has_cursors {
                true => frames.into_iter().flatten().collect(),
                false => Vec::new(),
            },
            bytes_max: plan.bytes_max,
        });
    }

    /// Nothing of it is written.
    pub(crate) fn refuse(&mut self, reason: &Arc<str>) {
        for (answer, _) in self.answers.drain(..) {
            answer.give(Err(AppendError::Poisoned(Arc::clone(reason))));
        }
        for done in self.seals.drain(..) {
            done(Err(AppendError::Poisoned(Arc::clone(reason))));
        }
    }
}

/// What a record of these frames counts for; `None` when there are none.
pub(crate) fn totals<'f>(
    frames: impl Iterator<Item = &'f Frame> + Clone,
    record_bytes: usize,
) -> Option<StreamTotals> {
    let received = frames.map(|frame| frame.received);
    Some(StreamTotals {
        frames: received.clone().count() as u64,
        bytes: record_bytes as u64,
        oldest: received.clone().min()?,
        newest: received.max()?,
    })
}
