//! rsyslog's omrelp: every message arrives once, over TLS too, and also when the daemon is killed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::rsyslog::{Rsyslog, has_omrelp};
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
fn after_sigkill_every_message_is_there_once() {
    let test = "after_sigkill_every_message_is_there_once";
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
    // What was durable and not yet answered when the daemon was killed comes again, and is recognised.
    assert_eq!(all_are_found(&daemon, written), 0);
}

/// A client of our own, whose answers are lost: it opens a session and sends so many lines from one on.
fn send(address: SocketAddr, first: usize, count: usize) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    let mut frames = String::new();
    let offers = "relp_version=0\ncommands=syslog";
    frames.push_str(&format!("1 open {} {offers}\n", offers.len()));
    for number in 0..count {
        let message = format!("<13>Nov 29 10:00:00 host replay: {}", line(first + number));
        frames.push_str(&format!(
            "{} syslog {} {message}\n",
            number + 2,
            message.len()
        ));
    }
    client.write_all(frames.as_bytes()).unwrap();
    client
}

/// Two clients behind one address, so that their lines lie mixed in the journal.
#[test]
fn what_was_durable_and_not_answered_at_a_sigkill_is_recognised() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut daemon = Daemon::start_in(&data, &["--relp", "127.0.0.1:0"]);
    let address = daemon.relp.unwrap();
    let (one, other) = (send(address, 0, 100), send(address, 100, 100));
    assert_eq!(all_are_found(&daemon, 200), 0);
    daemon.kill();
    drop((one, other));
    daemon = Daemon::start_in(&data, &["--relp", &address.to_string()]);
    // The first has answers to all but its last 40 lines, the second to none and ten new ones.
    let (one, other) = (send(address, 60, 40), send(address, 100, 110));
    assert_eq!(all_are_found(&daemon, 210), 0);
    drop((one, other));
}
