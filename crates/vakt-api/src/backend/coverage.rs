//! Which kinds of logs each asset gives, why some are missing, and who reviewed it.

use serde_json::{Map, Value};

use super::{IncidentFailure, ItemPage, Sight};
use crate::access::Principal;

pub trait CoverageBackend: Send + Sync {
    /// The matrix, of one asset where it is named.
    fn coverage(&self, asset: Option<&str>, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// The same as CSV.
    fn coverage_csv(&self, matrix: &Value) -> String;
    fn reasons(
        &self,
        limit: usize,
        cursor: Option<String>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure>;
    fn add_reason(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn end_reason(&self, id: &str, reason: &str, by: &Principal) -> Result<Value, IncidentFailure>;
    fn sign(&self, body: Map<String, Value>, by: &Principal) -> Result<Value, IncidentFailure>;
}
