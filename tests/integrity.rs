//! `vakt verify`, `backup` and `restore` on the data of the real daemon.

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test may panic, and so may its helpers"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::{Daemon, vakt};
use tempfile::TempDir;

const RULE: &str = "\
title: The word needle
id: 1b1fae4c-6c0f-4d0d-9d4d-0123456789ab
status: stable
description: A test rule
level: high
logsource:
    product: linux
    category: process_creation
detection:
    keywords:
        - needle
    condition: keywords
";

fn run(arguments: &[&str], data: &Path) -> Output {
    vakt()
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .output()
        .expect("the command runs")
}

fn text_of(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "exit {}\n{}{}",
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// The output of `vakt verify` without what differs from run to run.
fn verified(data: &Path, arguments: &[&str]) -> String {
    let output = run(&[&["verify", "--output", "text"], arguments].concat(), data);
    hidden(&text_of(&output))
}

/// Hashes, keys and times are hidden.
fn hidden(text: &str) -> String {
    let mut shown = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || ".:-".contains(c) && !word.is_empty() {
            word.push(c);
            continue;
        }
        let kept = word.trim_end_matches([':', '.']);
        // A file may be named by its hash.
        let stem = kept.strip_suffix(".split").unwrap_or(kept);
        let is_hash = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_time = kept.parse::<jiff::Timestamp>().is_ok();
        match (is_hash, is_time) {
            (true, _) => shown.push_str(&word.replace(stem, "HASH")),
            (_, true) => shown.push_str(&word.replace(kept, "TIME")),
            _ => shown.push_str(&word),
        }
        shown.push(c);
        word.clear();
    }
    shown.trim_end().to_owned()
}

/// A data directory that a daemon has run in, and stopped: three records in the open segment, an
/// incident that a person opened.
fn small_data() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    for text in ["first", "second", "third"] {
        let (status, _) = daemon
            .post_events(&format!("{{\"message\":\"the {text} event\"}}\n"))
            .unwrap();
        assert_eq!(status, 200);
    }
    let (status, answer) = daemon.post(
        "/api/v1/incidents",
        r#"{"title":"A trial","detected_at":"2026-11-24T10:00:00Z"}"#,
    );
    assert!((200..300).contains(&status), "{status} {answer}");
    assert!(daemon.end_with("TERM").success());
    (folder, data)
}

fn segment(data: &Path) -> PathBuf {
    data.join("journal/00000000000000000000.segment")
}

fn split(data: &Path) -> PathBuf {
    let entries = fs::read_dir(data.join("index")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let found = paths.find(|path| path.extension().is_some_and(|it| it == "split"));
    found.expect("a split")
}

#[test]
fn data_as_it_was_written_is_verified_and_its_head_can_be_kept() {
    let (_folder, data) = small_data();
    let all = |data: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![data.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    };
    let before = all(&data);
    let first = run(&["verify", "--output", "json"], &data);
    assert_eq!(first.status.code(), Some(0), "{}", text_of(&first));
    assert_eq!(all(&data), before, "verify changed something");
    let json: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    assert_eq!(json["findings_total"], 0, "{json}");
    assert_eq!(json["journal"]["end"], 3, "{json}");
    let head = json["ledger"]["head"]["hash"].as_str().unwrap();

    // A day later the ledger has gone on, and the head is still one of its lines.
    let daemon = Daemon::start_in(&data, &[]);
    daemon
        .post_events("{\"message\":\"a later event\"}\n")
        .unwrap();
    let beside = verified(&data, &["--head", head]);
    assert!(daemon.end_with("TERM").success());
    insta::assert_snapshot!("verify_beside_a_daemon", beside);
    let other = "0".repeat(64);
    insta::assert_snapshot!("verify_another_head", verified(&data, &["--head", &other]));
}

#[test]
fn tampering_is_found_and_said() {
    let check = |name: &str, tamper: &dyn Fn(&Path)| {
        let (_folder, data) = small_data();
        tamper(&data);
        insta::assert_snapshot!(name, verified(&data, &[]));
    };
    check("verify_a_flipped_byte", &|data| {
        let mut bytes = fs::read(segment(data)).unwrap();
        let at = bytes.windows(6).position(|six| six == b"second").unwrap();
        bytes[at] ^= 1;
        fs::write(segment(data), bytes).unwrap();
    });
    check("verify_a_removed_segment", &|data| {
        fs::remove_file(segment(data)).unwrap();
    });
    check("verify_an_altered_ledger", &|data| {
        let path = data.join("journal/ledger.ndjson");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"end\":3"), "{text}");
        fs::write(&path, text.replace("\"end\":3", "\"end\":2")).unwrap();
    });
    check("verify_an_altered_audit_log", &|data| {
        let records = rusqlite::Connection::open(data.join("records.db")).unwrap();
        records.execute_batch("DROP TRIGGER audit_stays").unwrap();
        let changed = records.execute("UPDATE audit SET principal = 'eve' WHERE seq = 1", []);
        assert_eq!(changed.unwrap(), 1);
    });
    check("verify_an_old_copy_of_the_records", &|data| {
        let (records, old) = (data.join("records.db"), data.join("old.db"));
        fs::copy(&records, &old).unwrap();
        add_an_incident(data);
        fs::rename(old, records).unwrap();
    });
    check("verify_an_altered_split", &|data| {
        let mut bytes = fs::read(split(data)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(split(data), bytes).unwrap();
    });
    check("verify_a_removed_split", &|data| {
        fs::remove_file(split(data)).unwrap();
    });
    // What a search finds by a split that says of itself what the catalogue says of it.
    check("verify_an_altered_catalogue", &|data| {
        let catalogue = rusqlite::Connection::open(data.join("index/catalogue.sqlite")).unwrap();
        let changed = catalogue.execute("UPDATE split SET last = 1, docs = 2", []);
        assert_eq!(changed.unwrap(), 1);
    });
    check("verify_lost_records", &|data| {
        fs::remove_file(data.join("records.db")).unwrap();
    });
    check("verify_a_lost_key", &|data| {
        fs::remove_file(data.join("signing.key")).unwrap();
        let daemon = Daemon::start_in(data, &[]);
        daemon.post_events("{\"message\":\"another\"}\n").unwrap();
        assert!(daemon.end_with("TERM").success());
    });
}

/// A day with one more incident.
fn add_an_incident(data: &Path) {
    let daemon = Daemon::start_in(data, &[]);
    let (status, answer) = daemon.post(
        "/api/v1/incidents",
        r#"{"title":"Another trial","detected_at":"2026-11-25T10:00:00Z"}"#,
    );
    assert!((200..300).contains(&status), "{status} {answer}");
    assert!(daemon.end_with("TERM").success());
}

/// A backup has the databases of its first moment and the ledger of its last.
#[test]
fn a_restore_tells_the_ledger_that_its_records_are_older() {
    let (folder, data) = small_data();
    let backup = folder.path().join("backup");
    let restored = folder.path().join("restored");
    let taken = run(&["backup", backup.to_str().unwrap()], &data);
    assert_eq!(taken.status.code(), Some(0), "{}", text_of(&taken));
    let output = run(&["restore", backup.to_str().unwrap()], &restored);
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    add_an_incident(&data);
    let ledger = |data: &Path| data.join("journal/ledger.ndjson");
    fs::copy(ledger(&data), ledger(&restored)).unwrap();
    let before = verified(&restored, &[]);
    add_an_incident(&restored);
    let after = verified(&restored, &[]);
    insta::assert_snapshot!("verify_a_restore", format!("{before}\n\n{after}"));
}

/// Everything that a search finds, as `message` to how often.
fn messages(daemon: &Daemon, query: &str) -> HashMap<String, u64> {
    let mut found = HashMap::new();
    let mut cursor = String::new();
    loop {
        let page = daemon.search_with(query, 1000, &cursor);
        for hit in page["hits"].as_array().expect("hits") {
            let message = hit["message"].as_str().expect("a message").to_owned();
            *found.entry(message).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", common::percent_encoded(next)),
            None => return found,
        }
    }
}

fn metric(daemon: &Daemon, name: &str) -> u64 {
    let (_, text) = daemon.get("/metrics");
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value
        .unwrap_or_else(|| panic!("no {name}"))
        .parse()
        .unwrap()
}

#[test]
fn backups_under_load_hold_what_was_acknowledged_and_nothing_twice() {
    let folder = TempDir::new().unwrap();
    let rules = folder.path().join("rules.yml");
    fs::write(&rules, RULE).unwrap();
    let rules = rules.to_str().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--rules", rules]);
    let acknowledged = Mutex::new(Vec::new());
    let ending = AtomicBool::new(false);
    let mut backups = Vec::new();
    thread::scope(|scope| {
        for poster in 0..3 {
            let (daemon, acknowledged, ending) = (&daemon, &acknowledged, &ending);
            scope.spawn(move || {
                for number in 0.. {
                    let messages: Vec<String> = (0..10)
                        .map(|line| format!("needle p{poster}n{number}l{line}"))
                        .collect();
                    let lines = messages.iter().map(|message| {
                        format!(
                            "{{\"message\":\"{message}\",\"host\":{{\"os\":{{\"type\":\"linux\"}}}},\
                             \"event\":{{\"category\":\"process\",\"type\":\"start\"}}}}\n"
                        )
                    });
                    let answer = daemon.post_events(&lines.collect::<String>());
                    assert!(matches!(answer, Some((200, _))), "{answer:?}");
                    acknowledged.lock().unwrap().extend(messages);
                    if ending.load(Ordering::Acquire) {
                        break;
                    }
                }
            });
        }
        for number in 0..3 {
            thread::sleep(Duration::from_millis(400));
            let before = acknowledged.lock().unwrap().clone();
            let dest = folder.path().join(format!("backup-{number}"));
            let output = run(&["backup", dest.to_str().unwrap()], &data);
            assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
            backups.push((dest, before));
        }
        ending.store(true, Ordering::Release);
    });
    drop(daemon);
    for (number, (backup, before)) in backups.iter().enumerate() {
        assert!(before.len() > 10, "only {} events", before.len());
        let data = folder.path().join(format!("restored-{number}"));
        let output = run(&["restore", backup.to_str().unwrap()], &data);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
        let daemon = Daemon::start_in(&data, &["--rules", rules]);
        let found = messages(&daemon, "needle");
        let wrong = before
            .iter()
            .filter(|message| found.get(*message) != Some(&1));
        assert_eq!(wrong.count(), 0, "of {}", before.len());
        assert!(
            found.values().all(|count| *count == 1),
            "an event is there twice"
        );
        let end = metric(&daemon, "vakt_journal_end_position");
        daemon.wait_for("the detection", |daemon| {
            (metric(daemon, "vakt_detect_applied_position") == end).then_some(())
        });
        let alerts = daemon.get_json("/api/v1/alerts");
        let counts: Vec<u64> = alerts["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["count"].as_u64().unwrap())
            .collect();
        assert_eq!(
            counts,
            [found.len() as u64],
            "each event matches once: {alerts}"
        );
        assert!(daemon.end_with("TERM").success());
        let verified = run(&["verify", "--output", "text"], &data);
        assert_eq!(verified.status.code(), Some(0), "{}", text_of(&verified));
    }
}

#[test]
fn a_backup_and_its_restore_say_what_they_did() {
    let (folder, data) = small_data();
    let backup = folder.path().join("backup");
    let shown = |output: &Output| {
        let text = text_of(output).replace(&*folder.path().to_string_lossy(), "FOLDER");
        let sizes = text
            .lines()
            .map(|line| match line.split_once(" files, ") {
                Some((files, _)) => format!("{files} files, N bytes"),
                None => line.to_owned(),
            })
            .collect::<Vec<_>>();
        hidden(&sizes.join("\n"))
    };
    let to = backup.to_str().unwrap();
    let taken = run(&["backup", to, "--output", "text"], &data);
    insta::assert_snapshot!("backup", shown(&taken));
    let again = run(&["backup", to], &data);
    insta::assert_snapshot!("backup_into_a_full_folder", shown(&again));

    let mut names: Vec<String> = fs::read_dir(&backup)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "access.db",
        "admin.token",
        "backup.json",
        "journal",
        "records.db",
        "searches.db",
        "signing.key",
        "signing.pub",
    ];
    assert_eq!(names, expected);
    for name in expected.into_iter().filter(|name| *name != "journal") {
        let mode = fs::metadata(backup.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name} can be read by others");
    }

    let restored = folder.path().join("restored");
    let output = run(&["restore", to, "--output", "text"], &restored);
    insta::assert_snapshot!("restore", shown(&output));
    let again = run(&["restore", to], &restored);
    insta::assert_snapshot!("restore_into_a_full_directory", shown(&again));
    let key = fs::read(data.join("signing.key")).unwrap();
    assert_eq!(fs::read(restored.join("signing.key")).unwrap(), key);

    let unguarded = folder.path().join("unguarded");
    let output = run(
        &["backup", unguarded.to_str().unwrap(), "--without-secrets"],
        &data,
    );
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
    assert!(!unguarded.join("signing.key").exists());
    assert!(!unguarded.join("admin.token").exists());
}

#[test]
fn a_damaged_backup_is_refused() {
    let (folder, data) = small_data();
    let check = |name: &str, damage: &dyn Fn(&Path)| {
        let backup = folder.path().join(name);
        let output = run(&["backup", backup.to_str().unwrap()], &data);
        assert_eq!(output.status.code(), Some(0), "{}", text_of(&output));
        damage(&backup);
        let restored = folder.path().join(format!("{name}-restored"));
        let output = run(&["restore", backup.to_str().unwrap()], &restored);
        assert!(!restored.exists(), "something was restored");
        let text = text_of(&output).replace(&*folder.path().to_string_lossy(), "FOLDER");
        insta::assert_snapshot!(name, hidden(&text));
    };
    check("restore_a_damaged_file", &|backup| {
        let path = backup.join("records.db");
        let mut bytes = fs::read(&path).unwrap();
        bytes[100] ^= 1;
        fs::write(path, bytes).unwrap();
    });
    check("restore_without_a_segment", &|backup| {
        fs::remove_file(segment(backup)).unwrap();
    });
    check("restore_without_a_manifest", &|backup| {
        fs::remove_file(backup.join("backup.json")).unwrap();
    });
    check("restore_a_path_that_leads_out", &|backup| {
        let path = backup.join("backup.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("\"records.db\"", "\"../records.db\"")).unwrap();
    });
}

#[test]
fn no_daemon_starts_on_half_a_restore() {
    let (folder, data) = small_data();
    fs::write(data.join("restore.unfinished"), "").unwrap();
    let output = run(
        &[
            "serve",
            "--http",
            "127.0.0.1:0",
            "--syslog-udp",
            "127.0.0.1:0",
            "--syslog-tcp",
            "127.0.0.1:0",
        ],
        &data,
    );
    let text = text_of(&output).replace(&*folder.path().to_string_lossy(), "FOLDER");
    assert_eq!(
        text,
        "exit 2\nvakt: a restore into FOLDER/data did not finish (FOLDER/data/restore.unfinished is \
         there): remove what is in it and restore again\n"
    );
}
