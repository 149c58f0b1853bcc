//! Hits as Loki's streams: events with the same labels are one stream, in the order of the hits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vakt_event::{Timestamp, ecs};

use super::count::Series;
use super::fields::Fields;
use super::labels::{text_of, value_of};

/// The most fields that come with a line, as in Loki (`max_structured_metadata_entries_count`).
const FIELDS_MAX: usize = 128;

/// The most bytes of their names and values, as in Loki (`max_structured_metadata_size`): what does not fit is
/// left out, and stays in the line.
const FIELDS_BYTES_MAX: usize = 64 * 1024;

/// How lines are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// Each line brings the labels that are not its stream's, as Grafana asks for by
    /// `X-Loki-Response-Encoding-Flags: categorize-labels`.
    pub(crate) is_categorized: bool,
    /// And the fields of its event, as `| json` asks for.
    pub(crate) takes_fields: bool,
}

/// The streams of hits.
pub(crate) fn streams(hits: &[Map<String, Value>], form: Form, fields: &Fields) -> Vec<Value> {
    let mut streams: Vec<(Series, Vec<Value>)> = Vec::new();
    let mut places: BTreeMap<Series, usize> = BTreeMap::new();
    for hit in hits {
        let labels = stream_of(hit, fields);
        let nanos = nanos_of(hit).to_string();
        let entry = if form.is_categorized {
            let mut categories = json!({ "structuredMetadata": labelled(hit, fields, false) });
            if form.takes_fields {
                categories["parsed"] = json!(parsed(hit, fields));
            }
            json!([nanos, line_of(hit), categories])
        } else {
            json!([nanos, line_of(hit)])
        };
        let place = *places.entry(labels.clone()).or_insert(streams.len());
        match streams.get_mut(place) {
            Some((_, entries)) => entries.push(entry),
            None => streams.push((labels, vec![entry])),
        }
    }
    streams
        .into_iter()
        .map(|(stream, values)| json!({ "stream": stream, "values": values }))
        .collect()
}

/// The labels of the stream that an event belongs to.
pub(crate) fn stream_of(hit: &Map<String, Value>, fields: &Fields) -> Series {
    labelled(hit, fields, true)
}

/// The labels of the table that an event has.
fn labelled(hit: &Map<String, Value>, fields: &Fields, is_of_stream: bool) -> Series {
    fields
        .table()
        .filter(|(label, _)| label.is_of_stream == is_of_stream)
        .filter_map(|(label, fields)| Some((label.name.to_owned(), value_of(hit, fields)?)))
        .collect()
}

/// The other fields of an event, as labels.
fn parsed(hit: &Map<String, Value>, fields: &Fields) -> Series {
    let mut bytes = 0;
    let mut parsed = Series::new();
    for (label, value) in fields.others(hit) {
        let Some(text) = text_of(value) else {
            continue;
        };
        let more = bytes + label.len() + text.len();
        if parsed.len() < FIELDS_MAX && more <= FIELDS_BYTES_MAX {
            bytes = more;
            parsed.insert(label, text);
        }
    }
    parsed
}

/// The line: the event as it arrived; where that is withheld its message, or without one its fields
/// as JSON.
fn line_of(hit: &Map<String, Value>) -> Cow<'_, str> {
    let text = [ecs::EVENT_ORIGINAL, ecs::MESSAGE]
        .iter()
        .find_map(|field| hit.get(*field).and_then(Value::as_str));
    text.map_or_else(|| json!(hit).to_string().into(), Cow::Borrowed)
}

/// The event's time in nanoseconds since 1970. Vakt's are whole microseconds.
fn nanos_of(hit: &Map<String, Value>) -> i128 {
    let time: Option<Timestamp> = [ecs::TIMESTAMP, ecs::EVENT_INGESTED]
        .iter()
        .find_map(|field| hit.get(*field).and_then(Value::as_str)?.parse().ok());
    i128::from(time.unwrap_or_default().micros()) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_with_the_same_labels_are_a_stream() {
        let hit = |second: u32, host: &str, user: &str| {
            let hit = json!({
                "@timestamp": format!("2026-11-24T09:30:0{second}.000001Z"), "host.name": host,
                "user.name": user, "event.original": format!("line {second}"), "vakt.stream": "default",
            });
            hit.as_object().unwrap().clone()
        };
        let withheld = |fields: Value| line_of(fields.as_object().unwrap()).into_owned();
        assert_eq!(withheld(json!({"a": 1, "message": "m"})), "m");
        assert_eq!(withheld(json!({"a": 1})), r#"{"a":1}"#);
        let fields = Fields::new([]);
        let categorized = Form {
            is_categorized: true,
            takes_fields: false,
        };
        let hits = [hit(3, "a", "x"), hit(2, "b", "y"), hit(1, "a", "z")];
        assert_eq!(
            streams(&hits, Form::default(), &fields),
            [
                json!({
                    "stream": {"host_name": "a", "vakt_stream": "default"},
                    "values": [["1795512603000001000", "line 3"], ["1795512601000001000", "line 1"]],
                }),
                json!({
                    "stream": {"host_name": "b", "vakt_stream": "default"},
                    "values": [["1795512602000001000", "line 2"]],
                }),
            ]
        );
        assert_eq!(
            streams(&hits[1..2], categorized, &fields)[0]["values"],
            json!([["1795512602000001000", "line 2", {"structuredMetadata": {"user_name": "y"}}]])
        );
    }

    /// What is beyond the bounds is left out, the rest is there.
    #[test]
    fn fields_come_with_a_line_within_bounds() {
        let wide = (0..200).map(|number| (format!("a.n{number:03}"), json!("x")));
        let wide: Map<String, Value> = wide.collect();
        let fields = Fields::new(wide.keys().cloned());
        let found = parsed(&wide, &fields);
        assert_eq!(found.len(), FIELDS_MAX);
        assert_eq!(found.keys().next().unwrap(), "a_n000");
        let long = json!({"a.long": "y".repeat(FIELDS_BYTES_MAX), "b.short": [7, 8], "c": true});
        let found = parsed(long.as_object().unwrap(), &Fields::new([]));
        let expected = [("b_short", "7"), ("c", "true")];
        let expected = expected.map(|(label, value)| (label.to_owned(), value.to_owned()));
        assert_eq!(found, Series::from(expected));
    }
}
