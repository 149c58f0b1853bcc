//! What comes late, is corrected or goes on elsewhere: outages, the incidents that they belong to, and the
//! facts that say what they meet.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::Store;
use common::outages::{DOWN, LIMITED, UP, at_time, facts, go_to, look, met, says, store, time};
use vakt_event::Timestamp;
use vakt_incident::reminder::Policy;

/// The outages of the portal, `19:30:00-20:10:00`.
fn away(store: &Store) -> Vec<String> {
    let services = store.records.services(None).unwrap();
    let short = |at: Timestamp| at.to_string().get(11..19).unwrap().to_owned();
    let shown = services[0].outages.iter().map(|it| {
        let span = it.outage.span;
        format!(
            "{}-{}",
            short(span.from),
            span.until.map_or("…".to_owned(), short)
        )
    });
    shown.collect()
}

fn answer(store: &Store, id: &str, input: &str, value: &str) {
    let one = format!(r#"{{"input":"{input}","value":"{value}","service":"portal"}}"#);
    let answers = serde_json::from_str(&format!(r#"{{"answers":[{one}]}}"#)).unwrap();
    store.records.answer(id, &answers, "anna").unwrap();
}

#[test]
fn what_was_heard_again_counts_where_something_late_comes_before_it() {
    let store = store();
    go_to(&store, "21:00:00");
    // The downs of one relay, then the ups of another.
    for minute in [0, 20, 40] {
        at_time(&store, DOWN, &format!("20:{minute:02}:00"), 10 + minute);
    }
    assert_eq!(away(&store), ["20:00:00-…"]);
    for minute in [10, 30, 50] {
        at_time(&store, UP, &format!("20:{minute:02}:00"), 100 + minute);
    }
    let expected = [
        "20:00:00-20:10:00",
        "20:20:00-20:30:00",
        "20:40:00-20:50:00",
    ];
    assert_eq!(away(&store), expected);
    // And those that are heard once more change nothing.
    at_time(&store, DOWN, "20:25:00", 25);
    at_time(&store, UP, "20:55:00", 155);
    assert_eq!(away(&store), expected);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn what_a_person_says_stands_between_what_a_probe_says_again_and_again() {
    let store = store();
    says(&store, DOWN, 1);
    for position in 2..40 {
        store.clock.advance(30);
        says(&store, DOWN, position);
    }
    go_to(&store, "19:50:00");
    look(&store);
    let restored =
        r#"{"fact":"service_restored","at":"2026-11-24T19:40:00Z","fields":{"service":"portal"}}"#;
    store.fact("1", restored);
    // The probe says otherwise half a minute later.
    assert_eq!(away(&store), ["19:30:00-19:40:00", "19:40:30-…"]);
    for position in 40..60 {
        store.clock.advance(1);
        says(&store, DOWN, position);
    }
    let path = store.path();
    let records = rusqlite::Connection::open(path).unwrap();
    let kept: i64 = records
        .query_row("SELECT count(*) FROM service_signals", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 2, "what it is already is no change");
}

#[test]
fn an_outage_after_the_incident_was_handled_is_another_incident() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "20:00:01");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_met 1 20:00:00.000001Z"]
    );
    store.fact("1", r#"{"fact":"aware"}"#);
    says(&store, UP, 2);
    look(&store);
    // Within a day it goes on.
    go_to(&store, "20:30:00");
    says(&store, DOWN, 3);
    go_to(&store, "21:05:00");
    assert_eq!(look(&store), [""; 0], "it is decided already");
    assert_eq!(
        facts(&store, "1")
            .iter()
            .filter(|it| it.starts_with("service_lost"))
            .count(),
        2
    );
    says(&store, UP, 4);
    store.fact("1", r#"{"fact":"submitted","report":"early_warning"}"#);
    store.fact("1", r#"{"fact":"submitted","report":"notification"}"#);
    store.fact("1", r#"{"fact":"handled"}"#);
    look(&store);
    store.payloads();
    // Two hours after that it is another one.
    go_to(&store, "23:00:00");
    says(&store, DOWN, 5);
    go_to(&store, "23:30:01");
    assert_eq!(
        look(&store),
        ["draft 2 later", "criterion_met 2 23:30:00.000001Z"]
    );
    assert_eq!(met(&store, "2").len(), 1);
    says(&store, UP, 6);
    look(&store);
    // Nobody says that it was handled; a day later it is another one all the same.
    store.clock.advance(25 * 3_600);
    says(&store, DOWN, 7);
    store.clock.advance(31 * 60);
    store.records.remind(&Policy::default()).unwrap();
    assert_eq!(store.incidents().len(), 3);
}

#[test]
fn the_fact_that_a_criterion_is_met_follows_what_is_corrected() {
    let store = store();
    let opened = vakt_incident::NewIncident {
        title: "Customers call".to_owned(),
        ..vakt_incident::NewIncident::default()
    };
    store.records.open_incident(opened, "anna").unwrap();
    let lost = r#"{"fact":"service_lost","fields":{"service":"portal"}}"#;
    let lost = store.fact("1", lost).fact.id;
    go_to(&store, "20:10:00");
    look(&store);
    let significance = || store.records.significance("1", None).unwrap().met;
    assert_eq!(significance()[0].at, time("20:00:00.000001"));
    let moved = |to: &str| {
        let fact = format!(r#"{{"fact":"service_lost","at":"2026-11-24T{to}Z","revises":{lost}}}"#);
        store.fact("1", &fact);
        assert_eq!(look(&store), [""; 0], "it was told");
    };
    // It began earlier: the instant is earlier.
    moved("19:20:00");
    assert_eq!(significance()[0].at, time("19:50:00.000001"));
    assert_eq!(significance().len(), 1);
    // It began later: it is not met yet, and a person takes the fact back.
    moved("19:50:00");
    let found = store.records.incident("1").unwrap();
    assert_eq!(
        found
            .waiting
            .iter()
            .map(|it| it.what.as_str())
            .collect::<Vec<_>>(),
        [format!("fact {} never happened", significance()[0].fact)]
    );
    look(&store);
    assert_eq!(
        store.records.incident("1").unwrap().waiting.len(),
        1,
        "proposed once"
    );
    let proposal = found.waiting[0].fact;
    store.fact(
        "1",
        &format!(r#"{{"fact":"approved","approves":{proposal}}}"#),
    );
    assert!(significance().is_empty());
    // Then it comes true.
    go_to(&store, "20:20:01");
    assert_eq!(look(&store), ["criterion_met 1 20:20:00.000001Z"]);
    assert_eq!(significance()[0].at, time("20:20:00.000001"));
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn what_a_person_took_back_is_not_said_again_of_the_same_outage() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "20:00:01");
    look(&store);
    let id = met(&store, "1")[0].id;
    let retracted = format!(r#"{{"fact":"retracted","revises":{id},"reason":"the probe lied"}}"#);
    let proposal = store.fact("1", &retracted).fact.id;
    let approved = format!(r#"{{"fact":"approved","approves":{proposal}}}"#);
    store.fact_by("1", &approved, "bo");
    assert_eq!(look(&store), [""; 0]);
    assert!(
        store
            .records
            .significance("1", None)
            .unwrap()
            .met
            .is_empty()
    );
    says(&store, UP, 2);
    go_to(&store, "20:10:00");
    says(&store, DOWN, 3);
    go_to(&store, "20:40:01");
    assert_eq!(look(&store), ["criterion_met 1 20:40:00.000001Z"]);
    let met = || store.records.significance("1", None).unwrap().met;
    assert_eq!(met().len(), 1);
    // Nor is the new one moved to its time.
    assert_eq!(look(&store), [""; 0]);
    assert_eq!(met()[0].at, time("20:40:00.000001"));
}

#[test]
fn a_fact_is_doubted_where_the_outage_that_it_is_of_moved_and_ended() {
    let store = store();
    let opened = vakt_incident::NewIncident {
        title: "Customers call".to_owned(),
        ..vakt_incident::NewIncident::default()
    };
    store.records.open_incident(opened, "anna").unwrap();
    let lost = r#"{"fact":"service_lost","fields":{"service":"portal"}}"#;
    let lost = store.fact("1", lost).fact.id;
    go_to(&store, "20:10:00");
    look(&store);
    let moved =
        format!(r#"{{"fact":"service_lost","at":"2026-11-24T20:00:00Z","revises":{lost}}}"#);
    store.fact("1", &moved);
    store.fact(
        "1",
        r#"{"fact":"service_restored","at":"2026-11-24T20:05:00Z","fields":{"service":"portal"}}"#,
    );
    look(&store);
    assert_eq!(store.records.incident("1").unwrap().waiting.len(), 1);
}

#[test]
fn whoever_marks_a_criterion_as_told_silences_no_fact() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "19:50:00");
    look(&store);
    let records = rusqlite::Connection::open(store.path()).unwrap();
    records
        .execute("UPDATE criterion_told SET step = 2", [])
        .unwrap();
    go_to(&store, "20:00:01");
    assert_eq!(look(&store), ["criterion_met 1 20:00:00.000001Z"]);
    assert_eq!(met(&store, "1").len(), 1);
}

#[test]
fn answers_count_where_the_draft_of_an_outage_became_part_of_another_incident() {
    let store = store();
    says(&store, LIMITED, 1);
    go_to(&store, "20:20:00");
    look(&store);
    let opened = vakt_incident::NewIncident {
        title: "All of it".to_owned(),
        ..vakt_incident::NewIncident::default()
    };
    let whole = store.records.open_incident(opened, "anna").unwrap();
    let whole = whole.incident.id;
    store.fact(
        "1",
        &format!(r#"{{"fact":"merged","into":"{whole}","reason":"one"}}"#),
    );
    store.payloads();
    answer(&store, "2", "users_limited", "100");
    go_to(&store, "20:31:00");
    assert_eq!(look(&store), ["criterion_met 2 20:30:00.000001Z"]);
}

#[test]
fn an_unknown_kind_of_outage_is_doubted() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "19:50:00");
    look(&store);
    let fact = r#"{"fact":"service_lost","fields":{"service":"portal","kind":"limitd"}}"#;
    assert_eq!(
        store.fact("1", fact).warnings,
        [
            "`kind` is `limitd`, which is none of complete, limited, slow: it counts as completely unavailable"
        ]
    );
}

#[test]
fn an_incident_shows_the_outage_that_its_fact_tells_of_although_another_has_it() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "20:00:01");
    look(&store);
    let opened = vakt_incident::NewIncident {
        title: "Customers call".to_owned(),
        ..vakt_incident::NewIncident::default()
    };
    store.records.open_incident(opened, "anna").unwrap();
    let earlier =
        r#"{"fact":"service_lost","at":"2026-11-24T19:25:00Z","fields":{"service":"portal"}}"#;
    store.fact("2", earlier);
    look(&store);
    for id in ["1", "2"] {
        let found = store.records.significance(id, None).unwrap();
        assert_eq!(found.services[0].outages.len(), 1, "{id}");
    }
    let found = store.records.significance("1", None).unwrap();
    assert_eq!(found.met[0].at, time("19:55:00.000001"));
}
