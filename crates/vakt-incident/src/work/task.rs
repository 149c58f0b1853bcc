//! Tasks: what is to be done about an incident, by whom, until when.

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use super::{TEXT_BYTES_MAX, WorkError, bounded, required};
use crate::fact::parse_instant;

/// Bytes of a title: a line.
const TITLE_BYTES_MAX: usize = 500;

/// Bytes of the name of an owner; a user's has 64.
const OWNER_BYTES_MAX: usize = 200;

/// Tasks of one incident: what a team can keep track of.
pub(crate) const INCIDENT_TASKS_MAX: u64 = 200;

super::words! {
    /// Which part of the response a task belongs to.
    TaskPhase ("phase") {
        Analysis = "analysis", "Finding out what happened.";
        Containment = "containment", "Keeping it from spreading.";
        Eradication = "eradication", "Removing what caused it.";
        Recovery = "recovery", "Making what it affected work again.";
        Communication = "communication", "Telling those who must know.";
        Improvement = "improvement", "What the review asks for, so that it does not happen again.";
    }
}

super::words! {
    /// Where a task stands.
    TaskState ("state") {
        Open = "open", "It is to be done.";
        Done = "done", "It is done.";
        Dropped = "dropped", "It is not done, for the reason given.";
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    pub id: String,
    /// The id of the incident that it was recorded with.
    pub incident: String,
    pub title: String,
    /// A user's name.
    pub owner: Option<String>,
    pub due: Option<Timestamp>,
    pub phase: TaskPhase,
    pub state: TaskState,
    /// Why it was dropped, or what else was said at the last change.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub created_by: String,
    pub changed_at: Timestamp,
    pub changed_by: String,
    /// Goes up with every change. A change that names another one is refused.
    pub version: i64,
    /// For lists over several incidents; no part of what is audited.
    #[serde(flatten)]
    pub of: Option<OfIncident>,
}

/// What a list over several incidents says of the incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfIncident {
    pub incident_number: i64,
    pub incident_title: String,
    pub stream: String,
    pub drill: bool,
}

/// A task as a person hands it in: the body of `POST …/tasks`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    pub title: String,
    #[serde(default)]
    pub owner: Option<String>,
    /// RFC 3339 with an offset.
    #[serde(default)]
    pub due: Option<String>,
    #[serde(default)]
    pub phase: Option<String>,
}

/// A change of a task: the body of `PUT /api/v1/tasks/{id}`. What is absent stays; an empty text takes
/// the owner or the due time away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskChange {
    /// The version that it was written beside.
    pub version: i64,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub due: Option<String>,
    #[serde(default)]
    pub phase: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
}

/// Which tasks a list holds; an empty filter is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    pub owner: Option<String>,
    pub state: Option<TaskState>,
    /// Only of incidents of these streams; `None` is all, an empty list is none.
    pub streams: Option<Vec<String>>,
}

/// What a task says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedTask {
    pub(crate) title: String,
    pub(crate) owner: Option<String>,
    pub(crate) due: Option<Timestamp>,
    pub(crate) phase: TaskPhase,
    pub(crate) state: TaskState,
    pub(crate) reason: Option<String>,
}

impl CheckedTask {
    pub(crate) fn of(new: &NewTask) -> crate::Result<Self> {
        Ok(Self {
            title: required("title", &new.title, TITLE_BYTES_MAX)?,
            owner: owner(new.owner.as_deref())?,
            due: due(new.due.as_deref())?,
            phase: match new.phase.as_deref() {
                None | Some("") => TaskPhase::Analysis,
                Some(word) => word.parse()?,
            },
            state: TaskState::Open,
            reason: None,
        })
    }

    /// The task as `change` leaves it.
    ///
    /// # Errors
    /// A version that is not the present one; a task that is dropped without a reason.
    pub(crate) fn changed(task: &Task, change: &TaskChange) -> crate::Result<Self> {
        if change.version != task.version {
            Err(WorkError::Changed {
                by: task.changed_by.clone(),
                expected: change.version,
                found: task.version,
            })?;
        }
        let reason = match &change.reason {
            None => None,
            Some(text) => Some(bounded("reason", text, TEXT_BYTES_MAX)?),
        };
        let reason = reason.filter(|text| !text.is_empty());
        let state = match &change.state {
            None => task.state,
            Some(word) => word.parse()?,
        };
        let is_new_state = state != task.state;
        if is_new_state && state == TaskState::Dropped && reason.is_none() {
            Err(WorkError::NoReason)?;
        }
        Ok(Self {
            title: match &change.title {
                None => task.title.clone(),
                Some(title) => required("title", title, TITLE_BYTES_MAX)?,
            },
            owner: match &change.owner {
                None => task.owner.clone(),
                given => owner(given.as_deref())?,
            },
            due: match &change.due {
                None => task.due,
                given => due(given.as_deref())?,
            },
            phase: match &change.phase {
                None => task.phase,
                Some(word) => word.parse()?,
            },
            state,
            // The reason belongs to the state that it was given for.
            reason: match is_new_state {
                true => reason,
                false => reason.or_else(|| task.reason.clone()),
            },
        })
    }
}

fn owner(name: Option<&str>) -> Result<Option<String>, WorkError> {
    let name = bounded("owner", name.unwrap_or_default(), OWNER_BYTES_MAX)?;
    Ok((!name.is_empty()).then_some(name))
}

fn due(text: Option<&str>) -> crate::Result<Option<Timestamp>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    Ok(text.map(parse_instant).transpose()?)
}
