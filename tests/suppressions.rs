//! What is hidden on purpose, planned work, thresholds, assets and risk, through the real daemon and
//! the command.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// "SSH login succeeds after many failures", which opens a draft.
const LOGIN_RULE: &str = "a44c76ad-f40b-48c1-af56-04f157390478";

/// Failures from an address, then a login.
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

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The command's answer as JSON.
fn told(daemon: &Daemon, arguments: &[&str]) -> Json {
    let output = daemon.vakt(&[arguments, &["--output", "json"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a person reads.
fn text(daemon: &Daemon, arguments: &[&str]) -> String {
    let output = daemon.vakt(&[arguments, &["--output", "text"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(daemon: &Daemon, arguments: &[&str]) -> String {
    let output = daemon.vakt(arguments);
    assert!(!output.status.success(), "{arguments:?} was taken");
    stderr(&output)
}

fn list(daemon: &Daemon, path: &str, key: &str) -> Vec<Json> {
    daemon.get_json(path)[key].as_array().unwrap().clone()
}

fn alerts_of(daemon: &Daemon, rule: &str) -> Vec<Json> {
    let alerts = list(daemon, "/api/v1/alerts?limit=500", "alerts");
    alerts
        .into_iter()
        .filter(|it| it["rule.id"] == rule)
        .collect()
}

fn drafts(daemon: &Daemon) -> Vec<Json> {
    list(daemon, "/api/v1/incidents?limit=500", "incidents")
}

fn metric(daemon: &Daemon, name: &str) -> f64 {
    let (_, text) = daemon.get("/metrics");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    value.unwrap_or_else(|| panic!("no metric {name}"))
}

/// The alert of an attack by the rule that opens drafts.
fn attacked(daemon: &Daemon, address: &str, state: &str) -> Json {
    daemon.send_tcp(attack(address).as_bytes());
    daemon.wait_for("the alert", |daemon| {
        alerts_of(daemon, LOGIN_RULE)
            .into_iter()
            .find(|it| it["entity"] == address && it["state"] == state)
    })
}

#[test]
fn a_suppression_is_tested_saved_hides_and_is_ended() {
    let daemon = Daemon::start();
    attacked(&daemon, "203.0.113.7", "open");
    attacked(&daemon, "203.0.113.8", "open");
    assert_eq!(drafts(&daemon).len(), 2);

    let scope = [
        "--rule",
        LOGIN_RULE,
        "--match",
        "source.ip|cidr=203.0.113.0/29",
    ];
    let add = [
        "suppressions",
        "add",
        "--reason",
        "our own scanner",
        "--expires",
        "30d",
    ];
    let said = refused(&daemon, &[&add[..], &scope].concat());
    assert!(
        said.contains("was not tested against stored events"),
        "{said}"
    );
    let said = text(&daemon, &[&["suppressions", "test"][..], &scope].concat());
    assert!(
        said.contains("it would have hidden 1 of 2 matches, in 1 alerts"),
        "{said}"
    );
    assert!(
        said.contains("warning: it would have hidden what is in 1 other incident"),
        "{said}"
    );
    let tested = told(&daemon, &[&["suppressions", "test"][..], &scope].concat());
    assert_eq!(
        tested["by_entity"],
        json!([{"entity": "203.0.113.7", "matches": 1}])
    );
    let digest = tested["digest"].as_str().unwrap();
    let other = ["--match", "user.name=root", "--preview", digest];
    let said = refused(&daemon, &[&add[..], &other].concat());
    assert!(said.contains("was of another scope"), "{said}");
    let with = ["--preview", digest];
    let saved = told(&daemon, &[&add[..], &scope, &with].concat());
    assert_eq!(
        (&saved["author"], &saved["tested"]["matches"]),
        (&json!("admin"), &json!(1))
    );
    let id = saved["id"].as_str().unwrap();

    let hidden = attacked(&daemon, "203.0.113.7", "suppressed");
    assert_eq!(
        (&hidden["suppression"], &hidden["incident"]),
        (&saved["id"], &Json::Null)
    );
    let seen = attacked(&daemon, "203.0.113.9", "open");
    assert!(seen["incident"].is_string());
    assert_eq!(drafts(&daemon).len(), 3);
    assert!(metric(&daemon, "vakt_alerts_suppressed_total") >= 1.0);
    let found = list(&daemon, "/api/v1/alerts?state=suppressed", "alerts");
    assert_eq!(found.len(), 1);
    let shown = told(&daemon, &["suppressions", "show", id]);
    assert_eq!(shown["alerts"][0]["entity"], "203.0.113.7");
    assert_eq!(shown["alerts"][0]["count"], shown["hidden"]);
    let said = text(&daemon, &["suppressions", "list"]);
    assert!(said.contains("our own scanner"), "{said}");

    let end = ["suppressions", "end", id, "--reason", "it was an attack"];
    assert_eq!(told(&daemon, &end)["ended_by"], "admin");
    assert!(refused(&daemon, &end).contains("it has ended"));
    assert_eq!(
        told(&daemon, &["suppressions", "list"])["suppressions"],
        json!([])
    );
    // What it hid stays listed, and the same is seen again.
    daemon.send_tcp(attack("203.0.113.7").as_bytes());
    daemon.wait_for("the alert that is seen again", |daemon| {
        let alerts = alerts_of(daemon, LOGIN_RULE).into_iter();
        let mut again = alerts.filter(|it| it["state"] == "open" && it["entity"] == "203.0.113.7");
        again.find(|it| it["count"].as_u64() > Some(1))
    });
    let shown = text(&daemon, &["suppressions", "show", id]);
    assert!(shown.contains("end_reason  it was an attack"), "{shown}");
    assert!(
        shown.contains("× SSH login succeeds after many failures: 203.0.113.7"),
        "{shown}"
    );
    let verified = vakt()
        .args(["verify", "--data-dir"])
        .arg(&daemon.data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
}

/// A rule of which every event is a match that opens a draft.
fn word_rule(folder: &TempDir) -> String {
    let file = folder.path().join("rules.yml");
    let rule = "title: The word beacon\nid: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b5c\nstatus: test\n\
         description: A test rule\nlevel: high\nlogsource:\n    product: linux\ndetection:\n    \
         keywords:\n        - beacon\n    condition: keywords\nvakt:\n    draft: true\n";
    fs::write(&file, rule).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Acknowledged events, one a host.
fn beacons(daemon: &Daemon, hosts: std::ops::Range<u32>) {
    let lines: String = hosts
        .map(|host| {
            let line = format!("<14>1 - h{host} app - - - a beacon");
            json!({"message": "a beacon", "host.name": format!("h{host}"),
                "log.syslog.appname": "app", "event.original": line})
            .to_string()
                + "\n"
        })
        .collect();
    let (status, answer) = daemon.post_events(&lines).unwrap();
    assert_eq!(status, 200, "{answer}");
}

/// The daemon is killed right after what it acknowledged, with a suppression added and ended in between:
/// what it hides depends on when it was recorded, not on when the matches were made.
#[test]
fn after_kills_every_match_has_its_effect_once_as_if_there_had_been_none() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let rules = word_rule(&folder);
    let start = || Daemon::start_in(&data, &["--rules", &rules]);
    let scope = [
        "--match",
        "host.name=h*",
        "--reason",
        "r",
        "--expires",
        "1d",
        "--force",
    ];
    let daemon = start();
    beacons(&daemon, 1..4);
    let added = told(&daemon, &[&["suppressions", "add"][..], &scope].concat());
    assert_eq!(added["tested"], Json::Null);
    let id = added["id"].as_str().unwrap();
    beacons(&daemon, 4..8);
    daemon.kill();
    let daemon = start();
    told(&daemon, &["suppressions", "end", id, "--reason", "r"]);
    beacons(&daemon, 8..11);
    daemon.kill();
    let daemon = start();
    beacons(&daemon, 11..12);
    daemon.wait_for("every alert", |daemon| {
        let alerts = list(daemon, "/api/v1/alerts?limit=500", "alerts");
        (alerts.len() >= 11).then_some(())
    });
    let mut found: Vec<(u32, String, u64)> = list(&daemon, "/api/v1/alerts?limit=500", "alerts")
        .iter()
        .map(|it| {
            let host = it["entity"].as_str().unwrap().trim_start_matches('h');
            let state = it["state"].as_str().unwrap();
            (
                host.parse().unwrap(),
                state.to_owned(),
                it["count"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort();
    let expected: Vec<(u32, String, u64)> = (1..12)
        .map(|host| {
            let state = if (4..8).contains(&host) {
                "suppressed"
            } else {
                "open"
            };
            (host, state.to_owned(), 1)
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(drafts(&daemon).len(), 7);
    assert_eq!(told(&daemon, &["suppressions", "show", id])["hidden"], 4);
}

#[test]
fn planned_work_is_marked_and_what_is_recorded_late_covers_nothing() {
    let folder = TempDir::new().unwrap();
    let rules = word_rule(&folder);
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--rules", &rules]);
    let in_seconds = |seconds: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        at.to_string()
    };
    let add = |host: &str, from: &str| {
        told(
            &daemon,
            &[
                "maintenance",
                "add",
                "--host",
                host,
                "--from",
                from,
                "--until",
                "1h",
                "--reason",
                "new disks",
            ],
        )
    };
    let late = add("h1", &in_seconds(-1));
    assert_eq!(
        (&late["late"], &late["state"]),
        (&json!(true), &json!("late"))
    );
    let planned = add("h2", &in_seconds(2));
    assert_eq!(planned["late"], false);
    let id = planned["id"].as_str().unwrap();
    daemon.wait_for("the beginning of the window", |daemon| {
        let windows = told(daemon, &["maintenance", "list"]);
        (windows["maintenance"][0]["state"] == "running").then_some(())
    });
    beacons(&daemon, 1..4);
    let alerts = daemon.wait_for("the alerts", |daemon| {
        let alerts = list(daemon, "/api/v1/alerts", "alerts");
        (alerts.len() == 3).then_some(alerts)
    });
    let marked: Vec<(&Json, &Json)> = alerts
        .iter()
        .filter(|it| it.get("maintenance").is_some())
        .map(|it| (&it["entity"], &it["maintenance"]))
        .collect();
    assert_eq!(marked, [(&json!("h2"), &json!(id))]);
    assert_eq!(drafts(&daemon).len(), 2);
    assert!(metric(&daemon, "vakt_alerts_in_maintenance_total") >= 1.0);
    told(&daemon, &["maintenance", "end", id, "--reason", "done"]);
    beacons(&daemon, 2..3);
    daemon.wait_for("the draft of what comes after", |daemon| {
        (drafts(daemon).len() == 3).then_some(())
    });
    let all = told(&daemon, &["maintenance", "list", "--all"]);
    let states: Vec<&Json> = all["maintenance"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["state"])
        .collect();
    assert_eq!(states, ["ended", "late"]);
}

#[test]
fn thresholds_assets_and_risk_are_configured() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let assets = folder.path().join("assets.yaml");
    fs::write(
        &assets,
        "- name: billing\n  hosts: [db*]\n  criticality: critical\n  owner: Ada\n  services: [invoices]\n",
    )
    .unwrap();
    let config = folder.path().join("vakt.yaml");
    let rules = word_rule(&folder).replace("rules.yml", "quiet.yml");
    let quiet = fs::read_to_string(folder.path().join("rules.yml")).unwrap();
    fs::write(&rules, quiet.replace("vakt:\n    draft: true\n", "")).unwrap();
    let text_of = |risk: &str| {
        format!(
            "listeners:\n  - {{kind: http, address: '127.0.0.1:0'}}\nrules: [{rules}]\n\
             assets: {}\nincidents:\n  thresholds:\n    asset: {{criticality: high, level: high}}\n{risk}",
            assets.display()
        )
    };
    fs::write(&config, text_of("")).unwrap();
    let configured = ["--config", config.to_str().unwrap()];
    let daemon = Daemon::start_in(&data, &configured);
    let event = |host: &str, user: &str| {
        let line = json!({"message": "a beacon", "host.name": host, "user.name": user,
            "log.syslog.appname": "app"});
        daemon.post_events(&format!("{line}\n")).unwrap();
    };
    event("web1", "eve");
    event("db1", "bob");
    let draft = daemon.wait_for("the draft of the asset", |daemon| drafts(daemon).pop());
    let whole = daemon.get_json(&format!(
        "/api/v1/incidents/{}",
        draft["id"].as_str().unwrap()
    ));
    let source = whole["facts"][0]["source"].as_str().unwrap();
    assert!(
        source.ends_with("it concerns billing, an asset of criticality critical"),
        "{source}"
    );
    let said = daemon.wait_for("the risk of both", |daemon| {
        let said = text(daemon, &["risk"]);
        (said.lines().count() == 8).then_some(said)
    });
    assert!(
        said.contains("150.0  host.name db1, asset billing, stream default"),
        "{said}"
    );
    assert!(
        said.contains("50.0  user.name eve, stream default"),
        "{said}"
    );
    drop(daemon);

    // With a threshold of risk the next alert of the same user tells of them.
    fs::write(
        &config,
        text_of("    risk: {score: 90, half_life_hours: 24}\n"),
    )
    .unwrap();
    let daemon = Daemon::start_in(&data, &configured);
    let line = json!({"message": "a beacon", "host.name": "web2", "user.name": "eve",
        "source.ip": "203.0.113.9", "log.syslog.appname": "app"});
    daemon.post_events(&format!("{line}\n")).unwrap();
    let draft = daemon.wait_for("the draft of the risk", |daemon| {
        drafts(daemon).into_iter().find(|it| it["origin"] == "risk")
    });
    assert_eq!(draft["title"], "Risk of user.name eve");
    let risk = told(&daemon, &["risk", "--limit", "500"]);
    let eve = risk["risk"].as_array().unwrap().iter();
    let eve = eve.clone().find(|it| it["entity"] == "eve").unwrap();
    assert_eq!(eve["incident"], draft["id"]);

    // What is wrong in the file of the assets is said at its place there.
    fs::write(
        &assets,
        "- name: billing\n  hots: [db1]\n  addresses: [10.0.0.1/8]\n",
    )
    .unwrap();
    let output = vakt()
        .args(["check", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("assets.yaml:2:3: unknown key `hots`"),
        "{said}"
    );
    assert!(
        said.contains("assets.yaml:3:15: `10.0.0.1/8` has host bits"),
        "{said}"
    );
}

#[test]
fn an_incident_that_a_hunt_found_is_opened_as_historic() {
    let daemon = Daemon::start();
    let open = ["incidents", "open", "Found by a hunt", "--historic"];
    assert_eq!(told(&daemon, &open)["historic"], true);
    assert_eq!(
        told(&daemon, &["incidents", "open", "Of today"])["historic"],
        false
    );
}

/// Each customer's people hide what is theirs, and see no other's.
#[test]
fn whoever_sees_one_stream_hides_nothing_of_others() {
    let daemon = Daemon::start();
    let added = [
        "users", "add", "berit", "--role", "analyst", "--stream", "default",
    ];
    let token = told(&daemon, &added)["token"].as_str().unwrap().to_owned();
    let added = ["users", "add", "cai", "--role", "viewer"];
    let viewer = told(&daemon, &added)["token"].as_str().unwrap().to_owned();
    let by = |token: &str, arguments: &[&str]| {
        let all = [
            arguments,
            &["--output", "json", "--url", &daemon.http, "--token", token],
        ];
        vakt().args(all.concat()).output().unwrap()
    };
    let add = [
        "suppressions",
        "add",
        "--rule",
        "r",
        "--reason",
        "r",
        "--expires",
        "1d",
        "--force",
    ];
    let own = by(&token, &add);
    assert!(stderr(&own).contains("no rule with the id r is loaded"));
    let own: Json = serde_json::from_slice(&own.stdout).unwrap();
    assert_eq!(own["streams"], json!(["default"]));
    let other = by(&token, &[&add[..], &["--stream", "acme"]].concat());
    assert!(stderr(&other).contains("it concerns streams that berit does not see"));
    // One of all streams concerns theirs, and is not theirs to end.
    let all = told(&daemon, &add);
    let end = [
        "suppressions",
        "end",
        all["id"].as_str().unwrap(),
        "--reason",
        "r",
    ];
    assert!(stderr(&by(&token, &end)).contains("it concerns streams that berit does not see"));
    assert!(stderr(&by(&viewer, &end)).contains("may not"));
    let listed = by(&viewer, &["suppressions", "list"]);
    let listed: Json = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["suppressions"].as_array().unwrap().len(), 2);
}
