//! Reports of staff, suppliers and customers, by programs.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use base64::Engine as _;
use serde_json::{Map, Value};

use super::incidents::{Fields, failure, items};
use super::work::page;
use crate::access::{Caller, ReportsOf};
use crate::backend::{NewReport, ReportFrom, SentFile};
use crate::body::{Pace, read_beginning};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;
use crate::report_receipts::{Key, NAME_BYTES_MAX};

/// Bytes of a report: 16 MiB of files, as base64, and its texts.
const BODY_BYTES_MAX: usize = 22 * 1024 * 1024 + 512 * 1024;

/// Files of one report, as the records have it.
pub(crate) const FILES_MAX: usize = 5;

/// How a report must arrive: some megabytes over a slow telephone. Who sends it may be nobody, and holds
/// one of few turns.
pub(crate) const PACE: Pace = Pace {
    grace: Duration::from_secs(10),
    bytes_per_second: 8 * 1024,
    within: Duration::from_secs(120),
};

/// Bytes beyond the largest report that are still read, so that its sender reads why it was refused.
pub(crate) const DROPPED_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// The header under whose value a program may send a report again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    expect_json(&call)?;
    let name = idempotency_key(&call)?;
    let app = Arc::clone(&call.app);
    let (now, peer) = (app.parts.clock.now(), call.connection.peer.ip());
    let place = app.report_rate.place(&call.caller, peer, now);
    // What was taken already is answered again, whatever came since.
    if name.is_empty() {
        place.as_ref().map_err(Clone::clone)?;
    }
    let _turn = app.report_turns.take(&call.caller, peer)?;
    let body = call.request.body_mut();
    let read = read_beginning(body, BODY_BYTES_MAX, DROPPED_BYTES_MAX, PACE).await?;
    if !read.is_whole {
        let message = format!("the body is over {BODY_BYTES_MAX} bytes");
        return Err(ApiError::new(ErrorCode::BodyTooLarge, message)
            .with_help("send smaller files, or fewer"));
    }
    let body = match serde_json::from_slice(&read.bytes) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(not_json("the body is JSON, but no object".to_owned())),
        Err(error) => return Err(not_json(format!("the body is no JSON: {error}"))),
    };
    let new = new_report(body)?;
    let from = from_of(&call.caller);
    let key = Key::of(&call.caller, &name, &new);
    let taking = async {
        let place = place?;
        let receipt = app.blocking(move |parts| parts.reports.take(new, &from).map_err(failure));
        let receipt = receipt.await?;
        place.keep();
        Ok(receipt)
    };
    let receipt = app.receipts.once(key, now, taking).await?;
    Ok(guard::json(StatusCode::CREATED, &receipt))
}

/// The name under which a program sends a report, empty where it gives none.
fn idempotency_key(call: &Call) -> Result<String, ApiError> {
    let Some(given) = call.request.headers().get(IDEMPOTENCY_KEY) else {
        return Ok(String::new());
    };
    match given.to_str() {
        Ok(text) if (1..=NAME_BYTES_MAX).contains(&text.len()) => Ok(text.to_owned()),
        _ => {
            let message = format!("Idempotency-Key has 1 to {NAME_BYTES_MAX} printable characters");
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        }
    }
}

/// A page of another site can send no JSON without being asked first.
fn expect_json(call: &Call) -> Result<(), ApiError> {
    let given = call.request.headers().get(header::CONTENT_TYPE);
    let given = given.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "a report is sent with the Content-Type application/json";
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, message))
}

fn not_json(message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidJson, message)
}

/// Who reports, by the credential.
pub(crate) fn from_of(caller: &Caller) -> ReportFrom {
    match caller {
        Caller::Reporter(reporter) => {
            let sender = reporter.name.clone();
            match &reporter.of {
                ReportsOf::Own => ReportFrom::Own { sender },
                ReportsOf::Supplier(name) => ReportFrom::Supplier {
                    name: name.clone(),
                    sender,
                },
                ReportsOf::Customer(name) => ReportFrom::Customer {
                    name: name.clone(),
                    sender,
                },
            }
        }
        Caller::Person(person) => ReportFrom::Own {
            sender: person.name.clone(),
        },
        Caller::Anonymous | Caller::Sender(_) | Caller::Calendar(_) => ReportFrom::Anonymous,
    }
}

/// `{"time", "description", "contact", "files": [{"name", "media_type", "base64"}]}`
fn new_report(mut body: Map<String, Value>) -> Result<NewReport, ApiError> {
    let files = match body.shift_remove("files") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(files)) if files.len() <= FILES_MAX => files,
        Some(_) => {
            let message = format!("`files` is a list of at most {FILES_MAX}");
            return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", "files"));
        }
    };
    let mut fields = Fields(body);
    let report = NewReport {
        time: fields.text("time")?.unwrap_or_default(),
        description: fields.required_text("description")?,
        contact: fields.text("contact")?,
        files: (1..)
            .zip(files)
            .map(|(number, value)| file(number, value))
            .collect::<Result<_, _>>()?,
    };
    expect_empty(
        &fields,
        "a report has `time`, `description`, `contact` and `files`",
    )?;
    Ok(report)
}

/// A file; an empty one is one, too: that it is empty may be what it shows.
fn file(number: usize, value: Value) -> Result<SentFile, ApiError> {
    let Value::Object(mut file) = value else {
        return Err(wrong("files", "a file is an object"));
    };
    let text = file.shift_remove("base64");
    let mut fields = Fields(file);
    let (name, media_type) = (fields.text("name")?, fields.text("media_type")?);
    let name = name.ok_or_else(|| of_file(number, "it has no `name`"))?;
    let Some(Value::String(text)) = text else {
        return Err(of_file(
            number,
            &format!("{name} has no `base64`, or no text in it"),
        ));
    };
    expect_empty(&fields, "a file has `name`, `media_type` and `base64`")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    let no_base64 = |_| of_file(number, &format!("the `base64` of {name} is none"));
    Ok(SentFile {
        bytes: bytes.map_err(no_base64)?,
        name,
        media_type,
    })
}

fn of_file(number: usize, what: &str) -> ApiError {
    let message = format!("file {number} of `files`: {what}");
    ApiError::new(ErrorCode::InvalidField, message)
        .with_help("a file has `name`, `media_type` and `base64`")
        .with("field", "files")
}

fn expect_empty(fields: &Fields, help: &str) -> Result<(), ApiError> {
    match fields.0.keys().next() {
        None => Ok(()),
        Some(name) => Err(wrong(name, help)),
    }
}

fn wrong(name: &str, help: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidField,
        format!("`{name}` is not as it must be"),
    )
    .with_help(help)
    .with("field", name)
}

/// All reports, newest first.
pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit", "cursor"])?;
    let request = page(&params, call.principal()?)?;
    let found = call
        .app
        .blocking(move |parts| parts.reports.reports(&request).map_err(failure))
        .await?;
    Ok(items("reports", found))
}
