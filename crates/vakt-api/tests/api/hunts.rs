//! `POST /api/v1/hunts`.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};
use vakt_api::Role;
use vakt_api::backend::HuntRule;

use crate::client::{Answer, connect, read_chunk, read_head};
use crate::fake::{Daemon, start};
use crate::search::wait_for;

fn hunt(daemon: &Daemon, token: &str, body: &Value) -> Answer {
    let bearer = format!("Authorization: Bearer {token}");
    let body = body.to_string();
    daemon.request("POST /api/v1/hunts", &[&bearer], body.as_bytes())
}

/// Begins a hunt that goes on until nobody waits for it.
fn begin(daemon: &Daemon, token: &str) -> TcpStream {
    let mut stream = connect(daemon.address);
    let body = r#"{"id":"slow"}"#;
    let request = format!(
        "POST /api/v1/hunts HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        daemon.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Hunts of the search log, newest first: who, what, outcome, hits.
fn logged(daemon: &Daemon) -> Vec<Value> {
    let answer = daemon.admin("GET /api/v1/searches?kind=hunt", "").json();
    let rows = answer["searches"].as_array().unwrap().iter();
    rows.map(|row| json!([row["who"], row["query"], row["outcome"], row["hits"]]))
        .collect()
}

#[test]
fn a_hunt_is_a_stream_of_lines_and_on_record() {
    let daemon = start();
    let vera = daemon.token("vera", Role::Analyst);
    let body = json!({
        "rule": "title: x", "path": "x.yml", "since": "2026-11-01T00:00:00Z", "limit": 7,
        "incident": "inc-1",
    });
    let answer = hunt(&daemon, &vera, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let expected =
        "{\"event\":{\"id\":\"0\"}}\n{\"event\":{\"id\":\"1\"}}\n{\"vakt.end\":{\"matches\":2}}\n";
    assert_eq!(answer.text(), expected);
    let asked = daemon.fake.hunts.lock().unwrap().remove(0);
    let rule = HuntRule::Text {
        text: "title: x".to_owned(),
        path: "x.yml".to_owned(),
    };
    assert_eq!((asked.rule, asked.limit), (rule, 7));
    assert_eq!(asked.since, "2026-11-01T00:00:00Z".parse().ok());
    assert_eq!(
        logged(&daemon),
        [json!(["vera", "the rule of a text", "done", 2])]
    );
}

#[test]
fn what_cannot_be_hunted_is_refused_and_nothing_is_entered() {
    let daemon = start();
    let check = |body: Value, status: u16, code: &str| {
        let answer = hunt(&daemon, &daemon.admin, &body);
        let found = (answer.status, answer.error_code());
        assert_eq!(found, (status, code.to_owned()), "{body}");
        answer
    };
    check(json!({}), 400, "invalid_field");
    check(json!({"rule": "x", "id": "y"}), 400, "invalid_field");
    check(json!({"id": "y", "limit": 0}), 400, "invalid_field");
    check(json!({"id": "y", "stream": "a"}), 400, "invalid_field");
    check(json!({"id": "y", "since": "soon"}), 400, "invalid_time");
    check(
        json!({"id": "y", "incident": "inc-9"}),
        400,
        "invalid_parameter",
    );
    check(json!([]), 400, "invalid_json");
    check(json!({"id": "nothing"}), 404, "unknown_rule");
    let broken = check(
        json!({"rule": "broken", "path": "x.yml"}),
        400,
        "invalid_rule",
    );
    let diagnostics = json!(["x.yml:1:1: error[unknown-key]: broken\n"]);
    assert_eq!(broken.json()["error"]["diagnostics"], diagnostics);
    let sender = daemon
        .admin(
            "POST /api/v1/tokens",
            r#"{"kind":"intake","name":"web1","stream":"a"}"#,
        )
        .json();
    let refused = hunt(
        &daemon,
        sender["token"].as_str().unwrap(),
        &json!({"id": "y"}),
    );
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (403, "forbidden")
    );
    assert_eq!(logged(&daemon), [Value::Null; 0]);
}

#[test]
fn hunts_are_bounded_and_end_when_their_client_goes_away() {
    let daemon = start();
    let tokens = ["vera", "bo", "eve"].map(|name| daemon.token(name, Role::Analyst));
    let mut first = begin(&daemon, &tokens[0]);
    assert!(read_head(&mut first).contains(" 200 "));
    // Matches come while it goes on.
    assert!(read_chunk(&mut first).is_some());
    let again = hunt(&daemon, &tokens[0], &json!({"id": "other"}));
    assert_eq!(
        (again.status, again.error_code().as_str()),
        (409, "hunt_running")
    );
    let mut second = begin(&daemon, &tokens[1]);
    assert!(read_head(&mut second).contains(" 200 "));
    let third = hunt(&daemon, &tokens[2], &json!({"id": "other"}));
    assert_eq!(
        (third.status, third.error_code().as_str()),
        (429, "too_many_hunts")
    );
    assert!(third.header("retry-after").is_some());
    drop(first);
    wait_for("the end of the first hunt", || {
        hunt(&daemon, &tokens[2], &json!({"id": "other"})).status == 200
    });
    assert_eq!(
        hunt(&daemon, &tokens[0], &json!({"id": "other"})).status,
        200
    );
    daemon.stop.send_replace(true);
    let rest = read_answer_end(&mut second);
    assert!(rest.contains("vakt.end"), "{rest}");
    let searches = vakt_api::Searches::open(
        &daemon.record_path(),
        std::sync::Arc::new(vakt_event::clock::SystemClock),
        vakt_api::searches::KEPT,
    );
    let all = vakt_api::searches::LogFilter {
        limit: 10,
        ..Default::default()
    };
    let page = searches.unwrap().logged(&all).unwrap();
    let rows = page.searches.iter().rev();
    let rows: Vec<(&str, &str)> = rows
        .map(|one| (one.who.as_str(), one.outcome.as_str()))
        .collect();
    let expected = [
        ("vera", "cancelled"),
        ("bo", "cancelled"),
        ("eve", "done"),
        ("vera", "done"),
    ];
    assert_eq!(rows, expected);
}

/// What is left of a chunked answer.
fn read_answer_end(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    while let Some(chunk) = read_chunk(stream) {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    text
}
