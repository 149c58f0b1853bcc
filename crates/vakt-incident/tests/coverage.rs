//! What each asset gives, what is missing and why, and who reviewed it.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::sync::Arc;

use common::{START, Store, at};
use rusqlite::Connection;
use vakt_event::Timestamp;
use vakt_incident::coverage::{
    CellState, GapReason, Heard, LogKind, Matrix, NewReason, NewSignature, Seen, UNKNOWN_HOSTS_MAX,
    sheet,
};
use vakt_incident::{Asset, Assets, PageRequest, Settings};

const HOUR: i64 = 3_600_000_000;

fn asset(name: &str, hosts: &[&str], expect: Option<&[LogKind]>) -> Asset {
    Asset {
        name: name.to_owned(),
        hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
        expect: expect.map(<[LogKind]>::to_vec),
        ..Asset::default()
    }
}

fn store(assets: Vec<Asset>) -> Store {
    Store::with(Settings {
        assets: Arc::new(Assets::new(assets).unwrap()),
        ..Settings::default()
    })
}

/// `hours` before the start.
fn ago(hours: i64) -> Timestamp {
    at(START).saturating_add_micros(-hours * HOUR)
}

fn heard(host: &str, peer: Option<&str>, kinds: &[(LogKind, i64)]) -> Heard {
    let mut heard = Heard {
        stream: "default".to_owned(),
        host: host.to_owned(),
        peer: peer.map(str::to_owned),
        last: kinds
            .iter()
            .map(|(_, hours)| ago(*hours))
            .max()
            .unwrap_or(ago(0)),
        ..Heard::default()
    };
    for (kind, hours) in kinds {
        heard.kinds[kind.index()] = Some(Seen {
            events: 3,
            last: ago(*hours),
        });
    }
    heard
}

fn reason(asset: &str, kind: &str, review_by: &str) -> NewReason {
    NewReason {
        asset: asset.to_owned(),
        kind: kind.to_owned(),
        reason: "the device cannot".to_owned(),
        review_by: review_by.to_owned(),
    }
}

fn state(matrix: &Matrix, asset: &str, kind: LogKind) -> CellState {
    let row = matrix.assets.iter().find(|row| row.asset == asset).unwrap();
    row.cells[kind.index()].state
}

use LogKind::{Authentication, EventAndSecurityLogs, NetworkEquipment, NetworkTraffic};

#[test]
fn a_cell_is_received_silent_missing_explained_or_not_expected() {
    let expected: &[LogKind] = &[Authentication, NetworkTraffic];
    let store = store(vec![asset("web", &["web*"], Some(expected))]);
    let check = |kinds: &[(LogKind, i64)], kind: LogKind, expected: CellState| {
        let matrix = store
            .records
            .coverage(&[heard("web1", None, kinds)])
            .unwrap();
        assert_eq!(state(&matrix, "web", kind), expected, "{kinds:?}");
    };
    // Traffic is silent after a day, authentication after a week.
    check(&[(NetworkTraffic, 24)], NetworkTraffic, CellState::Received);
    check(&[(NetworkTraffic, 25)], NetworkTraffic, CellState::Silent);
    check(
        &[(Authentication, 168)],
        Authentication,
        CellState::Received,
    );
    check(&[(Authentication, 169)], Authentication, CellState::Silent);
    check(&[(Authentication, 1)], NetworkTraffic, CellState::Gap);
    check(&[], LogKind::Environment, CellState::NotExpected);
    // What nobody expects and comes is shown.
    check(
        &[(NetworkEquipment, 1)],
        NetworkEquipment,
        CellState::Received,
    );
    check(
        &[(NetworkEquipment, 500)],
        NetworkEquipment,
        CellState::NotExpected,
    );

    let made = store
        .records
        .add_gap_reason(
            &reason("web", "network_traffic", "2026-12-23T00:00:00Z"),
            "anna",
        )
        .unwrap();
    check(&[], NetworkTraffic, CellState::GapWithReason);
    check(
        &[(NetworkTraffic, 25)],
        NetworkTraffic,
        CellState::GapWithReason,
    );
    check(&[(NetworkTraffic, 1)], NetworkTraffic, CellState::Received);
    store
        .records
        .end_gap_reason(&made.id, "replaced", "bo")
        .unwrap();
    check(&[], NetworkTraffic, CellState::Gap);
}

#[test]
fn what_says_nothing_else_is_expected_to_give_what_every_asset_gives() {
    let mut switch = asset("switch", &["sw1"], Some(&[NetworkEquipment]));
    switch.counts_as = vec![NetworkEquipment];
    let store = store(vec![
        asset("a", &["a1"], None),
        switch,
        asset("none", &["n1"], Some(&[])),
    ]);
    let matrix = store.records.coverage(&[heard("sw1", None, &[])]).unwrap();
    let expected: Vec<&str> = matrix.assets[0]
        .cells
        .iter()
        .filter(|cell| cell.expected)
        .map(|cell| cell.kind.as_str())
        .collect();
    assert_eq!(
        expected,
        [
            "account_changes",
            "system_access",
            "authentication",
            "privileged_actions",
            "event_and_security_logs",
            "log_control",
        ]
    );
    assert_eq!(
        state(&matrix, "switch", NetworkEquipment),
        CellState::Received
    );
    assert!(matrix.assets[2].cells.iter().all(|cell| !cell.expected));
    assert_eq!((matrix.summary.expected, matrix.summary.received), (7, 1));
    assert_eq!(matrix.summary.gaps_without_reason, 6);
}

#[test]
fn hosts_belong_to_assets_by_name_and_by_address_where_they_give_none() {
    let mut relay = asset("relay", &["relay"], Some(&[]));
    relay.addresses = vec!["192.0.2.1/32".parse().unwrap()];
    let store = store(vec![relay, asset("web", &["web1", "web2"], Some(&[]))]);
    let sent = [
        heard("web1", Some("192.0.2.1"), &[(Authentication, 1)]),
        heard("nobody", Some("192.0.2.1"), &[(Authentication, 2)]),
        heard("192.0.2.1", Some("192.0.2.1"), &[(Authentication, 3)]),
        heard(
            "198.51.100.9",
            Some("198.51.100.9"),
            &[(Authentication, 50)],
        ),
    ];
    let matrix = store.records.coverage(&sent).unwrap();
    let hosts = |row: usize| -> Vec<&str> {
        matrix.assets[row]
            .hosts
            .iter()
            .map(|it| it.host.as_str())
            .collect()
    };
    assert_eq!((hosts(0), hosts(1)), (vec!["192.0.2.1"], vec!["web1"]));
    assert_eq!(matrix.assets[1].never_heard, ["web2"]);
    assert_eq!(matrix.assets[0].never_heard, ["relay"]);
    // What somebody else wrote and the relay handed on is no log of the relay.
    let unknown: Vec<&str> = matrix
        .unknown_hosts
        .iter()
        .map(|it| it.host.as_str())
        .collect();
    assert_eq!(unknown, ["nobody", "198.51.100.9"]);
    assert_eq!(matrix.summary.unknown_hosts, 2);
}

#[test]
fn an_asset_that_says_nothing_for_a_day_is_silent() {
    let store = store(vec![
        asset("a", &["a"], None),
        asset("b", &["b"], None),
        asset("c", &["c"], None),
    ]);
    let sent = [
        heard("a", None, &[(Authentication, 24)]),
        heard("b", None, &[(Authentication, 25)]),
    ];
    let matrix = store.records.coverage(&sent).unwrap();
    let silent: Vec<bool> = matrix.assets.iter().map(|row| row.silent).collect();
    assert_eq!(silent, [false, true, true]);
    assert_eq!(matrix.summary.assets_silent, 2);
}

#[test]
fn unknown_hosts_are_bounded_and_counted() {
    let store = store(Vec::new());
    let many: Vec<Heard> = (0..UNKNOWN_HOSTS_MAX + 3)
        .map(|number| heard(&format!("h{number}"), None, &[]))
        .collect();
    let matrix = store.records.coverage(&many).unwrap();
    assert_eq!(matrix.unknown_hosts.len(), UNKNOWN_HOSTS_MAX);
    assert_eq!(
        (matrix.unknown_hosts_not_named, matrix.summary.unknown_hosts),
        (3, 503)
    );
}

#[test]
fn a_reason_has_words_a_time_and_one_gap() {
    let store = store(vec![asset("web", &["web1"], None)]);
    let add = |new: NewReason| match store.records.add_gap_reason(&new, "anna") {
        Ok(made) => format!("made {}", made.kind),
        Err(error) => error.to_string(),
    };
    let check = |new: NewReason, expected: &str| {
        let said = add(new);
        assert!(said.contains(expected), "{said}");
    };
    let later = "2026-12-23T00:00:00Z";
    check(reason("wbe", "resources", later), "there is no asset `wbe`");
    check(
        reason("web", "resource", later),
        "did you mean `resources`?",
    );
    check(
        reason("web", "resources", "2026-11-23T20:00:00Z"),
        "lies in the past",
    );
    check(
        reason("web", "resources", "2027-11-25T00:00:00Z"),
        "lies too far",
    );
    check(reason("web", "resources", "soon"), "is no instant");
    let mut wordless = reason("web", "resources", later);
    wordless.reason = "  ".to_owned();
    check(wordless, "needs 1 to 1000 characters");
    check(reason("web", "resources", later), "made resources");
    check(reason("web", "resources", later), "in force");
    // Once it has expired it explains nothing, and a new one may be recorded.
    store.clock.advance(40 * 86_400);
    let shown: Vec<GapReason> = store
        .records
        .gap_reasons(&PageRequest::default())
        .unwrap()
        .items;
    assert_eq!(format!("{:?}", shown[0].state), "Expired");
    check(
        reason("web", "resources", "2027-02-01T00:00:00Z"),
        "made resources",
    );
    let id = &store
        .records
        .gap_reasons(&PageRequest::default())
        .unwrap()
        .items[0]
        .id;
    store.records.end_gap_reason(id, "mended", "bo").unwrap();
    let again = store
        .records
        .end_gap_reason(id, "mended", "bo")
        .unwrap_err();
    assert!(again.is_conflict(), "{again}");
    assert!(
        store
            .records
            .end_gap_reason("x", "y", "bo")
            .unwrap_err()
            .is_not_found()
    );
}

#[test]
fn a_review_is_signed_over_the_matrix_that_was_looked_at() {
    let store = store(vec![asset("web", &["web1"], None)]);
    let sent = [heard("web1", None, &[(Authentication, 1)])];
    let seen = store.records.coverage(&sent).unwrap();
    assert!(seen.summary.review_due && seen.signed.is_none());
    let new = NewSignature {
        by: Some("Anna Ek, CISO".to_owned()),
        hash: seen.hash.clone(),
        note: Some("yearly review".to_owned()),
        incident: None,
    };
    // More events of the same kinds leave it as it is, and another kind does not.
    let more = [heard("web1", None, &[(Authentication, 0)])];
    assert_eq!(store.records.coverage(&more).unwrap().hash, seen.hash);
    let other = [heard(
        "web1",
        None,
        &[(Authentication, 1), (EventAndSecurityLogs, 1)],
    )];
    let error = store
        .records
        .sign_coverage(&new, &other, "anna")
        .unwrap_err();
    assert!(
        error.is_conflict() && error.to_string().contains("is not the one"),
        "{error}"
    );

    let signed = store.records.sign_coverage(&new, &sent, "anna").unwrap();
    assert_eq!(
        (signed.by.as_str(), signed.recorded_by.as_str()),
        ("Anna Ek, CISO", "anna")
    );
    let after = store.records.coverage(&sent).unwrap();
    assert_eq!(after.signed.as_ref(), Some(&signed));
    assert!(!after.summary.review_due);
    store.clock.advance(366 * 86_400);
    assert!(store.records.coverage(&sent).unwrap().summary.review_due);
    let unknown = NewSignature {
        incident: Some("17".to_owned()),
        hash: store.records.coverage(&sent).unwrap().hash,
        ..new
    };
    assert!(
        store
            .records
            .sign_coverage(&unknown, &sent, "anna")
            .unwrap_err()
            .is_not_found()
    );
}

#[test]
fn tampering_with_reasons_and_reviews_is_found() {
    let tampered = |sql: &str| {
        let store = store(vec![asset("web", &["web1"], None)]);
        let new = reason("web", "resources", "2026-12-23T00:00:00Z");
        let made = store.records.add_gap_reason(&new, "anna").unwrap();
        store
            .records
            .end_gap_reason(&made.id, "mended", "bo")
            .unwrap();
        let hash = store.records.coverage(&[]).unwrap().hash;
        let signature = NewSignature {
            hash,
            ..NewSignature::default()
        };
        store
            .records
            .sign_coverage(&signature, &[], "anna")
            .unwrap();
        assert_eq!(
            store.records.verify_audit().unwrap().faults,
            Vec::<String>::new()
        );
        let path = store.path();
        let raw = Connection::open(path).unwrap();
        raw.execute_batch(
            "DROP TRIGGER coverage_signatures_stay; DROP TRIGGER coverage_signatures_remain;",
        )
        .unwrap();
        raw.execute_batch(sql).unwrap();
        store.records.verify_audit().unwrap().faults.join("\n")
    };
    let check = |sql: &str, expected: &str| {
        let faults = tampered(sql);
        assert!(faults.contains(expected), "{sql}: {faults}");
    };
    check(
        "UPDATE coverage_reasons SET reason = 'x'",
        "reason for a gap",
    );
    check(
        "UPDATE coverage_reasons SET review_by = review_by + 1",
        "reason for a gap",
    );
    check(
        "UPDATE coverage_reasons SET end_reason = 'x'",
        "reason for a gap",
    );
    check("DELETE FROM coverage_reasons", "reason for a gap");
    check(
        "INSERT INTO coverage_reasons (id, asset, kind, reason, author, created_at, review_by)
         VALUES ('x', 'web', 'resources', 'x', 'x', 1, 2)",
        "reason for a gap x",
    );
    check(
        "UPDATE coverage_signatures SET matrix = 'x'",
        "signed review of coverage",
    );
    check(
        "UPDATE coverage_signatures SET due = due + 1",
        "signed review of coverage",
    );
    check(
        "DELETE FROM coverage_signatures",
        "signed review of coverage",
    );
    check(
        "INSERT INTO coverage_signatures (id, at, signed_by, recorded_by, hash, matrix, due)
         VALUES ('x', 1, 'x', 'x', 'x', 'x', 1)",
        "signed review of coverage x",
    );
}

#[test]
fn a_sheet_has_a_line_a_cell() {
    let store = store(vec![asset("=web", &["web1"], None)]);
    let matrix = store.records.coverage(&[
        heard("web1", None, &[(Authentication, 1)]),
        heard("@x", None, &[]),
    ]);
    let sheet = sheet(&serde_json::to_value(matrix.unwrap()).unwrap());
    let has = |line: &str| assert!(sheet.contains(&format!("{line}\r\n")), "{line}\n{sheet}");
    assert_eq!(sheet.lines().count(), 14);
    has("'=web,medium,authentication,d,true,received,2026-11-23T19:00:00Z,3,,,,");
    has("'=web,medium,account_changes,b,true,gap,,0,,,,");
    has("'@x,,,,,unknown_host,2026-11-23T20:00:00Z,,,,,");
}
