//! Whether incidents are significant: what people answer, the services that they concern, and what
//! recurs.

use serde_json::{Map, Value};

use super::{IncidentFailure, ItemPage, Sight};
use crate::access::Principal;

pub trait SignificanceBackend: Send + Sync {
    /// `{revision, outcome, criteria: [{criterion, citation, en, sv, outcome, from, compared, missing}],
    /// questions: [{input, type, en, sv, service, needed, answer, written}], services, root_cause, met,
    /// …}`. `party` is the incident's where it is `None`.
    fn significance(
        &self,
        id: &str,
        party: Option<&str>,
        sight: &Sight,
    ) -> Result<Value, IncidentFailure>;
    /// Records answers: all of them, or none. Answers as [`Self::significance`].
    fn answer(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// The services of the configuration, with their outages of the last weeks.
    fn services(&self, sight: &Sight) -> Result<Vec<Value>, IncidentFailure>;
    /// `{causes, without_cause, quarter, review_by, reviewed}`.
    fn recurring(&self, sight: &Sight) -> Result<Value, IncidentFailure>;
    fn quarter_reviews(
        &self,
        limit: usize,
        cursor: Option<&str>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure>;
    /// Signs the look for recurring incidents of a quarter. Who sees some streams only cannot.
    fn review_quarter(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
}
