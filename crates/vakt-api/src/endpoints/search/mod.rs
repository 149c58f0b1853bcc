//! `GET /api/v1/search`.

mod body;
pub(crate) mod follow;
pub(crate) mod hunt;
mod on_its_way;
mod recording;
mod stream;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::access::Principal;
use crate::app::App;
use crate::backend::{
    IncidentFailure, Order, RecordKind, SearchFailure, SearchRequest, SearchTable, Within,
};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call, accepts};
use crate::params::Params;
use crate::roles::Permission;
use crate::searches::Look;

pub(crate) use on_its_way::{Line, run};
pub(crate) use recording::{CANCELLED, DONE, Looker, Recording};

const LIMIT_DEFAULT: usize = 100;

/// Most hits of one answer; `cursor` gives the rest, and a stream has no such bound.
pub(crate) const LIMIT_MAX: usize = 10_000;

const PARAMETERS: [&str; 11] = [
    "q", "since", "until", "stream", "limit", "order", "cursor", "incident", "kind", "in",
    "progress",
];

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let began = Instant::now();
    let params = Params::parse(call.request.uri(), &PARAMETERS)?;
    let is_stream = accepts(call.request.headers(), body::NDJSON);
    let (app, who) = (&call.app, call.principal()?.clone());
    let within = within(&params)?;
    if within != Within::Events && !who.role.may(Permission::ReadState) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            "incidents, alerts and notes need a role that may read them",
        ));
    }
    let looker = Looker {
        look: match (look(&params, is_stream)?, &within) {
            (_, Within::Records(_)) => Look::Records,
            (look, Within::Events) => look,
        },
        incident: incident(app, &params, &who).await?,
        who,
    };
    if is_stream {
        let limit = params.number("limit", usize::MAX, 0, usize::MAX)?;
        let mut request = request(app, &params, within, limit, &looker.who)?;
        if wants_progress(&params)? {
            request.progress = Some(Arc::default());
        }
        return stream::get(app, looker, request).await;
    }
    let limit = params.number("limit", LIMIT_DEFAULT, 0, LIMIT_MAX)?;
    let request = request(app, &params, within, limit, &looker.who)?;
    let answer = run(app, looker, request, Line::Searches).await?;
    let missing = answer.missing();
    let hits = answer.hits.into_iter().map(Value::Object).collect();
    let mut shown = json!({
        "hits": Value::Array(hits),
        "total": answer.total,
        "elapsed_ms": millis(began),
        "next": answer.next,
    });
    if !missing.is_empty() {
        shown["cut"] = missing.into();
    }
    if !answer.hints.is_empty() {
        shown["hints"] = answer.hints.into();
    }
    if let Some(table) = answer.table {
        shown["table"] = json!({
            "columns": table.columns,
            "rows": table.rows,
            "cut": table.cut,
        });
    }
    Ok(guard::json(StatusCode::OK, &shown))
}

/// Whether a stream says how far it is.
fn wants_progress(params: &Params) -> Result<bool, ApiError> {
    match params.get("progress") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`progress` is `{other}`, but must be `true` or `false`"),
        )),
    }
}

/// What the search log calls it. Of a stream the client says whether it goes into a file.
fn look(params: &Params, is_stream: bool) -> Result<Look, ApiError> {
    match (params.get("kind"), is_stream) {
        (None, false) => Ok(Look::Search),
        (None | Some("stream"), true) => Ok(Look::Stream),
        (Some("export"), true) => Ok(Look::Export),
        (Some(other), true) => Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`kind` is `{other}`, but must be `stream` or `export`"),
        )),
        (Some(_), false) => Err(ApiError::new(
            ErrorCode::InvalidParameter,
            "`kind` is of streams alone",
        )
        .with_help("a stream is asked for with `Accept: application/x-ndjson`")),
    }
}

/// The incident that the person searches for, which must be one that they see.
async fn incident(
    app: &Arc<App>,
    params: &Params,
    who: &Principal,
) -> Result<Option<String>, ApiError> {
    known_incident(app, params.get("incident").map(str::to_owned), who).await
}

async fn known_incident(
    app: &Arc<App>,
    id: Option<String>,
    who: &Principal,
) -> Result<Option<String>, ApiError> {
    let Some(id) = id else {
        return Ok(None);
    };
    let sight = who.sight();
    let known = app.blocking(move |parts| {
        let found = parts.incidents.incident(&id, &sight);
        found.map(|_| id.clone()).map_err(|failure| match failure {
            IncidentFailure::NotFound => ApiError::new(
                ErrorCode::InvalidParameter,
                format!(
                    "there is no incident `{}`",
                    id.chars().take(80).collect::<String>()
                ),
            )
            .with_help(
                "`vakt incidents list` shows the ids; leave `incident` out where there is none",
            ),
            other => super::incidents::failure(other),
        })
    });
    known.await.map(Some)
}

/// Milliseconds since then.
fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The rows as objects, by column.
fn table_rows(table: SearchTable) -> Vec<Map<String, Value>> {
    let SearchTable { columns, rows, .. } = table;
    let object = |row: Vec<Value>| columns.iter().cloned().zip(row).collect();
    rows.into_iter().map(object).collect()
}

fn request(
    app: &App,
    params: &Params,
    within: Within,
    limit: usize,
    principal: &Principal,
) -> Result<SearchRequest, ApiError> {
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
    let (since, until) = (params.time("since", now)?, params.time("until", now)?);
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(ApiError::new(
            ErrorCode::InvalidTime,
            format!("`since` is {since} and `until` is {until}: nothing lies between them"),
        ));
    }
    Ok(SearchRequest {
        within,
        query: params.get("q").unwrap_or_default().to_owned(),
        since,
        until,
        streams: streams(params, principal),
        reads_raw: principal.role.may(Permission::ReadRaw),
        limit,
        order,
        cursor: params.get("cursor").map(str::to_owned),
        hints: true,
        ..SearchRequest::default()
    })
}

/// What is searched: events, or kinds of records.
fn within(params: &Params) -> Result<Within, ApiError> {
    let Some(list) = params.get("in").filter(|list| *list != "events") else {
        return Ok(Within::Events);
    };
    if list == "records" {
        return Ok(Within::Records(RecordKind::ALL.to_vec()));
    }
    let mut kinds = Vec::new();
    for name in list.split(',').map(str::trim) {
        let known = RecordKind::ALL
            .into_iter()
            .find(|kind| name.strip_suffix('s') == Some(kind.name()));
        match known {
            Some(kind) if kinds.contains(&kind) => {}
            Some(kind) => kinds.push(kind),
            None => {
                let message = format!(
                    "`in` is `{list}`, but must be `events`, or some of `incidents`, `alerts` and `notes`, or `records`, which is the three of them"
                );
                return Err(ApiError::new(ErrorCode::InvalidParameter, message)
                    .with_help("events are searched by themselves"));
            }
        }
    }
    Ok(Within::Records(kinds))
}

/// The streams that are searched; `None` is all of them.
fn streams(params: &Params, who: &Principal) -> Option<Vec<String>> {
    let wanted = params.get("stream").map(|list| {
        let names = list.split(',').map(|stream| stream.trim().to_owned());
        names.collect()
    });
    visible(wanted, who.streams.as_ref())
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

pub(crate) fn failure(failure: SearchFailure) -> ApiError {
    match failure {
        SearchFailure::Query {
            position,
            message,
            help,
        } => ApiError::new(ErrorCode::InvalidQuery, message)
            .with_help(help)
            .with("position", position),
        SearchFailure::Forbidden { message, help } => {
            ApiError::new(ErrorCode::Forbidden, message).with_help(help)
        }
        SearchFailure::Cursor(message) => ApiError::new(ErrorCode::InvalidCursor, message),
        SearchFailure::OutOfTime(message) => ApiError::new(ErrorCode::Unavailable, message)
            .with_help(
                "ask about a shorter time, or name a field or a whole word: those are looked up",
            ),
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
