//! What was erased from a segment, held against the ledger's entries of it.

use super::compare::{Stands, end_of};
use super::finding::{Finding, Findings, Kind};
use super::sealed::Check;
use crate::journal::seal::RecordHash;
use crate::ledger::Erased;

/// Whether each erased record is in an entry, and each entry's records are erased and are those that it
/// had.
pub(super) fn check(
    check: &Check<'_>,
    list: &[RecordHash],
    stands: &Stands,
    findings: &mut Findings,
) {
    let erased = &check.known.erased;
    for (record, stand) in list.iter().zip(stands) {
        let Some(stand) = stand else {
            continue;
        };
        let is_covered = erased.iter().any(|entry| covers(entry, record));
        if stand.is_erased && !is_covered {
            findings.add(Finding {
                byte: Some(stand.offset),
                positions: Some((record.first, end_of(record))),
                ..check.finding(
                    Kind::Unsigned,
                    None,
                    "the record was erased, and no signed entry says so".to_owned(),
                )
            });
        }
        if !stand.is_erased && is_covered && !check.is_being_erased {
            findings.add(Finding {
                byte: Some(stand.offset),
                positions: Some((record.first, end_of(record))),
                ..check.finding(
                    Kind::Older,
                    None,
                    "the record was erased, and is there again: an older copy of the segment was put in \
                     its place"
                        .to_owned(),
                )
            });
        }
    }
    for entry in erased {
        if !is_of(entry, list) {
            findings.add(check.finding(
                Kind::Untrusted,
                None,
                format!(
                    "the ledger's erasure by {} has another hash than the records that it names",
                    entry.who
                ),
            ));
        }
    }
}

fn covers(entry: &Erased, record: &RecordHash) -> bool {
    let mut ranges = entry.ranges.iter();
    ranges.any(|(from, to)| from.0 <= record.first && end_of(record) <= to.0)
}

fn is_of(entry: &Erased, list: &[RecordHash]) -> bool {
    let mut hasher = blake3::Hasher::new();
    let mut records = 0;
    for record in list.iter().filter(|record| covers(entry, record)) {
        hasher.update(&record.hash);
        records += 1;
    }
    records == entry.records && *hasher.finalize().as_bytes() == entry.hash
}
