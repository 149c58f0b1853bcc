//! Signing in and out with a browser.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use maud::{Markup, html};

use super::layout;
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

/// Who is not signed in is sent here.
pub(crate) fn to_sign_in() -> Response<Body> {
    see_other("/sign-in")
}

/// With a link's code: a button, because whoever only looks at a link (a chat's preview, a
/// scanner) must not use it up. Without: a form for a token.
pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["code"])?;
    let Some(code) = params.get("code").map(str::to_owned) else {
        return Ok(form(None));
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
        return Ok(form(Some(USED)));
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
            let mut response = see_other("/");
            set_cookie(
                &mut response,
                call.connection.tls,
                session.reveal(),
                SESSION_LIFETIME_SECONDS,
            );
            Ok(response)
        }
        None => {
            let mut response = form(Some(if by_code { USED } else { WRONG }));
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

fn form(problem: Option<&str>) -> Response<Body> {
    layout::bare("Sign in", &sign_in_form(problem))
}

fn sign_in_form(problem: Option<&str>) -> Markup {
    html! {
        h1 { "Vakt" }
        @if let Some(problem) = problem {
            p.problem role="alert" { (problem) }
        }
        form.stack method="post" action="/sign-in" {
            label for="token" { "Your token" }
            input id="token" name="token" type="password" autocomplete="current-password"
                required autofocus spellcheck="false";
            button.main type="submit" { "Sign in" }
        }
        p.quiet {
            "The administrator's first token is in the file " code { "admin.token" }
            " of the data directory; the daemon prints a sign-in link when it starts on a terminal."
        }
    }
}

fn see_other(target: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response
        .headers_mut()
        .insert(header::LOCATION, HeaderValue::from_static(target));
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
