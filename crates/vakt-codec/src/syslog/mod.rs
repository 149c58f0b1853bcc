//! Syslog messages: [`rfc5424`], and [`rfc3164`] with what senders make of it.

pub(crate) mod priority;
mod rfc3164;
mod rfc5424;

use std::borrow::Cow;

use vakt_event::{Event, Value, ecs};

use crate::decode::DecodeContext;
use crate::json;
use crate::telling::Telling;
use crate::texts::Texts;
use crate::time::{self, Stamp};
use priority::Priority;

/// What a header says, and the message after it.
#[derive(Debug, Default)]
struct Header<'a> {
    stamp: Option<Stamp>,
    stamp_text: Option<&'a str>,
    host: Option<&'a str>,
    program: Option<&'a str>,
    pid: Option<&'a str>,
    message_id: Option<&'a str>,
    message: &'a str,
}

/// What is left to do after the transport's fields stand.
pub(crate) struct Decoded<'a> {
    /// The text for the decoders of programs.
    pub(crate) message: Option<Cow<'a, str>>,
    /// The claimed time as the sender wrote it.
    pub(crate) time_text: Option<Cow<'a, str>>,
    /// There was a header or a structure; without, a line that no decoder knows is marked.
    pub(crate) structured: bool,
    /// The telling fields, as far as they were looked for.
    pub(crate) telling: Telling,
}

/// Whether `text`, which may be cut, begins as a syslog message does: with PRI, or with a time.
pub(crate) fn begins_as_syslog(text: &str) -> bool {
    !matches!(priority::parse(text).0, Priority::Missing)
        || time::bsd(text).or_else(|| time::iso(text)).is_some()
}

/// Adds what the header says. A text without a header is all message.
pub(crate) fn decode<'a>(
    event: &mut Event<'a>,
    text: &'a str,
    cx: &DecodeContext<'_>,
    texts: &mut Texts,
) -> Decoded<'a> {
    // Some devices put blanks before PRI.
    let trimmed = text.trim_start_matches(' ');
    let (priority, rest) = priority::parse(trimmed);
    let header = match priority {
        Priority::Known(digits, number) => {
            priority::add(event, digits, number);
            rfc5424::parse(rest, event, texts).unwrap_or_else(|| rfc3164::parse(rest))
        }
        Priority::OutOfRange(digits) => {
            event.problem(format!(
                "<{digits}> is no syslog priority, which is 0 to 191"
            ));
            return plain(event, text);
        }
        Priority::Missing => match rfc3164::parse_bare(trimmed) {
            Some(header) => header,
            None => return plain(event, text),
        },
    };
    // A line of another syslog daemon's file, sent on whole: the program in it is the one that
    // wrote the message, the one in our header only carried it.
    let relayed = rfc3164::parse_bare(header.message).filter(|inner| inner.program.is_some());
    add_header(event, &header, relayed.as_ref(), cx);
    let decoded = Decoded {
        message: None,
        time_text: header.stamp_text.map(Cow::Borrowed),
        structured: true,
        telling: Telling::default(),
    };
    if let Some(inner) = json_text(header.message) {
        match json::add_inner(event, inner, cx, texts) {
            Ok(message) => {
                // The text stays findable by its name; its values are fields of their own.
                if message.is_none() {
                    event.added(ecs::MESSAGE, header.message);
                }
                return Decoded { message, ..decoded };
            }
            Err(problem) => event.problem(problem),
        }
    }
    if !header.message.is_empty() {
        event.sent(ecs::MESSAGE, header.message);
    }
    let message = relayed.map_or(header.message, |inner| inner.message);
    Decoded {
        message: Some(message.into()),
        ..decoded
    }
}

/// A text of no known frame: all of it is the message.
pub(crate) fn plain<'a>(event: &mut Event<'a>, text: &'a str) -> Decoded<'a> {
    event.sent(ecs::MESSAGE, text);
    Decoded {
        message: Some(text.into()),
        time_text: None,
        structured: false,
        telling: Telling::default(),
    }
}

fn add_header<'a>(
    event: &mut Event<'a>,
    header: &Header<'a>,
    relayed: Option<&Header<'a>>,
    cx: &DecodeContext<'_>,
) {
    if let Some(stamp) = header.stamp {
        event.time.claimed = stamp.resolve(cx.zone, cx.received.or(cx.reference));
        if event.time.claimed.is_none() {
            let text = header.stamp_text.unwrap_or("");
            event.added(ecs::VAKT_TIME_CLAIMED, text);
            event.problem(match stamp.year {
                None if cx.received.or(cx.reference).is_none() => {
                    format!("the time {text:?} has no year, and nothing says which is near")
                }
                _ => format!("the time {text:?} does not exist"),
            });
        }
    }
    if let Some(host) = header.host {
        event.sent(ecs::HOST_NAME, host);
        event.added(ecs::LOG_SYSLOG_HOSTNAME, host);
    }
    if let Some(program) = relayed.and_then(|inner| inner.program) {
        event.added(ecs::LOG_SYSLOG_APPNAME, program);
    }
    if let Some(program) = header.program {
        event.sent(ecs::LOG_SYSLOG_APPNAME, program);
    }
    if let Some(pid) = header.pid {
        event.sent(ecs::LOG_SYSLOG_PROCID, pid);
    }
    let writer = relayed.unwrap_or(header);
    if let Some(program) = writer.program {
        event.added(ecs::PROCESS_NAME, process_name(program));
    }
    if let Some(pid) = writer.pid.filter(|pid| is_process_id(pid)) {
        event.added(ecs::PROCESS_PID, Value::Number(pid.into()));
    }
    if let Some(id) = header.message_id {
        event.sent(ecs::LOG_SYSLOG_MSGID, id);
    }
}

/// Whether a PROCID is a number in JSON's grammar, and one that a process can have.
fn is_process_id(text: &str) -> bool {
    (1..=10).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The program's own name in a tag: without the directory of `/usr/sbin/cron` and the module of
/// `sshd(pam_unix)`.
fn process_name(tag: &str) -> &str {
    let name = if tag.starts_with('/') {
        tag.rsplit('/').next().unwrap_or(tag)
    } else {
        tag
    };
    match name.split_once('(') {
        Some((before, _)) if !before.is_empty() => before,
        _ => name,
    }
}

/// The JSON object that a message is, or that follows the cookie of CEE (`@cee:`).
fn json_text(message: &str) -> Option<&str> {
    let text = message.trim();
    let text = text.strip_prefix("@cee:").map_or(text, str::trim_start);
    let inside = text.strip_prefix('{')?.trim_start();
    (inside.starts_with(['"', '}']) && text.ends_with('}')).then_some(text)
}

#[cfg(test)]
mod tests;
