//! Notes of the response work: rows that are only added.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::audit::AuditReport;
use super::rows::{count, instant, parsed};
use super::work::Holders;
use super::{Records, audit, incidents, logged};
use crate::error::Result;
use crate::work::{INCIDENT_NOTES_MAX, NewNote, WorkError, WorkNote, checked_note};

const COLUMNS: &str = "SELECT n.*, i.id AS incident_id
     FROM work_notes n JOIN incidents i ON i.seq = n.incident";

impl Records {
    /// Adds a note to an incident.
    ///
    /// # Errors
    /// An incident that is not there; a note without a text; one too many.
    pub fn add_note(&self, incident: &str, new: &NewNote, principal: &str) -> Result<WorkNote> {
        let now = self.clock.now();
        let (kind, text, at) = checked_note(new, now)?;
        self.write(|records| {
            let row = incidents::find(records, incident)?;
            let sql = "SELECT count(*) FROM work_notes WHERE incident = ?1";
            let known: i64 = records.query_row(sql, [row.seq], |found| found.get(0))?;
            if count(known) >= INCIDENT_NOTES_MAX {
                Err(WorkError::TooMany {
                    what: "notes",
                    max: INCIDENT_NOTES_MAX,
                })?;
            }
            records
                .prepare_cached(
                    "INSERT INTO work_notes (incident, kind, text, at, recorded_at, recorded_by)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    row.seq,
                    kind.as_str(),
                    text,
                    at.micros(),
                    now.micros(),
                    principal,
                ])?;
            let note = WorkNote {
                id: records.last_insert_rowid(),
                incident: row.id.clone(),
                kind,
                text,
                at,
                recorded_at: now,
                recorded_by: principal.to_owned(),
            };
            let (action, none) = ("note.added", Value::Null);
            let after = json!({ "note": note });
            audit::add(records, now, principal, action, &row.id, &none, &after)?;
            Ok(note)
        })
    }
}

/// The notes of an incident and its parts, in the order of recording.
pub(super) fn of_incidents(records: &Connection, holders: &Holders) -> Result<Vec<WorkNote>> {
    let sql =
        format!("{COLUMNS} WHERE n.incident IN (SELECT value FROM json_each(?1)) ORDER BY n.seq");
    let mut query = records.prepare_cached(&sql)?;
    let rows = query.query_map([holders.json()?], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let kind = logged::Kind {
        name: "note",
        actions: &["note.added"],
        member: "note",
    };
    let mut query = records.prepare(&format!("{COLUMNS} ORDER BY n.seq"))?;
    let rows = query.query_map([], |row| Ok(json!(from_row(row)?)))?;
    let stored = rows.collect::<rusqlite::Result<_>>()?;
    let key = |row: &Value| row["id"].to_string();
    logged::check(records, &kind, key, stored, report)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<WorkNote> {
    Ok(WorkNote {
        id: row.get("seq")?,
        incident: row.get("incident_id")?,
        kind: parsed(row, "kind")?,
        text: row.get("text")?,
        at: instant(row, "at")?,
        recorded_at: instant(row, "recorded_at")?,
        recorded_by: row.get("recorded_by")?,
    })
}
