//! A hostile or unlucky world: what broke once, and what must hold all the same.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::{Daemon, vakt};
use serde_json::Value as Json;
use tempfile::TempDir;

fn is_ready(daemon: &Daemon) -> bool {
    daemon.get("/readyz").0 == 200
}

fn alert_count(daemon: &Daemon) -> u64 {
    let alerts = daemon.get_json("/api/v1/alerts");
    let alerts = alerts["alerts"].as_array().unwrap();
    alerts
        .iter()
        .map(|alert| alert["count"].as_u64().unwrap())
        .sum()
}

fn metric(daemon: &Daemon, name: &str) -> u64 {
    let (_, text) = daemon.get("/metrics");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.unwrap_or_else(|| panic!("no metric {name}"))
}

/// Waits until detection has recorded everything that is in the journal.
fn settle(daemon: &Daemon) {
    daemon.wait_for("detection", |daemon| {
        let end = metric(daemon, "vakt_journal_end_position");
        (metric(daemon, "vakt_detect_applied_position") == end).then_some(())
    });
}

const RULES: &str = "\
title: A plain rule
id: 11111111-1111-4111-8111-111111111111
name: plain
status: test
description: Every event with this word
logsource:
    product: linux
detection:
    keywords:
        - storm
    condition: keywords
level: medium
---
title: Five of a host
id: 33333333-3333-4333-8333-333333333333
status: test
description: Five of them
correlation:
    type: event_count
    rules:
        - plain
    group-by:
        - host.name
    timespan: 2h
    generate: true
    condition:
        gte: 5
level: high
";

/// A daemon's data directory and a file of rules in one temporary folder.
fn with_rules() -> (TempDir, std::path::PathBuf, String) {
    let folder = TempDir::new().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, RULES).unwrap();
    let data = folder.path().join("data");
    (folder, data, rules.to_str().unwrap().to_owned())
}

fn storm(host: &str, events: usize) -> String {
    (0..events)
        .map(|number| format!("<14>Nov 24 10:00:00 {host} app: storm {number}\n"))
        .collect()
}

/// A sender that held more connections open than the process may open files took the descriptors
/// of the journal's next segment and of the index's next commit: both stopped until a restart.
#[test]
fn connections_leave_descriptors_to_the_journal_and_the_index() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -n 600; exec \"$0\" \"$@\""])
        .arg(vakt().get_program());
    let daemon = Daemon::start_as(command, &data, &[]);
    let held: Vec<TcpStream> = (0..700)
        .filter_map(|_| {
            let mut stream = TcpStream::connect(daemon.tcp.unwrap()).ok()?;
            stream.write_all(b"<14>half").ok()?;
            Some(stream)
        })
        .collect();
    thread::sleep(Duration::from_millis(300));
    for round in 0..5 {
        let body: String = (0..100)
            .map(|line| format!("{{\"message\":\"held {round} {line}\"}}\n"))
            .collect();
        assert_eq!(daemon.post_events(&body).unwrap().0, 200);
        assert_eq!(daemon.total("held"), (round + 1) * 100);
    }
    assert!(is_ready(&daemon));
    drop(held);
    assert!(daemon.end_with("TERM").success());
}

/// A failure of the disk under the index ended it until a restart, also when it had passed.
#[test]
fn the_index_goes_on_after_a_failure() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    let post = |word: &str| {
        let body = format!("{{\"message\":\"{word}\"}}\n");
        assert_eq!(daemon.post_events(&body).unwrap().0, 200);
    };
    post("before");
    assert_eq!(daemon.total("before"), 1);
    fs::rename(data.join("index"), data.join("away")).unwrap();
    // New events are found from memory; an erasure must reach the disk.
    post("meanwhile");
    assert_eq!(daemon.total("before or meanwhile"), 2);
    let erasure = r#"{"from":0,"to":1,"reason":"a test"}"#;
    let (status, answer) = daemon.post("/api/v1/erasures", erasure);
    assert!(status == 200 && answer.contains("\"pending\""), "{answer}");
    daemon.wait_for("the failure", |daemon| (!is_ready(daemon)).then_some(()));
    fs::rename(data.join("away"), data.join("index")).unwrap();
    daemon.wait_for("its end", |daemon| is_ready(daemon).then_some(()));
    assert_eq!(daemon.total("before or meanwhile"), 1);
}

/// Events between the correlator's snapshot and the kill were counted for their source again, and
/// each firing of a full window counted the whole window as new events.
#[test]
fn a_replay_counts_nothing_again() {
    let (_folder, data, rules) = with_rules();
    let daemon = Daemon::start_in(&data, &["--rules", &rules]);
    daemon.send_tcp(storm("web1", 50).as_bytes());
    daemon.wait_for("the events", |daemon| {
        (metric(daemon, "vakt_journal_end_position") == 50).then_some(())
    });
    settle(&daemon);
    let counts = |daemon: &Daemon| {
        let alerts = daemon.get_json("/api/v1/alerts");
        let of = |alert: &Json| (alert["count"].clone(), alert["event.count"].clone());
        let alerts: Vec<_> = alerts["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(of)
            .collect();
        let sources = daemon.get_json("/api/v1/sources");
        let events = |source: &Json| source["events"].as_u64().unwrap();
        let sources = sources["sources"].as_array().unwrap().iter().map(events);
        (alerts, sources.sum::<u64>())
    };
    let expected = (vec![(46.into(), 50.into()), (50.into(), 50.into())], 50);
    let sorted = |daemon: &Daemon| {
        let (mut alerts, sources) = counts(daemon);
        alerts.sort_by_key(|alert| alert.0.as_u64());
        (alerts, sources)
    };
    assert_eq!(sorted(&daemon), expected);
    daemon.kill();
    for _ in 0..2 {
        let daemon = Daemon::start_in(&data, &["--rules", &rules]);
        daemon.wait_for("readiness", |daemon| is_ready(daemon).then_some(()));
        daemon.wait_for("the sources", |daemon| {
            (counts(daemon).1 >= 50).then_some(())
        });
        settle(&daemon);
        assert_eq!(sorted(&daemon), expected);
        daemon.kill();
    }
}

/// The journal and the index were lost, the records were not: positions go on behind what the
/// records have seen, and what lies between can never be found. Searches and readiness waited
/// for it.
#[test]
fn nobody_waits_for_what_is_lost() {
    let (_folder, data, rules) = with_rules();
    let daemon = Daemon::start_in(&data, &["--rules", &rules]);
    daemon.send_tcp(storm("web1", 20).as_bytes());
    daemon.wait_for("the alerts", |daemon| {
        (alert_count(daemon) == 36).then_some(())
    });
    daemon.kill();
    fs::remove_dir_all(data.join("journal")).unwrap();
    fs::remove_dir_all(data.join("index")).unwrap();
    let daemon = Daemon::start_in(&data, &["--rules", &rules]);
    daemon.wait_for("readiness", |daemon| is_ready(daemon).then_some(()));
    assert_eq!(daemon.total("storm"), 0);
    daemon.send_tcp(storm("web2", 3).as_bytes());
    daemon.wait_for("new events", |daemon| {
        (daemon.total("storm") == 3).then_some(())
    });
    daemon.wait_for("their alerts", |daemon| {
        (alert_count(daemon) == 39).then_some(())
    });
}

/// The sender chooses how long a name is, and every alert and page held it whole.
#[test]
fn a_name_of_any_length_is_cut_in_alerts() {
    let (_folder, data, rules) = with_rules();
    let daemon = Daemon::start_in(&data, &["--rules", &rules]);
    let body = format!(
        "{{\"message\":\"storm\",\"user.name\":\"{}\",\"vakt.logsource.product\":\"linux\"}}\n",
        "ö".repeat(100_000)
    );
    assert_eq!(daemon.post_events(&body).unwrap().0, 200);
    daemon.wait_for("the alert", |daemon| {
        (alert_count(daemon) == 1).then_some(())
    });
    let alerts = daemon.get_json("/api/v1/alerts");
    assert_eq!(alerts["alerts"][0]["entity"], "ö".repeat(512));
}

/// Of a connection that had sent more than a mebibyte, or that waited to be accepted, a stop lost
/// what was not read yet.
#[test]
fn a_stop_takes_what_closed_connections_had_sent() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    let pad = "p".repeat(150);
    let lines: String = (0..15_000)
        .map(|number| format!("<14>Nov 24 10:00:00 web1 app: closed {number} {pad}\n"))
        .collect();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| daemon.send_tcp(lines.as_bytes()));
        }
    });
    assert!(daemon.end_with("TERM").success());
    let daemon = Daemon::start_in(&data, &[]);
    daemon.wait_for("readiness", |daemon| is_ready(daemon).then_some(()));
    assert_eq!(daemon.total("closed"), 180_000);
}

/// A second daemon opened the records and the index of the first before it was refused.
#[test]
fn a_second_daemon_touches_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let lock = fs::File::create(data.join("lock")).unwrap();
    lock.lock().unwrap();
    let output = vakt()
        .args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--syslog-udp",
            "127.0.0.1:0",
        ])
        .args(["--syslog-tcp", "127.0.0.1:0", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let names: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["lock"]);
}
