//! More events than one thread looks at alone: what several find is what a plain scan finds.
#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use common::{add, event, ids, line, open, request};
use vakt_event::Event;
use vakt_search::{Index, Order, Query, Request};

/// Three chunks and a beginning of a fourth.
const EVENTS: usize = 26_000;

/// Lines of a few kinds, in which words meet in and out of order, in one value or in two.
fn events() -> Vec<Event<'static>> {
    let made = (0..EVENTS).map(|number| {
        let seconds = i64::try_from(number).unwrap();
        match number % 13 {
            0..3 => line(
                seconds,
                &format!("Failed password for u{number} port {number}"),
            ),
            3 => line(seconds, &format!("password Failed for u{number}")),
            4 => line(seconds, &format!("Failed Passwords of u{number}")),
            5 => line(seconds, &format!("Straße: FAILED PASSWORD, n{number}")),
            6 => {
                let mut two = event(seconds);
                two.sent("a", format!("u{number} failed"));
                two.sent(
                    "b",
                    format!("password of u{number}, which is the longer value"),
                );
                two
            }
            7 => {
                let mut short = event(seconds);
                short.sent("a", "failed password");
                short.sent(
                    "b",
                    format!("said of u{number}, and this is the longer value"),
                );
                short
            }
            8 => {
                let mut added = line(seconds, &format!("closed by u{number}"));
                added.added("note", "failed password");
                added
            }
            _ => line(
                seconds,
                &format!("session {number} opened for u{}", number % 7),
            ),
        }
    });
    made.collect()
}

const QUERIES: [&str; 17] = [
    "\"failed password\"",
    "failed password",
    "\"failed password\" or \"session 12\"",
    "\"failed password\" not port",
    "*ailed*passw*",
    "*passw* -port",
    "strasse",
    "/failed pass(word|phrase) for/",
    "/^session [0-9]*7 /",
    "note:\"failed password\"",
    "u3 or a:failed",
    "\"session opened\"",
    "\"opened for\"",
    "message:\"failed password for\"",
    "not \"failed password\"",
    "a:\"failed password\" or \"password failed for\"",
    "*iled\\ password\\ f* or \"iled password\"",
];

fn check(index: &Index, events: &[Event<'_>], what: &str) {
    for text in QUERIES {
        let query = Query::parse(text).unwrap();
        let expected: Vec<u64> = (0..)
            .zip(events)
            .filter(|(_, event)| query.matches(event))
            .map(|(position, _)| position)
            .collect();
        let asked = Request {
            limit: 10,
            order: Order::Ascending,
            ..request(text)
        };
        let all = index.search(&asked).unwrap();
        assert_eq!(all.total, expected.len() as u64, "{text} {what}");
        let first = Request {
            hits_only: true,
            ..asked
        };
        let first = index.search(&first).unwrap();
        let found = common::hit_ids(&first);
        assert_eq!(found, expected[..expected.len().min(10)], "{text} {what}");
        // Around the bounds of the chunks, where each event is seen.
        let near = |position: &&u64| (8_100..8_300).contains(*position);
        let near: Vec<u64> = expected.iter().filter(near).copied().collect();
        let between = request(&format!(
            "({text}) @timestamp:[1970-01-01T02:15:00Z TO 1970-01-01T02:18:20Z}}"
        ));
        let mut between = ids(index, &between);
        between.reverse();
        assert_eq!(between, near, "{text} {what}");
    }
}

#[test]
fn many_events_are_judged_as_each_is() {
    let events = events();
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    add(&mut writer, 0, &events);
    check(&index, &events, "in memory");
    writer.seal().unwrap();
    check(&index, &events, "on disk");
    while index.build_next(true).unwrap().is_some() {}
    check(&index, &events, "with an inverted index");
}
