//! The lines of a hunt's answer.

use serde::Serialize;
use serde_json::{Value as Json, json};
use vakt_event::{Event as Decoded, JournalPosition, Source, Timestamp};
use vakt_rules::ast::Metadata;

use crate::match_line::MatchLine;
use crate::pipeline::detector::Found;

/// The longest part of an event's text in a match, in bytes; the event itself is found by its id.
const LINE_BYTES_MAX: usize = 4 * 1024;

/// Ids of the events of a correlation in one match: what a person looks at. `event_count` counts all.
const EVENTS_MAX: usize = 100;

/// The event at hand when something was found.
pub(super) struct At<'a> {
    pub(super) position: JournalPosition,
    pub(super) event: &'a Decoded<'a>,
    pub(super) source: &'a Source,
}

/// The event that completed a match: the members that `scan` gives, with the stream as the source and
/// the journal position as the number, and more.
#[derive(Serialize)]
struct Event<'m> {
    source: Option<&'m str>,
    number: u64,
    time: Option<Timestamp>,
    /// `event.id`, by which a search finds it.
    id: String,
    host: Option<&'m str>,
    /// What was sent; `None` where it is not at hand (of records that were joined at the end).
    line: Option<&'m str>,
    /// Of a correlation or of joined records, those that took part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<String>,
    event_count: u64,
}

/// A match as a line of NDJSON.
pub(super) fn of_match(found: &Found, meta: &Metadata, at: Option<&At<'_>>) -> String {
    let number = found.completing.last().copied().unwrap_or_default();
    let here = at.filter(|at| at.position.0 == number);
    let many = found.events.len() > 1;
    let ids = found.events.iter().take(EVENTS_MAX).map(u64::to_string);
    let event = Event {
        source: at.map(|at| at.source.stream.as_str()),
        number,
        time: found.time.effective(),
        id: number.to_string(),
        host: found.host.as_deref(),
        line: here.map(|at| beginning(&at.event.original)),
        events: if many { ids.collect() } else { Vec::new() },
        event_count: found.event_count,
    };
    as_line(&json!(MatchLine::of(event, found, meta)))
}

/// How far a hunt is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) read: u64,
    pub(super) passed: u64,
    pub(super) matches: u64,
}

/// `covered` and `of` count positions of the journal.
pub(super) fn of_progress(
    counts: Counts,
    covered: u64,
    of: u64,
    position: u64,
    time: Option<Timestamp>,
) -> String {
    as_line(&json!({"vakt.progress": {
        "covered": covered,
        "of": of,
        "read": counts.read,
        "passed_over": counts.passed,
        "matches": counts.matches,
        "position": position,
        "time": time,
    }}))
}

/// What the last line says.
pub(super) struct End<'e> {
    pub(super) rules: usize,
    pub(super) counts: Counts,
    pub(super) seconds: f64,
    /// What ended it early.
    pub(super) cut_by: Option<&'static str>,
    /// What a person should know besides, in sentences.
    pub(super) notes: &'e [String],
    pub(super) error: Option<&'e str>,
}

pub(super) fn of_end(end: &End<'_>) -> String {
    let mut shown = json!({
        "rules": end.rules,
        "events": end.counts.read + end.counts.passed,
        "read": end.counts.read,
        "passed_over": end.counts.passed,
        "matches": end.counts.matches,
        "seconds": (end.seconds * 1000.0).round() / 1000.0,
        "is_cut": end.cut_by.is_some(),
        "cut_by": end.cut_by,
        "notes": end.notes,
    });
    if let Some(error) = end.error {
        shown["error"] = json!({"code": "internal", "message": error});
    }
    as_line(&json!({"vakt.end": shown}))
}

fn as_line(value: &Json) -> String {
    let mut line = value.to_string();
    line.push('\n');
    line
}

fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LINE_BYTES_MAX))
        .unwrap_or(text)
}
