//! Processing pipelines in the binary: the built-in ones by their own rules and events, the
//! configuration's keys, and what is said of broken ones.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{shared_data, vakt};
use tempfile::TempDir;

/// The exit status, standard output and standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = vakt().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code();
    (status, text(&output.stdout), text(&output.stderr))
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the `.yml` files in a folder of the repository, sorted.
fn names(folder: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".yml").map(ToOwned::to_owned))
        .collect();
    names.sort();
    names
}

/// Each has a file of rules whose events match with it, and some do not without.
#[test]
fn built_in_pipelines_do_what_their_tests_say() {
    let built_in = names("rules/pipelines");
    assert!(built_in.len() >= 8);
    assert_eq!(built_in, names("tests/pipelines"));
    for name in built_in {
        let file = repository().join(format!("tests/pipelines/{name}.yml"));
        let file = file.to_str().unwrap();
        let (status, said, wrong) = run(&["rules", "test", "--pipeline", &name, file]);
        assert_eq!(status, Some(0), "{name}: {said}{wrong}");
        let (status, said, _) = run(&["rules", "test", file]);
        assert_eq!(status, Some(1), "{name} is not needed: {said}");
        let path = format!("rules/pipelines/{name}.yml");
        let guide = fs::read_to_string(repository().join("docs/pipelines.md")).unwrap();
        assert!(
            guide.contains(&format!("| `{name}`")),
            "{path} is not in the guide"
        );
    }
}

const RULE: &str = "\
title: A user's name
id: 1b1fae4c-6c0f-4d0d-9d4d-0f1d2f3a4b5c
status: test
description: A test rule
level: high
logsource: {product: linux, service: syslog}
detection:
    selection:
        account|expand: '%admins%'
    condition: selection
";

#[test]
fn the_configuration_names_pipelines_and_values() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let pipeline = file(
        "names.yml",
        "transformations:\n  - {type: field_name_mapping, mapping: {account: who}}\n",
    );
    let rules = file("rule.yml", RULE);
    let events = file(
        "events.ndjson",
        "{\"who\":\"root\",\"vakt.logsource.product\":\"linux\",\"vakt.logsource.service\":\"syslog\"}\n",
    );
    let config = file(
        "vakt.yaml",
        &format!(
            "rules: [{rules}]\npipelines: [zeek, {pipeline}]\nplaceholders:\n  admins: [root, 'adm-*']\n"
        ),
    );
    let scan = ["scan", "--output", "ndjson", &events, "--config", &config];
    let (status, said, wrong) = run(&scan);
    assert_eq!(
        (status, said.lines().count()),
        (Some(0), 1),
        "{said}{wrong}"
    );
    // The command line replaces what the configuration names.
    let (status, said, wrong) = run(&[&scan[..], &["--pipeline", "zeek"]].concat());
    assert_eq!((status, said.as_str()), (Some(0), ""), "{wrong}");
    let (status, said, _) = run(&["check", "--config", &config]);
    assert_eq!(status, Some(0), "{said}");

    let broken = file(
        "broken.yaml",
        &format!(
            "rules: [{rules}]\npipelines: [zeke]\nplaceholders:\n  admins: []\n  other: {{a: b}}\n"
        ),
    );
    let (status, said, _) = run(&["check", "--config", &broken]);
    assert_eq!(status, Some(1));
    for expected in [
        "2:13: error[config-value]: there is no built-in pipeline `zeke`",
        "help: did you mean `zeek`?",
        "4:3: error[config-value]: the placeholder `admins` has no values",
        "5:10: error[config-type]: `other` takes a single value here, no list and no mapping",
        "error[placeholder-unresolved]: the placeholder `%admins%` has no values",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn broken_pipelines_are_said_and_keep_rules_from_loading() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("p.yml");
    fs::write(
        &path,
        "transformations:\n  - {type: field_name_maping, mapping: {a: b}}\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    let (status, said, _) = run(&["check", "--pipeline", path]);
    assert_eq!(status, Some(1));
    assert!(said.contains("p.yml:2:12: error[pipeline-type]"), "{said}");
    assert!(
        said.contains("did you mean `field_name_mapping`?"),
        "{said}"
    );
    // A folder stands for the files in it.
    let (status, of_folder, _) = run(&["check", "--pipeline", folder.path().to_str().unwrap()]);
    assert_eq!((status, of_folder), (Some(1), said));
    let (status, said, wrong) = run(&["rules", "list", "--pipeline", path]);
    assert_eq!((status, said.as_str()), (Some(2), ""));
    assert!(wrong.contains("the pipelines are refused"), "{wrong}");
    let (status, _, wrong) = run(&["rules", "list", "--pipeline", "syslon"]);
    assert_eq!(status, Some(2));
    assert!(wrong.contains("did you mean `sysmon`?"), "{wrong}");
}

/// A folder of rules may have pipelines in it; they are no rules.
#[test]
fn pipelines_among_rules_are_passed_over() {
    let rules = repository().join("rules");
    let (status, said, wrong) = run(&["rules", "test", rules.to_str().unwrap()]);
    assert_eq!(status, Some(0), "{said}{wrong}");
}

/// All public rules go through all built-in pipelines together.
#[test]
fn public_rules_bear_every_built_in_pipeline() {
    let Some(data) = shared_data("public_rules_bear_every_built_in_pipeline") else {
        return;
    };
    let rules = data.join("sigma/rules/rules");
    let mut arguments = vec!["check".to_owned(), "--rules".to_owned()];
    arguments.push(rules.to_str().unwrap().to_owned());
    for name in names("rules/pipelines") {
        arguments.extend(["--pipeline".to_owned(), name]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (status, said, _) = run(&arguments);
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(status, Some(0), "{last}");
    assert!(last.contains(" 0 refused, 0 skipped; 0 errors"), "{last}");
}

/// A pipeline that only adds names keeps every match on events that have the old ones.
#[test]
fn the_names_of_ecs_lose_no_match() {
    let Some(data) = shared_data("the_names_of_ecs_lose_no_match") else {
        return;
    };
    let rules = data.join("sigma/rules/rules/windows");
    let events = data.join("windows-otrf/events.ndjson.zst");
    let (rules, events) = (rules.to_str().unwrap(), events.to_str().unwrap());
    let scan = ["scan", "--output", "ndjson", "--rules", rules, events];
    let (status, without, _) = run(&scan);
    assert_eq!(status, Some(0));
    assert!(without.lines().count() > 500);
    let (_, with, _) = run(&[&scan[..], &["--pipeline", "ecs"]].concat());
    let found = |text: &str| -> Vec<(String, u64)> {
        let mut found: Vec<(String, u64)> = text
            .lines()
            .map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                let id = line["rule"]["id"].as_str().unwrap().to_owned();
                (id, line["event"]["number"].as_u64().unwrap())
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(found(&with), found(&without));
}
