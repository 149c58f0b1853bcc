//! The start page: search, newest alerts, open incidents.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::incident_parts::{actions, badges, countdown, drill, is_unassessed, urgency};
use super::words::{plain, time_of};
use super::{is_refresh, layout, records, results, setup};
use crate::access::Principal;
use crate::app::{App, Parts, Site};
use crate::backend::{
    ItemPage, ListRequest, Order, RecordKind, SearchAnswer, SearchRequest, Within,
};
use crate::endpoints::incidents::failure;
use crate::endpoints::search::{Line, Looker, failure as search_failure, run};
use crate::error::ApiError;
use crate::guard::Call;
use crate::params::Params;
use crate::roles::Permission;
use crate::searches::{Look, SavedSearch};

/// Hits on the page; the API and further pages give the rest.
const HITS: usize = 50;
/// Where no further page gives them (a query that sorts), as many as a person may ask for at once.
const HITS_MAX: usize = 1_000;
const INCIDENTS: usize = 10;
/// Incidents, alerts and notes that the query finds.
const RECORDS: usize = 8;

/// Open incidents that are looked at for the earliest deadlines, and how many at a time. Drafts are
/// capped by the hour, so that this many are open only where nobody has looked for weeks.
const OPEN_MAX: usize = 5_000;
pub(crate) const OPEN_PAGE: usize = 1_000;

const ALERTS: usize = 12;

/// Incidents and alerts are not kept from a person while the index has a backlog: the newest events
/// are then left out, with words.
const GLANCE_PATIENCE: Duration = Duration::from_secs(1);

/// The choices of how far a search goes back.
pub(crate) const RANGES: [(&str, &str); 6] = [
    ("", "all time"),
    ("-15m", "15 minutes"),
    ("-1h", "hour"),
    ("-24h", "24 hours"),
    ("-7d", "7 days"),
    ("-30d", "30 days"),
];

/// Everything that the page shows.
struct Home {
    query: String,
    since: String,
    /// The person asked for something, so the results come first.
    searching: bool,
    /// `None` where they are not shown.
    results: Option<Result<SearchAnswer, ApiError>>,
    /// Incidents, alerts and notes that the query finds; `None` where it asks for nothing.
    records: Option<Result<SearchAnswer, ApiError>>,
    older_than: Option<String>,
    limit: usize,
    beside: Beside,
}

/// What stands beside the results.
struct Beside {
    incidents: OpenIncidents,
    alerts: ItemPage,
    saved: Vec<SavedSearch>,
    tasks: Vec<Value>,
    no_source_yet: bool,
}

impl Home {
    /// Nothing has come yet, and nothing was asked.
    fn is_empty_start(&self) -> bool {
        self.beside.no_source_yet && !self.searching
    }

    /// The first page of a query of events: a table of them says nothing of records.
    fn asks_for_something(&self) -> bool {
        let is_table = |answer: &SearchAnswer| answer.table.is_some();
        let is_answered = matches!(&self.results, Some(Ok(answer)) if !is_table(answer));
        self.searching && is_answered && self.older_than.is_none() && !self.query.trim().is_empty()
    }
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["q", "since", "cursor", "limit"])?;
    let searching = call.request.uri().query().is_some();
    let principal = call.principal()?.clone();
    let now = call.app.parts.clock.now();
    let since = params.time("since", now)?;
    let may_record = principal.role.may(Permission::RecordFacts);
    let who = principal.clone();
    let beside = call.app.blocking(move |parts| Beside::of(parts, &who));
    let mut home = Home {
        query: params.get("q").unwrap_or_default().to_owned(),
        since: params.get("since").unwrap_or_default().to_owned(),
        searching,
        results: None,
        records: None,
        older_than: params.get("cursor").map(str::to_owned),
        limit: params.number("limit", HITS, 1, HITS_MAX)?,
        beside: beside.await?,
    };
    // The scripts that keep incidents and alerts fresh show no events, so that none are read.
    if !is_refresh(&call) && !home.is_empty_start() {
        home.results = Some(results(&call.app, &home, since, &principal).await);
        if home.asks_for_something() {
            home.records = Some(records(&call.app, &home, since, &principal).await);
        }
    }
    let site = call.app.parts.site.load();
    let address = setup::Address::of(&call);
    let main = page(&home, &site, now, may_record, &address);
    Ok(layout::page("Start", &site, &principal, now, &main))
}

async fn results(
    app: &Arc<App>,
    home: &Home,
    since: Option<Timestamp>,
    who: &Principal,
) -> Result<SearchAnswer, ApiError> {
    let request = SearchRequest {
        query: home.query.clone(),
        since,
        streams: who.streams.clone(),
        reads_raw: who.role.may(Permission::ReadRaw),
        limit: home.limit,
        order: Order::NewestFirst,
        cursor: home.older_than.clone(),
        patience: (!home.searching).then_some(GLANCE_PATIENCE),
        hints: home.searching,
        ..SearchRequest::default()
    };
    let line = if home.searching {
        Line::Searches
    } else {
        Line::Calls
    };
    let looker = Looker {
        who: who.clone(),
        look: Look::Page,
        incident: None,
    };
    run(app, looker, request, line).await
}

/// What the query finds of incidents, alerts and notes: the same look, which is on record.
async fn records(
    app: &Arc<App>,
    home: &Home,
    since: Option<Timestamp>,
    who: &Principal,
) -> Result<SearchAnswer, ApiError> {
    let request = SearchRequest {
        within: Within::Records(RecordKind::ALL.to_vec()),
        query: home.query.clone(),
        since,
        streams: who.streams.clone(),
        reads_raw: who.sight().reads_raw,
        limit: RECORDS,
        // All records are read one after the other: events are not kept waiting for hundreds of thousands.
        patience: Some(GLANCE_PATIENCE),
        ..SearchRequest::default()
    };
    app.searching(move |parts| parts.search.search(&request).map_err(search_failure))
        .await
}

impl Beside {
    fn of(parts: &Parts, who: &Principal) -> Result<Self, ApiError> {
        let no_source_yet = parts.sources.sources(who.streams.as_deref()).is_empty();
        let list = |limit, state: Option<&str>| ListRequest {
            limit,
            cursor: None,
            state: state.map(str::to_owned),
            drill: None,
            sight: who.sight(),
        };
        let alerts = parts.incidents.alerts(&list(ALERTS, None));
        Ok(Self {
            incidents: open_incidents(parts, list(OPEN_PAGE, Some("open")))?,
            alerts: alerts.map_err(failure)?,
            saved: saved(parts, &who.name),
            tasks: super::work_parts::tasks_of(parts, who)?,
            no_source_yet,
        })
    }
}

/// A list that cannot be read keeps nobody from his deadlines.
fn saved(parts: &Parts, who: &str) -> Vec<SavedSearch> {
    parts.searches.saved_for(who).unwrap_or_else(|error| {
        tracing::error!(%error, "the saved searches are not shown");
        Vec::new()
    })
}

/// The open incidents whose deadlines come first, and how many more are open.
struct OpenIncidents {
    first: Vec<Value>,
    more: usize,
    /// More are open than were looked at.
    is_cut: bool,
}

/// All open incidents, those that need somebody first, and whether more are open than were looked at.
pub(crate) fn by_urgency(
    parts: &Parts,
    mut request: ListRequest,
) -> Result<(Vec<Value>, bool), ApiError> {
    let mut all = Vec::new();
    loop {
        let page = parts.incidents.incidents(&request).map_err(failure)?;
        all.extend(page.items);
        request.cursor = page.next;
        if request.cursor.is_none() || all.len() >= OPEN_MAX {
            break;
        }
    }
    // Stable: what falls due together, or never, stays newest first.
    all.sort_by_key(urgency);
    Ok((all, request.cursor.is_some()))
}

fn open_incidents(parts: &Parts, request: ListRequest) -> Result<OpenIncidents, ApiError> {
    let (mut all, is_cut) = by_urgency(parts, request)?;
    let more = all.len().saturating_sub(INCIDENTS);
    all.truncate(INCIDENTS);
    Ok(OpenIncidents {
        first: all,
        more,
        is_cut,
    })
}

fn page(
    home: &Home,
    site: &Site,
    now: Timestamp,
    may_record: bool,
    address: &setup::Address,
) -> Markup {
    html! {
        h1.unseen { "Search, incidents and alerts" }
        (search_form(home))
        (saved_searches(&home.beside.saved))
        div.columns.searching[home.searching || home.beside.no_source_yet] {
            section.results id="results" aria-label="Events" data-first-event[home.is_empty_start()] {
                @if home.is_empty_start() {
                    (setup::lines(site, address))
                } @else if let Some(results) = &home.results {
                    @if let Some(records) = &home.records {
                        (records::list(records.as_ref(), site))
                    }
                    (results::list(results.as_ref(), &results::Shown {
                        query: &home.query,
                        since: &home.since,
                        is_later_page: home.older_than.is_some(),
                        hits_max: HITS_MAX,
                        site,
                    }))
                }
            }
            div.side {
                section id="incidents" data-refresh aria-labelledby="incidents-heading" {
                    h2 id="incidents-heading" { "Open incidents" }
                    (incidents(&home.beside.incidents, site, now, may_record))
                    p.quiet {
                        a href="/incidents?state=all" { "All incidents" } " · "
                        a href="/recurring" { "Services and recurring incidents" } " · "
                        a href="/reports" { "Reports of others" } " · "
                        a href="/reviews" { "Incidents without a review" }
                    }
                }
                (super::work_parts::my_tasks(&home.beside.tasks, site, now))
                section id="alerts" data-refresh aria-labelledby="alerts-heading" {
                    h2 id="alerts-heading" { "Newest alerts" }
                    (alerts(&home.beside.alerts, site))
                }
            }
        }
    }
}

fn search_form(home: &Home) -> Markup {
    html! {
        form.search id="search" role="search" method="get" action="/" {
            label.unseen for="q" { "Search events, incidents, alerts and notes" }
            input id="q" name="q" type="search" value=(home.query) autocomplete="off"
                spellcheck="false" placeholder="failed password source.ip:203.0.113.7"
                aria-keyshortcuts="/";
            label.unseen for="since" { "How far back" }
            select id="since" name="since" {
                @for (value, words) in RANGES {
                    option value=(value) selected[home.since == value] { (words) }
                }
            }
            button.main type="submit" { "Search" }
        }
    }
}

fn saved_searches(saved: &[SavedSearch]) -> Markup {
    html! {
        @if !saved.is_empty() {
            nav.saved aria-label="Saved searches" {
                @for search in saved {
                    a href=(results::query_path(&search.query)) title=(search.query) { (search.name) }
                }
            }
        }
    }
}

fn incidents(open: &OpenIncidents, site: &Site, now: Timestamp, may_record: bool) -> Markup {
    html! {
        @if open.first.is_empty() {
            p.quiet { "None." }
        }
        @for incident in &open.first {
            article.card {
                h3 {
                    a href=(incident_path(incident)) {
                        (incident["title"].as_str().unwrap_or("(without a title)"))
                    }
                }
                p.badges { (badges(incident)) }
                (countdown(incident, site, now))
                @if may_record && is_unassessed(incident) {
                    (actions(incident))
                }
            }
        }
        @if open.more > 0 {
            p.quiet {
                @if open.is_cut { "More than " }
                a href="/incidents" { (open.more) " more with later deadlines" } "."
            }
        }
    }
}

pub(crate) fn incident_path(incident: &Value) -> String {
    format!("/incidents/{}", incident["id"].as_str().unwrap_or_default())
}

fn alerts(page: &ItemPage, site: &Site) -> Markup {
    html! {
        @if page.items.is_empty() {
            p.quiet { "None." }
        }
        ul.alerts {
            @for alert in &page.items {
                (alert_line(alert, site))
            }
        }
        @if page.next.is_some() {
            p.quiet { "There are older ones: " code { "GET /api/v1/alerts" } " lists all." }
        }
    }
}

/// One alert: level, rule, entity, how often, when last.
pub(crate) fn alert_line(alert: &Value, site: &Site) -> Markup {
    let level = alert["level"].as_str().unwrap_or("informational");
    let name = alert["rule.name"]
        .as_str()
        .or_else(|| alert["rule"]["title"].as_str())
        .unwrap_or("(rule without a name)");
    let entity = alert["entity"].as_str().unwrap_or_default();
    let last = time_of(&alert["last_seen"], &site.zone);
    html! {
        li {
            span class={ "level " (level) } { (short_level(level)) }
            div {
                div.what {
                    @if let Some(incident) = alert["incident"].as_str() {
                        a href={ "/incidents/" (incident) } { (name) }
                    } @else {
                        (name)
                    }
                    @if alert["drill"] == true { " " (drill()) }
                    @if alert["state"] == "suppressed" {
                        " " span.badge title="A suppression hides it: no draft, no notice" { "Suppressed" }
                    }
                    @if alert["maintenance"].is_string() {
                        " " span.badge title="It fell into a window of maintenance" { "Maintenance" }
                    }
                }
                div.quiet {
                    @if !entity.is_empty() { span.entity { (entity) } " · " }
                    @if let Some(count) = alert["count"].as_u64() { (count) "× · " }
                    @if let Some(last) = last { (last) }
                }
            }
        }
    }
}

/// A level's word, short enough for its column.
fn short_level(level: &str) -> String {
    match level {
        "informational" => "Info".into(),
        _ => plain(level),
    }
}
