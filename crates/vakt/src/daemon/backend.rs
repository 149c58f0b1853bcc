//! What the API asks of the daemon: search, incidents, rules, sources, health.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use serde_json::{Value as Json, json};
use vakt_api::access::UserRow;
use vakt_api::backend::{
    Follower, HealthView, IncidentBackend, IncidentFailure, ItemPage, ListRequest, NewFact,
    NewIncident, Order, Readiness, RuleList, RulesView, SearchAnswer, SearchBackend, SearchFailure,
    SearchProgress, SearchRequest, SearchTable, Sight, SourcesView, Within,
};
use vakt_api::{Access, Permission, Principal, Role};
use vakt_event::{Clock, JournalPosition, Timestamp, ecs};
use vakt_incident::{
    AlertFilter, AlertState, IncidentFilter, IncidentState, PageRequest, Recorder, Records,
};
use vakt_ingest::accounting::Sources;
use vakt_rules::ast::{CorrelationKind, RuleRef};
use vakt_search::aggregate::{Gathered, Gathering, Window};
use vakt_search::{Index, Now, Pipeline, Progress, Query, QueryError, Tail, Watch};
use vakt_storage::{Journal, Recovery};

use super::follow::JournalFollower;
use super::record_search::RecordSearch;
use crate::command::rules::summary;
use crate::metrics::readings::{Lag, Stations};
use crate::pipeline::Frames;
use crate::pipeline::detect::DetectProgress;
use crate::pipeline::index::{IndexProgress, is_suspicious};
use crate::pipeline::log_sources::SeenLogSources;
use crate::pipeline::rule_activity::{RuleActivity, Snapshot};
use crate::pipeline::tail::JournalTail;
use crate::redact::Redactor;
use crate::ruleset::Ruleset;

/// A search waits this long for the index to reach what was acknowledged before it began; a commit
/// takes a few milliseconds. What it lacks then is read from the journal.
const INDEX_PATIENCE: Duration = Duration::from_millis(300);

/// Correlations of correlations that are followed; rules rarely have two.
const CORRELATION_DEPTH_MAX: usize = 16;

/// A search that takes longer is given up, with words.
const SEARCH_TIME_MAX: Duration = Duration::from_secs(60);

/// Says in the log what opening the journal had to mend.
pub(super) fn report_recovery(recovery: &Recovery) {
    if recovery.cut_bytes > 0 {
        tracing::warn!(
            bytes = recovery.cut_bytes,
            reason = recovery.cut_reason.as_deref().unwrap_or_default(),
            "the journal's tail was torn and is cut at the last whole batch; nothing in it was acknowledged"
        );
    }
    for lost in &recovery.lost {
        tracing::error!(%lost, "the journal is damaged");
    }
    for fault in &recovery.ledger_faults {
        tracing::error!(
            %fault,
            "the ledger is not as it was written; `vakt verify` says more"
        );
    }
    if recovery.skipped_to_min {
        tracing::error!(
            next = recovery.next.0,
            "the journal ends before what was indexed or evaluated: frames are gone, and their positions are left out"
        );
    }
}

pub(super) struct Search {
    pub(super) frames: Frames,
    pub(super) index: Arc<ArcSwap<Index>>,
    pub(super) progress: Arc<IndexProgress>,
    pub(super) journal: Arc<Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) records: Arc<Records>,
    pub(super) redactor: Option<Arc<Redactor>>,
}

impl SearchBackend for Search {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, SearchFailure> {
        let (cursor, now) = self.page_of(request.cursor.as_deref())?;
        let pipeline = Pipeline::parse_at(&request.query, Now::from(now));
        let pipeline = pipeline.map_err(|error| refused(&error))?;
        let reads_raw = request.reads_raw;
        if !reads_raw && pipeline.names(ecs::EVENT_ORIGINAL) {
            return Err(raw_text());
        }
        let deadline = Instant::now() + request.patience.unwrap_or(SEARCH_TIME_MAX);
        if let Within::Records(kinds) = &request.within {
            let cursor = cursor.as_deref();
            let redactor = self.redactor.as_deref().filter(|_| !reads_raw);
            let search = RecordSearch::new(&self.records, request, &pipeline, cursor, deadline);
            let mut answer = search
                .and_then(|search| search.redacted_by(redactor).run(kinds))
                .map_err(|error| failure_of_search(&error))?;
            answer.next = answer.next.map(|next| with_instant(&next, now));
            return Ok(answer);
        }
        let window = Window {
            since: request.since,
            until: request.until,
        };
        // What is acknowledged now must be found. Usually the index is there at once; behind a
        // backlog, what it lacks is read from the journal.
        let end = self.journal.durable_end();
        self.progress.wait_for(end, INDEX_PATIENCE);
        let request = vakt_search::Request {
            query: pipeline.query.clone(),
            since: request.since,
            until: request.until,
            streams: request.streams.clone(),
            limit: match pipeline.stages.is_empty() {
                true => request.limit,
                // What the commands give takes the place of the hits.
                false => 0,
            },
            order: match request.order {
                Order::NewestFirst => vakt_search::Order::Descending,
                Order::OldestFirst => vakt_search::Order::Ascending,
            },
            cursor,
            deadline: Some(deadline),
            cancelled: request.cancelled.clone(),
            hits_only: request.hits_only,
            watch: request.progress.clone().map(watch),
        };
        let (response, gathered) = self
            .ask(&request, &pipeline, window, end)
            .map_err(|error| failure_of_search(&error))?;
        let mut answer = SearchAnswer {
            hits: response.hits,
            total: response.total,
            next: response.next.map(|next| with_instant(&next, now)),
            read: response.read,
            table: None,
        };
        match gathered {
            None => {}
            Some(Gathered::Hits(listed)) => answer.hits = listed.hits,
            Some(Gathered::Table(table)) => {
                answer.table = Some(SearchTable {
                    cut: table.cut.sentences(),
                    columns: table.columns,
                    rows: table.rows,
                });
            }
        }
        if !reads_raw {
            for hit in &mut answer.hits {
                hit.shift_remove(ecs::EVENT_ORIGINAL);
            }
        }
        Ok(answer)
    }

    fn follow(
        &self,
        request: &SearchRequest,
        from: Option<u64>,
    ) -> Result<Box<dyn Follower>, SearchFailure> {
        let now = self.clock.now();
        let query = Query::parse_at(&request.query, now)
            .map_err(|error| refused_to_follow(&error, &request.query, now))?;
        if !request.reads_raw && query.names(ecs::EVENT_ORIGINAL) {
            return Err(raw_text());
        }
        let sight = Sight {
            streams: request.streams.clone(),
            reads_raw: request.reads_raw,
        };
        Ok(Box::new(JournalFollower::new(
            &self.journal,
            &self.frames,
            query,
            sight,
            from,
        )))
    }
}

/// Passes on to the API how far a search is.
#[derive(Debug)]
struct ForApi(Arc<SearchProgress>);

impl Watch for ForApi {
    fn at(&self, progress: Progress) {
        let Self(api) = self;
        api.read.store(progress.read, Ordering::Relaxed);
        api.covered.store(progress.covered, Ordering::Relaxed);
        api.of.store(progress.of, Ordering::Relaxed);
    }
}

fn watch(progress: Arc<SearchProgress>) -> Arc<dyn Watch> {
    Arc::new(ForApi(progress))
}

fn refused(error: &QueryError) -> SearchFailure {
    SearchFailure::Query {
        position: error.position,
        help: "the query language is described in docs/search.md".to_owned(),
        message: error.message.clone(),
    }
}

/// What groups or sorts events needs all of them, and of those that are followed there is no last.
fn refused_to_follow(error: &QueryError, query: &str, now: Timestamp) -> SearchFailure {
    let mut refused = refused(error);
    if Pipeline::parse_at(query, now).is_ok()
        && let SearchFailure::Query { message, help, .. } = &mut refused
    {
        "events that are followed have no end: commands after | cannot be carried out"
            .clone_into(message);
        "leave out what begins with |, or search without following".clone_into(help);
    }
    refused
}

/// Between a cursor of the index and the instant at which its search began.
const INSTANT: char = '@';

/// A cursor that says at which instant its search began: what is relative to now means the same on
/// every page.
fn with_instant(cursor: &str, now: Timestamp) -> String {
    format!("{cursor}{INSTANT}{}", now.micros())
}

/// Whether a query about the raw text finds something tells what is in it, even where that is not
/// shown.
fn raw_text() -> SearchFailure {
    SearchFailure::Forbidden {
        message: "the query asks about `event.original`, the text of events as it was sent, which \
                  not everybody may read"
            .to_owned(),
        help:
            "ask for words or fields, such as `message:…`; or ask an administrator for a role that \
               may read raw text (admin, lead, analyst): docs/privacy.md"
                .to_owned(),
    }
}

impl Search {
    /// The index's cursor, and the instant at which the search is asked: that of its first page.
    fn page_of(&self, cursor: Option<&str>) -> Result<(Option<String>, Timestamp), SearchFailure> {
        let Some(cursor) = cursor else {
            return Ok((None, self.clock.now()));
        };
        let instant = cursor.rsplit_once(INSTANT).and_then(|(cursor, micros)| {
            let now = Timestamp::from_micros(micros.parse().ok()?)?;
            Some((Some(cursor.to_owned()), now))
        });
        instant.ok_or_else(|| SearchFailure::Cursor("the cursor is none of ours".to_owned()))
    }

    /// Asks the index, and what it lacks the journal.
    fn ask(
        &self,
        request: &vakt_search::Request,
        pipeline: &Pipeline,
        window: Window,
        end: JournalPosition,
    ) -> anyhow::Result<(vakt_search::Response, Option<Gathered>)> {
        let search = |index: &Index| -> anyhow::Result<_> {
            let offer = |from, tail: &mut Tail<'_>| self.offer_tail(from, end, tail);
            let Some(mut gathering) = Gathering::new(pipeline, window) else {
                return Ok((index.search_with(request, offer)?, None));
            };
            let wanted = gathering.wanted();
            let response = index.gather_with(request, &wanted, &mut gathering, offer)?;
            Ok((response, Some(gathering.finish())))
        };
        search(&self.index.load()).or_else(|error| {
            if !is_suspicious(&error) {
                return Err(error);
            }
            tracing::error!(
                error = format!("{error:#}"),
                "a search of the index failed and reads the journal instead"
            );
            self.progress.suspect(format!("{error:#}"));
            search(&Index::of_nothing(Arc::new(self.frames.clone()))?)
        })
    }

    /// Offers what the journal holds from `from` up to `end`.
    fn offer_tail(
        &self,
        from: JournalPosition,
        end: JournalPosition,
        tail: &mut Tail<'_>,
    ) -> anyhow::Result<()> {
        let mut journal = JournalTail::new(&self.journal, &self.frames, from, end);
        journal.each(|position, event, source| Ok(tail.offer(position, event, source)?))
    }
}

fn failure_of_search(error: &anyhow::Error) -> SearchFailure {
    match error.downcast_ref::<vakt_search::Error>() {
        Some(vakt_search::Error::OutOfTime { .. }) => SearchFailure::Unavailable(error.to_string()),
        Some(vakt_search::Error::Cursor { .. }) => SearchFailure::Cursor(error.to_string()),
        _ => SearchFailure::Internal(format!("{error:#}")),
    }
}

pub(super) struct Incidents {
    pub(super) records: Arc<Records>,
    pub(super) redactor: Option<Arc<Redactor>>,
    pub(super) access: Arc<Access>,
}

impl Incidents {
    /// An incident as somebody sees it. Who may not read raw text sees no original, nor its hash:
    /// that would tell a guess of what is redacted from others.
    fn shown(&self, mut incident: Json, reads_raw: bool) -> Json {
        if reads_raw {
            return incident;
        }
        if let Some(redactor) = &self.redactor {
            redactor.redact_incident(&mut incident);
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

    fn with_warnings(
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
    fn recorder<'p>(&self, id: &str, by: &'p Principal) -> Result<Recorder<'p>, IncidentFailure> {
        let incident = self.records.incident(id).map_err(|error| failure(&error))?;
        let stream = incident.incident.stream;
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
        let incident = self.records.incident(id).map_err(|error| failure(&error))?;
        let streams = sight.streams.as_deref();
        if streams.is_some_and(|streams| !streams.contains(&incident.incident.stream)) {
            return Err(IncidentFailure::NotFound);
        }
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

    fn alerts(&self, request: &ListRequest) -> Result<ItemPage, IncidentFailure> {
        let state = match request.state.as_deref() {
            None => None,
            Some("open") => Some(AlertState::Open),
            Some("closed") => Some(AlertState::Closed),
            Some(word) => {
                return Err(IncidentFailure::Invalid {
                    message: format!("there is no state of an alert named `{word}`"),
                    help: "a state is open or closed".to_owned(),
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

fn from_body<T: serde::de::DeserializeOwned>(
    body: serde_json::Map<String, Json>,
) -> Result<T, IncidentFailure> {
    serde_json::from_value(Json::Object(body)).map_err(|error| IncidentFailure::Invalid {
        message: error.to_string(),
        help: "the members of the body are described in /openapi.json".to_owned(),
    })
}

fn failure(error: &vakt_incident::Error) -> IncidentFailure {
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

fn as_json(value: &impl serde::Serialize) -> Result<Json, IncidentFailure> {
    serde_json::to_value(value).map_err(|error| IncidentFailure::Internal(error.to_string()))
}

pub(super) struct Rules {
    pub(super) records: Arc<Records>,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    pub(super) log_sources: Arc<SeenLogSources>,
    pub(super) activity: Arc<RuleActivity>,
}

impl RulesView for Rules {
    fn rules(&self) -> RuleList {
        let activity = self.activity.snapshot();
        let ruleset = self.ruleset.load();
        let rules = (0..ruleset.rules.rules.len()).map(RuleRef::Rule);
        let correlations = (0..ruleset.rules.correlations.len()).map(RuleRef::Correlation);
        let mut all: Vec<Json> = rules
            .chain(correlations)
            .map(|rule| self.item(&ruleset, rule, &activity))
            .collect();
        self.add_verdicts(&mut all);
        all.sort_by(|a, b| a["title"].as_str().cmp(&b["title"].as_str()));
        RuleList {
            rules: all,
            matching: json!({
                "measured_events": activity.measured,
                "ns_per_event": per_event(activity.nanos, &activity),
                "shared_ns_per_event": per_event(activity.shared_nanos, &activity),
                "shared_share": share(activity.shared_nanos, &activity),
            }),
        }
    }
}

impl Rules {
    /// How many drafts each rule opened or joined, and how many of them were dismissed: its false
    /// positives.
    fn add_verdicts(&self, rules: &mut [Json]) {
        let verdicts = match self.records.rule_verdicts() {
            Ok(verdicts) => verdicts,
            Err(error) => {
                tracing::error!(%error, "the verdicts on drafts cannot be read");
                return;
            }
        };
        for verdict in verdicts {
            let rule = rules
                .iter_mut()
                .find(|it| it["id"] == verdict.rule_id.as_str());
            if let Some(rule) = rule {
                rule["drafts"] = verdict.drafts.into();
                rule["dismissed"] = verdict.dismissed.into();
            }
        }
    }

    fn item(&self, ruleset: &Ruleset, rule: RuleRef, activity: &Snapshot) -> Json {
        let (mut item, log_source) = match rule {
            RuleRef::Rule(index) => {
                let rule = &ruleset.rules.rules[index];
                (
                    summary(&rule.meta, "rule"),
                    Some(rule.log_source.to_string()),
                )
            }
            RuleRef::Correlation(index) => {
                let meta = &ruleset.rules.correlations[index].meta;
                (summary(meta, "correlation"), None)
            }
        };
        let last = self.last(ruleset, rule, CORRELATION_DEPTH_MAX);
        let id = item["id"].as_str().unwrap_or_default();
        let figures = activity.by_id.get(id).copied();
        item["hits"] = figures.map_or(0, |figures| figures.hits).into();
        let nanos = figures.map(|figures| figures.nanos);
        item["cost_ns_per_event"] = nanos.and_then(|nanos| per_event(nanos, activity)).into();
        item["cost_share"] = nanos.and_then(|nanos| share(nanos, activity)).into();
        item["log_source"] = log_source.into();
        item["live"] = last.is_some().into();
        item["last_matched_log_source"] = json!(last);
        item
    }

    /// When a source last showed what the rule looks at. A correlation is as live as the least of the
    /// inputs that it asks for together, and as the best of the ways in which it can fire.
    fn last(&self, ruleset: &Ruleset, rule: RuleRef, depth: usize) -> Option<Timestamp> {
        let index = match rule {
            RuleRef::Rule(index) => {
                return self
                    .log_sources
                    .last(&ruleset.rules.rules[index].log_source);
            }
            RuleRef::Correlation(index) => index,
        };
        let correlation = &ruleset.rules.correlations[index];
        let depth = depth.checked_sub(1)?;
        let inputs: Vec<Option<Timestamp>> = correlation
            .inputs
            .iter()
            .map(|input| self.last(ruleset, *input, depth))
            .collect();
        match &correlation.kind {
            CorrelationKind::Temporal(ways) | CorrelationKind::TemporalOrdered(ways) => ways
                .iter()
                .filter_map(|way| way.present.iter().map(|input| inputs[*input]).min()?)
                .max(),
            _ => inputs.into_iter().flatten().max(),
        }
    }
}

pub(super) struct SourceTable(pub(super) Arc<Sources>);

/// Nanoseconds a measured event, to the tenth; `None` where none was measured.
fn per_event(nanos: u64, activity: &Snapshot) -> Option<f64> {
    let events = activity.measured;
    (events > 0).then(|| (nanos as f64 / events as f64 * 10.0).round() / 10.0)
}

/// Of the time of matching, from 0 to 1, to the hundred-thousandth.
fn share(nanos: u64, activity: &Snapshot) -> Option<f64> {
    let all = activity.nanos;
    (all > 0).then(|| (nanos as f64 / all as f64 * 100_000.0).round() / 100_000.0)
}

/// From 0 to 1, to the ten-thousandth.
fn unparsed_share(unparsed: u64, events: u64) -> f64 {
    (unparsed as f64 / events.max(1) as f64 * 10_000.0).round() / 10_000.0
}

impl SourcesView for SourceTable {
    fn sources(&self, streams: Option<&[String]>) -> Vec<Json> {
        self.0
            .snapshot()
            .iter()
            .filter(|row| streams.is_none_or(|streams| streams.contains(&row.stream)))
            .map(|row| {
                let share = unparsed_share(row.unparsed, row.events);
                let mut row = json!(row);
                row["unparsed_share"] = share.into();
                let part = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
                let id = format!(
                    "{}/{}/{}/{}",
                    part("stream"),
                    part("transport"),
                    part("peer"),
                    part("host")
                );
                row["id"] = id.into();
                row
            })
            .collect()
    }
}

pub(crate) struct Health {
    pub(super) journal: Arc<Journal>,
    pub(super) index: Arc<IndexProgress>,
    pub(super) detect: Arc<DetectProgress>,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    /// What was acknowledged before the start: it must be found before we say that we are ready.
    pub(super) acknowledged_before: JournalPosition,
    /// The records were missing at the start, and the journal was not empty.
    pub(super) records_lost: bool,
    pub(super) records: Arc<Records>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Health {
    /// How far behind a consumer is that goes on at `position`.
    fn lag(&self, position: JournalPosition) -> Lag {
        let events = self.journal.durable_end().0.saturating_sub(position.0);
        if events == 0 {
            return Lag::default();
        }
        // Where the frame cannot be read, the consumer will say so.
        let waiting = self.journal.next_frame(position);
        let now = self.clock.now().micros();
        let micros = waiting.map_or(0, |frame| now.saturating_sub(frame.received.micros()));
        Lag {
            events,
            bytes: self.journal.bytes_after(position),
            since: Duration::from_micros(micros.try_into().unwrap_or(0)),
        }
    }

    /// The readings for the metrics.
    pub(crate) fn stations(&self) -> Stations {
        let notices = self.records.outbox_counts();
        if let Err(error) = &notices {
            tracing::warn!(%error, "the outbox cannot be counted");
        }
        Stations {
            journal: self.journal.stats(),
            indexed: self.index.committed(),
            detected: self.detect.next(),
            index_rebuilds: self.index.rebuilds(),
            notices_pending: notices.ok().map(|counts| counts.pending),
            lags: [
                ("detect", self.lag(self.detect.next())),
                ("index", self.lag(self.index.committed())),
            ],
        }
    }
}

impl HealthView for Health {
    fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        if let Some(reason) = self.journal.stats().poisoned {
            reasons.push(format!("the journal cannot be written: {reason}"));
        }
        if self.journal.stats().no_space {
            reasons.push(
                "nothing is taken in: the disk of the data directory is as full as it may get; make \
                 room, and it goes on by itself"
                    .to_owned(),
            );
        }
        if let Some(reason) = self.index.failure() {
            reasons.push(format!("the index cannot be written: {reason}"));
        }
        if let Some(reason) = self.detect.failure() {
            reasons.push(format!("detection stands still: {reason}"));
        }
        if self.ruleset.load().is_empty() {
            reasons.push("no rule is loaded: nothing is detected".to_owned());
        }
        let detected = self.detect.next().0;
        if self.records_lost && detected < self.acknowledged_before.0 {
            reasons.push(format!(
                "the records were missing at the start: {} of {} events are evaluated again",
                detected, self.acknowledged_before.0
            ));
        }
        if let Some(rebuilding) = self.index.rebuilding() {
            reasons.push(format!(
                "the index is built again ({} of {} events), searches read the journal: {}",
                rebuilding.done.0, rebuilding.target.0, rebuilding.reason
            ));
        }
        let missing = self
            .acknowledged_before
            .0
            .saturating_sub(self.index.committed().0);
        if missing > 0 {
            reasons.push(format!(
                "{missing} events from before the start are not indexed yet"
            ));
        }
        Readiness { reasons }
    }
}
