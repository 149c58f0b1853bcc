//! What figures are computed from.

use serde::Serialize;
use vakt_event::{Level, Timestamp};

use crate::clock::Clock;
use crate::incident::Origin;
use crate::lifecycle::IncidentState;

/// What figures need of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: String,
    /// The short number for people.
    pub number: i64,
    pub stream: String,
    pub drill: bool,
    /// Its events were back-filled: how long it took to see them says nothing about detection.
    pub historic: bool,
    pub origin: Origin,
    pub state: IncidentState,
    pub level: Option<Level>,
    pub detected_at: Timestamp,
    /// When it began, as far as anybody knows: what a person recorded, else the first event.
    pub began_at: Option<Timestamp>,
    /// The earliest awareness of its own party; where none was declared, its first report.
    pub aware_at: Option<Timestamp>,
    /// The ids of the rules that opened or joined it.
    pub rules: Vec<String>,
    /// As [`crate::clock::compute`] gives them.
    pub clocks: Vec<Clock>,
}

/// How an incident was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Awareness was declared, or follows from a report.
    Significant,
    NotSignificant,
    NearMiss,
    Dismissed,
    /// Nobody has decided yet.
    Undecided,
    /// Part of another one, which counts.
    Merged,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Significant,
        Self::NotSignificant,
        Self::NearMiss,
        Self::Dismissed,
        Self::Undecided,
        Self::Merged,
    ];

    pub fn of(state: IncidentState) -> Self {
        match state {
            IncidentState::Draft | IncidentState::Assessing => Self::Undecided,
            IncidentState::Dismissed => Self::Dismissed,
            IncidentState::NotSignificant | IncidentState::Reportable => Self::NotSignificant,
            IncidentState::NearMiss => Self::NearMiss,
            IncidentState::Merged => Self::Merged,
            _ => Self::Significant,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Significant => "significant",
            Self::NotSignificant => "not_significant",
            Self::NearMiss => "near_miss",
            Self::Dismissed => "dismissed",
            Self::Undecided => "undecided",
            Self::Merged => "merged",
        }
    }
}

/// Alerts of one rule and level whose first match was in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertCounts {
    pub rule_id: String,
    pub rule_name: String,
    pub level: Level,
    pub drill: bool,
    pub alerts: u64,
    pub matches: u64,
    /// Closed by a person without an incident.
    pub closed: u64,
    /// Hidden by a suppression.
    pub suppressed: u64,
    pub in_maintenance: u64,
}
