//! Deadlines in a calendar that keeps an address, and what its token may not.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::string_slice,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::process::Command;

use common::{Daemon, has_program};
use serde_json::{Value as Json, json};

/// Asks without a credential.
fn ask(daemon: &Daemon, path: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut answer = agent.get(format!("{}{path}", daemon.http)).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

fn open(daemon: &Daemon, title: &str, more: &Json) -> String {
    let now = jiff::Timestamp::now().to_string();
    let mut body = json!({"title": title, "detected_at": now});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let (status, answer) = daemon.post("/api/v1/incidents", &body.to_string());
    assert_eq!(status, 201, "{answer}");
    let answer: Json = serde_json::from_str(&answer).unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

fn fact(daemon: &Daemon, id: &str, body: &Json) {
    let (status, answer) = daemon.post(&format!("/api/v1/incidents/{id}/facts"), &body.to_string());
    assert_eq!(status, 201, "{answer}");
}

/// The calendar's events, by the first words of their summaries: property to value, unfolded.
fn events(text: &str) -> Vec<Vec<(String, String)>> {
    let unfolded = text.replace("\r\n ", "");
    let mut events = Vec::new();
    for line in unfolded.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').unwrap();
        match line {
            "BEGIN:VEVENT" => events.push(Vec::new()),
            _ => {
                if let Some(event) = events.last_mut() {
                    event.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    events
}

fn value<'e>(event: &'e [(String, String)], name: &str) -> &'e str {
    let found = event.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value.as_str())
}

fn event(text: &str, report: &str) -> Vec<(String, String)> {
    events(text)
        .into_iter()
        .find(|event| value(event, "SUMMARY").contains(report))
        .unwrap_or_else(|| panic!("{report}: {text}"))
}

#[test]
fn deadlines_are_events_that_move_with_their_facts() {
    let daemon = Daemon::start();
    let id = open(
        &daemon,
        "A customer, called; and said \\ this\nå",
        &json!({"detected_at": "2026-11-23T20:08:00Z"}),
    );
    let path = format!("/incidents/{id}/calendar.ics");
    let (_, before) = daemon.get(&path);
    for line in before.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n'), "{line:?}");
    }
    assert!(
        !before.contains("customer"),
        "nothing of what happened: {before}"
    );
    let warning = event(&before, "upplysning");
    assert_eq!(value(&warning, "DTSTART"), "20261124T200800Z");
    assert_eq!(
        (value(&warning, "STATUS"), value(&warning, "SEQUENCE")),
        ("TENTATIVE", "0")
    );
    let alarms: Vec<&str> = warning
        .iter()
        .filter(|(name, _)| name == "TRIGGER;VALUE=DATE-TIME")
        .map(|(_, at)| at.as_str())
        .collect();
    assert_eq!(
        alarms,
        ["20261124T080800Z", "20261124T152000Z", "20261124T185600Z"]
    );

    fact(
        &daemon,
        &id,
        &json!({"fact": "aware", "at": "2026-11-23T21:00:00Z", "by": "Ada"}),
    );
    fact(
        &daemon,
        &id,
        &json!({"fact": "submitted", "report": "notification",
        "reference": "A-1", "at": "2026-11-24T10:00:00Z", "by": "Ada"}),
    );
    let (_, after) = daemon.get(&path);
    let moved = event(&after, "upplysning");
    assert_eq!(value(&moved, "UID"), value(&warning, "UID"));
    assert_eq!(value(&moved, "DTSTART"), "20261124T210000Z");
    assert_eq!(
        (value(&moved, "STATUS"), value(&moved, "SEQUENCE")),
        // Awareness moved it, and the submission met it.
        ("CONFIRMED", "2")
    );
    assert!(
        !moved.iter().any(|(name, _)| name.starts_with("TRIGGER")),
        "it was met: {after}"
    );
    // The last report is due by the end of 24 December, local time, and its event ends within that day.
    let last = event(&after, "slutrapport");
    assert_eq!(value(&last, "DTEND"), "20261224T225900Z");
    assert!(
        value(&last, "DESCRIPTION").contains("2026-12-28"),
        "{last:?}"
    );

    fact(
        &daemon,
        &id,
        &json!({"fact": "regime_applies", "regime": "gdpr", "at": "2026-11-24T10:00:00Z", "by": "Ada"}),
    );
    let all = daemon.vakt(&["incidents", "calendar"]);
    let all = String::from_utf8(all.stdout).unwrap();
    assert!(
        all.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
        "{all}"
    );
    assert!(all.ends_with("END:VCALENDAR\r\n"), "{all}");
    // A drill is no deadline of anybody.
    open(&daemon, "An exercise", &json!({"drill": true}));
    let again = daemon.vakt(&["incidents", "calendar"]);
    assert_eq!(String::from_utf8(again.stdout).unwrap(), all);
}

#[test]
fn a_calendars_token_reads_deadlines_and_nothing_else() {
    let daemon = Daemon::start();
    let made = daemon.vakt(&[
        "tokens",
        "add",
        "phone",
        "--calendar-of",
        "admin",
        "--output",
        "json",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let made: Json = serde_json::from_slice(&made.stdout).unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    let id = open(&daemon, "A call", &json!({}));
    let (status, all) = ask(&daemon, &format!("/calendar.ics?token={token}"));
    assert_eq!(status, 200, "{all}");
    assert_eq!(events(&all).len(), 2, "{all}");
    let (status, one) = ask(
        &daemon,
        &format!("/incidents/{id}/calendar.ics?token={token}"),
    );
    assert_eq!((status, one), (200, all));
    // Nowhere else, in no other form, and no other token there.
    for path in [
        "/api/v1/incidents",
        "/api/v1/search?q=",
        "/metrics",
        "/api/v1/tokens",
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let (status, _) = ask(&daemon, &format!("{path}{mark}token={token}"));
        // Health and metrics need no credential here.
        let expected: &[u16] = if path == "/metrics" {
            &[200]
        } else {
            &[400, 401]
        };
        assert!(expected.contains(&status), "{path}: {status}");
        let answer = ureq::get(format!("{}{path}", daemon.http))
            .config()
            .http_status_as_error(false)
            .build()
            .header("authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        assert!(
            path == "/metrics" || answer.status() == 403,
            "{path}: {}",
            answer.status()
        );
    }
    let personal = daemon.token.clone();
    let (status, answer) = ask(&daemon, &format!("/calendar.ics?token={personal}"));
    assert_eq!(status, 401, "{answer}");
    assert!(!answer.contains(&personal), "{answer}");
    let list = daemon.get_json("/api/v1/tokens");
    let row = list["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["kind"] == "calendar");
    let number = row.unwrap()["id"].to_string();
    assert!(daemon.vakt(&["tokens", "revoke", &number]).status.success());
    assert_eq!(ask(&daemon, &format!("/calendar.ics?token={token}")).0, 401);
}

/// A calendar shows what its person sees.
#[test]
fn a_calendar_has_the_streams_of_its_owner() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("vakt.yaml");
    std::fs::write(
        &config,
        "streams: [customer-a]\nlisteners:\n  - {kind: http, address: '127.0.0.1:0'}\n",
    )
    .unwrap();
    let config = config.display().to_string();
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let add = [
        "users",
        "add",
        "eva",
        "--role",
        "viewer",
        "--stream",
        "customer-a",
    ];
    assert!(daemon.vakt(&add).status.success());
    let other = open(&daemon, "Ours", &json!({}));
    let seen = open(&daemon, "Theirs", &json!({"stream": "customer-a"}));
    let made = daemon.vakt(&[
        "tokens",
        "add",
        "phone",
        "--calendar-of",
        "eva",
        "--output",
        "json",
    ]);
    let made: Json = serde_json::from_slice(&made.stdout).unwrap();
    let token = made["token"].as_str().unwrap();
    let (_, all) = ask(&daemon, &format!("/calendar.ics?token={token}"));
    assert!(
        all.contains(&seen[..20]) && !all.contains(&other[..20]),
        "{all}"
    );
    let (status, _) = ask(
        &daemon,
        &format!("/incidents/{other}/calendar.ics?token={token}"),
    );
    assert_eq!(status, 404);
}

/// Another implementation reads the file.
#[test]
fn a_library_of_calendars_reads_it() {
    let test = "a_library_of_calendars_reads_it";
    let python = std::env::var("VAKT_SMTP_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !has_program(test, "python3") {
        return;
    }
    let has_library = Command::new(&python)
        .args(["-c", "import icalendar"])
        .output();
    if !has_library.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var_os("CI").is_none(),
            "{test}: {python} has no icalendar"
        );
        eprintln!("skipped: {test}: {python} has no icalendar (name one with VAKT_SMTP_PYTHON)");
        return;
    }
    let daemon = Daemon::start();
    open(
        &daemon,
        "A call",
        &json!({"party": "Åke, Ö; & söner \\ för länge sedan, ett mycket långt namn på en kund"}),
    );
    let (_, text) = daemon.get("/calendar.ics");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let script = "import icalendar, sys\n\
         calendar = icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())\n\
         for event in calendar.walk('VEVENT'):\n    \
         print(event['SUMMARY'], event.decoded('DTSTART').isoformat(), len(event.walk('VALARM')))";
    let output = Command::new(&python)
        .args(["-c", script])
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said.lines().count(),
        2,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains(
            "upplysning (nis2-se) for Åke, Ö; & söner \\ för länge sedan, ett mycket långt namn på en kund"
        ),
        "{said}"
    );
    assert!(said.lines().all(|line| line.ends_with(" 3")), "{said}");
}
