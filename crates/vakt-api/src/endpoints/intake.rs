//! Reports of staff, suppliers and customers, by programs.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use base64::Engine as _;
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::incidents::{Fields, failure, items};
use super::work::page;
use crate::access::{Caller, ReportsOf};
use crate::app::App;
use crate::backend::{NewReport, ReportFrom, SentFile};
use crate::body::read_all;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

/// Bytes of a report: 16 MiB of files, as base64, and its texts.
const BODY_BYTES_MAX: usize = 22 * 1024 * 1024 + 512 * 1024;

/// Files of one report, as the records have it.
pub(crate) const FILES_MAX: usize = 5;

/// The longest that a report takes to arrive: some megabytes over a slow telephone. Who sends it may be
/// nobody, and holds one of few turns.
pub(crate) const ARRIVAL_MAX: Duration = Duration::from_secs(120);

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    expect_json(&call)?;
    let now = call.app.parts.clock.now();
    let peer = call.connection.peer.ip();
    call.app.report_rate.count(&call.caller, peer, now)?;
    let from = from_of(&call.caller);
    let _turn = turn(&call.app)?;
    let reading = read_all(call.request.body_mut(), BODY_BYTES_MAX);
    let body = tokio::time::timeout(ARRIVAL_MAX, reading).await;
    let body = body.map_err(|_| {
        ApiError::new(
            ErrorCode::RequestTimeout,
            "the report took too long to arrive",
        )
    })??;
    let body = match serde_json::from_slice(&body) {
        Ok(Value::Object(body)) => body,
        Ok(_) => return Err(not_json("the body is JSON, but no object".to_owned())),
        Err(error) => return Err(not_json(format!("the body is no JSON: {error}"))),
    };
    let new = new_report(body)?;
    let receipt = call
        .app
        .blocking(move |parts| parts.reports.take(new, &from).map_err(failure))
        .await?;
    Ok(guard::json(StatusCode::CREATED, &receipt))
}

/// One of the few turns that there are for reports.
///
/// # Errors
/// When all are taken.
pub(crate) fn turn(app: &App) -> Result<OwnedSemaphorePermit, ApiError> {
    Arc::clone(&app.report_uploads)
        .try_acquire_owned()
        .map_err(|_| ApiError::new(ErrorCode::Busy, "many reports come in at the moment"))
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
        files: files.into_iter().map(file).collect::<Result<_, _>>()?,
    };
    expect_empty(
        &fields,
        "a report has `time`, `description`, `contact` and `files`",
    )?;
    Ok(report)
}

fn file(value: Value) -> Result<SentFile, ApiError> {
    let Value::Object(file) = value else {
        return Err(wrong("files", "a file is an object"));
    };
    let mut fields = Fields(file);
    let (name, media_type) = (fields.required_text("name")?, fields.text("media_type")?);
    let text = fields.required_text("base64")?;
    expect_empty(&fields, "a file has `name`, `media_type` and `base64`")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    Ok(SentFile {
        name,
        media_type,
        bytes: bytes.map_err(|_| wrong("base64", "it is no base64"))?,
    })
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
