//! Forms of reports and why rules fired, through the real daemon, the command and the pages.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};

const CONFIG: &str = "\
organisation:
  name: Fjällnät IT AB
  number: 559000-0000
redact:
  - fields: [source.ip]
    action: hash
  - fields: [system.auth.ssh.event]
    action: drop
";

/// A daemon that somebody logged in to after many failures; its first incident is of that.
fn attacked(folder: &std::path::Path) -> Daemon {
    let config = folder.join("vakt.yaml");
    fs::write(&config, CONFIG).unwrap();
    let data = folder.join("data");
    let daemon = Daemon::start_in(&data, &["-c", config.to_str().unwrap()]);
    let now = jiff::Timestamp::now();
    let line = |what: &str, port: u32| {
        format!(
            "<38>1 {now} web1 sshd 99 - - {what} password for root from 203.0.113.7 port {port} ssh2\n"
        )
    };
    let failed = (0..12).map(|number| line("Failed", 40_000 + number));
    let mut lines: String = failed.collect();
    lines.push_str(&line("Accepted", 50_000));
    daemon.send_tcp(lines.as_bytes());
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

#[test]
fn a_report_is_filled_written_and_kept_with_the_submission() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = attacked(folder.path());
    let report = |more: &[&str]| {
        let all = [&["incidents", "report", "1", "early_warning"], more].concat();
        daemon.vakt(&all)
    };
    let text = stdout(&report(&["--output", "text"]));
    for part in [
        "upplysning (nis2-se, 2 kap. 5 §)",
        "Verksamhetsutövarens namn [organisation_name: known]\n  Fjällnät IT AB\n    from \
         configuration organisation.name",
        "Kontaktperson och kontaktuppgifter [contact: missing]",
        "Automatiskt, genom en regel i verksamhetens loggövervakning: ”SSH login \
         succeeds after many failures”",
        "avser 203.0.113.7",
        "missing: contact, effect_on_sector_activity, consequences_actual_or_feared",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }

    report(&[
        "--set",
        "contact=Ada, 08-000 00 00",
        "--set",
        "cross_border=Nej",
    ]);
    let form: Json = serde_json::from_str(&stdout(&report(&["--output", "json"]))).unwrap();
    let fields = form["fields"].as_array().unwrap();
    let contact = fields.iter().find(|it| it["name"] == "contact").unwrap();
    assert_eq!(
        (&contact["text"], &contact["state"], &contact["version"]),
        (&json!("Ada, 08-000 00 00"), &json!("entered"), &json!(1))
    );
    let wrong = stderr(&report(&["--set", "contct=Ada"]));
    assert!(wrong.contains("did you mean `contact`?"), "{wrong}");

    // Somebody else has read an older text.
    let path = "/api/v1/incidents/1/reports/early_warning";
    let stale = json!({"texts": {"contact": {"text": "Bo", "version": 0}}});
    let (status, said) = put(&daemon, path, &stale);
    assert_eq!(status, 409, "{said}");
    assert!(
        said.contains("was changed by admin in the meantime"),
        "{said}"
    );

    let (status, page) = submit(&daemon);
    assert_eq!(status, 200, "{page}");
    for part in [
        "<h1>Recorded</h1>",
        "its form also asks for effect_on_sector_activity, consequences_actual_or_feared",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let incident = daemon.get_json("/api/v1/incidents/1");
    let facts = incident["facts"].as_array().unwrap();
    let sent = &facts.last().unwrap()["fields"];
    assert_eq!(sent["contact"], "Ada, 08-000 00 00");
    assert_eq!(sent["organisation_number"], "559000-0000");
    assert_eq!(incident["state"], "early_warned");
    let verify = vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&daemon.data)
        .output();
    let verified = stdout(&verify.unwrap());
    assert!(verified.contains("audit"), "{verified}");
}

fn put(daemon: &Daemon, path: &str, body: &Json) -> (u16, String) {
    let mut answer = ureq::put(format!("{}{path}", daemon.http))
        .header("authorization", format!("Bearer {}", daemon.token))
        .config()
        .http_status_as_error(false)
        .build()
        .send_json(body)
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_to_string().unwrap())
}

/// The form of the page, as a browser sends it.
fn submit(daemon: &Daemon) -> (u16, String) {
    let mut answer = ureq::post(format!("{}/incidents/1/record", daemon.http))
        .header("authorization", format!("Bearer {}", daemon.token))
        .config()
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .send_form([
            ("fact", "submitted"),
            ("at", "now"),
            ("report", "early_warning"),
            ("regime", "nis2-se"),
            ("reference", "NCSC-2026-17"),
            ("with_form", "yes"),
            ("do", "record"),
        ])
        .unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_to_string().unwrap())
}

#[test]
fn why_it_fired_names_what_the_rules_found_and_shows_no_more_than_a_search() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = attacked(folder.path());
    let text = stdout(&daemon.vakt(&["incidents", "why", "1", "--output", "text"]));
    for part in [
        "SSH login succeeds after many failures\n  rules/linux/ssh_brute_force.yml:",
        "within 300 s, for each source.ip (inputs: ",
        "events >= 10 within 300 s",
        "frozen events match SSH login failed",
        "1 frozen events match SSH login accepted",
        "SSH login failed: event.action=ssh_login system.auth.ssh.event=Failed",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }

    // Rules go by what was sent; a viewer sees what a search shows.
    let viewer = token_of(&daemon, "vera", "viewer");
    let seen = |path: &str| {
        let mut answer = ureq::get(format!("{}{path}", daemon.http))
            .header("authorization", format!("Bearer {viewer}"))
            .call()
            .unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    let why = seen("/api/v1/incidents/1/why");
    assert!(
        why.contains(r#""field":"system.auth.ssh.event","value":"(redacted)""#),
        "{why}"
    );
    assert!(!why.contains("Failed\""), "{why}");
    for path in [
        "/api/v1/incidents/1/reports/notification",
        "/incidents/1/report/notification",
    ] {
        let form = seen(path);
        assert!(!form.contains("203.0.113.7"), "{path}: {form}");
    }
    let page = seen("/incidents/1");
    assert!(page.contains("Why did this fire?") && page.contains("SSH login failed"));
    assert!(!page.contains("203.0.113.7"), "{page}");
    assert!(!page.contains("Aware now"), "a viewer records nothing");
}

#[test]
fn whether_it_is_significant_is_told_criterion_by_criterion() {
    let assess = |arguments: &[&str]| {
        let mut command = vakt();
        command.args(["--output", "text", "incidents", "assess"]);
        command.args(arguments).output().unwrap()
    };
    let text = stdout(&assess(&[
        "--type",
        "msp",
        "--known",
        "service_users=400",
        "--known",
        "users_limited=21",
        "--known",
        "limited_for=PT1H1S",
    ]));
    let met = "met      MSP-b    Art. 10(b); users_limited 21 (more than 20, 5 % of service_users \
               (400)); limited_for 1 h 1 s (more than 1 h)\n";
    assert!(text.contains(met), "{text}");
    assert!(
        text.contains("\nsignificant: a criterion is met\n"),
        "{text}"
    );
    let questions = stdout(&assess(&[]));
    assert!(
        questions.contains("data_compromised             yes or no  Is the"),
        "{questions}"
    );
    let wrong = stderr(&assess(&["--type", "msq", "--known", "death=no"]));
    assert!(
        wrong.contains("no type of entity `msq`; there are dns, tld, cloud"),
        "{wrong}"
    );
}
