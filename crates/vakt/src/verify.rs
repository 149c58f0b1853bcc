//! Whether a data directory is as it was written: the journal with its ledger, and the audit log.
//!
//! The search index can be built again from the journal; until then its files answer, so they are checked, too.

use anyhow::Result;
use vakt_incident::{AuditReport, NotedHead, attachments_of, verify_audit_of};
use vakt_search::{IndexReport, verify_index};
use vakt_storage::disk::ReadOnlyDisk;
use vakt_storage::hex;
use vakt_storage::ledger::{IndexHead, Restored};
use vakt_storage::verify::{
    Expected, Finding, Findings, JournalReport, Kind, SignedAuditHead, verify_journal,
};

use crate::attachments;
use crate::data_dir::{DataDir, is_lost};

/// The file that says which splits belong to the index.
const CATALOGUE: &str = "catalogue.sqlite";

/// What was found in a data directory.
pub struct Report {
    pub journal: JournalReport,
    /// `None` where the records cannot be read.
    pub audit: Option<AuditReport>,
    /// `None` where there is none, or it cannot be read.
    pub index: Option<IndexReport>,
    /// A restore that the ledger does not tell of yet.
    pub restored: Option<Restored>,
    /// Those of the journal, then those of the records, then those of the index.
    pub findings: Findings,
}

/// Checks everything, and changes nothing.
///
/// # Errors
/// When the journal cannot be looked at at all.
pub fn verify(data_dir: &DataDir, expected: &Expected) -> Result<Report> {
    let mut journal = verify_journal(&ReadOnlyDisk, &data_dir.journal(), expected)?;
    let mut findings = std::mem::take(&mut journal.findings);
    // The ledger was read first: what it tells of is in the records by now.
    let noted: Vec<NotedHead> = journal.audit_heads.iter().map(noted).collect();
    let audit = verify_records(data_dir, &noted, &mut findings);
    verify_other_databases(data_dir, &mut findings);
    let index = verify_the_index(data_dir, journal.index_head, &mut findings);
    Ok(Report {
        journal,
        audit,
        index,
        restored: expected.restored,
        findings,
    })
}

fn noted(signed: &SignedAuditHead) -> NotedHead {
    NotedHead {
        entries: signed.head.entries,
        hash: hex::encode(&signed.head.hash),
        by: format!("the ledger's entry {} of {}", signed.seq, signed.at),
    }
}

fn verify_records(
    data_dir: &DataDir,
    noted: &[NotedHead],
    findings: &mut Findings,
) -> Option<AuditReport> {
    let path = data_dir.records();
    let mut add = |kind, text| {
        findings.add(Finding {
            kind,
            file: "records.db".to_owned(),
            byte: None,
            positions: None,
            text,
        });
    };
    if is_lost(&path) {
        let text = match path.exists() {
            true => {
                "the records are empty beside a journal: alerts, incidents and the audit log are gone"
            }
            false => {
                "the records are missing beside a journal: alerts, incidents and the audit log are gone"
            }
        };
        add(Kind::Removed, text.to_owned());
        return None;
    }
    match verify_audit_of(&path, noted) {
        Ok(report) => {
            for fault in &report.faults {
                add(Kind::Changed, fault.clone());
            }
            verify_attachments(data_dir, findings);
            Some(report)
        }
        Err(error) => {
            add(Kind::Unreadable, error.to_string());
            None
        }
    }
}

/// Whether users and the search log are there at all. An earlier version had no search log.
fn verify_other_databases(data_dir: &DataDir, findings: &mut Findings) {
    for (path, what) in data_dir.databases() {
        let is_old = path == data_dir.searches() && !path.exists();
        if path == data_dir.records() || is_old || !is_lost(&path) {
            continue;
        }
        let file = path.file_name().unwrap_or_default();
        findings.add(Finding {
            kind: Kind::Removed,
            file: file.to_string_lossy().into_owned(),
            byte: None,
            positions: None,
            text: format!("it is missing or empty beside a journal: {what} are gone"),
        });
    }
}

/// `signed` is the ledger's last word on the index, with the number of its line.
fn verify_the_index(
    data_dir: &DataDir,
    signed: Option<(u64, IndexHead)>,
    findings: &mut Findings,
) -> Option<IndexReport> {
    let mut add = |kind, file: &str, text| {
        findings.add(Finding {
            kind,
            file: format!("index/{file}"),
            byte: None,
            positions: None,
            text,
        });
    };
    let report = match verify_index(&data_dir.index()) {
        Ok(report) => report?,
        Err(error) => {
            add(Kind::Unreadable, CATALOGUE, error.to_string());
            return None;
        }
    };
    for fault in &report.faults {
        let kind = match fault.is_missing {
            true => Kind::Removed,
            false => Kind::Changed,
        };
        add(kind, &fault.file, fault.text.clone());
    }
    if let Some((line, head)) = signed {
        let state = report.state;
        if state.changes == head.changes && state.digest != head.digest {
            let text = format!("it says other things than entry {line} of the ledger has signed");
            add(Kind::Changed, CATALOGUE, text);
        } else if state.changes < head.changes {
            let text = format!(
                "it is older than entry {line} of the ledger: an old copy was put back, or the index was \
                 made anew and no daemon has said so yet"
            );
            add(Kind::Older, CATALOGUE, text);
        }
    }
    Some(report)
}

/// Whether each file that the records name has the bytes that it had when it was attached.
fn verify_attachments(data_dir: &DataDir, findings: &mut Findings) {
    let faults = match attachments_of(&data_dir.records()) {
        Ok(known) => attachments::faults(data_dir, &known),
        Err(error) => vec![("records.db".to_owned(), error.to_string())],
    };
    for (file, text) in faults {
        findings.add(Finding {
            kind: Kind::Changed,
            file,
            byte: None,
            positions: None,
            text,
        });
    }
}
