//! The deadlines of incidents, each with how often and when it was changed, for calendars.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::view::{View, merged_into};
use super::{Records, regimes};
use crate::clock::{Clock, ClockState, compute};
use crate::error::Result;
use crate::factset::FactSet;
use crate::ics::{self, Entry};

/// Incidents in a calendar, open ones first, then the newest: more than anybody leads at a time.
const INCIDENTS_MAX: i64 = 500;

/// What names a clock within its incident.
type Name = (String, String, String);

/// How often a deadline was changed, when last, what it was then, and the last one that it had.
struct Change {
    count: u64,
    at: Timestamp,
    was: (Option<Timestamp>, ClockState, bool),
    due: Option<Clock>,
}

type Changes = BTreeMap<Name, Change>;

impl Records {
    /// The calendar of one incident, or of all that are no drill, bounded: those of `streams`, `None` being all. `page` gives the address of an incident's page.
    ///
    /// # Errors
    /// An incident that is not there, or not of these streams.
    pub fn calendar(
        &self,
        id: Option<&str>,
        streams: Option<&[String]>,
        shares: &[u32],
        page: impl Fn(&str) -> String,
    ) -> Result<String> {
        let now = self.clock.now();
        let (entries, left_out) = self.read(|records| {
            let rows = match id {
                Some(id) => vec![incidents::find(records, id)?],
                None => most_urgent(records, streams)?,
            };
            let mut entries = Vec::new();
            for row in rows {
                let is_seen = streams.is_none_or(|it| it.iter().any(|it| it == row.stream()));
                match (is_seen, id) {
                    (true, _) => entries.extend(self.entries(records, &row, &page, now)?),
                    (false, None) => {}
                    (false, Some(id)) => {
                        return Err(crate::Error::NoIncident { id: id.to_owned() });
                    }
                }
            }
            let left_out = match id {
                Some(_) => 0,
                None => open(records, streams)?.saturating_sub(INCIDENTS_MAX),
            };
            Ok((entries, left_out))
        })?;
        Ok(ics::calendar(&entries, shares, left_out))
    }

    fn entries(
        &self,
        records: &Connection,
        row: &IncidentRow,
        page: &impl Fn(&str) -> String,
        now: Timestamp,
    ) -> Result<Vec<Entry>> {
        let data = self.regimes();
        let view = View::of(records, row)?;
        let law = view.law(data);
        let mut changes = changes(&view, data);
        // What other versions of the data gave were changes, too. That a number is left out harms
        // nobody: it has to grow.
        let stood = regimes::earlier_clocks(records, &row.id, data)?;
        for earlier in stood.unwrap_or_default() {
            if let Some(change) = changes.get_mut(&name(&earlier)) {
                change.count += 1;
            }
        }
        let mut entries = Vec::new();
        for mut clock in view.clocks(data, now).clocks {
            let change = changes.get(&name(&clock));
            // A date that there was is called off, so that calendars take it away.
            if let (None, Some(last)) = (clock.due, change.and_then(|it| it.due.clone())) {
                clock = Clock {
                    state: ClockState::Cancelled,
                    ..last
                };
            }
            if view.merged_into.is_some() {
                clock.state = ClockState::Superseded;
            }
            let regime = law.regimes.iter().find(|it| it.id == clock.regime);
            let stage = regime.and_then(|it| it.stages.iter().find(|it| it.name == clock.stage));
            let (sequence, modified) = match change {
                Some(change) => (change.count, change.at),
                None => (0, row.detected_at()),
            };
            entries.push(Entry {
                incident: row.id.clone(),
                number: row.seq,
                drill: row.is_drill(),
                term: stage.and_then(|stage| stage.term.clone()),
                link: page(&row.id),
                clock,
                sequence,
                modified,
            });
        }
        Ok(entries)
    }
}

const OF_STREAMS: &str =
    "drill = 0 AND (?1 IS NULL OR stream IN (SELECT value FROM json_each(?1)))";

fn most_urgent(records: &Connection, streams: Option<&[String]>) -> Result<Vec<IncidentRow>> {
    let sql = format!(
        "SELECT seq FROM incidents WHERE {OF_STREAMS} ORDER BY is_open DESC, seq DESC LIMIT ?2"
    );
    let seqs: Vec<i64> = records
        .prepare_cached(&sql)?
        .query_map(params![of_streams(streams)?, INCIDENTS_MAX], |row| {
            row.get(0)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let rows = seqs.into_iter().map(|seq| incidents::by_seq(records, seq));
    rows.collect()
}

/// How many are open.
fn open(records: &Connection, streams: Option<&[String]>) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM incidents WHERE {OF_STREAMS} AND is_open = 1");
    let mut query = records.prepare_cached(&sql)?;
    Ok(query.query_row([of_streams(streams)?], |row| row.get(0))?)
}

fn of_streams(streams: Option<&[String]>) -> Result<Option<String>> {
    Ok(streams.map(serde_json::to_string).transpose()?)
}

fn name(clock: &Clock) -> Name {
    (
        clock.party.clone(),
        clock.regime.clone(),
        clock.stage.clone(),
    )
}

/// Goes through the facts one after the other, and sees what each changed.
fn changes(view: &View, data: &crate::Regimes) -> Changes {
    let law = view.law(data);
    let mut changes = Changes::new();
    for end in 1..=view.facts.len() {
        let Some((facts, fact)) = view.facts.get(..end).zip(view.facts.get(end - 1)) else {
            break;
        };
        let known = FactSet::from_facts(&view.known.party, facts);
        // What it is called (provisional, submitted, not due) is told as the date is.
        let is_merged = merged_into(facts).is_some();
        for clock in compute(&law, &known, None).clocks {
            let is = (clock.due, clock.state, is_merged);
            let new = Change {
                count: 0,
                at: fact.recorded_at,
                was: is,
                due: None,
            };
            let change = changes.entry(name(&clock)).or_insert(new);
            if change.was != is {
                (change.count, change.at, change.was) = (change.count + 1, fact.recorded_at, is);
            }
            if clock.due.is_some() {
                change.due = Some(clock);
            }
        }
    }
    changes
}
