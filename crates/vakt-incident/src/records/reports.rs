//! What people write into the fields of a report before it is sent.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::rows::instant;
use super::view::View;
use super::{Records, audit, incidents};
use crate::error::{Error, Result};
use crate::form::{Entered, ReportRef, check_field, stage_of};
use crate::incident::IncidentDetail;

/// Bytes of one field: a form of an authority takes some pages.
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// A field's text as a person hands it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewText {
    pub field: String,
    /// Blank takes what was entered away: the field is filled from the record again.
    pub text: String,
    /// The version that it was written beside, 0 for none.
    pub version: i64,
}

impl Records {
    /// An incident, and what people wrote for one of its reports, of one state of the records.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn report(
        &self,
        id: &str,
        report: ReportRef<'_>,
    ) -> Result<(IncidentDetail, Vec<Entered>)> {
        let now = self.clock.now();
        self.read(|records| {
            let row = incidents::find(records, id)?;
            let detail = incidents::detail(records, self.regimes(), row.seq, now)?;
            Ok((detail, entered(records, row.seq, report)?))
        })
    }

    /// Records what a person wrote into fields of a report: all of them, or none.
    ///
    /// # Errors
    /// An incident, regime, report or field that is not there; a text that is too long; a text
    /// that somebody else changed in the meantime.
    pub fn enter_texts(
        &self,
        id: &str,
        report: ReportRef<'_>,
        texts: &[NewText],
        principal: &str,
    ) -> Result<()> {
        let now = self.clock.now();
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let view = View::of(records, &row)?;
            let (_, stage) = stage_of(self.regimes(), &view.regimes, report)?;
            expect_party(&view, report.party)?;
            let known = entered(records, row.seq, report)?;
            let mut before = serde_json::Map::new();
            let mut after = serde_json::Map::new();
            for new in texts {
                check_field(&stage, report, &new.field)?;
                check_length(new)?;
                let old = known.iter().find(|it| it.field == new.field);
                if old.map_or("", |it| &it.text) == new.text {
                    continue;
                }
                expect_version(new, old)?;
                enter(records, row.seq, report, new, (principal, now))?;
                before.insert(new.field.clone(), json!(old.map(|it| &it.text)));
                after.insert(new.field.clone(), new.text.clone().into());
            }
            if after.is_empty() {
                return Ok(());
            }
            let ReportRef {
                regime,
                stage,
                party,
            } = report;
            let after = json!({
                "regime": regime, "stage": stage, "party": party, "texts": after,
            });
            let before = Value::Object(before);
            audit::add(
                records,
                now,
                principal,
                "report.written",
                &row.id,
                &before,
                &after,
            )
        })
    }
}

/// A report is of somebody whom the incident concerns.
pub(super) fn expect_party(view: &View, party: &str) -> Result<()> {
    if view.known.parties().contains(&party) {
        return Ok(());
    }
    Err(Error::NoParty {
        party: party.to_owned(),
    })
}

/// Whether the texts are those that the audit log had last, written by whom it says.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    type Key = (String, String, String, String, String);
    let mut written: BTreeMap<Key, (String, String)> = BTreeMap::new();
    let mut query = records.prepare(
        "SELECT subject, principal, after FROM audit WHERE action = 'report.written' ORDER BY seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (subject, principal, after): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let after: Value = serde_json::from_str(&after).unwrap_or_default();
        let name = |name: &str| after[name].as_str().unwrap_or_default().to_owned();
        for (field, text) in after["texts"].as_object().into_iter().flatten() {
            let key = (
                subject.clone(),
                name("party"),
                name("regime"),
                name("stage"),
                field.clone(),
            );
            let text = text.as_str().unwrap_or_default().to_owned();
            written.insert(key, (text, principal.clone()));
        }
    }
    let mut query = records.prepare(
        "SELECT i.id, t.party, t.regime, t.stage, t.field, t.text, t.recorded_by
         FROM report_texts t JOIN incidents i ON i.seq = t.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let key: Key = (
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        );
        let stored = (row.get(5)?, row.get(6)?);
        if written.remove(&key) != Some(stored) {
            report.fault(format!(
                "the text of {} in {} {} of incident {}: it was altered",
                key.4, key.2, key.3, key.0
            ));
        }
    }
    for (incident, _, regime, stage, field) in written.into_keys() {
        report.fault(format!(
            "the text of {field} in {regime} {stage} of incident {incident}: it is missing"
        ));
    }
    Ok(())
}

fn check_length(new: &NewText) -> Result<()> {
    let bytes = new.text.len();
    if bytes > TEXT_BYTES_MAX {
        return Err(Error::TextTooLong {
            field: new.field.clone(),
            bytes,
            bytes_max: TEXT_BYTES_MAX,
        });
    }
    Ok(())
}

fn expect_version(new: &NewText, old: Option<&Entered>) -> Result<()> {
    let found = old.map_or(0, |it| it.version);
    if found == new.version {
        return Ok(());
    }
    Err(Error::TextChanged {
        field: new.field.clone(),
        by: old.map(|it| it.recorded_by.clone()).unwrap_or_default(),
        expected: new.version,
        found,
    })
}

pub(super) fn entered(
    records: &Connection,
    seq: i64,
    report: ReportRef<'_>,
) -> Result<Vec<Entered>> {
    let mut query = records.prepare_cached(
        "SELECT field, text, recorded_by, recorded_at, version FROM report_texts
         WHERE incident = ?1 AND party = ?2 AND regime = ?3 AND stage = ?4 ORDER BY field",
    )?;
    let keys = params![seq, report.party, report.regime, report.stage];
    let rows = query.query_map(keys, from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Entered> {
    Ok(Entered {
        field: row.get(0)?,
        text: row.get(1)?,
        recorded_by: row.get(2)?,
        recorded_at: instant(row, 3)?,
        version: row.get(4)?,
    })
}

/// Versions go on where a text was taken away, so that each names one text.
fn enter(
    records: &Connection,
    seq: i64,
    report: ReportRef<'_>,
    new: &NewText,
    (by, now): (&str, Timestamp),
) -> Result<()> {
    records
        .prepare_cached(
            "INSERT INTO report_texts (incident, party, regime, stage, field, text, recorded_by,
                 recorded_at, version)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)
             ON CONFLICT DO UPDATE SET text = excluded.text, recorded_by = excluded.recorded_by,
                 recorded_at = excluded.recorded_at, version = version + 1",
        )?
        .execute(params![
            seq,
            report.party,
            report.regime,
            report.stage,
            new.field,
            new.text,
            by,
            now.micros(),
        ])?;
    Ok(())
}
