//! `GET /api/v1/search`.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use serde_json::{Value, json};

use crate::access::Principal;
use crate::app::App;
use crate::backend::{Order, SearchAnswer, SearchFailure, SearchRequest, SearchTable};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

const LIMIT_DEFAULT: usize = 100;

/// Most hits of one answer; `cursor` gives the rest.
pub(crate) const LIMIT_MAX: usize = 10_000;

const PARAMETERS: [&str; 7] = ["q", "since", "until", "stream", "limit", "order", "cursor"];

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let began = Instant::now();
    let request = request(&call.app, call.request.uri(), call.principal()?)?;
    let answer = run(&call.app, request).await?;
    let hits = answer.hits.into_iter().map(Value::Object).collect();
    let mut body = json!({
        "hits": Value::Array(hits),
        "total": answer.total,
        "elapsed_ms": u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        "next": answer.next,
    });
    if let Some(table) = answer.table {
        let SearchTable { columns, rows, cut } = table;
        body["table"] = json!({ "columns": columns, "rows": rows, "cut": cut });
    }
    Ok(guard::json(StatusCode::OK, &body))
}

fn request(app: &App, uri: &Uri, principal: &Principal) -> Result<SearchRequest, ApiError> {
    let params = Params::parse(uri, &PARAMETERS)?;
    let now = app.parts.clock.now();
    let order = match params.get("order") {
        None | Some("desc" | "newest") => Order::NewestFirst,
        Some("asc" | "oldest") => Order::OldestFirst,
        Some(other) => {
            return Err(ApiError::new(
                ErrorCode::InvalidParameter,
                format!("`order` is `{other}`, but must be `newest` (`desc`) or `oldest` (`asc`)"),
            ));
        }
    };
    let wanted = params.get("stream").map(|list| {
        list.split(',')
            .map(|stream| stream.trim().to_owned())
            .collect()
    });
    Ok(SearchRequest {
        query: params.get("q").unwrap_or_default().to_owned(),
        since: params.time("since", now)?,
        until: params.time("until", now)?,
        streams: visible(wanted, principal.streams.as_ref()),
        limit: params.number("limit", LIMIT_DEFAULT, 0, LIMIT_MAX)?,
        order,
        cursor: params.get("cursor").map(str::to_owned),
        ..SearchRequest::default()
    })
}

/// Of the streams that were asked for, those that the person may see.
fn visible(wanted: Option<Vec<String>>, allowed: Option<&Vec<String>>) -> Option<Vec<String>> {
    match (wanted, allowed) {
        (wanted, None) => wanted,
        (None, Some(allowed)) => Some(allowed.clone()),
        (Some(wanted), Some(allowed)) => Some(
            wanted
                .into_iter()
                .filter(|stream| allowed.contains(stream))
                .collect(),
        ),
    }
}

pub(crate) async fn run(app: &Arc<App>, request: SearchRequest) -> Result<SearchAnswer, ApiError> {
    app.searching(move |parts| parts.search.search(&request).map_err(failure))
        .await
}

pub(crate) fn failure(failure: SearchFailure) -> ApiError {
    match failure {
        SearchFailure::Query {
            position,
            message,
            help,
        } => ApiError::new(ErrorCode::InvalidQuery, message)
            .with_help(help)
            .with("position", position),
        SearchFailure::Cursor(message) => ApiError::new(ErrorCode::InvalidCursor, message),
        SearchFailure::Unavailable(message) => ApiError::new(ErrorCode::Unavailable, message),
        SearchFailure::Internal(message) => ApiError::new(ErrorCode::Internal, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sees_a_stream_that_is_not_theirs() {
        let list =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let check = |wanted: Option<&str>, allowed: Option<&str>, expected: Option<&str>| {
            let allowed = allowed.map(list);
            assert_eq!(
                visible(wanted.map(list), allowed.as_ref()),
                expected.map(list)
            );
        };
        check(None, None, None);
        check(Some("a b"), None, Some("a b"));
        check(None, Some("a"), Some("a"));
        check(Some("a b"), Some("b c"), Some("b"));
        check(Some("a"), Some("b"), Some(""));
        check(None, Some(""), Some(""));
    }
}
