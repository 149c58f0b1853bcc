//! Reports of staff, suppliers and customers: kept word for word, and the start of an assessment.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::Store;
use rusqlite::Connection;
use serde_json::json;
use vakt_incident::intake::{NewReport, Reporter};
use vakt_incident::work::{NewAttachment, Stored};
use vakt_incident::{IncidentState, PageRequest};

fn report(description: &str) -> NewReport {
    NewReport {
        time: "i går kväll, kanske 22".to_owned(),
        description: description.to_owned(),
        contact: Some("Eva, 070-000 00 00".to_owned()),
        files: Vec::new(),
    }
}

fn supplier() -> Reporter {
    Reporter::Supplier {
        name: "Acme Drift AB".to_owned(),
        sender: "acme".to_owned(),
    }
}

#[test]
fn a_report_starts_an_assessment_and_never_awareness() {
    let check = |reporter: Reporter, title: &str, facts: &[&str]| {
        let store = Store::new();
        let words = "We are AWARE of a significant incident <script>alert(1)</script>\r\nSee you";
        let new = report(words);
        let receipt = store
            .records
            .take_report(&new, &reporter, "default")
            .unwrap();
        assert_eq!(receipt.receipt.len(), 12);
        let incident = store.records.incident("1").unwrap();
        assert_eq!(incident.incident.title, title);
        assert_eq!(incident.incident.state, IncidentState::Assessing);
        assert_eq!(json!(incident.incident.origin), "report");
        let recorded: Vec<&str> = incident.facts.iter().map(|it| it.fact.as_str()).collect();
        assert_eq!(recorded, facts);
        assert!(
            incident
                .incident
                .clocks
                .iter()
                .all(|it| !it.state.is_owed()),
            "no duty runs"
        );
        let kept = store.records.reports_of("1").unwrap();
        assert_eq!(kept[0].report.receipt, receipt.receipt);
        assert_eq!(kept[0].report.description, words.replace("\r\n", "\n"));
        assert_eq!(kept[0].report.time, "i går kväll, kanske 22");
        let told = store.payloads();
        let told: Vec<_> = told.iter().filter(|it| it["kind"] == "report").collect();
        assert_eq!(told.len(), 1);
        assert!(!told[0].to_string().contains("script"), "{}", told[0]);
        assert!(!told[0].to_string().contains("070-000"), "{}", told[0]);
        assert!(store.records.verify_audit().unwrap().is_sound());
    };
    check(
        supplier(),
        "Report from supplier Acme Drift AB",
        &["detected", "supplier_notice"],
    );
    check(
        Reporter::Customer {
            name: "Kund".to_owned(),
            sender: "kund".to_owned(),
        },
        "Report from customer Kund",
        &["detected", "assessment_started"],
    );
    check(
        Reporter::Own {
            sender: "desk".to_owned(),
        },
        "Report from our own staff",
        &["detected", "assessment_started"],
    );
    check(
        Reporter::Anonymous,
        "Report from somebody anonymous",
        &["detected", "assessment_started"],
    );
}

/// What a reporter sends is no work of ours: a report that nobody reads is told of again and again, until
/// somebody assesses it or decides.
#[test]
fn an_unread_report_escalates_until_somebody_of_ours_assesses() {
    let policy = vakt_incident::reminder::Policy::default();
    let escalations = |reporter: Reporter, first: Option<&str>| {
        let store = Store::new();
        store
            .records
            .take_report(&report("It broke"), &reporter, "default")
            .unwrap();
        if let Some(first) = first {
            store.fact("1", first);
        }
        store.clock.advance(5 * 3_600);
        store.records.remind(&policy).unwrap();
        let told = store.payloads();
        let incident = store.records.incident("1").unwrap();
        let states: Vec<String> = incident
            .targets
            .iter()
            .map(|it| format!("{} {:?}", it.target, it.state))
            .collect();
        let escalated = told.iter().filter(|it| it["kind"] == "escalation").count();
        (escalated, states.join(", "))
    };
    let check = |reporter: fn() -> Reporter| {
        let unread = (1, "assessment Passed, decision Waiting".to_owned());
        assert_eq!(escalations(reporter(), None), unread);
        let begun = (0, "assessment Met, decision Waiting".to_owned());
        let by_us = r#"{"fact":"assessment_started"}"#;
        assert_eq!(escalations(reporter(), Some(by_us)), begun);
        let decided = (0, "assessment Met, decision Met".to_owned());
        let spam = r#"{"fact":"dismissed","reason":"spam"}"#;
        assert_eq!(escalations(reporter(), Some(spam)), decided);
    };
    check(supplier);
    check(|| Reporter::Anonymous);
}

#[test]
fn a_report_that_says_nothing_or_too_much_leaves_nothing() {
    let store = Store::new();
    let refused = |new: NewReport, expected: &str| {
        let error = store.records.take_report(&new, &supplier(), "default");
        let error = error.unwrap_err();
        assert!(error.is_callers(), "{error}");
        assert_eq!(error.to_string(), expected);
    };
    let file = |number: u32, bytes: u64| NewAttachment {
        name: "a".to_owned(),
        media_type: None,
        stored: Stored {
            blake3: format!("{number:064}"),
            sha256: format!("{number:064}"),
            bytes,
        },
    };
    refused(
        report(" \n "),
        "`description` is missing: say what happened",
    );
    refused(
        report(&"x".repeat(16 * 1024 + 1)),
        "`description` has 16385 bytes; 16384 is the most",
    );
    refused(
        NewReport {
            contact: Some("x".repeat(501)),
            ..report("It broke")
        },
        "`contact` has 501 bytes; 500 is the most",
    );
    refused(
        NewReport {
            files: (0..6).map(|number| file(number, 1)).collect(),
            ..report("It broke")
        },
        "6 files came with it; 5 are the most",
    );
    refused(
        NewReport {
            files: vec![file(1, 9 << 20), file(2, 8 << 20)],
            ..report("It broke")
        },
        "the files have 17825792 bytes; 16777216 is the most",
    );
    assert!(store.incidents().is_empty());
}

#[test]
fn a_report_is_joined_to_an_incident_or_dismissed_and_stays_on_record() {
    let store = Store::new();
    for words in ["The shop is slow", "The shop is down", "Free money"] {
        store
            .records
            .take_report(&report(words), &supplier(), "default")
            .unwrap();
    }
    store.fact("2", r#"{"fact":"merged","into":"1"}"#);
    store.fact("3", r#"{"fact":"dismissed","reason":"spam"}"#);
    let list = |streams: Option<&[String]>| {
        let page = store
            .records
            .intake_reports(streams, &PageRequest::default());
        let items = page.unwrap().items.into_iter();
        items
            .map(|it| format!("{} {}", it.report.description, it.state))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(None),
        [
            "Free money dismissed",
            "The shop is down merged",
            "The shop is slow assessing",
        ]
    );
    assert_eq!(list(Some(&[])), Vec::<String>::new());
    assert_eq!(store.records.reports_of("1").unwrap().len(), 2);
    assert!(store.records.verify_audit().unwrap().is_sound());
    Connection::open(store.path())
        .unwrap()
        .execute_batch(
            "DROP TRIGGER intake_reports_stay; UPDATE intake_reports SET description = 'Fast'
             WHERE seq = 1",
        )
        .unwrap();
    let faults = store.records.verify_audit().unwrap().faults;
    assert!(faults[0].contains("it was altered"), "{faults:?}");
}
