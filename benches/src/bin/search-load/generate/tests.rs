use std::collections::HashSet;
use std::hint::black_box;

use vakt_codec::{DecodeContext, line_format};
use vakt_event::ecs;

use super::*;

const PRESETS: [Preset; 3] = [Preset::Mix, Preset::Syslog, Preset::Windows];

fn events(preset: Preset, count: usize) -> impl Iterator<Item = Frame> {
    Generator::new(preset, 1).take(count)
}

fn decoded<T>(frame: &Frame, look: impl FnOnce(&vakt_event::Event<'_>) -> T) -> T {
    let zone = jiff::tz::TimeZone::UTC;
    let context = DecodeContext {
        received: Some(frame.received),
        ..DecodeContext::new(&zone)
    };
    look(&vakt_codec::decode(&frame.bytes, frame.format, &context))
}

#[test]
fn a_seed_gives_the_same_events_and_another_others() {
    for preset in PRESETS {
        let first: Vec<_> = events(preset, 500).collect();
        assert!(first == events(preset, 500).collect::<Vec<_>>());
        assert!(first != Generator::new(preset, 2).take(500).collect::<Vec<_>>());
    }
}

#[test]
fn events_are_as_long_as_their_preset_says() {
    for (preset, low, high) in [
        (Preset::Mix, 250, 330),
        (Preset::Syslog, 150, 190),
        (Preset::Windows, 630, 770),
    ] {
        let count = 20_000;
        let bytes: usize = events(preset, count).map(|frame| frame.bytes.len()).sum();
        let mean = bytes / count;
        assert!(
            (low..high).contains(&mean),
            "{preset:?}: {mean} bytes an event"
        );
    }
}

/// A line of the file is one event, and is read back as what it was.
#[test]
fn each_event_is_a_line_of_its_format() {
    for frame in PRESETS.into_iter().flat_map(|preset| events(preset, 5_000)) {
        let text = str::from_utf8(&frame.bytes).unwrap();
        assert!(!text.contains('\n'), "{text}");
        assert_eq!(line_format(&frame.bytes), frame.format, "{text}");
        if frame.format == Format::Json {
            serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap();
        }
    }
}

#[test]
fn the_time_of_each_event_is_understood() {
    for frame in PRESETS.into_iter().flat_map(|preset| events(preset, 5_000)) {
        decoded(&frame, |event| {
            let claimed = event.time.claimed.map(Timestamp::micros);
            let late = claimed.map(|claimed| frame.received.micros() - claimed);
            let text = &event.original;
            // Up to five seconds, and the second that a format without fractions cuts.
            assert!(
                late.is_some_and(|late| (0..6_000_000).contains(&late)),
                "{late:?}: {text}"
            );
        });
    }
}

/// The table at the head of this module, as far as a small sample shows it: new values keep coming.
#[test]
fn values_vary_as_they_do_in_logs() {
    let (mut users, mut addresses, mut hosts) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut with_user = 0;
    let mut busiest = 0;
    for frame in events(Preset::Mix, 60_000) {
        decoded(&frame, |event| {
            for (name, values) in [
                (ecs::USER_NAME, &mut users),
                (ecs::SOURCE_IP, &mut addresses),
                (ecs::HOST_NAME, &mut hosts),
            ] {
                values.extend(event.text(name).map(str::to_owned));
            }
            with_user += usize::from(event.has(ecs::USER_NAME));
            busiest += usize::from(event.text(ecs::USER_NAME) == Some("root"));
        });
    }
    black_box((&users, &addresses, &hosts));
    let counts = (users.len(), addresses.len(), hosts.len());
    assert!((3_000..9_000).contains(&counts.0), "{counts:?}");
    assert!((4_000..30_000).contains(&counts.1), "{counts:?}");
    assert!((1_000..2_500).contains(&counts.2), "{counts:?}");
    // Zipf: the first of 4,000 has about a ninth.
    assert!(
        (with_user / 20..with_user / 5).contains(&busiest),
        "{busiest} of {with_user}"
    );
}
