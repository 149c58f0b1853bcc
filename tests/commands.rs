//! What the commands say and how they find the daemon.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::{Daemon, vakt};
use serde_json::Value as Json;
use tempfile::TempDir;
use vakt::config::{Config, Secret, Way};

/// Exit status and what was said on standard error.
fn ended(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), stderr(&output))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A port that nobody has now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn configuration(folder: &Path, text: &str) -> String {
    let path = folder.join("vakt.yaml");
    fs::write(&path, text.replace("FOLDER", folder.to_str().unwrap())).unwrap();
    path.to_str().unwrap().to_owned()
}

/// With `-c` the commands went to 127.0.0.1:8514 whatever the file said.
#[test]
fn commands_find_the_daemon_of_the_configuration() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let made = vakt()
        .args(["tls", "self-signed", "--data-dir"])
        .arg(&data)
        .status()
        .unwrap();
    assert!(made.success());
    let port = free_port();
    let config = configuration(
        folder.path(),
        &format!(
            "data_dir: FOLDER/data\ntls:\n  certificate: FOLDER/data/tls-certificate.pem\n  \
             key: FOLDER/data/tls-key.pem\nlisteners:\n  \
             - {{kind: http, address: '127.0.0.1:{port}', tls: true}}\n"
        ),
    );
    let _daemon = Daemon::start_in(&data, &["--config", &config]);
    let by_flag = ended(vakt().args(["search", "--config", &config]));
    assert_eq!(by_flag, (Some(0), String::new()));
    let by_variable = ended(vakt().arg("search").env("VAKT_CONFIG", &config));
    assert_eq!(by_variable, (Some(0), String::new()));

    let check = |listeners: &str, expected: &str| {
        let config = configuration(folder.path(), &format!("listeners: {listeners}\n"));
        let (status, said) = ended(vakt().args(["search", "--config", &config, "--token", "t"]));
        assert_eq!(status, Some(2));
        assert!(said.contains(expected), "{said}");
    };
    let any_port = "[{kind: http, address: '127.0.0.1:0'}]";
    check(any_port, "takes any free port");
    check("[{kind: syslog-udp}]", "no listener of kind http");
    let everywhere = format!("[{{kind: http, address: '0.0.0.0:{port}', allow_plaintext: true}}]");
    check(&everywhere, &format!("at http://127.0.0.1:{port}"));
    let named =
        format!("[{{kind: http, address: '192.0.2.1:{port}', tls: true, hosts: [vakt.invalid]}}]");
    check(&named, &format!("at https://vakt.invalid:{port}"));
}

#[test]
fn a_token_does_not_cross_a_network_readable_and_does_not_leave_this_machine_by_a_proxy() {
    let folder = TempDir::new().unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let through = format!("http://{}", proxy.local_addr().unwrap());
    let search = |more: &[&str]| {
        ended(
            vakt()
                .args(["search", "--data-dir"])
                .arg(folder.path())
                .args(["--url", "http://vakt.invalid:8514"])
                .args(more)
                .env("HTTP_PROXY", &through),
        )
    };
    let (status, said) = search(&["--token", "secret"]);
    assert_eq!(status, Some(2));
    for part in ["http://vakt.invalid:8514", "--insecure-http", "https://"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    assert!(!said.contains("secret"), "{said}");
    assert!(proxy.accept().is_err(), "nobody was spoken to");
    drop(proxy);
    let (_, said) = search(&["--token", "secret", "--insecure-http"]);
    assert!(said.contains("no daemon answers"), "{said}");
    // Without a token there is nothing to protect.
    let (_, said) = search(&[]);
    assert!(said.contains("no daemon answers"), "{said}");

    let daemon = Daemon::start();
    let local = ended(
        vakt()
            .args(["search", "--url", &daemon.http, "--token", &daemon.token])
            .env("HTTP_PROXY", "http://127.0.0.1:9")
            .env("ALL_PROXY", "http://127.0.0.1:9"),
    );
    assert_eq!(local, (Some(0), String::new()));
}

fn demo(daemon: &Daemon) -> String {
    let output = daemon.vakt(&["--output", "json", "demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["incident"]["state"], "draft");
    answer["incident"]["id"].as_str().unwrap().to_owned()
}

/// The demo showed the newest drill of any state: after a dismissal, the dismissed one.
#[test]
fn a_demo_after_a_dismissed_one_shows_its_own_draft() {
    let daemon = Daemon::start();
    let first = demo(&daemon);
    let dismiss = ["incidents", "fact", &first, "dismissed", "--reason", "seen"];
    assert!(daemon.vakt(&dismiss).status.success());
    assert_ne!(demo(&daemon), first);
}

/// What is printed can be done: it named a daemon that was killed before anybody could ask it.
#[test]
fn a_temporary_demo_says_nothing_that_cannot_be_done_any_more() {
    let folder = TempDir::new().unwrap();
    let output = vakt()
        .args(["demo", "--temporary", "--output", "text"])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("draft incident"), "{text}");
    for part in ["vakt incidents", "http://", "TOKEN"] {
        assert!(!text.contains(part), "{part} is in\n{text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_temporary_demo_stays_on_a_terminal_until_it_is_interrupted() {
    let name = "a_temporary_demo_stays_on_a_terminal_until_it_is_interrupted";
    if !common::has_program(name, "script") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let pid_file = folder.path().join("pid");
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let line = format!(
        "echo $$ >{}; exec {} demo --temporary",
        pid_file.display(),
        env!("CARGO_BIN_EXE_vakt")
    );
    let mut terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("TMPDIR", &temporary)
        .env_remove("VAKT_TOKEN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(terminal.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        said.push(line.trim().to_owned());
        if line.contains("Ctrl-C ends") {
            break;
        }
    }
    let all = said.join("\n");
    let after = |prefix: &str| said.iter().find_map(|line| line.strip_prefix(prefix));
    let token = after("export VAKT_TOKEN=").unwrap_or_else(|| panic!("{all}"));
    let show = after("vakt incidents show ").unwrap_or_else(|| panic!("{all}"));
    let shown = ended(
        vakt()
            .args(["incidents", "show"])
            .args(show.split_whitespace())
            .env("VAKT_TOKEN", token),
    );
    assert_eq!(shown, (Some(0), String::new()), "{all}");
    assert!(all.contains("/sign-in?code="), "{all}");

    let pid = fs::read_to_string(&pid_file).unwrap();
    let interrupted = Command::new("kill")
        .args(["-INT", pid.trim()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert!(terminal.wait().unwrap().success());
    assert_eq!(
        fs::read_dir(&temporary).unwrap().count(),
        0,
        "nothing is left"
    );
}

/// A list was cut at 100 with no word.
#[test]
fn lists_are_whole_or_say_that_they_are_not() {
    let daemon = Daemon::start();
    for number in 0..120 {
        let body = format!(
            r#"{{"title":"number {number}","detected_at":"2026-01-01T00:00:00Z","regimes":["nis2-se"]}}"#
        );
        assert_eq!(daemon.post("/api/v1/incidents", &body).0, 201);
    }
    let check = |arguments: &[&str], lines: usize, said: &str| {
        let output = daemon.vakt(arguments);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.lines().count(), lines, "{arguments:?}");
        assert_eq!(stderr(&output), said, "{arguments:?}");
    };
    check(&["incidents", "list"], 120, "");
    check(&["incidents", "list", "--state", "open"], 120, "");
    check(
        &["incidents", "list", "--limit", "7"],
        7,
        "only the 7 newest are shown; there are more: without --limit all are\n",
    );
    check(&["incidents", "list", "--limit", "120"], 120, "");
    let events: String = (0..150)
        .map(|n| format!("{{\"message\":\"event {n}\"}}\n"))
        .collect();
    assert_eq!(daemon.post_events(&events).unwrap().0, 200);
    check(
        &["search", "event"],
        100,
        "100 of 150 events; --limit N gives more\n",
    );
    check(&["search", "event", "--limit", "150"], 150, "");
    check(&["search", "event", "--limit", "20000"], 150, "");
    check(&["search", "event", "--limit", "0"], 0, "");
}

/// `03:05` went to the daemon as it was, which takes no local time.
#[test]
fn a_search_takes_times_as_people_write_them() {
    let daemon = Daemon::start();
    assert_eq!(
        daemon.post_events("{\"message\":\"now\"}\n").unwrap().0,
        200
    );
    let check = |arguments: &[&str], lines: usize| {
        let output = daemon.vakt(&[&["search", "now"], arguments].concat());
        assert_eq!(stderr(&output), "", "{arguments:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.lines().count(), lines, "{arguments:?}");
    };
    check(&["--since", "yesterday 03:05"], 1);
    check(&["--until", "yesterday 03:05"], 0);
    check(&["--since", "-15m"], 1);
    check(
        &[
            "--since",
            "2026-01-01 03:05",
            "--until",
            "2100-01-01T00:00:00Z",
        ],
        1,
    );
    let (status, said) = ended(vakt().args(["search", "--since", "soon", "--url", &daemon.http]));
    assert_eq!(status, Some(2));
    assert!(said.contains("--since: \"soon\" is no time"), "{said}");
}

#[test]
fn a_person_can_be_kept_to_streams() {
    let daemon = Daemon::start();
    let add = [
        "users", "add", "vera", "--role", "viewer", "--stream", "default",
    ];
    assert!(daemon.vakt(&add).status.success());
    let users = daemon.get_json("/api/v1/users");
    assert_eq!(users["users"][1]["streams"], serde_json::json!(["default"]));
    let listed = daemon.vakt(&["users", "list", "--output", "text"]);
    let text = String::from_utf8_lossy(&listed.stdout);
    assert!(text.contains("vera   viewer  default"), "{text}");
}

/// A `TZ` that is a rule was shown as UTC, while times were read by the rule.
#[test]
fn the_greeting_names_the_zone_that_is_used() {
    let check = |zone: &str, expected: &str| {
        let folder = TempDir::new().unwrap();
        let mut command = vakt();
        command.env("TZ", zone);
        let daemon = Daemon::start_as(command, folder.path(), &[]);
        let line = daemon
            .greeting
            .iter()
            .find(|line| line.contains("time zone"))
            .unwrap();
        assert_eq!(
            line.trim(),
            format!("time zone  {expected} for times without an offset")
        );
    };
    check("IST-5:30", "UTC+05:30 now (it has no name)");
    check("<-03>3", "UTC-03:00 now (it has no name)");
    check("Europe/Stockholm", "Europe/Stockholm");
    check("UTC", "UTC");
}

/// Files that the configuration names were found missing one by one, at each start.
#[test]
fn a_check_reads_every_file_that_is_named_and_says_all_that_is_wrong() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("short"), "guess-me\n").unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    let config = configuration(
        folder.path(),
        "rules: [FOLDER/no-rules]\ntls:\n  certificate: FOLDER/no-certificate.pem\n  \
         key: FOLDER/no-key.pem\nintake_tokens:\n  - {name: a, token_file: FOLDER/no-token}\n  \
         - {name: b, token_file: FOLDER/short}\noutputs:\n  hook:\n    type: webhook\n    \
         url: https://hook.example.org\n    token_file: FOLDER/empty\n\
         listeners:\n  - {kind: http, address: '0.0.0.0:8514'}\n",
    );
    let check = |more: &[&str], status: i32, parts: &[&str]| {
        let mut command = vakt();
        let output = command
            .args(["check", "--config", &config])
            .args(more)
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            stderr(&output)
        );
        let said = said.replace(folder.path().to_str().unwrap(), "FOLDER");
        assert_eq!(output.status.code(), Some(status), "{said}");
        for part in parts {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
        said
    };
    let files = [
        "vakt.yaml:3:3: error[config-file]: FOLDER/no-certificate.pem: cannot be read",
        "vakt.yaml:6:27: error[config-file]: the token file FOLDER/no-token cannot be read",
        "vakt.yaml:7:27: error[config-file]: the token in FOLDER/short is shorter than 20",
        "vakt.yaml:12:17: error[config-file]: the token file FOLDER/empty is empty",
        "vakt.yaml:14: error[listener-unsafe]: listener http would serve HTTP without TLS",
    ];
    let of_file = "vakt.yaml:1:9: error[config-file]: the rules at FOLDER/no-rules cannot be read";
    let said = check(&[], 1, &files);
    assert!(said.contains(of_file), "{said}");
    assert!(
        said.contains("0 rules and 0 correlations loaded, 0 refused, 0 skipped; 6 errors"),
        "{said}"
    );
    assert!(!said.contains("guess-me"), "{said}");
    check(&["--rules", "/nothing/here"], 2, &files);
    check(
        &["--rules", "/nothing/here"],
        2,
        &[
            "error[rules-unreadable]: cannot read /nothing/here",
            "1 of what --rules",
        ],
    );
    let json = vakt()
        .args(["check", "--output", "json", "--config", &config])
        .output()
        .unwrap();
    let one: Json = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(one["diagnostics"].as_array().unwrap().len(), 6);
    // A command that only wants an address may not be allowed to read a key.
    let (_, said) = ended(vakt().args(["search", "--config", &config, "--token", "t"]));
    assert!(
        said.contains("no daemon answers") || said.contains("does not know the token"),
        "{said}"
    );
}

/// The token of the webhook stood in the configuration, and in whatever showed that.
#[test]
fn the_token_of_a_webhook_is_in_a_file_and_can_be_exchanged() {
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("hook.token");
    fs::write(&token, "the-first-token\n").unwrap();
    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = configuration(
        folder.path(),
        &format!(
            "listeners:\n  - {{kind: http, address: '127.0.0.1:0'}}\n  \
             - {{kind: syslog-tcp, address: '127.0.0.1:0'}}\n\
             outputs:\n  hook: {{type: webhook, url: 'http://{}/hook', token_file: FOLDER/hook.token}}\n",
            hook.local_addr().unwrap()
        ),
    );
    let daemon = Daemon::start_in(&folder.path().join("data"), &["--config", &config]);
    let now = jiff::Timestamp::now();
    let line = |word: &str| {
        format!(
            "<38>1 {now} web1 sshd 1 - - {word} password for root from 203.0.113.30 port 1 ssh2\n"
        )
    };
    daemon.send_tcp(format!("{}{}", line("Failed").repeat(12), line("Accepted")).as_bytes());
    let authorization = || -> String {
        let (mut stream, _) = hook.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let found = lines.find_map(|line| {
            let line = line.unwrap();
            let value = line
                .to_lowercase()
                .strip_prefix("authorization: ")
                .map(str::to_owned);
            assert!(!line.is_empty() || value.is_some(), "no credential");
            value
        });
        let refusal = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(refusal.as_bytes()).unwrap();
        found.unwrap()
    };
    assert_eq!(authorization(), "bearer the-first-token");
    fs::write(&token, "the-second-token\n").unwrap();
    // A round that had begun still uses the first.
    while authorization() != "bearer the-second-token" {}
    let (config, faults) = Config::read(Path::new(&config)).unwrap();
    assert!(faults.is_empty());
    let Way::Webhook(mut webhook) = config.outputs[0].way.clone() else {
        panic!("{:?}", config.outputs);
    };
    webhook.token = Some(Secret::Inline("secret".to_owned()));
    webhook.url.push_str("/secret");
    let shown = format!("{webhook:?}");
    assert!(
        !shown.contains("secret\"") && shown.contains("Inline(…)"),
        "{shown}"
    );
}

/// On a terminal of 80 columns every incident took two lines, most of it digits.
#[test]
fn a_list_of_incidents_fits_a_terminal_and_names_what_can_be_typed() {
    let daemon = Daemon::start();
    demo(&daemon);
    let listed = daemon.vakt(&["incidents", "list", "--output", "text"]);
    let text = String::from_utf8_lossy(&listed.stdout);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["id", "state", "report", "next", "deadline", "left", "title"]
    );
    let words: Vec<_> = lines[1].split_whitespace().collect();
    assert_eq!(
        [words[0], words[1], words[2]],
        ["1", "draft", "early_warning"]
    );
    // Where people live, with its weekday, and how long that is.
    let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    assert!(weekdays.contains(&words[3]), "{text}");
    assert!(
        words[5].len() == "09:30".len() && words[6] == "in",
        "{text}"
    );
    assert!(lines[1].contains("(drill) SSH login"), "{text}");
    let shown = daemon.vakt(&["incidents", "show", words[0]]);
    assert!(shown.status.success(), "{}", stderr(&shown));
}

/// An incident once said in text neither that it was a drill, nor its techniques, nor who claims a
/// fact and which report it is about, and showed its events as JSON.
#[test]
fn an_incident_in_words_says_what_its_json_says() {
    let daemon = Daemon::start();
    demo(&daemon);
    for fact in [
        &["aware", "--by", "Ada"][..],
        &["submitted", "--report", "notification"],
        &["dismissed", "--reason", "an exercise"],
    ] {
        let mut arguments = vec!["incidents", "fact", "1"];
        arguments.extend(fact);
        arguments.extend((fact[0] == "submitted").then_some("--reference=NCSC-7"));
        let recorded = daemon.vakt(&arguments);
        assert!(recorded.status.success(), "{}", stderr(&recorded));
    }
    let shown = daemon.vakt(&["incidents", "show", "1", "--output", "text"]);
    let text = String::from_utf8_lossy(&shown.stdout);
    for part in [
        "(drill) SSH login succeeds after many failures: 203.0.113.66\n",
        "  rule name            SSH login succeeds after many failures\n",
        "  ATT&CK               T1021.004, T1078, T1110.001\n",
        "  aware  by Ada, recorded by admin\n",
        "  submitted notification  recorded by admin  reference NCSC-7\n",
        "  dismissed  recorded by admin  an exercise\n",
        "Z web1 sshd: Failed password for root from 203.0.113.66 port 40112 ssh2\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
}
