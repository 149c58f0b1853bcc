//! Figures, the register and coverage over HTTP: who may, in which form, and that pages quote.

use vakt_api::Role;

use crate::client::Answer;
use crate::fake::{Daemon, start};

fn page(daemon: &Daemon, path: &str) -> Answer {
    let cookie = format!("Cookie: vakt_session={}", daemon.session());
    daemon.request(&format!("GET {path}"), &[&cookie], b"")
}

#[test]
fn a_viewer_reads_and_an_analyst_records() {
    let daemon = start();
    let viewer = daemon.token("vera", Role::Viewer);
    let analyst = daemon.token("anna", Role::Analyst);
    let check = |role: Role, line: &str, body: &str, expected: u16| {
        let token = if role == Role::Viewer {
            &viewer
        } else {
            &analyst
        };
        let bearer = format!("Authorization: Bearer {token}");
        let answer = daemon.request(line, &[&bearer], body.as_bytes());
        assert_eq!(answer.status, expected, "{role} {line}: {}", answer.text());
    };
    check(Role::Viewer, "GET /api/v1/figures", "", 200);
    check(Role::Viewer, "GET /api/v1/register?limit=2", "", 200);
    check(Role::Viewer, "GET /api/v1/coverage?asset=web", "", 200);
    check(Role::Viewer, "GET /api/v1/coverage/reasons", "", 200);
    check(
        Role::Viewer,
        "PUT /api/v1/register/1",
        r#"{"version":0}"#,
        403,
    );
    check(
        Role::Viewer,
        "POST /api/v1/coverage/sign",
        r#"{"hash":"h"}"#,
        403,
    );
    check(Role::Viewer, "POST /api/v1/coverage/reasons", "{}", 403);
    check(
        Role::Viewer,
        "POST /api/v1/coverage/reasons/x/end",
        r#"{"reason":"y"}"#,
        403,
    );
    check(
        Role::Analyst,
        "PUT /api/v1/register/1",
        r#"{"version":0}"#,
        200,
    );
    check(
        Role::Analyst,
        "POST /api/v1/coverage/sign",
        r#"{"hash":"h"}"#,
        201,
    );
    check(
        Role::Analyst,
        "POST /api/v1/coverage/sign",
        r#"{"hash":"other"}"#,
        409,
    );
    check(
        Role::Analyst,
        "POST /api/v1/coverage/reasons/x/end",
        r#"{"reason":"z"}"#,
        200,
    );
    check(
        Role::Analyst,
        "POST /api/v1/coverage/reasons/x/end",
        r#"{"reason":"z","more":1}"#,
        400,
    );
    check(Role::Analyst, "GET /api/v1/coverage?asset=wbe", "", 404);
    check(Role::Analyst, "GET /api/v1/figures?format=xml", "", 400);
    check(Role::Analyst, "GET /api/v1/register?all=yes", "", 400);
}

#[test]
fn a_sheet_is_saved_and_has_every_page() {
    let daemon = start();
    let figures = daemon.admin("GET /api/v1/figures?period=2026-Q3&format=csv", "");
    assert_eq!(figures.text(), "period\r\n2026-Q3\r\n");
    assert_eq!(
        figures.header("content-type"),
        Some("text/csv; charset=utf-8; header=present")
    );
    assert_eq!(
        figures.header("content-disposition"),
        Some("attachment; filename=\"vakt-figures.csv\"")
    );
    assert_eq!(
        daemon.admin("GET /api/v1/register?format=csv", "").text(),
        "2\r\n1\r\n"
    );
    let json = daemon.admin("GET /api/v1/register", "").json();
    assert_eq!(json["register"].as_array().unwrap().len(), 1);
    assert_eq!(json["next"], "1");
}

#[test]
fn pages_are_for_who_is_signed_in_and_quote_what_others_wrote() {
    let daemon = start();
    for path in ["/figures", "/register", "/coverage"] {
        let answer = daemon.request(&format!("GET {path}"), &[], b"");
        assert_eq!(answer.status, 303, "{path}");
    }
    let check = |path: &str, part: &str| {
        let answer = page(&daemon, path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains(part), "{path}: {}", answer.text());
    };
    check("/figures?period=%3Cb%3E", "Figures &lt;b&gt;");
    check("/figures?lang=sv&role=board", "Nyckeltal");
    check("/figures?lang=sv&role=board", "för styrelsen");
    check("/register", "&lt;b&gt;lost&lt;/b&gt;");
    check("/coverage", "&lt;i&gt;web&lt;/i&gt;");
}
