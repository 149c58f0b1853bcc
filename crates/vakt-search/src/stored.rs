//! The stored form of an event: what an answer is made of, and what a candidate is verified on.
//!
//! ```text
//! event    = version(1 byte) time(claimed) time(received) stream:text has-peer(1 byte) [peer:text]
//!            original:text count { problem:text } count { field }
//! time     = 0, or 1 and 8 bytes of microseconds, little-endian
//! text     = length bytes of UTF-8; lengths and counts are LEB128
//! field    = kind(1 byte) name:text [value]
//! kind     = bit 7: sent by the sender; bit 6: the value is a part of the original;
//!            low bits: 0 null, 1 false, 2 true, 3 number, 4 text
//! value    = text, or with bit 6 its offset in the original and its length
//! ```
//!
//! A form of its own rather than the flat JSON, because values must come back as they were: with
//! their origin, and numbers with the digits that the sender wrote. Names repeat from event to
//! event; the store's block compression takes care of that.

use std::borrow::Cow;

use vakt_event::{Event, EventTime, Field, Origin, Timestamp, Value};

use crate::record::{Record, RecordSource};

const VERSION: u8 = 1;
const SENT: u8 = 0x80;
const IN_ORIGINAL: u8 = 0x40;

/// Shorter values are written out: their place would take as many bytes.
const PART_BYTES_MIN: usize = 4;

/// How many bytes of the original are looked through, over all fields of an event, for values
/// that are parts of it. An event of ordinary size takes far less.
const SEARCHED_BYTES_MAX: usize = 256 * 1024;

/// A stored event, borrowed from its bytes.
pub(crate) struct Stored<'b> {
    pub(crate) event: Event<'b>,
    stream: &'b str,
    peer: Option<&'b str>,
}

impl Stored<'_> {
    pub(crate) fn source(&self) -> RecordSource<'_> {
        RecordSource {
            stream: self.stream,
            peer: self.peer,
        }
    }
}

/// The record's bytes. Log sources are not kept: no answer shows them.
pub(crate) fn encode(record: &Record<'_>) -> Vec<u8> {
    let event = record.event;
    let mut bytes = Vec::with_capacity(event.original.len() * 3 + 128);
    bytes.push(VERSION);
    for time in [event.time.claimed, event.time.received] {
        match time {
            None => bytes.push(0),
            Some(time) => {
                bytes.push(1);
                bytes.extend(time.micros().to_le_bytes());
            }
        }
    }
    let source = record.source;
    put_text(&mut bytes, source.map_or("", |source| source.stream));
    let peer = source.and_then(|source| source.peer);
    bytes.push(u8::from(peer.is_some()));
    if let Some(peer) = peer {
        put_text(&mut bytes, peer);
    }
    put_text(&mut bytes, &event.original);
    put_length(&mut bytes, event.problems.len());
    for problem in &event.problems {
        put_text(&mut bytes, problem);
    }
    put_length(&mut bytes, event.fields.len());
    let mut searched = 0;
    for field in &event.fields {
        let mut original: &str = &event.original;
        searched += original.len();
        if searched > SEARCHED_BYTES_MAX {
            original = "";
        }
        put_field(&mut bytes, field, original);
    }
    bytes
}

/// Reads what [`encode`] wrote; `None` when the bytes are something else.
pub(crate) fn decode(bytes: &[u8]) -> Option<Stored<'_>> {
    let mut input = Input { rest: bytes };
    if input.byte()? != VERSION {
        return None;
    }
    let time = EventTime {
        claimed: input.time()?,
        received: input.time()?,
    };
    let stream = input.text()?;
    let peer = match input.byte()? {
        0 => None,
        _ => Some(input.text()?),
    };
    let original = input.text()?;
    let problems = (0..input.length()?)
        .map(|_| input.text().map(Cow::Borrowed))
        .collect::<Option<_>>()?;
    let fields = (0..input.length()?)
        .map(|_| input.field(original))
        .collect::<Option<_>>()?;
    Some(Stored {
        event: Event {
            fields,
            log_sources: vec![],
            time,
            original: Cow::Borrowed(original),
            // Rules alone ask for these, and they see events as they come in.
            structured: false,
            verbatim: false,
            problems,
        },
        stream,
        peer,
    })
}

fn put_field(bytes: &mut Vec<u8>, field: &Field<'_>, original: &str) {
    let (kind, text) = match &field.value {
        Value::Null => (0, None),
        Value::Bool(false) => (1, None),
        Value::Bool(true) => (2, None),
        Value::Number(text) => (3, Some(text.as_ref())),
        Value::Str(_) | Value::Escaped(_) => (4, Some(field.value.text())),
    };
    let sent = match field.origin {
        Origin::Sent => SENT,
        Origin::Added => 0,
    };
    let place = text
        .filter(|text| text.len() >= PART_BYTES_MIN)
        .and_then(|text| original.find(text));
    let in_original = place.map_or(0, |_| IN_ORIGINAL);
    bytes.push(sent | in_original | kind);
    put_text(bytes, &field.name);
    match (text, place) {
        (Some(text), Some(place)) => {
            put_length(bytes, place);
            put_length(bytes, text.len());
        }
        (Some(text), None) => put_text(bytes, text),
        (None, _) => {}
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_length(bytes, text.len());
    bytes.extend(text.as_bytes());
}

fn put_length(bytes: &mut Vec<u8>, mut length: usize) {
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

struct Input<'b> {
    rest: &'b [u8],
}

impl<'b> Input<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn length(&mut self) -> Option<usize> {
        let mut length = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(length);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = self.length()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn time(&mut self) -> Option<Option<Timestamp>> {
        if self.byte()? == 0 {
            return Some(None);
        }
        let (micros, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Timestamp::from_micros(i64::from_le_bytes(*micros)).map(Some)
    }

    fn field(&mut self, original: &'b str) -> Option<Field<'b>> {
        let kind = self.byte()?;
        let name = Cow::Borrowed(self.text()?);
        let mut text = || {
            if kind & IN_ORIGINAL == 0 {
                return self.text();
            }
            let (start, length) = (self.length()?, self.length()?);
            original.get(start..start.checked_add(length)?)
        };
        let value = match kind & !(SENT | IN_ORIGINAL) {
            0 => Value::Null,
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => Value::Number(Cow::Borrowed(text()?)),
            4 => Value::Str(Cow::Borrowed(text()?)),
            _ => return None,
        };
        let origin = if kind & SENT == 0 {
            Origin::Added
        } else {
            Origin::Sent
        };
        Some(Field {
            name,
            value,
            origin,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event<'static> {
        let mut event = Event {
            original: "a line".into(),
            time: EventTime {
                claimed: Timestamp::from_seconds(-5),
                received: Timestamp::from_seconds(1_000_000),
            },
            ..Event::default()
        };
        event.sent("message", "x".repeat(300));
        event.sent("part", "a line");
        event.added("part", "line");
        event.sent("n", Value::Number("1.50".into()));
        event.added("b", Value::Bool(true));
        event.sent("z", Value::Null);
        event.problem("odd");
        event
    }

    #[test]
    fn an_event_comes_back_as_it_was() {
        let event = event();
        for peer in [None, Some("::1")] {
            let source = RecordSource {
                stream: "default",
                peer,
            };
            let record = Record {
                source: Some(source),
                ..Record::of(&event)
            };
            let bytes = encode(&record);
            let stored = decode(&bytes).unwrap();
            assert_eq!(stored.event, event);
            assert_eq!(stored.source(), source);
        }
    }

    #[test]
    fn cut_bytes_are_refused() {
        let event = event();
        let bytes = encode(&Record::of(&event));
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_none(), "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn foreign_bytes_are_refused_or_read(bytes: Vec<u8>, at: usize, byte: u8) {
            // A version that is not ours, and all that is no event after one that is.
            let refused = decode(&bytes).is_none();
            proptest::prop_assert!(refused || bytes.first() == Some(&VERSION));
            let mut damaged = encode(&Record::of(&event()));
            let at = at % damaged.len();
            damaged[at] = byte;
            if let Some(stored) = decode(&damaged) {
                // What is read is an event like any other.
                proptest::prop_assert!(encode(&Record::of(&stored.event)).len() > 1);
            }
        }
    }
}
