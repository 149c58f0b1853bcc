//! A quiet day of three hosts stays quiet: what a person has to look at is listed here.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::Daemon;
use serde_json::Value as Json;

/// More than these a person does not look at before the first coffee.
const ALERTS_MAX: usize = 5;

/// Matches of a group that lie further apart than this, in seconds, are two alerts.
const QUIET_GAP_SECONDS: i64 = 3_600;

/// Rule, entity, matches: an address that tried root's password a dozen times, twice; an
/// administrator who took a root shell; a scanner that passed by.
const EXPECTED: [(&str, &str, u64); 3] = [
    ("SSH brute force from one address", "203.0.113.99", 6),
    ("Root shell through sudo", "anna", 1),
    (
        "Vulnerability scanner by its user agent",
        "203.0.113.200",
        6,
    ),
];

/// The log of the day, of our own making: cron, timers, administrators with keys and sudo, mistyped
/// passwords, deployments, backups, an upgrade, a web shop's visitors, and what the internet sends
/// to every host. It lies in the past, so that its times are what it claims.
fn day() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/quiet_day.log")
}

/// A reading of `/metrics`.
fn metric(daemon: &Daemon, name: &str) -> Option<u64> {
    let (_, text) = daemon.get("/metrics");
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn a_quiet_day_raises_these_alerts_and_no_draft() {
    let log = std::fs::read(day()).unwrap();
    let lines = u64::try_from(log.split_inclusive(|byte| *byte == b'\n').count()).unwrap();
    assert!(lines > 500, "{lines} lines are no day");
    let daemon = Daemon::start();
    daemon.send_tcp(&log);
    daemon.wait_for("the day to be evaluated", |daemon| {
        let done = metric(daemon, "vakt_detect_applied_position ")?;
        (done == lines).then_some(())
    });
    let answer = daemon.get_json("/api/v1/alerts?limit=500");
    let mut found: Vec<(String, String, u64)> = answer["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alert| {
            let text = |name: &str| alert[name].as_str().unwrap_or_default().to_owned();
            let count = alert["count"].as_u64().unwrap();
            (text("rule.name"), text("entity"), count)
        })
        .collect();
    found.reverse();
    let found: Vec<_> = found
        .iter()
        .map(|(rule, entity, count)| (rule.as_str(), entity.as_str(), *count))
        .collect();
    assert_eq!(found, EXPECTED);
    assert!(found.len() <= ALERTS_MAX);
    let drafts = daemon.get_json("/api/v1/incidents");
    assert_eq!(drafts["incidents"], Json::Array(Vec::new()));
    // Every line of it is understood.
    assert_eq!(
        metric(&daemon, "vakt_detect_events_unparsed_total "),
        Some(0)
    );
}

/// Received within a second, matches hours apart are one alert; spread over the day they must not
/// be more. `scan` knows the time of each. Each rule stands for its one entity here.
#[test]
fn spread_over_its_hours_the_day_raises_no_more() {
    let output = common::vakt()
        .args(["--output", "ndjson", "scan"])
        .arg(day())
        .output()
        .unwrap();
    let mut open: Vec<(String, jiff::Timestamp)> = Vec::new();
    let mut alerts: Vec<String> = Vec::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let found: Json = serde_json::from_str(line).unwrap();
        let rule = found["rule"]["title"].as_str().unwrap().to_owned();
        let time: jiff::Timestamp = found["event"]["time"].as_str().unwrap().parse().unwrap();
        match open.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, last)) if time.duration_since(*last).as_secs() <= QUIET_GAP_SECONDS => {
                *last = time;
            }
            Some((_, last)) => {
                *last = time;
                alerts.push(rule);
            }
            None => {
                open.push((rule.clone(), time));
                alerts.push(rule);
            }
        }
    }
    let expected: Vec<&str> = EXPECTED.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(alerts, expected);
}
