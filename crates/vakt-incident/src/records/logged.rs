//! Rows of the response work and of the intake of reports, compared with the audit log.
//!
//! An entry holds the whole row after the change, under a member of its own; the last entry about a row
//! says what the row must be.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use super::audit::AuditReport;
use crate::error::Result;

/// A kind of row.
pub(super) struct Kind {
    /// For people: `task`.
    pub(super) name: &'static str,
    /// The actions of the entries.
    pub(super) actions: &'static [&'static str],
    /// The member of `after` that holds the row; an array holds several.
    pub(super) member: &'static str,
}

/// Compares the rows of a kind, each with what names it in a sentence, with the audit log.
pub(super) fn check(
    records: &Connection,
    kind: &Kind,
    key: impl Fn(&Value) -> String,
    stored: Vec<Value>,
    report: &mut AuditReport,
) -> Result<()> {
    let mut logged = last_logged(records, kind, &key)?;
    for row in stored {
        let name = key(&row);
        match logged.remove(&name) {
            Some(expected) if expected == row => {}
            Some(_) => report.fault(format!("{} {name}: it was altered", kind.name)),
            None => report.fault(format!(
                "{} {name}: the audit log does not have it",
                kind.name
            )),
        }
    }
    for name in logged.into_keys() {
        report.fault(format!("{} {name}: it is missing", kind.name));
    }
    Ok(())
}

fn last_logged(
    records: &Connection,
    kind: &Kind,
    key: &impl Fn(&Value) -> String,
) -> Result<BTreeMap<String, Value>> {
    let mut query = records.prepare(
        "SELECT after FROM audit WHERE action IN (SELECT value FROM json_each(?1)) ORDER BY seq",
    )?;
    let mut rows = query.query([serde_json::to_string(kind.actions)?])?;
    let mut logged = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let after: Value = serde_json::from_str(&row.get::<_, String>(0)?).unwrap_or_default();
        let of_entry = match &after[kind.member] {
            Value::Array(rows) => rows.clone(),
            Value::Null => Vec::new(),
            row => vec![row.clone()],
        };
        for row in of_entry {
            logged.insert(key(&row), row);
        }
    }
    Ok(logged)
}

/// A text member of a row.
pub(super) fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}
