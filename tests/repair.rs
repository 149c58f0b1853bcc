//! Files that are damaged, missing or open to others, and what the daemon and its operator do then.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::{Daemon, noise, vakt};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    (folder, data)
}

fn metric(daemon: &Daemon, name: &str) -> Option<f64> {
    let (_, text) = daemon.get("/metrics");
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn readiness(daemon: &Daemon) -> (u16, String) {
    daemon.get("/readyz")
}

fn wait_until_ready(daemon: &Daemon) {
    daemon.wait_for("readiness", |daemon| {
        (readiness(daemon).0 == 200).then_some(())
    });
}

fn lines(words: &str, count: usize) -> String {
    (0..count)
        .map(|number| format!("{{\"message\":\"{words} {number}\"}}\n"))
        .collect()
}

#[test]
fn without_rules_it_is_not_ready_and_a_reload_to_none_is_refused() {
    let (folder, data) = folder();
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let daemon = Daemon::start_in(&data, &["--rules", rules.to_str().unwrap()]);
    let (status, text) = readiness(&daemon);
    assert_eq!(status, 503);
    assert!(text.contains("no rule is loaded"), "{text}");

    let file = rules.join("one.yml");
    fs::write(
        &file,
        "title: The word\nid: 1b1fae4c-6c0f-4d0d-9d4d-000000000001\nstatus: stable\n\
         description: A test rule\nlevel: high\nlogsource:\n    product: linux\ndetection:\n    \
         keywords:\n        - word\n    condition: keywords\n",
    )
    .unwrap();
    daemon.signal("HUP");
    wait_until_ready(&daemon);

    fs::remove_file(&file).unwrap();
    daemon.signal("HUP");
    daemon.wait_for("the refusal", |daemon| {
        (metric(daemon, "vakt_rules_reloads_refused_total") == Some(1.0)).then_some(())
    });
    assert_eq!(metric(&daemon, "vakt_rules{state=\"loaded\"}"), Some(1.0));
    assert_eq!(readiness(&daemon).0, 200);
}

/// A journal that can write no more ends the daemon with an error, but only after detection and
/// index have written down how far they are.
#[test]
fn a_stop_with_a_journal_that_failed_ends_everything_and_says_so() {
    let (_folder, data) = folder();
    let mut limited = std::process::Command::new("sh");
    // Blocks of 512 bytes: no file may be larger than 2 MiB.
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_vakt"));
    let daemon = Daemon::start_as(limited, &data, &[]);
    assert_eq!(daemon.post_events(&lines("held", 100)).unwrap().0, 200);
    daemon.wait_for("the events", |daemon| {
        (metric(daemon, "vakt_detect_events_total") == Some(100.0)).then_some(())
    });
    let large: String = (0..3000)
        .map(|number| format!("{{\"message\":\"{}\"}}\n", noise(number, 1000)))
        .collect();
    assert_eq!(daemon.post_events(&large).unwrap().0, 503);
    assert_eq!(metric(&daemon, "vakt_journal_poisoned"), Some(1.0));
    assert_eq!(daemon.end_with("TERM").code(), Some(2));

    let daemon = Daemon::start_in(&data, &[]);
    wait_until_ready(&daemon);
    assert_eq!(daemon.total("held"), 100);
    assert_eq!(metric(&daemon, "vakt_journal_poisoned"), Some(0.0));
    assert_eq!(metric(&daemon, "vakt_detect_events_total"), Some(0.0));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn in_a_directory_that_others_may_read_our_files_are_for_their_owner_only() {
    let (_folder, data) = folder();
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let theirs = data.join("theirs.txt");
    fs::write(&theirs, "").unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o644)).unwrap();
    let check = |data: &Path| {
        let mut open: Vec<_> = fs::read_dir(data)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| mode(path) & 0o077 != 0)
            .collect();
        open.sort();
        assert_eq!(open, std::slice::from_ref(&theirs));
        assert_eq!(mode(data), 0o755);
    };
    let daemon = Daemon::start_in(&data, &[]);
    daemon.post_events(&lines("one", 1)).unwrap();
    assert_eq!(daemon.total("one"), 1);
    check(&data);
    for entry in fs::read_dir(data.join("index")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    assert!(daemon.end_with("TERM").success());

    // As an earlier version left them.
    for name in ["records.db", "access.db", "searches.db", "index", "journal"] {
        let path = data.join(name);
        let open = fs::Permissions::from_mode(mode(&path) | 0o055);
        fs::set_permissions(&path, open).unwrap();
    }
    let _daemon = Daemon::start_in(&data, &[]);
    check(&data);
}

#[test]
fn a_token_of_the_administrator_is_recovered_while_no_daemon_runs() {
    let (_folder, data) = folder();
    let recover = |more: &[&str]| {
        let output = vakt()
            .args(["tokens", "recover", "--data-dir"])
            .arg(&data)
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), text)
    };
    let (code, text) = recover(&[]);
    assert_eq!(code, Some(2));
    assert!(text.contains("vakt serve"), "{text}");

    let daemon = Daemon::start_in(&data, &[]);
    let (code, text) = recover(&[]);
    assert_eq!(code, Some(2));
    assert!(text.contains("in use"), "{text}");
    assert!(daemon.end_with("TERM").success());

    let file = data.join("admin.token");
    let old = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let (code, text) = recover(&["--user", "eve"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("those are: admin"), "{text}");
    assert!(!file.exists());
    assert_eq!(recover(&[]).0, Some(0));
    assert_eq!(mode(&file), 0o600);
    assert_ne!(fs::read_to_string(&file).unwrap(), old);
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.get("/api/v1/users").0, 200);
}

#[test]
fn records_that_are_missing_beside_a_journal_are_said_to_be() {
    let (_folder, data) = folder();
    let daemon = Daemon::start_in(&data, &[]);
    daemon.post_events(&lines("one", 10)).unwrap();
    wait_until_ready(&daemon);
    assert!(daemon.end_with("TERM").success());
    for name in ["records.db", "records.db-wal", "records.db-shm"] {
        drop(fs::remove_file(data.join(name)));
    }
    let doctor = vakt()
        .args(["doctor", "--output", "text", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&doctor.stdout);
    assert!(text.contains("records.db is missing"), "{text}");

    let log = data.join("stderr");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "exec \"$0\" \"$@\" 2> \"$LOG\""])
        .arg(env!("CARGO_BIN_EXE_vakt"))
        .env("LOG", &log);
    let daemon = Daemon::start_as(command, &data, &[]);
    wait_until_ready(&daemon);
    let text = fs::read_to_string(&log).unwrap();
    assert!(text.contains("the audit log are gone"), "{text}");
}

/// What a loss of power leaves of a file that was being made, or of one that was being written.
#[test]
fn a_file_that_is_empty_is_as_loud_as_one_that_is_missing() {
    let check = |name: &str, bytes: &[u8], verified: &str, note: &str| {
        let (_folder, data) = folder();
        let daemon = Daemon::start_in(&data, &[]);
        daemon.post_events(&lines("one", 10)).unwrap();
        wait_until_ready(&daemon);
        assert!(daemon.end_with("TERM").success());
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(data.join(format!("{name}{end}"))));
        }
        fs::write(data.join(name), bytes).unwrap();
        let output = vakt()
            .args(["verify", "--output", "text", "--data-dir"])
            .arg(&data)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(verified), "{name}: {text}");
        if !verified.is_empty() {
            assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        }
        let daemon = Daemon::start_in(&data, &[]);
        wait_until_ready(&daemon);
        let (status, text) = readiness(&daemon);
        assert_eq!(status, 200);
        assert!(text.contains(note), "{name}: {text}");
        assert_eq!(daemon.total("one"), 10, "{name}");
        let doctor = daemon.vakt(&["doctor", "--output", "text"]);
        let text = String::from_utf8_lossy(&doctor.stdout);
        assert!(text.contains(note), "{name}: {text}");
    };
    check(
        "records.db",
        b"",
        "records.db: the records are empty beside a journal",
        "the audit log are gone",
    );
    check(
        "access.db",
        b"",
        "access.db: it is missing or empty beside a journal",
        "users, their roles and tokens are gone",
    );
    check(
        "searches.db",
        b"",
        "searches.db: it is missing or empty beside a journal",
        "the saved searches are gone",
    );
    check(
        "journal/ledger.ndjson",
        b"",
        "journal/ledger.ndjson: the ledger is empty",
        "the ledger was missing or empty",
    );
    // A damaged search log stops nothing.
    check(
        "searches.db",
        &[b'x'; 8192],
        "",
        "searches.db.unreadable now, and another one was begun",
    );
}

#[test]
fn records_that_are_no_database_say_what_to_do() {
    let (_folder, data) = folder();
    fs::create_dir(&data).unwrap();
    for name in ["records.db", "access.db"] {
        fs::write(data.join(name), [b'x'; 8192]).unwrap();
        let output = vakt()
            .args(["serve", "--http", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        let expected = format!("{name} is damaged, or no database: put it back from a backup");
        assert!(text.contains(&expected), "{text}");
        fs::remove_file(data.join(name)).unwrap();
    }
}

#[test]
fn a_segment_that_was_removed_is_told_after_the_next_start() {
    let (_folder, data) = folder();
    let daemon = Daemon::start_in(&data, &[]);
    daemon.post_events(&lines("one", 10)).unwrap();
    wait_until_ready(&daemon);
    assert!(daemon.end_with("TERM").success());
    fs::remove_file(data.join("journal/00000000000000000000.segment")).unwrap();
    let daemon = Daemon::start_in(&data, &[]);
    daemon.post_events(&lines("two", 1)).unwrap();
    let (_, text) = readiness(&daemon);
    assert!(
        text.contains("the journal ended 10 events before"),
        "{text}"
    );
    assert!(daemon.end_with("TERM").success());
    let output = vakt()
        .args(["verify", "--output", "text", "--data-dir"])
        .arg(&data)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let expected = "00000000000000000000.segment, positions 0 to 9: the segment was removed";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn an_index_whose_folder_was_removed_says_so_and_a_restart_builds_it_again() {
    let (_folder, data) = folder();
    let daemon = Daemon::start_in(&data, &[]);
    daemon.post_events(&lines("one", 10)).unwrap();
    daemon.post_events(&lines("two", 5)).unwrap();
    wait_until_ready(&daemon);
    fs::remove_dir_all(data.join("index")).unwrap();
    // New events are found from memory; an erasure must reach the disk.
    let erasure = r#"{"from":0,"to":1,"reason":"a test"}"#;
    daemon.post("/api/v1/erasures", erasure);
    daemon.wait_for("the reason", |daemon| {
        let (_, text) = readiness(daemon);
        text.contains("index is gone: put it back, or restart Vakt")
            .then_some(())
    });
    daemon.end_with("TERM");
    let daemon = Daemon::start_in(&data, &[]);
    wait_until_ready(&daemon);
    // What lay in one record with the event was erased with it.
    assert_eq!((daemon.total("one"), daemon.total("two")), (0, 5));
}

/// Overwrites a part of the first block of events of each split.
fn damage_stored_events(data: &Path) -> usize {
    let mut damaged = 0;
    for entry in fs::read_dir(data.join("index")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "split") {
            // In place: the daemon has the file mapped.
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.write_all_at(&[0xff; 64], 40).unwrap();
            damaged += 1;
        }
    }
    damaged
}

fn is_rebuilt(daemon: &Daemon) {
    daemon.wait_for("the new index", |daemon| {
        let rebuilt = metric(daemon, "vakt_index_rebuilds_total") == Some(1.0);
        (rebuilt && readiness(daemon).0 == 200).then_some(())
    });
    assert!(daemon.data.join("index.unreadable").is_dir());
    assert_eq!(daemon.total("stored"), 500);
    assert_eq!(daemon.post_events(&lines("later", 5)).unwrap().0, 200);
    assert_eq!(daemon.total("later"), 5);
}

#[test]
fn a_search_of_a_damaged_index_reads_the_journal_and_the_index_is_built_again() {
    let (_folder, data) = folder();
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.post_events(&lines("stored", 500)).unwrap().0, 200);
    wait_until_ready(&daemon);
    // A stop writes what is in memory to a split.
    assert!(daemon.end_with("TERM").success());
    let daemon = Daemon::start_in(&data, &[]);
    wait_until_ready(&daemon);
    assert_eq!(
        metric(&daemon, "vakt_index_committed_position"),
        Some(500.0)
    );
    assert!(damage_stored_events(&data) > 0);
    let answer = daemon.search("stored", 500);
    assert_eq!(answer["total"], 500);
    assert_eq!(answer["hits"].as_array().unwrap().len(), 500);
    is_rebuilt(&daemon);
}

#[test]
fn an_index_that_was_damaged_while_nobody_ran_is_built_again() {
    let (_folder, data) = folder();
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.post_events(&lines("stored", 500)).unwrap().0, 200);
    wait_until_ready(&daemon);
    assert!(daemon.end_with("TERM").success());
    assert!(damage_stored_events(&data) > 0);
    let daemon = Daemon::start_in(&data, &[]);
    is_rebuilt(&daemon);
}
