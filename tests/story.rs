//! One incident from the first line to the last report, and what happens to whoever touches its record.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::path::Path;
use std::process::Output;

use common::receivers::{Hook, Mailbox, attack, configuration, smtp_python};
use common::{Daemon, vakt};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

fn said(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{}{error}", String::from_utf8_lossy(&output.stdout))
}

fn incidents(daemon: &Daemon, arguments: &[&str]) -> Json {
    let output = daemon.vakt(&[&["incidents"], arguments, &["--output", "json"]].concat());
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verify(data: &Path) -> Output {
    vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(data)
        .output()
        .unwrap()
}

fn clock<'j>(incident: &'j Json, stage: &str) -> &'j Json {
    let mut clocks = incident["clocks"].as_array().unwrap().iter();
    clocks.find(|clock| clock["stage"] == stage).unwrap()
}

/// The end of the day a month after `at` in Sweden, found with a calendar alone.
fn month_end(at: &str) -> (String, String) {
    let zone = TimeZone::get("Europe/Stockholm").unwrap();
    let at: jiff::Timestamp = at.parse().unwrap();
    let day = zone.to_datetime(at).date();
    let (year, month) = match day.month() {
        12 => (day.year() + 1, 1),
        month => (day.year(), month + 1),
    };
    let last = jiff::civil::date(year, month, 1).last_of_month().day();
    let nominal = jiff::civil::date(year, month, day.day().min(last));
    let midnight = nominal.tomorrow().unwrap().at(0, 0, 0, 0);
    let midnight = zone.to_timestamp(midnight).unwrap();
    (nominal.to_string(), midnight.to_string())
}

#[test]
fn an_incident_from_the_first_line_to_the_tampering() {
    let test = "an_incident_from_the_first_line_to_the_tampering";
    let Some(python) = smtp_python(test) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (hook, mailbox) = (Hook::start(&[Some(204)]), Mailbox::start(&python, &[]));
    let outputs = format!(
        "organisation: {{name: Fjällnät IT AB, number: 559000-0000, contact: 'jour@fjallnat.example'}}\n\
         public_url: https://vakt.example.org\noutputs:\n  \
         chat: {{type: webhook, url: '{}'}}\n  \
         mail: {{type: email, server: '127.0.0.1:{}', encryption: none, from: vakt@example.org, \
         to: [jour@example.org], language: sv}}\n",
        hook.url(),
        mailbox.port
    );
    let config = configuration(folder.path(), &outputs);
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--config", &config]);

    // Logs arrive, and a brute force succeeds: somebody is woken.
    attack(&daemon, "203.0.113.7");
    let draft = hook.notice("draft");
    let id = draft["incident"].as_str().unwrap().to_owned();
    assert_eq!(
        draft["link"],
        format!("https://vakt.example.org/incidents/{id}")
    );
    assert_eq!(
        (&draft["host"], &draft["historic"]),
        (&"web1".into(), &false.into())
    );
    let mail = mailbox.next();
    let subject = mail["headers"]["subject"].as_str().unwrap();
    assert!(subject.contains("Nytt utkast, incident 1"), "{subject}");
    assert!(
        mail["text"].as_str().unwrap().contains("upplysning"),
        "{mail:#}"
    );

    // What happened, and why it fired.
    let found = incidents(&daemon, &["show", "1"]);
    assert_eq!(
        (&found["state"], &found["number"]),
        (&"draft".into(), &1.into())
    );
    assert_eq!(clock(&found, "early_warning")["state"], "provisional");
    let why = daemon.vakt(&["incidents", "why", "1", "--output", "text"]);
    assert!(
        said(&why).contains("SSH login succeeds after many failures"),
        "{}",
        said(&why)
    );

    // A person declares awareness: the official clocks run, to the second.
    let aware = incidents(
        &daemon,
        &["fact", "1", "aware", "--at", "now", "--by", "Ada"],
    );
    let start = aware["facts"].as_array().unwrap().last().unwrap()["at"]
        .as_str()
        .unwrap();
    let start: jiff::Timestamp = start.parse().unwrap();
    for (stage, hours) in [("early_warning", 24), ("notification", 72)] {
        let clock = clock(&aware, stage);
        assert_eq!(clock["state"], "running");
        let due: jiff::Timestamp = clock["due"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            due.duration_since(start).as_secs(),
            hours * 3_600,
            "{stage}"
        );
    }
    assert_eq!(hook.notice("awareness")["incident"], id.as_str());

    // The reports are filled in, sent by a person, and recorded.
    let set = [
        "--set",
        "effect_on_sector_activity=Ingen känd.",
        "--set",
        "consequences_actual_or_feared=Ett konto.",
    ];
    let form = incidents(
        &daemon,
        &[&["report", "1", "early_warning"], &set[..]].concat(),
    );
    assert_eq!(form["missing"], Json::Array(Vec::new()), "{form:#}");
    let sent = |report: &str, reference: &str| {
        let fact = [
            "fact",
            "1",
            "submitted",
            "--report",
            report,
            "--reference",
            reference,
        ];
        incidents(&daemon, &fact)
    };
    let warned = sent("early_warning", "NCSC-2026-17");
    assert_eq!(
        (&warned["state"], &clock(&warned, "early_warning")["state"]),
        (&"early_warned".into(), &"met".into())
    );
    let notified = sent("notification", "NCSC-2026-18");
    let facts = notified["facts"].as_array().unwrap();
    let (nominal, due) = month_end(facts.last().unwrap()["at"].as_str().unwrap());
    let last = clock(&notified, "final");
    assert_eq!(
        (&last["state"], &last["nominal_date"]),
        (&"running".into(), &nominal.into())
    );
    assert_eq!(last["due"], due);
    incidents(&daemon, &["fact", "1", "handled"]);
    let reported = sent("final", "NCSC-2026-19");
    assert_eq!(reported["state"], "final_reported");
    assert_eq!(hook.notice("resolved")["incident"], id.as_str());

    ten_dismissed_scans_are_no_incident(&daemon);
    audited_until_somebody_tampers(daemon, &data);
}

fn ten_dismissed_scans_are_no_incident(daemon: &Daemon) {
    for scan in 1..=10_usize {
        attack(daemon, &format!("198.51.100.{scan}"));
        let number = (1 + scan).to_string();
        daemon.wait_for("the draft of a scan", |daemon| {
            let (status, _) = daemon.get(&format!("/api/v1/incidents/{number}"));
            (status == 200).then_some(())
        });
        incidents(daemon, &["dismiss", &number, "--reason", "our own scanner"]);
    }
    let all = daemon.get_json("/api/v1/incidents?limit=100");
    let all = all["incidents"].as_array().unwrap();
    assert_eq!(all.len(), 11, "no incident of the ten together");
    let open = all.iter().filter(|it| it["state"] == "draft").count();
    assert_eq!(open, 0);
}

fn audited_until_somebody_tampers(daemon: Daemon, data: &Path) {
    let sound = verify(data);
    assert!(sound.status.success(), "{}", said(&sound));
    let status = daemon.end_with("TERM");
    assert!(status.success());
    let records = rusqlite::Connection::open(data.join("records.db")).unwrap();
    // Whoever can write the file can take its guards away, too.
    records
        .execute_batch("DROP TRIGGER IF EXISTS facts_stay")
        .unwrap();
    let guards: Vec<String> = {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'facts'";
        let mut query = records.prepare(sql).unwrap();
        let names = query.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    for guard in guards {
        records
            .execute_batch(&format!("DROP TRIGGER {guard}"))
            .unwrap();
    }
    let changed = records
        .execute(
            "UPDATE facts SET at = at + 3600000000 WHERE fact = 'aware'",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(records);
    let tampered = verify(data);
    assert_eq!(tampered.status.code(), Some(1), "{}", said(&tampered));
    assert!(said(&tampered).contains("fact 2"), "{}", said(&tampered));
}
