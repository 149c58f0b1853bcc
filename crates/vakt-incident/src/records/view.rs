//! What an incident is judged by: its own facts, and those of the incidents that are part of it.

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
        view.add_members(records, &row.id)?;
        view.facts.sort_by_key(|fact| fact.id);
        view.known = FactSet::from_facts(&row.party, &view.facts);
        for fact in view.known.standing(&row.party) {
            let named = fact.regime.as_ref();
            if let (FactKind::RegimeApplies, Some(regime)) = (fact.kind, named)
                && !view.regimes.contains(regime)
            {
                view.regimes.push(regime.clone());
            }
        }
        Ok(view)
    }

    /// The facts of an incident that was merged and taken out again count up to then: what was
    /// known once stays known. A merge that would lead round in a circle is never recorded.
    fn add_members(&mut self, records: &Connection, id: &str) -> Result<()> {
        for (member, merged) in members(records, id)? {
            let row = incidents::by_seq(records, member)?;
            let own = facts::of_incident(records, member)?;
            let end = own
                .iter()
                .find(|fact| fact.id > merged && fact.fact == FactKind::Reopened)
                .map_or(i64::MAX, |fact| fact.id);
            let inner = Self::of(records, &row)?;
            let happened = inner.facts.into_iter();
            self.facts
                .extend(happened.filter(|fact| fact.id < end && !fact.fact.is_judgement()));
            let regimes = inner.regimes.into_iter();
            let new = regimes.filter(|id| !self.regimes.contains(id));
            let new: Vec<String> = new.collect();
            self.regimes.extend(new);
            if end == i64::MAX {
                self.members.push((member, row.id));
                self.members.extend(inner.members);
            }
        }
        // Once merged, taken out and merged again: its facts are there once.
        let mut seen = std::collections::BTreeSet::new();
        self.facts.retain(|fact| seen.insert(fact.id));
        self.members.sort();
        self.members.dedup();
        Ok(())
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
        lifecycle::state(&self.known.party, &self.known, &computed.clocks)
    }
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
