//! Notices: filed once with the change that they tell of, tried until delivered or too old.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force};
use vakt_event::{Clock, Level};

#[test]
fn a_new_draft_is_told_once_without_lines_or_user_names() {
    let store = Store::new();
    let mut detection = brute_force(&store, "203.0.113.7", 12);
    detection
        .entity
        .push(("user.name".to_owned(), "root".to_owned()));
    store.apply(std::slice::from_ref(&detection));
    let payloads = store.payloads();
    assert_eq!(payloads.len(), 1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&payloads[0]).unwrap());
}

#[test]
fn what_is_told_and_what_is_not() {
    let check = |level: Level, opens_draft: bool, drill: bool, expected: &[&str]| {
        let store = Store::new();
        let mut detection = brute_force(&store, "203.0.113.7", 12);
        (detection.level, detection.opens_draft, detection.drill) =
            (level, Some(opens_draft), drill);
        store.apply(&[detection.clone()]);
        detection.found_at.0 += 2;
        store.apply(&[detection]);
        let kinds: Vec<String> = store
            .payloads()
            .iter()
            .map(|payload| payload["kind"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, expected);
    };
    check(Level::Medium, true, false, &["draft"]);
    check(Level::Critical, true, false, &["draft"]);
    check(Level::High, false, false, &["alert"]);
    check(Level::Medium, false, false, &[]);
    check(Level::Critical, true, true, &[]);
}

#[test]
fn a_failure_is_tried_again_later_and_a_delivery_never() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    let due = || store.records.outbox_due(store.clock.now(), 10).unwrap();
    let first = due().remove(0);
    store
        .records
        .outbox_failed(first.id, "connection refused", None)
        .unwrap();
    assert_eq!(due().len(), 0);
    store.clock.advance(5);
    let again = due().remove(0);
    assert_eq!((again.id, again.attempts), (first.id, 1));
    store
        .records
        .outbox_failed(again.id, "503", Some(at("2026-11-23T20:01:00Z")))
        .unwrap();
    store.clock.advance(54);
    assert_eq!(due().len(), 0);
    store.clock.advance(1);
    store.records.outbox_delivered(due()[0].id).unwrap();
    store.records.outbox_delivered(first.id).unwrap();
    store.clock.advance(3_600);
    assert_eq!(due().len(), 0);
    let counts = store.records.outbox_counts().unwrap();
    assert_eq!(
        (counts.pending, counts.delivered, counts.dropped),
        (0, 1, 0)
    );
}

#[test]
fn a_notice_of_last_week_is_dropped_and_counted() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.clock.advance(72 * 3_600);
    assert_eq!(store.records.outbox_counts().unwrap().pending, 1);
    store.clock.advance(1);
    assert_eq!(store.payloads().len(), 0);
    let counts = store.records.outbox_counts().unwrap();
    assert_eq!(
        (counts.pending, counts.dropped, counts.oldest_pending),
        (0, 1, None)
    );
}

#[test]
fn what_waits_is_bounded_and_the_oldest_go_first() {
    let store = Store::new();
    for batch in 0..11_u64 {
        let detections: Vec<_> = (0..1_000_u64)
            .map(|host| {
                let position = 10 + 2 * (batch * 1_000 + host);
                let mut detection = brute_force(&store, &position.to_string(), position);
                detection.opens_draft = None;
                detection
            })
            .collect();
        store.apply(&detections);
    }
    let counts = store.records.outbox_counts().unwrap();
    assert_eq!((counts.pending, counts.dropped), (10_000, 1_000));
    let oldest = store.records.outbox_due(store.clock.now(), 1).unwrap();
    assert_eq!(oldest[0].payload["entity"], "2010");
}
