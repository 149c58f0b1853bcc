//! `POST /api/v1/events`.

use std::io::Write as _;

use serde_json::json;
use vakt_api::{Limits, Role};
use vakt_event::{Format, Transport};
use vakt_ingest::intake::Refused;

use crate::client::chunked;
use crate::fake::{Wanted, start, start_with};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_are_accepted_as_they_are() {
    let daemon = start();
    let check = |body: &[u8], accepted: usize, expected: &[&str]| {
        daemon.fake.frames.lock().unwrap().clear();
        let answer = daemon.request("POST /api/v1/events", &[], body);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), json!({"accepted": accepted, "rejected": []}));
        assert_eq!(daemon.fake.lines(), expected);
    };
    check(b"", 0, &[]);
    check(b"\n\n", 0, &[]);
    check(b"{\"a\":1}\n{\"b\":2}", 2, &["{\"a\":1}", "{\"b\":2}"]);
    check(
        b"{\"a\":1}\r\n\r\nno json\r\n",
        2,
        &["{\"a\":1}", "no json"],
    );
    check(b"\xff\xfe", 1, &["\u{fffd}\u{fffd}"]);
    let frames = daemon.fake.frames.lock().unwrap();
    let (source, frame) = &frames[0];
    assert_eq!(frame.format, Format::Text);
    assert_eq!(source.transport, Transport::Http);
    assert_eq!(source.stream, "default");
    assert_eq!(source.peer, Some("127.0.0.1".parse().unwrap()));
    assert!(!source.drill);
}

#[test]
fn lines_over_the_limit_are_cut_marked_and_counted() {
    let daemon = start();
    let mut body = b"{\"a\":1}\n".to_vec();
    body.extend(vec![b'x'; 1024 * 1024 + 1]);
    body.extend(b"\nlast");
    let answer = daemon.request("POST /api/v1/events", &[], &body);
    let reason = "longer than 1048576 bytes; its beginning is stored";
    assert_eq!(
        answer.json(),
        json!({
            "accepted": 3,
            "rejected": [],
            "truncated": [{"line": 2, "reason": reason}],
            "truncated_total": 1,
        })
    );
    {
        let frames = daemon.fake.frames.lock().unwrap();
        let stored: Vec<_> = frames
            .iter()
            .map(|(_, frame)| (frame.bytes.len(), frame.truncated))
            .collect();
        assert_eq!(stored, [(7, false), (1024 * 1024, true), (4, false)]);
    }
    let metrics = daemon.request("GET /metrics", &[], b"").text();
    for line in [
        "vakt_ingest_frames_truncated_total{transport=\"http\"} 1",
        "vakt_ingest_frames_received_total{transport=\"http\"} 3",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[test]
fn the_list_of_cut_lines_is_bounded() {
    let limits = Limits {
        line_bytes_max: 4,
        ..Limits::default()
    };
    let daemon = start_with(Wanted {
        limits,
        ..Wanted::default()
    });
    let answer = daemon
        .request("POST /api/v1/events", &[], &b"too long\n".repeat(150))
        .json();
    assert_eq!(answer["accepted"], 150);
    assert_eq!(answer["truncated"].as_array().unwrap().len(), 100);
    assert_eq!(answer["truncated_total"], 150);
}

#[test]
fn members_of_an_array_are_events() {
    let daemon = start();
    let check = |content_type: &str, body: &[u8], status: u16, expected: &[&str]| {
        daemon.fake.frames.lock().unwrap().clear();
        let header = format!("Content-Type: {content_type}");
        let answer = daemon.request("POST /api/v1/events", &[&header], body);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(daemon.fake.lines(), expected);
        answer.json()
    };
    let two = b"[{\"a\":1},\n{\"b\":2}]";
    let json = "application/json; charset=utf-8";
    assert_eq!(
        check(json, two, 200, &["{\"a\":1}", "{\"b\":2}"])["accepted"],
        2
    );
    check(
        "application/json",
        b"{\"a\":1}\n{}",
        200,
        &["{\"a\":1}", "{}"],
    );
    check("application/x-ndjson", b"[{},{}]", 200, &["[{},{}]"]);
    let answer = check(
        "application/json",
        b"[{\"a\":1},{\"b\"",
        400,
        &["{\"a\":1}"],
    );
    assert_eq!(
        answer["error"]["message"],
        "member 2 of the array: the body ends before the array does"
    );
    assert_eq!(
        (&answer["error"]["accepted"], &answer["error"]["next_line"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn compressed_bodies() {
    let daemon = start();
    let body = b"{\"a\":1}\n{\"b\":2}\n";
    let check = |encoding: Option<&str>, body: &[u8], expected: u16| {
        daemon.fake.frames.lock().unwrap().clear();
        let headers: Vec<String> = encoding
            .map(|name| format!("Content-Encoding: {name}"))
            .into_iter()
            .collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = daemon.request("POST /api/v1/events", &headers, body);
        assert_eq!(answer.status, expected, "{encoding:?}: {}", answer.text());
        let stored = daemon.fake.lines().len();
        assert_eq!(stored, if expected == 200 { 2 } else { 0 });
    };
    let zstd = zstd::encode_all(body.as_slice(), 3).unwrap();
    check(Some("gzip"), &gzip(body), 200);
    check(Some("zstd"), &zstd, 200);
    check(Some("identity"), body, 200);
    check(None, &gzip(body), 200);
    check(None, &zstd, 200);
    check(Some("br"), body, 415);
    check(Some("gzip"), body, 400);
    check(Some("zstd"), &gzip(body), 400);
    check(Some("gzip"), &gzip(body)[..20], 400);
}

#[test]
fn what_is_over_the_cap_is_413_however_it_is_packed() {
    let limits = Limits {
        events_body_bytes_max: 2_000_000,
        ..Limits::default()
    };
    let daemon = start_with(Wanted {
        limits,
        ..Wanted::default()
    });
    let large = b"{\"text\":\"nothing new\"}\n".repeat(1_000_000);
    let check = |headers: &[&str], body: &[u8]| {
        let answer = daemon.request("POST /api/v1/events", headers, body);
        assert_eq!(answer.status, 413, "{headers:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], "body_too_large");
        let accepted = error["accepted"].as_u64().unwrap();
        assert_eq!(daemon.fake.lines().len() as u64, accepted);
        daemon.fake.frames.lock().unwrap().clear();
    };
    check(&[], &large);
    check(&["Transfer-Encoding: chunked"], &chunked(&large, 100_000));
    check(&["Content-Encoding: gzip"], &gzip(&large));
    let zstd = zstd::encode_all(large.as_slice(), 3).unwrap();
    check(&["Content-Encoding: zstd"], &zstd);
    check(&["Content-Encoding: gzip"], &gzip(&vec![b' '; 100_000_000]));
}

#[test]
fn a_busy_journal_is_503_with_the_prefix_that_is_durable() {
    let daemon = start();
    *daemon.fake.batches_left.lock().unwrap() = Some(1);
    let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(1000));
    let answer = daemon.request("POST /api/v1/events", &[], line.repeat(3000).as_bytes());
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "busy");
    let stored = daemon.fake.lines().len();
    assert!(stored > 0 && stored < 3000, "{stored}");
    assert_eq!(error["accepted"], stored);
    assert_eq!(error["next_line"], stored + 1);
}

#[test]
fn a_full_disk_is_503_until_there_is_room() {
    let daemon = start();
    *daemon.fake.refusal.lock().unwrap() = Some(Refused::NoSpace);
    *daemon.fake.batches_left.lock().unwrap() = Some(0);
    let answer = daemon.request("POST /api/v1/events", &[], b"{\"a\":1}\n");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    let error = &answer.json()["error"];
    assert_eq!(error["code"], "no_space");
    assert_eq!(
        (&error["accepted"], &error["next_line"]),
        (&json!(0), &json!(1))
    );
    *daemon.fake.batches_left.lock().unwrap() = None;
    let answer = daemon.request("POST /api/v1/events", &[], b"{\"a\":1}\n");
    assert_eq!(answer.status, 200);
    assert_eq!(daemon.fake.lines(), ["{\"a\":1}"]);
}

#[test]
fn streams_come_from_tokens_and_drills_need_a_person() {
    let daemon = start();
    let intake = daemon
        .access
        .add_intake_token("customer-a", "web", "admin")
        .unwrap();
    let analyst = daemon.token("anna", Role::Analyst);
    let check = |token: Option<&str>, drill: Option<&str>, expected: Result<(&str, bool), u16>| {
        daemon.fake.frames.lock().unwrap().clear();
        let mut headers = Vec::new();
        headers.extend(token.map(|token| format!("Authorization: Bearer {token}")));
        headers.extend(drill.map(|drill| format!("X-Vakt-Drill: {drill}")));
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let answer = daemon.request("POST /api/v1/events", &headers, b"{}");
        let frames = daemon.fake.frames.lock().unwrap();
        let found = match answer.status {
            200 => Ok((frames[0].0.stream.as_str(), frames[0].0.drill)),
            status => Err(status),
        };
        assert_eq!(found, expected);
    };
    check(None, None, Ok(("default", false)));
    check(None, Some("0"), Ok(("default", false)));
    check(None, Some("1"), Err(403));
    check(None, Some("yes"), Err(400));
    check(
        Some(intake.secret.reveal()),
        None,
        Ok(("customer-a", false)),
    );
    check(Some(intake.secret.reveal()), Some("1"), Err(403));
    check(Some(&analyst), Some("1"), Ok(("default", true)));
    check(Some(&daemon.admin), Some("1"), Ok(("default", true)));
    check(Some(&daemon.admin), None, Ok(("default", false)));
}

#[test]
fn more_events_than_a_request_may_hold_are_413_however_small_they_are() {
    let daemon = start_with(Wanted {
        limits: Limits {
            events_per_request_max: 30_000,
            ..Limits::default()
        },
        ..Wanted::default()
    });
    let check = |lines: usize, status: u16| {
        let body = gzip(&b"{}\n".repeat(lines));
        assert!(body.len() < 2000);
        daemon.fake.frames.lock().unwrap().clear();
        let headers = ["Content-Encoding: gzip"];
        let answer = daemon.request("POST /api/v1/events", &headers, &body);
        assert_eq!(answer.status, status);
        (answer.json(), daemon.fake.frames.lock().unwrap().len())
    };
    let (answer, taken) = check(30_000, 200);
    assert_eq!((&answer["accepted"], taken), (&json!(30_000), 30_000));
    let (answer, taken) = check(500_000, 413);
    assert_eq!(answer["error"]["code"], "body_too_large");
    assert!(taken <= 30_000, "{taken}");
    assert_eq!(answer["error"]["accepted"], taken);
    assert_eq!(answer["error"]["next_line"], taken + 1);
}
