//! Users and tokens.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::access::{Access, AccessError, NewToken, NewUser, ReportsOf};
use crate::app::App;
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::roles::Role;
use crate::streams::check_known;

/// Who the caller is.
pub(crate) async fn me(call: Call) -> Result<Response<Body>, ApiError> {
    let me = call.principal()?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "name": me.name, "role": me.role.name(), "streams": me.streams }),
    ))
}

/// A link that signs the caller in with a browser, once.
pub(crate) async fn sign_in_link(call: Call) -> Result<Response<Body>, ApiError> {
    let me = call.principal()?.clone();
    let link = run(&call.app, move |access| {
        access.sign_in_link(&me.name, me.token_id)
    })
    .await?;
    Ok(guard::json(
        StatusCode::CREATED,
        &json!({ "path": link.path(), "expires_at": link.expires_at }),
    ))
}

pub(crate) async fn users(call: Call) -> Result<Response<Body>, ApiError> {
    let users = run(&call.app, |access| access.users()).await?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "users": users, "next": null }),
    ))
}

pub(crate) async fn add_user(mut call: Call) -> Result<Response<Body>, ApiError> {
    let by = call.principal()?.name.clone();
    let body = read_object(call.request.body_mut()).await?;
    only(&body, &["name", "role", "streams"])?;
    let role: Role = required(&body, "role")?
        .parse()
        .map_err(|error: crate::roles::UnknownRole| field("role", error.to_string()))?;
    let new = NewUser {
        name: required(&body, "name")?.to_owned(),
        role,
        streams: streams(&body)?,
    };
    for stream in new.streams.iter().flatten() {
        check_known(&call.app, stream)?;
    }
    let name = new.name.clone();
    let token = run(&call.app, move |access| access.add_user(&new, &by)).await?;
    let mut answer = shown_once(&token);
    answer.insert("id".into(), name.clone().into());
    answer.insert("name".into(), name.into());
    answer.insert("role".into(), role.name().into());
    answer.insert("token_id".into(), token.id.into());
    Ok(guard::json(StatusCode::CREATED, &Value::Object(answer)))
}

pub(crate) async fn disable_user(call: Call) -> Result<Response<Body>, ApiError> {
    let name = call.path("name").to_owned();
    run(&call.app, move |access| access.disable_user(&name)).await?;
    Ok(nothing())
}

pub(crate) async fn tokens(call: Call) -> Result<Response<Body>, ApiError> {
    let tokens = run(&call.app, |access| access.tokens()).await?;
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "tokens": tokens, "next": null }),
    ))
}

pub(crate) async fn add_token(mut call: Call) -> Result<Response<Body>, ApiError> {
    let by = call.principal()?.name.clone();
    let body = read_object(call.request.body_mut()).await?;
    only(&body, &["kind", "name", "stream", "user", "report_for"])?;
    let name = required(&body, "name")?.to_owned();
    let token = match required(&body, "kind")? {
        "intake" => {
            let stream = required(&body, "stream")?.to_owned();
            run(&call.app, move |access| {
                access.add_intake_token(&stream, &name, &by)
            })
            .await?
        }
        "personal" => {
            let user = required(&body, "user")?.to_owned();
            run(&call.app, move |access| {
                access.add_personal_token(&user, &name, &by)
            })
            .await?
        }
        "calendar" => {
            let user = required(&body, "user")?.to_owned();
            run(&call.app, move |access| {
                access.add_calendar_token(&user, &name, &by)
            })
            .await?
        }
        "report" => {
            let of: ReportsOf = required(&body, "report_for")?
                .parse()
                .map_err(|error| failure(&error))?;
            run(&call.app, move |access| {
                access.add_report_token(&of, &name, &by)
            })
            .await?
        }
        other => {
            return Err(field(
                "kind",
                format!(
                    "`kind` is `{other}`, but must be `intake`, `personal`, `calendar` or `report`"
                ),
            ));
        }
    };
    let mut answer = shown_once(&token);
    answer.insert("id".into(), token.id.into());
    Ok(guard::json(StatusCode::CREATED, &Value::Object(answer)))
}

pub(crate) async fn revoke_token(call: Call) -> Result<Response<Body>, ApiError> {
    let id: i64 = call.path("id").parse().map_err(|_| {
        ApiError::new(ErrorCode::NotFound, "a token's id is a number")
            .with_help("`vakt tokens list` and `GET /api/v1/tokens` list them")
    })?;
    run(&call.app, move |access| access.revoke_token(id)).await?;
    Ok(nothing())
}

async fn run<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&Access) -> Result<T, AccessError> + Send + 'static,
) -> Result<T, ApiError> {
    app.blocking(move |parts| work(&parts.access).map_err(|error| failure(&error)))
        .await
}

pub(crate) fn failure(error: &AccessError) -> ApiError {
    let message = error.to_string();
    match error {
        AccessError::Invalid(_) => ApiError::new(ErrorCode::InvalidField, message),
        AccessError::NameTaken(_) => ApiError::new(ErrorCode::Conflict, message).with_help(
            "choose another name: a disabled user's stays taken, because facts refer to it",
        ),
        AccessError::LastAdmin(_) => {
            ApiError::new(ErrorCode::Conflict, message).with_help("add another administrator first")
        }
        AccessError::TooMany { .. } => ApiError::new(ErrorCode::Conflict, message)
            .with_help("remove those that are not needed any more"),
        AccessError::UnknownUser(_) => ApiError::new(ErrorCode::NotFound, message)
            .with_help("`vakt users list` and `GET /api/v1/users` list them"),
        AccessError::UnknownToken(_) => ApiError::new(ErrorCode::NotFound, message)
            .with_help("`vakt tokens list` and `GET /api/v1/tokens` list them"),
        AccessError::Database(_)
        | AccessError::NewerSchema { .. }
        | AccessError::Random(_)
        | AccessError::Write(_) => ApiError::new(ErrorCode::Internal, message),
    }
}

fn shown_once(token: &NewToken) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("token".into(), token.secret.reveal().into());
    answer
}

fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn only(body: &Map<String, Value>, known: &[&str]) -> Result<(), ApiError> {
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(field(name, format!("there is no field `{name}` here"))
            .with_help(format!("the fields are {}", known.join(", ")))),
    }
}

fn required<'b>(body: &'b Map<String, Value>, name: &str) -> Result<&'b str, ApiError> {
    match body.get(name) {
        Some(Value::String(text)) => Ok(text),
        None => Err(field(name, format!("`{name}` is missing"))),
        Some(_) => Err(field(name, format!("`{name}` must be a string"))),
    }
}

fn streams(body: &Map<String, Value>) -> Result<Option<Vec<String>>, ApiError> {
    match body.get("streams") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .map(Some)
            .ok_or_else(|| field("streams", "`streams` must be an array of strings".into())),
        Some(_) => Err(field(
            "streams",
            "`streams` must be an array of strings, or absent for all streams".into(),
        )),
    }
}

fn field(name: &str, message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidField, message).with("field", name)
}
