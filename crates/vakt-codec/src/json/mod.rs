//! JSON objects: [`scanner`] makes fields of them; here stands what those fields mean together.

mod envelope;
mod scanner;

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use vakt_event::alias::{canonical, without_envelope};
use vakt_event::{Event, Field, Timestamp, Value, ecs};

use crate::decode::DecodeContext;
use crate::journal;
use crate::syslog::{self, Decoded};
use crate::time;
use scanner::{Arrays, Notes};

/// Where the time of an event stands, most trusted first. ECS, then what loggers write, then
/// Windows (the record's own time before Sysmon's `UtcTime`), then cloud audit logs.
const TIME_FIELDS: &[&str] = &[
    "@timestamp",
    "TimeCreated_SystemTime",
    "TimeCreated",
    "winlog.time_created",
    "eventTime",
    "timestamp",
    "Timestamp",
    "time",
    "ts",
    "datetime",
    "UtcTime",
    "SystemTime",
    "EventTime",
    "event.created",
    "date",
];

/// Where collectors put the syslog tag of a message that they forward as JSON: rsyslog, Fluent
/// Bit, Vector, syslog-ng.
const PROGRAM_FIELDS: &[&str] = &["programname", "ident", "appname", "program", "PROGRAM"];

/// Names of a text for people, in the order in which they are looked for.
const MESSAGE_FIELDS: &[&str] = &["message", "MESSAGE", "msg", "log"];

/// Most events have fewer: one allocation is enough for them.
const FIELDS_EXPECTED: usize = 40;

static CURSOR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"__CURSOR\""));

/// Adds the fields of the object that `text` is; a text that is none becomes the message, marked.
pub(crate) fn decode<'a>(
    event: &mut Event<'a>,
    text: &'a str,
    cx: &DecodeContext<'_>,
) -> Decoded<'a> {
    let (arrays, is_journal) = if CURSOR.find(text.as_bytes()).is_some() {
        (Arrays::Bytes, true)
    } else {
        (Arrays::Repeated, false)
    };
    event.fields.reserve(FIELDS_EXPECTED);
    match scanner::flatten(text, arrays, &mut event.fields) {
        Ok(notes) => {
            note(event, notes);
            event.structured = event.problems.is_empty();
        }
        Err(fault) => {
            event.problem(format!(
                "not a JSON object: {} at byte {}",
                fault.why, fault.at
            ));
            return Decoded {
                structured: true,
                ..syslog::plain(event, text)
            };
        }
    }
    pair_event_data(&mut event.fields, 0);
    if is_journal && event.has("__CURSOR") {
        return journal::add_meaning(event);
    }
    let claimed = claimed_time(&event.fields, cx);
    let time_text = claimed.as_ref().map(|(_, text)| text.clone());
    event.time.claimed = claimed.map(|(time, _)| time);
    if event.time.claimed.is_none()
        && let Some(unread) = event
            .fields
            .iter()
            .find(|field| field.name == ecs::TIMESTAMP)
    {
        let problem = format!(
            "the time {:?} in @timestamp is not understood",
            unread.value.text()
        );
        event.problem(problem);
    }
    let message = program_message(event);
    Decoded {
        message,
        time_text,
        structured: true,
    }
}

/// Adds the fields of an object inside a syslog message. Answers its text for people, if it has
/// one; what is wrong with it when it is no object.
pub(crate) fn add_inner<'a>(
    event: &mut Event<'a>,
    text: &'a str,
    cx: &DecodeContext<'_>,
) -> Result<Option<Cow<'a, str>>, String> {
    let before = event.fields.len();
    let notes = scanner::flatten(text, Arrays::Repeated, &mut event.fields).map_err(|fault| {
        format!(
            "the message looks like JSON: {} at byte {}",
            fault.why, fault.at
        )
    })?;
    note(event, notes);
    pair_event_data(&mut event.fields, before);
    let inner = event.fields.get(before..).unwrap_or_default();
    if event.time.claimed.is_none() {
        event.time.claimed = claimed_time(inner, cx).map(|(time, _)| time);
    }
    Ok(message_of(inner))
}

fn note(event: &mut Event<'_>, notes: Notes) {
    if notes.too_deep {
        event.problem(format!(
            "values nested deeper than {} are kept in event.original only",
            scanner::DEPTH_MAX
        ));
    }
    if notes.too_many {
        event.problem(format!(
            "fields after the first {} are kept in event.original only",
            scanner::FIELDS_MAX
        ));
    }
    if notes.broken_escape {
        event.problem("half a surrogate pair in a \\u escape is shown as U+FFFD");
    }
}

/// Some dumps of Windows events list `{"#attributes": {"Name": N}, "#text": V}` under `Data`:
/// the field is N with the value V.
fn pair_event_data(fields: &mut Vec<Field<'_>>, from: usize) {
    if !fields
        .iter()
        .skip(from)
        .any(|field| field.name == "Data_Name")
    {
        return;
    }
    let mut rest = fields.split_off(from).into_iter().peekable();
    while let Some(field) = rest.next() {
        match (&field.value, rest.peek_mut()) {
            (Value::Str(name), Some(value))
                if field.name == "Data_Name" && value.name == "Data" =>
            {
                value.name = name.clone();
            }
            _ => fields.push(field),
        }
    }
}

/// The first of [`TIME_FIELDS`] that can be read, and its text.
fn claimed_time<'a>(
    fields: &[Field<'a>],
    cx: &DecodeContext<'_>,
) -> Option<(Timestamp, Cow<'a, str>)> {
    let mut best: Option<(usize, Timestamp, &Value<'a>)> = None;
    for field in fields {
        let name = without_envelope(&field.name);
        let limit = best.map_or(TIME_FIELDS.len(), |(rank, ..)| rank);
        let candidates = TIME_FIELDS.get(..limit).unwrap_or_default();
        let Some(rank) = candidates.iter().position(|known| *known == name) else {
            continue;
        };
        // Sysmon's time has no offset and is UTC.
        let utc = &jiff::tz::TimeZone::UTC;
        let zone = if name == "UtcTime" { utc } else { cx.zone };
        if let Some(time) = time::read(field.value.text(), zone, cx.received.or(cx.reference)) {
            best = Some((rank, time, &field.value));
        }
    }
    let (_, time, value) = best?;
    let text = match value {
        Value::Str(text) | Value::Number(text) => text.clone(),
        Value::Null | Value::Bool(_) => Cow::Borrowed(""),
    };
    Some((time, text))
}

fn message_of<'a>(fields: &[Field<'a>]) -> Option<Cow<'a, str>> {
    MESSAGE_FIELDS.iter().find_map(|wanted| {
        fields.iter().find_map(|field| match &field.value {
            Value::Str(text) if field.name == *wanted => Some(text.clone()),
            _ => None,
        })
    })
}

/// The message of an event that says which program wrote it, for that program's decoder.
fn program_message<'a>(event: &mut Event<'a>) -> Option<Cow<'a, str>> {
    let message = message_of(&event.fields)?;
    let named = |field: &Field<'_>| {
        matches!(
            canonical(&field.name),
            ecs::LOG_SYSLOG_APPNAME | ecs::PROCESS_NAME
        )
    };
    if !event.fields.iter().any(named) {
        let program = event.fields.iter().find_map(|field| match &field.value {
            Value::Str(text) if PROGRAM_FIELDS.contains(&&*field.name) => Some(text.clone()),
            _ => None,
        })?;
        event.added(ecs::LOG_SYSLOG_APPNAME, Value::Str(program));
    }
    Some(message)
}

#[cfg(test)]
mod tests;
