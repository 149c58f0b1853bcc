//! Answers of the rest, TLS, and the end.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use serde_json::json;

use crate::client::{connect, read_answer};
use crate::fake::{Wanted, start, start_with};

#[test]
fn a_search_reaches_the_backend_as_it_was_meant() {
    let daemon = start();
    let answer = daemon.admin(
        "GET /api/v1/search?q=failed+password&since=2026-11-24T09:00:00%2B01:00&until=2026-11-24T10:00:00Z&stream=a,b&limit=5&order=asc",
        "",
    );
    let body = answer.json();
    assert_eq!((&body["total"], &body["next"]), (&json!(1), &json!(null)));
    assert!(body["elapsed_ms"].is_u64() && body["hits"][0]["event.id"] == "7");
    let searches = daemon.fake.searches.lock().unwrap();
    let request = &searches[0];
    assert_eq!(request.query, "failed password");
    assert_eq!(request.since.unwrap().to_string(), "2026-11-24T08:00:00Z");
    assert_eq!(request.until.unwrap().to_string(), "2026-11-24T10:00:00Z");
    assert_eq!(request.streams, Some(vec!["a".into(), "b".into()]));
    assert_eq!(request.limit, 5);
}

#[test]
fn a_search_that_cannot_be_made_says_why() {
    let daemon = start();
    let check = |query: &str, code: &str, part: &str| {
        let answer = daemon.admin(&format!("GET /api/v1/search?{query}"), "");
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.error_code(), code, "{query}");
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    check("q=(", "invalid_query", "\"position\":1");
    check("since=last-week", "invalid_time", "`since`");
    check("until=tomorrow", "invalid_time", "`until`");
    check(
        "since=-1h&until=-2h",
        "invalid_time",
        "nothing lies between",
    );
    check("limit=-1", "invalid_parameter", "`limit`");
    check("limit=10001", "invalid_parameter", "from 0 to 10000");
    check("order=up", "invalid_parameter", "`order`");
    check(
        "sinse=-1h",
        "invalid_parameter",
        "the parameters are q, since",
    );
    let rules = daemon.admin("GET /api/v1/rules?limit=1", "").text();
    assert!(rules.contains("it takes no parameters"), "{rules}");
}

#[test]
fn incidents_and_facts() {
    let daemon = start();
    let list = daemon.admin("GET /api/v1/incidents", "").json();
    assert_eq!(
        (&list["incidents"][0]["id"], &list["next"]),
        (&json!("inc-1"), &json!(null))
    );
    assert_eq!(
        daemon.admin("GET /api/v1/incidents/inc-1", "").json()["state"],
        "draft"
    );
    assert_eq!(daemon.admin("GET /api/v1/incidents/ghost", "").status, 404);
    for (name, key) in [
        ("alerts", "alerts"),
        ("rules", "rules"),
        ("sources", "sources"),
    ] {
        let list = daemon.admin(&format!("GET /api/v1/{name}"), "").json();
        assert!(list[key].is_array() && list["next"].is_null(), "{list}");
        let matching = (name == "rules").then_some(7);
        assert_eq!(list["matching"]["measured_events"].as_u64(), matching);
    }

    let facts = "POST /api/v1/incidents/inc-1/facts";
    let check = |line: &str, body: &str, status: u16, part: &str| {
        let answer = daemon.admin(line, body);
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    check(facts, r#"{"fact":"aware"}"#, 400, "`at` is missing");
    check(
        facts,
        r#"{"at":"2026-11-24T09:30:00Z"}"#,
        400,
        "`fact` is missing",
    );
    check(
        facts,
        r#"{"fact":"aware","at":"2026-11-24T09:30:00"}"#,
        400,
        "`at`",
    );
    check(facts, r#"{"fact":"aware","at":5}"#, 400, "`at`");
    check(facts, r#"{"fact":"aware","at":"#, 400, "line 1");
    check(facts, "[]", 400, "no object");
    check(
        "POST /api/v1/incidents/ghost/facts",
        r#"{"fact":"dismissed"}"#,
        404,
        "no incident",
    );
    check(
        "POST /api/v1/incidents",
        r#"{"title":"t"}"#,
        400,
        "`detected_at`",
    );
    check(
        "POST /api/v1/incidents",
        r#"{"title":"t","detected_at":"2026-11-24T09:30:00Z","regimes":"x"}"#,
        400,
        "`regimes`",
    );
    check(
        facts,
        r#"{"fact":"dismissed","reason":"a drill"}"#,
        201,
        "inc-1",
    );
    check(
        facts,
        r#"{"fact":"submitted","at":"2026-11-24T10:30:00+01:00","by":"Bo","report":"notification","reference":"NCSC-1","note":7}"#,
        201,
        "inc-1",
    );
    let facts = daemon.fake.facts.lock().unwrap();
    let (fact, by) = &facts[1];
    assert_eq!(
        (fact.at.to_string().as_str(), fact.by.as_str()),
        ("2026-11-24T09:30:00Z", "Bo")
    );
    assert_eq!((fact.party.as_deref(), by.name.as_str()), (None, "admin"));
    assert_eq!(fact.report.as_deref(), Some("notification"));
    assert_eq!(fact.rest["note"], 7);
    assert_eq!(facts[0].0.by, "admin");
    assert_eq!(
        serde_json::Value::Object(fact.to_body()),
        json!({
            "fact": "submitted", "at": "2026-11-24T09:30:00Z", "by": "Bo",
            "report": "notification", "reference": "NCSC-1", "note": 7,
        })
    );
}

/// What somebody else changed in the meantime is never written over: 412 where `If-Match` asked, 409
/// where the body did.
#[test]
fn a_change_beside_an_older_revision_is_refused() {
    let daemon = start();
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let shown = daemon.request("GET /api/v1/incidents/inc-1", &[&bearer], b"");
    assert_eq!(shown.header("etag"), Some("\"17\""));
    let check = |if_match: Option<&str>, body: &str, status: u16, code: &str| {
        let if_match = if_match.map(|value| format!("If-Match: {value}"));
        let headers: Vec<&str> = std::iter::once(bearer.as_str())
            .chain(if_match.as_deref())
            .collect();
        let line = "POST /api/v1/incidents/inc-1/split";
        let answer = daemon.request(line, &headers, body.as_bytes());
        assert_eq!(
            answer.status,
            status,
            "{headers:?} {body}: {}",
            answer.text()
        );
        if !code.is_empty() {
            assert_eq!(answer.error_code(), code);
        }
    };
    check(None, r#"{"title":"x"}"#, 201, "");
    check(Some("\"17\""), r#"{"title":"x"}"#, 201, "");
    check(Some("*"), r#"{"title":"x"}"#, 201, "");
    check(
        Some("\"16\""),
        r#"{"title":"x"}"#,
        412,
        "precondition_failed",
    );
    check(
        None,
        r#"{"title":"x","expected_revision":16}"#,
        409,
        "conflict",
    );
    check(Some("17"), r#"{"title":"x"}"#, 400, "invalid_parameter");
    check(
        Some("W/\"17\""),
        r#"{"title":"x"}"#,
        400,
        "invalid_parameter",
    );
}

#[test]
fn health_readiness_and_metrics() {
    let daemon = start();
    assert_eq!(daemon.request("GET /healthz", &[], b"").status, 200);
    assert_eq!(
        daemon.request("GET /readyz", &[], b"").json(),
        json!({"ready": true, "reasons": []})
    );
    // What a person should look at makes nothing unready.
    let note = "the clock is ahead";
    daemon.fake.notes.lock().unwrap().push(note.into());
    let answer = daemon.request("GET /readyz", &[], b"");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"ready": true, "reasons": [], "notes": [note]})
    );
    daemon.fake.notes.lock().unwrap().clear();
    daemon
        .fake
        .not_ready
        .lock()
        .unwrap()
        .push("the rules are loading".into());
    let answer = daemon.request("GET /readyz", &[], b"");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json()["reasons"], json!(["the rules are loading"]));
    let metrics = daemon.request("GET /metrics", &[], b"");
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    for line in [
        "vakt_http_requests_total{code=\"200\",route=\"/readyz\"} 2",
        "vakt_http_requests_total{code=\"503\",route=\"/readyz\"} 1",
        "vakt_http_request_duration_seconds_count{route=\"/readyz\"} 3",
        "vakt_build_info{version=\"",
    ] {
        assert!(
            metrics.text().contains(line),
            "{line} is not in\n{}",
            metrics.text()
        );
    }
}

#[test]
fn tls_offers_http_1_1_alone_and_exchanges_certificates() {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server_config = |name: &str| {
        let key = rcgen::generate_simple_self_signed(vec![name.into()]).unwrap();
        let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
        let mut config = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], private)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        (config, key.cert.der().clone())
    };
    let (config, certificate) = server_config("vakt.example");
    let tls = Arc::new(ArcSwap::from_pointee(config));
    let daemon = start_with(Wanted {
        tls: Some(tls.clone()),
        ..Wanted::default()
    });
    let ask = |trusted: &rustls::pki_types::CertificateDer<'static>| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(trusted.clone()).unwrap();
        let mut config = rustls::ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("vakt.example").unwrap();
        let client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = rustls::StreamOwned::new(client, connect(daemon.address));
        let head = format!("GET /sign-in HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.address);
        stream.write_all(head.as_bytes())?;
        let answer = read_answer(&mut stream);
        assert_eq!(stream.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
        Ok::<_, std::io::Error>(answer)
    };
    let answer = ask(&certificate).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=86400")
    );
    let (config, renewed) = server_config("vakt.example");
    tls.store(Arc::new(config));
    assert_eq!(ask(&renewed).unwrap().status, 200);
    assert!(ask(&certificate).is_err());
}

#[test]
fn stopping_finishes_the_request_under_way() {
    let mut daemon = start();
    let mut idle = connect(daemon.address);
    let mut busy = connect(daemon.address);
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nHost: {}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        daemon.address
    );
    busy.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut busy).status, 100);
    daemon.stop.send(true).unwrap();
    // The idle connection is closed at once, the other one after its answer.
    assert_eq!(idle.read(&mut [0; 16]).unwrap(), 0);
    busy.write_all(b"{}\n\n").unwrap();
    assert_eq!(read_answer(&mut busy).json()["accepted"], 1);
    let serving = daemon.serving.take().unwrap();
    let runtime = daemon.runtime.as_ref().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(20), serving).await })
        .unwrap()
        .unwrap()
        .unwrap();
}

/// A thousand connections with half a head once kept everybody out for a minute. The client's own
/// time limit, 20 s, lies well below that.
#[test]
fn silent_connections_keep_nobody_out_for_long() {
    let daemon = start_with(Wanted {
        policy: vakt_api::ListenerPolicy {
            connections_max: 8,
            ..vakt_api::ListenerPolicy::default()
        },
        ..Wanted::default()
    });
    let silent: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = connect(daemon.address);
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").unwrap();
            stream
        })
        .collect();
    assert_eq!(daemon.request("GET /healthz", &[], b"").status, 200);
    drop(silent);
}
