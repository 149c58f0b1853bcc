//! PRI: facility and severity (RFC 5424, section 6.2.1).

use std::borrow::Cow;

use nom::bytes::complete::{tag, take_while_m_n};
use nom::sequence::delimited;
use nom::{IResult, Parser};
use vakt_event::{Event, Value, ecs};

const FACILITIES: [&str; 24] = [
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "security",
    "console",
    "solaris-cron",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
];

const SEVERITIES: [&str; 8] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "informational",
    "debug",
];

/// The codes as text, so that an event need not allocate them.
const CODES: [&str; 24] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23",
];

/// What stands between `<` and `>` at the beginning of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority<'a> {
    /// The digits, and their number: 0 to 191.
    Known(&'a str, u8),
    /// A number that means no facility.
    OutOfRange(&'a str),
    /// The frame does not begin with `<`, digits, `>`.
    Missing,
}

/// The priority and the text after it; the whole text where there is none that means something.
pub(super) fn parse(text: &str) -> (Priority<'_>, &str) {
    let parsed: IResult<&str, &str> = delimited(
        tag("<"),
        take_while_m_n(1, 10, |char: char| char.is_ascii_digit()),
        tag(">"),
    )
    .parse(text);
    match parsed {
        Ok((rest, digits)) => match digits.parse() {
            Ok(number @ 0..=191) if digits.len() <= 3 => (Priority::Known(digits, number), rest),
            _ => (Priority::OutOfRange(digits), text),
        },
        Err(_) => (Priority::Missing, text),
    }
}

pub(super) fn add<'a>(event: &mut Event<'a>, digits: &'a str, number: u8) {
    event.added(
        ecs::LOG_SYSLOG_PRIORITY,
        Value::Number(Cow::Borrowed(match digits.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        })),
    );
    add_facility(event, usize::from(number / 8));
    add_severity(event, usize::from(number % 8));
}

/// Adds facility code and name; nothing for a code above 23.
pub(crate) fn add_facility(event: &mut Event<'_>, code: usize) {
    if let (Some(digits), Some(name)) = (CODES.get(code), FACILITIES.get(code)) {
        event.added(
            ecs::LOG_SYSLOG_FACILITY_CODE,
            Value::Number(Cow::Borrowed(digits)),
        );
        event.added(ecs::LOG_SYSLOG_FACILITY_NAME, *name);
    }
}

/// Adds severity code and name; nothing for a code above 7.
pub(crate) fn add_severity(event: &mut Event<'_>, code: usize) {
    if let (Some(digits), Some(name)) = (CODES.get(code), SEVERITIES.get(code)) {
        event.added(
            ecs::LOG_SYSLOG_SEVERITY_CODE,
            Value::Number(Cow::Borrowed(digits)),
        );
        event.added(ecs::LOG_SYSLOG_SEVERITY_NAME, *name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities() {
        let check = |text, expected| assert_eq!(parse(text), expected);
        check("<34>x", (Priority::Known("34", 34), "x"));
        check("<0>", (Priority::Known("0", 0), ""));
        check("<191>x", (Priority::Known("191", 191), "x"));
        check("<192>x", (Priority::OutOfRange("192"), "<192>x"));
        check("<0034>x", (Priority::OutOfRange("0034"), "<0034>x"));
        check("<test/>", (Priority::Missing, "<test/>"));
        check("<34", (Priority::Missing, "<34"));
        check("", (Priority::Missing, ""));
    }
}
