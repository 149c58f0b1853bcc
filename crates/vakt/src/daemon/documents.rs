//! Reports and notices as documents, as the API asks for them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use vakt_api::Principal;
use vakt_api::backend::{DocumentsBackend, IncidentFailure, Rendered, ReportRequest, Sight};
use vakt_incident::document::{STYLE_SHA256, rsit};
use vakt_incident::form::{Observables, ReportRef, Sources};
use vakt_incident::records::{
    KeptFile, NewDocument, NewFile, NewMark, NewSubmission, Parts, SentAs,
};
use vakt_incident::regime::{Addressee, Language};
use vakt_incident::{Document, Incident, IncidentDetail, Making, PageRequest, Tlp, stix};

use super::incidents::{Incidents, as_json, failure, from_body};
use super::reports::named;
use super::work::{hide, list};
use crate::package::zipped;

pub(super) struct Documents {
    pub(super) incidents: Arc<Incidents>,
}

/// The body that keeps a version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keep {
    stage: String,
    #[serde(default)]
    regime: Option<String>,
    #[serde(default)]
    party: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    changed: Option<String>,
    #[serde(default)]
    expected: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approve {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    file: Option<i64>,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    receipt: Option<i64>,
    #[serde(default)]
    fact: Option<i64>,
    #[serde(default)]
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetMark {
    name: String,
    value: String,
    #[serde(default)]
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Include {
    field: String,
    value: String,
    included: bool,
}

impl DocumentsBackend for Documents {
    fn documents(
        &self,
        id: &str,
        limit: usize,
        cursor: Option<&str>,
        sight: &Sight,
    ) -> Result<Json, IncidentFailure> {
        let incident = self.incidents.in_sight(id, sight)?;
        let records = &self.incidents.records;
        let request = PageRequest {
            limit,
            cursor: cursor.map(str::to_owned),
        };
        let page = records
            .documents(id, &request)
            .map_err(|error| failure(&error))?;
        let included = records.included(id).map_err(|error| failure(&error))?;
        let withheld = Observables::of(&incident.evidence, &included).withheld;
        let classes = rsit::CLASSES.iter().flat_map(|class| {
            let examples = class.examples.iter();
            let named = examples.map(|example| format!("{}/{example}", class.tag));
            std::iter::once(class.tag.to_owned()).chain(named)
        });
        // Values that name people are for who reads events as they were sent.
        let shown = |value: Json| match sight.reads_raw {
            true => value,
            false => Json::Array(Vec::new()),
        };
        let mut kept = json!({
            "documents": as_json(&page.items)?,
            "files": as_json(&records.handed_in(id).map_err(|error| failure(&error))?)?,
        });
        if self.incidents.redactor.is_some() && !sight.reads_raw {
            hide_kept(&mut kept);
        }
        Ok(json!({
            "documents": kept["documents"].take(),
            "next": page.next,
            "forms": self.forms(id, &incident)?,
            "files": kept["files"].take(),
            "marks": as_json(&records.marks(id).map_err(|error| failure(&error))?)?,
            "tlp_choices": Tlp::ALL.map(Tlp::label),
            "rsit_choices": classes.collect::<Vec<_>>(),
            "withheld_count": withheld.len(),
            "withheld": shown(as_json(&withheld)?),
            "included": shown(as_json(&included)?),
        }))
    }

    fn preview(
        &self,
        id: &str,
        report: &ReportRequest,
        language: Option<&str>,
        format: &str,
        sight: &Sight,
    ) -> Result<Rendered, IncidentFailure> {
        let incident = self.incidents.in_sight(id, sight)?.incident;
        let document = self.made(&incident, report, language_of(language)?, sight)?;
        let name = format!("{}.{}.{format}", document.stage, document.language.tag());
        let internal = |error: serde_json::Error| IncidentFailure::Internal(error.to_string());
        Ok(match format {
            "json" => rendered(name, "application/json", document.json().map_err(internal)?),
            "md" => rendered(name, "text/markdown; charset=utf-8", document.markdown()),
            "html" => Rendered {
                style: Some(STYLE_SHA256.clone()),
                ..rendered(name, "text/html; charset=utf-8", document.html())
            },
            other => {
                return Err(invalid(
                    format!("there is no format `{other}`"),
                    "a format is json, md or html",
                ));
            }
        })
    }

    fn keep(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body: Keep = from_body(body)?;
        let incident = self.incidents.in_sight(id, &by.sight())?.incident;
        let report = ReportRequest {
            regime: body.regime,
            stage: body.stage,
            party: body.party,
        };
        let records = &self.incidents.records;
        let (regime, party) = self.regime_and_party(&incident, &report);
        let new = NewDocument {
            report: ReportRef {
                regime: &regime,
                stage: &report.stage,
                party: &party,
            },
            language: language_of(body.language.as_deref())?,
            changed: body.changed.as_deref(),
            expected: body.expected,
        };
        let kept = records.keep_document(id, &new, &by.name);
        as_json(&kept.map_err(|error| failure(&error))?)
    }

    fn approve(
        &self,
        id: &str,
        document: i64,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body: Approve = from_body(body)?;
        self.incidents.in_sight(id, &by.sight())?;
        let recorder = self.incidents.recorder(id, by)?;
        let records = &self.incidents.records;
        let kept = records.approve_document(id, document, body.reason.as_deref(), recorder);
        as_json(&kept.map_err(|error| failure(&error))?)
    }

    fn submit(
        &self,
        id: &str,
        document: i64,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body: Submit = from_body(body)?;
        self.incidents.in_sight(id, &by.sight())?;
        let sent = match (body.format, body.file) {
            (Some(format), None) => SentAs::Format(format),
            (None, Some(file)) => SentAs::File(file),
            _ => {
                return Err(invalid(
                    "what was sent is either a `format` of the document or a `file`".to_owned(),
                    "give one of them",
                ));
            }
        };
        let new = NewSubmission {
            sent,
            at: body.at,
            reference: body.reference,
            reason: body.reason,
            receipt: body.receipt,
            fact: body.fact,
            source: body.source,
        };
        let recorder = self.incidents.recorder(id, by)?;
        let records = &self.incidents.records;
        let done = records.submit_document(id, document, &new, recorder);
        let done = done.map_err(|error| failure(&error))?;
        Ok(json!({
            "document": as_json(&done.document)?,
            "fact": as_json(&done.recorded.fact)?,
            "state": done.recorded.incident.incident.state,
            "warnings": done.recorded.warnings,
        }))
    }

    fn keep_file(
        &self,
        id: &str,
        role: &str,
        name: &str,
        bytes: &[u8],
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        self.incidents.in_sight(id, &by.sight())?;
        let new = NewFile { role, name, bytes };
        let kept = self.incidents.records.keep_file(id, &new, &by.name);
        as_json(&kept.map_err(|error| failure(&error))?)
    }

    fn file(&self, id: &str, file: i64, sight: &Sight) -> Result<Rendered, IncidentFailure> {
        self.incidents.in_sight(id, sight)?;
        let found = self.incidents.records.file(id, file);
        found.map(of_kept).map_err(|error| failure(&error))
    }

    fn document_file(
        &self,
        id: &str,
        document: i64,
        format: &str,
        sight: &Sight,
    ) -> Result<Rendered, IncidentFailure> {
        self.incidents.in_sight(id, sight)?;
        let found = self.incidents.records.document_file(id, document, format);
        found.map(of_kept).map_err(|error| failure(&error))
    }

    fn mark(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body: SetMark = from_body(body)?;
        self.incidents.in_sight(id, &by.sight())?;
        let new = NewMark {
            name: &body.name,
            value: &body.value,
            version: body.version,
        };
        let marks = self.incidents.records.set_mark(id, &new, &by.name);
        as_json(&marks.map_err(|error| failure(&error))?)
    }

    fn include(
        &self,
        id: &str,
        body: Map<String, Json>,
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let body: Include = from_body(body)?;
        self.incidents.in_sight(id, &by.sight())?;
        let observable = (body.field.as_str(), body.value.as_str());
        let records = &self.incidents.records;
        let included = records.include_observable(id, observable, body.included, &by.name);
        Ok(json!({ "included": as_json(&included.map_err(|error| failure(&error))?)? }))
    }

    fn stix(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        let incident = self.incidents.in_sight(id, sight)?;
        let parts = self.parts(&incident.incident, "", "", &incident.incident.party)?;
        Ok(stix::bundle(&self.making(&parts, &parts.incident)))
    }

    fn package(&self, id: &str, sight: &Sight) -> Result<Rendered, IncidentFailure> {
        let incident = self.incidents.in_sight(id, sight)?.incident;
        let files = self
            .incidents
            .records
            .package(id)
            .map_err(|error| failure(&error))?;
        let bytes = zipped(&files).map_err(|error| IncidentFailure::Internal(error.to_string()))?;
        Ok(Rendered {
            name: format!("incident-{}.zip", incident.number),
            media_type: "application/zip",
            bytes,
            style: None,
        })
    }
}

impl Documents {
    fn regime_and_party(&self, incident: &Incident, report: &ReportRequest) -> (String, String) {
        named(incident, report, self.incidents.records.regimes())
    }

    fn parts(
        &self,
        incident: &Incident,
        regime: &str,
        stage: &str,
        party: &str,
    ) -> Result<Parts, IncidentFailure> {
        let report = ReportRef {
            regime,
            stage,
            party,
        };
        let parts = self.incidents.records.document_parts(&incident.id, report);
        parts.map_err(|error| failure(&error))
    }

    fn making<'a>(&'a self, parts: &'a Parts, incident: &'a IncidentDetail) -> Making<'a> {
        let records = &self.incidents.records;
        Making {
            sources: Sources {
                incident,
                data: records.regimes(),
                organisation: records.settings().organisation.as_ref(),
                entered: &parts.entered,
                included: &parts.included,
                assessment: Some(&parts.assessment),
                services: &parts.services,
            },
            marks: &parts.marks,
            at: self.incidents.clock.now(),
            version: None,
        }
    }

    /// The document of the incident as its reader sees it.
    fn made(
        &self,
        incident: &Incident,
        report: &ReportRequest,
        language: Option<Language>,
        sight: &Sight,
    ) -> Result<Document, IncidentFailure> {
        let (regime, party) = self.regime_and_party(incident, report);
        let mut parts = self.parts(incident, &regime, &report.stage, &party)?;
        self.incidents.hide_entered(&mut parts.entered, sight);
        let seen = self.incidents.seen(parts.incident.clone(), sight)?;
        let of = ReportRef {
            regime: &regime,
            stage: &report.stage,
            party: &party,
        };
        let document = Document::of(&self.making(&parts, &seen), of, language);
        document.map_err(|error| invalid(error.to_string(), ""))
    }

    /// What there is to be made, for each party that it concerns, with the newest version's number.
    fn forms(&self, id: &str, incident: &IncidentDetail) -> Result<Vec<Json>, IncidentFailure> {
        let records = &self.incidents.records;
        let own = incident.incident.party.as_str();
        let mut customers: Vec<&str> = Vec::new();
        for fact in &incident.facts {
            if fact.party != own && !customers.contains(&fact.party.as_str()) {
                customers.push(&fact.party);
            }
        }
        let ids = incident.incident.regimes.iter();
        let mut forms = Vec::new();
        for regime in ids.filter_map(|id| records.regimes().get(id)) {
            for form in regime.forms() {
                let parties = match form.to {
                    Addressee::Customer => customers.clone(),
                    Addressee::Authority | Addressee::Recipients => vec![own],
                };
                for party in parties {
                    let report = ReportRef {
                        regime: &regime.id,
                        stage: form.name,
                        party,
                    };
                    let newest = records
                        .newest_document(id, report)
                        .map_err(|error| failure(&error))?;
                    forms.push(json!({
                        "regime": regime.id,
                        "stage": form.name,
                        "term": form.term,
                        "party": party,
                        "language": regime.language,
                        "citation": form.citation,
                        "notice": form.to != Addressee::Authority,
                        "newest": newest,
                    }));
                }
            }
        }
        Ok(forms)
    }
}

/// What people wrote about documents, and how they called files.
fn hide_kept(kept: &mut Json) {
    for document in list(kept, "documents") {
        hide(document, "changed");
        hide(&mut document["approval"], "reason");
        list(document, "submissions").for_each(|sent| hide(sent, "reason"));
    }
    list(kept, "files").for_each(|file| hide(file, "name"));
}

fn language_of(text: Option<&str>) -> Result<Option<Language>, IncidentFailure> {
    match text {
        None => Ok(None),
        Some("sv") => Ok(Some(Language::Sv)),
        Some("en") => Ok(Some(Language::En)),
        Some(other) => Err(invalid(
            format!("there is no language `{other}`"),
            "a language is sv or en",
        )),
    }
}

fn rendered(name: String, media_type: &'static str, text: String) -> Rendered {
    Rendered {
        name,
        media_type,
        bytes: text.into_bytes(),
        style: None,
    }
}

/// What a person handed in is bytes and nothing more.
fn of_kept((file, bytes): (KeptFile, Vec<u8>)) -> Rendered {
    let media_type = match file.role.as_str() {
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    };
    Rendered {
        name: file.name,
        media_type,
        bytes,
        style: None,
    }
}

fn invalid(message: String, help: &str) -> IncidentFailure {
    IncidentFailure::Invalid {
        message,
        help: help.to_owned(),
    }
}
