//! What was acknowledged is found exactly once, whatever happens to the process.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::Daemon;
use tempfile::TempDir;

/// Everything that a search finds, page by page, as `message` to how often.
fn messages(daemon: &Daemon, query: &str) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    let mut cursor = String::new();
    loop {
        let more = if cursor.is_empty() {
            String::new()
        } else {
            format!("&cursor={}", common::percent_encoded(&cursor))
        };
        let page = daemon.search_with(query, 1000, &more);
        for hit in page["hits"].as_array().expect("hits") {
            let message = hit["message"].as_str().expect("a message").to_owned();
            *found.entry(message).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

#[test]
fn after_sigkill_every_acknowledged_event_is_found_exactly_once() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..4 {
        let daemon = Daemon::start_in(&data, &[]);
        let killing = AtomicBool::new(false);
        thread::scope(|scope| {
            let posters: Vec<_> = (0..3)
                .map(|poster| {
                    let (daemon, killing) = (&daemon, &killing);
                    scope.spawn(move || {
                        let mut taken = Vec::new();
                        for number in 0.. {
                            let messages: Vec<String> = (0..20)
                                .map(|line| format!("needle r{round}p{poster}n{number}l{line}"))
                                .collect();
                            let body: String = messages
                                .iter()
                                .map(|message| format!("{{\"message\":\"{message}\"}}\n"))
                                .collect();
                            match daemon.post_events(&body) {
                                Some((200, _)) => taken.extend(messages),
                                answer => assert!(
                                    killing.load(Ordering::Acquire),
                                    "refused while alive: {answer:?}"
                                ),
                            }
                            if killing.load(Ordering::Acquire) {
                                break;
                            }
                        }
                        taken
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(700 + 150 * round));
            killing.store(true, Ordering::Release);
            daemon.signal("KILL");
            for poster in posters {
                acknowledged.extend(poster.join().expect("a poster"));
            }
        });
    }
    assert!(acknowledged.len() > 100, "only {}", acknowledged.len());
    let daemon = Daemon::start_in(&data, &[]);
    let found = messages(&daemon, "needle");
    let wrong: Vec<_> = acknowledged
        .iter()
        .filter(|message| found.get(*message) != Some(&1))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} acknowledged events are not found exactly once: {:?}",
        wrong.len(),
        acknowledged.len(),
        wrong.first()
    );
    assert!(
        found.values().all(|count| *count == 1),
        "an event that was never acknowledged is there twice"
    );
}

#[test]
fn a_restart_repeats_no_alert_and_forgets_no_window() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let line = |program: &str, text: &str| {
        format!(
            "<38>1 {} web1 {program} 1 - - {text}\n",
            jiff::Timestamp::now()
        )
    };
    let failures = |count: usize| -> String {
        (0..count)
            .map(|_| {
                line(
                    "sshd",
                    "Failed password for root from 203.0.113.20 port 4 ssh2",
                )
            })
            .collect()
    };
    let daemon = Daemon::start_in(&data, &[]);
    daemon.send_tcp(failures(6).as_bytes());
    daemon.wait_for("the failures", |daemon| {
        (daemon.total("failed password") == 6).then_some(())
    });
    daemon.kill();

    let daemon = Daemon::start_in(&data, &[]);
    daemon.send_tcp(failures(6).as_bytes());
    daemon.send_tcp(
        line(
            "sshd",
            "Accepted password for root from 203.0.113.20 port 5 ssh2",
        )
        .as_bytes(),
    );
    let count = |daemon: &Daemon| {
        daemon.get_json("/api/v1/incidents")["incidents"]
            .as_array()
            .map_or(0, Vec::len)
    };
    daemon.wait_for("a draft of failures before and after the kill", |daemon| {
        (count(daemon) == 1).then_some(())
    });
    let before = daemon.get_json("/api/v1/alerts");
    assert!(daemon.end_with("TERM").success());

    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(count(&daemon), 1);
    assert_eq!(daemon.get_json("/api/v1/alerts"), before);
}

#[test]
fn a_clean_stop_takes_what_was_sent() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    let lines: String = (0..5000)
        .map(|number| format!("<14>Nov 24 10:00:00 web1 app: drained {number}\n"))
        .collect();
    daemon.send_tcp(lines.as_bytes());
    thread::sleep(Duration::from_millis(50));
    assert!(daemon.end_with("TERM").success());
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.total("drained"), 5000);
}

#[test]
fn a_second_daemon_is_refused_the_directory() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let _first = Daemon::start_in(&data, &[]);
    let output = common::vakt()
        .args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--syslog-udp",
            "127.0.0.1:0",
        ])
        .args(["--syslog-tcp", "127.0.0.1:0", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains(&*data.to_string_lossy()), "{text}");
}
