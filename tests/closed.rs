//! Closed by default: who may do what without a credential, and what is refused at start.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;

use common::{Daemon, vakt};

/// Sends a request as it stands and gives the status.
fn status(daemon: &Daemon, request: &str) -> u16 {
    let address = daemon.http.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    stream
        .write_all(
            request
                .replace("HOST", address)
                .replace('\n', "\r\n")
                .as_bytes(),
        )
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
}

const BODY: &str = "{\"message\":\"smuggled\"}";

fn post(headers: &str) -> String {
    format!(
        "POST /api/v1/events HTTP/1.1\n{headers}Content-Length: {}\nConnection: close\n\n{BODY}",
        BODY.len()
    )
}

#[test]
fn credential_free_intake_refuses_what_a_browser_or_a_proxy_sent() {
    let daemon = Daemon::start();
    let check = |headers: &str, expected: u16| {
        assert_eq!(status(&daemon, &post(headers)), expected, "{headers}");
    };
    check("Host: HOST\n", 200);
    check("Host: HOST\nOrigin: https://evil.example\n", 403);
    check("Host: HOST\nOrigin: null\n", 403);
    check("Host: HOST\nX-Forwarded-For: 192.0.2.1\n", 403);
    check("Host: HOST\nForwarded: for=192.0.2.1\n", 403);
    check("Host: HOST\nSec-Fetch-Site: cross-site\n", 403);
    check("Host: rebound.example\n", 403);
    check("Host: rebound.example:8514\n", 403);
    assert_eq!(daemon.total("smuggled"), 1, "only the first was taken");
}

#[test]
fn reading_and_changing_always_need_a_credential() {
    let daemon = Daemon::start();
    let check = |method: &str, path: &str, expected: u16| {
        let request = format!(
            "{method} {path} HTTP/1.1\nHost: HOST\nContent-Length: 0\nConnection: close\n\n"
        );
        assert_eq!(status(&daemon, &request), expected, "{method} {path}");
    };
    check("GET", "/healthz", 200);
    check("GET", "/readyz", 200);
    check("GET", "/metrics", 200);
    for path in [
        "search?q=*",
        "incidents",
        "alerts",
        "rules",
        "sources",
        "users",
        "tokens",
    ] {
        check("GET", &format!("/api/v1/{path}"), 401);
    }
    check("POST", "/api/v1/incidents", 401);
    check("POST", "/api/v1/incidents/1/facts", 401);
    check("POST", "/api/v1/users", 401);
}

#[test]
fn roles_limit_what_a_token_may_do() {
    let daemon = Daemon::start();
    let output = daemon.vakt(&[
        "--output", "ndjson", "users", "add", "vera", "--role", "viewer",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let token: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let token = token["token"].as_str().unwrap();
    let run = |arguments: &[&str]| {
        vakt()
            .args(arguments)
            .args(["--url", &daemon.http, "--token", token])
            .output()
            .unwrap()
    };
    assert!(run(&["search", "anything"]).status.success());
    let refused = run(&["users", "add", "eve", "--role", "admin"]);
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(text.contains("viewer"), "the reason names the role: {text}");
}

#[test]
fn what_is_unsafe_is_refused_at_start_with_the_reason() {
    let folder = tempfile::TempDir::new().unwrap();
    let check = |arguments: &[&str], reason: &str| {
        let output = vakt()
            .arg("serve")
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(reason), "{text}");
    };
    check(&["--http", "0.0.0.0:0"], "HTTP without TLS on 0.0.0.0:0");
    check(
        &["--syslog-udp", "0.0.0.0:0"],
        "plaintext syslog from anybody",
    );
    check(&["--syslog-tcp", "[::]:0"], "plaintext syslog from anybody");
    check(
        &["--relp", "0.0.0.0:0"],
        "name the senders' `networks`, use kind relp-tls",
    );
    for flag in ["--syslog-tls", "--relp-tls"] {
        check(&[flag, "127.0.0.1:0"], "no certificate is configured");
    }
}
