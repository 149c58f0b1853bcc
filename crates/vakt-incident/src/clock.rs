//! Reporting clocks: which report is due when, computed from facts alone.
//!
//! [`compute`] is pure: regimes, facts and, for the states, an instant to compare with. Detection
//! gives *provisional* clocks; a declared awareness gives *official* ones; the month of a final
//! report begins with the actual submission before it. No clock is ever paused. Of two readings
//! the earlier deadline is shown.

mod state;
mod track;
pub mod words;

use jiff::civil::Date;
use serde::Serialize;
use vakt_event::Timestamp;

pub use state::ClockState;
pub(crate) use track::family_of;

use crate::factset::FactSet;
use crate::regime::Regime;

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
    /// When the report was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<Timestamp>,
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
}

/// Computes the clocks of `regimes` from `facts`. Facts may lie in the future. Without `now` no
/// clock is `overdue` or `elapsed_unassessed`; with it, what lies after `now` has not happened yet.
pub fn compute(regimes: &[&Regime], facts: &FactSet, now: Option<Timestamp>) -> Computed {
    let mut computed = Computed::default();
    for party in facts.parties() {
        for regime in regimes {
            let track = track::Track::new(regime, regimes, facts, party, now);
            // A customer has clocks where a fact of its own started one, not by being named.
            if party == facts.party || track.has_begun() {
                track.compute(&mut computed);
            }
        }
    }
    computed
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

/// The earliest deadline that somebody still has to keep.
pub fn next_deadline(clocks: &[Clock]) -> Option<&Clock> {
    clocks
        .iter()
        .filter(|clock| clock.is_open() && clock.due.is_some())
        .min_by_key(|clock| clock.due)
}

fn shown_date<S: serde::Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}
