//! Reviews: written by several people, signed by one, and the list of incidents that lack one.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::incidents::{self, IncidentRow};
use super::logged::{self, text};
use super::rows::{instant, page, page_start};
use super::view::View;
use super::work::Holders;
use super::{Recorder, Records, audit, tasks};
use crate::alert::{Page, PageRequest};
use crate::calendar::zone;
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::factset::TimedFact;
use crate::lifecycle::is_reviewed;
use crate::work::{CauseFamily, MissingReview, NewReview, Review, Signed, Task, WorkError};

impl Records {
    /// The review of an incident: what is written, what is missing, who signed it.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn review(&self, incident: &str) -> Result<Review> {
        self.read(|records| read(records, incident).map(|(_, review)| review))
    }

    /// Records what a person wrote into a review.
    ///
    /// # Errors
    /// An incident that is not there; a text that is too long; a review that somebody else has changed.
    pub fn write_review(&self, incident: &str, new: &NewReview, principal: &str) -> Result<Review> {
        let now = self.clock.now();
        self.write(|records| {
            let (holders, before) = read(records, incident)?;
            let review = before.clone().written(new)?;
            records
                .prepare_cached(
                    "INSERT INTO reviews (incident, family, root_cause, scope, lessons, no_actions,
                         written_at, written_by, version)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)
                     ON CONFLICT DO UPDATE SET family = excluded.family,
                         root_cause = excluded.root_cause, scope = excluded.scope,
                         lessons = excluded.lessons, no_actions = excluded.no_actions,
                         written_at = excluded.written_at, written_by = excluded.written_by,
                         version = version + 1",
                )?
                .execute(params![
                    holders.row.seq,
                    review.root_cause_family.map(CauseFamily::as_str),
                    review.root_cause,
                    review.scope,
                    review.lessons,
                    review.no_actions,
                    now.micros(),
                    principal,
                ])?;
            let (_, written) = read(records, incident)?;
            let id = &holders.row.id;
            let was = json!({ "review": core(id, &before) });
            let is = json!({ "review": core(id, &written) });
            audit::add(records, now, principal, "review.written", id, &was, &is)?;
            Ok(written)
        })
    }

    /// Signs the review as it stands at `version`: records the fact `reviewed`, which holds its text.
    /// What is doubtful about it comes back as warnings.
    ///
    /// # Errors
    /// A review that is not complete, or that somebody has changed since `version`.
    pub fn sign_review<'r>(
        &self,
        incident: &str,
        version: i64,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<crate::Recorded> {
        let (now, recorder) = (self.clock.now(), recorder.into());
        self.write(|records| {
            let (holders, review) = read(records, incident)?;
            if review.version != version {
                Err(WorkError::Changed {
                    by: review.written_by.clone().unwrap_or_default(),
                    expected: version,
                    found: review.version,
                })?;
            }
            if !review.missing.is_empty() {
                Err(WorkError::Incomplete {
                    missing: review.missing.clone(),
                })?;
            }
            let new = crate::NewFact {
                fact: FactKind::Reviewed.as_str().to_owned(),
                party: Some(holders.row.party.clone()),
                source: Some("review".to_owned()),
                fields: Some(review.text()),
                ..crate::NewFact::default()
            };
            self.record(records, &holders.row.id, new, recorder, now)
        })
    }

    /// The apparent root cause of an incident: its family, and what people wrote about it. What was
    /// signed goes before what is only written; `None` where nobody has said either.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn root_cause(&self, incident: &str) -> Result<Option<(CauseFamily, String)>> {
        self.read(|records| root_cause(records, incident))
    }

    /// The incidents detected in a year that no signed review tells of, newest first: declared ones, and
    /// those that were assessed as incidents and are not significant. Drills, dismissed drafts, what is
    /// part of another incident and what nobody has assessed yet are none.
    ///
    /// The year is that of the first configured regime's zone.
    ///
    /// # Errors
    /// A year that no calendar has.
    pub fn missing_reviews(
        &self,
        year: i16,
        streams: Option<&[String]>,
        request: &PageRequest,
    ) -> Result<Page<MissingReview>> {
        let (mut before, limit) = page_start(request)?;
        let (from, to) = self.year(year)?;
        self.read(|records| {
            let mut found = Vec::new();
            // A page is filled from rows of which most may have their review.
            loop {
                let rows = assessed(records, (from, to), streams, before)?;
                let Some(last) = rows.last() else { break };
                before = last.seq;
                for row in rows {
                    let seq = row.seq;
                    if let Some(missing) = missing(records, row, (from, to))? {
                        found.push((seq, missing));
                    }
                    if found.len() > limit {
                        return Ok(page(found, limit));
                    }
                }
            }
            Ok(page(found, limit))
        })
    }

    fn year(&self, year: i16) -> Result<(Timestamp, Timestamp)> {
        let unknown = || WorkError::Year {
            text: year.to_string(),
        };
        let regimes = self.settings.regimes.iter();
        let regime = regimes.filter_map(|id| self.regimes().get(id)).next();
        let zone = regime.and_then(|regime| zone(&regime.zone));
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        if year < 1 {
            return Err(unknown().into());
        }
        let start = |year: i16| -> std::result::Result<Timestamp, WorkError> {
            let day = Date::new(year, 1, 1).map_err(|_| unknown())?;
            let at = zone
                .to_timestamp(day.at(0, 0, 0, 0))
                .map_err(|_| unknown())?;
            Timestamp::from_micros(at.as_microsecond()).ok_or_else(unknown)
        };
        let next = year.checked_add(1).ok_or_else(unknown)?;
        Ok((start(year)?, start(next)?))
    }
}

/// See [`Records::root_cause`].
pub(super) fn root_cause(
    records: &Connection,
    incident: &str,
) -> Result<Option<(CauseFamily, String)>> {
    let (_, review) = read(records, incident)?;
    let Some(signed) = &review.signed else {
        return Ok(review.root_cause_family.map(|it| (it, review.root_cause)));
    };
    let written = |name: &str| {
        signed
            .text
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let family = written("root_cause_family").parse()?;
    Ok(Some((family, written("root_cause").to_owned())))
}

/// Rows that are looked at at a time.
const LOOKED_AT_ONCE: i64 = 200;

fn assessed(
    records: &Connection,
    (from, to): (Timestamp, Timestamp),
    streams: Option<&[String]>,
    before: i64,
) -> Result<Vec<IncidentRow>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM incidents
         WHERE seq < ?1 AND drill = 0
             AND (detected_at >= ?2 AND detected_at < ?3
                 -- Detection was corrected, or is that of a part.
                 OR EXISTS (SELECT 1 FROM facts f WHERE f.incident = incidents.seq
                     AND f.fact = 'detected' AND f.at >= ?2 AND f.at < ?3)
                 OR EXISTS (SELECT 1 FROM facts m WHERE m.into_incident = incidents.id))
             AND state NOT IN ('draft', 'assessing', 'dismissed', 'merged')
             AND (?4 IS NULL OR stream IN (SELECT value FROM json_each(?4)))
         ORDER BY seq DESC LIMIT ?5",
    )?;
    let streams = streams.map(serde_json::to_string).transpose()?;
    let rows = query.query_map(
        params![before, from.micros(), to.micros(), streams, LOOKED_AT_ONCE],
        incidents::from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn missing(
    records: &Connection,
    row: IncidentRow,
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<MissingReview>> {
    let view = View::of(records, &row)?;
    let own: Vec<&TimedFact> = view.known.standing(&row.party);
    if is_reviewed(&own) {
        return Ok(None);
    }
    let readings = view.known.readings(&row.party);
    let last = |kind: FactKind| {
        let times = readings.iter().filter(|it| it.fact.kind == kind);
        times.map(|it| it.at).max()
    };
    let detected = readings
        .iter()
        .filter(|it| it.fact.kind == FactKind::Detected);
    let detected_at = detected.map(|it| it.at).min();
    let detected_at = detected_at.unwrap_or_else(|| row.detected_at());
    if detected_at < from || detected_at >= to {
        return Ok(None);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM reviews WHERE incident = ?1)";
    let begun = records
        .prepare_cached(sql)?
        .query_row([row.seq], |found| found.get(0))?;
    Ok(Some(MissingReview {
        number: row.seq,
        state: row.state,
        stream: row.stream().to_owned(),
        detected_at,
        handled_at: last(FactKind::Handled),
        significant: row.state.is_declared(),
        closed_at: last(FactKind::Closed),
        begun,
        id: row.id,
        title: row.title,
    }))
}

fn read(records: &Connection, incident: &str) -> Result<(Holders, Review)> {
    let holders = Holders::of(records, incident)?;
    let tasks = tasks::of_incidents(records, &holders)?;
    let review = of_incident(records, &holders, &tasks)?;
    Ok((holders, review))
}

/// The review of an incident, with the actions among `tasks`.
pub(super) fn of_incident(
    records: &Connection,
    holders: &Holders,
    tasks: &[Task],
) -> Result<Review> {
    let written = records
        .prepare_cached("SELECT * FROM reviews WHERE incident = ?1")?
        .query_row([holders.row.seq], from_row)
        .optional()?;
    let mut review = written.unwrap_or_default().with_actions(tasks);
    review.signed = signed(&holders.view);
    Ok(review)
}

/// The last signature that stands.
fn signed(view: &View) -> Option<Signed> {
    let own = view.known.standing(&view.known.party);
    if !is_reviewed(&own) {
        return None;
    }
    let last = own.iter().rev().find(|it| it.kind == FactKind::Reviewed)?;
    let fact: &Fact = view.facts.iter().find(|fact| fact.id == last.root)?;
    Some(Signed {
        fact: fact.id,
        at: fact.at,
        by: fact.recorded_by.clone(),
        text: fact.fields.clone()?,
    })
}

/// What is audited of a review.
fn core(incident: &str, review: &Review) -> Value {
    json!({
        "incident": incident,
        "root_cause_family": review.root_cause_family,
        "root_cause": review.root_cause,
        "scope": review.scope,
        "lessons": review.lessons,
        "no_actions": review.no_actions,
        "written_at": review.written_at,
        "written_by": review.written_by,
        "version": review.version,
    })
}

pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let kind = logged::Kind {
        name: "review of incident",
        actions: &["review.written"],
        member: "review",
    };
    let mut query = records.prepare(
        "SELECT r.*, i.id AS incident_id FROM reviews r JOIN incidents i ON i.seq = r.incident
         ORDER BY r.incident",
    )?;
    let rows = query.query_map([], |row| {
        let id: String = row.get("incident_id")?;
        Ok(core(&id, &from_row(row)?))
    })?;
    let stored = rows.collect::<rusqlite::Result<_>>()?;
    let key = |row: &Value| text(row, "incident").to_owned();
    logged::check(records, &kind, key, stored, report)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Review> {
    let family: Option<String> = row.get("family")?;
    Ok(Review {
        // A word of a newer version is none that this one can show.
        root_cause_family: family.and_then(|word| word.parse().ok()),
        root_cause: row.get("root_cause")?,
        scope: row.get("scope")?,
        lessons: row.get("lessons")?,
        no_actions: row.get("no_actions")?,
        version: row.get("version")?,
        written_at: Some(instant(row, "written_at")?),
        written_by: Some(row.get("written_by")?),
        ..Review::default()
    })
}
