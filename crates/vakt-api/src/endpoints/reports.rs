//! The forms of an incident's reports, and why its rules fired.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::incidents::{Fields, failure, missing};
use crate::backend::{NewText, ReportRequest};
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

pub(crate) async fn why(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let why = call
        .app
        .blocking(move |parts| parts.incidents.why(&id, &sight).map_err(failure))
        .await?;
    Ok(guard::json(StatusCode::OK, &why))
}

pub(crate) async fn form(call: Call) -> Result<Response<Body>, ApiError> {
    let (id, report) = (call.path("id").to_owned(), asked(&call)?);
    let sight = call.principal()?.sight();
    let form = call
        .app
        .blocking(move |parts| {
            let form = parts.incidents.form(&id, &report, &sight);
            form.map_err(failure)
        })
        .await?;
    Ok(guard::json(StatusCode::OK, &form))
}

pub(crate) async fn write(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, report) = (call.path("id").to_owned(), asked(&call)?);
    let principal = call.principal()?.clone();
    let texts = new_texts(read_object(call.request.body_mut()).await?)?;
    let form = call
        .app
        .blocking(move |parts| {
            let written = parts
                .incidents
                .write_report(&id, &report, &texts, &principal);
            written.map_err(failure)
        })
        .await?;
    Ok(guard::json(StatusCode::OK, &form))
}

/// The report that the path and the query of a request name.
pub(crate) fn asked(call: &Call) -> Result<ReportRequest, ApiError> {
    let params = Params::parse(call.request.uri(), &["regime", "party"])?;
    Ok(ReportRequest {
        regime: params.get("regime").map(str::to_owned),
        stage: call.path("stage").to_owned(),
        party: params.get("party").map(str::to_owned),
    })
}

/// `{"texts": {"course_of_events": {"text": "…", "version": 0}}}`
fn new_texts(mut body: Map<String, Value>) -> Result<Vec<NewText>, ApiError> {
    let Some(texts) = body.shift_remove("texts") else {
        return Err(missing("texts"));
    };
    if let Some(name) = body.keys().next() {
        return Err(unknown(name, "a body has `texts` alone"));
    }
    let Value::Object(texts) = texts else {
        return Err(unknown("texts", "it is an object with a member a field"));
    };
    texts
        .into_iter()
        .map(|(field, value)| {
            let Value::Object(value) = value else {
                return Err(unknown(&field, "write {\"text\": \"…\", \"version\": 0}"));
            };
            let mut value = Fields(value);
            let text = value.text("text")?.unwrap_or_default();
            let version = value.number("version")?.unwrap_or_default();
            if let Some(name) = value.0.keys().next() {
                return Err(unknown(name, "a text has `text` and `version`"));
            }
            Ok(NewText {
                field,
                text,
                version: i64::try_from(version).unwrap_or(i64::MAX),
            })
        })
        .collect()
}

fn unknown(name: &str, help: &str) -> ApiError {
    ApiError::new(
        ErrorCode::InvalidField,
        format!("`{name}` is not as it must be"),
    )
    .with_help(help)
    .with("field", name)
}
