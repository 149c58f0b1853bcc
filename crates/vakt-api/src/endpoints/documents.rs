//! Reports and notices as documents, the package for when the portal is down, and STIX.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

use super::incidents::failure;
use crate::access::Principal;
use crate::backend::{IncidentFailure, Rendered, ReportRequest};
use crate::body::{read_all, read_object};
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

pub(crate) const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 500;

/// Bytes of a file that somebody hands in: what the records keep of one.
const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

pub(crate) async fn list(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit", "cursor"])?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let cursor = params.get("cursor").map(str::to_owned);
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let found = call.app.blocking(move |parts| {
        let found = parts
            .documents
            .documents(&id, limit, cursor.as_deref(), &sight);
        found.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &found.await?))
}

pub(crate) async fn preview(call: Call) -> Result<Response<Body>, ApiError> {
    let known = ["regime", "party", "language", "format"];
    let params = Params::parse(call.request.uri(), &known)?;
    let own = |name: &str| params.get(name).map(str::to_owned);
    let report = ReportRequest {
        regime: own("regime"),
        stage: call.path("stage").to_owned(),
        party: own("party"),
    };
    let (language, format) = (own("language"), own("format"));
    let format = format.unwrap_or_else(|| "html".to_owned());
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let rendered = call.app.blocking(move |parts| {
        let documents = &parts.documents;
        let rendered = documents.preview(&id, &report, language.as_deref(), &format, &sight);
        rendered.map_err(failure)
    });
    Ok(shown(rendered.await?))
}

pub(crate) async fn keep(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked { id, who, body, .. } = Asked::of(&mut call, false).await?;
    let kept = call.app.blocking(move |parts| {
        let kept = parts.documents.keep(&id, body, &who);
        kept.map_err(failure)
    });
    Ok(guard::json(StatusCode::CREATED, &kept.await?))
}

pub(crate) async fn approve(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked {
        id,
        who,
        body,
        document,
    } = Asked::of(&mut call, true).await?;
    let approved = call.app.blocking(move |parts| {
        let approved = parts.documents.approve(&id, document, body, &who);
        approved.map_err(document_failure)
    });
    Ok(guard::json(StatusCode::OK, &approved.await?))
}

pub(crate) async fn submit(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked {
        id,
        who,
        body,
        document,
    } = Asked::of(&mut call, true).await?;
    let submitted = call.app.blocking(move |parts| {
        let submitted = parts.documents.submit(&id, document, body, &who);
        submitted.map_err(document_failure)
    });
    Ok(guard::json(StatusCode::CREATED, &submitted.await?))
}

pub(crate) async fn document_file(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let (id, document) = (call.path("id").to_owned(), number(&call, "document")?);
    let format = call.path("format").to_owned();
    let sight = call.principal()?.sight();
    let file = call.app.blocking(move |parts| {
        let file = parts
            .documents
            .document_file(&id, document, &format, &sight);
        file.map_err(document_failure)
    });
    Ok(kept(file.await?))
}

pub(crate) async fn keep_file(mut call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["role", "name"])?;
    let role = match params.get("role") {
        None | Some("sent") => "sent",
        Some("receipt") => "receipt",
        Some(other) => {
            let message = format!("`role` is `{other}`, but must be `sent` or `receipt`");
            return Err(ApiError::new(ErrorCode::InvalidParameter, message));
        }
    };
    let name = params.get("name").unwrap_or_default().to_owned();
    let id = call.path("id").to_owned();
    let who = call.principal()?.clone();
    let bytes = read_all(call.request.body_mut(), FILE_BYTES_MAX).await?;
    let kept = call.app.blocking(move |parts| {
        let kept = parts.documents.keep_file(&id, role, &name, &bytes, &who);
        kept.map_err(failure)
    });
    Ok(guard::json(StatusCode::CREATED, &kept.await?))
}

pub(crate) async fn file(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let (id, file) = (call.path("id").to_owned(), number(&call, "file")?);
    let sight = call.principal()?.sight();
    let found = call.app.blocking(move |parts| {
        let found = parts.documents.file(&id, file, &sight);
        found.map_err(document_failure)
    });
    Ok(kept(found.await?))
}

pub(crate) async fn mark(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked { id, who, body, .. } = Asked::of(&mut call, false).await?;
    let marks = call.app.blocking(move |parts| {
        let marks = parts.documents.mark(&id, body, &who);
        marks.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &marks.await?))
}

pub(crate) async fn include(mut call: Call) -> Result<Response<Body>, ApiError> {
    let Asked { id, who, body, .. } = Asked::of(&mut call, false).await?;
    let included = call.app.blocking(move |parts| {
        let included = parts.documents.include(&id, body, &who);
        included.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &included.await?))
}

pub(crate) async fn stix(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let bundle = call
        .app
        .blocking(move |parts| parts.documents.stix(&id, &sight).map_err(failure));
    let mut response = guard::json(StatusCode::OK, &bundle.await?);
    let media_type = HeaderValue::from_static("application/stix+json;version=2.1");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}

pub(crate) async fn package(call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let sight = call.principal()?.sight();
    let package = call
        .app
        .blocking(move |parts| parts.documents.package(&id, &sight).map_err(failure));
    Ok(kept(package.await?))
}

/// A change, as it is asked for.
struct Asked {
    id: String,
    /// 0 where the path names none.
    document: i64,
    who: Principal,
    body: Map<String, Value>,
}

impl Asked {
    async fn of(call: &mut Call, names_document: bool) -> Result<Self, ApiError> {
        let document = match names_document {
            true => number(call, "document")?,
            false => 0,
        };
        let (id, who) = (call.path("id").to_owned(), call.principal()?.clone());
        let body = read_object(call.request.body_mut()).await?;
        Ok(Self {
            id,
            document,
            who,
            body,
        })
    }
}

fn number(call: &Call, name: &str) -> Result<i64, ApiError> {
    let text = call.path(name);
    text.parse().map_err(|_| {
        ApiError::new(
            ErrorCode::NotFound,
            format!("`{text}` is no number of a {name}"),
        )
        .with_help("`GET /api/v1/incidents/{id}/documents` lists them")
    })
}

pub(crate) fn document_failure(error: IncidentFailure) -> ApiError {
    match error {
        IncidentFailure::NotFound => ApiError::new(
            ErrorCode::NotFound,
            "there is no such document or file of an incident with this id",
        )
        .with_help("`GET /api/v1/incidents/{id}/documents` lists them"),
        other => failure(other),
    }
}

/// In the browser, under a policy of its own: nothing but the style that the file carries.
fn shown(rendered: Rendered) -> Response<Body> {
    let policy = match &rendered.style {
        Some(style) => format!(
            "default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        ),
        None => "default-src 'none'".to_owned(),
    };
    answered(rendered, "inline", &policy)
}

/// To be saved; nothing of it runs in our name.
fn kept(rendered: Rendered) -> Response<Body> {
    answered(rendered, "attachment", "default-src 'none'; sandbox")
}

fn answered(rendered: Rendered, disposition: &str, policy: &str) -> Response<Body> {
    let is_plain = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
    let name: String = rendered.name.chars().filter(is_plain).collect();
    let mut response = Response::new(Body::from(rendered.bytes));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(rendered.media_type),
    );
    let disposition = format!("{disposition}; filename=\"{name}\"");
    for (name, value) in [
        (header::CONTENT_DISPOSITION, disposition.as_str()),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}
