//! Facts, corrections, merges and other data through the real daemon and the command.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::Value as Json;

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Json {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The command's answer as JSON.
fn incidents(daemon: &Daemon, arguments: &[&str]) -> Json {
    let all = [&["incidents"], arguments, &["--output", "json"]].concat();
    json(&daemon.vakt(&all))
}

fn refused(daemon: &Daemon, arguments: &[&str]) -> String {
    let output = daemon.vakt(&[&["incidents"], arguments].concat());
    assert!(!output.status.success(), "{arguments:?} was taken");
    stderr(&output)
}

/// A second person, by their token.
fn add_user(daemon: &Daemon, name: &str) -> String {
    let added = ["--output", "ndjson", "users", "add", name, "--role", "lead"];
    json(&daemon.vakt(&added))["token"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn due<'j>(incident: &'j Json, stage: &str) -> &'j Json {
    let clocks = incident["clocks"].as_array().unwrap();
    let clock = clocks.iter().find(|it| it["stage"] == stage);
    &clock.unwrap_or_else(|| panic!("no clock {stage} in {incident:#}"))["due"]
}

#[test]
fn awareness_is_corrected_by_two_people_through_the_command() {
    let daemon = Daemon::start();
    let opened = incidents(
        &daemon,
        &[
            "open",
            "A customer called",
            "--detected-at",
            "2026-11-20T08:00:00Z",
        ],
    );
    assert_eq!(opened["regimes"], serde_json::json!(["nis2-se"]));
    incidents(
        &daemon,
        &[
            "fact",
            "1",
            "aware",
            "--at",
            "2026-11-20 10:00",
            "--by",
            "Ada",
        ],
    );
    let fact = [
        "fact",
        "1",
        "aware",
        "--at",
        "2026-11-20 11:00",
        "--revises",
        "2",
    ];
    let output = daemon.vakt(&[&["incidents"], &fact[..], &["--reason", "a slip"]].concat());
    for said in [
        "recording aware at 2026-11-20T10:00:00Z, 11:00 on 20 November 2026 (Friday, +01:00)",
        "  early_warning 2026-11-21T09:00:00Z",
        ", 10:00 on 21 November 2026 (Saturday, +01:00)",
        "warning: what fact 2 says keeps counting until a second person approves this correction",
        "it cannot be approved until there is a second user with a token",
    ] {
        assert!(
            stderr(&output).contains(said),
            "{said:?} is not in\n{}",
            stderr(&output)
        );
    }
    let said = refused(&daemon, &["approve", "1", "--fact", "3"]);
    assert!(said.contains("two approvals are two principals"), "{said}");
    let token = add_user(&daemon, "berit");
    let shown = incidents(&daemon, &["show", "1"]);
    assert_eq!(due(&shown, "early_warning"), "2026-11-21T09:00:00Z");
    assert_eq!(shown["waiting"][0]["fact"], 3);
    let approve = [
        "incidents",
        "approve",
        "1",
        "--fact",
        "3",
        "--output",
        "json",
    ];
    let by_berit = vakt()
        .args(approve)
        .args(["--url", &daemon.http, "--token", &token])
        .output();
    let approved = json(&by_berit.unwrap());
    assert_eq!(due(&approved, "early_warning"), "2026-11-21T10:00:00Z");
    let text = daemon.vakt(&["incidents", "show", "1", "--output", "text"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in [
        "\nEarlier clocks\n",
        "  3  Fri 2026-11-20 11:00:00 +01:00  aware  recorded by admin  corrects 2  a slip\n",
        "  approved  recorded by berit  approves 3\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    // Whoever looked before that is told.
    let said = refused(
        &daemon,
        &["dismiss", "1", "--reason", "x", "--revision", "2"],
    );
    assert!(said.contains("its revision is 4"), "{said}");
    let verified = vakt()
        .args(["verify", "--data-dir"])
        .arg(&daemon.data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[test]
fn times_that_people_type_are_shown_or_refused_with_the_choices() {
    let daemon = Daemon::start();
    incidents(
        &daemon,
        &["open", "x", "--detected-at", "2026-10-20T08:00:00Z"],
    );
    let check = |at: &str, expected: &str| {
        let said = refused(&daemon, &["fact", "1", "aware", "--at", at]);
        assert!(said.contains(expected), "{at}: {said}");
    };
    check(
        "2026-10-25 02:30",
        "write 2026-10-25T00:30:00Z for the first or 2026-10-25T01:30:00Z",
    );
    check(
        "2026-03-29 02:30",
        "it is either 2026-03-29T00:30:00Z or 2026-03-29T01:30:00Z",
    );
    check(
        "2099-01-01T00:00:00Z",
        "more than five minutes in the future",
    );
    check("quarter past", "is no time");
    let shown = incidents(&daemon, &["show", "1"]);
    assert_eq!(shown["facts"].as_array().unwrap().len(), 1);
    let dry = [
        "incidents",
        "fact",
        "1",
        "aware",
        "--at",
        "2026-10-25T00:30:00Z",
        "--dry-run",
    ];
    let output = daemon.vakt(&dry);
    assert!(output.status.success() && stderr(&output).contains("nothing was recorded"));
    assert_eq!(incidents(&daemon, &["show", "1"])["state"], "draft");
}

#[test]
fn incidents_are_merged_split_dismissed_and_taken_up_again() {
    let daemon = Daemon::start();
    for title in ["The mail server", "The web server"] {
        incidents(
            &daemon,
            &["open", title, "--detected-at", "2026-11-20T08:00:00Z"],
        );
    }
    incidents(
        &daemon,
        &["fact", "1", "aware", "--at", "2026-11-20T09:00:00Z"],
    );
    let merged = incidents(
        &daemon,
        &["merge", "1", "--into", "2", "--reason", "one attacker"],
    );
    assert_eq!(merged["state"], "merged");
    let whole = incidents(&daemon, &["show", "2"]);
    assert_eq!(
        (&whole["state"], due(&whole, "notification")),
        (&"significant".into(), &"2026-11-23T09:00:00Z".into())
    );
    assert_eq!(whole["members"][0], merged["id"]);
    let part = incidents(
        &daemon,
        &["split", "2", "--title", "The backup", "--reason", "a disk"],
    );
    assert_eq!(
        (&part["number"], due(&part, "notification")),
        (&3.into(), &"2026-11-23T09:00:00Z".into())
    );
    incidents(
        &daemon,
        &["open", "A scan", "--detected-at", "2026-11-20T08:00:00Z"],
    );
    let dismissed = incidents(&daemon, &["dismiss", "4", "--reason", "our own test"]);
    assert_eq!(dismissed["state"], "dismissed");
    assert_eq!(incidents(&daemon, &["reopen", "4"])["state"], "draft");
    let said = refused(&daemon, &["dismiss", "4"]);
    assert!(
        said.contains("a dismissal needs one line of reason"),
        "{said}"
    );
    let (status, body) = daemon.post(
        "/api/v1/incidents/4/facts",
        r#"{"fact":"merged","into":"4"}"#,
    );
    assert_eq!(status, 400, "{body}");
    assert!(body.contains("cannot be part of itself"), "{body}");
}

/// A file of other regimes counts from the next start on, and the old deadlines stay on record.
#[test]
fn other_data_of_the_regimes_is_taken_at_the_start_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (
        folder.path().join("data"),
        folder.path().join("regimes.yaml"),
    );
    let config = folder.path().join("vakt.yaml");
    let embedded = vakt().args(["incidents", "regimes"]).output().unwrap();
    let embedded = String::from_utf8(embedded.stdout).unwrap();
    let daemon = Daemon::start_in(&data, &[]);
    incidents(
        &daemon,
        &["open", "x", "--detected-at", "2026-11-20T08:00:00Z"],
    );
    incidents(
        &daemon,
        &["fact", "1", "aware", "--at", "2026-11-20T09:00:00Z"],
    );
    daemon.end_with("TERM");

    let other = embedded
        .replace("version: \"2026-11-29\"", "version: \"2027-01-01\"")
        .replacen(
            "contracts: []",
            "contracts: [{party: acme, regime: gdpr-processor, within: {hours: 24}}]",
            1,
        )
        .replacen(
            "        term: upplysning\n        start: aware\n        within: {hours: 24}",
            "        term: upplysning\n        start: aware\n        within: {hours: 12}",
            1,
        );
    fs::write(&file, &other).unwrap();
    let yaml = format!(
        "incidents:\n  regimes: [nis2-se, gdpr-processor]\n  regimes_file: {}\n",
        file.display()
    );
    fs::write(&config, yaml).unwrap();
    let config = config.to_str().unwrap();
    let checked = vakt().args(["check", "--config", config]).output().unwrap();
    assert!(checked.status.success(), "{}", stderr(&checked));
    let any = "127.0.0.1:0";
    let daemon = Daemon::start_in(
        &data,
        &[
            "--config",
            config,
            "--http",
            any,
            "--syslog-udp",
            any,
            "--syslog-tcp",
            any,
        ],
    );
    let shown = incidents(&daemon, &["show", "1"]);
    assert_eq!(shown["regimes_version"], "2027-01-01");
    assert_eq!(due(&shown, "early_warning"), "2026-11-20T21:00:00Z");
    // As they stood: the provisional one, and the one of the declaration.
    let old = shown["history"].as_array().unwrap().iter();
    let old =
        old.filter(|it| it["regimes_version"] == "2026-11-29" && it["stage"] == "early_warning");
    let old: Vec<&Json> = old.map(|it| &it["due"]).collect();
    assert_eq!(old, ["2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z"]);
    let opened = incidents(
        &daemon,
        &["open", "y", "--detected-at", "2026-11-20T08:00:00Z"],
    );
    assert_eq!(
        opened["regimes"],
        serde_json::json!(["nis2-se", "gdpr-processor"])
    );
    let number = opened["number"].to_string();
    incidents(
        &daemon,
        &["fact", &number, "aware_pdb", "--at", "2026-11-20T09:00:00Z"],
    );
    let told = incidents(
        &daemon,
        &[
            "fact",
            &number,
            "customer_affected",
            "--party",
            "acme",
            "--at",
            "2026-11-20T09:30:00Z",
        ],
    );
    let acme = told["clocks"].as_array().unwrap();
    let acme = acme.iter().find(|it| it["party"] == "acme").unwrap();
    assert_eq!(
        (&acme["stage"], &acme["due"]),
        (&"controller".into(), &"2026-11-21T09:00:00Z".into())
    );
    daemon.end_with("TERM");
    let verified = vakt()
        .args(["verify", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));

    fs::write(
        &file,
        other.replace("within: {hours: 12}", "within: {hour: 12}"),
    )
    .unwrap();
    let checked = vakt().args(["check", "--config", config]).output().unwrap();
    let said = format!(
        "{}{}",
        stderr(&checked),
        String::from_utf8_lossy(&checked.stdout)
    );
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(
        said.contains("regimes.yaml:") && said.contains("unknown variant `hour`"),
        "{said}"
    );
    let clocks = [
        "incidents",
        "clocks",
        "--regime",
        "nis2-se",
        "--regimes-file",
        file.to_str().unwrap(),
    ];
    let output = vakt().args(clocks).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

/// A dismissal counts towards the false positives of the rule that opened the draft.
#[test]
fn a_rule_shows_how_its_drafts_were_judged() {
    let daemon = Daemon::start();
    let now = jiff::Timestamp::now();
    let mut lines: String = (0..12)
        .map(|number| {
            format!(
                "<38>1 {now} web1 sshd {number} - - Failed password for root from 203.0.113.7 port \
                 4000{number} ssh2\n"
            )
        })
        .collect();
    lines.push_str(&format!(
        "<38>1 {now} web1 sshd 99 - - Accepted password for root from 203.0.113.7 port 50000 ssh2\n"
    ));
    daemon.send_tcp(lines.as_bytes());
    let draft = daemon.wait_for("a draft", |daemon| {
        let drafts = daemon.get_json("/api/v1/incidents");
        drafts["incidents"].as_array()?.first().cloned()
    });
    let judged = |daemon: &Daemon| {
        let rules = daemon.get_json("/api/v1/rules");
        let rules = rules["rules"].as_array().unwrap().iter();
        let mut rule = rules.filter(|it| it["id"] == draft["rule.id"]);
        let rule = rule.next().unwrap();
        (rule["drafts"].clone(), rule["dismissed"].clone())
    };
    assert_eq!(judged(&daemon), (1.into(), 0.into()));
    incidents(&daemon, &["dismiss", "1", "--reason", "our own scanner"]);
    assert_eq!(judged(&daemon), (1.into(), 1.into()));
    incidents(&daemon, &["reopen", "1"]);
    assert_eq!(judged(&daemon), (1.into(), 0.into()));
}
