//! What the record gives for each field of a form.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use vakt_event::Timestamp;

use super::observables::{Observable, Observables};
use super::words::{grouped, say, time};
use super::{FieldState, Source, Sources, cited, event_source, said, source};
use crate::calendar::zone;
use crate::fact::{Fact, FactKind};
use crate::factset::FactSet;
use crate::incident::{IncidentDetail, Origin};
use crate::records::DAEMON;
use crate::regime::{Addressee, Language, Regime};
use crate::service::SERVICE_FIELD;
use crate::significance::{
    Answer, Answered, CONFIGURATION, Criteria, InputKind, Outcome, SERVICE_MAP, Used,
    Value as AnswerValue,
};

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
    /// It goes to a customer or to recipients: of others, and of how we watch, it says nothing.
    is_narrow: bool,
    zone: TimeZone,
    language: Language,
}

impl<'a> Filler<'a> {
    pub(super) fn new(
        sources: &Sources<'a>,
        regime: &Regime,
        to: Addressee,
        party: &'a str,
        language: Language,
    ) -> Self {
        let incident = sources.incident;
        Self {
            sources: *sources,
            facts: FactSet::from_facts(&incident.incident.party, &incident.facts),
            party,
            is_narrow: to != Addressee::Authority || party != incident.incident.party,
            zone: zone(&regime.zone).unwrap_or(TimeZone::UTC),
            language,
        }
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    pub(super) fn sources(&self) -> &Sources<'a> {
        &self.sources
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
    /// What we wrote about ours for ourselves is no customer's to read.
    pub(super) fn facts(&self) -> impl DoubleEndedIterator<Item = Standing<'_>> {
        let mut readings = self.facts.readings(self.party);
        if self.party != self.facts.party {
            readings.extend(self.facts.readings(&self.facts.party));
        }
        readings.into_iter().map(|reading| Standing {
            id: reading.fact.root,
            kind: reading.fact.kind,
            at: reading.at,
            reason: reading.reason.filter(|_| !self.is_narrow),
        })
    }

    pub(super) fn is_narrow(&self) -> bool {
        self.is_narrow
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

    /// The service that a fact names, where the reader may know of it.
    pub(super) fn service_of(&self, fact: Standing<'_>) -> Option<&'a str> {
        let fields = self.recorded(fact.id)?.fields.as_ref();
        let service = fields?.get(SERVICE_FIELD)?.as_str()?;
        Some(service).filter(|_| !self.is_narrow)
    }

    pub(super) fn source_of(&self, fact: Standing<'_>) -> Source {
        let by = self.recorded(fact.id).map_or("", |it| &it.recorded_by);
        source(
            "fact",
            Some(fact.id.to_string()),
            format!("{}, {by}", fact.kind),
        )
    }

    /// The record of the incident itself.
    fn of_record(&self, text: String) -> Source {
        source("incident", Some(self.incident().incident.id.clone()), text)
    }

    /// What an earlier report said in the same field.
    pub(super) fn said_before(&self, field: &str, stage: &str) -> Option<Filled> {
        let submitted = self.facts().filter(|it| it.kind == FactKind::Submitted);
        let reports = submitted.filter_map(|it| self.as_corrected(it.id));
        let told = reports.filter(|fact| fact.report.as_deref() != Some(stage));
        let told = told.filter(|fact| !self.is_narrow || fact.party == self.party);
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
            "contact_for_questions" => {
                self.configured("contact", self.sources.organisation?.contact.as_ref())
            }
            "what_happened" => self.plainly(),
            "effect_on_service" => self.outage(),
            "organisation_name" => self.configured("name", Some(&self.sources.organisation?.name)),
            "organisation_number" => {
                self.configured("number", self.sources.organisation?.number.as_ref())
            }
            "contact" => self.configured("contact", self.sources.organisation?.contact.as_ref()),
            "incident_ongoing" => Some(self.ongoing()),
            "course_of_events" => self.course().map(suggested),
            "detected_at" => Some(self.detected_at()),
            "occurred_at" => self.occurred_at(),
            "ended_or_expected_end" => self.ended(),
            _ if self.is_narrow => None,
            "detection_method" => Some(self.detection_method()),
            "suspected_malicious_or_unlawful" => self.suspected(),
            "supplier_origin" => self.supplier(),
            "severity_and_impact" | "final_consequences" => {
                joined(self.services_away(), self.criteria())
            }
            "system_impact" => self.hosts(),
            "effect_on_sector_activity" => self.services_away(),
            "cross_border" => self.cross_border(),
            "geographic_area" => self.countries(),
            "ioc" => self.indicators(),
            "update_of_ew" | "status_updates" => self.news(),
            "recipients_affected_estimate" => joined(self.users_concerned(), self.customers()),
            _ => None,
        }
    }

    fn configured(&self, key: &str, value: Option<&String>) -> Option<Filled> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        let from = source(
            "configuration",
            Some(format!("organisation.{key}")),
            String::new(),
        );
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
                let why = self.say(
                    "det är inte registrerat att incidenten är hanterad (`handled`)",
                    "no fact `handled` is recorded",
                );
                let from = self.of_record(why.to_owned());
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
                let from = self.of_record("detected_at".to_owned());
                (FieldState::Known, self.time(at), vec![from])
            }
        }
    }

    fn detection_method(&self) -> Filled {
        let incident = &self.incident().incident;
        let of_incident = incident.rule_id.as_ref().zip(incident.rule_name.as_ref());
        let by_rule = of_incident.or_else(|| {
            let first = self.incident().alerts.last();
            first.map(|alert| (&alert.rule_id, &alert.rule_name))
        });
        if let (Some((id, rule)), true) = (by_rule, incident.origin != Origin::Manual) {
            let words = self.say(
                "Automatiskt, genom en regel i verksamhetens loggövervakning",
                "Automatically, by a rule of the log monitoring",
            );
            let from = source("rule", Some(id.clone()), rule.clone());
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
        let opened = self.say("öppnad av", "opened by");
        let from = self.of_record(format!("{opened} {}", incident.opened_by));
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
        let events = self.incident().evidence.iter().filter(|_| !self.is_narrow);
        let (at, event) = events
            .map(|event| (event.claimed.unwrap_or(event.received), event))
            .min_by_key(|(at, _)| *at)?;
        let from = self.say(
            "den tidigaste matchande händelsen",
            "the earliest matched event",
        );
        let from = event_source(&event.id, &event.hash, from.to_owned());
        Some((FieldState::Suggested, self.time(at), vec![from]))
    }

    fn ended(&self) -> Option<Filled> {
        let restored = self.last(FactKind::ServiceRestored);
        let fact = self.last(FactKind::Handled).or(restored)?;
        let from = vec![self.source_of(fact)];
        Some((FieldState::Suggested, self.time(fact.at), from))
    }

    fn hosts(&self) -> Option<Filled> {
        let mut hosts: BTreeMap<&str, Source> = BTreeMap::new();
        for event in &self.incident().evidence {
            if let Some(host) = event.fields.get("host.name").and_then(Value::as_str) {
                let text = format!("host.name {host}");
                let from = event_source(&event.id, &event.hash, text);
                hosts.entry(host).or_insert(from);
            }
        }
        if hosts.is_empty() {
            return None;
        }
        let words = self.say(
            "Berörda system enligt loggarna",
            "Systems concerned, by the logs",
        );
        let more = hosts.len().saturating_sub(HOSTS_MAX);
        let (named, from): (Vec<&str>, Vec<Source>) = hosts.into_iter().take(HOSTS_MAX).unzip();
        let mut text = format!("{words}: {}", named.join(", "));
        if more > 0 {
            text.push_str(&format!(" (+ {more} {})", self.say("till", "more")));
        }
        Some((FieldState::Suggested, text, from))
    }

    fn indicators(&self) -> Option<Filled> {
        let found = self.observables();
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
            .map(|it| event_source(&it.id, &it.hash, format!("{} {}", it.field, it.value)))
            .collect();
        let left_out = self.say(
            "användare, e-postadresser och privata adresser har utelämnats",
            "users, e-mail addresses and private addresses are left out",
        );
        let left_out = format!("{left_out} ({})", found.withheld.len());
        from.push(self.of_record(left_out));
        Some((FieldState::Suggested, lines.join("\n"), from))
    }

    pub(super) fn observables(&self) -> Observables {
        Observables::of(&self.incident().evidence, self.sources.included)
    }

    fn indicator(&self, it: &Observable) -> String {
        format!(
            "{} {} ({}, {} – {})",
            super::words::observable(&it.field, self.language),
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
        let (mut named, mut from) = (Vec::new(), Vec::new());
        for party in self.facts.parties() {
            let readings = self.facts.readings(party).into_iter();
            let mut affected = readings.filter(|it| it.fact.kind == FactKind::CustomerAffected);
            if let Some(first) = affected.next() {
                named.push(party);
                from.push(self.source_of(Standing {
                    id: first.fact.root,
                    kind: first.fact.kind,
                    at: first.at,
                    reason: None,
                }));
            }
        }
        if named.is_empty() {
            return None;
        }
        let words = match named.len() {
            1 => self.say("berörd kund", "customer affected"),
            _ => self.say("berörda kunder", "customers affected"),
        };
        let text = format!("{} {words}: {}", named.len(), named.join(", "));
        Some((FieldState::Suggested, text, from))
    }

    /// The criteria of significance that are met, with what they were answered from.
    fn criteria(&self) -> Option<Filled> {
        let answered = &self.sources.assessment?.criteria;
        let met: Vec<_> = answered
            .iter()
            .filter(|it| it.outcome == Outcome::Met)
            .collect();
        if met.is_empty() {
            return None;
        }
        let words = self.say("Uppfyllt kriterium", "Criterion met");
        let lines = met.iter().map(|it| {
            let text = criterion_words(&it.criterion, self.language).unwrap_or_default();
            format!("{words}: {text} ({})", it.citation)
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let used = |it: &&Answered| used_in(self.incident(), it, self.language);
        let from = met.iter().flat_map(used);
        Some((FieldState::Suggested, text, from.collect()))
    }

    /// What happened, for people who use the services: our own facts that are no secret to them.
    fn plainly(&self) -> Option<Filled> {
        const TOLD: [FactKind; 5] = [
            FactKind::Occurred,
            FactKind::Detected,
            FactKind::ServiceLost,
            FactKind::ServiceRestored,
            FactKind::Handled,
        ];
        let mut told: Vec<Standing<'_>> = self
            .facts()
            .filter(|fact| TOLD.contains(&fact.kind))
            .collect();
        told.sort_by_key(|fact| fact.at);
        let lines: Vec<String> = told
            .iter()
            .filter_map(|fact| {
                let words = super::words::happened(fact.kind, self.language)?;
                Some(format!("{}: {words}.", self.time(fact.at)))
            })
            .collect();
        if lines.is_empty() {
            return None;
        }
        let from = told.iter().map(|fact| self.source_of(*fact)).collect();
        Some((FieldState::Suggested, lines.join("\n"), from))
    }

    /// From when until when a service did not work.
    fn outage(&self) -> Option<Filled> {
        let lost = self.first(FactKind::ServiceLost)?;
        let mut from = vec![self.source_of(lost)];
        let since = self.time(lost.at);
        let restored = self.last(FactKind::ServiceRestored);
        let text = match restored.filter(|it| it.at >= lost.at) {
            Some(restored) => {
                from.push(self.source_of(restored));
                let until = self.time(restored.at);
                match self.language {
                    Language::Sv => format!("Tjänsten fungerade inte från {since} till {until}."),
                    Language::En => format!("The service did not work from {since} to {until}."),
                }
            }
            None => match self.language {
                Language::Sv => format!("Tjänsten har inte fungerat sedan {since}."),
                Language::En => format!("The service has not worked since {since}."),
            },
        };
        Some((FieldState::Suggested, text, from))
    }
}

fn criterion_words(id: &str, language: Language) -> Option<&'static str> {
    let criterion = Criteria::embedded().criterion(id)?;
    Some(say(language, &criterion.sv, &criterion.en))
}

/// What a criterion is answered from, with the facts and events that this names.
pub(crate) fn used_in(incident: &IncidentDetail, it: &Answered, language: Language) -> Vec<Source> {
    let mut from = Vec::new();
    for used in &it.from {
        from.push(source(
            "criterion",
            Some(it.criterion.clone()),
            used_words(used, language),
        ));
        from.extend(cited(incident, &used.answer.source));
    }
    from
}

/// `Users of the service in the Union: 400 (vakt, the service map)`
pub(crate) fn used_words(used: &Used, language: Language) -> String {
    let known = Criteria::embedded().input(&used.input);
    let question = known.map_or(used.input.as_str(), |input| input.question(language));
    let mark = if question.ends_with('?') { "" } else { ":" };
    let value = match (used.answer.value, known.map(|input| input.kind)) {
        (AnswerValue::YesNo(true), _) => say(language, "ja", "yes").to_owned(),
        (AnswerValue::YesNo(false), _) => say(language, "nej", "no").to_owned(),
        (AnswerValue::Quantity(quantity), Some(InputKind::Duration)) => quantity.as_duration(),
        (AnswerValue::Quantity(quantity), _) => grouped(&quantity.to_string(), language),
    };
    let Answer { by, source, .. } = &used.answer;
    let source = match (by.as_str(), source.as_str()) {
        (DAEMON, SERVICE_MAP) => say(language, "tjänstekartan", SERVICE_MAP),
        (DAEMON, CONFIGURATION) => say(language, "konfigurationen", CONFIGURATION),
        (DAEMON, _) => say(language, "uppmätt", "measured"),
        (_, source) => source,
    };
    let by = [by.as_str(), source]
        .into_iter()
        .filter(|it| !it.is_empty());
    let by: Vec<&str> = by.collect();
    format!("{question}{mark} {value} ({})", by.join(", "))
}

/// One text after the other.
fn joined(first: Option<Filled>, second: Option<Filled>) -> Option<Filled> {
    match (first, second) {
        (Some((state, mut text, mut from)), Some((_, more, also))) => {
            text.push('\n');
            text.push_str(&more);
            from.extend(also);
            Some((state, text, from))
        }
        (first, second) => first.or(second),
    }
}

fn suggested((text, from): (String, Vec<Source>)) -> Filled {
    (FieldState::Suggested, text, from)
}
