//! A daemon of a few vectors, and the API in front of it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use vakt_api::access::NewUser;
use vakt_api::backend::{
    AttachedFile, CoverageBackend, DocumentsBackend, FiguresBackend, FiguresRequest, FollowStep,
    Follower, HealthView, Hunt, HuntBackend, HuntEnd, HuntFailure, HuntRequest, HuntRule,
    IncidentBackend, IncidentFailure, ItemPage, ListRequest, NewErasure, NewFact, NewIncident,
    NewReport, NewText, OutputsBackend, Readiness, RegisterRequest, Rendered, ReportFrom,
    ReportRequest, ReportsBackend, RuleList, RulesView, SearchAnswer, SearchBackend, SearchFailure,
    SearchRequest, SearchTable, SentFile, Sight, SignificanceBackend, SourcesView, StorageBackend,
    StorageFailure, TasksRequest, Tense, TriageBackend, TriageRequest, WorkBackend,
};
use vakt_api::searches::KEPT;
use vakt_api::{
    Access, Api, HttpListener, Limits, ListenerPolicy, Parts, Principal, Role, Searches, Site,
};
use vakt_event::clock::SystemClock;
use vakt_event::{Batch, Frame, Source, Timestamp};
use vakt_ingest::intake::{Accepted, Intake, Refused, Reply};

/// What reached the journal, and what it says to more.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) frames: Mutex<Vec<(Arc<Source>, Frame)>>,
    /// Batches that are still taken; `None` is no limit.
    pub(crate) batches_left: Mutex<Option<usize>>,
    /// Why no more are taken; `Busy` where a test says nothing.
    pub(crate) refusal: Mutex<Option<Refused>>,
    pub(crate) searches: Mutex<Vec<SearchRequest>>,
    /// The names of the fields that events have.
    pub(crate) field_names: Mutex<Vec<String>>,
    pub(crate) hunts: Mutex<Vec<HuntRequest>>,
    /// What the next searches find, in their order, where a test wants others than one hit.
    pub(crate) answers: Mutex<VecDeque<SearchAnswer>>,
    /// Searches that ended because nobody waited for them any more.
    pub(crate) cancelled: AtomicUsize,
    pub(crate) facts: Mutex<Vec<(NewFact, Principal)>>,
    pub(crate) opened: Mutex<Vec<NewIncident>>,
    /// What was written into reports, and by whom.
    pub(crate) texts: Mutex<Vec<(NewText, String)>>,
    /// What was answered or signed, and by whom.
    pub(crate) answered: Mutex<Vec<(Value, String)>>,
    /// The incidents, newest first, where a test wants others than [`incident`].
    pub(crate) incidents: Mutex<Vec<Value>>,
    pub(crate) tasks: Mutex<Vec<Value>>,
    /// Whether anybody at all may report.
    pub(crate) anonymous: AtomicBool,
    /// What was reported, and by whom.
    pub(crate) reports: Mutex<Vec<(NewReport, ReportFrom)>>,
    pub(crate) not_ready: Mutex<Vec<String>>,
    pub(crate) notes: Mutex<Vec<String>>,
    /// Sources that were heard; none at first.
    pub(crate) sources: Mutex<Vec<Value>>,
}

impl Fake {
    pub(crate) fn lines(&self) -> Vec<String> {
        let frames = self.frames.lock().unwrap();
        frames
            .iter()
            .map(|(_, frame)| String::from_utf8_lossy(&frame.bytes).into_owned())
            .collect()
    }
}

impl Intake for Fake {
    fn submit(&self, batch: Batch, done: Box<dyn FnOnce(Reply) + Send>) {
        let mut left = self.batches_left.lock().unwrap();
        match left.as_mut() {
            Some(0) => {
                let refusal = self.refusal.lock().unwrap().clone();
                return done(Err(refusal.unwrap_or(Refused::Busy)));
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let accepted = Accepted {
            stored: batch.frames.len(),
            repeated: 0,
        };
        let source = &batch.source;
        let frames = batch.frames.into_iter();
        self.frames
            .lock()
            .unwrap()
            .extend(frames.map(|frame| (Arc::clone(source), frame)));
        done(Ok(accepted));
    }

    fn bytes_in_flight(&self) -> usize {
        0
    }
}

impl Fake {
    fn until_cancelled(&self, request: &SearchRequest) -> SearchFailure {
        let flag = request.cancelled.as_ref().unwrap();
        while !flag.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        SearchFailure::Unavailable("the search was cancelled".into())
    }
}

/// A page of so many hits of a kilobyte; after 6,000 the time is over.
fn many(request: &SearchRequest, count: usize) -> Result<SearchAnswer, SearchFailure> {
    let from: usize = request.cursor.as_ref().map_or(0, |at| at.parse().unwrap());
    if from >= 6_000 && count == 10_000 {
        return Err(SearchFailure::Unavailable("the time is over".into()));
    }
    let page = request.limit.min(request.page.unwrap_or(usize::MAX));
    let to = count.min(from.saturating_add(page));
    let hit = |id: usize| json!({"event.id": id.to_string(), "message": "m".repeat(1_000)});
    let hits = (from..to).map(|id| hit(id).as_object().unwrap().clone());
    Ok(SearchAnswer {
        hits: hits.collect(),
        total: count as u64,
        next: (to < count).then(|| to.to_string()),
        ..SearchAnswer::default()
    })
}

fn table() -> SearchAnswer {
    SearchAnswer {
        table: Some(SearchTable {
            columns: vec!["host.name".into(), "count".into()],
            rows: vec![vec!["web1".into(), 3.into()], vec![Value::Null, 1.into()]],
            cut: vec!["There are more groups.".to_owned()],
        }),
        total: 4,
        ..SearchAnswer::default()
    }
}

impl SearchBackend for Fake {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchFailure> {
        self.searches.lock().unwrap().push(request.clone());
        if request.query == "(" {
            return Err(SearchFailure::Query {
                position: 1,
                message: "character 2: the query ends where a word was expected".into(),
                help: "close the bracket".into(),
            });
        }
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            return Ok(answer);
        }
        if let Some(count) = request.query.strip_prefix("many ") {
            return many(request, count.parse().unwrap());
        }
        if request.query == "watched" {
            let progress = request.progress.as_ref().unwrap();
            progress.read.store(2, Ordering::Relaxed);
            progress.covered.store(4, Ordering::Relaxed);
            progress.of.store(10, Ordering::Relaxed);
            progress.behind.store(3, Ordering::Relaxed);
            // Until the client has heard of it.
            std::thread::sleep(Duration::from_millis(1_200));
        }
        if request.query == "slow" {
            return Err(self.until_cancelled(request));
        }
        if request.query == "* | stats count by host.name" {
            return Ok(table());
        }
        let hit = json!({"@timestamp": "2026-11-24T09:30:00Z", "message": "<script>alert(1)</script>", "event.id": "7"});
        Ok(SearchAnswer {
            hits: vec![hit.as_object().unwrap().clone()],
            total: 1,
            ..SearchAnswer::default()
        })
    }

    fn field_names(
        &self,
        _streams: Option<&[String]>,
        _since: Option<Timestamp>,
        _until: Option<Timestamp>,
    ) -> Result<Vec<String>, SearchFailure> {
        Ok(self.field_names.lock().unwrap().clone())
    }

    fn follow(
        &self,
        request: &SearchRequest,
        from: Option<u64>,
    ) -> Result<Box<dyn Follower>, SearchFailure> {
        self.searches.lock().unwrap().push(request.clone());
        if request.query == "(" {
            return Err(SearchFailure::Query {
                position: 1,
                message: "character 2: the query ends where a word was expected".into(),
                help: "close the bracket".into(),
            });
        }
        Ok(Box::new(Three(from.unwrap_or(100))))
    }
}

/// Gives three events, one a step, and then nothing more.
struct Three(u64);

impl Follower for Three {
    fn step(&mut self) -> Result<FollowStep, SearchFailure> {
        let is_last = self.0 % 100 == 30;
        let mut hits = Vec::new();
        if !is_last {
            let hit = json!({"event.id": self.0.to_string()});
            hits.push(hit.as_object().unwrap().clone());
            self.0 += 10;
        }
        Ok(FollowStep {
            hits,
            next: self.0,
            is_last,
        })
    }
}

impl HuntBackend for Fake {
    fn hunt(&self, request: &HuntRequest) -> Result<Box<dyn Hunt>, HuntFailure> {
        self.hunts.lock().unwrap().push(request.clone());
        match &request.rule {
            HuntRule::Text { text, path } if text == "broken" => {
                Err(HuntFailure::Rule(vec![format!(
                    "{path}:1:1: error[unknown-key]: broken\n"
                )]))
            }
            HuntRule::Loaded(name) if name == "nothing" => {
                Err(HuntFailure::Unknown("no rule is called nothing".to_owned()))
            }
            HuntRule::Loaded(name) => Ok(Box::new(FakeHunt(name.clone()))),
            HuntRule::Text { .. } => Ok(Box::new(FakeHunt("of a text".to_owned()))),
        }
    }
}

/// Finds two events; `slow` goes on until nobody waits for it.
struct FakeHunt(String);

impl Hunt for FakeHunt {
    fn subject(&self) -> String {
        format!("the rule {}", self.0)
    }

    fn run(
        self: Box<Self>,
        cancelled: &Arc<AtomicBool>,
        send: &mut dyn FnMut(String) -> bool,
    ) -> HuntEnd {
        let mut matches = 0;
        for number in 0..2 {
            matches += u64::from(send(
                json!({"event": {"id": number.to_string()}}).to_string() + "\n",
            ));
        }
        while self.0 == "slow" && !cancelled.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        send(json!({"vakt.end": {"matches": matches}}).to_string() + "\n");
        HuntEnd {
            outcome: "done",
            matches,
        }
    }
}

pub(crate) fn incident() -> Value {
    json!({
        "id": "inc-1", "number": 1, "title": "Login after failures <b>", "state": "draft", "party": "own", "drill": true,
        "clocks": [
            {"regime": "nis2-se", "stage": "early_warning", "party": "own", "state": "provisional",
             "start": "2026-11-24T09:30:00Z", "due": "2026-11-25T09:30:00Z", "nominal_date": null, "statutory_latest_date": null},
            {"regime": "nis2-se", "stage": "final", "party": "own", "state": "projected",
             "start": null, "due": null, "nominal_date": null, "statutory_latest_date": null}],
        "facts": [
            {"id": 1, "fact": "detected", "at": "2026-11-24T09:30:00Z", "recorded_at": "2026-11-24T09:30:01Z",
             "recorded_by": "vakt", "by": "vakt", "party": "own"}],
        "reports": [
            {"regime": "nis2-se", "stage": "early_warning", "term": "upplysning", "form": true},
            {"regime": "nis2-se", "stage": "final", "term": "slutrapport", "form": true}],
        "waiting": [{"fact": 9, "proposed_by": "bo", "what": "awareness was later"}],
        "history": [], "revision": 17,
        "evidence": [{
            "id": "4", "original": "{\"message\":\"Failed password for root\"}", "hash": "7e81",
            "claimed": "2026-11-24T09:29:00Z", "received": "2026-11-24T09:30:00Z",
            "fields": {"host.name": "web1", "process.name": "sshd", "message": "Failed password for root"}
        }]
    })
}

/// An incident of which a customer is affected, who is owed two notices.
pub(crate) fn incident_of_two_parties() -> Value {
    let mut incident = incident();
    let at = "2026-11-24T09:30:00Z";
    let notice = |regime: &str, party: &str, start: &str| {
        json!({"regime": regime, "stage": "notice", "party": party, "state": "running", "start": start,
            "due": "2026-11-25T12:00:00Z", "nominal_date": null, "statutory_latest_date": null})
    };
    incident["id"] = "inc-2".into();
    incident["time_zone"] = "Europe/Stockholm".into();
    incident["warnings"] = json!(["awareness lies before detection, at 2026-11-24T09:30:00Z"]);
    incident["facts"] = json!([
        {"id": 1, "fact": "customer_affected", "at": at, "recorded_by": "anna", "by": "anna", "party": "acme"},
        {"id": 2, "fact": "service_lost", "at": at, "recorded_by": "anna", "by": "anna", "party": "own"},
        {"id": 3, "fact": "aware", "at": at, "recorded_by": "anna", "by": "anna", "party": "own"}]);
    incident["clocks"] = json!([
        notice("contract", "own", at),
        notice("contract", "acme", at)
    ]);
    incident["reports"] = json!([
        {"regime": "nis2-se", "stage": "early_warning", "term": "upplysning", "form": true, "start": "aware"},
        {"regime": "contract", "stage": "notice", "term": null, "form": true, "start": "aware", "each_customer": true},
        {"regime": "gdpr-processor", "stage": "controller", "term": null, "form": true, "start": "aware_pdb",
         "each_customer": true}]);
    let mut earlier = notice("contract", "own", "2026-11-24T10:00:00Z");
    earlier["state"] = "superseded".into();
    earlier["regimes_version"] = "2025-01-01".into();
    incident["history"] = json!([earlier]);
    incident
}

impl OutputsBackend for Fake {
    fn outputs(&self, _: Option<&[String]>) -> Result<Vec<Value>, String> {
        Ok(vec![serde_json::json!({"id": "mail"})])
    }

    fn test(&self, output: Option<&str>) -> Option<Vec<Value>> {
        let result = serde_json::json!({"output": "mail", "delivered": true, "error": null});
        output
            .is_none_or(|name| name == "mail")
            .then(|| vec![result])
    }
}

impl IncidentBackend for Fake {
    fn calendar(&self, id: Option<&str>, sight: &Sight) -> Result<String, IncidentFailure> {
        Ok(format!("BEGIN:VCALENDAR {id:?} {:?}", sight.streams))
    }

    fn incidents(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure> {
        let all = self.incidents.lock().unwrap();
        if !all.is_empty() {
            let from: usize = request.cursor.as_ref().map_or(0, |at| at.parse().unwrap());
            let to = all.len().min(from + request.limit);
            return Ok(ItemPage {
                items: all[from..to].to_vec(),
                next: (to < all.len()).then(|| to.to_string()),
            });
        }
        Ok(ItemPage {
            items: vec![incident()],
            next: None,
        })
    }

    fn incident(&self, id: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        let listed = self.incidents.lock().unwrap();
        if let Some(found) = listed.iter().find(|it| it["id"] == id) {
            return Ok(found.clone());
        }
        match id {
            "inc-1" => Ok(incident()),
            "inc-2" => Ok(incident_of_two_parties()),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn open(&self, new: &NewIncident, _: &Principal) -> Result<Value, IncidentFailure> {
        self.opened.lock().unwrap().push(new.clone());
        Ok(incident())
    }

    fn add_fact(&self, id: &str, fact: &NewFact, by: &Principal) -> Result<Value, IncidentFailure> {
        if fact
            .rest
            .get("expected_revision")
            .is_some_and(|it| *it != 17)
        {
            return Err(IncidentFailure::Changed {
                message: format!("Incident {id} has changed: its revision is 17"),
            });
        }
        self.facts.lock().unwrap().push((fact.clone(), by.clone()));
        match id {
            "inc-2" => Ok(incident_of_two_parties()),
            _ => Ok(incident()),
        }
    }

    fn preview_fact(&self, id: &str, _: &NewFact, _: &Principal) -> Result<Value, IncidentFailure> {
        match id {
            "inc-2" => Ok(incident_of_two_parties()),
            _ => Ok(incident()),
        }
    }

    fn split(
        &self,
        _: &str,
        body: &Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        match body.get("expected_revision") {
            Some(revision) if *revision != 17 => Err(IncidentFailure::Changed {
                message: format!("it is 17, not {revision}"),
            }),
            _ => Ok(incident()),
        }
    }

    fn alerts(&self, _: &ListRequest) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage {
            items: vec![
                json!({"id": "a1", "rule": {"id": "r", "title": "SSH brute force", "level": "high"}, "event_count": 3}),
            ],
            next: None,
        })
    }

    fn form(&self, id: &str, report: &ReportRequest, _: &Sight) -> Result<Value, IncidentFailure> {
        match id {
            "inc-1" => Ok(form(report)),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn write_report(
        &self,
        _: &str,
        report: &ReportRequest,
        texts: &[NewText],
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        if texts.iter().any(|new| new.version != 3) {
            return Err(IncidentFailure::Changed {
                message: "the text was changed by bo in the meantime".into(),
            });
        }
        let mut written = self.texts.lock().unwrap();
        written.extend(texts.iter().map(|new| (new.clone(), by.name.clone())));
        Ok(form(report))
    }

    fn why(&self, id: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        match id {
            "inc-1" | "inc-2" | "inc-9" => Ok(json!({"rules": [{
                "rule.id": "r", "rule.name": "SSH brute force", "loaded": true,
                "asks": ["SSH brute force: events >= 5 within 60 s"], "inputs": [], "event_count": 1,
                "events": [{"id": "7", "rule.name": "SSH login failed", "matched": [{"field": "user.name", "value": "<root>"}]}],
            }]})),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn instant(
        &self,
        _: &str,
        words: &str,
        _: Tense,
        _: &Sight,
    ) -> Result<Timestamp, IncidentFailure> {
        let words = match words {
            "now" => "2026-11-24T09:30:07.5Z",
            words => words,
        };
        words.parse().map_err(|_| IncidentFailure::Invalid {
            message: format!("{words:?} is no time"),
            help: "write 03:05".into(),
        })
    }
}

fn form(report: &ReportRequest) -> Value {
    json!({
        "regime": report.regime, "stage": report.stage, "party": "own", "language": "sv",
        "term": "upplysning", "citation": "2 kap. 5 §", "missing": ["contact"],
        "cautions": [{"text": "Lämna inga uppgifter <här>.", "english": "Hand over nothing."}],
        "fields": [
            {"name": "contact", "label": "Kontakt", "english": "Contact", "required": true,
             "state": "empty", "text": "", "from": [], "version": 0},
            {"name": "course_of_events", "label": "Händelseförlopp", "required": true,
             "state": "suggested", "text": "Rad ett\nRad <två>", "version": 3,
             "from": [{"kind": "fact", "id": "1", "text": "detected, vakt"}]},
        ],
    })
}

impl SignificanceBackend for Fake {
    fn significance(
        &self,
        id: &str,
        party: Option<&str>,
        _: &Sight,
    ) -> Result<Value, IncidentFailure> {
        match id {
            "gone" => Err(IncidentFailure::NotFound),
            _ => Ok(significance(party)),
        }
    }

    fn answer(
        &self,
        _: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        if body["expected_revision"] == 1 {
            return Err(IncidentFailure::Conflict {
                message: "somebody else answered".into(),
                help: String::new(),
            });
        }
        let mut answered = self.answered.lock().unwrap();
        answered.push((body.into(), by.name.clone()));
        Ok(significance(None))
    }

    fn services(&self, sight: &Sight) -> Result<Vec<Value>, IncidentFailure> {
        Ok(vec![
            json!({"name": "portal", "streams": sight.streams, "outages": []}),
        ])
    }

    fn recurring(&self, _: &Sight) -> Result<Value, IncidentFailure> {
        Ok(json!({
            "quarter": "2026-Q3", "reviewed": false, "review_by": "2026-10-14T22:00:00Z",
            "without_cause": [],
            "causes": [{"root_cause": "Old <TLS>", "outcome": "met", "loss_eur": "500001",
                "recurring": "i9", "members": [
                    {"id": "i1", "number": 1, "title": "One", "day": "2026-08-01", "loss_eur": "300000"},
                    {"id": "i2", "number": 2, "title": "Two", "day": "2026-09-01", "loss_eur": "200001"}]}],
        }))
    }

    fn quarter_reviews(
        &self,
        limit: usize,
        cursor: Option<&str>,
        _: &Sight,
    ) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage {
            items: vec![json!({"id": "q1", "quarter": "2026-Q2", "asked": [limit, cursor]})],
            next: None,
        })
    }

    fn review_quarter(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        let mut answered = self.answered.lock().unwrap();
        answered.push((body.into(), by.name.clone()));
        Ok(json!({"id": "q2"}))
    }
}

/// A draft of an outage that has met a criterion.
fn significance(party: Option<&str>) -> Value {
    json!({
        "incident": "i1", "party": party.unwrap_or("own"), "revision": 7, "outcome": "met",
        "version": "2026-11-29", "state": "draft", "members": [], "recurring": null,
        "root_cause": {"value": "Old <TLS>", "source": "estimate", "recorded_by": "anna",
            "recorded_at": "2026-11-24T20:30:00Z"},
        "met": [{"fact": 3, "at": "2026-11-24T20:00:00.000001Z", "criterion": "MSP-a",
            "service": "portal", "recorded_by": "vakt"}],
        "criteria": [
            {"criterion": "MSP-a", "citation": "Art. 10(a)", "service": "portal", "outcome": "met",
             "en": "Complete unavailability", "sv": "Helt otillgänglig", "missing": [],
             "compared": [{"input": "unavailable_for", "than": "more", "value": "2700",
                 "limit": "1800", "of": "fixed"}],
             "from": [{"input": "unavailable_for", "value": "2700", "by": "vakt", "source": "outage"}]},
            {"criterion": "H-c", "citation": "Art. 3(1)(c)", "outcome": "open", "en": "Death",
             "sv": "Dödsfall", "missing": ["death"], "compared": [], "from": []},
        ],
        "questions": [
            {"input": "death", "type": "yes_no", "service": "", "needed": true,
             "en": "Has a person died?", "sv": "Har någon avlidit?", "answer": null, "written": null},
            {"input": "users_limited", "type": "number", "service": "portal", "needed": false,
             "en": "Users whose use was limited", "sv": "Användare med begränsad tillgång",
             "answer": {"value": "21", "by": "bo", "source": "fact 2", "at": "2026-11-24T20:20:00Z"},
             "written": {"value": "21", "source": "fact 2", "recorded_by": "bo"}},
        ],
        "services": [{"name": "portal", "looked_at_as": ["msp"], "users_eu": "400",
            "customers": ["Acme"], "countries": [], "outages": [
                {"kind": "complete", "from": "2026-11-24T19:30:00Z", "until": null,
                 "began_by": "event 1 of rule r", "ended_by": null,
                 "counted": {"whole": "2700", "overrun": "1800"},
                 "timers": [{"criterion": "MSP-a", "at": "2026-11-24T20:00:00.000001Z",
                     "at_by_overrun": "2026-11-24T20:15:00.000001Z", "outcome": "met",
                     "missing": []}]}]}],
    })
}

impl FiguresBackend for Fake {
    fn figures(&self, request: &FiguresRequest) -> Result<Value, IncidentFailure> {
        Ok(json!({
            "period": {"name": request.period, "is_over": true},
            "streams": request.sight.streams,
        }))
    }

    fn figures_csv(&self, figures: &Value) -> String {
        format!(
            "period\r\n{}\r\n",
            figures["period"]["name"].as_str().unwrap_or_default()
        )
    }

    fn register(&self, request: &RegisterRequest) -> Result<ItemPage, IncidentFailure> {
        // Two pages of one.
        let (number, next) = match request.cursor {
            None => (2, Some("1".to_owned())),
            Some(_) => (1, None),
        };
        Ok(ItemPage {
            items: vec![json!({"id": "a", "number": number, "title": "<b>lost</b>"})],
            next,
        })
    }

    fn register_csv(&self, breaches: &[Value]) -> String {
        breaches
            .iter()
            .map(|it| format!("{}\r\n", it["number"]))
            .collect()
    }

    fn write_register(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": id, "recorded_by": by.name, "facts": body.get("facts")}))
    }
}

impl CoverageBackend for Fake {
    fn coverage(&self, asset: Option<&str>, _: &Sight) -> Result<Value, IncidentFailure> {
        match asset {
            None | Some("web") => Ok(json!({"hash": "h", "assets": [{"asset": "<i>web</i>"}]})),
            Some(_) => Err(IncidentFailure::NotFound),
        }
    }

    fn coverage_csv(&self, _: &Value) -> String {
        "asset\r\n".to_owned()
    }

    fn reasons(&self, _: usize, _: Option<String>, _: &Sight) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage::default())
    }

    fn add_reason(
        &self,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(Value::Object(body))
    }

    fn end_reason(&self, id: &str, reason: &str, _: &Principal) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": id, "end_reason": reason}))
    }

    fn sign(&self, body: Map<String, Value>, by: &Principal) -> Result<Value, IncidentFailure> {
        match body.get("hash").and_then(Value::as_str) {
            Some("h") => Ok(json!({"hash": "h", "recorded_by": by.name})),
            _ => Err(IncidentFailure::Conflict {
                message: "the matrix is another one".to_owned(),
                help: String::new(),
            }),
        }
    }
}

/// One document of one incident; what is asked comes back.
impl DocumentsBackend for Fake {
    fn documents(
        &self,
        id: &str,
        limit: usize,
        cursor: Option<&str>,
        _: &Sight,
    ) -> Result<Value, IncidentFailure> {
        match id {
            "i1" => Ok(json!({"documents": [], "next": null, "asked": [limit, cursor]})),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn preview(
        &self,
        _: &str,
        report: &ReportRequest,
        language: Option<&str>,
        format: &str,
        _: &Sight,
    ) -> Result<Rendered, IncidentFailure> {
        Ok(Rendered {
            name: format!("{}.{format}", report.stage),
            media_type: "text/html; charset=utf-8",
            bytes: format!("<p>{language:?}").into_bytes(),
            style: Some("sha256-x".to_owned()),
        })
    }

    fn keep(
        &self,
        _: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"asked": body, "by": by.name}))
    }

    fn approve(
        &self,
        _: &str,
        document: i64,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        match document {
            1 => Ok(json!({"id": 1, "asked": body})),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn submit(
        &self,
        id: &str,
        document: i64,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        self.approve(id, document, body, by)
    }

    fn keep_file(
        &self,
        _: &str,
        role: &str,
        name: &str,
        bytes: &[u8],
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"role": role, "name": name, "bytes": bytes.len()}))
    }

    fn file(&self, _: &str, _: i64, _: &Sight) -> Result<Rendered, IncidentFailure> {
        Ok(Rendered {
            name: "kvitto\"\n.pdf".to_owned(),
            media_type: "application/octet-stream",
            bytes: b"%PDF".to_vec(),
            style: None,
        })
    }

    fn document_file(
        &self,
        id: &str,
        document: i64,
        _: &str,
        sight: &Sight,
    ) -> Result<Rendered, IncidentFailure> {
        self.file(id, document, sight)
    }

    fn mark(
        &self,
        _: &str,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(Value::Object(body))
    }

    fn include(
        &self,
        _: &str,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(Value::Object(body))
    }

    fn stix(&self, _: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        Ok(json!({"type": "bundle"}))
    }

    fn package(&self, id: &str, sight: &Sight) -> Result<Rendered, IncidentFailure> {
        self.file(id, 1, sight)
    }
}

impl TriageBackend for Fake {
    fn suppressions(&self, request: &TriageRequest) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage {
            items: vec![json!({"id": "s1", "asked": format!("{request:?}")})],
            next: None,
        })
    }

    fn suppression(&self, id: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        match id {
            "s1" => Ok(json!({"id": "s1", "alerts": []})),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn preview_suppression(
        &self,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"digest": "d", "asked": body}))
    }

    fn add_suppression(
        &self,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": "s1", "author": by.name, "asked": body}))
    }

    fn end_suppression(
        &self,
        id: &str,
        reason: &str,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        match id {
            "s1" => Ok(json!({"id": id, "end_reason": reason, "ended_by": by.name})),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn windows(&self, _: &TriageRequest) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage::default())
    }

    fn add_window(
        &self,
        body: Map<String, Value>,
        _: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": "w1", "asked": body}))
    }

    fn end_window(&self, _: &str, _: &str, _: &Principal) -> Result<Value, IncidentFailure> {
        Err(IncidentFailure::NotFound)
    }

    fn risk(&self, limit: usize, _: &Sight) -> Result<Vec<Value>, IncidentFailure> {
        Ok(vec![json!({"entity": "eve", "limit": limit})])
    }
}

fn asked(id: &str, body: &Map<String, Value>, by: &Principal) -> Result<Value, IncidentFailure> {
    Ok(json!({"id": id, "asked": body, "by": by.name}))
}

impl WorkBackend for Fake {
    fn tasks(&self, request: &TasksRequest) -> Result<ItemPage, IncidentFailure> {
        let items = self.tasks.lock().unwrap().clone();
        let owned = |task: &Value| {
            let owner = request.owner.as_deref();
            owner.is_none_or(|owner| task["owner"] == owner)
        };
        Ok(ItemPage {
            items: items.into_iter().filter(owned).collect(),
            next: None,
        })
    }

    fn work(&self, _: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        let tasks = self.tasks.lock().unwrap().clone();
        Ok(json!({"tasks": tasks, "notes": [], "attachments": [], "reports": [], "review": {}}))
    }

    fn response(&self, id: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        Ok(json!({ "incident": id }))
    }

    fn add_task(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        asked(id, &body, by)
    }

    fn change_task(
        &self,
        task: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        asked(task, &body, by)
    }

    fn add_note(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        asked(id, &body, by)
    }

    fn attach(&self, id: &str, file: SentFile, by: &Principal) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": id, "name": file.name, "bytes": file.bytes.len(), "by": by.name}))
    }

    fn attachment(&self, _: &str, hash: &str, _: &Sight) -> Result<AttachedFile, IncidentFailure> {
        match hash {
            "abc" => Ok(AttachedFile {
                name: "page.html".to_owned(),
                bytes: b"<script>alert(1)</script>".to_vec(),
                sha256: "ff".to_owned(),
            }),
            _ => Err(IncidentFailure::NotFound),
        }
    }

    fn review(&self, _: &str, _: &Sight) -> Result<Value, IncidentFailure> {
        Ok(json!({"version": 0, "missing": [], "actions": [], "signed": null}))
    }

    fn write_review(
        &self,
        id: &str,
        body: Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        asked(id, &body, by)
    }

    fn sign_review(
        &self,
        id: &str,
        version: i64,
        by: &Principal,
    ) -> Result<Value, IncidentFailure> {
        Ok(json!({"id": id, "version": version, "by": by.name, "warnings": []}))
    }

    fn missing_reviews(
        &self,
        year: Option<i16>,
        _: &TasksRequest,
    ) -> Result<(i16, ItemPage), IncidentFailure> {
        Ok((year.unwrap_or(2026), ItemPage::default()))
    }
}

impl ReportsBackend for Fake {
    fn takes_anonymous(&self) -> bool {
        self.anonymous.load(Ordering::Relaxed)
    }

    fn organisation(&self) -> Option<String> {
        Some("Example AB".to_owned())
    }

    fn take(&self, new: NewReport, from: &ReportFrom) -> Result<Value, IncidentFailure> {
        if new.description.trim().is_empty() {
            return Err(IncidentFailure::Invalid {
                message: "`description` is missing".to_owned(),
                help: String::new(),
            });
        }
        self.reports.lock().unwrap().push((new, from.clone()));
        Ok(json!({"receipt": "R1", "received_at": "2026-11-29T12:00:00Z"}))
    }

    fn reports(&self, _: &TasksRequest) -> Result<ItemPage, IncidentFailure> {
        Ok(ItemPage::default())
    }
}

impl RulesView for Fake {
    fn rules(&self) -> RuleList {
        RuleList {
            rules: vec![json!({"id": "r", "title": "SSH brute force", "hits": 3})],
            matching: json!({"measured_events": 7}),
        }
    }
}

impl SourcesView for Fake {
    fn sources(&self, _: Option<&[String]>) -> Vec<Value> {
        self.sources.lock().unwrap().clone()
    }
}

impl StorageBackend for Fake {
    fn erase(&self, new: &NewErasure, by: &Principal) -> Result<Value, StorageFailure> {
        Ok(json!({"erased": format!("{new:?}"), "by": by.name}))
    }

    fn usage(&self, streams: Option<&[String]>) -> Result<Value, StorageFailure> {
        Ok(json!({"streams": streams}))
    }
}

impl HealthView for Fake {
    fn readiness(&self) -> Readiness {
        Readiness {
            reasons: self.not_ready.lock().unwrap().clone(),
            notes: self.notes.lock().unwrap().clone(),
        }
    }
}

/// A served API. It stops when this is dropped.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    pub(crate) fake: Arc<Fake>,
    pub(crate) access: Arc<Access>,
    pub(crate) admin: String,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) runtime: Option<tokio::runtime::Runtime>,
    pub(crate) serving: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    dir: tempfile::TempDir,
}

/// What a test may want otherwise.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) address: Option<&'static str>,
    pub(crate) policy: ListenerPolicy,
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<ArcSwap<rustls::ServerConfig>>>,
}

pub(crate) fn start() -> Daemon {
    start_with(Wanted::default())
}

pub(crate) fn start_with(wanted: Wanted) -> Daemon {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let access = Arc::new(Access::open(&dir.path().join("access.db"), clock.clone()).unwrap());
    let path = dir.path().join("searches.db");
    let searches = Arc::new(Searches::open(&path, clock.clone(), KEPT).unwrap());
    let admin = access.ensure_admin().unwrap().unwrap();
    let fake = Arc::new(Fake::default());
    let registry = prometheus::Registry::new();
    let parts = Parts {
        intake: fake.clone(),
        ingest_metrics: vakt_ingest::accounting::Metrics::register(&registry).unwrap(),
        search: fake.clone(),
        hunts: fake.clone(),
        incidents: fake.clone(),
        significance: fake.clone(),
        triage: fake.clone(),
        work: fake.clone(),
        documents: fake.clone(),
        reports: fake.clone(),
        figures: fake.clone(),
        coverage: fake.clone(),
        rules: fake.clone(),
        sources: fake.clone(),
        storage: fake.clone(),
        health: fake.clone(),
        outputs: fake.clone(),
        access: access.clone(),
        searches,
        registry,
        clock,
        site: Arc::new(ArcSwap::from_pointee(Site {
            organisation: None,
            zone: jiff::tz::TimeZone::UTC,
            streams: ["default", "a", "b"].map(str::to_owned).into(),
            syslog_address: Some("127.0.0.1:5514".into()),
        })),
        limits: wanted.limits,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let bind = wanted.address.unwrap_or("127.0.0.1:0");
    let socket = runtime
        .block_on(tokio::net::TcpListener::bind(bind))
        .unwrap();
    // A listener on all addresses is reached by loopback.
    let port = socket.local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = HttpListener {
        socket,
        tls: wanted.tls,
        policy: Arc::new(wanted.policy),
    };
    let (stop, stopped) = watch::channel(false);
    let api = Api::new(parts).unwrap();
    let serving = runtime.spawn(vakt_api::serve(
        listener,
        api,
        stopped,
        Duration::from_secs(5),
    ));
    Daemon {
        address,
        fake,
        access,
        admin: admin.reveal().to_owned(),
        stop,
        runtime: Some(runtime),
        serving: Some(serving),
        dir,
    }
}

impl Daemon {
    pub(crate) fn token(&self, name: &str, role: Role) -> String {
        let new = NewUser {
            name: name.into(),
            role,
            streams: None,
        };
        let token = self.access.add_user(&new, "admin").unwrap();
        token.secret.reveal().to_owned()
    }

    pub(crate) fn session(&self) -> String {
        let session = self.access.sign_in_by_token(&self.admin).unwrap().unwrap();
        session.reveal().to_owned()
    }

    pub(crate) fn request(
        &self,
        line: &str,
        headers: &[&str],
        body: &[u8],
    ) -> crate::client::Answer {
        crate::client::request(self.address, line, headers, body)
    }

    /// The file of the search log.
    pub(crate) fn record_path(&self) -> std::path::PathBuf {
        self.dir.path().join("searches.db")
    }

    /// Sends the head of a request with the administrator's token and gives the connection.
    pub(crate) fn open(&self, line: &str) -> std::net::TcpStream {
        self.open_with(line, &self.admin)
    }

    /// The same with a token of somebody's.
    pub(crate) fn open_with(&self, line: &str, token: &str) -> std::net::TcpStream {
        use std::io::Write as _;
        let mut stream = crate::client::connect(self.address);
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// With the administrator's token.
    pub(crate) fn admin(&self, line: &str, body: &str) -> crate::client::Answer {
        let bearer = format!("Authorization: Bearer {}", self.admin);
        self.request(line, &[&bearer], body.as_bytes())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
