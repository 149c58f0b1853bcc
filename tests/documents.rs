//! Reports as documents through the real daemon: looked at, kept, approved by a second person, recorded as
//! sent, taken along.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::receivers::attack;
use common::{Daemon, has_program, vakt};
use serde_json::{Value as Json, json};

const GUIDE: &str = include_str!("../docs/documents.md");

const CONFIG: &str = "\
organisation:
  name: Fjällnät IT AB
  number: 559000-0000
  contact: 'jour@fjallnat.example'
redact:
  - fields: [source.ip]
    action: hash
";

fn started(folder: &Path) -> Daemon {
    let config = folder.join("vakt.yaml");
    fs::write(&config, CONFIG).unwrap();
    let data = folder.join("data");
    let daemon = Daemon::start_in(&data, &["-c", config.to_str().unwrap()]);
    attack(&daemon, "203.0.113.7");
    daemon.wait_for("a draft", |daemon| {
        let drafts = daemon.get_json("/api/v1/incidents");
        drafts["incidents"].as_array()?.first().cloned()
    });
    daemon
}

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    assert!(!output.status.success(), "it was taken");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn token_of(daemon: &Daemon, name: &str, role: &str) -> String {
    let added = daemon.vakt(&["--output", "ndjson", "users", "add", name, "--role", role]);
    let added: Json = serde_json::from_str(&stdout(&added)).unwrap();
    added["token"].as_str().unwrap().to_owned()
}

fn answer(daemon: &Daemon, path: &str, token: &str) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let mut answer = ureq::get(format!("{}{path}", daemon.http))
        .header("authorization", format!("Bearer {token}"))
        .config()
        .http_status_as_error(false)
        .build()
        .call()
        .unwrap();
    let headers = answer.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let headers = headers.collect();
    let status = answer.status().as_u16();
    (status, headers, answer.body_mut().read_to_vec().unwrap())
}

/// The commands of the guide, in its order, run as it writes them; `…` never stands in one.
#[test]
fn the_guide_is_a_story_that_happens() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(folder.path());
    let bo = token_of(&daemon, "bo", "lead");
    fs::write(folder.path().join("receipt.pdf"), b"%PDF-1.7").unwrap();
    let mut ran = 0;
    for block in GUIDE.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            let Some(line) = line.strip_prefix("$ vakt ") else {
                continue;
            };
            let arguments: Vec<String> = words(line);
            // The guide says who: a second person approves.
            let token = match arguments[1].as_str() {
                "approve-document" => &bo,
                _ => &daemon.token,
            };
            let here: Vec<String> = arguments
                .iter()
                .map(|it| match it.as_str() {
                    "upplysning.html"
                    | "receipt.pdf"
                    | "incident-1.zip"
                    | "incident-1"
                    | "incident-1.stix.json" => folder.path().join(it).to_str().unwrap().to_owned(),
                    _ => it.clone(),
                })
                .collect();
            let output = vakt()
                .args(&here)
                .args(["--url", &daemon.http, "--token", token, "-c"])
                .arg(folder.path().join("vakt.yaml"))
                .arg("--data-dir")
                .arg(&daemon.data)
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{line}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            ran += 1;
        }
    }
    assert!(ran >= 9, "{ran} commands were run");

    let incident = daemon.get_json("/api/v1/incidents/1");
    assert_eq!(incident["state"], "early_warned");
    let facts = incident["facts"].as_array().unwrap().iter();
    let sent: Vec<&Json> = facts.filter(|it| it["fact"] == "submitted").collect();
    assert_eq!(sent.len(), 2, "a submission and its correction");
    assert_eq!(
        (&sent[1]["revises"], &sent[1]["at"]),
        (&sent[0]["id"], &sent[0]["at"])
    );
    let named = &sent[0]["fields"]["document"];
    let path = format!("/api/v1/incidents/1/documents/{}/files/html", named["id"]);
    let (status, _, bytes) = answer(&daemon, &path, &daemon.token);
    assert_eq!(status, 200);
    assert_eq!(named["blake3"], blake3::hash(&bytes).to_hex().as_str());
    // Times are as people write them, here as with every other fact.
    let by_hand = vakt()
        .args(["incidents", "submit-document", "1", "1", "--format", "html"])
        .args(["--at", "yesterday 23:10", "--url", &daemon.http])
        .args(["--token", &daemon.token, "-c"])
        .arg(folder.path().join("vakt.yaml"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&by_hand.stderr);
    assert!(by_hand.status.success(), "{told}");
    assert!(told.contains(", 23:10 on "), "{told}");
    let verified = vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&daemon.data)
        .output()
        .unwrap();
    stdout(&verified);
    if has_program("the_guide_is_a_story_that_happens", "sha256sum") {
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(folder.path().join("incident-1"))
            .output()
            .unwrap();
        stdout(&checked);
    }
}

/// The words of a command line, with those in quotes whole.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        match index % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(str::to_owned)),
        }
    }
    words
}

#[test]
fn who_may_not_read_raw_text_sees_no_more_in_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(folder.path());
    let vera = token_of(&daemon, "vera", "viewer");
    let preview = "/api/v1/incidents/1/reports/notification/document?format=";
    for format in ["json", "md", "html"] {
        let path = format!("{preview}{format}");
        let (status, headers, bytes) = answer(&daemon, &path, &vera);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(status, 200, "{text}");
        assert!(!text.contains("203.0.113.7"), "{text}");
        let policy = &headers["content-security-policy"];
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("script"),
            "{policy}"
        );
        let (_, _, bytes) = answer(&daemon, &path, &daemon.token);
        assert!(String::from_utf8(bytes).unwrap().contains("203.0.113.7"));
    }
    stdout(&daemon.vakt(&["incidents", "keep-document", "1", "notification"]));
    for path in ["documents/1/files/json", "stix", "package"] {
        let (status, _, _) = answer(&daemon, &format!("/api/v1/incidents/1/{path}"), &vera);
        assert_eq!(status, 403, "{path}");
    }
    let (status, _, list) = answer(&daemon, "/api/v1/incidents/1/documents", &vera);
    let list: Json = serde_json::from_slice(&list).unwrap();
    assert_eq!((status, &list["withheld"]), (200, &json!([])));
    let (status, _, page) = answer(&daemon, "/incidents/1/documents", &vera);
    let page = String::from_utf8(page).unwrap();
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("Kept versions") && !page.contains("<button type=\"submit\">Keep"),
        "{page}"
    );
}

#[test]
fn the_page_keeps_approves_and_records() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(folder.path());
    let bo = token_of(&daemon, "bo", "lead");
    let send = |token: &str, fields: &[(&str, &str)]| {
        let mut answer = ureq::post(format!("{}/incidents/1/documents", daemon.http))
            .header("authorization", format!("Bearer {token}"))
            .config()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .send_form(fields.iter().copied())
            .unwrap();
        (
            answer.status().as_u16(),
            answer.body_mut().read_to_string().unwrap(),
        )
    };
    let keep = [
        ("do", "keep"),
        ("stage", "early_warning"),
        ("regime", "nis2-se"),
        ("party", "own"),
        ("language", "sv"),
        ("expected", "0"),
    ];
    let (status, page) = send(&daemon.token, &keep);
    assert_eq!(status, 303, "{page}");
    let (status, page) = send(&daemon.token, &keep);
    assert_eq!(status, 409, "{page}");
    assert!(
        page.contains("version 1 is the newest, and this was made beside 0"),
        "{page}"
    );
    let approve = |reason| [("do", "approve"), ("document", "1"), ("reason", reason)];
    let (status, page) = send(&daemon.token, &approve("ja"));
    assert_eq!(status, 409, "{page}");
    let (status, page) = send(&bo, &approve(""));
    assert_eq!(status, 400, "{page}");
    assert!(page.contains("leaves required fields empty"), "{page}");
    assert_eq!(send(&bo, &approve("brådskar")).0, 303);
    let submit = [
        ("do", "submit"),
        ("document", "1"),
        ("format", "html"),
        ("reference", "N-1"),
    ];
    let (status, page) = send(&daemon.token, &submit);
    assert_eq!(status, 200, "{page}");
    for part in [
        "Please look at this",
        "no awareness is declared",
        "Approved by bo",
        "Submitted",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let mark = [
        ("do", "mark"),
        ("name", "tlp"),
        ("value", "TLP:RED"),
        ("version", "0"),
    ];
    assert_eq!(send(&bo, &mark).0, 303);
    let (_, _, page) = answer(&daemon, "/incidents/1/documents", &daemon.token);
    let page = String::from_utf8(page).unwrap();
    for part in ["TLP:RED\" selected", "user.name"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let include = [
        ("do", "include"),
        ("field", "user.name"),
        ("value", "nobody"),
        ("included", "yes"),
    ];
    assert_eq!(send(&bo, &include).0, 400);
}

#[test]
fn a_package_is_made_of_the_records_while_the_daemon_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(folder.path());
    let config = folder.path().join("vakt.yaml");
    let data = daemon.data.clone();
    stdout(&daemon.vakt(&["incidents", "keep-document", "1", "early_warning"]));
    assert!(daemon.end_with("TERM").success());
    let package = |name: &str| {
        let file = folder.path().join(name);
        let output = vakt()
            .args([
                "incidents",
                "package",
                "1",
                "--at",
                "2027-01-01T00:00:00Z",
                "-c",
            ])
            .arg(&config)
            .arg("--data-dir")
            .arg(&data)
            .arg("-o")
            .arg(&file)
            .output()
            .unwrap();
        stdout(&output);
        file
    };
    let before = fs::read(data.join("records.db")).unwrap();
    let (first, second) = (package("a.zip"), package("b.zip"));
    assert_eq!(
        fs::read(first).unwrap(),
        fs::read(second).unwrap(),
        "the same bytes"
    );
    if has_program(
        "a_package_is_made_of_the_records_while_the_daemon_is_down",
        "python3",
    ) {
        let checked = Command::new("python3")
            .args(["-m", "zipfile", "-t"])
            .arg(folder.path().join("a.zip"))
            .output()
            .unwrap();
        assert!(stdout(&checked).contains("Done testing"));
    }
    let unpacked = package("unpacked");
    assert_eq!(
        before,
        fs::read(data.join("records.db")).unwrap(),
        "it was only read"
    );
    for part in [
        "README.txt",
        "SHA256SUMS",
        "facts.json",
        "audit.ndjson",
        "audit_head.json",
        "documents/nis2-se.early_warning.sv.html",
        "documents/nis2-se.final.en.md",
        "documents/nis2-se.recipients_incident.sv.json",
        "texts/nis2-se.notification.sv.txt",
        "kept/001.not_approved.early_warning.sv.v1.html",
    ] {
        assert!(unpacked.join(part).is_file(), "{part}");
    }
    let readme = fs::read_to_string(unpacked.join("README.txt")).unwrap();
    for part in [
        "+46 10 240 40 40",
        "andrahandskälla",
        "https://cyberportal.ncsc.se",
    ] {
        assert!(readme.contains(part), "{part} is not in\n{readme}");
    }
    // What is there is not written over.
    let again = vakt()
        .args([
            "incidents",
            "package",
            "1",
            "--at",
            "2027-01-01T00:00:00Z",
            "-c",
        ])
        .arg(&config)
        .arg("--data-dir")
        .arg(&data)
        .arg("-o")
        .arg(&unpacked)
        .output()
        .unwrap();
    assert!(stderr(&again).contains("is not empty"));
}
