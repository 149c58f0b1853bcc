//! `GET /api/v1/searches`: who searched for what.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;
use crate::searches::{LogFilter, Look, SearchesError};

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

const PARAMETERS: [&str; 8] = [
    "who", "kind", "incident", "q", "since", "until", "limit", "cursor",
];

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &PARAMETERS)?;
    let filter = filter(&params, call.app.parts.clock.now())?;
    let page = call
        .app
        .blocking(move |parts| {
            let page = parts.searches.logged(&filter);
            page.map_err(|error| failure(&error))
        })
        .await?;
    let next = page.next.map(|next| next.to_string());
    Ok(guard::json(
        StatusCode::OK,
        &json!({"searches": page.searches, "next": next}),
    ))
}

fn filter(params: &Params, now: vakt_event::Timestamp) -> Result<LogFilter, ApiError> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    let kind = text("kind");
    if let Some(kind) = &kind
        && !Look::ALL.iter().any(|look| look.name() == kind)
    {
        let kinds: Vec<&str> = Look::ALL.iter().map(|look| look.name()).collect();
        let message = format!("there is no kind of search named `{kind}`");
        return Err(ApiError::new(ErrorCode::InvalidParameter, message)
            .with_help(format!("the kinds are {}", kinds.join(", "))));
    }
    let cursor = params.get("cursor").map(|cursor| {
        let message = || format!("`{}` is no cursor of this list", short(cursor));
        let number = cursor.parse();
        number.map_err(|_| ApiError::new(ErrorCode::InvalidCursor, message()))
    });
    Ok(LogFilter {
        who: text("who"),
        kind,
        incident: text("incident"),
        text: text("q"),
        since: params.time("since", now)?,
        until: params.time("until", now)?,
        cursor: cursor.transpose()?,
        limit: params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?,
    })
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

pub(super) fn failure(error: &SearchesError) -> ApiError {
    let message = error.to_string();
    match error {
        SearchesError::Database(_) | SearchesError::NewerSchema { .. } => {
            ApiError::new(ErrorCode::Internal, message)
        }
        SearchesError::Invalid(_) => ApiError::new(ErrorCode::InvalidField, message),
        SearchesError::NameTaken { .. } | SearchesError::TooMany { .. } => {
            ApiError::new(ErrorCode::Conflict, message)
        }
        SearchesError::Unknown(_) => ApiError::new(ErrorCode::NotFound, message),
    }
}
