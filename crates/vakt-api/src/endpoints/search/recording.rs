//! Every look at events is entered in the search log, before anything of it is given out.

use std::sync::Arc;
use std::time::Instant;

use crate::access::Principal;
use crate::app::App;
use crate::backend::SearchRequest;
use crate::error::{ApiError, ErrorCode};
use crate::searches::{Ending, Look, NewLook};

/// The outcomes that are no error of the API's.
pub(crate) const DONE: &str = "done";
pub(crate) const CANCELLED: &str = "cancelled";

/// Who looks at events, and what for.
#[derive(Clone, Debug)]
pub(crate) struct Looker {
    pub(crate) who: Principal,
    pub(crate) look: Look,
    /// The incident that it is about, as the person says.
    pub(crate) incident: Option<String>,
}

impl Looker {
    /// The entry of a search.
    pub(super) fn entry(self, request: &SearchRequest) -> NewLook {
        NewLook {
            who: self.who.name,
            token_id: self.who.token_id,
            look: self.look,
            query: request.query.clone(),
            since: request.since,
            until: request.until,
            streams: request.streams.clone(),
            incident: self.incident,
        }
    }
}

/// An entry that has begun.
pub(crate) struct Recording {
    app: Arc<App>,
    id: i64,
    began: Instant,
}

impl Recording {
    /// Enters the search; it is durable then.
    ///
    /// # Errors
    /// A log that cannot be written: then nothing may be given out.
    pub(crate) async fn begin(app: &Arc<App>, entry: NewLook) -> Result<Self, ApiError> {
        let began = Instant::now();
        let id = app
            .blocking(move |parts| {
                parts.searches.begin(&entry).map_err(|error| {
                    tracing::error!(%error, "a search is not answered: it cannot be entered in the search log");
                    ApiError::new(
                        ErrorCode::Unavailable,
                        format!("the search cannot be entered in the search log: {error}"),
                    )
                    .with_help("look at the disk of the data directory: what is not on record is not answered")
                })
            })
            .await?;
        Ok(Self {
            app: Arc::clone(app),
            id,
            began,
        })
    }

    /// Adds how it ended. That it began, by whom and for what, is on record already.
    pub(crate) async fn end(self, outcome: &'static str, hits: usize, total: Option<u64>) {
        let Self { app, id, began } = self;
        let ending = Ending {
            outcome,
            hits: hits as u64,
            total,
            elapsed_micros: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        let added = app
            .blocking(move |parts| {
                let added = parts.searches.end(id, &ending);
                added.map_err(|error| super::super::searches::failure(&error))
            })
            .await;
        if let Err(error) = added {
            tracing::error!(
                message = error.message,
                id,
                "the search log lacks how a search ended"
            );
        }
    }
}
