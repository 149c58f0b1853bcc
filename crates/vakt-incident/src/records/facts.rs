//! Facts: rows that are only added, and what follows from each.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::rows::{instant, instant_or_none, parsed};
use super::{Records, audit};
use crate::clock::{Computed, compute};
use crate::doubt::{Circumstances, doubts};
use crate::error::Result;
use crate::fact::{Fact, NewFact};
use crate::factset::FactSet;
use crate::incident::Recorded;
use crate::lifecycle;
use crate::regime::Regimes;

impl Records {
    /// Records a fact about an incident, given by its id or number. `principal` is who was
    /// authenticated. Refused is only the impossible; what is doubtful comes back as warnings.
    pub fn add_fact(&self, id: &str, new: NewFact, principal: &str) -> Result<Recorded> {
        let now = self.clock.now();
        self.write(|records| record(records, id, new, principal, now))
    }

    /// What [`Self::add_fact`] would answer now; nothing is recorded.
    pub fn preview_fact(&self, id: &str, new: NewFact, principal: &str) -> Result<Recorded> {
        let now = self.clock.now();
        self.try_out(|records| record(records, id, new, principal, now))
    }
}

fn record(
    records: &Connection,
    id: &str,
    new: NewFact,
    principal: &str,
    now: Timestamp,
) -> Result<Recorded> {
    let incident = incidents::find(records, id)?;
    let party = new.party.clone().or_else(|| Some(incident.party.clone()));
    let fact = NewFact { party, ..new }.check(now, principal)?;
    let before = of_incident(records, incident.seq)?;
    let warnings = doubts(
        &fact,
        &Circumstances {
            party: &incident.party,
            facts: &before,
            regimes: &incident.known_regimes(),
            first_event: incident.first_event_time(),
            now,
        },
    );
    let fact = insert(records, incident.seq, fact)?;
    let incident = incidents::detail(records, incident.seq, now)?;
    Ok(Recorded {
        fact,
        warnings,
        incident,
    })
}

/// Adds the row, derives the incident's state anew, and writes both to the audit log.
pub(super) fn insert(records: &Connection, incident: i64, mut fact: Fact) -> Result<Fact> {
    let row = incidents::by_seq(records, incident)?;
    let mut facts = of_incident(records, incident)?;
    let before = standing(&row, &facts, fact.recorded_at);
    records
        .prepare_cached(
            "INSERT INTO facts (incident, fact, at, recorded_at, recorded_by, claimed_by, party,
                 reason, report, regime, reference, due, source)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
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
        ])?;
    fact.id = records.last_insert_rowid();
    facts.push(fact.clone());
    let computed = clocks(&row, &facts, fact.recorded_at);
    let state = lifecycle::state(&row.party, &facts, &computed.clocks);
    records
        .prepare_cached("UPDATE incidents SET state = ?2, is_open = ?3 WHERE seq = ?1")?
        .execute(params![incident, state.as_str(), state.is_open()])?;
    if !state.is_open() {
        // Matches that come later are a new alert, and a new draft: what was judged is over.
        records
            .prepare_cached("UPDATE alerts SET state = 'closed' WHERE incident = ?1")?
            .execute([incident])?;
    }
    let after = json!({
        "fact": fact,
        "state": state,
        "clocks": computed.clocks,
        "regimes_version": Regimes::embedded().version,
    });
    let (at, by) = (fact.recorded_at, fact.recorded_by.as_str());
    audit::add(records, at, by, "fact.added", &row.id, &before, &after)?;
    Ok(fact)
}

/// The facts of an incident in the order of recording.
pub(super) fn of_incident(records: &Connection, incident: i64) -> Result<Vec<Fact>> {
    let mut query =
        records.prepare_cached("SELECT * FROM facts WHERE incident = ?1 ORDER BY id")?;
    let facts = query.query_map([incident], from_row)?;
    Ok(facts.collect::<rusqlite::Result<_>>()?)
}

/// The clocks of an incident against `now`.
pub(super) fn clocks(row: &IncidentRow, facts: &[Fact], now: Timestamp) -> Computed {
    let facts = FactSet::from_facts(&row.party, facts);
    compute(&row.known_regimes(), &facts, Some(now))
}

fn standing(row: &IncidentRow, facts: &[Fact], now: Timestamp) -> Value {
    json!({ "state": row.state, "clocks": clocks(row, facts, now).clocks })
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
    })
}
