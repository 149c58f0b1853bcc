//! Rules, sources and storage, as they are now.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

use crate::error::ApiError;
use crate::guard::{self, Call};
use crate::params::Params;

pub(crate) async fn rules(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let list = call.app.blocking(|parts| Ok(parts.rules.rules())).await?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "rules": list.rules, "matching": list.matching, "next": null }),
    ))
}

pub(crate) async fn sources(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let streams = call.principal()?.streams.clone();
    let sources = call
        .app
        .blocking(move |parts| Ok(parts.sources.sources(streams.as_deref())))
        .await?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "sources": sources, "next": null }),
    ))
}

pub(crate) async fn storage(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let streams = call.principal()?.streams.clone();
    let usage = call.app.blocking(move |parts| {
        let usage = parts.storage.usage(streams.as_deref());
        usage.map_err(super::erasures::failure)
    });
    Ok(guard::json(StatusCode::OK, &usage.await?))
}
