//! What recurs, the services and their outages, and the review that a person signs each quarter.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::significance::service_section;
use super::words::{instant, local, time_of};
use super::{items, layout};
use crate::app::Site;
use crate::body::read_form;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

/// Reviews on the page; the API has all.
const REVIEWS: usize = 12;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    show(call, None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let typed = read_form(&mut call.request).await?;
    let who = call.principal()?.clone();
    let mut body = Map::new();
    for name in ["quarter", "by", "note"] {
        let found = typed.iter().find(|(given, _)| given == name);
        if let Some((_, value)) = found.filter(|(_, value)| !value.trim().is_empty()) {
            body.insert(name.to_owned(), value.trim().into());
        }
    }
    let signed = call
        .app
        .blocking(move |parts| {
            let signed = parts.significance.review_quarter(body, &who);
            signed.map_err(failure)
        })
        .await;
    if let Err(problem) = signed {
        return show(call, Some(problem)).await;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let target = HeaderValue::from_static("/recurring");
    response.headers_mut().insert(header::LOCATION, target);
    Ok(response)
}

async fn show(call: Call, problem: Option<ApiError>) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.clone();
    let sight = who.sight();
    let (found, services, reviews) = call
        .app
        .blocking(move |parts| {
            let records = &parts.significance;
            let found = records.recurring(&sight).map_err(failure)?;
            let services = records.services(&sight).map_err(failure)?;
            let reviews = records.quarter_reviews(REVIEWS, None, &sight);
            Ok((found, services, reviews.map_err(failure)?.items))
        })
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let may_sign = who.role.may(Permission::RecordFacts) && who.streams.is_none();
    let signer = may_sign.then_some(who.name.as_str());
    let main = page(&found, &services, &reviews, problem.as_ref(), signer, &site);
    let mut response = layout::page("Services and recurring incidents", &site, &who, now, &main);
    if let Some(problem) = &problem {
        *response.status_mut() = problem.code.status();
    }
    Ok(response)
}

fn page(
    found: &Value,
    services: &[Value],
    reviews: &[Value],
    problem: Option<&ApiError>,
    signer: Option<&str>,
    site: &Site,
) -> Markup {
    html! {
        p.crumb { a href="/" { "Start" } " › Services and recurring incidents" }
        h1 { "Services and recurring incidents" }
        @if let Some(problem) = problem {
            p.problem role="alert" { (problem.message) ". " (problem.help()) }
        }
        section aria-labelledby="causes-heading" {
            h2 id="causes-heading" { "One cause, within six months" }
            p.quiet {
                "Incidents that were assessed as not significant, each; together they are one where their loss is "
                "(Regulation (EU) 2024/2690 Art. 4). Dismissed ones do not count."
            }
            @let causes = items(found, "causes");
            @if causes.is_empty() { p { "No root cause has more than one." } }
            @for cause in causes { (cause_list(cause)) }
            @let unknown = items(found, "without_cause");
            @if !unknown.is_empty() {
                details {
                    summary { (unknown.len()) " without a root cause" }
                    ul { @for member in unknown { (member_line(member)) } }
                }
            }
            @let alone = items(found, "alone");
            @if !alone.is_empty() {
                details {
                    summary { (alone.len()) " alone with a root cause, which others may call otherwise" }
                    ul {
                        @for member in alone {
                            li {
                                strong { (member["root_cause"].as_str().unwrap_or_default()) }
                                ul { (member_line(member)) }
                            }
                        }
                    }
                }
            }
        }
        section aria-labelledby="review-heading" {
            h2 id="review-heading" { "The quarterly look" }
            (review(found, signer, site))
            ul {
                @for one in reviews {
                    li {
                        (one["quarter"].as_str().unwrap_or_default()) ": signed by "
                        (one["signed_by"].as_str().unwrap_or_default()) ", "
                        (time_of(&one["recorded_at"], &site.zone).unwrap_or_default())
                        @if let Some(note) = one["note"].as_str() { ": " (note) }
                        div.quiet { "BLAKE3 " (one["hash"].as_str().unwrap_or_default()) }
                    }
                }
            }
        }
        @for service in services { (service_section(service, &site.zone)) }
    }
}

fn cause_list(cause: &Value) -> Markup {
    let is_met = cause["outcome"] == "met";
    html! {
        div.card {
            p {
                strong { (cause["root_cause"].as_str().unwrap_or_default()) } " "
                span.badge.red[is_met] {
                    @match cause["outcome"].as_str() {
                        Some("met") => "Significant together",
                        Some("not_met") => "Not significant together",
                        _ => "Open",
                    }
                }
            }
            p.quiet {
                "Loss together: EUR " (cause["loss_eur"].as_str().unwrap_or("0"))
                @let missing: Vec<&str> = items(cause, "missing").iter().filter_map(Value::as_str).collect();
                @if !missing.is_empty() { ", not known: " (missing.join(", ")) }
                @if let Some(id) = cause["recurring"].as_str() {
                    ", linked in " a href={ "/incidents/" (id) } { "one draft" }
                }
            }
            ul { @for member in items(cause, "members") { (member_line(member)) } }
        }
    }
}

fn member_line(member: &Value) -> Markup {
    html! {
        li {
            a href={ "/incidents/" (member["id"].as_str().unwrap_or_default()) "/significance" } {
                (member["number"].to_string()) ": " (member["title"].as_str().unwrap_or_default())
            }
            ", " (member["day"].as_str().unwrap_or_default())
            @if let Some(loss) = member["loss_eur"].as_str() { ", EUR " (loss) }
        }
    }
}

fn review(found: &Value, signer: Option<&str>, site: &Site) -> Markup {
    let quarter = found["quarter"].as_str().unwrap_or_default();
    html! {
        @if found["reviewed"] == true {
            p { (quarter) " is reviewed." }
        } @else {
            p {
                strong { (quarter) " is not reviewed." }
                @if let Some(by) = instant(&found["review_by"]) { " It is wanted by " (local(by, &site.zone)) "." }
            }
        }
        @if let Some(signer) = signer {
            form.narrow method="post" action="/recurring" {
                label for="quarter" { "Quarter" }
                input id="quarter" name="quarter" value=(quarter) required autocomplete="off" spellcheck="false";
                label for="by" { "Who looked" }
                input id="by" name="by" value=(signer) required maxlength="200" autocomplete="off";
                label for="note" { "Note, if any" }
                input id="note" name="note" maxlength="200" autocomplete="off";
                div.actions { button.main type="submit" { "Sign what is shown above" } }
            }
        }
    }
}
