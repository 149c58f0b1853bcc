//! Searches over HTTP: pages, streams, and clients that go away.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Answer, connect, read_chunk};
use crate::fake::{Daemon, start};
use crate::pages::page;

const NDJSON: &str = "Accept: application/x-ndjson";

fn stream(daemon: &Daemon, query: &str) -> Answer {
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    daemon.request(
        &format!("GET /api/v1/search?{query}"),
        &[NDJSON, &bearer],
        b"",
    )
}

/// The hits and the last line, without what differs from run to run.
fn lines(answer: &Answer) -> (Vec<Value>, Value) {
    let text = answer.text();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut end = lines.pop().unwrap()["vakt.end"].take();
    assert!(end["elapsed_ms"].is_u64(), "{end}");
    end.as_object_mut().unwrap().shift_remove("elapsed_ms");
    assert_eq!(
        end.as_object_mut().unwrap().shift_remove("read"),
        Some(json!(0))
    );
    (lines, end)
}

/// Waits until the condition holds.
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "in vain waited for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stream_says_how_far_its_search_is_to_whoever_asks() {
    let daemon = start();
    let (told, _) = lines(&stream(&daemon, "q=watched&progress=true"));
    let progress = json!({"vakt.progress": {"read": 2, "covered": 4, "of": 10, "behind": 3}});
    let (last, before) = told.split_last().unwrap();
    assert_eq!(last["event.id"], "7");
    assert!(
        !before.is_empty() && before.iter().all(|line| *line == progress),
        "{told:?}"
    );
    // A quick search says nothing of it, and nobody hears of it who does not ask.
    assert_eq!(lines(&stream(&daemon, "q=x&progress=true")).0.len(), 1);
    let refused = stream(&daemon, "q=x&progress=maybe");
    assert_eq!(refused.status, 400);
    // What is wrong with the query is said with the status here, too.
    assert_eq!(stream(&daemon, "q=(&progress=true").status, 400);
}

#[test]
fn a_stream_is_made_of_pages_and_says_how_it_ended() {
    let daemon = start();
    let check = |query: &str, hits: usize, end: Value, asked: &[(usize, bool)]| {
        daemon.fake.searches.lock().unwrap().clear();
        let answer = stream(&daemon, query);
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let (found, last) = lines(&answer);
        let ids: Vec<&str> = found
            .iter()
            .map(|hit| hit["event.id"].as_str().unwrap())
            .collect();
        let expected: Vec<String> = (0..hits).map(|id| id.to_string()).collect();
        assert_eq!(ids, expected, "{query}");
        assert_eq!(last, end, "{query}");
        let searches = daemon.fake.searches.lock().unwrap();
        let pages: Vec<_> = searches
            .iter()
            .map(|request| (request.limit.min(request.page.unwrap()), request.hits_only))
            .collect();
        assert_eq!(pages, asked, "{query}");
    };
    let whole = |hits: usize| json!({"hits": hits, "total": hits, "is_cut": false, "next": null});
    check("q=many%200", 0, whole(0), &[(500, false)]);
    check("q=many%203", 3, whole(3), &[(500, false)]);
    check(
        "q=many%2012345",
        12_345,
        whole(12_345),
        &[(500, false), (5_000, true), (5_000, true), (5_000, true)],
    );
    check(
        "q=many%2012345&limit=700",
        700,
        json!({"hits": 700, "total": 12_345, "is_cut": false, "next": "700"}),
        &[(500, false), (200, true)],
    );
    check(
        "q=many%2012345&limit=20000",
        12_345,
        whole(12_345),
        &[(500, false), (5_000, true), (5_000, true), (5_000, true)],
    );
}

#[test]
fn a_stream_that_is_cut_says_why_and_where() {
    let daemon = start();
    let (hits, end) = lines(&stream(&daemon, "q=many%2010000&cursor=900"));
    assert_eq!(hits.len(), 5_500);
    assert_eq!(
        end,
        json!({
            "hits": 5_500, "total": 10_000, "is_cut": true, "next": "6400",
            "error": {
                "code": "unavailable",
                "message": "the time is over",
                "help": "try again; /readyz says what is missing",
            },
        })
    );
    // What is wrong with the query is no stream at all.
    let wrong = stream(&daemon, "q=(");
    assert_eq!(
        (wrong.status, wrong.error_code().as_str()),
        (400, "invalid_query")
    );
    assert_eq!(wrong.json()["error"]["position"], 1);
}

#[test]
fn a_table_stands_beside_the_hits_and_is_lines_of_a_stream() {
    let daemon = start();
    let query = "q=*%20%7C%20stats%20count%20by%20host.name";
    let answer = daemon
        .admin(&format!("GET /api/v1/search?{query}"), "")
        .json();
    assert_eq!(
        answer["table"],
        json!({"columns": ["host.name", "count"], "rows": [["web1", 3], [null, 1]],
            "cut": ["There are more groups."]})
    );
    assert_eq!(answer["hits"], json!([]));
    // Its times are not converted for the page, which says what they are in.
    let shown = page(&daemon, &format!("/?{query}")).text();
    assert!(shown.contains("Times in a table are in UTC."), "{shown}");
    assert!(!shown.contains("Times are in "), "{shown}");
    let hits = page(&daemon, "/?q=x").text();
    assert!(hits.contains("Times are in UTC."), "{hits}");
    let plain = daemon.admin("GET /api/v1/search?q=x", "").json();
    assert_eq!(plain.get("table"), None);
    let (rows, end) = lines(&stream(&daemon, query));
    assert_eq!(
        rows,
        [
            json!({"host.name": "web1", "count": 3}),
            json!({"host.name": null, "count": 1})
        ]
    );
    assert_eq!(
        end,
        json!({
            "hits": 2, "total": 4, "is_cut": true, "cut": ["There are more groups."], "next": null
        })
    );
}

/// Sends the head of a search and gives the connection.
pub(crate) fn begin(daemon: &Daemon, query: &str, more: &str) -> TcpStream {
    let mut stream = connect(daemon.address);
    let head = format!(
        "GET /api/v1/search?{query} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{more}\r\n",
        daemon.address, daemon.admin
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn a_search_ends_when_its_client_goes_away() {
    let daemon = start();
    let accept = format!("{NDJSON}\r\n");
    for (number, more) in ["", &accept].into_iter().enumerate() {
        let client = begin(&daemon, "q=slow", more);
        wait_for("the search", || {
            daemon.fake.searches.lock().unwrap().len() == number + 1
        });
        assert_eq!(daemon.fake.cancelled.load(Ordering::Relaxed), number);
        drop(client);
        wait_for("its end", || {
            daemon.fake.cancelled.load(Ordering::Relaxed) == number + 1
        });
    }
}

/// A client that does not read keeps a few pages in memory, whatever there is to send, and one
/// that goes away ends the work.
#[test]
fn a_stream_waits_for_its_reader() {
    let daemon = start();
    let searches = || daemon.fake.searches.lock().unwrap().len();
    let mut client = begin(&daemon, "q=many%20100000000", &format!("{NDJSON}\r\n"));
    let mut seen = 0;
    let mut unchanged = 0;
    while unchanged < 50 {
        std::thread::sleep(Duration::from_millis(20));
        unchanged = if searches() == seen { unchanged + 1 } else { 0 };
        seen = searches();
    }
    // What the sockets hold, about 3 MB each way, and the pages that wait.
    assert!(seen < 12, "{seen} pages were made");
    let head = crate::client::read_head(&mut client);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for _ in 0..seen {
        read_chunk(&mut client).unwrap();
    }
    wait_for("a further page", || searches() > seen);
    drop(client);
    let mut last = searches();
    wait_for("the end", || {
        std::thread::sleep(Duration::from_millis(200));
        std::mem::replace(&mut last, searches()) == last
    });
}

#[test]
fn streams_are_bounded() {
    let daemon = start();
    let accept = format!("{NDJSON}\r\n");
    let mut open: Vec<_> = (0..16)
        .map(|_| begin(&daemon, "q=many%20100000000", &accept))
        .collect();
    for client in &mut open {
        assert!(crate::client::read_head(client).contains(" 200 "));
    }
    let refused = stream(&daemon, "q=x");
    assert_eq!(
        (refused.status, refused.error_code().as_str()),
        (503, "busy")
    );
    assert_eq!(daemon.admin("GET /api/v1/search?q=x", "").status, 200);
    open.clear();
    wait_for("room", || stream(&daemon, "q=x").status == 200);
}

/// Follows from `query` on until a line says that it read so far; gives the lines.
fn followed(daemon: &Daemon, query: &str, lines: usize) -> Vec<String> {
    let mut stream = daemon.open(&format!("GET /api/v1/follow?{query}"));
    assert!(crate::client::read_head(&mut stream).contains(" 200 "));
    let mut text = String::new();
    while text.lines().count() < lines {
        text += &String::from_utf8(read_chunk(&mut stream).unwrap()).unwrap();
    }
    text.lines().map(str::to_owned).collect()
}

#[test]
fn events_are_followed_from_a_position_on() {
    let daemon = start();
    let hit = |id: u64| format!("{{\"event.id\":\"{id}\"}}");
    let at = |position: u64| format!("{{\"vakt.at\":{position}}}");
    let expected = [hit(100), at(110), hit(110), hit(120)];
    assert_eq!(followed(&daemon, "q=x", 4), expected);
    assert_eq!(followed(&daemon, "q=x&from=120", 2), [hit(120), at(130)]);
    assert_eq!(followed(&daemon, "q=x&from=130", 1), [at(130)]);
    for (wrong, code) in [("q=(", "invalid_query"), ("from=x", "invalid_parameter")] {
        let refused = daemon.admin(&format!("GET /api/v1/follow?{wrong}"), "");
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (400, code),
            "{wrong}"
        );
    }
}

/// An answer that never ends by itself would keep a stop waiting for its whole grace time.
#[test]
fn who_follows_keeps_no_daemon_from_stopping() {
    let mut daemon = start();
    let mut stream = daemon.open("GET /api/v1/follow?q=x");
    assert!(crate::client::read_head(&mut stream).contains(" 200 "));
    daemon.stop.send(true).unwrap();
    while read_chunk(&mut stream).is_some() {}
    let serving = daemon.serving.take().unwrap();
    let runtime = daemon.runtime.as_ref().unwrap();
    runtime.block_on(serving).unwrap().unwrap();
}
