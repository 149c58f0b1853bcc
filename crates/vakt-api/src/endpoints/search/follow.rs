//! `GET /api/v1/follow`: matching events as they arrive, as NDJSON.
//!
//! It reads the journal in its order, not the index by time: what arrives late with an old time is
//! shown, too. Between the events lines of `{"vakt.at": POSITION}` say how far it has read, so that
//! whoever was cut off goes on there with `from`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::body::lines;
use super::on_its_way::failed;
use super::recording::{CANCELLED, DONE, Looker, Recording};
use super::{incident, streams};
use crate::app::App;
use crate::backend::{FollowStep, Follower, SearchRequest};
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::params::Params;
use crate::roles::Permission;
use crate::searches::Look;
use crate::server::Stopping;

/// Between two looks where nothing has come: far less than the second in which an event is shown.
const PAUSE: Duration = Duration::from_millis(200);

/// At least so often a line says how far it has read.
const POSITION_EVERY: Duration = Duration::from_secs(5);

/// The name of that line's only member.
const AT: &str = "vakt.at";

const PARAMETERS: [&str; 4] = ["q", "stream", "from", "incident"];

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &PARAMETERS)?;
    let permit = Arc::clone(&call.app.followers).try_acquire_owned();
    let permit = permit
        .map_err(|_| ApiError::new(ErrorCode::Busy, "as many people follow the events as may"))?;
    let who = call.principal()?.clone();
    let looker = Looker {
        look: Look::Follow,
        incident: incident(&call.app, &params, &who).await?,
        who,
    };
    let request = SearchRequest {
        query: params.get("q").unwrap_or_default().to_owned(),
        streams: streams(&params, &looker.who),
        reads_raw: looker.who.role.may(Permission::ReadRaw),
        ..SearchRequest::default()
    };
    let from = match params.get("from") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::new(
                ErrorCode::InvalidParameter,
                "`from` is no position: use the number of a `vakt.at` line or of an `event.id`",
            )
        })?),
    };
    let follower = {
        let request = request.clone();
        call.app.blocking(move |parts| {
            let follower = parts.search.follow(&request, from);
            follower.map_err(super::failure)
        })
    };
    let (sender, response) = lines();
    let following = Following {
        app: Arc::clone(&call.app),
        follower: Arc::new(Mutex::new(follower.await?)),
        sender,
        stopping: Stopping::of(&call.request),
        hits: 0,
        _permit: permit,
    };
    let (began, has_begun) = oneshot::channel();
    tokio::spawn(following.run(looker, request, began));
    // Nothing is shown before it is on record.
    has_begun.await.unwrap_or_else(|_| Err(failed()))?;
    Ok(response)
}

struct Following {
    app: Arc<App>,
    /// Used by one step at a time.
    follower: Arc<Mutex<Box<dyn Follower>>>,
    /// Closed once the client is gone.
    sender: mpsc::Sender<Bytes>,
    stopping: Stopping,
    hits: usize,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    async fn run(
        mut self,
        looker: Looker,
        request: SearchRequest,
        began: oneshot::Sender<Result<(), ApiError>>,
    ) {
        let recording = match Recording::begin(&self.app, looker.entry(&request)).await {
            Ok(recording) => recording,
            Err(error) => return drop(began.send(Err(error))),
        };
        drop(began.send(Ok(())));
        let mut stopping = self.stopping.clone();
        let outcome = tokio::select! {
            outcome = self.follow() => outcome,
            () = stopping.wait() => DONE,
        };
        recording.end(outcome, self.hits, None).await;
    }

    /// Goes on until nobody reads it any more or the journal cannot be read; gives the outcome.
    async fn follow(&mut self) -> &'static str {
        let mut position_due = Instant::now();
        loop {
            let step = match self.step().await {
                Ok(step) => step,
                Err(error) => return error.code.name(),
            };
            let mut lines = String::new();
            for hit in step.hits {
                self.hits += 1;
                lines.push_str(&Value::Object(hit).to_string());
                lines.push('\n');
            }
            if Instant::now() >= position_due {
                position_due = Instant::now() + POSITION_EVERY;
                lines.push_str(&json!({ AT: step.next }).to_string());
                lines.push('\n');
            }
            if !lines.is_empty() && self.sender.send(lines.into()).await.is_err() {
                return CANCELLED;
            }
            if step.is_last {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = self.sender.closed() => return CANCELLED,
                }
            }
        }
    }

    async fn step(&self) -> Result<FollowStep, ApiError> {
        let follower = Arc::clone(&self.follower);
        self.app
            .blocking(move |_| {
                let mut follower = follower.lock().unwrap_or_else(PoisonError::into_inner);
                follower.step().map_err(super::failure)
            })
            .await
    }
}
