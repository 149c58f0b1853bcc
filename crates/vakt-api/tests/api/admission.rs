//! Who is let in where: every route with every kind of credential.

use vakt_api::{ListenerPolicy, Role};

use crate::fake::{Daemon, Wanted, start, start_with};

/// The credentials in the order of the tables' columns.
fn credentials(daemon: &Daemon) -> Vec<Vec<String>> {
    let bearer = |token: &str| vec![format!("Authorization: Bearer {token}")];
    let intake = daemon
        .access
        .add_intake_token("web", "web servers", "admin")
        .unwrap();
    let session = daemon.session();
    vec![
        vec![],
        bearer("vakt_wrong"),
        bearer(intake.secret.reveal()),
        bearer(&daemon.token("vera", Role::Viewer)),
        bearer(&daemon.token("anna", Role::Analyst)),
        bearer(&daemon.token("lena", Role::Lead)),
        bearer(&daemon.admin),
        // A session, as our own pages use it, and as another site's page would.
        vec![
            format!("Cookie: vakt_session={session}"),
            format!("Origin: http://{}", daemon.address),
            "Sec-Fetch-Site: same-origin".into(),
            "X-Vakt-Request: 1".into(),
        ],
        vec![
            format!("Cookie: vakt_session={session}"),
            "Origin: http://evil.example".into(),
            "Sec-Fetch-Site: cross-site".into(),
        ],
    ]
}

fn check_table(daemon: &Daemon, table: &[(&str, &str, [u16; 9])]) {
    let credentials = credentials(daemon);
    for (line, body, expected) in table {
        let found: Vec<u16> = credentials
            .iter()
            .map(|headers| {
                let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
                daemon.request(line, &headers, body.as_bytes()).status
            })
            .collect();
        assert_eq!(found, expected, "{line}");
    }
}

const FACT: &str = r#"{"fact":"aware","at":"2026-11-24T09:30:00Z"}"#;
const END: &str = r#"{"reason":"found wrong"}"#;
const INCIDENT: &str = r#"{"title":"t","detected_at":"2026-11-24T09:30:00Z"}"#;

// nothing, wrong, intake, viewer, analyst, lead, admin, session, session from another site
const OPEN_TABLE: &[(&str, &str, [u16; 9])] = &[
    (
        "POST /api/v1/events",
        "{}",
        [200, 401, 200, 403, 200, 403, 200, 403, 403],
    ),
    (
        "GET /healthz",
        "",
        [200, 200, 200, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /readyz",
        "",
        [200, 200, 200, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /metrics",
        "",
        [200, 200, 200, 200, 200, 200, 200, 200, 200],
    ),
];

const CLOSED_TABLE: &[(&str, &str, [u16; 9])] = &[
    (
        "GET /openapi.json",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/search?q=x",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/incidents",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/incidents/inc-1",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "POST /api/v1/incidents",
        INCIDENT,
        [401, 401, 403, 403, 201, 201, 201, 201, 403],
    ),
    (
        "POST /api/v1/incidents/inc-1/facts",
        FACT,
        [401, 401, 403, 403, 201, 201, 201, 201, 403],
    ),
    (
        "POST /api/v1/incidents/inc-1/facts/preview",
        FACT,
        [401, 401, 403, 403, 200, 200, 200, 200, 403],
    ),
    (
        "POST /api/v1/incidents/inc-1/split",
        FACT,
        [401, 401, 403, 403, 201, 201, 201, 201, 403],
    ),
    (
        "GET /api/v1/alerts",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/suppressions",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "POST /api/v1/suppressions",
        "{}",
        [401, 401, 403, 403, 201, 201, 201, 201, 403],
    ),
    (
        "POST /api/v1/suppressions/preview",
        "{}",
        [401, 401, 403, 403, 200, 200, 200, 200, 403],
    ),
    (
        "GET /api/v1/suppressions/s1",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "POST /api/v1/suppressions/s1/end",
        END,
        [401, 401, 403, 403, 200, 200, 200, 200, 403],
    ),
    (
        "GET /api/v1/maintenance",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "POST /api/v1/maintenance",
        "{}",
        [401, 401, 403, 403, 201, 201, 201, 201, 403],
    ),
    (
        "POST /api/v1/maintenance/w1/end",
        END,
        [401, 401, 403, 403, 404, 404, 404, 404, 403],
    ),
    (
        "GET /api/v1/risk",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/rules",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/sources",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /api/v1/me",
        "",
        [401, 401, 403, 200, 200, 200, 200, 200, 200],
    ),
    (
        "POST /api/v1/sign-in-links",
        "",
        [401, 401, 403, 201, 201, 201, 201, 201, 403],
    ),
    (
        "GET /api/v1/users",
        "",
        [401, 401, 403, 403, 403, 403, 200, 200, 200],
    ),
    (
        "POST /api/v1/users",
        "{}",
        [401, 401, 403, 403, 403, 403, 400, 400, 403],
    ),
    (
        "DELETE /api/v1/users/ghost",
        "",
        [401, 401, 403, 403, 403, 403, 404, 404, 403],
    ),
    (
        "GET /api/v1/tokens",
        "",
        [401, 401, 403, 403, 403, 403, 200, 200, 200],
    ),
    (
        "POST /api/v1/tokens",
        "{}",
        [401, 401, 403, 403, 403, 403, 400, 400, 403],
    ),
    (
        "DELETE /api/v1/tokens/999",
        "",
        [401, 401, 403, 403, 403, 403, 404, 404, 403],
    ),
    (
        "GET /sign-in",
        "",
        [200, 401, 200, 200, 200, 200, 200, 200, 200],
    ),
    (
        "GET /nothing",
        "",
        [404, 404, 404, 404, 404, 404, 404, 404, 404],
    ),
    (
        "PUT /api/v1/events",
        "",
        [405, 405, 405, 405, 405, 405, 405, 405, 405],
    ),
];

#[test]
fn on_loopback() {
    let daemon = start();
    check_table(&daemon, &[OPEN_TABLE, CLOSED_TABLE].concat());
}

#[test]
fn elsewhere_everything_needs_a_credential() {
    // A listener on all addresses is not a loopback listener, even for a neighbour process.
    let daemon = start_with(Wanted {
        address: Some("0.0.0.0:0"),
        ..Wanted::default()
    });
    check_table(
        &daemon,
        &[
            (
                "POST /api/v1/events",
                "{}",
                [401, 401, 200, 403, 200, 403, 200, 401, 401],
            ),
            (
                "POST /upload",
                "",
                [401, 401, 415, 403, 415, 403, 415, 401, 401],
            ),
            (
                "GET /healthz",
                "",
                [401, 401, 403, 200, 200, 200, 200, 200, 200],
            ),
            (
                "GET /readyz",
                "",
                [401, 401, 403, 200, 200, 200, 200, 200, 200],
            ),
            (
                "GET /metrics",
                "",
                [401, 401, 403, 200, 200, 200, 200, 200, 200],
            ),
        ],
    );
}

#[test]
fn a_listener_can_be_opened_and_closed_by_configuration() {
    let check = |open_intake, address, expected| {
        let policy = ListenerPolicy {
            open_intake: Some(open_intake),
            ..ListenerPolicy::default()
        };
        let daemon = start_with(Wanted {
            policy,
            address: Some(address),
            ..Wanted::default()
        });
        let answer = daemon.request("POST /api/v1/events", &[], b"{}");
        assert_eq!(answer.status, expected, "{address}: {}", answer.text());
    };
    check(true, "0.0.0.0:0", 200);
    check(false, "127.0.0.1:0", 401);
}

#[test]
fn open_intake_refuses_browsers_proxies_and_foreign_names() {
    let daemon = start();
    let port = daemon.address.port();
    let check = |header: &str, expected: &str| {
        for line in ["POST /api/v1/events", "POST /upload", "GET /metrics"] {
            let answer = daemon.request(line, &[header], b"{}");
            assert_eq!(answer.status, 403, "{line} with {header}");
            assert_eq!(answer.error_code(), expected, "{line} with {header}");
        }
    };
    check("Origin: http://evil.example", "browser_refused");
    check("Origin: null", "browser_refused");
    check(
        &format!("Origin: http://127.0.0.1:{port}"),
        "browser_refused",
    );
    check("Sec-Fetch-Site: cross-site", "browser_refused");
    check("Sec-Fetch-Site: same-site", "browser_refused");
    check("Forwarded: for=192.0.2.1", "proxy_refused");
    check("X-Forwarded-For: 192.0.2.1", "proxy_refused");
    check("X-Forwarded-Proto: https", "proxy_refused");
    check("X-Real-IP: 192.0.2.1", "proxy_refused");
    check("Via: 1.1 proxy", "proxy_refused");
    // DNS rebinding: a foreign name that was made to point here.
    check(&format!("Host: evil.example:{port}"), "host_refused");
    check("Host: evil.example", "host_refused");
    check(&format!("Host: 192.0.2.1:{port}"), "host_refused");
    check("Host: 127.0.0.1", "host_refused");
    assert_eq!(daemon.fake.lines(), Vec::<String>::new());

    let absolute = format!("POST http://evil.example:{port}/api/v1/events");
    assert_eq!(
        daemon.request(&absolute, &[], b"{}").error_code(),
        "host_refused"
    );
    let host = format!("Host: localhost:{port}");
    assert_eq!(
        daemon
            .request("POST /api/v1/events", &[&host], b"{}")
            .status,
        200
    );
    // With a credential a proxy may stand before us.
    let bearer = format!("Authorization: Bearer {}", daemon.admin);
    let proxied = [&*bearer, "X-Forwarded-For: 192.0.2.1", "Host: vakt.example"];
    assert_eq!(
        daemon
            .request("POST /api/v1/events", &proxied, b"{}")
            .status,
        200
    );
}

#[test]
fn errors_are_json_with_code_message_and_help() {
    let daemon = start();
    let answer = daemon.request("GET /api/v1/search", &[], b"");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer realm=\"vakt\"")
    );
    assert_eq!(
        answer.json(),
        serde_json::json!({"error": {
            "code": "unauthenticated",
            "message": "this needs a credential",
            "help": "send `Authorization: Bearer TOKEN`; the administrator's first token is in the file admin.token of the data directory",
        }})
    );
}

#[test]
fn every_answer_is_closed_to_scripts_frames_and_caches() {
    let daemon = start();
    for line in [
        "GET /api/v1/search",
        "GET /healthz",
        "GET /nothing",
        "GET /sign-in",
        "PUT /upload",
    ] {
        let answer = daemon.request(line, &[], b"");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{line}: {policy}");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{line}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{line}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}
