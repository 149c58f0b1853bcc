//! The journal on a disk of its own: old logs leave, a full disk refuses and goes on.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::fs;
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use common::receivers::Hook;
use common::{Daemon, noise};
use tempfile::TempDir;

fn configuration(folder: &Path, storage: &str) -> String {
    let path = folder.join("vakt.yaml");
    let text = format!(
        "listeners:\n  - {{kind: http, address: '127.0.0.1:0'}}\n  \
         - {{kind: syslog-tcp, address: '127.0.0.1:0'}}\n  \
         - {{kind: syslog-udp, address: '127.0.0.1:0'}}\n{storage}"
    );
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Posts so many events of about a kilobyte, a hundred at once; all must be accepted.
fn post(daemon: &Daemon, numbers: std::ops::Range<u64>) {
    let numbers: Vec<u64> = numbers.collect();
    for some in numbers.chunks(100) {
        let lines = some.iter().map(|number| {
            let text = noise(*number, 1000);
            format!("{{\"message\":\"needle n{number} {text}\"}}\n")
        });
        let (status, body) = daemon.post("/api/v1/events", &lines.collect::<String>());
        assert_eq!(status, 200, "{body}");
    }
}

fn metric(daemon: &Daemon, name: &str) -> f64 {
    let (_, text) = daemon.get("/metrics");
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.rsplit(' ').next());
    value
        .unwrap_or_else(|| panic!("no {name}"))
        .parse()
        .unwrap()
}

#[test]
fn old_logs_leave_with_their_place_in_the_index_and_it_is_said() {
    let folder = TempDir::new().unwrap();
    let config = configuration(
        folder.path(),
        "storage: {segment: 1MiB, reserve: 1MB}\nretention: {bytes: 8MB}\n",
    );
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    post(&daemon, 0..16_000);
    daemon.wait_for("old logs to leave", |daemon| {
        (metric(daemon, "vakt_retention_removed_events_total ") > 0.0).then_some(())
    });
    let left = daemon.wait_for("the index to follow", |daemon| {
        let removed = metric(daemon, "vakt_retention_removed_events_total ");
        let total = daemon.total("needle");
        (total as f64 + removed == 16_000.0).then_some(total)
    });
    assert!(left > 100, "{left}");
    assert_eq!(daemon.total("n0"), 0);
    assert_eq!(daemon.total("n15999"), 1);
    assert_eq!(daemon.total(&format!("n{}", 16_000 - left)), 1);
    assert_eq!(daemon.total(&format!("n{}", 16_000 - left - 1)), 0);
    assert_eq!(metric(&daemon, "vakt_retention_cut_short "), 1.0);
    assert!(daemon.end_with("TERM").success());

    let ledger = fs::read_to_string(data.join("journal/ledger.ndjson")).unwrap();
    assert!(
        ledger.contains(r#""policy":"bytes","who":"vakt""#),
        "{ledger}"
    );
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    assert_eq!(daemon.total("needle"), left);
    let (status, body) = daemon.get("/readyz");
    assert_eq!(status, 200, "{body}");
}

#[test]
fn what_a_person_erases_is_found_no_more_and_the_ledger_says_who() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &[]);
    for number in 0..30 {
        let event = format!("{{\"message\":\"needle n{number}\"}}\n");
        assert_eq!(daemon.post("/api/v1/events", &event).0, 200);
    }
    // Nothing more comes: what detection keeps for a restart must move on all the same.
    thread::sleep(Duration::from_millis(2500));
    let erase = |more: &[&str]| {
        let range = ["erase", "--from", "10", "--to", "20", "--output", "ndjson"];
        let reason = ["--reason", "the person asked for it"];
        let output = daemon.vakt(&[&range[..], &reason, more].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(erase(&[]), "{\"dry_run\":true,\"events\":10}\n");
    // The two exchanged are a slip, and no erasure of nothing.
    for wrong in [
        ["--from", "20", "--to", "10"],
        ["--since", "2026-11-24 11:00", "--until", "2026-11-24 10:00"],
    ] {
        let refused =
            daemon.vakt(&[&["erase", "--reason", "a slip", "--yes"], &wrong[..]].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success(), "{wrong:?}");
        assert!(said.contains("nothing lies between"), "{said}");
    }
    assert_eq!(daemon.total("needle"), 30);
    let done: serde_json::Value = serde_json::from_str(&erase(&["--yes"])).unwrap();
    assert_eq!(done["events"], 10);
    assert_eq!(done["ranges"], serde_json::json!([[10, 20]]));
    assert_eq!(done["index"], "done");
    assert_eq!(daemon.total("needle"), 20);
    assert_eq!(daemon.total("n15"), 0);
    assert_eq!(daemon.total("n20"), 1);
    let ledger = fs::read_to_string(data.join("journal/ledger.ndjson")).unwrap();
    assert!(
        ledger.contains(r#""policy":"request","who":"admin","reason":"the person asked for it""#),
        "{ledger}"
    );
    daemon.kill();
    let daemon = Daemon::start_in(&data, &[]);
    assert_eq!(daemon.total("needle"), 20);
    assert_eq!(
        daemon
            .post("/api/v1/events", "{\"message\":\"needle more\"}\n")
            .0,
        200
    );
    assert_eq!(daemon.total("needle"), 21);
    assert!(daemon.end_with("TERM").success());
    let output = common::vakt()
        .arg("verify")
        .arg("--data-dir")
        .arg(&data)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
}

const IN_NAMESPACE: &str = "VAKT_TEST_IN_NAMESPACE";

/// Runs this test again in a mount namespace of its own; whether that is where it runs already.
fn in_namespace(test: &str) -> bool {
    if std::env::var_os(IN_NAMESPACE).is_some() {
        return true;
    }
    let may = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("skipped {test}: a mount namespace of its own is refused here");
        return false;
    }
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(IN_NAMESPACE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
    false
}

/// Bytes that are free for whoever is not root, too.
fn free_bytes(dir: &Path) -> u64 {
    let space = vakt_storage::Disk::space(&vakt_storage::RealDisk, dir).unwrap();
    space.free
}

fn fill(path: &Path, leave: u64) {
    let free = free_bytes(path.parent().unwrap());
    let bytes = usize::try_from(free.saturating_sub(leave)).unwrap();
    // The last pages may go to somebody else meanwhile: then the disk is as full as it gets.
    drop(fs::File::create(path).and_then(|mut file| file.write_all(&vec![b'x'; bytes])));
}

#[test]
fn a_full_disk_is_survived_and_taken_up_again_when_there_is_room() {
    if !in_namespace("a_full_disk_is_survived_and_taken_up_again_when_there_is_room") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"])
        .arg(&disk)
        .status()
        .unwrap();
    assert!(mounted.success());
    let hook = Hook::start(&[Some(204)]);
    let config = configuration(
        folder.path(),
        &format!(
            "storage: {{segment: 1MiB, reserve: 16MiB}}\n\
             outputs:\n  chat: {{type: webhook, url: '{}'}}\n",
            hook.url()
        ),
    );
    let daemon = Daemon::start_in(&disk.join("data"), &["--config", &config]);
    post(&daemon, 0..500);
    assert_eq!(daemon.total("needle"), 500);

    // Below the reserve: intake is refused in the way that each protocol retries, the rest goes on.
    let ballast = disk.join("ballast");
    fill(&ballast, 10 << 20);
    let one = |text: &str| format!("{{\"message\":\"{text}\"}}\n");
    let (status, body) = daemon.post("/api/v1/events", &one("refused"));
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("no_space"), "{body}");
    let mut tcp = TcpStream::connect(daemon.tcp.unwrap()).unwrap();
    tcp.write_all(b"<14>Nov 24 10:00:00 web1 app: patient line\n")
        .unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"<14>Nov 24 10:00:00 web1 app: lost", daemon.udp.unwrap())
        .unwrap();
    daemon.wait_for("the datagram to be counted", |daemon| {
        let (_, text) = daemon.get("/metrics");
        let dropped = text.lines().find(|line| {
            line.contains("dropped") && line.contains("no_space") && line.contains("udp")
        });
        dropped?.ends_with(" 1").then_some(())
    });
    let (status, body) = daemon.get("/readyz");
    assert_eq!(status, 503);
    assert!(body.contains("as full as it may get"), "{body}");
    assert_eq!(metric(&daemon, "vakt_journal_no_space "), 1.0);
    let doctor = daemon.vakt(&["doctor", "--output", "text", "--config", &config]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("is not ready: nothing is taken in"), "{said}");
    assert_eq!(metric(&daemon, "vakt_journal_poisoned "), 0.0);
    assert_eq!(hook.notice("disk")["is_well"], false);
    assert_eq!(daemon.total("needle"), 500, "search goes on");
    let incident = r#"{"title":"disk","detected_at":"2026-11-24T10:00:00Z","regimes":["nis2-se"]}"#;
    let (status, body) = daemon.post("/api/v1/incidents", incident);
    assert!(status < 300, "incidents go on: {status} {body}");

    // Room again: nobody has to do anything, and nobody has to send anything before it is said.
    fs::remove_file(&ballast).unwrap();
    assert_eq!(metric(&daemon, "vakt_journal_no_space "), 0.0);
    daemon.wait_for("readiness", |daemon| {
        (daemon.get("/readyz").0 == 200).then_some(())
    });
    daemon.wait_for("the line that waited", |daemon| {
        (daemon.total("\"patient line\"") == 1).then_some(())
    });
    let (status, body) = daemon.post("/api/v1/events", &one("taken"));
    assert_eq!(status, 200, "{body}");
    daemon.wait_for("readiness", |daemon| {
        (daemon.get("/readyz").0 == 200).then_some(())
    });
    assert_eq!(hook.notice("disk")["is_well"], true);
    assert_eq!(daemon.total("refused"), 0);
    assert_eq!(daemon.total("lost"), 0);

    // Not a byte left, all at once, in the midst of intake; then killed, and room again.
    let body = |number: u64| one(&format!("torrent t{number} {}", noise(number, 1000)));
    let mut acknowledged = Vec::new();
    for number in 0..300 {
        if number == 100 {
            fill(&ballast, 0);
        }
        if daemon.post("/api/v1/events", &body(number)).0 == 200 {
            acknowledged.push(number);
        }
    }
    assert!(acknowledged.len() >= 100 && acknowledged.len() < 300);
    assert_eq!(metric(&daemon, "vakt_journal_poisoned "), 0.0);
    daemon.kill();
    fs::remove_file(&ballast).unwrap();
    let daemon = Daemon::start_in(&disk.join("data"), &["--config", &config]);
    for number in 0..300 {
        let expected = u64::from(acknowledged.contains(&number));
        assert_eq!(daemon.total(&format!("t{number}")), expected, "{number}");
    }
    assert_eq!(daemon.total("needle"), 500);
    assert_eq!(
        daemon.get_json("/api/v1/incidents")["incidents"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    // A file system that takes nothing more, as after an error of the disk.
    drop(daemon);
    let data = |expected: &str| {
        let doctor = common::vakt()
            .args(["doctor", "--output", "text", "--data-dir"])
            .arg(disk.join("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
        let line = said.lines().find(|line| line.contains(" data "));
        assert!(
            line.is_some_and(|line| line.starts_with(expected)),
            "{said}"
        );
    };
    data("ok ");
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk)
        .status()
        .unwrap();
    assert!(remounted.success());
    data("missing ");
}
