//! The header and structured data of RFC 5424, section 6.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};
use vakt_event::{Event, ecs};

use super::Header;
use crate::texts::Texts;
use crate::time;

/// SD-ELEMENTs and SD-PARAMs of one message that become fields; senders have a handful.
const PARAMETERS_MAX: usize = 1024;

/// Reads what follows PRI: `1 TIMESTAMP HOST APP PROCID MSGID SD MSG`. `None` where the text has
/// not this shape; a message that breaks off after its time stamp is still understood.
pub(super) fn parse<'a>(
    text: &'a str,
    event: &mut Event<'a>,
    texts: &mut Texts,
) -> Option<Header<'a>> {
    let (rest, _) = version(text).ok()?;
    let (rest, stamp_text) = token(rest).ok()?;
    let stamp = match stamp_text {
        "-" => None,
        _ => Some(
            time::iso(stamp_text)
                .filter(|(_, rest)| rest.is_empty())
                .map(|(stamp, _)| stamp)?,
        ),
    };
    event.added(ecs::LOG_SYSLOG_VERSION, "1");
    let mut header = Header {
        stamp,
        stamp_text: Some(stamp_text).filter(|text| *text != "-"),
        ..Header::default()
    };
    let mut rest = rest;
    let mut next = || {
        let (after, word) = token(rest).unwrap_or(("", rest));
        rest = after;
        Some(word).filter(|word| !matches!(*word, "-" | ""))
    };
    header.host = next();
    header.program = next();
    header.pid = next();
    header.message_id = next();
    let message = match structured_data(rest, event, texts) {
        Some(message) => message,
        None => {
            if !rest.is_empty() {
                event.problem("the structured data is not as RFC 5424 section 6.3 says");
            }
            rest
        }
    };
    header.message = without_space(message.strip_prefix('\u{feff}').unwrap_or(message));
    Some(header)
}

/// Relays that take in RFC 3164 and send RFC 5424, rsyslog with its template `RSYSLOG_SyslogProtocol23Format` among
/// them, keep the blank after the tag at the beginning of MSG. One blank alone is that; more are an indentation.
fn without_space(message: &str) -> &str {
    match message.strip_prefix(' ') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => message,
    }
}

fn version(text: &str) -> IResult<&str, &str> {
    tag("1 ").parse(text)
}

/// A word and the blank that ends it, or the last word.
fn token(text: &str) -> IResult<&str, &str> {
    terminated(take_till(|char| char == ' '), opt(char(' '))).parse(text)
}

/// Adds the parameters as fields; the message after them. `None`, and no field, where the text is
/// not structured data.
fn structured_data<'a>(text: &'a str, event: &mut Event<'a>, texts: &mut Texts) -> Option<&'a str> {
    if let Some(rest) = text.strip_prefix('-')
        && (rest.is_empty() || rest.starts_with(' '))
    {
        return Some(rest.strip_prefix(' ').unwrap_or(rest));
    }
    let before = event.fields.len();
    let mut rest = text;
    while rest.starts_with('[') {
        match element(rest, event, before, texts) {
            Ok((after, ())) => rest = after,
            Err(_) => {
                event.fields.truncate(before);
                return None;
            }
        }
    }
    if event.fields.len() - before >= PARAMETERS_MAX {
        event.problem("there are more structured data parameters than can be kept as fields");
    }
    if rest.len() == text.len() {
        return None;
    }
    match rest.strip_prefix(' ') {
        Some(message) => Some(message),
        None => Some(rest),
    }
}

/// `[ID NAME="VALUE" …]`.
fn element<'a>(
    text: &'a str,
    event: &mut Event<'a>,
    before: usize,
    texts: &mut Texts,
) -> IResult<&'a str, ()> {
    let (mut rest, id) = preceded(char('['), name).parse(text)?;
    let mut empty = true;
    loop {
        let end: IResult<&str, &str> = alt((tag("]"), tag(" ]"))).parse(rest);
        if let Ok((after, _)) = end {
            if empty {
                event.sent(
                    texts.concat(&[ecs::LOG_SYSLOG_STRUCTURED_DATA, ".", id]),
                    "",
                );
            }
            return Ok((after, ()));
        }
        let (after, (name, (value, escaped))) = (
            preceded(take_while1(|char| char == ' '), name),
            preceded((blanks, char('='), blanks, char('"')), quoted),
        )
            .parse(rest)?;
        rest = after;
        empty = false;
        if event.fields.len() - before < PARAMETERS_MAX {
            let value = match escaped {
                true => Cow::Owned(unescape(value, texts)),
                false => Cow::Borrowed(value),
            };
            event.sent(field_name(id, name, texts), vakt_event::Value::Str(value));
        }
    }
}

/// Blanks around `=` are not in the grammar, but in an example of RFC 5424 itself (section 6.5).
fn blanks(text: &str) -> IResult<&str, &str> {
    take_while(|char| char == ' ').parse(text)
}

/// SD-NAME: printable, without `=`, `]`, `"` and blank.
fn name(text: &str) -> IResult<&str, &str> {
    take_while1(|char: char| !matches!(char, '=' | ']' | '"' | ' ') && !char.is_control())
        .parse(text)
}

/// PARAM-VALUE up to and with its closing quote, and whether something is escaped in it. A backslash
/// escapes `"`, `\` and `]`; before anything else it stands for itself.
fn quoted(text: &str) -> IResult<&str, (&str, bool)> {
    let incomplete = || nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Char));
    let bytes = text.as_bytes();
    let mut escaped = false;
    let mut from = 0;
    let end = loop {
        let tail = bytes.get(from..).ok_or_else(incomplete)?;
        let at = from + memchr::memchr2(b'"', b'\\', tail).ok_or_else(incomplete)?;
        if bytes.get(at) == Some(&b'"') {
            break at;
        }
        escaped |= matches!(bytes.get(at + 1), Some(b'"' | b'\\' | b']'));
        from = at + 2;
    };
    let value = text.get(..end).ok_or_else(incomplete)?;
    let rest = text.get(end + 1..).ok_or_else(incomplete)?;
    Ok((rest, (value, escaped)))
}

fn unescape(value: &str, texts: &mut Texts) -> String {
    let mut text = texts.empty();
    let mut chars = value.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some(next @ ('"' | '\\' | ']'))) => {
                text.push(*next);
                chars.next();
            }
            _ => text.push(char),
        }
    }
    text
}

/// `log.syslog.structured_data.ID.NAME`; without an allocation for the elements that common
/// senders add to every message (RFC 5424, section 7).
fn field_name<'a>(id: &str, name: &str, texts: &mut Texts) -> Cow<'a, str> {
    Cow::Borrowed(match (id, name) {
        ("timeQuality", "tzKnown") => "log.syslog.structured_data.timeQuality.tzKnown",
        ("timeQuality", "isSynced") => "log.syslog.structured_data.timeQuality.isSynced",
        ("timeQuality", "syncAccuracy") => "log.syslog.structured_data.timeQuality.syncAccuracy",
        ("meta", "sequenceId") => "log.syslog.structured_data.meta.sequenceId",
        ("meta", "sysUpTime") => "log.syslog.structured_data.meta.sysUpTime",
        ("origin", "ip") => "log.syslog.structured_data.origin.ip",
        ("origin", "software") => "log.syslog.structured_data.origin.software",
        ("origin", "swVersion") => "log.syslog.structured_data.origin.swVersion",
        _ => {
            let parts = [ecs::LOG_SYSLOG_STRUCTURED_DATA, ".", id, ".", name];
            return Cow::Owned(texts.concat(&parts));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, program, pid, message id, message, then what the event got.
    fn shown(text: &str) -> Option<String> {
        let mut event = Event::default();
        let header = parse(text, &mut event, &mut Texts::default())?;
        let fields: Vec<_> = event
            .fields
            .iter()
            .skip(1)
            .map(|field| {
                let name = field.name.trim_start_matches("log.syslog.structured_data.");
                format!("{name}={}", field.value.text())
            })
            .collect();
        let word = |word: Option<&str>| word.unwrap_or("~").to_owned();
        Some(format!(
            "{} {} {} {} [{}] {}{}",
            word(header.host),
            word(header.program),
            word(header.pid),
            word(header.message_id),
            fields.join(" "),
            header.message,
            event
                .problems
                .iter()
                .map(|problem| format!(" !{problem}"))
                .collect::<String>(),
        ))
    }

    #[test]
    fn headers_and_structured_data() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        };
        check(
            "1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed",
            "mymachine.example.com su ~ ID47 [] 'su root' failed",
        );
        check(
            r#"1 2003-10-11T22:14:15.003Z h app - ID47 [ex@32473 iut="3" src="A \"b\" \] \n"][p@1 class="high"] An event"#,
            r#"h app ~ ID47 [ex@32473.iut=3 ex@32473.src=A "b" ] \n p@1.class=high] An event"#,
        );
        check("1 - - - - - -", "~ ~ ~ ~ [] ");
        // The blank after the tag of RFC 3164, which a relay kept in MSG; an indentation stays.
        check("1 - h app 1 - -  text begins", "h app 1 ~ [] text begins");
        check("1 - h app 1 - - \u{feff} text", "h app 1 ~ [] text");
        check("1 - h app 1 - [a b=\"c\"]  text", "h app 1 ~ [a.b=c] text");
        check("1 - h app 1 - -    at main()", "h app 1 ~ []    at main()");
        check("1 - h app 1 - -  ", "h app 1 ~ [] ");
        check("1 - - - - - - ", "~ ~ ~ ~ [] ");
        check("1 - - - - - [only] text", "~ ~ ~ ~ [only=] text");
        check("1 - - - - - [a b=\"\"]text", "~ ~ ~ ~ [a.b=] text");
        check("1 2003-10-11T22:14:15Z host app", "host app ~ ~ [] ");
        check(
            "1 - host app 1 - [a b= \"c\"] text",
            "host app 1 ~ [a.b=c] text",
        );
        check(
            "1 - host app 1 - [a b=c] text",
            "host app 1 ~ [] [a b=c] text !the structured data is not as RFC 5424 section 6.3 says",
        );
        check(
            "1 - host app 1 - [a b=\"c",
            "host app 1 ~ [] [a b=\"c !the structured data is not as RFC 5424 section 6.3 says",
        );
        for other in ["1", "2 - - - - - -", "1 hello world", "1 2003-10-11 x"] {
            assert_eq!(shown(other), None, "{other}");
        }
    }
}
