//! The copy view: the form of a report, one field after another, to be copied into the authority's
//! own.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{Markup, html};
use serde_json::Value;

use super::words::plain;
use super::{Looker, items, layout};
use crate::app::Site;
use crate::backend::{NewText, ReportRequest};
use crate::body::read_form;
use crate::endpoints::incidents::failure;
use crate::endpoints::reports::asked;
use crate::error::ApiError;
use crate::guard::Call;
use crate::roles::Permission;

/// Lines of the box of a short text, and of a long one.
const LINES: (usize, usize) = (2, 12);

/// What somebody typed that was not saved, because another changed the same field.
struct Unsaved {
    problem: ApiError,
    texts: Vec<NewText>,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let report = asked(&call)?;
    show(Looker::of(&call)?, report, None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let report = asked(&call)?;
    let texts = changed(&read_form(&mut call.request).await?);
    let looker = Looker::of(&call)?;
    let Looker { app, id, who } = looker.clone();
    let (wanted, written) = (report.clone(), texts.clone());
    let saved = app
        .blocking(move |parts| {
            let records = &parts.incidents;
            let saved = records.write_report(&id, &wanted, &written, &who);
            saved.map_err(failure)
        })
        .await;
    match saved {
        Ok(_) => Ok(again(&call)),
        Err(problem) => show(looker, report, Some(Unsaved { problem, texts })).await,
    }
}

/// The fields whose text is another one than the page had: what was filled in stays a suggestion.
fn changed(fields: &[(String, String)]) -> Vec<NewText> {
    let find = |prefix: &str, name: &str| {
        let wanted = format!("{prefix}.{name}");
        let found = fields.iter().find(|(given, _)| *given == wanted);
        found.map_or("", |(_, value)| value.as_str())
    };
    fields
        .iter()
        .filter_map(|(name, value)| {
            let field = name.strip_prefix("text.")?;
            let text = unix_lines(value);
            (text != unix_lines(find("was", field))).then(|| NewText {
                field: field.to_owned(),
                text,
                version: find("version", field).parse().unwrap_or_default(),
            })
        })
        .collect()
}

/// Browsers send CRLF, whatever the text had.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}

fn again(call: &Call) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&call.request.uri().to_string()) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn show(
    looker: Looker,
    report: ReportRequest,
    unsaved: Option<Unsaved>,
) -> Result<Response<Body>, ApiError> {
    let Looker { app, id, who } = looker;
    let sight = who.sight();
    let (incident, form) = app
        .blocking(move |parts| {
            let records = &parts.incidents;
            let incident = records.incident(&id, &sight).map_err(failure)?;
            let form = records.form(&id, &report, &sight).map_err(failure)?;
            Ok((incident, form))
        })
        .await?;
    let site = app.parts.site.load();
    let now = app.parts.clock.now();
    let may_write = who.role.may(Permission::RecordFacts);
    let main = page(&incident, &form, unsaved.as_ref(), &site, may_write);
    let mut response = layout::page(&title(&form), &site, &who, now, &main);
    if let Some(unsaved) = &unsaved {
        *response.status_mut() = unsaved.problem.code.status();
    }
    Ok(response)
}

/// `Upplysning: early warning`
fn title(form: &Value) -> String {
    let stage = plain(form["stage"].as_str().unwrap_or_default());
    match form["term"].as_str() {
        Some(term) => format!("{}: {}", plain(term), stage.to_lowercase()),
        None => stage,
    }
}

fn page(
    incident: &Value,
    form: &Value,
    unsaved: Option<&Unsaved>,
    site: &Site,
    may_write: bool,
) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    let language = form["language"].as_str().unwrap_or("en");
    let fields = items(form, "fields");
    html! {
        p.crumb {
            a href="/" { "Start" } " › " a href={ "/incidents/" (id) } { "Incident" } " › Report"
        }
        h1 lang=(language) { (title(form)) }
        p { (incident["title"].as_str().unwrap_or("(without a title)")) }
        p.quiet {
            code { (form["regime"].as_str().unwrap_or_default()) } ", "
            span lang=(language) { (form["citation"].as_str().unwrap_or_default()) }
            @if form["party"].as_str() != Some("own") {
                ", for " (form["party"].as_str().unwrap_or_default())
            }
        }
        @if let Some(unsaved) = unsaved {
            p.problem role="alert" { (unsaved.problem.message) }
        }
        (cautions(form, language))
        @if site.organisation.is_none() {
            p.quiet {
                "Name, number and contact come from " code { "organisation:" } " of the configuration."
            }
        }
        @if fields.is_empty() {
            p { "The data has no form of this report: there is nothing to fill in here." }
        } @else {
            (state_of(form))
            form.copyview method="post" {
                ol { @for field in fields { (field_item(field, language, unsaved, may_write)) } }
                @if may_write {
                    div.actions.sticky {
                        button.main type="submit" { "Save what you wrote" }
                        a.button href=(submission_path(id, form)) { "It was submitted: record it" }
                    }
                }
            }
        }
    }
}

/// Above everything that can be copied; the buttons come once it was read.
fn cautions(form: &Value, language: &str) -> Markup {
    html! {
        section.caution aria-labelledby="cautions-heading" {
            h2 id="cautions-heading" { "Before you copy anything" }
            ul {
                @for caution in items(form, "cautions") {
                    li {
                        span lang=(language) { (caution["text"].as_str().unwrap_or_default()) }
                        @if let Some(english) = caution["english"].as_str() {
                            div.quiet lang="en" { (english) }
                        }
                    }
                }
            }
            label.heed data-heed hidden {
                input type="checkbox" autocomplete="off";
                " I have read this: show the copy buttons"
            }
            noscript { p.quiet { "Without scripts, select a text and copy it." } }
        }
    }
}

fn state_of(form: &Value) -> Markup {
    let missing = items(form, "missing").len();
    html! {
        p {
            @match missing {
                0 => "Every required field has a text.",
                1 => strong { "1 required field is empty." },
                _ => strong { (missing) " required fields are empty." },
            }
            " Nothing is sent from here: copy each text into the authority's form, then record the submission."
        }
    }
}

fn field_item(field: &Value, language: &str, unsaved: Option<&Unsaved>, may_write: bool) -> Markup {
    let name = field["name"].as_str().unwrap_or_default();
    let text = field["text"].as_str().unwrap_or_default();
    let typed = unsaved.and_then(|it| it.texts.iter().find(|new| new.field == name));
    let shown = typed.map_or(text, |new| new.text.as_str());
    let is_required = field["required"] == true;
    let is_missing = is_required && shown.trim().is_empty();
    let input = format!("field-{name}");
    html! {
        li.field.missing[is_missing] {
            label for=(input) lang=(language) { (field["label"].as_str().unwrap_or(name)) }
            @if let Some(english) = field["english"].as_str() {
                div.quiet lang="en" { (english) }
            }
            p.badges {
                (state_badge(field, is_missing))
                @if !is_required { span.badge { "Optional" } }
            }
            textarea id=(input) name={ "text." (name) } rows=(lines(shown)) lang=(language)
                readonly[!may_write] { (shown) }
            input type="hidden" name={ "was." (name) } value=(text);
            input type="hidden" name={ "version." (name) } value=(field["version"].to_string());
            @if typed.is_some() && shown != text {
                p.problem {
                    "Not saved. It says now: " (text)
                }
            }
            div.actions {
                button type="button" data-copy data-copy-from=(input) hidden { "Copy" }
            }
            (sources(field))
        }
    }
}

fn state_badge(field: &Value, is_missing: bool) -> Markup {
    let (kind, words) = match field["state"].as_str() {
        _ if is_missing => ("badge red", "Missing"),
        Some("known") => ("badge blue", "From the record"),
        Some("suggested") => ("badge amber", "Suggestion: check it"),
        Some("entered") => ("badge", "Written by a person"),
        _ => ("badge", "Empty"),
    };
    html! { span class=(kind) { (words) } }
}

fn lines(text: &str) -> usize {
    (text.lines().count() + text.len() / 80).clamp(LINES.0, LINES.1)
}

/// Where a text comes from.
fn sources(field: &Value) -> Markup {
    let from = items(field, "from");
    html! {
        @if !from.is_empty() {
            details.sources {
                summary { "From " (kinds(from)) }
                ul {
                    @for source in from {
                        li {
                            (source["kind"].as_str().unwrap_or_default()) " "
                            @if let Some(id) = source["id"].as_str() { code { (id) } " " }
                            (source["text"].as_str().unwrap_or_default())
                        }
                    }
                }
            }
        }
    }
}

/// `rule, fact (2)`
fn kinds(from: &[Value]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for source in from {
        let kind = source["kind"].as_str().unwrap_or_default();
        match counted.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counted.push((kind, 1)),
        }
    }
    let words = counted.into_iter().map(|(kind, count)| match count {
        1 => kind.to_owned(),
        _ => format!("{kind} ({count})"),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn submission_path(id: &str, form: &Value) -> String {
    let text = |name: &str| form[name].as_str().unwrap_or_default().to_owned();
    format!(
        "/incidents/{id}/record?fact=submitted&report={}&regime={}&party={}&with_form=yes",
        text("stage"),
        text("regime"),
        super::results::encoded(text("party"))
    )
}
