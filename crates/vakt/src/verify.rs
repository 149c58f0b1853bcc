//! Whether a data directory is as it was written: the journal with its ledger, and the audit log.
//!
//! The index is no part of it: it is built from the journal, and checks itself.

use anyhow::Result;
use vakt_incident::{AuditReport, NotedHead, verify_audit_of};
use vakt_storage::disk::ReadOnlyDisk;
use vakt_storage::hex;
use vakt_storage::ledger::Restored;
use vakt_storage::verify::{
    Expected, Finding, Findings, JournalReport, Kind, SignedAuditHead, verify_journal,
};

use crate::data_dir::DataDir;

/// What was found in a data directory.
pub struct Report {
    pub journal: JournalReport,
    /// `None` where the records cannot be read.
    pub audit: Option<AuditReport>,
    /// A restore that the ledger does not tell of yet.
    pub restored: Option<Restored>,
    /// Those of the journal, then those of the records.
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
    Ok(Report {
        journal,
        audit,
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
    if !path.exists() {
        let text = "the records are missing beside a journal: alerts, incidents and the audit log are gone";
        add(Kind::Removed, text.to_owned());
        return None;
    }
    match verify_audit_of(&path, noted) {
        Ok(report) => {
            for fault in &report.faults {
                add(Kind::Changed, fault.clone());
            }
            Some(report)
        }
        Err(error) => {
            add(Kind::Unreadable, error.to_string());
            None
        }
    }
}
