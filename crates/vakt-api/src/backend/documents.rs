//! Reports and notices as documents: what they say now, kept versions, and what was sent.

use serde_json::{Map, Value};

use super::{IncidentFailure, ReportRequest, Sight};
use crate::access::Principal;

/// Bytes to be shown or kept by a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The name of the file.
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
    /// The hash of the style that HTML of ours carries, as a content security policy names it.
    pub style: Option<String>,
}

pub trait DocumentsBackend: Send + Sync {
    /// What there is of an incident: `{documents: [{id, regime, stage, party, version, files, approval,
    /// submissions, …}], next, forms, files, marks, withheld, included}`, versions newest first.
    fn documents(
        &self,
        id: &str,
        limit: usize,
        cursor: Option<&str>,
        sight: &Sight,
    ) -> Result<Value, IncidentFailure>;
    /// A document as it would be made now, in `json`, `md` or `html`, of the incident as its reader sees
    /// it; `language` is `sv`, `en`, or the authority's.
    fn preview(
        &self,
        id: &str,
        report: &ReportRequest,
        language: Option<&str>,
        format: &str,
        sight: &Sight,
    ) -> Result<Rendered, IncidentFailure>;
    /// Keeps a version, as `body` (`stage`, `regime`, `party`, `language`, `changed`, `expected`) says.
    fn keep(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Approves a version; `body` has `reason`.
    fn approve(
        &self,
        id: &str,
        document: i64,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Records that a version was sent, as `body` (`format` or `file`, `at`, `reference`, `reason`,
    /// `receipt`, `fact`) says. Answers `{document, fact, warnings}`.
    fn submit(
        &self,
        id: &str,
        document: i64,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Keeps a file that was really sent, or a receipt.
    fn keep_file(
        &self,
        id: &str,
        role: &str,
        name: &str,
        bytes: &[u8],
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn file(&self, id: &str, file: i64, sight: &Sight) -> Result<Rendered, IncidentFailure>;
    /// A kept version in one of its formats.
    fn document_file(
        &self,
        id: &str,
        document: i64,
        format: &str,
        sight: &Sight,
    ) -> Result<Rendered, IncidentFailure>;
    /// Records a marking (`name`, `value`, `version`). Answers all of them.
    fn mark(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Puts an observable that may name a person among the indicators, or takes it out (`field`,
    /// `value`, `included`). Answers those that are in.
    fn include(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// The incident as a bundle of STIX 2.1.
    fn stix(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// Everything that is needed to report without the portal, as a ZIP file.
    fn package(&self, id: &str, sight: &Sight) -> Result<Rendered, IncidentFailure>;
}
