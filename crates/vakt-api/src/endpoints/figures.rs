//! Figures of a period, and the register of personal data breaches.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use super::incidents::{failure, items};
use crate::backend::{FiguresRequest, RegisterRequest};
use crate::body::read_object;
use crate::error::{ApiError, ErrorCode};
use crate::guard::{self, Call};
use crate::params::Params;

pub(crate) const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 500;

/// Breaches in one sheet, about: more than any controller has had.
const SHEET_MAX: usize = 20_000;

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["period", "role", "stream", "format"])?;
    let csv = is_csv(&params)?;
    let request = request(&params, &call)?;
    let (figures, sheet) = call
        .app
        .blocking(move |parts| {
            let figures = parts.figures.figures(&request).map_err(failure)?;
            let sheet = csv.then(|| parts.figures.figures_csv(&figures));
            Ok((figures, sheet))
        })
        .await?;
    Ok(match sheet {
        Some(sheet) => csv_response(sheet, "figures"),
        None => guard::json(StatusCode::OK, &figures),
    })
}

pub(crate) fn request(params: &Params, call: &Call) -> Result<FiguresRequest, ApiError> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    Ok(FiguresRequest {
        period: text("period"),
        role: text("role"),
        stream: text("stream"),
        sight: call.principal()?.sight(),
    })
}

pub(crate) async fn register(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["limit", "cursor", "all", "format"])?;
    let csv = is_csv(&params)?;
    let mut request = RegisterRequest {
        limit: params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?,
        cursor: params.get("cursor").map(str::to_owned),
        all: flag(&params, "all")?,
        sight: call.principal()?.sight(),
    };
    let (page, sheet) = call
        .app
        .blocking(move |parts| {
            let mut page = parts.figures.register(&request).map_err(failure)?;
            // A sheet has no `next`: it has everything.
            while let Some(next) = page.next.take_if(|_| csv && page.items.len() < SHEET_MAX) {
                request.cursor = Some(next);
                let more = parts.figures.register(&request).map_err(failure)?;
                page.items.extend(more.items);
                page.next = more.next;
            }
            let sheet = csv.then(|| parts.figures.register_csv(&page.items));
            Ok((page, sheet))
        })
        .await?;
    Ok(match sheet {
        Some(sheet) => csv_response(sheet, "register"),
        None => items("register", page),
    })
}

pub(crate) async fn write_register(mut call: Call) -> Result<Response<Body>, ApiError> {
    Params::parse(call.request.uri(), &[])?;
    let id = call.path("id").to_owned();
    let principal = call.principal()?.clone();
    let body = read_object(call.request.body_mut()).await?;
    let written = call.app.blocking(move |parts| {
        let written = parts.figures.write_register(&id, body, &principal);
        written.map_err(failure)
    });
    Ok(guard::json(StatusCode::OK, &written.await?))
}

pub(crate) fn flag(params: &Params, name: &str) -> Result<bool, ApiError> {
    match params.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`{name}` is `{other}`, but must be `true` or `false`"),
        )),
    }
}

/// Whether the answer is to be CSV.
pub(super) fn is_csv(params: &Params) -> Result<bool, ApiError> {
    match params.get("format") {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(other) => Err(ApiError::new(
            ErrorCode::InvalidParameter,
            format!("`format` is `{other}`, but must be `json` or `csv`"),
        )),
    }
}

/// A sheet that a browser saves under a name.
pub(super) fn csv_response(sheet: String, name: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(sheet));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
    );
    let disposition = format!("attachment; filename=\"vakt-{name}.csv\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
