//! What people decide about alerts before they become incidents: suppressions, windows of
//! maintenance, and who is at risk.

use serde_json::{Map, Value};

use super::{IncidentFailure, ItemPage, Sight};
use crate::access::Principal;

/// A page of suppressions or windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriageRequest {
    /// Most items; at least 1.
    pub limit: usize,
    /// `next` of the answer before.
    pub cursor: Option<String>,
    /// Only those in force or still to come.
    pub active: bool,
    pub sight: Sight,
}

pub trait TriageBackend: Send + Sync {
    fn suppressions(&self, request: &TriageRequest) -> Result<ItemPage, IncidentFailure>;
    /// One with the alerts that it hid.
    fn suppression(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// What a suppression would have hidden of what is stored.
    fn preview_suppression(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn add_suppression(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn end_suppression(
        &self,
        id: &str,
        reason: &str,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn windows(&self, request: &TriageRequest) -> Result<ItemPage, IncidentFailure>;
    fn add_window(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn end_window(&self, id: &str, reason: &str, by: &Principal) -> Result<Value, IncidentFailure>;
    /// Who has the highest risk now, the highest first.
    fn risk(&self, limit: usize, sight: &Sight) -> Result<Vec<Value>, IncidentFailure>;
}
