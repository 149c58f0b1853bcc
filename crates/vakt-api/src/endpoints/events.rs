//! `POST /api/v1/events`: NDJSON, plain or compressed, acknowledged when all of it is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};
use vakt_event::{Clock, Frame, Transport};
use vakt_ingest::push::{BatchPipe, DecompressError, Decompressor, Encoding, Line, NdjsonSplitter};

use super::{refused, source};
use crate::body::{drain, next_piece};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{Call, json};

/// Rejected lines that the answer names; further ones are only counted.
const REJECTED_SHOWN_MAX: usize = 100;

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let headers = call.request.headers();
    let cap = call.app.parts.limits.events_body_bytes_max;
    let encoding = content_encoding(headers)?;
    refuse_announced(headers, cap)?;
    let source = source(&call, Transport::Http)?;
    let mut intake = EventsBody::new(&call, encoding, source)?;
    let body = call.request.body_mut();
    match intake.read(body).await {
        Ok(answer) => Ok(json(StatusCode::OK, &answer)),
        Err(error) => {
            drain(body).await;
            Err(intake.tell_prefix(error).await)
        }
    }
}

fn content_encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(Encoding::Identity);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    Encoding::from_header(&text).ok_or_else(|| {
        ApiError::new(
            ErrorCode::UnsupportedEncoding,
            format!("Content-Encoding `{text}` is not spoken here"),
        )
    })
}

/// A body that says that it is too large is refused before its first byte.
fn refuse_announced(headers: &HeaderMap, cap: u64) -> Result<(), ApiError> {
    let announced: Option<u64> = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    match announced {
        Some(bytes) if bytes > cap => Err(ApiError::new(
            ErrorCode::BodyTooLarge,
            format!("the body is {bytes} bytes, more than {cap}"),
        )
        .with_help("send it in several requests; nothing of it was taken")
        .with("accepted", 0)),
        _ => Ok(()),
    }
}

/// One body on its way into the journal.
struct EventsBody {
    clock: Arc<dyn Clock>,
    cap: u64,
    wire_bytes: u64,
    line_bytes_max: usize,
    events_max: u64,
    events: u64,
    decompressor: Decompressor,
    splitter: NdjsonSplitter,
    pipe: BatchPipe,
    rejected: Vec<Value>,
    rejected_count: u64,
}

impl EventsBody {
    fn new(
        call: &Call,
        encoding: Encoding,
        source: Arc<vakt_event::Source>,
    ) -> Result<Self, ApiError> {
        let parts = &call.app.parts;
        let limits = parts.limits;
        Ok(Self {
            clock: Arc::clone(&parts.clock),
            cap: limits.events_body_bytes_max,
            wire_bytes: 0,
            line_bytes_max: limits.line_bytes_max,
            events_max: limits.events_per_request_max,
            events: 0,
            decompressor: Decompressor::new(encoding, limits.events_body_bytes_max)
                .map_err(|error| undecodable(&error))?,
            splitter: NdjsonSplitter::new(limits.line_bytes_max),
            pipe: BatchPipe::new(Arc::clone(&parts.intake), source),
            rejected: Vec::new(),
            rejected_count: 0,
        })
    }

    async fn read(&mut self, body: &mut Body) -> Result<Value, ApiError> {
        while let Some(piece) = next_piece(body).await? {
            self.wire_bytes += piece.len() as u64;
            if self.wire_bytes > self.cap {
                return Err(undecodable(&DecompressError::TooLarge { cap: self.cap }));
            }
            let mut input = piece.as_ref();
            let mut more = true;
            while more {
                let mut plain = Vec::new();
                more = self
                    .decompressor
                    .step(&mut input, &mut plain)
                    .map_err(|error| undecodable(&error))?;
                self.take(&plain).await?;
            }
        }
        let mut plain = Vec::new();
        self.decompressor
            .finish(&mut plain)
            .map_err(|error| undecodable(&error))?;
        self.take(&plain).await?;
        self.end().await
    }

    async fn take(&mut self, plain: &[u8]) -> Result<(), ApiError> {
        let mut lines = Vec::new();
        self.splitter.push(plain, &mut |line| lines.push(line));
        self.take_lines(lines)?;
        self.pipe
            .flush_if_full()
            .await
            .map_err(|error| refused(&error))
    }

    async fn end(&mut self) -> Result<Value, ApiError> {
        let mut lines = Vec::new();
        let splitter =
            std::mem::replace(&mut self.splitter, NdjsonSplitter::new(self.line_bytes_max));
        splitter.finish(&mut |line| lines.push(line));
        self.take_lines(lines)?;
        let accepted = self.pipe.finish().await.map_err(|error| refused(&error))?;
        let mut answer = json!({
            "accepted": accepted.stored + accepted.repeated,
            "rejected": self.rejected,
        });
        if self.rejected_count > self.rejected.len() as u64 {
            answer["rejected_total"] = self.rejected_count.into();
        }
        Ok(answer)
    }

    fn take_lines(&mut self, lines: Vec<Line>) -> Result<(), ApiError> {
        let received = self.clock.now();
        for line in lines {
            self.events += 1;
            if self.events > self.events_max {
                return Err(ApiError::new(
                    ErrorCode::BodyTooLarge,
                    format!("the body holds more than {} events", self.events_max),
                ));
            }
            match line {
                Line::Frame {
                    number,
                    bytes,
                    format,
                } => {
                    let frame = Frame {
                        bytes,
                        format,
                        received,
                        truncated: false,
                        cursor: None,
                    };
                    self.pipe.push(frame, number);
                }
                Line::TooLong { number } => {
                    self.rejected_count += 1;
                    if self.rejected.len() < REJECTED_SHOWN_MAX {
                        self.rejected.push(json!({
                            "line": number,
                            "reason": format!("longer than {} bytes", self.line_bytes_max),
                        }));
                    }
                }
            }
        }
        Ok(())
    }

    /// Says with an error how much of the body is durable all the same, so that a careful sender
    /// sends only the rest again.
    async fn tell_prefix(&mut self, error: ApiError) -> ApiError {
        self.pipe.abandon().await;
        let durable = self.pipe.durable();
        error
            .with("accepted", durable.stored + durable.repeated)
            .with("next_line", self.pipe.durable_line() + 1)
    }
}

fn undecodable(error: &DecompressError) -> ApiError {
    let code = match error {
        DecompressError::TooLarge { .. } => ErrorCode::BodyTooLarge,
        DecompressError::Broken { .. } => ErrorCode::InvalidEncoding,
    };
    ApiError::new(code, error.to_string())
}
