//! Services that are away, answers, and what recurs, through the real daemon, the command and the pages.
//!
//! The daemon's clock is the machine's: what is told of is made to be of the past by the events' own times.
//! `crates/vakt-incident/tests/services.rs` has the same with a clock that is moved, and planned work.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;

use common::receivers::{Hook, configuration};
use common::{Daemon, vakt};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use tempfile::TempDir;

/// Rules as a detection engineer writes them, and a service that names them.
const RULES: &str = "
title: The portal does not answer
id: 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01
logsource: {product: linux}
detection:
    keywords: ['portal is down']
    condition: keywords
level: low
---
title: The portal answers
id: 9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a02
logsource: {product: linux}
detection:
    keywords: ['portal is up']
    condition: keywords
level: informational
";

const CONFIG: &str = "organisation:
  name: Fjällnät IT AB
  entity_types: [msp]
  turnover_eur: 6000000
rules: [FOLDER/rules.yml]
services:
  - name: portal
    entity_types: [msp]
    users_eu: 400
    customers: [Acme AB]
    countries: [SE]
    hosts: [web1]
    down: [9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01]
    up: [9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a02]
outputs:
  chat: {type: webhook, url: 'HOOK'}
";

struct World {
    folder: TempDir,
    hook: Hook,
    config: String,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        let hook = Hook::start(&[Some(204)]);
        let config = configuration(folder.path(), &CONFIG.replace("HOOK", &hook.url()));
        Self {
            folder,
            hook,
            config,
        }
    }

    fn start(&self) -> Daemon {
        Daemon::start_in(
            &self.folder.path().join("data"),
            &["--config", &self.config],
        )
    }
}

fn say(daemon: &Daemon, at: Timestamp, what: &str) {
    daemon.send_tcp(format!("<38>1 {at} web1 probe 1 - - portal is {what}\n").as_bytes());
}

fn told(daemon: &Daemon, arguments: &[&str]) -> Json {
    let arguments = [&["incidents"], arguments, &["--output", "json"]].concat();
    let output = daemon.vakt(&arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn lines(daemon: &Daemon, arguments: &[&str]) -> String {
    let arguments = [&["incidents"], arguments, &["--output", "text"]].concat();
    let output = daemon.vakt(&arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn facts(daemon: &Daemon, kind: &str) -> Vec<Json> {
    let incident = told(daemon, &["show", "1"]);
    let all = incident["facts"].as_array().unwrap().iter();
    all.filter(|fact| fact["fact"] == kind).cloned().collect()
}

fn instant(value: &Json) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Whole seconds, as the probe writes them.
fn ago(duration: SignedDuration) -> Timestamp {
    let at = Timestamp::now() - duration;
    Timestamp::from_second(at.as_second()).unwrap()
}

#[test]
fn a_managed_service_is_away_for_longer_than_half_an_hour() {
    let world = World::new();
    let daemon = world.start();
    // The time is nearly up when it is heard of: a warning, a draft, and then the instant itself.
    let since = ago(SignedDuration::from_secs(29 * 60 + 40));
    let limit = since + SignedDuration::from_mins(30);
    say(&daemon, since, "down");
    say(&daemon, since + SignedDuration::from_secs(60), "down");
    let near = world.hook.notice("criterion_near");
    let met_at = limit + SignedDuration::from_micros(1);
    assert_eq!(instant(&near["deadline"]), met_at);
    assert_eq!(
        (&near["service"], &near["criterion"]["id"], &near["number"]),
        (&"portal".into(), &"MSP-a".into(), &1.into())
    );
    let draft = told(&daemon, &["show", "1"]);
    assert_eq!(
        (&draft["title"], &draft["origin"], &draft["state"]),
        (
            &"Outage of portal".into(),
            &"outage".into(),
            &"draft".into()
        )
    );
    assert_eq!(instant(&facts(&daemon, "service_lost")[0]["at"]), since);
    let evidence = draft["evidence"].as_array().unwrap();
    assert!(
        evidence[0]["original"]
            .as_str()
            .unwrap()
            .contains("portal is down")
    );

    let met = world.hook.notice("criterion_met");
    assert_eq!(instant(&met["deadline"]), met_at);
    let found = facts(&daemon, "criterion_met");
    assert_eq!(found.len(), 1);
    assert_eq!(instant(&found[0]["at"]), met_at);
    assert_eq!(found[0]["fields"]["criterion"], "MSP-a");
    assert_eq!(found[0]["recorded_by"], "vakt");
    // It was recorded when it had passed, never before, and is no awareness.
    assert!(
        instant(&found[0]["recorded_at"]) >= met_at,
        "{:#}",
        found[0]
    );
    assert_eq!(told(&daemon, &["show", "1"])["state"], "draft");

    // A person presses on: the page and the command ask for the rest.
    let (status, page) = daemon.get("/incidents/1/significance");
    assert_eq!(status, 200);
    for words in [
        "Aware now",
        "Awareness is yours to declare",
        "Har någon avlidit, eller kan incidenten leda till det?",
        "MSP-a",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (_, incident) = daemon.get("/incidents/1");
    assert!(
        incident.contains("MSP-a (Art. 10(a)) of portal"),
        "{incident}"
    );
    let text = lines(&daemon, &["assess", "1"]);
    assert!(text.contains("significant: a criterion is met"), "{text}");
    assert!(text.contains("portal since"), "{text}");
    let answered = told(
        &daemon,
        &[
            "assess",
            "1",
            "--set",
            "financial_loss_eur=1200",
            "--set",
            "death=no",
            "--source",
            "estimate",
        ],
    );
    assert_eq!(answered["revision"], 2);
    let criteria = answered["criteria"].as_array().unwrap();
    let loss = criteria.iter().find(|it| it["criterion"] == "H-a").unwrap();
    assert_eq!(
        (&loss["outcome"], &loss["from"][0]["source"]),
        (&"not_met".into(), &"estimate".into())
    );
    let refused = daemon.vakt(&["incidents", "assess", "1", "--set", "deaht=no"]);
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("did you mean `death`?"), "{refused}");

    // Killed and started again, it tells nothing twice, and knows when the service is back.
    daemon.kill();
    let daemon = world.start();
    let back = ago(SignedDuration::ZERO);
    say(&daemon, back, "up");
    let restored = daemon.wait_for("the end", |daemon| facts(daemon, "service_restored").pop());
    assert_eq!(instant(&restored["at"]), back);
    assert_eq!(facts(&daemon, "criterion_met").len(), 1);
    let services = told(&daemon, &["services"]);
    let outages = services["services"][0]["outages"].as_array().unwrap();
    assert_eq!(outages.len(), 1, "{services:#}");
    assert_eq!(instant(&outages[0]["until"]), back);
    told(&daemon, &["fact", "1", "handled"]);
    while let Ok(request) = world.hook.requests.try_recv() {
        let kind = request.json()["kind"].as_str().unwrap().to_owned();
        assert!(!kind.starts_with("criterion"), "told again: {kind}");
    }
    let data = daemon.data.clone();
    assert!(daemon.end_with("TERM").success());
    let verified = vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn small_incidents_of_one_cause_become_one_draft_and_dismissed_ones_do_not() {
    let world = World::new();
    let daemon = world.start();
    let small = |cause: &str, loss: &str, end: &str| {
        let opened = told(&daemon, &["open", &format!("{cause} {loss}")]);
        let id = opened["id"].as_str().unwrap().to_owned();
        let (cause, loss) = (
            format!("root_cause={cause}"),
            format!("financial_loss_eur={loss}"),
        );
        told(&daemon, &["assess", &id, "--set", &cause, "--set", &loss]);
        told(&daemon, &["fact", &id, end, "--reason", "small"]);
        id
    };
    // 5 % of the turnover are 300 000.
    for _ in 0..3 {
        small("Expired certificate", "150000", "dismissed");
    }
    let members: Vec<String> = (0..3)
        .map(|_| small("Old TLS library", "100001", "not_significant"))
        .collect();
    let draft = world.hook.notice("draft");
    let recurring = told(&daemon, &["recurring"]);
    let causes = recurring["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 1, "{recurring:#}");
    assert_eq!(
        (
            &causes[0]["root_cause"],
            &causes[0]["outcome"],
            &causes[0]["loss_eur"]
        ),
        (&"Old TLS library".into(), &"met".into(), &"300003".into())
    );
    let id = causes[0]["recurring"].as_str().unwrap();
    assert_eq!(draft["incident"], id);
    let found = told(&daemon, &["assess", id]);
    assert_eq!(found["members"], Json::from(members));
    assert_eq!(
        (
            &found["criteria"][0]["criterion"],
            &found["criteria"][0]["outcome"]
        ),
        (&"H-f".into(), &"met".into())
    );
    let list = daemon.get_json("/api/v1/incidents?limit=100");
    let of_origin = list["incidents"].as_array().unwrap().iter();
    assert_eq!(
        of_origin.filter(|it| it["origin"] == "recurring").count(),
        1
    );

    // Somebody looks, and signs; what has not ended cannot be signed.
    let quarter = recurring["quarter"].as_str().unwrap();
    let signed = told(
        &daemon,
        &[
            "review-quarter",
            quarter,
            "--by",
            "Ada",
            "--note",
            "one cause",
        ],
    );
    assert_eq!(
        signed["looked_at"]["causes"][0]["root_cause"],
        "Old TLS library"
    );
    assert_eq!(told(&daemon, &["recurring"])["reviewed"], true);
    let early = daemon.vakt(&["incidents", "review-quarter", "9999-Q4", "--by", "Ada"]);
    let early = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(early.contains("9999-Q4 has not ended"), "{early}");
    let (status, page) = daemon.get("/recurring");
    assert_eq!(status, 200);
    for words in [
        "Old TLS library",
        "Significant together",
        "signed by Ada",
        "Service portal",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let data = daemon.data.clone();
    assert!(daemon.end_with("TERM").success());
    let verified = vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&data)
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}
