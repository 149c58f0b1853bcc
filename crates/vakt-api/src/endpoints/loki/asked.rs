//! What a request of Loki's brings, and the one way to the search.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::Query as UrlQuery;
use axum::http::Method;
use vakt_event::Timestamp;

use crate::access::Principal;
use crate::app::App;
use crate::backend::Sight;
use crate::body::read_form;
use crate::endpoints::search::{CANCELLED, DONE, Recording};
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::loki::ast::Lines;
use crate::loki::params::{Form, LINES_SECONDS};
use crate::loki::read_selector;
use crate::loki::search::Search;
use crate::searches::{Look, NewLook};

/// With this in it, lines come with the labels that are not their stream's.
const ENCODING_FLAGS: &str = "x-loki-response-encoding-flags";
pub(super) const CATEGORIZE_LABELS: &str = "categorize-labels";

/// What all paths of Loki's begin with.
const PREFIX: &str = "/loki/api/v1/";

/// A request.
pub(super) struct Asked {
    app: Arc<App>,
    who: Principal,
    /// Which list is asked for, such as `label/user_name/values`; empty where the query says it all.
    list: String,
    pub(super) form: Form,
    pub(super) now: Timestamp,
    pub(super) is_categorized: bool,
}

impl Asked {
    pub(super) async fn of(call: &mut Call) -> Result<Self, ApiError> {
        let UrlQuery(mut pairs) =
            UrlQuery::<Vec<(String, String)>>::try_from_uri(call.request.uri()).map_err(|_| {
                ApiError::new(
                    ErrorCode::InvalidParameter,
                    "the query string cannot be read",
                )
            })?;
        if call.request.method() == Method::POST {
            pairs.extend(read_form(&mut call.request).await?);
        }
        let flags = call.request.headers().get(ENCODING_FLAGS);
        let is_categorized = flags
            .and_then(|flags| flags.to_str().ok())
            .is_some_and(|flags| {
                flags
                    .split(',')
                    .any(|flag| flag.trim() == CATEGORIZE_LABELS)
            });
        let path = call.request.uri().path();
        let list = match path.strip_prefix(PREFIX).unwrap_or(path) {
            "query" | "query_range" => String::new(),
            list => list.to_owned(),
        };
        Ok(Self {
            list,
            app: Arc::clone(&call.app),
            who: call.principal()?.clone(),
            form: Form(pairs),
            now: call.app.parts.clock.now(),
            is_categorized,
        })
    }

    /// What the selector of a request that need not have one asks for.
    pub(super) fn selected(&self) -> Result<Lines, ApiError> {
        let selector = self.form.get("query").or_else(|| self.form.get("match[]"));
        Ok(match selector {
            Some(text) => read_selector(text)?,
            None => Lines::default(),
        })
    }

    /// Does `work` with the search that the caller may make. Everything that Loki's calls see of
    /// events goes through here, and is in the search log before it is given out.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Search<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.ask_for(work, |_| 0).await
    }

    /// As [`Self::ask`], where `given` says how many events are given out.
    pub(super) async fn ask_for<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Search<'_>) -> Result<T, ApiError> + Send + 'static,
        given: impl FnOnce(&T) -> usize + Send + 'static,
    ) -> Result<T, ApiError> {
        let app = Arc::clone(&self.app);
        let entry = self.entry();
        let Sight { streams, reads_raw } = self.who.sight();
        let cancelled = Arc::new(AtomicBool::new(false));
        let _until_dropped = CancelOnDrop(Arc::clone(&cancelled));
        // What answers the request is dropped when the client goes away; how it ended is entered all the same.
        let asking = tokio::spawn(async move {
            let flag = Arc::clone(&cancelled);
            let searching = app.searching(move |parts| {
                work(&Search {
                    backend: parts.search.as_ref(),
                    streams,
                    reads_raw,
                    cancelled: flag,
                })
            });
            let (recording, answer) = tokio::join!(Recording::begin(&app, entry), searching);
            let recording = recording?;
            let (outcome, hits) = match &answer {
                _ if cancelled.load(Ordering::Relaxed) => (CANCELLED, 0),
                Ok(answer) => (DONE, given(answer)),
                Err(error) => (error.code.name(), 0),
            };
            recording.end(outcome, hits, None).await;
            answer
        });
        asking.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request of Loki's ended in a panic");
            let message = "the daemon failed at this request";
            Err(ApiError::new(ErrorCode::Internal, message))
        })
    }

    /// The entry of the search log: what was asked, in Loki's words, the list before the selectors; where no range
    /// is given, none.
    fn entry(&self) -> NewLook {
        let selectors = self.form.all("match[]").chain(self.form.all("match"));
        let list = Some(self.list.as_str()).filter(|list| !list.is_empty());
        let asked = list
            .into_iter()
            .chain(self.form.get("query"))
            .chain(selectors);
        let is_range = self.form.get("start").is_some() || self.form.get("end").is_some();
        let range = self.form.range(self.now, LINES_SECONDS).ok();
        let times = range.filter(|_| is_range).map(|range| range.times());
        NewLook {
            who: self.who.name.clone(),
            token_id: self.who.token_id,
            look: Look::Loki,
            query: asked.collect::<Vec<_>>().join(" "),
            since: times.and_then(|times| times.since),
            until: times.and_then(|times| times.until),
            streams: self.who.streams.clone(),
            incident: None,
        }
    }
}

/// The server drops what answers a request when the client has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
