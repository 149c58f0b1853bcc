//! A search on its way: it ends when nobody waits for its answer any more.
//!
//! The server drops what answers a request when the client's connection ends. The search goes on
//! beside that, in a task of its own, which hears of it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use super::recording::{CANCELLED, DONE, Looker, Recording};
use crate::app::App;
use crate::backend::{SearchAnswer, SearchRequest};
use crate::error::{ApiError, ErrorCode};

/// Whose turn a search waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// With the other searches.
    Searches,
    /// With the short calls: who looks for a deadline stands in no line behind searches.
    Calls,
}

/// Searches for as long as somebody waits for the answer, and enters that in the search log.
pub(crate) async fn run(
    app: &Arc<App>,
    looker: Looker,
    request: SearchRequest,
    line: Line,
) -> Result<SearchAnswer, ApiError> {
    let (reply, answer) = oneshot::channel();
    tokio::spawn(answer_to(Arc::clone(app), looker, request, line, reply));
    answer.await.unwrap_or_else(|_| Err(failed()))
}

async fn answer_to(
    app: Arc<App>,
    looker: Looker,
    request: SearchRequest,
    line: Line,
    mut reply: oneshot::Sender<Result<SearchAnswer, ApiError>>,
) {
    let entry = looker.entry(&request);
    let search = search(&app, request, line, |answer| answer, reply.closed());
    // The disk and the processors work at the same time; the answer waits for both.
    let (recording, answer) = tokio::join!(Recording::begin(&app, entry), search);
    let answer = match (recording, answer) {
        (Err(error), _) => Err(error),
        (Ok(recording), None) => return recording.end(CANCELLED, 0, None).await,
        (Ok(recording), Some(Err(error))) => {
            recording.end(error.code.name(), 0, None).await;
            Err(error)
        }
        (Ok(recording), Some(Ok(answer))) => {
            let hits = answer.hits.len();
            recording.end(DONE, hits, Some(answer.total)).await;
            Ok(answer)
        }
    };
    // Whoever went away in this moment has no use for it.
    drop(reply.send(answer));
}

/// The answer as `read` makes it, on the thread that searched; `None` once `gone` is, and the search
/// then ends too.
pub(super) async fn search<T: Send + 'static>(
    app: &Arc<App>,
    mut request: SearchRequest,
    line: Line,
    read: impl FnOnce(SearchAnswer) -> T + Send + 'static,
    gone: impl Future<Output = ()>,
) -> Option<Result<T, ApiError>> {
    let cancelled = Arc::new(AtomicBool::new(false));
    request.cancelled = Some(Arc::clone(&cancelled));
    let call = move |parts: &crate::app::Parts| {
        let answer = parts.search.search(&request);
        answer.map(read).map_err(super::failure)
    };
    let searching = async {
        match line {
            Line::Searches => app.searching(call).await,
            Line::Calls => app.blocking(call).await,
        }
    };
    tokio::select! {
        answer = searching => Some(answer),
        () = gone => {
            cancelled.store(true, Ordering::Relaxed);
            None
        }
    }
}

pub(super) fn failed() -> ApiError {
    ApiError::new(ErrorCode::Internal, "the daemon failed at this search")
}
