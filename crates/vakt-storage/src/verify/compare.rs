//! The records that a segment has, held against the list that its digest proves.

use std::collections::{BTreeMap, HashMap};

use super::finding::{Finding, Findings, Kind};
use super::scan::{FoundRecord, Item, Scan};
use crate::journal::seal::RecordHash;
use crate::ledger::Digest;

/// What became of each record of the list: where it stands in the file.
pub(super) type Stands = Vec<Option<FoundRecord>>;

/// Says what was done to the records; gives those that are there.
pub(super) fn compare(
    file: &str,
    scan: &Scan,
    list: &[RecordHash],
    findings: &mut Findings,
) -> Stands {
    let by_hash: HashMap<Digest, usize> = list
        .iter()
        .enumerate()
        .map(|(place, record)| (record.hash, place))
        .collect();
    let mut stands: Stands = vec![None; list.len()];
    for found in scan.records() {
        if let Some(place) = by_hash.get(&found.record.hash)
            && let Some(stand) = stands.get_mut(*place)
        {
            stand.get_or_insert(*found);
        }
    }
    let mut comparison = Comparison {
        file,
        list,
        by_hash,
        accounted: stands.iter().map(Option::is_some).collect(),
        next: 0,
        findings,
    };
    let seal = scan.seal.as_ref().map_or(scan.end, |(offset, _)| *offset);
    for item in scan.items.iter().filter(|item| item.offset() < seal) {
        comparison.add(item, &stands);
    }
    comparison.report_missing(scan, seal);
    stands
}

struct Comparison<'a> {
    file: &'a str,
    list: &'a [RecordHash],
    by_hash: HashMap<Digest, usize>,
    /// Records of the list of which something was found or said.
    accounted: Vec<bool>,
    /// The place in the list that comes next when nothing was moved.
    next: usize,
    findings: &'a mut Findings,
}

impl Comparison<'_> {
    fn add(&mut self, item: &Item, stands: &Stands) {
        match item {
            Item::Broken { offset, reason } => self.add_broken(*offset, reason),
            Item::Record(found) => match self.by_hash.get(&found.record.hash) {
                Some(place) => self.add_known(found, *place, stands),
                None => self.add_unknown(found),
            },
        }
    }

    fn add_known(&mut self, found: &FoundRecord, place: usize, stands: &Stands) {
        let is_first = stands
            .get(place)
            .is_some_and(|stand| stand.is_some_and(|stand| stand.offset == found.offset));
        if !is_first {
            let text = "the record was repeated here";
            self.report(Kind::Inserted, found.offset, &found.record, text);
        } else if place < self.next {
            let text = "the record was moved here from before";
            self.report(Kind::Moved, found.offset, &found.record, text);
        } else {
            self.next = place + 1;
        }
    }

    fn add_unknown(&mut self, found: &FoundRecord) {
        let place = self
            .list
            .binary_search_by_key(&found.record.first, |record| record.first);
        let was_there = place
            .ok()
            .filter(|place| self.accounted.get(*place) == Some(&false));
        let Some(place) = was_there else {
            let text = "the record was inserted: it was not there when the segment was sealed";
            self.report(Kind::Inserted, found.offset, &found.record, text);
            return;
        };
        let text = if found.is_erased {
            "the record was replaced by an erased one with another hash"
        } else {
            "the record was changed, and its checksums made to fit"
        };
        self.report(Kind::Changed, found.offset, &found.record, text);
        self.account(place);
        self.next = self.next.max(place + 1);
    }

    /// The next record of the list that is not there stood here.
    fn add_broken(&mut self, offset: u64, reason: &str) {
        let is_lost = |accounted: &bool| !accounted;
        let rest = self.accounted.get(self.next..).unwrap_or(&[]);
        // Not beyond the next one that stands in its place.
        let place = rest.first().filter(|one| is_lost(one)).map(|_| self.next);
        let Some((place, record)) = place.and_then(|place| Some((place, *self.list.get(place)?)))
        else {
            self.findings.add(Finding {
                kind: Kind::Inserted,
                file: self.file.to_owned(),
                byte: Some(offset),
                positions: None,
                text: format!("bytes were inserted that are no record: {reason}"),
            });
            return;
        };
        let text = format!("the record was changed: {reason}");
        self.report(Kind::Changed, offset, &record, &text);
        self.account(place);
        self.next = place + 1;
    }

    /// Reports the records that nothing was found of, as runs.
    fn report_missing(&mut self, scan: &Scan, seal: u64) {
        let offsets: BTreeMap<u64, u64> = scan
            .records()
            .map(|found| (found.record.first, found.offset))
            .collect();
        let mut missing: Option<(u64, u64)> = None;
        let records: Vec<(RecordHash, bool)> = self
            .list
            .iter()
            .copied()
            .zip(self.accounted.iter().copied())
            .collect();
        for (record, is_there) in records {
            let end = end_of(&record);
            match (&mut missing, is_there) {
                (Some((_, to)), false) => *to = end,
                (None, false) => missing = Some((record.first, end)),
                (_, true) => self.report_run(missing.take(), &offsets, seal),
            }
        }
        self.report_run(missing, &offsets, seal);
    }

    fn report_run(&mut self, run: Option<(u64, u64)>, offsets: &BTreeMap<u64, u64>, end: u64) {
        let Some((from, to)) = run else {
            return;
        };
        let behind = offsets.range(to..).next().map(|(_, offset)| *offset);
        self.findings.add(Finding {
            kind: Kind::Removed,
            file: self.file.to_owned(),
            byte: Some(behind.unwrap_or(end)),
            positions: Some((from, to)),
            text: "the records were removed from here".to_owned(),
        });
    }

    fn account(&mut self, place: usize) {
        if let Some(accounted) = self.accounted.get_mut(place) {
            *accounted = true;
        }
    }

    fn report(&mut self, kind: Kind, offset: u64, record: &RecordHash, text: &str) {
        self.findings.add(Finding {
            kind,
            file: self.file.to_owned(),
            byte: Some(offset),
            positions: Some((record.first, end_of(record))),
            text: text.to_owned(),
        });
    }
}

pub(super) fn end_of(record: &RecordHash) -> u64 {
    record.first.saturating_add(u64::from(record.frames))
}
