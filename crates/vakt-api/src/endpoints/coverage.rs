//! Coverage: the matrix, the reasons for its gaps, and the signed review.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::figures::{LIMIT_DEFAULT, csv_response, is_csv};
use super::incidents::{Fields, failure as incident_failure, items};
use crate::backend::IncidentFailure;
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

const LIMIT_MAX: usize = 500;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["asset", "format"])?;
    let csv = is_csv(&params)?;
    let asset = params.get("asset").map(str::to_owned);
    let sight = call.principal()?.sight();
    let (matrix, sheet) = call
        .app
        .blocking(move |parts| {
            let matrix = parts.coverage.coverage(asset.as_deref(), &sight);
            let matrix = matrix.map_err(asset_failure)?;
            let sheet = csv.then(|| parts.coverage.coverage_csv(&matrix));
            Ok((matrix, sheet))
        })
        .await?;
    Ok(match sheet {
        Some(sheet) => csv_response(sheet, "coverage"),
        None => guard::json(StatusCode::OK, &matrix),
    })
}

pub(crate) async fn reasons(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit", "cursor"])?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let cursor = params.get("cursor").map(str::to_owned);
    let sight = call.principal()?.sight();
    let page = call.app.blocking(move |parts| {
        let page = parts.coverage.reasons(limit, cursor, &sight);
        page.map_err(failure)
    });
    Ok(items("reasons", page.await?))
}

pub(crate) async fn add_reason(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let added = call.app.blocking(move |parts| {
        let added = parts.coverage.add_reason(body, &principal);
        added.map_err(asset_failure)
    });
    Ok(guard::json(StatusCode::CREATED, &added.await?))
}

pub(crate) async fn end_reason(mut call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let mut fields = Fields(read_object(call.request.body_mut()).await?);
    let reason = fields.required_text("reason")?;
    if let Some(unknown) = fields.0.keys().next() {
        let message = format!("`{unknown}` is not known here: the body is `reason` alone");
        let error = ApiError::new(ErrorCode::InvalidField, message);
        return Err(error.with("field", unknown.as_str()));
    }
    let ended = call.app.blocking(move |parts| {
        let ended = parts.coverage.end_reason(&id, &reason, &principal);
        ended.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &ended.await?))
}

pub(crate) async fn sign(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let signed = call.app.blocking(move |parts| {
        let signed = parts.coverage.sign(body, &principal);
        signed.map_err(incident_failure)
    });
    Ok(guard::json(StatusCode::CREATED, &signed.await?))
}

pub(crate) fn failure(failure: IncidentFailure) -> ApiError {
    match failure {
        IncidentFailure::NotFound => ApiError::new(
            ErrorCode::NotFound,
            "there is no reason for a gap with this id",
        )
        .with_help("`vakt coverage reasons` and `GET /api/v1/coverage/reasons` list them"),
        other => incident_failure(other),
    }
}

fn asset_failure(failure: IncidentFailure) -> ApiError {
    match failure {
        IncidentFailure::NotFound => {
            ApiError::new(ErrorCode::NotFound, "there is no asset with this name")
                .with_help("assets are listed under `assets:` of the configuration")
        }
        other => incident_failure(other),
    }
}
