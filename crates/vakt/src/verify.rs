//! Whether a data directory is as it was written: the journal with its ledger, and the audit log.
//!
//! The index is no part of it: it is built from the journal, and checks itself.

use anyhow::Result;
use vakt_incident::{AuditReport, attachments_of, verify_audit_of};
use vakt_storage::disk::ReadOnlyDisk;
use vakt_storage::verify::{Expected, Finding, Findings, JournalReport, Kind, verify_journal};

use crate::attachments;
use crate::data_dir::DataDir;

/// What was found in a data directory.
pub struct Report {
    pub journal: JournalReport,
    /// `None` where the records cannot be read.
    pub audit: Option<AuditReport>,
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
    let audit = verify_records(data_dir, &mut findings);
    Ok(Report {
        journal,
        audit,
        findings,
    })
}

fn verify_records(data_dir: &DataDir, findings: &mut Findings) -> Option<AuditReport> {
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
    match verify_audit_of(&path) {
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
