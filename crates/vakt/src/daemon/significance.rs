//! Significance, services and what recurs, as the API asks for them.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_api::Principal;
use vakt_api::backend::{IncidentFailure, ItemPage, Sight, SignificanceBackend};
use vakt_incident::{PageRequest, Records};

use super::incidents::{as_json, failure, from_body};

pub(super) struct Significance {
    pub(super) records: Arc<Records>,
}

impl Significance {
    /// What a person may not see, the person may not change either.
    fn expect_in_sight(&self, id: &str, sight: &Sight) -> Result<(), IncidentFailure> {
        let incident = self.records.incident_summary(id);
        let stream = incident.map_err(|error| failure(&error))?.stream;
        let streams = sight.streams.as_deref();
        match streams.is_some_and(|streams| !streams.contains(&stream)) {
            true => Err(IncidentFailure::NotFound),
            false => Ok(()),
        }
    }
}

impl SignificanceBackend for Significance {
    fn significance(
        &self,
        id: &str,
        party: Option<&str>,
        sight: &Sight,
    ) -> Result<Json, IncidentFailure> {
        self.expect_in_sight(id, sight)?;
        let found = self.records.significance(id, party);
        as_json(&found.map_err(|error| failure(&error))?)
    }

    fn answer(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.expect_in_sight(id, &by.sight())?;
        let found = self.records.answer(id, &from_body(body)?, &by.name);
        as_json(&found.map_err(|error| failure(&error))?)
    }

    fn services(&self, sight: &Sight) -> Result<Vec<Json>, IncidentFailure> {
        let found = self.records.services(sight.streams.as_deref());
        let found = found.map_err(|error| failure(&error))?;
        found.iter().map(as_json).collect()
    }

    fn recurring(&self, sight: &Sight) -> Result<Json, IncidentFailure> {
        let found = self.records.recurring(sight.streams.as_deref());
        as_json(&found.map_err(|error| failure(&error))?)
    }

    fn quarter_reviews(
        &self,
        limit: usize,
        cursor: Option<&str>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure> {
        // A review has what there was in all streams.
        if sight.streams.is_some() {
            return Ok(ItemPage::default());
        }
        let page = self.records.quarter_reviews(&PageRequest {
            limit,
            cursor: cursor.map(str::to_owned),
        });
        let page = page.map_err(|error| failure(&error))?;
        Ok(ItemPage {
            items: page.items.iter().map(as_json).collect::<Result<_, _>>()?,
            next: page.next,
        })
    }

    fn review_quarter(
        &self,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        if let Some(streams) = &by.streams {
            return Err(IncidentFailure::Invalid {
                message: format!(
                    "{} does not see every stream, and cannot sign for all",
                    by.name
                ),
                help: format!("the streams are {}", streams.join(", ")),
            });
        }
        let review = self.records.review_quarter(&from_body(body)?, &by.name);
        as_json(&review.map_err(|error| failure(&error))?)
    }
}
