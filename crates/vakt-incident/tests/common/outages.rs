//! A service that the map knows, and what is told of it.

use serde_json::Value as Json;
use vakt_event::{Level, Timestamp};
use vakt_incident::reminder::Policy;
use vakt_incident::{Detection, Entity, Fact, FactKind, Service, Services, Settings};

use super::{Store, at, event, of_events};

pub const DOWN: &str = "rule-down";
pub const UP: &str = "rule-up";
pub const LIMITED: &str = "rule-limited";

pub fn settings() -> Settings {
    let portal = Service {
        name: "portal".to_owned(),
        entity_types: vec!["msp".to_owned()],
        users_eu: "400".parse().ok(),
        hosts: vec!["web1".to_owned(), "web2".to_owned()],
        down: vec![DOWN.to_owned()],
        limited: vec![LIMITED.to_owned()],
        up: vec![UP.to_owned()],
        ..Service::default()
    };
    Settings {
        services: Services::new(vec![portal]),
        entity: Entity {
            types: vec!["msp".to_owned()],
            turnover_eur: "20000000".parse().ok(),
        },
        ..Settings::default()
    }
}

/// A store at 19:30 of a Tuesday.
pub fn store() -> Store {
    let store = Store::with(settings());
    go_to(&store, "19:30:00");
    store
}

pub fn time(text: &str) -> Timestamp {
    at(&format!("2026-11-24T{text}Z"))
}

pub fn go_to(store: &Store, text: &str) {
    let ahead = time(text).micros_since(at(&store.clock.now_text()));
    assert_eq!(ahead % 1_000_000, 0);
    store.clock.advance(ahead / 1_000_000);
}

/// A match of a rule now.
pub fn matched(store: &Store, rule: &str, position: u64) -> Detection {
    let now = at(&store.clock.now_text());
    Detection {
        rule_id: rule.to_owned(),
        rule_title: format!("The rule {rule}"),
        level: Level::Low,
        opens_draft: None,
        ..of_events(store, vec![event(position, now, 0)])
    }
}

pub fn says(store: &Store, rule: &str, position: u64) {
    store.apply(&[matched(store, rule, position)]);
}

/// A match of a rule at that time, heard now.
pub fn at_time(store: &Store, rule: &str, text: &str, position: u64) {
    let mut detection = matched(store, rule, position);
    detection.first_time = time(text);
    detection.last_time = time(text);
    store.apply(&[detection]);
}

/// Looks, and gives the kinds and deadlines of what is told.
pub fn look(store: &Store) -> Vec<String> {
    store.records.remind(&Policy::default()).unwrap();
    let told = store
        .payloads()
        .into_iter()
        .filter(|it| it["kind"] != "reminder");
    let told = told.map(|it| {
        let deadline = it["deadline"].as_str().unwrap_or("-");
        let deadline = deadline.strip_prefix("2026-11-24T").unwrap_or("later");
        format!("{} {} {deadline}", text(&it, "kind"), it["number"])
    });
    told.collect()
}

pub fn text<'j>(payload: &'j Json, name: &str) -> &'j str {
    payload[name].as_str().unwrap_or_default()
}

/// The facts of an incident, as `kind time by`.
pub fn facts(store: &Store, id: &str) -> Vec<String> {
    let all = store.records.incident(id).unwrap().facts.into_iter();
    let shown = all.map(|it| {
        let time = it.at.to_string();
        let time = time.strip_prefix("2026-11-24T").unwrap_or(&time).to_owned();
        format!("{} {time} {}", it.fact, it.recorded_by)
    });
    shown.collect()
}

pub fn met(store: &Store, id: &str) -> Vec<Fact> {
    let all = store.records.incident(id).unwrap().facts.into_iter();
    all.filter(|it| it.fact == FactKind::CriterionMet).collect()
}
