//! The bundle of an incident, judged by OASIS's own validator.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::process::Command;

use common::Daemon;
use common::receivers::attack;
use serde_json::Value as Json;

/// What is chosen: identifiers that follow from what they name are no random ones (103), and the pages of
/// ATT&CK have no hash (302).
const CHOSEN: &str = "103,302";

/// The Python that has the validator; `None`, said aloud, where there is none.
fn stix_python(test: &str) -> Option<String> {
    let python = std::env::var("VAKT_STIX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_validator = Command::new(&python)
        .args(["-c", "import stix2validator"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !has_validator {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {python} has no stix2validator, and in CI it must be there"
        );
        eprintln!(
            "skipped: {test}: {python} has no stix2validator (name one with VAKT_STIX_PYTHON)"
        );
        return None;
    }
    Some(python)
}

/// Whether the validator takes the file without an error or a warning, and what it says. Its
/// `--strict-types` is left out: it takes cyber-observable objects for custom ones.
fn validate(python: &str, file: &std::path::Path) -> (bool, String) {
    let code = "from stix2validator.scripts.stix2_validator import main; main()";
    let output = Command::new(python)
        .args(["-c", code, "--version", "2.1", "--strict"])
        .args(["--strict-properties", "--enforce-refs", "--disable", CHOSEN])
        .arg(file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    (output.status.success(), format!("{said}{error}"))
}

#[test]
fn the_validator_takes_the_bundle_of_an_incident() {
    let test = "the_validator_takes_the_bundle_of_an_incident";
    let Some(python) = stix_python(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start_in(&folder.path().join("data"), &[]);
    attack(&daemon, "203.0.113.7");
    daemon.wait_for("a draft", |daemon| {
        let drafts = daemon.get_json("/api/v1/incidents");
        drafts["incidents"].as_array()?.first().cloned()
    });
    let file = folder.path().join("bundle.json");
    let path = file.to_str().unwrap();
    let stix = || {
        let output = daemon.vakt(&["incidents", "stix", "1", "-o", path]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::read_to_string(&file).unwrap()
    };
    let text = stix();
    assert_eq!(text, stix(), "the same record gives the same bundle");
    let (is_valid, said) = validate(&python, &file);
    assert!(is_valid, "{said}\n{text}");
    let bundle: Json = serde_json::from_str(&text).unwrap();
    let objects = bundle["objects"].as_array().unwrap();
    let has = |kind: &str| objects.iter().any(|it| it["type"] == kind);
    for kind in [
        "identity",
        "incident",
        "indicator",
        "sighting",
        "observed-data",
        "ipv4-addr",
        "attack-pattern",
        "marking-definition",
        "grouping",
        "relationship",
    ] {
        assert!(has(kind), "{kind} is not in\n{text}");
    }
    assert!(text.contains("[ipv4-addr:value = '203.0.113.7']"), "{text}");
    assert!(!text.contains("user-account"), "{text}");

    // A name is in it once somebody says so, in a marking that somebody chose.
    let said = |output: &std::process::Output| {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let incident = daemon.get_json("/api/v1/incidents/1");
    let mut events = incident["evidence"].as_array().unwrap().iter();
    let user = events
        .find_map(|event| event["fields"]["user.name"].as_str())
        .unwrap();
    said(&daemon.vakt(&["incidents", "indicator", "1", "user.name", user]));
    said(&daemon.vakt(&[
        "incidents",
        "mark-documents",
        "1",
        "--tlp",
        "green",
        "--class",
        "intrusions",
    ]));
    let text = stix();
    assert!(
        text.contains("user-account") && text.contains("TLP:GREEN"),
        "{text}"
    );
    let (is_valid, said) = validate(&python, &file);
    assert!(is_valid, "{said}\n{text}");

    // The validator tells a bad one from a good one.
    std::fs::write(&file, text.replace("= '203.0.113.7'", "= 203.0.113.7")).unwrap();
    let (is_valid, _) = validate(&python, &file);
    assert!(!is_valid, "a broken pattern was taken");
}
