//! The page of the response to an incident: phases, tasks, notes, attachments.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Map, Value};
use vakt_event::Timestamp;

use super::incident_parts::{record_path, zone_of};
use super::words::{plain, time_of};
use super::work_parts::due_badge;
use super::{Looker, items, layout};
use crate::app::Parts;
use crate::backend::{SentFile, Tense};
use crate::body::{read_all, read_form};
use crate::endpoints::incidents::failure;
use crate::endpoints::work::{FILE_BYTES_MAX, task_failure, turn};
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::multipart;
use crate::roles::Permission;

/// The phases of the response, as facts.
const PHASES: [&str; 4] = ["analysed", "contained", "eradicated", "recovered"];

/// What the tasks can be of.
const TASK_PHASES: [&str; 6] = [
    "analysis",
    "containment",
    "eradication",
    "recovery",
    "communication",
    "improvement",
];

const NOTE_KINDS: [&str; 3] = ["note", "decision", "communication"];

/// Bytes of a form around its file.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What somebody typed, and why it was not recorded.
struct Refused {
    problem: ApiError,
    typed: Vec<(String, String)>,
}

impl Refused {
    fn typed(&self, name: &str) -> &str {
        let found = self.typed.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    show(Looker::of(&call)?, None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let typed = read_form(&mut call.request).await?;
    let looker = Looker::of(&call)?;
    let Looker { app, id, who } = looker.clone();
    let told = typed.clone();
    let done = app.blocking(move |parts| {
        let form = Typed(&told);
        match form.get("do") {
            "task" => {
                let mut body = form.members(&["title", "owner", "phase"]);
                form.time(parts, &id, "due", Tense::Any, &who.sight(), &mut body)?;
                parts.work.add_task(&id, body, &who).map_err(failure)
            }
            "change" => {
                let mut body = form.members(&["state", "reason", "owner"]);
                let version: i64 = form.get("version").parse().unwrap_or_default();
                body.insert("version".into(), version.into());
                let task = form.get("task");
                let changed = parts.work.change_task(task, body, &who);
                changed.map_err(task_failure)
            }
            "note" => {
                let mut body = form.members(&["text", "kind"]);
                form.time(parts, &id, "at", Tense::Past, &who.sight(), &mut body)?;
                parts.work.add_note(&id, body, &who).map_err(failure)
            }
            other => Err(ApiError::new(
                ErrorCode::InvalidField,
                format!("`do` is `{other}`, but must be task, change or note"),
            )),
        }
    });
    match done.await {
        Ok(_) => Ok(to_work(&looker.id)),
        Err(problem) => show(looker, Some(Refused { problem, typed })).await,
    }
}

pub(crate) async fn attach(mut call: Call) -> Result<Response<Body>, ApiError> {
    let looker = Looker::of(&call)?;
    let _turn = turn(&call.app).await?;
    let body = read_all(call.request.body_mut(), FILE_BYTES_MAX + FORM_BYTES_MAX).await?;
    let form = multipart::parse(call.request.headers(), &body)?;
    drop(body);
    let Looker { app, id, who } = looker.clone();
    let attached = app.blocking(move |parts| {
        let Some(file) = form.files.into_iter().next() else {
            return Err(ApiError::new(ErrorCode::InvalidField, "no file was chosen"));
        };
        let file: SentFile = file;
        parts.work.attach(&id, file, &who).map_err(failure)
    });
    match attached.await {
        Ok(_) => Ok(to_work(&looker.id)),
        Err(problem) => {
            let typed = Vec::new();
            show(looker, Some(Refused { problem, typed })).await
        }
    }
}

/// The fields of a form.
struct Typed<'f>(&'f [(String, String)]);

impl Typed<'_> {
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Those of the fields that the form has, as a body.
    fn members(&self, names: &[&str]) -> Map<String, Value> {
        let given = self.0.iter();
        let given = given.filter(|(name, _)| names.contains(&name.as_str()));
        given
            .map(|(name, value)| (name.clone(), value.trim().into()))
            .collect()
    }

    /// A time in the words of people, where there is one.
    fn time(
        &self,
        parts: &Parts,
        id: &str,
        name: &str,
        tense: Tense,
        sight: &crate::backend::Sight,
        body: &mut Map<String, Value>,
    ) -> Result<(), ApiError> {
        let words = self.get(name);
        if !words.is_empty() {
            let at = parts.incidents.instant(id, words, tense, sight);
            body.insert(name.into(), at.map_err(failure)?.to_string().into());
        }
        Ok(())
    }
}

fn to_work(id: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&format!("/incidents/{id}/work")) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn show(looker: Looker, refused: Option<Refused>) -> Result<Response<Body>, ApiError> {
    let Looker { app, id, who } = looker;
    let sight = who.sight();
    let (incident, work) = app
        .blocking(move |parts| {
            let incident = parts.incidents.incident(&id, &sight).map_err(failure)?;
            let work = parts.work.work(&id, &sight).map_err(failure)?;
            Ok((incident, work))
        })
        .await?;
    let site = app.parts.site.load();
    let now = app.parts.clock.now();
    let seen = Seen {
        incident: &incident,
        work: &work,
        refused: refused.as_ref(),
        zone: zone_of(&incident, &site),
        now,
        may_record: who.role.may(Permission::RecordFacts),
        reads_raw: who.role.may(Permission::ReadRaw),
    };
    let mut response = layout::page("Response", &site, &who, now, &page(&seen));
    if let Some(refused) = &refused {
        *response.status_mut() = refused.problem.code.status();
    }
    Ok(response)
}

/// What is shown, and to whom.
struct Seen<'a> {
    incident: &'a Value,
    work: &'a Value,
    refused: Option<&'a Refused>,
    zone: TimeZone,
    now: Timestamp,
    may_record: bool,
    reads_raw: bool,
}

impl Seen<'_> {
    fn id(&self) -> &str {
        self.incident["id"].as_str().unwrap_or_default()
    }

    /// What was typed into the form `form` and not taken.
    fn typed(&self, form: &str, name: &str) -> &str {
        let refused = self.refused.filter(|it| it.typed("do") == form);
        refused.map_or("", |it| it.typed(name))
    }
}

fn page(seen: &Seen<'_>) -> Markup {
    html! {
        p.crumb {
            a href="/" { "Start" } " › " a href={ "/incidents/" (seen.id()) } { "Incident" } " › Response"
        }
        h1 { "Response" }
        p { (seen.incident["title"].as_str().unwrap_or("(without a title)")) }
        @if let Some(refused) = seen.refused {
            p.problem role="alert" { (refused.problem.message) ". " (refused.problem.help()) }
        }
        (reports(seen))
        (phases(seen))
        section aria-labelledby="tasks-heading" {
            h2 id="tasks-heading" { "Tasks" }
            (tasks(seen))
        }
        section aria-labelledby="notes-heading" {
            h2 id="notes-heading" { "Notes and decisions" }
            (notes(seen))
        }
        section aria-labelledby="attachments-heading" {
            h2 id="attachments-heading" { "Attachments" }
            (attachments(seen))
        }
        p {
            a.button href={ "/incidents/" (seen.id()) "/review" } { "Review after the incident" } " "
            a.button href={ "/api/v1/incidents/" (seen.id()) "/response" } { "The record of the response (JSON)" }
        }
    }
}

/// What was reported, word for word.
fn reports(seen: &Seen<'_>) -> Markup {
    let reports = items(seen.work, "reports");
    html! {
        @for report in reports {
            section aria-label="Report" {
                h2 { "Report " (report["receipt"].as_str().unwrap_or_default()) }
                (super::intake::said(report, &seen.zone))
            }
        }
    }
}

fn phases(seen: &Seen<'_>) -> Markup {
    let facts = items(seen.incident, "facts");
    let last = |kind: &str| facts.iter().rev().find(|fact| fact["fact"] == kind);
    html! {
        section aria-labelledby="phases-heading" {
            h2 id="phases-heading" { "Phases" }
            ul.entries {
                @for kind in PHASES {
                    li { div {
                        strong { (plain(kind)) } " "
                        @match last(kind) {
                            Some(fact) => {
                                (time_of(&fact["at"], &seen.zone).unwrap_or_default())
                                @if let Some(reason) = fact["reason"].as_str() { div.quiet { (reason) } }
                            },
                            None => { span.quiet { "not recorded " } },
                        }
                        @if seen.may_record { " " a href=(record_path(seen.incident, kind, "")) { "Record" } }
                    } }
                }
            }
        }
    }
}

fn tasks(seen: &Seen<'_>) -> Markup {
    let tasks = items(seen.work, "tasks");
    html! {
        @if tasks.is_empty() { p.quiet { "None yet." } }
        ul.entries { @for task in tasks { (task_item(task, seen)) } }
        @if seen.may_record {
            details open[!seen.typed("task", "title").is_empty()] {
                summary { "Add a task" }
                form.narrow method="post" {
                    input type="hidden" name="do" value="task";
                    label for="title" { "What is to be done" }
                    input id="title" name="title" required maxlength="500" autocomplete="off"
                        value=(seen.typed("task", "title"));
                    label for="owner" { "Who does it" }
                    input id="owner" name="owner" autocomplete="off" spellcheck="false"
                        value=(seen.typed("task", "owner"));
                    label for="due" { "Until when" }
                    input id="due" name="due" autocomplete="off" spellcheck="false"
                        placeholder="16:00, 2026-11-30 12:00" value=(seen.typed("task", "due"));
                    label for="phase" { "Part of" }
                    select id="phase" name="phase" {
                        @for phase in TASK_PHASES {
                            option value=(phase) selected[seen.typed("task", "phase") == phase] { (plain(phase)) }
                        }
                    }
                    div.actions { button.main type="submit" { "Add" } }
                }
            }
        }
    }
}

fn task_item(task: &Value, seen: &Seen<'_>) -> Markup {
    let text = |name: &str| task[name].as_str().unwrap_or_default();
    let is_open = task["state"] == "open";
    html! {
        li id={ "task-" (text("id")) } { div {
            div.what {
                strong { (text("title")) } " "
                @if !is_open { span.badge { (plain(text("state"))) } }
                (due_badge(task, seen.now))
            }
            div.quiet {
                (plain(text("phase"))) " · "
                (task["owner"].as_str().unwrap_or("nobody does it yet"))
                @if let Some(due) = time_of(&task["due"], &seen.zone) { " · by " (due) }
                " · changed by " (text("changed_by"))
                @if let Some(at) = time_of(&task["changed_at"], &seen.zone) { ", " (at) }
            }
            @if let Some(reason) = task["reason"].as_str() { div { (reason) } }
            @if seen.may_record { (task_change(task, is_open)) }
        } }
    }
}

fn task_change(task: &Value, is_open: bool) -> Markup {
    let id = task["id"].as_str().unwrap_or_default();
    html! {
        details {
            summary { "Change" }
            form.narrow method="post" {
                input type="hidden" name="do" value="change";
                input type="hidden" name="task" value=(id);
                input type="hidden" name="version" value=(task["version"].to_string());
                label for={ "owner-" (id) } { "Who does it" }
                input id={ "owner-" (id) } name="owner" autocomplete="off" spellcheck="false"
                    value=(task["owner"].as_str().unwrap_or_default());
                label for={ "reason-" (id) } { "Remark, or why it is dropped" }
                input id={ "reason-" (id) } name="reason" autocomplete="off";
                div.actions {
                    @if is_open {
                        button.main type="submit" name="state" value="done" { "Done" }
                        button type="submit" name="state" value="dropped" { "Drop" }
                        button type="submit" name="state" value="open" { "Keep open" }
                    } @else {
                        button type="submit" name="state" value="open" { "Open again" }
                    }
                }
            }
        }
    }
}

fn notes(seen: &Seen<'_>) -> Markup {
    let notes = items(seen.work, "notes");
    html! {
        @if notes.is_empty() { p.quiet { "None yet." } }
        ol.facts {
            @for note in notes {
                li id={ "note-" (note["id"].to_string()) } {
                    (time_of(&note["at"], &seen.zone).unwrap_or_default()) " "
                    strong { (plain(note["kind"].as_str().unwrap_or_default())) }
                    div.written { (note["text"].as_str().unwrap_or_default()) }
                    div.quiet {
                        "by " (note["recorded_by"].as_str().unwrap_or_default())
                        @if note["recorded_at"] != note["at"] {
                            @if let Some(at) = time_of(&note["recorded_at"], &seen.zone) { ", " (at) }
                        }
                    }
                }
            }
        }
        @if seen.may_record {
            form.narrow method="post" {
                input type="hidden" name="do" value="note";
                label for="text" { "Write down" }
                textarea id="text" name="text" rows="4" required { (seen.typed("note", "text")) }
                label for="kind" { "It is a" }
                select id="kind" name="kind" {
                    @for kind in NOTE_KINDS {
                        option value=(kind) selected[seen.typed("note", "kind") == kind] { (plain(kind)) }
                    }
                }
                label for="at" { "When that was, if not now" }
                input id="at" name="at" autocomplete="off" spellcheck="false" value=(seen.typed("note", "at"));
                div.actions { button.main type="submit" { "Record" } }
                p.quiet { "Notes are only added: what was written stays, with its author." }
            }
        }
    }
}

fn attachments(seen: &Seen<'_>) -> Markup {
    let attachments = items(seen.work, "attachments");
    html! {
        @if attachments.is_empty() { p.quiet { "None yet." } }
        ul.entries {
            @for file in attachments {
                @let hash = file["blake3"].as_str().unwrap_or_default();
                li { div {
                    div.what {
                        @if seen.reads_raw && !hash.is_empty() {
                            a href={ "/api/v1/incidents/" (seen.id()) "/attachments/" (hash) } download {
                                (file["name"].as_str().unwrap_or_default())
                            }
                        } @else {
                            (file["name"].as_str().unwrap_or_default())
                        }
                    }
                    div.quiet {
                        (file["bytes"].to_string()) " bytes · " (file["media_type"].as_str().unwrap_or_default())
                        " · by " (file["recorded_by"].as_str().unwrap_or_default())
                        @if let Some(at) = time_of(&file["recorded_at"], &seen.zone) { ", " (at) }
                    }
                    @if let Some(sha256) = file["sha256"].as_str() {
                        details { summary { "Hashes" } dl.fields {
                            dt { "SHA-256" } dd { (sha256) }
                            dt { "BLAKE3" } dd { (hash) }
                        } }
                    }
                } }
            }
        }
        @if seen.may_record {
            form.narrow method="post" action={ "/incidents/" (seen.id()) "/attach" } enctype="multipart/form-data" {
                label for="file" { "Attach a file, up to 32 MiB" }
                input id="file" name="file" type="file" required;
                div.actions { button.main type="submit" { "Attach" } }
            }
        }
    }
}
