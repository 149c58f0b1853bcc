//! Real senders: util-linux's logger, syslog-ng's loggen, rsyslog, systemd-journal-upload.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Daemon, has_program, shared_data};
use tempfile::TempDir;

/// Checks that every line of `lines` is found as often as it stands there.
fn every_line_is_found(
    daemon: &Daemon,
    lines: &[String],
    of: impl Fn(&serde_json::Value) -> String,
) {
    let mut expected: HashMap<String, usize> = HashMap::new();
    for line in lines {
        *expected.entry(line.clone()).or_default() += 1;
    }
    daemon.wait_for("all lines", |daemon| {
        (daemon.total("*") >= lines.len() as u64).then_some(())
    });
    let mut found: HashMap<String, usize> = HashMap::new();
    let mut more = String::new();
    loop {
        let page = daemon.search_with("*", 1000, &more);
        for hit in page["hits"].as_array().unwrap() {
            *found.entry(of(hit)).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => more = format!("&cursor={}", common::percent_encoded(next)),
            None => break,
        }
    }
    let mut wrong: Vec<_> = expected
        .iter()
        .filter(|(line, count)| found.get(*line) != Some(count))
        .map(|(line, count)| (line, count, found.get(line)))
        .collect();
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} of {} lines are found another number of times, such as {:?}",
        wrong.len(),
        expected.len(),
        wrong.first()
    );
    assert_eq!(found.values().sum::<usize>(), lines.len());
}

fn original(hit: &serde_json::Value) -> String {
    hit["event.original"].as_str().unwrap().to_owned()
}

/// The lines of a log file without their ends; empty ones are no messages.
fn lines_of(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap();
    String::from_utf8_lossy(&bytes)
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Sends a file with logger, which adds a header of its own; the line is then the message.
fn logger(daemon: &Daemon, file: &Path, more: &[&str]) {
    let address = daemon.tcp.unwrap();
    let status = Command::new("logger")
        .args(["--server", &address.ip().to_string(), "--tcp"])
        .args(["--port", &address.port().to_string(), "--tag", "replay"])
        .args(["--size", "16384"])
        .args(more)
        .arg("--file")
        .arg(file)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn logger_sends_real_files_and_every_line_is_found_as_often_as_it_stands_there() {
    let name = "logger_sends_real_files";
    let Some(data) = shared_data(name) else {
        return;
    };
    if !has_program(name, "logger") {
        return;
    }
    for (file, more) in [
        ("Linux_2k.log", &[][..]),
        ("OpenSSH_2k.log", &["--octet-count"][..]),
        ("Apache_2k.log", &["--rfc3164"][..]),
    ] {
        let path = data.join("loghub").join(file);
        let daemon = Daemon::start();
        let folder = TempDir::new().unwrap();
        // logger itself keeps the CR of a CRLF file and treats lines as text; it is given LF ends.
        let lines = lines_of(&path);
        let plain = folder.path().join(file);
        fs::write(&plain, lines.join("\n") + "\n").unwrap();
        logger(&daemon, &plain, more);
        every_line_is_found(&daemon, &lines, |hit| {
            hit["message"].as_str().unwrap_or_default().to_owned()
        });
    }
}

#[test]
fn raw_files_with_their_own_line_ends_are_found_as_often_as_they_hold_each_line() {
    let Some(data) = shared_data("raw_files_with_their_own_line_ends") else {
        return;
    };
    for file in ["Linux_2k.log", "OpenSSH_2k.log", "Apache_2k.log"] {
        let path = data.join("loghub").join(file);
        let daemon = Daemon::start();
        daemon.send_tcp(&fs::read(&path).unwrap());
        every_line_is_found(&daemon, &lines_of(&path), original);
        let incidents = daemon.get_json("/api/v1/incidents");
        assert_eq!(
            incidents["incidents"].as_array().map(Vec::len),
            Some(0),
            "{file} opens no draft"
        );
    }
}

fn loggen() -> Option<Command> {
    let name = "loggen_fills_the_listener";
    let unpacked = std::env::var_os("VAKT_CLIENTS").map(PathBuf::from);
    let unpacked = unpacked.filter(|folder| folder.join("usr/bin/loggen").is_file());
    if let Some(folder) = unpacked {
        let mut command = Command::new(folder.join("usr/bin/loggen"));
        let libraries = [
            "usr/lib/x86_64-linux-gnu",
            "usr/lib/aarch64-linux-gnu",
            "usr/lib",
            "usr/lib/syslog-ng",
        ]
        .map(|path| folder.join(path).display().to_string())
        .join(":");
        command
            .env("LD_LIBRARY_PATH", libraries)
            .env("SYSLOGNG_PREFIX", folder.join("usr"));
        return Some(command);
    }
    has_program(name, "loggen").then(|| Command::new("loggen"))
}

#[test]
fn loggen_fills_the_listener_in_both_framings() {
    let Some(_) = loggen() else { return };
    for framing in [&["--stream"][..], &["--stream", "--syslog-proto"][..]] {
        let daemon = Daemon::start();
        let address = daemon.tcp.unwrap();
        let output = loggen()
            .unwrap()
            .args([
                "--inet", "--rate", "100000", "--number", "5000", "--size", "200",
            ])
            .args(framing)
            .args([address.ip().to_string(), address.port().to_string()])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        daemon.wait_for("5,000 messages", |daemon| {
            (daemon.total("*") >= 5000).then_some(())
        });
        assert_eq!(daemon.total("*"), 5000, "{framing:?}");
        assert_eq!(daemon.total("seq"), 5000, "{framing:?}");
    }
}

#[test]
fn rsyslog_forwards_over_tcp_and_udp() {
    let name = "rsyslog_forwards_over_tcp_and_udp";
    if !has_program(name, "rsyslogd") {
        return;
    }
    let daemon = Daemon::start();
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("input.log");
    let lines: Vec<String> = (0..500).map(|n| format!("rsyslog line {n}")).collect();
    fs::write(&input, lines.join("\n") + "\n").unwrap();
    let configuration = folder.path().join("rsyslog.conf");
    fs::write(
        &configuration,
        format!(
            r#"global(workDirectory="{folder}")
module(load="imfile")
input(type="imfile" File="{input}" Tag="replay:" readMode="0")
action(type="omfwd" target="{ip}" port="{tcp}" protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format")
action(type="omfwd" target="{ip}" port="{tcp}" protocol="tcp" template="RSYSLOG_TraditionalForwardFormat")
action(type="omfwd" target="{ip}" port="{udp}" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
"#,
            folder = folder.path().display(),
            input = input.display(),
            ip = daemon.tcp.unwrap().ip(),
            tcp = daemon.tcp.unwrap().port(),
            udp = daemon.udp.unwrap().port(),
        ),
    )
    .unwrap();
    let program = if Path::new("/usr/sbin/rsyslogd").is_file() {
        "/usr/sbin/rsyslogd"
    } else {
        "rsyslogd"
    };
    let mut rsyslogd = Command::new(program)
        .args(["-n", "-f"])
        .arg(&configuration)
        .arg("-i")
        .arg(folder.path().join("pid"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    daemon.wait_for("three times the lines", |daemon| {
        (daemon.total("\"rsyslog line\"") >= 1500).then_some(())
    });
    rsyslogd.kill().unwrap();
    rsyslogd.wait().unwrap();
    assert_eq!(daemon.total("\"rsyslog line\""), 1500);
    assert_eq!(daemon.total("\"rsyslog line 499\""), 3);
    assert_eq!(daemon.total("vakt.transport:udp"), 500);
}

/// Where Debian puts the two programs of systemd-journal-remote.
const SYSTEMD: &str = "/usr/lib/systemd";

/// A journal file with entries of ours, written by systemd's own tool.
fn journal_file(folder: &Path, count: usize, number_from: usize) -> PathBuf {
    let mut export = String::new();
    let boot = "0123456789abcdef0123456789abcdef";
    for number in number_from..number_from + count {
        let micros = 1_764_000_000_000_000_u64 + number as u64 * 1000;
        export.push_str(&format!(
            "__CURSOR=s={boot};i={number:x};b={boot};m={number:x};t={micros:x};x=1\n\
             __REALTIME_TIMESTAMP={micros}\n__MONOTONIC_TIMESTAMP={number}\n_BOOT_ID={boot}\n\
             _HOSTNAME=archive1\n_SYSTEMD_UNIT=ssh.service\nSYSLOG_IDENTIFIER=sshd\nPRIORITY=6\n\
             _MACHINE_ID={boot}\nMESSAGE=uploaded entry {number}\n\n"
        ));
    }
    let path = folder.join(format!("from-{number_from}.journal"));
    let mut child = Command::new(format!("{SYSTEMD}/systemd-journal-remote"))
        .arg("-o")
        .arg(&path)
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    use std::io::Write;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(export.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    path
}

fn upload(daemon: &Daemon, file: &Path) {
    let output = Command::new(format!("{SYSTEMD}/systemd-journal-upload"))
        .arg(format!("--url={}", daemon.http))
        .args(["--follow=no", "--file"])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn systemd_journal_upload_is_taken_once_also_after_a_restart_and_with_an_older_file() {
    let name = "systemd_journal_upload";
    if !has_program(name, "systemd-journal-upload") || !has_program(name, "systemd-journal-remote")
    {
        return;
    }
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let newer = journal_file(folder.path(), 300, 1000);
    let older = journal_file(folder.path(), 200, 1);
    let daemon = Daemon::start_in(&data, &[]);
    upload(&daemon, &newer);
    assert_eq!(daemon.total("\"uploaded entry\""), 300);
    upload(&daemon, &newer);
    assert_eq!(
        daemon.total("\"uploaded entry\""),
        300,
        "a second upload adds none"
    );
    daemon.kill();

    let daemon = Daemon::start_in(&data, &[]);
    upload(&daemon, &newer);
    assert_eq!(
        daemon.total("\"uploaded entry\""),
        300,
        "nor does one after a SIGKILL"
    );
    upload(&daemon, &older);
    assert_eq!(
        daemon.total("\"uploaded entry\""),
        500,
        "an older file is new"
    );
    let hit = &daemon.search("\"uploaded entry 1299\"", 1)["hits"][0];
    assert_eq!(hit["host.name"], "archive1");
    assert_eq!(hit["systemd.unit"], "ssh.service");
    assert_eq!(hit["message"], "uploaded entry 1299");
}

#[test]
fn a_real_journal_is_uploaded_and_every_entry_is_found_once() {
    let name = "a_real_journal_is_uploaded";
    let Some(shared) = shared_data(name) else {
        return;
    };
    if !has_program(name, "systemd-journal-upload") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("real.journal");
    let packed = fs::File::open(shared.join("journald/real-journald252.journal.zst")).unwrap();
    zstd::stream::copy_decode(packed, fs::File::create(&file).unwrap()).unwrap();
    let daemon = Daemon::start();
    upload(&daemon, &file);
    assert_eq!(daemon.total("*"), 309);
    upload(&daemon, &file);
    assert_eq!(daemon.total("*"), 309);
}
