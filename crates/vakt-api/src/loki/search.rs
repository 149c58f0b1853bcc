//! Asking the search backend.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use vakt_event::Timestamp;

use super::fields::Fields;
use crate::backend::{Order, SearchAnswer, SearchBackend, SearchRequest, SearchTable};
use crate::endpoints::search::failure;
use crate::error::{ApiError, ErrorCode};

/// Whom a request asks, and what it may see.
pub(crate) struct Search<'b> {
    pub(crate) backend: &'b dyn SearchBackend,
    /// Only these streams; `None` is all of them.
    pub(crate) streams: Option<Vec<String>>,
    /// Lines are events as they were sent, and filters of lines are allowed.
    pub(crate) reads_raw: bool,
    /// Set when nobody waits for the answer any more.
    pub(crate) cancelled: Arc<AtomicBool>,
}

/// From, inclusive, and until, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
}

impl Search<'_> {
    /// The fields that labels stand for, among those of events of these times.
    pub(crate) fn fields(&self, times: Times) -> Result<Fields, ApiError> {
        let names = self
            .backend
            .field_names(self.streams.as_deref(), times.since, times.until);
        names.map(Fields::new).map_err(failure)
    }

    /// The first `limit` hits.
    pub(crate) fn hits(
        &self,
        query: &str,
        times: Times,
        limit: usize,
        order: Order,
    ) -> Result<SearchAnswer, ApiError> {
        self.run(&SearchRequest {
            query: query.to_owned(),
            limit,
            order,
            hits_only: true,
            ..self.request(times)
        })
    }

    /// How many events there are, exactly.
    pub(crate) fn total(&self, query: &str, times: Times) -> Result<u64, ApiError> {
        let answer = self.run(&SearchRequest {
            query: query.to_owned(),
            ..self.request(times)
        })?;
        Ok(answer.total)
    }

    /// The table that a query with commands makes.
    pub(crate) fn table(&self, query: &str, times: Times) -> Result<SearchTable, ApiError> {
        let answer = self.run(&SearchRequest {
            query: query.to_owned(),
            ..self.request(times)
        })?;
        answer.table.ok_or_else(|| {
            ApiError::new(
                ErrorCode::Internal,
                format!("the search made no table of `{query}`"),
            )
        })
    }

    fn request(&self, times: Times) -> SearchRequest {
        SearchRequest {
            since: times.since,
            until: times.until,
            streams: self.streams.clone(),
            reads_raw: self.reads_raw,
            cancelled: Some(Arc::clone(&self.cancelled)),
            ..SearchRequest::default()
        }
    }

    fn run(&self, request: &SearchRequest) -> Result<SearchAnswer, ApiError> {
        self.backend.search(request).map_err(|error| {
            let error = failure(error);
            if error.code == ErrorCode::Forbidden {
                // Of what LogQL can ask, nothing but a filter of lines looks at the raw text.
                return ApiError::new(
                    ErrorCode::Forbidden,
                    "filters of lines (|= \"text\", |~ \"expression\") look at the lines as they were \
                     sent, which not everybody may read",
                )
                .with_help(
                    "filter by labels, such as {user_name=\"root\"} or | source_ip=\"192.0.2.7\"; or ask \
                     an administrator for a role that may read raw text (admin, lead, analyst)",
                );
            }
            if error.code != ErrorCode::InvalidQuery {
                return error;
            }
            // Its position is one of the translation, which the client has not written.
            ApiError::new(
                ErrorCode::InvalidQuery,
                format!("{} (asked as `{}`)", error.message, request.query),
            )
            .with_help("ask for less in one query")
        })
    }
}

/// A cell of a table that counts.
pub(super) fn count_of(cell: Option<&Value>) -> u64 {
    cell.and_then(Value::as_u64).unwrap_or(0)
}

/// A cell of a table as the value of a label.
pub(super) fn text_of(cell: Option<&Value>) -> String {
    match cell {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
