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
use crate::error::{ApiError, ErrorCode};
use crate::guard::Call;
use crate::loki::ast::Lines;
use crate::loki::params::Form;
use crate::loki::search::Search;
use crate::loki::{read_selector, to_query};

/// With this in it, lines come with the labels that are not their stream's.
const ENCODING_FLAGS: &str = "x-loki-response-encoding-flags";
pub(super) const CATEGORIZE_LABELS: &str = "categorize-labels";

/// A request.
pub(super) struct Asked {
    app: Arc<App>,
    who: Principal,
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
        Ok(Self {
            app: Arc::clone(&call.app),
            who: call.principal()?.clone(),
            form: Form(pairs),
            now: call.app.parts.clock.now(),
            is_categorized,
        })
    }

    /// The query for the selector of a request that need not have one.
    pub(super) fn selected(&self) -> Result<String, ApiError> {
        let selector = self.form.get("query").or_else(|| self.form.get("match[]"));
        Ok(to_query(&match selector {
            Some(text) => read_selector(text)?,
            None => Lines::default(),
        }))
    }

    /// Does `work` with the search that the caller may make. Everything that Loki's calls see of
    /// events goes through here.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Search<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Sight { streams, reads_raw } = self.who.sight();
        let cancelled = Arc::new(AtomicBool::new(false));
        let _until_dropped = CancelOnDrop(Arc::clone(&cancelled));
        self.app
            .searching(move |parts| {
                work(&Search {
                    backend: parts.search.as_ref(),
                    streams,
                    reads_raw,
                    cancelled,
                })
            })
            .await
    }
}

/// The server drops what answers a request when the client has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
