//! Requests to receivers over HTTP.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::fault::{Fault, of_connection, of_tls, words_of};
use crate::client::{agent, certificates};
use crate::config::Secret;

/// A receiver that does not answer within it is tried again later.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read, for its words.
const ANSWER_BYTES_MAX: u64 = 4 << 10;

/// An agent that trusts the system's certificates and those of `ca`.
pub(super) fn agent_of(ca: Option<&Path>) -> Result<Agent> {
    let trusted = ca.map(certificates).transpose()?.unwrap_or_default();
    Ok(agent(trusted, TIMEOUT))
}

/// The value of `Authorization`, where there is a token.
pub(super) fn bearer(token: Option<&Secret>) -> Result<Option<String>> {
    let token = token.map(Secret::read).transpose()?;
    Ok(token.map(|token| format!("Bearer {token}")))
}

/// Whether the receiver at `url` took what it was sent. The address is shown without its path, which may
/// hold a secret.
pub(super) fn taken(url: &str, result: Result<Response<Body>, ureq::Error>) -> Result<(), Fault> {
    let place = host_of(url);
    let mut answer = result.map_err(|error| of_request(place, &error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let retry_after = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .map(Duration::from_secs);
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    // What it says helps where it says something; the status alone is an answer, too.
    let said = body
        .read_to_string()
        .map(|it| words_of(&it))
        .unwrap_or_default();
    let said = if said.is_empty() {
        said
    } else {
        format!(": {said}")
    };
    let help = match status.as_u16() {
        301 | 302 | 307 | 308 => {
            " (redirects are not followed: write the address that it leads to)"
        }
        401 | 403 => " (look at the token, `token_file`)",
        404 | 405 => " (look at the path of `url`)",
        _ => "",
    };
    Err(Fault {
        text: format!("{place} answered {status}{help}{said}"),
        retry_after,
    })
}

fn of_request(place: &str, error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::Io(error) => of_connection(place, error),
        ureq::Error::Rustls(error) => of_tls(place, error),
        ureq::Error::Timeout(_) => Fault::new(format!(
            "{place} did not answer within {} s",
            TIMEOUT.as_secs()
        )),
        ureq::Error::HostNotFound => Fault::new(format!("the name of {place} is not known (DNS)")),
        error => Fault::new(format!("{place} cannot be reached: {error}")),
    }
}

/// An address without its path and without what stands before `@`, which may hold secrets.
pub(crate) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}
