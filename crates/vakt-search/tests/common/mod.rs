//! Helpers of the tests: an index in a temporary directory, and events.
#![allow(dead_code, unreachable_pub)] // Each test binary uses some of them.
#![allow(clippy::unwrap_used)]

pub mod frames;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_event::{Event, EventTime, JournalPosition, Source, Timestamp, Transport};
use vakt_search::{Index, IndexWriter, Query, Request, Response};

pub fn source(stream: &str) -> Source {
    Source {
        stream: stream.into(),
        transport: Transport::Tcp,
        listener: "test".into(),
        peer: Some("192.0.2.1".parse().unwrap()),
        zone: None,
        drill: false,
    }
}

/// An event received `seconds` after the epoch.
pub fn event(seconds: i64) -> Event<'static> {
    Event {
        time: EventTime {
            claimed: None,
            received: Timestamp::from_seconds(seconds),
        },
        ..Event::default()
    }
}

pub fn line(seconds: i64, message: &str) -> Event<'static> {
    let mut event = event(seconds);
    event.original = message.to_owned().into();
    event.sent("message", message.to_owned());
    event
}

pub fn open(dir: &Path) -> (Index, IndexWriter) {
    let index = open_index(dir).unwrap();
    let writer = index.writer().unwrap();
    (index, writer)
}

pub fn open_index(dir: &Path) -> vakt_search::Result<Index> {
    Index::open(dir, Arc::new(frames::Frames))
}

/// Adds one event, and commits nothing.
pub fn put(writer: &mut IndexWriter, position: u64, event: &Event<'_>, source: &Source) {
    let bytes = frames::encode(event);
    let frame = frames::frame(&bytes, event);
    writer
        .add(
            JournalPosition(position),
            frame,
            &frames::decode(&bytes),
            source,
        )
        .unwrap();
}

/// Adds the events at the positions from `first` on, and commits.
pub fn add(writer: &mut IndexWriter, first: u64, events: &[Event<'_>]) {
    for (position, event) in (first..).zip(events) {
        put(writer, position, event, &source("default"));
    }
    writer
        .commit(JournalPosition(first + events.len() as u64))
        .unwrap();
}

pub fn request(query: &str) -> Request {
    Request {
        query: Query::parse(query).unwrap_or_else(|error| panic!("{error}")),
        limit: 1000,
        ..Request::default()
    }
}

/// The positions of the hits, in order. The total must agree.
pub fn ids(index: &Index, request: &Request) -> Vec<u64> {
    let response = index.search(request).unwrap();
    assert_eq!(response.total, response.hits.len() as u64);
    hit_ids(&response)
}

pub fn hit_ids(response: &Response) -> Vec<u64> {
    response.hits.iter().map(id).collect()
}

fn id(hit: &Map<String, Json>) -> u64 {
    hit["event.id"].as_str().unwrap().parse().unwrap()
}
