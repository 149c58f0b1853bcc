//! Deadlines as calendar files (RFC 5545), for calendars that keep an address.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

use super::incidents::failure;
use crate::access::Caller;
use crate::backend::Sight;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;

/// Of all incidents that the caller sees.
pub(crate) async fn all(call: Call) -> Result<Response<Body>, ApiError> {
    calendar(call, None).await
}

pub(crate) async fn one(call: Call) -> Result<Response<Body>, ApiError> {
    let id = call.path("id").to_owned();
    calendar(call, Some(id)).await
}

async fn calendar(call: Call, id: Option<String>) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &["token"])?;
    let sight = sight(&call.caller)?;
    let text = call
        .app
        .blocking(move |parts| {
            let calendar = parts.incidents.calendar(id.as_deref(), &sight);
            calendar.map_err(failure)
        })
        .await?;
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/calendar; charset=utf-8"),
    );
    Ok(response)
}

fn sight(caller: &Caller) -> Result<Sight, ApiError> {
    match caller {
        Caller::Person(owner) | Caller::Calendar(owner) => Ok(owner.sight()),
        Caller::Anonymous | Caller::Sender(_) | Caller::Reporter(_) => Err(ApiError::new(
            ErrorCode::Forbidden,
            "deadlines are for people and their calendars",
        )),
    }
}
