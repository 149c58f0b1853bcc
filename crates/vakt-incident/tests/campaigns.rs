//! One campaign is one draft: what different rules find of one attacker, and of two.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use vakt_incident::Detection;

const HOUR: i64 = 3_600;

/// A match: rule, the entity that it is about, the address and user of its event, the host.
struct Seen(
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static str,
);

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter();
    owned
        .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
        .collect()
}

fn detection(store: &Store, seen: &Seen, position: u64) -> Detection {
    let Seen(rule, entity, subjects, host) = seen;
    let mut subjects = pairs(subjects);
    subjects.push(("host.name".to_owned(), (*host).to_owned()));
    let mut detection = Detection {
        rule_id: (*rule).to_owned(),
        rule_title: (*rule).to_owned(),
        entity: pairs(entity),
        subjects,
        ..brute_force(store, "", position)
    };
    detection.completing.host = Some((*host).to_owned());
    detection
}

/// The rules of each incident, the oldest first.
fn drafts(store: &Store) -> Vec<Vec<String>> {
    let mut incidents = store.incidents();
    incidents.reverse();
    let rules = |id: &str| {
        let alerts = store.records.incident(id).unwrap().alerts;
        alerts.iter().rev().map(|it| it.rule_id.clone()).collect()
    };
    incidents.iter().map(|it| rules(&it.id)).collect()
}

fn check(seen: &[Seen], pause: i64, expected: &[&[&str]]) {
    let store = Store::new();
    for (number, one) in (1_u64..).zip(seen) {
        let position = 10 * number;
        store.apply(&[detection(&store, one, position)]);
        store.clock.advance(pause);
    }
    let found = drafts(&store);
    let expected: Vec<Vec<String>> = expected
        .iter()
        .map(|rules| rules.iter().map(|&it| it.to_owned()).collect())
        .collect();
    assert_eq!(found, expected);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

const A: &[(&str, &str)] = &[("source.ip", "203.0.113.7")];
const B: &[(&str, &str)] = &[("source.ip", "203.0.113.8")];
const A_ROOT: &[(&str, &str)] = &[("source.ip", "203.0.113.7"), ("user.name", "root")];
const B_ROOT: &[(&str, &str)] = &[("source.ip", "203.0.113.8"), ("user.name", "root")];
const ROOT: &[(&str, &str)] = &[("user.name", "root")];

#[test]
fn one_attacker_over_three_rules_is_one_draft() {
    let seen = [
        Seen("login", A, A_ROOT, "web1"),
        Seen("scan", A, A, "web2"),
        Seen("sudo", ROOT, ROOT, "web1"),
        Seen("wiped", &[("host.name", "web1")], &[], "web1"),
    ];
    check(&seen, 60, &[&["login", "scan", "sudo", "wiped"]]);
}

#[test]
fn two_attackers_are_two_drafts_though_they_try_the_same_user_of_the_same_host() {
    let seen = [
        Seen("login", A, A_ROOT, "web1"),
        Seen("login", B, B_ROOT, "web1"),
        Seen("scan", A, A_ROOT, "web1"),
        Seen("scan", B, B_ROOT, "web1"),
    ];
    check(&seen, 60, &[&["login", "scan"], &["login", "scan"]]);
}

#[test]
fn the_same_user_name_on_two_hosts_is_two_drafts() {
    let seen = [
        Seen("sudo", ROOT, ROOT, "web1"),
        Seen("cron", ROOT, ROOT, "web2"),
        Seen("cron", ROOT, ROOT, "web1"),
    ];
    // The last is of the rule and entity of the one before, whose draft is open.
    check(&seen, 60, &[&["sudo"], &["cron"]]);
}

#[test]
fn what_comes_more_than_four_hours_after_the_last_is_another_draft() {
    let seen = || {
        [
            Seen("login", A, A_ROOT, "web1"),
            Seen("scan", A, A, "web1"),
            Seen("sudo", ROOT, ROOT, "web1"),
        ]
    };
    check(&seen(), 4 * HOUR, &[&["login", "scan", "sudo"]]);
    check(&seen(), 4 * HOUR + 1, &[&["login"], &["scan"], &["sudo"]]);
}

#[test]
fn streams_drills_old_logs_and_closed_incidents_are_joined_by_nobody_else() {
    let store = Store::new();
    store.apply(&[detection(&store, &Seen("login", A, A_ROOT, "web1"), 10)]);
    let other = |change: &dyn Fn(&mut Detection), position: u64| {
        let mut one = detection(&store, &Seen("scan", A, A, "web1"), position);
        change(&mut one);
        store.apply(&[one]);
    };
    other(&|it| it.stream = "acme".to_owned(), 20);
    other(&|it| it.drill = true, 30);
    let day = -25 * HOUR * 1_000_000;
    other(
        &|it| it.completing.claimed = Some(it.completing.received.saturating_add_micros(day)),
        40,
    );
    assert_eq!(store.incidents().len(), 4);
    // What was back-filled stays apart from the same rule and entity of today, too.
    let historic: Vec<bool> = store.incidents().iter().map(|it| it.historic).collect();
    assert_eq!(historic, [true, false, false, false]);
    other(&|_| {}, 50);
    assert_eq!(drafts(&store)[0], ["login", "scan"]);
    store.fact("1", r#"{"fact":"dismissed","reason":"ours"}"#);
    other(&|it| it.rule_id = "third".to_owned(), 60);
    assert_eq!(store.incidents().len(), 5);
}
