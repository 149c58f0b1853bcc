//! The labels of Loki, and the fields of Vakt that they stand for.
//!
//! A label's name has no dots: `host_name` is `host.name`. Here is the table of those that every event may
//! have; which fields other names stand for, `fields.rs` says.

use serde_json::{Map, Value};

/// One label.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) name: &'static str,
    /// The value is that of the first field that the event has.
    pub(crate) fields: &'static [&'static str],
    /// Whether events that differ in it are different streams of an answer. Grafana asks for the
    /// neighbours of a line by all of these: they say where a line is from, not what it tells.
    pub(crate) is_of_stream: bool,
}

const fn of_stream(name: &'static str, fields: &'static [&'static str]) -> Label {
    Label {
        name,
        fields,
        is_of_stream: true,
    }
}

const fn beside(name: &'static str, fields: &'static [&'static str]) -> Label {
    Label {
        name,
        fields,
        is_of_stream: false,
    }
}

const LEVEL: &[&str] = &["log.level", "level", "log.syslog.severity.name"];

/// Loki's own name for what it takes as the level; Grafana asks for it beside `level`.
pub(crate) const DETECTED_LEVEL: &str = "detected_level";

/// The labels that are offered, in the order in which they are.
pub(crate) static LABELS: &[Label] = &[
    of_stream(
        "service_name",
        &["service.name", "log.syslog.appname", "event.provider"],
    ),
    of_stream("host_name", &["host.name"]),
    of_stream("vakt_stream", &["vakt.stream"]),
    beside("level", LEVEL),
    beside(DETECTED_LEVEL, LEVEL),
    beside("event_dataset", &["event.dataset"]),
    beside("source_ip", &["source.ip"]),
    beside("source_port", &["source.port"]),
    beside("destination_ip", &["destination.ip"]),
    beside("destination_port", &["destination.port"]),
    beside("user_name", &["user.name"]),
    beside("event_action", &["event.action"]),
    beside("event_category", &["event.category"]),
    beside("event_code", &["event.code"]),
    beside("event_outcome", &["event.outcome"]),
    beside("event_provider", &["event.provider"]),
    beside("process_name", &["process.name"]),
    beside("process_pid", &["process.pid"]),
    beside("process_executable", &["process.executable"]),
    beside("process_command_line", &["process.command_line"]),
    beside("file_path", &["file.path"]),
    beside("url_path", &["url.path"]),
    beside("url_original", &["url.original"]),
    beside("http_request_method", &["http.request.method"]),
    beside("http_response_status_code", &["http.response.status_code"]),
    beside("systemd_unit", &["systemd.unit"]),
    beside("syslog_facility", &["log.syslog.facility.name"]),
    beside("vakt_peer", &["vakt.peer"]),
    beside("vakt_transport", &["vakt.transport"]),
];

/// The label of the table with this name.
pub(crate) fn known(name: &str) -> Option<&'static Label> {
    LABELS.iter().find(|label| label.name == name)
}

/// The value of a label in a hit, as text, if it has one.
pub(crate) fn value_of<F: AsRef<str>>(hit: &Map<String, Value>, fields: &[F]) -> Option<String> {
    first_of(hit, fields).and_then(text_of)
}

/// The value of the first of the fields that a hit has.
pub(crate) fn first_of<'h, F: AsRef<str>>(
    hit: &'h Map<String, Value>,
    fields: &[F],
) -> Option<&'h Value> {
    fields
        .iter()
        .filter_map(|field| hit.get(field.as_ref()))
        .find(|value| !value.is_null())
}

/// A value as text; of several the first.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Array(values) => values.first().and_then(text_of),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// Whether the text is a label's name in Loki: letters, digits and `_`, no digit first.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().next().is_some_and(|c| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_loki_s_and_stand_once() {
        let names: BTreeSet<_> = LABELS.iter().map(|label| label.name).collect();
        assert_eq!(names.len(), LABELS.len());
        for label in LABELS {
            assert!(is_name(label.name), "{}", label.name);
            assert!(!label.fields.is_empty(), "{}", label.name);
        }
    }

    #[test]
    fn the_first_field_that_is_there_gives_the_value() {
        let hit = serde_json::json!({
            "level": null, "log.syslog.severity.name": "error", "process.pid": 7,
            "event.category": ["network", "web"],
        });
        let hit = hit.as_object().unwrap();
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(
                value_of(hit, known(name).unwrap().fields).as_deref(),
                expected,
                "{name}"
            );
        };
        check("level", Some("error"));
        check("process_pid", Some("7"));
        check("event_category", Some("network"));
        check("host_name", None);
    }
}
