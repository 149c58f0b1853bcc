//! The segment that is written to: sealed by nobody yet, so the last head of it in the ledger is all there is.

use super::compare::end_of;
use super::finding::{Finding, Findings, Kind};
use super::scan::{Item, Scan};
use super::sealed::digest_until;
use crate::journal::format;
use crate::ledger::{Digest, Head};

/// Checks the last segment, of which the ledger has no `sealed` entry; `head` is the last word on it.
pub(super) fn check(
    file: &str,
    scan: &Scan,
    first: u64,
    previous: Option<&Digest>,
    head: Option<&Head>,
    findings: &mut Findings,
) {
    let finding = |kind, byte, positions, text: &str| Finding {
        kind,
        file: file.to_owned(),
        byte,
        positions,
        text: text.to_owned(),
    };
    match &scan.header {
        None => findings.add(finding(
            Kind::Changed,
            Some(0),
            None,
            "the header was changed: its checksum does not hold",
        )),
        Some((_, named)) if *named != first => {
            let text = format!(
                "the file is the segment {} under this name",
                format::segment_name(*named)
            );
            findings.add(finding(Kind::Renamed, Some(0), None, &text));
            return;
        }
        Some((header, _)) => {
            let named = format::decode_segment_header(header).ok();
            if let (Some(named), Some(previous)) = (named, previous)
                && named.previous != *previous
            {
                let text = "its header names another segment before it than the ledger";
                findings.add(finding(Kind::Changed, Some(0), None, text));
            }
        }
    }
    report_broken(file, scan, findings);
    let Some(head) = head else {
        return;
    };
    let end = scan
        .records()
        .next_back()
        .map_or(first, |found| end_of(&found.record));
    if end < head.end.0 {
        findings.add(finding(
            Kind::Older,
            Some(scan.end),
            Some((end, head.end.0)),
            "the end was cut off, or an older copy of the segment was put in its place: the ledger's \
             last head had more",
        ));
    } else if scan.header.is_some() && digest_until(scan, head.end.0) != Some(head.digest) {
        findings.add(finding(
            Kind::Changed,
            None,
            Some((first, head.end.0)),
            "records were changed, removed or moved since the ledger's last head: its digest is another",
        ));
    }
}

/// Broken bytes with something whole behind them: an end that is being written is none.
fn report_broken(file: &str, scan: &Scan, findings: &mut Findings) {
    let mut expected = None;
    for item in &scan.items {
        match item {
            Item::Record(found) => {
                let first = found.record.first;
                if let Some(expected) = expected.filter(|expected| *expected < first) {
                    findings.add(Finding {
                        kind: Kind::Removed,
                        file: file.to_owned(),
                        byte: Some(found.offset),
                        positions: Some((expected, first)),
                        text: "the records are missing".to_owned(),
                    });
                }
                expected = Some(end_of(&found.record));
            }
            Item::Broken { offset, reason } if *offset < scan.end => findings.add(Finding {
                kind: Kind::Changed,
                file: file.to_owned(),
                byte: Some(*offset),
                positions: None,
                text: format!("a record was changed: {reason}"),
            }),
            Item::Broken { .. } => {}
        }
    }
}
