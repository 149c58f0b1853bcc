//! `vakt rules`: lint, test, explain and list with the real binary; every rule of `docs/rules.md`.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::Value as Json;
use tempfile::TempDir;

const RULES: &str = "\
title: Failed Login
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b51
name: failed_login
logsource: {product: linux, service: sshd}
detection:
    selection:
        event.outcome: failure
    user:
        user.name: [a, b, c, d, e, f, g, root]
    condition: selection and user
level: low
vakt:
  tests:
    fires:
      - name: a failure of <alice>
        lines: |
          <38>Nov 24 10:00:00 web1 sshd[1]: Failed password for alice from 203.0.113.7 port 4 ssh2
          <38>Nov 24 10:00:00 web1 cron[1]: nothing
    silent:
      - name: a failure of root
        lines: |
          <38>Nov 24 10:00:00 web1 sshd[1]: Failed password for root from 203.0.113.7 port 4 ssh2
---
title: Many Failed Logins
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b52
correlation:
    type: event_count
    rules: [failed_login]
    group-by: [source.ip]
    timespan: 10m
    condition: {gte: 3}
level: high
vakt:
  tests:
    fires:
      - name: two of one address
        lines: |
          <38>Nov 24 10:00:00 web1 sshd[1]: Failed password for root from 203.0.113.7 port 4 ssh2
          <38>Nov 24 10:00:01 web1 sshd[1]: Failed password for root from 203.0.113.7 port 4 ssh2
          <38>Nov 24 10:00:02 web1 sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2
---
title: Nothing Sends This
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b53
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\\a.exe'
    condition: selection
level: low
";

fn run(arguments: &[&str]) -> Output {
    vakt().args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json_lines(output: &Output) -> Vec<Json> {
    out(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// A folder with a file of that name and text.
fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

#[test]
fn every_rule_of_the_documentation_does_what_it_says() {
    let text = fs::read_to_string(repository("docs/rules.md")).unwrap();
    let of_yaml = text.split("```yaml\n").skip(1);
    let all: Vec<&str> = of_yaml
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let beginning_with = |key: &str| -> Vec<&str> {
        let blocks = all.iter().filter(|block| block.starts_with(key));
        blocks.copied().collect()
    };
    let blocks = beginning_with("title:");
    assert!(blocks.len() >= 15, "{}", blocks.len());
    // What the page says of the configuration holds for all its rules.
    let (_folder, config) = file("vakt.yaml", &beginning_with("placeholders:").concat());
    for block in &blocks {
        let (_folder, path) = file("rule.yml", block);
        let output = run(&[
            "rules",
            "test",
            "--output",
            "ndjson",
            "--config",
            config.to_str().unwrap(),
            path.to_str().unwrap(),
        ]);
        let cases = json_lines(&output);
        assert_eq!(output.status.code(), Some(0), "{block}\n{cases:#?}");
        for rule in block.split("---\n") {
            assert!(
                rule.contains("fires:") && rule.contains("silent:"),
                "{rule}"
            );
        }
    }
    let all = blocks.concat();
    for modifier in [
        "all",
        "base64",
        "base64offset",
        "cased",
        "cidr",
        "contains",
        "day",
        "endswith",
        "exists",
        "expand",
        "fieldref",
        "gt",
        "gte",
        "hour",
        "i",
        "lt",
        "lte",
        "m",
        "minute",
        "month",
        "neq",
        "re",
        "s",
        "startswith",
        "utf16",
        "utf16be",
        "utf16le",
        "week",
        "wide",
        "windash",
        "year",
    ] {
        let used = [":", "|"].map(|after| format!("|{modifier}{after}"));
        assert!(
            used.iter().any(|used| all.contains(used)),
            "docs/rules.md has no example of {modifier}"
        );
    }
}

#[test]
fn the_embedded_pack_passes_its_own_lint() {
    let output = run(&["rules", "lint", "--output", "ndjson"]);
    let found = json_lines(&output);
    assert_eq!(output.status.code(), Some(0), "{found:#?}");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn retired_rules_load_when_asked_for() {
    let (_dir, path) = file(
        "retired.yml",
        "title: Retired\nstatus: deprecated\nlogsource: {product: linux}\n\
         detection: {s: {a: b}, condition: s}\n",
    );
    let path = path.display().to_string();
    let titles = |arguments: &[&str]| -> Vec<Json> {
        let output = run(&[&["rules", "list", "--output", "ndjson"], arguments].concat());
        let rules = json_lines(&output);
        rules.iter().map(|rule| rule["title"].clone()).collect()
    };
    assert!(titles(&["--rules", &path]).is_empty());
    assert_eq!(
        titles(&["--rules", &path, "--include-deprecated"]),
        ["Retired"]
    );
    let (_dir, config) = file(
        "vakt.yml",
        &format!("rules: ['{path}']\ninclude_deprecated: true\n"),
    );
    let config = config.display().to_string();
    assert_eq!(titles(&["--config", &config]), ["Retired"]);
}

#[test]
fn lint_gives_spans_and_warnings_alone_are_no_failure() {
    let (folder, path) = file("rule.yml", RULES);
    let path = path.to_str().unwrap();
    let output = run(&["rules", "lint", "--output", "ndjson", path]);
    assert_eq!(output.status.code(), Some(0));
    let found = json_lines(&output);
    let one = found
        .iter()
        .find(|one| one["name"] == "description-missing")
        .unwrap_or_else(|| panic!("{found:#?}"));
    for (key, expected) in [
        ("line", 1),
        ("column", 1),
        ("end_line", 1),
        ("end_column", 6),
    ] {
        assert_eq!(one[key], expected, "{one}");
    }
    assert_eq!(one["severity"], "warning");
    assert_eq!(one["path"], path);
    assert!(
        one["help"]
            .as_str()
            .is_some_and(|help| help.starts_with("add `description:`"))
    );

    let config = folder.path().join("vakt.yaml");
    fs::write(&config, "lint:\n  allow: [description-missing]\n").unwrap();
    let config = config.to_str().unwrap();
    let output = run(&[
        "rules", "lint", "--output", "ndjson", "--config", config, path,
    ]);
    let found = json_lines(&output);
    assert!(!found.iter().any(|one| one["name"] == "description-missing"));

    fs::write(
        path,
        RULES.replace("selection and user", "selection and usr"),
    )
    .unwrap();
    let output = run(&["rules", "lint", path]);
    assert_eq!(output.status.code(), Some(1));
    let said = out(&output);
    assert!(said.contains("error[condition-search-unknown]"), "{said}");
    assert!(said.contains("help: did you mean `user`?"), "{said}");

    let listed = out(&run(&["rules", "lint", "--list"]));
    assert!(listed.lines().count() > 120, "{listed}");
}

#[test]
fn a_failing_test_says_why_and_junit_holds_every_case() {
    let (folder, path) = file("rule.yml", RULES);
    let junit = folder.path().join("junit.xml");
    let output = run(&[
        "rules",
        "test",
        path.to_str().unwrap(),
        "--junit",
        junit.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let said = out(&output).replace(path.to_str().unwrap(), "rule.yml");
    insta::assert_snapshot!("a_failing_test", said);
    let xml = fs::read_to_string(junit).unwrap();
    let xml = xml.replace(path.to_str().unwrap(), "rule.yml");
    insta::assert_snapshot!("junit", xml);
}

#[test]
fn a_broken_rule_is_an_error_of_its_test_run() {
    let (dir, path) = file(
        "broken.yml",
        "title: Broken\nlogsource: {product: linux}\n\
         detection: {s: {a|contians: b}, condition: s}\n",
    );
    let path = path.display().to_string();
    let junit = dir.path().join("junit.xml");
    let junit_shown = junit.display().to_string();
    let output = run(&[
        "rules",
        "test",
        "--output",
        "json",
        "--junit",
        &junit_shown,
        &path,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let report: Json = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["diagnostics"][0]["name"], "modifier-unknown");
    assert_eq!(report["tests"], Json::Array(Vec::new()));
    let xml = fs::read_to_string(junit).unwrap();
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
    assert!(xml.contains("type=\"modifier-unknown\""), "{xml}");
}

#[test]
fn a_file_that_two_paths_name_is_read_once() {
    let (dir, path) = file(
        "one.yml",
        "title: One\nlogsource: {product: linux}\ndetection: {s: {a: b}, condition: s}\n",
    );
    let (folder, path) = (dir.path().display().to_string(), path.display().to_string());
    let output = run(&["check", "--rules", &folder, "--rules", &path]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
}

/// Rules that come from Windows may be called so; they were passed over without a word.
#[test]
fn the_name_of_a_rule_file_may_have_capitals() {
    let rule = "title: One\nlogsource: {product: linux}\ndetection: {s: {a: b}, condition: s}\n";
    for name in ["ONE.YML", "one.Yaml"] {
        let (dir, _) = file(name, rule);
        fs::write(dir.path().join("notes.txt"), "none").unwrap();
        let folder = dir.path().display().to_string();
        let output = run(&["rules", "list", "--output", "ndjson", "--rules", &folder]);
        let titles: Vec<Json> = json_lines(&output);
        let titles: Vec<&str> = titles
            .iter()
            .filter_map(|one| one["title"].as_str())
            .collect();
        assert_eq!(titles, ["One"], "{name}");
    }
}

#[test]
fn an_explanation_tells_what_held_on_which_value() {
    let (folder, path) = file("rule.yml", RULES);
    let rules = path.to_str().unwrap();
    let events = folder.path().join("events.log");
    let mut text = String::new();
    for (user, address) in [("alice", 7), ("root", 7), ("root", 9), ("root", 7)] {
        text.push_str(&format!(
            "<38>Nov 24 10:00:00 web1 sshd[1]: Failed password for {user} from 203.0.113.{address} port 4 ssh2\n"
        ));
    }
    text.push_str("<38>Nov 24 10:00:00 web1 cron[1]: nothing\n");
    fs::write(&events, text).unwrap();
    let explain = |rule: &str, more: &[&str]| {
        let mut arguments = vec!["rules", "explain", "--rules", rules, rule];
        arguments.push(events.to_str().unwrap());
        arguments.extend(more);
        run(&arguments)
    };
    let said =
        |rule: &str| out(&explain(rule, &[])).replace(events.to_str().unwrap(), "events.log");
    insta::assert_snapshot!("explain_a_rule", said("failed_login"));
    insta::assert_snapshot!("explain_a_correlation", said("Many Failed Logins"));

    let lines = json_lines(&explain("failed_login", &["--output", "ndjson"]));
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[1]["matches"], true);
    assert_eq!(
        lines[1]["condition"]["children"][0]["label"],
        "search selection"
    );
    assert_eq!(lines[4]["log_source"]["applies"], false);
    let lines = json_lines(&explain("Many Failed Logins", &["--output", "ndjson"]));
    assert_eq!(lines[0]["groups"][0]["reached"], "2", "{lines:#?}");

    let output = explain("failed_logn", &[]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("did you mean \"failed_login\"?"), "{error}");
}

#[test]
fn a_rule_is_live_once_a_source_has_shown_its_log_source_also_after_a_restart() {
    let (folder, path) = file("rules.yml", RULES);
    let data = folder.path().join("data");
    let rules = path.to_str().unwrap();
    let live = |daemon: &Daemon| -> Vec<(String, bool, bool)> {
        let answer = daemon.get_json("/api/v1/rules");
        answer["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| {
                (
                    rule["title"].as_str().unwrap().to_owned(),
                    rule["live"].as_bool().unwrap(),
                    rule["last_matched_log_source"].is_string(),
                )
            })
            .collect()
    };
    let expected = |seen: bool| {
        vec![
            ("Failed Login".to_owned(), seen, seen),
            ("Many Failed Logins".to_owned(), seen, seen),
            ("Nothing Sends This".to_owned(), false, false),
        ]
    };
    {
        let daemon = Daemon::start_in(&data, &["--rules", rules]);
        assert_eq!(live(&daemon), expected(false));
        daemon.send_tcp(b"<38>Nov 24 10:00:00 web1 sshd[1]: Server listening on :: port 22.\n");
        daemon.wait_for("the log source", |daemon| {
            (live(daemon) == expected(true)).then_some(())
        });
        let output = vakt()
            .args(["rules", "list", "--live", "--output", "text"])
            .args(["--url", &daemon.http, "--token", &daemon.token])
            .output()
            .unwrap();
        let table = out(&output);
        assert_eq!(output.status.code(), Some(0), "{table}");
        let dead = table
            .lines()
            .find(|line| line.contains("Nothing Sends This"));
        assert!(
            dead.is_some_and(|line| line.starts_with("false")),
            "{table}"
        );
        daemon.end_with("TERM");
    }
    let daemon = Daemon::start_in(&data, &["--rules", rules]);
    daemon.wait_for("what was kept", |daemon| {
        (live(daemon) == expected(true)).then_some(())
    });
}

/// A cheap rule that matches often, one that never matches and whose regular expression has more
/// states than any cache holds, and a correlation.
const NOISY_AND_COSTLY: &str = "\
title: Costly
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b61
logsource: {product: linux}
detection:
    selection:
        message|re: '[ac][ab]{60}[cd]'
    condition: selection
---
title: Noisy
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b62
name: noisy
logsource: {product: linux}
detection:
    selection:
        message: noise
    condition: selection
---
title: Much Noise
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b63
correlation:
    type: event_count
    rules: [noisy]
    group-by: [host.name]
    timespan: 10m
    condition: {gte: 10}
";

#[test]
fn the_noisiest_rule_is_first_by_hits_and_the_most_expensive_by_cost() {
    let (folder, path) = file("rules.yml", NOISY_AND_COSTLY);
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", path.to_str().unwrap()]);
    // Each long line differs, and each takes a thousand times what a short one does.
    let mut state = 1_u64;
    let mut lines = String::new();
    for _ in 0..1_000 {
        let long: String = (0..4_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                if state >> 63 == 0 { 'a' } else { 'b' }
            })
            .collect();
        for message in ["noise", "noise", "noise", &long] {
            lines.push_str(&format!("<14>Nov 24 10:00:00 web1 app: {message}\n"));
        }
    }
    daemon.send_tcp(lines.as_bytes());
    let hits = |by: &str| -> Vec<(String, u64)> {
        let list = daemon.vakt(&["--output", "ndjson", "rules", "list", "--by", by]);
        let row = |rule: &Json| {
            let title = rule["title"].as_str().unwrap().to_owned();
            (title, rule["hits"].as_u64().unwrap())
        };
        json_lines(&list).iter().map(row).collect()
    };
    let expected = [("Noisy", 3_000), ("Much Noise", 2_991), ("Costly", 0)];
    let expected = expected.map(|(title, hits)| (title.to_owned(), hits));
    daemon.wait_for("all hits", |_| (hits("hits") == expected).then_some(()));
    assert_eq!(
        hits("cost")[0],
        expected[2],
        "{:?}",
        json_lines(&daemon.vakt(&["rules", "list", "--by", "cost"]))
    );

    let answer = daemon.get_json("/api/v1/rules");
    let matching = &answer["matching"];
    let measured = matching["measured_events"].as_u64().unwrap();
    assert!((30..120).contains(&measured), "{matching}");
    let shares = answer["rules"].as_array().unwrap().iter();
    let shares = shares.map(|rule| rule["cost_share"].as_f64().unwrap());
    let sum = matching["shared_share"].as_f64().unwrap() + shares.sum::<f64>();
    assert!((sum - 1.0).abs() < 0.001, "{answer}");

    let table = daemon.vakt(&["--output", "text", "rules", "list", "--by", "cost"]);
    let head = out(&table).lines().next().unwrap_or_default().to_owned();
    let columns: Vec<&str> = head.split_whitespace().collect();
    let named = [
        "cost_ns_per_event",
        "cost_share",
        "hits",
        "level",
        "kind",
        "id",
        "title",
    ];
    assert_eq!(columns, named);
    let said = String::from_utf8_lossy(&table.stderr).into_owned();
    assert!(said.contains("shared by all rules"), "{said}");
}

#[test]
fn figures_of_rules_without_a_daemon_are_an_error_with_a_way_out() {
    let output = run(&[
        "rules",
        "list",
        "--by",
        "hits",
        "--url",
        "http://127.0.0.1:9",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        error.contains("no daemon answers at http://127.0.0.1:9"),
        "{error}"
    );
    assert!(error.contains("vakt serve"), "{error}");
}
