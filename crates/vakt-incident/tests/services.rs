//! Services that are away: outages from events and facts, the warning, the instant at which a criterion is
//! met, planned work, and what a restart or a replay changes (nothing).

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::Store;
use common::outages::{
    DOWN, LIMITED, UP, facts, go_to, look, matched, met, says, settings, store, text, time,
};
use rusqlite::Connection;
use vakt_incident::reminder::Policy;
use vakt_incident::{Detection, NewIncident, NewWindow, Service, Services, Settings};

#[test]
fn a_managed_service_that_is_away_from_half_past_seven() {
    let store = store();
    says(&store, DOWN, 1);
    let next = store.records.remind(&Policy::default()).unwrap();
    assert_eq!(next, Some(time("19:50:00")));
    go_to(&store, "19:35:00");
    says(&store, DOWN, 2);
    go_to(&store, "19:49:59");
    assert_eq!(look(&store), [""; 0]);
    assert!(store.incidents().is_empty());

    // Ten minutes before, a draft opens, that a person can act.
    go_to(&store, "19:50:00");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_near 1 20:00:00.000001Z"]
    );
    assert_eq!(look(&store), [""; 0]);
    let draft = store.records.incident("1").unwrap();
    let shown = serde_json::to_value(&draft).unwrap();
    assert_eq!(
        (
            text(&shown, "title"),
            text(&shown, "origin"),
            text(&shown, "entity")
        ),
        ("Outage of portal", "outage", "portal")
    );
    assert_eq!(
        draft
            .evidence
            .iter()
            .map(|it| it.id.as_str())
            .collect::<Vec<_>>(),
        ["1"]
    );
    assert_eq!(
        facts(&store, "1"),
        ["detected 19:30:00Z vakt", "service_lost 19:30:00Z vakt"]
    );

    // At the limit it is not met; beyond it, it is, once, whatever restarts.
    go_to(&store, "20:00:00");
    assert_eq!(look(&store), [""; 0]);
    assert!(met(&store, "1").is_empty());
    let store = store.restart();
    go_to(&store, "20:00:01");
    assert_eq!(look(&store), ["criterion_met 1 20:00:00.000001Z"]);
    let store = store.restart();
    assert_eq!(look(&store), [""; 0]);
    let found = met(&store, "1");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].at, time("20:00:00.000001"));
    assert_eq!(
        serde_json::to_string(&found[0].fields).unwrap(),
        r#"{"criterion":"MSP-a","citation":"Art. 10(a)","entity_type":"msp","service":"portal","kind":"complete","since":"2026-11-24T19:30:00Z","at_by_overrun":"2026-11-24T20:00:00.000001Z","data":"2026-11-29"}"#
    );
    assert_eq!(
        found[0].source.as_deref(),
        Some("event 1 of rule rule-down")
    );
    // Awareness is a person's to declare.
    assert_eq!(
        store.records.incident("1").unwrap().incident.state.as_str(),
        "draft"
    );

    // The journal is evaluated again: nothing changes.
    let before = store.records.services(None).unwrap();
    let again = [matched(&store, DOWN, 1), matched(&store, DOWN, 2)];
    store.apply(&again);
    assert_eq!(store.records.services(None).unwrap(), before);

    go_to(&store, "20:10:00");
    says(&store, UP, 3);
    says(&store, UP, 4);
    assert_eq!(look(&store), [""; 0]);
    assert_eq!(
        facts(&store, "1").last().unwrap(),
        "service_restored 20:10:00Z vakt"
    );
    let services = store.records.services(None).unwrap();
    let outage = &services[0].outages[0];
    assert_eq!(services[0].outages.len(), 1);
    assert_eq!(outage.outage.span.until, Some(time("20:10:00")));
    assert_eq!(outage.counted.whole.as_duration(), "40 min");
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn what_comes_back_in_time_meets_nothing_and_up_alone_is_nothing() {
    let store = store();
    says(&store, UP, 1);
    go_to(&store, "19:31:00");
    says(&store, DOWN, 2);
    go_to(&store, "19:52:00");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_near 1 20:01:00.000001Z"]
    );
    // Exactly the limit.
    go_to(&store, "20:01:00");
    says(&store, UP, 3);
    go_to(&store, "21:00:00");
    assert_eq!(look(&store), [""; 0]);
    assert!(met(&store, "1").is_empty());
    assert_eq!(
        facts(&store, "1").last().unwrap(),
        "service_restored 20:01:00Z vakt"
    );
    // The next outage while the draft is open joins it.
    says(&store, DOWN, 4);
    go_to(&store, "21:30:01");
    assert_eq!(look(&store), ["criterion_met 1 21:30:00.000001Z"]);
    assert_eq!(store.incidents().len(), 1);
}

#[test]
fn half_back_is_not_back() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "19:50:00");
    look(&store);
    go_to(&store, "19:55:00");
    says(&store, LIMITED, 2);
    look(&store);
    assert_eq!(
        facts(&store, "1"),
        ["detected 19:30:00Z vakt", "service_lost 19:30:00Z vakt"]
    );
    // It was limited all along.
    go_to(&store, "20:20:00");
    assert_eq!(look(&store), ["criterion_near 1 20:30:00.000001Z"]);
    go_to(&store, "20:29:00");
    says(&store, UP, 3);
    look(&store);
    look(&store);
    assert_eq!(facts(&store, "1").len(), 3);
    assert_eq!(
        facts(&store, "1").last().unwrap(),
        "service_restored 20:29:00Z vakt"
    );
}

#[test]
fn a_service_that_comes_and_goes_fills_no_incident() {
    let store = Store::with(Settings {
        services: Services::new(vec![Service {
            name: "hall".to_owned(),
            entity_types: vec!["data_centre".to_owned()],
            down: vec![DOWN.to_owned()],
            up: vec![UP.to_owned()],
            ..Service::default()
        }]),
        ..Settings::default()
    });
    go_to(&store, "08:00:00");
    for number in 0..110 {
        says(&store, DOWN, 2 * number + 1);
        store.clock.advance(1);
        says(&store, UP, 2 * number + 2);
        store.clock.advance(1);
        store.records.remind(&Policy::default()).unwrap();
    }
    assert_eq!(store.incidents().len(), 1);
    let count = |kind: &str| {
        let all = facts(&store, "1");
        all.iter().filter(|it| it.starts_with(kind)).count()
    };
    assert_eq!(count("criterion_met"), 1, "any duration is enough, once");
    assert_eq!((count("service_lost"), count("service_restored")), (20, 20));
    let services = store.records.services(None).unwrap();
    assert_eq!(services[0].outages.len(), 100, "the newest are shown");
    let told: Vec<String> = store
        .payloads()
        .iter()
        .map(|it| text(it, "kind").to_owned())
        .collect();
    assert_eq!(
        told.iter().filter(|it| *it != "alert").count(),
        2,
        "{told:?}"
    );
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn after_downtime_only_what_is_due_is_told() {
    let store = store();
    says(&store, DOWN, 1);
    go_to(&store, "20:45:00");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_met 1 20:00:00.000001Z"]
    );
    assert_eq!(met(&store, "1")[0].at, time("20:00:00.000001"));
}

#[test]
fn planned_work_counts_in_both_readings_if_it_was_recorded_before() {
    let window = |from: &str, until: &str, hosts: &[&str]| NewWindow {
        hosts: hosts.iter().map(|&it| it.to_owned()).collect(),
        from: Some(time(from).to_string()),
        until: Some(time(until).to_string()),
        reason: "new disks".to_owned(),
        ..NewWindow::default()
    };
    // The instants of both readings.
    let found = |windows: Vec<NewWindow>| {
        let store = Store::with(settings());
        for window in windows {
            store.records.add_window(window, "anna").unwrap();
        }
        go_to(&store, "19:30:00");
        says(&store, DOWN, 1);
        go_to(&store, "19:49:00");
        let before = look(&store);
        go_to(&store, "21:30:00");
        look(&store);
        let outages = store.records.services(None).unwrap().remove(0).outages;
        let timers: Vec<String> = outages[0]
            .timers
            .iter()
            .map(|it| {
                format!(
                    "{} {} {:?}",
                    it.criterion,
                    it.at,
                    it.at_by_overrun.map(|it| it.to_string())
                )
            })
            .collect();
        let facts = match store.incidents().is_empty() {
            true => Vec::new(),
            false => met(&store, "1").iter().map(|it| it.at).collect::<Vec<_>>(),
        };
        assert_eq!(before, [""; 0]);
        (timers, facts)
    };
    let (timers, facts) = found(vec![window("19:00:00", "19:45:00", &["portal"])]);
    assert_eq!(
        timers,
        [r#"MSP-a 2026-11-24T20:00:00.000001Z Some("2026-11-24T20:15:00.000001Z")"#]
    );
    assert_eq!(facts, [time("20:00:00.000001")]);
    let (timers, facts) = found(vec![window("19:00:00", "20:40:00", &["web*"])]);
    assert_eq!(
        timers,
        [r#"MSP-a 2026-11-24T20:40:00.000001Z Some("2026-11-24T21:10:00.000001Z")"#]
    );
    assert_eq!(facts, [time("20:40:00.000001")]);
    // One of its two machines is not the service.
    let (_, facts) = found(vec![window("19:00:00", "23:00:00", &["web1"])]);
    assert_eq!(facts, [time("20:00:00.000001")]);
    let (timers, facts) = found(vec![window("19:00:00", "23:00:00", &[])]);
    assert_eq!(
        (timers.len(), facts.len()),
        (1, 0),
        "it would be met when the window ends"
    );

    // Recorded after its start, it covers nothing.
    let store = store();
    says(&store, DOWN, 1);
    let late = window("19:00:00", "23:00:00", &["portal"]);
    assert!(store.records.add_window(late, "anna").unwrap().late);
    go_to(&store, "20:00:01");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_met 1 20:00:00.000001Z"]
    );
}

#[test]
fn a_person_says_that_a_service_stopped_and_corrects_it() {
    let store = store();
    let new = NewIncident {
        title: "Customers call".to_owned(),
        ..NewIncident::default()
    };
    store.records.open_incident(new, "anna").unwrap();
    store.payloads();
    let unnamed = store.fact("1", r#"{"fact":"service_lost"}"#);
    assert_eq!(
        unnamed.warnings,
        ["it names no service, so no time runs: give `fields` with `service`, one of portal"]
    );
    let unknown = r#"{"fact":"service_lost","fields":{"service":"portl"}}"#;
    assert_eq!(
        store.fact("1", unknown).warnings,
        ["the configuration has no service `portl`, so no time runs: there are portal"]
    );
    let lost = r#"{"fact":"service_lost","fields":{"service":"portal"}}"#;
    let lost = store.fact("1", lost);
    assert_eq!(lost.warnings, [""; 0]);
    go_to(&store, "19:50:00");
    assert_eq!(look(&store), ["criterion_near 1 20:00:00.000001Z"]);
    assert_eq!(store.incidents().len(), 1);
    let later = format!(
        r#"{{"fact":"service_lost","at":"2026-11-24T19:40:00Z","revises":{}}}"#,
        lost.fact.id
    );
    store.fact("1", &later);
    go_to(&store, "20:05:00");
    assert_eq!(look(&store), ["criterion_near 1 20:10:00.000001Z"]);
    go_to(&store, "20:10:01");
    assert_eq!(look(&store), ["criterion_met 1 20:10:00.000001Z"]);
    assert_eq!(store.incidents().len(), 1);
}

#[test]
fn how_many_are_concerned_is_the_possible_maximum_until_somebody_says() {
    let store = store();
    says(&store, LIMITED, 1);
    go_to(&store, "20:20:00");
    assert_eq!(
        look(&store),
        ["draft 1 later", "criterion_near 1 20:30:00.000001Z"]
    );
    let say = |users: &str| {
        let answers = format!(
            r#"{{"answers":[{{"input":"users_limited","value":"{users}","service":"portal"}}]}}"#
        );
        let new = serde_json::from_str(&answers).unwrap();
        store.records.answer("1", &new, "anna").unwrap()
    };
    say("20");
    go_to(&store, "20:31:00");
    assert_eq!(look(&store), [""; 0]);
    say("21");
    assert_eq!(look(&store), ["criterion_met 1 20:30:00.000001Z"]);
    assert_eq!(look(&store), [""; 0]);
}

#[test]
fn exercises_stay_among_themselves_and_dismissed_outages_are_quiet() {
    let store = store();
    let drill = |position| Detection {
        drill: true,
        ..matched(&store, DOWN, position)
    };
    store.apply(&[drill(1)]);
    go_to(&store, "20:05:00");
    assert_eq!(look(&store), [""; 0]);
    assert_eq!(met(&store, "1").len(), 1);
    assert!(store.incidents()[0].drill);
    assert!(store.records.services(None).unwrap()[0].outages.is_empty());

    says(&store, DOWN, 2);
    go_to(&store, "20:25:00");
    assert_eq!(
        look(&store),
        ["draft 2 later", "criterion_near 2 20:35:00.000001Z"]
    );
    store.fact(
        "2",
        r#"{"fact":"dismissed","reason":"the probe is broken"}"#,
    );
    store.payloads();
    go_to(&store, "21:00:00");
    assert_eq!(look(&store), [""; 0]);
    assert!(met(&store, "2").is_empty());
}

#[test]
fn a_rule_of_several_services_speaks_of_those_on_whose_hosts_it_matched() {
    let service = |name: &str, host: &str| Service {
        name: name.to_owned(),
        entity_types: vec!["data_centre".to_owned()],
        hosts: vec![host.to_owned()],
        down: vec![DOWN.to_owned()],
        ..Service::default()
    };
    let store = Store::with(Settings {
        services: Services::new(vec![service("mail", "mail*"), service("web", "web*")]),
        ..Settings::default()
    });
    says(&store, DOWN, 1);
    let away: Vec<(String, usize)> = store
        .records
        .services(None)
        .unwrap()
        .into_iter()
        .map(|it| (it.service.name, it.outages.len()))
        .collect();
    assert_eq!(away, [("mail".to_owned(), 0), ("web".to_owned(), 1)]);
    // Any duration is a criterion: what is told at once needs no warning.
    store.clock.advance(1);
    store.records.remind(&Policy::default()).unwrap();
    let kinds: Vec<String> = store
        .payloads()
        .iter()
        .map(|it| text(it, "kind").to_owned())
        .collect();
    assert_eq!(kinds, ["draft", "criterion_met"]);
}

#[test]
fn what_was_said_of_a_service_cannot_be_altered_unseen() {
    let tamper = |sql: &str, expected: &str| {
        let store = store();
        says(&store, DOWN, 1);
        assert!(store.records.verify_audit().unwrap().is_sound());
        let other = Connection::open(store.path()).unwrap();
        other
            .execute_batch(&format!("DROP TRIGGER service_signals_stay; {sql}"))
            .unwrap();
        let faults = store.records.verify_audit().unwrap().faults;
        assert_eq!(faults, [expected], "{sql}");
    };
    let altered = "what was said of service portal: it is missing or was altered";
    tamper("UPDATE service_signals SET at = at + 1", altered);
    tamper("UPDATE service_signals SET original = x'00'", altered);
    tamper("DELETE FROM service_signals", altered);
    tamper(
        "INSERT INTO service_signals (service, drill, stream, says, at, noticed_at, rule, position,
             received) VALUES ('portal', 0, 'default', 'up', 1, 1, 'r', 9, 1)",
        "what was said of services: 2 rows are stored, and 1 are in the audit log",
    );
}
