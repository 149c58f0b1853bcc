//! Reports and notices as documents: looked at, kept as versions, approved by a second person, and recorded
//! as sent.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::incident_parts::zone_of;
use super::results::encoded;
use super::words::{plain, time_of};
use super::{Looker, items, layout};
use crate::access::Principal;
use crate::app::Parts;
use crate::body::read_form;
use crate::endpoints::documents::{LIMIT_DEFAULT, document_failure};
use crate::endpoints::incidents::failure;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;
use crate::roles::Permission;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["cursor"])?;
    let cursor = params.get("cursor").map(str::to_owned);
    show(Looker::of(&call)?, cursor, Vec::new(), None).await
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let fields = read_form(&mut call.request).await?;
    let looker = Looker::of(&call)?;
    let Looker { app, id, who } = looker.clone();
    let done = app
        .blocking(move |parts| act(parts, &id, &Typed(fields), &who))
        .await;
    match done {
        Ok(warnings) if warnings.is_empty() => Ok(again(&looker.id)),
        Ok(warnings) => show(looker, None, warnings, None).await,
        Err(problem) => show(looker, None, Vec::new(), Some(problem)).await,
    }
}

/// What a form of the page carries.
struct Typed(Vec<(String, String)>);

impl Typed {
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// The members of a body that are filled in.
    fn body(&self, names: &[&str]) -> Map<String, Value> {
        let filled = names.iter().filter(|name| !self.get(name).is_empty());
        filled
            .map(|name| ((*name).to_owned(), self.get(name).into()))
            .collect()
    }

    fn number(&self, name: &str) -> Result<i64, ApiError> {
        self.get(name).parse().map_err(|_| {
            let message = format!("`{name}` is {:?}, and no number", self.get(name));
            ApiError::new(ErrorCode::InvalidField, message)
        })
    }
}

/// Does what a form asks for, and answers what is doubtful about it.
fn act(parts: &Parts, id: &str, typed: &Typed, who: &Principal) -> Result<Vec<String>, ApiError> {
    let documents = &parts.documents;
    let told = match typed.get("do") {
        "keep" => {
            let mut body = typed.body(&["stage", "regime", "party", "language", "changed"]);
            body.insert("expected".into(), typed.number("expected")?.into());
            documents.keep(id, body, who)
        }
        "approve" => {
            let body = typed.body(&["reason"]);
            documents.approve(id, typed.number("document")?, body, who)
        }
        "submit" => {
            let mut body = typed.body(&["format", "reference", "reason"]);
            body.insert("source".into(), "page".into());
            documents.submit(id, typed.number("document")?, body, who)
        }
        "mark" => {
            let mut body = typed.body(&["name", "value"]);
            body.insert("version".into(), typed.number("version")?.into());
            documents.mark(id, body, who)
        }
        "include" => {
            let mut body = typed.body(&["field", "value"]);
            body.insert("included".into(), (typed.get("included") == "yes").into());
            documents.include(id, body, who)
        }
        other => {
            let message = format!("there is nothing to do named `{other}`");
            return Err(ApiError::new(ErrorCode::InvalidField, message));
        }
    };
    let told = told.map_err(document_failure)?;
    let warnings = items(&told, "warnings").iter();
    Ok(warnings
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect())
}

fn again(id: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(target) = HeaderValue::from_str(&format!("/incidents/{}/documents", encoded(id))) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn show(
    looker: Looker,
    cursor: Option<String>,
    warnings: Vec<String>,
    problem: Option<ApiError>,
) -> Result<Response<Body>, ApiError> {
    let Looker { app, id, who } = looker;
    let sight = who.sight();
    let (incident, found) = app
        .blocking(move |parts| {
            let incident = parts.incidents.incident(&id, &sight).map_err(failure)?;
            let found = parts
                .documents
                .documents(&id, LIMIT_DEFAULT, cursor.as_deref(), &sight)
                .map_err(failure)?;
            Ok((incident, found))
        })
        .await?;
    let site = app.parts.site.load();
    let now = app.parts.clock.now();
    let seen = Seen {
        id: incident["id"].as_str().unwrap_or_default(),
        zone: zone_of(&incident, &site),
        incident: &incident,
        found: &found,
        who: &who,
    };
    let main = page(&seen, &warnings, problem.as_ref());
    let mut response = layout::page("Documents", &site, &who, now, &main);
    if let Some(problem) = problem {
        *response.status_mut() = problem.code.status();
    }
    Ok(response)
}

/// What is looked at, and by whom.
struct Seen<'a> {
    id: &'a str,
    zone: TimeZone,
    incident: &'a Value,
    found: &'a Value,
    who: &'a Principal,
}

impl Seen<'_> {
    fn may(&self, permission: Permission) -> bool {
        self.who.role.may(permission)
    }

    /// Whether no newer version of the same document is kept.
    fn is_newest(&self, document: &Value) -> bool {
        let is_same = |it: &&Value| {
            let same = ["regime", "stage", "party"];
            same.iter().all(|name| it[*name] == document[*name])
        };
        let same = items(self.found, "documents").iter().filter(is_same);
        let newest = same.filter_map(|it| it["version"].as_i64()).max();
        newest <= document["version"].as_i64()
    }

    fn hidden(&self, action: &str) -> Markup {
        html! { input type="hidden" name="do" value=(action); }
    }
}

fn page(seen: &Seen<'_>, warnings: &[String], problem: Option<&ApiError>) -> Markup {
    html! {
        p.crumb {
            a href="/" { "Start" } " › "
            a href={ "/incidents/" (seen.id) } { "Incident" } " › Documents"
        }
        h1 { "Documents" }
        p { (seen.incident["title"].as_str().unwrap_or("(without a title)")) }
        @if let Some(problem) = problem {
            p.problem role="alert" { (problem.message) }
        }
        @if !warnings.is_empty() {
            section.caution role="status" {
                h2 { "It is recorded. Please look at this" }
                ul { @for warning in warnings { li { (warning) } } }
            }
        }
        section aria-labelledby="forms-heading" {
            h2 id="forms-heading" { "Reports and notices" }
            p.quiet {
                "A version is kept as it is, byte for byte. A second person approves it; what is changed \
                 afterwards is a new version."
            }
            ul.plain { @for form in items(seen.found, "forms") { (form_item(seen, form)) } }
        }
        section aria-labelledby="kept-heading" {
            h2 id="kept-heading" { "Kept versions" }
            @let documents = items(seen.found, "documents");
            @if documents.is_empty() { p { "None yet." } }
            ul.plain { @for document in documents { (document_item(seen, document)) } }
            @if let Some(next) = seen.found["next"].as_str() {
                p { a href={ "?cursor=" (encoded(next)) } { "Older versions" } }
            }
        }
        (marks(seen))
        (observables(seen))
        @if seen.may(Permission::ReadRaw) {
            section aria-labelledby="files-heading" {
                h2 id="files-heading" { "To take along" }
                p {
                    a.button href={ "/api/v1/incidents/" (seen.id) "/package" } { "Package for when the portal is down (ZIP)" }
                    " "
                    a.button href={ "/api/v1/incidents/" (seen.id) "/stix" } download={ "incident-" (seen.incident["number"]) ".stix.json" } { "STIX 2.1" }
                }
                p.quiet {
                    "What was really sent (a PDF) and receipts are kept with " code { "vakt incidents submit-document" } "."
                }
            }
        }
    }
}

fn query(form: &Value) -> String {
    let text = |name: &str| encoded(form[name].as_str().unwrap_or_default());
    format!("regime={}&party={}", text("regime"), text("party"))
}

fn form_item(seen: &Seen<'_>, form: &Value) -> Markup {
    let text = |name: &str| form[name].as_str().unwrap_or_default();
    let stage = text("stage");
    let preview = |language: &str| {
        format!(
            "/api/v1/incidents/{}/reports/{stage}/document?{}&language={language}",
            seen.id,
            query(form)
        )
    };
    let texts = format!("/incidents/{}/report/{stage}?{}", seen.id, query(form));
    html! {
        li.field {
            strong { (plain(stage)) }
            @if let Some(term) = form["term"].as_str() { " " span.quiet lang="sv" { (term) } }
            div.quiet {
                code { (text("regime")) }
                @if form["party"] != seen.incident["party"] { ", for " (text("party")) }
            }
            div.actions {
                a.button href=(preview("sv")) { "Preview (Swedish)" } " "
                a.button href=(preview("en")) { "Preview (English)" } " "
                a.button href=(texts) { "Its texts" }
            }
            @if seen.may(Permission::RecordFacts) {
                details.more {
                    summary { "Keep a version" }
                    form method="post" {
                        (seen.hidden("keep"))
                        input type="hidden" name="stage" value=(stage);
                        input type="hidden" name="regime" value=(text("regime"));
                        input type="hidden" name="party" value=(text("party"));
                        input type="hidden" name="expected" value=(form["newest"].to_string());
                        label { "Language "
                            select name="language" {
                                option value="sv" selected[text("language") == "sv"] { "Swedish" }
                                option value="en" selected[text("language") == "en"] { "English" }
                            }
                        }
                        label { "What changed " input type="text" name="changed" maxlength="2000"; }
                        button type="submit" { "Keep" }
                    }
                }
            }
        }
    }
}

fn document_item(seen: &Seen<'_>, document: &Value) -> Markup {
    let text = |name: &str| document[name].as_str().unwrap_or_default();
    let missing = items(document, "missing");
    html! {
        li.field {
            strong { (plain(text("stage"))) ", version " (document["version"]) " (" (text("language")) ")" }
            p.badges { (badges(document)) }
            div.quiet {
                code { (text("regime")) } ", for " (text("party")) ", " (text("tlp"))
                ", by " (text("author")) " "
                (time_of(&document["at"], &seen.zone).unwrap_or_default())
            }
            @if let Some(changed) = document["changed"].as_str() { p { (changed) } }
            @if let Some(number) = document["corrects"].as_i64() { p { "Corrects version " (number) ", which was submitted." } }
            @if !missing.is_empty() {
                p { "Required and empty: " (missing.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")) }
            }
            (approval(seen, document))
            @for submission in items(document, "submissions") {
                p {
                    @if submission["correction"] == true { "Correction sent " } @else { "Sent " }
                    (time_of(&submission["sent_at"], &seen.zone).unwrap_or_default())
                    ", fact " (submission["fact"]) ", file " (submission["file"])
                }
            }
            (files(seen, document))
            @if seen.may(Permission::RecordFacts) { (actions(seen, document, !missing.is_empty())) }
        }
    }
}

fn badges(document: &Value) -> Markup {
    let is_sent = !items(document, "submissions").is_empty();
    html! {
        @if is_sent { span class="badge blue" { "Submitted" } }
        @match document["approval"].is_object() {
            true => span class="badge" { "Approved" },
            false => span class="badge amber" { "Not approved" },
        }
    }
}

fn approval(seen: &Seen<'_>, document: &Value) -> Markup {
    let approval = &document["approval"];
    html! {
        @if let Some(by) = approval["by"].as_str() {
            p {
                "Approved by " (by) " " (time_of(&approval["at"], &seen.zone).unwrap_or_default())
                @if let Some(reason) = approval["reason"].as_str() { ": " (reason) }
            }
        }
    }
}

fn files(seen: &Seen<'_>, document: &Value) -> Markup {
    let id = &document["id"];
    html! {
        details.sources {
            summary { "Files and hashes" }
            ul {
                @for file in items(document, "files") {
                    @let role = file["role"].as_str().unwrap_or_default();
                    li {
                        @if seen.may(Permission::ReadRaw) {
                            a href={ "/api/v1/incidents/" (seen.id) "/documents/" (id) "/files/" (role) } {
                                (file["name"].as_str().unwrap_or_default())
                            }
                        } @else {
                            (file["name"].as_str().unwrap_or_default())
                        }
                        div.quiet { "SHA-256 " code { (file["sha256"].as_str().unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

fn actions(seen: &Seen<'_>, document: &Value, is_incomplete: bool) -> Markup {
    let id = document["id"].to_string();
    let is_approved = document["approval"].is_object();
    html! {
        @let is_newest = seen.is_newest(document);
        @if is_newest && !is_approved && document["author"].as_str() != Some(&seen.who.name) {
            form method="post" {
                (seen.hidden("approve"))
                input type="hidden" name="document" value=(id);
                label {
                    @if is_incomplete { "Why with empty fields " } @else { "Remark " }
                    input type="text" name="reason" maxlength="2000" required[is_incomplete];
                }
                button.main type="submit" { "Approve this version" }
            }
        }
        details.more {
            summary { "It was sent: record it" }
            form method="post" {
                (seen.hidden("submit"))
                input type="hidden" name="document" value=(id);
                label { "As "
                    select name="format" {
                        option value="html" { "HTML" }
                        option value="md" { "Markdown" }
                        option value="json" { "JSON" }
                    }
                }
                label { "Reference " input type="text" name="reference" maxlength="200"; }
                label { "Reason, where it is late " input type="text" name="reason" maxlength="2000"; }
                button type="submit" { "Record that it was sent now" }
            }
        }
    }
}

fn marks(seen: &Seen<'_>) -> Markup {
    let may = seen.may(Permission::RecordFacts);
    let marks = &seen.found["marks"];
    let shown = |name: &str, otherwise: &str| {
        let mark = &marks[name];
        let value = mark["value"].as_str().unwrap_or(otherwise).to_owned();
        let version = mark["version"].as_i64().unwrap_or(0);
        let by = mark["recorded_by"].as_str().map(str::to_owned);
        (value, version, by)
    };
    let tlp = shown("tlp", "TLP:AMBER+STRICT");
    let rsit = shown("rsit", "");
    let choices = [
        ("tlp", "Marking", tlp, texts(seen.found, "tlp_choices")),
        ("rsit", "Class", rsit, texts(seen.found, "rsit_choices")),
    ];
    html! {
        section aria-labelledby="marks-heading" {
            h2 id="marks-heading" { "Marking and class" }
            @for (name, heading, (value, version, by), choices) in &choices {
                form method="post" {
                    (seen.hidden("mark"))
                    input type="hidden" name="name" value=(name);
                    input type="hidden" name="version" value=(version.to_string());
                    label { (heading) " "
                        select name="value" disabled[!may] {
                            @if value.is_empty() { option value="" selected { "as the rules suggest" } }
                            @for choice in choices {
                                option value=(choice) selected[choice == value] { (choice) }
                            }
                        }
                    }
                    @if may { button type="submit" { "Set" } }
                    @if let Some(by) = by { span.quiet { " by " (by) } }
                }
            }
        }
    }
}

fn texts(value: &Value, name: &str) -> Vec<String> {
    let texts = items(value, name).iter();
    texts
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

/// What names a person: told only to who reads events as they were sent.
fn observables(seen: &Seen<'_>) -> Markup {
    let (withheld, included) = (items(seen.found, "withheld"), items(seen.found, "included"));
    if (withheld.is_empty() && included.is_empty()) || !seen.may(Permission::RecordFacts) {
        return html! {};
    }
    let one = |it: &Value, is_in: bool| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        html! {
            li {
                form method="post" {
                    (seen.hidden("include"))
                    input type="hidden" name="field" value=(text("field"));
                    input type="hidden" name="value" value=(text("value"));
                    input type="hidden" name="included" value=(if is_in { "no" } else { "yes" });
                    code { (text("field")) } " " (text("value")) " "
                    @if is_in { span.quiet { "included by " (text("recorded_by")) " " } }
                    button type="submit" { @if is_in { "Leave out" } @else { "Include" } }
                }
            }
        }
    };
    html! {
        section aria-labelledby="observables-heading" {
            h2 id="observables-heading" { "What may name a person" }
            p.quiet { "Left out of the indicators until somebody includes it. Hand over only what the receiver needs." }
            ul.plain {
                @for it in included { (one(it, true)) }
                @for it in withheld { (one(it, false)) }
            }
        }
    }
}

/// The line of an incident's page that leads here.
pub(super) fn link(incident: &Value) -> Markup {
    let id = incident["id"].as_str().unwrap_or_default();
    html! {
        p { a.button href={ "/incidents/" (id) "/documents" } { "Documents: preview, approve, submit, take along" } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blank_members_are_not_in_a_body() {
        let typed = Typed(vec![
            ("reason".to_owned(), "  ".to_owned()),
            ("format".to_owned(), " md ".to_owned()),
        ]);
        let body = Value::Object(typed.body(&["reason", "format", "at"]));
        assert_eq!(body, json!({"format": "md"}));
    }
}
