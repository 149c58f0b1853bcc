//! Response work through the real daemon: the command, the pages, the files, and a crash between a file and
//! its row.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{Daemon, percent_encoded, vakt};
use serde_json::{Value as Json, json};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The command's answer as JSON.
fn answer(daemon: &Daemon, arguments: &[&str]) -> Json {
    let all = [arguments, &["--output", "json"]].concat();
    serde_json::from_str(&stdout(&daemon.vakt(&all))).unwrap()
}

fn refused(daemon: &Daemon, arguments: &[&str]) -> String {
    let output = daemon.vakt(arguments);
    assert!(!output.status.success(), "{arguments:?} was taken");
    stderr(&output)
}

fn token_of(daemon: &Daemon, name: &str, role: &str, more: &[&str]) -> String {
    let all = [&["users", "add", name, "--role", role], more].concat();
    answer(daemon, &all)["token"].as_str().unwrap().to_owned()
}

/// What somebody with a token gets, with the headers.
fn get(daemon: &Daemon, token: &str, path: &str) -> (u16, String, Vec<u8>) {
    let mut answer = ureq::get(format!("{}{path}", daemon.http))
        .header("authorization", format!("Bearer {token}"))
        .config()
        .http_status_as_error(false)
        .build()
        .call()
        .unwrap();
    let headers = format!("{:?}", answer.headers());
    let body = answer.body_mut().read_to_vec().unwrap();
    (answer.status().as_u16(), headers, body)
}

fn post_file(daemon: &Daemon, token: &str, name: &str, bytes: &[u8]) -> (u16, String) {
    let path = format!(
        "{}/api/v1/incidents/1/attachments?name={}",
        daemon.http,
        percent_encoded(name)
    );
    let mut answer = ureq::post(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/html")
        .config()
        .http_status_as_error(false)
        .build()
        .send(bytes)
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

fn verified(data: &Path) -> Output {
    vakt()
        .args(["verify", "--data-dir"])
        .arg(data)
        .output()
        .unwrap()
}

#[test]
fn an_incident_is_worked_on_reviewed_and_closed() {
    let daemon = Daemon::start();
    answer(
        &daemon,
        &["incidents", "open", "A leak", "--regime", "gdpr"],
    );
    token_of(&daemon, "bo", "analyst", &[]);
    let task = answer(
        &daemon,
        &[
            "tasks",
            "add",
            "1",
            "Block the address",
            "--owner",
            "bo",
            "--due",
            "2h",
            "--phase",
            "containment",
        ],
    );
    let id = task["id"].as_str().unwrap();
    let wrong = refused(&daemon, &["tasks", "add", "1", "x", "--owner", "bert"]);
    assert!(
        wrong.contains("`bert` is no user who works on this incident"),
        "{wrong}"
    );
    assert!(wrong.contains("one of admin, bo"), "{wrong}");
    let wrong = refused(&daemon, &["tasks", "change", id, "--drop"]);
    assert!(wrong.contains("a task is dropped with a reason"), "{wrong}");
    let stale = ["tasks", "change", id, "--version", "7", "--done"];
    assert!(refused(&daemon, &stale).contains("it has version 1"));
    assert_eq!(
        answer(&daemon, &["tasks", "list"])["tasks"],
        json!([]),
        "they are bo's"
    );
    let all = answer(&daemon, &["tasks", "list", "--owner", "bo"]);
    assert_eq!(all["tasks"][0]["incident_title"], "A leak");
    let done = answer(
        &daemon,
        &[
            "tasks",
            "change",
            id,
            "--done",
            "--reason",
            "in the firewall",
        ],
    );
    assert_eq!(
        (&done["state"], &done["version"]),
        (&json!("done"), &json!(2))
    );

    let note = [
        "incidents",
        "note",
        "1",
        "Recovery first <script>alert(1)</script>",
    ];
    answer(&daemon, &[&note[..], &["--kind", "decision"]].concat());
    let folder = tempfile::tempdir().unwrap();
    let (file, saved) = (folder.path().join("fw.log"), folder.path().join("saved"));
    fs::write(&file, "denied 203.0.113.7").unwrap();
    let attached = answer(
        &daemon,
        &["incidents", "attach", "1", file.to_str().unwrap()],
    );
    let hash = attached["blake3"].as_str().unwrap();
    let save = [
        "incidents",
        "attachment",
        "1",
        hash,
        "-o",
        saved.to_str().unwrap(),
    ];
    stdout(&daemon.vakt(&save));
    assert_eq!(fs::read(&saved).unwrap(), fs::read(&file).unwrap());

    answer(&daemon, &["incidents", "fact", "1", "aware_pdb"]);
    let evidence = format!("attachment:{hash}");
    for phase in ["contained", "eradicated", "recovered"] {
        let fact = ["incidents", "fact", "1", phase, "--evidence", &evidence];
        answer(&daemon, &[&fact[..], &["--reason", "by hand"]].concat());
    }
    let record = stdout(&daemon.vakt(&["incidents", "response", "1", "--output", "text"]));
    for part in [
        "containment: Block the address (bo, done)",
        "contained: ",
        "decision: ",
        &format!("attachment: {hash} fw.log"),
        "unanswered: the root cause",
    ] {
        assert!(record.contains(part), "{part} is not in\n{record}");
    }
    let submitted = [
        "incidents",
        "fact",
        "1",
        "submitted",
        "--report",
        "authority",
    ];
    answer(&daemon, &submitted);
    let closed = answer(&daemon, &["incidents", "fact", "1", "closed"]);
    assert_eq!(closed["state"], "final_reported");
    let listed = answer(&daemon, &["incidents", "reviews"]);
    assert_eq!(listed["incidents"][0]["title"], "A leak");
    let early = refused(&daemon, &["incidents", "review", "1", "--sign"]);
    assert!(
        early.contains("the lessons (`lessons`) are empty"),
        "{early}"
    );
    let review = [
        "incidents",
        "review",
        "1",
        "--sign",
        "--output",
        "text",
        "--set",
        "root_cause_family=human_error",
        "--set",
        "root_cause=A slip",
        "--set",
        "scope=200 persons",
        "--set",
        "lessons=Look twice",
        "--set",
        "no_actions=Done at once",
    ];
    assert!(stdout(&daemon.vakt(&review)).contains("signed by admin at "));
    assert_eq!(
        answer(&daemon, &["incidents", "show", "1"])["state"],
        "closed"
    );
    assert_eq!(
        answer(&daemon, &["incidents", "reviews"])["incidents"],
        json!([])
    );
    for page in [
        "/incidents/1/work",
        "/incidents/1/review",
        "/incidents/1",
        "/reviews",
    ] {
        let (status, text) = daemon.get(page);
        assert_eq!(status, 200, "{page}: {text}");
        assert!(!text.contains("<script>alert"), "{page}");
    }
    let (_, page) = daemon.get("/incidents/1/work");
    assert!(
        page.contains("Recovery first &lt;script&gt;alert(1)&lt;/script&gt;"),
        "{page}"
    );
    assert!(verified(&daemon.data).status.success());
}

#[test]
fn a_file_is_saved_and_never_shown_and_only_to_who_may_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("vakt.yaml");
    fs::write(&config, "streams: [shop]\n").unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["-c", config.to_str().unwrap()]);
    answer(&daemon, &["incidents", "open", "A leak"]);
    let html = b"<script>alert(document.cookie)</script>";
    let (status, attached) = post_file(&daemon, &daemon.token, "../sida\r\n\"x\".html", html);
    assert_eq!(status, 201, "{attached}");
    let attached: Json = serde_json::from_str(&attached).unwrap();
    assert_eq!(attached["name"], "sida\"x\".html");
    let path = format!(
        "/api/v1/incidents/1/attachments/{}",
        attached["blake3"].as_str().unwrap()
    );
    let (status, headers, body) = get(&daemon, &daemon.token, &path);
    assert_eq!((status, body.as_slice()), (200, &html[..]));
    for part in [
        r#""content-type": "application/octet-stream""#,
        r#""content-disposition": "attachment; filename=\"sida_x_.html\""#,
        r#""x-content-type-options": "nosniff""#,
        r#""content-security-policy": "default-src 'none'"#,
    ] {
        assert!(headers.contains(part), "{part} is not in\n{headers}");
    }
    let missing = "/api/v1/incidents/1/attachments/";
    for wrong in ["..%2f..%2fadmin.token", "", &"0".repeat(64)] {
        let (status, ..) = get(&daemon, &daemon.token, &format!("{missing}{wrong}"));
        assert_eq!(status, 404, "{wrong}");
    }
    let viewer = token_of(&daemon, "vera", "viewer", &[]);
    let elsewhere = token_of(&daemon, "stig", "analyst", &["--stream", "shop"]);
    assert_eq!(get(&daemon, &viewer, &path).0, 403);
    assert_eq!(get(&daemon, &elsewhere, &path).0, 404);
    let (status, _, work) = get(&daemon, &viewer, "/api/v1/incidents/1/work");
    let work: Json = serde_json::from_slice(&work).unwrap();
    assert_eq!(status, 200);
    assert_eq!(work["attachments"][0]["name"], "sida\"x\".html");
    assert!(
        work["attachments"][0].get("sha256").is_none(),
        "a hash tells a guess"
    );
    assert_eq!(get(&daemon, &elsewhere, "/api/v1/incidents/1/work").0, 404);
    assert_eq!(post_file(&daemon, &viewer, "a", b"a").0, 403);
    assert_eq!(post_file(&daemon, &elsewhere, "a", b"a").0, 404);
    let (status, said) = post_file(&daemon, &daemon.token, "big", &vec![7; (32 << 20) + 1]);
    assert_eq!(status, 413, "{said}");
    assert_eq!(
        post_file(&daemon, &daemon.token, "big", &vec![7; 32 << 20]).0,
        201
    );
}

fn files(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(data.join("attachments")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Killed while files come in: each that was answered is there whole, and nothing else is after the start.
#[test]
fn a_crash_between_a_file_and_its_row_leaves_neither_half() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    answer(&daemon, &["incidents", "open", "A leak"]);
    // What is left when it is killed after the file and before the row, and within the file.
    let orphan = "0".repeat(64);
    let (http, token) = (daemon.http.clone(), daemon.token.clone());
    let sending = std::thread::spawn(move || {
        let mut answered = Vec::new();
        for number in 0..10_000 {
            let bytes = common::noise(number, 200_000);
            let sent = ureq::post(format!("{http}/api/v1/incidents/1/attachments?name=f"))
                .header("authorization", format!("Bearer {token}"))
                .send(bytes.as_bytes());
            match sent {
                Ok(_) => answered.push(bytes),
                Err(_) => break,
            }
        }
        answered
    });
    daemon.wait_for("some files", |daemon| {
        let work = daemon.get_json("/api/v1/incidents/1/work");
        (work["attachments"].as_array()?.len() >= 5).then_some(())
    });
    daemon.kill();
    let answered = sending.join().unwrap();
    assert!(answered.len() >= 5, "{}", answered.len());
    for name in [orphan.as_str(), ".partial-abc"] {
        fs::write(data.join("attachments").join(name), "half").unwrap();
    }
    assert!(verified(&data).status.success(), "half a file is no fault");

    let daemon = Daemon::start_in(&data, &[]);
    let work = daemon.get_json("/api/v1/incidents/1/work");
    let listed = work["attachments"].as_array().unwrap();
    let mut named: Vec<String> = listed
        .iter()
        .map(|it| it["blake3"].as_str().unwrap().to_owned())
        .collect();
    named.sort();
    assert_eq!(
        files(&data),
        named,
        "a file for each row and a row for each file"
    );
    for bytes in &answered {
        let hash = blake3::hash(bytes.as_bytes()).to_hex().to_string();
        assert!(named.contains(&hash), "an answered file is gone");
        let path = format!("/api/v1/incidents/1/attachments/{hash}");
        assert_eq!(get(&daemon, &daemon.token, &path).2, bytes.as_bytes());
    }
}

#[test]
fn backup_and_restore_have_the_files_and_verify_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    answer(&daemon, &["incidents", "open", "A leak"]);
    let (_, attached) = post_file(&daemon, &daemon.token, "fw.log", b"denied");
    let attached: Json = serde_json::from_str(&attached).unwrap();
    let hash = attached["blake3"].as_str().unwrap();
    let run = |arguments: &[&str], data: &Path| {
        let mut command = vakt();
        command.args(arguments).arg("--data-dir").arg(data);
        command.output().unwrap()
    };
    let (backup, copy) = (folder.path().join("backup"), folder.path().join("copy"));
    stdout(&run(&["backup", backup.to_str().unwrap()], &data));
    assert_eq!(
        fs::read(backup.join("attachments").join(hash)).unwrap(),
        b"denied"
    );
    stdout(&run(&["restore", backup.to_str().unwrap()], &copy));
    let restored = Daemon::start_in(&copy, &[]);
    let path = format!("/api/v1/incidents/1/attachments/{hash}");
    assert_eq!(get(&restored, &restored.token, &path).2, b"denied");
    restored.kill();

    let file = copy.join("attachments").join(hash);
    fs::write(&file, "allowd").unwrap();
    let found = run(&["verify", "--output", "text"], &copy);
    assert_eq!(found.status.code(), Some(1));
    let said = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(said.contains(&format!("attachments/{hash}")), "{said}");
    assert!(said.contains("another hash"), "{said}");
    let restored = Daemon::start_in(&copy, &[]);
    assert_eq!(
        get(&restored, &restored.token, &path).0,
        500,
        "it is not given out"
    );
    restored.kill();
    fs::remove_file(&file).unwrap();
    assert_eq!(run(&["verify"], &copy).status.code(), Some(1));
}

/// The forms of the pages, as a browser sends them with its session.
#[test]
fn the_pages_forms_need_a_session_of_this_site() {
    let daemon = Daemon::start();
    answer(&daemon, &["incidents", "open", "A leak"]);
    let sign_in = ureq::post(format!("{}/sign-in", daemon.http))
        .header("origin", &daemon.http)
        .config()
        .max_redirects(0)
        .build()
        .send_form([("token", daemon.token.as_str())])
        .unwrap();
    let cookie = sign_in.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let post = |path: &str, origin: &str, fields: &[(&str, &str)]| {
        let mut answer = ureq::post(format!("{}{path}", daemon.http))
            .header("cookie", &cookie)
            .header("origin", origin)
            .config()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .send_form(fields.iter().copied())
            .unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    };
    let task = [
        ("do", "task"),
        ("title", "Call"),
        ("owner", "admin"),
        ("due", "23:59"),
    ];
    let (status, said) = post("/incidents/1/work", "http://evil.example", &task);
    assert_eq!(status, 403, "{said}");
    assert_eq!(post("/incidents/1/work", &daemon.http, &task).0, 303);
    let (_, start) = daemon.get("/");
    assert!(
        start.contains("My tasks") && start.contains("Call"),
        "{start}"
    );
    let note = [("do", "note"), ("kind", "note"), ("text", "one\r\ntwo")];
    assert_eq!(post("/incidents/1/work", &daemon.http, &note).0, 303);
    let (status, page) = post(
        "/incidents/1/work",
        &daemon.http,
        &[("do", "note"), ("text", " ")],
    );
    assert_eq!(status, 400, "{page}");
    let work = daemon.get_json("/api/v1/incidents/1/work");
    assert_eq!(work["notes"][0]["text"], "one\ntwo");
    let done = |version: &str, state: &str| {
        let id = work["tasks"][0]["id"].as_str().unwrap();
        let fields = [
            ("do", "change"),
            ("task", id),
            ("version", version),
            ("state", state),
        ];
        post("/incidents/1/work", &daemon.http, &fields)
    };
    assert_eq!(done("1", "done").0, 303);
    let (status, page) = done("1", "open");
    assert_eq!(status, 409, "{page}");
    assert!(page.contains("admin changed it in the meantime"), "{page}");
    let review = [("version", "0"), ("root_cause", "A slip"), ("do", "sign")];
    let (status, page) = post("/incidents/1/review", &daemon.http, &review);
    assert_eq!(status, 400, "{page}");
    assert!(page.contains("A slip"), "what was typed stays");
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nabc\r\n--b--\r\n";
    let sent = ureq::post(format!("{}/incidents/1/attach", daemon.http))
        .header("cookie", &cookie)
        .header("origin", &daemon.http)
        .header("content-type", "multipart/form-data; boundary=b")
        .config()
        .max_redirects(0)
        .build()
        .send(body)
        .unwrap();
    assert_eq!(sent.status().as_u16(), 303);
    let work = daemon.get_json("/api/v1/incidents/1/work");
    assert_eq!(
        work["attachments"][0]["sha256"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}
