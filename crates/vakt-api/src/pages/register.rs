//! The register of personal data breaches (GDPR Art. 33(5)).

use axum::body::Body;
use axum::http::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::words::{instant, local, plain};
use super::{items, layout};
use crate::app::Site;
use crate::backend::{ItemPage, RegisterRequest};
use crate::endpoints::figures::flag;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::params::Params;

/// Breaches on a page.
const BREACHES: usize = 50;

/// What the register must say, under the words of Art. 33(5) in both languages.
const TEXTS: [(&str, &str, &str); 4] = [
    ("facts", "Facts", "Omständigheter"),
    (
        "data_subjects",
        "Data subjects and records",
        "Registrerade och personuppgiftsposter",
    ),
    ("effects", "Effects", "Effekter"),
    (
        "remedial_action",
        "Remedial action",
        "Korrigerande åtgärder",
    ),
];

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["all", "cursor"])?;
    let who = call.principal()?.clone();
    let all = flag(&params, "all")?;
    let request = RegisterRequest {
        limit: BREACHES,
        cursor: params.get("cursor").map(str::to_owned),
        all,
        sight: who.sight(),
    };
    let found = call
        .app
        .blocking(move |parts| parts.figures.register(&request).map_err(failure))
        .await?;
    let site = call.app.parts.site.load();
    let main = page(&found, all, &site);
    let now = call.app.parts.clock.now();
    Ok(layout::page(
        "Register of personal data breaches",
        &site,
        &who,
        now,
        &main,
    ))
}

fn page(found: &ItemPage, all: bool, site: &Site) -> Markup {
    let kept = if all { "&all=true" } else { "" };
    html! {
        p.crumb { a href="/" { "Start" } " › Register" }
        h1 { "Register of personal data breaches" }
        p.quiet lang="sv" { "Förteckning över personuppgiftsincidenter (artikel 33.5 i dataskyddsförordningen)" }
        p {
            "GDPR Art. 33(5): every breach, its facts, its effects and the remedial action. "
            "Texts come from the reports until somebody writes others with "
            code { "vakt incidents register ID --facts …" } "."
        }
        p.actions {
            a.button href={ "/api/v1/register?format=csv" (kept) } { "As CSV" }
            @if all {
                a.button href="/register" { "Leave out what was no breach" }
            } @else {
                a.button href="/register?all=true" { "What was no breach, too" }
            }
        }
        @if found.items.is_empty() { p { "There is none." } }
        @for breach in &found.items { (breach_section(breach, site)) }
        @if let Some(next) = &found.next {
            p { a.button href={ "/register?cursor=" (next) (kept) } { "Older ones" } }
        }
    }
}

fn breach_section(breach: &Value, site: &Site) -> Markup {
    let text = |name: &str| breach[name].as_str().unwrap_or_default();
    let (kind, status) = match text("status") {
        "breach" => ("badge red", "Breach"),
        "under_assessment" => ("badge amber", "Under assessment"),
        _ => ("badge", "No breach"),
    };
    html! {
        section.card {
            h2 { a href={ "/incidents/" (text("id")) } { (breach["number"]) ". " (text("title")) } }
            p.badges {
                span class=(kind) { (status) }
                span.badge { (plain(text("state"))) }
                @if text("party") != "own" { span.badge { (text("party")) } }
            }
            p.quiet {
                "Detected " (whole_time(&breach["detected_at"], site))
                @for aware in items(breach, "awareness") {
                    ", aware " (whole_time(&aware["at"], site))
                    @if aware["party"] != "own" { " (" (aware["party"].as_str().unwrap_or_default()) ")" }
                }
            }
            @if !items(breach, "parts").is_empty() {
                p.quiet {
                    "With what is part of it:"
                    @for part in items(breach, "parts") {
                        " " a href={ "/incidents/" (part["id"].as_str().unwrap_or_default()) } {
                            (part["number"]) ". " (part["title"].as_str().unwrap_or_default())
                        }
                    }
                }
            }
            @if !items(breach, "missing").is_empty() {
                p.problem { "Missing: " (missing(breach)) }
            }
            dl {
                @for (name, english, swedish) in TEXTS {
                    dt { (english) " " span.quiet lang="sv" { "(" (swedish) ")" } }
                    dd { (breach[name]["text"].as_str().unwrap_or("–")) }
                }
                dt { "Notified" }
                dd { (notified(breach, site)) }
            }
        }
    }
}

/// With the year: the register goes back for years.
fn whole_time(value: &Value, site: &Site) -> String {
    instant(value).map_or_else(String::new, |at| local(at, &site.zone))
}

fn missing(breach: &Value) -> String {
    let names = items(breach, "missing").iter().filter_map(Value::as_str);
    let names = names.map(|name| name.replace('_', " "));
    names.collect::<Vec<_>>().join(", ")
}

fn notified(breach: &Value, site: &Site) -> Markup {
    let notices = items(breach, "notified");
    html! {
        @for notice in notices {
            div {
                (notice["stage"].as_str().unwrap_or_default()) " "
                (whole_time(&notice["at"], site)) " "
                (notice["reference"].as_str().unwrap_or_default())
                @if let Some(reason) = notice["reason"].as_str() { " (" (reason) ")" }
            }
        }
        @match (notices.is_empty(), breach["not_notified_reason"].as_str()) {
            (_, Some(reason)) => { div { "Not notified: " (reason) } }
            (true, None) => "–",
            (false, None) => {}
        }
    }
}
