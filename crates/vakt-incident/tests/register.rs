//! The register of personal data breaches, and figures, out of the records.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force};
use rusqlite::Connection;
use serde_json::json;
use vakt_incident::figures::Period;
use vakt_incident::form::ReportRef;
use vakt_incident::records::NewText;
use vakt_incident::register::{Breach, BreachStatus, NewEntry, RegisterFilter, sheet};
use vakt_incident::{NewIncident, PageRequest};

fn open(store: &Store, title: &str, more: &serde_json::Value) -> String {
    let mut body = json!({"title": title});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let new: NewIncident = serde_json::from_value(body).unwrap();
    store
        .records
        .open_incident(new, "anna")
        .unwrap()
        .incident
        .id
}

fn listed(store: &Store, all: bool, streams: Option<&[&str]>) -> Vec<Breach> {
    let filter = RegisterFilter {
        all,
        streams: streams.map(|it| it.iter().map(|&name| name.to_owned()).collect()),
    };
    store
        .records
        .register(&filter, &PageRequest::default())
        .unwrap()
        .items
}

fn titles(breaches: &[Breach]) -> Vec<&str> {
    breaches.iter().map(|it| it.title.as_str()).collect()
}

#[test]
fn the_register_has_breaches_and_what_may_be_one() {
    let store = Store::new();
    open(&store, "plain", &json!({}));
    open(
        &store,
        "drill",
        &json!({"regimes": ["gdpr"], "drill": true}),
    );
    open(&store, "open", &json!({"regimes": ["gdpr"]}));
    open(&store, "dismissed", &json!({"regimes": ["gdpr"]}));
    store.fact("4", r#"{"fact":"dismissed","reason":"a test"}"#);
    open(&store, "declared", &json!({"stream": "acme"}));
    store.fact("5", r#"{"fact":"aware_pdb"}"#);
    assert_eq!(titles(&listed(&store, false, None)), ["declared", "open"]);
    assert_eq!(
        titles(&listed(&store, true, None)),
        ["declared", "dismissed", "open"]
    );
    assert_eq!(titles(&listed(&store, true, Some(&["acme"]))), ["declared"]);
    let statuses: Vec<BreachStatus> = listed(&store, true, None)
        .iter()
        .map(|it| it.status)
        .collect();
    assert_eq!(
        statuses,
        [
            BreachStatus::Breach,
            BreachStatus::NoBreach,
            BreachStatus::UnderAssessment
        ]
    );
}

#[test]
fn an_entry_is_of_the_reports_until_somebody_writes_another_one() {
    let store = Store::new();
    let id = open(&store, "lost laptop", &json!({"regimes": ["gdpr"]}));
    store.fact("1", r#"{"fact":"aware_pdb"}"#);
    let breach = store.records.breach(&id).unwrap();
    assert_eq!(
        breach.missing,
        ["facts", "effects", "remedial_action", "notified_or_why_not"]
    );
    let report = ReportRef {
        regime: "gdpr",
        stage: "authority",
        party: "own",
    };
    let text = |field: &str, text: &str| NewText {
        field: field.to_owned(),
        text: text.to_owned(),
        version: 0,
    };
    let texts = [
        text("nature_of_breach", "a laptop"),
        text("likely_consequences", "few"),
    ];
    store
        .records
        .enter_texts(&id, report, &texts, "bo")
        .unwrap();
    let fact = r#"{"fact":"submitted","report":"authority","regime":"gdpr","reference":"IMY-1",
        "fields":{"measures_taken":"it was locked"}}"#;
    store.fact("1", fact);
    let breach = store.records.breach("1").unwrap();
    assert_eq!(breach.missing, [""; 0]);
    assert_eq!(
        (breach.facts.text.as_deref(), breach.facts.from),
        (Some("a laptop"), Some("report"))
    );
    assert_eq!(
        breach.remedial_action.text.as_deref(),
        Some("it was locked")
    );
    assert_eq!(breach.notified[0].reference.as_deref(), Some("IMY-1"));

    let new = NewEntry {
        facts: Some("a laptop with a list".to_owned()),
        not_notified_reason: Some("=1+1".to_owned()),
        ..NewEntry::default()
    };
    let written = store.records.write_register(&id, &new, "anna").unwrap();
    assert_eq!((written.facts.from, written.version), (Some("register"), 1));
    assert_eq!(written.effects.text.as_deref(), Some("few"));
    let stale = store.records.write_register(&id, &new, "bo").unwrap_err();
    assert!(stale.is_conflict(), "{stale}");
    let csv = sheet(&[serde_json::to_value(&written).unwrap()]);
    assert!(
        csv.contains(",a laptop with a list,,few,it was locked,gdpr authority 2026"),
        "{csv}"
    );
    assert!(csv.ends_with(" IMY-1,'=1+1,,\r\n"), "{csv}");
    // Blank takes it away: the report's text is back.
    let blank = NewEntry {
        facts: Some(" ".to_owned()),
        version: 1,
        ..NewEntry::default()
    };
    let written = store.records.write_register(&id, &blank, "anna").unwrap();
    assert_eq!((written.facts.from, written.version), (Some("report"), 2));
}

#[test]
fn only_a_decision_about_personal_data_ends_that_question() {
    let undecided = "nobody has decided about gdpr: record `aware_pdb`, or `not_significant` with \
        the regime gdpr where there is nothing to report under it";
    let check = |facts: &[&str], warned: &[usize], status: BreachStatus, state: &str| {
        let store = Store::new();
        open(&store, "x", &json!({"regimes": ["nis2-se", "gdpr"]}));
        let mut found = Vec::new();
        for (index, fact) in facts.iter().enumerate() {
            let recorded = store.fact("1", fact);
            if recorded.warnings.iter().any(|it| it == undecided) {
                found.push(index);
            }
        }
        assert_eq!(found, warned, "{facts:?}");
        let breach = store.records.breach("1").unwrap();
        assert_eq!(breach.status, status, "{facts:?}");
        assert_eq!(breach.state.as_str(), state, "{facts:?}");
        let is_listed = status != BreachStatus::NoBreach;
        assert_eq!(listed(&store, false, None).len(), usize::from(is_listed));
        assert!(store.records.verify_audit().unwrap().is_sound());
    };
    let sent = |report: &str| {
        format!(r#"{{"fact":"submitted","report":"{report}","regime":"nis2-se","reference":"1"}}"#)
    };
    let (early, notification, last) = (sent("early_warning"), sent("notification"), sent("final"));
    let reported = [
        r#"{"fact":"aware"}"#,
        &early,
        &notification,
        &last,
        r#"{"fact":"closed"}"#,
    ];
    check(
        &reported,
        &[3, 4],
        BreachStatus::UnderAssessment,
        "notified",
    );
    let small = r#"{"fact":"not_significant","reason":"small"}"#;
    let none = r#"{"fact":"not_significant","regime":"gdpr","reason":"no personal data"}"#;
    check(
        &[small],
        &[0],
        BreachStatus::UnderAssessment,
        "not_significant",
    );
    check(
        &[small, none],
        &[0],
        BreachStatus::NoBreach,
        "not_significant",
    );
    check(&[none], &[], BreachStatus::NoBreach, "draft");
    check(
        &[none, small],
        &[],
        BreachStatus::NoBreach,
        "not_significant",
    );
    check(
        &[none, r#"{"fact":"aware"}"#],
        &[],
        BreachStatus::NoBreach,
        "significant",
    );
    check(
        &[none, r#"{"fact":"reopened"}"#],
        &[],
        BreachStatus::UnderAssessment,
        "draft",
    );
    check(
        &[r#"{"fact":"dismissed","reason":"a test"}"#],
        &[],
        BreachStatus::NoBreach,
        "dismissed",
    );
    check(
        &[none, r#"{"fact":"aware_pdb"}"#],
        &[],
        BreachStatus::Breach,
        "assessing",
    );
}

#[test]
fn a_customers_awareness_counts_and_its_controller_is_told() {
    let store = Store::new();
    open(&store, "x", &json!({"regimes": ["gdpr-processor"]}));
    store.fact("1", r#"{"fact":"aware_pdb","party":"Kund AB"}"#);
    store.fact("1", r#"{"fact":"dismissed","reason":"a test"}"#);
    let breach = store.records.breach("1").unwrap();
    assert_eq!(breach.status, BreachStatus::Breach);
    assert_eq!(breach.awareness[0].party, "Kund AB");
    assert_eq!(breach.aware_at, Some(breach.awareness[0].at));
    assert!(
        breach.missing.contains(&"notified_or_why_not"),
        "{:?}",
        breach.missing
    );
    // The notice to another customer is none to this one.
    let told = |party: &str| {
        store.fact(
            "1",
            &format!(r#"{{"fact":"submitted","report":"controller","party":"{party}"}}"#),
        );
        let missing = store.records.breach("1").unwrap().missing;
        missing.contains(&"notified_or_why_not")
    };
    assert!(told("own"));
    assert!(!told("Kund AB"));
}

#[test]
fn the_authority_is_told_or_it_is_said_why_not_and_why_late() {
    let store = Store::new();
    open(&store, "x", &json!({"regimes": ["gdpr"]}));
    store.fact("1", r#"{"fact":"aware_pdb"}"#);
    let missing = || {
        let missing = store.records.breach("1").unwrap().missing;
        missing
            .into_iter()
            .filter(|it| !["facts", "effects", "remedial_action"].contains(it))
            .collect::<Vec<_>>()
    };
    store.fact(
        "1",
        r#"{"fact":"submitted","report":"subjects","regime":"gdpr"}"#,
    );
    assert_eq!(
        missing(),
        ["notified_or_why_not"],
        "the data subjects are not the authority"
    );
    store.clock.advance(80 * 3_600);
    let late = store.fact(
        "1",
        r#"{"fact":"submitted","report":"authority","regime":"gdpr"}"#,
    );
    assert_eq!(missing(), ["reason_for_delay"]);
    let why = format!(
        r#"{{"fact":"submitted","report":"authority","regime":"gdpr","revises":{},"at":"{}","reason":"ill"}}"#,
        late.fact.id, late.fact.at
    );
    store.fact("1", &why);
    assert_eq!(missing(), [""; 0]);
    let notified = store.records.breach("1").unwrap().notified;
    assert_eq!(notified[1].reason.as_deref(), Some("ill"));
}

#[test]
fn a_merged_breach_is_in_the_register_once_with_the_texts_of_its_parts() {
    let store = Store::new();
    open(&store, "whole", &json!({"regimes": ["nis2-se"]}));
    for title in ["first part", "second part"] {
        open(&store, title, &json!({"regimes": ["gdpr"]}));
    }
    for (id, facts) in [("2", "a laptop"), ("3", "a phone")] {
        store.fact(id, r#"{"fact":"aware_pdb"}"#);
        let new = NewEntry {
            facts: Some(facts.to_owned()),
            ..NewEntry::default()
        };
        store.records.write_register(id, &new, "anna").unwrap();
        store.fact(id, r#"{"fact":"merged","into":"1"}"#);
    }
    let all = listed(&store, true, None);
    assert_eq!(titles(&all), ["whole"]);
    assert_eq!(all[0].status, BreachStatus::Breach);
    assert_eq!(
        (all[0].facts.text.as_deref(), all[0].facts.from),
        (Some("a laptop\n\na phone"), Some("part"))
    );
    let parts: Vec<i64> = all[0].parts.iter().map(|it| it.number).collect();
    assert_eq!(parts, [2, 3]);
    let part = store.records.breach("2").unwrap();
    assert_eq!(part.part_of.as_deref(), Some(all[0].id.as_str()));
}

#[test]
fn tampering_with_the_register_is_found() {
    let tampered = |sql: &str| {
        let store = Store::new();
        let id = open(&store, "a", &json!({"regimes": ["gdpr"]}));
        let new = NewEntry {
            facts: Some("f".to_owned()),
            ..NewEntry::default()
        };
        store.records.write_register(&id, &new, "anna").unwrap();
        assert_eq!(
            store.records.verify_audit().unwrap().faults,
            Vec::<String>::new()
        );
        let raw = Connection::open(store.path()).unwrap();
        raw.execute_batch(sql).unwrap();
        store.records.verify_audit().unwrap().faults.join("\n")
    };
    for sql in [
        "UPDATE breach_entries SET facts = 'x'",
        "UPDATE breach_entries SET not_notified_reason = 'x'",
        "UPDATE breach_entries SET recorded_by = 'x'",
        "UPDATE breach_entries SET recorded_at = recorded_at - 86400000000",
        "DELETE FROM breach_entries",
    ] {
        let faults = tampered(sql);
        assert!(
            faults.contains("the register's entry of incident"),
            "{sql}: {faults}"
        );
    }
}

#[test]
fn figures_are_of_the_records() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.apply(&[brute_force(&store, "203.0.113.8", 30)]);
    store.fact("2", r#"{"fact":"dismissed","reason":"a scanner"}"#);
    store.clock.advance(3_600);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.clock.advance(3_600);
    store.fact(
        "1",
        r#"{"fact":"submitted","report":"early_warning","reference":"1"}"#,
    );
    open(&store, "of another stream", &json!({"stream": "acme"}));
    let (name, zone) = store.records.time_zone();
    assert_eq!(name, "Europe/Stockholm");
    let november = Period::parse("2026-11", &zone).unwrap();
    let figures = |streams: Option<&[String]>| {
        let before = november.before(&zone);
        store
            .records
            .figures(&november, before.as_ref(), streams)
            .unwrap()
    };
    let all = figures(None).real;
    assert_eq!(all.incidents.detected.count, 3);
    let classes: Vec<(&str, u64)> = all
        .incidents
        .by_class
        .iter()
        .map(|it| (it.name.as_str(), it.of.count))
        .collect();
    assert_eq!(
        classes,
        [("significant", 1), ("dismissed", 1), ("undecided", 1)]
    );
    let aware = &all.times.to_awareness;
    let first = store.records.incident("1").unwrap().incident;
    assert_eq!(aware.of.incidents, [first.id.as_str()]);
    let since = at("2026-11-23T21:00:00Z").micros_since(first.detected_at) / 1_000_000;
    assert_eq!(aware.median_seconds, Some(since));
    // The early warning was submitted, the notification is due within the month.
    assert_eq!(
        (all.reports.on_time.count, all.reports.running.count),
        (1, 1)
    );
    assert_eq!(all.by_report[0].to_submit.median_seconds, Some(3_600));
    let rule = &all.rules[0];
    assert_eq!(
        (
            rule.drafts.count,
            rule.dismissed.count,
            rule.dismissed_share
        ),
        (2, 1, Some(0.5))
    );
    assert_eq!((all.alerts.alerts, all.alerts.incomplete), (2, false));

    let acme = figures(Some(&["acme".to_owned()])).real;
    assert_eq!((acme.incidents.detected.count, acme.alerts.alerts), (1, 0));
    let none = figures(Some(&[])).real;
    assert_eq!(none.incidents.detected.count, 0);
    let december = Period::parse("2026-12", &zone).unwrap();
    let later = store
        .records
        .figures(&december, Some(&november), None)
        .unwrap();
    // The final report is projected: it is no duty before the notification is submitted.
    assert_eq!(
        (
            later.real.incidents.detected.count,
            later.real.reports.due.count
        ),
        (0, 0)
    );
    assert_eq!(later.real_before.unwrap(), all);
}
