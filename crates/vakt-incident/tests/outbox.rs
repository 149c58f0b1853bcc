//! Notices: filed once with the change that they tell of, for each output tried until delivered or too
//! old.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{Store, at, brute_force};
use serde_json::Value as Json;
use vakt_event::Level;
use vakt_incident::{Detection, NoticeKind, Route};

fn route(store: &Store, routes: &[Route]) {
    while store.records.route(routes).unwrap() > 0 {}
}

/// Alerts of different hosts, that open no draft.
fn alerts(store: &Store, positions: impl Iterator<Item = u64>) {
    let detections: Vec<Detection> = positions
        .map(|position| {
            let mut detection = brute_force(store, &position.to_string(), position);
            detection.opens_draft = None;
            detection
        })
        .collect();
    store.apply(&detections);
}

fn kinds(payloads: &[Json]) -> Vec<&str> {
    payloads
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn a_new_draft_is_told_once_without_lines_or_user_names() {
    let store = Store::new();
    let mut detection = brute_force(&store, "203.0.113.7", 12);
    detection
        .entity
        .push(("user.name".to_owned(), "root".to_owned()));
    store.apply(std::slice::from_ref(&detection));
    let payloads = store.payloads();
    assert_eq!(payloads.len(), 1);
    insta::assert_snapshot!(serde_json::to_string_pretty(&payloads[0]).unwrap());
}

#[test]
fn what_is_told_and_what_is_not() {
    let check = |level: Level, opens_draft: bool, drill: bool, expected: &[&str]| {
        let store = Store::new();
        let mut detection = brute_force(&store, "203.0.113.7", 12);
        (detection.level, detection.opens_draft, detection.drill) =
            (level, Some(opens_draft), drill);
        store.apply(&[detection.clone()]);
        detection.found_at.0 += 2;
        store.apply(&[detection]);
        assert_eq!(kinds(&store.payloads()), expected);
    };
    check(Level::Medium, true, false, &["draft"]);
    check(Level::Critical, true, false, &["draft"]);
    check(Level::High, false, false, &["alert"]);
    check(Level::Medium, false, false, &[]);
    check(Level::Critical, true, true, &[]);
}

#[test]
fn a_failure_is_tried_again_later_and_a_delivery_never() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    route(&store, &[Route::all("hook")]);
    let first = store.claim("hook").remove(0);
    store
        .records
        .outbox_failed(first.id, "hook", "connection refused", None)
        .unwrap();
    assert_eq!(
        store.counts("hook").last_error.as_deref(),
        Some("connection refused")
    );
    assert_eq!(store.claim("hook").len(), 0);
    store.clock.advance(5);
    let again = store.claim("hook").remove(0);
    assert_eq!((again.id, again.attempts), (first.id, 2));
    assert_eq!(again.uid, first.uid);
    store
        .records
        .outbox_failed(again.id, "hook", "503", Some(at("2026-11-23T20:01:00Z")))
        .unwrap();
    store.clock.advance(54);
    assert_eq!(store.claim("hook").len(), 0);
    store.clock.advance(1);
    let last = store.claim("hook").remove(0);
    for _ in 0..2 {
        store.records.outbox_delivered(last.id, "hook").unwrap();
    }
    store.clock.advance(3_600);
    assert_eq!(store.claim("hook").len(), 0);
    let counts = store.counts("hook");
    assert_eq!((counts.pending, counts.delivered), (0, 1));
    assert_eq!((counts.failed, counts.given_up), (2, 0));
}

/// Nobody says how an attempt went when the daemon is killed in the middle of it.
#[test]
fn an_attempt_that_nobody_heard_of_is_made_again_and_holds_no_other() {
    let mut store = Store::new();
    alerts(&store, [10, 20].into_iter());
    let fast = Route {
        group_micros: 0,
        ..Route::all("hook")
    };
    route(&store, &[fast]);
    let poison = store.records.outbox_claim("hook").unwrap().unwrap();
    store = store.restart();
    let other = store.records.outbox_claim("hook").unwrap().unwrap();
    assert_ne!(other.id, poison.id);
    store.records.outbox_delivered(other.id, "hook").unwrap();
    store.clock.advance(5);
    let again = store.records.outbox_claim("hook").unwrap().unwrap();
    assert_eq!((again.uid, again.attempts), (poison.uid, 2));
}

#[test]
fn an_output_that_is_down_holds_no_other() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    route(&store, &[Route::all("down"), Route::all("up")]);
    let down = store.claim("down").remove(0);
    store
        .records
        .outbox_failed(down.id, "down", "refused", None)
        .unwrap();
    let up = store.claim("up").remove(0);
    assert_eq!(up.uid, down.uid);
    store.records.outbox_delivered(up.id, "up").unwrap();
    assert_eq!(store.counts("up").pending, 0);
    assert_eq!(store.counts("down").pending, 1);
    // Its operator takes it out of the configuration.
    store.records.retire_outputs(&["up".to_owned()]).unwrap();
    let counts = store.counts("down");
    assert_eq!((counts.pending, counts.given_up), (0, 1));
}

#[test]
fn a_notice_of_last_week_is_given_up_and_counted() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    route(&store, &[Route::all("hook")]);
    store.clock.advance(72 * 3_600);
    assert_eq!(store.counts("hook").pending, 1);
    store.clock.advance(1);
    assert_eq!(store.claim("hook").len(), 0);
    let counts = store.counts("hook");
    assert_eq!(
        (counts.pending, counts.given_up, counts.oldest_pending),
        (0, 1, None)
    );
}

#[test]
fn what_waits_is_bounded_and_the_oldest_go_first() {
    let store = Store::new();
    let plenty = Route {
        group_micros: 0,
        rate: 100_000,
        ..Route::all("hook")
    };
    for batch in 0..11_u64 {
        alerts(
            &store,
            (0..1_000).map(|host| 10 + 2 * (batch * 1_000 + host)),
        );
        route(&store, std::slice::from_ref(&plenty));
    }
    let counts = store.counts("hook");
    assert_eq!((counts.pending, counts.given_up), (10_000, 1_000));
    let oldest = store.records.outbox_claim("hook").unwrap().unwrap();
    assert_eq!(oldest.payload["entity"], "2010");
}

/// Ten thousand alerts were ten thousand mails.
#[test]
fn a_burst_of_alerts_is_two_notices_and_none_is_lost() {
    let store = Store::new();
    let mail = [Route::all("mail")];
    for batch in 0..10_u64 {
        alerts(
            &store,
            (0..1_000).map(|host| 10 + 2 * (batch * 1_000 + host)),
        );
        route(&store, &mail);
    }
    let first = store.claim("mail");
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].payload["kind"], "alert");
    let delivered = |id: i64| store.records.outbox_delivered(id, "mail").unwrap();
    delivered(first[0].id);
    store.clock.advance(60);
    let second = store.claim("mail");
    assert_eq!(second.len(), 1);
    let digest = &second[0].payload;
    assert_eq!(digest["kind"], "digest");
    assert_eq!(digest["title"], "9999 × alert");
    assert_eq!(digest["count"], 9_999);
    assert_eq!(digest["notices"].as_array().unwrap().len(), 20);
    assert_eq!(digest["more"], 9_979);
    assert_eq!(store.counts("mail").folded, 9_998);
    // What comes after an attempt is another notice: the receiver may have had this one.
    delivered(second[0].id);
    alerts(&store, [100_000].into_iter());
    route(&store, &mail);
    store.clock.advance(60);
    let third = store.claim("mail");
    assert_eq!(third[0].payload["kind"], "alert", "{third:?}");
}

#[test]
fn the_rate_holds_over_a_restart() {
    let mut store = Store::new();
    let mail = [Route {
        rate: 2,
        group_micros: 0,
        ..Route::all("mail")
    }];
    let mut told = 0;
    for position in [10, 20, 30, 40] {
        alerts(&store, [position].into_iter());
        route(&store, &mail);
        told += store.claim("mail").len();
        store = store.restart();
        store.clock.advance(1);
    }
    assert_eq!(told, 2);
    store.clock.advance(600);
    let rest = store.claim("mail");
    let waited = rest.iter().find(|it| it.attempts == 1).unwrap();
    assert_eq!(waited.payload["count"], 2, "{rest:?}");
}

#[test]
fn awareness_and_the_end_are_told_with_their_deadlines() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.apply(&[brute_force(&store, "203.0.113.8", 22)]);
    assert_eq!(kinds(&store.payloads()), ["draft", "draft"]);
    store.fact("1", r#"{"fact":"assessment_started"}"#);
    assert_eq!(store.payloads().len(), 0);
    store.fact("1", r#"{"fact":"aware"}"#);
    store.fact("2", r#"{"fact":"dismissed","reason":"our own test"}"#);
    let told = store.payloads();
    assert_eq!(kinds(&told), ["awareness", "resolved"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&told[0]).unwrap());
    assert_eq!(told[1]["state"], "dismissed");
    assert_eq!(told[1]["deadline"], Json::Null);
    for report in ["early_warning", "notification", "final"] {
        store.fact(
            "1",
            &format!(r#"{{"fact":"submitted","report":"{report}","reference":"A-1"}}"#),
        );
    }
    let told = store.payloads();
    assert_eq!(kinds(&told), ["resolved"]);
    assert_eq!(told[0]["state"], "final_reported");
}

#[test]
fn reminders_are_filed_once_with_what_they_are_of() {
    let store = Store::new();
    let policy = vakt_incident::reminder::Policy::default();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    store.payloads();
    let mut told = Vec::new();
    // The next look is when something falls due, and never later.
    let mut next = store.records.remind(&policy).unwrap();
    while let Some(at) =
        next.filter(|at| at.micros_since(common::at(common::START)) < 90 * 3_600_000_000)
    {
        let wait = at.micros_since(vakt_event::Clock::now(&*store.clock));
        store.clock.advance(wait / 1_000_000 + 1);
        next = store.records.remind(&policy).unwrap();
        for payload in store.payloads() {
            told.push(format!(
                "{} {} {}",
                payload["kind"].as_str().unwrap(),
                payload["clock"]["stage"].as_str().unwrap(),
                payload
                    .get("share")
                    .or_else(|| payload.get("round"))
                    .unwrap()
            ));
        }
    }
    assert_eq!(
        told,
        [
            "escalation early_warning 1",
            "escalation early_warning 2",
            "escalation early_warning 3",
            "escalation early_warning 4",
            "reminder early_warning 50",
            "reminder early_warning 80",
            "reminder early_warning 95",
            "overdue early_warning 100",
            "reminder notification 50",
            "reminder notification 80",
            "reminder notification 95",
            "overdue notification 100",
        ]
    );
    store.records.remind(&policy).unwrap();
    assert_eq!(store.payloads().len(), 0);
}

#[test]
fn drills_and_what_was_decided_are_not_reminded_of() {
    let store = Store::new();
    let mut drill = brute_force(&store, "203.0.113.7", 12);
    drill.drill = true;
    store.apply(&[drill, brute_force(&store, "203.0.113.8", 22)]);
    store.fact(
        "2",
        r#"{"fact":"not_significant","reason":"nothing was reached"}"#,
    );
    store.payloads();
    store.clock.advance(100 * 3_600);
    let next = store
        .records
        .remind(&vakt_incident::reminder::Policy::default());
    assert_eq!(next.unwrap(), None);
    assert_eq!(store.payloads().len(), 0);
}

/// What Alertmanager is told, over restarts, until it was told of the end.
#[test]
fn what_goes_on_is_kept_until_its_end_was_told() {
    let mut store = Store::new();
    let pager = [Route {
        is_stateful: true,
        ..Route::all("pager")
    }];
    let policy = vakt_incident::reminder::Policy::default();
    let firing = |store: &Store| -> Vec<(String, bool)> {
        let all = store.records.firing("pager").unwrap().firing;
        all.iter()
            .map(|it| {
                let share = it.payload["share"]
                    .as_u64()
                    .map_or(String::new(), |it| format!(" {it}"));
                (
                    format!("{}{share}", it.payload["kind"].as_str().unwrap()),
                    it.ends_at.is_some(),
                )
            })
            .collect()
    };
    let was = |rows: &[(&str, bool)]| -> Vec<(String, bool)> {
        rows.iter()
            .map(|(kind, ended)| ((*kind).to_owned(), *ended))
            .collect()
    };
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    alerts(&store, [30].into_iter());
    route(&store, &pager);
    store = store.restart();
    let mut first = firing(&store);
    first.sort();
    assert_eq!(first, was(&[("alert", false), ("draft", false)]));
    tell(&store);
    // The alert is quiet for more than an hour, the draft is taken up.
    store.clock.advance(3_601);
    store.fact("1", r#"{"fact":"aware"}"#);
    route(&store, &pager);
    let mut ended = firing(&store);
    ended.sort();
    assert_eq!(ended, was(&[("alert", true), ("draft", true)]));
    tell(&store);
    assert_eq!(firing(&store), []);
    // Half of the early warning's time, then four fifths, then it is submitted.
    for (seconds, expected) in [
        (12 * 3_600, was(&[("reminder 50", false)])),
        (
            8 * 3_600,
            was(&[("reminder 50", true), ("reminder 80", false)]),
        ),
    ] {
        store.clock.advance(seconds);
        store.records.remind(&policy).unwrap();
        route(&store, &pager);
        assert_eq!(firing(&store), expected);
        tell(&store);
    }
    store.fact("1", r#"{"fact":"submitted","report":"early_warning"}"#);
    assert_eq!(firing(&store), was(&[("reminder 80", true)]));
    tell(&store);
    let counts = store.counts("pager");
    assert_eq!(
        (counts.pending, counts.delivered, counts.given_up),
        (0, 8, 0)
    );
}

fn pager() -> [Route; 1] {
    [Route {
        is_stateful: true,
        ..Route::all("pager")
    }]
}

/// The output is told of all that it is to hear.
fn tell(store: &Store) {
    let told = store.records.firing("pager").unwrap().firing;
    store.records.firing_told("pager", &told).unwrap();
}

/// An Alertmanager that was down looked as if nothing waited for it.
#[test]
fn what_goes_on_and_is_not_told_waits_like_any_notice() {
    let store = Store::new();
    let started = common::at(common::START);
    let check = |pending: u64, oldest: Option<i64>, error: Option<&str>| {
        let counts = store.counts("pager");
        let oldest = oldest.map(|seconds| started.saturating_add_micros(seconds * 1_000_000));
        assert_eq!(
            (
                counts.pending,
                counts.oldest_pending,
                counts.last_error.as_deref()
            ),
            (pending, oldest, error)
        );
    };
    let fail = || {
        let untold = store.records.firing("pager").unwrap().firing;
        let uids: Vec<String> = untold.into_iter().map(|it| it.uid).collect();
        let records = &store.records;
        records.firing_failed("pager", &uids, "refused").unwrap();
    };
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    route(&store, &pager());
    check(1, Some(0), None);
    fail();
    check(1, Some(0), Some("refused"));
    store.clock.advance(60);
    tell(&store);
    check(0, None, None);
    // It is to be told again, and cannot be.
    store.clock.advance(60);
    fail();
    check(1, Some(60), Some("refused"));
    tell(&store);
    store.clock.advance(60);
    store.fact("1", r#"{"fact":"dismissed","reason":"our own test"}"#);
    store.records.firing("pager").unwrap();
    check(1, Some(180), None);
    tell(&store);
    check(0, None, None);
    // What begins and ends before anybody hears of it was never told.
    store.apply(&[brute_force(&store, "203.0.113.8", 22)]);
    route(&store, &pager());
    store.fact("2", r#"{"fact":"dismissed","reason":"our own test"}"#);
    assert_eq!(store.records.firing("pager").unwrap().missed, 1);
    check(0, None, None);
    let counts = store.counts("pager");
    assert_eq!(
        (counts.delivered, counts.failed, counts.given_up),
        (2, 2, 1)
    );
}

/// Two thousand alerts went on, and the draft that came then was told to nobody.
#[test]
fn alerts_make_room_for_a_draft_and_wait_for_room() {
    let store = Store::new();
    for batch in 0..3_u64 {
        alerts(&store, (0..700).map(|host| 10 + 2 * (batch * 1_000 + host)));
        route(&store, &pager());
        tell(&store);
        store.clock.advance(1);
    }
    let all = store.records.firing("pager").unwrap();
    assert_eq!((all.firing.len(), all.waiting), (2_000, 100));
    store.apply(&[brute_force(&store, "203.0.113.7", 100_000)]);
    route(&store, &pager());
    let all = store.records.firing("pager").unwrap();
    assert_eq!((all.firing.len(), all.waiting), (2_000, 101));
    assert_eq!(all.firing[0].payload["kind"], "draft");
    // With the one that is to be told and the one that made room for it.
    assert_eq!(store.counts("pager").pending, 102);
    tell(&store);
    // All alerts have ended: of those that had a place the end is to be told, the others were never heard of.
    store.clock.advance(3_601);
    let all = store.records.firing("pager").unwrap();
    assert_eq!((all.firing.len(), all.waiting, all.missed), (2_000, 1, 100));
    assert_eq!(store.counts("pager").given_up, 100);
}

#[test]
fn what_goes_on_is_bounded_and_the_least_is_given_up() {
    let store = Store::new();
    for batch in 0..11_u64 {
        alerts(
            &store,
            (0..1_000).map(|host| 10 + 2 * (batch * 1_000 + host)),
        );
        route(&store, &pager());
    }
    store.apply(&[brute_force(&store, "203.0.113.7", 100_000)]);
    route(&store, &pager());
    let counts = store.counts("pager");
    assert_eq!((counts.pending, counts.given_up), (10_000, 1_001));
    let all = store.records.firing("pager").unwrap();
    assert_eq!(all.firing[0].payload["kind"], "draft");
}

/// Twenty notices that a receiver refused were tried before any new one.
#[test]
fn what_was_never_tried_goes_first_and_urgent_ones_before_it() {
    let store = Store::new();
    let plenty = [Route {
        group_micros: 0,
        rate: 100,
        ..Route::all("hook")
    }];
    alerts(&store, (0..30).map(|host| 10 + 2 * host));
    route(&store, &plenty);
    for notice in store.claim("hook") {
        let records = &store.records;
        records
            .outbox_failed(notice.id, "hook", "400 Bad Request", None)
            .unwrap();
    }
    store.clock.advance(60);
    alerts(&store, [1_000].into_iter());
    let mut critical = brute_force(&store, "203.0.113.7", 2_000);
    critical.level = Level::Critical;
    store.apply(&[critical]);
    route(&store, &plenty);
    let told: Vec<(String, u64)> = store
        .claim("hook")
        .iter()
        .take(3)
        .map(|it| (it.payload["kind"].as_str().unwrap().to_owned(), it.attempts))
        .collect();
    let was = |kind: &str, attempts| (kind.to_owned(), attempts);
    assert_eq!(told, [was("draft", 1), was("alert", 1), was("alert", 2)]);
}

/// Also over a restart, which counts anew what went.
#[test]
fn twenty_urgent_notices_go_at_once_and_the_rest_as_one() {
    let mut store = Store::new();
    let mail = [Route {
        rate: 2,
        ..Route::all("mail")
    }];
    for position in 0..25_u64 {
        let mut critical = brute_force(&store, &position.to_string(), 10 + 2 * position);
        (critical.level, critical.opens_draft) = (Level::Critical, None);
        store.apply(&[critical]);
        route(&store, &mail);
        store = store.restart();
    }
    assert_eq!(store.claim("mail").len(), 20);
    store.clock.advance(60);
    let rest = store.claim("mail");
    let digest = rest.iter().find(|it| it.attempts == 1).unwrap();
    assert_eq!(
        (&digest.payload["level"], &digest.payload["count"]),
        (&"critical".into(), &5.into())
    );
}

#[test]
fn a_notice_knows_who_has_it() {
    let store = Store::new();
    store.apply(&[brute_force(&store, "203.0.113.7", 12)]);
    route(&store, &[Route::all("mail")]);
    let first = store.claim("mail").remove(0);
    assert_eq!(first.taken, Vec::<String>::new());
    let taken = ["duty@example.org".to_owned()];
    let records = &store.records;
    records.outbox_taken(first.id, "mail", &taken).unwrap();
    store.clock.advance(5);
    assert_eq!(store.claim("mail").remove(0).taken, taken);
}

#[test]
fn what_is_watched_is_told_when_it_changes() {
    let mut store = Store::new();
    let watch = |store: &Store, is_well: bool| {
        let watched = vakt_incident::Watched {
            subject: "source web1".to_owned(),
            is_well,
            title: "web1 is silent".to_owned(),
            more: serde_json::Map::from_iter([("host".to_owned(), "web1".into())]),
        };
        store.records.watch(NoticeKind::Source, &watched).unwrap()
    };
    let mut told = Vec::new();
    for is_well in [true, false, false, true, true, false] {
        told.push(watch(&store, is_well));
        store = store.restart();
        store.clock.advance(1);
    }
    assert_eq!(told, [false, true, false, true, false, true]);
    let payloads = store.payloads();
    assert_eq!(kinds(&payloads), ["source"; 3]);
    assert_eq!(payloads[0]["host"], "web1");
    assert_eq!(payloads[1]["is_well"], true);
    // It is no longer expected.
    let is_ill = |store: &Store| store.records.ill_since("source web1").unwrap().is_some();
    let watched = ["source web1".to_owned()];
    store.records.retire_watched("source ", &watched).unwrap();
    store.records.retire_watched("dis", &[]).unwrap();
    assert!(is_ill(&store));
    store.records.retire_watched("source ", &[]).unwrap();
    assert!(!is_ill(&store));
}
