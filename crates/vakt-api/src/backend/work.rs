//! What people do about an incident: tasks, notes, attachments, the review.

use serde_json::{Map, Value};

use super::{IncidentFailure, ItemPage, SentFile, Sight};
use crate::access::Principal;

/// A page of tasks of all incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TasksRequest {
    /// Most items; at least 1.
    pub limit: usize,
    /// `next` of the answer before.
    pub cursor: Option<String>,
    /// Only of this user.
    pub owner: Option<String>,
    /// `open`, `done` or `dropped`.
    pub state: Option<String>,
    pub sight: Sight,
}

/// An attachment with its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachedFile {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Hexadecimal.
    pub sha256: String,
}

pub trait WorkBackend: Send + Sync {
    /// Newest first.
    fn tasks(&self, request: &TasksRequest) -> Result<ItemPage, IncidentFailure>;
    /// `{tasks, notes, attachments, review, reports}` of an incident.
    fn work(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// What an authority asks about the response, as far as the record answers it.
    fn response(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    fn add_task(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Answers the task.
    fn change_task(
        &self,
        task: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn add_note(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Stores a file, durably, and then attaches it.
    fn attach(&self, id: &str, file: SentFile, by: &Principal) -> Result<Value, IncidentFailure>;
    /// The bytes of an attachment, which are what their hash says.
    fn attachment(
        &self,
        id: &str,
        hash: &str,
        sight: &Sight,
    ) -> Result<AttachedFile, IncidentFailure>;
    fn review(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    fn write_review(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Signs the review as it stands at `version`. Answers the incident with `warnings`.
    fn sign_review(&self, id: &str, version: i64, by: &Principal)
    -> Result<Value, IncidentFailure>;
    /// The incidents of a year that no signed review tells of; `None` is this year.
    fn missing_reviews(
        &self,
        year: Option<i16>,
        request: &TasksRequest,
    ) -> Result<(i16, ItemPage), IncidentFailure>;
}
