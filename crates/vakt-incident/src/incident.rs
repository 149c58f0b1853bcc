//! Incidents as the API shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vakt_event::{Level, Timestamp};

use crate::alert::Alert;
use crate::clock::Clock;
use crate::correction::Waiting;
use crate::fact::Fact;
use crate::lifecycle::IncidentState;
use crate::target::Target;

/// An incident as it stands in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    pub id: String,
    /// A short number for people, in the order of opening. `id` is the name.
    pub number: i64,
    pub title: String,
    pub state: IncidentState,
    pub party: String,
    pub clocks: Vec<Clock>,
    pub origin: Origin,
    /// A recorded exercise.
    pub drill: bool,
    /// Its events were back-filled: it happened long before we could see it.
    pub historic: bool,
    pub stream: String,
    pub level: Option<Level>,
    #[serde(rename = "rule.id")]
    pub rule_id: Option<String>,
    #[serde(rename = "rule.name")]
    pub rule_name: Option<String>,
    pub entity: String,
    pub entity_fields: Map<String, Value>,
    /// ATT&CK technique ids, from the rule's tags.
    pub techniques: Vec<String>,
    /// The wall clock of the match, or what the person who opened it said.
    pub detected_at: Timestamp,
    pub opened_at: Timestamp,
    /// Until when it shall be assessed: an internal target, no legal deadline.
    pub assess_by: Option<Timestamp>,
    /// The principal; `vakt` for a detection.
    pub opened_by: String,
    /// The first matched event.
    pub first_event: Option<FirstEvent>,
    pub regimes: Vec<String>,
    /// IANA name of the zone of the first of them, in which people read and write times.
    pub time_zone: String,
    /// The version of the regimes' data that the clocks are computed with.
    pub regimes_version: String,
    /// Goes up with every fact. A change that names another one is refused.
    pub revision: i64,
    /// The id of the incident that this one is part of, where its clocks run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Whether the organisation was configured when the incident opened. Without it the regime is
    /// an assumption.
    pub organisation_configured: bool,
    /// Matches that joined it.
    pub match_count: u64,
    /// Matched events, frozen or not.
    pub event_count: u64,
}

/// What began an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    Detection,
    /// A person opened it.
    Manual,
    /// It collects the matches beyond the cap on drafts an hour.
    Burst,
    /// The points of one host, user or address passed the threshold.
    Risk,
    /// A service was, or was about to be, away for longer than a criterion allows.
    Outage,
    /// Several that are not significant each count together (Regulation (EU) 2024/2690 Art. 4).
    Recurring,
    /// Somebody reported it: staff, a supplier, a customer.
    Report,
}

impl Origin {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Manual => "manual",
            Self::Burst => "burst",
            Self::Risk => "risk",
            Self::Outage => "outage",
            Self::Recurring => "recurring",
            Self::Report => "report",
        }
    }
}

/// The times of the first matched event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FirstEvent {
    pub claimed: Option<Timestamp>,
    pub received: Timestamp,
    /// Receipt minus claim, in seconds: delay and the error of the sender's clock together.
    pub skew_seconds: Option<f64>,
}

/// An incident with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentDetail {
    #[serde(flatten)]
    pub incident: Incident,
    /// In the order of recording.
    pub facts: Vec<Fact>,
    /// Clocks that others took the place of, those of earlier data of the regimes first.
    pub history: Vec<Clock>,
    /// What the product itself asks for; no legal deadlines.
    pub targets: Vec<Target>,
    /// Corrections and downgrades that a second person has not approved.
    pub waiting: Vec<Waiting>,
    /// The changes of state, oldest first: how it was classified, and by whom.
    pub trail: Vec<Transition>,
    /// The ids of the incidents that are part of it.
    pub members: Vec<String>,
    /// The frozen events, in journal order, bounded.
    pub evidence: Vec<FrozenEvent>,
    /// How many events there were to freeze.
    pub evidence_total: u64,
    /// How many are frozen at the most.
    pub evidence_bound: EvidenceBound,
    /// What is not frozen and why, for people; `None` where everything is.
    pub evidence_note: Option<String>,
    /// The newest alerts that belong to it, bounded.
    pub alerts: Vec<Alert>,
    /// The reports of its regimes, in their order.
    pub reports: Vec<ReportKind>,
}

/// Whom or what an incident is about: what its title may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    pub stream: String,
    pub entity_fields: Map<String, Value>,
}

/// A report that a regime knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportKind {
    pub regime: String,
    pub stage: String,
    /// The statute's own word.
    pub term: Option<String>,
    /// Whether the data has the fields of its form.
    pub form: bool,
    /// The fact that its time counts from, as the data call it: `aware`, `submitted.notification`.
    pub start: String,
    /// Whether it is a notice that each affected customer is owed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub each_customer: bool,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    pub at: Timestamp,
    pub recorded_by: String,
    /// Who proposed it, where a second person approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    /// The fact that it follows from.
    pub fact: Option<i64>,
    pub reason: Option<String>,
}

/// A part of an incident that becomes one of its own: the body of `POST …/split`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSplit {
    pub title: String,
    #[serde(default)]
    pub reason: Option<String>,
    /// Ids of alerts that go with it.
    #[serde(default)]
    pub alerts: Vec<String>,
    #[serde(default)]
    pub expected_revision: Option<i64>,
}

/// How much evidence an incident holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceBound {
    /// Events that one match brings at the most: the oldest, and the newest for the rest.
    pub events_per_match: u64,
    pub oldest_per_match: u64,
    /// Events of the whole incident.
    pub events: u64,
    /// Bytes of originals and fields of the whole incident.
    pub bytes: u64,
}

/// An event that was copied into the incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrozenEvent {
    /// The journal position.
    pub id: String,
    /// The original, invalid UTF-8 replaced; the hash is over the bytes as they came.
    pub original: String,
    pub fields: Value,
    pub claimed: Option<Timestamp>,
    pub received: Timestamp,
    /// BLAKE3 of the original bytes, hexadecimal.
    pub hash: String,
}

/// An incident opened by hand: the body of `POST /api/v1/incidents`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIncident {
    pub title: String,
    /// RFC 3339 with an offset; absent means now.
    #[serde(default)]
    pub detected_at: Option<String>,
    /// Absent or empty means the configured ones.
    #[serde(default)]
    pub regimes: Vec<String>,
    #[serde(default)]
    pub party: Option<String>,
    #[serde(default)]
    pub stream: Option<String>,
    #[serde(default)]
    pub drill: bool,
    /// It happened long before anybody could see it: found by a hunt, or in old logs.
    #[serde(default)]
    pub historic: bool,
}

/// Which incidents a list holds; an empty filter is all of them.
#[derive(Clone, Debug, Default)]
pub struct IncidentFilter {
    /// Any of these; empty is all.
    pub states: Vec<IncidentState>,
    /// Open or not, as [`IncidentState::is_open`] says.
    pub open: Option<bool>,
    pub level_at_least: Option<Level>,
    pub drill: Option<bool>,
    /// Only these streams; `None` is all, an empty list is none.
    pub streams: Option<Vec<String>>,
}

/// The answer to a recorded fact.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    pub fact: Fact,
    /// What is doubtful about it, or left to do. The fact is recorded all the same.
    pub warnings: Vec<String>,
    pub incident: IncidentDetail,
}
