//! Who searched for what, with the real binary: on record before the answer, over kills, in backups.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::process::Command;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn stdout(output: &std::process::Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The entries, newest first, as rows of some members.
fn entries(daemon: &Daemon, arguments: &[&str], members: &[&str]) -> Vec<Json> {
    let list = ["searches", "list", "--output", "ndjson"];
    let text = stdout(&daemon.vakt(&[&list[..], arguments].concat()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|entry: Json| members.iter().map(|name| entry[name].clone()).collect())
        .collect()
}

fn folder_with_events() -> (TempDir, std::path::PathBuf, Daemon) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    let events: String = (0..30)
        .map(|number| format!("{{\"message\":\"login {number}\"}}\n"))
        .collect();
    assert_eq!(daemon.post_events(&events).unwrap().0, 200);
    (folder, data, daemon)
}

#[test]
fn searches_of_people_are_listed_for_the_administrator() {
    let (folder, _data, daemon) = folder_with_events();
    let added = daemon.vakt(&[
        "users", "add", "vera", "--role", "viewer", "--output", "json",
    ]);
    let token: Json = serde_json::from_str(&stdout(&added)).unwrap();
    let vera = |arguments: &[&str]| {
        vakt()
            .args(arguments)
            .args([
                "--url",
                &daemon.http,
                "--token",
                token["token"].as_str().unwrap(),
            ])
            .output()
            .unwrap()
    };
    stdout(&vera(&["search", "login", "--limit", "7"]));
    let export = folder.path().join("out.ndjson");
    stdout(&vera(&[
        "search",
        "login",
        "--export",
        export.to_str().unwrap(),
    ]));
    assert_eq!(fs::read_to_string(&export).unwrap().lines().count(), 30);
    let members = ["who", "kind", "query", "outcome", "hits", "total"];
    let expected = [
        json!(["vera", "export", "login", "done", 30, 30]),
        json!(["vera", "stream", "login", "done", 7, 30]),
    ];
    assert_eq!(entries(&daemon, &["--who", "vera"], &members), expected);
    assert_eq!(
        entries(&daemon, &["--kind", "export"], &members),
        expected[..1]
    );
    assert_eq!(
        entries(&daemon, &["--text", "LOGIN", "--limit", "1"], &members),
        expected[..1]
    );
    assert_eq!(
        entries(&daemon, &["--until", "-1h"], &members),
        [Json::Null; 0]
    );
    let refused = vera(&["searches", "list"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("vera is viewer and may not read the search log"),
        "{said}"
    );
    let table = stdout(&daemon.vakt(&["searches", "list", "--output", "text"]));
    let head: Vec<&str> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        head,
        ["at", "who", "kind", "outcome", "hits", "incident", "query"]
    );
}

/// What was answered is on record, however the daemon ends.
#[test]
fn entries_outlive_a_kill() {
    let (_folder, data, daemon) = folder_with_events();
    for number in 0..20 {
        assert_eq!(daemon.total(&format!("login {number}")), 1);
    }
    daemon.kill();
    let daemon = Daemon::start_in(&data, &[]);
    let expected: Vec<Json> = (0..20)
        .rev()
        .map(|number| json!(["admin", "search", format!("login {number}"), "done", 1]))
        .collect();
    let members = ["who", "kind", "query", "outcome", "hits"];
    assert_eq!(entries(&daemon, &[], &members), expected);
}

#[test]
fn a_follow_that_a_kill_ended_was_interrupted() {
    let (_folder, data, daemon) = folder_with_events();
    let mut follow = vakt();
    follow.args(["search", "--follow", "login"]);
    follow.args(["--url", &daemon.http, "--token", &daemon.token]);
    let mut follow = follow.spawn().unwrap();
    daemon.wait_for("the follower", |daemon| {
        (entries(daemon, &[], &["kind"]).len() == 1).then_some(())
    });
    let pid = daemon.pid();
    daemon.kill();
    follow.kill().unwrap();
    follow.wait().unwrap();
    let daemon = Daemon::start_in(&data, &[]);
    assert_ne!(daemon.pid(), pid);
    let members = ["kind", "query", "outcome", "hits"];
    let expected = [json!(["follow", "login", "interrupted", null])];
    assert_eq!(entries(&daemon, &[], &members), expected);
}

#[test]
fn a_purpose_is_an_incident_that_is_there() {
    let (_folder, _data, daemon) = folder_with_events();
    let body = r#"{"title":"t","detected_at":"2026-01-01T00:00:00Z","regimes":["nis2-se"]}"#;
    let (status, incident) = daemon.post("/api/v1/incidents", body);
    assert_eq!(status, 201);
    let incident: Json = serde_json::from_str(&incident).unwrap();
    let id = incident["id"].as_str().unwrap();
    stdout(&daemon.vakt(&["search", "login", "--incident", id]));
    let found = entries(&daemon, &["--incident", id], &["query", "incident"]);
    assert_eq!(found, [json!(["login", id])]);
    let refused = daemon.vakt(&["search", "login", "--incident", "nothing"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("there is no incident `nothing`"), "{said}");
}

#[test]
fn the_log_is_in_a_backup_and_comes_back() {
    let (folder, data, daemon) = folder_with_events();
    assert_eq!(daemon.total("login"), 30);
    stdout(&daemon.vakt(&["search", "--save", "logins", "login"]));
    let (backup, restored) = (folder.path().join("backup"), folder.path().join("restored"));
    let run = |command: &mut Command| stdout(&command.output().unwrap());
    run(vakt()
        .arg("backup")
        .arg(&backup)
        .arg("--data-dir")
        .arg(&data));
    run(vakt()
        .arg("restore")
        .arg(&backup)
        .arg("--data-dir")
        .arg(&restored));
    drop(daemon);
    let daemon = Daemon::start_in(&restored, &[]);
    let found = entries(&daemon, &[], &["query", "outcome"]);
    assert_eq!(found, [json!(["login", "done"])]);
    let saved = daemon.get_json("/api/v1/saved-searches");
    assert_eq!(saved["saved_searches"][0]["query"], "login");
}

#[test]
fn how_long_it_is_kept_is_configured() {
    let folder = TempDir::new().unwrap();
    let check = |text: &str, expected: &str| {
        let path = folder.path().join("vakt.yaml");
        fs::write(&path, text).unwrap();
        let output = vakt()
            .arg("check")
            .arg("--config")
            .arg(&path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(expected), "{text}: {said}");
        output.status.success()
    };
    assert!(check("search_log: {days: 30}\n", ""));
    assert!(!check(
        "search_log: {days: 0}\n",
        "0 days would keep nothing"
    ));
    assert!(!check("search_log: {day: 30}\n", "did you mean `days`?"));
    assert!(!check("search_log: 30\n", "takes a mapping"));
}
