//! Any text is a query with commands or an error with a place in it, and can be asked of an event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_event::{Event, Timestamp};
use vakt_search::aggregate::{Aggregation, Listing, Window};
use vakt_search::{Order, Pipeline, Query, Record};

fuzz_target!(|text: &str| {
    let now = Timestamp::from_seconds(1_795_512_600).unwrap_or_default();
    let pipeline = match Pipeline::parse_at(text, now) {
        Ok(pipeline) => pipeline,
        Err(error) => {
            assert!(error.position <= text.chars().count());
            assert!(Query::parse_at(text, now).is_err());
            return;
        }
    };
    let mut event = Event::default();
    event.time.received = Some(now);
    event.sent(
        "message",
        "Failed password for root from 203.0.113.7 port 22",
    );
    event.sent("user.name", "root");
    event.sent("n", "7");
    let record = Record::of(&event);
    let matches = pipeline.query.matches(&event);
    if let Ok(query) = Query::parse_at(text, now) {
        assert_eq!(query, pipeline.query);
        assert_eq!(query.matches(&event), matches);
    }
    let window = Window {
        since: Some(now),
        until: Some(now.saturating_add_micros(1)),
    };
    if let Some(mut aggregation) = Aggregation::new(&pipeline, window) {
        aggregation.add(&record);
        let table = aggregation.finish();
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.len() == table.columns.len())
        );
    } else if let Some(mut listing) = Listing::new(&pipeline, Order::default()) {
        listing.add(&record);
        assert!(listing.finish().hits.len() <= 1);
    }
});
