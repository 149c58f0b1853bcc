//! Searching an index: order, pages, bounds, large events.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::time::Instant;

use common::{add, event, hit_ids, ids, line, open, put, request, source};
use serde_json::json;
use vakt_event::{JournalPosition, Timestamp, Value};
use vakt_search::{Error, Order, Request};

#[test]
fn a_hit_is_the_flat_event_with_its_identity() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut made = line(1_700_000_000, "Failed password");
    made.sent("Image", "/bin/sh");
    made.added("process.executable", "/bin/sh");
    made.sent("n", Value::number(7));
    made.sent("tags", "a");
    made.sent("tags", "b");
    made.sent("event.id", "the sender's");
    made.problem("no year");
    add(&mut writer, 5, &[made]);
    let response = index.search(&request("failed")).unwrap();
    assert_eq!(
        serde_json::Value::from(response.hits),
        json!([{
            "@timestamp": "2023-11-14T22:13:20Z",
            "event.ingested": "2023-11-14T22:13:20Z",
            "message": "Failed password",
            "process.executable": "/bin/sh",
            "n": 7,
            "tags": ["a", "b"],
            "event.id": "5",
            "event.original": "Failed password",
            "error.message": "no year",
            "vakt.stream": "default",
            "vakt.peer": "192.0.2.1",
        }])
    );
    assert_eq!((response.total, response.next), (1, None));
}

#[test]
fn an_event_has_one_time_and_one_receipt_whatever_its_sender_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut made = line(1_700_000_000, "forged");
    made.sent("@timestamp", "2035-01-01T00:00:00.000Z");
    made.sent("event.ingested", "2001-01-01T00:00:00Z");
    add(&mut writer, 0, &[made]);
    let total = |query: &str| index.search(&request(query)).unwrap().total;
    for sealed in [false, true] {
        for field in ["@timestamp", "event.ingested"] {
            assert_eq!(total(&format!("{field}:2023*")), 1, "{field} {sealed}");
            assert_eq!(
                total(&format!("{field}>=2030-01-01")),
                0,
                "{field} {sealed}"
            );
            assert_eq!(total(&format!("{field}<2010-01-01")), 0, "{field} {sealed}");
            assert_eq!(total(&format!("{field}:20?5*")), 0, "{field} {sealed}");
        }
        // The words are found as all that was sent.
        assert_eq!(total("\"2035-01-01T00\""), 1);
        writer.seal().unwrap();
        while index.build_next(true).unwrap().is_some() {}
    }
}

#[test]
fn hits_come_by_time_then_position_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    // Two segments, times out of order, equal times, an event without any time.
    let mut timeless = line(0, "x");
    timeless.time.received = None;
    add(
        &mut writer,
        0,
        &[line(5, "x"), line(3, "x"), timeless, line(5, "x")],
    );
    add(&mut writer, 4, &[line(4, "x"), line(5, "x")]);
    let newest_first = [5, 3, 0, 4, 1, 2];
    for order in [Order::Descending, Order::Ascending] {
        let mut expected = newest_first.to_vec();
        if order == Order::Ascending {
            expected.reverse();
        }
        for (limit, hits_only) in (1..8).flat_map(|limit| [(limit, false), (limit, true)]) {
            let mut request = Request {
                limit,
                order,
                hits_only,
                ..request("x")
            };
            let mut found = vec![];
            loop {
                let response = index.search(&request).unwrap();
                assert!(hits_only || response.total == 6);
                found.extend(hit_ids(&response));
                request.cursor = response.next;
                if request.cursor.is_none() {
                    break;
                }
                assert_eq!(found.len() % limit, 0);
            }
            assert_eq!(found, expected, "{order:?} {limit}");
        }
    }
    let response = index
        .search(&Request {
            limit: 0,
            ..request("x")
        })
        .unwrap();
    assert_eq!(
        (response.total, response.hits.len(), response.next),
        (6, 0, None)
    );
}

#[test]
fn a_page_does_not_move_when_newer_events_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    add(&mut writer, 0, &[line(1, "x"), line(2, "x"), line(3, "x")]);
    let mut request = Request {
        limit: 2,
        ..request("x")
    };
    let first = index.search(&request).unwrap();
    assert_eq!(hit_ids(&first), [2, 1]);
    add(&mut writer, 3, &[line(9, "x")]);
    request.cursor = first.next;
    let second = index.search(&request).unwrap();
    assert_eq!((hit_ids(&second), second.total), (vec![0], 4));
}

#[test]
fn since_is_inclusive_and_until_exclusive() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    add(&mut writer, 0, &[line(1, "x"), line(2, "x"), line(3, "x")]);
    let at = |seconds| Timestamp::from_seconds(seconds);
    let check = |since, until, expected: &[u64]| {
        let request = Request {
            since,
            until,
            ..request("x")
        };
        assert_eq!(ids(&index, &request), expected);
    };
    check(None, None, &[2, 1, 0]);
    check(at(2), None, &[2, 1]);
    check(None, at(2), &[0]);
    check(at(2), at(3), &[1]);
    check(at(3), at(2), &[]);
}

#[test]
fn streams_limit_a_search_and_are_compared_as_written() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let long = "s".repeat(300);
    let streams = ["a", "A", "b", &long, &format!("{long}x")];
    for (position, stream) in (0..).zip(streams) {
        let position = JournalPosition(position);
        put(&mut writer, position.0, &line(1, "x"), &source(stream));
    }
    writer.commit(JournalPosition(5)).unwrap();
    let check = |streams: &[&str], expected: &[u64]| {
        let streams = streams.iter().map(|stream| (*stream).to_owned()).collect();
        let request = Request {
            streams: Some(streams),
            ..request("")
        };
        assert_eq!(ids(&index, &request), expected);
    };
    check(&["a"], &[0]);
    check(&["A", "b"], &[2, 1]);
    check(&[&long], &[3]);
    check(&["c"], &[]);
    check(&[], &[]);
}

#[test]
fn large_values_and_many_fields_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut huge = event(1);
    // One word longer than a term of the engine can be, then more text.
    huge.sent("blob", format!("{} needle", "ab".repeat(128 * 1024)));
    huge.added("derived", format!("{} thread", "cd".repeat(128 * 1024)));
    let mut wide = event(2);
    for number in 0..5_000 {
        wide.sent(format!("f{number}"), format!("value {number}"));
    }
    wide.sent("k".repeat(70_000), "deep");
    add(&mut writer, 0, &[huge, wide]);
    let check = |query: &str, expected: &[u64]| {
        assert_eq!(ids(&index, &request(query)), expected, "{query:.60}");
    };
    check("needle", &[0]);
    check("blob:needle", &[0]);
    check("derived:thread", &[0]);
    check("thread", &[]);
    check("abab*", &[0]);
    check("*baba*", &[0]);
    check("derived:*dcdc*", &[0]);
    check(&"ab".repeat(200), &[]);
    check(&format!("{}*", "ab".repeat(200)), &[0]);
    check("f4999:4999", &[1]);
    check("f4999:4998", &[]);
    check("f7:* and f4999:*", &[1]);
    check(&format!("{}:deep", "k".repeat(16_000)), &[]);
}

#[test]
fn a_search_gives_up_at_its_deadline() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    add(&mut writer, 0, &[line(1, "a b")]);
    let request = Request {
        deadline: Some(Instant::now()),
        ..request("\"a b\"")
    };
    assert!(matches!(
        index.search(&request),
        Err(Error::OutOfTime { .. })
    ));
}

#[test]
fn a_foreign_cursor_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _writer) = open(dir.path());
    let request = Request {
        cursor: Some("abc".into()),
        ..Request::default()
    };
    assert!(matches!(index.search(&request), Err(Error::Cursor { .. })));
}

/// Many commits, so that segments are merged in the background while searches run; every line
/// stands three times.
#[test]
fn totals_stay_exact_over_many_commits_and_merges() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let mut position = 0;
    for round in 0..20_i64 {
        for number in 0..500_i64 {
            for _ in 0..3 {
                let made = line(
                    round * 1000 + number,
                    &format!("round{round} number {number} all"),
                );
                put(&mut writer, position, &made, &source("default"));
                position += 1;
            }
        }
        writer.commit(JournalPosition(position)).unwrap();
        let check = |query: &str, expected: u64| {
            let response = index
                .search(&Request {
                    limit: 2,
                    ..request(query)
                })
                .unwrap();
            assert_eq!(response.total, expected, "{query}");
        };
        check("", position);
        check("all", position);
        check(&format!("round{round}"), 1500);
        check("\"number 77 all\"", (u64::try_from(round).unwrap() + 1) * 3);
    }
    let newest = Request {
        limit: 3,
        ..request("")
    };
    let response = index.search(&newest).unwrap();
    assert_eq!(hit_ids(&response), [29_999, 29_998, 29_997]);
    writer.close().unwrap();
}

/// Batches are committed whole: a search on another thread sees a whole number of them, and never
/// fewer than before.
#[test]
fn searches_see_snapshots_while_events_come_in() {
    const BATCH: u64 = 50;
    const BATCHES: u64 = 40;
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for batch in 0..BATCHES {
                let lines: Vec<_> = (0..BATCH).map(|_| line(1, "one two")).collect();
                add(&mut writer, batch * BATCH, &lines);
            }
        });
        let mut before = 0;
        while before < BATCH * BATCHES {
            let request = Request {
                limit: 3,
                ..request("\"one two\"")
            };
            let response = index.search(&request).unwrap();
            assert_eq!(response.total % BATCH, 0);
            assert!(response.total >= before);
            let newest: Vec<u64> = (0..response.total).rev().take(3).collect();
            assert_eq!(hit_ids(&response), newest);
            before = response.total;
        }
    });
}

#[test]
fn the_names_of_fields_are_told_by_stream_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    let with = |seconds: i64, name: &'static str| {
        let mut made = event(seconds);
        made.sent("a.b", "x");
        made.sent(name, "x");
        made
    };
    put(&mut writer, 0, &with(100, "Image"), &source("one"));
    put(&mut writer, 1, &with(100, "c"), &source("two"));
    writer.commit(JournalPosition(2)).unwrap();
    writer.seal().unwrap();
    put(&mut writer, 2, &with(100_000, "d"), &source("one"));
    writer.commit(JournalPosition(3)).unwrap();
    writer.seal().unwrap();
    let check =
        |streams: Option<&[&str]>, since: Option<i64>, until: Option<i64>, expected: &[&str]| {
            let streams: Option<Vec<String>> =
                streams.map(|streams| streams.iter().map(|stream| (*stream).to_owned()).collect());
            let at = |seconds: Option<i64>| seconds.and_then(Timestamp::from_seconds);
            let names = index.field_names(streams.as_deref(), at(since), at(until));
            assert_eq!(names.unwrap(), expected, "{streams:?} {since:?} {until:?}");
        };
    // Those of most events first, by the names that they are asked for.
    check(
        None,
        None,
        None,
        &["a.b", "vakt.peer", "c", "d", "process.executable"],
    );
    check(Some(&["two"]), None, None, &["a.b", "c", "vakt.peer"]);
    check(Some(&[]), None, None, &[]);
    check(None, Some(1000), None, &["a.b", "d", "vakt.peer"]);
    check(
        None,
        None,
        Some(1000),
        &["a.b", "vakt.peer", "c", "process.executable"],
    );
    check(Some(&["one"]), Some(1000), Some(100_000), &[]);
}
