//! Erasing events for good.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use super::incidents::{Fields, missing};
use crate::access::Principal;
use crate::backend::{NewErasure, StorageFailure};
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::streams::check_known;

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let mut fields = Fields(body);
    let new = NewErasure {
        stream: fields.text("stream")?,
        from: fields.number("from")?,
        to: fields.number("to")?,
        since: fields.time("since")?,
        until: fields.time("until")?,
        reason: fields.required_text("reason")?,
        dry_run: fields.boolean("dry_run")?,
    };
    if let Some(unknown) = fields.0.keys().next() {
        let message = format!("`{unknown}` is no member of an erasure");
        return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", unknown.as_str()));
    }
    if let Some(stream) = &new.stream {
        check_known(&call.app, stream)?;
    }
    check_order(&new)?;
    keep_to_streams(&new, &principal)?;
    let done = call
        .app
        .blocking(move |parts| parts.storage.erase(&new, &principal).map_err(failure))
        .await?;
    Ok(guard::json(StatusCode::OK, &done))
}

/// An end that is not after its beginning selects nothing, and is a slip: whoever made it would think that
/// all is erased.
fn check_order(new: &NewErasure) -> Result<(), ApiError> {
    let positions = new.from.zip(new.to);
    let times = new.since.zip(new.until);
    let (field, beginning) = match (positions, times) {
        (Some((from, to)), _) if to <= from => ("to", "from"),
        (_, Some((since, until))) if until <= since => ("until", "since"),
        _ => return Ok(()),
    };
    let message = format!("`{field}` is not after `{beginning}`: nothing lies between");
    Err(ApiError::new(ErrorCode::InvalidField, message)
        .with_help(format!("exchange the two; `{field}` itself stays"))
        .with("field", field))
}

/// Something must be selected, and who sees some streams only erases in those only.
fn keep_to_streams(new: &NewErasure, principal: &Principal) -> Result<(), ApiError> {
    let bounds = [new.from.is_some(), new.to.is_some()];
    let times = [new.since.is_some(), new.until.is_some()];
    if new.stream.is_none() && !bounds.into_iter().chain(times).any(|given| given) {
        return Err(missing("stream").with_help(
            "say what is to be erased: a stream, positions (`from`, `to`) or times of receipt \
             (`since`, `until`)",
        ));
    }
    let Some(allowed) = &principal.streams else {
        return Ok(());
    };
    if new
        .stream
        .as_ref()
        .is_some_and(|stream| allowed.contains(stream))
    {
        return Ok(());
    }
    let message = format!("{} may not erase events of this stream", principal.name);
    Err(ApiError::new(ErrorCode::Forbidden, message)
        .with_help(format!("the streams are {}", allowed.join(", ")))
        .with("field", "stream"))
}

pub(super) fn failure(failure: StorageFailure) -> ApiError {
    match failure {
        StorageFailure::Unavailable(message) => ApiError::new(ErrorCode::Unavailable, message),
        StorageFailure::Internal(message) => ApiError::new(ErrorCode::Internal, message),
    }
}
