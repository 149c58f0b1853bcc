//! What people answer about an incident: rows that are only added, the newest of an input counts.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::incidents::{self, IncidentRow};
use super::reports::expect_party;
use super::rows::{instant, json_or_none};
use super::view::View;
use super::{Records, audit};
use crate::answer::{
    ANSWERS_MAX, ANSWERS_OF_INCIDENT_MAX, AnswerError, NewAnswer, NewAnswers, RecordedAnswer,
    Significance, checked, line,
};
use crate::error::{Error, Result};
use crate::significance::Answers;

/// Where an answer comes from when nobody says.
const PERSON: &str = "the person who answered";

impl Records {
    /// Records answers about an incident: all of them, or none. Answers what follows.
    ///
    /// # Errors
    /// An incident, party, service, input or source that is not there; a value that the input does
    /// not take; answers that somebody else changed since `expected_revision`.
    pub fn answer(&self, id: &str, new: &NewAnswers, principal: &str) -> Result<Significance> {
        let now = self.clock.now();
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let view = View::of(records, &row)?;
            let found = revision(records, row.seq)?;
            if let Some(expected) = new.expected_revision.filter(|it| *it != found) {
                return Err(Error::AnswersChanged {
                    id: row.id.clone(),
                    expected,
                    found,
                });
            }
            let party = new.party.clone().unwrap_or_else(|| row.party.clone());
            expect_party(&view, &party)?;
            expect_room(records, row.seq, new.answers.len())?;
            let known = newest(records, &[row.seq], &party)?;
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for one in &new.answers {
                let is = self.add_answer(records, &row, &party, one, (principal, now))?;
                let was = known.iter().find(|it| is_same(it, &is));
                before.push(json!(was.map(|it| it.id)));
                after.push(json!(is));
            }
            expect_once(&new.answers)?;
            if !after.is_empty() {
                let (action, before) = ("significance.answered", json!({ "newest": before }));
                let after = json!({ "answers": after });
                audit::add(records, now, principal, action, &row.id, &before, &after)?;
            }
            let found = self.significance_of(records, row.seq, &party, now)?;
            match self.follow_answers(records, &row, &found, now)? {
                true => self.significance_of(records, row.seq, &party, now),
                false => Ok(found),
            }
        })
    }

    fn add_answer(
        &self,
        records: &Connection,
        row: &IncidentRow,
        party: &str,
        new: &NewAnswer,
        (principal, now): (&str, Timestamp),
    ) -> Result<RecordedAnswer> {
        let value = checked(self.criteria(), new)?;
        let service = line("service", new.service.as_deref().unwrap_or_default())?;
        if !service.is_empty() && self.settings.services.get(&service).is_none() {
            let names = self
                .settings
                .services
                .all()
                .iter()
                .map(|it| it.name.as_str());
            let names: Vec<&str> = names.collect();
            let help = match names.is_empty() {
                true => "there is none: `services:` of the configuration lists them".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            return Err(AnswerError::UnknownService { service, help }.into());
        }
        if !service.is_empty() && self.criteria().is_of_whole(&new.input) {
            let input = new.input.clone();
            return Err(AnswerError::OfWhole { input }.into());
        }
        let source = line("source", new.source.as_deref().unwrap_or_default())?;
        expect_source(records, row, &source)?;
        let source = match source.is_empty() {
            true => PERSON.to_owned(),
            false => source,
        };
        records
            .prepare_cached(
                "INSERT INTO answers (incident, party, service, input, value, source, recorded_by,
                     recorded_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                row.seq,
                party,
                service,
                new.input,
                (!value.is_null()).then(|| value.to_string()),
                source,
                principal,
                now.micros(),
            ])?;
        Ok(RecordedAnswer {
            id: records.last_insert_rowid(),
            party: party.to_owned(),
            service,
            input: new.input.clone(),
            value,
            source,
            recorded_by: principal.to_owned(),
            recorded_at: now,
        })
    }
}

fn expect_once(answers: &[NewAnswer]) -> Result<()> {
    for (index, one) in answers.iter().enumerate() {
        let of = |it: &NewAnswer| (it.input.clone(), it.service.clone().unwrap_or_default());
        if answers.iter().skip(index + 1).any(|it| of(it) == of(one)) {
            let input = one.input.clone();
            return Err(AnswerError::Twice { input }.into());
        }
    }
    Ok(())
}

fn is_same(one: &RecordedAnswer, other: &RecordedAnswer) -> bool {
    one.input == other.input && one.service == other.service
}

fn expect_room(records: &Connection, incident: i64, new: usize) -> Result<()> {
    if new > ANSWERS_MAX {
        let most = ANSWERS_MAX;
        return Err(AnswerError::TooMany { found: new, most }.into());
    }
    let sql = "SELECT count(*) FROM answers WHERE incident = ?1";
    let there: i64 = records.query_row(sql, [incident], |row| row.get(0))?;
    if there >= ANSWERS_OF_INCIDENT_MAX {
        let number = |it: i64| usize::try_from(it).unwrap_or(usize::MAX);
        return Err(AnswerError::TooMany {
            found: number(there),
            most: number(ANSWERS_OF_INCIDENT_MAX),
        }
        .into());
    }
    Ok(())
}

/// `fact 7` and `event 12` are of the incident.
fn expect_source(records: &Connection, row: &IncidentRow, source: &str) -> Result<()> {
    let Some((kind, number)) = source.split_once(' ') else {
        return Ok(());
    };
    let Ok(number) = number.parse::<i64>() else {
        return Ok(());
    };
    let is_there = match kind {
        "fact" => {
            let view = View::of(records, row)?;
            view.facts.iter().any(|fact| fact.id == number)
        }
        "event" => {
            let sql = "SELECT count(*) FROM evidence WHERE incident = ?1 AND position = ?2";
            let count: i64 = records.query_row(sql, [row.seq, number], |row| row.get(0))?;
            count > 0
        }
        _ => true,
    };
    match is_there {
        true => Ok(()),
        false => Err(AnswerError::NoSource {
            source_name: source.to_owned(),
        }
        .into()),
    }
}

/// Goes up with every answer about the incident.
pub(super) fn revision(records: &Connection, incident: i64) -> Result<i64> {
    let sql = "SELECT coalesce(max(id), 0) FROM answers WHERE incident = ?1";
    let query = records
        .prepare_cached(sql)?
        .query_row([incident], |row| row.get(0));
    Ok(query?)
}

/// The newest answer of each input and service about these incidents, those taken back left out. Of two
/// incidents the later in the list counts.
pub(super) fn newest(
    records: &Connection,
    incidents: &[i64],
    party: &str,
) -> Result<Vec<RecordedAnswer>> {
    let mut found: BTreeMap<(String, String), RecordedAnswer> = BTreeMap::new();
    let mut query = records
        .prepare_cached("SELECT * FROM answers WHERE incident = ?1 AND party = ?2 ORDER BY id")?;
    for incident in incidents {
        let rows = query.query_map(params![incident, party], from_row)?;
        for row in rows {
            let row = row?;
            found.insert((row.input.clone(), row.service.clone()), row);
        }
    }
    Ok(found
        .into_values()
        .filter(|it| !it.value.is_null())
        .collect())
}

/// What people said that counts for a service: about it, else about the whole incident.
pub(super) fn for_service(all: &[RecordedAnswer], service: &str) -> Answers {
    let mut answers = Answers::default();
    for wanted in ["", service] {
        for one in all.iter().filter(|it| it.service == wanted) {
            if let Some(answer) = one.answer() {
                answers.set(&one.input, answer);
            }
        }
    }
    answers
}

/// Whether the answers are those of the audit log.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut logged: BTreeMap<i64, Value> = BTreeMap::new();
    let mut query = records.prepare(
        "SELECT subject, after FROM audit WHERE action = 'significance.answered' ORDER BY seq",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (subject, after): (String, String) = (row.get(0)?, row.get(1)?);
        let after: Value = serde_json::from_str(&after).unwrap_or_default();
        for answer in after["answers"].as_array().into_iter().flatten() {
            let id = answer["id"].as_i64().unwrap_or_default();
            logged.insert(id, json!([subject, answer]));
        }
    }
    let mut query = records.prepare(
        "SELECT a.*, i.id AS subject FROM answers a JOIN incidents i ON i.seq = a.incident",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let subject: String = row.get("subject")?;
        let stored = from_row(row)?;
        let id = stored.id;
        if logged.remove(&id) != Some(json!([subject, stored])) {
            report.fault(format!(
                "answer {id} about incident {subject}: it was altered, or the audit log does not have it"
            ));
        }
    }
    for (id, answer) in logged {
        let subject = answer[0].as_str().unwrap_or_default();
        report.fault(format!(
            "answer {id} about incident {subject}: it is missing"
        ));
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<RecordedAnswer> {
    Ok(RecordedAnswer {
        id: row.get("id")?,
        party: row.get("party")?,
        service: row.get("service")?,
        input: row.get("input")?,
        value: json_or_none(row, "value")?.unwrap_or_default(),
        source: row.get("source")?,
        recorded_by: row.get("recorded_by")?,
        recorded_at: instant(row, "recorded_at")?,
    })
}
