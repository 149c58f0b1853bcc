//! Web servers: nginx and Apache, access and error logs, in files and as syslog messages.

mod access;
mod error;

pub use error::local_time;

use vakt_event::{Event, ecs};

use super::fields::{is_digits, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Nginx,
    Apache,
}

/// `server` is what the program's name says. Without one, the access log's shape alone tells that
/// it is a web server's, and the error logs tell the server.
pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str, server: Option<Server>) -> bool {
    if let Some(request) = access::parse(message) {
        let dataset = match server {
            Some(Server::Nginx) => "nginx.access",
            Some(Server::Apache) => "apache.access",
            None => "web.access",
        };
        event.added(ecs::EVENT_DATASET, dataset);
        request.add(event);
        return true;
    }
    error::decode_nginx(event, message) || error::decode_apache(event, message)
}

/// Method, target and version of `GET /a?b HTTP/1.1`; `None` for what is no request line.
fn request_line(line: &str) -> Option<(&str, &str, &str)> {
    let (method, rest) = line.split_once(' ')?;
    let is_method = !method.is_empty()
        && method
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'-');
    if !is_method {
        return None;
    }
    match rest.rsplit_once(" HTTP/") {
        Some((target, version)) => Some((method, target, version)),
        None => Some((method, rest, "")),
    }
}

fn add_request<'a>(event: &mut Event<'a>, line: &'a str) {
    let Some((method, target, version)) = request_line(line) else {
        return;
    };
    text(event, ecs::HTTP_REQUEST_METHOD, method);
    text(event, ecs::HTTP_VERSION, version);
    text(event, ecs::URL_ORIGINAL, target);
    let target = target.split_once('#').map_or(target, |(target, _)| target);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if path.starts_with('/') {
        text(event, ecs::URL_PATH, path);
    }
    text(event, ecs::URL_QUERY, query);
}

/// `host`, `host:port`.
fn add_host<'a>(event: &mut Event<'a>, host: &'a str) {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if is_digits(port) && !name.contains(':') => (name, port),
        _ => (host, ""),
    };
    if matches!(name, "-" | "_") {
        return;
    }
    text(event, "url.domain", name);
    super::fields::number(event, "url.port", port);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_may_be_old_odd_or_none() {
        let check = |line, expected| assert_eq!(request_line(line), expected, "{line}");
        check("GET /a HTTP/1.1", Some(("GET", "/a", "1.1")));
        check("GET /a b HTTP/1.1", Some(("GET", "/a b", "1.1")));
        check("GET /", Some(("GET", "/", "")));
        check("-", None);
        check("\\x16\\x03\\x01", None);
        check("hello", None);
    }
}
