//! Suppressions, windows of maintenance, and risk.

use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::incidents::{Fields, items};
use crate::access::Principal;
use crate::backend::{IncidentFailure, TriageRequest};
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

pub(crate) async fn suppressions(call: Call) -> Result<Response<Body>, ApiError> {
    let request = request(call.request.uri(), call.principal()?)?;
    let page = call
        .app
        .blocking(move |parts| {
            parts
                .triage
                .suppressions(&request)
                .map_err(suppression_failure)
        })
        .await?;
    Ok(items("suppressions", page))
}

pub(crate) async fn suppression(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let found = call
        .app
        .blocking(move |parts| {
            parts
                .triage
                .suppression(&id, &sight)
                .map_err(suppression_failure)
        })
        .await?;
    Ok(guard::json(StatusCode::OK, &found))
}

pub(crate) async fn preview_suppression(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let preview = call.app.blocking(move |parts| {
        let preview = parts.triage.preview_suppression(body, &principal);
        preview.map_err(suppression_failure)
    });
    Ok(guard::json(StatusCode::OK, &preview.await?))
}

pub(crate) async fn add_suppression(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let added = call.app.blocking(move |parts| {
        let added = parts.triage.add_suppression(body, &principal);
        added.map_err(suppression_failure)
    });
    Ok(guard::json(StatusCode::CREATED, &added.await?))
}

pub(crate) async fn end_suppression(mut call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let reason = end_reason(&mut call).await?;
    let ended = call.app.blocking(move |parts| {
        let ended = parts.triage.end_suppression(&id, &reason, &principal);
        ended.map_err(suppression_failure)
    });
    Ok(guard::json(StatusCode::OK, &ended.await?))
}

pub(crate) async fn windows(call: Call) -> Result<Response<Body>, ApiError> {
    let request = request(call.request.uri(), call.principal()?)?;
    let page = call
        .app
        .blocking(move |parts| parts.triage.windows(&request).map_err(window_failure))
        .await?;
    Ok(items("maintenance", page))
}

pub(crate) async fn add_window(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let added = call.app.blocking(move |parts| {
        let added = parts.triage.add_window(body, &principal);
        added.map_err(window_failure)
    });
    Ok(guard::json(StatusCode::CREATED, &added.await?))
}

pub(crate) async fn end_window(mut call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let reason = end_reason(&mut call).await?;
    let ended = call.app.blocking(move |parts| {
        let ended = parts.triage.end_window(&id, &reason, &principal);
        ended.map_err(window_failure)
    });
    Ok(guard::json(StatusCode::OK, &ended.await?))
}

pub(crate) async fn risk(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit"])?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let sight = call.principal()?.sight();
    let risk = call.app.blocking(move |parts| {
        let risk = parts.triage.risk(limit, &sight);
        risk.map_err(suppression_failure)
    });
    let body = json!({ "risk": Value::Array(risk.await?) });
    Ok(guard::json(StatusCode::OK, &body))
}

fn request(uri: &Uri, principal: &Principal) -> Result<TriageRequest, ApiError> {
    let params = Params::parse(uri, &["limit", "cursor", "state"])?;
    Ok(TriageRequest {
        limit: params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?,
        cursor: params.get("cursor").map(str::to_owned),
        active: match params.get("state") {
            None | Some("all") => false,
            Some("active") => true,
            Some(other) => {
                let message = format!("`state` is `{other}`, but must be `active` or `all`");
                return Err(ApiError::new(ErrorCode::InvalidParameter, message));
            }
        },
        sight: principal.sight(),
    })
}

async fn end_reason(call: &mut Call) -> Result<String, ApiError> {
    let mut fields = Fields(read_object(call.request.body_mut()).await?);
    let reason = fields.required_text("reason")?;
    match fields.0.keys().next() {
        None => Ok(reason),
        Some(unknown) => {
            let message = format!("`{unknown}` is not known here: the body is `reason` alone");
            let error = ApiError::new(ErrorCode::InvalidField, message);
            Err(error.with("field", unknown.as_str()))
        }
    }
}

fn suppression_failure(failure: IncidentFailure) -> ApiError {
    let help = "`vakt suppressions list` and `GET /api/v1/suppressions` list them";
    told(failure, "there is no suppression with this id", help)
}

fn window_failure(failure: IncidentFailure) -> ApiError {
    let help = "`vakt maintenance list` and `GET /api/v1/maintenance` list them";
    told(
        failure,
        "there is no window of maintenance with this id",
        help,
    )
}

fn told(failure: IncidentFailure, missing: &str, help: &str) -> ApiError {
    match failure {
        IncidentFailure::NotFound => ApiError::new(ErrorCode::NotFound, missing).with_help(help),
        other => super::incidents::failure(other),
    }
}
