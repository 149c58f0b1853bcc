//! Figures and the register of personal data breaches, as the API asks for them.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_api::Principal;
use vakt_api::backend::{
    FiguresBackend, FiguresRequest, IncidentFailure, ItemPage, RegisterRequest, Sight,
};
use vakt_incident::figures::{self, Period, Role, Unit};
use vakt_incident::register::{self, RegisterFilter};
use vakt_incident::{PageRequest, Records};

use super::coverage::matrix;
use super::incidents::{as_json, failure, from_body};
use super::titles::Titles;
use super::work::list;
use crate::pipeline::seen_kinds::SeenKinds;
use crate::redact::Redactor;

pub(super) struct FigureDesk {
    pub(super) records: Arc<Records>,
    pub(super) kinds: Arc<SeenKinds>,
    pub(super) redactor: Option<Arc<Redactor>>,
}

/// What people write into the register, which may hold what is redacted.
const TEXTS: [&str; 4] = ["facts", "effects", "remedial_action", "data_subjects"];

const NOT_SHOWN: &str = "(not shown: it may hold what is redacted)";

impl FigureDesk {
    fn shown(&self, mut breach: Json, sight: &Sight) -> Result<Json, IncidentFailure> {
        let redactor = self.redactor.as_deref().filter(|_| !sight.reads_raw);
        let Some(redactor) = redactor else {
            return Ok(breach);
        };
        redactor.redact_entity(&mut breach);
        if let Some(mut titles) = Titles::of(&self.records, Some(redactor), sight) {
            titles.redact(list(&mut breach, "parts"), ("id", "title"))?;
        }
        for name in TEXTS {
            let text = &mut breach[name]["text"];
            if !text.is_null() {
                *text = NOT_SHOWN.into();
            }
        }
        let reason = &mut breach["not_notified_reason"];
        if !reason.is_null() {
            *reason = NOT_SHOWN.into();
        }
        let notices = breach["notified"].as_array_mut().into_iter().flatten();
        for reason in notices.filter_map(|notice| notice.get_mut("reason")) {
            *reason = NOT_SHOWN.into();
        }
        Ok(breach)
    }
}

impl FiguresBackend for FigureDesk {
    fn figures(&self, request: &FiguresRequest) -> Result<Json, IncidentFailure> {
        let role = request.role.as_deref().map(str::parse::<Role>).transpose();
        let role = role.map_err(|error| invalid(&error))?;
        let (_, zone) = self.records.time_zone();
        let period = match &request.period {
            Some(words) => Period::parse(words, &zone).map_err(|error| invalid(&error))?,
            None => {
                let unit = role.map_or(Unit::Month, Role::unit);
                let now = self.records.now();
                Period::last_complete(unit, now, &zone).ok_or_else(|| {
                    IncidentFailure::Internal("the clock is beyond the calendar".to_owned())
                })?
            }
        };
        let streams = seen_streams(request);
        let before = period.before(&zone);
        let found = self
            .records
            .figures(&period, before.as_ref(), streams.as_deref())
            .map_err(|error| failure(&error))?;
        let mut shown = as_json(&found)?;
        shown["role"] = role.map(Role::as_str).into();
        shown["streams"] = streams.clone().into();
        let sight = Sight {
            streams,
            reads_raw: false,
        };
        shown["coverage"] = as_json(&matrix(&self.records, &self.kinds, &sight)?.summary)?;
        if let Some(role) = role {
            role.keep(&mut shown);
        }
        Ok(shown)
    }

    fn figures_csv(&self, found: &Json) -> String {
        figures::sheet(found)
    }

    fn register(&self, request: &RegisterRequest) -> Result<ItemPage, IncidentFailure> {
        let filter = RegisterFilter {
            all: request.all,
            streams: request.sight.streams.clone(),
        };
        let page = PageRequest {
            limit: request.limit,
            cursor: request.cursor.clone(),
        };
        let found = self.records.register(&filter, &page);
        let found = found.map_err(|error| failure(&error))?;
        let items = found.items.iter();
        let items = items.map(|breach| self.shown(as_json(breach)?, &request.sight));
        Ok(ItemPage {
            items: items.collect::<Result<_, IncidentFailure>>()?,
            next: found.next,
        })
    }

    fn register_csv(&self, breaches: &[Json]) -> String {
        register::sheet(breaches)
    }

    fn write_register(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let new = from_body(body)?;
        // What a person may not see, the person may not change either.
        let known = self.records.breach(id).map_err(|error| failure(&error))?;
        let sight = by.sight();
        if let Some(own) = &sight.streams
            && !own.contains(&known.stream)
        {
            return Err(IncidentFailure::NotFound);
        }
        let written = self.records.write_register(id, &new, &by.name);
        let written = written.map_err(|error| failure(&error))?;
        self.shown(as_json(&written)?, &sight)
    }
}

/// The streams that figures are of: those that the person sees, and of them the one that is asked for.
fn seen_streams(request: &FiguresRequest) -> Option<Vec<String>> {
    let own = &request.sight.streams;
    match (&request.stream, own) {
        (None, own) => own.clone(),
        (Some(stream), None) => Some(vec![stream.clone()]),
        (Some(stream), Some(own)) => {
            let seen = own.iter().filter(|known| *known == stream);
            Some(seen.cloned().collect())
        }
    }
}

fn invalid(error: &impl ToString) -> IncidentFailure {
    IncidentFailure::Invalid {
        message: error.to_string(),
        help: "docs/figures.md has the periods and the roles".to_owned(),
    }
}
