//! Incidents and alerts, as the API asks for them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value as Json;
use vakt_api::access::UserRow;
use vakt_api::backend::{
    IncidentBackend, IncidentFailure, ItemPage, ListRequest, NewFact, NewIncident, NewText,
    ReportRequest, Sight, Tense,
};
use vakt_api::{Access, Permission, Principal, Role};
use vakt_event::{Clock, Timestamp, ecs};
use vakt_incident::{
    AlertFilter, AlertState, IncidentFilter, IncidentState, PageRequest, Recorder, Records,
};

use super::titles::Titles;
use super::work::{hide, hide_facts, list};
use crate::notify::Desk;
use crate::redact::Redactor;
use crate::ruleset::Ruleset;

pub(super) struct Incidents {
    pub(super) records: Arc<Records>,
    pub(super) redactor: Option<Arc<Redactor>>,
    pub(super) access: Arc<Access>,
    /// The rules that run, to say why they fired.
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) desk: Arc<Desk>,
}

impl Incidents {
    /// An incident as somebody sees it. Who may not read raw text sees no original, nor its hash:
    /// that would tell a guess of what is redacted from others.
    pub(super) fn shown(&self, mut incident: Json, reads_raw: bool) -> Json {
        if reads_raw {
            return incident;
        }
        if let Some(redactor) = &self.redactor {
            redactor.redact_incident(&mut incident);
            hide_facts(&mut incident, "facts");
            hide_facts(&mut incident, "waiting");
            // Each change of state has the reason of the fact that it follows from.
            list(&mut incident, "trail").for_each(|change| hide(change, "reason"));
        }
        let evidence = incident.get_mut("evidence").and_then(Json::as_array_mut);
        for frozen in evidence.into_iter().flatten() {
            if let Some(frozen) = frozen.as_object_mut() {
                frozen.shift_remove("original");
                frozen.shift_remove("hash");
            }
            if let Some(fields) = frozen.get_mut("fields").and_then(Json::as_object_mut) {
                fields.shift_remove(ecs::EVENT_ORIGINAL);
            }
        }
        incident
    }

    /// What redacts the titles of incidents for this person; `None` where nothing does.
    pub(super) fn titles(&self, sight: &Sight) -> Option<Titles<'_>> {
        Titles::of(&self.records, self.redactor.as_deref(), sight)
    }

    fn page<T: serde::Serialize>(
        &self,
        page: &vakt_incident::Page<T>,
        sight: &Sight,
    ) -> Result<ItemPage, IncidentFailure> {
        let mut items = page
            .items
            .iter()
            .map(as_json)
            .collect::<Result<Vec<Json>, _>>()?;
        if let Some(redactor) = self.redactor.as_ref().filter(|_| !sight.reads_raw) {
            items
                .iter_mut()
                .for_each(|item| redactor.redact_entity(item));
        }
        Ok(ItemPage {
            items,
            next: page.next.clone(),
        })
    }

    pub(super) fn with_warnings(
        &self,
        recorded: &vakt_incident::Recorded,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let incident = as_json(&recorded.incident)?;
        let mut answer = self.shown(incident, by.sight().reads_raw);
        answer["warnings"] = recorded.warnings.clone().into();
        Ok(answer)
    }

    /// Who records, and how many others could approve it: people who may record facts and see the
    /// incident.
    pub(super) fn recorder<'p>(
        &self,
        id: &str,
        by: &'p Principal,
    ) -> Result<Recorder<'p>, IncidentFailure> {
        let incident = self.records.incident_summary(id);
        let stream = incident.map_err(|error| failure(&error))?.stream;
        let users = self
            .access
            .users()
            .map_err(|error| IncidentFailure::Internal(error.to_string()))?;
        let may_approve = |user: &UserRow| {
            let role: Option<Role> = user.role.parse().ok();
            user.disabled_at.is_none()
                && user.name != by.name
                && role.is_some_and(|role| role.may(Permission::RecordFacts))
                && user.streams.as_ref().is_none_or(|it| it.contains(&stream))
        };
        let others = users.iter().filter(|user| may_approve(user)).count();
        Ok(Recorder {
            name: &by.name,
            others: u64::try_from(others).ok(),
        })
    }
}

impl IncidentBackend for Incidents {
    fn incidents(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure> {
        let mut filter = IncidentFilter {
            drill: request.drill,
            streams: request.sight.streams.clone(),
            ..IncidentFilter::default()
        };
        match request.state.as_deref() {
            None => {}
            Some("open") => filter.open = Some(true),
            Some(word) => filter.states = vec![state(word)?],
        }
        let page = self
            .records
            .incidents(&filter, &page_request(request))
            .map_err(|error| failure(&error))?;
        self.page(&page, &request.sight)
    }

    fn incident(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        let incident = self.in_sight(id, sight)?;
        Ok(self.shown(as_json(&incident)?, sight.reads_raw))
    }

    fn open(&self, new: &NewIncident, by: &Principal) -> Result<Json, IncidentFailure> {
        let mut body = new.rest.clone();
        body.insert("title".to_owned(), new.title.clone().into());
        body.insert("detected_at".to_owned(), new.detected_at.to_string().into());
        body.insert("regimes".to_owned(), new.regimes.clone().into());
        body.insert("party".to_owned(), new.party.clone().into());
        let incident = self
            .records
            .open_incident(from_body(body)?, &by.name)
            .map_err(|error| failure(&error))?;
        Ok(self.shown(as_json(&incident)?, by.sight().reads_raw))
    }

    fn add_fact(&self, id: &str, fact: &NewFact, by: &Principal) -> Result<Json, IncidentFailure> {
        let recorded = self
            .records
            .add_fact(id, fact_of(fact)?, self.recorder(id, by)?)
            .map_err(|error| failure(&error))?;
        self.with_warnings(&recorded, by)
    }

    fn preview_fact(
        &self,
        id: &str,
        fact: &NewFact,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let recorded = self
            .records
            .preview_fact(id, fact_of(fact)?, self.recorder(id, by)?)
            .map_err(|error| failure(&error))?;
        self.with_warnings(&recorded, by)
    }

    fn split(
        &self,
        id: &str,
        body: &serde_json::Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let part = self
            .records
            .split(id, from_body(body.clone())?, by.name.as_str())
            .map_err(|error| failure(&error))?;
        Ok(self.shown(as_json(&part)?, by.sight().reads_raw))
    }

    fn calendar(&self, id: Option<&str>, sight: &Sight) -> Result<String, IncidentFailure> {
        let page = |id: &str| format!("{}/incidents/{id}", self.desk.public_url);
        self.records
            .calendar(
                id,
                sight.streams.as_deref(),
                &self.desk.reminders.shares,
                page,
            )
            .map_err(|error| failure(&error))
    }

    fn alerts(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure> {
        let state = match request.state.as_deref() {
            None => None,
            Some("open") => Some(AlertState::Open),
            Some("closed") => Some(AlertState::Closed),
            Some("suppressed") => Some(AlertState::Suppressed),
            Some(word) => {
                return Err(IncidentFailure::Invalid {
                    message: format!("there is no state of an alert named `{word}`"),
                    help: "a state is open, closed or suppressed".to_owned(),
                });
            }
        };
        let filter = AlertFilter {
            state,
            drill: request.drill,
            streams: request.sight.streams.clone(),
            ..AlertFilter::default()
        };
        let page = self
            .records
            .alerts(&filter, &page_request(request))
            .map_err(|error| failure(&error))?;
        self.page(&page, &request.sight)
    }

    fn form(
        &self,
        id: &str,
        report: &ReportRequest,
        sight: &Sight,
    ) -> Result<Json, IncidentFailure> {
        self.form_of(id, report, sight)
    }

    fn write_report(
        &self,
        id: &str,
        report: &ReportRequest,
        texts: &[NewText],
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.write_texts(id, report, texts, by)
    }

    fn why(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        self.why_of(id, sight)
    }

    fn instant(
        &self,
        id: &str,
        words: &str,
        tense: Tense,
        sight: &Sight,
    ) -> Result<Timestamp, IncidentFailure> {
        self.instant_of(id, words, tense, sight)
    }
}

fn state(word: &str) -> Result<IncidentState, IncidentFailure> {
    word.parse().map_err(|_| IncidentFailure::Invalid {
        message: format!("there is no state of an incident named `{word}`"),
        help: "a state is open, draft, significant, dismissed, …".to_owned(),
    })
}

fn page_request(request: &ListRequest) -> PageRequest {
    PageRequest {
        limit: request.limit,
        cursor: request.cursor.clone(),
    }
}

fn fact_of(fact: &NewFact) -> Result<vakt_incident::NewFact, IncidentFailure> {
    let mut body = fact.rest.clone();
    body.insert("fact".to_owned(), fact.fact.clone().into());
    body.insert("at".to_owned(), fact.at.to_string().into());
    body.insert("by".to_owned(), fact.by.clone().into());
    for (name, value) in [
        ("party", &fact.party),
        ("reason", &fact.reason),
        ("report", &fact.report),
        ("reference", &fact.reference),
    ] {
        if let Some(value) = value {
            body.insert(name.to_owned(), value.clone().into());
        }
    }
    from_body(body)
}

pub(super) fn from_body<T: serde::de::DeserializeOwned>(
    body: serde_json::Map<String, Json>,
) -> Result<T, IncidentFailure> {
    serde_json::from_value(Json::Object(body)).map_err(|error| IncidentFailure::Invalid {
        message: error.to_string(),
        help: "the members of the body are described in /openapi.json".to_owned(),
    })
}

pub(super) fn failure(error: &vakt_incident::Error) -> IncidentFailure {
    if error.is_not_found() {
        IncidentFailure::NotFound
    } else if let vakt_incident::Error::Changed { .. } = error {
        IncidentFailure::Changed {
            message: error.to_string(),
        }
    } else if error.is_conflict() {
        IncidentFailure::Conflict {
            message: error.to_string(),
            help: String::new(),
        }
    } else if error.is_callers() {
        IncidentFailure::Invalid {
            message: error.to_string(),
            help: String::new(),
        }
    } else {
        tracing::error!(%error, "the incident records failed");
        IncidentFailure::Internal(error.to_string())
    }
}

pub(super) fn as_json(value: &impl serde::Serialize) -> Result<Json, IncidentFailure> {
    serde_json::to_value(value).map_err(|error| IncidentFailure::Internal(error.to_string()))
}
