//! Figures for board, CISO and IT, and the register of breaches, through the real daemon and the command.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the command prints in a form.
fn told(daemon: &Daemon, arguments: &[&str], form: &str) -> String {
    let output = daemon.vakt(&[arguments, &["--output", form]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(daemon: &Daemon, arguments: &[&str]) -> Json {
    serde_json::from_str(&told(daemon, arguments, "json")).unwrap()
}

fn open(daemon: &Daemon, body: &Json) -> String {
    let (status, text) = daemon.post("/api/v1/incidents", &body.to_string());
    assert_eq!(status, 201, "{text}");
    let made: Json = serde_json::from_str(&text).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

fn fact(daemon: &Daemon, id: &str, body: &Json) {
    let (status, text) = daemon.post(&format!("/api/v1/incidents/{id}/facts"), &body.to_string());
    assert_eq!(status, 201, "{text}");
}

/// Failures from an address, then a login: the rule opens a draft.
fn attack(address: &str) -> String {
    let now = jiff::Timestamp::now();
    let line = |word: &str, number: u32| {
        format!(
            "<38>1 {now} web1 sshd {number} - - {word} password for root from {address} port \
             {number} ssh2\n"
        )
    };
    let failures = (0..10).map(|number| line("Failed", 4_000 + number));
    failures.chain([line("Accepted", 5_000)]).collect()
}

/// A quarter that is over: two incidents, one of them reported, the other dismissed.
fn a_quarter(daemon: &Daemon) -> [String; 2] {
    let first = open(
        daemon,
        &json!({"title": "=HYPERLINK(1)", "detected_at": "2026-08-31T22:00:00Z", "regimes": ["nis2-se"]}),
    );
    fact(
        daemon,
        &first,
        &json!({"fact": "occurred", "at": "2026-08-31T20:00:00Z"}),
    );
    fact(
        daemon,
        &first,
        &json!({"fact": "aware", "at": "2026-08-31T23:00:00Z"}),
    );
    fact(
        daemon,
        &first,
        &json!({"fact": "submitted", "report": "early_warning", "at": "2026-09-01T05:00:00Z", "reference": "1"}),
    );
    let second = open(
        daemon,
        &json!({"title": "a test", "detected_at": "2026-09-30T21:59:59Z", "regimes": ["nis2-se"]}),
    );
    fact(
        daemon,
        &second,
        &json!({"fact": "dismissed", "reason": "a test"}),
    );
    // The first instant of October in Sweden.
    open(
        daemon,
        &json!({"title": "next", "detected_at": "2026-09-30T22:00:00Z"}),
    );
    open(
        daemon,
        &json!({"title": "drill", "detected_at": "2026-09-01T00:00:00Z", "drill": true}),
    );
    [first, second]
}

#[test]
fn a_quarter_has_its_figures_for_each_role() {
    let daemon = Daemon::start();
    let [first, second] = a_quarter(&daemon);
    let board = json(
        &daemon,
        &["figures", "--role", "board", "--period", "2026-Q3"],
    );
    let real = &board["real"];
    assert_eq!(
        real["incidents"]["detected"],
        json!({"count": 2, "incidents": [first, second], "numbers": [1, 2], "not_named": 0})
    );
    assert_eq!(board["period"]["until"], "2026-09-30T22:00:00Z");
    assert_eq!(board["period"]["time_zone"], "Europe/Stockholm");
    assert_eq!(board["before"]["name"], "2026-Q2");
    assert_eq!(board["real_before"]["incidents"]["detected"]["count"], 0);
    assert_eq!(real["times"]["to_detect"]["median_seconds"], 2 * 3_600);
    assert_eq!(real["times"]["to_detect"]["unknown"], 1);
    assert_eq!(real["times"]["to_awareness"]["median_seconds"], 3_600);
    // The early warning was in time; the notification was not sent.
    assert_eq!(real["reports"]["due"]["count"], 2);
    assert_eq!(real["reports"]["on_time"]["incidents"], json!([first]));
    assert_eq!(real["reports"]["overdue"]["count"], 1);
    assert_eq!(real["reports"]["median_time_used"], 0.25);
    assert_eq!(board["drills"]["incidents"]["detected"]["count"], 1);
    assert_eq!(
        (&real["alerts"], &real["rules"]),
        (&Json::Null, &Json::Null)
    );
    let it = json(&daemon, &["figures", "--role", "it", "--period", "2026-09"]);
    assert_eq!(it["real"]["incidents"]["by_stream"][0]["name"], "default");
    assert_eq!(it["real"]["alerts"]["alerts"], 0);

    let text = told(&daemon, &["figures", "--period", "2026-Q3"], "text");
    for part in [
        "2026-Q3  2026-06-30T22:00:00Z to 2026-09-30T22:00:00Z",
        "median 2h0m, 90th percentile 2h0m (of 1, 1 not known)",
        "2 due, 1 on time, 0 late, 1 overdue, 0 running",
        "drills, in none of the above: 1",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let sheet = told(&daemon, &["figures", "--period", "2026-Q3"], "csv");
    let line = format!("2026-Q3,real,incidents,,detected,2,0,{first} {second},0\r\n");
    assert!(sheet.contains(&line), "{sheet}");
    let cells: Vec<usize> = sheet
        .split("\r\n")
        .map(|line| line.split(',').count())
        .collect();
    assert!(
        cells.iter().rev().skip(1).all(|cells| *cells == 9),
        "{sheet}"
    );

    for (words, said) in [
        ("2026-Q5", "is no period"),
        ("2026-09..2026-08", "is no period"),
    ] {
        let output = daemon.vakt(&["figures", "--period", words]);
        assert!(
            !output.status.success() && stderr(&output).contains(said),
            "{}",
            stderr(&output)
        );
    }
    let output = daemon.vakt(&["figures", "--role", "boss"]);
    assert!(
        stderr(&output).contains("write board, ciso or it"),
        "{}",
        stderr(&output)
    );
    // Without a period it is the last one of the role that is over.
    let last = json(&daemon, &["figures", "--role", "board"]);
    assert_eq!(last["period"]["is_over"], true);
    assert!(last["period"]["name"].as_str().unwrap().contains("-Q"));
}

#[test]
fn a_rule_is_told_with_what_was_dismissed() {
    let daemon = Daemon::start();
    for address in ["203.0.113.7", "203.0.113.8"] {
        daemon.send_tcp(attack(address).as_bytes());
    }
    let drafts = daemon.wait_for("the drafts", |daemon| {
        let list = daemon.get_json("/api/v1/incidents")["incidents"]
            .as_array()?
            .clone();
        (list.len() == 2).then_some(list)
    });
    let id = drafts[0]["id"].as_str().unwrap();
    fact(
        &daemon,
        id,
        &json!({"fact": "dismissed", "reason": "our scanner"}),
    );
    let now = jiff::Timestamp::now();
    let since = now - jiff::SignedDuration::from_hours(1);
    let until = now + jiff::SignedDuration::from_hours(1);
    let period = format!("{since}..{until}");
    let found = json(&daemon, &["figures", "--period", &period, "--role", "ciso"]);
    assert_eq!(found["period"]["is_over"], false);
    let rule = &found["real"]["rules"][0];
    assert_eq!(rule["rule.name"], "SSH login succeeds after many failures");
    assert_eq!(
        (
            &rule["drafts"]["count"],
            &rule["decided"],
            &rule["dismissed_share"]
        ),
        (&json!(2), &json!(1), &json!(1.0))
    );
    assert_eq!(rule["dismissed"]["incidents"], json!([id]));
    let other = json(
        &daemon,
        &["figures", "--period", &period, "--stream", "acme"],
    );
    assert_eq!(other["real"]["incidents"]["detected"]["count"], 0);
    assert_eq!(other["real"]["alerts"]["alerts"], 0);
}

#[test]
fn the_register_is_written_and_told() {
    let daemon = Daemon::start();
    let id = open(
        &daemon,
        &json!({"title": "a lost laptop", "detected_at": "2026-11-20T10:00:00Z", "regimes": ["gdpr"]}),
    );
    open(
        &daemon,
        &json!({"title": "another", "detected_at": "2026-11-20T10:00:00Z"}),
    );
    fact(
        &daemon,
        &id,
        &json!({"fact": "aware_pdb", "at": "2026-11-20T12:00:00Z"}),
    );
    let listed = json(&daemon, &["incidents", "register"]);
    assert_eq!(listed["register"].as_array().unwrap().len(), 1);
    assert_eq!(listed["register"][0]["status"], "breach");
    let write = [
        "incidents",
        "register",
        "1",
        "--facts",
        "=1+1",
        "--not-notified-reason",
        "encrypted",
    ];
    let written = json(&daemon, &write);
    assert_eq!(
        (&written["version"], &written["recorded_by"]),
        (&json!(1), &json!("admin"))
    );
    assert_eq!(written["missing"], json!(["effects", "remedial_action"]));
    let again = daemon.vakt(&write);
    assert!(
        stderr(&again).contains("was changed by admin in the meantime"),
        "{}",
        stderr(&again)
    );
    let sheet = told(&daemon, &["incidents", "register"], "csv");
    assert!(sheet.contains(",'=1+1,"), "{sheet}");
    assert!(told(&daemon, &["incidents", "register"], "text").contains("effects,remedial_action"));
    let verified = vakt()
        .args(["verify", "--data-dir"])
        .arg(&daemon.data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
}
