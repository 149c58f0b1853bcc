//! Reports of staff, suppliers and customers.

use serde_json::Value;

use super::{IncidentFailure, ItemPage, TasksRequest};

/// A file that somebody sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentFile {
    pub name: String,
    pub media_type: Option<String>,
    pub bytes: Vec<u8>,
}

/// Who reports; the names are those of the token or user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportFrom {
    Own { sender: String },
    Supplier { name: String, sender: String },
    Customer { name: String, sender: String },
    Anonymous,
}

/// What somebody reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewReport {
    /// When it happened, in the reporter's words.
    pub time: String,
    pub description: String,
    pub contact: Option<String>,
    pub files: Vec<SentFile>,
}

pub trait ReportsBackend: Send + Sync {
    /// Whether the configuration takes reports of people who say nothing of who they are.
    fn takes_anonymous(&self) -> bool;
    /// The organisation's name, for the page.
    fn organisation(&self) -> Option<String>;
    /// Keeps a report and starts the assessment. Answers `{receipt, received_at}`.
    fn take(&self, new: NewReport, from: &ReportFrom) -> Result<Value, IncidentFailure>;
    /// All reports, newest first; of the request the page and the sight count.
    fn reports(&self, request: &TasksRequest) -> Result<ItemPage, IncidentFailure>;
}
