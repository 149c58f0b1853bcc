//! What the API needs from the rest of Vakt, as traits of its own: the daemon implements them over
//! the index, the incident records and the pipeline, tests over a few vectors.
//!
//! All calls may block; the API makes them on blocking threads.

mod coverage;
mod documents;
mod figures;
mod reports;
mod significance;
mod triage;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use serde_json::{Map, Value};
use vakt_event::Timestamp;

use crate::access::Principal;

pub use coverage::CoverageBackend;
pub use documents::{DocumentsBackend, Rendered};
pub use figures::{FiguresBackend, FiguresRequest, RegisterRequest};
pub use reports::{NewReport, ReportFrom, ReportsBackend, SentFile};
pub use significance::SignificanceBackend;
pub use triage::{TriageBackend, TriageRequest};
pub use work::{AttachedFile, TasksRequest, WorkBackend};

/// In which order hits come, by the event's effective time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// What is searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Within {
    #[default]
    Events,
    /// What Vakt and people made of events, of these kinds.
    Records(Vec<RecordKind>),
}

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    Incident,
    Alert,
    /// A fact about an incident, with what a person wrote about it.
    Note,
}

impl RecordKind {
    pub const ALL: [Self; 3] = [Self::Incident, Self::Alert, Self::Note];

    pub fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Alert => "alert",
            Self::Note => "note",
        }
    }
}

/// What somebody sees of events, alerts and incidents. The default is no raw text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Only these streams; `None` is all of them, an empty list is none.
    pub streams: Option<Vec<String>>,
    /// Events as they were sent: `event.original`, and evidence that is not redacted.
    pub reads_raw: bool,
}

/// One search.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    pub within: Within,
    /// In the query language; empty means everything.
    pub query: String,
    /// Inclusive.
    pub since: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
    /// Only these streams; `None` is all of them, an empty list is none.
    pub streams: Option<Vec<String>>,
    /// Hits have `event.original`, and the query may name it; else a query that does is refused.
    pub reads_raw: bool,
    /// Most hits in the answer; 0 asks for the total only.
    pub limit: usize,
    /// Hits that the answer may have fewer of, where a cursor gives the rest.
    pub page: Option<usize>,
    pub order: Order,
    /// `next` of the answer before.
    pub cursor: Option<String>,
    /// How long to wait for events that were acknowledged and are not indexed yet; `None` is the
    /// backend's own patience.
    pub patience: Option<Duration>,
    /// The hits are enough: `total` need not count what cannot add to them.
    pub hits_only: bool,
    /// Set when nobody waits for the answer any more: the search then ends.
    pub cancelled: Option<Arc<AtomicBool>>,
    /// Kept up to date while the search runs.
    pub progress: Option<Arc<SearchProgress>>,
    /// A person reads the answer: where nothing is found it says what may be the reason.
    pub hints: bool,
}

/// How far a search is.
#[derive(Debug, Default)]
pub struct SearchProgress {
    /// Events that were read, because the index alone was not enough.
    pub read: AtomicU64,
    /// Events that are judged, whether they were read or not.
    pub covered: AtomicU64,
    /// Events that are to be judged.
    pub of: AtomicU64,
    /// Of them those that the index has not reached.
    pub behind: AtomicU64,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchAnswer {
    /// Flat events (`vakt_event::encode::to_flat_json` with `event.id`, `vakt.stream`, …), redacted
    /// as the configuration says.
    pub hits: Vec<Map<String, Value>>,
    /// All events that match, exactly.
    pub total: u64,
    /// The cursor of what follows.
    pub next: Option<String>,
    /// Events that were read to know whether they match.
    pub read: u64,
    /// Which hits are missing that no cursor gives, in sentences; empty where none are.
    pub cut: Vec<String>,
    /// How many hits a higher limit gives beyond these, where no cursor does.
    pub beyond_limit: usize,
    /// Why nothing may have been found, in sentences.
    pub hints: Vec<String>,
    /// What the stages of a query (`| stats count by user.name`) made of the events. There are no
    /// hits then.
    pub table: Option<SearchTable>,
}

impl SearchAnswer {
    /// Which hits are missing that no cursor gives, as whoever chose the limit reads it.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = self.cut.clone();
        if self.beyond_limit > 0 {
            missing.push(format!(
                "These are the first {} of {}: a higher limit gives more.",
                self.hits.len(),
                self.hits.len() + self.beyond_limit
            ));
        }
        missing
    }
}

/// A table that the stages of a query make.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchTable {
    pub columns: Vec<String>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// What is left out because a bound was met, in sentences; empty where nothing is.
    pub cut: Vec<String>,
}

/// Why a search was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchFailure {
    /// The query cannot be read; `position` counts characters from 0.
    Query {
        position: usize,
        message: String,
        help: String,
    },
    /// The query asks for what the person may not read.
    Forbidden {
        message: String,
        help: String,
    },
    /// The cursor is none of ours, or of another search.
    Cursor(String),
    /// It was not done by its deadline.
    OutOfTime(String),
    /// The index cannot answer now.
    Unavailable(String),
    Internal(String),
}

pub trait SearchBackend: Send + Sync {
    /// Finds everything whose acknowledgement was sent before this call.
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchFailure>;
    /// The names of the fields that events of these streams and times have, as far as the newest of them show;
    /// those of most events first. `None` is all streams; the times are as in [`SearchRequest`].
    fn field_names(
        &self,
        streams: Option<&[String]>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<String>, SearchFailure>;

    /// Gives what arrives and matches the request's query and streams, from the journal position
    /// `from` on; without one, from now on.
    fn follow(
        &self,
        request: &SearchRequest,
        from: Option<u64>,
    ) -> Result<Box<dyn Follower>, SearchFailure>;
}

/// Somebody who reads the journal as it grows.
pub trait Follower: Send {
    /// Reads a bounded part of what is new; waits for nothing.
    fn step(&mut self) -> Result<FollowStep, SearchFailure>;
}

/// What was new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FollowStep {
    /// As those of a search, in the order of their arrival.
    pub hits: Vec<Map<String, Value>>,
    /// The position that is read next.
    pub next: u64,
    /// There was no more.
    pub is_last: bool,
}

/// What a hunt looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HuntRule {
    /// The text of a rule file, and the name that diagnostics give it.
    Text { text: String, path: String },
    /// The id, name or title of a rule that is loaded.
    Loaded(String),
}

/// A rule over stored events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuntRequest {
    pub rule: HuntRule,
    /// As in [`SearchRequest`].
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub streams: Option<Vec<String>>,
    /// Most matches; the hunt ends with them.
    pub limit: u64,
}

/// Why nothing is hunted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HuntFailure {
    /// No rule that is loaded has this id, name or title.
    Unknown(String),
    /// What is wrong in the rule, each with its place.
    Rule(Vec<String>),
}

pub trait HuntBackend: Send + Sync {
    /// Understands the rule; looks at no event.
    fn hunt(&self, request: &HuntRequest) -> Result<Box<dyn Hunt>, HuntFailure>;
}

/// A hunt that has not begun.
pub trait Hunt: Send {
    /// Which rules it hunts for, for the search log.
    fn subject(&self) -> String;

    /// Hunts on the calling thread, which it may give a priority of its own. `send` is given lines of
    /// NDJSON, the summary last, and answers whether anybody takes them.
    fn run(
        self: Box<Self>,
        cancelled: &Arc<AtomicBool>,
        send: &mut dyn FnMut(String) -> bool,
    ) -> HuntEnd;
}

/// How a hunt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuntEnd {
    /// For the search log.
    pub outcome: &'static str,
    pub matches: u64,
}

/// A page of a list of alerts or incidents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// Most items; at least 1.
    pub limit: usize,
    /// `next` of the answer before.
    pub cursor: Option<String>,
    /// Only in this state: of an incident `draft`, `open`, …; `open` of incidents also stands for
    /// every state in which a clock may still run.
    pub state: Option<String>,
    /// Only exercises, or only what is none; `None` is both.
    pub drill: Option<bool>,
    pub sight: Sight,
}

/// Items, newest first, each an object with `id`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemPage {
    pub items: Vec<Value>,
    pub next: Option<String>,
}

/// An incident that a person opens by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncident {
    pub title: String,
    pub detected_at: Timestamp,
    /// Ids of regimes; empty means the configured ones.
    pub regimes: Vec<String>,
    pub party: String,
    /// The other members of the body, as they came.
    pub rest: Map<String, Value>,
}

/// A fact that a person records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFact {
    /// `aware`, `dismissed`, `submitted`, …
    pub fact: String,
    pub at: Timestamp,
    /// Who did or knew it, as claimed; the principal is stored beside it.
    pub by: String,
    pub reason: Option<String>,
    /// `None` is the party of the incident, or of the fact that this one refers to.
    pub party: Option<String>,
    /// The stage of a `submitted`.
    pub report: Option<String>,
    pub reference: Option<String>,
    /// The other members of the body, as they came.
    pub rest: Map<String, Value>,
}

impl NewIncident {
    /// The whole as one JSON object, defaults filled in: what a body would hold that says all.
    pub fn to_body(&self) -> Map<String, Value> {
        let mut body = self.rest.clone();
        body.insert("title".into(), self.title.clone().into());
        body.insert("detected_at".into(), self.detected_at.to_string().into());
        body.insert("regimes".into(), self.regimes.clone().into());
        body.insert("party".into(), self.party.clone().into());
        body
    }
}

impl NewFact {
    /// The whole as one JSON object, defaults filled in, absent members left out.
    pub fn to_body(&self) -> Map<String, Value> {
        let mut body = self.rest.clone();
        let given = [
            ("fact", Some(&self.fact)),
            ("by", Some(&self.by)),
            ("party", self.party.as_ref()),
            ("reason", self.reason.as_ref()),
            ("report", self.report.as_ref()),
            ("reference", self.reference.as_ref()),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                body.insert(name.into(), value.clone().into());
            }
        }
        body.insert("at".into(), self.at.to_string().into());
        body
    }
}

/// Which report of an incident is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// `None` is the first regime of the incident that has the report.
    pub regime: Option<String>,
    pub stage: String,
    /// `None` is the party of the incident.
    pub party: Option<String>,
}

/// Whether a time is of what has happened: shortly after midnight, `23:10` is yesterday's then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tense {
    Past,
    Any,
}

/// What a person writes into a field of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewText {
    pub field: String,
    /// Blank takes back what was written: the field is filled from the record again.
    pub text: String,
    /// The version that it was written beside, 0 for none; another one is a conflict.
    pub version: i64,
}

/// Why the incident records did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentFailure {
    NotFound,
    Invalid {
        message: String,
        help: String,
    },
    Conflict {
        message: String,
        help: String,
    },
    /// It is another revision than the one that was expected.
    Changed {
        message: String,
    },
    Internal(String),
}

pub trait IncidentBackend: Send + Sync {
    fn incidents(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure>;
    /// One incident with its facts, clocks, history and evidence. One of a stream that is out of sight
    /// is not found.
    fn incident(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// Answers the incident as [`Self::incident`] would.
    fn open(&self, new: &NewIncident, by: &Principal) -> Result<Value, IncidentFailure>;
    /// Answers the incident after the fact, with `warnings`.
    fn add_fact(&self, id: &str, fact: &NewFact, by: &Principal) -> Result<Value, IncidentFailure>;
    /// What [`Self::add_fact`] would answer now; records nothing.
    fn preview_fact(
        &self,
        id: &str,
        fact: &NewFact,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Makes a part of an incident one of its own, as `body` (`title`, `reason`, `alerts`,
    /// `expected_revision`) says. Answers the new one as [`Self::incident`] would.
    fn split(
        &self,
        id: &str,
        body: &Map<String, Value>,
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    fn alerts(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure>;
    /// The form of a report, filled from the record: `{regime, stage, term, language, fields: [{name,
    /// label, required, state, text, from, version}], missing, cautions, …}`.
    fn form(
        &self,
        id: &str,
        report: &ReportRequest,
        sight: &Sight,
    ) -> Result<Value, IncidentFailure>;
    /// Records what a person wrote into fields: all of them, or none. Answers as [`Self::form`].
    fn write_report(
        &self,
        id: &str,
        report: &ReportRequest,
        texts: &[NewText],
        by: &Principal,
    ) -> Result<Value, IncidentFailure>;
    /// Why the rules of the incident fired: `{rules: [{rule.id, rule.name, asks, inputs, events:
    /// [{id, matched: [{field, value}]}], …}]}`.
    fn why(&self, id: &str, sight: &Sight) -> Result<Value, IncidentFailure>;
    /// The instant that a person writes in the time of the incident's first regime: RFC 3339, `now`,
    /// `03:05`, `yesterday 23:10`, `2026-11-24 03:05`.
    fn instant(
        &self,
        id: &str,
        words: &str,
        tense: Tense,
        sight: &Sight,
    ) -> Result<Timestamp, IncidentFailure>;
    /// The deadlines of one incident, or of all that are no drill, as a calendar file.
    fn calendar(&self, id: Option<&str>, sight: &Sight) -> Result<String, IncidentFailure>;
}

/// The rules that run.
#[derive(Clone, Debug, Default)]
pub struct RuleList {
    /// Each an object with `id`, in the order of their titles.
    pub rules: Vec<Value>,
    /// An object: what was measured of matching as a whole.
    pub matching: Value,
}

pub trait RulesView: Send + Sync {
    fn rules(&self) -> RuleList;
}

/// The sources that were heard, each an object with `id`.
pub trait SourcesView: Send + Sync {
    /// Only of these streams; `None` is all of them.
    fn sources(&self, streams: Option<&[String]>) -> Vec<Value>;
}

/// What is to be erased, and why. Everything that is given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewErasure {
    pub stream: Option<String>,
    /// Positions, from and to (exclusive).
    pub from: Option<u64>,
    pub to: Option<u64>,
    /// Receipt, from and to (exclusive).
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub reason: String,
    /// Only count what would go.
    pub dry_run: bool,
}

/// Why nothing, or not everything, was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageFailure {
    /// It can be asked for again.
    Unavailable(String),
    Internal(String),
}

pub trait StorageBackend: Send + Sync {
    /// Erases events for good; the answer says how many.
    fn erase(&self, new: &NewErasure, by: &Principal) -> Result<Value, StorageFailure>;

    /// What takes the space: an object with `partitions`, `streams`, `fields` and `journal`. Only of these
    /// streams; `None` is all of them.
    fn usage(&self, streams: Option<&[String]>) -> Result<Value, StorageFailure>;
}

/// Whether the daemon can do its work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// What is not ready, in words; ready when empty.
    pub reasons: Vec<String>,
    /// What a person should look at, though the daemon does its work.
    pub notes: Vec<String>,
}

pub trait HealthView: Send + Sync {
    fn readiness(&self) -> Readiness;
}

/// The outputs that notices go to.
pub trait OutputsBackend: Send + Sync {
    /// How each stands, each an object with `id`; else why that cannot be said. Whoever sees `streams` alone
    /// is told of outputs that are for these alone.
    fn outputs(&self, streams: Option<&[String]>) -> Result<Vec<Value>, String>;

    /// Sends a marked notice through each of them, or the one that is named, and says for each what
    /// happened. `None` where none has the name.
    fn test(&self, output: Option<&str>) -> Option<Vec<Value>>;
}
