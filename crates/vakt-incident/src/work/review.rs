//! The review after an incident: the gate to closing it (Annex 3.6).
//!
//! People write it until it is complete, and a person signs it. What is signed is the text, so that only
//! a complete one can be; signing is recorded as the fact `reviewed`, which holds all of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::{TEXT_BYTES_MAX, Task, TaskPhase, TaskState, WorkError, bounded};
use crate::lifecycle::IncidentState;

super::words! {
    /// What kind of cause the root cause is (ENISA's usual list).
    CauseFamily ("root_cause_family") {
        SystemFailure = "system_failure", "Hardware, software or a configuration failed.";
        HumanError = "human_error", "Somebody made a mistake.";
        NaturalPhenomena = "natural_phenomena", "Weather, fire, water.";
        MaliciousAction = "malicious_action", "Somebody meant it.";
        ThirdParty = "third_party", "It came from a supplier or another third party.";
    }
}

/// A review as it stands, and what it still lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Review {
    pub root_cause_family: Option<CauseFamily>,
    pub root_cause: String,
    /// What was affected, and how badly.
    pub scope: String,
    pub lessons: String,
    /// Why there is nothing to do, where no task of the phase `improvement` says what.
    pub no_actions: String,
    /// The tasks of the phase `improvement` that were not dropped.
    pub actions: Vec<Task>,
    /// 0 where nobody has written anything.
    pub version: i64,
    pub written_at: Option<Timestamp>,
    pub written_by: Option<String>,
    /// What must be there before it can be signed, in sentences.
    pub missing: Vec<String>,
    /// The last signature that stands.
    pub signed: Option<Signed>,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// The fact `reviewed`.
    pub fact: i64,
    pub at: Timestamp,
    pub by: String,
    /// What was signed.
    pub text: Map<String, Value>,
}

/// What a person writes into a review: the body of `PUT …/review`. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// The version that it was written beside, 0 for none.
    pub version: i64,
    #[serde(default)]
    pub root_cause_family: Option<String>,
    #[serde(default)]
    pub root_cause: Option<String>,
    #[serde(default)]
    pub scope: Option<String>,
    #[serde(default)]
    pub lessons: Option<String>,
    #[serde(default)]
    pub no_actions: Option<String>,
}

/// An incident that no signed review tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingReview {
    pub id: String,
    pub number: i64,
    pub title: String,
    pub state: IncidentState,
    pub stream: String,
    pub detected_at: Timestamp,
    pub handled_at: Option<Timestamp>,
    /// Awareness was declared: its review is owed. Of others the Annex asks where it is appropriate.
    pub significant: bool,
    /// Somebody recorded it as closed all the same.
    pub closed_at: Option<Timestamp>,
    /// A review was begun.
    pub begun: bool,
}

impl Review {
    /// The review as `new` leaves it.
    pub(crate) fn written(mut self, new: &NewReview) -> crate::Result<Self> {
        if new.version != self.version {
            Err(WorkError::Changed {
                by: self.written_by.clone().unwrap_or_default(),
                expected: new.version,
                found: self.version,
            })?;
        }
        match new.root_cause_family.as_deref() {
            None => {}
            Some("") => self.root_cause_family = None,
            Some(word) => self.root_cause_family = Some(word.parse()?),
        }
        for (name, text, given) in [
            ("root_cause", &mut self.root_cause, &new.root_cause),
            ("scope", &mut self.scope, &new.scope),
            ("lessons", &mut self.lessons, &new.lessons),
            ("no_actions", &mut self.no_actions, &new.no_actions),
        ] {
            if let Some(given) = given {
                *text = bounded(name, given, TEXT_BYTES_MAX)?;
            }
        }
        Ok(self)
    }

    /// Takes the actions from the incident's tasks, and says what is missing.
    pub(crate) fn with_actions(mut self, tasks: &[Task]) -> Self {
        let actions = tasks.iter().filter(|task| {
            task.phase == TaskPhase::Improvement && task.state != TaskState::Dropped
        });
        self.actions = actions.cloned().collect();
        self.missing = self.lacks();
        self
    }

    fn lacks(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut need = |is_there: bool, what: &str| {
            if !is_there {
                missing.push(what.to_owned());
            }
        };
        need(
            self.root_cause_family.is_some(),
            "the family of the root cause (`root_cause_family`) is not chosen",
        );
        need(
            !self.root_cause.is_empty(),
            "the root cause (`root_cause`) is empty",
        );
        need(
            !self.scope.is_empty(),
            "scope and impact (`scope`) are empty",
        );
        need(
            !self.lessons.is_empty(),
            "the lessons (`lessons`) are empty",
        );
        need(
            !self.actions.is_empty() || !self.no_actions.is_empty(),
            "there is no task of the phase `improvement`, and `no_actions` does not say why",
        );
        for action in self.actions.iter().filter(|task| task.owner.is_none()) {
            missing.push(format!("the action \"{}\" has no owner", action.title));
        }
        missing
    }

    /// What is signed: the fields of the fact.
    pub(crate) fn text(&self) -> Map<String, Value> {
        let action = |task: &Task| json!({ "id": task.id, "title": task.title, "owner": task.owner, "due": task.due });
        let actions: Vec<Value> = self.actions.iter().map(action).collect();
        let mut text = Map::new();
        text.insert("root_cause_family".into(), json!(self.root_cause_family));
        text.insert("root_cause".into(), self.root_cause.clone().into());
        text.insert("scope".into(), self.scope.clone().into());
        text.insert("lessons".into(), self.lessons.clone().into());
        if actions.is_empty() {
            text.insert("no_actions".into(), self.no_actions.clone().into());
        }
        text.insert("actions".into(), actions.into());
        text.insert("version".into(), self.version.into());
        text
    }
}
