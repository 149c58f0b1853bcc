//! `GET /api/v1/search` as NDJSON: hit after hit, page by page, as fast as the client reads.
//!
//! The last line says how it ended: `{"vakt.end":{"hits","total","is_cut","next","elapsed_ms"}}`, with
//! `error` where the search could not go on, and `cut` where no cursor gives what is missing. No hit has that name, and a stream without that line
//! was broken off on its way.
//!
//! With `progress=true` a search that takes its time says every half second how far it is:
//! `{"vakt.progress":{"read","covered","of"}}`, in events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::Response;
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::body::lines;
use super::on_its_way::{Line, failed, search};
use super::recording::{CANCELLED, DONE, Looker, Recording};
use super::table_rows;
use crate::app::App;
use crate::backend::{SearchAnswer, SearchRequest};
use crate::error::{ApiError, ErrorCode};

/// Hits of the first page: little, so that the first line comes soon.
const FIRST_PAGE_HITS: usize = 500;

/// Hits of the others. Each page begins the search anew where the last one ended, and is in memory
/// twice for a moment: as events and as lines.
const PAGE_HITS: usize = 5_000;

/// The name of the last line's only member.
const END: &str = "vakt.end";

/// That of a line that says how far the search is.
const PROGRESS: &str = "vakt.progress";

/// Between two such lines.
const PROGRESS_PAUSE: Duration = Duration::from_millis(500);

/// Answers with up to `request.limit` hits.
pub(super) async fn get(
    app: &Arc<App>,
    looker: Looker,
    request: SearchRequest,
) -> Result<Response<Body>, ApiError> {
    let permit = Arc::clone(&app.streams).try_acquire_owned();
    let permit = permit.map_err(|_| {
        ApiError::new(
            ErrorCode::Busy,
            "as many streams of hits are read at this time as may be",
        )
    })?;
    let (sender, response) = lines();
    let (began, has_begun) = oneshot::channel();
    let stream = Stream {
        app: Arc::clone(app),
        left: request.limit,
        request,
        sender,
        hits: 0,
        total: 0,
        read: 0,
        cut: Vec::new(),
        hints: Vec::new(),
        began: Instant::now(),
        _permit: permit,
    };
    tokio::spawn(stream.run(looker, began));
    // What is wrong with the request is said with its status, before the first line.
    has_begun.await.unwrap_or_else(|_| Err(failed()))?;
    Ok(response)
}

/// A stream of hits on its way.
struct Stream {
    app: Arc<App>,
    /// Of the next page.
    request: SearchRequest,
    /// Hits that are still wanted.
    left: usize,
    /// Closed once the client is gone.
    sender: mpsc::Sender<Bytes>,
    hits: usize,
    total: u64,
    /// Events that were read to know whether they match.
    read: u64,
    /// What is missing that no cursor gives, in sentences.
    cut: Vec<String>,
    /// Why nothing may have been found.
    hints: Vec<String>,
    began: Instant,
    _permit: OwnedSemaphorePermit,
}

/// A page as lines.
struct Page {
    lines: Bytes,
    hits: usize,
    total: u64,
    read: u64,
    cut: Vec<String>,
    hints: Vec<String>,
    next: Option<String>,
}

/// Whoever waits for the status of the answer hears of it once.
struct Began(Option<oneshot::Sender<Result<(), ApiError>>>);

impl Began {
    fn with(&mut self, outcome: Result<(), ApiError>) {
        if let Some(sender) = self.0.take() {
            // Nobody hears it when the client has gone.
            drop(sender.send(outcome));
        }
    }

    fn is_said(&self) -> bool {
        self.0.is_none()
    }
}

impl Stream {
    /// Sends page after page, and enters that in the search log. Says how the first page went.
    async fn run(mut self, looker: Looker, began: oneshot::Sender<Result<(), ApiError>>) {
        let entry = looker.entry(&self.request);
        let recording = Recording::begin(&self.app, entry);
        let mut began = Began(Some(began));
        // The entry is made before anything is given out, also how far the search is.
        let (recording, first) = if self.request.progress.is_some() {
            let recording = match recording.await {
                Ok(recording) => recording,
                Err(error) => return began.with(Err(error)),
            };
            (Ok(recording), self.watched(&mut began).await)
        } else {
            tokio::join!(recording, self.page(FIRST_PAGE_HITS))
        };
        let recording = match recording {
            Ok(recording) => recording,
            Err(error) => return began.with(Err(error)),
        };
        let first = match first {
            None => return recording.end(CANCELLED, 0, None).await,
            Some(Err(error)) => {
                recording.end(error.code.name(), 0, None).await;
                if began.is_said() {
                    // Its status is out; the last line says why there is no more.
                    drop(self.sender.send(self.last_line(Some(&error))).await);
                }
                return began.with(Err(error));
            }
            Some(Ok(first)) => first,
        };
        began.with(Ok(()));
        let outcome = self.send(first).await;
        recording.end(outcome, self.hits, Some(self.total)).await;
    }

    /// The first page; while it takes its time, the client hears how far it is.
    async fn watched(&self, began: &mut Began) -> Option<Result<Page, ApiError>> {
        let mut page = std::pin::pin!(self.page(FIRST_PAGE_HITS));
        let mut ticks = tokio::time::interval(PROGRESS_PAUSE);
        ticks.tick().await;
        loop {
            tokio::select! {
                page = &mut page => return page,
                _ = ticks.tick() => {
                    began.with(Ok(()));
                    // A client that is gone ends the page, too; a slow one misses a line.
                    drop(self.sender.try_send(self.progress_line()));
                }
            }
        }
    }

    fn progress_line(&self) -> Bytes {
        let number = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let progress = self.request.progress.as_deref();
        let shown = progress.map(|progress| {
            json!({
                "read": number(&progress.read),
                "covered": number(&progress.covered),
                "of": number(&progress.of),
                "behind": number(&progress.behind),
            })
        });
        let mut line = json!({ PROGRESS: shown }).to_string();
        line.push('\n');
        line.into()
    }

    /// Sends page after page until there are no more, enough, or nobody reads them; gives the
    /// outcome.
    async fn send(&mut self, first: Page) -> &'static str {
        self.total = first.total;
        self.hints.clone_from(&first.hints);
        let mut page = first;
        let error = loop {
            self.left = self.left.saturating_sub(page.hits);
            self.request.cursor = page.next;
            self.cut.append(&mut page.cut);
            self.request.hits_only = true;
            if self.sender.send(page.lines).await.is_err() {
                return CANCELLED;
            }
            self.hits += page.hits;
            self.read += page.read;
            if self.left == 0 || self.request.cursor.is_none() {
                break None;
            }
            match self.page(PAGE_HITS).await {
                None => return CANCELLED,
                Some(Ok(next)) => page = next,
                Some(Err(error)) => break Some(error),
            }
        };
        let last = self.sender.send(self.last_line(error.as_ref())).await;
        match (last, error) {
            (Err(_), _) => CANCELLED,
            (Ok(()), Some(error)) => error.code.name(),
            (Ok(()), None) => DONE,
        }
    }

    /// The next page; `None` when nobody reads it any more.
    async fn page(&self, hits_max: usize) -> Option<Result<Page, ApiError>> {
        let request = SearchRequest {
            limit: self.left,
            page: Some(hits_max),
            ..self.request.clone()
        };
        search(
            &self.app,
            request,
            Line::Searches,
            Page::of,
            self.sender.closed(),
        )
        .await
    }

    fn last_line(&self, error: Option<&ApiError>) -> Bytes {
        // Of a page that failed, what is known is how far it was.
        let failed = self.request.progress.as_deref().filter(|_| error.is_some());
        let failed = failed.map_or(0, |progress| progress.read.load(Ordering::Relaxed));
        let mut end = json!({
            "hits": self.hits,
            "total": self.total,
            "read": self.read + failed,
            "is_cut": error.is_some() || !self.cut.is_empty(),
            "next": self.request.cursor,
            "elapsed_ms": super::millis(self.began),
        });
        if !self.cut.is_empty() {
            end["cut"] = json!(self.cut);
        }
        if !self.hints.is_empty() {
            end["hints"] = json!(self.hints);
        }
        if let Some(error) = error {
            end["error"] = error.to_json()["error"].take();
        }
        let mut line = json!({ END: end }).to_string();
        line.push('\n');
        line.into()
    }
}

impl Page {
    fn of(answer: SearchAnswer) -> Self {
        let mut cut = answer.missing();
        let SearchAnswer {
            hits,
            total,
            next,
            read,
            mut table,
            hints,
            ..
        } = answer;
        if let Some(table) = &mut table {
            cut.append(&mut table.cut);
        }
        let rows = table.map(table_rows).unwrap_or_default();
        let count = hits.len() + rows.len();
        Self {
            lines: as_lines(hits.into_iter().chain(rows)),
            hits: count,
            total,
            read,
            cut,
            hints,
            next,
        }
    }
}

fn as_lines(objects: impl Iterator<Item = Map<String, Value>>) -> Bytes {
    let mut text = String::new();
    for object in objects {
        text.push_str(&Value::Object(object).to_string());
        text.push('\n');
    }
    text.into()
}
