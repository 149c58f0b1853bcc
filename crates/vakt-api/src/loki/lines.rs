//! Hits as Loki's streams: events with the same labels are one stream, in the order of the hits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vakt_event::{Timestamp, ecs};

use super::count::Series;
use super::labels::{LABELS, value_of};

/// The streams of hits. With `is_categorized` each line brings the labels that are not its stream's,
/// as Grafana asks for by `X-Loki-Response-Encoding-Flags: categorize-labels`.
pub(crate) fn streams(hits: &[Map<String, Value>], is_categorized: bool) -> Vec<Value> {
    let mut streams: Vec<(Series, Vec<Value>)> = Vec::new();
    let mut places: BTreeMap<Series, usize> = BTreeMap::new();
    for hit in hits {
        let labels = stream_of(hit);
        let nanos = nanos_of(hit).to_string();
        let entry = if is_categorized {
            json!([nanos, line_of(hit), { "structuredMetadata": beside(hit) }])
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
pub(crate) fn stream_of(hit: &Map<String, Value>) -> Series {
    labelled(hit, true)
}

/// The other labels of an event.
fn beside(hit: &Map<String, Value>) -> Series {
    labelled(hit, false)
}

fn labelled(hit: &Map<String, Value>, is_of_stream: bool) -> Series {
    LABELS
        .iter()
        .filter(|label| label.is_of_stream == is_of_stream)
        .filter_map(|label| Some((label.name.to_owned(), value_of(hit, label.fields)?)))
        .collect()
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
        let hits = [hit(3, "a", "x"), hit(2, "b", "y"), hit(1, "a", "z")];
        assert_eq!(
            streams(&hits, false),
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
            streams(&hits[1..2], true)[0]["values"],
            json!([["1795512602000001000", "line 2", {"structuredMetadata": {"user_name": "y"}}]])
        );
    }
}
