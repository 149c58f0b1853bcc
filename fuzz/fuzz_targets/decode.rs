//! Whatever bytes arrive, an event comes out, the same whatever was decoded before, and its flat form
//! is valid JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_codec::{DecodeContext, Decoder, decode};
use vakt_event::encode::to_flat_json;
use vakt_event::{Format, Timestamp};

fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    let format = match kind % 4 {
        0 => Format::Syslog,
        1 => Format::Json,
        2 => Format::Journal,
        _ => Format::Text,
    };
    let received = Timestamp::from_seconds(1_764_000_000).expect("a year that can be shown");
    let context = DecodeContext {
        received: Some(received),
        reference: None,
        zone: &jiff::tz::TimeZone::UTC,
        logsource_fields: kind & 4 != 0,
        assume: None,
    };
    let event = decode(bytes, format, &context);
    let mut decoder = Decoder::default();
    for _ in 0..2 {
        let again = decoder.decode(bytes, format, &context);
        assert_eq!(again, event);
        decoder.recycle(again);
    }
    let text = serde_json::to_string(&to_flat_json(&event)).expect("a map is JSON");
    serde_json::from_str::<serde_json::Value>(&text).expect("what we print reads back");
});
