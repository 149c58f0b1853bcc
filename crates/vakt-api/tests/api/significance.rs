//! Significance, services and what recurs: over HTTP, and as pages.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use vakt_api::Role;

use crate::fake::{Daemon, start};
use crate::pages::{page, send};

fn call(daemon: &Daemon, request: &str, role: Role, body: &Value) -> (u16, Value) {
    static USERS: AtomicUsize = AtomicUsize::new(0);
    let name = format!("user-{}", USERS.fetch_add(1, Ordering::Relaxed));
    let token = daemon.token(&name, role);
    let token = format!("Authorization: Bearer {token}");
    let kind = "Content-Type: application/json";
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    let answer = daemon.request(request, &[&token, kind], &body);
    let text = answer.text();
    (answer.status, serde_json::from_str(&text).unwrap())
}

#[test]
fn answers_are_given_by_analysts_and_seen_by_all() {
    let daemon = start();
    let path = "/api/v1/incidents/i1/significance";
    let (status, found) = call(
        &daemon,
        &format!("GET {path}?party=acme"),
        Role::Viewer,
        &Value::Null,
    );
    assert_eq!((status, &found["party"]), (200, &"acme".into()));
    let gone = "GET /api/v1/incidents/gone/significance";
    assert_eq!(call(&daemon, gone, Role::Viewer, &Value::Null).0, 404);
    let body = json!({"answers": [{"input": "death", "value": false}], "expected_revision": 7});
    assert_eq!(
        call(&daemon, &format!("PUT {path}"), Role::Viewer, &body).0,
        403
    );
    assert_eq!(
        call(&daemon, &format!("PUT {path}"), Role::Analyst, &body).0,
        200
    );
    let answered = daemon.fake.answered.lock().unwrap().remove(0);
    assert_eq!(answered.0, body);
    let stale = json!({"answers": [], "expected_revision": 1});
    assert_eq!(
        call(&daemon, &format!("PUT {path}"), Role::Analyst, &stale).0,
        409
    );
}

#[test]
fn what_recurs_is_listed_and_a_quarter_signed() {
    let get = |path: &str| call(&start(), &format!("GET {path}"), Role::Viewer, &Value::Null);
    assert_eq!(get("/api/v1/services").1["services"][0]["name"], "portal");
    assert_eq!(
        get("/api/v1/recurring").1["causes"][0]["loss_eur"],
        "500001"
    );
    let (_, reviews) = get("/api/v1/quarter-reviews?limit=3&cursor=9");
    assert_eq!(reviews["reviews"][0]["asked"], json!([3, "9"]));
    assert_eq!(get("/api/v1/quarter-reviews?limit=501").0, 400);
    let body = json!({"quarter": "2026-Q3", "by": "Ada"});
    let post = |role| call(&start(), "POST /api/v1/quarter-reviews", role, &body).0;
    assert_eq!((post(Role::Viewer), post(Role::Analyst)), (403, 201));
}

#[test]
fn the_page_asks_in_both_languages_and_presses_for_a_decision() {
    let daemon = start();
    let text = page(&daemon, "/incidents/inc-1/significance").text();
    for part in [
        "Awareness is yours to declare",
        "href=\"/incidents/inc-1/record?fact=aware",
        "Has a person died?",
        "lang=\"sv\">Har någon avlidit?",
        "name=\"value::death\"",
        "name=\"value:portal:users_limited\" value=\"21\"",
        "name=\"revision\" value=\"7\"",
        "Counts: <strong>21</strong>, bo, fact 2",
        "unavailable_for 2700, more than 1800?",
        "needs death",
        "30 min 0 s, where only what planned work does not cover counts",
        "By the overrun alone: 2026-11-24T20:15:00.000001Z",
        "Old &lt;TLS&gt;",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let viewer = format!(
        "Authorization: Bearer {}",
        daemon.token("vera", Role::Viewer)
    );
    let seen = daemon
        .request("GET /incidents/inc-1/significance", &[&viewer], b"")
        .text();
    assert!(
        !seen.contains("Record answers") && !seen.contains("Aware now"),
        "{seen}"
    );
}

#[test]
fn only_what_was_changed_is_answered_and_a_conflict_loses_nothing() {
    let daemon = start();
    let path = "/incidents/inc-1/significance";
    let fields = |revision: &'static str| {
        vec![
            ("revision", revision),
            ("value::death", "no"),
            ("was::death", ""),
            ("source::death", "estimate"),
            ("was_source::death", ""),
            ("value:portal:users_limited", "21"),
            ("was:portal:users_limited", "21"),
            ("source:portal:users_limited", "fact 2"),
            ("was_source:portal:users_limited", "fact 2"),
        ]
    };
    let answer = send(&daemon, path, &fields("7"));
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some(path))
    );
    let (body, by) = daemon.fake.answered.lock().unwrap().remove(0);
    assert_eq!(
        body,
        json!({
            "answers": [{"input": "death", "service": "", "value": "no", "source": "estimate"}],
            "expected_revision": 7,
        })
    );
    assert_eq!(by, "admin");
    let conflict = send(&daemon, path, &fields("1"));
    assert_eq!(conflict.status, 409);
    let text = conflict.text();
    assert!(text.contains("somebody else answered"), "{text}");
    assert!(text.contains("value=\"no\" selected"), "{text}");
}

#[test]
fn the_page_of_what_recurs_is_signed_there() {
    let daemon = start();
    let text = page(&daemon, "/recurring").text();
    for part in [
        "Old &lt;TLS&gt;",
        "Significant together",
        "href=\"/incidents/i9\"",
        "2026-Q3 is not reviewed.",
        "name=\"by\" value=\"admin\"",
        "Service portal",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let signed = send(
        &daemon,
        "/recurring",
        &[("quarter", "2026-Q3"), ("by", "Ada"), ("note", " ")],
    );
    assert_eq!(
        (signed.status, signed.header("location")),
        (303, Some("/recurring"))
    );
    let (body, _) = daemon.fake.answered.lock().unwrap().remove(0);
    assert_eq!(body, json!({"quarter": "2026-Q3", "by": "Ada"}));
}
