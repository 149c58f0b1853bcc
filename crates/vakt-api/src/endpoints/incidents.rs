//! Incidents and alerts.

use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use crate::access::Principal;
use crate::backend::{IncidentFailure, ItemPage, ListRequest, NewFact, NewIncident};
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;
use crate::streams::check_known;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// The party of a fact or incident that names none: the organisation itself.
const OWN: &str = "own";

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let request = list_request(call.request.uri(), call.principal()?)?;
    let page = call
        .app
        .blocking(move |parts| parts.incidents.incidents(&request).map_err(failure))
        .await?;
    Ok(items("incidents", page))
}

pub(crate) async fn alerts(call: Call) -> Result<Response<Body>, ApiError> {
    let request = list_request(call.request.uri(), call.principal()?)?;
    let page = call
        .app
        .blocking(move |parts| parts.incidents.alerts(&request).map_err(failure))
        .await?;
    Ok(items("alerts", page))
}

pub(crate) async fn show(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let incident = call
        .app
        .blocking(move |parts| parts.incidents.incident(&id, &sight).map_err(failure))
        .await?;
    Ok(guard::json(StatusCode::OK, &incident))
}

pub(crate) async fn open(mut call: Call) -> Result<Response<Body>, ApiError> {
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let mut new = new_incident(body)?;
    keep_to_streams(&mut new, &principal)?;
    if let Some(stream) = new.rest.get("stream").and_then(Value::as_str) {
        check_known(&call.app, stream)?;
    }
    let incident = call
        .app
        .blocking(move |parts| parts.incidents.open(&new, &principal).map_err(failure))
        .await?;
    Ok(guard::json(StatusCode::CREATED, &incident))
}

/// Who sees some streams only opens incidents in those only, by default in the first of them.
fn keep_to_streams(new: &mut NewIncident, principal: &Principal) -> Result<(), ApiError> {
    let Some(allowed) = &principal.streams else {
        return Ok(());
    };
    let wanted = new.rest.get("stream").filter(|stream| !stream.is_null());
    let stream = match wanted {
        None => allowed.first(),
        Some(wanted) => allowed.iter().find(|stream| wanted == stream.as_str()),
    };
    let Some(stream) = stream else {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            format!("{} may not open an incident in this stream", principal.name),
        )
        .with_help(format!("the streams are {}", allowed.join(", ")))
        .with("field", "stream"));
    };
    new.rest.insert("stream".into(), stream.clone().into());
    Ok(())
}

pub(crate) async fn add_fact(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, fact, principal) = fact_call(&mut call).await?;
    let incident = call
        .app
        .blocking(move |parts| {
            let records = &parts.incidents;
            // What a person may not see, the person may not change either.
            records
                .incident(&id, &principal.sight())
                .and_then(|_| records.add_fact(&id, &fact, &principal))
                .map_err(failure)
        })
        .await?;
    Ok(guard::json(StatusCode::CREATED, &incident))
}

pub(crate) async fn preview_fact(mut call: Call) -> Result<Response<Body>, ApiError> {
    let (id, fact, principal) = fact_call(&mut call).await?;
    let incident = call
        .app
        .blocking(move |parts| {
            let records = &parts.incidents;
            records
                .incident(&id, &principal.sight())
                .and_then(|_| records.preview_fact(&id, &fact, &principal))
                .map_err(failure)
        })
        .await?;
    Ok(guard::json(StatusCode::OK, &incident))
}

async fn fact_call(call: &mut Call) -> Result<(String, NewFact, Principal), ApiError> {
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let now = call.app.parts.clock.now();
    let body = read_object(call.request.body_mut()).await?;
    let fact = new_fact(body, &principal.name, now)?;
    Ok((id, fact, principal))
}

fn list_request(uri: &Uri, principal: &Principal) -> Result<ListRequest, ApiError> {
    let params = Params::parse(uri, &["limit", "cursor", "state", "drill"])?;
    Ok(ListRequest {
        limit: params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?,
        cursor: params.get("cursor").map(str::to_owned),
        state: params.get("state").map(str::to_owned),
        drill: match params.get("drill") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(other) => {
                return Err(ApiError::new(
                    ErrorCode::InvalidParameter,
                    format!("`drill` is `{other}`, but must be `true` or `false`"),
                ));
            }
        },
        sight: principal.sight(),
    })
}

fn items(name: &str, page: ItemPage) -> Response<Body> {
    let mut body = Map::new();
    body.insert(name.into(), Value::Array(page.items));
    body.insert("next".into(), page.next.into());
    guard::json(StatusCode::OK, &Value::Object(body))
}

pub(crate) fn failure(failure: IncidentFailure) -> ApiError {
    match failure {
        IncidentFailure::NotFound => {
            ApiError::new(ErrorCode::NotFound, "there is no incident with this id")
                .with_help("`vakt incidents list` and `GET /api/v1/incidents` list them")
        }
        IncidentFailure::Invalid { message, help } => {
            ApiError::new(ErrorCode::InvalidField, message).with_help(help)
        }
        IncidentFailure::Conflict { message, help } => {
            ApiError::new(ErrorCode::Conflict, message).with_help(help)
        }
        IncidentFailure::Internal(message) => ApiError::new(ErrorCode::Internal, message),
    }
}

fn new_incident(body: Map<String, Value>) -> Result<NewIncident, ApiError> {
    let mut fields = Fields(body);
    let title = fields.required_text("title")?;
    let Some(detected_at) = fields.time("detected_at")? else {
        return Err(missing("detected_at"));
    };
    let regimes = fields.texts("regimes")?.unwrap_or_default();
    let party = fields.text("party")?.unwrap_or_else(|| OWN.into());
    Ok(NewIncident {
        title,
        detected_at,
        regimes,
        party,
        rest: fields.0,
    })
}

/// A fact needs its time, because awareness that is recorded later than it was shows a deadline
/// too late. Only ending a draft takes the present where no time is given: no clock starts by it.
fn new_fact(body: Map<String, Value>, by: &str, now: Timestamp) -> Result<NewFact, ApiError> {
    let mut fields = Fields(body);
    let fact = fields.required_text("fact")?;
    let at = match fields.time("at")? {
        Some(at) => at,
        None if matches!(fact.as_str(), "dismissed" | "not_significant") => now,
        None => return Err(missing("at")),
    };
    Ok(NewFact {
        fact,
        at,
        by: fields.text("by")?.unwrap_or_else(|| by.into()),
        reason: fields.text("reason")?,
        party: fields.text("party")?.unwrap_or_else(|| OWN.into()),
        report: fields.text("report")?,
        reference: fields.text("reference")?,
        rest: fields.0,
    })
}

/// The members of a body, taken out one by one; what stays is passed on.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// Absent, `null` and blank are the same.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Some(other) => Err(wrong(name, "must be a string", &other)),
        }
    }

    pub(super) fn required_text(&mut self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.text(name)?
            .map(|text| {
                text.parse().map_err(|error| {
                    ApiError::new(ErrorCode::InvalidTime, format!("`{name}` is `{text}`: {error}"))
                        .with_help("write RFC 3339 with an offset: 2026-11-24T09:30:00Z or 2026-11-24T10:30:00+01:00")
                        .with("field", name)
                })
            })
            .transpose()
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, ApiError> {
        match self.0.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(wrong(name, "must be a whole number", &value)),
            },
        }
    }

    /// Absent is `false`.
    pub(super) fn boolean(&mut self, name: &str) -> Result<bool, ApiError> {
        match self.0.shift_remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(value)) => Ok(value),
            Some(other) => Err(wrong(name, "must be true or false", &other)),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.0.shift_remove(name) else {
            return Ok(None);
        };
        let texts = match &value {
            Value::Null => return Ok(None),
            Value::Array(items) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => None,
        };
        match texts {
            Some(texts) => Ok(Some(texts)),
            None => Err(wrong(name, "must be an array of strings", &value)),
        }
    }
}

pub(super) fn missing(name: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidField, format!("`{name}` is missing")).with("field", name)
}

fn wrong(name: &str, must: &str, found: &Value) -> ApiError {
    let shown: String = found.to_string().chars().take(60).collect();
    ApiError::new(
        ErrorCode::InvalidField,
        format!("`{name}` is {}, but {must}", json!(shown)),
    )
    .with("field", name)
}
