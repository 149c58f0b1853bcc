//! Whether documents, their bytes, approvals, submissions and marks are what the audit log says.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::super::audit::AuditReport;
use super::{approval, core, files, submit};
use crate::digest::{blake3_hex, sha256_hex};
use crate::error::Result;

/// What the log had last of each row, by a name for people.
type Logged = BTreeMap<String, Value>;

pub(in super::super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut logged = logged(records)?;
    let mut compare = |name: String, stored: Value| {
        if logged.remove(&name) != Some(stored) {
            report.fault(format!("{name}: the audit log does not have it so"));
        }
    };
    for id in ids(records, "SELECT seq FROM documents ORDER BY seq")? {
        compare(document_name(id), core(records, id)?);
        for submission in submit::of_document(records, id)? {
            compare(submission_name(submission.id), json!(submission));
        }
    }
    for id in ids(
        records,
        "SELECT document FROM document_approvals ORDER BY document",
    )? {
        compare(approval_name(id), json!(approval(records, id)?));
    }
    let handed_in = "SELECT seq FROM document_files WHERE document IS NULL ORDER BY seq";
    for id in ids(records, handed_in)? {
        let incident: i64 = records.query_row(
            "SELECT incident FROM document_files WHERE seq = ?1",
            [id],
            |row| row.get(0),
        )?;
        compare(
            file_name(id),
            json!(files::of_incident(records, incident, id)?),
        );
    }
    for (name, stored) in decisions(records)? {
        compare(name, stored);
    }
    for name in logged.into_keys() {
        report.fault(format!("{name}: it is missing"));
    }
    check_bytes(records, report)
}

fn logged(records: &Connection) -> Result<Logged> {
    let mut query = records.prepare(
        "SELECT subject, principal, at, after FROM audit WHERE action IN ('document.kept', 'document.approved',
             'document.submitted', 'document.file', 'document.marked', 'document.observable')
         ORDER BY seq",
    )?;
    let mut rows = query.query([])?;
    let mut logged = Logged::new();
    while let Some(row) = rows.next()? {
        let (subject, by): (String, String) = (row.get(0)?, row.get(1)?);
        let at: i64 = row.get(2)?;
        let after: String = row.get(3)?;
        let after: Value = serde_json::from_str(&after).unwrap_or_default();
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        let text = |name: &str| after[name].as_str().unwrap_or_default();
        if after["document"].is_object() {
            let id = number(&after["document"]["id"]);
            logged.insert(document_name(id), after["document"].clone());
        } else if after["approval"].is_object() {
            logged.insert(
                approval_name(number(&after["approved"])),
                after["approval"].clone(),
            );
        } else if after["submission"].is_object() {
            let id = number(&after["submission"]["id"]);
            logged.insert(submission_name(id), after["submission"].clone());
        } else if after["file"].is_object() {
            let id = number(&after["file"]["id"]);
            logged.insert(file_name(id), after["file"].clone());
        } else if after["mark"].is_string() {
            let name = mark_name(text("mark"), &subject);
            logged.insert(name, json!([after["value"], by, at]));
        } else {
            let name = observable_name(text("field"), text("value"), &subject);
            logged.insert(name, json!([after["included"], by, at]));
        }
    }
    Ok(logged)
}

/// Marks and observables, as they stand.
fn decisions(records: &Connection) -> Result<Vec<(String, Value)>> {
    let mut decisions = Vec::new();
    let mut query = records.prepare(
        "SELECT i.id, m.name, m.value, m.recorded_by, m.at
         FROM document_marks m JOIN incidents i ON i.seq = m.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (incident, name): (String, String) = (row.get(0)?, row.get(1)?);
        let (value, by): (String, String) = (row.get(2)?, row.get(3)?);
        let stored = json!([value, by, row.get::<_, i64>(4)?]);
        decisions.push((mark_name(&name, &incident), stored));
    }
    let mut query = records.prepare(
        "SELECT i.id, o.field, o.value, o.included, o.recorded_by, o.at
         FROM observables o JOIN incidents i ON i.seq = o.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (incident, field): (String, String) = (row.get(0)?, row.get(1)?);
        let (value, included): (String, bool) = (row.get(2)?, row.get(3)?);
        let stored = json!([included, row.get::<_, String>(4)?, row.get::<_, i64>(5)?]);
        decisions.push((observable_name(&field, &value, &incident), stored));
    }
    Ok(decisions)
}

/// Whether the bytes have the hashes that stand beside them.
fn check_bytes(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare("SELECT seq, bytes, sha256, blake3 FROM document_files")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        let (sha256, blake3): (String, String) = (row.get(2)?, row.get(3)?);
        if sha256_hex(&bytes) != sha256 || blake3_hex(&bytes) != blake3 {
            report.fault(format!(
                "{}: its bytes were altered",
                file_name(row.get(0)?)
            ));
        }
    }
    Ok(())
}

fn ids(records: &Connection, sql: &str) -> Result<Vec<i64>> {
    let mut query = records.prepare(sql)?;
    let ids = query.query_map([], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn document_name(id: i64) -> String {
    format!("document {id}")
}

fn approval_name(document: i64) -> String {
    format!("approval of document {document}")
}

fn submission_name(id: i64) -> String {
    format!("submission {id} of a document")
}

fn file_name(id: i64) -> String {
    format!("file {id} of a document")
}

fn mark_name(name: &str, incident: &str) -> String {
    format!("{name} of incident {incident}")
}

fn observable_name(field: &str, value: &str, incident: &str) -> String {
    format!("whether {field} {value:?} is an indicator of incident {incident}")
}
