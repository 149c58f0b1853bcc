//! `redact:` and the permission for raw text, with the real binary: what is redacted is found by
//! nobody through fields, and the raw text is for whom may read it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{Daemon, percent_encoded, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const HASHED: &str = "
  - {fields: [User], action: hash}
  - {fields: [source.ip], action: mask}
  - {streams: [default], fields: [user.email], action: drop}
";

const RULE: &str = "
title: Somebody asks for secrets
id: 11111111-2222-4333-8444-555555555555
status: test
logsource:
    product: linux
detection:
    selection:
        user.name: annalena
        message|contains: secrets
    condition: selection
level: high
vakt:
    draft: true
";

/// What nobody may find, and what stands in hits where it was.
const SECRETS: [&str; 3] = ["annalena", "bertil77", "198.51.100"];

struct Site {
    folder: TempDir,
    data: PathBuf,
}

impl Site {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("rule.yml"), RULE).unwrap();
        let data = folder.path().join("data");
        Self { folder, data }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A daemon with these items of `redact:`; what it logs is in the file `log`.
    fn start(&self, redact: &str) -> Daemon {
        let config = self.path("vakt.yaml");
        let rule = self.path("rule.yml");
        let redact = match redact {
            "" => String::new(),
            items => format!("redact:{items}"),
        };
        let text = format!(
            "rules: [{}]\nlisteners:\n  - {{kind: syslog-tcp, address: '127.0.0.1:0'}}\n  \
             - {{kind: http, address: '127.0.0.1:0'}}\n{redact}",
            rule.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = vakt();
        command.stderr(File::create(self.path("log")).unwrap());
        let config = config.to_str().unwrap();
        Daemon::start_as(command, &self.data, &["--config", config])
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }
}

/// Four events of two people, by syslog and as JSON.
fn send(daemon: &Daemon) {
    let line = |user: &str| {
        format!(
            "<38>Nov 24 10:00:00 web1 sshd[7]: Failed password for {user} from 198.51.100.77 port 4711 ssh2\n"
        )
    };
    daemon.send_tcp((line("annalena") + &line("annalena") + &line("bertil77")).as_bytes());
    let event = json!({
        "user": {"name": "annalena", "email": "annalena@example.org"}, "source.ip": "198.51.100.77",
        "message": "AnnaLena (annalena@example.org, 198.51.100.77) wants secrets", "team": "annalena's",
        "vakt.logsource.product": "linux",
    });
    assert_eq!(daemon.post_events(&event.to_string()).unwrap().0, 200);
    daemon.wait_for("the events", |daemon| {
        (daemon.total("*") == 4).then_some(())
    });
}

/// A person with a role, and how the person asks.
struct Person<'d> {
    daemon: &'d Daemon,
    token: String,
}

impl<'d> Person<'d> {
    fn new(daemon: &'d Daemon, name: &str, role: &str) -> Self {
        let added = daemon.vakt(&["--output", "ndjson", "users", "add", name, "--role", role]);
        let token: Json = serde_json::from_slice(&added.stdout).unwrap();
        let token = token["token"].as_str().unwrap().to_owned();
        Self { daemon, token }
    }

    fn get(&self, path: &str, accept: &str) -> (u16, String) {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut answer = agent
            .get(format!("{}{path}", self.daemon.http))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", accept)
            .call()
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    }

    fn search(&self, query: &str) -> (u16, String) {
        let path = format!("/api/v1/search?q={}", percent_encoded(query));
        self.get(&path, "application/json")
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = vakt()
            .args(arguments)
            .args(["--url", &self.daemon.http, "--token", &self.token])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        text(&output.stdout) + &text(&output.stderr)
    }
}

#[track_caller]
fn has_no_secret(what: &str, text: &str) {
    let text = text.to_lowercase();
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what}: {secret} in {text}");
    }
}

/// Asks in every way for what is redacted; gives the hash of the one who was seen thrice.
#[track_caller]
fn nobody_finds_it(daemon: &Daemon) -> String {
    for query in [
        "annalena",
        "AnnaLena",
        "\"for annalena\"",
        "annal*",
        "*nalena",
        "*nnalen*",
        "/annalena/",
        "user.name:annalena",
        "User:annalena",
        "user.name:annal*",
        "user.name:ann?lena",
        "user.name:/^anna/",
        "user.name:[anna TO annb]",
        "message:annalena",
        "message:*bertil*",
        "message:/bertil\\d+/",
        "team:annalena",
        "user.email:*",
        "annalena@example.org",
        "198.51.100.77",
        "source.ip:198.51.100.77",
        "source.ip:198.51.100.0/24",
        "source.ip>=198.51.100.0",
        "* | where user.name:bertil77 | stats count by host.name",
    ] {
        assert_eq!(daemon.total(query), 0, "{query}");
    }
    let mut answer = daemon.search("*", 10);
    let hits = answer["hits"].as_array_mut().unwrap();
    assert_eq!(hits.len(), 4);
    for hit in hits {
        // The administrator may read it, and it is as it was sent.
        let original = hit.as_object_mut().unwrap().shift_remove("event.original");
        let original = original.unwrap().to_string();
        assert!(original.contains("198.51.100.77"), "{original}");
        has_no_secret("a hit", &hit.to_string());
    }
    assert_eq!(daemon.total("event.original:annalena"), 3);
    assert_eq!(
        daemon.total("source.ip:\"[redacted]\" message:*redacted*"),
        4
    );
    let table = daemon.search("* | stats count by user.name", 10)["table"].clone();
    has_no_secret("a table", &table.to_string());
    let rows = table["rows"].as_array().unwrap();
    let counts: Vec<&Json> = rows.iter().map(|row| &row[1]).collect();
    assert_eq!(counts, [3, 1], "{table}");
    let hash = rows[0][0].as_str().unwrap().to_owned();
    assert!(hash.starts_with("h:") && hash.len() == 18, "{hash}");
    // Whoever has the hash finds what is about the same person, in every field.
    for query in [
        format!("user.name:\"{hash}\""),
        format!("message:\"{hash}\""),
    ] {
        assert_eq!(daemon.total(&query), 3, "{query}");
    }
    hash
}

#[test]
fn what_is_redacted_is_found_by_nobody() {
    let site = Site::new();
    let daemon = site.start(HASHED);
    send(&daemon);
    let hash = nobody_finds_it(&daemon);
    assert!(daemon.end_with("TERM").success());

    // The same from splits, and with inverted indexes.
    let daemon = site.start(HASHED);
    assert_eq!(nobody_finds_it(&daemon), hash);
    assert!(!site.log().contains("redact"), "{}", site.log());
    assert!(daemon.end_with("TERM").success());

    // Other rules: the index is built again, and says why.
    let daemon = site.start("\n  - {fields: [user.name], action: mask}\n");
    daemon.wait_for("the index", |daemon| {
        (daemon.get("/readyz").0 == 200).then_some(())
    });
    assert!(
        site.log().contains("under other rules of what is redacted"),
        "{}",
        site.log()
    );
    assert!(site.data.join("index.unreadable").exists());
    let table = daemon.search("* | stats count by user.name", 10)["table"].clone();
    assert_eq!(table["rows"], json!([["[redacted]", 4]]));
    assert_eq!(daemon.total("source.ip:198.51.100.0/24"), 4);
    assert_eq!(daemon.total("annalena"), 0);
    assert!(daemon.end_with("TERM").success());

    // Without rules all is as it was sent: nothing is lost.
    let daemon = site.start("");
    daemon.wait_for("the index", |daemon| {
        (daemon.get("/readyz").0 == 200).then_some(())
    });
    assert_eq!(daemon.total("user.name:annalena"), 3);
    assert_eq!(daemon.total("user.email:annalena"), 1);
}

#[test]
fn the_raw_text_is_for_whom_may_read_it() {
    let site = Site::new();
    let daemon = site.start(HASHED);
    send(&daemon);
    let vera = Person::new(&daemon, "vera", "viewer");
    let search = "/api/v1/search?q=*";
    let streams = percent_encoded("{host_name=\"web1\"}");
    let loki = format!("/loki/api/v1/query_range?query={streams}&start=0");
    for (path, accept) in [
        (search, "application/json"),
        (search, "application/x-ndjson"),
        ("/?q=", "text/html"),
        (loki.as_str(), "application/json"),
        ("/loki/api/v1/detected_fields?start=0", "application/json"),
    ] {
        let (status, text) = vera.get(path, accept);
        assert_eq!(status, 200, "{path}: {text}");
        assert!(!text.contains("event.original"), "{path}: {text}");
        has_no_secret(path, &text);
    }
    let (_, text) = vera.get(&loki, "application/json");
    assert!(text.contains("Failed password for h:"), "{text}");
    let csv = vera.run(&["search", "", "--output", "csv"]);
    assert!(csv.contains("Failed password"), "{csv}");
    has_no_secret("CSV", &csv);
    let followed = ["search", "--follow", "--limit", "1", "followed"];
    let follow = std::thread::scope(|scope| {
        let follow = scope.spawn(|| vera.run(&[&followed[..], &["--output", "ndjson"]].concat()));
        daemon.wait_for("the follower", |daemon| {
            let event = r#"{"user.name":"annalena","message":"annalena is followed"}"#;
            assert_eq!(daemon.post_events(event).unwrap().0, 200);
            follow.is_finished().then_some(())
        });
        follow.join().unwrap()
    });
    assert!(follow.contains(" is followed"), "{follow}");
    assert!(!follow.contains("event.original"), "{follow}");
    has_no_secret("what is followed", &follow);

    // Whether something is found would tell what is in it.
    let line_filter = percent_encoded("{host_name=\"web1\"} |= \"annalena\"");
    let follow = percent_encoded("event.original:annalena");
    for query in [
        "event.original:annalena",
        "not event.original:/annal/",
        "exists(event.original)",
        "* | stats count by event.original",
        "* | fields event.original",
        "* | sort event.original | head 1",
    ] {
        let (status, text) = vera.search(query);
        assert_eq!(status, 403, "{query}: {text}");
        assert!(text.contains("asks about `event.original`"), "{text}");
        assert!(text.contains("a role that may read raw text"), "{text}");
        assert_eq!(
            daemon
                .get(&format!("/api/v1/search?q={}", percent_encoded(query)))
                .0,
            200
        );
    }
    for path in [
        format!("/loki/api/v1/query_range?query={line_filter}"),
        format!("/api/v1/follow?q={follow}"),
    ] {
        assert_eq!(vera.get(&path, "application/json").0, 403, "{path}");
    }
    // On record, as all that is asked.
    let list = "/api/v1/searches?who=vera&q=event.original%3Aannalena";
    let entries = daemon.get_json(list)["searches"].clone();
    assert_eq!(entries[0]["query"], "event.original:annalena", "{entries}");
    assert_eq!(entries[0]["outcome"], "forbidden");

    let leader = Person::new(&daemon, "lena", "lead");
    let (status, text) = leader.search("event.original:annalena failed");
    assert_eq!(status, 200);
    assert!(text.contains("Failed password for annalena"), "{text}");
}

#[test]
fn rules_match_what_was_sent_and_show_it_to_whom_may_read_it() {
    let site = Site::new();
    let daemon = site.start(HASHED);
    send(&daemon);
    let incident = daemon.wait_for("the draft", |daemon| {
        let incidents = daemon.get_json("/api/v1/incidents");
        Some(incidents["incidents"][0]["id"].as_str()?.to_owned())
    });
    let vera = Person::new(&daemon, "vera", "viewer");
    for path in [
        format!("/api/v1/incidents/{incident}"),
        format!("/incidents/{incident}"),
        "/api/v1/incidents".to_owned(),
        "/api/v1/alerts".to_owned(),
        "/".to_owned(),
    ] {
        let (status, text) = vera.get(&path, "application/json");
        assert_eq!(status, 200, "{path}: {text}");
        assert!(text.contains("Somebody asks for secrets"), "{path}: {text}");
        assert!(text.contains("[redacted]"), "{path}: {text}");
        has_no_secret(&path, &text);
    }
    let path = format!("/api/v1/incidents/{incident}");
    let frozen = |text: &str| -> Json {
        let incident: Json = serde_json::from_str(text).unwrap();
        incident["evidence"][0].clone()
    };
    let seen = frozen(&vera.get(&path, "application/json").1);
    let message = seen["fields"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("h:") && message.ends_with("wants secrets"),
        "{seen}"
    );
    assert_eq!(
        (&seen["original"], &seen["hash"]),
        (&Json::Null, &Json::Null)
    );
    let seen = frozen(&daemon.get(&path).1);
    assert_eq!(seen["fields"]["user.name"], "annalena");
    assert!(
        seen["original"]
            .as_str()
            .unwrap()
            .contains("annalena@example.org")
    );
    assert!(seen["hash"].is_string());
}

#[test]
fn hunts_go_by_what_was_sent_and_searches_of_records_do_not() {
    let site = Site::new();
    let daemon = site.start(HASHED);
    send(&daemon);
    daemon.wait_for("the draft", |daemon| {
        daemon.get_json("/api/v1/incidents")["incidents"][0]["id"]
            .as_str()
            .map(|_| ())
    });
    let rule = site.path("rule.yml");
    let hunt = [
        "rules",
        "hunt",
        rule.to_str().unwrap(),
        "--output",
        "ndjson",
    ];
    let found = daemon.vakt(&hunt);
    let lines = String::from_utf8(found.stdout).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains("annalena"), "{lines}");
    let vera = Person::new(&daemon, "vera", "viewer");
    let refused = vakt()
        .args(hunt)
        .args(["--url", &daemon.http, "--token", &vera.token])
        .output()
        .unwrap();
    assert!(refused.stdout.is_empty() && !refused.status.success());
    // The incident is of the address, which is masked for whoever reads no raw text.
    let records = |person: &Person<'_>, query: &str| {
        let query = percent_encoded(query);
        let (status, text) = person.get(
            &format!("/api/v1/search?in=records&q={query}"),
            "application/json",
        );
        assert_eq!(status, 200, "{text}");
        (
            serde_json::from_str::<Json>(&text).unwrap()["total"].clone(),
            text,
        )
    };
    let lena = Person::new(&daemon, "lena", "lead");
    for secret in ["198.51.100.77", "source.ip:198.51.100.0/24"] {
        assert_eq!(records(&lena, secret).0, 2, "{secret}");
        assert_eq!(records(&vera, secret).0, 0, "{secret}");
    }
    let (total, text) = records(&vera, "secrets");
    assert_eq!(total, 2, "{text}");
    has_no_secret("records", &text);

    // What people wrote is for whom may read it, and found by no other.
    let reason = "phoned annalena: she asked for none";
    let fact = [
        "incidents",
        "fact",
        "1",
        "assessment_started",
        "--reason",
        reason,
    ];
    let recorded = daemon.vakt(&fact);
    assert!(recorded.status.success(), "{recorded:?}");
    for query in ["phoned", "reason:phoned", "message:annalena", "/annalena/"] {
        assert_eq!(records(&lena, query).0, 1, "{query}");
        assert_eq!(records(&vera, query).0, 0, "{query}");
    }
    let (total, text) = records(&vera, "fact:assessment_started");
    assert_eq!(total, 1, "{text}");
    assert!(text.contains("(not shown: "), "{text}");
    has_no_secret("a note", &text);
    let (_, page) = vera.get("/?q=fact:assessment_started", "text/html");
    assert!(page.contains("(not shown: "), "{page}");
    has_no_secret("the page", &page);
}

/// Titles are made of entities, and people write names into what they record.
#[test]
fn what_is_said_of_incidents_is_redacted_wherever_it_stands() {
    let site = Site::new();
    let daemon = site.start(HASHED);
    send(&daemon);
    daemon.wait_for("the draft", |daemon| {
        daemon.get_json("/api/v1/incidents")["incidents"][0]["id"]
            .as_str()
            .map(|_| ())
    });
    let lena = Person::new(&daemon, "lena", "lead");
    let vera = Person::new(&daemon, "vera", "viewer");
    let incidents = |arguments: &[&str]| {
        let said = lena.run(&[&["incidents"], arguments, &["--output", "ndjson"]].concat());
        assert!(said.starts_with('{'), "{arguments:?}: {said}");
    };
    incidents(&["assess", "1", "--set", "root_cause=annalena clicked"]);
    let fact = ["fact", "1", "not_significant", "--reason"];
    incidents(&[&fact[..], &["annalena asked bertil77 for it"]].concat());
    incidents(&[
        "review-quarter",
        "2026-Q3",
        "--by",
        "lena",
        "--note",
        "annalena again",
    ]);
    let task = r#"{"title": "ask annalena", "phase": "improvement"}"#;
    let (status, said) = daemon.post("/api/v1/incidents/1/tasks", task);
    assert!(status < 300, "{said}");
    let form = ["report", "1", "early_warning", "--set"];
    incidents(&[&form[..], &["cross_border=annalena clicked"]].concat());

    // Who reads what was sent sees the title whole in each; who does not, sees it redacted.
    for path in [
        "/api/v1/incidents/1/significance",
        "/api/v1/incidents/1/work",
        "/api/v1/incidents/1/response",
        "/api/v1/incidents/1/review",
        "/api/v1/tasks",
        "/api/v1/reviews",
        "/api/v1/recurring",
        "/api/v1/quarter-reviews",
        "/incidents/1/significance",
        "/reviews",
        "/recurring",
    ] {
        let (status, text) = lena.get(path, "*/*");
        assert_eq!(status, 200, "{path}: {text}");
        let whole = SECRETS.iter().any(|secret| text.contains(secret));
        assert!(whole, "{path}: {text}");
        let (status, text) = vera.get(path, "*/*");
        assert_eq!(status, 200, "{path}: {text}");
        let shown = ["[redacted]", "(not shown: "];
        assert!(shown.iter().any(|it| text.contains(it)), "{path}: {text}");
        has_no_secret(path, &text);
    }
    let (_, text) = vera.get("/api/v1/reviews", "application/json");
    assert!(text.contains("Somebody asks for secrets"), "{text}");
    assert!(text.contains("[redacted]"), "{text}");
    // What speaks of incidents otherwise.
    for path in [
        "/api/v1/incidents/1",
        "/api/v1/incidents/1/why",
        "/api/v1/incidents/1/documents",
        "/api/v1/incidents/1/reports/early_warning",
        "/api/v1/incidents/1/reports/early_warning/document?format=json",
        "/api/v1/register?all=true",
        "/api/v1/risk",
        "/api/v1/figures",
        "/api/v1/coverage",
        "/api/v1/outputs",
        "/incidents/1",
        "/incidents/1/work",
        "/incidents/1/review",
        "/incidents/1/documents",
        "/incidents/1/report/early_warning",
        "/register",
        "/figures",
        "/coverage",
        "/calendar.ics",
    ] {
        let (status, text) = vera.get(path, "*/*");
        assert_eq!(status, 200, "{path}: {text}");
        has_no_secret(path, &text);
    }
}

#[test]
fn the_key_is_in_a_backup_and_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    let daemon = site.start(HASHED);
    let key = site.data.join("redact.key");
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let run = |arguments: &[&str], folder: &Path| {
        let mut command = vakt();
        command.arg("backup").arg(folder).args(arguments);
        let output = command.arg("--data-dir").arg(&site.data).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        folder.join("redact.key")
    };
    let copied = run(&[], &site.path("whole"));
    assert_eq!(fs::read(copied).unwrap(), fs::read(&key).unwrap());
    assert!(!run(&["--without-secrets"], &site.path("part")).exists());
    drop(daemon);
}
