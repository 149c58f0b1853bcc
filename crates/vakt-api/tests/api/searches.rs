//! The search log and the saved searches.

use serde_json::{Value, json};
use vakt_api::Role;

use crate::client::{Answer, read_chunk, read_head};
use crate::fake::{Daemon, start};
use crate::search::{begin, wait_for};

const NDJSON: &str = "Accept: application/x-ndjson";

/// The log, newest first, as rows of some members.
fn logged(daemon: &Daemon, query: &str, members: &[&str]) -> Vec<Vec<Value>> {
    let answer = daemon.admin(&format!("GET /api/v1/searches?{query}"), "");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let searches = answer.json()["searches"].take();
    let rows = searches.as_array().unwrap().iter();
    rows.map(|row| members.iter().map(|member| row[member].clone()).collect())
        .collect()
}

fn with(daemon: &Daemon, token: &str, line: &str, body: &str) -> Answer {
    let bearer = format!("Authorization: Bearer {token}");
    daemon.request(line, &[&bearer], body.as_bytes())
}

fn wait_until_ended(daemon: &Daemon) {
    wait_for("the end of all searches", || {
        let outcomes = logged(daemon, "limit=1000", &["outcome"]);
        outcomes.iter().all(|row| row[0] != "running")
    });
}

#[test]
fn every_look_at_events_is_on_record() {
    let daemon = start();
    let vera = daemon.token("vera", Role::Viewer);
    let search = "GET /api/v1/search?q=root&since=2026-11-01T00:00:00Z&stream=a&incident=inc-1";
    assert_eq!(with(&daemon, &vera, search, "").status, 200);
    assert_eq!(
        with(&daemon, &vera, "GET /api/v1/search?q=(", "").status,
        400
    );
    let bearer = format!("Authorization: Bearer {vera}");
    for query in ["q=many%20600", "q=many%20600&kind=export&limit=7"] {
        let line = format!("GET /api/v1/search?{query}");
        assert_eq!(daemon.request(&line, &[NDJSON, &bearer], b"").status, 200);
    }
    assert_eq!(daemon.request("GET /?q=page", &[&bearer], b"").status, 200);
    let slow = begin(&daemon, "q=slow", "");
    let is_slow = |request: &vakt_api::backend::SearchRequest| request.query == "slow";
    wait_for("the slow search", || {
        daemon.fake.searches.lock().unwrap().iter().any(is_slow)
    });
    drop(slow);
    let mut follow = daemon.open("GET /api/v1/follow?q=tail");
    assert!(read_head(&mut follow).contains(" 200 "));
    let mut seen = Vec::new();
    while !seen.windows(5).any(|part| part == b"\"120\"") {
        seen.extend(read_chunk(&mut follow).unwrap());
    }
    drop(follow);
    wait_until_ended(&daemon);

    let members = [
        "who", "kind", "query", "outcome", "hits", "total", "incident",
    ];
    let rows: Vec<Value> = logged(&daemon, "", &members)
        .into_iter()
        .map(Value::from)
        .collect();
    let expected = [
        json!(["admin", "follow", "tail", "cancelled", 3, null, null]),
        json!(["admin", "search", "slow", "cancelled", 0, null, null]),
        json!(["vera", "page", "page", "done", 1, 1, null]),
        json!(["vera", "export", "many 600", "done", 7, 600, null]),
        json!(["vera", "stream", "many 600", "done", 600, 600, null]),
        json!(["vera", "search", "(", "invalid_query", 0, null, null]),
        json!(["vera", "search", "root", "done", 1, 1, "inc-1"]),
    ];
    assert_eq!(rows, expected);
    let members = ["since", "until", "streams", "token_id", "query_is_cut"];
    let first = logged(&daemon, "q=ROOT", &members);
    let expected = json!([["2026-11-01T00:00:00Z", null, ["a"], 2, false]]);
    assert_eq!(json!(first), expected);
}

/// Pages ask for incidents and alerts every 15 seconds: that is no look at events, and no search.
#[test]
fn a_page_that_refreshes_itself_searches_for_nothing() {
    let daemon = start();
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let answer = daemon.request("GET /?q=x", &[&bearer, "X-Vakt-Refresh: 1"], b"");
    assert!(answer.text().contains("SSH brute force"));
    assert!(!answer.text().contains("alert(1)"));
    // Nothing has come yet: what the page shows are lines to copy.
    assert_eq!(daemon.request("GET /", &[&bearer], b"").status, 200);
    assert_eq!(daemon.fake.searches.lock().unwrap().len(), 0);
    assert_eq!(logged(&daemon, "", &["query"]).len(), 0);
}

#[test]
fn the_log_is_for_administrators_and_is_searched() {
    let daemon = start();
    for role in [Role::Viewer, Role::Analyst, Role::Lead] {
        let token = daemon.token(role.name(), role);
        let refused = with(&daemon, &token, "GET /api/v1/searches", "");
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (403, "forbidden")
        );
        for query in ["one", "two"] {
            let line = format!("GET /api/v1/search?q={query}");
            assert_eq!(with(&daemon, &token, &line, "").status, 200);
        }
    }
    let check = |query: &str, expected: &[&str]| {
        let found = logged(&daemon, query, &["who", "query"]);
        let shown: Vec<String> = found
            .iter()
            .map(|row| format!("{}:{}", row[0].as_str().unwrap(), row[1].as_str().unwrap()))
            .collect();
        assert_eq!(shown, expected, "{query}");
    };
    check("who=lead", &["lead:two", "lead:one"]);
    check("q=ON", &["lead:one", "analyst:one", "viewer:one"]);
    check("who=lead&q=two", &["lead:two"]);
    check("limit=2", &["lead:two", "lead:one"]);
    check("kind=export", &[]);
    check("incident=inc-1", &[]);
    check("until=-1h", &[]);
    check("since=-1h&limit=1", &["lead:two"]);
    let page = daemon.admin("GET /api/v1/searches?limit=4", "").json();
    let next = page["next"].as_str().unwrap();
    check(
        &format!("limit=4&cursor={next}"),
        &["viewer:two", "viewer:one"],
    );
    let last = daemon.admin(&format!("GET /api/v1/searches?limit=2&cursor={next}"), "");
    assert_eq!(last.json()["next"], Value::Null);
    for wrong in [
        "kind=peek",
        "cursor=x",
        "limit=0",
        "limit=1001",
        "since=soon",
        "user=x",
    ] {
        let refused = daemon.admin(&format!("GET /api/v1/searches?{wrong}"), "");
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[test]
fn an_incident_that_is_not_there_is_no_purpose() {
    let daemon = start();
    let refused = daemon.admin("GET /api/v1/search?q=x&incident=inc-9", "");
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (400, "invalid_parameter")
    );
    assert_eq!(daemon.fake.searches.lock().unwrap().len(), 0);
    for wrong in ["kind=export", "kind=stream", "kind=page"] {
        let refused = daemon.admin(&format!("GET /api/v1/search?q=x&{wrong}"), "");
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[test]
fn what_cannot_be_put_on_record_is_not_answered() {
    let daemon = start();
    let database = rusqlite::Connection::open(daemon.record_path()).unwrap();
    database.execute_batch("DROP TABLE looks").unwrap();
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let check = |line: &str, header: &str| {
        let answer = daemon.request(line, &[header, &bearer], b"");
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (503, "unavailable"),
            "{line}"
        );
        assert!(answer.text().contains("search log"), "{}", answer.text());
        assert!(!answer.text().contains("alert(1)"));
    };
    check("GET /api/v1/search?q=x", "Accept: */*");
    check("GET /api/v1/search?q=x", NDJSON);
    check("GET /api/v1/follow?q=x", NDJSON);
    let loki = daemon.request("GET /loki/api/v1/query_range?query=%7B%7D", &[&bearer], b"");
    assert_eq!(loki.status, 503);
    assert!(loki.text().contains("search log"), "{}", loki.text());
    let hunt = daemon.request("POST /api/v1/hunts", &[&bearer], b"{\"id\":\"x\"}");
    assert_eq!(
        (hunt.status, hunt.error_code().as_str()),
        (503, "unavailable")
    );
    let page = daemon.request("GET /?q=x", &[&bearer], b"").text();
    assert!(
        page.contains("search log") && !page.contains("alert(1)"),
        "{page}"
    );
    // Deadlines stay in sight.
    assert!(page.contains("SSH brute force"));
}

#[test]
fn searches_are_saved_for_oneself_and_for_others() {
    let daemon = start();
    let vera = daemon.token("vera", Role::Viewer);
    let olle = daemon.token("olle", Role::Analyst);
    let save = |token: &str, body: Value| {
        let answer = with(
            &daemon,
            token,
            "POST /api/v1/saved-searches",
            &body.to_string(),
        );
        (answer.status, answer.json())
    };
    let list = |token: &str| {
        let answer = with(&daemon, token, "GET /api/v1/saved-searches", "").json();
        let saved = answer["saved_searches"].as_array().unwrap().iter();
        saved
            .map(|one| {
                format!("{} {} {}", one["name"], one["owner"], one["query"]).replace('"', "")
            })
            .collect::<Vec<_>>()
    };
    let (status, saved) = save(&vera, json!({"name": "logins", "query": "failed"}));
    assert_eq!(status, 201);
    assert_eq!(
        saved,
        json!({"name": "logins", "query": "failed", "shared": false, "owner": "vera"})
    );
    assert_eq!(list(&vera), ["logins vera failed"]);
    assert_eq!(list(&olle), [""; 0]);
    // One's own is replaced, and shared then.
    let shared = json!({"name": "logins", "query": "failed root", "shared": true});
    assert_eq!(save(&vera, shared.clone()).0, 200);
    assert_eq!(list(&olle), ["logins vera failed root"]);
    let (status, taken) = save(&olle, shared);
    assert_eq!(
        (status, taken["error"]["code"].as_str()),
        (409, Some("conflict"))
    );
    // Under the same name one's own goes first.
    assert_eq!(
        save(&olle, json!({"name": "logins", "query": "mine"})).0,
        201
    );
    assert_eq!(list(&olle), ["logins olle mine", "logins vera failed root"]);
    let page = daemon.request(
        "GET /?q=x",
        &[&format!("Authorization: Bearer {olle}")],
        b"",
    );
    assert!(
        page.text()
            .contains("<a href=\"/?q=failed%20root\" title=\"failed root\">logins</a>")
    );

    for (wrong, code) in [
        (json!({"query": "x"}), "invalid_field"),
        (json!({"name": "a/b", "query": "x"}), "invalid_field"),
        (json!({"name": " a", "query": "x"}), "invalid_field"),
        (
            json!({"name": "x".repeat(65), "query": "x"}),
            "invalid_field",
        ),
        (
            json!({"name": "a", "query": "x".repeat(16_385)}),
            "invalid_field",
        ),
        (
            json!({"name": "a", "query": "x", "owner": "vera"}),
            "invalid_field",
        ),
        (json!({"name": "a", "query": "("}), "invalid_query"),
    ] {
        let (status, answer) = save(&olle, wrong.clone());
        assert_eq!(
            (status, answer["error"]["code"].as_str()),
            (400, Some(code)),
            "{wrong}"
        );
    }
    let delete = |token: &str, path: &str| {
        with(
            &daemon,
            token,
            &format!("DELETE /api/v1/saved-searches/{path}"),
            "",
        )
        .status
    };
    assert_eq!(delete(&olle, "logins?owner=vera"), 403);
    assert_eq!(delete(&olle, "logins"), 204);
    assert_eq!(delete(&olle, "logins"), 404);
    assert_eq!(delete(&daemon.admin, "logins?owner=vera"), 204);
    assert_eq!(list(&olle), [""; 0]);
    // To look at what is saved is no look at events.
    let looks = logged(&daemon, "", &["query"]);
    assert_eq!(json!(looks), json!([["x"]]));
}

#[test]
fn saved_searches_of_one_person_are_bounded() {
    let daemon = start();
    let save = |number: usize| {
        let body = json!({"name": format!("n{number}"), "query": "x"}).to_string();
        daemon.admin("POST /api/v1/saved-searches", &body).status
    };
    let refused: Vec<usize> = (0..502).filter(|number| save(*number) != 201).collect();
    assert_eq!(refused, [500, 501]);
    assert_eq!(save(7), 200);
}
