//! Notices through the real binary to real receivers: HTTP, mail, Alertmanager, syslog.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::receivers::{Hook, Mailbox, Server, attack, configuration, free_port, smtp_python};
use common::{Daemon, has_program, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn output_of(daemon: &Daemon, name: &str) -> Json {
    let outputs = daemon.get_json("/api/v1/outputs");
    let outputs = outputs["outputs"].as_array().unwrap();
    outputs
        .iter()
        .find(|it| it["output"] == name)
        .unwrap()
        .clone()
}

/// Checked with another implementation of HMAC, as a receiver would.
#[test]
fn a_webhook_is_signed_over_its_time_and_keeps_its_id_when_it_is_tried_again() {
    if !has_program("a_webhook_is_signed", "python3") {
        return;
    }
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("secret"), "a-secret-of-ours\n").unwrap();
    let hook = Hook::start(&[Some(503), Some(204)]);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  chat: {{type: webhook, url: '{}', signing_secret_file: FOLDER/secret}}\n",
            hook.url()
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    let (first, second) = (hook.next(), hook.next());
    for request in [&first, &second] {
        let header = |name: &str| request.headers[name].as_str();
        assert_eq!(header("webhook-id"), header("idempotency-key"));
        assert_eq!(request.json()["id"], header("webhook-id"));
        let script = "import base64, hashlib, hmac, sys\n\
             signed = hmac.new(b'a-secret-of-ours', sys.stdin.buffer.read(), hashlib.sha256)\n\
             print('v1,' + base64.b64encode(signed.digest()).decode())";
        let mut python = Command::new("python3")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let signed = format!(
            "{}.{}.{}",
            header("webhook-id"),
            header("webhook-timestamp"),
            request.body
        );
        python
            .stdin
            .take()
            .unwrap()
            .write_all(signed.as_bytes())
            .unwrap();
        let output = python.wait_with_output().unwrap();
        let expected = String::from_utf8(output.stdout).unwrap();
        assert_eq!(header("webhook-signature"), expected.trim());
    }
    assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
    assert_eq!(first.body, second.body);
    let body = second.json();
    assert_eq!(body["kind"], "draft");
    assert_eq!(body["host"], "web1");
    assert!(
        body["deadline_local"].as_str().unwrap().starts_with("by "),
        "{body:#}"
    );
    assert!(!second.body.contains("root"), "no user name: {body:#}");
    daemon.wait_for("the count", |daemon| {
        let output = output_of(daemon, "chat");
        (output["delivered"] == 1 && output["failed"] == 1).then_some(())
    });
    let (_, metrics) = daemon.get("/metrics");
    for line in [
        "vakt_notices_pending{output=\"chat\"} 0\n",
        "vakt_notices_total{output=\"chat\",result=\"delivered\"} 1\n",
        "vakt_notices_total{output=\"chat\",result=\"failed\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

/// Killed while the receiver is down, and once more in the middle of an attempt.
#[test]
fn a_kill_loses_no_notice_and_doubles_none_in_effect() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let port = free_port();
    let config = configuration(
        folder.path(),
        &format!("outputs:\n  chat: {{type: webhook, url: 'http://127.0.0.1:{port}/hook'}}\n"),
    );
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    daemon.wait_for("the failed attempt", |daemon| {
        (output_of(daemon, "chat")["failed"].as_u64()? > 0).then_some(())
    });
    let said = output_of(&daemon, "chat")["last_error"].to_string();
    assert!(said.contains("connection refused"), "{said}");
    daemon.kill();

    let hook = Hook::start_at(&format!("127.0.0.1:{port}"), &[None, Some(204)]);
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    let hanging = hook.next();
    assert_eq!(hanging.path, "/hook");
    daemon.kill();

    let daemon = Daemon::start_in(&data, &["--config", &config]);
    let taken = hook.next();
    assert_eq!(taken.headers["webhook-id"], hanging.headers["webhook-id"]);
    assert_eq!(taken.json()["kind"], "draft");
    daemon.wait_for("the end of it", |daemon| {
        let output = output_of(daemon, "chat");
        (output["pending"] == 0 && output["delivered"] == 1).then_some(())
    });
    assert!(hook.requests.try_recv().is_err(), "once is enough");
}

#[test]
fn what_an_output_may_not_say_it_does_not() {
    let folder = TempDir::new().unwrap();
    let (plain, open) = (Hook::start(&[Some(204)]), Hook::start(&[Some(204)]));
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  plain: {{type: webhook, url: '{}'}}\n  \
             open: {{type: webhook, url: '{}', allow: [users, raw]}}\n  \
             others: {{type: webhook, url: '{}', streams: [elsewhere]}}\nstreams: [elsewhere]\n",
            plain.url(),
            open.url(),
            plain.url()
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    let body = plain.notice("draft");
    assert!(!body.to_string().contains("Accepted"), "{body:#}");
    assert_eq!(body["lines"], Json::Null);
    let body = open.notice("draft");
    let lines = body["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 5);
    assert!(
        lines[4]
            .as_str()
            .unwrap()
            .contains("Accepted password for root"),
        "{body:#}"
    );
    // A person who declares awareness has a name.
    let id = body["incident"].as_str().unwrap();
    let fact = r#"{"fact":"aware","at":"now","by":"Ada"}"#
        .replace("now", &jiff::Timestamp::now().to_string());
    let (status, answer) = daemon.post(&format!("/api/v1/incidents/{id}/facts"), &fact);
    assert_eq!(status, 201, "{answer}");
    assert_eq!(plain.notice("awareness")["recorded_by"], Json::Null);
    assert_eq!(open.notice("awareness")["recorded_by"], "admin");
    assert_eq!(output_of(&daemon, "others")["delivered"], 0);
}

#[test]
fn reminders_escalations_and_silence_are_told() {
    let folder = TempDir::new().unwrap();
    let hook = Hook::start(&[Some(204)]);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  hook: {{type: webhook, url: '{}'}}\n\
             expected_sources:\n  - {{host: web1, within: 5s}}\n",
            hook.url()
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let silent = hook.notice("source");
    assert_eq!(
        (&silent["host"], &silent["is_well"]),
        (&json!("web1"), &json!(false))
    );
    daemon.send_tcp(b"<38>1 2026-11-24T10:00:00Z web1 app - - - it is here\n");
    assert_eq!(hook.notice("source")["is_well"], true);

    let detected = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(40);
    let body = json!({"title": "A customer called", "detected_at": detected.to_string()});
    let (status, answer) = daemon.post("/api/v1/incidents", &body.to_string());
    assert_eq!(status, 201, "{answer}");
    let mut told = Vec::new();
    while told.len() < 3 {
        let body = hook.next().json();
        if body["kind"] == "source" {
            continue;
        }
        told.push(format!(
            "{} {} {}",
            body["kind"].as_str().unwrap(),
            body["clock"]["stage"].as_str().unwrap(),
            body.get("share").or_else(|| body.get("round")).unwrap()
        ));
    }
    told.sort();
    assert_eq!(
        told,
        [
            // Of what passed unassessed nothing can be done; the next deadline is named.
            "escalation notification 4",
            "overdue early_warning 100",
            "reminder notification 50"
        ]
    );
}

/// A certificate for localhost, in `folder`: the paths of it and its key.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let status = vakt()
        .args(["tls", "self-signed", "--host", "localhost", "--data-dir"])
        .arg(folder)
        .status()
        .unwrap();
    assert!(status.success());
    (
        folder.join("tls-certificate.pem"),
        folder.join("tls-key.pem"),
    )
}

#[test]
fn mail_is_encrypted_signed_in_and_one_thread_an_incident() {
    let Some(python) = smtp_python("mail_is_encrypted_signed_in_and_one_thread_an_incident") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let (certificate, key) = certificate(&folder.path().join("tls"));
    let paths = [certificate, key].map(|path| path.display().to_string());
    let mailbox = Mailbox::start(&python, &paths);
    fs::write(folder.path().join("password"), "secret\n").unwrap();
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  mail:\n    type: email\n    server: localhost:{}\n    ca: '{}'\n    \
             username: vakt\n    password_file: FOLDER/password\n    \
             from: 'Vakt på jobbet <vakt@example.org>'\n    to: [duty@example.org]\n    \
             cc: [boss@example.org]\n    language: sv\npublic_url: https://vakt.example.org\n",
            mailbox.port, paths[0]
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    let draft = mailbox.next();
    let headers = &draft["headers"];
    assert_eq!(
        (&draft["tls"], &draft["authenticated"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(draft["defects"], json!([]));
    assert_eq!(draft["to"], json!(["duty@example.org", "boss@example.org"]));
    assert_eq!(headers["from"], "Vakt på jobbet <vakt@example.org>");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(
        (&draft["type"], &draft["charset"]),
        (&json!("text/plain"), &json!("utf-8"))
    );
    let subject = headers["subject"].as_str().unwrap();
    assert!(subject.contains("Nytt utkast, incident 1"), "{subject}");
    assert!(
        subject.contains("web1") && subject.contains("senast "),
        "{subject}"
    );
    let text = draft["text"].as_str().unwrap();
    assert!(
        text.contains("Frist: senast ") && text.contains("upplysning"),
        "{text}"
    );
    assert!(
        text.contains("https://vakt.example.org/incidents/"),
        "{text}"
    );
    assert!(
        !text.contains("root") && !text.contains("Accepted"),
        "{text}"
    );

    let incidents = daemon.get_json("/api/v1/incidents");
    let id = incidents["incidents"][0]["id"].as_str().unwrap();
    let fact = json!({"fact": "aware", "at": jiff::Timestamp::now().to_string(), "by": "Ada"});
    let (status, answer) = daemon.post(&format!("/api/v1/incidents/{id}/facts"), &fact.to_string());
    assert_eq!(status, 201, "{answer}");
    let awareness = mailbox.next();
    let thread = &headers["message-id"];
    assert_eq!(&awareness["headers"]["in-reply-to"], thread);
    assert_eq!(&awareness["headers"]["references"], thread);
    assert_ne!(&awareness["headers"]["message-id"], thread);
    assert!(
        awareness["text"]
            .as_str()
            .unwrap()
            .contains("fått kännedom"),
        "{awareness:#}"
    );
}

/// One address that was gone silenced the mail for all of them.
#[test]
fn a_refused_recipient_silences_no_other_and_is_tried_again_alone() {
    let test = "a_refused_recipient_silences_no_other_and_is_tried_again_alone";
    let Some(python) = smtp_python(test) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let mailbox = Mailbox::start(&python, &["refuse-once:gone@example.org".to_owned()]);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  mail: {{type: email, server: 'localhost:{}', encryption: none, \
             from: vakt@example.org, to: [duty@example.org, gone@example.org]}}\n",
            mailbox.port
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    assert_eq!(mailbox.next()["to"], json!(["duty@example.org"]));
    let said = daemon.wait_for("the refusal", |daemon| {
        let output = output_of(daemon, "mail");
        (output["failed"] == 1).then(|| output["last_error"].to_string())
    });
    assert!(
        said.contains("gone@example.org: ") && said.contains("no such box"),
        "{said}"
    );
    let second = mailbox.next();
    assert_eq!(second["to"], json!(["gone@example.org"]));
    assert_eq!(
        second["headers"]["to"],
        "duty@example.org, gone@example.org"
    );
    daemon.wait_for("the end of it", |daemon| {
        let output = output_of(daemon, "mail");
        (output["pending"] == 0 && output["delivered"] == 1).then_some(())
    });
    assert!(mailbox.mails.try_recv().is_err(), "nobody has it twice");
}

/// Whoever writes a rule, or names an incident, writes no headers.
#[test]
fn a_title_with_line_ends_is_a_subject_and_nothing_more() {
    let Some(python) = smtp_python("a_title_with_line_ends_is_a_subject_and_nothing_more") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let mailbox = Mailbox::start(&python, &[]);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  mail: {{type: email, server: 'localhost:{}', encryption: none, \
             from: vakt@example.org, to: duty@example.org}}\n",
            mailbox.port
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let body = json!({"title": "A call\r\nBcc: all@example.org\r\n\r\nmore å", "detected_at":
        (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30)).to_string()});
    let (status, answer) = daemon.post("/api/v1/incidents", &body.to_string());
    assert_eq!(status, 201, "{answer}");
    let mail = mailbox.next();
    assert_eq!(mail["to"], json!(["duty@example.org"]));
    assert_eq!(mail["headers"]["bcc"], Json::Null, "{mail:#}");
    let subject = mail["headers"]["subject"].as_str().unwrap();
    assert!(
        subject.contains("A call Bcc: all@example.org more å"),
        "{subject}"
    );
}

fn test_of(arguments: &[&str]) -> (Option<i32>, String) {
    let output = vakt()
        .args(["notify", "test", "--output", "text"])
        .args(arguments)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), said)
}

#[test]
fn a_test_says_what_happened_in_words_that_help() {
    let folder = TempDir::new().unwrap();
    let (good, closed, forbidden) = (
        Hook::start(&[Some(204)]),
        free_port(),
        Hook::start(&[Some(401)]),
    );
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  good: {{type: webhook, url: '{}'}}\n  \
             closed: {{type: webhook, url: 'http://127.0.0.1:{closed}'}}\n  \
             forbidden: {{type: webhook, url: '{}', token: wrong}}\n  \
             unknown: {{type: syslog, address: 'vakt.invalid:6514'}}\n",
            good.url(),
            forbidden.url()
        ),
    );
    let check = |arguments: &[&str], code: i32, parts: &[String]| {
        let (found, said) = test_of(arguments);
        assert_eq!(found, Some(code), "{said}");
        for part in parts {
            assert!(said.contains(part.as_str()), "{part}: {said}");
        }
    };
    let words = [
        "good: delivered".to_owned(),
        format!("closed: nothing listens at 127.0.0.1:{closed} (connection refused)"),
        "answered 401 Unauthorized (look at the token, `token_file`)".to_owned(),
        "unknown: ".to_owned(),
    ];
    check(&["--offline", "--config", &config], 1, &words);
    check(&["good", "--offline", "--config", &config], 0, &words[..1]);
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let to = [
        "--url",
        daemon.http.as_str(),
        "--token",
        daemon.token.as_str(),
    ];
    check(&[&to[..], &["good"]].concat(), 0, &words[..1]);
    check(&to, 1, &words);
    check(
        &[&to[..], &["absent"]].concat(),
        2,
        &["there is no output `absent`".to_owned()],
    );
    let body = good.next().json();
    assert_eq!(
        (&body["kind"], &body["title"]),
        (&json!("test"), &json!("Test: nothing has happened"))
    );
    // It goes past the outbox, and counts as no notice.
    assert_eq!(output_of(&daemon, "good")["delivered"], 0);
}

#[test]
fn a_test_says_what_a_mail_server_or_certificate_is_about() {
    let test = "a_test_says_what_a_mail_server_or_certificate_is_about";
    let Some(python) = smtp_python(test) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let refusing = Mailbox::start(&python, &["refuse".to_owned()]);
    let (certificate, key) = certificate(&folder.path().join("tls"));
    let paths = [certificate, key].map(|path| path.display().to_string());
    let strict = Mailbox::start(&python, &paths);
    let mail = |name: &str, port: u16, more: &str| {
        format!(
            "  {name}: {{type: email, server: 'localhost:{port}', from: vakt@example.org, \
             to: duty@example.org, {more}}}\n"
        )
    };
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n{}{}{}{}",
            mail("refused", refusing.port, "encryption: none"),
            mail("untrusted", strict.port, "encryption: starttls"),
            mail(
                "wrong-password",
                strict.port,
                &format!("ca: '{}', username: vakt, password: wrong", paths[0])
            ),
            mail("no-starttls", refusing.port, "encryption: starttls"),
        ),
    );
    let (code, said) = test_of(&["--offline", "--config", &config]);
    assert_eq!(code, Some(1), "{said}");
    let line = |name: &str| {
        let found = said
            .lines()
            .find(|line| line.starts_with(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("{name}: {said}"))
    };
    let check = |name: &str, part: &str| assert!(line(name).contains(part), "{part}: {said}");
    check(
        "refused",
        "takes no mail from this sender, or for these receivers",
    );
    check("refused", "no such box");
    check(
        "untrusted",
        "of an unknown authority: name that in a PEM file with `ca`",
    );
    check("wrong-password", "look at `username` and `password_file`");
    check("no-starttls", "STARTTLS");
}

/// Such a receiver held its output for ever, and the daemon could not stop.
#[test]
fn a_receiver_that_trickles_bytes_holds_nobody() {
    let folder = TempDir::new().unwrap();
    let trickle = |bytes: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    while stream.write_all(bytes).is_ok() {
                        std::thread::sleep(Duration::from_millis(200));
                    }
                });
            }
        });
        port
    };
    let (mail, syslog) = (trickle(b"220-wait\r\n"), trickle(b"x"));
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  mail: {{type: email, server: '127.0.0.1:{mail}', encryption: none, \
             from: vakt@example.org, to: duty@example.org}}\n  \
             siem: {{type: syslog, address: '127.0.0.1:{syslog}', transport: tcp}}\n"
        ),
    );
    let (code, said) = test_of(&["--offline", "--config", &config]);
    assert_eq!(code, Some(1), "{said}");
    let expected = format!("the mail server 127.0.0.1:{mail} was not done within 15 s");
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains("siem: delivered"), "{said}");
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    daemon.wait_for("syslog", |daemon| {
        (output_of(daemon, "siem")["delivered"] == 1).then_some(())
    });
    // In the middle of an attempt by mail.
    assert!(daemon.end_with("TERM").success());
}

/// With TLS 1.3 a receiver says after the handshake that it takes nobody without a certificate: what was
/// never read counted as delivered.
#[test]
fn syslog_that_the_receiver_refused_is_not_delivered() {
    if !has_program(
        "syslog_that_the_receiver_refused_is_not_delivered",
        "python3",
    ) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (certificate, key) = certificate(&folder.path().join("tls"));
    let script = r"
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations(sys.argv[1])
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
while True:
    plain, _ = server.accept()
    again = plain.dup()
    try:
        context.wrap_socket(plain, server_side=True)
    except ssl.SSLError:
        while again.recv(4096):
            pass
    again.close()
";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .args([&certificate, &key])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut port)
        .unwrap();
    let _server = Server(child);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  siem: {{type: syslog, address: 'localhost:{}', ca: '{}'}}\n",
            port.trim(),
            certificate.display()
        ),
    );
    let (code, said) = test_of(&["--offline", "--config", &config]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("it asks for a certificate of the client"),
        "{said}"
    );
}

fn alerts(port: u16, more: &str) -> Vec<Json> {
    let url = format!("http://127.0.0.1:{port}/api/v2/alerts{more}");
    let answer = ureq::get(&url).call();
    let Ok(mut answer) = answer else {
        return Vec::new();
    };
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn alertmanager_hears_of_beginning_and_end() {
    let program = "prometheus-alertmanager";
    if !has_program("alertmanager_hears_of_beginning_and_end", program) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let port = free_port();
    let own = folder.path().join("alertmanager.yml");
    fs::write(
        &own,
        "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n",
    )
    .unwrap();
    let child = Command::new(program)
        .arg(format!("--config.file={}", own.display()))
        .arg(format!(
            "--storage.path={}",
            folder.path().join("am").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Server(child);
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  pager: {{type: alertmanager, url: 'http://127.0.0.1:{port}', resend: 1s}}\n\
             public_url: https://vakt.example.org\n"
        ),
    );
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    attack(&daemon, "203.0.113.7");
    let draft = |alerts: &[Json]| {
        let found = alerts
            .iter()
            .find(|it| it["labels"]["alertname"] == "VaktDraft");
        found.cloned()
    };
    let first = daemon.wait_for("the draft", |_| draft(&alerts(port, "")));
    let labels = &first["labels"];
    assert_eq!(
        (&labels["host"], &labels["stream"]),
        (&json!("web1"), &json!("default"))
    );
    assert_eq!(
        (&labels["severity"], &labels["kind"]),
        (&json!("high"), &json!("draft"))
    );
    let link = first["generatorURL"].as_str().unwrap();
    let id = link
        .strip_prefix("https://vakt.example.org/incidents/")
        .unwrap();
    assert_eq!(labels["incident"], id);
    // It is told of again, also after a kill, and stays one.
    daemon.kill();
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    daemon.wait_for("another telling", |_| {
        let again = draft(&alerts(port, ""))?;
        assert_eq!(again["fingerprint"], first["fingerprint"]);
        (again["updatedAt"] != first["updatedAt"]).then_some(())
    });
    let fact = json!({"fact": "dismissed", "at": jiff::Timestamp::now().to_string(),
        "by": "Ada", "reason": "our own test"});
    let (status, answer) = daemon.post(&format!("/api/v1/incidents/{id}/facts"), &fact.to_string());
    assert_eq!(status, 201, "{answer}");
    daemon.wait_for("its end", |_| {
        let left = draft(&alerts(port, "?active=true"));
        left.is_none().then_some(())
    });
}

/// rsyslog, which writes what it understood.
struct Collector {
    port: u16,
    file: PathBuf,
    _server: Server,
}

impl Collector {
    fn start(folder: &Path, module: &str) -> Self {
        let port = free_port();
        let file = folder.join(format!("{module}.log"));
        let configuration = folder.join(format!("{module}.conf"));
        fs::write(
            &configuration,
            format!(
                r#"global(workDirectory="{work}")
module(load="{module}")
input(type="{module}" address="127.0.0.1" port="{port}")
template(name="own" type="string" string="%pri%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\n")
action(type="omfile" file="{file}" template="own")
"#,
                work = folder.display(),
                file = file.display()
            ),
        )
        .unwrap();
        let child = Command::new("rsyslogd")
            .args(["-n", "-f"])
            .arg(&configuration)
            .arg("-i")
            .arg(folder.join(format!("{module}.pid")))
            .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            port,
            file,
            _server: Server(child),
        }
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn rsyslog_understands_what_it_is_sent() {
    if !has_program("rsyslog_understands_what_it_is_sent", "rsyslogd") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (tcp, udp) = (
        Collector::start(folder.path(), "imptcp"),
        Collector::start(folder.path(), "imudp"),
    );
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  siem: {{type: syslog, address: '127.0.0.1:{}', transport: tcp}}\n  \
             cef: {{type: syslog, address: '127.0.0.1:{}', transport: tcp, format: cef}}\n  \
             json: {{type: syslog, address: '127.0.0.1:{}', transport: udp, format: json}}\n",
            tcp.port, tcp.port, udp.port
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    // UDP has no answer: the collector must be there first.
    daemon.wait_for("the collectors", |_| {
        let (code, _) = test_of(&["--offline", "--config", &config]);
        (code == Some(0) && !tcp.lines().is_empty() && !udp.lines().is_empty()).then_some(())
    });
    attack(&daemon, "203.0.113.7");
    let line = |collector: &Collector, part: &str| {
        daemon.wait_for(part, |_| {
            let lines = collector.lines();
            lines.into_iter().find(|line| line.contains(part))
        })
    };
    let structured = line(&tcp, " host=\"web1\"");
    let fields: Vec<&str> = structured.split('|').collect();
    assert_eq!(
        (fields[0], fields[2], fields[3]),
        ("83", "vakt", "draft"),
        "{structured}"
    );
    assert!(fields[4].contains(" host=\"web1\""), "{structured}");
    let cef = line(&tcp, "CEF:0|Vakt|Vakt|");
    let cef = match cef.contains("cat=draft") {
        true => cef,
        false => line(&tcp, "cat=draft"),
    };
    assert!(
        cef.contains("dhost=web1") && cef.contains("|8|externalId="),
        "{cef}"
    );
    let body = line(&udp, "\"kind\":\"draft\"");
    let (_, body) = body
        .split_once("] ")
        .or_else(|| body.split_once("]|"))
        .unwrap();
    let body: Json = serde_json::from_str(body.trim_start_matches(['|', ' '])).unwrap();
    assert_eq!(body["host"], "web1");
    // The same id in each form.
    let id = body["id"].as_str().unwrap();
    assert!(
        structured.contains(id) && cef.contains(id),
        "{id}: {structured} {cef}"
    );
}

/// Another Vakt is the receiver.
#[test]
fn syslog_over_tls_arrives_and_another_certificate_is_refused() {
    let folder = TempDir::new().unwrap();
    let far = folder.path().join("far");
    fs::create_dir_all(&far).unwrap();
    let (certificate, key) = certificate(&far.join("tls"));
    let (certificate, key) = (certificate.display(), key.display());
    let config = far.join("vakt.yaml");
    fs::write(
        &config,
        format!(
            "tls: {{certificate: '{certificate}', key: '{key}'}}\nlisteners:\n  \
             - {{kind: http, address: '127.0.0.1:0'}}\n  - {{kind: syslog-tls, address: '127.0.0.1:0'}}\n"
        ),
    )
    .unwrap();
    let config = config.display().to_string();
    let receiver = Daemon::start_in(&far.join("data"), &["--config", &config]);
    let port = receiver.tls.unwrap().port();
    let config = configuration(
        folder.path(),
        &format!(
            "outputs:\n  good: {{type: syslog, address: 'localhost:{port}', ca: '{certificate}'}}\n  \
             untrusted: {{type: syslog, address: 'localhost:{port}'}}\n "
        ),
    );
    let (code, said) = test_of(&["good", "--offline", "--config", &config]);
    assert_eq!(code, Some(0), "{said}");
    let (_, said) = test_of(&["untrusted", "--offline", "--config", &config]);
    assert!(said.contains("of an unknown authority"), "{said}");
    receiver.wait_for("the message", |receiver| {
        (receiver.total("\"nothing has happened\"") == 1).then_some(())
    });
}

#[test]
fn a_watchdog_hears_the_heartbeat() {
    let folder = TempDir::new().unwrap();
    let hook = Hook::start(&[Some(204), Some(500), Some(204)]);
    let config = configuration(
        folder.path(),
        &format!(
            "heartbeat: {{url: '{}', interval: 1s, lag_max: 5m}}\n",
            hook.url()
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let first = hook.next().json();
    assert!(first["lag_seconds"].is_number(), "{first}");
    let up = |expected: &str| {
        daemon.wait_for(expected, |daemon| {
            daemon.get("/metrics").1.contains(expected).then_some(())
        });
    };
    // It stops and goes on as the watchdog takes it.
    hook.next();
    up("vakt_heartbeat_up 0\n");
    hook.next();
    up("vakt_heartbeat_up 1\n");
}

/// Each example of the guide is a configuration.
#[test]
fn the_examples_of_the_guide_are_configurations() {
    let folder = TempDir::new().unwrap();
    let mut found = 0;
    for guide in ["notifications.md", "configuration.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../docs")
            .join(guide);
        let text = fs::read_to_string(path).unwrap();
        for example in text.split("```yaml\n").skip(1) {
            let example = example.split("```").next().unwrap();
            let path = folder.path().join("vakt.yaml");
            fs::write(&path, example).unwrap();
            let (_, faults) = vakt::config::Config::read(&path).unwrap();
            let shown: String = faults.iter().map(ToString::to_string).collect();
            assert_eq!(shown, "", "{guide}: {example}");
            found += 1;
        }
    }
    assert_eq!(found, 5);
}
