//! One campaign is one draft: what different rules find of one attacker, and of two.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use vakt_incident::{Detection, IncidentState};

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
const A_DEPLOY: &[(&str, &str)] = &[("source.ip", "203.0.113.7"), ("user.name", "deploy")];
const DEPLOY: &[(&str, &str)] = &[("user.name", "deploy")];
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

/// `root` of every machine was one alert, and the draft of the first machine took in all others.
#[test]
fn the_same_user_name_on_two_hosts_is_two_alerts_and_two_drafts() {
    let seen = [
        Seen("sudo", ROOT, ROOT, "web1"),
        Seen("sudo", ROOT, ROOT, "web2"),
        Seen("cron", ROOT, ROOT, "web2"),
        Seen("cron", ROOT, ROOT, "web1"),
        Seen("sudo", ROOT, ROOT, "web1"),
        Seen("sudo", ROOT, ROOT, "web2"),
    ];
    check(&seen, 60, &[&["sudo", "cron"], &["sudo", "cron"]]);

    let store = Store::new();
    for (position, seen) in (10..).step_by(10).zip(&seen[..2]) {
        store.apply(&[detection(&store, seen, position)]);
    }
    let told: Vec<_> = store
        .payloads()
        .iter()
        .map(|it| (it["kind"].clone(), it["host"].clone(), it["count"].clone()))
        .collect();
    let draft = |host: &str| ("draft".into(), host.into(), 1.into());
    assert_eq!(told, [draft("web1"), draft("web2")]);
    let named: Vec<String> = store.alerts().into_iter().map(|it| it.entity).collect();
    assert_eq!(named, ["root", "root"]);
}

/// Whoever writes a correlation by user says that one user is one, on whatever machine.
#[test]
fn a_correlation_by_user_is_one_alert_on_all_machines() {
    let store = Store::new();
    for (position, host) in [(10, "web1"), (20, "web2")] {
        store.apply(&[Detection {
            is_grouped: true,
            ..detection(&store, &Seen("tries", ROOT, ROOT, host), position)
        }]);
    }
    assert_eq!((store.alerts().len(), store.incidents().len()), (1, 1));
}

/// An intruder makes users, becomes root and wipes the log of one machine within a second; only the
/// first rule sees an address.
#[test]
fn what_happens_on_one_host_within_half_an_hour_is_one_draft() {
    const TOOR: &[(&str, &str)] = &[("user.name", "toor")];
    const TOOR2: &[(&str, &str)] = &[("user.name", "toor2")];
    let seen = || {
        [
            Seen("login", A, A_DEPLOY, "web1"),
            Seen("sudo", DEPLOY, DEPLOY, "web1"),
            Seen("useradd", TOOR, TOOR, "web1"),
            Seen("useradd", TOOR2, TOOR2, "web1"),
            Seen("wiped", ROOT, ROOT, "web1"),
            Seen("wiped", ROOT, ROOT, "web2"),
        ]
    };
    let one: &[&str] = &["login", "sudo", "useradd", "useradd", "wiped"];
    check(&seen(), 0, &[one, &["wiped"]]);
    check(&seen(), 30 * 60, &[one, &["wiped"]]);
    let apart: &[&[&str]] = &[
        &["login", "sudo"],
        &["useradd"],
        &["useradd"],
        &["wiped"],
        &["wiped"],
    ];
    check(&seen(), 30 * 60 + 1, apart);
}

/// Another address is another attacker, also on a machine that somebody else attacks.
#[test]
fn what_names_an_address_joins_nobody_else_of_its_host() {
    let seen = [
        Seen("login", A, A_DEPLOY, "web1"),
        Seen("scan", B, B, "web1"),
    ];
    check(&seen, 0, &[&["login"], &["scan"]]);
}

const SAME: i64 = 60;

/// The records of what an attack that goes on does to an incident that was judged.
fn goes_on(judge: &dyn Fn(&Store), expected_state: IncidentState) {
    let store = Store::new();
    let of_rule = |rule, position| detection(&store, &Seen(rule, A, A_ROOT, "web1"), position);
    store.apply(&[of_rule("login", 10)]);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact("1", r#"{"fact":"submitted","report":"notification"}"#);
    // Received before it was judged, and evaluated after.
    let late = of_rule("login", 20);
    store.clock.advance(SAME);
    judge(&store);
    store.apply(&[late]);
    assert_eq!(store.incidents().len(), 1);
    let count = |id: &str| store.records.incident(id).unwrap().incident.match_count;
    assert_eq!(count("1"), 2);

    store.clock.advance(SAME);
    let applied = store.apply(&[of_rule("login", 30)]);
    assert_eq!(applied.drafts_opened.len(), 1);
    let first = store.records.incident("1").unwrap();
    let second = store.records.incident("2").unwrap();
    assert_eq!(first.incident.state, expected_state);
    assert_eq!(
        (first.incident.match_count, second.incident.match_count),
        (2, 1)
    );
    assert_eq!((first.alerts.len(), second.alerts.len()), (1, 1));
    let source = second.facts[0].source.clone().unwrap();
    let names = format!(
        "rule login; goes on after incident 1 was recorded as {expected_state} at \
         2026-11-23T20:01:00Z"
    );
    assert_eq!(source, names);
    let told = store.payloads();
    let drafts = told.iter().filter(|it| it["kind"] == "draft");
    assert_eq!(drafts.count(), 2);

    // What comes further, of this rule and of another, belongs to the new draft.
    store.clock.advance(SAME);
    store.apply(&[of_rule("login", 40)]);
    store.apply(&[of_rule("scan", 50)]);
    assert_eq!((store.incidents().len(), count("1"), count("2")), (2, 2, 3));
    assert!(store.records.verify_audit().unwrap().is_sound());
}

/// It joined the incident without a word: no notice, no draft, and the state stayed `handled`.
#[test]
fn an_attack_that_goes_on_after_it_was_handled_is_a_draft_that_names_the_incident() {
    let handled = |store: &Store| {
        store.fact("1", r#"{"fact":"handled"}"#);
    };
    goes_on(&handled, IncidentState::Handled);
}

#[test]
fn an_attack_that_goes_on_after_a_downgrade_is_a_draft_that_names_the_incident() {
    let downgraded = |store: &Store| {
        let down = r#"{"fact":"downgraded","reason":"a test of ours"}"#;
        let id = store.fact("1", down).fact.id;
        let approved = format!(r#"{{"fact":"approved","approves":{id}}}"#);
        let approved = serde_json::from_str(&approved).unwrap();
        store.records.add_fact("1", approved, "bo").unwrap();
    };
    goes_on(&downgraded, IncidentState::Downgraded);
}

/// An incident of another rule of the campaign, of the risk and of the burst is judged, too.
#[test]
fn a_match_of_another_rule_joins_no_handled_incident_of_the_campaign() {
    let seen = [
        Seen("login", A, A_ROOT, "web1"),
        Seen("scan", A, A, "web1"),
        Seen("sudo", ROOT, ROOT, "web1"),
    ];
    let store = Store::new();
    store.apply(&[detection(&store, &seen[0], 10)]);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact("1", r#"{"fact":"handled"}"#);
    store.clock.advance(SAME);
    store.apply(&[detection(&store, &seen[1], 20)]);
    store.apply(&[detection(&store, &seen[2], 30)]);
    assert_eq!(drafts(&store), [vec!["login"], vec!["scan", "sudo"]]);
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
