//! Frames that hold whole events, so that a test can have any event.

use serde_json::{Value as Json, json};
use vakt_event::{Event, Format, Origin, Source, Timestamp, Value};
use vakt_search::{Decode, Decoder, Frame};

/// Decodes what [`encode`] wrote.
pub struct Frames;

impl Decode for Frames {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Frames)
    }
}

impl Decoder for Frames {
    fn decode<'f>(&mut self, frame: Frame<'f>, _: &Source) -> Event<'f> {
        decode(frame.bytes)
    }
}

/// The frame of an event whose bytes are these.
pub fn frame<'f>(bytes: &'f [u8], event: &Event<'_>) -> Frame<'f> {
    Frame {
        bytes,
        format: Format::Text,
        received: event.time.received.unwrap_or_default(),
        truncated: false,
    }
}

pub fn encode(event: &Event<'_>) -> Vec<u8> {
    let micros = |time: Option<Timestamp>| time.map(Timestamp::micros);
    let mut values = Vec::new();
    let fields = event.fields.iter().map(|field| {
        let kind = match &field.value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Number(_) => 2,
            Value::Str(_) | Value::Escaped(_) => 3,
        };
        let sent = field.origin == Origin::Sent;
        let text = field.value.text();
        values.extend_from_slice(text.as_bytes());
        json!([field.name, kind, text.len(), sent])
    });
    let event = json!({
        "claimed": micros(event.time.claimed),
        "received": micros(event.time.received),
        "original": event.original,
        "problems": event.problems,
        "fields": fields.collect::<Vec<_>>(),
    });
    // Values stand as they are, so that an event borrows them.
    let mut bytes = serde_json::to_vec(&event).unwrap();
    bytes.push(b'\n');
    bytes.append(&mut values);
    bytes
}

pub fn decode(bytes: &[u8]) -> Event<'_> {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let json: Json = serde_json::from_slice(&bytes[..end]).unwrap();
    let mut values = std::str::from_utf8(&bytes[end + 1..]).unwrap();
    let time = |name: &str| json[name].as_i64().and_then(Timestamp::from_micros);
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let mut event = Event {
        original: text(&json["original"]).into(),
        ..Event::default()
    };
    event.time.claimed = time("claimed");
    event.time.received = time("received");
    for problem in json["problems"].as_array().unwrap() {
        event.problem(text(problem));
    }
    for field in json["fields"].as_array().unwrap() {
        let length = usize::try_from(field[2].as_u64().unwrap()).unwrap();
        let value;
        (value, values) = values.split_at(length);
        let value = match field[1].as_u64() {
            Some(0) => Value::Null,
            Some(1) => Value::Bool(value == "true"),
            Some(2) => Value::Number(value.into()),
            _ => Value::Str(value.into()),
        };
        if field[3] == true {
            event.sent(text(&field[0]), value);
        } else {
            event.added(text(&field[0]), value);
        }
    }
    event
}
