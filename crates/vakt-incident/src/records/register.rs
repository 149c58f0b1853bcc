//! The register of personal data breaches: read out of incidents and reports, and what people write
//! into it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::incidents::{self, IncidentRow};
use super::rows::{entity_map, instant, page, page_start};
use super::view::View;
use super::{Records, audit};
use crate::alert::{Page, PageRequest};
use crate::error::{Error, Result};
use crate::fact::{Fact, FactKind};
use crate::group::entity_text;
use crate::register::{
    Breach, BreachStatus, NewEntry, Notified, RegisterFilter, TEXT_BYTES_MAX, Text,
};

/// The regimes whose incidents are personal data breaches, or may be.
const REGIMES: [&str; 2] = ["gdpr", "gdpr-processor"];

/// The texts of the register, by the columns of the table.
const COLUMNS: [&str; 4] = ["facts", "effects", "remedial_action", "not_notified_reason"];

/// What somebody wrote.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// By [`COLUMNS`].
    texts: [Option<String>; 4],
    recorded_by: Option<String>,
    recorded_at: Option<Timestamp>,
    version: i64,
}

impl Records {
    /// The personal data breaches, drills apart, newest first.
    pub fn register(&self, filter: &RegisterFilter, request: &PageRequest) -> Result<Page<Breach>> {
        let (before, limit) = page_start(request)?;
        let streams = filter.streams.as_ref().map(serde_json::to_string);
        let streams = streams.transpose()?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT seq FROM incidents i
                 WHERE seq < ?1 AND drill = 0
                     AND (?2 IS NULL OR stream IN (SELECT value FROM json_each(?2)))
                     AND (EXISTS (SELECT 1 FROM json_each(i.regimes) r
                             WHERE r.value IN ('gdpr', 'gdpr-processor'))
                         OR EXISTS (SELECT 1 FROM facts f WHERE f.incident = i.seq
                             AND (f.fact = 'aware_pdb' OR f.regime IN ('gdpr', 'gdpr-processor')))
                         OR EXISTS (SELECT 1 FROM breach_entries b WHERE b.incident = i.seq))
                 ORDER BY seq DESC",
            )?;
            let mut rows = query.query(params![before, streams])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                let seq: i64 = row.get(0)?;
                let found = breach(records, &incidents::by_seq(records, seq)?)?;
                if filter.all || found.status != BreachStatus::NoBreach {
                    items.push((seq, found));
                }
                if items.len() > limit {
                    break;
                }
            }
            Ok(page(items, limit))
        })
    }

    /// One entry of the register, by the incident's id or number.
    pub fn breach(&self, id: &str) -> Result<Breach> {
        self.read(|records| breach(records, &incidents::find(records, id)?))
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
                return breach(records, &row);
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
            breach(records, &row)
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
        json!({ "texts": texts.collect::<serde_json::Map<_, _>>(), "version": self.version })
    }
}

/// Whether the entries are those that the audit log had last.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut written: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut query = records.prepare(
        "SELECT subject, principal, after FROM audit WHERE action = 'register.written' ORDER BY seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        written.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    let mut query = records.prepare(
        "SELECT i.id AS id, b.* FROM breach_entries b JOIN incidents i ON i.seq = b.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get("id")?;
        let stored = from_row(row)?;
        let by = stored.recorded_by.clone().unwrap_or_default();
        let stored = (by, stored.shown().to_string());
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

fn entry(records: &Connection, seq: i64) -> Result<Entry> {
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

fn breach(records: &Connection, row: &IncidentRow) -> Result<Breach> {
    let view = View::of(records, row)?;
    let entry = entry(records, row.seq)?;
    let known = Known {
        entry: &entry,
        reported: reported(records, row.seq, &view.facts)?,
    };
    let readings = view.known.readings(&view.known.party);
    let first = |kind: FactKind| {
        let found = readings.iter().filter(|it| it.fact.kind == kind);
        found.map(|it| it.at).min()
    };
    let aware_at = first(FactKind::AwarePdb);
    let notified = notified(&view);
    let status = match aware_at.is_some() || !notified.is_empty() {
        true => BreachStatus::Breach,
        false if row.state.is_open() => BreachStatus::UnderAssessment,
        false => BreachStatus::NoBreach,
    };
    let mut breach = Breach {
        id: row.id.clone(),
        number: row.seq,
        title: row.title.clone(),
        entity: entity_text(&row.entity),
        entity_fields: entity_map(&row.entity),
        state: row.state,
        status,
        stream: row.stream().to_owned(),
        party: row.party.clone(),
        detected_at: first(FactKind::Detected).unwrap_or_else(|| row.detected_at()),
        occurred_at: first(FactKind::Occurred),
        aware_at,
        facts: known.text(0, "nature_of_breach"),
        effects: known.text(1, "likely_consequences"),
        remedial_action: known.text(2, "measures_taken"),
        data_subjects: known.reported_text("data_subjects_and_records"),
        notified,
        not_notified_reason: entry.texts[3].clone(),
        missing: Vec::new(),
        recorded_by: entry.recorded_by.clone(),
        recorded_at: entry.recorded_at,
        version: entry.version,
    };
    breach.missing = missing(&breach);
    Ok(breach)
}

/// What Art. 33(5) asks for and nobody has written. Whether the authority had to be told concerns the
/// controller, who is also told by a processor.
fn missing(breach: &Breach) -> Vec<&'static str> {
    if breach.status != BreachStatus::Breach {
        return Vec::new();
    }
    let is_told = !breach.notified.is_empty() || breach.not_notified_reason.is_some();
    [
        ("facts", breach.facts.text.is_some()),
        ("effects", breach.effects.text.is_some()),
        ("remedial_action", breach.remedial_action.text.is_some()),
        ("notified_or_why_not", is_told),
    ]
    .into_iter()
    .filter(|(_, is_there)| !is_there)
    .map(|(name, _)| name)
    .collect()
}

struct Known<'e> {
    entry: &'e Entry,
    /// Texts of reports by the names of the form's fields.
    reported: BTreeMap<String, String>,
}

impl Known<'_> {
    fn text(&self, column: usize, field: &str) -> Text {
        match self.entry.texts.get(column).cloned().flatten() {
            Some(text) => Text {
                text: Some(text),
                from: Some("register"),
            },
            None => self.reported_text(field),
        }
    }

    fn reported_text(&self, field: &str) -> Text {
        let text = self.reported.get(field).cloned();
        let from = text.as_ref().map(|_| "report");
        Text { text, from }
    }
}

/// What reports under the GDPR say: what was sent, and over it what was written since.
fn reported(records: &Connection, seq: i64, facts: &[Fact]) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for fact in facts
        .iter()
        .filter(|fact| is_of_gdpr(fact.regime.as_deref()))
    {
        for (field, value) in fact.fields.iter().flatten() {
            if let Some(text) = value.as_str().filter(|text| !text.trim().is_empty()) {
                texts.insert(field.clone(), text.to_owned());
            }
        }
    }
    let mut query = records.prepare_cached(
        "SELECT field, text FROM report_texts
         WHERE incident = ?1 AND regime IN ('gdpr', 'gdpr-processor') AND trim(text) <> ''
         ORDER BY recorded_at",
    )?;
    let written = query.query_map([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for text in written {
        let (field, text) = text?;
        texts.insert(field, text);
    }
    Ok(texts)
}

fn notified(view: &View) -> Vec<Notified> {
    let mut notified = Vec::new();
    let references = |root: i64| {
        let of = view
            .facts
            .iter()
            .filter(|fact| fact.id == root || fact.revises == Some(root));
        of.filter_map(|fact| fact.reference.clone()).next_back()
    };
    for party in view.known.parties() {
        for reading in view.known.readings(party) {
            let (fact, regime) = (reading.fact, reading.fact.regime.as_deref());
            let stage = fact.report.as_deref().unwrap_or_default();
            // Stages that no other regime has name the regime themselves.
            let is_told = is_of_gdpr(regime)
                || (regime.is_none() && ["authority", "subjects", "controller"].contains(&stage));
            if fact.kind == FactKind::Submitted && is_told {
                notified.push(Notified {
                    regime: regime.unwrap_or(REGIMES[0]).to_owned(),
                    stage: stage.to_owned(),
                    party: party.to_owned(),
                    at: reading.at,
                    reference: references(fact.root),
                });
            }
        }
    }
    notified.sort_by_key(|notice| notice.at);
    notified
}

fn is_of_gdpr(regime: Option<&str>) -> bool {
    regime.is_some_and(|regime| REGIMES.contains(&regime))
}
