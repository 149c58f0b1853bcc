//! The register of personal data breaches: its list, and what people write into it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::rows::{instant, page, page_start};
use super::{Records, audit, breaches, incidents};
use crate::alert::{Page, PageRequest};
use crate::error::{Error, Result};
use crate::register::{Breach, NewEntry, RegisterFilter, TEXT_BYTES_MAX};

/// The texts of the register, by the columns of the table.
const COLUMNS: [&str; 4] = ["facts", "effects", "remedial_action", "not_notified_reason"];

/// What somebody wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// By [`COLUMNS`].
    pub(super) texts: [Option<String>; 4],
    pub(super) recorded_by: Option<String>,
    pub(super) recorded_at: Option<Timestamp>,
    pub(super) version: i64,
}

impl Records {
    /// The personal data breaches, drills apart, newest first.
    pub fn register(&self, filter: &RegisterFilter, request: &PageRequest) -> Result<Page<Breach>> {
        let (before, limit) = page_start(request)?;
        let streams = filter.streams.as_ref().map(serde_json::to_string);
        let streams = streams.transpose()?;
        let (data, now) = (self.regimes(), self.clock.now());
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT seq FROM incidents i
                 WHERE seq < ?1 AND drill = 0
                     AND (?2 IS NULL OR stream IN (SELECT value FROM json_each(?2)))
                     AND (EXISTS (SELECT 1 FROM json_each(i.regimes) r
                             WHERE r.value IN ('gdpr', 'gdpr-processor'))
                         OR EXISTS (SELECT 1 FROM facts f WHERE f.incident = i.seq
                             AND (f.fact = 'aware_pdb' OR f.regime IN ('gdpr', 'gdpr-processor')))
                         OR EXISTS (SELECT 1 FROM facts m WHERE m.into_incident = i.id)
                         OR EXISTS (SELECT 1 FROM breach_entries b WHERE b.incident = i.seq))
                 ORDER BY seq DESC",
            )?;
            let mut rows = query.query(params![before, streams])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get(0)?;
                let row = incidents::by_seq(records, seq)?;
                let found = breaches::listed(records, data, now, &row, filter)?;
                items.extend(found.map(|found| (seq, found)));
                if items.len() > limit {
                    break;
                }
            }
            Ok(page(items, limit))
        })
    }

    /// One entry of the register, by the incident's id or number.
    pub fn breach(&self, id: &str) -> Result<Breach> {
        let now = self.clock.now();
        self.read(|records| {
            let row = incidents::find(records, id)?;
            breaches::breach(records, self.regimes(), now, &row)
        })
    }

    /// Writes into the register what is said about an incident.
    ///
    /// # Errors
    /// An incident that is not there; a text that is too long; an entry that somebody else changed.
    pub fn write_register(&self, id: &str, new: &NewEntry, principal: &str) -> Result<Breach> {
        let now = self.clock.now();
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let before = entry(records, row.seq)?;
            if before.version != new.version {
                return Err(Error::TextChanged {
                    field: "register".to_owned(),
                    by: before.recorded_by.clone().unwrap_or_default(),
                    expected: new.version,
                    found: before.version,
                });
            }
            let mut after = before.clone();
            after.write(new)?;
            if after.texts == before.texts {
                return breaches::breach(records, self.regimes(), now, &row);
            }
            (after.recorded_by, after.recorded_at) = (Some(principal.to_owned()), Some(now));
            after.version += 1;
            save(records, row.seq, &after)?;
            audit::add(
                records,
                now,
                principal,
                "register.written",
                &row.id,
                &before.shown(),
                &after.shown(),
            )?;
            breaches::breach(records, self.regimes(), now, &row)
        })
    }
}

impl Entry {
    fn write(&mut self, new: &NewEntry) -> Result<()> {
        let texts = [
            &new.facts,
            &new.effects,
            &new.remedial_action,
            &new.not_notified_reason,
        ];
        for ((text, own), column) in texts.into_iter().zip(&mut self.texts).zip(COLUMNS) {
            let Some(text) = text else { continue };
            if text.len() > TEXT_BYTES_MAX {
                return Err(Error::TextTooLong {
                    field: column.to_owned(),
                    bytes: text.len(),
                    bytes_max: TEXT_BYTES_MAX,
                });
            }
            let text = text.trim();
            *own = (!text.is_empty()).then(|| text.to_owned());
        }
        Ok(())
    }

    /// As the audit log keeps it.
    fn shown(&self) -> Value {
        if self.version == 0 {
            return Value::Null;
        }
        let texts = COLUMNS.iter().zip(&self.texts);
        let texts = texts.map(|(name, text)| ((*name).to_owned(), json!(text)));
        json!({
            "texts": texts.collect::<serde_json::Map<_, _>>(),
            "version": self.version,
        })
    }
}

/// Whether the entries are those that the audit log had last.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut written: BTreeMap<String, (String, Option<Timestamp>, String)> = BTreeMap::new();
    let mut query = records.prepare(
        "SELECT subject, principal, at, after FROM audit WHERE action = 'register.written'
         ORDER BY seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let entry = (row.get(1)?, Some(instant(row, "at")?), row.get(3)?);
        written.insert(row.get(0)?, entry);
    }
    let mut query = records.prepare(
        "SELECT i.id AS id, b.* FROM breach_entries b JOIN incidents i ON i.seq = b.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get("id")?;
        let stored = from_row(row)?;
        let by = stored.recorded_by.clone().unwrap_or_default();
        let stored = (by, stored.recorded_at, stored.shown().to_string());
        if written.remove(&id) != Some(stored) {
            report.fault(format!(
                "the register's entry of incident {id}: it was altered"
            ));
        }
    }
    for id in written.into_keys() {
        report.fault(format!(
            "the register's entry of incident {id}: it is missing"
        ));
    }
    Ok(())
}

pub(super) fn entry(records: &Connection, seq: i64) -> Result<Entry> {
    let found = records
        .prepare_cached("SELECT * FROM breach_entries WHERE incident = ?1")?
        .query_row([seq], from_row)
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let mut entry = Entry {
        recorded_by: row.get("recorded_by")?,
        recorded_at: Some(instant(row, "recorded_at")?),
        version: row.get("version")?,
        ..Entry::default()
    };
    for (text, column) in entry.texts.iter_mut().zip(COLUMNS) {
        *text = row.get(column)?;
    }
    Ok(entry)
}

fn save(records: &Connection, seq: i64, entry: &Entry) -> Result<()> {
    let [facts, effects, remedial_action, not_notified_reason] = &entry.texts;
    records
        .prepare_cached(
            "INSERT INTO breach_entries (incident, facts, effects, remedial_action,
                 not_notified_reason, recorded_by, recorded_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET facts = excluded.facts, effects = excluded.effects,
                 remedial_action = excluded.remedial_action,
                 not_notified_reason = excluded.not_notified_reason,
                 recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at,
                 version = excluded.version",
        )?
        .execute(params![
            seq,
            facts,
            effects,
            remedial_action,
            not_notified_reason,
            entry.recorded_by,
            entry.recorded_at.unwrap_or_default().micros(),
            entry.version,
        ])?;
    Ok(())
}
