//! Records of earlier versions open, keep what they say, and end in the tables of this version.

#![allow(clippy::unwrap_used)] // helpers of tests

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use vakt_event::clock::FixedClock;
use vakt_incident::{NewFact, Records, Route, verify_audit_of};

/// Each schema but the present one, with the records that the version of it wrote.
const EARLIER: [(i64, &str); 4] = [
    (1, include_str!("data/records_1.sql")),
    (2, include_str!("data/records_2.sql")),
    (3, include_str!("data/records_3.sql")),
    (4, include_str!("data/records_4.sql")),
];

fn open(path: &Path) -> Records {
    let now = "2026-11-29T06:00:00Z".parse().unwrap();
    Records::open(path, Arc::new(FixedClock(now))).unwrap()
}

/// Every table, index and trigger, as SQLite keeps the words that made it.
fn tables(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut query = connection
        .prepare("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name")
        .unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn records_of_every_earlier_schema_are_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    drop(open(&fresh));
    let version = Connection::open(&fresh)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
        .unwrap();
    let schemas: Vec<i64> = EARLIER.iter().map(|(schema, _)| *schema).collect();
    assert_eq!(
        schemas,
        (1..version).collect::<Vec<_>>(),
        "a fixture for each"
    );
    for (schema, dump) in EARLIER {
        let path = folder.path().join(format!("records_{schema}.db"));
        Connection::open(&path)
            .unwrap()
            .execute_batch(dump)
            .unwrap();
        let error = verify_audit_of(&path, &[]).unwrap_err().to_string();
        assert!(error.contains(&format!("have schema {schema}")), "{error}");
        let records = open(&path);
        assert_eq!(records.verify_audit().unwrap().faults, Vec::<String>::new());
        let whole = records.incident("2").unwrap();
        let shown: Vec<String> = whole
            .incident
            .clocks
            .iter()
            .map(|it| {
                format!(
                    "{}/{} {} {:?}",
                    it.regime,
                    it.stage,
                    it.state,
                    it.due.map(|at| at.to_string())
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#"nis2-se/early_warning met Some("2026-11-21T09:00:00Z")"#,
                r#"nis2-se/notification met Some("2026-11-23T09:00:00Z")"#,
                r#"nis2-se/intermediate overdue Some("2026-11-25T12:00:00Z")"#,
                r#"nis2-se/final running Some("2026-12-22T23:00:00Z")"#,
                r#"gdpr/authority overdue Some("2026-11-23T10:00:00Z")"#,
                r#"gdpr/subjects running None"#,
            ],
            "schema {schema}"
        );
        assert_eq!(whole.facts.len(), 6);
        assert_eq!(records.incident("1").unwrap().evidence.len(), 13);
        // It goes on as if it had always been of this version.
        let fact: NewFact = serde_json::from_str(r#"{"fact":"handled"}"#).unwrap();
        records.add_fact("2", fact, "anna").unwrap();
        assert!(records.verify_audit().unwrap().is_sound());
        drop(records);
        assert!(verify_audit_of(&path, &[]).unwrap().is_sound());
        assert_eq!(tables(&path), tables(&fresh), "schema {schema}");
    }
}

/// A notice that waited for the one output there was, under the number that a receiver may have seen.
#[test]
fn a_notice_that_waits_goes_out_after_the_update() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(include_str!("data/records_2.sql"))
        .unwrap();
    let records = open(&path);
    records.route(&[Route::all("hook")]).unwrap();
    let notice = records.outbox_claim("hook").unwrap().unwrap();
    assert_eq!((notice.uid.as_str(), notice.attempts), ("1", 1));
    assert_eq!(notice.payload["kind"], "draft");
    assert_eq!(notice.payload["entity"], "203.0.113.7");
}
