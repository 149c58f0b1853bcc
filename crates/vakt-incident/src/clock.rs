//! Reporting clocks: which report is due when, computed from facts alone.
//!
//! [`compute`] is pure: regimes, facts and, for the states, an instant to compare with. Detection
//! gives *provisional* clocks; a declared awareness gives *official* ones; the month of a final
//! report begins with the actual submission before it. No clock is ever paused. Of two readings
//! the earlier deadline is shown.

pub(crate) mod notices;
mod question;
mod requests;
mod starts;
mod state;
mod track;
pub mod words;

use jiff::civil::Date;
use serde::Serialize;
use vakt_event::Timestamp;

pub(crate) use question::{Question, awareness_of, is_apart};
pub use state::ClockState;
pub(crate) use track::family_of;

use crate::fact::FactKind;
use crate::factset::FactSet;
use crate::regime::Law;

/// One report's clock, for one party under one regime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    pub regime: String,
    pub stage: String,
    pub party: String,
    pub state: ClockState,
    /// The fact from which the time counts; `None` while it has not happened.
    pub start: Option<Timestamp>,
    /// The end. The last instant in time for a period of hours, the exclusive end for a calendar
    /// period; `None` without a start, or where the law names no number.
    pub due: Option<Timestamp>,
    /// The last local day of a calendar period.
    #[serde(serialize_with = "shown_date")]
    pub nominal_date: Option<Date>,
    /// The day to which the law lets the act move. Shown, never planned with.
    #[serde(serialize_with = "shown_date")]
    pub statutory_latest_date: Option<Date>,
    /// Until when the law lets the act move, where it names an hour or a day. Shown, never planned
    /// with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statutory_latest: Option<Timestamp>,
    /// When the report was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<Timestamp>,
    /// It is met by what has no receipt's or case number.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
    /// Why it was late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_reason: Option<String>,
    /// In the history: the version of the regimes' data that gave it, where that is not the
    /// present one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regimes_version: Option<String>,
    /// Words for people: what the clock waits for, or what else is to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The clocks of an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Computed {
    /// Exactly one for each party, regime and stage.
    pub clocks: Vec<Clock>,
    /// What came before them, oldest first within a stage.
    pub history: Vec<Clock>,
    /// Decisions and reports of the incident's party that say nothing of whether it is significant: they
    /// name a regime that asks something else, or that the incident has not. By the facts that were
    /// recorded first.
    pub decisions_apart: Vec<i64>,
    /// What the incident's party declared or sent of another question: a personal data breach, a
    /// vulnerability. By the facts that were recorded first.
    pub declared_apart: Vec<i64>,
}

impl Computed {
    /// Whether the fact that was recorded first says nothing of whether the incident is significant.
    pub fn is_apart(&self, root: i64) -> bool {
        self.decisions_apart.contains(&root) || self.declared_apart.contains(&root)
    }
}

/// Computes the clocks that `law` asks for from `facts`. Facts may lie in the future. Without `now`
/// no clock is `overdue` or `elapsed_unassessed`; with it, what lies after `now` has not happened
/// yet.
pub fn compute(law: &Law<'_>, facts: &FactSet, now: Option<Timestamp>) -> Computed {
    let apart = question::apart(law, facts);
    let mut computed = Computed {
        decisions_apart: apart.decisions,
        declared_apart: apart.declared,
        ..Computed::default()
    };
    let parties = facts.parties();
    for party in &parties {
        for regime in &law.regimes {
            let track = track::Track::new(regime, law, facts, party, now);
            // A customer has clocks where a fact of its own started one, not by being named.
            if **party == *facts.party {
                let others = parties.iter().filter(|it| **it != *party);
                let customers = others
                    .filter(|it| is_affected(facts, it))
                    .map(|it| track::Track::new(regime, law, facts, it, now));
                track.compute(&customers.collect::<Vec<_>>(), &mut computed);
            } else if track.has_begun() {
                track.compute(&[], &mut computed);
            }
        }
    }
    computed
}

fn is_affected(facts: &FactSet, party: &str) -> bool {
    let readings = facts.readings(party);
    readings
        .iter()
        .any(|it| it.fact.kind == FactKind::CustomerAffected)
}

impl Clock {
    /// Whether somebody still has to act on it.
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            ClockState::Provisional
                | ClockState::ElapsedUnassessed
                | ClockState::Running
                | ClockState::Overdue
        )
    }
}

/// The deadline that somebody has to act on next: the earliest that runs, is provisional or was missed. A
/// provisional one that has passed comes after all of them: it was no duty, and must not hide one. Pages
/// and lists, which read the API's answer, go by the same order (`vakt_api::next_clocks`).
pub fn next_deadline<'c>(clocks: impl IntoIterator<Item = &'c Clock>) -> Option<&'c Clock> {
    clocks
        .into_iter()
        .filter(|clock| clock.is_open() && clock.due.is_some())
        .min_by_key(|clock| (clock.state == ClockState::ElapsedUnassessed, clock.due))
}

fn shown_date<S: serde::Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}
