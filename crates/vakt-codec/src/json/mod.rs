//! JSON objects: [`scanner`] makes fields of them; here stands what those fields mean together.

mod envelope;
mod plain;
mod scanner;
mod strings;

use std::borrow::Cow;

use vakt_event::{Event, Field, Origin, Timestamp, Value, ecs};

use crate::decode::DecodeContext;
use crate::journal;
use crate::syslog::{self, Decoded};
use crate::telling::{Roles, Tale, Telling, UTC_TIME_RANK};
use crate::texts::Texts;
use crate::time;
use scanner::{Arrays, Flat, Notes};

pub(crate) use scanner::NameNotes;
pub(crate) use strings::Mark;

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
    if flattened.is_ok_and(|flat| flat.notes.numbers_in_array) && event.has(CURSOR) {
        event.fields = texts.take_all(std::mem::take(&mut event.fields));
        flattened = scanner::flatten(text, Arrays::Bytes, &mut event.fields, texts);
    }
    let Flat { notes, names } = match flattened {
        Ok(flat) => flat,
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
    };
    note(event, notes);
    event.structured = event.problems.is_empty();
    event.verbatim = notes.verbatim();
    let telling = match names.filter(|_| !notes.amends()) {
        Some(names) => {
            let (layout, telling) = texts.layouts.known(names, &event.fields);
            event.layout = Some(layout);
            telling
        }
        None => {
            amend(&mut event.fields, 0, notes, texts);
            let mut telling = Telling::default();
            telling.note(&event.fields);
            telling
        }
    };
    if telling.with(&event.fields, Roles::CURSOR).next().is_some() {
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
    if notes.names.data_name {
        pair_event_data(fields, from, texts);
    }
    if notes.names.blank_name {
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
    let Flat { notes, .. } = flattened.map_err(|fault| {
        format!(
            "the message looks like JSON: {} at byte {}",
            fault.why, fault.at
        )
    })?;
    note(event, notes);
    amend(&mut event.fields, before, notes, texts);
    let inner = event.fields.get(before..).unwrap_or_default();
    let mut telling = Telling::default();
    telling.note(inner);
    if event.time.claimed.is_none() {
        event.time.claimed = claimed_time(&telling.of(inner), cx).map(|(time, _)| time);
    }
    Ok(message_of(&telling, inner, texts))
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
            "fields after the first {} ({} for those in objects, {} for those in arrays) are kept in event.original only",
            scanner::FIELDS_MAX,
            scanner::NESTED_FIELDS_MAX,
            scanner::REPEATED_FIELDS_MAX
        ));
    }
    if notes.too_many_members {
        event.problem(format!(
            "members of an array after the first {} are kept in event.original only",
            scanner::MEMBERS_MAX
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
    telling: &(impl Iterator<Item = (Tale, &'e Field<'a>)> + Clone),
    cx: &DecodeContext<'_>,
) -> Option<(Timestamp, Cow<'a, str>)> {
    let times = telling
        .clone()
        .filter_map(|(tale, field)| Some((tale.time?, field)));
    let mut tried = None;
    loop {
        let left = times
            .clone()
            .filter(|(rank, _)| tried.is_none_or(|tried| *rank > tried));
        let (best, _) = left.min_by_key(|(rank, _)| *rank)?;
        let utc = &jiff::tz::TimeZone::UTC;
        let zone = if best == UTC_TIME_RANK { utc } else { cx.zone };
        let read = |(_, field): (u8, &'e Field<'a>)| {
            let time = time::read(field.value.text(), zone, cx.received.or(cx.reference))?;
            let text = match &field.value {
                Value::Number(text) => text.clone(),
                value => value.to_str().unwrap_or_default(),
            };
            Some((time, text))
        };
        let mut of_best = times.clone().filter(|(rank, _)| *rank == best);
        if let Some(read) = of_best.find_map(read) {
            return Some(read);
        }
        tried = Some(best);
    }
}

fn message_of<'a>(
    telling: &Telling,
    fields: &[Field<'a>],
    texts: &mut Texts,
) -> Option<Cow<'a, str>> {
    Roles::MESSAGES.into_iter().find_map(|wanted| {
        let mut named = telling.with(fields, wanted);
        named.find_map(|field| texts.read(&field.value))
    })
}

/// The message of an event that says which program wrote it, for that program's decoder.
fn program_message<'a>(
    event: &mut Event<'a>,
    telling: &Telling,
    texts: &mut Texts,
) -> Option<Cow<'a, str>> {
    let is_there = |roles| telling.with(&event.fields, roles).next().is_some();
    // What a Windows provider says of its event is no program's line.
    if is_there(Roles::CHANNEL) {
        return None;
    }
    if !is_there(Roles::APPNAME.or(Roles::PROCESS_NAME)) {
        let program = telling
            .with(&event.fields, Roles::FORWARDED_PROGRAM)
            .find_map(|field| field.value.to_str())?;
        event.added(ecs::LOG_SYSLOG_APPNAME, Value::Str(program));
    }
    message_of(telling, &event.fields, texts)
}

#[cfg(test)]
mod tests;
