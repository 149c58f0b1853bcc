//! Figures of a period, and the register of personal data breaches.

use serde_json::{Map, Value};

use super::{IncidentFailure, ItemPage, Sight};
use crate::access::Principal;

/// Which figures are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FiguresRequest {
    /// `2026-Q3`, `2026-11`, `2026-W48`, `2026`, `FROM..UNTIL`; `None` is the last one that is over, of
    /// the kind that the role reads, or a month.
    pub period: Option<String>,
    /// `board`, `ciso`, `it`; `None` is everything.
    pub role: Option<String>,
    /// Only this stream.
    pub stream: Option<String>,
    pub sight: Sight,
}

/// A page of the register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterRequest {
    /// Most items; at least 1.
    pub limit: usize,
    /// `next` of the answer before.
    pub cursor: Option<String>,
    /// What was found to be no breach, too.
    pub all: bool,
    pub sight: Sight,
}

pub trait FiguresBackend: Send + Sync {
    /// `{period, before, real, real_before, drills, coverage}`.
    fn figures(&self, request: &FiguresRequest) -> Result<Value, IncidentFailure>;
    /// The same as CSV.
    fn figures_csv(&self, figures: &Value) -> String;
    fn register(&self, request: &RegisterRequest) -> Result<ItemPage, IncidentFailure>;
    fn register_csv(&self, breaches: &[Value]) -> String;
    /// Answers the entry after it.
    fn write_register(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
}
