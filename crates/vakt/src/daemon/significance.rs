//! Significance, services and what recurs, as the API asks for them.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_api::Principal;
use vakt_api::backend::{IncidentFailure, ItemPage, Sight, SignificanceBackend};
use vakt_incident::recurring::QuarterReview;
use vakt_incident::{PageRequest, Records};

use super::incidents::{as_json, failure, from_body};
use super::titles::Titles;
use super::work::{hide, list};
use crate::redact::Redactor;

pub(super) struct Significance {
    pub(super) records: Arc<Records>,
    pub(super) redactor: Option<Arc<Redactor>>,
}

impl Significance {
    fn titles(&self, sight: &Sight) -> Option<Titles<'_>> {
        Titles::of(&self.records, self.redactor.as_deref(), sight)
    }

    /// The assessment of one incident, without what may name somebody who is redacted.
    fn shown(&self, mut found: Json, sight: &Sight) -> Result<Json, IncidentFailure> {
        if let Some(mut titles) = self.titles(sight) {
            titles.redact([&mut found], ("incident", "title"))?;
            hide(&mut found["root_cause"], "value");
        }
        Ok(found)
    }

    /// The same of a review of a quarter. The hash would tell a guess of what is hidden.
    fn shown_review(&self, review: &QuarterReview, sight: &Sight) -> Result<Json, IncidentFailure> {
        let mut review = as_json(review)?;
        if let Some(mut titles) = self.titles(sight) {
            redact_recurring(&mut review["looked_at"], &mut titles)?;
            hide(&mut review, "note");
            hide(&mut review, "hash");
        }
        Ok(review)
    }

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
        self.shown(as_json(&found.map_err(|error| failure(&error))?)?, sight)
    }

    fn answer(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let sight = by.sight();
        self.expect_in_sight(id, &sight)?;
        let found = self.records.answer(id, &from_body(body)?, &by.name);
        self.shown(as_json(&found.map_err(|error| failure(&error))?)?, &sight)
    }

    fn services(&self, sight: &Sight) -> Result<Vec<Json>, IncidentFailure> {
        let found = self.records.services(sight.streams.as_deref());
        let found = found.map_err(|error| failure(&error))?;
        found.iter().map(as_json).collect()
    }

    fn recurring(&self, sight: &Sight) -> Result<Json, IncidentFailure> {
        let found = self.records.recurring(sight.streams.as_deref());
        let mut found = as_json(&found.map_err(|error| failure(&error))?)?;
        if let Some(mut titles) = self.titles(sight) {
            redact_recurring(&mut found, &mut titles)?;
        }
        Ok(found)
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
        let items = page.items.iter();
        let items = items.map(|review| self.shown_review(review, sight));
        Ok(ItemPage {
            items: items.collect::<Result<_, _>>()?,
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
        let review = review.map_err(|error| failure(&error))?;
        self.shown_review(&review, &by.sight())
    }
}

/// What recurs, and what a review of it looked at: titles of incidents, and root causes, which people
/// wrote.
fn redact_recurring(found: &mut Json, titles: &mut Titles<'_>) -> Result<(), IncidentFailure> {
    for cause in list(found, "causes") {
        hide(cause, "root_cause");
        redact_members(cause, "members", titles)?;
    }
    for name in ["without_cause", "alone"] {
        redact_members(found, name, titles)?;
    }
    Ok(())
}

fn redact_members(
    of: &mut Json,
    name: &str,
    titles: &mut Titles<'_>,
) -> Result<(), IncidentFailure> {
    titles.redact(list(of, name), ("id", "title"))?;
    list(of, name).for_each(|member| hide(member, "root_cause"));
    Ok(())
}
