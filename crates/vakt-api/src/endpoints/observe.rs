//! Health, metrics, and the description of the API.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use prometheus::TextEncoder;
use serde_json::json;

use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};

/// The description, kept by hand; a test holds its paths equal to the route table.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// The process answers: that is all.
pub(crate) async fn healthz(_call: Call) -> Result<Response<Body>, ApiError> {
    Ok(guard::json(StatusCode::OK, &json!({ "status": "ok" })))
}

pub(crate) async fn readyz(call: Call) -> Result<Response<Body>, ApiError> {
    let readiness = call
        .app
        .blocking(|parts| Ok(parts.health.readiness()))
        .await?;
    let ready = readiness.reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut answer = json!({ "ready": ready, "reasons": readiness.reasons });
    if !readiness.notes.is_empty() {
        answer["notes"] = readiness.notes.into();
    }
    Ok(guard::json(status, &answer))
}

pub(crate) async fn metrics(call: Call) -> Result<Response<Body>, ApiError> {
    let families = call.app.parts.registry.gather();
    let text = TextEncoder::new()
        .encode_to_string(&families)
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
    );
    Ok(response)
}

pub(crate) async fn openapi(_call: Call) -> Result<Response<Body>, ApiError> {
    let mut response = Response::new(Body::from(OPENAPI));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Ok(response)
}
