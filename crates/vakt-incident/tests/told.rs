//! What notices and calendars must not hide, double or give away.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use serde_json::Value as Json;
use vakt_event::Level;
use vakt_incident::NewFact;

/// A compromise beyond the cap joins the burst draft, and is told with its own level and deadline.
#[test]
fn what_joins_the_burst_draft_is_told_as_a_draft() {
    let store = Store::new();
    for number in 0..22_u64 {
        let mut detection = brute_force(&store, &format!("203.0.113.{number}"), 10 + 2 * number);
        detection.level = Level::Medium;
        store.apply(&[detection]);
    }
    store.apply(&[brute_force(&store, "198.51.100.1", 100)]);
    let told = store.payloads();
    assert_eq!(told.len(), 23);
    let last = told.last().unwrap();
    assert_eq!(
        (
            &last["kind"],
            &last["level"],
            &last["burst"],
            &last["entity"]
        ),
        (
            &"draft".into(),
            &"high".into(),
            &true.into(),
            &"198.51.100.1".into()
        ),
        "{last:#}"
    );
    assert!(last["deadline"].is_string(), "{last:#}");
    // Further matches of the same are no news.
    store.apply(&[brute_force(&store, "198.51.100.1", 102)]);
    assert_eq!(store.payloads().len(), 0);
}

#[test]
fn only_fields_that_name_no_person_are_told() {
    let check = |field: &str, is_told: bool| {
        let store = Store::new();
        let mut detection = brute_force(&store, "203.0.113.7", 12);
        detection.entity = vec![(field.to_owned(), "somebody".to_owned())];
        store.apply(&[detection]);
        let told = store.payloads()[0].to_string().contains("somebody");
        assert_eq!(told, is_told, "{field}");
    };
    for machine in [
        "source.ip",
        "host.name",
        "destination.domain",
        "process.name",
    ] {
        check(machine, true);
    }
    for person in [
        "user.name",
        "AccountName",
        "email.from.address",
        "MemberName",
        "name",
    ] {
        check(person, false);
    }
}

/// What waits for a second person moves no clock, and is not told as awareness; the approval is.
#[test]
fn awareness_is_told_when_clocks_count_from_another_moment() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.clock.advance(7_200);
    let awareness = |store: &Store| -> Vec<Json> {
        let told = store.payloads();
        told.into_iter()
            .filter(|it| it["kind"] == "awareness")
            .collect()
    };
    let aware = store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:30:00Z"}"#);
    assert_eq!(awareness(&store).len(), 1);
    let later = format!(
        r#"{{"fact":"aware","at":"2026-11-23T21:30:00Z","revises":{},"reason":"a typing error"}}"#,
        aware.fact.id
    );
    let proposed = store.fact("1", &later);
    assert_eq!(awareness(&store).len(), 0, "it waits");
    let approval = format!(r#"{{"fact":"approved","approves":{}}}"#, proposed.fact.id);
    let approval: NewFact = serde_json::from_str(&approval).unwrap();
    store.records.add_fact("1", approval, "bo").unwrap();
    let told = awareness(&store);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["deadline"], "2026-11-24T21:30:00Z", "{:#}", told[0]);
}

/// Nobody was told that the authority is silent: it stood on the page alone.
#[test]
fn that_the_authority_does_not_answer_is_told_once() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact(
        "1",
        r#"{"fact":"submitted","report":"early_warning","reference":"A"}"#,
    );
    let told = |seconds: i64| -> Vec<Json> {
        store.clock.advance(seconds);
        store
            .records
            .remind(&vakt_incident::reminder::Policy::default())
            .unwrap();
        let told = store.payloads().into_iter();
        told.filter(|it| it["kind"] == "unanswered").collect()
    };
    assert_eq!(told(24 * 3_600), Vec::<Json>::new());
    let first = told(1);
    assert_eq!(first.len(), 1);
    assert_eq!(first[0]["target"], "2026-11-24T20:00:00Z", "{:#}", first[0]);
    // The answer is owed to us: no report of ours is due by it.
    assert_eq!(first[0]["deadline"], Json::Null, "{:#}", first[0]);
    assert_eq!(told(4 * 86_400), Vec::<Json>::new());

    // An answer that came is not asked for.
    store.apply(&[brute_force(&store, "203.0.113.8", 14)]);
    store.fact(
        "2",
        r#"{"fact":"submitted","report":"early_warning","reference":"A"}"#,
    );
    store.fact("2", r#"{"fact":"authority_answered"}"#);
    assert_eq!(told(2 * 86_400), Vec::<Json>::new());
}

#[test]
fn a_draft_that_is_taken_up_again_is_to_be_assessed_anew() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.clock.advance(3_600);
    store.fact("1", r#"{"fact":"dismissed","reason":"a test"}"#);
    store.clock.advance(3_600);
    store.fact("1", r#"{"fact":"reopened"}"#);
    let targets = store.records.incident("1").unwrap().targets;
    let shown: Vec<String> = targets
        .iter()
        .map(|it| format!("{} {:?} {}", it.target, it.state, it.due))
        .collect();
    assert_eq!(shown, ["assessment Waiting 2026-11-24T02:00:00Z"]);
}

fn calendar(store: &Store) -> String {
    let page = |id: &str| format!("https://vakt.example/incidents/{id}");
    let text = store.records.calendar(None, None, &[50], page).unwrap();
    text.replace("\r\n ", "")
}

/// A property of the event with this word in its summary.
fn property(calendar: &str, summary: &str, name: &str) -> String {
    let events = calendar.split("BEGIN:VEVENT");
    let mut found = events.filter(|event| {
        let mut lines = event.lines();
        lines.any(|line| line.starts_with("SUMMARY:") && line.contains(summary))
    });
    let event = found
        .next()
        .unwrap_or_else(|| panic!("{summary} is missing: {calendar}"));
    let line = event
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().to_owned()
}

/// Clients take an event for changed by its number alone.
#[test]
fn a_calendar_counts_what_became_of_a_deadline() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    let warning = |name: &str| property(&calendar(&store), "upplysning (nis2-se)", name);
    assert_eq!(
        (warning("SEQUENCE"), warning("STATUS")),
        ("0".into(), "TENTATIVE".into())
    );
    store.fact("1", r#"{"fact":"aware","at":"2026-11-23T20:00:00Z"}"#);
    assert_eq!(
        (warning("SEQUENCE"), warning("STATUS")),
        ("1".into(), "CONFIRMED".into())
    );
    store.fact("1", r#"{"fact":"submitted","report":"early_warning"}"#);
    assert_eq!(warning("SEQUENCE"), "2");
    assert!(warning("SUMMARY").ends_with("(submitted)"));

    // A final report that has no date any more is called off.
    let sent = store.fact("1", r#"{"fact":"submitted","report":"notification"}"#);
    let last = |name: &str| property(&calendar(&store), "slutrapport", name);
    assert_eq!(last("STATUS"), "CONFIRMED");
    let gone = format!(
        r#"{{"fact":"retracted","revises":{},"reason":"it was not sent"}}"#,
        sent.fact.id
    );
    let proposed = store.fact("1", &gone);
    let approval = format!(r#"{{"fact":"approved","approves":{}}}"#, proposed.fact.id);
    let approval: NewFact = serde_json::from_str(&approval).unwrap();
    store.records.add_fact("1", approval, "bo").unwrap();
    assert_eq!(last("STATUS"), "CANCELLED");
}

/// However many are newer and decided.
#[test]
fn a_calendar_has_what_is_open_before_what_is_new() {
    let store = Store::new();
    let open = |title: &str| {
        let new = serde_json::from_value(serde_json::json!({"title": title})).unwrap();
        store
            .records
            .open_incident(new, "anna")
            .unwrap()
            .incident
            .id
    };
    open("the old one");
    for number in 0..500 {
        let id = open(&format!("noise {number}"));
        if number % 2 == 0 {
            store.fact(&id, r#"{"fact":"dismissed","reason":"noise"}"#);
        }
    }
    let text = calendar(&store);
    assert!(
        text.contains("SUMMARY:Incident 1: upplysning"),
        "the old one is missing"
    );
    assert!(!text.contains("X-WR-CALDESC"));
    for number in 0..250 {
        open(&format!("more {number}"));
    }
    let text = calendar(&store);
    assert!(
        text.contains("X-WR-CALDESC:1 open incidents are not in this calendar"),
        "{}",
        text.lines().nth(8).unwrap()
    );
}

/// Whether personal data are concerned is another question than whether the incident is significant.
#[test]
fn what_nobody_decided_under_another_regime_is_still_reminded_of() {
    let settings = || vakt_incident::Settings {
        regimes: vec!["nis2-se".to_owned(), "gdpr".to_owned()],
        ..vakt_incident::Settings::default()
    };
    let told = |facts: &[&str]| {
        let store = Store::with(settings());
        store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
        for fact in facts {
            store.fact("1", fact);
        }
        store.payloads();
        store.clock.advance(73 * 3_600);
        store
            .records
            .remind(&vakt_incident::reminder::Policy::default())
            .unwrap();
        let told = store.payloads().into_iter();
        let told = told.map(|it| format!("{} {}", it["kind"], it["clock"]["regime"]));
        told.collect::<Vec<_>>()
    };
    let nis2 = r#"{"fact":"not_significant","reason":"small"}"#;
    let gdpr = r#"{"fact":"not_significant","regime":"gdpr","reason":"no personal data"}"#;
    assert_eq!(told(&[nis2]), [r#""overdue" "gdpr""#]);
    assert_eq!(told(&[nis2, gdpr]), [""; 0]);
    assert_eq!(told(&[r#"{"fact":"dismissed","reason":"test"}"#]), [""; 0]);
}

/// A customer's deadlines are official, whatever was decided about ourselves.
#[test]
fn what_a_customer_is_owed_keeps_an_incident_open_and_reminded_of() {
    for decision in ["dismissed", "not_significant", "near_miss"] {
        let store = Store::new();
        store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
        store.fact("1", r#"{"fact":"aware","party":"Kund AB"}"#);
        let decided = store.fact(
            "1",
            &format!(r#"{{"fact":"{decision}","reason":"not ours"}}"#),
        );
        assert!(
            decided
                .warnings
                .iter()
                .any(|it| it.contains("awareness is declared for Kund AB")),
            "{:?}",
            decided.warnings
        );
        assert!(decided.incident.incident.state.is_open(), "{decision}");
        store.payloads();
        store.clock.advance(25 * 3_600);
        store
            .records
            .remind(&vakt_incident::reminder::Policy::default())
            .unwrap();
        let told = store.payloads();
        let overdue = told.iter().filter(|it| it["kind"] == "overdue");
        assert!(
            overdue.clone().any(|it| it["party"] == "Kund AB"),
            "{decision}: {told:#?}"
        );
        for report in ["early_warning", "notification", "final"] {
            let sent = format!(r#"{{"fact":"submitted","report":"{report}","party":"Kund AB"}}"#);
            store.fact("1", &sent);
        }
        let state = store.records.incident("1").unwrap().incident.state;
        assert!(!state.is_open(), "{decision}: {state}");
        assert!(store.records.verify_audit().unwrap().is_sound());
    }
}

/// The clock that began is told, and not one that had passed before.
#[test]
fn awareness_names_the_clock_that_it_began() {
    let store = Store::new();
    let new = r#"{"title":"A leak","regimes":["nis2-se","gdpr"]}"#;
    store
        .records
        .open_incident(serde_json::from_str(new).unwrap(), "anna")
        .unwrap();
    let told = |fact: &str| -> Vec<String> {
        store.payloads();
        store.fact("1", fact);
        let told = store.payloads().into_iter();
        told.filter(|it| it["kind"] == "awareness")
            .map(|it| format!("{} {}", it["clock"]["regime"], it["clock"]["stage"]))
            .collect()
    };
    store.clock.advance(90 * 3_600);
    assert_eq!(told(r#"{"fact":"aware_pdb"}"#), [r#""gdpr" "authority""#]);
    assert_eq!(
        told(r#"{"fact":"aware"}"#),
        [r#""nis2-se" "early_warning""#]
    );
    store.clock.advance(80 * 3_600);
    let earlier = r#"{"fact":"aware_pdb","at":"2026-11-27T13:00:00Z"}"#;
    assert_eq!(told(earlier), [r#""gdpr" "authority""#]);
}
