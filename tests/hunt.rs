//! A rule over what is stored, with the real binary: from memory, from splits, without an index; as
//! `scan` finds it in the same events.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const RULES: &str = "
title: Failed login of root
id: 11111111-2222-4333-8444-555555555555
name: failed_root
status: test
logsource: {product: linux, service: sshd}
detection:
    selection:
        message|contains: 'Failed password'
        user.name: root
    condition: selection
level: medium
---
title: Many failed logins of root
id: 21111111-2222-4333-8444-555555555555
status: test
correlation:
    type: event_count
    rules: [failed_root]
    group-by: [source.ip]
    timespan: 10m
    condition: {gte: 3}
level: high
";

const SINGLE: &str = "
title: A shadow file was read
id: 31111111-2222-4333-8444-555555555555
status: test
logsource: {product: linux, category: process_creation}
detection:
    selection:
        CommandLine|contains: /etc/shadow
    condition: selection
level: high
";

/// Lines of syslog: logins of several people from several addresses, and an execution that is three
/// audit records.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    for number in 0..40 {
        let (minute, second) = (number / 10, number % 10);
        let user = ["root", "vera", "bo"][number % 3];
        let what = ["Failed", "Accepted"][number / 7 % 2];
        lines.push(format!(
            "<38>1 2026-11-24T09:{minute:02}:{second:02}Z web{} sshd {number} - - {what} password for {user} from 192.0.2.{} port 4242 ssh2",
            number % 2,
            number % 6
        ));
    }
    for part in [
        "SYSCALL msg=audit(1795512600.120:77): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=9 uid=0 comm=\"cat\" exe=\"/usr/bin/cat\"",
        "EXECVE msg=audit(1795512600.120:77): argc=2 a0=\"cat\" a1=\"/etc/shadow\"",
        "PROCTITLE msg=audit(1795512600.120:77): proctitle=\"cat\"",
    ] {
        lines.push(format!(
            "<13>1 2026-11-24T09:30:00Z web1 audispd - - - type={part}"
        ));
    }
    lines
}

struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn start(&self, arguments: &[&str]) -> Daemon {
        Daemon::start_in(&self.path("data"), arguments)
    }

    /// With the lines as its events.
    fn with_lines(&self, arguments: &[&str]) -> Daemon {
        let daemon = self.start(arguments);
        daemon.send_tcp((lines().join("\n") + "\n").as_bytes());
        let count = lines().len() as u64;
        daemon.wait_for("the lines", |daemon| {
            (daemon.total("") == count).then_some(())
        });
        daemon
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The matches, with the summary that the person is told.
fn hunt(daemon: &Daemon, arguments: &[&str]) -> (Vec<Json>, String) {
    let hunt = ["rules", "hunt", "--output", "ndjson"];
    let output = daemon.vakt(&[&hunt[..], arguments].concat());
    assert!(output.status.success(), "{}", said(&output));
    (as_lines(&output), said(&output))
}

fn as_lines(output: &Output) -> Vec<Json> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What `scan` gives for the same lines, as title, number from 0, and what matched.
fn scanned(world: &World, rules: &str) -> Vec<Json> {
    let file = world.write("lines.log", &(lines().join("\n") + "\n"));
    let output = vakt()
        .args([
            "scan",
            &file,
            "--rules",
            rules,
            "--output",
            "ndjson",
            "--threads",
            "1",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let lines = as_lines(&output);
    lines
        .iter()
        .map(|line| {
            let number = line["event"]["number"].as_u64().unwrap() - 1;
            json!([line["rule"], number, line["event"]["time"], line["matched"]])
        })
        .collect()
}

fn hunted(lines: &[Json]) -> Vec<Json> {
    let shown = |line: &Json| {
        let event = &line["event"];
        json!([
            line["rule"],
            event["number"],
            event["time"],
            line["matched"]
        ])
    };
    lines.iter().map(shown).collect()
}

/// From memory, from splits after a restart, and from the journal where the index is gone.
#[test]
fn stored_events_are_hunted_as_scan_finds_them() {
    let world = World::new();
    let rules = world.write("rules.yml", RULES);
    let single = world.write("single.yml", SINGLE);
    let both = [scanned(&world, &rules), scanned(&world, &single)];
    assert!(both.iter().all(|found| !found.is_empty()), "{both:?}");
    let check = |daemon: &Daemon, stage: &str| {
        for (file, expected) in [&rules, &single].into_iter().zip(&both) {
            let (found, _) = hunt(daemon, &[file]);
            assert_eq!(&hunted(&found), expected, "{stage}");
        }
    };
    let daemon = world.with_lines(&[]);
    check(&daemon, "in memory");
    assert!(daemon.end_with("TERM").success());
    let daemon = world.start(&[]);
    check(&daemon, "in splits");
    daemon.kill();
    fs::remove_dir_all(world.path("data").join("index")).unwrap();
    let daemon = world.start(&[]);
    check(&daemon, "without an index");
    // It lies in the past: nothing follows from it.
    let alerts = daemon.get_json("/api/v1/alerts");
    let titles: Vec<&str> = alerts["items"]
        .as_array()
        .unwrap_or(alerts["alerts"].as_array().unwrap())
        .iter()
        .filter_map(|alert| alert["rule"]["title"].as_str())
        .collect();
    assert!(
        !titles.iter().any(|title| title.contains("root")),
        "{titles:?}"
    );
}

#[test]
fn a_match_says_which_event_and_the_index_passes_over_the_others() {
    let world = World::new();
    let daemon = world.with_lines(&[]);
    // In splits there are columns.
    assert!(daemon.end_with("TERM").success());
    let daemon = world.start(&[]);
    let rule = world.write("rule.yml", RULES.split("---").next().unwrap());
    let (found, told) = hunt(&daemon, &[&rule, "--limit", "2"]);
    assert!(told.contains("2 matches in"), "{told}");
    assert!(
        told.contains("there are more: --limit N gives them"),
        "{told}"
    );
    let event = &found[0]["event"];
    let first = json!({
        "source": "default", "number": 0, "time": "2026-11-24T09:00:00Z", "id": "0", "host": "web0",
        "line": lines()[0], "event_count": 1,
    });
    assert_eq!(event, &first);
    let hit = daemon.search(&format!("event.id:{}", event["id"].as_str().unwrap()), 1);
    assert_eq!(hit["hits"][0]["event.original"], event["line"]);
    let (all, told) = hunt(&daemon, &[&rule]);
    assert!(
        told.contains("(7 read, 36 passed over by the index)"),
        "{told}"
    );
    assert_eq!(all.len(), 7);
    let range = [
        "--since",
        "2026-11-24T09:01:00Z",
        "--until",
        "2026-11-24T09:03:00Z",
    ];
    let (some, _) = hunt(&daemon, &[&[rule.as_str()], &range[..]].concat());
    let within = |line: &&Json| {
        let time = line["event"]["time"].as_str().unwrap();
        ("2026-11-24T09:01:00Z".."2026-11-24T09:03:00Z").contains(&time)
    };
    assert_eq!(some, all.iter().filter(within).cloned().collect::<Vec<_>>());
    assert!(!some.is_empty() && some.len() < all.len());
    let text = daemon.vakt(&["rules", "hunt", &rule, "--limit", "1", "--output", "text"]);
    let shown = String::from_utf8_lossy(&text.stdout).into_owned();
    let expected = format!(
        "2026-11-24T09:00:00Z web0 Failed login of root [medium] {}\n",
        lines()[0]
    );
    assert_eq!(shown, expected);
    let whole = daemon.vakt(&["rules", "hunt", &rule, "--output", "json"]);
    let whole: Json = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!(whole["matches"].as_array().unwrap(), &all);
    assert_eq!(whole["summary"]["cut_by"], Json::Null);
}

#[test]
fn a_loaded_rule_is_hunted_by_its_name() {
    let world = World::new();
    let rules = world.write("rules.yml", RULES);
    let daemon = world.with_lines(&["--rules", &rules]);
    let titles = |name: &str| -> Vec<String> {
        let (found, _) = hunt(&daemon, &[name]);
        let titles = found
            .iter()
            .map(|line| line["rule"]["title"].as_str().unwrap());
        titles.map(str::to_owned).collect()
    };
    // Of itself it gives no alert, as a correlation has it.
    assert_eq!(titles("failed_root"), vec!["Failed login of root"; 7]);
    let many = titles("21111111-2222-4333-8444-555555555555");
    assert_eq!(many, titles("Many failed logins of root"));
    assert!(!many.is_empty());
    assert!(
        many.iter()
            .all(|title| title == "Many failed logins of root")
    );
    let unknown = daemon.vakt(&["rules", "hunt", "Many failed login of root"]);
    assert_eq!(unknown.status.code(), Some(2));
    let told = said(&unknown);
    assert!(
        told.contains("did you mean \"Many failed logins of root\"?"),
        "{told}"
    );
}

#[test]
fn a_broken_rule_is_shown_with_its_place() {
    let world = World::new();
    let daemon = world.start(&[]);
    let path = world.write("broken.yml", &SINGLE.replace("|contains", "|containz"));
    let output = daemon.vakt(&["rules", "hunt", &path]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let checked = vakt().args(["check", "--rules", &path]).output().unwrap();
    let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
    let (diagnostics, _) = checked.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(said(&output).trim_end(), diagnostics.trim_end());
    assert!(
        diagnostics.contains('^') && diagnostics.contains("help"),
        "{diagnostics}"
    );
    let nothing = world.write("nothing.yml", "# no rule\n");
    let output = daemon.vakt(&["rules", "hunt", &nothing]);
    assert_eq!(output.status.code(), Some(1));
    let absent = daemon.vakt(&["rules", "hunt", "absent.yml"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(said(&absent).contains("cannot read the rule file absent.yml"));
}

#[test]
fn hunts_are_on_record() {
    let world = World::new();
    let daemon = world.with_lines(&[]);
    let rule = world.write("rule.yml", RULES);
    let opened = json!({
        "title": "Root", "detected_at": "2026-11-24T09:30:00Z", "regimes": [], "party": "own",
    });
    let (status, answer) = daemon.post("/api/v1/incidents", &opened.to_string());
    assert!(status < 300, "{answer}");
    let incident: Json = serde_json::from_str(&answer).unwrap();
    let incident = incident["id"]
        .as_str()
        .or(incident["incident"]["id"].as_str())
        .unwrap();
    let (found, _) = hunt(
        &daemon,
        &[
            &rule,
            "--since",
            "2026-11-24T00:00:00Z",
            "--incident",
            incident,
        ],
    );
    let hash = blake3_of(Path::new(&rule));
    let list = daemon.vakt(&["searches", "list", "--kind", "hunt", "--output", "ndjson"]);
    let entries = as_lines(&list);
    let [entry] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(entry["who"], "admin");
    assert_eq!(entry["outcome"], "done");
    assert_eq!(entry["hits"], found.len());
    assert_eq!(entry["since"], "2026-11-24T00:00:00Z");
    assert_eq!(entry["incident"], incident);
    let expected =
        format!("Many failed logins of root (21111111-2222-4333-8444-555555555555), blake3 {hash}");
    assert_eq!(entry["query"], expected);
    let unknown = daemon.vakt(&["rules", "hunt", &rule, "--incident", "none"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("there is no incident `none`"));
}

fn blake3_of(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().to_string()
}

#[test]
fn nobody_hunts_in_streams_that_are_not_theirs() {
    let world = World::new();
    let config = world.write(
        "vakt.yml",
        "streams: [customer-a, customer-b]\nlisteners:\n  - {kind: http, address: '127.0.0.1:0'}\n",
    );
    let daemon = world.start(&["--config", &config]);
    let token = |arguments: &[&str]| -> String {
        let added = daemon.vakt(&[arguments, &["--output", "json"]].concat());
        assert!(added.status.success(), "{}", said(&added));
        let added: Json = serde_json::from_slice(&added.stdout).unwrap();
        added["token"].as_str().unwrap().to_owned()
    };
    let senders = ["customer-a", "customer-b"]
        .map(|stream| token(&["tokens", "add", stream, "--stream", stream]));
    for sender in &senders {
        let mut answer = ureq::post(format!("{}/api/v1/events", daemon.http))
            .header("authorization", format!("Bearer {sender}"))
            .header("content-type", "application/x-ndjson")
            .send("{\"Channel\":\"Security\",\"EventID\":4625,\"TargetUserName\":\"root\"}\n")
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.body_mut().read_to_string().unwrap();
    }
    let rule = world.write(
        "rule.yml",
        "title: A failed login\nid: 41111111-2222-4333-8444-555555555555\nstatus: test\n\
         logsource: {product: windows, service: security}\n\
         detection:\n  selection: {EventID: 4625}\n  condition: selection\nlevel: low\n",
    );
    let hunt_as = |token: &str| {
        vakt()
            .args(["rules", "hunt", &rule, "--output", "ndjson"])
            .args(["--url", &daemon.http, "--token", token])
            .output()
            .unwrap()
    };
    let sources = |token: &str| -> Vec<String> {
        let lines = as_lines(&hunt_as(token));
        let sources = lines
            .iter()
            .map(|line| line["event"]["source"].as_str().unwrap());
        sources.map(str::to_owned).collect()
    };
    assert_eq!(sources(&daemon.token), ["customer-a", "customer-b"]);
    let vera = [
        "users",
        "add",
        "vera",
        "--role",
        "analyst",
        "--stream",
        "customer-b",
    ];
    let vera = token(&vera);
    assert_eq!(sources(&vera), ["customer-b"]);
    let refused = hunt_as(&senders[0]);
    assert_eq!(refused.status.code(), Some(2));
    let told = said(&refused);
    assert!(
        told.contains("may not read the raw text of events"),
        "{told}"
    );
}
