//! Significance, services and what recurs.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::incidents::{failure, items};
use crate::body::read_object;
use crate::error::ApiError;
use crate::guard::{self, Call};
use crate::params::Params;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

pub(crate) async fn show(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["party"])?;
    let party = params.get("party").map(str::to_owned);
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let found = call.app.blocking(move |parts| {
        let found = parts
            .significance
            .significance(&id, party.as_deref(), &sight);
        found.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &found.await?))
}

pub(crate) async fn answer(mut call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let found = call.app.blocking(move |parts| {
        let found = parts.significance.answer(&id, body, &principal);
        found.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &found.await?))
}

pub(crate) async fn services(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let sight = call.principal()?.sight();
    let found = call
        .app
        .blocking(move |parts| parts.significance.services(&sight).map_err(failure));
    let body = json!({ "services": Value::Array(found.await?) });
    Ok(guard::json(StatusCode::OK, &body))
}

pub(crate) async fn recurring(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let sight = call.principal()?.sight();
    let found = call
        .app
        .blocking(move |parts| parts.significance.recurring(&sight).map_err(failure));
    Ok(guard::json(StatusCode::OK, &found.await?))
}

pub(crate) async fn quarter_reviews(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit", "cursor"])?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let cursor = params.get("cursor").map(str::to_owned);
    let sight = call.principal()?.sight();
    let page = call.app.blocking(move |parts| {
        let page = parts
            .significance
            .quarter_reviews(limit, cursor.as_deref(), &sight);
        page.map_err(failure)
    });
    Ok(items("reviews", page.await?))
}

pub(crate) async fn review_quarter(mut call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let review = call.app.blocking(move |parts| {
        let review = parts.significance.review_quarter(body, &principal);
        review.map_err(failure)
    });
    Ok(guard::json(StatusCode::CREATED, &review.await?))
}
