//! A sealed segment, held against what the ledger says of it.

use super::compare::{compare, end_of};
use super::erasures;
use super::finding::{Finding, Findings, Kind};
use super::scan::{Item, Scan};
use crate::journal::format;
use crate::journal::seal::{RecordHash, Seal, digest_of};
use crate::ledger::{Digest, LedgerSegment, Sealed};

/// What is checked against what.
pub(super) struct Check<'a> {
    pub(super) file: &'a str,
    pub(super) scan: &'a Scan,
    pub(super) known: &'a LedgerSegment,
    /// Whether an erasure that is in the ledger is still under way.
    pub(super) is_being_erased: bool,
}

impl Check<'_> {
    pub(super) fn run(&self, findings: &mut Findings) {
        if self.bears_another_name(findings) {
            return;
        }
        let sealed = &self.known.sealed;
        let Some((offset, seal)) = &self.scan.seal else {
            self.without_seal(findings);
            return;
        };
        let header = self.scan.header.as_ref().map(|(bytes, _)| bytes.as_slice());
        let is_proven =
            header.is_some_and(|header| digest_of(header, &seal.records) == sealed.digest);
        if !is_proven {
            self.without_list(*offset, seal, header, findings);
            return;
        }
        let stands = compare(self.file, self.scan, &seal.records, findings);
        self.check_summary(*offset, seal, findings);
        self.check_behind_seal(*offset, findings);
        erasures::check(self, &seal.records, &stands, findings);
    }

    /// Whether the file is another segment under this name; says so.
    fn bears_another_name(&self, findings: &mut Findings) -> bool {
        let expected = self.known.sealed.first.0;
        let Some((_, first)) = self.scan.header else {
            return false;
        };
        if first == expected {
            return false;
        }
        findings.add(self.finding(
            Kind::Renamed,
            Some(0),
            format!(
                "the file is the segment {} under this name",
                format::segment_name(first)
            ),
        ));
        true
    }

    fn without_seal(&self, findings: &mut Findings) {
        let sealed = &self.known.sealed;
        let records = self.scan.hashes();
        let end = records.last().map_or(sealed.first.0, end_of);
        if let Some((header, _)) = &self.scan.header
            && digest_of(header, &records) == sealed.digest
        {
            let text = "the seal was removed or changed; the records are as they were sealed";
            findings.add(self.finding(Kind::Changed, Some(self.scan.end), text.to_owned()));
            return;
        }
        if end < sealed.end.0 {
            findings.add(Finding {
                positions: Some((end, sealed.end.0)),
                ..self.finding(
                    Kind::Older,
                    Some(self.scan.end),
                    "the end was cut off, or an older copy of the segment was put in its place"
                        .to_owned(),
                )
            });
        }
        self.report_broken(findings);
        if end >= sealed.end.0 {
            let text =
                "the seal was removed and the records were changed: without it nothing tells which";
            findings.add(self.whole(Kind::Changed, text));
        }
    }

    /// The list of records is not the one that the ledger's digest proves.
    fn without_list(
        &self,
        offset: u64,
        seal: &Seal,
        header: Option<&[u8]>,
        findings: &mut Findings,
    ) {
        let sealed = &self.known.sealed;
        let records = self.scan.hashes();
        let Some(header) = header else {
            let text = "the header was changed: its checksum does not hold";
            findings.add(self.finding(Kind::Changed, Some(0), text.to_owned()));
            // What the seal says is not proven then; what contradicts it was changed all the same.
            if seal.digest == sealed.digest {
                compare(self.file, self.scan, &seal.records, findings);
            }
            return;
        };
        if digest_of(header, &records) == sealed.digest {
            let text = "the seal was changed; the records are as they were sealed";
            findings.add(self.finding(Kind::Changed, Some(offset), text.to_owned()));
        } else if seal.holds(header) {
            findings.add(self.whole(
                Kind::Changed,
                "another version of the segment was put in its place: its records and its seal fit one \
                 another, and the ledger has another digest",
            ));
        } else if seal.digest == sealed.digest && records == seal.records {
            let text = "the header was changed, and its checksum made to fit";
            findings.add(self.finding(Kind::Changed, Some(0), text.to_owned()));
        } else {
            self.report_broken(findings);
            findings.add(self.whole(
                Kind::Changed,
                "records and the seal were changed: nothing tells any more which records",
            ));
        }
    }

    fn report_broken(&self, findings: &mut Findings) {
        for item in &self.scan.items {
            if let Item::Broken { offset, reason } = item {
                findings.add(self.finding(Kind::Changed, Some(*offset), (*reason).to_owned()));
            }
        }
    }

    /// What the seal says beside the list that the digest proves.
    fn check_summary(&self, offset: u64, seal: &Seal, findings: &mut Findings) {
        let sealed = &self.known.sealed;
        let is_right = seal.digest == sealed.digest
            && seal.previous == sealed.previous
            && seal.streams == sealed.streams
            && is_as_long(&seal.records, sealed);
        if !is_right {
            let text =
                "what the seal says of the segment was changed; the records are not concerned";
            findings.add(self.finding(Kind::Changed, Some(offset), text.to_owned()));
        }
    }

    fn check_behind_seal(&self, offset: u64, findings: &mut Findings) {
        let behind = self.scan.items.iter().find(|item| item.offset() > offset);
        if let Some(item) = behind {
            let text = "bytes were added behind the seal";
            findings.add(self.finding(Kind::Inserted, Some(item.offset()), text.to_owned()));
        }
    }

    pub(super) fn finding(&self, kind: Kind, byte: Option<u64>, text: String) -> Finding {
        Finding {
            kind,
            file: self.file.to_owned(),
            byte,
            positions: None,
            text,
        }
    }

    fn whole(&self, kind: Kind, text: &str) -> Finding {
        let sealed = &self.known.sealed;
        Finding {
            positions: Some((sealed.first.0, sealed.end.0)),
            ..self.finding(kind, None, text.to_owned())
        }
    }
}

fn is_as_long(records: &[RecordHash], sealed: &Sealed) -> bool {
    records.len() as u64 == sealed.records
        && records.last().map_or(sealed.first.0, end_of) == sealed.end.0
}

/// The digest of a scanned segment up to a position.
pub(super) fn digest_until(scan: &Scan, end: u64) -> Option<Digest> {
    let (header, _) = scan.header.as_ref()?;
    let mut records = scan.hashes();
    records.retain(|record| end_of(record) <= end);
    Some(digest_of(header, &records))
}
