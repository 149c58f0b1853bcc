//! Requests to receivers over HTTP.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use ureq::http::Response;
use ureq::{Agent, Body};
use vakt_event::clock::SystemClock;
use vakt_event::{Clock, Timestamp};

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
        .and_then(|value| retry_after(value.to_str().ok()?.trim(), SystemClock.now()));
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
    // 401 and 407 are about who we are, 408 and 429 about when we ask: other notices fare no better.
    let is_refusal = status.is_client_error() && !matches!(status.as_u16(), 401 | 407 | 408 | 429);
    Err(Fault {
        retry_after,
        is_refusal,
        ..Fault::new(format!("{place} answered {status}{help}{said}"))
    })
}

/// How long to wait: seconds, or until a date (RFC 9110, section 10.2.3). `None` for what is neither.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds is longer than any bound.
        return (!value.is_empty()).then(|| Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(value)
        .ok()?;
    let micros = until.as_microsecond().saturating_sub(now.micros());
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A date was taken for nothing, and the receiver asked again at once.
    #[test]
    fn a_receiver_says_when_in_seconds_or_by_a_date() {
        let now: Timestamp = "2026-11-23T20:00:00Z".parse().unwrap();
        let check = |value: &str, seconds: Option<u64>| {
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(retry_after(value, now), expected, "{value}");
        };
        check("7", Some(7));
        check("Mon, 23 Nov 2026 20:00:45 GMT", Some(45));
        check("Mon, 23 Nov 2026 19:00:00 GMT", Some(0));
        check("999999999999999999999", Some(u64::MAX));
        check("soon", None);
        check("", None);
    }
}
