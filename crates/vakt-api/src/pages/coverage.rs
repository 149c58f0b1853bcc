//! Coverage: which kinds of logs each asset gives, with the reasons for gaps and the signed review.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::words::{instant, local, time, time_of};
use super::{items, layout};
use crate::access::Principal;
use crate::app::{App, Site};
use crate::body::read_form;
use crate::endpoints::coverage::failure;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;
use crate::roles::Permission;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let (app, who) = (Arc::clone(&call.app), call.principal()?.clone());
    show(app, who, None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let fields = read_form(&mut call.request).await?;
    let (app, who) = (Arc::clone(&call.app), call.principal()?.clone());
    match change(&app, who.clone(), &fields).await {
        Ok(()) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SEE_OTHER;
            let target = HeaderValue::from_static("/coverage");
            response.headers_mut().insert(header::LOCATION, target);
            Ok(response)
        }
        Err(problem) => show(app, who, Some(problem)).await,
    }
}

/// Carries out one of the page's forms.
async fn change(
    app: &Arc<App>,
    who: Principal,
    fields: &[(String, String)],
) -> Result<(), ApiError> {
    let field = |name: &str| {
        let found = fields.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.trim()).to_owned()
    };
    let mut body = Map::new();
    let mut put = |names: &[&str]| {
        for name in names {
            let value = field(name);
            if !value.is_empty() {
                body.insert((*name).to_owned(), value.into());
            }
        }
    };
    match field("do").as_str() {
        "reason" => {
            put(&["kind", "asset", "reason"]);
            // The end of that day, wherever the reader is: a date alone is no instant.
            body.insert(
                "review_by".into(),
                format!("{}T23:59:59Z", field("review_by")).into(),
            );
            let add = app.blocking(move |parts| {
                let added = parts.coverage.add_reason(body, &who);
                added.map_err(failure)
            });
            add.await.map(drop)
        }
        "end" => {
            let (id, why) = (field("id"), field("reason"));
            let end = app.blocking(move |parts| {
                let ended = parts.coverage.end_reason(&id, &why, &who);
                ended.map_err(failure)
            });
            end.await.map(drop)
        }
        "sign" => {
            put(&["by", "hash", "note", "incident"]);
            let sign = app.blocking(move |parts| {
                let signed = parts.coverage.sign(body, &who);
                signed.map_err(crate::endpoints::incidents::failure)
            });
            sign.await.map(drop)
        }
        other => Err(ApiError::new(
            ErrorCode::InvalidField,
            format!("`do` is `{other}`, but must be `reason`, `end` or `sign`"),
        )),
    }
}

async fn show(
    app: Arc<App>,
    who: Principal,
    problem: Option<ApiError>,
) -> Result<Response<Body>, ApiError> {
    let sight = who.sight();
    let matrix = app
        .blocking(move |parts| {
            let matrix = parts.coverage.coverage(None, &sight);
            matrix.map_err(failure)
        })
        .await?;
    let site = app.parts.site.load();
    let may_record = who.role.may(Permission::RecordFacts);
    let main = page(&matrix, problem.as_ref(), &site, may_record);
    let now = app.parts.clock.now();
    let mut response = layout::page("Coverage of logs", &site, &who, now, &main);
    if let Some(problem) = &problem {
        *response.status_mut() = problem.code.status();
    }
    Ok(response)
}

fn page(matrix: &Value, problem: Option<&ApiError>, site: &Site, may_record: bool) -> Markup {
    let summary = &matrix["summary"];
    html! {
        p.crumb { a href="/" { "Start" } " › Coverage" }
        h1 { "Coverage of logs" }
        p.quiet {
            "The twelve kinds of logs of Regulation (EU) 2024/2690, Annex 3.2.3, by asset. "
            @if let Some(since) = time_of(&matrix["counted_since"], &site.zone) {
                "Counted since " (since) ". "
            } @else { "Nothing was counted yet. " }
            a href="/api/v1/coverage?format=csv" { "As CSV" }
        }
        @if matrix["hosts_forgotten"].as_u64() > Some(0) {
            p.problem {
                (matrix["hosts_forgotten"]) " hosts of no asset were forgotten: more send than are told apart. "
                "Hosts of assets always have room."
            }
        }
        @if let Some(problem) = problem {
            p.problem role="alert" { (problem.message) " " (problem.help()) }
        }
        p {
            @let gaps = |name: &str| match summary[name].as_u64() {
                Some(1) => "1 gap".to_owned(),
                _ => format!("{} gaps", summary[name]),
            };
            strong { (gaps("gaps_without_reason")) " without a reason" } ", "
            (summary["silent"]) " silent, " (gaps("gaps_with_reason")) " with a reason, "
            (summary["received"]) " of " (summary["expected"]) " expected received. "
            (summary["assets_silent"]) " of " (summary["assets"]) " assets say nothing."
        }
        @if items(matrix, "assets").is_empty() {
            p { "There is no asset: list them under " code { "assets:" } " of the configuration." }
        } @else {
            (legend(matrix))
            (table(matrix, site))
        }
        @if may_record { (reason_form(matrix)) }
        (reasons(matrix, site, may_record))
        (unknown(matrix, site))
        (review(matrix, site, may_record))
    }
}

fn legend(matrix: &Value) -> Markup {
    html! {
        details {
            summary { "What the letters and words mean" }
            ul.legend {
                @for kind in items(matrix, "kinds") {
                    li {
                        strong { (text(&kind["point"])) } " " (text(&kind["en"]))
                        div.quiet lang="sv" { (text(&kind["sv"])) }
                        div.quiet { code { (text(&kind["kind"])) } ", silent after " (kind["silent_hours"]) " h" }
                    }
                }
            }
            p {
                "Which rules have nothing to look at, since nothing sends their log source, "
                code { "vakt rules list --live" } " says."
            }
        }
    }
}

fn table(matrix: &Value, site: &Site) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Assets and kinds" {
            table.sheet.matrix {
                thead {
                    tr {
                        th scope="col" { "Asset" }
                        th scope="col" { "Last heard" }
                        @for kind in items(matrix, "kinds") {
                            th scope="col" title=(text(&kind["en"])) { (text(&kind["point"])) }
                        }
                    }
                }
                tbody { @for row in items(matrix, "assets") { (asset_row(row, site)) } }
            }
        }
    }
}

fn asset_row(row: &Value, site: &Site) -> Markup {
    let never: Vec<&str> = items(row, "never_heard")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    html! {
        tr {
            th scope="row" {
                (text(&row["asset"]))
                div.quiet { (text(&row["criticality"])) }
                @if !never.is_empty() { div.quiet { "never heard: " (never.join(", ")) } }
            }
            td {
                @match time_of(&row["last_heard"], &site.zone) {
                    Some(at) => (at),
                    None => "never",
                }
                @if row["silent"] == true { " " span.badge.red { "silent" } }
            }
            @for cell in items(row, "cells") { (matrix_cell(cell, site)) }
        }
    }
}

fn matrix_cell(cell: &Value, site: &Site) -> Markup {
    let state = text(&cell["state"]);
    let (class, word) = match state {
        "received" => ("badge blue", "yes"),
        "silent" => ("badge amber", "silent"),
        "gap_with_reason" => ("badge", "reason"),
        "gap" => ("badge red", "gap"),
        _ => ("none", "–"),
    };
    let last = instant(&cell["last_seen"]);
    html! {
        td {
            span class=(class) { (word) }
            @if state == "silent" {
                @if let Some(last) = last { div.quiet { (time(last, &site.zone)) } }
            }
        }
    }
}

fn reason_form(matrix: &Value) -> Markup {
    html! {
        section aria-labelledby="reason-heading" {
            h2 id="reason-heading" { "Give a reason for a gap" }
            form.reason method="post" {
                input type="hidden" name="do" value="reason";
                label { "Asset "
                    select name="asset" required {
                        @for row in items(matrix, "assets") { option { (text(&row["asset"])) } }
                    }
                }
                label { "Kind "
                    select name="kind" required {
                        @for kind in items(matrix, "kinds") {
                            option value=(text(&kind["kind"])) { (text(&kind["point"])) " " (text(&kind["en"])) }
                        }
                    }
                }
                label { "Reason " input name="reason" required maxlength="1000"; }
                label { "Look at it again by " input type="date" name="review_by" required; }
                button type="submit" { "Record it" }
            }
        }
    }
}

/// The reasons that stand in the matrix.
fn reasons(matrix: &Value, site: &Site, may_record: bool) -> Markup {
    let cells = items(matrix, "assets")
        .iter()
        .flat_map(|row| items(row, "cells"));
    let reasons: Vec<&Value> = cells
        .map(|cell| &cell["reason"])
        .filter(|reason| reason.is_object())
        .collect();
    html! {
        @if !reasons.is_empty() {
            section aria-labelledby="reasons-heading" {
                h2 id="reasons-heading" { "Reasons" }
                ul.facts {
                    @for reason in reasons {
                        li {
                            strong { (text(&reason["asset"])) ", " (text(&reason["kind"])) } ": "
                            (text(&reason["reason"]))
                            div.quiet {
                                (text(&reason["author"])) ", "
                                (time_of(&reason["created_at"], &site.zone).unwrap_or_default())
                                "; to be looked at again by "
                                (whole_time(&reason["review_by"], site))
                                @if reason["state"] == "expired" { " " span.badge.red { "expired" } }
                            }
                            @if may_record {
                                form.inline method="post" {
                                    input type="hidden" name="do" value="end";
                                    input type="hidden" name="id" value=(text(&reason["id"]));
                                    label { "Why it ends " input name="reason" required maxlength="1000"; }
                                    button type="submit" { "End it" }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn unknown(matrix: &Value, site: &Site) -> Markup {
    let hosts = items(matrix, "unknown_hosts");
    html! {
        @if !hosts.is_empty() {
            section aria-labelledby="unknown-heading" {
                h2 id="unknown-heading" { "Unknown hosts" }
                p.quiet { "They send, and are no asset's." }
                ul.facts {
                    @for host in hosts {
                        li {
                            strong { (text(&host["host"])) } " "
                            @if let Some(peer) = host["peer"].as_str() { "from " (peer) " " }
                            "in " (text(&host["stream"])) ", last heard "
                            (time_of(&host["last_heard"], &site.zone).unwrap_or_default())
                        }
                    }
                }
                @if matrix["unknown_hosts_not_named"].as_u64() > Some(0) {
                    p.quiet { "and " (matrix["unknown_hosts_not_named"]) " more" }
                }
            }
        }
    }
}

fn review(matrix: &Value, site: &Site, may_record: bool) -> Markup {
    let signed = &matrix["signed"];
    html! {
        section aria-labelledby="review-heading" {
            h2 id="review-heading" { "Review of what is logged" }
            p.quiet { "Annex 3.2.7: at least yearly, and after significant incidents." }
            @if signed.is_object() {
                p {
                    "Signed by " strong { (text(&signed["by"])) } ", "
                    (whole_time(&signed["at"], site))
                    @if let Some(note) = signed["note"].as_str() { ": " (note) }
                    @if let Some(incident) = signed["incident"].as_str() {
                        ", after " a href={ "/incidents/" (incident) } { "an incident" }
                    }
                    ". The next one is due "
                    (whole_time(&signed["due"], site)) "."
                }
                @if signed["hash"] != matrix["hash"] {
                    p { "The matrix has changed since." }
                }
            }
            @if matrix["summary"]["review_due"] == true { p { strong { "A review is due." } } }
            @if may_record {
                form.reason method="post" {
                    input type="hidden" name="do" value="sign";
                    input type="hidden" name="hash" value=(text(&matrix["hash"]));
                    label { "Signed by " input name="by" required maxlength="200"; }
                    label { "Note " input name="note" maxlength="1000"; }
                    label { "After the incident (number, if any) " input name="incident" maxlength="100"; }
                    button type="submit" { "Sign what this page shows" }
                }
                p.quiet { "Hash of what is signed: " code.hash { (text(&matrix["hash"])) } }
            }
        }
    }
}

/// With the year: it is another one.
fn whole_time(value: &Value, site: &Site) -> String {
    instant(value).map_or_else(String::new, |at| local(at, &site.zone))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
