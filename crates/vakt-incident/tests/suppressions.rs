//! What is hidden and explained: by what was recorded before, for as long as it lasts, whatever the
//! order of recording, evaluating and crashing.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force};
use serde_json::{Value, json};
use vakt_event::{JournalPosition, Level};
use vakt_incident::suppression::{Suppression, SuppressionState};
use vakt_incident::{
    AlertState, Detection, NewSuppression, NewSuppressionTest, NewWindow, PageRequest, ScopeFilter,
    SuppressionTest, Window,
};

const RULE: &str = "11111111-2222-4333-8444-555555555555";
const YEAR: &str = "2027-11-23T00:00:00Z";

fn new(body: Value) -> NewSuppression {
    serde_json::from_value(body).unwrap()
}

/// A suppression that is recorded when the journal ends at `end`.
fn suppress(store: &Store, body: Value, end: u64) -> Suppression {
    let mut body = body;
    for (name, value) in [
        ("reason", json!("our own scanner")),
        ("expires_at", json!(YEAR)),
        ("untested", json!(true)),
    ] {
        if body.get(name).is_none() {
            body[name] = value;
        }
    }
    let end = || JournalPosition(end);
    store
        .records
        .add_suppression(new(body), "anna", &end)
        .unwrap()
}

fn refused(store: &Store, body: Value) -> String {
    let end = || JournalPosition(0);
    let refused = store.records.add_suppression(new(body), "anna", &end);
    refused.unwrap_err().to_string()
}

fn end(store: &Store, id: &str, position: u64) -> Suppression {
    let end = || JournalPosition(position);
    let ended = store.records.end_suppression(id, "found wrong", "bo", &end);
    ended.unwrap()
}

fn test(store: &Store, body: Value) -> SuppressionTest {
    let body: NewSuppressionTest = serde_json::from_value(body).unwrap();
    let stored = |position: JournalPosition| store.journal.borrow().get(&position.0).cloned();
    store.records.test_suppression(body, &stored).unwrap()
}

fn all(store: &Store) -> Vec<Suppression> {
    let page = store
        .records
        .suppressions(&ScopeFilter::default(), &PageRequest::default());
    page.unwrap().items
}

/// State, entity and matches of each alert, the oldest first.
fn alerts(store: &Store) -> Vec<(AlertState, String, u64)> {
    let mut alerts = store.alerts();
    alerts.reverse();
    let told = alerts.into_iter();
    told.map(|it| (it.state, it.entity, it.count)).collect()
}

#[test]
fn what_is_suppressed_is_listed_and_opens_no_draft_and_sends_no_notice() {
    let store = Store::new();
    let made = suppress(
        &store,
        json!({"rules": [RULE], "match": {"source.ip": "203.0.113.7"}}),
        5,
    );
    let applied = store.apply(&[
        brute_force(&store, "203.0.113.7", 12),
        brute_force(&store, "203.0.113.8", 14),
        brute_force(&store, "203.0.113.7", 16),
    ]);
    assert_eq!((applied.suppressed, applied.drafts_opened.len()), (2, 1));
    let expected = [
        (AlertState::Suppressed, "203.0.113.7".to_owned(), 2),
        (AlertState::Open, "203.0.113.8".to_owned(), 1),
    ];
    assert_eq!(alerts(&store), expected);
    assert_eq!(store.incidents().len(), 1);
    assert_eq!(store.payloads().len(), 1);
    let shown = store.records.suppression(&made.id, None).unwrap();
    assert_eq!((shown.suppression.hidden, shown.alerts.len()), (2, 1));
    assert_eq!(
        shown.alerts[0].suppression.as_deref(),
        Some(made.id.as_str())
    );
    assert_eq!(shown.alerts[0].count, 2);

    // Once it is ended the same is seen again, and what it hid stays listed.
    end(&store, &made.id, 17);
    store.apply(&[brute_force(&store, "203.0.113.7", 18)]);
    assert_eq!(
        alerts(&store)[2],
        (AlertState::Open, "203.0.113.7".to_owned(), 1)
    );
    assert_eq!(store.incidents().len(), 2);
    let shown = store.records.suppression(&made.id, None).unwrap();
    assert_eq!(shown.suppression.state, SuppressionState::Ended);
    assert_eq!(shown.alerts.len(), 1);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// What a match is covered by is judged by its position and times, whatever was recorded when it is
/// evaluated: late, or again after a crash.
#[test]
fn it_is_for_what_was_stored_while_it_was_in_force_and_made_before_it_expires() {
    let check = |position: u64, minutes: i64, hidden: bool| {
        let store = Store::new();
        let body = json!({"rules": [RULE], "expires_at": "2026-11-23T21:00:00Z"});
        let made = suppress(&store, body, 10);
        end(&store, &made.id, 20);
        // All is evaluated after it was ended, at a time of its own.
        store.clock.advance(minutes * 60);
        let applied = store.apply(&[brute_force(&store, "203.0.113.7", position)]);
        let found = (applied.suppressed == 1, store.incidents().is_empty());
        assert_eq!(
            found,
            (hidden, hidden),
            "{position} after {minutes} minutes"
        );
    };
    check(9, 0, false);
    check(10, 0, true);
    check(19, 0, true);
    check(20, 0, false);
    check(15, 59, true);
    check(15, 60, false);
}

/// Its matches are applied together: the first is made before it expires, the second at that moment.
#[test]
fn it_expires_at_its_moment_within_a_batch() {
    let store = Store::new();
    let body = json!({"rules": [RULE], "expires_at": "2026-11-23T20:00:10Z"});
    let made = suppress(&store, body, 0);
    let made_at = |entity: &str, position: u64, text: &str| Detection {
        detected_at: at(text),
        ..brute_force(&store, entity, position)
    };
    store.apply(&[
        made_at("203.0.113.7", 10, "2026-11-23T20:00:09.999999Z"),
        made_at("203.0.113.8", 20, "2026-11-23T20:00:10Z"),
    ]);
    let expected = [
        (AlertState::Suppressed, "203.0.113.7".to_owned(), 1),
        (AlertState::Open, "203.0.113.8".to_owned(), 1),
    ];
    assert_eq!(alerts(&store), expected);
    store.clock.advance(10);
    let shown = store
        .records
        .suppression(&made.id, None)
        .unwrap()
        .suppression;
    assert_eq!((shown.state, shown.hidden), (SuppressionState::Expired, 1));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Events up to the position are evaluated.
    Evaluate(u64),
    Suppress,
    End,
    /// The daemon dies; what is evaluated afterwards begins at the checkpoint.
    Crash,
}

/// The same journal, with a suppression that was recorded when it ended at 20 and ended when it ended
/// at 40, evaluated in every way in which the three can meet.
#[test]
fn evaluating_again_after_a_crash_has_the_same_effect_once() {
    use Step::{Crash, End, Evaluate, Suppress};
    let run = |steps: &[Step]| {
        let mut store = Store::new();
        let times = store.clock.clone();
        let mut evaluated = 0;
        let mut id = String::new();
        let mut hidden = 0;
        for step in steps {
            match step {
                Suppress => id = suppress(&store, json!({"rules": [RULE]}), 20).id,
                End => {
                    end(&store, &id, 40);
                }
                Crash => {
                    store = store.restart();
                    // It is read again from the start; effects below the checkpoint are dropped.
                    evaluated = 0;
                }
                Evaluate(to) => {
                    let positions = (evaluated + 1..=*to).filter(|it| it % 5 == 0);
                    let found: Vec<Detection> = positions
                        .map(|it| brute_force(&store, &format!("203.0.113.{it}"), it))
                        .collect();
                    let next = JournalPosition(to + 1);
                    hidden += store.apply_to(&found, next, None).suppressed;
                    evaluated = *to;
                }
            }
        }
        assert_eq!(times.now_text(), common::START);
        let drafts: Vec<String> = store
            .incidents()
            .iter()
            .map(|it| it.entity.clone())
            .collect();
        assert!(store.records.verify_audit().unwrap().is_sound());
        (alerts(&store), drafts, hidden, all(&store)[0].hidden)
    };
    let once = run(&[Evaluate(19), Suppress, Evaluate(39), End, Evaluate(60)]);
    assert_eq!((once.2, once.3, once.1.len()), (4, 4, 8));
    for steps in [
        &[Suppress, End, Evaluate(60)][..],
        &[Suppress, Evaluate(25), End, Evaluate(60)],
        &[Evaluate(19), Suppress, End, Evaluate(60)],
        &[
            Evaluate(10),
            Crash,
            Suppress,
            Evaluate(30),
            Crash,
            End,
            Crash,
            Evaluate(60),
        ],
        &[
            Suppress,
            Evaluate(30),
            Crash,
            Evaluate(35),
            End,
            Crash,
            Evaluate(60),
            Crash,
            Evaluate(60),
        ],
    ] {
        assert_eq!(run(steps), once, "{steps:?}");
    }
}

#[test]
fn a_condition_is_over_the_completing_event_and_what_cannot_be_read_is_seen() {
    let store = Store::new();
    suppress(
        &store,
        json!({"match": {"host.name": "web1", "net.vlan": null}}),
        0,
    );
    let check = |position: u64, fields: &[(&str, &str)], readable: bool, hidden: usize| {
        let detection = brute_force(&store, &format!("203.0.113.{position}"), position);
        let mut journal = store.journal.borrow_mut();
        let event = journal.get_mut(&position).unwrap();
        for (name, value) in fields {
            event.fields.insert((*name).to_owned(), json!(value));
        }
        if !readable {
            journal.remove(&position);
        }
        drop(journal);
        assert_eq!(store.apply(&[detection]).suppressed, hidden, "{fields:?}");
    };
    check(10, &[], true, 1);
    check(20, &[("net.vlan", "7")], true, 0);
    check(30, &[], false, 0);
}

#[test]
fn scope_is_rules_streams_and_condition_together() {
    let check = |scope: Value, hidden: bool| {
        let store = Store::new();
        suppress(&store, scope.clone(), 0);
        let found = store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
        assert_eq!(found.suppressed == 1, hidden, "{scope}");
    };
    check(json!({"rules": ["other", RULE]}), true);
    check(json!({"rules": ["other"]}), false);
    check(json!({"rules": [RULE], "streams": ["default"]}), true);
    check(json!({"rules": [RULE], "streams": ["acme"]}), false);
    check(json!({"match": {"source.ip|cidr": "203.0.113.0/24"}}), true);
    check(
        json!({"match": {"source.ip|cidr": "198.51.100.0/24"}}),
        false,
    );
    let both = json!({"rules": [RULE], "match": {"rule.name": "SSH*", "vakt.stream": "default"}});
    check(both, true);
}

#[test]
fn what_is_no_suppression_is_refused_with_the_reason() {
    let store = Store::new();
    let check = |body: Value, said: &str| {
        let error = refused(&store, body);
        assert!(error.contains(said), "{error}");
    };
    let with = |name: &str, value: Value| {
        let mut body = json!({
            "rules": [RULE], "reason": "r", "expires_at": YEAR, "untested": true,
        });
        body[name] = value;
        body
    };
    check(
        with("rules", json!([])),
        "without both it would hide every alert",
    );
    let mut every = with("rules", json!([]));
    every["match"] = json!({"rule.name": "*"});
    check(every, "`match` holds for every alert");
    check(with("reason", json!("  ")), "`reason` says in 1 to 1000");
    check(with("expires_at", Value::Null), "`expires_at` is missing");
    check(
        with("expires_at", json!("tomorrow")),
        "is `tomorrow`, and no time",
    );
    check(with("expires_at", json!(common::START)), "has passed");
    check(
        with("expires_at", json!("2027-11-23T20:00:01Z")),
        "more than 365 days",
    );
    check(with("match", json!("word")), "a map of fields and values");
    check(
        with("untested", json!(false)),
        "it was not tested against stored events",
    );
    check(
        with("preview", json!("0123")),
        "the test `0123` is not known any more",
    );
    let names: Vec<String> = (0..201).map(|it| format!("r{it}")).collect();
    check(with("rules", json!(names)), "`rules` names more than 200");
    assert_eq!(all(&store).len(), 0);
    // One that lasts exactly as long as it may is taken, once.
    let longest = suppress(
        &store,
        json!({"rules": ["x"], "expires_at": "2027-11-23T20:00:00Z"}),
        0,
    );
    end(&store, &longest.id, 0);
    let stop = || JournalPosition(0);
    let again = store
        .records
        .end_suppression(&longest.id, "again", "bo", &stop);
    let error = again.unwrap_err();
    assert!(
        error.is_conflict() && error.to_string().contains("it has ended"),
        "{error}"
    );
    let missing = store.records.end_suppression("none", "again", "bo", &stop);
    assert!(missing.unwrap_err().is_not_found());
    assert!(
        !store
            .records
            .suppression(&longest.id, None)
            .unwrap()
            .suppression
            .scope
            .rules
            .is_empty()
    );
}

#[test]
fn a_test_says_what_would_have_been_hidden_and_is_saved_with_the_suppression() {
    let store = Store::new();
    store.apply(&[
        brute_force(&store, "203.0.113.7", 12),
        brute_force(&store, "203.0.113.8", 14),
        brute_force(&store, "203.0.113.7", 16),
        Detection {
            rule_id: "other".to_owned(),
            rule_title: "Other".to_owned(),
            opens_draft: None,
            ..brute_force(&store, "203.0.113.7", 18)
        },
    ]);
    store.fact(
        "1",
        r#"{"fact":"aware","at":"2026-11-23T20:00:00Z","by":"Ada"}"#,
    );
    let scope = json!({"match": {"source.ip": "203.0.113.7"}});
    let found = test(&store, scope.clone());
    assert_eq!(
        (
            found.matches,
            found.alerts,
            found.of_matches,
            found.unreadable
        ),
        (3, 2, 4, 0)
    );
    let by_rule: Vec<_> = found
        .by_rule
        .iter()
        .map(|it| (it.rule_name.as_str(), it.matches, it.of_matches))
        .collect();
    assert_eq!(
        by_rule,
        [("SSH login after failures", 2, 3), ("Other", 1, 1)]
    );
    assert_eq!(found.by_entity[0].entity, "203.0.113.7");
    assert_eq!(
        (found.examples.len(), found.examples[0].rule_name.as_str()),
        (3, "Other")
    );
    assert_eq!(
        found.warnings,
        [
            "it would have hidden what is in incident 1, which was declared \
             significant",
            "it hides all 1 matches of the rule Other: if the rule is of no use here, take it away instead",
        ]
    );
    // It is saved with the test of the very same scope, within a day.
    let mut body = json!({"reason": "r", "expires_at": YEAR, "preview": found.digest});
    body["match"] = json!({"source.ip": "203.0.113.8"});
    assert!(refused(&store, body.clone()).contains("was of another scope"));
    body["match"] = scope["match"].clone();
    let saved = suppress(&store, body.clone(), 20);
    assert_eq!(saved.tested.unwrap()["matches"], 3);
    assert_eq!(suppress(&store, json!({"rules": ["x"]}), 20).tested, None);
    store.clock.advance(24 * 3_600 + 1);
    assert!(refused(&store, body).contains("is not known any more"));

    // Events that the journal lost are judged by an incident's copies, or not at all.
    store.journal.borrow_mut().clear();
    let found = test(&store, json!({"match": {"source.ip": "203.0.113.7"}}));
    assert_eq!((found.matches, found.unreadable), (2, 1));
    // What is older than was asked for does not count.
    store.clock.advance(24 * 3_600);
    let found = test(&store, json!({"rules": [RULE], "days": 1}));
    assert_eq!((found.matches, found.of_matches), (0, 0));
    assert!(
        found.warnings[0].contains("hidden nothing"),
        "{:?}",
        found.warnings
    );
}

#[test]
fn tampering_with_a_suppression_or_window_is_found() {
    let check = |sql: &str, said: &str| {
        let store = Store::new();
        let made = suppress(&store, json!({"rules": [RULE]}), 0);
        window(
            &store,
            json!({"from": "2026-11-23T20:00:01Z", "until": "2026-11-23T21:00:00Z"}),
        );
        assert!(store.records.verify_audit().unwrap().is_sound());
        end(&store, &made.id, 5);
        let connection = rusqlite::Connection::open(store.path()).unwrap();
        connection.execute_batch(sql).unwrap();
        let faults = store.records.verify_audit().unwrap().faults;
        assert!(
            faults.iter().any(|it| it.contains(said)),
            "{sql}: {faults:?}"
        );
    };
    check("UPDATE suppressions SET begins = 1", "was altered");
    check(
        "UPDATE suppressions SET expires_at = expires_at + 1",
        "was altered",
    );
    check("UPDATE suppressions SET ends = 9", "was altered");
    check("DELETE FROM suppressions", "it is missing or was altered");
    check("UPDATE maintenance SET late = 1", "was altered");
    check(
        "UPDATE maintenance SET ended_at = 1",
        "the audit log does not have it so",
    );
    check(
        "INSERT INTO suppressions (id, scope, reason, author, created_at, expires_at, begins)
         SELECT 'x', scope, reason, author, created_at, expires_at, begins FROM suppressions",
        "the audit log does not have it so",
    );
}

fn window(store: &Store, body: Value) -> Window {
    let mut body = body;
    body["reason"] = json!("new disks");
    let new: NewWindow = serde_json::from_value(body).unwrap();
    store.records.add_window(new, "anna").unwrap()
}

#[test]
fn a_window_marks_what_is_received_in_it_if_it_was_recorded_before() {
    // Seconds after it is recorded: its start, its end; when the event is received.
    let check =
        |(from, until): (i64, i64), received: i64, level: Level, own: bool, expected: &str| {
            let store = Store::new();
            let now = at(common::START);
            let time = |seconds: i64| now.saturating_add_micros(seconds * 1_000_000).to_string();
            let made = window(
                &store,
                json!({"hosts": ["web*"], "from": time(from), "until": time(until)}),
            );
            store.clock.advance(received);
            store.apply(&[Detection {
                level,
                counts_in_maintenance: own,
                ..brute_force(&store, "203.0.113.7", 12)
            }]);
            let alert = &store.alerts()[0];
            let marked = alert.maintenance == Some(made.id.clone());
            assert_eq!(
                store.records.window(&made.id).unwrap().covered,
                u64::from(marked)
            );
            let found = match (marked, store.incidents().len(), store.payloads().len()) {
                (false, 1, 1) => "seen",
                (true, 0, 0) => "quiet",
                (true, 1, 1) => "marked",
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{from}..{until} at {received}");
        };
    check((1, 60), 1, Level::High, false, "quiet");
    check((1, 60), 59, Level::High, false, "quiet");
    check((1, 60), 60, Level::High, false, "seen");
    check((5, 60), 4, Level::High, false, "seen");
    check((1, 60), 30, Level::Critical, false, "marked");
    check((1, 60), 30, Level::High, true, "marked");
    // Recorded at its start or later: for the record alone.
    check((0, 60), 30, Level::High, false, "seen");
    check((-30, 60), 30, Level::High, false, "seen");
}

#[test]
fn a_window_has_places_rules_and_streams_and_can_be_ended() {
    let store = Store::new();
    let check = |scope: Value, position: u64, covered: bool| {
        let mut body = scope.clone();
        let now = vakt_event::Clock::now(store.clock.as_ref());
        body["from"] = json!(now.saturating_add_micros(1_000_000).to_string());
        body["until"] = json!(now.saturating_add_micros(60_000_000).to_string());
        let made = window(&store, body);
        store.clock.advance(30);
        let entity = format!("203.0.113.{position}");
        let applied = store.apply(&[brute_force(&store, &entity, position)]);
        assert_eq!(applied.in_maintenance == 1, covered, "{scope}");
        let ended = store.records.end_window(&made.id, "done", "bo").unwrap();
        assert_eq!(ended.ended_by.as_deref(), Some("bo"));
        let applied = store.apply(&[brute_force(&store, &entity, position + 2)]);
        assert_eq!(applied.in_maintenance, 0, "{scope}");
        store.clock.advance(30);
    };
    check(json!({}), 10, true);
    check(json!({"hosts": ["WEB1"]}), 20, true);
    check(json!({"hosts": ["db*", "web1"]}), 30, true);
    // What comes from there happened here.
    check(json!({"hosts": ["203.0.113.0/24"]}), 36, false);
    check(json!({"hosts": ["db*", "198.51.100.0/24"]}), 40, false);
    check(json!({"hosts": ["web1"], "rules": [RULE]}), 50, true);
    check(json!({"hosts": ["web1"], "rules": ["other"]}), 60, false);
    check(json!({"streams": ["acme"]}), 70, false);
    let wrong = |body: Value, said: &str| {
        let new: NewWindow = serde_json::from_value(body).unwrap();
        let error = store
            .records
            .add_window(new, "anna")
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{error}");
    };
    let (from, until) = ("2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z");
    wrong(
        json!({"from": from, "until": from, "reason": "r"}),
        "ends after it begins",
    );
    wrong(json!({"from": from, "until": until}), "`reason` says");
    wrong(json!({"until": until, "reason": "r"}), "`from` is missing");
    wrong(
        json!({"from": from, "until": YEAR, "reason": "r"}),
        "31 days long at the most",
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}
