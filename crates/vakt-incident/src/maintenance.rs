//! Windows of maintenance: planned work, recorded before it begins.
//!
//! A match of a window is marked and opens no draft. A window that is recorded after its start is
//! kept for the record and covers nothing: it would be written to explain away what was seen.
//! Which matches fall into a window is judged by when the completing event was received: a fact, so
//! that no sender can put itself into one, and that is the same when the journal is evaluated again.

use serde::{Deserialize, Serialize};
use vakt_event::{Level, Timestamp};

use crate::suppression::Scope;

/// The longest window, in days. What is longer is no maintenance.
pub const WINDOW_DAYS_MAX: i64 = 31;

/// Windows that have not passed, at one time.
pub const WINDOWS_MAX: usize = 500;

/// From this level on a match in a window opens drafts and is told as ever: planned work explains
/// much, and never that.
pub const MAINTENANCE_LEVEL: Level = Level::Critical;

/// Planned work: the body of `POST /api/v1/maintenance`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWindow {
    /// Names of hosts and addresses, with `*`, or names of assets; none is all of them.
    #[serde(default)]
    pub hosts: Vec<String>,
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub streams: Vec<String>,
    /// RFC 3339 with an offset.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub until: Option<String>,
    #[serde(default)]
    pub reason: String,
}

/// A window as it is recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Window {
    pub id: String,
    #[serde(flatten)]
    pub scope: WindowScope,
    pub state: WindowState,
    pub from: Timestamp,
    pub until: Timestamp,
    pub reason: String,
    /// The principal.
    pub author: String,
    pub created_at: Timestamp,
    /// It was recorded after its start, and covers nothing.
    pub late: bool,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
    pub end_reason: Option<String>,
    /// Matches that fell into it.
    pub covered: u64,
}

/// Which matches a window is about. Everything that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowScope {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    #[serde(flatten)]
    pub matches: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowState {
    Planned,
    Running,
    Passed,
    /// A person ended it.
    Ended,
    /// It was recorded after its start.
    Late,
}

impl Window {
    pub(crate) fn state_at(
        now: Timestamp,
        from: Timestamp,
        until: Timestamp,
        late: bool,
        ended_at: Option<Timestamp>,
    ) -> WindowState {
        if late {
            WindowState::Late
        } else if ended_at.is_some() {
            WindowState::Ended
        } else if now < from {
            WindowState::Planned
        } else if now < until {
            WindowState::Running
        } else {
            WindowState::Passed
        }
    }

    /// Until when it covers anything.
    pub(crate) fn covers_until(&self) -> Timestamp {
        self.ended_at.map_or(self.until, |at| at.min(self.until))
    }
}
