//! Reading request bodies: with a bound, and not for ever.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest as _};
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::error::{ApiError, ErrorCode};

/// A sender that sends nothing for this long has gone away.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Largest JSON body or form of the API's own calls: facts, users, tokens.
pub(crate) const JSON_BYTES_MAX: usize = 256 * 1024;

/// After a refusal this much of the body is still read and dropped, so that the client reads the
/// answer before the connection closes under its hands.
const DRAIN_BYTES_MAX: usize = 1024 * 1024;
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// The next piece of the body; `None` at its end. An error means that the client has gone away or
/// paused too long.
pub(crate) async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = tokio::time::timeout(PAUSE_MAX, body.frame())
            .await
            .map_err(|_| {
                ApiError::new(ErrorCode::RequestTimeout, "the body did not go on arriving")
            })?;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                return Err(ApiError::new(
                    ErrorCode::InvalidRequest,
                    format!("the body broke off: {error}"),
                ));
            }
        }
    }
}

/// The whole body, at most `max` bytes.
pub(crate) async fn read_all(body: &mut Body, max: usize) -> Result<Vec<u8>, ApiError> {
    let mut all = Vec::new();
    while let Some(piece) = next_piece(body).await? {
        if all.len() + piece.len() > max {
            return Err(ApiError::new(
                ErrorCode::BodyTooLarge,
                format!("the body is over {max} bytes"),
            )
            .with_help("send less in one request"));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// How fast a body of somebody unknown must arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Until then nothing need have come.
    pub(crate) grace: Duration,
    /// From then on, so many bytes a second on the average.
    pub(crate) bytes_per_second: u64,
    /// When it must be there.
    pub(crate) within: Duration,
}

/// The beginning of a body.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) bytes: Vec<u8>,
    /// Whether that is all of it.
    pub(crate) is_whole: bool,
}

/// The first `max` bytes of the body. What comes after them is read and dropped, up to `dropped_max` bytes,
/// so that the client reads the answer.
///
/// # Errors
/// A body that breaks off, or arrives slower than it must.
pub(crate) async fn read_beginning(
    body: &mut Body,
    max: usize,
    dropped_max: u64,
    pace: Pace,
) -> Result<Beginning, ApiError> {
    let began = Instant::now();
    let (mut bytes, mut is_whole, mut dropped) = (Vec::new(), true, 0_u64);
    let mut arrived = 0_u64;
    loop {
        let paid_for = Duration::from_secs(arrived / pace.bytes_per_second.max(1));
        let patience = (pace.grace + paid_for).min(pace.within);
        let piece = tokio::time::timeout_at(began + patience, next_piece(body)).await;
        let piece = piece.map_err(|_| {
            ApiError::new(
                ErrorCode::RequestTimeout,
                "the report took too long to arrive",
            )
        })??;
        let Some(piece) = piece else {
            return Ok(Beginning { bytes, is_whole });
        };
        arrived = arrived.saturating_add(length(&piece));
        let room = max.saturating_sub(bytes.len()).min(piece.len());
        let (kept, rest) = piece.split_at_checked(room).unwrap_or((&piece, &[]));
        bytes.extend_from_slice(kept);
        if !rest.is_empty() {
            is_whole = false;
            dropped = dropped.saturating_add(length(rest));
        }
        if dropped > dropped_max {
            return Ok(Beginning { bytes, is_whole });
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The body as one JSON object.
pub(crate) async fn read_object(body: &mut Body) -> Result<Map<String, Value>, ApiError> {
    let bytes = read_all(body, JSON_BYTES_MAX).await?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(ApiError::new(
            ErrorCode::InvalidJson,
            "the body is JSON, but no object",
        )),
        Err(error) => Err(ApiError::new(
            ErrorCode::InvalidJson,
            format!("the body is no JSON: {error}"),
        )),
    }
}

/// The fields of a form that is the body (`application/x-www-form-urlencoded`), in their order.
pub(crate) async fn read_form(
    request: &mut Request<Body>,
) -> Result<Vec<(String, String)>, ApiError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
    let body = read_all(request.body_mut(), JSON_BYTES_MAX).await?;
    let mut form = Request::post("/")
        .body(Body::from(body))
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    if let Some(content_type) = content_type {
        form.headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
    }
    let Form(fields) = Form::<Vec<(String, String)>>::from_request(form, &())
        .await
        .map_err(|_| ApiError::new(ErrorCode::InvalidRequest, "the form cannot be read"))?;
    Ok(fields)
}

/// Reads and drops some of what is still under way.
pub(crate) async fn drain(body: &mut Body) {
    let reading = async {
        let mut left = DRAIN_BYTES_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // When the time is up the connection closes, whatever the client is still sending.
    drop(tokio::time::timeout(DRAIN_TIME_MAX, reading).await);
}
