//! What an incident is judged by: its own facts, and those of the incidents that are part of it.

use std::collections::BTreeMap;

use rusqlite::Connection;
use vakt_event::Timestamp;

use super::facts;
use super::incidents::{self, IncidentRow};
use crate::clock::{Computed, compute};
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::factset::FactSet;
use crate::lifecycle::{self, IncidentState};
use crate::regime::{Law, Regimes};

/// An incident with what is part of it.
pub(super) struct View {
    /// In the order of recording.
    pub(super) facts: Vec<Fact>,
    /// The same as they stand.
    pub(super) known: FactSet,
    /// The ids of its regimes.
    pub(super) regimes: Vec<String>,
    /// The sequence numbers and ids of the incidents that are part of it.
    pub(super) members: Vec<(i64, String)>,
    /// The id of the incident that it is part of.
    pub(super) merged_into: Option<String>,
}

impl View {
    pub(super) fn of(records: &Connection, row: &IncidentRow) -> Result<Self> {
        let own = facts::of_incident(records, row.seq)?;
        let merged_into = merged_into(&own);
        let mut view = Self {
            facts: own,
            known: FactSet::default(),
            regimes: row.regimes.clone(),
            members: Vec::new(),
            merged_into,
        };
        view.add_members(records, row)?;
        view.facts.sort_by_key(|fact| fact.id);
        view.known = FactSet::from_facts(&row.party, &view.facts);
        let applies = regimes_that_apply(&view.known);
        view.add_regimes(applies);
        Ok(view)
    }

    /// The sequence numbers of the incidents that are part of it, and its own.
    pub(super) fn parts(&self, row: &IncidentRow) -> Vec<i64> {
        let members = self.members.iter().map(|(seq, _)| *seq);
        members.chain([row.seq]).collect()
    }

    /// The facts of an incident that was merged and taken out again count up to then: what was
    /// known once stays known. Each incident is read once or twice, however often and in whatever
    /// circle incidents were merged and taken out.
    fn add_members(&mut self, records: &Connection, row: &IncidentRow) -> Result<()> {
        // Up to which fact what is known of an incident is here already.
        let mut known_to = BTreeMap::from([(row.seq, i64::MAX)]);
        let mut open = vec![(row.id.clone(), i64::MAX)];
        while let Some((id, until)) = open.pop() {
            for (member, merged) in members(records, &id)? {
                let own = facts::of_incident(records, member)?;
                let taken_out = own
                    .iter()
                    .find(|fact| fact.id > merged && fact.fact == FactKind::Reopened);
                let end = taken_out.map_or(until, |fact| fact.id.min(until));
                let known = known_to.get(&member).copied().unwrap_or(i64::MIN);
                if merged >= until || known >= end {
                    continue;
                }
                known_to.insert(member, end);
                let row = incidents::by_seq(records, member)?;
                let happened = own.into_iter();
                let happened: Vec<Fact> = happened.filter(|fact| fact.id < end).collect();
                let facts = FactSet::from_facts(&row.party, &happened);
                self.add_regimes(row.regimes.iter().cloned());
                self.add_regimes(regimes_that_apply(&facts));
                let counts = happened.into_iter();
                self.facts
                    .extend(counts.filter(|fact| fact.id >= known && !fact.fact.is_judgement()));
                if end == i64::MAX {
                    self.members.push((member, row.id.clone()));
                }
                open.push((row.id, end));
            }
        }
        self.members.sort();
        Ok(())
    }

    fn add_regimes(&mut self, ids: impl IntoIterator<Item = String>) {
        for id in ids {
            if !self.regimes.contains(&id) {
                self.regimes.push(id);
            }
        }
    }

    /// The id of the newest fact: whoever writes beside an older one has not seen everything.
    pub(super) fn revision(&self) -> i64 {
        self.facts.last().map_or(0, |fact| fact.id)
    }

    pub(super) fn law<'d>(&self, data: &'d Regimes) -> Law<'d> {
        data.known(&self.regimes)
    }

    /// The clocks against `now`.
    pub(super) fn clocks(&self, data: &Regimes, now: Timestamp) -> Computed {
        compute(&self.law(data), &self.known, Some(now))
    }

    pub(super) fn state(&self, computed: &Computed) -> IncidentState {
        lifecycle::state(&self.known.party, &self.known, computed)
    }
}

/// The regimes that people found to apply, too.
fn regimes_that_apply(facts: &FactSet) -> Vec<String> {
    let standing = facts.standing(&facts.party).into_iter();
    let applies = standing.filter(|fact| fact.kind == FactKind::RegimeApplies);
    applies.filter_map(|fact| fact.regime.clone()).collect()
}

/// The incident that these facts say that theirs is part of.
pub(super) fn merged_into(own: &[Fact]) -> Option<String> {
    own.iter().fold(None, |into, fact| match fact.fact {
        FactKind::Merged => fact.into.clone(),
        FactKind::Reopened => None,
        _ => into,
    })
}

/// The incidents that were ever merged into `id`, each with the fact that did it.
fn members(records: &Connection, id: &str) -> Result<Vec<(i64, i64)>> {
    let mut query = records.prepare_cached(
        "SELECT incident, id FROM facts WHERE into_incident = ?1 AND fact = 'merged' ORDER BY id",
    )?;
    let rows = query.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
