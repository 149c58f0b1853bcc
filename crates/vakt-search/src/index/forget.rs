//! Taking events out of the index, by their positions.

use vakt_event::JournalPosition;

use super::IndexWriter;
use super::catalogue::Change;
use super::shared::{Sealed, Shared, Snapshot, number};
use crate::bits::Bits;
use crate::chunk::{Addition, ChunkBuilder};
use crate::fault::Fault;
use crate::split::{Split, SplitMeta, SplitWriter};
use crate::{Error, Result};

/// A split of which more than one event in so many is forgotten is written anew.
const FORGOTTEN_SHARE: u64 = 3;

impl IndexWriter {
    /// Takes out the events at positions of these ranges (from, to exclusive; ascending, apart).
    /// They are not found any more when this returns, nor after a restart. Splits of which nothing is
    /// left are removed, and those of which much is gone are written anew; the bytes of others leave with
    /// [`IndexWriter::purge`].
    pub fn forget(&mut self, ranges: &[(JournalPosition, JournalPosition)]) -> Result<()> {
        if ranges.is_empty() {
            return Ok(());
        }
        // What is in memory alone cannot be forgotten there for good: it would be read again.
        if ranges.iter().any(|(_, to)| *to > self.durable()) {
            self.seal()?;
        }
        let mut holder = self.shared.lock();
        let snapshot = self.shared.snapshot.load_full();
        let mut all: Vec<(u64, u64)> = snapshot.forgotten.to_vec();
        // What is yet to come is not meant.
        let end = self.durable();
        let ranges = ranges.iter().map(|(from, to)| (from.0, (*to).min(end).0));
        all.extend(ranges.filter(|(from, to)| from < to));
        let all = merged(all);
        let mut remove = Vec::new();
        for sealed in snapshot.sealed.iter() {
            let (first, last) = sealed.meta.positions;
            if all.iter().any(|(from, to)| *from <= first && last < *to) {
                remove.push(sealed.meta.name.clone());
            }
        }
        let left = snapshot
            .sealed
            .iter()
            .filter(|sealed| !remove.contains(&sealed.meta.name));
        let forgotten = still_needed(&all, left.map(|sealed| sealed.meta.positions));
        let change = Change {
            remove: &remove,
            forgotten: Some(&forgotten),
            ..Change::default()
        };
        holder.publish(&change, None, None)?;
        drop(holder);
        self.rewrite(|gone, docs| gone * FORGOTTEN_SHARE > docs)
    }

    /// Writes every split anew from which something was taken, so that nothing of it is left in
    /// the files of the index. The inverted index of such a split is built again later.
    pub fn purge(&mut self) -> Result<()> {
        self.rewrite(|gone, _| gone > 0)
    }

    /// Writes the splits anew for which it is `due`, told how many of how many events are gone.
    fn rewrite(&mut self, due: impl Fn(u64, u64) -> bool) -> Result<()> {
        // Nobody else changes splits meanwhile; it takes about a second a split.
        let mut holder = self.shared.lock();
        let snapshot = self.shared.snapshot.load_full();
        let mut remove = Vec::new();
        let mut add: Vec<SplitMeta> = Vec::new();
        let mut is_left = false;
        for sealed in snapshot.sealed.iter() {
            if snapshot.is_whole(sealed.meta.positions) {
                continue;
            }
            let split = self.shared.open(sealed)?;
            let gone = gone(&self.shared, &snapshot, &split)
                .map_err(|fault| self.shared.damaged(&fault))?;
            let count = gone.count();
            if count == 0 {
                continue;
            }
            if !due(count, u64::from(split.docs)) {
                is_left = true;
                continue;
            }
            remove.push(sealed.meta.name.clone());
            add.extend(rewrite(&self.shared, sealed, &split, &gone)?);
        }
        if remove.is_empty() && is_left {
            return Ok(());
        }
        let change = Change {
            add: &add,
            remove: &remove,
            forgotten: (!is_left).then_some(&[]),
            ..Change::default()
        };
        holder.publish(&change, None, None)
    }
}

impl Snapshot {
    /// Whether nothing between the two positions, both inclusive, is forgotten.
    pub(super) fn is_whole(&self, (first, last): (u64, u64)) -> bool {
        let after = self.forgotten.partition_point(|(_, to)| *to <= first);
        self.forgotten
            .get(after)
            .is_none_or(|(from, _)| *from > last)
    }
}

/// The events of the split that are forgotten.
pub(super) fn gone(
    shared: &Shared,
    snapshot: &Snapshot,
    split: &Split,
) -> std::result::Result<Bits, Fault> {
    let mut gone = Bits::none(split.docs);
    for placed in &split.chunks {
        let (first, last) = placed.chunk.meta().positions;
        if snapshot.is_whole((first, last)) {
            continue;
        }
        let positions = placed.chunk.positions(shared.pieces())?;
        for (from, to) in snapshot.forgotten.iter() {
            if *to <= first || *from > last {
                continue;
            }
            let at = |bound: u64| {
                let index = positions.partition_point(|position| position.cast_unsigned() < bound);
                placed.first + u32::try_from(index).unwrap_or(u32::MAX)
            };
            gone.insert_range(at(*from)..at(*to));
        }
    }
    Ok(gone)
}

/// The split without the events that are gone; `None` where none is left.
fn rewrite(
    shared: &Shared,
    sealed: &Sealed,
    split: &Split,
    gone: &Bits,
) -> Result<Option<SplitMeta>> {
    let damaged = |fault: Fault| shared.damaged(&fault);
    let failed = |source| Error::File {
        action: "pack events for",
        path: shared.dir.clone(),
        source,
    };
    if gone.count() == u64::from(split.docs) {
        return Ok(None);
    }
    let mut writer = SplitWriter::create(&shared.dir, number(), sealed.meta.partition.clone())?;
    let mut decoder = shared.decode.decoder();
    for placed in &split.chunks {
        let mut builder = ChunkBuilder::new().map_err(failed)?;
        let mut reader = placed
            .chunk
            .reader(shared.pieces(), false)
            .map_err(damaged)?;
        for doc in 0..placed.chunk.meta().docs {
            if gone.contains(placed.first + doc) {
                continue;
            }
            let added = reader.frame(doc, |frame, source, _, position| {
                let event = decoder.decode(frame, source);
                let added = builder.add(&Addition {
                    position,
                    frame,
                    event: &event,
                    source,
                });
                decoder.recycle(event);
                added
            });
            added.map_err(damaged)?.map_err(failed)?;
        }
        if builder.docs() > 0 {
            let (bytes, meta) = builder.close().map_err(failed)?;
            writer.chunk(&bytes, meta)?;
        }
    }
    writer.finish().map(Some)
}

/// Ranges as the fewest that cover the same.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (from, to) in ranges {
        match merged.last_mut() {
            Some((_, end)) if *end >= from => *end = (*end).max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The ranges in which some split may have events.
fn still_needed(
    ranges: &[(u64, u64)],
    splits: impl Iterator<Item = (u64, u64)>,
) -> Vec<(u64, u64)> {
    let splits: Vec<(u64, u64)> = splits.collect();
    let needed = ranges.iter().filter(|(from, to)| {
        let mut splits = splits.iter();
        splits.any(|(first, last)| first < to && from <= last)
    });
    needed.copied().collect()
}
