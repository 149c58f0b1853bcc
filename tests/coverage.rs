//! Which kinds of logs assets give, what is missing and why, and the review: real events through the real daemon.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const CONFIG: &str = "\
streams: [acme]
listeners:
  - {kind: http, address: '127.0.0.1:0'}
  - {kind: syslog-tcp, address: '127.0.0.1:0'}
assets:
  - name: web
    hosts: [web1, web2]
    expect: [authentication, account_changes, network_traffic, log_control]
  - name: door
    hosts: [door1]
    expect: [physical_access]
    counts_as: [physical_access]
  - name: gone
    hosts: [gone1]
    expect: []
";

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(daemon: &Daemon, arguments: &[&str]) -> Json {
    let output = daemon.vakt(&[arguments, &["--output", "json"]].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        stderr(&output)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(daemon: &Daemon, arguments: &[&str]) -> String {
    let output = daemon.vakt(arguments);
    assert!(!output.status.success(), "{arguments:?} was taken");
    stderr(&output)
}

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("vakt.yaml"), CONFIG).unwrap();
        Self { folder }
    }

    fn start(&self) -> Daemon {
        let config = self.folder.path().join("vakt.yaml");
        let data = self.folder.path().join("data");
        Daemon::start_in(&data, &["--config", config.to_str().unwrap()])
    }
}

fn state(matrix: &Json, asset: usize, kind: &str) -> (String, u64) {
    let cells = matrix["assets"][asset]["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| cell["kind"] == kind).unwrap();
    (
        cell["state"].as_str().unwrap().to_owned(),
        cell["events"].as_u64().unwrap(),
    )
}

fn line(host: &str, program: &str, message: &str) -> String {
    let now = jiff::Timestamp::now();
    format!("<38>1 {now} {host} {program} 7 - - {message}\n")
}

/// Three logins, a new account, a door, and somebody nobody knows.
fn events() -> String {
    let login = |port: u32| {
        let message = format!("Accepted password for ann from 203.0.113.7 port {port} ssh2");
        line("web1", "sshd", &message)
    };
    let useradd = "new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/bash";
    [
        login(1),
        login(2),
        login(3),
        line("web1", "useradd", useradd),
        line("door1", "lock", "card 17 opened door 3"),
        line("stranger", "cron", "hello"),
    ]
    .concat()
}

#[test]
fn what_assets_give_is_counted_explained_signed_and_kept_over_a_restart() {
    let place = Place::new();
    let daemon = place.start();
    let empty = json(&daemon, &["coverage"]);
    assert_eq!(empty["counted_since"], Json::Null);
    assert_eq!(empty["summary"]["gaps_without_reason"], 5);
    daemon.send_tcp(events().as_bytes());
    let matrix = daemon.wait_for("the events", |daemon| {
        let matrix = daemon.get_json("/api/v1/coverage");
        (matrix["summary"]["unknown_hosts"] == 1).then_some(matrix)
    });
    assert_eq!(
        state(&matrix, 0, "authentication"),
        ("received".to_owned(), 3)
    );
    assert_eq!(
        state(&matrix, 0, "account_changes"),
        ("received".to_owned(), 1)
    );
    assert_eq!(state(&matrix, 0, "network_traffic"), ("gap".to_owned(), 0));
    assert_eq!(
        state(&matrix, 0, "environment"),
        ("not_expected".to_owned(), 0)
    );
    assert_eq!(state(&matrix, 1, "physical_access").0, "received");
    assert_eq!(matrix["assets"][0]["never_heard"], json!(["web2"]));
    assert_eq!(
        (
            &matrix["assets"][2]["silent"],
            &matrix["assets"][2]["last_heard"]
        ),
        (&json!(true), &Json::Null)
    );
    assert_eq!(matrix["unknown_hosts"][0]["host"], "stranger");
    assert!(matrix["counted_since"].is_string());

    let explain = [
        "coverage",
        "explain",
        "--asset",
        "web",
        "--kind",
        "network_traffic",
        "--reason",
        "the provider filters",
        "--review-by",
        "90d",
    ];
    let made = json(&daemon, &explain);
    assert_eq!(
        (&made["author"], &made["state"]),
        (&json!("admin"), &json!("in_force"))
    );
    assert!(refused(&daemon, &explain).contains("in force"), "twice");
    let wrong = [
        "coverage",
        "explain",
        "--asset",
        "web",
        "--kind",
        "authentification",
        "--reason",
        "x",
        "--review-by",
        "9d",
    ];
    assert!(refused(&daemon, &wrong).contains("did you mean `authentication`?"));
    let one = json(&daemon, &["coverage", "--asset", "web"]);
    assert_eq!(one["assets"].as_array().unwrap().len(), 1);
    assert_eq!(state(&one, 0, "network_traffic").0, "gap_with_reason");
    assert!(refused(&daemon, &["coverage", "--asset", "wbe"]).contains("no asset with this name"));

    let stale = matrix["hash"].as_str().unwrap();
    let sign =
        |hash: &str| ["coverage", "sign", "--by", "Anna Ek", "--hash", hash].map(str::to_owned);
    let with = |hash: &str| sign(hash).to_vec();
    let arguments = with(stale);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert!(refused(&daemon, &arguments).contains("is not the one that was looked at"));
    let hash = json(&daemon, &["coverage"])["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let arguments = with(&hash);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let signed = json(&daemon, &arguments);
    assert_eq!(
        (&signed["by"], &signed["recorded_by"]),
        (&json!("Anna Ek"), &json!("admin"))
    );
    let before = json(&daemon, &["coverage"]);
    assert_eq!(
        (&before["signed"], &before["summary"]["review_due"]),
        (&signed, &json!(false))
    );

    let sheet = daemon.get("/api/v1/coverage?format=csv").1;
    assert!(
        sheet.contains(
            "web,medium,network_traffic,a,true,gap_with_reason,,0,the provider filters,admin,"
        ),
        "{sheet}"
    );
    let shown = daemon.vakt(&["coverage", "--output", "text"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("unknown host stranger") && shown.contains("reviewed by Anna Ek"),
        "{shown}"
    );
    let figures = json(&daemon, &["figures", "--role", "it"]);
    assert_eq!(figures["coverage"]["gaps_with_reason"], 1);

    assert!(daemon.end_with("TERM").success());
    let daemon = place.start();
    let after = json(&daemon, &["coverage"]);
    for part in ["assets", "unknown_hosts", "hash", "signed", "counted_since"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    let end = [
        "coverage",
        "end",
        made["id"].as_str().unwrap(),
        "--reason",
        "we look now",
    ];
    assert_eq!(json(&daemon, &end)["ended_by"], "admin");
    assert_eq!(
        state(&json(&daemon, &["coverage"]), 0, "network_traffic").0,
        "gap"
    );
    let reasons = json(&daemon, &["coverage", "reasons"]);
    assert_eq!(reasons["reasons"][0]["state"], "ended");
    let verified = vakt()
        .args(["verify", "--data-dir"])
        .arg(&daemon.data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", stderr(&verified));
}

#[test]
fn a_daemon_that_is_killed_counts_nothing_twice() {
    let place = Place::new();
    let daemon = place.start();
    daemon.send_tcp(events().as_bytes());
    daemon.wait_for("the events", |daemon| {
        let matrix = daemon.get_json("/api/v1/coverage");
        (matrix["summary"]["unknown_hosts"] == 1).then_some(())
    });
    daemon.kill();
    let daemon = place.start();
    let matrix = daemon.wait_for("the events again", |daemon| {
        let matrix = daemon.get_json("/api/v1/coverage");
        (matrix["summary"]["unknown_hosts"] == 1).then_some(matrix)
    });
    assert_eq!(
        state(&matrix, 0, "authentication"),
        ("received".to_owned(), 3)
    );
}

/// Who sees one stream gets the figures, the assets and the breaches of it alone.
#[test]
fn who_sees_one_stream_learns_nothing_of_others() {
    let place = Place::new();
    let daemon = place.start();
    daemon.send_tcp(events().as_bytes());
    daemon.wait_for("the events", |daemon| {
        let matrix = daemon.get_json("/api/v1/coverage");
        (matrix["summary"]["unknown_hosts"] == 1).then_some(())
    });
    for (stream, title) in [("default", "ours"), ("acme", "theirs")] {
        let body = json!({
            "title": title, "stream": stream, "detected_at": "2026-11-20T10:00:00Z", "regimes": ["gdpr"],
        });
        assert_eq!(daemon.post("/api/v1/incidents", &body.to_string()).0, 201);
    }
    let daemon = &daemon;
    let of = |stream: &str| {
        let name = format!("of-{stream}");
        let add = [
            "users", "add", &name, "--role", "analyst", "--stream", stream,
        ];
        let token = json(daemon, &add)["token"].as_str().unwrap().to_owned();
        move |arguments: &[&str]| {
            let more = ["--output", "json", "--url", &daemon.http, "--token", &token];
            vakt().args([arguments, &more].concat()).output().unwrap()
        }
    };
    let told = |output: Output| -> Json {
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let acme = of("acme");
    let matrix = told(acme(&["coverage"]));
    assert_eq!(
        (&matrix["assets"], &matrix["unknown_hosts"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(matrix["summary"]["assets"], 0);
    let figures = told(acme(&["figures", "--period", "2026-11"]));
    assert_eq!(figures["real"]["incidents"]["detected"]["count"], 1);
    assert_eq!(figures["coverage"]["assets"], 0);
    let others = told(acme(&[
        "figures", "--period", "2026-11", "--stream", "default",
    ]));
    assert_eq!(others["real"]["incidents"]["detected"]["count"], 0);
    let register = told(acme(&["incidents", "register"]));
    assert_eq!(register["register"].as_array().unwrap().len(), 1);
    assert_eq!(register["register"][0]["title"], "theirs");
    let write = acme(&["incidents", "register", "1", "--facts", "x"]);
    assert!(
        stderr(&write).contains("no incident with this id"),
        "{}",
        stderr(&write)
    );
    let explain = [
        "coverage",
        "explain",
        "--asset",
        "web",
        "--kind",
        "resources",
        "--reason",
        "x",
        "--review-by",
        "9d",
    ];
    assert!(stderr(&acme(&explain)).contains("no asset with this name"));
    let hash = matrix["hash"].as_str().unwrap();
    let signed = acme(&["coverage", "sign", "--by", "x", "--hash", hash]);
    assert!(
        stderr(&signed).contains("does not see the whole of it"),
        "{}",
        stderr(&signed)
    );
    let own = of("default");
    let matrix = told(own(&["coverage"]));
    assert_eq!(
        matrix["assets"].as_array().unwrap().len(),
        2,
        "the one that was never heard is nobody's"
    );
}

#[test]
fn a_page_takes_a_reason_and_a_signature() {
    let place = Place::new();
    let daemon = place.start();
    let (status, page) = daemon.get("/coverage");
    assert_eq!(status, 200);
    assert!(
        page.contains("5 gaps without a reason") && page.contains("door"),
        "{page}"
    );
    let form = |body: &str| {
        let output = std::process::Command::new("curl")
            .args(["-s", "-o", "-", "-w", "%{http_code}", "-d", body])
            .args(["-H", &format!("authorization: Bearer {}", daemon.token)])
            .arg(format!("{}/coverage", daemon.http))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    if common::has_program("a_page_takes_a_reason_and_a_signature", "curl") {
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48);
        let day = soon.strftime("%Y-%m-%d");
        let reason =
            format!("do=reason&asset=door&kind=physical_access&reason=broken&review_by={day}");
        assert_eq!(form(&reason), "303");
        assert!(form(&reason).contains("has a reason for physical_access in force"));
        let page = daemon.get("/coverage").1;
        assert!(
            page.contains("4 gaps without a reason") && page.contains("broken"),
            "{page}"
        );
        let hash = page.split("name=\"hash\" value=\"").nth(1).unwrap();
        let hash = hash.split('"').next().unwrap();
        assert_eq!(form(&format!("do=sign&by=Anna&hash={hash}")), "303");
        assert!(form("do=sign&by=Anna&hash=old").contains("is not the one that was looked at"));
        assert!(daemon.get("/coverage").1.contains("<strong>Anna</strong>"));
    }
    for path in ["/figures?lang=sv", "/figures?role=board", "/register"] {
        assert_eq!(daemon.get(path).0, 200, "{path}");
    }
}
