//! The audit log shows what was altered or removed behind the store's back.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, brute_force};
use rusqlite::Connection;
use vakt_incident::form::ReportRef;
use vakt_incident::records::NewText;
use vakt_incident::{NotedHead, PageRequest, audit_head_of, verify_audit_of};

fn story() -> Store {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.apply(&[brute_force(&store, "203.0.113.7", 14)]);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact("1", r#"{"fact":"submitted","report":"notification"}"#);
    let alert = store.alerts().remove(0);
    store
        .records
        .close_alert(&alert.id, Some("seen"), "bo")
        .unwrap();
    store
}

#[test]
fn an_untouched_log_is_sound() {
    let report = story().records.verify_audit().unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    // Opened, detected, joined, aware, submitted, alert closed.
    assert_eq!((report.entries, report.facts, report.evidence), (6, 3, 4));
    assert_eq!(report.head.len(), 64);
}

#[test]
fn a_log_is_checked_from_outside_while_it_is_written_to_and_after() {
    let store = story();
    let path = store.path();
    let inside = store.records.verify_audit().unwrap();
    assert_eq!(verify_audit_of(&path, &[]).unwrap(), inside);
    let folder = store.close();
    let names = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|one| one.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names(folder.path());
    assert_eq!(verify_audit_of(&path, &[]).unwrap(), inside);
    assert_eq!(names(folder.path()), before, "reading left files behind");
}

#[test]
fn what_was_noted_of_the_log_is_still_in_it() {
    let store = story();
    let (entries, hash) = audit_head_of(&store.path()).unwrap().unwrap();
    assert_eq!(
        store.records.audit_head().unwrap(),
        Some((entries, hash.clone()))
    );
    let noted = |entries: u64, hash: &str| NotedHead {
        entries,
        hash: hash.to_owned(),
        by: format!("note {entries}"),
    };
    let check = |heads: &[NotedHead], expected: &[&str]| {
        let report = verify_audit_of(&store.path(), heads).unwrap();
        assert_eq!(report.faults, expected);
    };
    check(&[noted(0, ""), noted(entries, &hash)], &[]);
    let other = "0".repeat(64);
    check(
        &[
            noted(5, &other),
            noted(entries, &other),
            noted(7, &hash),
            noted(9, &hash),
        ],
        &[
            "audit entry 5: it is another one than note 5 tells of: the log was written anew",
            "audit log: note 9 tells of an entry 9: the end was cut off, or an old copy was put back",
        ],
    );
}

#[test]
fn what_is_no_database_is_said() {
    let store = story();
    let path = store.path();
    let _folder = store.close();
    std::fs::write(
        &path,
        "no database at all, and long enough to be read as one".repeat(100),
    )
    .unwrap();
    let error = verify_audit_of(&path, &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the records cannot be read or written: file is not a database"
    );
}

#[test]
fn the_log_is_listed_newest_first() {
    let store = story();
    let page = PageRequest {
        limit: 4,
        cursor: None,
    };
    let first = store.records.audit_log(&page).unwrap();
    let rest = store
        .records
        .audit_log(&PageRequest {
            cursor: first.next,
            ..page
        })
        .unwrap();
    let shown: Vec<String> = first
        .items
        .iter()
        .chain(&rest.items)
        .map(|entry| format!("{} {} {}", entry.seq, entry.principal, entry.action))
        .collect();
    assert_eq!(
        shown,
        [
            "6 bo alert.closed",
            "5 anna fact.added",
            "4 anna fact.added",
            "3 vakt incident.joined",
            "2 vakt fact.added",
            "1 vakt incident.opened",
        ]
    );
    assert_eq!(rest.next, None);
}

#[test]
fn what_is_altered_behind_its_back_is_found() {
    let check = |sql: &str, expected: &str| {
        let store = story();
        let connection = Connection::open(store.path()).unwrap();
        for trigger in [
            "facts_stay",
            "facts_remain",
            "evidence_stays",
            "evidence_remains",
            "audit_stays",
            "audit_remains",
        ] {
            connection
                .execute_batch(&format!("DROP TRIGGER {trigger}"))
                .unwrap();
        }
        connection.execute(sql, []).unwrap();
        let faults = store.records.verify_audit().unwrap().faults.join("\n");
        assert!(faults.contains(expected), "{sql}: {faults}");
    };
    check(
        "UPDATE facts SET at = at + 1 WHERE fact = 'aware'",
        "fact 2 of incident",
    );
    check(
        "UPDATE facts SET claimed_by = 'eve' WHERE fact = 'aware'",
        "fact 2 of incident",
    );
    check(
        "DELETE FROM facts WHERE fact = 'submitted'",
        "fact 3 of incident",
    );
    check(
        "UPDATE evidence SET original = x'00' WHERE position = 12",
        "event 12 of incident",
    );
    check(
        "UPDATE evidence SET fields = '{}' WHERE position = 13",
        "event 13 of incident",
    );
    check(
        "DELETE FROM evidence WHERE position = 11",
        "event 11 of incident",
    );
    check(
        "UPDATE evidence SET claimed = claimed - 1 WHERE position = 13",
        "event 13 of incident",
    );
    check("UPDATE incidents SET detected_at = 0", "it was altered");
    check(
        "UPDATE incidents SET is_open = 0",
        "whether it is open was altered",
    );
    check(
        "UPDATE incidents SET state = 'dismissed'",
        "its facts give notified",
    );
    check(
        "UPDATE audit SET principal = 'eve' WHERE seq = 4",
        "audit entry 4: it was altered",
    );
    check(
        "DELETE FROM audit WHERE seq = 4",
        "audit entry 5: an entry before it is missing",
    );
    check(
        "DELETE FROM audit WHERE seq = 6",
        "its last entries are missing",
    );
    check(
        "INSERT INTO facts (incident, fact, at, recorded_at, recorded_by, claimed_by, party)
         VALUES (1, 'handled', 0, 0, 'eve', 'eve', 'nobody')",
        "facts: 4 are stored, and 3 are in the audit log",
    );
}

#[test]
fn texts_of_reports_are_those_that_were_written() {
    let check = |sql: &str, expected: &str| {
        let store = story();
        let report = ReportRef {
            regime: "nis2-se",
            stage: "early_warning",
            party: "own",
        };
        let write = |text: &str, version: i64| {
            let text = NewText {
                field: "contact".to_owned(),
                text: text.to_owned(),
                version,
            };
            store
                .records
                .enter_texts("1", report, &[text], "anna")
                .unwrap();
        };
        write("Ada", 0);
        write("Bo", 1);
        let connection = Connection::open(store.path()).unwrap();
        connection.execute(sql, []).unwrap();
        let faults = store.records.verify_audit().unwrap().faults.join("\n");
        assert!(faults.ends_with(expected), "{sql}: {faults}");
        assert_eq!(faults.is_empty(), expected.is_empty(), "{faults}");
    };
    check("UPDATE report_texts SET version = version", "");
    check("UPDATE report_texts SET text = 'Ada'", "it was altered");
    check(
        "UPDATE report_texts SET recorded_by = 'eve'",
        "it was altered",
    );
    check("DELETE FROM report_texts", "it is missing");
    check(
        "INSERT INTO report_texts SELECT incident, party, regime, stage, 'ioc', text, recorded_by,
             recorded_at, version FROM report_texts",
        "it was altered",
    );
}

#[test]
fn the_tables_refuse_to_be_rewritten() {
    let store = story();
    let connection = Connection::open(store.path()).unwrap();
    for sql in [
        "UPDATE facts SET at = 0",
        "DELETE FROM facts",
        "UPDATE evidence SET received = 0",
        "DELETE FROM evidence",
        "UPDATE audit SET principal = 'eve'",
        "DELETE FROM audit",
    ] {
        let error = connection.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("only added"), "{sql}: {error}");
    }
}
