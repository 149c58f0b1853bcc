//! A chunk gives back what it was filled with, however its events take turns.

use proptest::prelude::*;
use tantivy::directory::OwnedBytes;
use vakt_event::{Event, Format, JournalPosition, Timestamp};

use super::column::LOOK;
use super::{Addition, ByBytes, Cache, Chunk, ChunkBuilder, ChunkMeta, ColumnOf, Pieces};
use crate::frame::Frame;
use crate::sample::source;
use crate::words::hash;

/// An event of this shape: the fields that it has, and a value that comes again and one that does not.
#[derive(Clone, Debug)]
struct Made {
    shape: u16,
    value: u8,
    length: usize,
}

fn made() -> impl Strategy<Value = Made> {
    let shape = prop_oneof![2 => 0..6_u16, 1 => 0..3000_u16];
    (shape, 0..9_u8, 0..3000_usize).prop_map(|(shape, value, length)| Made {
        shape,
        value,
        length,
    })
}

fn text(number: usize, made: &Made) -> String {
    format!("event{number} {}", "x".repeat(made.length))
}

/// Adds the events from number `first` on.
fn fill(builder: &mut ChunkBuilder, events: &[Made], first: usize) {
    let source = source();
    for (number, made) in events.iter().enumerate().skip(first) {
        let text = text(number, made);
        let names = [
            format!("of{}", made.shape),
            format!("group{}", made.shape % 3),
        ];
        let value = format!("value{}", made.value);
        let received = Timestamp::from_micros(number as i64 % 7).unwrap();
        let mut event = Event::default();
        event.time.received = Some(received);
        event.sent("text", text.as_str());
        for name in &names {
            event.sent(name.as_str(), value.as_str());
        }
        let added = builder.add(&Addition {
            position: JournalPosition(number as u64 * 2),
            frame: Frame {
                bytes: text.as_bytes(),
                format: Format::Text,
                received,
                truncated: number.is_multiple_of(3),
            },
            event: &event,
            source: &source,
        });
        added.unwrap();
    }
}

fn check(bytes: Vec<u8>, meta: ChunkMeta, events: &[Made], with_columns: bool) {
    let chunk = Chunk::new(0, meta, OwnedBytes::new(bytes)).unwrap();
    let cache = Cache::with_weighter(1000, 1 << 24, ByBytes);
    let pieces = Pieces { cache: &cache };
    let mut reader = chunk.reader(pieces, false).unwrap();
    for (doc, made) in (0..).zip(events) {
        let number = doc as usize;
        let text = text(number, made);
        let read = reader.frame(doc, |frame, source, _, position| {
            assert_eq!(frame.bytes, text.as_bytes());
            assert_eq!(frame.received.micros(), number as i64 % 7);
            assert_eq!(frame.truncated, number.is_multiple_of(3));
            (position.0, source.clone())
        });
        assert_eq!(read.unwrap(), (number as u64 * 2, source()));
        for name in [
            format!("of{}", made.shape),
            format!("group{}", made.shape % 3),
        ] {
            match chunk.column(&name, pieces).unwrap() {
                ColumnOf::Unknown => assert!(!with_columns),
                ColumnOf::None => panic!("no column {name}"),
                ColumnOf::Some(column) => {
                    let value = format!("value{}", made.value);
                    assert_eq!(column.value(column.code(doc)), Some(value.as_str()));
                }
            }
        }
        for word in [format!("event{number}"), format!("value{}", made.value)] {
            let mut found = Vec::new();
            let took = chunk.blocks_with(&[hash(&word)], pieces, |doc| found.push(doc));
            took.unwrap();
            assert!(found.contains(&doc), "{doc}");
        }
    }
    let count = u32::try_from(events.len()).unwrap();
    if let ColumnOf::Some(column) = chunk.column("group0", pieces).unwrap() {
        let mut last = None;
        column.each(|doc, code| {
            assert!(doc < count && code != LOOK && last < Some(doc));
            assert_eq!(events[doc as usize].shape % 3, 0);
            last = Some(doc);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn events_of_any_shapes_come_back(events in prop::collection::vec(made(), 1..700), shown in 0..700_usize) {
        let mut builder = ChunkBuilder::new().unwrap();
        for _ in 0..2 {
            let mut filled = 0;
            for shown in [shown / 2, shown, shown, shown + 1] {
                let seen = &events[..shown.min(events.len())];
                fill(&mut builder, seen, filled);
                filled = seen.len();
                if filled > 0 {
                    let (bytes, meta) = builder.show().unwrap();
                    check(bytes, meta, seen, false);
                }
            }
            fill(&mut builder, &events, filled);
            let (bytes, meta) = builder.close().unwrap();
            check(bytes, meta, &events, true);
            builder.clear();
        }
    }
}
