//! `POST /upload`, as `systemd-journal-upload` makes it: one answer after all of the body is
//! durable, because the client saves its cursor then.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use vakt_event::{Frame, Transport};
use vakt_ingest::accounting::TransportMetrics;
use vakt_ingest::push::journal_upload::{CONTENT_TYPE, is_journal};
use vakt_ingest::push::{BatchPipe, JournalUpload};

use super::{refused, source};
use crate::body::{drain, next_piece};
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    check_type(call.request.headers())?;
    let source = source(&call, Transport::Journal)?;
    let parts = &call.app.parts;
    let clock = Arc::clone(&parts.clock);
    let mut pipe = BatchPipe::new(Arc::clone(&parts.intake), source);
    let metrics = parts.ingest_metrics.of(Transport::Journal);
    let body = call.request.body_mut();
    match read(body, &mut pipe, &*clock, &metrics).await {
        Ok(()) => Ok(taken()),
        Err(error) => {
            drain(body).await;
            Err(error)
        }
    }
}

/// Another content type is refused before the body: the client has not sent it yet.
fn check_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !is_journal(content_type) {
        return Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            format!("the content type is `{content_type}`, but an upload is {CONTENT_TYPE}"),
        ));
    }
    let encoded = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        return Err(ApiError::new(
            ErrorCode::UnsupportedEncoding,
            "an upload has no Content-Encoding",
        )
        .with_help("send the journal export format as it is"));
    }
    Ok(())
}

async fn read(
    body: &mut Body,
    pipe: &mut BatchPipe,
    clock: &dyn vakt_event::Clock,
    metrics: &TransportMetrics,
) -> Result<(), ApiError> {
    let mut upload = JournalUpload::default();
    let mut number = 0;
    while let Some(piece) = next_piece(body).await? {
        let mut sink = |frame: Frame| {
            number += 1;
            count(&frame, metrics);
            pipe.push(frame, number);
        };
        upload.push(&piece, clock.now(), &mut sink);
        pipe.flush_if_full()
            .await
            .map_err(|error| refused(&error))?;
    }
    let end = upload.finish(clock.now(), &mut |frame| {
        number += 1;
        count(&frame, metrics);
        pipe.push(frame, number);
    });
    pipe.finish().await.map_err(|error| refused(&error))?;
    end.map_err(|premature| ApiError::new(ErrorCode::PrematureEnd, premature.to_string()))
}

fn count(frame: &Frame, metrics: &TransportMetrics) {
    metrics.received(1, frame.bytes.len() as u64);
    if frame.truncated {
        metrics.truncated();
    }
}

/// The answer of the reference server, which the client reads no further than its status.
fn taken() -> Response<Body> {
    let mut response = Response::new(Body::from("OK.\n"));
    *response.status_mut() = StatusCode::ACCEPTED;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
