//! The list of incidents: the open ones by what they need next, or any others, newest first.

use axum::body::Body;
use axum::http::Response;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;

use super::home::{OPEN_PAGE, by_urgency, incident_path};
use super::incident_parts::{badges, report_name, zone_of};
use super::layout;
use super::results::encoded;
use super::words::{deadline, plain, time_left, time_of};
use crate::app::{Parts, Site};
use crate::backend::ListRequest;
use crate::deadline::next_clocks;
use crate::endpoints::incidents::failure;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;

/// Incidents on a page.
const INCIDENTS: usize = 50;

/// What the list can be of: all that is open, everything, or one state.
const STATES: [&str; 17] = [
    OPEN,
    ALL,
    "draft",
    "assessing",
    "significant",
    "early_warned",
    "notified",
    "ongoing",
    "handled",
    "final_reported",
    "closed",
    "reportable",
    "not_significant",
    "near_miss",
    "downgraded",
    "dismissed",
    "merged",
];
const OPEN: &str = "open";
const ALL: &str = "all";

/// A page of the list.
struct Listed {
    incidents: Vec<Value>,
    /// The cursor of the next page.
    next: Option<String>,
    /// More are open than were looked at.
    is_cut: bool,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["state", "cursor"])?;
    let who = call.principal()?.clone();
    let state = params.get("state").filter(|it| !it.is_empty());
    let state = state.unwrap_or(OPEN).to_owned();
    let request = ListRequest {
        limit: INCIDENTS,
        cursor: params.get("cursor").map(str::to_owned),
        state: Some(state.clone()).filter(|state| state != ALL),
        drill: None,
        sight: who.sight(),
    };
    let is_open = state == OPEN;
    let listed = call
        .app
        .blocking(move |parts| match is_open {
            true => open(parts, request),
            false => newest(parts, &request),
        })
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let main = page(&listed, &state, &site, now);
    Ok(layout::page("Incidents", &site, &who, now, &main))
}

fn newest(parts: &Parts, request: &ListRequest) -> Result<Listed, ApiError> {
    let page = parts.incidents.incidents(request).map_err(failure)?;
    Ok(Listed {
        incidents: page.items,
        next: page.next,
        is_cut: false,
    })
}

/// Deadlines are in no index: all that are open are looked at, and the cursor is the place in their order.
fn open(parts: &Parts, request: ListRequest) -> Result<Listed, ApiError> {
    let from = match &request.cursor {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| {
            let message = format!("`cursor` is `{cursor}`, and no place in this list");
            ApiError::new(ErrorCode::InvalidParameter, message)
                .with_help("begin at `/incidents`, and follow its link to the next page")
        })?,
    };
    let request = ListRequest {
        limit: OPEN_PAGE,
        cursor: None,
        ..request
    };
    let (all, is_cut) = by_urgency(parts, request)?;
    let end = INCIDENTS.saturating_add(from);
    Ok(Listed {
        next: (all.len() > end).then(|| end.to_string()),
        incidents: all.into_iter().skip(from).take(INCIDENTS).collect(),
        is_cut,
    })
}

fn page(listed: &Listed, state: &str, site: &Site, now: Timestamp) -> Markup {
    html! {
        p.crumb { a href="/" { "Start" } " › Incidents" }
        h1 { "Incidents" }
        form.choice method="get" action="/incidents" {
            label { "Which "
                select name="state" {
                    @for one in STATES {
                        option value=(one) selected[one == state] { (plain(one)) }
                    }
                }
            }
            button type="submit" { "Show" }
        }
        @if listed.is_cut {
            p.problem { "More are open than are looked at for the earliest deadlines: close what is over." }
        }
        @if listed.incidents.is_empty() { p.quiet { "None." } }
        ul.entries { @for incident in &listed.incidents { (entry(incident, site, now)) } }
        @if let Some(next) = &listed.next {
            p {
                a href={ "/incidents?state=" (encoded(state)) "&cursor=" (encoded(next)) } {
                    @if state == OPEN { "Those with later deadlines" } @else { "Older ones" }
                }
            }
        }
        p.quiet {
            a href="/recurring" { "Services and recurring incidents" } " · "
            a href="/reviews" { "Incidents without a review" }
        }
    }
}

fn entry(incident: &Value, site: &Site, now: Timestamp) -> Markup {
    let zone = zone_of(incident, site);
    let next = next_clocks(incident).into_iter().next();
    let is_duty = |clock: &Value| matches!(clock["state"].as_str(), Some("running" | "overdue"));
    html! {
        li { div {
            div.what {
                a href=(incident_path(incident)) {
                    (incident["title"].as_str().unwrap_or("(without a title)"))
                }
            }
            p.badges { (badges(incident)) }
            @if let Some((clock, due)) = next {
                div {
                    (report_name(incident, clock)) " " (deadline(clock, &zone)) ", "
                    (time_left(due, now, is_duty(clock)))
                    @if !is_duty(clock) { " (provisional)" }
                }
            }
            div.quiet {
                "detected " (time_of(&incident["detected_at"], &zone).unwrap_or_default())
                @if let Some(stream) = incident["stream"].as_str() { " · " (stream) }
            }
        } }
    }
}
