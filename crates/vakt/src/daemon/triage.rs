//! Suppressions, windows of maintenance and risk, as the API asks for them.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_api::Principal;
use vakt_api::backend::{IncidentFailure, ItemPage, Sight, TriageBackend, TriageRequest};
use vakt_event::JournalPosition;
use vakt_incident::{Evidence, PageRequest, Records, ScopeFilter};
use vakt_storage::Journal;

use super::incidents::{as_json, failure, from_body};
use crate::pipeline::decode_frame;
use crate::pipeline::detect::stored_evidence;
use crate::redact::Redactor;

pub(super) struct Triage {
    pub(super) records: Arc<Records>,
    pub(super) journal: Arc<Journal>,
    pub(super) redactor: Option<Arc<Redactor>>,
}

impl Triage {
    /// What of a record names people or machines, for who may not read it as it was sent.
    fn shown(&self, mut item: Json, sight: &Sight) -> Json {
        // A test without streams looked at all of them.
        if sight.streams.is_some()
            && let Some(tested) = item.get_mut("tested").filter(|it| !it.is_null())
        {
            *tested = "(not shown: it may be of other streams)".into();
        }
        let Some(redactor) = self.redactor.as_ref().filter(|_| !sight.reads_raw) else {
            return item;
        };
        for name in ["match", "hosts", "reason", "end_reason"] {
            if let Some(value) = item.get_mut(name).filter(|value| !value.is_null()) {
                *value = "(not shown: it may hold what is redacted)".into();
            }
        }
        if let Some(alerts) = item.get_mut("alerts").and_then(Json::as_array_mut) {
            alerts
                .iter_mut()
                .for_each(|alert| redactor.redact_entity(alert));
        }
        redactor.redact_entity(&mut item);
        item
    }

    fn page<T: serde::Serialize>(
        &self,
        page: &vakt_incident::Page<T>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure> {
        let items = page.items.iter();
        let items = items.map(|item| Ok(self.shown(as_json(item)?, sight)));
        Ok(ItemPage {
            items: items.collect::<Result<_, IncidentFailure>>()?,
            next: page.next.clone(),
        })
    }

    fn stored(&self, position: JournalPosition) -> Option<Evidence> {
        stored_evidence(&self.journal, decode_frame, position)
    }

    /// Whoever sees some streams only changes what concerns these alone.
    fn check_scope(&self, streams: Option<&Json>, by: &Principal) -> Result<(), IncidentFailure> {
        let Some(own) = &by.streams else {
            return Ok(());
        };
        let named = streams.and_then(Json::as_array).map(Vec::as_slice);
        let named = named.unwrap_or_default();
        let is_own = |stream: &Json| own.iter().any(|own| stream == own.as_str());
        if !named.is_empty() && named.iter().all(is_own) {
            return Ok(());
        }
        Err(IncidentFailure::Invalid {
            message: format!("it concerns streams that {} does not see", by.name),
            help: format!("the streams are {}", own.join(", ")),
        })
    }

    /// The body for whoever sees some streams only: of these, where it names none.
    fn in_streams(
        &self,
        mut body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Map<String, Json>, IncidentFailure> {
        let names_none = match body.get("streams") {
            None | Some(Json::Null) => true,
            Some(streams) => streams.as_array().is_some_and(Vec::is_empty),
        };
        if let Some(own) = by.streams.as_ref().filter(|_| names_none) {
            body.insert("streams".to_owned(), own.clone().into());
        }
        self.check_scope(body.get("streams"), by)?;
        Ok(body)
    }
}

impl TriageBackend for Triage {
    fn suppressions(&self, request: &TriageRequest) -> Result<ItemPage, IncidentFailure> {
        let (filter, page) = asked(request);
        let found = self.records.suppressions(&filter, &page);
        self.page(&found.map_err(|error| failure(&error))?, &request.sight)
    }

    fn suppression(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        let found = self.records.suppression(id, sight.streams.as_deref());
        let found = found.map_err(|error| failure(&error))?;
        Ok(self.shown(as_json(&found)?, sight))
    }

    fn preview_suppression(
        &self,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body = from_body(self.in_streams(body, by)?)?;
        let stored = |position| self.stored(position);
        let found = self.records.test_suppression(body, &stored);
        as_json(&found.map_err(|error| failure(&error))?)
    }

    fn add_suppression(
        &self,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body = from_body(self.in_streams(body, by)?)?;
        let end = || self.journal.durable_end();
        let added = self.records.add_suppression(body, &by.name, &end);
        as_json(&added.map_err(|error| failure(&error))?)
    }

    fn end_suppression(
        &self,
        id: &str,
        reason: &str,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let found = self.suppression(id, &by.sight())?;
        self.check_scope(found.get("streams"), by)?;
        let end = || self.journal.durable_end();
        let ended = self.records.end_suppression(id, reason, &by.name, &end);
        as_json(&ended.map_err(|error| failure(&error))?)
    }

    fn windows(&self, request: &TriageRequest) -> Result<ItemPage, IncidentFailure> {
        let (filter, page) = asked(request);
        let found = self.records.windows(&filter, &page);
        self.page(&found.map_err(|error| failure(&error))?, &request.sight)
    }

    fn add_window(&self, body: Map<String, Json>, by: &Principal) -> Result<Json, IncidentFailure> {
        let body = from_body(self.in_streams(body, by)?)?;
        let added = self.records.add_window(body, &by.name);
        as_json(&added.map_err(|error| failure(&error))?)
    }

    fn end_window(&self, id: &str, reason: &str, by: &Principal) -> Result<Json, IncidentFailure> {
        let found = self.records.window(id).map_err(|error| failure(&error))?;
        let found = as_json(&found)?;
        self.check_scope(found.get("streams"), by)?;
        let ended = self.records.end_window(id, reason, &by.name);
        as_json(&ended.map_err(|error| failure(&error))?)
    }

    fn risk(&self, limit: usize, sight: &Sight) -> Result<Vec<Json>, IncidentFailure> {
        let found = self.records.risk(limit, sight.streams.as_deref());
        let found = found.map_err(|error| failure(&error))?;
        let shown = found.iter().map(|entity| {
            let mut item = as_json(entity)?;
            if let Some(redactor) = self.redactor.as_ref().filter(|_| !sight.reads_raw) {
                redactor.redact_entity(&mut item);
            }
            Ok(item)
        });
        shown.collect()
    }
}

fn asked(request: &TriageRequest) -> (ScopeFilter, PageRequest) {
    let filter = ScopeFilter {
        active: request.active,
        streams: request.sight.streams.clone(),
    };
    let page = PageRequest {
        limit: request.limit,
        cursor: request.cursor.clone(),
    };
    (filter, page)
}
