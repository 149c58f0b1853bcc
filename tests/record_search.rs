//! Incidents, alerts and notes, searched with the language of events, with the real binary.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use common::Daemon;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Raises an alert and, as a rule of our own may, opens a draft.
const RULE: &str = "\
title: Backdoor account
id: 6c1f1c4e-4d0a-4f51-9a51-5d0c8f2b7a10
status: test
description: An account that only an intruder uses.
author: Vakt
date: 2026-11-29
logsource:
    product: linux
detection:
    selection:
        user.name: mallory
    condition: selection
level: high
tags:
    - attack.t1136
vakt:
    draft: true
";

fn found(daemon: &Daemon, within: &str, query: &str) -> Vec<Json> {
    let arguments = ["search", query, "--in", within, "--output", "ndjson"];
    let output = daemon.vakt(&arguments);
    assert!(output.status.success(), "{query}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn kinds(daemon: &Daemon, within: &str, query: &str) -> Vec<String> {
    let mut kinds: Vec<String> = found(daemon, within, query)
        .iter()
        .map(|hit| hit["vakt.record"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds
}

#[test]
fn one_language_finds_incidents_alerts_and_notes() {
    let folder = TempDir::new().unwrap();
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    fs::write(rules.join("backdoor.yml"), RULE).unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", rules.to_str().unwrap()]);
    let event = json!({
        "message": "login", "user.name": "mallory", "source.ip": "203.0.113.7",
        "vakt.logsource.product": "linux",
    });
    assert_eq!(daemon.post_events(&format!("{event}\n")).unwrap().0, 200);
    let draft = daemon.wait_for("a draft", |daemon| {
        found(daemon, "incidents", "backdoor").into_iter().next()
    });
    let id = draft["id"].as_str().unwrap();
    let reason = "phoned Åsa: she knows no such account";
    let fact = [
        "incidents",
        "fact",
        id,
        "assessment_started",
        "--reason",
        reason,
    ];
    let recorded = daemon.vakt(&fact);
    assert!(recorded.status.success(), "{recorded:?}");

    // Words, phrases, fields, ranges of addresses, and all kinds or some.
    assert_eq!(kinds(&daemon, "records", "backdoor"), ["alert", "incident"]);
    assert_eq!(
        kinds(&daemon, "records", "source.ip:203.0.113.0/24"),
        ["alert", "incident"]
    );
    assert_eq!(kinds(&daemon, "records", "\"phoned åsa\""), ["note"]);
    assert_eq!(
        kinds(&daemon, "incidents,notes", "account"),
        ["incident", "note"]
    );
    assert_eq!(
        kinds(&daemon, "alerts", "level:high tags:attack.t1136 state:open"),
        ["alert"]
    );
    assert_eq!(kinds(&daemon, "alerts", "level:low"), [""; 0]);
    let note = &found(&daemon, "notes", "Åsa")[0];
    assert_eq!(
        [&note["incident"], &note["fact"], &note["message"]],
        [&json!(id), &json!("assessment_started"), &json!(reason)]
    );
    // Events are no records, and records no events.
    assert_eq!(kinds(&daemon, "records", "message:login"), [""; 0]);
    // Commands count them.
    assert_eq!(
        found(
            &daemon,
            "records",
            "* | stats count by vakt.record | sort vakt.record"
        )
        .iter()
        .map(|row| row["vakt.record"].clone())
        .collect::<Vec<_>>(),
        ["alert", "incident", "note"]
    );
    // Pages: the cursor of one leads to the next, and nothing comes twice.
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = daemon.get_json(&format!(
            "/api/v1/search?in=records&q=&limit=1&order=oldest{cursor}"
        ));
        // The draft itself is a fact, too: it was detected.
        assert_eq!(page["total"], 4);
        seen.extend(page["hits"].as_array().unwrap().iter().map(|hit| {
            (
                hit["@timestamp"].clone().to_string(),
                hit["vakt.record"].clone(),
            )
        }));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(seen.is_sorted_by_key(|(time, _)| time), "{seen:?}");
    let mut kinds: Vec<_> = seen.iter().filter_map(|(_, kind)| kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["alert", "incident", "note", "note"]);
    // What is wrong with the request is said, and every search is on record.
    let (status, refused) = daemon.get("/api/v1/search?in=alarms");
    assert_eq!(status, 400);
    assert!(
        refused.contains("`in` is `alarms`, but must be"),
        "{refused}"
    );
    let list = [
        "searches", "list", "--kind", "records", "--output", "ndjson",
    ];
    let log = String::from_utf8(daemon.vakt(&list).stdout).unwrap();
    assert!(log.contains("phoned åsa"), "{log}");
}
