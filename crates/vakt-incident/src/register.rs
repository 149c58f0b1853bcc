//! The register of personal data breaches that a controller keeps (GDPR Art. 33(5)): the facts, the
//! effects, and the remedial action taken.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vakt_event::Timestamp;

use crate::csv::{record, text};
use crate::lifecycle::IncidentState;

/// Bytes of one text.
pub(crate) const TEXT_BYTES_MAX: usize = 32 * 1024;

/// A personal data breach, or what may be one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breach {
    /// The incident.
    pub id: String,
    pub number: i64,
    pub title: String,
    pub entity: String,
    pub entity_fields: Map<String, Value>,
    pub state: IncidentState,
    pub status: BreachStatus,
    pub stream: String,
    /// `own`, or the customer whose data it is about.
    pub party: String,
    pub detected_at: Timestamp,
    pub occurred_at: Option<Timestamp>,
    /// When awareness of the breach was declared.
    pub aware_at: Option<Timestamp>,
    pub facts: Text,
    pub effects: Text,
    pub remedial_action: Text,
    /// Whose data, and how many.
    pub data_subjects: Text,
    /// The notices under the GDPR that were submitted; empty where none was.
    pub notified: Vec<Notified>,
    /// Why the authority was not notified (Art. 33(1): unlikely to result in a risk).
    pub not_notified_reason: Option<String>,
    /// What the register must say and does not.
    pub missing: Vec<&'static str>,
    /// Who wrote into it last, when, and which version it is; 0 where nobody has.
    pub recorded_by: Option<String>,
    pub recorded_at: Option<Timestamp>,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreachStatus {
    /// Awareness of a personal data breach was declared, or one was reported.
    Breach,
    /// The GDPR may apply, and nobody has decided yet.
    UnderAssessment,
    /// It was decided, and no breach was declared.
    NoBreach,
}

/// A text and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    pub text: Option<String>,
    /// `register` (written there), `report` (of a report's form), or nothing.
    pub from: Option<&'static str>,
}

/// A notice that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notified {
    pub regime: String,
    /// `authority`, `subjects`, `controller`.
    pub stage: String,
    pub party: String,
    pub at: Timestamp,
    pub reference: Option<String>,
}

/// What a person writes into the register: members that are absent stay as they are, and what is
/// blank is taken away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    #[serde(default)]
    pub facts: Option<String>,
    #[serde(default)]
    pub effects: Option<String>,
    #[serde(default)]
    pub remedial_action: Option<String>,
    #[serde(default)]
    pub not_notified_reason: Option<String>,
    /// The version that it was written beside.
    pub version: i64,
}

/// Which breaches a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterFilter {
    /// What was found to be no breach, too.
    pub all: bool,
    /// Only these streams; `None` is all, an empty list is none.
    pub streams: Option<Vec<String>>,
}

const COLUMNS: [&str; 16] = [
    "number",
    "id",
    "title",
    "status",
    "state",
    "party",
    "stream",
    "occurred_at",
    "detected_at",
    "aware_at",
    "facts",
    "data_subjects",
    "effects",
    "remedial_action",
    "notified",
    "not_notified_reason",
];

/// Breaches as JSON (as their reader may see them) as CSV.
pub fn sheet(breaches: &[Value]) -> String {
    let mut lines = record(COLUMNS.iter().map(|name| (*name).to_owned()));
    for breach in breaches {
        let cells = COLUMNS.map(|column| match &breach[column] {
            Value::Null => String::new(),
            Value::String(words) => text(words),
            Value::Object(of) => text(of.get("text").and_then(Value::as_str).unwrap_or_default()),
            Value::Array(notices) => {
                let words = notices.iter().map(notice).collect::<Vec<_>>();
                text(&words.join("; "))
            }
            other => other.to_string(),
        });
        lines.push_str(&record(cells.into_iter()));
    }
    lines
}

/// `gdpr authority 2026-11-24T10:00:00Z IMY-2026-1`
fn notice(notice: &Value) -> String {
    let words = ["regime", "stage", "at", "reference"];
    let words = words.iter().filter_map(|name| notice[*name].as_str());
    words.collect::<Vec<_>>().join(" ")
}
