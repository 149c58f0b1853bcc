//! The one way that every request takes: who is it, may it, do it, answer it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use base64::Engine as _;

use crate::access::{Caller, Principal};
use crate::app::App;
use crate::body::drain;
use crate::connection::Connection;
use crate::error::{ApiError, ErrorCode};
use crate::origin::{check_direct, check_same_origin};
use crate::pages;
use crate::pages::sign_in::Arrival;
use crate::params::Params;
use crate::roles::Permission;
use crate::routes::{Errors, Need, Route};

/// A request that was let in.
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    pub(crate) connection: Connection,
    pub(crate) caller: Caller,
    pub(crate) request: Request<Body>,
    /// The variable parts of the path.
    path: Vec<(String, String)>,
}

impl Call {
    /// A variable part of the path; empty when the route has none of that name.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path
            .iter()
            .find(|(given, _)| given == name)
            .map_or("", |(_, value)| value)
    }

    /// The person who makes this request.
    pub(crate) fn principal(&self) -> Result<&Principal, ApiError> {
        match &self.caller {
            Caller::Person(principal) => Ok(principal),
            Caller::Anonymous | Caller::Sender(_) | Caller::Calendar(_) | Caller::Reporter(_) => {
                Err(ApiError::new(
                    ErrorCode::Forbidden,
                    "only a person may do this",
                ))
            }
        }
    }
}

/// How a caller showed who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Nothing,
    Token,
    Session,
}

/// Serves one request of `route`.
pub(crate) async fn serve(
    app: Arc<App>,
    route: &'static Route,
    path: Vec<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let began = Instant::now();
    let as_text = match route.errors {
        Errors::Json => false,
        Errors::TextIfAsked => accepts(request.headers(), "text/plain"),
        Errors::Text => true,
    };
    let as_page = matches!(route.need, Need::Page(_));
    let arrival = as_page.then(|| Arrival::of(&request));
    let tls = request
        .extensions()
        .get::<Connection>()
        .is_some_and(|connection| connection.tls);
    let answer = admit_and_run(&app, route, path, request).await;
    let mut response = answer.unwrap_or_else(|error| {
        if error.code == ErrorCode::Internal {
            tracing::error!(
                route = route.path,
                message = error.message,
                "request failed"
            );
        }
        match error.code {
            ErrorCode::Unauthenticated if as_page => {
                pages::sign_in::to_sign_in(&arrival.unwrap_or_default())
            }
            _ if as_page => pages::error_page(&error),
            _ => error.into_response(as_text),
        }
    });
    secure(response.headers_mut(), tls);
    app.metrics
        .observe(route.path, response.status(), began.elapsed());
    response
}

/// The answer where no route is: nothing but the fact, as a page for whoever looks with a browser.
pub(crate) fn no_route(
    app: &App,
    code: ErrorCode,
    errors: Errors,
    headers: &HeaderMap,
) -> Response<Body> {
    let message = match code {
        ErrorCode::MethodNotAllowed => "this path does not take this method",
        _ => "there is nothing at this path",
    };
    let error = ApiError::new(code, message);
    let mut response = match accepts(headers, "text/html") {
        true => pages::error_page(&error),
        false => error.into_response(errors == Errors::Text),
    };
    secure(response.headers_mut(), false);
    app.metrics
        .observe("none", response.status(), std::time::Duration::ZERO);
    response
}

async fn admit_and_run(
    app: &Arc<App>,
    route: &'static Route,
    path: Vec<(String, String)>,
    request: Request<Body>,
) -> Result<Response<Body>, ApiError> {
    let Some(connection) = request.extensions().get::<Connection>().cloned() else {
        return Err(ApiError::new(
            ErrorCode::Internal,
            "the request came without its connection",
        ));
    };
    match admit(app, route, &connection, &request) {
        Ok(caller) => {
            let call = Call {
                app: Arc::clone(app),
                connection,
                caller,
                request,
                path,
            };
            (route.run)(call).await
        }
        Err(error) => {
            // A client that waits for `100 Continue` has sent no body, and is not to be asked for it.
            if !request.headers().contains_key(header::EXPECT) {
                drain(&mut request.into_body()).await;
            }
            Err(error)
        }
    }
}

/// Who the caller is, if it may do what the route does.
fn admit(
    app: &App,
    route: &Route,
    connection: &Connection,
    request: &Request<Body>,
) -> Result<Caller, ApiError> {
    let (headers, uri) = (request.headers(), request.uri());
    if route.need == Need::Observe && connection.is_loopback() {
        match check_direct(headers, uri, connection) {
            // What needs no credential minds none that is sent along.
            Ok(()) => return Ok(Caller::Anonymous),
            Err(error) => {
                return match identify(app, headers, connection.tls, false)? {
                    (_, Proof::Nothing) => Err(error),
                    (caller, _) => allow(caller, Permission::ReadState),
                };
            }
        }
    }
    let takes_basic = matches!(route.need, Need::Loki(_));
    let (caller, proof) = match in_address(app, route.need, uri)? {
        Some(caller) => (caller, Proof::Token),
        None => identify(app, headers, connection.tls, takes_basic)?,
    };
    match route.need {
        Need::Public => Ok(caller),
        Need::Observe => allow(caller, Permission::ReadState),
        Need::Intake => match proof {
            Proof::Token => allow(caller, Permission::SendEvents),
            // A cookie is no credential here: it would be one that a browser sends unasked.
            Proof::Nothing | Proof::Session if connection.takes_open_intake() => {
                check_direct(headers, uri, connection)?;
                Ok(Caller::Anonymous)
            }
            Proof::Nothing | Proof::Session => Err(unauthenticated(
                "events are taken here only with an intake token",
            )
            .with_help(
                "make one with `vakt tokens add NAME --stream STREAM` and send it as `Authorization: Bearer TOKEN`",
            )),
        },
        Need::Report => reporter(app, headers, uri, (caller, proof)),
        Need::Calendar => allow(caller, Permission::ReadDeadlines),
        Need::Role(permission) | Need::Page(permission) | Need::Loki(permission) => {
            let caller = allow(caller, permission)?;
            let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
            if proof == Proof::Session && changes {
                check_same_origin(headers, uri, !matches!(route.need, Need::Page(_)))?;
            }
            Ok(caller)
        }
    }
}

fn allow(caller: Caller, permission: Permission) -> Result<Caller, ApiError> {
    if caller.may(permission) {
        return Ok(caller);
    }
    Err(match &caller {
        Caller::Anonymous => unauthenticated("this needs a credential"),
        Caller::Person(principal) => ApiError::new(
            ErrorCode::Forbidden,
            format!(
                "{} is {} and may not {}",
                principal.name,
                principal.role,
                permission.describe()
            ),
        ),
        Caller::Sender(_) | Caller::Calendar(_) | Caller::Reporter(_) => {
            let kind = match caller {
                Caller::Sender(_) => "an intake token",
                Caller::Reporter(_) => "a token for reports",
                _ => "a calendar's token",
            };
            let message = format!("{kind} may not {}", permission.describe());
            ApiError::new(ErrorCode::Forbidden, message).with_help("use a personal token")
        }
    })
}

/// Who may report what happened: whoever holds a token for it, whoever is signed in, and anybody at all
/// where the configuration says so. A page of another site makes nobody report.
pub(crate) fn reporter(
    app: &App,
    headers: &HeaderMap,
    uri: &Uri,
    (caller, proof): (Caller, Proof),
) -> Result<Caller, ApiError> {
    let by_page = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if proof == Proof::Session || (proof == Proof::Nothing && by_page) {
        check_same_origin(headers, uri, proof == Proof::Session)?;
    }
    match proof {
        Proof::Nothing if app.parts.reports.takes_anonymous() => Ok(Caller::Anonymous),
        Proof::Nothing => Err(unauthenticated("reports are taken here only with a token")
            .with_help(
                "ask whoever runs this for a token, and send it as `Authorization: Bearer TOKEN`",
            )),
        Proof::Token | Proof::Session => allow(caller, Permission::SendReports),
    }
}

/// The calendar whose token stands in the address: calendars send no header. Addresses are kept and shown
/// by many, so that no other token works there, and no address elsewhere has one.
fn in_address(app: &App, need: Need, uri: &Uri) -> Result<Option<Caller>, ApiError> {
    if need != Need::Calendar {
        return Ok(None);
    }
    let params = Params::parse(uri, &["token"])?;
    let Some(token) = params.get("token") else {
        return Ok(None);
    };
    match app.parts.access.by_token(token) {
        Some(caller @ Caller::Calendar(_)) => Ok(Some(caller)),
        _ => Err(unauthenticated(
            "the token in the address is no calendar's, is unknown or was revoked",
        )
        .with_help("make one with `vakt tokens add NAME --calendar-of USER`")),
    }
}

/// `takes_basic`: a token may come as the password of basic authentication.
fn identify(
    app: &App,
    headers: &HeaderMap,
    tls: bool,
    takes_basic: bool,
) -> Result<(Caller, Proof), ApiError> {
    let access = &app.parts.access;
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let (scheme, credential) = authorization
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .unwrap_or_default();
        let token = if scheme.eq_ignore_ascii_case("bearer") {
            credential.trim().to_owned()
        } else if takes_basic && scheme.eq_ignore_ascii_case("basic") {
            password(credential.trim()).ok_or_else(|| {
                unauthenticated("the `Authorization` header is not `Basic` with a user and a token")
            })?
        } else {
            let message = "the `Authorization` header is not `Bearer TOKEN`";
            return Err(unauthenticated(message));
        };
        let caller = access
            .by_token(&token)
            .ok_or_else(|| unauthenticated("the token is unknown or was revoked"))?;
        return Ok((caller, Proof::Token));
    }
    if let Some(session) = pages::sign_in::session_cookie(headers, tls) {
        let found = access
            .by_session(session)
            .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
        if let Some(principal) = found {
            return Ok((Caller::Person(principal), Proof::Session));
        }
    }
    Ok((Caller::Anonymous, Proof::Nothing))
}

/// The password of basic authentication (RFC 7617). The user's name says nothing: the token does.
fn password(credential: &str) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(credential)
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':')
        .map(|(_, password)| password.to_owned())
}

fn unauthenticated(message: &str) -> ApiError {
    ApiError::new(ErrorCode::Unauthenticated, message)
}

/// Whether the first choice of the `Accept` header is this media type.
pub(crate) fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(media_type))
}

/// Nothing from elsewhere, nothing inline, no frames.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn secure(headers: &mut HeaderMap, tls: bool) {
    let mut set = |name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    set(
        header::HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    if tls {
        // One day, renewed with every answer: enough against a downgrade, and a trial with a
        // self-signed certificate is not locked out for long.
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=86400");
    }
    // A document that is shown brings a stricter one, which lets its own style through.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// An answer with a JSON body.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
