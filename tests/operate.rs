//! What an operator does: reload, TLS, streams and tokens, notices, metrics, sources.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use common::{Daemon, PATIENCE, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn rule(word: &str, condition: &str) -> String {
    // An alert keeps the rule's title from when it opened, so each rule has an id of its own.
    let id = blake3::hash(word.as_bytes()).to_hex();
    let (id, _) = id.split_at(12);
    format!(
        "title: The word {word}\nid: 1b1fae4c-6c0f-4d0d-9d4d-{id}\nstatus: stable\n\
         description: A test rule\nlevel: high\nlogsource:\n    product: linux\ndetection:\n    \
         keywords:\n        - {word}\n    condition: {condition}\n"
    )
}

fn alert_titles(daemon: &Daemon) -> Vec<String> {
    daemon.get_json("/api/v1/alerts")["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| alert["rule.name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn sighup_reloads_rules_and_refuses_a_broken_set() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yml");
    fs::write(&file, rule("first", "keywords")).unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", file.to_str().unwrap()]);
    let say = |word: &str| {
        daemon.send_tcp(format!("<14>Nov 24 10:00:00 web1 app: the {word} word\n").as_bytes());
    };
    let reloads = |name: &str| -> f64 {
        let (_, text) = daemon.get("/metrics");
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or(0.0)
    };
    say("first");
    daemon.wait_for("the first alert", |daemon| {
        (alert_titles(daemon) == ["The word first"]).then_some(())
    });

    fs::write(&file, rule("second", "keyword")).unwrap();
    daemon.signal("HUP");
    daemon.wait_for("the refusal", |_| {
        (reloads("vakt_rules_reloads_refused_total") >= 1.0).then_some(())
    });
    fs::write(&file, rule("third", "keywords")).unwrap();
    daemon.signal("HUP");
    daemon.wait_for("the reload", |_| {
        (reloads("vakt_rules_reloads_total") >= 1.0).then_some(())
    });
    say("third");
    daemon.wait_for("an alert of the new rule", |daemon| {
        alert_titles(daemon)
            .contains(&"The word third".to_owned())
            .then_some(())
    });
}

#[test]
fn a_stray_broken_file_keeps_no_new_rule_away_and_a_broken_edit_takes_none() {
    let folder = TempDir::new().unwrap();
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let write = |name: &str, text: &str| fs::write(rules.join(name), text).unwrap();
    write("first.yml", &rule("first", "keywords"));
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", rules.to_str().unwrap()]);
    let metric = |name: &str| -> f64 {
        let (_, text) = daemon.get("/metrics");
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            .unwrap_or(0.0)
    };
    let titles = || -> Vec<String> {
        let answer = daemon.get_json("/api/v1/rules");
        let rules = answer["rules"].as_array().unwrap().iter();
        let mut titles: Vec<String> = rules
            .map(|rule| rule["title"].as_str().unwrap().to_owned())
            .collect();
        titles.sort();
        titles
    };
    // A file that never held a rule: the new one beside it is loaded.
    write("bad.yml", "title: [\n");
    write("second.yml", &rule("second", "keywords"));
    daemon.signal("HUP");
    daemon.wait_for("the reload", |_| {
        (metric("vakt_rules_reloads_total") >= 1.0).then_some(())
    });
    assert_eq!(titles(), ["The word first", "The word second"]);
    assert!((metric("vakt_rules{state=\"refused\"}") - 1.0).abs() < 0.1);
    // What was loaded stays, whatever else is new.
    write("first.yml", &rule("first", "keyword"));
    write("third.yml", &rule("third", "keywords"));
    daemon.signal("HUP");
    daemon.wait_for("the refusal", |_| {
        (metric("vakt_rules_reloads_refused_total") >= 1.0).then_some(())
    });
    assert_eq!(titles(), ["The word first", "The word second"]);
    // The list of the daemon at an address is not that of this machine.
    let list = ["rules", "list", "--output", "ndjson", "--url", &daemon.http];
    let list = vakt()
        .args(list)
        .args(["--token", &daemon.token])
        .output()
        .unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert_eq!(list.lines().count(), 2, "{list}");
    assert!(list.contains("The word second"), "{list}");
}

/// Reloads while lines come in: each line counts once, whichever rules it met, the counts of a rule
/// that was gone are gone, and the metric says how long detection waited.
#[test]
fn a_reload_under_load_loses_nothing_and_says_how_long_it_took() {
    const LINES: u64 = 20_000;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("rules.yml");
    let common = rule("common", "keywords");
    let with = |other: &str| format!("{common}---\n{}", rule(other, "keywords"));
    fs::write(&file, with("first")).unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", file.to_str().unwrap()]);
    let metric = |name: &str| -> f64 {
        let (_, text) = daemon.get("/metrics");
        let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(value).unwrap()
    };
    let hits = || -> Vec<(String, u64)> {
        let answer = daemon.get_json("/api/v1/rules");
        let row = |rule: &Json| {
            let title = rule["title"].as_str().unwrap();
            (title.to_owned(), rule["hits"].as_u64().unwrap())
        };
        answer["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(row)
            .collect()
    };
    let of = |common: u64, first: u64| {
        let row = |word: &str, hits| (format!("The word {word}"), hits);
        vec![row("common", common), row("first", first)]
    };
    let gap = "vakt_rules_reload_gap_seconds_max ";
    assert_eq!(metric(gap), 0.0);
    daemon.send_tcp(b"<14>Nov 24 10:00:00 web1 app: first\n");
    daemon.wait_for("the first line", |_| (hits() == of(0, 1)).then_some(()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for chunk in 0..LINES / 500 {
                let lines: String = (0..500)
                    .map(|line| format!("<14>Nov 24 10:00:00 web1 app: common {chunk} {line}\n"))
                    .collect();
                daemon.send_tcp(lines.as_bytes());
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        for (number, other) in ["second", "third", "first"].iter().enumerate() {
            daemon.wait_for("some lines", |_| {
                (hits()[0].1 > 2_000 * (number as u64 + 1)).then_some(())
            });
            fs::write(&file, with(other)).unwrap();
            daemon.signal("HUP");
            daemon.wait_for("the reload", |_| {
                (metric("vakt_rules_reloads_total ") > number as f64).then_some(())
            });
        }
    });
    daemon.wait_for("all lines", |_| (hits() == of(LINES, 0)).then_some(()));
    let longest = metric(gap);
    assert!(longest > 0.0, "{longest}");
    eprintln!("the longest gap was {longest} s");
    assert_eq!(metric("vakt_detect_matches_total "), (LINES + 1) as f64);
}

fn configuration(folder: &Path, text: &str) -> String {
    let path = folder.join("vakt.yaml");
    fs::write(&path, text.replace("FOLDER", folder.to_str().unwrap())).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn tls_serves_http_and_syslog_with_a_certificate_made_for_a_trial() {
    if !common::has_program("tls_serves_http_and_syslog", "openssl") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let made = vakt()
        .args(["tls", "self-signed", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success());
    // What is printed can be copied into a configuration; a name that was said twice is there once.
    let again = vakt()
        .args(["tls", "self-signed", "--replace", "--host", "localhost"])
        .args(["--host", "vakt.example.org", "--data-dir", "data"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(again.stdout).unwrap();
    for line in [
        "valid for    localhost, 127.0.0.1, ::1, vakt.example.org".to_owned(),
        format!("    key: {}", data.join("tls-key.pem").display()),
    ] {
        assert!(
            text.lines().any(|one| one == line),
            "{line} is not in\n{text}"
        );
    }
    let config = configuration(
        folder.path(),
        "tls:\n  certificate: FOLDER/data/tls-certificate.pem\n  key: FOLDER/data/tls-key.pem\n\
         listeners:\n  - {kind: http, address: '127.0.0.1:0', tls: true}\n  \
         - {kind: syslog-tls, address: '127.0.0.1:0'}\n",
    );
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    assert!(daemon.http.starts_with("https://"));
    let ca = data.join("tls-certificate.pem");
    let mut client = Command::new("openssl")
        .args([
            "s_client",
            "-quiet",
            "-connect",
            &daemon.tls.unwrap().to_string(),
        ])
        .args(["-verify_return_error", "-CAfile"])
        .arg(&ca)
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    client
        .stdin
        .take()
        .unwrap()
        .write_all(b"<14>Nov 24 10:00:00 web1 app: sealed message\n")
        .unwrap();
    let search = |query: &str| -> Vec<Json> {
        let output = vakt()
            .args(["search", query, "--output", "ndjson", "--url", &daemon.http])
            .args(["--token", &daemon.token, "--ca"])
            .arg(&ca)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let hits = daemon.wait_for("the sealed message", |_| {
        let hits = search("\"sealed message\"");
        (!hits.is_empty()).then_some(hits)
    });
    assert_eq!(hits[0]["vakt.transport"], "tls");
    drop(client.kill());
    drop(client.wait());
}

#[test]
fn a_stream_is_given_by_network_and_token_and_limits_a_search() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::write(folder.path().join("token"), "vakt_intake_for_a_test_only\n").unwrap();
    let config = configuration(
        folder.path(),
        "streams: [customer-a, customer-b]\nlisteners:\n  - {kind: http, address: '127.0.0.1:0'}\n  \
         - kind: syslog-tcp\n    address: '127.0.0.1:0'\n    sources:\n      \
         - {networks: [127.0.0.0/8], stream: customer-a}\n\
         intake_tokens:\n  - {name: b, stream: customer-b, token_file: FOLDER/token}\n",
    );
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    daemon.send_tcp(b"<14>Nov 24 10:00:00 web1 app: marked vakt.stream=customer-b\n");
    let answer = ureq::post(format!("{}/api/v1/events", daemon.http))
        .header("authorization", "Bearer vakt_intake_for_a_test_only")
        .send("{\"message\":\"marked too\"}\n")
        .unwrap();
    assert_eq!(answer.status(), 200);
    daemon.wait_for("both", |daemon| (daemon.total("marked") == 2).then_some(()));
    for (stream, message) in [
        ("customer-a", "marked vakt.stream=customer-b"),
        ("customer-b", "marked too"),
    ] {
        let answer = daemon.search_with("marked", 10, &format!("&stream={stream}"));
        assert_eq!(answer["total"], 1);
        assert_eq!(answer["hits"][0]["message"], message);
        assert_eq!(answer["hits"][0]["vakt.stream"], stream);
    }
}

/// A webhook's receiver: gives the body of each request, and refuses the first.
fn receiver() -> (String, mpsc::Receiver<Json>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            let body = loop {
                let count = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((_, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str::<Json>(body)
                {
                    break body;
                }
            };
            let status = if number == 0 {
                "503 Busy"
            } else {
                "204 No Content"
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            if number > 0 && sender.send(body).is_err() {
                return;
            }
        }
    });
    (url, bodies)
}

#[test]
fn a_webhook_hears_of_a_draft_again_after_a_refusal_and_sees_no_raw_line() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let (url, bodies) = receiver();
    let config = configuration(
        folder.path(),
        &format!(
            "listeners:\n  - {{kind: http, address: '127.0.0.1:0'}}\n  \
             - {{kind: syslog-tcp, address: '127.0.0.1:0'}}\n\
             outputs:\n  hook: {{type: webhook, url: '{url}'}}\npublic_url: https://vakt.example.org\n"
        ),
    );
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    let now = jiff::Timestamp::now();
    let mut lines = String::new();
    for _ in 0..12 {
        lines.push_str(&format!(
            "<38>1 {now} web1 sshd 1 - - Failed password for root from 203.0.113.30 port 1 ssh2\n"
        ));
    }
    lines.push_str(&format!(
        "<38>1 {now} web1 sshd 1 - - Accepted password for root from 203.0.113.30 port 2 ssh2\n"
    ));
    daemon.send_tcp(lines.as_bytes());
    let mut kinds = Vec::new();
    while !kinds.iter().any(|kind| kind == "draft") {
        let body = bodies.recv_timeout(PATIENCE).expect("a notice");
        let text = body.to_string();
        assert!(!text.contains("Accepted password"), "no raw line: {text}");
        if body["kind"] == "draft" {
            let link = body["link"].as_str().unwrap();
            assert!(
                link.starts_with("https://vakt.example.org/incidents/"),
                "{link}"
            );
            assert!(body["deadline"].is_string(), "{text}");
        }
        kinds.push(body["kind"].as_str().unwrap().to_owned());
    }
    assert!(bodies.recv_timeout(Duration::from_millis(1)).is_err() || !kinds.is_empty());
}

#[test]
fn metrics_are_ours_and_account_for_every_frame() {
    let daemon = Daemon::start();
    let lines: String = (0..1000)
        .map(|number| format!("<14>Nov 24 10:00:00 web1 app: counted {number}\n"))
        .collect();
    daemon.send_tcp(lines.as_bytes());
    daemon.wait_for("the lines", |daemon| {
        (daemon.total("counted") == 1000).then_some(())
    });
    let (status, text) = daemon.get("/metrics");
    assert_eq!(status, 200);
    let mut names: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    names.sort_unstable();
    names.dedup();
    let foreign: Vec<_> = names
        .iter()
        .filter(|name| !name.starts_with("vakt_") && !name.starts_with("process_"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let value = |name: &str| -> f64 {
        text.lines()
            .filter_map(|line| {
                line.strip_prefix(name)?
                    .rsplit(' ')
                    .next()?
                    .parse::<f64>()
                    .ok()
            })
            .sum()
    };
    assert_eq!(value("vakt_ingest_frames_received_total"), 1000.0);
    assert_eq!(value("vakt_index_committed_position"), 1000.0);
    assert_eq!(value("vakt_ingest_frames_dropped_total"), 0.0);
    assert!(value("vakt_journal_fsync_duration_seconds_count") > 0.0);
    // What an alarm looks at is there before the first time.
    for name in [
        "vakt_journal_poisoned",
        "vakt_journal_forgotten_cursor_sequences_total",
        "vakt_journal_forgotten_cursor_runs_total",
        "vakt_index_rebuilds_total",
    ] {
        assert!(text.contains(&format!("\n{name} 0\n")), "{name}: {text}");
    }
    assert!(!text.contains("web1"), "a host's name is what a log says");
    if common::has_program("metrics_are_ours (promtool part)", "promtool") {
        let mut promtool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        promtool
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        assert!(promtool.wait().unwrap().success());
    }
}

#[test]
fn sources_say_who_was_heard_and_what_was_not_understood() {
    let daemon = Daemon::start();
    daemon.send_tcp(
        b"<14>Nov 24 10:00:00 web1 app: one\n<14>Nov 24 10:00:00 web2 app: two\n\
          <14>Nov 24 10:00:00 web2 app: three\n<14>1 2099-01-01T00:00:00Z web2 app - - - four\n",
    );
    let sources = daemon.wait_for("two sources", |daemon| {
        let answer = daemon.get_json("/api/v1/sources");
        let sources = answer["sources"].as_array()?.clone();
        let events: u64 = sources.iter().filter_map(|it| it["events"].as_u64()).sum();
        (events == 4).then_some(sources)
    });
    let mut hosts: Vec<_> = sources
        .iter()
        .map(|source| source["host"].clone())
        .collect();
    hosts.sort_by_key(ToString::to_string);
    assert_eq!(hosts, ["web1", "web2"]);
    for source in &sources {
        let figures = ["events", "unparsed", "unparsed_share"].map(|name| source[name].clone());
        // An event that claims to come from the future is marked.
        let expected = match source["host"].as_str().unwrap() {
            "web1" => [json!(1), json!(0), json!(0.0)],
            _ => [json!(3), json!(1), json!(0.3333)],
        };
        assert_eq!(figures, expected);
        assert!(source["last_heard"].is_string());
    }
    let output = daemon.vakt(&["--output", "text", "sources"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("web1") && text.contains("web2"), "{text}");
}

#[test]
fn doctor_lists_what_is_missing_and_is_content_when_nothing_is() {
    let folder = TempDir::new().unwrap();
    let doctor = |more: &[&str]| {
        let output = vakt()
            .args([
                "doctor",
                "--output",
                "ndjson",
                "--url",
                "http://127.0.0.1:9",
            ])
            .arg("--data-dir")
            .arg(folder.path())
            .args(more)
            .output()
            .unwrap();
        let verdicts: Vec<(String, String)> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str::<Json>(line).unwrap())
            .map(|finding| {
                let part = |name: &str| finding[name].as_str().unwrap().to_owned();
                (part("subject"), part("verdict"))
            })
            .filter(|(subject, _)| subject != "time")
            .collect();
        (output.status.code(), verdicts)
    };
    let verdicts = |of: [&str; 6]| -> Vec<(String, String)> {
        ["organisation", "outputs", "TLS", "rules", "data", "daemon"]
            .iter()
            .zip(of)
            .map(|(subject, verdict)| ((*subject).to_owned(), verdict.to_owned()))
            .collect()
    };
    assert_eq!(
        doctor(&[]),
        (
            Some(1),
            verdicts(["missing", "missing", "note", "ok", "ok", "note"])
        )
    );
    let config = configuration(
        folder.path(),
        "organisation: {name: Exempel AB}\noutputs:\n  hook: {type: webhook, url: 'https://hook.example.org/x'}\n",
    );
    let (_, found) = doctor(&["--config", &config]);
    assert_eq!(found, verdicts(["ok", "ok", "note", "ok", "ok", "note"]));
}
