//! `POST /api/v1/events`: NDJSON or a JSON array, plain or compressed, acknowledged when all of it is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};
use vakt_event::{Clock, Frame, Transport};
use vakt_ingest::accounting::TransportMetrics;
use vakt_ingest::push::{
    ArrayFault, BatchPipe, DecompressError, Decompressor, Encoding, EventsSplitter, Line,
};

use super::{refused, source};
use crate::body::{drain, next_piece};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{Call, json};

/// Lines that were cut and that the answer names; further ones are only counted.
const TRUNCATED_SHOWN_MAX: usize = 100;

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

/// Whether the body is declared as one JSON text, parameters aside.
fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE);
    let declared = declared
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let name = declared.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("application/json")
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
    splitter: EventsSplitter,
    pipe: BatchPipe,
    metrics: TransportMetrics,
    truncated: Vec<Value>,
    truncated_count: u64,
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
            splitter: EventsSplitter::new(limits.line_bytes_max, is_json(call.request.headers())),
            pipe: BatchPipe::new(Arc::clone(&parts.intake), source),
            metrics: parts.ingest_metrics.of(Transport::Http),
            truncated: Vec::new(),
            truncated_count: 0,
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
        let split = self.splitter.push(plain, &mut |line| lines.push(line));
        self.take_lines(lines)?;
        self.keep_members(split).await?;
        self.pipe
            .flush_if_full()
            .await
            .map_err(|error| refused(&error))
    }

    async fn end(&mut self) -> Result<Value, ApiError> {
        let mut lines = Vec::new();
        let next = EventsSplitter::new(self.line_bytes_max, false);
        let splitter = std::mem::replace(&mut self.splitter, next);
        let split = splitter.finish(&mut |line| lines.push(line));
        self.take_lines(lines)?;
        self.keep_members(split).await?;
        let accepted = self.pipe.finish().await.map_err(|error| refused(&error))?;
        let mut answer = json!({
            "accepted": accepted.stored + accepted.repeated,
            "rejected": [],
        });
        if self.truncated_count > 0 {
            answer["truncated"] = self.truncated.clone().into();
            answer["truncated_total"] = self.truncated_count.into();
        }
        Ok(answer)
    }

    /// The members before a fault of an array are kept, and the answer says from which one to send again.
    async fn keep_members(&mut self, split: Result<(), ArrayFault>) -> Result<(), ApiError> {
        let Err(fault) = split else {
            return Ok(());
        };
        self.pipe.finish().await.map_err(|error| refused(&error))?;
        Err(
            ApiError::new(ErrorCode::InvalidJson, fault.to_string()).with_help(
                "mend the array and send it again from that member on; those before it were taken",
            ),
        )
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
            self.metrics.received(1, line.bytes.len() as u64);
            if line.truncated {
                self.metrics.truncated();
                self.truncated_count += 1;
                if self.truncated.len() < TRUNCATED_SHOWN_MAX {
                    self.truncated.push(json!({
                        "line": line.number,
                        "reason": format!("longer than {} bytes; its beginning is stored", self.line_bytes_max),
                    }));
                }
            }
            let frame = Frame {
                bytes: line.bytes,
                format: line.format,
                received,
                truncated: line.truncated,
                cursor: None,
            };
            self.pipe.push(frame, line.number);
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
