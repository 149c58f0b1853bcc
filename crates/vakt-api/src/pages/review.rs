//! The review after an incident, and the list of incidents that lack one.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::incident_parts::zone_of;
use super::words::{plain, time_of};
use super::{Looker, items, layout};
use crate::app::Site;
use crate::body::read_form;
use crate::endpoints::incidents::failure;
use crate::endpoints::work::asked_reviews;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

const FAMILIES: [(&str, &str); 5] = [
    ("system_failure", "System failure"),
    ("human_error", "Human error"),
    ("natural_phenomena", "Natural phenomena"),
    ("malicious_action", "Malicious action"),
    ("third_party", "Third party"),
];

/// The texts of a review: name, label, what is asked.
const TEXTS: [(&str, &str, &str); 4] = [
    (
        "root_cause",
        "Root cause",
        "Why it happened, down to what could be changed.",
    ),
    (
        "scope",
        "Scope and impact",
        "What was affected, for how long, how badly, and whom it touched.",
    ),
    (
        "lessons",
        "Lessons",
        "What went well, what did not, what is done otherwise from now on.",
    ),
    (
        "no_actions",
        "Why there is nothing to do",
        "Only where no task of the phase improvement says what.",
    ),
];

/// What somebody typed, and why it was not recorded.
struct Refused {
    problem: ApiError,
    typed: Vec<(String, String)>,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    show(Looker::of(&call)?, None, &[]).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let typed = read_form(&mut call.request).await?;
    let looker = Looker::of(&call)?;
    let Looker { app, id, who } = looker.clone();
    let told = typed.clone();
    let done = app.blocking(move |parts| {
        let find = |name: &str| {
            let found = told.iter().find(|(given, _)| given == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let version: i64 = find("version").parse().unwrap_or_default();
        let names = [
            "root_cause_family",
            "root_cause",
            "scope",
            "lessons",
            "no_actions",
        ];
        let given = told
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()));
        let mut body: Map<String, Value> = given
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        body.insert("version".into(), version.into());
        let work = &parts.work;
        let written = work.write_review(&id, body, &who).map_err(failure)?;
        if find("do") != "sign" {
            return Ok(Vec::new());
        }
        // What is signed is what is on the page: it was saved just now.
        let version = written["version"].as_i64().unwrap_or_default();
        let signed = work.sign_review(&id, version, &who).map_err(failure)?;
        let warnings = items(&signed, "warnings").iter();
        Ok(warnings
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect())
    });
    match done.await {
        Ok(warnings) if warnings.is_empty() => Ok(again(&looker.id)),
        Ok(warnings) => show(looker, None, &warnings).await,
        Err(problem) => show(looker, Some(Refused { problem, typed }), &[]).await,
    }
}

fn again(id: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&format!("/incidents/{id}/review")) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn show(
    looker: Looker,
    refused: Option<Refused>,
    warnings: &[String],
) -> Result<Response<Body>, ApiError> {
    let Looker { app, id, who } = looker;
    let sight = who.sight();
    let (incident, review) = app
        .blocking(move |parts| {
            let incident = parts.incidents.incident(&id, &sight).map_err(failure)?;
            let review = parts.work.review(&id, &sight).map_err(failure)?;
            Ok((incident, review))
        })
        .await?;
    let site = app.parts.site.load();
    let now = app.parts.clock.now();
    let may_record = who.role.may(Permission::RecordFacts);
    let main = page(
        &incident,
        &review,
        refused.as_ref(),
        warnings,
        (&site, may_record),
    );
    let mut response = layout::page("Review", &site, &who, now, &main);
    if let Some(refused) = &refused {
        *response.status_mut() = refused.problem.code.status();
    }
    Ok(response)
}

fn page(
    incident: &Value,
    review: &Value,
    refused: Option<&Refused>,
    warnings: &[String],
    (site, may_record): (&Site, bool),
) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    let missing = items(review, "missing");
    html! {
        p.crumb {
            a href="/" { "Start" } " › " a href={ "/incidents/" (id) } { "Incident" } " › Review"
        }
        h1 { "Review after the incident" }
        p { (incident["title"].as_str().unwrap_or("(without a title)")) }
        @if let Some(refused) = refused {
            p.problem role="alert" { (refused.problem.message) ". " (refused.problem.help()) }
        }
        @for warning in warnings { p.quiet role="status" { "Signed. Please look at this: " (warning) } }
        (signature(review, incident, site))
        @if !missing.is_empty() {
            section.waiting {
                h2 { "Before it can be signed" }
                ul { @for one in missing { li { (one.as_str().unwrap_or_default()) } } }
            }
        }
        form.narrow method="post" {
            input type="hidden" name="version" value=(review["version"].to_string());
            label for="root_cause_family" { "Family of the root cause" }
            select id="root_cause_family" name="root_cause_family" disabled[!may_record] {
                option value="" { "Not chosen" }
                @for (family, words) in FAMILIES {
                    option value=(family) selected[text("root_cause_family", review, refused) == family] { (words) }
                }
            }
            @for (name, label, says) in TEXTS {
                label for=(name) { (label) }
                textarea id=(name) name=(name) rows="5" readonly[!may_record] { (text(name, review, refused)) }
                @let stored = review[name].as_str().unwrap_or_default();
                @if text(name, review, refused).replace("\r\n", "\n") != stored {
                    p.problem { "Not saved. It says now: " (stored) }
                }
                p.quiet { (says) }
            }
            (actions(review, id))
            @if may_record {
                div.actions {
                    button.main type="submit" name="do" value="save" { "Save" }
                    button type="submit" name="do" value="sign" { "Save and sign" }
                }
            }
        }
    }
}

/// What was typed goes before what is stored.
fn text<'a>(name: &str, review: &'a Value, refused: Option<&'a Refused>) -> &'a str {
    let typed = refused.and_then(|it| it.typed.iter().find(|(given, _)| given == name));
    let stored = review[name].as_str().unwrap_or_default();
    typed.map_or(stored, |(_, value)| value.as_str())
}

fn signature(review: &Value, incident: &Value, site: &Site) -> Markup {
    let zone = zone_of(incident, site);
    let signed = &review["signed"];
    html! {
        @if signed.is_object() {
            p {
                span.badge { "Signed" } " by " (signed["by"].as_str().unwrap_or_default()) " "
                (time_of(&signed["at"], &zone).unwrap_or_default())
                @if signed["text"]["version"] != review["version"] {
                    ". What is written below was changed after it: sign it again."
                }
            }
        } @else {
            p.quiet {
                "Not signed. The incident is closed once it is, and every report that is owed was submitted."
            }
        }
    }
}

fn actions(review: &Value, id: &str) -> Markup {
    let actions = items(review, "actions");
    html! {
        h2 { "Actions" }
        ul {
            @for action in actions {
                li {
                    (action["title"].as_str().unwrap_or_default())
                    " · " (action["owner"].as_str().unwrap_or("without an owner"))
                    " · " (action["state"].as_str().unwrap_or_default())
                }
            }
        }
        p.quiet {
            "Actions are tasks of the phase improvement: "
            a href={ "/incidents/" (id) "/work" } { "add and change them there" } "."
        }
    }
}

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.clone();
    let (year, request) = asked_reviews(call.request.uri(), &who)?;
    let (year, found) = call
        .app
        .blocking(move |parts| parts.work.missing_reviews(year, &request).map_err(failure))
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let main = html! {
        p.crumb { a href="/" { "Start" } " › Reviews" }
        h1 { "Incidents of " (year) " without a review" }
        p {
            a href={ "/reviews?year=" (year - 1) } { (year - 1) } " · "
            a href={ "/reviews?year=" (year + 1) } { (year + 1) }
        }
        @if found.items.is_empty() { p.quiet { "None: every incident that was assessed has a signed review." } }
        ul.entries { @for one in &found.items { (missing_item(one, &site)) } }
        @if let Some(next) = &found.next {
            p { a href={ "/reviews?year=" (year) "&cursor=" (next) } { "Older ones" } }
        }
    };
    Ok(layout::page("Reviews", &site, &who, now, &main))
}

fn missing_item(one: &Value, site: &Site) -> Markup {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    html! {
        li { div {
            div.what {
                a href={ "/incidents/" (text("id")) "/review" } { (text("title")) } " "
                span.badge { (plain(text("state"))) }
                @if one["closed_at"].is_string() { " " span.badge.amber { "Closed by word only" } }
            }
            div.quiet {
                "detected " (time_of(&one["detected_at"], &site.zone).unwrap_or_default())
                @if let Some(at) = time_of(&one["handled_at"], &site.zone) { " · handled " (at) }
                @if one["significant"] == true { " · significant: the review is owed" }
                @else { " · not significant: a review where it is appropriate" }
                @if one["begun"] == true { " · begun" }
            }
        } }
    }
}
