//! Any text is a query or an error with a place in it, and a query can be asked of an event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_event::Event;
use vakt_search::Query;

fuzz_target!(|text: &str| {
    match Query::parse(text) {
        Ok(query) => {
            let mut event = Event::default();
            event.sent("message", "Failed password for root from 203.0.113.7 port 22");
            let _ = query.matches(&event);
        }
        Err(error) => assert!(error.position <= text.chars().count()),
    }
});
