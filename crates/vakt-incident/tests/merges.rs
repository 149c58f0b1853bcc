//! Incidents that become one, and parts that become incidents of their own.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use vakt_incident::{ClockState, IncidentState, NewFact, NewSplit};

/// Two drafts of different attackers, the second an hour later.
fn with_two() -> Store {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.clock.advance(3_600);
    store.apply(&[brute_force(&store, "203.0.113.8", 14)]);
    store
}

fn first_due(store: &Store, id: &str) -> String {
    let clocks = store.records.incident(id).unwrap().incident.clocks;
    format!("{} {}", clocks[0].state, clocks[0].due.unwrap())
}

fn refused(store: &Store, id: &str, json: &str) -> String {
    let new: NewFact = serde_json::from_str(json).unwrap();
    let error = store.records.add_fact(id, new, "anna").unwrap_err();
    assert!(error.is_callers(), "{error}");
    error.to_string()
}

#[test]
fn merged_incidents_have_the_earliest_awareness_and_all_submissions() {
    let store = with_two();
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:30:00Z"}"#);
    store.fact("1", r#"{"fact":"submitted","report":"early_warning","reference":"A","at":"2026-11-23T20:40:00Z"}"#);
    store.fact("2", r#"{"fact":"aware","at":"2026-11-23T20:50:00Z"}"#);
    let merged = store.fact(
        "1",
        r#"{"fact":"merged","into":"2","reason":"one attacker"}"#,
    );
    assert_eq!(merged.incident.incident.state, IncidentState::Merged);
    let whole = store.records.incident("2").unwrap();
    assert_eq!(
        merged.incident.incident.merged_into.as_ref(),
        Some(&whole.incident.id)
    );
    assert!(
        merged
            .incident
            .incident
            .clocks
            .iter()
            .all(|it| it.state == ClockState::Superseded)
    );
    assert_eq!(whole.incident.state, IncidentState::EarlyWarned);
    assert_eq!(first_due(&store, "2"), "met 2026-11-24T20:30:00Z");
    assert_eq!(whole.members, [merged.incident.incident.id]);
    // The evidence of both, and later matches of either join the whole.
    assert_eq!((whole.evidence.len(), whole.evidence_total), (4, 4));
    let joined = store.apply(&[brute_force(&store, "203.0.113.7", 16)]);
    assert_eq!((joined.drafts_opened.len(), joined.drafts_joined), (0, 1));
    assert!(store.records.verify_audit().unwrap().is_sound());
    let store = store.restart();
    assert_eq!(first_due(&store, "2"), "met 2026-11-24T20:30:00Z");
}

/// The progress report of the one moves the final report of both.
#[test]
fn a_deadline_that_a_merge_moves_is_said() {
    let store = with_two();
    let notified = r#"{"fact":"submitted","report":"notification","reference":"N"}"#;
    for id in ["1", "2"] {
        store.fact(id, r#"{"fact":"aware"}"#);
        store.fact(id, notified);
    }
    store.fact(
        "2",
        r#"{"fact":"submitted","report":"progress","reference":"P"}"#,
    );
    let merged = store.fact("1", r#"{"fact":"merged","into":"2"}"#);
    assert_eq!(
        merged.warnings,
        [
            "final of nis2-se was due at 2026-12-23T23:00:00Z apart, and in the whole it has no date yet: plan on the earlier"
        ]
    );
    // Nothing moves where both are at the same point.
    let store = with_two();
    store.fact("2", r#"{"fact":"aware"}"#);
    let merged = store.fact("1", r#"{"fact":"merged","into":"2"}"#);
    assert_eq!(merged.warnings, Vec::<String>::new());
}

/// The clocks of the part were gone without a word.
#[test]
fn clocks_that_end_with_a_merge_and_a_state_that_changes_are_said() {
    let merged = |store: &Store, into: &str| {
        let part = if into == "2" { "1" } else { "2" };
        store
            .fact(part, &format!(r#"{{"fact":"merged","into":"{into}"}}"#))
            .warnings
    };
    let store = with_two();
    store.fact("2", r#"{"fact":"dismissed","reason":"our own scanner"}"#);
    assert_eq!(
        merged(&store, "2"),
        [
            "early_warning of nis2-se was provisional until 2026-11-24T20:00:00Z apart, and in the whole it is cancelled",
            "notification of nis2-se was provisional until 2026-11-26T20:00:00Z apart, and in the whole it is cancelled",
        ]
    );
    // The draft's clocks end where they are met.
    let store = with_two();
    for report in ["early_warning", "notification", "final"] {
        let sent = format!(r#"{{"fact":"submitted","report":"{report}","reference":"A"}}"#);
        store.fact("1", &sent);
    }
    store.fact("2", r#"{"fact":"aware"}"#);
    assert_eq!(
        merged(&store, "2"),
        [
            "incident 2 was significant, and with this part it is final_reported: look whether what was sent \
          covers both"
        ]
    );
    let store = with_two();
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact("1", r#"{"fact":"handled"}"#);
    store.fact("2", r#"{"fact":"aware"}"#);
    assert_eq!(
        merged(&store, "2"),
        ["incident 2 was significant, and with this part it is handled: look whether all of it is"]
    );
    // It is a part, and nobody had ended its assessment.
    let aware = store.fact("1", r#"{"fact":"aware"}"#);
    let taken_up = aware
        .warnings
        .iter()
        .any(|it| it.contains("taken up again"));
    assert!(!taken_up, "{:?}", aware.warnings);
}

#[test]
fn what_is_recorded_on_a_part_counts_for_the_whole() {
    let store = with_two();
    store.fact("1", r#"{"fact":"merged","into":"2"}"#);
    let recorded = store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:10:00Z"}"#);
    let whole = store.records.incident("2").unwrap().incident;
    assert_eq!(
        recorded.warnings.last().unwrap(),
        &format!(
            "the incident is part of {}: the fact counts there",
            whole.id
        )
    );
    assert_eq!(whole.state, IncidentState::Significant);
    assert_eq!(first_due(&store, "2"), "running 2026-11-24T20:10:00Z");
    // What was judged of the part is not judged of the whole.
    store.fact("1", r#"{"fact":"dismissed","reason":"a duplicate"}"#);
    assert_eq!(
        store.records.incident("2").unwrap().incident.state,
        IncidentState::Significant
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn a_part_that_is_taken_out_again_leaves_the_deadlines_where_they_were() {
    let store = with_two();
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:10:00Z"}"#);
    store.fact("2", r#"{"fact":"aware","at":"2026-11-23T20:50:00Z"}"#);
    store.fact("1", r#"{"fact":"merged","into":"2"}"#);
    let out = store.fact(
        "1",
        r#"{"fact":"reopened","reason":"two attackers after all"}"#,
    );
    assert_eq!(out.incident.incident.state, IncidentState::Significant);
    assert_eq!(first_due(&store, "1"), "running 2026-11-24T20:10:00Z");
    assert_eq!(first_due(&store, "2"), "running 2026-11-24T20:10:00Z");
    // What it learns from then on is its own.
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:00:00Z"}"#);
    assert_eq!(first_due(&store, "1"), "running 2026-11-24T20:00:00Z");
    assert_eq!(first_due(&store, "2"), "running 2026-11-24T20:10:00Z");
    assert_eq!(
        store.records.incident("2").unwrap().members,
        Vec::<String>::new()
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn merges_may_be_deep_and_never_go_round() {
    let store = with_two();
    store.apply(&[brute_force(&store, "203.0.113.9", 20)]);
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:10:00Z"}"#);
    store.fact("1", r#"{"fact":"merged","into":"2"}"#);
    store.fact("2", r#"{"fact":"merged","into":"3"}"#);
    assert_eq!(first_due(&store, "3"), "running 2026-11-24T20:10:00Z");
    assert_eq!(store.records.incident("3").unwrap().members.len(), 2);
    let check = |id: &str, json: &str, expected: &str| {
        let error = refused(&store, id, json);
        assert!(error.contains(expected), "{error}");
    };
    check(
        "3",
        r#"{"fact":"merged","into":"1"}"#,
        "cannot be part of itself",
    );
    check(
        "3",
        r#"{"fact":"merged","into":"3"}"#,
        "cannot be part of itself",
    );
    check("1", r#"{"fact":"merged","into":"3"}"#, "`reopened` first");
    check("3", r#"{"fact":"merged"}"#, "`merged` needs `into`");
    check(
        "3",
        r#"{"fact":"split","into":"1"}"#,
        "vakt incidents split",
    );
}

#[test]
fn drills_and_streams_are_never_mixed() {
    let store = Store::new();
    let mut drill = brute_force(&store, "203.0.113.1", 2);
    drill.drill = true;
    let mut other = brute_force(&store, "203.0.113.2", 4);
    other.stream = "acme".to_owned();
    store.apply(&[drill, other, brute_force(&store, "203.0.113.3", 6)]);
    let into = r#"{"fact":"merged","into":"3"}"#;
    assert!(refused(&store, "1", into).contains("a drill and what is none"));
    assert!(refused(&store, "2", into).contains("streams are customers"));
}

#[test]
fn a_part_inherits_detection_and_awareness_and_takes_its_alerts_along() {
    let store = with_two();
    store.fact("1", r#"{"fact":"submitted","report":"early_warning","reference":"A","at":"2026-11-23T20:20:00Z"}"#);
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:30:00Z"}"#);
    let alert = store.alerts().pop().unwrap();
    let split = |json: &str| {
        let new: NewSplit = serde_json::from_str(json).unwrap();
        store.records.split("1", new, "anna")
    };
    let part = split(&format!(
        r#"{{"title":"The mail server","reason":"another cause","alerts":["{}"]}}"#,
        alert.id
    ))
    .unwrap();
    assert_eq!(part.incident.state, IncidentState::Significant);
    let shown: Vec<String> = part
        .facts
        .iter()
        .map(|fact| format!("{} {} {}", fact.fact, fact.at, fact.recorded_by))
        .collect();
    assert_eq!(
        shown,
        [
            "detected 2026-11-23T20:00:00Z anna",
            // The early warning was sent before it was declared.
            "aware 2026-11-23T20:20:00Z anna",
        ]
    );
    assert_eq!(part.alerts.len(), 1);
    let whole = store.records.incident("1").unwrap();
    assert_eq!(whole.alerts.len(), 0);
    assert_eq!(whole.incident.state, IncidentState::EarlyWarned);
    let last = whole.facts.last().unwrap();
    assert_eq!(
        (last.fact.as_str(), last.into.as_ref()),
        ("split", Some(&part.incident.id))
    );
    assert!(split(r#"{"title":" "}"#).unwrap_err().is_callers());
    assert!(
        split(r#"{"title":"x","alerts":["nothing"]}"#)
            .unwrap_err()
            .is_not_found()
    );
    assert!(
        split(r#"{"title":"x","expected_revision":1}"#)
            .unwrap_err()
            .is_conflict()
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// Two who were merged, taken out, and merged the other way round led in a circle for ever.
#[test]
fn incidents_that_were_merged_both_ways_are_read_once() {
    let store = with_two();
    store.fact(
        "1",
        r#"{"fact":"merged","into":"2","reason":"one attacker"}"#,
    );
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:10:00Z"}"#);
    store.fact("1", r#"{"fact":"reopened"}"#);
    let merged = store.fact(
        "2",
        r#"{"fact":"merged","into":"1","reason":"one attacker"}"#,
    );
    assert_eq!(merged.incident.incident.state, IncidentState::Merged);
    assert_eq!(first_due(&store, "1"), "running 2026-11-24T20:10:00Z");
    let whole = store.records.incident("1").unwrap();
    assert_eq!(whole.members, [merged.incident.incident.id]);
    store.fact("2", r#"{"fact":"reopened"}"#);
    // What was known of the part while it was one stays known of it.
    assert_eq!(first_due(&store, "2"), "running 2026-11-24T20:10:00Z");
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// Reading took twice as long with each step.
#[test]
fn a_chain_that_was_merged_again_and_again_is_read_in_one_go() {
    let store = Store::new();
    for number in 0..16_u64 {
        let address = format!("203.0.113.{number}");
        store.apply(&[brute_force(&store, &address, 12 + 2 * number)]);
    }
    for number in 1..16 {
        let id = number.to_string();
        let merge = format!(r#"{{"fact":"merged","into":"{}"}}"#, number + 1);
        store.fact(&id, &merge);
        store.fact(&id, r#"{"fact":"reopened"}"#);
        store.fact(&id, &merge);
    }
    let whole = store.records.incident("16").unwrap();
    assert_eq!(whole.members.len(), 15);
}
