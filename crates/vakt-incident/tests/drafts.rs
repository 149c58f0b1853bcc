//! Detections become alerts and drafts: grouped, capped, never twice.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force, event, of_events};
use vakt_event::{Clock, JournalPosition, Level};
use vakt_incident::{ClockState, Detection, IncidentState};

#[test]
fn a_detection_opens_a_draft_with_its_clocks_and_evidence() {
    let store = Store::new();
    let applied = store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    assert_eq!(
        (applied.alerts_opened.len(), applied.drafts_opened.len()),
        (1, 1)
    );
    let draft = store.records.incident(&applied.drafts_opened[0]).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&draft).unwrap());
    assert_eq!(store.records.incident("1").unwrap(), draft);
    let listed = store.incidents();
    assert_eq!(listed, [draft.incident]);
}

#[test]
fn the_same_batch_again_changes_nothing() {
    let store = Store::new();
    let batch = [
        brute_force(&store, "203.0.113.7", 12),
        brute_force(&store, "203.0.113.8", 14),
    ];
    let next = JournalPosition(20);
    store.apply_to(&batch, next, Some(b"state"));
    let before = (store.alerts(), store.incidents());
    assert_eq!(store.payloads().len(), 2);

    let store = store.restart();
    assert_eq!(store.records.detect_checkpoint().unwrap(), Some(next));
    let snapshot = store.records.correlator_snapshot().unwrap();
    assert_eq!(snapshot, Some((next, b"state".to_vec())));
    let applied = store.apply_to(&batch, JournalPosition(15), None);
    assert_eq!((applied.repeated, applied.alerts_opened.len()), (2, 0));
    assert_eq!(store.records.detect_checkpoint().unwrap(), Some(next));
    assert_eq!((store.alerts(), store.incidents()), before);
    assert_eq!(store.payloads().len(), 0);
}

#[test]
fn a_detection_twice_in_one_batch_counts_once() {
    let store = Store::new();
    let detection = brute_force(&store, "203.0.113.7", 12);
    let applied = store.apply(&[detection.clone(), detection]);
    assert_eq!((applied.repeated, store.alerts()[0].count), (1, 1));
}

#[test]
fn matches_join_their_alert_until_an_hour_is_quiet() {
    let store = Store::new();
    let check = |pause: i64, position: u64, alerts: usize, newest: u64| {
        store.clock.advance(pause);
        store.apply(&[brute_force(&store, "203.0.113.7", position)]);
        let found = store.alerts();
        assert_eq!(
            (found.len(), found[0].count),
            (alerts, newest),
            "at {position}"
        );
    };
    check(0, 10, 1, 1);
    check(3_600, 20, 1, 2);
    check(3_600, 30, 1, 3);
    check(3_601, 40, 2, 1);
    // A later alert of the same group still belongs to the draft that is open.
    let incidents = store.incidents();
    assert_eq!((incidents.len(), incidents[0].match_count), (1, 4));
    assert_eq!(store.records.incident("1").unwrap().alerts.len(), 2);
}

#[test]
fn entities_streams_and_drills_are_kept_apart() {
    let store = Store::new();
    let mut other_stream = brute_force(&store, "203.0.113.7", 14);
    other_stream.stream = "acme".to_owned();
    let mut drill = brute_force(&store, "203.0.113.7", 16);
    drill.drill = true;
    store.apply(&[
        brute_force(&store, "203.0.113.7", 10),
        brute_force(&store, "203.0.113.8", 12),
        other_stream,
        drill,
    ]);
    assert_eq!((store.alerts().len(), store.incidents().len()), (4, 4));
}

#[test]
fn a_rule_that_opens_no_draft_raises_an_alert_alone() {
    let store = Store::new();
    let mut detection = brute_force(&store, "203.0.113.7", 10);
    detection.opens_draft = None;
    detection.level = Level::Medium;
    store.apply(&[detection]);
    assert_eq!((store.alerts().len(), store.incidents().len()), (1, 0));
    assert_eq!(store.payloads().len(), 0);
}

#[test]
fn drafts_beyond_the_cap_join_one_burst_draft() {
    let store = Store::new();
    for host in 0..50_u64 {
        let entity = format!("203.0.113.{host}");
        store.apply(&[brute_force(&store, &entity, 10 + 2 * host)]);
    }
    // The entities of the burst come again: they join it, they open nothing.
    for host in 40..50_u64 {
        let entity = format!("203.0.113.{host}");
        store.apply(&[brute_force(&store, &entity, 200 + 2 * host)]);
    }
    let incidents = store.incidents();
    assert_eq!(incidents.len(), 21);
    let burst = &incidents[0];
    assert_eq!(burst.title, "Burst: more than 20 drafts within an hour");
    assert_eq!((burst.match_count, burst.rule_id.as_deref()), (40, None));
    assert_eq!(burst.clocks[0].state, ClockState::Provisional);
    assert_eq!(store.alerts().len(), 50);

    // A burst never mixes streams, which are customers, nor drills with what is real; and what one
    // customer's noise came to leaves the draft of another his own.
    let mut other_stream = brute_force(&store, "203.0.113.99", 400);
    other_stream.stream = "acme".to_owned();
    let mut drill = brute_force(&store, "203.0.113.99", 402);
    drill.drill = true;
    store.apply(&[other_stream, drill]);
    let found: Vec<(String, bool, u64)> = store.incidents()[..2]
        .iter()
        .map(|it| (it.stream.clone(), it.drill, it.match_count))
        .collect();
    assert_eq!(
        found,
        [
            ("default".to_owned(), true, 1),
            ("acme".to_owned(), false, 1)
        ]
    );
    for incident in &store.incidents()[..2] {
        assert_eq!(incident.title, "SSH login after failures: 203.0.113.99");
    }

    // An hour later a new entity has a draft of its own again.
    store.clock.advance(3_601);
    store.apply(&[brute_force(&store, "203.0.113.77", 1_000)]);
    assert_eq!(store.incidents().len(), 24);
    assert_eq!(
        store.incidents()[0].title,
        "SSH login after failures: 203.0.113.77"
    );
}

#[test]
fn back_filled_events_make_a_draft_historic() {
    let store = Store::new();
    let check = |entity: &str, position: u64, age: i64, expected: bool| {
        let events = vec![event(position, store.clock.now(), age)];
        store.apply(&[Detection {
            entity: vec![("source.ip".to_owned(), entity.to_owned())],
            ..of_events(&store, events)
        }]);
        assert_eq!(store.incidents()[0].historic, expected, "{age} seconds old");
    };
    check("203.0.113.1", 10, 24 * 3_600, false);
    check("203.0.113.2", 20, 24 * 3_600 + 1, true);
    check("203.0.113.3", 30, -600, false);
}

#[test]
fn evidence_is_bounded_and_the_rest_counted() {
    let store = Store::new();
    let now = store.clock.now();
    let check = |events: std::ops::Range<u64>, kept: Vec<u64>, total: u64, note: &str| {
        let events: Vec<_> = events
            .map(|position| event(position, now, 5_000 - i64::try_from(position).unwrap()))
            .collect();
        store.apply(&[of_events(&store, events)]);
        let draft = store.records.incident("1").unwrap();
        let found: Vec<u64> = draft
            .evidence
            .iter()
            .map(|event| event.id.parse().unwrap())
            .collect();
        assert_eq!((found, draft.evidence_total), (kept.clone(), total));
        let bound = "Of each match the first 50 and the newest are, 200 in all; of the whole \
                     incident 1000 events or 16 MiB. The journal holds the others while it keeps them.";
        let note = (!note.is_empty()).then(|| format!("{note} {bound}"));
        assert_eq!(draft.evidence_note, note);
        kept
    };
    let kept = check(0..101, (0..101).collect(), 101, "");
    assert_eq!(store.alerts()[0].event_ids.len(), 100);
    assert_eq!(store.alerts()[0].event_ids[99], "100");
    let mut kept: Vec<u64> = kept
        .into_iter()
        .chain(1_000..1_050)
        .chain(1_251..1_401)
        .collect();
    let note = "201 of 502 events are not copied here.";
    check(1_000..1_401, kept.clone(), 502, note);
    for begin in [2_000, 3_000, 4_000] {
        kept.extend(begin..begin + 200);
        let total = u64::try_from(kept.len()).unwrap() + 201;
        let note = format!("201 of {total} events are not copied here.");
        check(begin..begin + 200, kept.clone(), total, &note);
    }
    // The incident is full at a thousand: the event that completed the match, the oldest, the newest.
    kept.extend((5_000..5_050).chain(5_151..5_200));
    check(
        5_000..5_200,
        kept,
        1_302,
        "302 of 1302 events are not copied here.",
    );
}

/// A firing over 401 events once made a record of 201, which said that there were no more.
#[test]
fn what_a_firing_does_not_list_is_counted_and_its_first_event_is_the_earliest() {
    let store = Store::new();
    let now = store.clock.now();
    // The event at 130 claims to be the first, and came after others.
    let events: Vec<_> = (10..=400)
        .map(|position| event(position, now, if position == 130 { 900 } else { 60 }))
        .collect();
    let mut detection = of_events(&store, events);
    detection.first_event = JournalPosition(130);
    detection.event_count = 5_000;
    store.apply(&[detection]);
    let draft = store.records.incident("1").unwrap();
    assert_eq!((draft.evidence.len(), draft.evidence_total), (200, 5_000));
    assert_eq!(draft.incident.event_count, 5_000);
    assert!(draft.evidence.iter().any(|event| event.id == "130"));
    let first = draft.incident.first_event.unwrap();
    assert_eq!(first.claimed, Some(now.saturating_add_micros(-900_000_000)));
    assert_eq!(first.received, now);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// A brute force that goes on fires at every event. After a dismissal the next one opened a draft
/// with one event as its evidence.
#[test]
fn a_repeated_firing_that_opens_a_draft_brings_all_its_events() {
    let store = Store::new();
    let now = store.clock.now();
    let fire = |position: u64, repeat: bool| {
        let events: Vec<_> = (position - 9..=position)
            .map(|position| event(position, now, 1))
            .collect();
        store.apply(&[Detection {
            repeat,
            ..of_events(&store, events)
        }]);
    };
    let check = |id: &str, frozen: usize, total: u64, events: u64| {
        let draft = store.records.incident(id).unwrap();
        let counts = (draft.evidence_total, draft.incident.event_count);
        assert_eq!((draft.evidence.len(), counts), (frozen, (total, events)));
        assert_eq!(store.alerts()[0].event_count, events);
    };
    fire(9, false);
    fire(10, true);
    check("1", 11, 11, 11);
    store.fact("1", r#"{"fact":"dismissed","reason":"our own scanner"}"#);
    fire(11, true);
    check("2", 10, 10, 10);
    fire(12, true);
    check("2", 11, 11, 11);
}

/// An execution that was joined from records is one event, and all its records are evidence.
#[test]
fn all_records_of_a_joined_event_are_evidence() {
    let store = Store::new();
    let now = store.clock.now();
    let events: Vec<_> = [3, 4, 6]
        .map(|position| event(position, now, 1))
        .into_iter()
        .collect();
    let mut detection = of_events(&store, events);
    detection.completing.records = detection.events.clone();
    detection.repeat = true;
    // A record of another execution showed that this one is whole.
    detection.found_at = JournalPosition(8);
    let applied = store.apply_to(&[detection], JournalPosition(9), None);
    assert_eq!(applied.drafts_opened.len(), 1);
    let draft = store.records.incident("1").unwrap();
    let found: Vec<_> = draft
        .evidence
        .iter()
        .map(|event| event.id.as_str())
        .collect();
    assert_eq!((found, draft.evidence_total), (vec!["3", "4", "6"], 3));
    assert_eq!(store.alerts()[0].event_ids, ["3", "4", "6"]);
}

#[test]
fn evidence_of_any_bytes_is_frozen_with_its_hash() {
    let store = Store::new();
    let detection = brute_force(&store, "203.0.113.7", 10);
    let position = detection.events[1].0;
    let original = b"\xff\x00binary".to_vec();
    store
        .journal
        .borrow_mut()
        .get_mut(&position)
        .unwrap()
        .original = original;
    store.apply(&[detection]);
    let frozen = &store.records.incident("1").unwrap().evidence[1];
    assert_eq!(frozen.original, "\u{fffd}\0binary");
    assert_eq!(
        frozen.hash,
        blake3::hash(b"\xff\x00binary").to_hex().as_str()
    );
}

#[test]
fn a_detection_without_events_is_left_out_and_counted() {
    let store = Store::new();
    let mut detection = brute_force(&store, "203.0.113.7", 10);
    detection.events.clear();
    assert_eq!(store.apply(&[detection]).without_events, 1);
    assert_eq!(store.alerts().len(), 0);
}

#[test]
fn a_dismissal_ends_the_draft_and_the_next_match_opens_another() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 10)]);
    let recorded = store.fact("1", r#"{"fact":"dismissed","reason":"our own scanner"}"#);
    assert_eq!(recorded.warnings, Vec::<String>::new());
    assert_eq!(recorded.incident.incident.state, IncidentState::Dismissed);
    let states: Vec<ClockState> = recorded
        .incident
        .incident
        .clocks
        .iter()
        .map(|clock| clock.state)
        .collect();
    assert_eq!(states, [ClockState::Cancelled; 3]);
    let verdicts = store.records.rule_verdicts().unwrap();
    assert_eq!(
        (verdicts.len(), verdicts[0].drafts, verdicts[0].dismissed),
        (1, 1, 1)
    );

    store.apply(&[brute_force(&store, "203.0.113.7", 20)]);
    assert_eq!((store.alerts().len(), store.incidents().len()), (2, 2));

    let reopened = store.fact("1", r#"{"fact":"reopened"}"#).incident.incident;
    assert_eq!(reopened.state, IncidentState::Draft);
    assert_eq!(reopened.clocks[0].due, Some(at("2026-11-24T20:00:00Z")));
    assert_eq!(store.records.rule_verdicts().unwrap()[0].dismissed, 0);
}

#[test]
fn a_store_of_a_newer_version_is_refused() {
    let store = Store::new();
    let path = store.path();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let clock = store.clock.clone();
    let error = vakt_incident::Records::open(&path, clock)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("have schema 99, and this version of vakt knows schemas up to "));
}

#[test]
fn blobs_survive_a_restart() {
    let store = Store::new();
    store.records.save_blob("sources", b"one").unwrap();
    store.records.save_blob("sources", b"two").unwrap();
    let store = store.restart();
    assert_eq!(
        store.records.load_blob("sources").unwrap(),
        Some(b"two".to_vec())
    );
    assert_eq!(store.records.load_blob("other").unwrap(), None);
}
