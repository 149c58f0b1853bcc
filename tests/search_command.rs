//! `vakt search` as people and scripts use it: forms, exports, colours, following, saved searches.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;

use common::{Daemon, PATIENCE, vakt};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

const EVENTS: &str = concat!(
    r#"{"@timestamp":"2026-03-01T10:00:00Z","host.name":"web1","process.name":"sshd","#,
    r#""message":"Failed password for root","user.name":"root","source.ip":"192.0.2.7"}"#,
    "\n",
    r#"{"@timestamp":"2026-03-01T10:00:01Z","host.name":"web2","message":"=cmd|' /C calc'!A0"}"#,
    "\n",
    r#"{"@timestamp":"2026-03-01T10:00:02Z","host.name":"web1","message":"say \"a, b\"","#,
    r#""event.severity":7}"#,
    "\n",
);

fn stdout(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn daemon_with(events: &str) -> Daemon {
    let daemon = Daemon::start();
    assert_eq!(daemon.post_events(events).unwrap().0, 200);
    daemon
}

#[test]
fn what_is_found_comes_in_the_form_that_was_asked_for() {
    let daemon = daemon_with(EVENTS);
    let check = |arguments: &[&str], expected: &str| {
        let output = daemon.vakt(&[&["search", "--order", "oldest"], arguments].concat());
        assert_eq!(stdout(&output), expected, "{arguments:?}");
    };
    check(
        &["--output", "text"],
        "2026-03-01T10:00:00Z web1 sshd: Failed password for root\n\
         2026-03-01T10:00:01Z web2 =cmd|' /C calc'!A0\n\
         2026-03-01T10:00:02Z web1 say \"a, b\"\n",
    );
    check(
        &["--fields", "host.name,message", "--limit", "1"],
        "{\"host.name\":\"web1\",\"message\":\"Failed password for root\"}\n",
    );
    check(
        &["--output", "csv"],
        "@timestamp,vakt.stream,host.name,process.name,message,event.id\r\n\
         2026-03-01T10:00:00Z,default,web1,sshd,Failed password for root,0\r\n\
         2026-03-01T10:00:01Z,default,web2,,'=cmd|' /C calc'!A0,1\r\n\
         2026-03-01T10:00:02Z,default,web1,,\"say \"\"a, b\"\"\",2\r\n",
    );
    check(
        &[
            "--output",
            "csv",
            "--fields",
            "host.name, event.severity,nothing",
        ],
        "host.name,event.severity,nothing\r\nweb1,,\r\nweb2,,\r\nweb1,7,\r\n",
    );
    check(
        &["--output", "csv", "--fields", "host.name", "nothing at all"],
        "host.name\r\n",
    );
    let document = daemon.vakt(&["search", "--output", "json", "--limit", "2"]);
    let document: Json = serde_json::from_str(&stdout(&document)).unwrap();
    assert_eq!(document["hits"].as_array().unwrap().len(), 2);
    assert_eq!(document["total"], 3);
    let refused = daemon.vakt(&["sources", "--output", "csv"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        said.contains("a form of `vakt search`, `vakt figures`"),
        "{said}"
    );
}

/// Frames are looked at before they are decoded: what they write in another way is found all the same.
#[test]
fn what_a_sender_escapes_is_found() {
    let daemon = daemon_with(
        r#"{"message":"one\/two \u0073ecret","ok":true}
{"message":"Stra\u00dfe and Ma\u0308rz"}
{"message":"one/two secret"}
"#,
    );
    for (query, expected) in [
        ("\"one/two\"", 2),
        ("secret", 2),
        ("*ecre*", 2),
        ("strasse", 1),
        ("true", 1),
        ("/o.e.two secret/", 2),
        ("u0073ecret", 0),
    ] {
        assert_eq!(daemon.total(query), expected, "{query}");
    }
}

#[test]
fn a_query_that_cannot_be_read_is_shown_with_the_place() {
    let daemon = Daemon::start();
    for arguments in [
        ["search", "failed (root"].as_slice(),
        &["search", "--follow", "failed (root"],
        &["search", "--output", "json", "failed (root"],
        &["search", "--save", "x", "failed (root"],
    ] {
        let output = daemon.vakt(arguments);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().collect();
        let at = lines.iter().position(|line| *line == "  failed (root");
        let at = at.unwrap_or_else(|| panic!("{arguments:?}: {said}"));
        let caret = lines[at + 1];
        assert_eq!(caret.trim(), "^", "{said}");
        assert!(lines.last().unwrap().starts_with("help: "), "{said}");
    }
}

/// The events, numbered; more than two pages of a stream.
const MANY: usize = 12_000;

#[test]
fn an_export_is_whole_and_in_order() {
    let folder = TempDir::new().unwrap();
    let daemon = Daemon::start();
    for part in 0..4 {
        let events: String = (0..MANY / 4)
            .map(|number| {
                let number = part * MANY / 4 + number;
                format!(
                    "{{\"@timestamp\":\"2026-03-01T10:{:02}:{:02}Z\",\"message\":\"export {number}\"}}\n",
                    number / 60 % 60,
                    number % 60
                )
            })
            .collect();
        assert_eq!(daemon.post_events(&events).unwrap().0, 200);
    }
    let export = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let arguments = ["search", "export", "--export", path.to_str().unwrap()];
        let output = daemon.vakt(&[&arguments[..], more].concat());
        (stdout(&output), fs::read_to_string(&path).unwrap(), output)
    };
    for order in ["newest", "oldest"] {
        let (printed, text, output) = export("all.ndjson", &["--order", order, "--force"]);
        assert_eq!(printed, "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with("12000 of 12000 events are in "), "{said}");
        let hits: Vec<Json> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let ids: BTreeSet<&str> = hits
            .iter()
            .map(|hit| hit["event.id"].as_str().unwrap())
            .collect();
        assert_eq!((hits.len(), ids.len()), (MANY, MANY), "{order}");
        let mut times: Vec<&str> = hits
            .iter()
            .map(|hit| hit["@timestamp"].as_str().unwrap())
            .collect();
        if order == "newest" {
            times.reverse();
        }
        assert!(times.is_sorted(), "{order}");
    }
    let (_, text, _) = export("some.csv", &["--limit", "7", "--fields", "message"]);
    assert_eq!(text.lines().count(), 8);
    assert!(text.starts_with("message\r\nexport "), "{text}");
    let (_, text, _) = export("plain.txt", &["--limit", "1", "--output", "ndjson"]);
    assert_eq!(text.lines().count(), 1);
    let names = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["all.ndjson", "plain.txt", "some.csv"]);
    let path = folder.path().join("all.txt");
    let refused = daemon.vakt(&["search", "--export", path.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!path.exists());
    // What cannot be read is no export.
    let path = folder.path().join("wrong.csv");
    let refused = daemon.vakt(&["search", "(", "--export", path.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

/// A daemon of one answer, and the address that it listens on.
fn answers_with(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let mut head = [0; 4096];
            let read = stream.read(&mut head).unwrap();
            assert!(read > 0);
            // No length and no chunks: the end of the connection is the end of the body.
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
    });
    url
}

fn search_at(url: &str, arguments: &[&str]) -> Output {
    vakt()
        .arg("search")
        .args(arguments)
        .args(["--url", url, "--token", "t"])
        .output()
        .unwrap()
}

#[test]
fn an_export_that_is_not_whole_does_not_bear_the_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.ndjson");
    let partial = folder.path().join("out.ndjson.partial");
    let check = |body: &'static str, expected: &str| {
        let url = answers_with(body);
        let output = search_at(&url, &["--export", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{body}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(expected), "{said}");
        assert!(said.contains(partial.to_str().unwrap()), "{said}");
        assert!(!path.exists());
        let kept = fs::read_to_string(&partial).unwrap();
        assert_eq!(kept, "{\"event.id\":\"1\",\"message\":\"a\"}\n");
    };
    check("{\"event.id\":\"1\",\"message\":\"a\"}\n", "broke off");
    check(
        "{\"event.id\":\"1\",\"message\":\"a\"}\n{\"event",
        "broke off within a line",
    );
    check(
        "{\"event.id\":\"1\",\"message\":\"a\"}\n{\"vakt.end\":{\"hits\":1,\"total\":9,\"is_cut\":true,\"next\":\"x\",\
         \"elapsed_ms\":1,\"error\":{\"code\":\"unavailable\",\"message\":\"the time is over\",\"help\":\"narrow it\"}}}\n",
        "did not come to its end: the time is over",
    );
}

/// What a bound cuts is not all that was found, and a script must not take it for that.
#[test]
fn an_export_that_is_cut_does_not_bear_the_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.ndjson");
    let url = answers_with(
        "{\"t_id\":\"1\"}\n{\"vakt.end\":{\"hits\":1,\"total\":9,\"is_cut\":true,\"next\":null,\
         \"elapsed_ms\":1,\"cut\":[\"There are more rows than 1.\"]}}\n",
    );
    let output = search_at(&url, &["--export", path.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let partial = folder.path().join("out.ndjson.partial");
    assert!(said.starts_with("There are more rows than 1.\n"), "{said}");
    assert!(said.contains(partial.to_str().unwrap()), "{said}");
    assert!(!path.exists());
    assert_eq!(fs::read_to_string(&partial).unwrap(), "{\"t_id\":\"1\"}\n");
}

/// In a directory in which others write, too.
#[test]
fn an_export_replaces_nothing_that_it_did_not_make() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = TempDir::new().unwrap();
    let (path, partial) = (
        folder.path().join("out.csv"),
        folder.path().join("out.csv.partial"),
    );
    let url = answers_with(
        "{\"event.id\":\"1\",\"message\":\"a\"}\n{\"vakt.end\":{\"hits\":1,\"total\":1,\"is_cut\":false,\
         \"next\":null,\"elapsed_ms\":1}}\n",
    );
    let export = |more: &[&str]| {
        let arguments = ["--fields", "message", "--export", path.to_str().unwrap()];
        let output = search_at(&url, &[&arguments[..], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let victim = folder.path().join("victim.txt");
    fs::write(&victim, "mine").unwrap();
    symlink(&victim, &partial).unwrap();
    let (code, said) = export(&[]);
    assert_eq!(
        (code, said.contains("is in the way")),
        (Some(2), true),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert!(!path.exists());

    // What an earlier export left is replaced, and with it who may read it.
    fs::remove_file(&partial).unwrap();
    fs::write(&partial, "half").unwrap();
    fs::set_permissions(&partial, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = export(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "message\r\na\r\n");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!partial.exists());

    fs::write(&path, "mine").unwrap();
    let (code, said) = export(&[]);
    assert_eq!((code, said.contains("--force")), (Some(2), true), "{said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(export(&["--force"]).0, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), "message\r\na\r\n");

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let (code, said) = export(&["--force"]);
    assert_eq!(
        (code, said.contains("is a directory")),
        (Some(2), true),
        "{said}"
    );
    assert!(!partial.exists());
}

/// What turns the direction of text, or is not seen, is shown to people and left to programs.
#[test]
fn what_misleads_is_shown_to_people() {
    let turned = "from \u{202e}7.311.0.302\u{202c} ad\u{200b}min";
    let event =
        json!({"@timestamp": "2026-03-01T10:00:00Z", "host.name": "web1", "message": turned});
    let daemon = daemon_with(&format!("{event}\n"));
    let shown = turned.replace(['\u{202e}', '\u{202c}', '\u{200b}'], "\u{fffd}");
    let run = |query: &str, form: &str| {
        stdout(&daemon.vakt(&["search", query, "--output", form, "--fields", "message"]))
    };
    assert_eq!(
        run("*", "text"),
        format!("2026-03-01T10:00:00Z web1 {shown}\n")
    );
    let table = run("* | stats count by message", "text");
    assert!(table.contains(&shown), "{table}");
    assert_eq!(
        run("*", "ndjson"),
        format!("{}\n", json!({"message": turned}))
    );
    assert_eq!(run("*", "csv"), format!("message\r\n{turned}\r\n"));
    let refused = daemon.vakt(&["search", "a\u{202e}b ("]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("a\u{fffd}b (") && !said.contains('\u{202e}'),
        "{said}"
    );
    // Somebody with the binary alone reads here what a query is made of.
    assert!(
        said.contains("field:value") && said.contains("| stats"),
        "{said}"
    );
}

#[test]
fn tables_are_aligned_or_objects_or_csv() {
    let url = answers_with(
        "{\"user.name\":\"root\",\"count\":1234}\n{\"user.name\":null,\"count\":2}\n{\"vakt.end\":{\"hits\":2,\"total\":1236,\
         \"is_cut\":true,\"cut\":[\"There are more groups.\"],\"next\":null,\"elapsed_ms\":3}}\n",
    );
    let check = |form: &str, expected: &str| {
        let output = search_at(&url, &["* | stats count by user.name", "--output", form]);
        assert_eq!(stdout(&output), expected, "{form}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("There are more groups."), "{said}");
    };
    check("text", "user.name  count\nroot       1234\n-          2\n");
    check(
        "ndjson",
        "{\"user.name\":\"root\",\"count\":1234}\n{\"user.name\":null,\"count\":2}\n",
    );
    check("csv", "user.name,count\r\nroot,1234\r\n,2\r\n");
}

/// More than the first page of a stream has.
const LINES: usize = 1_200;

#[test]
fn commands_over_events_keep_limit_order_and_pages_and_say_what_is_missing() {
    let line = |n: usize| {
        format!(
            "{{\"@timestamp\":\"2026-03-01T10:{:02}:{:02}Z\",\"n\":{n}}}\n",
            n / 60,
            n % 60
        )
    };
    let daemon = daemon_with(&(0..LINES).map(line).collect::<String>());
    let lines = |arguments: &[&str]| {
        let output = daemon.vakt(&[&["search", "--output", "ndjson"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (stdout(&output), said)
    };
    let check = |arguments: &[&str], expected: &[usize], missing: &str| {
        let (found, said) = lines(arguments);
        let shown: String = expected
            .iter()
            .map(|n| format!("{{\"n\":{n}}}\n"))
            .collect();
        assert_eq!(found, shown, "{arguments:?}");
        assert!(said.contains(missing), "{arguments:?} {said}");
        assert_eq!(
            said.contains("These are the first"),
            missing.contains("These"),
            "{said}"
        );
    };
    let more = "--limit N gives more";
    let cut = "These are the first 2 of 1200: a higher limit gives more.";
    check(&["n:* | fields n", "--limit", "2"], &[1199, 1198], more);
    check(
        &["n:* | fields n", "--limit", "2", "--order", "oldest"],
        &[0, 1],
        more,
    );
    check(&["n:* | sort n | fields n", "--limit", "2"], &[0, 1], cut);
    check(&["n:* | head 2 | fields n"], &[1199, 1198], "");
    check(
        &["n:* | head 2 | fields n", "--order", "oldest"],
        &[0, 1],
        "",
    );
    for query in ["n:* | fields n", "n:* | sort -n | fields n"] {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("n.ndjson");
        let (_, said) = lines(&[query, "--export", file.to_str().unwrap()]);
        assert!(said.contains("1200 rows about 1200 events"), "{said}");
        let expected: String = (0..LINES)
            .rev()
            .map(|n| format!("{{\"n\":{n}}}\n"))
            .collect();
        assert_eq!(fs::read_to_string(&file).unwrap(), expected, "{query}");
    }
    // A page has a cursor where the next one can be asked for, and words where it cannot.
    let page = daemon.search("n:* | fields n", 2);
    assert!(page["next"].is_string() && page["cut"].is_null(), "{page}");
    let page = daemon.search("n:* | sort n", 2);
    assert_eq!((&page["next"], &page["cut"]), (&Json::Null, &json!([cut])));
}

#[test]
fn a_field_is_chosen_by_any_of_its_names() {
    let daemon = daemon_with("{\"Image\":\"cmd.exe\",\"EventID\":4688}\n");
    let check = |query: &str, form: &str, expected: &str| {
        let arguments = [
            "search",
            query,
            "--output",
            form,
            "--fields",
            "Image,event.code",
        ];
        assert_eq!(stdout(&daemon.vakt(&arguments)), expected, "{query}");
    };
    check("Image:*", "csv", "Image,event.code\r\ncmd.exe,4688\r\n");
    check(
        "Image:*",
        "ndjson",
        "{\"Image\":\"cmd.exe\",\"event.code\":4688}\n",
    );
    // By the command, too, the name is the one that was asked for.
    let output = daemon.vakt(&["search", "* | fields Image", "--output", "csv"]);
    assert_eq!(stdout(&output), "Image\r\ncmd.exe\r\n");
}

#[test]
fn searches_are_saved_and_found_by_their_names() {
    let daemon = daemon_with(EVENTS);
    let run = |arguments: &[&str]| {
        let output = daemon.vakt(arguments);
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    assert_eq!(
        run(&["search", "--save", "log ins", "--share", "failed", "root"]).0,
        Some(0)
    );
    // What is not saved is not taken, and nothing is no query.
    for more in [
        ["--since", "-1h"],
        ["--limit", "5"],
        ["--fields", "message"],
    ] {
        let arguments = [&["search", "--save", "x", "failed"][..], &more].concat();
        assert_eq!(run(&arguments).0, Some(2), "{more:?}");
    }
    assert_eq!(run(&["search", "--save", "x"]).0, Some(2));
    let (_, found) = run(&["search", "--saved", "log ins"]);
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains("Failed password"));
    let (_, listed) = run(&["saved-searches", "list", "--output", "text"]);
    assert_eq!(
        listed,
        "name     owner  shared  query\nlog ins  admin  true    failed root\n"
    );
    assert_eq!(run(&["search", "--saved", "logins"]).0, Some(2));
    assert_eq!(run(&["saved-searches", "remove", "log ins"]).0, Some(0));
    assert_eq!(run(&["saved-searches", "remove", "log ins"]).0, Some(2));
    assert_eq!(run(&["search", "--saved", "log ins"]).0, Some(2));
}

/// What a command prints on a terminal.
fn on_terminal(daemon: &Daemon, arguments: &str, set: &[(&str, &str)]) -> String {
    let line = format!(
        "{} search {arguments} --url {} --token {}",
        env!("CARGO_BIN_EXE_vakt"),
        daemon.http,
        daemon.token
    );
    let mut command = Command::new("script");
    command
        .args(["-qec", &line, "/dev/null"])
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in set {
        command.env(name, value);
    }
    stdout(&command.output().unwrap()).replace('\r', "")
}

#[test]
fn a_terminal_shows_colours_and_what_was_searched_for() {
    let name = "a_terminal_shows_colours_and_what_was_searched_for";
    if !common::has_program(name, "script") {
        return;
    }
    let daemon = daemon_with(EVENTS);
    let shown = on_terminal(&daemon, "failed root", &[]);
    let expected = "\u{1b}[2m2026-03-01T10:00:00Z\u{1b}[0m \u{1b}[36mweb1\u{1b}[0m \
                    \u{1b}[32msshd:\u{1b}[0m \u{1b}[1;31mFailed\u{1b}[0m password for \
                    \u{1b}[1;31mroot\u{1b}[0m\n";
    assert!(shown.starts_with(expected), "{shown:?}");
    let plain = "2026-03-01T10:00:00Z web1 sshd: Failed password for root\n";
    for set in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        let shown = on_terminal(&daemon, "failed root", &set);
        assert!(shown.starts_with(plain), "{set:?}: {shown:?}");
    }
}

/// A file holds what was logged; a terminal would obey it.
#[test]
fn csv_on_a_terminal_does_nothing_to_it() {
    let name = "csv_on_a_terminal_does_nothing_to_it";
    if !common::has_program(name, "script") {
        return;
    }
    let event = json!({"message": "a\u{1b}]0;pwn\u{7}b\u{202e}"});
    let daemon = daemon_with(&format!("{event}\n"));
    let shown = on_terminal(&daemon, "--output csv --fields message", &[]);
    let expected = "message\na\u{fffd}]0;pwn\u{fffd}b\u{fffd}\n";
    assert!(shown.starts_with(expected), "{shown:?}");
    let piped = daemon.vakt(&["search", "--output", "csv", "--fields", "message"]);
    assert_eq!(stdout(&piped), "message\r\na\u{1b}]0;pwn\u{7}b\u{202e}\r\n");
}

/// A command whose lines are read as they come.
struct Watched {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Watched {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let reader = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in reader.lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    fn message(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("a line");
        let event: Json = serde_json::from_str(&line).unwrap();
        event["message"].as_str().unwrap().to_owned()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody has now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn post(daemon: &Daemon, message: &str) {
    let event = json!({"message": message, "@timestamp": "2020-01-01T00:00:00Z"});
    assert_eq!(daemon.post_events(&format!("{event}\n")).unwrap().0, 200);
}

/// Events are shown as they arrive, also those that claim to be old, once each, over a kill and a stop.
/// Each page read a time relative to now anew: a stream of several pages left out, or added, what had moved.
#[test]
fn a_time_relative_to_now_is_the_same_on_every_page() {
    let daemon = daemon_with(EVENTS);
    let page = |more: &str| daemon.search_with("event.ingested<=now", 1, more);
    let first = page("&order=oldest");
    assert_eq!(first["total"], 3);
    assert_eq!(daemon.post_events(EVENTS).unwrap().0, 200);
    let next = common::percent_encoded(first["next"].as_str().unwrap());
    let second = page(&format!("&order=oldest&cursor={next}"));
    assert_eq!(second["total"], 3);
    assert_eq!(daemon.total("event.ingested<=now"), 6);
    let (status, answer) = daemon.get("/api/v1/search?q=x&cursor=1-2");
    assert!(
        status == 400 && answer.contains("invalid_cursor"),
        "{answer}"
    );
}

#[test]
fn what_groups_events_cannot_be_followed() {
    let daemon = daemon_with(EVENTS);
    let output = daemon.vakt(&["search", "--follow", "failed | stats count"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "vakt: events that are followed have no end: commands after | cannot be carried out\n  \
                    failed | stats count\n         ^\n\
                    help: leave out what begins with |, or search without following\n";
    assert_eq!(said, expected);
}

#[test]
fn following_goes_on_when_the_daemon_comes_back() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let address = format!("127.0.0.1:{}", free_port());
    let start = || Daemon::start_in(&data, &["--http", &address]);
    let mut daemon = start();
    post(&daemon, "before: wanted 0");
    let mut follow = vakt();
    follow.args(["search", "--follow", "wanted", "--limit", "6"]);
    follow.args(["--url", &daemon.http, "--token", &daemon.token]);
    let mut watched = Watched::start(&mut follow);
    let is_following = |daemon: &Daemon| {
        let log = daemon.get_json("/api/v1/searches?kind=follow");
        let running = log["searches"].as_array().unwrap().iter();
        running
            .filter(|entry| entry["outcome"] == "running")
            .count()
            .eq(&1)
            .then_some(())
    };
    daemon.wait_for("the follower", is_following);
    post(&daemon, "wanted 1");
    assert_eq!(watched.message(), "wanted 1");
    post(&daemon, "something else");
    post(&daemon, "wanted 2");
    assert_eq!(watched.message(), "wanted 2");
    for round in 0..2 {
        if round == 0 {
            daemon.kill();
        } else {
            // A follower keeps no daemon from stopping.
            assert!(daemon.end_with("TERM").success());
        }
        daemon = start();
        // Before the follower is back, and after.
        post(&daemon, &format!("wanted {}", 3 + 2 * round));
        daemon.wait_for("the follower", is_following);
        post(&daemon, &format!("wanted {}", 4 + 2 * round));
        assert_eq!(watched.message(), format!("wanted {}", 3 + 2 * round));
        assert_eq!(watched.message(), format!("wanted {}", 4 + 2 * round));
    }
    assert!(watched.child.wait().unwrap().success());
    assert_eq!(watched.lines.recv_timeout(PATIENCE).ok(), None);
}

#[test]
fn following_without_a_daemon_is_an_error() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let output = search_at(&url, &["--follow"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no daemon answers"), "{said}");
}
