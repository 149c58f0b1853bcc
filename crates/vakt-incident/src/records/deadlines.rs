//! The deadlines of incidents, each with how often and when it was changed, for calendars.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::view::View;
use super::{Records, regimes};
use crate::clock::{Clock, ClockState, compute};
use crate::error::Result;
use crate::factset::FactSet;
use crate::ics::{self, Entry};

/// Incidents in a calendar, the newest: more than anybody leads at a time.
const INCIDENTS_MAX: i64 = 500;

/// What names a clock within its incident.
type Name = (String, String, String);

/// How often a deadline was changed, when last, and what it was then.
type Changes = BTreeMap<Name, (u64, Timestamp, (Option<Timestamp>, bool))>;

impl Records {
    /// The calendar of one incident, or of the newest ones that are no drill: those of `streams`, `None` being
    /// all. `page` gives the address of an incident's page.
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
        let entries = self.read(|records| {
            let rows = match id {
                Some(id) => vec![incidents::find(records, id)?],
                None => newest(records)?,
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
            Ok(entries)
        })?;
        Ok(ics::calendar(&entries, shares))
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
        // Each version of the data that gave another deadline was a change, too.
        for earlier in regimes::earlier_clocks(records, &row.id)? {
            if let Some((count, ..)) = changes.get_mut(&name(&earlier)) {
                *count += 1;
            }
        }
        let mut entries = Vec::new();
        for mut clock in view.clocks(data, now).clocks {
            if view.merged_into.is_some() {
                clock.state = ClockState::Superseded;
            }
            let regime = law.regimes.iter().find(|it| it.id == clock.regime);
            let stage = regime.and_then(|it| it.stages.iter().find(|it| it.name == clock.stage));
            let (sequence, modified) = match changes.get(&name(&clock)) {
                Some((sequence, modified, _)) => (*sequence, *modified),
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

fn newest(records: &Connection) -> Result<Vec<IncidentRow>> {
    let seqs: Vec<i64> = records
        .prepare_cached("SELECT seq FROM incidents WHERE drill = 0 ORDER BY seq DESC LIMIT ?1")?
        .query_map(params![INCIDENTS_MAX], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let rows = seqs.into_iter().map(|seq| incidents::by_seq(records, seq));
    rows.collect()
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
        for clock in compute(&law, &known, None).clocks {
            let now = (clock.due, clock.state == ClockState::Cancelled);
            changes
                .entry(name(&clock))
                .and_modify(|(count, at, was)| {
                    if *was != now {
                        (*count, *at, *was) = (*count + 1, fact.recorded_at, now);
                    }
                })
                .or_insert((0, fact.recorded_at, now));
        }
    }
    changes
}
