//! Rounds of SIGKILL at any moment under load, over HTTP and from real omrelp: nothing that was
//! acknowledged is lost or there twice, and every campaign raises one alert once.
//!
//! ```sh
//! VAKT_KILL_ROUNDS=100 cargo test -p vakt --test kill -- --nocapture    # the long run
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::Daemon;
use common::rsyslog::{Rsyslog, has_omrelp};
use tempfile::TempDir;

/// Rounds where nothing else is said.
const ROUNDS: u64 = 6;

const POSTERS: u64 = 2;

/// Lines that each rsyslog is given a round.
const RELP_LINES: usize = 1000;

fn rounds() -> u64 {
    let asked = std::env::var("VAKT_KILL_ROUNDS");
    asked.map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

/// What the posters of one round had acknowledged.
#[derive(Default)]
struct Acknowledged {
    messages: Vec<String>,
    /// Campaigns all of whose events are durable.
    campaigns: Vec<String>,
}

/// Posts until the daemon is killed: lines, and now and then a campaign (six failed logins and one
/// that succeeds, from an address of its own).
fn post(daemon: &Daemon, poster: u64, round: u64, killing: &AtomicBool) -> Acknowledged {
    let mut acknowledged = Acknowledged::default();
    for number in 0u64.. {
        let messages: Vec<String> = (0..20)
            .map(|line| format!("needle r{round}p{poster}n{number}l{line}"))
            .collect();
        let mut body: String = messages
            .iter()
            .map(|message| format!("{{\"message\":\"{message}\"}}\n"))
            .collect();
        let campaign = (number % 8 == 3).then(|| {
            let address = format!("2001:db8:{round:x}:{poster:x}::{number:x}");
            body.push_str(&campaign(&address));
            address
        });
        match daemon.post_events(&body) {
            Some((200, _)) => {
                acknowledged.messages.extend(messages);
                acknowledged.campaigns.extend(campaign);
            }
            answer => assert!(
                killing.load(Ordering::Acquire),
                "refused while alive: {answer:?}"
            ),
        }
        if killing.load(Ordering::Acquire) {
            break;
        }
    }
    acknowledged
}

fn campaign(address: &str) -> String {
    let entry = |message: String| {
        let micros = jiff::Timestamp::now().as_microsecond();
        format!(
            "{{\"SYSLOG_IDENTIFIER\":\"sshd\",\"_HOSTNAME\":\"web1\",\
             \"__REALTIME_TIMESTAMP\":\"{micros}\",\"MESSAGE\":\"{message}\"}}\n"
        )
    };
    let failed = |_| {
        entry(format!(
            "Failed password for root from {address} port 4000 ssh2"
        ))
    };
    let succeeded = entry(format!(
        "Accepted password for root from {address} port 4001 ssh2"
    ));
    (0..12).map(failed).collect::<String>() + &succeeded
}

/// Every page of hits, as `message` to how often.
fn messages(daemon: &Daemon, query: &str) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    let mut more = String::new();
    loop {
        let page = daemon.search_with(query, 1000, &more);
        for hit in page["hits"].as_array().unwrap() {
            let message = hit["message"].as_str().unwrap().trim_start().to_owned();
            *found.entry(message).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => more = format!("&cursor={}", common::percent_encoded(next)),
            None => return found,
        }
    }
}

/// Alerts of correlations by the address that they are about: how many, and their matches.
fn alerts(daemon: &Daemon) -> HashMap<String, (usize, u64)> {
    let mut found: HashMap<String, (usize, u64)> = HashMap::new();
    let mut path = "/api/v1/alerts?limit=500".to_owned();
    loop {
        let page = daemon.get_json(&path);
        for alert in page["alerts"].as_array().unwrap() {
            let name = alert["rule.name"].as_str().unwrap();
            if name.contains("succeeds") {
                let address = alert["entity"].as_str().unwrap().to_owned();
                let entry = found.entry(address).or_default();
                entry.0 += 1;
                entry.1 += alert["count"].as_u64().unwrap();
            }
        }
        match page["next"].as_str() {
            Some(next) => {
                path = format!(
                    "/api/v1/alerts?limit=500&cursor={}",
                    common::percent_encoded(next)
                );
            }
            None => return found,
        }
    }
}

fn line(sender: usize, number: usize) -> String {
    format!("relay s{sender}n{number}")
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_over_many_kills() {
    let test = "nothing_acknowledged_is_lost_or_doubled_over_many_kills";
    let senders = if has_omrelp(test) { 2 } else { 0 };
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut daemon = Daemon::start_in(&data, &["--relp", "127.0.0.1:0"]);
    let relp: SocketAddr = daemon.relp.unwrap();
    let mut rsyslogs: Vec<Rsyslog> = (0..senders).map(|_| Rsyslog::start(relp, "")).collect();
    let mut written = 0;
    let mut all = Acknowledged::default();
    let rounds = rounds();
    for round in 0..rounds {
        for (sender, rsyslog) in rsyslogs.iter_mut().enumerate() {
            rsyslog.write((written..written + RELP_LINES).map(|number| line(sender, number)));
        }
        written += RELP_LINES;
        let killing = AtomicBool::new(false);
        thread::scope(|scope| {
            let posters: Vec<_> = (0..POSTERS)
                .map(|poster| {
                    let (daemon, killing) = (&daemon, &killing);
                    scope.spawn(move || post(daemon, poster, round, killing))
                })
                .collect();
            // Spread over a second, each round somewhere else.
            thread::sleep(Duration::from_millis(200 + round * 137 % 800));
            killing.store(true, Ordering::Release);
            daemon.signal("KILL");
            for poster in posters {
                let one = poster.join().expect("a poster");
                all.messages.extend(one.messages);
                all.campaigns.extend(one.campaigns);
            }
        });
        // Its lock is free once it is dead.
        daemon.kill();
        daemon = Daemon::start_in(&data, &["--relp", &relp.to_string()]);
    }
    // omrelp notices that it may connect again when it has something to send.
    let mut last = 0;
    daemon.wait_for("what rsyslog has still to send", |daemon| {
        for (sender, rsyslog) in rsyslogs.iter_mut().enumerate() {
            rsyslog.write(std::iter::once(format!("relay last s{sender}n{last}")));
        }
        last += 1;
        thread::sleep(Duration::from_millis(300));
        let lines = u64::try_from(written * senders).unwrap();
        (daemon.total("relay") >= lines).then_some(())
    });
    check_messages(&daemon, &all.messages);
    check_relp(&daemon, senders, written);
    check_alerts(&daemon, &all.campaigns);
    eprintln!(
        "{rounds} rounds: {} events acknowledged over HTTP, {} lines over RELP, {} campaigns",
        all.messages.len(),
        written * senders,
        all.campaigns.len()
    );
}

fn check_messages(daemon: &Daemon, acknowledged: &[String]) {
    assert!(acknowledged.len() > 100, "only {}", acknowledged.len());
    let found = messages(daemon, "needle");
    for message in acknowledged {
        assert_eq!(found.get(message), Some(&1), "{message}");
    }
    // An event whose acknowledgement was lost may be there, but not twice.
    assert!(found.values().all(|times| *times == 1));
}

fn check_relp(daemon: &Daemon, senders: usize, written: usize) {
    let found = messages(daemon, "relay");
    for sender in 0..senders {
        for number in 0..written {
            let line = line(sender, number);
            assert!(found.contains_key(&line), "{line} is lost");
        }
    }
    // What was durable and not answered yet when the daemon was killed came again.
    let twice: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        twice.is_empty(),
        "{} lines are there twice: {twice:?}",
        twice.len()
    );
}

fn check_alerts(daemon: &Daemon, campaigns: &[String]) {
    let found = daemon.wait_for("an alert for each campaign", |daemon| {
        let found = alerts(daemon);
        let missing = campaigns.iter().filter(|one| !found.contains_key(*one));
        (missing.count() == 0).then_some(found)
    });
    let more = found.iter().find(|(_, counts)| **counts != (1, 1));
    assert_eq!(more, None);
    let incidents = daemon.get_json("/api/v1/incidents");
    assert!(!incidents["incidents"].as_array().unwrap().is_empty());
}
