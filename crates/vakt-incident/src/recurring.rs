//! Incidents that are small by themselves and count together, and the quarterly look for them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use vakt_event::Timestamp;

use crate::lifecycle::IncidentState;
use crate::significance::{Outcome, Quantity};

/// How long after its end a quarter may stay without a review, in days.
pub const REVIEW_GRACE_DAYS: i64 = 14;

/// Small incidents of one cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecurringCause {
    /// As people wrote it last.
    pub root_cause: String,
    /// Those of the six months in which they cost most, the oldest first.
    pub members: Vec<RecurringMember>,
    pub loss_eur: Quantity,
    /// Whether they are significant together; `Open` where something is missing.
    pub outcome: Outcome,
    /// The inputs that could decide it.
    pub missing: Vec<&'static str>,
    /// The id of the draft that links them.
    pub recurring: Option<String>,
}

/// An incident that was assessed as not significant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecurringMember {
    pub id: String,
    pub number: i64,
    pub title: String,
    pub state: IncidentState,
    /// The local day on which it occurred, else was detected.
    pub day: String,
    pub root_cause: Option<String>,
    pub loss_eur: Option<Quantity>,
    #[serde(skip)]
    pub(crate) stream: String,
}

/// What recurs, and what nobody can tell yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Recurring {
    pub causes: Vec<RecurringCause>,
    /// Assessed as not significant within six months, without a root cause.
    pub without_cause: Vec<RecurringMember>,
    /// Those of six months whose root cause no other has: it may be written otherwise elsewhere.
    pub alone: Vec<RecurringMember>,
    /// The quarter that was to be reviewed last, and until when.
    pub quarter: String,
    pub review_by: Option<Timestamp>,
    pub reviewed: bool,
}

/// A signed review: the body of `POST /api/v1/quarter-reviews`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// `2026-Q3`.
    pub quarter: String,
    /// Who looked.
    #[serde(default)]
    pub by: String,
    #[serde(default)]
    pub note: Option<String>,
}

/// A review as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuarterReview {
    pub id: String,
    pub quarter: String,
    pub signed_by: String,
    pub recorded_by: String,
    pub recorded_at: Timestamp,
    pub note: Option<String>,
    /// The incidents and causes that there were.
    pub looked_at: Json,
    /// BLAKE3 of `looked_at` as it is stored, hexadecimal.
    pub hash: String,
}
