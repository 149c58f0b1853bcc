//! The page on which staff, suppliers and customers report what happened, and the list of reports.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;

use super::intake_words::{self, Words};
use super::layout;
use super::words::{plain, time_of};
use crate::access::Caller;
use crate::app::App;
use crate::backend::NewReport;
use crate::body::read_all;
use crate::endpoints::incidents::failure;
use crate::endpoints::intake::{ARRIVAL_MAX, FILES_MAX, from_of, turn};
use crate::endpoints::work::page as page_of;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::multipart::{self, Form};
use crate::origin::check_same_origin;
use crate::params::Params;

/// Bytes of the form: 16 MiB of files, and its texts.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024 + 256 * 1024;

/// Lines of the largest box.
const LINES: usize = 8;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let words = words_of(&call)?;
    Ok(layout::bare_in(
        words.tag,
        words.title,
        &form(&call.app, &call.caller, words, &Form::default(), None),
    ))
}

fn words_of(call: &Call) -> Result<&'static Words, ApiError> {
    let params = Params::parse(call.request.uri(), &["lang"])?;
    Ok(intake_words::of(params.get("lang"), call.request.headers()))
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let words = words_of(&call)?;
    // Or a page elsewhere could report in somebody's name.
    check_same_origin(call.request.headers(), call.request.uri(), false)?;
    let _turn = match turn(&call.app) {
        Ok(turn) => turn,
        Err(error) => {
            let nothing = Form::default();
            return Ok(refused(&call, words, &nothing, &error, words.failed));
        }
    };
    let reading = read_all(call.request.body_mut(), BODY_BYTES_MAX);
    let body = tokio::time::timeout(ARRIVAL_MAX, reading).await;
    let body = body.map_err(|_| {
        ApiError::new(
            ErrorCode::RequestTimeout,
            "the form took too long to arrive",
        )
    })?;
    let read = body.and_then(|body| multipart::parse(call.request.headers(), &body));
    let typed = match read {
        Ok(form) => form,
        Err(error) if error.code == ErrorCode::BodyTooLarge => {
            return Ok(refused(
                &call,
                words,
                &Form::default(),
                &error,
                words.too_large,
            ));
        }
        Err(error) => return Err(error),
    };
    let sender = reporter(&call.app, &call.caller, typed.field("code").trim());
    let peer = call.connection.peer.ip();
    let taken = match sender {
        Ok(caller) => take(&call.app, &caller, peer, &typed).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(receipt) => Ok(received(words, &receipt)),
        Err(error) => {
            let says = in_words(&error, words, &typed);
            Ok(refused(&call, words, &typed, &error, says))
        }
    }
}

/// Who reports: the code in the form goes before the session.
fn reporter(app: &App, signed_in: &Caller, code: &str) -> Result<Caller, ApiError> {
    if !code.is_empty() {
        return match app.parts.access.by_token(code) {
            Some(caller @ Caller::Reporter(_)) => Ok(caller),
            _ => Err(ApiError::new(ErrorCode::Forbidden, "the code is unknown")),
        };
    }
    match signed_in {
        caller @ (Caller::Person(_) | Caller::Reporter(_)) => Ok(caller.clone()),
        _ if app.parts.reports.takes_anonymous() => Ok(Caller::Anonymous),
        _ => Err(ApiError::new(
            ErrorCode::Unauthenticated,
            "reports are taken with a code",
        )),
    }
}

async fn take(
    app: &Arc<App>,
    caller: &Caller,
    peer: IpAddr,
    typed: &Form,
) -> Result<Value, ApiError> {
    if typed.files.len() > FILES_MAX {
        return Err(ApiError::new(ErrorCode::InvalidField, "too many files"));
    }
    let now = app.parts.clock.now();
    app.report_rate.count(caller, peer, now)?;
    let text = |name: &str| typed.field(name).trim().to_owned();
    let new = NewReport {
        time: text("time"),
        description: text("description"),
        contact: Some(text("contact")).filter(|contact| !contact.is_empty()),
        files: typed.files.clone(),
    };
    let from = from_of(caller);
    app.blocking(move |parts| parts.reports.take(new, &from).map_err(failure))
        .await
}

/// What went wrong, in the reader's language.
fn in_words(error: &ApiError, words: &'static Words, typed: &Form) -> &'static str {
    match error.code {
        ErrorCode::Forbidden => words.wrong_token,
        ErrorCode::Unauthenticated => words.needs_token,
        ErrorCode::TooManyReports => words.too_many,
        ErrorCode::InvalidField if typed.field("description").trim().is_empty() => words.empty,
        ErrorCode::InvalidField if typed.files.len() > FILES_MAX => words.too_many_files,
        ErrorCode::InvalidField => words.too_large,
        _ => words.failed,
    }
}

fn refused(
    call: &Call,
    words: &'static Words,
    typed: &Form,
    error: &ApiError,
    says: &'static str,
) -> Response<Body> {
    let main = form(&call.app, &call.caller, words, typed, Some(says));
    let mut response = layout::bare_in(words.tag, words.title, &main);
    *response.status_mut() = error.code.status();
    response
}

fn form(
    app: &App,
    caller: &Caller,
    words: &'static Words,
    typed: &Form,
    problem: Option<&str>,
) -> Markup {
    let anonymous = app.parts.reports.takes_anonymous();
    html! {
        h1 { (words.title) }
        p.quiet {
            @if let Some(organisation) = app.parts.reports.organisation() {
                (words.to) " " (organisation) " · "
            }
            a href={ "/report?lang=" (words.other_tag) } lang=(words.other_tag) { (words.other) }
        }
        p { (words.lead) }
        p { strong { (words.urgent) } }
        @if let Some(problem) = problem {
            p.problem role="alert" {
                (words.not_sent) " " (problem)
                @if !typed.files.is_empty() { " " (words.files_again) }
            }
        }
        form.stack method="post" action={ "/report?lang=" (words.tag) } enctype="multipart/form-data" {
            label for="description" { (words.description) }
            textarea id="description" name="description" rows=(LINES) required maxlength="16000"
                aria-describedby="description-hint" { (typed.field("description")) }
            p.quiet id="description-hint" { (words.description_hint) }
            label for="time" { (words.time) }
            input id="time" name="time" maxlength="200" autocomplete="off" value=(typed.field("time"))
                aria-describedby="time-hint";
            p.quiet id="time-hint" { (words.time_hint) }
            label for="contact" { (words.contact) }
            input id="contact" name="contact" maxlength="200" value=(typed.field("contact"))
                aria-describedby="contact-hint";
            p.quiet id="contact-hint" {
                (words.contact_hint) @if anonymous { " " (words.contact_anonymous) }
            }
            label for="files" { (words.files) }
            input id="files" name="files" type="file" multiple aria-describedby="files-hint";
            p.quiet id="files-hint" { (words.files_hint) }
            @if let Caller::Person(person) = caller {
                p.quiet { (words.signed_in) " " (person.name) "." }
            } @else {
                label for="code" { (words.token) }
                input id="code" name="code" type="password" autocomplete="off" spellcheck="false"
                    required[!anonymous] aria-describedby="code-hint";
                p.quiet id="code-hint" {
                    @if anonymous { (words.token_anonymous) } @else { (words.token_hint) }
                }
            }
            button.main type="submit" { (words.send) }
        }
    }
}

fn received(words: &'static Words, receipt: &Value) -> Response<Body> {
    let number = receipt["receipt"].as_str().unwrap_or_default();
    let main = html! {
        h1 { (words.thanks) }
        p { (words.receipt) " " strong { code { (number) } } "." }
        p.quiet { (words.keep) }
        p { a href={ "/report?lang=" (words.tag) } { (words.again) } }
    };
    let mut response = layout::bare_in(words.tag, words.title, &main);
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// What a report says, for who may read it.
pub(super) fn said(report: &Value, zone: &TimeZone) -> Markup {
    let text = |name: &str| report[name].as_str().unwrap_or_default();
    html! {
        p.quiet {
            (plain(text("source")))
            @if let Some(party) = report["party"].as_str() { " " (party) }
            @if let Some(sender) = report["sender"].as_str() { " · " (sender) }
            " · " (time_of(&report["received_at"], zone).unwrap_or_default())
        }
        @if !text("time").is_empty() { p { span.quiet { "When: " } (text("time")) } }
        p.written { (text("description")) }
        @if let Some(contact) = report["contact"].as_str() { p { span.quiet { "Contact: " } (contact) } }
        @let files = super::items(report, "files").len();
        @match files {
            0 => {},
            1 => { p.quiet { "A file came with it; it is among the attachments." } },
            _ => { p.quiet { (files) " files came with it; they are among the attachments." } },
        }
    }
}

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.clone();
    let params = Params::parse(call.request.uri(), &["limit", "cursor"])?;
    let request = page_of(&params, &who)?;
    let found = call
        .app
        .blocking(move |parts| parts.reports.reports(&request).map_err(failure))
        .await?;
    let site = call.app.parts.site.load();
    let now = call.app.parts.clock.now();
    let main = html! {
        p.crumb { a href="/" { "Start" } " › Reports" }
        h1 { "Reports of staff, suppliers and customers" }
        p.quiet { "People report at " a href="/report" { "/report" } "." }
        @if found.items.is_empty() { p.quiet { "None yet." } }
        @for report in &found.items {
            article.card {
                h3 {
                    a href={ "/incidents/" (report["incident"].as_str().unwrap_or_default()) } {
                        (report["receipt"].as_str().unwrap_or_default())
                    }
                    " " span.badge { (plain(report["state"].as_str().unwrap_or_default())) }
                }
                (said(report, &site.zone))
            }
        }
        @if let Some(next) = &found.next { p { a href={ "/reports?cursor=" (next) } { "Older ones" } } }
    };
    Ok(layout::page("Reports", &site, &who, now, &main))
}
