//! Users, tokens, sessions and sign-in links.

use std::sync::{Arc, Mutex};

use serde_json::json;
use vakt_api::access::{NewToken, NewUser, Secret, UserRow};
use vakt_api::{Access, AccessError, Caller, Role};
use vakt_event::{Clock, Timestamp};

use crate::client::read_head;
use crate::fake::start;

/// A clock that tests move.
struct HandClock(Mutex<Timestamp>);

impl HandClock {
    fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add_micros(seconds * 1_000_000);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn open(dir: &tempfile::TempDir) -> (Access, Arc<HandClock>) {
    let clock = Arc::new(HandClock(Mutex::new(
        "2026-11-24T09:00:00Z".parse().unwrap(),
    )));
    let access = Access::open(&dir.path().join("access.db"), clock.clone()).unwrap();
    (access, clock)
}

fn viewer(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        role: Role::Viewer,
        streams: Some(vec!["a".into()]),
    }
}

#[test]
fn the_first_administrator_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let token = {
        let (access, _) = open(&dir);
        let failing = access.ensure_admin_with(|_| Err(std::io::Error::other("disk full")));
        assert!(matches!(failing, Err(AccessError::Write(_))));
        assert_eq!(
            access.users().unwrap(),
            Vec::<UserRow>::new(),
            "nothing was changed"
        );
        access.ensure_admin().unwrap().unwrap()
    };
    assert!(token.reveal().starts_with("vakt_") && token.reveal().len() == 48);
    assert_eq!(format!("{token:?}"), "Secret(…)");
    let (access, _) = open(&dir);
    assert!(access.ensure_admin().unwrap().is_none());
    let Some(Caller::Person(admin)) = access.by_token(token.reveal()) else {
        panic!("the token works after a restart");
    };
    assert_eq!((admin.name.as_str(), admin.role), ("admin", Role::Admin));
    let stored = std::fs::read(dir.path().join("access.db")).unwrap();
    let secret = token.reveal().as_bytes();
    assert!(!stored.windows(secret.len()).any(|bytes| bytes == secret));
}

#[test]
fn a_removed_user_is_out_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (access, _) = open(&dir);
    access.ensure_admin().unwrap();
    let token = access.add_user(&viewer("vera"), "admin").unwrap().secret;
    let session = access.sign_in_by_token(token.reveal()).unwrap().unwrap();
    let link = access.sign_in_link("vera", None).unwrap();
    assert!(access.by_session(session.reveal()).unwrap().is_some());
    access.disable_user("vera").unwrap();
    assert_eq!(access.by_token(token.reveal()), None);
    assert_eq!(access.by_session(session.reveal()).unwrap(), None);
    assert!(
        access
            .sign_in_by_code(link.code.reveal())
            .unwrap()
            .is_none()
    );
    assert!(matches!(
        access.disable_user("admin"),
        Err(AccessError::LastAdmin(_))
    ));
    assert!(matches!(
        access.add_user(&viewer("vera"), "admin"),
        Err(AccessError::NameTaken(_))
    ));
    for name in ["", "Vera", "a b", "-a", "vakt", "å", &"a".repeat(65)] {
        let added = access.add_user(&viewer(name), "admin");
        assert!(matches!(added, Err(AccessError::Invalid(_))), "{name}");
    }
}

#[test]
fn a_link_works_once_and_for_a_quarter_of_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let (access, clock) = open(&dir);
    access.ensure_admin().unwrap();
    let link = access.sign_in_link("admin", None).unwrap();
    assert!(access.is_code_good(link.code.reveal()).unwrap());
    assert!(
        access
            .sign_in_by_code(link.code.reveal())
            .unwrap()
            .is_some()
    );
    assert!(
        access
            .sign_in_by_code(link.code.reveal())
            .unwrap()
            .is_none()
    );
    let late = access.sign_in_link("admin", None).unwrap();
    clock.advance(15 * 60);
    assert!(!access.is_code_good(late.code.reveal()).unwrap());
    assert!(
        access
            .sign_in_by_code(late.code.reveal())
            .unwrap()
            .is_none()
    );
    assert!(matches!(
        access.sign_in_link("ghost", None),
        Err(AccessError::UnknownUser(_))
    ));
}

#[test]
fn sessions_end_by_time_by_number_and_by_signing_out() {
    let dir = tempfile::tempdir().unwrap();
    let (access, clock) = open(&dir);
    let token = access.ensure_admin().unwrap().unwrap();
    let begin = || access.sign_in_by_token(token.reveal()).unwrap().unwrap();
    let alive =
        |session: &vakt_api::access::Secret| access.by_session(session.reveal()).unwrap().is_some();
    let first = begin();
    let others: Vec<_> = (0..16).map(|_| begin()).collect();
    assert!(!alive(&first), "the oldest ended");
    assert!(others.iter().all(alive));
    access.sign_out(others[0].reveal()).unwrap();
    assert!(!alive(&others[0]) && alive(&others[1]));
    clock.advance(12 * 60 * 60);
    assert!(!alive(&others[1]));
}

/// A leaked token that was revoked left its holder signed in, and with links to sign in again.
#[test]
fn what_a_token_began_ends_when_it_is_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let (access, _) = open(&dir);
    access.ensure_admin().unwrap();
    let leaked = access
        .add_personal_token("admin", "leaked", "admin")
        .unwrap();
    let kept = access.add_personal_token("admin", "kept", "admin").unwrap();
    let by_token = |new: &NewToken| {
        access
            .sign_in_by_token(new.secret.reveal())
            .unwrap()
            .unwrap()
    };
    let link = |new: Option<&NewToken>| {
        access
            .sign_in_link("admin", new.map(|new| new.id))
            .unwrap()
            .code
    };
    let by_link = |code: &Secret| access.sign_in_by_code(code.reveal()).unwrap();
    let ended = [by_token(&leaked), by_link(&link(Some(&leaked))).unwrap()];
    let kept = [
        by_token(&kept),
        by_link(&link(Some(&kept))).unwrap(),
        by_link(&link(None)).unwrap(),
    ];
    let unused = link(Some(&leaked));
    let alive = |session: &Secret| access.by_session(session.reveal()).unwrap().is_some();
    assert!(ended.iter().chain(&kept).all(alive));
    let by_its_session = access.by_session(ended[1].reveal()).unwrap().unwrap();
    assert_eq!(
        by_its_session.token_id,
        Some(leaked.id),
        "and so would links that it makes"
    );

    access.revoke_token(leaked.id).unwrap();
    assert!(!ended.iter().any(alive));
    assert!(kept.iter().all(alive));
    assert!(!access.is_code_good(unused.reveal()).unwrap());
    assert!(by_link(&unused).is_none());
}

/// Sessions of the first schema cannot be traced to a token.
#[test]
fn sessions_of_the_first_schema_end_and_tokens_stay() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.db");
    let (token, session) = {
        let (access, _) = open(&dir);
        let token = access.ensure_admin().unwrap().unwrap();
        let session = access.sign_in_by_token(token.reveal()).unwrap().unwrap();
        (token, session)
    };
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "ALTER TABLE sessions DROP COLUMN token_id;
             ALTER TABLE sign_in_codes DROP COLUMN token_id;
             PRAGMA user_version = 1;",
        )
        .unwrap();
    let (access, _) = open(&dir);
    assert_eq!(access.by_session(session.reveal()).unwrap(), None);
    let again = access.sign_in_by_token(token.reveal()).unwrap().unwrap();
    assert!(access.by_session(again.reveal()).unwrap().is_some());
    drop(access);
    let (access, _) = open(&dir);
    assert!(
        access.by_session(again.reveal()).unwrap().is_some(),
        "once only"
    );
}

/// The second schema let tokens be of two kinds only.
#[test]
fn tokens_and_sessions_of_the_second_schema_stay_and_calendars_are_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.db");
    let (token, session) = {
        let (access, _) = open(&dir);
        let token = access.ensure_admin().unwrap().unwrap();
        let session = access.sign_in_by_token(token.reveal()).unwrap().unwrap();
        (token, session)
    };
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             CREATE TABLE old_tokens (
               id INTEGER PRIMARY KEY AUTOINCREMENT,
               hash BLOB NOT NULL UNIQUE,
               kind TEXT NOT NULL CHECK (kind IN ('personal', 'intake')),
               user_id INTEGER REFERENCES users (id),
               stream TEXT,
               name TEXT NOT NULL,
               created_at INTEGER NOT NULL,
               created_by TEXT NOT NULL,
               revoked_at INTEGER,
               CHECK ((kind = 'personal') = (user_id IS NOT NULL)),
               CHECK ((kind = 'intake') = (stream IS NOT NULL))
             ) STRICT;
             INSERT INTO old_tokens SELECT id, hash, kind, user_id, stream, name, created_at,
               created_by, revoked_at FROM tokens;
             DROP TABLE tokens;
             ALTER TABLE old_tokens RENAME TO tokens;
             PRAGMA user_version = 2;",
        )
        .unwrap();
    for _ in 0..2 {
        let (access, _) = open(&dir);
        assert!(access.by_session(session.reveal()).unwrap().is_some());
        assert!(access.by_token(token.reveal()).is_some());
        access
            .add_calendar_token("admin", "phone", "admin")
            .unwrap();
    }
    let (access, _) = open(&dir);
    assert_eq!(access.tokens().unwrap().len(), 3);
}

/// The third schema knew no tokens that report.
#[test]
fn tokens_and_sessions_of_the_third_schema_stay_and_reports_are_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.db");
    let (token, session) = {
        let (access, _) = open(&dir);
        let token = access.ensure_admin().unwrap().unwrap();
        access
            .add_calendar_token("admin", "phone", "admin")
            .unwrap();
        let session = access.sign_in_by_token(token.reveal()).unwrap().unwrap();
        (token, session)
    };
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             CREATE TABLE old_tokens (
               id INTEGER PRIMARY KEY AUTOINCREMENT,
               hash BLOB NOT NULL UNIQUE,
               kind TEXT NOT NULL CHECK (kind IN ('personal', 'intake', 'calendar')),
               user_id INTEGER REFERENCES users (id),
               stream TEXT,
               name TEXT NOT NULL,
               created_at INTEGER NOT NULL,
               created_by TEXT NOT NULL,
               revoked_at INTEGER,
               CHECK ((kind <> 'intake') = (user_id IS NOT NULL)),
               CHECK ((kind = 'intake') = (stream IS NOT NULL))
             ) STRICT;
             INSERT INTO old_tokens SELECT id, hash, kind, user_id, stream, name, created_at,
               created_by, revoked_at FROM tokens;
             DROP TABLE tokens;
             ALTER TABLE old_tokens RENAME TO tokens;
             PRAGMA user_version = 3;",
        )
        .unwrap();
    for _ in 0..2 {
        let (access, _) = open(&dir);
        assert!(access.by_session(session.reveal()).unwrap().is_some());
        assert!(access.by_token(token.reveal()).is_some());
        let of = "supplier:Acme".parse().unwrap();
        let new = access.add_report_token(&of, "acme", "admin").unwrap();
        let found = access.by_token(new.secret.reveal());
        assert!(matches!(found, Some(Caller::Reporter(it)) if it.of == of));
        assert_eq!(access.sign_in_by_token(new.secret.reveal()).unwrap(), None);
    }
    let (access, _) = open(&dir);
    assert_eq!(access.tokens().unwrap().len(), 4);
}

#[test]
fn a_calendars_token_is_of_its_owner_and_reads_deadlines_alone() {
    let daemon = start();
    daemon.access.add_user(&viewer("eva"), "admin").unwrap();
    let made = daemon.admin(
        "POST /api/v1/tokens",
        r#"{"kind":"calendar","name":"phone","user":"eva"}"#,
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let token = made.json()["token"].as_str().unwrap().to_owned();
    let get = |line: &str| daemon.request(line, &[], b"");
    let found = get(&format!("GET /calendar.ics?token={token}"));
    assert_eq!(found.status, 200);
    assert_eq!(found.text(), r#"BEGIN:VCALENDAR None Some(["a"])"#);
    assert_eq!(
        get(&format!("GET /incidents/7/calendar.ics?token={token}")).text(),
        r#"BEGIN:VCALENDAR Some("7") Some(["a"])"#
    );
    let bearer = format!("Authorization: Bearer {token}");
    assert_eq!(
        daemon.request("GET /calendar.ics", &[&bearer], b"").status,
        200
    );
    for route in [
        "/api/v1/incidents",
        "/api/v1/me",
        "/openapi.json",
        "/incidents/7",
    ] {
        let answer = daemon.request(&format!("GET {route}"), &[&bearer], b"");
        assert_eq!(answer.status, 403, "{route}: {}", answer.text());
        let answer = get(&format!("GET {route}?token={token}"));
        assert!(
            matches!(answer.status, 303 | 401),
            "{route}: {}",
            answer.text()
        );
    }
    assert_eq!(get("GET /calendar.ics").status, 401);
    assert_eq!(get("GET /calendar.ics?token=vakt_other").status, 401);
    daemon.access.disable_user("eva").unwrap();
    assert_eq!(get(&format!("GET /calendar.ics?token={token}")).status, 401);
}

#[test]
fn outputs_are_listed_and_tried_over_http() {
    let daemon = start();
    let check = |line: &str, body: &str, status: u16, part: &str| {
        let answer = daemon.admin(line, body);
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    let test = "POST /api/v1/outputs/test";
    check("GET /api/v1/outputs", "", 200, r#""id":"mail""#);
    check(test, "{}", 200, r#""delivered":true"#);
    check(test, r#"{"output":"mail"}"#, 200, r#""delivered":true"#);
    check(
        test,
        r#"{"output":"male"}"#,
        404,
        "there is no output `male`",
    );
    check(test, r#"{"output":1}"#, 400, "must be a string");
    check(
        test,
        r#"{"outputs":[]}"#,
        400,
        "there is no field `outputs` here",
    );
}

#[test]
fn users_and_tokens_over_http() {
    let daemon = start();
    let added = daemon.admin("POST /api/v1/users", r#"{"name":"anna","role":"analyst"}"#);
    assert_eq!(added.status, 201);
    let bearer = format!(
        "Authorization: Bearer {}",
        added.json()["token"].as_str().unwrap()
    );
    let me = daemon.request("GET /api/v1/me", &[&bearer], b"").json();
    assert_eq!(
        me,
        json!({"name": "anna", "role": "analyst", "streams": null})
    );
    let users = daemon.admin("GET /api/v1/users", "").json();
    let names: Vec<_> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["admin", "anna"]);
    assert!(!users.to_string().contains("vakt_"), "no secret in a list");

    let check = |line: &str, body: &str, status: u16, part: &str| {
        let answer = daemon.admin(line, body);
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    check(
        "POST /api/v1/users",
        r#"{"name":"anna","role":"viewer"}"#,
        409,
        "is taken",
    );
    check(
        "POST /api/v1/users",
        r#"{"name":"bo","role":"king"}"#,
        400,
        "`king` is no role",
    );
    check(
        "POST /api/v1/users",
        r#"{"name":"bo"}"#,
        400,
        "`role` is missing",
    );
    check(
        "POST /api/v1/users",
        r#"{"name":"bo","role":"viewer","rolle":1}"#,
        400,
        "`rolle`",
    );
    check("POST /api/v1/users", "{", 400, "line 1 column 1");
    check(
        "POST /api/v1/tokens",
        r#"{"kind":"intake","name":"web"}"#,
        400,
        "`stream` is missing",
    );
    check(
        "POST /api/v1/tokens",
        r#"{"kind":"intake","name":"web","stream":"A B"}"#,
        400,
        "no name of a stream",
    );
    check(
        "POST /api/v1/tokens",
        r#"{"kind":"personal","name":"x","user":"ghost"}"#,
        404,
        "no user `ghost`",
    );
    check("DELETE /api/v1/users/admin", "", 409, "last administrator");

    let token = daemon
        .admin(
            "POST /api/v1/tokens",
            r#"{"kind":"intake","name":"web","stream":"web"}"#,
        )
        .json();
    let intake = format!("Authorization: Bearer {}", token["token"].as_str().unwrap());
    assert_eq!(
        daemon
            .request("POST /api/v1/events", &[&intake], b"{}")
            .status,
        200
    );
    check(
        &format!("DELETE /api/v1/tokens/{}", token["id"]),
        "",
        204,
        "",
    );
    assert_eq!(
        daemon
            .request("POST /api/v1/events", &[&intake], b"{}")
            .status,
        401
    );
    check("DELETE /api/v1/users/anna", "", 204, "");
    assert_eq!(
        daemon.request("GET /api/v1/me", &[&bearer], b"").status,
        401
    );
}

#[test]
fn signing_in_with_a_browser() {
    let daemon = start();
    let origin = format!("Origin: http://{}", daemon.address);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let link = daemon.access.sign_in_link("admin", None).unwrap();
    // Looking at the link, as a preview does, uses nothing up.
    for _ in 0..2 {
        let page = daemon.request(&format!("GET {}", link.path()), &[], b"");
        assert!(page.status == 200 && page.text().contains("<button"));
    }
    let body = format!("code={}", link.code.reveal());
    assert_eq!(
        daemon
            .request("POST /sign-in", &[form], body.as_bytes())
            .status,
        403
    );
    let evil = "Origin: http://evil.example";
    assert_eq!(
        daemon
            .request("POST /sign-in", &[form, evil], body.as_bytes())
            .status,
        403
    );
    let signed = daemon.request("POST /sign-in", &[form, &origin], body.as_bytes());
    assert_eq!((signed.status, signed.header("location")), (303, Some("/")));
    let cookie = signed.header("set-cookie").unwrap();
    for part in [
        "vakt_session=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let cookie = format!("Cookie: {}", cookie.split(';').next().unwrap());
    assert_eq!(
        daemon.request("GET /api/v1/me", &[&cookie], b"").status,
        200
    );
    let again = daemon.request("POST /sign-in", &[form, &origin], body.as_bytes());
    assert_eq!(again.status, 401);
    assert!(again.text().contains("was used"));

    let out = daemon.request("POST /sign-out", &[&cookie, &origin], b"");
    assert_eq!(
        (out.status, out.header("location")),
        (303, Some("/sign-in"))
    );
    assert_eq!(
        daemon.request("GET /api/v1/me", &[&cookie], b"").status,
        401
    );

    let body = format!("token={}", daemon.admin);
    assert_eq!(
        daemon
            .request("POST /sign-in", &[form, &origin], body.as_bytes())
            .status,
        303
    );
    let wrong = daemon.request("POST /sign-in", &[form, &origin], b"token=vakt_wrong");
    assert_eq!(wrong.status, 401);
}

#[test]
fn who_sees_some_streams_acts_in_those_only() {
    let daemon = start();
    let new = NewUser {
        name: "anna".into(),
        role: Role::Analyst,
        streams: Some(vec!["a".into(), "b".into()]),
    };
    let token = daemon.access.add_user(&new, "admin").unwrap().secret;
    let bearer = format!("Authorization: Bearer {}", token.reveal());
    let check = |line: &str, body: &str, expected: u16| {
        let answer = daemon.request(line, &[&bearer], body.as_bytes());
        assert_eq!(answer.status, expected, "{line} {body}: {}", answer.text());
    };
    check("POST /api/v1/events", "{}", 403);
    let open =
        |stream: &str| format!(r#"{{"title":"t","detected_at":"2026-11-24T09:30:00Z"{stream}}}"#);
    check("POST /api/v1/incidents", &open(r#","stream":"c""#), 403);
    check("POST /api/v1/incidents", &open(r#","stream":"b""#), 201);
    check("POST /api/v1/incidents", &open(""), 201);
    check("GET /api/v1/search?stream=b,c", "", 200);
    check("GET /api/v1/search", "", 200);
    let opened = daemon.fake.opened.lock().unwrap();
    let streams: Vec<_> = opened.iter().map(|new| &new.rest["stream"]).collect();
    assert_eq!(streams, ["b", "a"]);
    let searches = daemon.fake.searches.lock().unwrap();
    let streams: Vec<_> = searches
        .iter()
        .map(|search| search.streams.clone().unwrap())
        .collect();
    assert_eq!(streams, [vec!["b"], vec!["a", "b"]]);
}

/// An incident in a misspelt stream was seen by nobody who is kept to streams.
#[test]
fn a_stream_that_nobody_knows_is_refused_with_the_nearest() {
    let daemon = start();
    let check = |line: &str, body: &str, status: u16, help: &str| {
        let answer = daemon.admin(line, body);
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.text());
        assert!(answer.text().contains(help), "{}", answer.text());
    };
    let incident = |stream: &str| {
        format!(r#"{{"title":"t","detected_at":"2026-11-24T09:30:00Z","stream":"{stream}"}}"#)
    };
    check("POST /api/v1/incidents", &incident("a"), 201, "");
    check(
        "POST /api/v1/incidents",
        &incident("defualt"),
        400,
        "did you mean `default`?",
    );
    check(
        "POST /api/v1/incidents",
        &incident("customer-c"),
        400,
        "the streams are a, b, default;",
    );
    let user = r#"{"name":"vera","role":"viewer","streams":["a","customer-c"]}"#;
    check(
        "POST /api/v1/users",
        user,
        400,
        "there is no stream `customer-c`",
    );
    // A token makes its stream known.
    daemon
        .access
        .add_intake_token("customer-c", "web", "admin")
        .unwrap();
    check("POST /api/v1/incidents", &incident("customer-c"), 201, "");
    check(
        "POST /api/v1/incidents",
        &incident("costumer-c"),
        400,
        "did you mean `customer-c`?",
    );
    check("POST /api/v1/users", user, 201, "");
    assert_eq!(daemon.fake.opened.lock().unwrap().len(), 2);
}

/// Who may read the raw text is asked in each way to see events.
#[test]
fn raw_text_is_for_all_but_viewers() {
    let daemon = start();
    let saved = r#"{"name":"s","query":"a"}"#;
    let asked = [
        ("GET /api/v1/search", ""),
        ("GET /api/v1/follow", ""),
        ("GET /?q=a", ""),
        ("GET /loki/api/v1/query_range?query=%7B%7D", ""),
        ("POST /api/v1/saved-searches", saved),
    ];
    for (number, (line, body)) in asked.into_iter().enumerate() {
        for (role, expected) in [
            (Role::Admin, true),
            (Role::Lead, true),
            (Role::Analyst, true),
            (Role::Viewer, false),
        ] {
            let name = format!("{role}{number}");
            let token = daemon.token(&name, role);
            if line.contains("follow") {
                // It has no end.
                read_head(&mut daemon.open_with(line, &token));
            } else {
                let bearer = format!("Authorization: Bearer {token}");
                daemon.request(line, &[&bearer], body.as_bytes());
            }
            let mut searches = daemon.fake.searches.lock().unwrap();
            assert!(!searches.is_empty(), "{line}");
            for search in searches.drain(..) {
                assert_eq!(search.reads_raw, expected, "{line} {role}");
            }
        }
    }
}
