//! The common and combined log formats (Apache `mod_log_config`, nginx `log_format combined`),
//! with a virtual host or a list of forwarded addresses before them, and anything after them.
//!
//! ```text
//! [vhost[:port] ][forwarded, ]address ident user [10/Oct/2000:13:55:36 -0700] "request" status bytes["referrer" "agent"]…
//! ```

use vakt_event::{Event, Timestamp, ecs};

use super::super::fields::{Class, FAILURE, SUCCESS, is_digits, number, source, text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    virtual_host: &'a str,
    address: &'a str,
    user: &'a str,
    time: Option<Timestamp>,
    line: &'a str,
    status: &'a str,
    bytes: &'a str,
    referrer: &'a str,
    agent: &'a str,
}

/// `None` where the line has not the shape, which is strict: time in brackets, quoted request,
/// three-digit status.
pub(super) fn parse(text: &str) -> Option<Request<'_>> {
    let (before, rest) = text.split_once(" [")?;
    let (time, rest) = rest.split_once("] ")?;
    let time = claimed_time(time)?;
    let (line, rest) = quoted(rest)?;
    let mut words = rest.trim_start().splitn(3, ' ');
    let status = words
        .next()
        .filter(|word| word.len() == 3 && is_digits(word))?;
    let bytes = words.next()?;
    if bytes != "-" && !is_digits(bytes) {
        return None;
    }
    let (referrer, agent) = words
        .next()
        .and_then(|rest| {
            let (referrer, rest) = quoted(rest)?;
            let (agent, _) = quoted(rest.trim_start())?;
            Some((referrer, agent))
        })
        .unwrap_or(("", ""));
    let (virtual_host, address, user) = client(before)?;
    Some(Request {
        virtual_host,
        address,
        user: dash_is_none(user),
        time: Some(time),
        line,
        status,
        bytes: dash_is_none(bytes),
        referrer: dash_is_none(referrer),
        agent: dash_is_none(agent),
    })
}

impl<'a> Request<'a> {
    pub(super) fn add(&self, event: &mut Event<'a>) {
        Class {
            categories: &["web"],
            types: &["access"],
            action: "http_request",
            outcome: if self.status < "400" {
                SUCCESS
            } else {
                FAILURE
            },
        }
        .add(event);
        if event.time.claimed.is_none() {
            event.time.claimed = self.time;
        }
        source(event, self.address);
        text(event, ecs::USER_NAME, self.user);
        super::add_request(event, self.line);
        if !self.virtual_host.is_empty() {
            super::add_host(event, self.virtual_host);
        }
        number(event, ecs::HTTP_RESPONSE_STATUS_CODE, self.status);
        number(event, ecs::HTTP_RESPONSE_BODY_BYTES, self.bytes);
        text(event, ecs::HTTP_REQUEST_REFERRER, self.referrer);
        text(event, ecs::USER_AGENT_ORIGINAL, self.agent);
    }
}

fn dash_is_none(text: &str) -> &str {
    if text == "-" { "" } else { text }
}

/// The text in double quotes at the start, in which a backslash takes the next character along,
/// and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let (value, rest) = inner.split_at_checked(end)?;
    Some((value, rest.strip_prefix('"')?))
}

/// Virtual host, client's address and user of what stands before the time.
fn client(before: &str) -> Option<(&str, &str, &str)> {
    // The client is followed by its identity (RFC 1413), `-` nearly everywhere: it parts the
    // addresses from the user, whose name may hold blanks.
    let (addresses, user) = match before.split_once(" - ") {
        Some(split) => split,
        None => {
            let (rest, user) = before.rsplit_once(' ')?;
            (rest.rsplit_once(' ')?.0, user)
        }
    };
    // `"192.0.2.1, 198.51.100.2" 10.0.0.1`: the first forwarded address is the client.
    let mut words = addresses
        .split([' ', ',', '"'])
        .filter(|word| !word.is_empty() && *word != "-");
    let first = words.next()?;
    let second = words.next();
    let (virtual_host, address) = match second {
        // A list of addresses starts with one that a comma or a quote follows.
        Some(second) if !is_list_start(addresses, first) => (first, second),
        _ => ("", first),
    };
    Some((virtual_host, address, user.trim()))
}

fn is_list_start(addresses: &str, first: &str) -> bool {
    addresses.starts_with('"')
        || addresses
            .strip_prefix(first)
            .is_some_and(|rest| rest.starts_with(','))
}

/// `10/Oct/2000:13:55:36 -0700`
fn claimed_time(text: &str) -> Option<Timestamp> {
    // Many lines have other words in brackets; jiff allocates to say what is wrong with one.
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    // Almost all servers write English month names; jiff reads no others.
    let time = jiff::fmt::strtime::parse("%d/%b/%Y:%H:%M:%S %z", text).ok()?;
    Some(Timestamp::from(time.to_timestamp().ok()?))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use vakt_event::Value;

    use super::*;

    #[test]
    fn the_client_is_found_behind_hosts_and_lists() {
        let check = |before, expected| assert_eq!(client(before), Some(expected), "{before}");
        check("192.0.2.1 - -", ("", "192.0.2.1", "-"));
        check("192.0.2.1 - john doe", ("", "192.0.2.1", "john doe"));
        check("192.0.2.1 id7 alice", ("", "192.0.2.1", "alice"));
        check(
            "a.example:443 192.0.2.1 - -",
            ("a.example:443", "192.0.2.1", "-"),
        );
        check("192.0.2.1, 10.0.0.1 - -", ("", "192.0.2.1", "-"));
        check(
            "a.example 192.0.2.1, 10.0.0.1 - -",
            ("a.example", "192.0.2.1", "-"),
        );
        check(
            "\"192.0.2.1, 10.0.0.1\" 10.0.0.9 - -",
            ("", "192.0.2.1", "-"),
        );
    }

    #[test]
    fn quotes_may_be_escaped() {
        let check = |text, expected| assert_eq!(quoted(text), expected, "{text}");
        check(r#""a \" b" c"#, Some((r#"a \" b"#, " c")));
        check(r#""a\\" c"#, Some((r"a\\", " c")));
        check(r#""a"#, None);
    }

    #[test]
    fn a_request_borrows_from_its_line() {
        let line = r#"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=c HTTP/1.1" 200 12"#;
        let mut event = Event::default();
        parse(line).unwrap().add(&mut event);
        for field in &event.fields {
            let borrowed = match &field.value {
                Value::Str(text) | Value::Number(text) => matches!(text, Cow::Borrowed(_)),
                _ => true,
            };
            assert!(borrowed, "{field:?}");
        }
        assert_eq!(
            event.time.claimed.unwrap().to_string(),
            "2000-10-10T20:55:36Z"
        );
    }
}
