//! Reports of staff, suppliers and customers through the real daemon: the API, the page, and those who mean
//! no good.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::process::Output;

use common::{Daemon, vakt};
use serde_json::{Value as Json, json};

const EVIL: &str = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn answer(daemon: &Daemon, arguments: &[&str]) -> Json {
    let all = [arguments, &["--output", "json"]].concat();
    serde_json::from_str(&stdout(&daemon.vakt(&all))).unwrap()
}

fn report_token(daemon: &Daemon, name: &str, of: &str) -> String {
    let added = answer(daemon, &["tokens", "add", name, "--intake-for", of]);
    added["token"].as_str().unwrap().to_owned()
}

/// Posts to the API, with a token or without.
fn post(daemon: &Daemon, token: Option<&str>, body: &Json) -> (u16, Json) {
    let mut request = ureq::post(format!("{}/api/v1/intake", daemon.http));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.config().http_status_as_error(false).build();
    let mut answer = request.send_json(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// What the form of the page sends, from `origin`.
fn post_form(daemon: &Daemon, origin: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(
        "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"x.html\"\r\n\
         Content-Type: text/html\r\n\r\n<script>alert(3)</script>\r\n--b--\r\n",
    );
    let mut answer = ureq::post(format!("{}/report?lang=sv", daemon.http))
        .header("origin", origin)
        .header("content-type", "multipart/form-data; boundary=b")
        .config()
        .http_status_as_error(false)
        .build()
        .send(body)
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

fn configured(folder: &std::path::Path, text: &str) -> Daemon {
    let config = folder.join("vakt.yaml");
    fs::write(&config, text).unwrap();
    Daemon::start_in(&folder.join("data"), &["-c", config.to_str().unwrap()])
}

#[test]
fn a_supplier_reports_with_a_token_that_does_nothing_else() {
    let daemon = Daemon::start();
    let token = report_token(&daemon, "acme-portal", "supplier:Acme Drift AB");
    let (status, receipt) = post(
        &daemon,
        Some(&token),
        &json!({
            "time": "i går 22:10", "description": EVIL, "contact": "Eva <eva@acme.example>",
            "files": [{"name": "a.txt", "media_type": "text/plain", "base64": "YWJj"}],
        }),
    );
    assert_eq!(status, 201, "{receipt}");
    let members: Vec<&String> = receipt.as_object().unwrap().keys().collect();
    assert_eq!(members, ["receipt", "received_at"], "and nothing else");

    let incident = daemon.get_json("/api/v1/incidents/1");
    assert_eq!(incident["title"], "Report from supplier Acme Drift AB");
    assert_eq!(
        (&incident["state"], &incident["origin"]),
        (&json!("assessing"), &json!("report"))
    );
    let facts: Vec<&str> = incident["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| fact["fact"].as_str().unwrap())
        .collect();
    assert_eq!(facts, ["detected", "supplier_notice"]);
    let work = daemon.get_json("/api/v1/incidents/1/work");
    assert_eq!(work["reports"][0]["description"], EVIL, "word for word");
    assert_eq!(
        work["attachments"][0]["sha256"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );

    for (method, path) in [
        ("GET", "/api/v1/incidents"),
        ("GET", "/api/v1/incidents/1/work"),
        ("GET", "/api/v1/reports"),
        ("GET", "/api/v1/search"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/me"),
        ("GET", "/calendar.ics"),
        ("POST", "/api/v1/incidents/1/notes"),
        ("POST", "/api/v1/events"),
        ("POST", "/api/v1/tokens"),
    ] {
        let url = format!("{}{path}", daemon.http);
        let bearer = format!("Bearer {token}");
        let result = match method {
            "GET" => ureq::get(&url)
                .header("authorization", &bearer)
                .header("origin", "http://elsewhere.example")
                .config()
                .http_status_as_error(false)
                .build()
                .call(),
            _ => ureq::post(&url)
                .header("authorization", &bearer)
                .config()
                .http_status_as_error(false)
                .build()
                .send("{}"),
        };
        assert_eq!(result.unwrap().status().as_u16(), 403, "{method} {path}");
    }
    for path in ["/reports", "/incidents/1/work", "/incidents/1", "/"] {
        let (status, page) = daemon.get(path);
        assert_eq!(status, 200, "{path}");
        for part in ["<script>alert", "<img src=x", "</textarea><script"] {
            assert!(!page.contains(part), "{part} on {path}");
        }
    }
    let (_, page) = daemon.get("/reports");
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );

    // A report is joined to another incident, and stays on the list.
    post(&daemon, Some(&token), &json!({"description": "Again"}));
    stdout(&daemon.vakt(&["incidents", "merge", "2", "--into", "1"]));
    let listed = answer(&daemon, &["reports", "list"]);
    assert_eq!(listed["reports"][0]["state"], "merged");
    assert_eq!(
        daemon.get_json("/api/v1/incidents/1/work")["reports"][1]["description"],
        "Again"
    );

    let tokens = answer(&daemon, &["tokens", "list"]);
    let tokens = tokens["tokens"].as_array().unwrap();
    let row = tokens.iter().find(|it| it["kind"] == "report").unwrap();
    assert_eq!(row["report_for"], "supplier:Acme Drift AB");
    stdout(&daemon.vakt(&["tokens", "revoke", &row["id"].to_string()]));
    assert_eq!(
        post(&daemon, Some(&token), &json!({"description": "x"})).0,
        401
    );
    let verify = vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&daemon.data)
        .output();
    stdout(&verify.unwrap());
}

#[test]
fn a_viewer_sees_no_contact_and_who_sees_other_streams_sees_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = configured(
        folder.path(),
        "streams: [desk, shop]\nintake:\n  stream: desk\nredact:\n  - {fields: [source.ip], action: hash}\n",
    );
    let token = report_token(&daemon, "kund", "customer:Kund AB");
    post(
        &daemon,
        Some(&token),
        &json!({"description": "Slow", "contact": "Eva 070"}),
    );
    let seen = |name: &str, role: &str, stream: &str| {
        let add = ["users", "add", name, "--role", role, "--stream", stream];
        let token = answer(&daemon, &add)["token"].as_str().unwrap().to_owned();
        let mut found = ureq::get(format!("{}/api/v1/reports", daemon.http))
            .header("authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        let found = found.body_mut().read_to_string().unwrap();
        serde_json::from_str::<Json>(&found).unwrap()["reports"].take()
    };
    let analyst = seen("ann", "analyst", "desk");
    assert_eq!(
        (&analyst[0]["description"], &analyst[0]["contact"]),
        (&json!("Slow"), &json!("Eva 070"))
    );
    let viewer = seen("vera", "viewer", "desk");
    assert!(viewer[0].get("contact").is_none(), "{viewer}");
    assert_eq!(
        viewer[0]["description"],
        "(not shown: it may hold what is redacted)"
    );
    assert_eq!(seen("stig", "analyst", "shop"), json!([]));
}

#[test]
fn nobody_reports_without_a_token_unless_the_operator_says_so() {
    let daemon = Daemon::start();
    let report = json!({"description": "It burns"});
    assert_eq!(post(&daemon, None, &report).0, 401);
    assert_eq!(post(&daemon, Some("vakt_wrong"), &report).0, 401);
    let (status, page) = post_form(&daemon, &daemon.http, &[("description", EVIL)]);
    assert_eq!(status, 401);
    assert!(
        page.contains("Rapporter tas bara emot med en kod."),
        "{page}"
    );
    assert!(
        !page.contains("<script>alert"),
        "what was typed comes back as text"
    );
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    let wrong = [("description", "x"), ("code", "vakt_wrong")];
    let (status, page) = post_form(&daemon, &daemon.http, &wrong);
    assert_eq!(status, 403);
    assert!(page.contains("Koden är okänd"), "{page}");
    // An intake token for logs and an administrator's are no codes.
    let logs = answer(&daemon, &["tokens", "add", "web1"]);
    for token in [logs["token"].as_str().unwrap(), daemon.token.as_str()] {
        let fields = [("description", "x"), ("code", token)];
        assert_eq!(post_form(&daemon, &daemon.http, &fields).0, 403);
    }
    assert_eq!(daemon.get_json("/api/v1/reports")["reports"], json!([]));
    let code = report_token(&daemon, "reception", "own");
    let fields = [
        ("description", "Skärmen är låst"),
        ("time", "nyss"),
        ("code", code.as_str()),
    ];
    let (status, page) = post_form(&daemon, "http://evil.example", &fields);
    assert_eq!(status, 403, "{page}");
    let (status, page) = post_form(&daemon, &daemon.http, &fields);
    assert_eq!(
        status, 200,
        "the page of the receipt, after a redirect: {page}"
    );
    let reports = daemon.get_json("/api/v1/reports");
    let receipt = reports["reports"][0]["receipt"].as_str().unwrap();
    assert!(
        page.contains(receipt) && page.contains("Tack. Rapporten har kommit fram."),
        "{page}"
    );
    assert_eq!(reports["reports"][0]["sender"], "reception");
    assert_eq!(reports["reports"].as_array().unwrap().len(), 1);
}

#[test]
fn a_flood_of_strangers_opens_few_incidents() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = configured(folder.path(), "intake:\n  anonymous: true\n");
    let flood: Vec<u16> = (0..40)
        .map(|number| {
            post(
                &daemon,
                None,
                &json!({"description": format!("spam {number}")}),
            )
            .0
        })
        .collect();
    let taken = flood.iter().filter(|status| **status == 201).count();
    assert_eq!(taken, 5, "from one address within an hour: {flood:?}");
    assert!(
        flood.iter().skip(5).all(|status| *status == 429),
        "{flood:?}"
    );
    let incidents = daemon.get_json("/api/v1/incidents");
    assert_eq!(incidents["incidents"].as_array().unwrap().len(), 5);
    let kept = daemon.get_json("/api/v1/reports");
    assert_eq!(kept["reports"][0]["sender"], Json::Null);
    assert!(
        !kept.to_string().contains("127.0.0.1"),
        "who it was is not kept"
    );
    // Those who are known still come through, up to their own bound.
    let token = report_token(&daemon, "kund", "customer:Kund AB");
    let known: Vec<u16> = (0..25)
        .map(|_| post(&daemon, Some(&token), &json!({"description": "down"})).0)
        .collect();
    assert_eq!(known.iter().filter(|status| **status == 201).count(), 20);
    // A page elsewhere makes nobody's browser report.
    let mut request = ureq::post(format!("{}/api/v1/intake", daemon.http))
        .header("origin", "http://evil.example")
        .config()
        .http_status_as_error(false)
        .build()
        .send_json(json!({"description": "x"}))
        .unwrap();
    assert_eq!(request.status().as_u16(), 403);
    let said = request.body_mut().read_to_string().unwrap();
    assert!(said.contains("cross_site_refused"), "{said}");
}

#[test]
fn what_is_no_report_is_refused_and_leaves_no_file() {
    let daemon = Daemon::start();
    let token = report_token(&daemon, "acme", "supplier:Acme");
    let file = |base64: &str| json!({"name": "a", "base64": base64});
    let big = "A".repeat(12 << 20);
    let check = |body: Json, status: u16, part: &str| {
        let (found, said) = post(&daemon, Some(&token), &body);
        assert_eq!(found, status, "{said}");
        assert!(said.to_string().contains(part), "{part} is not in {said}");
    };
    check(json!({}), 400, "description");
    check(json!({"description": "  "}), 400, "description");
    check(json!({"description": 7}), 400, "description");
    check(json!({"description": "x", "aware": true}), 400, "aware");
    check(
        json!({"description": "x".repeat(16_385)}),
        400,
        "16384 is the most",
    );
    check(
        json!({"description": "x", "files": [file("!")]}),
        400,
        "base64",
    );
    check(
        json!({"description": "x", "files": vec![file("QQ=="); 6]}),
        400,
        "at most 5",
    );
    check(
        json!({"description": "x", "files": [file(&big), file(&big)]}),
        413,
        "body_too_large",
    );
    let half = "A".repeat(11 << 20);
    check(
        json!({"description": "x", "files": [file(&half), file(&half)]}),
        400,
        "16777216 is the most",
    );
    let plain = ureq::post(format!("{}/api/v1/intake", daemon.http))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/plain")
        .config()
        .http_status_as_error(false)
        .build()
        .send("{\"description\": \"x\"}")
        .unwrap();
    assert_eq!(plain.status().as_u16(), 415);
    let long = json!({"name": format!("{}.txt", "ä".repeat(200)), "base64": "YWJj"});
    check(
        json!({"description": "x", "files": [file("QQ=="), long]}),
        400,
        "the file ääää",
    );
    let nameless = json!({"name": "folder/", "base64": "YWJj"});
    check(
        json!({"description": "x", "files": [nameless]}),
        400,
        "`name` is missing",
    );
    assert_eq!(daemon.get_json("/api/v1/incidents")["incidents"], json!([]));
    // None of these took the place of a true report, which may have an empty file.
    let (status, said) = post(
        &daemon,
        Some(&token),
        &json!({"description": "It stopped", "files": [{"name": "log.txt", "base64": ""}]}),
    );
    assert_eq!(status, 201, "{said}");
    for _ in 0..19 {
        let (status, _) = post(&daemon, Some(&token), &json!({"description": "again"}));
        assert_eq!(status, 201, "twenty are taken, however many were refused");
    }
    let (status, said) = post(&daemon, Some(&token), &json!({"description": "again"}));
    assert_eq!(status, 429);
    assert!(
        said["error"]["retry_after_seconds"].as_u64() > Some(3_000),
        "{said}"
    );
    let files = fs::read_dir(daemon.data.join("attachments")).unwrap();
    assert_eq!(files.count(), 1, "nothing is stored of what is refused");
    for wrong in ["supplier", "supplier:", "staff", "customer: x"] {
        let refused = daemon.vakt(&["tokens", "add", "x", "--intake-for", wrong]);
        assert!(!refused.status.success(), "{wrong}");
    }
}

/// Three connections that said nothing more stopped every report, with a token, too.
#[test]
fn slow_strangers_hold_up_nobody_who_is_known() {
    let daemon = Daemon::start();
    let token = report_token(&daemon, "acme", "supplier:Acme");
    let address = daemon.http.trim_start_matches("http://");
    let slow: Vec<TcpStream> = (0..6)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            let head = format!(
                "POST /report HTTP/1.1\r\nHost: {address}\r\nOrigin: {}\r\nContent-Type: \
                 multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\n",
                daemon.http
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let code = report_token(&daemon, "reception", "own");
    let fields = [("description", "Skärmen är låst"), ("code", code.as_str())];
    // A form is a stranger's until it is read; once there is no turn it comes back with what was typed.
    let busy = daemon.wait_for("the strangers hold their turns", |daemon| {
        let (status, page) = post_form(daemon, &daemon.http, &fields);
        (status == 503).then_some(page)
    });
    assert!(busy.contains("Skärmen är låst"), "{busy}");
    assert!(
        busy.contains("Många rapporter kommer in just nu."),
        "{busy}"
    );
    assert!(!busy.contains(&code), "{busy}");
    let (status, said) = post(&daemon, Some(&token), &json!({"description": "down"}));
    assert_eq!(status, 201, "{said}");
    // Who sends nothing loses the turn.
    let page = daemon.wait_for("the strangers are given up", |daemon| {
        let (status, page) = post_form(daemon, &daemon.http, &fields);
        (status == 200).then_some(page)
    });
    assert!(page.contains("Tack. Rapporten har kommit fram."), "{page}");
    drop(slow);
}

#[test]
fn what_was_typed_comes_back_where_the_files_are_too_large() {
    let daemon = Daemon::start();
    let code = report_token(&daemon, "reception", "own");
    for mebibytes in [17, 60] {
        let mut body = b"--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n\
            Sk\xc3\xa4rmen\r\n--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"x\"\r\n\r\n"
            .to_vec();
        body.resize(body.len() + (mebibytes << 20), b'x');
        let tail = format!(
            "\r\n--b\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\n{code}\r\n--b--\r\n"
        );
        body.extend_from_slice(tail.as_bytes());
        let mut answer = ureq::post(format!("{}/report?lang=sv", daemon.http))
            .header("origin", &daemon.http)
            .header("content-type", "multipart/form-data; boundary=b")
            .config()
            .http_status_as_error(false)
            .build()
            .send(&body[..])
            .unwrap();
        let page = answer.body_mut().read_to_string().unwrap();
        assert_eq!(answer.status().as_u16(), 413, "{mebibytes} MiB");
        assert!(
            page.contains("Skärmen") && page.contains("Det är för stort"),
            "{page}"
        );
        assert!(page.contains("Välj filerna en gång till."), "{page}");
    }
}

/// A double click and a page that was loaded again each opened a second incident.
#[test]
fn a_report_that_is_sent_twice_is_taken_once() {
    let daemon = Daemon::start();
    let code = report_token(&daemon, "reception", "own");
    let (_, form) = daemon.get("/report?lang=sv");
    let (_, name) = form.split_once("name=\"form\" value=\"").unwrap();
    let (name, _) = name.split_once('"').unwrap();
    let send = |description: &str| {
        let fields = [
            ("form", name),
            ("description", description),
            ("code", code.as_str()),
        ];
        let (status, page) = post_form(&daemon, &daemon.http, &fields);
        assert_eq!(status, 200, "{page}");
        let (_, receipt) = page.split_once("<code>").unwrap();
        receipt.split_once('<').unwrap().0.to_owned()
    };
    let first = send("Skärmen är låst");
    assert_eq!(send("Skärmen är låst"), first);
    assert_ne!(
        send("Nu är den öppen"),
        first,
        "another report from the same page"
    );
    // A program says so itself.
    let again = |key: &str| {
        let mut answer = ureq::post(format!("{}/api/v1/intake", daemon.http))
            .header("authorization", format!("Bearer {code}"))
            .header("idempotency-key", key)
            .send_json(json!({"description": "down"}))
            .unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    let one = again("7f");
    assert_eq!(again("7f"), one);
    assert_ne!(again("80"), one);
    let incidents = daemon.get_json("/api/v1/incidents");
    assert_eq!(incidents["incidents"].as_array().unwrap().len(), 4);
}

/// The body that the guide shows is taken as it stands.
#[test]
fn the_guides_body_is_a_report() {
    let guide = include_str!("../docs/intake.md");
    let (_, rest) = guide.split_once("```json\n").unwrap();
    let (body, _) = rest.split_once("```").unwrap();
    let daemon = Daemon::start();
    let token = report_token(&daemon, "acme", "supplier:Acme");
    let (status, said) = post(&daemon, Some(&token), &serde_json::from_str(body).unwrap());
    assert_eq!(status, 201, "{said}");
    let work = daemon.get_json("/api/v1/incidents/1/work");
    assert_eq!(work["attachments"][0]["media_type"], "message/rfc822");
}

#[test]
fn the_page_speaks_swedish_and_english() {
    let daemon = Daemon::start();
    for (tag, title) in [
        ("sv", "Rapportera en incident"),
        ("en", "Report an incident"),
    ] {
        let mut page = ureq::get(format!("{}/report", daemon.http))
            .header("accept-language", tag)
            .call()
            .unwrap();
        let page = page.body_mut().read_to_string().unwrap();
        assert!(page.contains(&format!("<html lang=\"{tag}\">")), "{page}");
        assert!(page.contains(&format!("<h1>{title}</h1>")), "{page}");
    }
}
