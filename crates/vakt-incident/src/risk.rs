//! The risk of a host, user or address: points of its alerts, which lose half their weight in each
//! half-life.
//!
//! A score is stored as it was at one time, and reckoned from there when it is asked for: nothing
//! runs by the clock, and nothing is rounded away in between. Points of an alert that comes late are
//! lessened to where the score stands, so that the order of alerts makes no difference. Time is when
//! the completing event was received, which is the same when the journal is evaluated again.

use serde::Serialize;
use serde_json::{Map, Value};
use vakt_event::{Level, Timestamp};

use crate::asset::Criticality;

/// A day: who attacks by night is still there in the morning, and a week later it has passed.
pub const HALF_LIFE_HOURS_DEFAULT: u32 = 24;

/// Entities that have a score; beyond, those with the least are forgotten.
pub const RISK_ENTITIES_MAX: i64 = 50_000;

/// Alerts that are kept with an entity, the newest.
pub const RISK_ALERTS_MAX: i64 = 100;

/// An alert whose points have come down to this share has nothing to say any more.
pub(crate) const FADED_SHARE: f64 = 0.01;

/// Once told of, an entity is told of again when its score has come below this share of the
/// threshold, and passes it again.
pub(crate) const REARM_SHARE: f64 = 0.5;

/// What points are lessened by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfLife {
    hours: u32,
}

impl Default for HalfLife {
    fn default() -> Self {
        Self {
            hours: HALF_LIFE_HOURS_DEFAULT,
        }
    }
}

impl HalfLife {
    /// `None` of no hours.
    pub fn of_hours(hours: u32) -> Option<Self> {
        (hours > 0).then_some(Self { hours })
    }

    pub fn hours(self) -> u32 {
        self.hours
    }

    /// How many half-lives lie between; less than none where `later` is earlier.
    fn spans(self, earlier: Timestamp, later: Timestamp) -> f64 {
        let micros = later.micros_since(earlier);
        let seconds = std::time::Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
        let spans = seconds / (f64::from(self.hours) * 3_600.0);
        if micros < 0 { -spans } else { spans }
    }
}

/// A score, as it was at `as_of`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub points: f64,
    pub as_of: Timestamp,
}

impl Score {
    /// What is left of it at `now`. Of a time before, what stands now is all that is known.
    pub fn at(self, now: Timestamp, half_life: HalfLife) -> f64 {
        self.points * (-half_life.spans(self.as_of, now).max(0.0)).exp2()
    }

    /// With points that were given at `at`.
    #[must_use]
    pub fn with(self, points: f64, at: Timestamp, half_life: HalfLife) -> Self {
        let as_of = self.as_of.max(at);
        let given = Self { points, as_of: at };
        Self {
            points: self.at(as_of, half_life) + given.at(as_of, half_life),
            as_of,
        }
    }

    /// Orders scores as they are at any one time: the logarithm of what the score was, or would have
    /// been, at the epoch.
    pub(crate) fn rank(self, half_life: HalfLife) -> f64 {
        self.points.max(f64::MIN_POSITIVE).log2()
            + half_life.spans(Timestamp::default(), self.as_of)
    }
}

/// The points of an alert: five critical ones on ordinary machines are a hundred times a low one on a
/// test machine.
pub fn points(level: Level, criticality: Criticality) -> f64 {
    let by_level = match level {
        Level::Informational => 0.0,
        Level::Low => 5.0,
        Level::Medium => 20.0,
        Level::High => 50.0,
        Level::Critical => 100.0,
    };
    let factor = match criticality {
        Criticality::Low => 0.5,
        Criticality::Medium => 1.0,
        Criticality::High => 2.0,
        Criticality::Critical => 3.0,
    };
    by_level * factor
}

/// Who is at risk, as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskEntity {
    /// The host, user or address.
    pub entity: String,
    /// The same as a field: `host.name`, `user.name` or `source.ip`.
    pub entity_fields: Map<String, Value>,
    pub stream: String,
    pub drill: bool,
    /// The points now, to one decimal.
    pub score: f64,
    /// The asset behind it, where it is one.
    pub asset: Option<String>,
    pub criticality: Option<Criticality>,
    /// The incident that tells of it.
    pub incident: Option<String>,
    /// From which alerts, those first that weigh most now; bounded.
    pub alerts: Vec<RiskAlert>,
}

/// What an alert adds to a score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskAlert {
    pub id: String,
    #[serde(rename = "rule.name")]
    pub rule_name: String,
    pub level: Level,
    pub at: Timestamp,
    /// Now, to one decimal.
    pub points: f64,
}

/// A figure for people.
pub(crate) fn shown(points: f64) -> f64 {
    (points * 10.0).round() / 10.0
}
