//! What the commands after `|` make of events: tables and hits, parts merged, bounds told.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::event;
use proptest::prelude::*;
use serde_json::Value as Json;
use vakt_event::{Event, JournalPosition, Timestamp, Value};
use vakt_search::aggregate::{Aggregation, GROUPS_MAX, Listed, Listing, Table, Window};
use vakt_search::{Order, Pipeline, Record};

const NOON: i64 = 1_764_072_000; // 2025-11-25T12:00:00Z

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn pipeline(text: &str) -> Pipeline {
    Pipeline::parse_at(text, at(NOON + 3_600)).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Sign-ins: seconds after noon, host, user, address, outcome, bytes.
fn sample() -> Vec<Event<'static>> {
    let rows = [
        (0, "web1", "root", "203.0.113.7", "failure", Some("120")),
        (10, "web1", "root", "203.0.113.7", "failure", Some("80.5")),
        (70, "web2", "anna", "198.51.100.9", "success", None),
        (130, "web2", "root", "203.0.113.7", "failure", Some("-1e1")),
        (250, "db1", "Root", "198.51.100.10", "success", Some("many")),
    ];
    let mut events: Vec<Event<'static>> = rows
        .into_iter()
        .map(|(seconds, host, user, address, outcome, bytes)| {
            let mut made = event(NOON + seconds);
            made.sent("message", format!("sign-in of {user}"));
            made.sent("host.name", host);
            made.sent("User", user);
            made.added("source.ip", address);
            made.added("event.outcome", outcome);
            if let Some(bytes) = bytes {
                made.sent("bytes", Value::from(bytes));
            }
            made
        })
        .collect();
    events[2].sent("tag", "a");
    events[2].sent("tag", "b");
    events[2].sent("tag", "a");
    events[3].sent("tag", "b");
    events[4].sent("tag", Value::Null);
    events
}

fn each<'e>(events: &'e [Event<'e>], pipeline: &'e Pipeline) -> impl Iterator<Item = Record<'e>> {
    let records = (0_u64..).zip(events).map(|(position, event)| Record {
        event,
        position: Some(JournalPosition(position)),
        source: None,
    });
    records.filter(|record| pipeline.query.matches_record(record))
}

fn table_of(text: &str, events: &[Event<'_>], window: Window) -> Table {
    let pipeline = pipeline(text);
    let mut aggregation = Aggregation::new(&pipeline, window).unwrap();
    for record in each(events, &pipeline) {
        aggregation.add(&record);
    }
    aggregation.finish()
}

fn listed(text: &str, events: &[Event<'_>]) -> Listed {
    let pipeline = pipeline(text);
    let mut listing = Listing::new(&pipeline, Order::default()).unwrap();
    for record in each(events, &pipeline) {
        listing.add(&record);
    }
    listing.finish()
}

/// A table as lines: columns, then rows.
fn show(table: &Table) -> String {
    let mut lines = vec![table.columns.join(" | ")];
    let cell = |cell: &Json| {
        cell.as_str()
            .map_or_else(|| cell.to_string(), str::to_owned)
    };
    lines.extend(table.rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(cell).collect();
        cells.join(" | ")
    }));
    lines.extend(table.cut.sentences());
    lines.join("\n")
}

fn check(text: &str, expected: &str) {
    let found = show(&table_of(text, &sample(), Window::default()));
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    assert_eq!(found, expected.join("\n"), "{text}\n{found}");
}

#[test]
fn stats_computes_for_each_group() {
    check("| stats count", "count\n5");
    check(
        "nothing | stats count, sum(bytes), min(bytes), dc(User)",
        "count | sum(bytes) | min(bytes) | dc(User)\n0 | null | null | 0",
    );
    check("nothing | stats count by User", "User | count");
    check(
        "* | stats count by user.name",
        "user.name | count
         root | 3
         anna | 1
         Root | 1",
    );
    check(
        "event.outcome:failure | STATS Count() BY User, host.name",
        "User | host.name | count
         root | web1 | 2
         root | web2 | 1",
    );
    check(
        "| stats count count(bytes) sum(bytes) avg(bytes) min(bytes) max(bytes) dc(source.ip)",
        "count | count(bytes) | sum(bytes) | avg(bytes) | min(bytes) | max(bytes) | dc(source.ip)
         5 | 4 | 190.5 | 63.5 | -10 | 120 | 3",
    );
    check(
        "| stats min(@timestamp) as first, max(@timestamp) as last, count as n by host.name | sort host.name",
        "host.name | first | last | n
         db1 | 2025-11-25T12:04:10Z | 2025-11-25T12:04:10Z | 1
         web1 | 2025-11-25T12:00:00Z | 2025-11-25T12:00:10Z | 2
         web2 | 2025-11-25T12:01:10Z | 2025-11-25T12:02:10Z | 2",
    );
    // Each distinct value counts once; an event without one is left out.
    check("| stats count by tag", "tag | count\nb | 2\na | 1");
    check(
        "| stats count by tag, host.name",
        "tag | host.name | count
         b | web2 | 2
         a | web2 | 1",
    );
    check("| stats dc(tag), count(tag)", "dc(tag) | count(tag)\n2 | 2");
}

#[test]
fn top_and_rare_count_values() {
    check(
        "| top 2 source.ip",
        "source.ip | count | percent
         203.0.113.7 | 3 | 60
         198.51.100.9 | 1 | 20",
    );
    check(
        "| rare limit=2 source.ip",
        "source.ip | count | percent
         198.51.100.9 | 1 | 20
         198.51.100.10 | 1 | 20",
    );
    check(
        "| top host.name User | where count>1 | fields User, percent",
        "User | percent\nroot | 40",
    );
    check(
        "host.name:web* | top 1 User",
        "User | count | percent\nroot | 3 | 75",
    );
}

#[test]
fn a_timechart_has_a_row_for_each_bucket() {
    check(
        "| timechart 1m",
        "@timestamp | count
         2025-11-25T12:00:00Z | 2
         2025-11-25T12:01:00Z | 1
         2025-11-25T12:02:00Z | 1
         2025-11-25T12:03:00Z | 0
         2025-11-25T12:04:00Z | 1",
    );
    check(
        "| timechart span=2m by host.name",
        "@timestamp | web1 | web2 | db1
         2025-11-25T12:00:00Z | 2 | 1 | 0
         2025-11-25T12:02:00Z | 0 | 1 | 0
         2025-11-25T12:04:00Z | 0 | 0 | 1",
    );
    check(
        "| timechart 2m sum(bytes), count by event.outcome | sort -@timestamp | head 2",
        "@timestamp | sum(bytes): failure | count: failure | sum(bytes): success | count: success
         2025-11-25T12:04:00Z | null | 0 | null | 1
         2025-11-25T12:02:00Z | -10 | 1 | null | 0",
    );
    // Open times and no span: by the hour.
    check(
        "| timechart",
        "@timestamp | count\n2025-11-25T12:00:00Z | 5",
    );
    let window = Window {
        since: Some(at(NOON - 7)),
        until: Some(at(NOON + 300)),
    };
    let found = table_of("db1 | timechart 2m", &sample(), window);
    assert_eq!(
        show(&found),
        "@timestamp | count
2025-11-25T11:58:00Z | 0
2025-11-25T12:00:00Z | 0
2025-11-25T12:02:00Z | 0
2025-11-25T12:04:00Z | 1"
    );
    let found = table_of("| timechart", &sample(), window);
    assert_eq!(
        found.rows.len(),
        62,
        "five seconds each, in about a hundred"
    );
}

#[test]
fn tables_are_sorted_narrowed_and_cut() {
    let by_user = "| stats count, dc(host.name) as hosts by User";
    check(
        &format!("{by_user} | sort -hosts, user.name | fields - count"),
        "User | hosts\nroot | 2\nanna | 1\nRoot | 1",
    );
    check(
        &format!("{by_user} | where not root"),
        "User | count | hosts\nanna | 1 | 1",
    );
    check(
        &format!("{by_user} | where user.name:(a* or root) and hosts<2 | limit 1"),
        "User | count | hosts\nanna | 1 | 1",
    );
    check(
        "| stats count by source.ip | sort source.ip | head 2",
        "source.ip | count\n198.51.100.9 | 1\n198.51.100.10 | 1",
    );
    check(
        "| stats count by source.ip | where source.ip:203.0.113.0/24",
        "source.ip | count\n203.0.113.7 | 3",
    );
    check(
        "| stats sum(bytes) | sort sum(bytes) | fields sum(bytes)",
        "sum(bytes)\n190.5",
    );
    check(
        "| stats min(@timestamp) as first by User | where first>=2025-11-25T12:01:00Z | sort first",
        "User | first\nanna | 2025-11-25T12:01:10Z\nRoot | 2025-11-25T12:04:10Z",
    );
    check(
        "| stats sum(bytes), avg(bytes) by User | where sum(bytes)>=190 and not sum(bytes)>200",
        "User | sum(bytes) | avg(bytes)\nroot | 190.5 | 63.5",
    );
    check("| where web2 | where root | stats count", "count\n1");
    check("root or anna | where web2 | stats count", "count\n2");
    assert_eq!(
        table_of("| stats count", &sample(), Window::default())
            .to_json()
            .to_string(),
        r#"{"columns":["count"],"rows":[[5]]}"#
    );
}

#[test]
fn hits_are_sorted_projected_and_cut() {
    let check = |text: &str, expected: &[&str]| {
        let found = listed(text, &sample());
        let shown: Vec<String> = found
            .hits
            .iter()
            .map(|hit| Json::Object(hit.clone()).to_string())
            .collect();
        assert_eq!(shown, expected, "{text}");
        assert!(!found.cut.is_any(), "{text}");
    };
    check(
        "| fields event.id | head 2",
        &[r#"{"event.id":"4"}"#, r#"{"event.id":"3"}"#],
    );
    check("failure | sort bytes | fields bytes, event.id", &[]);
    check(
        "event.outcome:failure | sort bytes | fields bytes, event.id",
        &[
            r#"{"bytes":"-1e1","event.id":"3"}"#,
            r#"{"bytes":"80.5","event.id":"1"}"#,
            r#"{"bytes":"120","event.id":"0"}"#,
        ],
    );
    check(
        "| sort -bytes | head 2 | fields user.name bytes",
        &[
            r#"{"user.name":"Root","bytes":"many"}"#,
            r#"{"user.name":"root","bytes":"120"}"#,
        ],
    );
    // What is missing comes last; equal ones newest first.
    check(
        "| sort host.name desc, bytes | fields event.id",
        &[
            r#"{"event.id":"3"}"#,
            r#"{"event.id":"2"}"#,
            r#"{"event.id":"1"}"#,
            r#"{"event.id":"0"}"#,
            r#"{"event.id":"4"}"#,
        ],
    );
    // Commands act in their order.
    check(
        "| head 2 | sort event.id | fields event.id",
        &[r#"{"event.id":"3"}"#, r#"{"event.id":"4"}"#],
    );
    check(
        "| sort event.id | head 2 | sort -event.id | head 1 | fields event.id",
        &[r#"{"event.id":"1"}"#],
    );
    let whole = listed("db1", &sample());
    assert_eq!(whole.hits[0]["host.name"], "db1");
    let without = listed("db1 | fields - message, User", &sample());
    assert!(!without.hits[0].contains_key("message") && !without.hits[0].contains_key("user.name"));
    assert_eq!(without.hits[0].len(), whole.hits[0].len() - 2);
}

#[test]
fn what_is_cut_says_so() {
    let pipeline = pipeline("| stats count by n");
    let mut aggregation = Aggregation::new(&pipeline, Window::default()).unwrap();
    let mut counter = aggregation.counter().unwrap();
    for n in 0..=GROUPS_MAX {
        counter.add_counted(None, &[&n.to_string()], 1);
    }
    // A group that is known goes on counting.
    counter.add_counted(None, &["7"], 2);
    let table = aggregation.finish();
    assert_eq!(table.rows.len(), GROUPS_MAX);
    assert_eq!(table.rows[0], ["7".into(), Json::from(3)]);
    assert!(table.cut.groups);
    let json = table.to_json();
    assert!(
        json["cut"][0].as_str().unwrap().contains("lower bounds"),
        "{}",
        json["cut"]
    );

    // Values that are long take the room of many.
    let mut aggregation = Aggregation::new(&pipeline, Window::default()).unwrap();
    let long = "x".repeat(1 << 20);
    for n in 0..70 {
        let mut made = event(NOON);
        made.sent("n", format!("{n}{long}"));
        aggregation.add(&Record::of(&made));
    }
    let table = aggregation.finish();
    assert!(table.cut.groups);
    assert_eq!(table.rows.len(), 63);

    let mut made = event(NOON);
    for n in 0..40 {
        made.sent("a", Value::number(n));
        made.sent("b", Value::number(n));
    }
    made.sent("c", Value::number("1e30"));
    let events = [made];
    let table = table_of("| stats count by a, b", &events, Window::default());
    assert!(table.cut.combinations);
    assert_eq!(table.rows.len(), 1_000);
    let table = table_of("| stats sum(c), max(c)", &events, Window::default());
    assert!(table.cut.numbers);
    assert_eq!(table.rows[0][0], Json::Null);
    assert_eq!(table.rows[0][1], Json::from(1e30));
}

#[test]
fn a_chart_shows_twenty_series_and_the_others() {
    let events: Vec<Event<'static>> = (0..25)
        .flat_map(|n| (0..=n).map(move |_| n))
        .map(|n| {
            let mut made = event(NOON);
            made.sent("n", Value::number(n));
            made
        })
        .collect();
    let table = table_of("| timechart 1h by n", &events, Window::default());
    assert_eq!(table.columns.len(), 22);
    assert_eq!(table.columns[1], "24");
    assert_eq!(table.columns[21], "(other)");
    assert_eq!(table.rows[0][21], Json::from(1 + 2 + 3 + 4 + 5));
}

#[test]
fn no_two_columns_of_a_chart_have_one_name() {
    let values = ["@timestamp", "(other)", "count: @timestamp", ""];
    let made = |value: &str, count: usize| {
        let mut made = event(NOON);
        made.sent("x", value.to_owned());
        std::iter::repeat_n(made, count)
    };
    let events: Vec<Event<'static>> = (9..).zip(values).flat_map(|(n, x)| made(x, n)).collect();
    let table = table_of("| timechart 1h by x", &events, Window::default());
    assert_eq!(
        show(&table),
        "@timestamp |  | count: @timestamp | count: (other) | count: count: @timestamp\n2025-11-25T12:00:00Z | 12 | 11 | 10 | 9"
    );
    // Of more values than are shown one is called as the others are.
    let more = (0..25).flat_map(|n| made(&format!("v{n}"), 2));
    let events: Vec<Event<'static>> = events.into_iter().chain(more).collect();
    let table = table_of("| timechart 1h by x", &events, Window::default());
    let names: BTreeSet<&String> = table.columns.iter().collect();
    assert_eq!((names.len(), table.columns.len()), (22, 22));
    assert_eq!(
        (table.columns[21].as_str(), &table.rows[0][21]),
        ("(other)", &Json::from(9 * 2))
    );
}

#[test]
fn a_chart_of_too_many_buckets_says_that_empty_ones_are_missing() {
    let events = [event(NOON), event(NOON - 40_000_000)];
    let table = table_of("| timechart 1s", &events, Window::default());
    assert_eq!(table.rows.len(), 2);
    assert!(table.cut.empty_buckets && !table.cut.buckets);
    assert_eq!(table.cut.sentences().len(), 1);
    let table = table_of("| timechart 1d", &events, Window::default());
    assert!(table.rows.len() > 400 && !table.cut.is_any());
}

/// A field with few values, so that groups meet.
fn any_event() -> impl Strategy<Value = Event<'static>> {
    let value = prop::sample::select(vec![
        "a",
        "A",
        "b",
        "1",
        "1.0",
        "-2.5",
        "0.1",
        "1e3",
        "",
        "2025-11-25T12:00:00Z",
    ]);
    let field = (
        prop::sample::select(vec!["x", "y", "User", "user.name"]),
        value,
    );
    (
        prop::collection::vec(field, 0..6),
        prop::option::of(0_i64..600),
    )
        .prop_map(|(fields, seconds)| {
            let mut made = event(NOON);
            made.time.claimed = None;
            made.time.received = seconds.map(|seconds| at(NOON + seconds));
            for (name, value) in fields {
                made.sent(name, value);
            }
            made
        })
}

const TABLES: [&str; 9] = [
    "| stats count",
    "| stats count by x",
    "| stats count by x, user.name",
    "a | stats count, count(y), dc(y), sum(y), avg(y), min(y), max(y), max(@timestamp) by x",
    "| stats sum(x), avg(y) | where sum\\(x\\)>0",
    "| timechart 1m sum(y), dc(y) by x",
    "| timechart 2m",
    "| top 3 x",
    "| rare 3 x, y | sort -percent, y | head 2",
];

const LISTINGS: [&str; 4] = [
    "",
    "| sort -x, y | head 3",
    "| head 4 | sort y | fields x",
    "| sort user.name",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_that_are_merged_are_the_whole(
        events in prop::collection::vec((any_event(), 0_usize..3), 0..40),
    ) {
        let window = Window::default();
        for text in TABLES {
            let pipeline = pipeline(text);
            let mut whole = Aggregation::new(&pipeline, window).unwrap();
            let mut parts = [whole.another(), whole.another(), whole.another()];
            for (event, part) in &events {
                let record = Record::of(event);
                if pipeline.query.matches_record(&record) {
                    whole.add(&record);
                    parts[*part].add(&record);
                }
            }
            let [mut first, second, third] = parts;
            first.merge(third);
            first.merge(second);
            prop_assert_eq!(first.finish(), whole.finish(), "{}", text);
        }
        for text in LISTINGS {
            let pipeline = pipeline(text);
            let mut whole = Listing::new(&pipeline, Order::default()).unwrap();
            let mut parts = [(); 3].map(|()| Listing::new(&pipeline, Order::default()).unwrap());
            for (position, (event, part)) in (0_u64..).zip(&events) {
                let position = Some(JournalPosition(position));
                let record = Record { event, position, source: None };
                whole.add(&record);
                parts[*part].add(&record);
            }
            let [mut first, second, third] = parts;
            first.merge(third);
            first.merge(second);
            prop_assert_eq!(first.finish(), whole.finish(), "{}", text);
        }
    }

    /// Counting by hand, and counted values as an index can give them, are the same.
    #[test]
    fn counts_are_those_of_distinct_values(events in prop::collection::vec(any_event(), 0..40)) {
        let mut by_hand: BTreeMap<String, u64> = BTreeMap::new();
        for event in &events {
            let values: BTreeSet<String> = event.values("x").map(|value| value.text().to_owned()).collect();
            for value in values {
                *by_hand.entry(value).or_default() += 1;
            }
        }
        let pipeline = pipeline("| stats count by x");
        let mut fed = Aggregation::new(&pipeline, Window::default()).unwrap();
        for event in &events {
            fed.add(&Record::of(event));
        }
        let mut counted = fed.another();
        let mut counter = counted.counter().unwrap();
        for (value, count) in &by_hand {
            counter.add_counted(None, &[value], *count);
        }
        let table = fed.finish();
        prop_assert_eq!(&table, &counted.finish());
        let found: BTreeMap<String, u64> = table
            .rows
            .iter()
            .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap()))
            .collect();
        prop_assert_eq!(found, by_hand);
    }
}

#[test]
fn only_counts_can_be_fed_counted() {
    let can = |text: &str| {
        let mut aggregation = Aggregation::new(&pipeline(text), Window::default()).unwrap();
        aggregation.counter().is_some()
    };
    assert!(can("| top 5 x"));
    assert!(can("| timechart 5m by x"));
    assert!(!can("| stats count, dc(x)"));
    assert!(!can("| stats count(x)"));
    assert!(Aggregation::new(&pipeline("x | head 3"), Window::default()).is_none());
    assert!(Listing::new(&pipeline("x | top y"), Order::default()).is_none());
}
