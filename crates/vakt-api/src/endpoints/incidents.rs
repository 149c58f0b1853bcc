//! Incidents and alerts.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
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
    Ok(with_etag(StatusCode::OK, &incident))
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
    Ok(with_etag(StatusCode::CREATED, &incident))
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
    let asked = Asked::of(&mut call).await?;
    let fact = new_fact(asked.body, &asked.principal.name, asked.now)?;
    let (id, principal, by_header) = (asked.id, asked.principal, asked.by_header);
    let incident = call
        .app
        .blocking(move |parts| {
            let records = &parts.incidents;
            // What a person may not see, the person may not change either.
            records
                .incident(&id, &principal.sight())
                .and_then(|_| records.add_fact(&id, &fact, &principal))
                .map_err(|error| changed(error, by_header))
        })
        .await?;
    Ok(with_etag(StatusCode::CREATED, &incident))
}

pub(crate) async fn preview_fact(mut call: Call) -> Result<Response<Body>, ApiError> {
    let asked = Asked::of(&mut call).await?;
    let fact = new_fact(asked.body, &asked.principal.name, asked.now)?;
    let (id, principal, by_header) = (asked.id, asked.principal, asked.by_header);
    let incident = call
        .app
        .blocking(move |parts| {
            let records = &parts.incidents;
            records
                .incident(&id, &principal.sight())
                .and_then(|_| records.preview_fact(&id, &fact, &principal))
                .map_err(|error| changed(error, by_header))
        })
        .await?;
    Ok(guard::json(StatusCode::OK, &incident))
}

pub(crate) async fn split(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked {
        id,
        principal,
        body,
        by_header,
        ..
    } = Asked::of(&mut call).await?;
    let incident = call
        .app
        .blocking(move |parts| {
            let records = &parts.incidents;
            records
                .incident(&id, &principal.sight())
                .and_then(|_| records.split(&id, &body, &principal))
                .map_err(|error| changed(error, by_header))
        })
        .await?;
    Ok(with_etag(StatusCode::CREATED, &incident))
}

/// A change of an incident, as it is asked for.
struct Asked {
    id: String,
    principal: Principal,
    now: Timestamp,
    body: Map<String, Value>,
    /// The revision that is expected comes from `If-Match`.
    by_header: bool,
}

impl Asked {
    async fn of(call: &mut Call) -> Result<Self, ApiError> {
        let id = call.path("id").to_owned();
        let principal = call.principal()?.clone();
        let now = call.app.parts.clock.now();
        let expected = expected_revision(call.request.headers())?;
        let mut body = read_object(call.request.body_mut()).await?;
        if let Some(expected) = expected {
            body.insert("expected_revision".into(), expected.into());
        }
        Ok(Self {
            id,
            principal,
            now,
            body,
            by_header: expected.is_some(),
        })
    }
}

/// The revision in `If-Match` (RFC 9110, section 13.1.1); `*` expects none.
fn expected_revision(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let quoted = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let revision = quoted.and_then(|revision| revision.parse().ok());
    revision.map(Some).ok_or_else(|| {
        let message = format!("`If-Match` is `{text}`, and no ETag of an incident");
        ApiError::new(ErrorCode::InvalidParameter, message)
            .with_help("send the ETag of the incident as it came, such as \"17\"")
    })
}

/// The incident, with its revision as its ETag.
fn with_etag(status: StatusCode, incident: &Value) -> Response<Body> {
    let mut response = guard::json(status, incident);
    let revision = incident.get("revision").and_then(Value::as_i64);
    let etag = revision.and_then(|it| HeaderValue::from_str(&format!("\"{it}\"")).ok());
    if let Some(etag) = etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// A change that came in between is told as the request asked for it to be seen.
fn changed(error: IncidentFailure, by_header: bool) -> ApiError {
    match error {
        IncidentFailure::Changed { message } if by_header => {
            ApiError::new(ErrorCode::PreconditionFailed, message)
        }
        other => failure(other),
    }
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

pub(crate) fn items(name: &str, page: ItemPage) -> Response<Body> {
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
        IncidentFailure::Changed { message } => ApiError::new(ErrorCode::Conflict, message),
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

/// What people decide takes the present where no time is given: no clock starts by it.
const DECISIONS: [&str; 13] = [
    "dismissed",
    "not_significant",
    "near_miss",
    "reopened",
    "closed",
    "downgraded",
    "correction_sent",
    "merged",
    "approved",
    "retracted",
    "regime_applies",
    "customer_affected",
    "assessment_started",
];

/// A fact needs its time, because awareness that is recorded later than it was shows a deadline
/// too late.
pub(crate) fn new_fact(
    body: Map<String, Value>,
    by: &str,
    now: Timestamp,
) -> Result<NewFact, ApiError> {
    let mut fields = Fields(body);
    let fact = fields.required_text("fact")?;
    let at = match fields.time("at")? {
        Some(at) => at,
        None if DECISIONS.contains(&fact.as_str()) => now,
        None => return Err(missing("at")),
    };
    Ok(NewFact {
        fact,
        at,
        by: fields.text("by")?.unwrap_or_else(|| by.into()),
        reason: fields.text("reason")?,
        party: fields.text("party")?,
        report: fields.text("report")?,
        reference: fields.text("reference")?,
        rest: fields.0,
    })
}

/// The members of a body, taken out one by one; what stays is passed on.
pub(crate) struct Fields(pub(super) Map<String, Value>);

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
