//! JSON objects: [`scanner`] makes fields of them; here stands what those fields mean together.

mod envelope;
mod scanner;
mod strings;

use std::borrow::Cow;

use vakt_event::alias::{canonical, without_envelope};
use vakt_event::{Event, Field, Origin, Timestamp, Value, ecs};

use crate::decode::DecodeContext;
use crate::journal;
use crate::syslog::{self, Decoded};
use crate::telling::Telling;
use crate::texts::Texts;
use crate::time;
use scanner::{Arrays, Notes};

pub(crate) use strings::Mark;

/// Where collectors put the syslog tag of a message that they forward as JSON: rsyslog, Fluent
/// Bit, Vector, syslog-ng.
const PROGRAM_FIELDS: &[&str] = &["programname", "ident", "appname", "program", "PROGRAM"];

/// Names of a text for people, in the order in which they are looked for.
const MESSAGE_FIELDS: &[&str] = &["message", "MESSAGE", "msg", "log"];

/// The name that shows an entry of journald, as `journalctl -o json` writes it.
const CURSOR: &str = "__CURSOR";

/// Where some dumps of Windows events put the name of the value that follows.
const DATA_NAME: &str = "Data_Name";

/// Adds the fields of the object that `text` is; a text that is none becomes the message, marked.
pub(crate) fn decode<'a>(
    event: &mut Event<'a>,
    text: &'a str,
    cx: &DecodeContext<'_>,
    texts: &mut Texts,
) -> Decoded<'a> {
    let mut flattened = scanner::flatten(text, Arrays::Repeated, &mut event.fields, texts);
    if flattened.is_ok_and(|notes| notes.numbers_in_array) && event.has(CURSOR) {
        event.fields = texts.take_all(std::mem::take(&mut event.fields));
        flattened = scanner::flatten(text, Arrays::Bytes, &mut event.fields, texts);
    }
    match flattened {
        Ok(notes) => {
            note(event, notes);
            event.structured = event.problems.is_empty();
            event.verbatim = notes.verbatim();
            amend(&mut event.fields, 0, notes, texts);
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
    let mut telling = Telling::default();
    telling.note(&event.fields);
    if telling.of(&event.fields).any(|field| field.name == CURSOR) {
        return journal::add_meaning(event, texts);
    }
    let claimed = claimed_time(&telling.of(&event.fields), cx);
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
    let message = program_message(event, &telling, texts);
    Decoded {
        message,
        time_text,
        structured: true,
        telling,
    }
}

/// What the order and the names of the fields leave to be done.
fn amend(fields: &mut Vec<Field<'_>>, from: usize, notes: Notes, texts: &mut Texts) {
    if notes.data_name {
        pair_event_data(fields, from, texts);
    }
    if notes.blank_name {
        name_without_blanks(fields, from, texts);
    }
}

/// Some providers (Windows Defender) name their data with blanks; rules write such names without
/// (Sigma rules specification, "Fields": blanks are removed).
fn name_without_blanks(fields: &mut Vec<Field<'_>>, from: usize, texts: &mut Texts) {
    for place in from..fields.len() {
        let Some(field) = fields.get(place).filter(|field| field.name.contains(' ')) else {
            continue;
        };
        let mut name = texts.empty();
        name.extend(field.name.split(' '));
        let field = Field {
            name: Cow::Owned(name),
            value: field.value.clone(),
            origin: Origin::Added,
        };
        fields.push(field);
    }
}

/// Adds the fields of an object inside a syslog message. Answers its text for people, if it has
/// one; what is wrong with it when it is no object.
pub(crate) fn add_inner<'a>(
    event: &mut Event<'a>,
    text: &'a str,
    cx: &DecodeContext<'_>,
    texts: &mut Texts,
) -> Result<Option<Cow<'a, str>>, String> {
    let before = event.fields.len();
    let flattened = scanner::flatten(text, Arrays::Repeated, &mut event.fields, texts);
    let notes = flattened.map_err(|fault| {
        format!(
            "the message looks like JSON: {} at byte {}",
            fault.why, fault.at
        )
    })?;
    note(event, notes);
    amend(&mut event.fields, before, notes, texts);
    let inner = event.fields.get(before..).unwrap_or_default();
    if event.time.claimed.is_none() {
        event.time.claimed = claimed_time(&inner.iter(), cx).map(|(time, _)| time);
    }
    Ok(message_of(&inner.iter(), texts))
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
    if notes.names_too_long {
        event.problem(format!(
            "fields whose joined names take more than {} bytes in all are kept in event.original only",
            scanner::NAME_BYTES_MAX
        ));
    }
    if notes.broken_escape {
        event.problem("half a surrogate pair in a \\u escape is shown as U+FFFD");
    }
}

/// Some dumps of Windows events list `{"#attributes": {"Name": N}, "#text": V}` under `Data`:
/// the field is N with the value V.
fn pair_event_data(fields: &mut Vec<Field<'_>>, from: usize, texts: &mut Texts) {
    let mut kept = from;
    for place in from..fields.len() {
        if let Some([name, value]) = fields.get_mut(place..place + 2)
            && name.name == DATA_NAME
            && value.name == "Data"
            && let Some(name) = name.value.to_str()
        {
            texts.take(std::mem::replace(&mut value.name, name));
        } else {
            fields.swap(kept, place);
            kept += 1;
        }
    }
    fields.truncate(kept);
}

/// The time of the most trusted field that can be read, and its text.
fn claimed_time<'e, 'a: 'e>(
    fields: &(impl Iterator<Item = &'e Field<'a>> + Clone),
    cx: &DecodeContext<'_>,
) -> Option<(Timestamp, Cow<'a, str>)> {
    let rank = |field: &Field<'_>| time_rank(without_envelope(&field.name));
    let mut tried = None;
    loop {
        // Nearly always the first of the best can be read.
        let ranked = fields
            .clone()
            .filter_map(|field| Some((rank(field)?, field)));
        let left = ranked.filter(|(rank, _)| tried.is_none_or(|tried| *rank > tried));
        let (best, first) = left.min_by_key(|(rank, _)| *rank)?;
        // Sysmon's time has no offset and is UTC.
        let utc = &jiff::tz::TimeZone::UTC;
        let zone = if best == UTC_TIME_RANK { utc } else { cx.zone };
        let read = |field: &'e Field<'a>| {
            let time = time::read(field.value.text(), zone, cx.received.or(cx.reference))?;
            let text = match &field.value {
                Value::Number(text) => text.clone(),
                value => value.to_str().unwrap_or_default(),
            };
            Some((time, text))
        };
        if let Some(read) = read(first) {
            return Some(read);
        }
        let mut others = fields.clone().filter(|field| rank(field) == Some(best));
        if let Some(read) = others.find_map(read) {
            return Some(read);
        }
        tried = Some(best);
    }
}

/// Where the time of an event stands, most trusted first (below 32). ECS, then what loggers write,
/// then Windows (the record's own time before Sysmon's), then cloud audit logs.
fn time_rank(name: &str) -> Option<u32> {
    Some(match name {
        "@timestamp" => 0,
        "TimeCreated_SystemTime" => 1,
        "TimeCreated" => 2,
        "winlog.time_created" => 3,
        "eventTime" => 4,
        "timestamp" => 5,
        "Timestamp" => 6,
        "time" => 7,
        "ts" => 8,
        "datetime" => 9,
        "UtcTime" => UTC_TIME_RANK,
        "SystemTime" => 11,
        "EventTime" => 12,
        "event.created" => 13,
        "date" => 14,
        _ => return None,
    })
}

const UTC_TIME_RANK: u32 = 10;

fn message_of<'e, 'a: 'e>(
    fields: &(impl Iterator<Item = &'e Field<'a>> + Clone),
    texts: &mut Texts,
) -> Option<Cow<'a, str>> {
    MESSAGE_FIELDS.iter().find_map(|wanted| {
        let mut named = fields.clone().filter(|field| field.name == *wanted);
        named.find_map(|field| texts.read(&field.value))
    })
}

/// The message of an event that says which program wrote it, for that program's decoder.
fn program_message<'a>(
    event: &mut Event<'a>,
    telling: &Telling,
    texts: &mut Texts,
) -> Option<Cow<'a, str>> {
    // What a Windows provider says of its event is no program's line.
    let is_channel =
        |field: &Field<'_>| matches!(without_envelope(&field.name), "Channel" | "winlog.channel");
    if telling.of(&event.fields).any(is_channel) {
        return None;
    }
    let named = |field: &Field<'_>| {
        matches!(
            canonical(&field.name),
            ecs::LOG_SYSLOG_APPNAME | ecs::PROCESS_NAME
        )
    };
    if !telling.of(&event.fields).any(named) {
        let program = telling
            .of(&event.fields)
            .filter(|field| PROGRAM_FIELDS.contains(&&*field.name))
            .find_map(|field| field.value.to_str())?;
        event.added(ecs::LOG_SYSLOG_APPNAME, Value::Str(program));
    }
    message_of(&telling.of(&event.fields), texts)
}

#[cfg(test)]
mod tests;
