//! What the record gives for each field of a form.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;
use vakt_event::Timestamp;

use super::observables::{Observable, Observables};
use super::words::{say, time};
use super::{FieldState, Source, Sources, said, source};
use crate::calendar::zone;
use crate::fact::{Fact, FactKind};
use crate::factset::FactSet;
use crate::incident::{IncidentDetail, Origin};
use crate::regime::{Language, Regime};

/// Hosts that are named; the others are counted.
const HOSTS_MAX: usize = 20;

/// State, text, and where it comes from.
pub(super) type Filled = (FieldState, String, Vec<Source>);

/// A fact as it stands after all corrections.
#[derive(Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) id: i64,
    pub(super) kind: FactKind,
    pub(super) at: Timestamp,
    pub(super) reason: Option<&'a str>,
}

pub(super) struct Filler<'a> {
    sources: Sources<'a>,
    facts: FactSet,
    party: &'a str,
    zone: TimeZone,
    language: Language,
}

impl<'a> Filler<'a> {
    pub(super) fn new(sources: &Sources<'a>, regime: &Regime, party: &'a str) -> Self {
        let incident = sources.incident;
        Self {
            sources: *sources,
            facts: FactSet::from_facts(&incident.incident.party, &incident.facts),
            party,
            zone: zone(&regime.zone).unwrap_or(TimeZone::UTC),
            language: regime.language,
        }
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn incident(&self) -> &'a IncidentDetail {
        self.sources.incident
    }

    pub(super) fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        say(self.language, sv, en)
    }

    /// In the quotation marks of the language.
    pub(super) fn quoted(&self, text: &str) -> String {
        let (open, close) = match self.language {
            Language::Sv => ('”', '”'),
            Language::En => ('“', '”'),
        };
        format!("{open}{text}{close}")
    }

    /// `1 händelse`, `2 events`.
    pub(super) fn events(&self, count: u64) -> String {
        let words = match count {
            1 => self.say("händelse", "event"),
            _ => self.say("händelser", "events"),
        };
        format!("{count} {words}")
    }

    pub(super) fn time(&self, at: Timestamp) -> String {
        time(at, &self.zone, self.language)
    }

    /// The facts of the report's party, and of the incident's, as they stand, in the order of recording.
    pub(super) fn facts(&self) -> impl DoubleEndedIterator<Item = Standing<'_>> {
        let mut readings = self.facts.readings(self.party);
        if self.party != self.facts.party {
            readings.extend(self.facts.readings(&self.facts.party));
        }
        readings.into_iter().map(|reading| Standing {
            id: reading.fact.root,
            kind: reading.fact.kind,
            at: reading.at,
            reason: reading.reason,
        })
    }

    fn first(&self, kind: FactKind) -> Option<Standing<'_>> {
        let same = self.facts().filter(|fact| fact.kind == kind);
        same.min_by_key(|fact| fact.at)
    }

    fn last(&self, kind: FactKind) -> Option<Standing<'_>> {
        let same = self.facts().filter(|fact| fact.kind == kind);
        same.max_by_key(|fact| fact.at)
    }

    /// The newest words of a fact and its corrections that say what a report said.
    fn as_corrected(&self, root: i64) -> Option<&'a Fact> {
        let mut ids = vec![root];
        let mut newest = None;
        for fact in &self.incident().facts {
            if fact.revises.is_some_and(|id| ids.contains(&id)) && fact.fact == FactKind::Submitted
            {
                ids.push(fact.id);
            }
            if ids.contains(&fact.id) && fact.fields.is_some() {
                newest = Some(fact);
            }
        }
        newest
    }

    fn recorded(&self, id: i64) -> Option<&'a Fact> {
        self.incident().facts.iter().find(|fact| fact.id == id)
    }

    pub(super) fn source_of(&self, fact: Standing<'_>) -> Source {
        let by = self.recorded(fact.id).map_or("", |it| &it.recorded_by);
        source(
            "fact",
            Some(fact.id.to_string()),
            format!("{}, {by}", fact.kind),
        )
    }

    /// What an earlier report said in the same field.
    pub(super) fn said_before(&self, field: &str, stage: &str) -> Option<Filled> {
        let submitted = self.facts().filter(|it| it.kind == FactKind::Submitted);
        let reports = submitted.filter_map(|it| self.as_corrected(it.id));
        let told = reports.filter(|fact| fact.report.as_deref() != Some(stage));
        let mut said = told.filter_map(|fact| said(fact, field).map(|text| (fact, text)));
        let (fact, text) = said.next_back()?;
        let report = fact.report.clone().unwrap_or_default();
        let from = format!("{report}, {}", self.time(fact.at));
        let from = source("report", Some(fact.id.to_string()), from);
        Some((FieldState::Entered, text.to_owned(), vec![from]))
    }

    /// What the record and the configuration know of a field.
    pub(super) fn fill(&self, field: &str) -> Option<Filled> {
        match field {
            "organisation_name" => self.configured("name", Some(&self.sources.organisation?.name)),
            "organisation_number" => {
                self.configured("number", self.sources.organisation?.number.as_ref())
            }
            "contact" => self.configured("contact", self.sources.organisation?.contact.as_ref()),
            "incident_ongoing" => Some(self.ongoing()),
            "course_of_events" => self.course().map(suggested),
            "detected_at" => Some(self.detected_at()),
            "detection_method" => Some(self.detection_method()),
            "suspected_malicious_or_unlawful" => self.suspected(),
            "supplier_origin" => self.supplier(),
            "occurred_at" => self.occurred_at(),
            "ended_or_expected_end" => self.ended(),
            "system_impact" => self.hosts(),
            "ioc" => self.indicators(),
            "update_of_ew" | "status_updates" => self.news(),
            "recipients_affected_estimate" => self.customers(),
            _ => None,
        }
    }

    fn configured(&self, key: &str, value: Option<&String>) -> Option<Filled> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        let from = source("configuration", None, format!("organisation.{key}"));
        Some((FieldState::Known, value.clone(), vec![from]))
    }

    fn ongoing(&self) -> Filled {
        match self.last(FactKind::Handled) {
            Some(handled) => {
                let since = self.say("Nej, incidenten var hanterad", "No, it was handled");
                let text = format!("{since} {}", self.time(handled.at));
                (FieldState::Known, text, vec![self.source_of(handled)])
            }
            None => {
                let why = "no fact `handled` is recorded".to_owned();
                let from = source("incident", None, why);
                (
                    FieldState::Suggested,
                    self.say("Ja", "Yes").to_owned(),
                    vec![from],
                )
            }
        }
    }

    fn detected_at(&self) -> Filled {
        match self.first(FactKind::Detected) {
            Some(fact) => {
                let from = vec![self.source_of(fact)];
                (FieldState::Known, self.time(fact.at), from)
            }
            None => {
                let at = self.incident().incident.detected_at;
                let from = source("incident", None, "detected_at".to_owned());
                (FieldState::Known, self.time(at), vec![from])
            }
        }
    }

    fn detection_method(&self) -> Filled {
        let incident = &self.incident().incident;
        let by_rule = incident.rule_name.as_ref().or_else(|| {
            let first = self.incident().alerts.last();
            first.map(|alert| &alert.rule_name)
        });
        if let (Some(rule), true) = (by_rule, incident.origin != Origin::Manual) {
            let words = self.say(
                "Automatiskt, genom en regel i verksamhetens loggövervakning",
                "Automatically, by a rule of the log monitoring",
            );
            let from = source("rule", incident.rule_id.clone(), rule.clone());
            let text = format!("{words}: {}", self.quoted(rule));
            return (FieldState::Known, text, vec![from]);
        }
        if let Some(notice) = self.first(FactKind::SupplierNotice) {
            let words = self.say(
                "Genom en underrättelse från en leverantör",
                "A supplier told us",
            );
            let text = format!("{words}, {}", self.time(notice.at));
            return (FieldState::Known, text, vec![self.source_of(notice)]);
        }
        let words = self.say("Manuellt, av personal", "Manually, by staff");
        let from = source(
            "incident",
            None,
            format!("opened by {}", incident.opened_by),
        );
        (FieldState::Suggested, words.to_owned(), vec![from])
    }

    fn suspected(&self) -> Option<Filled> {
        let incident = &self.incident().incident;
        if incident.techniques.is_empty() {
            return None;
        }
        let words = self.say(
            "Ja, det misstänks: händelserna stämmer överens med kända angreppsmetoder (MITRE ATT&CK",
            "Yes, it is suspected: the events match known attack techniques (MITRE ATT&CK",
        );
        let text = format!("{words} {})", incident.techniques.join(", "));
        let rule = incident.rule_name.clone().unwrap_or_default();
        let from = source("rule", incident.rule_id.clone(), rule);
        Some((FieldState::Suggested, text, vec![from]))
    }

    fn supplier(&self) -> Option<Filled> {
        let notice = self.first(FactKind::SupplierNotice)?;
        let words = self.say(
            "Möjligen. En leverantör underrättade oss",
            "Possibly. A supplier told us",
        );
        let text = format!("{words} {}", self.time(notice.at));
        Some((FieldState::Suggested, text, vec![self.source_of(notice)]))
    }

    fn occurred_at(&self) -> Option<Filled> {
        if let Some(fact) = self.first(FactKind::Occurred) {
            let from = vec![self.source_of(fact)];
            return Some((FieldState::Known, self.time(fact.at), from));
        }
        let events = self.incident().evidence.iter();
        let (at, event) = events
            .map(|event| (event.claimed.unwrap_or(event.received), event))
            .min_by_key(|(at, _)| *at)?;
        let mut from = "the earliest matched event".to_owned();
        // Who may not read the raw text has no hash of it.
        if !event.hash.is_empty() {
            from.push_str(&format!(", BLAKE3 {}", event.hash));
        }
        let from = source("event", Some(event.id.clone()), from);
        Some((FieldState::Suggested, self.time(at), vec![from]))
    }

    fn ended(&self) -> Option<Filled> {
        let restored = self.last(FactKind::ServiceRestored);
        let fact = self.last(FactKind::Handled).or(restored)?;
        let from = vec![self.source_of(fact)];
        Some((FieldState::Suggested, self.time(fact.at), from))
    }

    fn hosts(&self) -> Option<Filled> {
        let events = self.incident().evidence.iter();
        let hosts: BTreeSet<&str> = events
            .filter_map(|event| event.fields.get("host.name").and_then(Value::as_str))
            .collect();
        if hosts.is_empty() {
            return None;
        }
        let words = self.say(
            "Berörda system enligt loggarna",
            "Systems concerned, by the logs",
        );
        let named: Vec<&str> = hosts.iter().take(HOSTS_MAX).copied().collect();
        let mut text = format!("{words}: {}", named.join(", "));
        if hosts.len() > HOSTS_MAX {
            let more = self.say("till", "more");
            text.push_str(&format!(" (+ {} {more})", hosts.len() - HOSTS_MAX));
        }
        let events = self.incident().evidence.len();
        let from = source(
            "event",
            None,
            format!("host.name of {events} matched events"),
        );
        Some((FieldState::Suggested, text, vec![from]))
    }

    fn indicators(&self) -> Option<Filled> {
        let found = Observables::of(&self.incident().evidence);
        if found.listed.is_empty() {
            return None;
        }
        let mut lines: Vec<String> = found.listed.iter().map(|it| self.indicator(it)).collect();
        if found.more > 0 {
            let words = self.say("utelämnade värden", "values left out");
            lines.push(format!("({words}: {})", found.more));
        }
        let mut from: Vec<Source> = found
            .listed
            .iter()
            .map(|it| {
                source(
                    "event",
                    it.ids.first().cloned(),
                    format!("{} {}", it.field, it.value),
                )
            })
            .collect();
        let left_out = format!(
            "users, e-mail addresses and private addresses ({}) are left out",
            found.private
        );
        from.push(source("incident", None, left_out));
        Some((FieldState::Suggested, lines.join("\n"), from))
    }

    fn indicator(&self, it: &Observable) -> String {
        format!(
            "{} {} ({}, {} – {})",
            super::words::observable(it.field, self.language),
            it.value,
            self.events(it.events),
            self.time(it.first),
            self.time(it.last)
        )
    }

    /// What was recorded since the latest report before.
    fn news(&self) -> Option<Filled> {
        let reports: Vec<Standing<'_>> = self
            .facts()
            .filter(|it| it.kind == FactKind::Submitted)
            .collect();
        let since = reports.last()?;
        let news: Vec<Standing<'_>> = self.facts().filter(|it| it.id > since.id).collect();
        let lines: Vec<String> = news
            .iter()
            .filter_map(|it| {
                let words = super::words::happened(it.kind, self.language)?;
                Some(format!("{}: {words}", self.time(it.at)))
            })
            .collect();
        if lines.is_empty() {
            return None;
        }
        let from = news.iter().map(|it| self.source_of(*it)).collect();
        Some((FieldState::Suggested, lines.join("\n"), from))
    }

    fn customers(&self) -> Option<Filled> {
        let parties = self.facts.parties();
        let named: Vec<&str> = parties
            .into_iter()
            .filter(|party| {
                let readings = self.facts.readings(party);
                readings
                    .iter()
                    .any(|it| it.fact.kind == FactKind::CustomerAffected)
            })
            .collect();
        if named.is_empty() {
            return None;
        }
        let words = match named.len() {
            1 => self.say("berörd kund", "customer affected"),
            _ => self.say("berörda kunder", "customers affected"),
        };
        let text = format!("{} {words}: {}", named.len(), named.join(", "));
        let from = source("fact", None, "customer_affected".to_owned());
        Some((FieldState::Suggested, text, vec![from]))
    }
}

fn suggested((text, from): (String, Vec<Source>)) -> Filled {
    (FieldState::Suggested, text, from)
}
