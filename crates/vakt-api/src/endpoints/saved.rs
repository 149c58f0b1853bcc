//! Searches that people save under a name.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::incidents::Fields;
use super::search::failure as search_failure;
use super::searches::failure;
use crate::access::Principal;
use crate::app::App;
use crate::backend::SearchRequest;
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;
use crate::roles::Permission;
use crate::searches::NewSaved;

/// A person's own saved searches and those that others share, by name, the own ones first.
pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.name.clone();
    let saved = call
        .app
        .blocking(move |parts| {
            let saved = parts.searches.saved_for(&who);
            saved.map_err(|error| failure(&error))
        })
        .await?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({"saved_searches": saved}),
    ))
}

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let who = call.principal()?.clone();
    let mut fields = Fields(read_object(call.request.body_mut()).await?);
    let new = NewSaved {
        name: fields.required_text("name")?,
        query: fields.text("query")?.unwrap_or_default(),
        shared: fields.boolean("shared")?,
    };
    if let Some(unknown) = fields.0.keys().next() {
        let message = format!("`{unknown}` is no member of a saved search");
        return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", unknown.as_str()));
    }
    check_query(&call.app, new.query.clone(), &who).await?;
    let owner = who.name;
    let shown = json!({
        "name": new.name, "query": new.query, "shared": new.shared, "owner": owner,
    });
    let save = call.app.blocking(move |parts| {
        let saved = parts.searches.save(&new, &owner);
        saved.map_err(|error| failure(&error))
    });
    let status = if save.await? {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(guard::json(status, &shown))
}

/// Takes one's own away; an administrator also that of an `owner`.
pub(crate) async fn delete(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["owner"])?;
    let who = call.principal()?;
    let owner = params.get("owner").unwrap_or(&who.name).to_owned();
    if owner != who.name && !who.role.may(Permission::ManageAccess) {
        let message = format!("{} may take away their own saved searches alone", who.name);
        return Err(ApiError::new(ErrorCode::Forbidden, message));
    }
    let name = call.path("name").to_owned();
    call.app
        .blocking(move |parts| {
            let gone = parts.searches.unsave(&name, &owner);
            gone.map_err(|error| failure(&error))
        })
        .await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// What cannot be read is not saved. A search of no stream reads the query and nothing else.
async fn check_query(app: &Arc<App>, query: String, who: &Principal) -> Result<(), ApiError> {
    let request = SearchRequest {
        query,
        streams: Some(Vec::new()),
        reads_raw: who.role.may(Permission::ReadRaw),
        patience: Some(Duration::ZERO),
        ..SearchRequest::default()
    };
    let check = move |parts: &crate::app::Parts| {
        let answer = parts.search.search(&request);
        answer.map(drop).map_err(search_failure)
    };
    app.searching(check).await
}
