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
    /// When awareness of the breach was declared first.
    pub aware_at: Option<Timestamp>,
    /// Whose awareness was declared, oldest first: ours, and as a processor that of a customer.
    pub awareness: Vec<Awareness>,
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
    /// The id of the incident that it is part of, whose entry is that of the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_of: Option<String>,
    /// The incidents that are part of it.
    pub parts: Vec<Part>,
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
    /// It was dismissed, or people decided that there was none (`not_significant` with the regime `gdpr`).
    NoBreach,
}

/// Who is aware of a breach, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Awareness {
    pub party: String,
    pub at: Timestamp,
}

/// An incident that is part of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub id: String,
    pub number: i64,
    pub title: String,
}

/// A text and where it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text {
    pub text: Option<String>,
    /// `register` (written there), `part` (written there about a part of it), `report` (of a report's
    /// form), or nothing.
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
    /// What was said when it was recorded: where it was late, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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

const COLUMNS: [&str; 19] = [
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
    "awareness",
    "facts",
    "data_subjects",
    "effects",
    "remedial_action",
    "notified",
    "not_notified_reason",
    "missing",
    "parts",
];

/// Breaches as JSON (as their reader may see them) as CSV.
pub fn sheet(breaches: &[Value]) -> String {
    let mut lines = record(COLUMNS.iter().map(|name| (*name).to_owned()));
    for breach in breaches {
        let cells = COLUMNS.map(|column| match &breach[column] {
            Value::Null => String::new(),
            Value::String(words) => text(words),
            Value::Object(of) => text(of.get("text").and_then(Value::as_str).unwrap_or_default()),
            Value::Array(items) => {
                let words = items.iter().map(|item| words_of(column, item));
                text(&words.collect::<Vec<_>>().join("; "))
            }
            other => other.to_string(),
        });
        lines.push_str(&record(cells.into_iter()));
    }
    lines
}

/// `gdpr authority 2026-11-24T10:00:00Z IMY-2026-1`, `Kund AB 2026-11-24T10:00:00Z`, `effects`, `7 lost laptop`
fn words_of(column: &str, item: &Value) -> String {
    let members: &[&str] = match column {
        "notified" => &["regime", "stage", "party", "at", "reference", "reason"],
        "awareness" => &["party", "at"],
        "parts" => &["number", "title"],
        _ => return item.as_str().unwrap_or_default().to_owned(),
    };
    let is_ours = |name: &str| name == "party" && item[name] == "own" && column == "notified";
    let words = members
        .iter()
        .filter(|name| !is_ours(name))
        .filter_map(|name| match &item[*name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
    words.collect::<Vec<_>>().join(" ")
}
