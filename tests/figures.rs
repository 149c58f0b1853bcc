//! Figures over events: what the commands of a query make of them, the same from memory, from splits
//! and from the journal; and what takes the space.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Daemon, percent_encoded};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Logins: of five users one has most, and one has none.
fn events() -> String {
    let mut lines = String::new();
    for number in 0..60 {
        let user = ["anna", "anna", "bo", "Ceder", "anna"][number % 5];
        let hour = 10 + number / 30;
        let minute = number % 30;
        lines += &format!(
            "{{\"@timestamp\":\"2026-11-24T{hour}:{minute:02}:00Z\",\"user.name\":\"{user}\",\
             \"source.ip\":\"10.0.0.{}\",\"bytes\":{number},\"message\":\"login {number}\"}}\n",
            number % 3
        );
    }
    lines + "{\"@timestamp\":\"2026-11-24T11:59:00Z\",\"message\":\"login of nobody\"}\n"
}

fn table(daemon: &Daemon, query: &str) -> Json {
    let answer = daemon.get_json(&format!("/api/v1/search?q={}", percent_encoded(query)));
    assert_eq!(answer["hits"], json!([]), "{answer}");
    assert_eq!(answer["table"]["cut"], json!([]), "{answer}");
    answer["table"]["rows"].clone()
}

fn check(daemon: &Daemon) {
    let cases = [
        (
            "login | stats count by user.name",
            json!([["anna", 36], ["bo", 12], ["Ceder", 12]]),
        ),
        ("login | top 1 user.name", json!([["anna", 36, 60]])),
        ("login | stats count", json!([[61]])),
        (
            "user.name:anna | stats count, sum(bytes) by source.ip",
            json!([
                ["10.0.0.0", 12, 330],
                ["10.0.0.1", 12, 330],
                ["10.0.0.2", 12, 390]
            ]),
        ),
        (
            "login | timechart 1h count by source.ip",
            json!([
                ["2026-11-24T10:00:00Z", 10, 10, 10],
                ["2026-11-24T11:00:00Z", 10, 10, 10]
            ]),
        ),
        ("nothing | stats count by user.name", json!([])),
    ];
    for (query, expected) in cases {
        assert_eq!(table(daemon, query), expected, "{query}");
    }
    let listed = daemon.search("login | sort bytes | head 2 | fields bytes", 10);
    assert_eq!(listed["hits"], json!([{"bytes": 0}, {"bytes": 1}]));
}

#[test]
fn figures_are_the_same_from_memory_from_splits_and_from_the_journal() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.post_events(&events()).unwrap().0, 200);
    check(&daemon);
    // What is in memory alone is read from the journal again.
    daemon.kill();
    let daemon = Daemon::start_in(&data, &[]);
    check(&daemon);
    // A stop writes it to a split.
    assert!(daemon.end_with("TERM").success());
    let daemon = Daemon::start_in(&data, &[]);
    check(&daemon);

    let text = |arguments: &[&str]| {
        let output = daemon.vakt(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let query = "login | stats count by user.name";
    assert_eq!(
        text(&["search", query, "--output", "text"]),
        "user.name  count\nanna       36\nbo         12\nCeder      12\n"
    );
    assert_eq!(
        text(&["search", query, "--output", "ndjson"]),
        "{\"user.name\":\"anna\",\"count\":36}\n{\"user.name\":\"bo\",\"count\":12}\n\
         {\"user.name\":\"Ceder\",\"count\":12}\n"
    );
    let storage: Json = serde_json::from_str(&text(&["storage", "--output", "json"])).unwrap();
    let stream = &storage["streams"][0];
    assert_eq!(
        (&stream["stream"], &stream["events"], &stream["splits"]),
        (&json!("default"), &json!(61), &json!(1))
    );
    assert_eq!(stream["raw_bytes"], json!(events().len() - 61));
    assert_eq!(storage["unsealed_events"], 0);
    let fields = storage["fields"].as_array().unwrap();
    assert!(
        fields.iter().any(|field| field["field"] == "user.name"),
        "{storage}"
    );
    let fields = text(&["storage", "--by", "field", "--output", "text"]);
    assert!(fields.starts_with("field"), "{fields}");
    let partitions = text(&["storage", "--by", "partition", "--output", "text"]);
    assert!(partitions.starts_with("day"), "{partitions}");
}

#[test]
fn a_command_that_cannot_be_read_is_refused_at_its_place() {
    let daemon = Daemon::start();
    let query = percent_encoded("login | stats count bye user.name");
    let (status, body) = daemon.get(&format!("/api/v1/search?q={query}"));
    assert_eq!(status, 400, "{body}");
    let answer: Json = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["error"]["position"], 20, "{body}");
}
