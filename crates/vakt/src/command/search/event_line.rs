//! An event as a line of text.

use serde_json::Value as Json;

use super::paint::Paint;
use crate::command::people::text;
use crate::output::printable;

/// Time, host, program and message of an event, as a person reads a log.
pub(in crate::command) fn one_line(hit: &Json) -> String {
    painted(hit, &Paint::plain())
}

pub(super) fn painted(hit: &Json, paint: &Paint) -> String {
    if let Some(kind) = hit["vakt.record"].as_str() {
        return record_line(hit, kind, paint);
    }
    let program = first(
        hit,
        &["log.syslog.appname", "process.name", "event.provider"],
    );
    let host = first(hit, &["host.name", "vakt.peer"]);
    let message = first(hit, &["message", "event.original"]).unwrap_or_default();
    let mut parts = vec![paint.time(&printable(text(hit, "@timestamp")))];
    parts.extend(host.map(|host| paint.host(&printable(&host))));
    parts.extend(program.map(|program| paint.program(&printable(&format!("{program}:")))));
    parts.push(paint.message(&printable(&message)));
    parts.join(" ")
}

/// Time, kind, state (of a note what it is about) and message of an incident, an alert or a note.
fn record_line(hit: &Json, kind: &str, paint: &Paint) -> String {
    let state = first(hit, &["fact", "state"]).unwrap_or_default();
    let message = first(hit, &["message"]).unwrap_or_default();
    [
        paint.time(&printable(text(hit, "@timestamp"))),
        paint.host(&printable(kind)),
        paint.program(&printable(&state)),
        paint.message(&printable(&message)),
    ]
    .join(" ")
}

fn first(hit: &Json, names: &[&str]) -> Option<String> {
    names
        .iter()
        .find_map(|name| hit.get(*name).and_then(Json::as_str))
        .map(str::to_owned)
}
