//! Forms of reports, why rules fired, and times as people write them.

use serde_json::{Value as Json, json};
use vakt_api::Principal;
use vakt_api::backend::{IncidentFailure, NewText, ReportRequest, Sight, Tense};
use vakt_event::Timestamp;
use vakt_incident::form::{Entered, Form, ReportRef, Sources};
use vakt_incident::records::Parts;
use vakt_incident::{Incident, IncidentDetail, local, records};

use super::incidents::{Incidents, as_json, failure};
use super::work::HIDDEN;
use crate::explain::{Sent, why};

/// Rules that are explained: a burst has more, and nobody reads them.
const RULES_MAX: usize = 20;

/// What stands for a value that the reader may not see.
const REDACTED: &str = "(redacted)";

impl Incidents {
    pub(super) fn form_of(
        &self,
        id: &str,
        report: &ReportRequest,
        sight: &Sight,
    ) -> Result<Json, IncidentFailure> {
        let incident = self.summary_in_sight(id, sight)?;
        let settings = self.records.settings();
        let (regime, party) = named(&incident, report, self.records.regimes());
        let report = ReportRef {
            regime: &regime,
            stage: &report.stage,
            party: &party,
        };
        let read = self.records.document_parts(id, report);
        let Parts {
            incident,
            mut entered,
            included,
            assessment,
            services,
            ..
        } = read.map_err(|error| failure(&error))?;
        self.hide_entered(&mut entered, sight);
        let seen = self.seen(incident, sight)?;
        let sources = Sources {
            incident: &seen,
            data: self.records.regimes(),
            organisation: settings.organisation.as_ref(),
            entered: &entered,
            included: &included,
            assessment: Some(&assessment),
            services: &services,
        };
        let form = Form::of(&sources, report).map_err(|error| IncidentFailure::Invalid {
            message: error.to_string(),
            help: String::new(),
        })?;
        let mut form = as_json(&form)?;
        let regime = self.records.regimes().get(&regime);
        form["note"] = json!(regime.and_then(|regime| regime.note.as_ref()));
        Ok(form)
    }

    pub(super) fn write_texts(
        &self,
        id: &str,
        report: &ReportRequest,
        texts: &[NewText],
        by: &Principal,
    ) -> Result<Json, IncidentFailure> {
        let sight = by.sight();
        let incident = self.summary_in_sight(id, &sight)?;
        let (regime, party) = named(&incident, report, self.records.regimes());
        let of = ReportRef {
            regime: &regime,
            stage: &report.stage,
            party: &party,
        };
        let texts: Vec<records::NewText> = texts
            .iter()
            .map(|new| records::NewText {
                field: new.field.clone(),
                text: new.text.clone(),
                version: new.version,
            })
            .collect();
        self.records
            .enter_texts(id, of, &texts, &by.name)
            .map_err(|error| failure(&error))?;
        self.form_of(id, report, &sight)
    }

    pub(super) fn why_of(&self, id: &str, sight: &Sight) -> Result<Json, IncidentFailure> {
        let incident = self.in_sight(id, sight)?;
        let ruleset = self.ruleset.load();
        let mut rules: Vec<(&str, &str)> = Vec::new();
        for alert in incident.alerts.iter().rev() {
            let rule = (alert.rule_id.as_str(), alert.rule_name.as_str());
            if !rules.contains(&rule) && rules.len() < RULES_MAX {
                rules.push(rule);
            }
        }
        let sent: Vec<Sent<'_>> = incident
            .evidence
            .iter()
            .map(|event| Sent {
                id: &event.id,
                original: event.original.as_bytes(),
                received: event.received,
            })
            .collect();
        let mut found: Vec<_> = rules
            .into_iter()
            .map(|(id, name)| why(&ruleset, id, name, &sent))
            .collect();
        if !sight.reads_raw {
            // The rules were asked about what was sent: of that, only what a search shows is told.
            let shown = self.shown(as_json(&incident)?, false);
            for event in found.iter_mut().flat_map(|why| &mut why.events) {
                for pair in &mut event.matched {
                    pair.value = shown_value(&shown, &event.id, &pair.field);
                }
            }
        }
        Ok(json!({ "rules": found }))
    }

    pub(super) fn instant_of(
        &self,
        id: &str,
        words: &str,
        tense: Tense,
        sight: &Sight,
    ) -> Result<Timestamp, IncidentFailure> {
        let incident = self.summary_in_sight(id, sight)?;
        let zone = vakt_incident::calendar::zone(&incident.time_zone);
        let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
        let read = match tense {
            Tense::Past => local::past_instant,
            Tense::Any => local::instant,
        };
        read(words, self.clock.now(), &zone).map_err(|error| IncidentFailure::Invalid {
            message: error.to_string(),
            help: String::new(),
        })
    }

    /// An incident of a stream that is in sight.
    pub(super) fn in_sight(
        &self,
        id: &str,
        sight: &Sight,
    ) -> Result<IncidentDetail, IncidentFailure> {
        let incident = self.records.incident(id).map_err(|error| failure(&error))?;
        expect_sight(&incident.incident, sight)?;
        Ok(incident)
    }

    /// The same without what is large of it.
    pub(super) fn summary_in_sight(
        &self,
        id: &str,
        sight: &Sight,
    ) -> Result<Incident, IncidentFailure> {
        let incident = self.records.incident_summary(id);
        let incident = incident.map_err(|error| failure(&error))?;
        expect_sight(&incident, sight)?;
        Ok(incident)
    }

    /// An incident with what the reader may see of entities, events and facts.
    pub(super) fn seen(
        &self,
        mut incident: IncidentDetail,
        sight: &Sight,
    ) -> Result<IncidentDetail, IncidentFailure> {
        let shown = self.shown(as_json(&incident)?, sight.reads_raw);
        let object = |value: &Json| value.as_object().cloned().unwrap_or_default();
        incident.incident.entity_fields = object(&shown["entity_fields"]);
        for (alert, shown) in incident.alerts.iter_mut().zip(items(&shown, "alerts")) {
            alert.entity_fields = object(&shown["entity_fields"]);
        }
        for (fact, shown) in incident.facts.iter_mut().zip(items(&shown, "facts")) {
            fact.reason = shown["reason"].as_str().map(str::to_owned);
            fact.fields = shown["fields"].as_object().cloned();
        }
        for (event, shown) in incident.evidence.iter_mut().zip(items(&shown, "evidence")) {
            event.fields = shown["fields"].clone();
            let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
            (event.original, event.hash) = (text("original"), text("hash"));
        }
        Ok(incident)
    }

    /// What people entered in a form may hold what is redacted, too.
    pub(super) fn hide_entered(&self, entered: &mut [Entered], sight: &Sight) {
        if self.redactor.is_none() || sight.reads_raw {
            return;
        }
        for one in entered.iter_mut().filter(|it| !it.text.trim().is_empty()) {
            HIDDEN.clone_into(&mut one.text);
        }
    }
}

fn expect_sight(incident: &Incident, sight: &Sight) -> Result<(), IncidentFailure> {
    let streams = sight.streams.as_deref();
    match streams.is_some_and(|streams| !streams.contains(&incident.stream)) {
        true => Err(IncidentFailure::NotFound),
        false => Ok(()),
    }
}

fn items<'v>(incident: &'v Json, name: &str) -> &'v [Json] {
    incident[name].as_array().map_or(&[], Vec::as_slice)
}

fn shown_value(incident: &Json, event: &str, field: &str) -> String {
    let events = items(incident, "evidence").iter();
    let mut known = events.filter(|it| it["id"] == event);
    let value = known.next().and_then(|it| it["fields"].get(field));
    match value {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Null) | None => REDACTED.to_owned(),
        Some(other) => other.to_string(),
    }
}

/// The regime and the party that a request means.
pub(super) fn named(
    incident: &Incident,
    report: &ReportRequest,
    data: &vakt_incident::Regimes,
) -> (String, String) {
    let mut regimes = incident.regimes.iter();
    let has = |id: &&String| {
        data.get(id)
            .is_some_and(|it| it.stage(&report.stage).is_some())
    };
    let first = || regimes.find(has).or(incident.regimes.first());
    let regime = report.regime.as_ref().or_else(first);
    let party = report.party.as_ref().unwrap_or(&incident.party);
    (regime.cloned().unwrap_or_default(), party.clone())
}
