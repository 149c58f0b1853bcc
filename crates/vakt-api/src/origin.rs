//! Where a request comes from: the checks that keep web pages and proxies from acting in the name
//! of somebody who never meant it.
//!
//! Two dangers: a page in a browser on this machine posts to the loopback listener (cross-site, or
//! by a name that was made to point here: DNS rebinding), and a page rides on a session's cookie.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};

use crate::connection::{Connection, is_loopback};
use crate::error::{ApiError, ErrorCode};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Headers that only a proxy adds.
const PROXY_HEADERS: [&str; 3] = ["forwarded", "via", "x-real-ip"];
const PROXY_PREFIX: &str = "x-forwarded-";

/// The header that our own pages send with every change; a foreign page cannot send it without
/// asking first, and is never allowed.
pub const REQUEST_HEADER: &str = "x-vakt-request";

/// Refuses a request without a credential that a browser's page or a proxy made, or whose `Host`
/// is not ours.
pub fn check_direct(
    headers: &HeaderMap,
    uri: &Uri,
    connection: &Connection,
) -> Result<(), ApiError> {
    if headers.contains_key(header::ORIGIN) {
        return Err(ApiError::new(
            ErrorCode::BrowserRefused,
            "the request has an `Origin` header: a web page made it",
        ));
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE)
        && !matches!(site.as_bytes(), b"none" | b"same-origin")
    {
        return Err(ApiError::new(
            ErrorCode::BrowserRefused,
            "the request comes from a web page of another site (`Sec-Fetch-Site`)",
        ));
    }
    let proxy = headers.keys().find(|name| {
        PROXY_HEADERS.contains(&name.as_str()) || name.as_str().starts_with(PROXY_PREFIX)
    });
    if let Some(name) = proxy {
        return Err(ApiError::new(
            ErrorCode::ProxyRefused,
            format!("the request has a `{name}` header: a proxy passed it on"),
        ));
    }
    check_host(headers, uri, connection)
}

/// Refuses a change with a session's cookie unless one of our own pages made it.
/// `needs_header`: the request must carry [`REQUEST_HEADER`] too (all but plain forms).
pub fn check_same_origin(
    headers: &HeaderMap,
    uri: &Uri,
    needs_header: bool,
) -> Result<(), ApiError> {
    let refuse = |why: &str| Err(ApiError::new(ErrorCode::CrossSite, why));
    let origin = headers.get(header::ORIGIN);
    let site = headers.get(SEC_FETCH_SITE);
    if let Some(site) = site
        && site.as_bytes() != b"same-origin"
    {
        return refuse("the request comes from another site (`Sec-Fetch-Site`)");
    }
    // Under `Referrer-Policy: no-referrer` a browser sends `Origin: null` with our own forms; then
    // `Sec-Fetch-Site`, which no page can set, has to say where they are from.
    let is_withheld = origin.is_some_and(|origin| origin.as_bytes() == b"null");
    if is_withheld && site.is_none() {
        return refuse("the request's `Origin` is withheld and there is no `Sec-Fetch-Site`");
    }
    if let Some(origin) = origin.filter(|_| !is_withheld) {
        let named = origin.to_str().ok().and_then(|text| {
            text.strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"))
        });
        let ours = host(headers, uri)?;
        if !named.is_some_and(|named| named.eq_ignore_ascii_case(ours)) {
            return refuse("the request's `Origin` is not this site");
        }
    }
    if origin.is_none() && site.is_none() {
        return refuse(
            "the request says with neither `Origin` nor `Sec-Fetch-Site` where it is from",
        );
    }
    if needs_header && !headers.contains_key(REQUEST_HEADER) {
        return refuse("the request has no `X-Vakt-Request` header");
    }
    Ok(())
}

fn check_host(headers: &HeaderMap, uri: &Uri, connection: &Connection) -> Result<(), ApiError> {
    let host = host(headers, uri)?;
    if is_ours(host, connection) {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorCode::HostRefused,
        format!("`{host}` is no name of this listener"),
    ))
}

/// What the client addressed: the authority of an absolute target, else the one `Host` header
/// (RFC 9112 section 3.2.2).
pub(crate) fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Result<&'r str, ApiError> {
    if let Some(authority) = uri.authority() {
        return Ok(authority.as_str());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) => Ok(host),
        _ => Err(ApiError::new(
            ErrorCode::InvalidRequest,
            "the request has no `Host` header, several, or an unreadable one",
        )),
    }
}

fn is_ours(host: &str, connection: &Connection) -> bool {
    let (name, port) = split_port(host);
    let known = |ours: &String| ours.eq_ignore_ascii_case(name);
    if connection.policy.hosts.iter().any(known) {
        return true;
    }
    let default_port = if connection.tls { 443 } else { 80 };
    let port = match port {
        None => default_port,
        Some(text) => match text.parse::<u16>() {
            Ok(port) => port,
            Err(_) => return false,
        },
    };
    if port != connection.local.port() {
        return false;
    }
    let bare = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    match bare.parse::<IpAddr>() {
        Ok(address) if is_loopback(connection.local.ip()) => is_loopback(address),
        Ok(address) => address.to_canonical() == connection.local.ip().to_canonical(),
        Err(_) => is_loopback(connection.local.ip()) && name.eq_ignore_ascii_case("localhost"),
    }
}

/// `name:port`, where a name in brackets holds colons of its own.
fn split_port(host: &str) -> (&str, Option<&str>) {
    let end_of_name = host.rfind(']').unwrap_or(0);
    match host.rfind(':') {
        Some(colon) if colon >= end_of_name => {
            let (name, port) = host.split_at(colon);
            (name, port.strip_prefix(':'))
        }
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::ListenerPolicy;
    use std::sync::Arc;

    fn connection(local: &str) -> Connection {
        Connection {
            peer: "127.0.0.1:50000".parse().unwrap(),
            bound: local.parse().unwrap(),
            local: local.parse().unwrap(),
            tls: false,
            policy: Arc::new(ListenerPolicy {
                hosts: vec!["logs.example".into()],
                ..ListenerPolicy::default()
            }),
        }
    }

    #[test]
    fn a_host_is_ours_or_not() {
        let check = |local: &str, host: &str, expected: bool| {
            assert_eq!(
                is_ours(host, &connection(local)),
                expected,
                "{host} at {local}"
            );
        };
        let loopback = "127.0.0.1:8514";
        check(loopback, "127.0.0.1:8514", true);
        check(loopback, "localhost:8514", true);
        check(loopback, "LOCALHOST:8514", true);
        check(loopback, "[::1]:8514", true);
        check(loopback, "127.0.0.2:8514", true);
        check(loopback, "logs.example:1", true);
        check(loopback, "127.0.0.1", false);
        check(loopback, "127.0.0.1:80", false);
        check(loopback, "127.0.0.1:85140", false);
        check(loopback, "localhost.evil.example:8514", false);
        check(loopback, "evil.example:8514", false);
        check(loopback, "127.0.0.1.evil.example:8514", false);
        check(loopback, "192.0.2.1:8514", false);
        check(loopback, "", false);
        check("127.0.0.1:80", "localhost", true);
        check("[::1]:8514", "[::1]:8514", true);
        check("192.0.2.1:8514", "192.0.2.1:8514", true);
        check("192.0.2.1:8514", "localhost:8514", false);
        check("192.0.2.1:8514", "192.0.2.2:8514", false);
    }

    #[test]
    fn a_change_with_a_cookie_must_come_from_our_own_pages() {
        let check = |given: &[(&'static str, &str)], expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "127.0.0.1:8514".parse().unwrap());
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            let uri = Uri::from_static("/sign-out");
            assert_eq!(
                check_same_origin(&headers, &uri, false).is_ok(),
                expected,
                "{given:?}"
            );
        };
        check(&[], false);
        check(&[("origin", "http://127.0.0.1:8514")], true);
        check(&[("origin", "http://127.0.0.1:8515")], false);
        check(&[("origin", "http://evil.example")], false);
        check(&[("origin", "null")], false);
        check(&[("sec-fetch-site", "same-origin")], true);
        check(
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            true,
        );
        check(
            &[("sec-fetch-site", "cross-site"), ("origin", "null")],
            false,
        );
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("sec-fetch-site", "none")], false);
        check(
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://evil.example"),
            ],
            false,
        );
    }
}
