//! The page on which staff, suppliers and customers report what happened, and the list of reports.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;

use super::intake_words::{self, Words};
use super::layout;
use super::words::{plain, time_of};
use crate::access::{Caller, Secret};
use crate::app::App;
use crate::backend::NewReport;
use crate::body::read_beginning;
use crate::endpoints::incidents::failure;
use crate::endpoints::intake::{DROPPED_BYTES_MAX, FILES_MAX, PACE, from_of};
use crate::endpoints::work::page as page_of;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::multipart::{self, Form};
use crate::origin::check_same_origin;
use crate::params::Params;
use crate::report_receipts::{Key, NAME_BYTES_MAX};

/// Bytes of the form: 16 MiB of files, and its texts.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024 + 256 * 1024;

/// Seconds after which a person may send once more what there was no turn for.
const BUSY_SECONDS: u64 = 60;

/// How an error begins that is about the name of a file.
const OF_FILE: &str = "the file ";

/// Lines of the largest box.
const LINES: usize = 8;

/// Bytes of what is kept of a form for which there is no turn: its texts, and their headers.
const TEXTS_BYTES_MAX: usize = 32 * 1024;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let words = words_of(&call)?;
    let params = Params::parse(call.request.uri(), &["lang", "sent"])?;
    let now = call.app.parts.clock.now();
    let receipt = params
        .get("sent")
        .and_then(|page| call.app.receipts.shown(page, now));
    let main = match receipt {
        Some(receipt) => received(words, &receipt),
        None => form(&call.app, &call.caller, words, &Form::default(), None)?,
    };
    Ok(layout::bare_in(words.tag, words.title, &main))
}

fn words_of(call: &Call) -> Result<&'static Words, ApiError> {
    let params = Params::parse(call.request.uri(), &["lang", "sent"])?;
    Ok(intake_words::of(params.get("lang"), call.request.headers()))
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let words = words_of(&call)?;
    // Or a page elsewhere could report in somebody's name.
    check_same_origin(call.request.headers(), call.request.uri(), false)?;
    let peer = call.connection.peer.ip();
    let turn = call.app.report_turns.take(&call.caller, peer);
    let kept = if turn.is_ok() {
        BODY_BYTES_MAX
    } else {
        TEXTS_BYTES_MAX
    };
    let body = call.request.body_mut();
    let read = read_beginning(body, kept, DROPPED_BYTES_MAX, PACE).await?;
    let headers = call.request.headers();
    if let Err(error) = turn {
        let typed = multipart::texts(headers, &read.bytes);
        return refused(&call, words, &typed, &error, words.busy);
    }
    if !read.is_whole {
        let typed = multipart::texts(headers, &read.bytes);
        let error = ApiError::new(ErrorCode::BodyTooLarge, "the form is too large");
        return refused(&call, words, &typed, &error, words.too_large);
    }
    let typed = multipart::parse(headers, &read.bytes)?;
    let sender = reporter(&call.app, &call.caller, typed.field("code").trim());
    let taken = match sender {
        Ok(caller) => take(&call.app, &caller, peer, &typed).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(receipt) => sent(&call.app, words, &receipt),
        Err(error) => {
            let says = in_words(&error, words, &typed);
            refused(&call, words, &typed, &error, says)
        }
    }
}

/// Sends the browser to a page of its own with the receipt: what is loaded again there sends nothing.
fn sent(app: &App, words: &'static Words, receipt: &Value) -> Result<Response<Body>, ApiError> {
    let page = random_name()?;
    let number = receipt["receipt"].as_str().unwrap_or_default();
    app.receipts.show(&page, number, app.parts.clock.now());
    let location = format!("/report?lang={}&sent={page}", words.tag);
    let location = HeaderValue::from_str(&location)
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// The name of a form, or of the page of a receipt, which nobody guesses.
fn random_name() -> Result<String, ApiError> {
    let secret = Secret::new_code();
    let secret = secret.map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    Ok(secret.reveal().to_owned())
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
    let text = |name: &str| typed.field(name).trim().to_owned();
    let new = NewReport {
        time: text("time"),
        description: text("description"),
        contact: Some(text("contact")).filter(|contact| !contact.is_empty()),
        files: typed.files.clone(),
    };
    let name = typed.field("form");
    let name = if name.len() <= NAME_BYTES_MAX {
        name
    } else {
        ""
    };
    let key = Key::of(caller, name, &new);
    let from = from_of(caller);
    let taking = async {
        let place = app.report_rate.place(caller, peer, now)?;
        let receipt = app.blocking(move |parts| parts.reports.take(new, &from).map_err(failure));
        let receipt = receipt.await?;
        place.keep();
        Ok(receipt)
    };
    app.receipts.once(key, now, taking).await
}

/// What went wrong, in the reader's language.
fn in_words(error: &ApiError, words: &'static Words, typed: &Form) -> &'static str {
    match error.code {
        ErrorCode::Forbidden => words.wrong_token,
        ErrorCode::Unauthenticated => words.needs_token,
        ErrorCode::TooManyReports => words.too_many,
        ErrorCode::InvalidField if typed.field("description").trim().is_empty() => words.empty,
        ErrorCode::InvalidField if typed.files.len() > FILES_MAX => words.too_many_files,
        ErrorCode::InvalidField if error.message.starts_with(OF_FILE) => words.file_name,
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
) -> Result<Response<Body>, ApiError> {
    let mut problem = says.to_owned();
    if let Some(seconds) = error.retry_after() {
        let minutes = seconds.div_ceil(60).to_string();
        problem = format!("{problem} {}", words.again_in.replace("{}", &minutes));
    }
    // Files are never given back: the texts of a form that was not read to its end had some, too.
    let had_files =
        !typed.files.is_empty() || matches!(error.code, ErrorCode::BodyTooLarge | ErrorCode::Busy);
    if had_files {
        problem = format!("{problem} {}", words.files_again);
    }
    let main = form(&call.app, &call.caller, words, typed, Some(&problem))?;
    let mut response = layout::bare_in(words.tag, words.title, &main);
    *response.status_mut() = error.code.status();
    let wait = error
        .retry_after()
        .or((error.code == ErrorCode::Busy).then_some(BUSY_SECONDS));
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn form(
    app: &App,
    caller: &Caller,
    words: &'static Words,
    typed: &Form,
    problem: Option<&str>,
) -> Result<Markup, ApiError> {
    let anonymous = app.parts.reports.takes_anonymous();
    // What is sent again after a refusal is the same form.
    let name = match typed.field("form") {
        "" => random_name()?,
        name => name.to_owned(),
    };
    Ok(html! {
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
            p.problem role="alert" { (words.not_sent) " " (problem) }
        }
        form.stack method="post" action={ "/report?lang=" (words.tag) } enctype="multipart/form-data" {
            input type="hidden" name="form" value=(name);
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
    })
}

fn received(words: &'static Words, number: &str) -> Markup {
    html! {
        h1 { (words.thanks) }
        p { (words.receipt) " " strong { code { (number) } } "." }
        p.quiet { (words.keep) }
        p { a href={ "/report?lang=" (words.tag) } { (words.again) } }
    }
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
