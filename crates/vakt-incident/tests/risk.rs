//! Risk, thresholds and assets: what opens a draft beside the rules that say so.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use std::sync::Arc;

use common::{Store, at, brute_force};
use proptest::prelude::*;
use vakt_event::{Level, Timestamp};
use vakt_incident::incident::Origin;
use vakt_incident::risk::{RISK_ENTITIES_MAX, Score};
use vakt_incident::{
    Asset, Assets, Criticality, Detection, HalfLife, OnAsset, Settings, Thresholds,
};

fn settings(thresholds: Thresholds) -> Settings {
    let asset = |name: &str, host: &str, criticality| Asset {
        name: name.to_owned(),
        hosts: vec![host.to_owned()],
        criticality,
        ..Asset::default()
    };
    let assets = vec![
        asset("billing", "db*", Criticality::Critical),
        asset("lab", "lab*", Criticality::Low),
    ];
    Settings {
        thresholds,
        assets: Arc::new(Assets::new(assets).unwrap()),
        ..Settings::default()
    }
}

fn by_score(score: f64) -> Settings {
    settings(Thresholds {
        risk_score: Some(score),
        ..Thresholds::default()
    })
}

/// A match of a rule of its own, which opens nothing by itself, for one user on one host.
fn alert(
    store: &Store,
    rule: &str,
    (user, host): (&str, &str),
    level: Level,
    at: u64,
) -> Detection {
    let pair = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    let mut detection = Detection {
        rule_id: rule.to_owned(),
        rule_title: rule.to_owned(),
        level,
        opens_draft: None,
        entity: vec![pair("user.name", user)],
        subjects: vec![pair("user.name", user), pair("host.name", host)],
        ..brute_force(store, "", at)
    };
    detection.completing.host = Some(host.to_owned());
    detection
}

/// `field value score` of each, the highest first.
fn risk(store: &Store) -> Vec<String> {
    let found = store.records.risk(10, None).unwrap();
    let told = found.iter();
    told.map(|it| {
        format!(
            "{} {} {}",
            it.entity_fields.keys().next().unwrap(),
            it.entity,
            it.score
        )
    })
    .collect()
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_micros(at(common::START).micros() + seconds * 1_000_000).unwrap()
}

proptest! {
    /// The score that is kept and lessened as alerts come is the sum over all of them, whatever their
    /// order, at any time after the last.
    #[test]
    fn a_score_is_the_sum_of_all_that_was_given(
        given in prop::collection::vec((0.5_f64..300.0, -2_000_000_i64..2_000_000), 1..300),
        hours in 1_u32..200,
        later in 0_i64..3_000_000,
    ) {
        let half_life = HalfLife::of_hours(hours).unwrap();
        let mut score: Option<Score> = None;
        for (points, seconds) in &given {
            let at = instant(*seconds);
            score = Some(match score {
                None => Score { points: *points, as_of: at },
                Some(score) => score.with(*points, at, half_life),
            });
        }
        let last = given.iter().map(|it| it.1).max().unwrap();
        let now = last + later;
        let naive: f64 = given
            .iter()
            .map(|(points, seconds)| {
                let spans = (now - seconds) as f64 / (f64::from(hours) * 3_600.0);
                points * 0.5_f64.powf(spans)
            })
            .sum();
        let kept = score.unwrap().at(instant(now), half_life);
        prop_assert!((kept - naive).abs() <= naive * 1e-9 + f64::MIN_POSITIVE, "{kept} {naive}");
    }
}

#[test]
fn each_alert_adds_to_its_host_and_user_and_fades_by_half_a_day() {
    let store = Store::with(settings(Thresholds::default()));
    store.apply(&[alert(&store, "a", ("eve", "db1"), Level::High, 10)]);
    assert_eq!(risk(&store), ["user.name eve 150", "host.name db1 150"]);
    // The alert goes on: it is the same one, and adds nothing.
    store.apply(&[alert(&store, "a", ("eve", "db1"), Level::High, 20)]);
    store.clock.advance(24 * 3_600);
    assert_eq!(risk(&store), ["user.name eve 75", "host.name db1 75"]);
    store.apply(&[
        alert(&store, "b", ("eve", "lab1"), Level::High, 30),
        alert(&store, "c", ("bob", "web1"), Level::Informational, 40),
    ]);
    assert_eq!(
        risk(&store),
        ["user.name eve 100", "host.name db1 75", "host.name lab1 25"]
    );
    let eve = &store.records.risk(1, None).unwrap()[0];
    let from: Vec<_> = eve
        .alerts
        .iter()
        .map(|it| (it.rule_name.as_str(), it.points))
        .collect();
    assert_eq!(from, [("a", 75.0), ("b", 25.0)]);
    let host = &store.records.risk(2, None).unwrap()[1];
    assert_eq!(host.asset.as_deref(), Some("billing"));
    // Without a threshold nothing opens.
    assert_eq!(store.incidents().len(), 0);
    // Another half-life orders by itself what is there.
    let mut other = settings(Thresholds::default());
    other.half_life = HalfLife::of_hours(6).unwrap();
    let store = store.restart_with(other);
    store.clock.advance(6 * 3_600);
    assert_eq!(
        risk(&store),
        [
            "user.name eve 50",
            "host.name lab1 12.5",
            "host.name db1 4.7"
        ]
    );
}

#[test]
fn an_entity_that_passes_the_threshold_opens_one_draft_until_it_has_fallen() {
    let store = Store::with(by_score(100.0));
    let alerts = |count: u64, first: u64| {
        for number in first..first + count {
            let rule = format!("r{number}");
            store.apply(&[alert(
                &store,
                &rule,
                ("eve", "web1"),
                Level::High,
                10 * number,
            )]);
        }
    };
    alerts(1, 1);
    assert_eq!(store.incidents().len(), 0);
    alerts(1, 2);
    let draft = store.records.incident("1").unwrap();
    assert_eq!(draft.incident.origin, Origin::Risk);
    assert_eq!(draft.incident.title, "Risk of user.name eve");
    assert_eq!(draft.incident.entity, "eve");
    assert_eq!(
        (draft.incident.rule_id, draft.incident.match_count),
        (None, 2)
    );
    assert_eq!((draft.alerts.len(), draft.evidence.len()), (2, 4));
    let source = draft.facts[0].source.clone().unwrap();
    assert_eq!(source, "rule r2: the risk of user.name eve is 100 points");
    // What comes after belongs to it.
    alerts(2, 3);
    let draft = store.records.incident("1").unwrap();
    assert_eq!((store.incidents().len(), draft.alerts.len()), (1, 4));
    // It fell below half: 200 points are 25 three half-lives later, and 75 with the next.
    store.clock.advance(3 * 24 * 3_600);
    alerts(1, 5);
    assert_eq!(store.records.incident("1").unwrap().alerts.len(), 4);
    assert_eq!(store.incidents().len(), 1);
    alerts(1, 6);
    assert_eq!(store.incidents().len(), 2);
    // Closed, it is told of again at once.
    store.fact("2", r#"{"fact":"dismissed","reason":"no"}"#);
    alerts(1, 7);
    assert_eq!(store.incidents().len(), 3);
    assert!(store.records.verify_audit().unwrap().is_sound());
}

#[test]
fn what_is_hidden_planned_or_old_adds_nothing() {
    let store = Store::with(by_score(10.0));
    let body = serde_json::json!({
        "rules": ["hidden"], "reason": "r", "expires_at": "2026-12-01T00:00:00Z", "untested": true,
    });
    let end = || vakt_event::JournalPosition(0);
    let new = serde_json::from_value(body).unwrap();
    store.records.add_suppression(new, "anna", &end).unwrap();
    let mut old = alert(&store, "old", ("eve", "web1"), Level::High, 20);
    let received = old.completing.received;
    old.completing.claimed = Some(received.saturating_add_micros(-25 * 3_600 * 1_000_000));
    store.apply(&[
        alert(&store, "hidden", ("eve", "web1"), Level::High, 10),
        old,
    ]);
    assert_eq!((risk(&store).len(), store.incidents().len()), (0, 0));
}

#[test]
fn streams_and_drills_have_scores_of_their_own() {
    let store = Store::with(by_score(100.0));
    let mut acme = alert(&store, "a", ("eve", "web1"), Level::High, 10);
    acme.stream = "acme".to_owned();
    let mut drill = alert(&store, "b", ("eve", "web1"), Level::High, 20);
    drill.drill = true;
    store.apply(&[
        acme,
        drill,
        alert(&store, "c", ("eve", "web1"), Level::High, 30),
    ]);
    assert_eq!((risk(&store).len(), store.incidents().len()), (6, 0));
    let acme = store.records.risk(10, Some(&["acme".to_owned()])).unwrap();
    assert_eq!(acme.len(), 2);
}

#[test]
fn a_draft_opens_by_level_and_by_asset() {
    let check = |thresholds: Thresholds, host: &str, level: Level, source: Option<&str>| {
        let store = Store::with(settings(thresholds));
        store.apply(&[alert(&store, "a", ("eve", host), level, 10)]);
        let draft = store.records.incident("1").ok();
        let found = draft.map(|draft| draft.facts[0].source.clone().unwrap());
        assert_eq!(found.as_deref(), source);
    };
    let level = Thresholds {
        level: Some(Level::Critical),
        ..Thresholds::default()
    };
    let on_asset = Thresholds {
        on_asset: Some(OnAsset {
            criticality: Criticality::High,
            level: Level::Medium,
        }),
        ..Thresholds::default()
    };
    check(Thresholds::default(), "db1", Level::Critical, None);
    check(
        level,
        "web1",
        Level::Critical,
        Some("rule a: its level is critical"),
    );
    check(level, "db1", Level::High, None);
    let by_asset = "rule a: it concerns billing, an asset of criticality critical";
    check(on_asset, "db1", Level::Medium, Some(by_asset));
    check(on_asset, "web1", Level::Critical, None);
}

#[test]
fn those_with_the_least_risk_are_forgotten_beyond_the_bound() {
    let store = Store::with(settings(Thresholds::default()));
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    connection
        .execute(
            "INSERT INTO risk (stream, drill, field, value, score, as_of, rank)
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
             SELECT 'default', 0, 'user.name', 'u' || n, 1, 0, n / 10.0 FROM n",
            [RISK_ENTITIES_MAX],
        )
        .unwrap();
    store.apply(&[alert(&store, "a", ("eve", "db1"), Level::High, 10)]);
    let left: Vec<i64> = [
        "SELECT count(*) FROM risk",
        "SELECT min(rank) > 100 FROM risk",
    ]
    .iter()
    .map(|sql| connection.query_row(sql, [], |row| row.get(0)).unwrap())
    .collect();
    assert_eq!(left, [RISK_ENTITIES_MAX - 1_000, 1]);
    assert_eq!(risk(&store)[0], "user.name eve 150");
}
