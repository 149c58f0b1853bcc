//! rsyslog's omrelp: every message arrives once, over TLS too, and none is lost when the daemon is
//! killed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::rsyslog::{Rsyslog, WINDOW, has_omrelp};
use common::{Daemon, has_program};
use tempfile::TempDir;

fn line(number: usize) -> String {
    format!("relp line {number}")
}

/// How often each message is found.
fn messages(daemon: &Daemon) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    let mut more = String::new();
    loop {
        let page = daemon.search_with("\"relp line\"", 1000, &more);
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

/// Waits until all of so many lines are there and says how many are there twice or more.
fn all_are_found(daemon: &Daemon, count: usize) -> usize {
    daemon.wait_for("all lines", |daemon| {
        (daemon.total("\"relp line\"") >= count as u64).then_some(())
    });
    let found = daemon.wait_for("every line", |daemon| {
        let found = messages(daemon);
        (found.len() >= count).then_some(found)
    });
    for number in 0..count {
        assert!(found.contains_key(&line(number)), "line {number} is lost");
    }
    assert_eq!(found.len(), count);
    found.values().filter(|times| **times > 1).count()
}

#[test]
fn every_message_arrives_once() {
    let test = "every_message_arrives_once";
    if !has_omrelp(test) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--relp", "127.0.0.1:0"]);
    let mut rsyslog = Rsyslog::start(daemon.relp.unwrap(), "");
    rsyslog.write((0..5000).map(line));
    assert_eq!(all_are_found(&daemon, 5000), 0);
    assert_eq!(daemon.total("vakt.transport:relp"), 5000);
}

#[test]
fn over_tls_every_message_arrives_once() {
    let test = "over_tls_every_message_arrives_once";
    if !has_omrelp(test) || !has_program(test, "openssl") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (certificate, key) = (path("cert.pem"), path("key.pem"));
    let status = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-keyout",
            &key,
            "-out",
            &certificate,
        ])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let configuration = path("vakt.yaml");
    fs::write(
        &configuration,
        format!(
            "listeners:\n  - {{kind: http, address: '127.0.0.1:0'}}\n  \
             - {{kind: relp-tls, address: '127.0.0.1:0'}}\n\
             tls: {{certificate: '{certificate}', key: '{key}'}}\n"
        ),
    )
    .unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--config", &configuration]);
    let tls = format!(
        r#"tls="on" tls.caCert="{certificate}" tls.myCert="{certificate}" tls.myPrivKey="{key}" tls.authMode="name" tls.permittedPeer=["localhost"]"#
    );
    let mut rsyslog = Rsyslog::start(daemon.relp_tls.unwrap(), &tls);
    rsyslog.write((0..2000).map(line));
    assert_eq!(all_are_found(&daemon, 2000), 0);
}

#[test]
fn after_sigkill_no_message_is_lost() {
    let test = "after_sigkill_no_message_is_lost";
    if !has_omrelp(test) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut daemon = Daemon::start_in(&data, &["--relp", "127.0.0.1:0"]);
    let address = daemon.relp.unwrap();
    let mut rsyslog = Rsyslog::start(address, "");
    let (rounds, a_round) = (3, 4000);
    let mut written = 0;
    for round in 0..rounds {
        // It is killed in the midst of what it takes in.
        for _ in 0..a_round / 100 {
            rsyslog.write((written..written + 100).map(line));
            written += 100;
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(20 * round));
        daemon.kill();
        daemon = Daemon::start_in(&data, &["--relp", &address.to_string()]);
    }
    // omrelp notices that it may connect again when it has something to send.
    daemon.wait_for("all lines", |daemon| {
        rsyslog.write(std::iter::once(line(written)));
        written += 1;
        thread::sleep(Duration::from_millis(200));
        (daemon.total("\"relp line\"") >= written as u64).then_some(())
    });
    // What was durable and not yet answered when the daemon was killed comes again.
    let rounds = usize::try_from(rounds).unwrap();
    let twice = all_are_found(&daemon, written);
    assert!(twice <= rounds * WINDOW, "{twice} lines are there twice");
}
