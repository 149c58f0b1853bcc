//! An outage of a managed service from the first line of its probe to the final report, by a clock that the
//! test sets: what the real daemon says at each instant, and every document that leaves it.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::Daemon;
use common::moved_clock::MovedClock;
use common::receivers::{Hook, configuration};
use jiff::Timestamp;
use serde_json::Value as Json;
use tempfile::TempDir;

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
  number: 559000-0000
  contact: 'jour@fjallnat.example'
  entity_types: [msp]
  turnover_eur: 6000000
rules: [FOLDER/rules.yml]
services:
  - name: portal
    entity_types: [msp]
    users_eu: 400
    customers: [Acme AB]
    countries: [SE, DE]
    hosts: [web1]
    down: [9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a01]
    up: [9b2d6a34-58c1-4a0e-9d58-0e5b8f1d7a02]
outputs:
  chat: {type: webhook, url: 'HOOK'}
";

/// Those that an authority or the recipients of services get, in the order of the story.
const DOCUMENTS: [&str; 6] = [
    "early_warning",
    "recipients_incident",
    "notification",
    "intermediate",
    "progress",
    "final",
];

struct World {
    clock: MovedClock,
    daemon: Daemon,
    hook: Hook,
    folder: TempDir,
    /// The credential of the second principal.
    bo: String,
}

impl World {
    fn start(clock: MovedClock) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        let hook = Hook::start(&[Some(204)]);
        let config = configuration(folder.path(), &CONFIG.replace("HOOK", &hook.url()));
        let data = folder.path().join("data");
        let daemon = clock.start(&data, &["--config", &config]);
        let mut world = Self {
            clock,
            daemon,
            hook,
            folder,
            bo: String::new(),
        };
        let added = world.run(&["users", "add", "bo", "--role", "lead"]);
        world.bo = added["token"].as_str().unwrap().to_owned();
        world
    }

    fn command(&self, token: &str, arguments: &[&str]) -> Result<String, String> {
        let output = self
            .clock
            .vakt()
            .args(arguments)
            .args(["--url", &self.daemon.http, "--token", token])
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }

    fn run_as(&self, token: &str, arguments: &[&str]) -> Json {
        let arguments = [arguments, &["--output", "json"]].concat();
        let said = self.command(token, &arguments);
        let said = said.unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
        serde_json::from_str(&said).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Json {
        self.run_as(&self.daemon.token, arguments)
    }

    fn incident(&self) -> Json {
        self.run(&["incidents", "show", "1"])
    }

    fn say(&self, what: &str, at: &str) {
        let line = format!("<38>1 {at} web1 probe 1 - - portal is {what}\n");
        self.daemon.send_tcp(line.as_bytes());
    }

    fn fact(&self, arguments: &[&str]) -> Json {
        self.run(&[&["incidents", "fact", "1"], arguments].concat())
    }

    fn document(&self, stage: &str, language: &str, format: &str) -> String {
        let asked = [
            "incidents",
            "document",
            "1",
            stage,
            "--language",
            language,
            "--format",
            format,
        ];
        self.command(&self.daemon.token, &asked).unwrap()
    }

    /// The document filled in, looked at, kept, approved by the second principal and recorded as sent.
    fn report(&self, stage: &str, reference: &str) {
        let form = self.run(&["incidents", "report", "1", stage]);
        let texts: Vec<String> = form["missing"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| {
                let field = field.as_str().unwrap();
                format!("{field}={}", entered(field))
            })
            .collect();
        let set = texts.iter().flat_map(|text| ["--set", text]);
        let written: Vec<&str> = ["incidents", "report", "1", stage]
            .into_iter()
            .chain(set)
            .collect();
        assert_eq!(self.run(&written)["missing"], Json::Array(Vec::new()));
        self.look_at(stage);
        let kept = self.run(&["incidents", "keep-document", "1", stage]);
        let number = kept["id"].to_string();
        let approve = ["incidents", "approve-document", "1", &number];
        let own = self.command(&self.daemon.token, &approve).unwrap_err();
        assert!(own.contains("somebody else"), "{own}");
        self.run_as(&self.bo, &approve);
        let submit = ["incidents", "submit-document", "1", &number];
        let format = ["--format", "html", "--reference", reference];
        self.run(&[&submit[..], &format].concat());
    }

    /// Both languages as people read them, and every figure's origin looked for.
    fn look_at(&self, stage: &str) {
        let incident = self.incident();
        let id = incident["id"].as_str().unwrap();
        for language in ["sv", "en"] {
            let text = self.document(stage, language, "md");
            let name = format!("{stage}.{language}");
            insta::assert_snapshot!(name, text.replace(id, "ID-OF-THE-INCIDENT"));
            let json: Json = serde_json::from_str(&self.document(stage, language, "json")).unwrap();
            let mut origins = Vec::new();
            collect(&json, &mut origins);
            assert!(!origins.is_empty(), "{stage}");
            for origin in origins {
                self.resolve(&incident, origin);
            }
            for field in json["fields"].as_array().unwrap() {
                let is_empty = field["text"] == "";
                assert_eq!(
                    is_empty,
                    field["from"] == Json::Array(Vec::new()),
                    "{field:#}"
                );
            }
            assert!(self.document(stage, language, "html").contains("</html>"));
        }
    }

    /// What an origin names is there.
    fn resolve(&self, incident: &Json, origin: &Json) {
        let id = origin["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id: {origin:#}"));
        let among = |list: &str, member: &str| {
            let mut all = incident[list].as_array().unwrap().iter();
            all.any(|it| match &it[member] {
                Json::String(text) => text == id,
                other => other.as_i64() == id.parse().ok(),
            })
        };
        let is_there = match origin["kind"].as_str().unwrap() {
            "fact" | "report" => among("facts", "id"),
            "event" => {
                let events = incident["evidence"].as_array().unwrap();
                let event = events.iter().find(|it| it["id"] == id);
                event.is_some_and(|it| it["hash"] == origin["hash"])
            }
            "rule" => RULES.contains(id),
            "incident" => incident["id"] == id,
            "person" => {
                let words: Vec<&str> = id.split(' ').collect();
                words.len() == 3 && words[1] == "version"
            }
            // Its values are sources of their own beside it.
            "criterion" => id.starts_with("MSP-") || id.starts_with("H-"),
            "answer" => id == "users_limited",
            "regime" => id == "nis2-se",
            "configuration" => {
                let keys = ["organisation.", "services.portal."];
                keys.iter().any(|key| id.starts_with(key))
            }
            _ => false,
        };
        assert!(is_there, "{origin:#}");
    }
}

/// Every member `from`, wherever it stands.
fn collect<'j>(value: &'j Json, origins: &mut Vec<&'j Json>) {
    match value {
        Json::Array(all) => all.iter().for_each(|it| collect(it, origins)),
        Json::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("from", Json::Array(all)) => origins.extend(all),
                    _ => collect(member, origins),
                }
            }
        }
        _ => {}
    }
}

/// What a person writes into a field that nothing fills.
fn entered(field: &str) -> &'static str {
    match field {
        "suspected_malicious_or_unlawful" => "Nej.",
        "consequences_actual_or_feared" => "Kunderna kunde inte logga in.",
        "detailed_root_cause" => "Ett certifikat hade gått ut.",
        "economic_damage" => "Högst 12 000 euro.",
        "management_approval" => "Vd, den 28 januari 2027.",
        "geographic_area" => "Sverige och Tyskland.",
        _ => "Se händelseförloppet.",
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn clock<'j>(incident: &'j Json, stage: &str) -> &'j Json {
    let mut clocks = incident["clocks"].as_array().unwrap().iter();
    let is_of = |it: &&Json| it["stage"] == stage && it["state"] != "superseded";
    clocks
        .find(is_of)
        .unwrap_or_else(|| panic!("no clock of {stage}: {incident:#}"))
}

fn of_kind<'j>(incident: &'j Json, kind: &str) -> Vec<&'j Json> {
    let facts = incident["facts"].as_array().unwrap().iter();
    facts.filter(|fact| fact["fact"] == kind).collect()
}

#[test]
fn an_outage_from_the_probe_to_the_final_report() {
    let test = "an_outage_from_the_probe_to_the_final_report";
    // The evening of 10 November 2026 in Sweden, UTC+1.
    let Some(clock) = MovedClock::new(test, at("2026-11-10T18:00:00Z")) else {
        return;
    };
    let world = World::start(clock);
    world.run(&[
        "maintenance",
        "add",
        "--host",
        "portal",
        "--from",
        "2026-11-10 19:25",
        "--until",
        "2026-11-10 19:35",
        "--reason",
        "new certificate",
    ]);
    the_criterion_is_met_after_half_an_hour(&world);
    aware_and_the_early_warning(&world);
    notified(&world);
    in_progress_and_final(&world);
    let sent: BTreeSet<String> = world.run(&["incidents", "documents", "1"])["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["stage"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent, DOCUMENTS.map(str::to_owned).into());
    let World {
        clock,
        daemon,
        folder,
        ..
    } = world;
    assert!(daemon.end_with("TERM").success());
    verify(&clock, folder.path());
}

fn verify(clock: &MovedClock, folder: &Path) {
    let verified = clock
        .vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(folder.join("data"))
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// Down at 19:30:00, in a window of planned work that ends at 19:35.
fn the_criterion_is_met_after_half_an_hour(world: &World) {
    let (down, warned, limit) = (
        "2026-11-10T18:30:00Z",
        "2026-11-10T18:50:00Z",
        "2026-11-10T19:00:00Z",
    );
    let (met, by_overrun) = ("2026-11-10T19:00:00.000001Z", "2026-11-10T19:05:00.000001Z");
    world.clock.set(at(down));
    world.say("down", down);
    world.daemon.wait_for("the outage", |_| {
        let services = world.run(&["incidents", "services"]);
        let outage = services["services"][0]["outages"]
            .as_array()?
            .first()
            .cloned();
        let outage = outage?;
        assert_eq!(
            (
                &outage["timers"][0]["at"],
                &outage["timers"][0]["at_by_overrun"]
            ),
            (&met.into(), &by_overrun.into())
        );
        Some(())
    });

    // Ten minutes before, and not a microsecond sooner.
    world.clock.set(at("2026-11-10T18:49:59.999999Z"));
    world.quiet_for("a warning before its time");
    world.clock.set(at(warned));
    let near = world.hook.notice("criterion_near");
    assert_eq!(
        (
            &near["deadline"],
            &near["criterion"]["id"],
            &near["criterion"]["at_by_overrun"]
        ),
        (&met.into(), &"MSP-a".into(), &by_overrun.into())
    );

    // Half an hour is not more than half an hour.
    world.clock.set(at(limit));
    world.quiet_for("half an hour is not more than that");
    let assessed = world.run(&["incidents", "assess", "1"]);
    let outcome = |assessed: &Json| {
        let mut criteria = assessed["criteria"].as_array().unwrap().iter();
        criteria.find(|it| it["criterion"] == "MSP-a").unwrap()["outcome"].clone()
    };
    assert_eq!(outcome(&assessed), "not_met");
    let counted = &assessed["services"][0]["outages"][0]["counted"];
    assert_eq!(
        (&counted["whole"], &counted["overrun"]),
        (&"1800".into(), &"1500".into())
    );

    world.clock.set(at(met));
    assert_eq!(world.hook.notice("criterion_met")["deadline"], met);
    let incident = world.incident();
    let found = of_kind(&incident, "criterion_met");
    assert_eq!(
        (found.len(), &found[0]["at"], &found[0]["recorded_at"]),
        (1, &met.into(), &met.into())
    );
    assert_eq!(found[0]["fields"]["at_by_overrun"], by_overrun);
    assert_eq!(incident["state"], "draft", "no awareness by itself");
    assert_eq!(outcome(&world.run(&["incidents", "assess", "1"])), "met");
}

impl World {
    /// Nothing is told while this clock stands, though the daemon looks several times.
    fn quiet_for(&self, what: &str) {
        let told = self
            .hook
            .requests
            .recv_timeout(std::time::Duration::from_millis(2_500));
        assert!(told.is_err(), "{what}: {told:?}");
    }
}

fn aware_and_the_early_warning(world: &World) {
    world.clock.set(at("2026-11-10T19:03:00Z"));
    let aware = world.fact(&["aware", "--by", "Ada"]);
    assert_eq!(
        clock(&aware, "early_warning")["due"],
        "2026-11-11T19:03:00Z"
    );
    world.clock.set(at("2026-11-10T19:40:00Z"));
    world.report("early_warning", "NCSC-2026-17");
    assert_eq!(world.incident()["state"], "early_warned");
    world.report("recipients_incident", "mail to all users");

    let up = "2026-11-10T20:10:00Z";
    world.clock.set(at(up));
    world.say("up", up);
    let restored = world.daemon.wait_for("the end", |_| {
        let incident = world.incident();
        of_kind(&incident, "service_restored").pop().cloned()
    });
    assert_eq!(restored["at"], up);
}

fn notified(world: &World) {
    world.clock.set(at("2026-11-12T09:00:00Z"));
    let [limited, loss] = ["users_limited=380", "financial_loss_eur=12000"];
    world.run(&[
        "incidents",
        "assess",
        "1",
        "--set",
        limited,
        "--service",
        "portal",
        "--source",
        "fact 2",
    ]);
    world.run(&[
        "incidents",
        "assess",
        "1",
        "--set",
        loss,
        "--source",
        "estimate",
    ]);
    world.report("notification", "NCSC-2026-18");
    let notified = world.incident();
    // A month later, whatever the hour.
    let last = clock(&notified, "final");
    assert_eq!(
        (&last["state"], &last["nominal_date"], &last["due"]),
        (
            &"running".into(),
            &"2026-12-12".into(),
            &"2026-12-12T23:00:00Z".into()
        )
    );
    world.clock.set(at("2026-11-20T10:00:00Z"));
    world.fact(&["authority_request", "--due", "2026-11-25 12:00"]);
    world.clock.set(at("2026-11-24T10:00:00Z"));
    world.report("intermediate", "NCSC-2026-31");
}

/// It is still going on when the final report is due: a progress report, and a month after it is handled
/// the final one.
fn in_progress_and_final(world: &World) {
    world.clock.set(at("2026-12-11T10:00:00Z"));
    world.report("progress", "NCSC-2026-40");
    let waiting = world.incident();
    assert_eq!(clock(&waiting, "final")["due"], Json::Null, "{waiting:#}");
    world.clock.set(at("2027-01-12T15:00:00Z"));
    world.fact(&["handled"]);
    let handled = world.incident();
    let last = clock(&handled, "final");
    assert_eq!(
        (&last["nominal_date"], &last["due"]),
        (&"2027-02-12".into(), &"2027-02-12T23:00:00Z".into())
    );
    world.clock.set(at("2027-01-28T10:00:00Z"));
    world.report("final", "NCSC-2027-3");
    let reported = world.incident();
    assert_eq!(reported["state"], "final_reported");
    let late = reported["clocks"].as_array().unwrap().iter();
    let late: Vec<&Json> = late.filter(|it| it["state"] == "late").collect();
    assert!(late.is_empty(), "{late:#?}");
    for stage in ["early_warning", "notification", "intermediate", "final"] {
        assert_eq!(clock(&reported, stage)["state"], "met", "{stage}");
    }
}
