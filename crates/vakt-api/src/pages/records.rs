//! What a search finds of incidents, alerts and notes: a few lines above the events.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::results::shown;
use super::words::{plain, time_of};
use crate::app::Site;
use crate::backend::SearchAnswer;
use crate::error::ApiError;

pub(crate) fn list(found: Result<&SearchAnswer, &ApiError>, site: &Site) -> Markup {
    let answer = match found {
        Ok(answer) => answer,
        Err(error) => {
            return html! {
                h2 { "Incidents, alerts and notes" }
                p.problem role="alert" { (error.message) }
            };
        }
    };
    if answer.hits.is_empty() {
        return html! {};
    }
    let left_out = answer
        .total
        .saturating_sub(u64::try_from(answer.hits.len()).unwrap_or(u64::MAX));
    html! {
        h2 { "Incidents, alerts and notes" }
        ul.records {
            @for hit in &answer.hits { (line(hit, site)) }
        }
        @if left_out > 0 {
            p.quiet { (left_out) " more: " code { "vakt search --in records" } " lists all." }
        }
    }
}

fn line(hit: &Map<String, Value>, site: &Site) -> Markup {
    let text = |name: &str| hit.get(name).map(shown).unwrap_or_default();
    let kind = text("vakt.record");
    let incident = match kind.as_str() {
        "incident" => text("id"),
        _ => text("incident"),
    };
    let what = match kind.as_str() {
        "note" => match text("message") {
            reason if reason.is_empty() => plain(&text("fact")),
            reason => format!("{}: {reason}", plain(&text("fact"))),
        },
        _ => text("message"),
    };
    let state = text("state");
    html! {
        li {
            span.kind { (kind) }
            div {
                div.what {
                    @if incident.is_empty() {
                        (what)
                    } @else {
                        a href={ "/incidents/" (incident) } { (what) }
                    }
                }
                div.quiet {
                    @if !state.is_empty() { (state) " · " }
                    @if let Some(time) = time_of(hit.get("@timestamp").unwrap_or(&Value::Null), &site.zone) { (time) }
                }
            }
        }
    }
}
