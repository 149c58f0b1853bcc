//! What people do about an incident, read as a whole, and checked against the audit log.

use rusqlite::Connection;

use super::audit::AuditReport;
use super::incidents::{self, IncidentRow};
use super::view::View;
use super::{Records, attachments, intake, reviews, tasks, work_notes};
use crate::error::Result;
use crate::fact::Fact;
use crate::fact::evidence::{self, EvidenceRef};
use crate::work::Work;

/// An incident and those that are part of it: their tasks, notes and files are its own, too.
pub(super) struct Holders {
    pub(super) row: IncidentRow,
    pub(super) view: View,
    /// Sequence numbers, the incident's own first.
    pub(super) seqs: Vec<i64>,
}

impl Holders {
    pub(super) fn of(records: &Connection, id: &str) -> Result<Self> {
        let row = incidents::find(records, id)?;
        let view = View::of(records, &row)?;
        let mut seqs = vec![row.seq];
        seqs.extend(view.members.iter().map(|(seq, _)| *seq));
        Ok(Self { row, view, seqs })
    }

    /// For `json_each`.
    pub(super) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string(&self.seqs)?)
    }
}

impl Records {
    /// Tasks, notes, attachments and review of an incident and what is part of it.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn work(&self, id: &str) -> Result<Work> {
        self.read(|records| {
            let holders = Holders::of(records, id)?;
            let tasks = tasks::of_incidents(records, &holders)?;
            let review = reviews::of_incident(records, &holders, &tasks)?;
            Ok(Work {
                notes: work_notes::of_incidents(records, &holders)?,
                attachments: attachments::of_incidents(records, &holders)?,
                review,
                tasks,
            })
        })
    }
}

/// One line for each piece of evidence that the incident does not have. The fact is recorded all the same.
pub(super) fn dangling(
    records: &Connection,
    row: &IncidentRow,
    fact: &Fact,
) -> Result<Vec<String>> {
    let named = evidence::of(fact);
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let holders = Holders::of(records, &row.id)?.json()?;
    let mut doubts = Vec::new();
    for reference in named {
        let (sql, key): (_, &dyn rusqlite::ToSql) = match &reference {
            EvidenceRef::Event(id) => (
                "SELECT EXISTS (SELECT 1 FROM evidence
                     WHERE incident IN (SELECT value FROM json_each(?1)) AND position = ?2)",
                id,
            ),
            EvidenceRef::Attachment(hash) => (
                "SELECT EXISTS (SELECT 1 FROM attachments
                     WHERE incident IN (SELECT value FROM json_each(?1)) AND blake3 = ?2)",
                hash,
            ),
        };
        let is_there: bool = records
            .prepare_cached(sql)?
            .query_row((&holders, key), |found| found.get(0))?;
        if !is_there {
            doubts.push(format!(
                "the incident does not have the evidence {reference}"
            ));
        }
    }
    Ok(doubts)
}

/// Whether everything is as the audit log says.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    tasks::check(records, report)?;
    work_notes::check(records, report)?;
    attachments::check(records, report)?;
    reviews::check(records, report)?;
    intake::check(records, report)
}
