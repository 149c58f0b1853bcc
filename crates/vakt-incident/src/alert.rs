//! Alerts as the API shows them.

use serde::Serialize;
use serde_json::{Map, Value};
use vakt_event::{Level, Timestamp};

/// Matches of one rule for one entity, close together in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    pub id: String,
    #[serde(rename = "rule.id")]
    pub rule_id: String,
    #[serde(rename = "rule.name")]
    pub rule_name: String,
    pub level: Level,
    pub tags: Vec<String>,
    pub state: AlertState,
    /// The entity's values, for people.
    pub entity: String,
    /// The entity as fields.
    pub entity_fields: Map<String, Value>,
    /// Matches of the rule.
    pub count: u64,
    /// Events that took part in them; one event in two matches counts twice.
    #[serde(rename = "event.count")]
    pub event_count: u64,
    /// The newest events that took part, by their id (the journal position), bounded.
    #[serde(rename = "event.ids")]
    pub event_ids: Vec<String>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub detected_at: Timestamp,
    pub stream: String,
    pub drill: bool,
    /// The incident that it belongs to.
    pub incident: Option<String>,
    /// The id of the suppression that hides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<String>,
    /// The id of the window of maintenance that it fell into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    Open,
    Closed,
    /// Somebody decided not to see it: it opens no draft and is told to nobody.
    Suppressed,
}

impl AlertState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Suppressed => "suppressed",
        }
    }
}

/// Which alerts a list holds; an empty filter is all of them.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    pub state: Option<AlertState>,
    pub level_at_least: Option<Level>,
    pub drill: Option<bool>,
    /// Only these streams; `None` is all, an empty list is none.
    pub streams: Option<Vec<String>>,
    pub rule_id: Option<String>,
    pub incident: Option<String>,
    /// Only those that this suppression hides.
    pub suppression: Option<String>,
}

/// Which part of a list is asked for, newest first.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// Items on the page; 0 is [`crate::PAGE_ITEMS_DEFAULT`], the most is [`crate::PAGE_ITEMS_MAX`].
    pub limit: usize,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}
