//! Response work: tasks, notes, attachments, and the review after an incident.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, Uri, header};
use serde_json::{Map, Value, json};

use super::incidents::{Fields, failure, items};
use crate::access::Principal;
use crate::app::{App, Parts};
use crate::backend::{AttachedFile, IncidentFailure, SentFile, TasksRequest};
use crate::body::{read_all, read_object};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Bytes of a file, as the records have it.
pub(crate) const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

pub(crate) async fn tasks(call: Call) -> Result<Response<Body>, ApiError> {
    let me = call.principal()?;
    let params = Params::parse(call.request.uri(), &["limit", "cursor", "owner", "state"])?;
    let owner = params.get("owner").map(|owner| match owner {
        "me" => me.name.clone(),
        other => other.to_owned(),
    });
    let request = TasksRequest {
        owner,
        state: params.get("state").map(str::to_owned),
        ..page(&params, me)?
    };
    let page = ask(&call.app, move |parts| parts.work.tasks(&request)).await?;
    Ok(items("tasks", page))
}

pub(crate) async fn show(call: Call) -> Result<Response<Body>, ApiError> {
    let (id, sight) = (call.path("id").to_owned(), call.principal()?.sight());
    Params::parse(call.request.uri(), &[])?;
    let work = ask(&call.app, move |parts| parts.work.work(&id, &sight)).await?;
    Ok(guard::json(StatusCode::OK, &work))
}

pub(crate) async fn response(call: Call) -> Result<Response<Body>, ApiError> {
    let (id, sight) = (call.path("id").to_owned(), call.principal()?.sight());
    Params::parse(call.request.uri(), &[])?;
    let record = ask(&call.app, move |parts| parts.work.response(&id, &sight)).await?;
    Ok(guard::json(StatusCode::OK, &record))
}

pub(crate) async fn add_task(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, by, body) = told(&mut call).await?;
    let task = ask(&call.app, move |parts| parts.work.add_task(&id, body, &by)).await?;
    Ok(guard::json(StatusCode::CREATED, &task))
}

pub(crate) async fn change_task(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, by, body) = told(&mut call).await?;
    let changed = call.app.blocking(move |parts| {
        let changed = parts.work.change_task(&id, body, &by);
        changed.map_err(task_failure)
    });
    Ok(guard::json(StatusCode::OK, &changed.await?))
}

pub(crate) async fn add_note(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, by, body) = told(&mut call).await?;
    let note = ask(&call.app, move |parts| parts.work.add_note(&id, body, &by)).await?;
    Ok(guard::json(StatusCode::CREATED, &note))
}

/// The body is the file as it is, its type the request's, its name a parameter.
pub(crate) async fn attach(mut call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["name"])?;
    let Some(name) = params.get("name").map(str::to_owned) else {
        return Err(ApiError::new(
            ErrorCode::InvalidParameter,
            "`name`, the file's name, is missing",
        ));
    };
    let (id, by) = (call.path("id").to_owned(), call.principal()?.clone());
    let media_type = call.request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|it| it.to_str().ok())
        .map(str::to_owned);
    let _turn = turn(&call.app).await?;
    let bytes = read_all(call.request.body_mut(), FILE_BYTES_MAX).await?;
    let file = SentFile {
        name,
        media_type,
        bytes,
    };
    let attached = ask(&call.app, move |parts| parts.work.attach(&id, file, &by)).await?;
    Ok(guard::json(StatusCode::CREATED, &attached))
}

/// A turn among the uploads: a file is in memory whole.
pub(crate) async fn turn(app: &App) -> Result<tokio::sync::OwnedSemaphorePermit, ApiError> {
    let room = Arc::clone(&app.uploads);
    room.acquire_owned()
        .await
        .map_err(|_| ApiError::new(ErrorCode::Stopping, "the daemon is stopping"))
}

/// The file, to be saved and never shown: whoever attached it may have made it to be run.
pub(crate) async fn attachment(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let (id, hash) = (call.path("id").to_owned(), call.path("hash").to_owned());
    let sight = call.principal()?.sight();
    let _turn = turn(&call.app).await?;
    let found = call.app.blocking(move |parts| {
        let found = parts.work.attachment(&id, &hash, &sight);
        found.map_err(|failure| match failure {
            IncidentFailure::NotFound => ApiError::new(
                ErrorCode::NotFound,
                "there is no such incident, or it has no attachment with this hash",
            )
            .with_help("`GET /api/v1/incidents/{id}/work` lists them"),
            other => super::incidents::failure(other),
        })
    });
    Ok(download(found.await?))
}

fn download(file: AttachedFile) -> Response<Body> {
    let mut response = Response::new(Body::from(file.bytes));
    let headers = response.headers_mut();
    // Whatever the sender called it: a browser has nothing to guess and nothing to run.
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    let disposition = disposition(&file.name);
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(value) = HeaderValue::from_str(&file.sha256) {
        headers.insert(header::HeaderName::from_static("x-vakt-sha256"), value);
    }
    response
}

/// `attachment` with the name in ASCII, and whole (RFC 6266, section 4.3).
fn disposition(name: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " ._-".contains(*c);
    let plain: String = name
        .chars()
        .map(|c| if is_plain(&c) { c } else { '_' })
        .collect();
    let whole: String = name.bytes().map(encoded_byte).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// A byte of an extended value (RFC 8187, section 3.2.1).
fn encoded_byte(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    }
}

pub(crate) async fn review(call: Call) -> Result<Response<Body>, ApiError> {
    let (id, sight) = (call.path("id").to_owned(), call.principal()?.sight());
    Params::parse(call.request.uri(), &[])?;
    let review = ask(&call.app, move |parts| parts.work.review(&id, &sight)).await?;
    Ok(guard::json(StatusCode::OK, &review))
}

pub(crate) async fn write_review(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, by, body) = told(&mut call).await?;
    let written = ask(&call.app, move |parts| {
        parts.work.write_review(&id, body, &by)
    })
    .await?;
    Ok(guard::json(StatusCode::OK, &written))
}

pub(crate) async fn sign_review(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, by, body) = told(&mut call).await?;
    let version = version(body)?;
    let signed = ask(&call.app, move |parts| {
        parts.work.sign_review(&id, version, &by)
    })
    .await?;
    Ok(guard::json(StatusCode::CREATED, &signed))
}

fn version(body: Map<String, Value>) -> Result<i64, ApiError> {
    let mut fields = Fields(body);
    let version = fields.number("version")?;
    let version = version.ok_or_else(|| super::incidents::missing("version"))?;
    match fields.0.keys().next() {
        None => Ok(i64::try_from(version).unwrap_or(i64::MAX)),
        Some(unknown) => {
            let message = format!("`{unknown}` is not known here: the body is `version` alone");
            Err(ApiError::new(ErrorCode::InvalidField, message).with("field", unknown.as_str()))
        }
    }
}

pub(crate) async fn missing_reviews(call: Call) -> Result<Response<Body>, ApiError> {
    let (year, request) = asked_reviews(call.request.uri(), call.principal()?)?;
    let found = ask(&call.app, move |parts| {
        parts.work.missing_reviews(year, &request)
    });
    let (year, page) = found.await?;
    let body = json!({ "year": year, "incidents": page.items, "next": page.next });
    Ok(guard::json(StatusCode::OK, &body))
}

/// The year and the page that a list of missing reviews is asked for.
pub(crate) fn asked_reviews(
    uri: &Uri,
    who: &Principal,
) -> Result<(Option<i16>, TasksRequest), ApiError> {
    let params = Params::parse(uri, &["year", "limit", "cursor"])?;
    let year = match params.get("year") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            let message = format!("`year` is `{text}`, but must be a year such as 2026");
            ApiError::new(ErrorCode::InvalidParameter, message)
        })?),
    };
    Ok((year, page(&params, who)?))
}

/// The page that a list is asked for.
pub(crate) fn page(params: &Params, who: &Principal) -> Result<TasksRequest, ApiError> {
    Ok(TasksRequest {
        limit: params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?,
        cursor: params.get("cursor").map(str::to_owned),
        sight: who.sight(),
        ..TasksRequest::default()
    })
}

/// The path's id, who asks, and the body.
async fn told(call: &mut Call) -> Result<(String, Principal, Map<String, Value>), ApiError> {
    let (id, by) = (call.path("id").to_owned(), call.principal()?.clone());
    let body = read_object(call.request.body_mut()).await?;
    Ok((id, by, body))
}

async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Parts) -> Result<T, IncidentFailure> + Send + 'static,
) -> Result<T, ApiError> {
    app.blocking(move |parts| work(parts).map_err(failure))
        .await
}

pub(crate) fn task_failure(failure: IncidentFailure) -> ApiError {
    match failure {
        IncidentFailure::NotFound => {
            ApiError::new(ErrorCode::NotFound, "there is no task with this id")
                .with_help("`vakt tasks` and `GET /api/v1/tasks` list them")
        }
        other => super::incidents::failure(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_nothing_but_itself() {
        let check = |name: &str, expected: &str| assert_eq!(disposition(name), expected);
        check(
            "mail.eml",
            "attachment; filename=\"mail.eml\"; filename*=UTF-8''mail.eml",
        );
        check(
            "skärm \"1\".png; x=\r\ny",
            "attachment; filename=\"sk_rm _1_.png_ x___y\"; \
             filename*=UTF-8''sk%C3%A4rm%20%221%22.png%3B%20x%3D%0D%0Ay",
        );
    }
}
