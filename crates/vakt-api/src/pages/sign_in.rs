//! Signing in and out with a browser.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use maud::{Markup, html};

use super::layout;
use super::results::encoded;
use crate::access::SESSION_LIFETIME_SECONDS;
use crate::body::read_form;
use crate::endpoints::access::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::origin::check_same_origin;
use crate::params::Params;

/// The cookie's name on plain loopback, and under TLS, where the prefix binds it to this host.
const COOKIE: &str = "vakt_session";
const COOKIE_TLS: &str = "__Host-vakt_session";

/// The session that a request's cookie names.
pub(crate) fn session_cookie(headers: &HeaderMap, tls: bool) -> Option<&str> {
    let wanted = if tls { COOKIE_TLS } else { COOKIE };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// Where a person wanted to go, and from where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    /// The path with its query, of what was only looked at.
    target: Option<String>,
    /// A link on a page of another site led to the page of an incident. Browsers send no cookie along, even
    /// of who is signed in, as it is `SameSite=Strict`.
    is_from_elsewhere: bool,
}

impl Arrival {
    pub(crate) fn of(request: &Request<Body>) -> Self {
        if request.method() != Method::GET {
            return Self::default();
        }
        let header = |name: &str| {
            let value = request.headers().get(name);
            value.and_then(|it| it.to_str().ok()).unwrap_or_default()
        };
        let uri = request.uri();
        // A query is not taken from elsewhere: it would search, and fill forms, in somebody's name.
        let is_of_incident = uri.path().starts_with("/incidents") && uri.query().is_none();
        let navigates =
            header("sec-fetch-site") == "cross-site" && header("sec-fetch-mode") == "navigate";
        Self {
            target: uri
                .path_and_query()
                .and_then(|it| own_path(it.as_str()))
                .map(str::to_owned),
            is_from_elsewhere: navigates && is_of_incident,
        }
    }
}

/// Longer targets are not kept. Far above any address of a page.
const TARGET_BYTES_MAX: usize = 2_000;

/// The path of a page of our own to go to after signing in, and nothing else: browsers read `//host` and
/// `/\host` as another site, and drop tabs and line breaks first.
fn own_path(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('/')?;
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    let is_own = !rest.starts_with('/')
        && rest.bytes().all(is_plain)
        && text.len() <= TARGET_BYTES_MAX
        && !rest.starts_with("sign-");
    (is_own && !rest.is_empty()).then_some(text)
}

/// Who is not signed in is sent here, and afterwards to where they wanted to go.
pub(crate) fn to_sign_in(arrival: &Arrival) -> Response<Body> {
    let Some(target) = &arrival.target else {
        return see_other("/sign-in");
    };
    let sign_in = format!("/sign-in?next={}", encoded(target));
    match arrival.is_from_elsewhere {
        true => from_here(&sign_in),
        false => see_other(&sign_in),
    }
}

/// A page that asks for `sign_in` by itself. That request comes from this site, so that the cookie of who is
/// signed in is with it. It goes round in no circle: `/sign-in` sends nobody here.
fn from_here(sign_in: &str) -> Response<Body> {
    let main = html! {
        h1 { "Vakt" }
        p { a href=(sign_in) { "Go on to Vakt" } }
    };
    let mut response = layout::bare("Sign in", &main);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={sign_in}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

/// With a link's code: a button, because whoever only looks at a link (a chat's preview, a
/// scanner) must not use it up. Without: a form for a token.
pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["code", "next"])?;
    let next = params.get("next").and_then(own_path);
    let Some(code) = params.get("code").map(str::to_owned) else {
        return Ok(match next {
            Some(next) if is_signed_in(&call)? => see_other(next),
            next => form(None, next),
        });
    };
    let asked = code.clone();
    let good = call
        .app
        .blocking(move |parts| {
            parts
                .access
                .is_code_good(&asked)
                .map_err(|error| failure(&error))
        })
        .await?;
    if !good {
        return Ok(form(Some(USED), None));
    }
    Ok(layout::bare(
        "Sign in",
        &html! {
            h1 { "Vakt" }
            p { "This link signs you in on this browser, once." }
            form method="post" action="/sign-in" {
                input type="hidden" name="code" value=(code);
                button.main type="submit" autofocus { "Sign in" }
            }
        },
    ))
}

/// Whether the browser has a session that stands.
fn is_signed_in(call: &Call) -> Result<bool, ApiError> {
    let session = session_cookie(call.request.headers(), call.connection.tls);
    let Some(session) = session else {
        return Ok(false);
    };
    let found = call.app.parts.access.by_session(session);
    Ok(found.map_err(|error| failure(&error))?.is_some())
}

const USED: &str =
    "This link was used, has expired, or is not whole. Paste a token, or ask for another link.";
const WRONG: &str = "This token is unknown or was revoked.";

pub(crate) async fn post(mut call: Call) -> Result<Response<Body>, ApiError> {
    let headers = call.request.headers();
    // Or a page elsewhere could sign a person in as somebody else.
    check_same_origin(headers, call.request.uri(), false)?;
    let fields = read_form(&mut call.request).await?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    let (code, token) = (field("code"), field("token"));
    let by_code = code.is_some();
    let next = field("next");
    let next = next.as_deref().and_then(own_path);
    let session = call
        .app
        .blocking(move |parts| {
            let access = &parts.access;
            match (code, token) {
                (Some(code), _) => access.sign_in_by_code(&code),
                (None, Some(token)) => access.sign_in_by_token(&token),
                (None, None) => Ok(None),
            }
            .map_err(|error| failure(&error))
        })
        .await?;
    match session {
        Some(session) => {
            let mut response = see_other(next.unwrap_or("/"));
            set_cookie(
                &mut response,
                call.connection.tls,
                session.reveal(),
                SESSION_LIFETIME_SECONDS,
            );
            Ok(response)
        }
        None => {
            let mut response = form(Some(if by_code { USED } else { WRONG }), next);
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            Ok(response)
        }
    }
}

pub(crate) async fn sign_out(call: Call) -> Result<Response<Body>, ApiError> {
    let tls = call.connection.tls;
    if let Some(session) = session_cookie(call.request.headers(), tls) {
        let session = session.to_owned();
        call.app
            .blocking(move |parts| {
                parts
                    .access
                    .sign_out(&session)
                    .map_err(|error| failure(&error))
            })
            .await?;
    }
    let mut response = see_other("/sign-in");
    set_cookie(&mut response, tls, "", 0);
    Ok(response)
}

/// `next` is where signing in leads to.
fn form(problem: Option<&str>, next: Option<&str>) -> Response<Body> {
    layout::bare("Sign in", &sign_in_form(problem, next))
}

fn sign_in_form(problem: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        h1 { "Vakt" }
        @if let Some(problem) = problem {
            p.problem role="alert" { (problem) }
        }
        form.stack method="post" action="/sign-in" {
            label for="token" { "Your token" }
            input id="token" name="token" type="password" autocomplete="current-password"
                required autofocus spellcheck="false";
            @if let Some(next) = next { input type="hidden" name="next" value=(next); }
            button.main type="submit" { "Sign in" }
        }
        p.quiet {
            "The administrator's first token is in the file " code { "admin.token" }
            " of the data directory; the daemon prints a sign-in link when it starts on a terminal."
        }
    }
}

fn see_other(target: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let target = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, target);
    response
}

fn set_cookie(response: &mut Response<Body>, tls: bool, value: &str, max_age: i64) {
    let (name, secure) = if tls {
        (COOKIE_TLS, "; Secure")
    } else {
        (COOKIE, "")
    };
    let cookie =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_our_own_is_gone_to() {
        let check = |target: &str, is_own: bool| {
            assert_eq!(own_path(target).is_some(), is_own, "{target:?}")
        };
        check("/incidents/2", true);
        check("/?q=failed%20password&since=-1h", true);
        check("/reviews?year=2026", true);
        for elsewhere in [
            "",
            "/",
            "//evil.example/x",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "incidents/2",
            " /incidents/2",
            "/ä",
            "/sign-out",
            "/sign-in?next=/sign-in",
        ] {
            check(elsewhere, false);
        }
        check(&format!("/{}", "a".repeat(TARGET_BYTES_MAX)), false);
    }
}
