//! Where notices go, and trying it.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let streams = call.principal()?.streams.clone();
    let outputs = call.app.blocking(move |parts| {
        let outputs = parts.outputs.outputs(streams.as_deref());
        outputs.map_err(|message| ApiError::new(ErrorCode::Internal, message))
    });
    let body = json!({ "outputs": outputs.await?, "next": null });
    Ok(guard::json(StatusCode::OK, &body))
}

/// Sends a marked notice, and answers when every receiver has.
pub(crate) async fn test(mut call: Call) -> Result<Response<Body>, ApiError> {
    let body = read_object(call.request.body_mut()).await?;
    if let Some(name) = body.keys().find(|name| *name != "output") {
        let message = format!("there is no field `{name}` here");
        return Err(ApiError::new(ErrorCode::InvalidField, message)
            .with("field", name.as_str())
            .with_help("the only field is `output`"));
    }
    let name = match body.get("output") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name.clone()),
        Some(_) => {
            let message = "`output` must be a string";
            return Err(ApiError::new(ErrorCode::InvalidField, message).with("field", "output"));
        }
    };
    let results = call.app.blocking(move |parts| {
        parts.outputs.test(name.as_deref()).ok_or_else(|| {
            let name = name.unwrap_or_default();
            ApiError::new(ErrorCode::NotFound, format!("there is no output `{name}`"))
                .with_help("`vakt notify list` and `GET /api/v1/outputs` list them")
        })
    });
    Ok(guard::json(
        StatusCode::OK,
        &json!({ "results": results.await? }),
    ))
}
