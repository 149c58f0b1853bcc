//! The states of a clock.

use std::fmt;

use serde::Serialize;

/// Where a clock stands. There is no paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Counts from detection; nobody has declared awareness.
    Provisional,
    /// A provisional clock that passed. No duty was missed, but nobody has assessed.
    ElapsedUnassessed,
    /// Its start has not happened yet.
    Projected,
    Running,
    Met,
    MetLate,
    Overdue,
    /// Another instance took its place.
    Superseded,
    /// The assessment ended without a duty to report.
    Cancelled,
    /// The duty did not exist yet when it would have begun.
    NotApplicable,
}

impl ClockState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::ElapsedUnassessed => "elapsed_unassessed",
            Self::Projected => "projected",
            Self::Running => "running",
            Self::Met => "met",
            Self::MetLate => "met_late",
            Self::Overdue => "overdue",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// A duty that has begun and was not done.
    pub fn is_owed(self) -> bool {
        matches!(self, Self::Running | Self::Overdue)
    }

    pub fn is_met(self) -> bool {
        matches!(self, Self::Met | Self::MetLate)
    }
}

impl fmt::Display for ClockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
