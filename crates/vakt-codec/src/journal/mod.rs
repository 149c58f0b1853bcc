//! journald's entries: the export format (`splitter`, `entry`) and the same fields as JSON.
//!
//! Sources: systemd's "Journal Export Formats" and systemd.journal-fields(7).

mod cursor;
mod entry;
mod splitter;

pub use splitter::{JournalEntry, JournalExportSplitter, PrematureEof};

use std::borrow::Cow;

use vakt_event::{Event, Timestamp, Value, ecs};

use crate::decode::{self, DecodeContext};
use crate::syslog::{Decoded, priority};
use crate::telling::Telling;
use crate::texts::Texts;
pub(crate) use entry::is_name as is_field_name;
use entry::{Item, Items};

/// Fields of one entry. journald itself allows 1024, so that no program crowds out the fields that journald
/// adds of it (`_PID`, `_EXE`), which come last.
const FIELDS_MAX: usize = 4096;

/// The sender's own clock, else the time at which journald took the entry in.
const TIME_FIELDS: [&str; 2] = ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"];

/// One entry in the export format to the event that was begun for it.
pub(crate) fn decode<'a>(
    mut event: Event<'a>,
    bytes: &'a [u8],
    cx: &DecodeContext<'_>,
    texts: &mut Texts,
) -> Event<'a> {
    let mut replaced = false;
    let mut garbage: Option<&[u8]> = None;
    for item in Items(bytes) {
        match item {
            Item::Field { name, value } if event.fields.len() < FIELDS_MAX => {
                let value = shown(value);
                replaced |= matches!(value, Cow::Owned(_));
                event.sent(name, Value::Str(value));
            }
            Item::Field { .. } => {
                event.problem(format!(
                    "fields after the first {FIELDS_MAX} are kept in event.original only"
                ));
                break;
            }
            Item::Garbage(bytes) => garbage = garbage.or(Some(bytes)),
        }
    }
    if let Some(bytes) = garbage {
        event.problem(format!(
            "not a field of the journal export format: {:?}",
            crop(&String::from_utf8_lossy(bytes))
        ));
    }
    event.structured = event.problems.is_empty();
    if replaced {
        event.problem("bytes that are no UTF-8 are shown as U+FFFD");
    }
    let decoded = add_meaning(&mut event, texts);
    decode::finish(event, decoded, cx, texts)
}

/// Bytes as text, U+FFFD for what is no UTF-8. The check of the whole is quicker than a search for
/// its valid parts, and nearly all values are valid.
pub(crate) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

/// The beginning of what a problem quotes.
fn crop(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Adds what journald's own fields mean: severity, facility, program, time.
pub(crate) fn add_meaning<'a>(event: &mut Event<'a>, texts: &mut Texts) -> Decoded<'a> {
    if let Some(code) = code(event, "SYSLOG_FACILITY") {
        priority::add_facility(event, code);
    }
    if let Some(code) = code(event, "PRIORITY") {
        priority::add_severity(event, code);
    }
    let time_text = TIME_FIELDS
        .iter()
        .find_map(|name| cow(event, name).filter(|text| time(text).is_some()));
    event.time.claimed = time_text.as_deref().and_then(time);
    if !event.has("_COMM")
        && let Some(identifier) = cow(event, "SYSLOG_IDENTIFIER")
    {
        event.added(ecs::PROCESS_NAME, Value::Str(identifier));
    }
    Decoded {
        message: (event.fields.iter())
            .filter(|field| field.name == "MESSAGE")
            .find_map(|field| texts.read(&field.value)),
        time_text,
        structured: true,
        telling: Telling::default(),
    }
}

fn cow<'a>(event: &Event<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut named = event.fields.iter().filter(|field| field.name == name);
    named.find_map(|field| field.value.to_str())
}

fn code(event: &Event<'_>, name: &str) -> Option<usize> {
    let field = event.fields.iter().find(|field| field.name == name)?;
    field.value.text().parse().ok()
}

/// Microseconds since the epoch.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::from_micros(text.parse().ok()?)
}

#[cfg(test)]
mod tests;
