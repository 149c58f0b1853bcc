//! `POST /api/v1/hunts`: a rule over what is stored, as NDJSON.
//!
//! Lines are matches, now and then `{"vakt.progress":{…}}`, and last `{"vakt.end":{…}}`; a stream without
//! that was broken off. A hunt has a thread of its own, so that searches stand in no line behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use vakt_event::Timestamp;

use super::body::lines;
use super::on_its_way::failed;
use super::recording::{CANCELLED, Recording};
use super::{known_incident, visible};
use crate::access::Principal;
use crate::backend::{Hunt, HuntEnd, HuntFailure, HuntRequest, HuntRule};
use crate::body::read_all;
use crate::endpoints::incidents::Fields;
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::parse_time;
use crate::searches::{Look, NewLook};
use crate::server::Stopping;

/// Largest body, in bytes: a rule with a list of tens of thousands of indicators.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Matches where nobody says how many.
const LIMIT_DEFAULT: u64 = 1_000;

/// Most matches of one hunt: a rule that finds more is no lead.
const LIMIT_MAX: u64 = 1_000_000;

/// Longest name of a rule's text in diagnostics, in bytes.
const PATH_BYTES_MAX: usize = 4 * 1024;

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.clone();
    let bytes = read_all(call.request.body_mut(), BODY_BYTES_MAX).await?;
    let now = call.app.parts.clock.now();
    let (request, incident) = request(&bytes, now, &who)?;
    let incident = known_incident(&call.app, incident, &who).await?;
    let license = call.app.hunts.license(&who)?;
    let asked = request.clone();
    let hunt = call.app.blocking(move |parts| {
        let hunt = parts.hunts.hunt(&asked);
        hunt.map_err(failure)
    });
    let hunt = hunt.await?;
    let entry = NewLook {
        who: who.name,
        token_id: who.token_id,
        look: Look::Hunt,
        query: hunt.subject(),
        since: request.since,
        until: request.until,
        streams: request.streams,
        incident,
    };
    // Nothing is looked at before it is on record.
    let recording = Recording::begin(&call.app, entry).await?;
    let (sender, response) = lines();
    let stopping = Stopping::of(&call.request);
    let (began, has_begun) = oneshot::channel();
    tokio::spawn(async move {
        let (outcome, matches) = match start(hunt, &sender) {
            Ok(running) => {
                drop(began.send(Ok(())));
                running.end(&sender, stopping).await
            }
            Err(error) => {
                let outcome = error.code.name();
                drop(began.send(Err(error)));
                (outcome, 0)
            }
        };
        let hits = usize::try_from(matches).unwrap_or(usize::MAX);
        recording.end(outcome, hits, Some(matches)).await;
        // The answer ends when its end is on record and the next hunt may begin.
        drop((license, sender));
    });
    has_begun.await.unwrap_or_else(|_| Err(failed()))?;
    Ok(response)
}

/// What is asked, and the incident that it is for.
fn request(
    bytes: &[u8],
    now: Timestamp,
    who: &Principal,
) -> Result<(HuntRequest, Option<String>), ApiError> {
    let body: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("the body is no JSON object: {error}");
        ApiError::new(ErrorCode::InvalidJson, message)
    })?;
    let mut fields = Fields(body);
    let (text, loaded) = (fields.text("rule")?, fields.text("id")?);
    let path = fields.text("path")?.unwrap_or_else(|| "rule".to_owned());
    let rule = match (text, loaded) {
        (Some(text), None) => HuntRule::Text {
            text,
            path: path.chars().take(PATH_BYTES_MAX).collect(),
        },
        (None, Some(name)) => HuntRule::Loaded(name),
        _ => {
            let message = "either `rule`, the text of a rule file, or `id`, the id, name or title \
                           of a rule that is loaded, must be given";
            return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", "rule"));
        }
    };
    let mut time = |name: &'static str| -> Result<Option<Timestamp>, ApiError> {
        let Some(text) = fields.text(name)? else {
            return Ok(None);
        };
        parse_time(&text, now).map(Some).map_err(|why| {
            let message = format!("`{name}` is `{text}`: {why}");
            ApiError::new(ErrorCode::InvalidTime, message).with("field", name)
        })
    };
    let (since, until) = (time("since")?, time("until")?);
    let limit = fields.number("limit")?.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("`limit` is {limit}, but must be between 1 and {LIMIT_MAX}");
        return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", "limit"));
    }
    let incident = fields.text("incident")?;
    if let Some(unknown) = fields.0.keys().next() {
        let message = format!("`{unknown}` is no member of a hunt");
        return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", unknown.as_str()));
    }
    let request = HuntRequest {
        rule,
        since,
        until,
        streams: visible(None, who.streams.as_ref()),
        limit,
    };
    Ok((request, incident))
}

fn failure(failure: HuntFailure) -> ApiError {
    match failure {
        HuntFailure::Unknown(message) => ApiError::new(ErrorCode::UnknownRule, message),
        HuntFailure::Rule(diagnostics) => {
            let message = match diagnostics.len() {
                1 => "the rule has an error".to_owned(),
                count => format!("the rule has {count} errors"),
            };
            ApiError::new(ErrorCode::InvalidRule, message).with("diagnostics", diagnostics)
        }
    }
}

/// A hunt on its thread.
struct Running {
    cancelled: Arc<AtomicBool>,
    ended: oneshot::Receiver<HuntEnd>,
}

fn start(hunt: Box<dyn Hunt>, sender: &mpsc::Sender<Bytes>) -> Result<Running, ApiError> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let (end, ended) = oneshot::channel();
    let (flag, sender) = (Arc::clone(&cancelled), sender.clone());
    let work = move || {
        let mut send = |lines: String| sender.blocking_send(lines.into()).is_ok();
        drop(end.send(hunt.run(&flag, &mut send)));
    };
    let started = thread::Builder::new().name("hunt".to_owned()).spawn(work);
    started.map_err(|error| {
        let message = format!("a thread for the hunt cannot be started: {error}");
        ApiError::new(ErrorCode::Unavailable, message)
    })?;
    Ok(Running { cancelled, ended })
}

impl Running {
    /// Waits for its end; ends it when nobody reads it any more, or the daemon stops. Gives the outcome
    /// and how much was given out.
    async fn end(
        mut self,
        sender: &mpsc::Sender<Bytes>,
        mut stopping: Stopping,
    ) -> (&'static str, u64) {
        let ended = tokio::select! {
            ended = &mut self.ended => Some(ended),
            () = sender.closed() => None,
            () = stopping.wait() => None,
        };
        let (ended, is_cancelled) = match ended {
            Some(ended) => (ended, false),
            None => {
                self.cancelled.store(true, Ordering::Relaxed);
                (self.ended.await, true)
            }
        };
        match ended {
            Ok(end) if is_cancelled => (CANCELLED, end.matches),
            Ok(end) => (end.outcome, end.matches),
            Err(_) => {
                tracing::error!("a hunt ended in a panic");
                (ErrorCode::Internal.name(), 0)
            }
        }
    }
}
