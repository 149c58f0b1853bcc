//! What tells the outside that Vakt has stopped: the heartbeat, and the notice of a journal that failed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic, and says what it skips"
)]

mod common;

use std::process::Command;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use common::receivers::{Hook, configuration};
use common::{Daemon, has_program, noise};
use tempfile::TempDir;

/// Longer than several intervals of a heartbeat a second.
const SILENCE: Duration = Duration::from_secs(6);

fn up(daemon: &Daemon) -> bool {
    daemon.get("/metrics").1.contains("\nvakt_heartbeat_up 1\n")
}

/// What had been sent before is taken out of the way, and then nothing comes.
fn expect_silence(hook: &Hook) {
    while hook.requests.try_recv().is_ok() {}
    let next = hook.requests.recv_timeout(SILENCE);
    assert_eq!(next.map(|it| it.body), Err(RecvTimeoutError::Timeout));
}

/// Somebody holds the lock of the records, so that no match can be recorded.
#[test]
fn the_heartbeat_stops_while_matching_stands_and_goes_on_after() {
    let folder = TempDir::new().unwrap();
    let hook = Hook::start(&[Some(204)]);
    let config = configuration(
        folder.path(),
        &format!(
            "heartbeat: {{url: '{}', interval: 1s, lag_max: 1s}}\n",
            hook.url()
        ),
    );
    let data = folder.path().join("data");
    let daemon = Daemon::start_in(&data, &["--config", &config]);
    let beat = hook.next().json();
    assert_eq!(
        (&beat["lag_seconds"], &beat["lag_events"]),
        (&0.0.into(), &0.into()),
        "{beat}"
    );

    let records = rusqlite::Connection::open(data.join("records.db")).unwrap();
    records.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (status, _) = daemon.post_events("{\"message\":\"a line\"}\n").unwrap();
    assert_eq!(status, 200, "intake goes on");
    daemon.wait_for("the end of the heartbeat", |daemon| {
        (!up(daemon)).then_some(())
    });
    expect_silence(&hook);

    records.execute_batch("ROLLBACK").unwrap();
    daemon.wait_for("the heartbeat", |daemon| up(daemon).then_some(()));
    let beat = hook.next().json();
    assert!(beat["lag_seconds"].as_f64().unwrap() <= 1.0, "{beat}");
}

/// The disk refuses a write, as a broken one does: files may not grow any more.
#[test]
fn a_journal_that_failed_is_told_and_ends_the_heartbeat() {
    if !has_program("a_journal_that_failed", "prlimit") {
        return;
    }
    let folder = TempDir::new().unwrap();
    let (beats, notices) = (Hook::start(&[Some(204)]), Hook::start(&[Some(204)]));
    let config = configuration(
        folder.path(),
        &format!(
            "heartbeat: {{url: '{}', interval: 1s}}\noutputs:\n  chat: {{type: webhook, url: '{}'}}\n",
            beats.url(),
            notices.url()
        ),
    );
    // Without the trap the kernel ends the process at the first refused write.
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "trap '' XFSZ; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_vakt"),
    ]);
    let daemon = Daemon::start_as(shell, &folder.path().join("data"), &["--config", &config]);
    beats.next();
    let limited = Command::new("prlimit")
        .args([&format!("--pid={}", daemon.pid()), "--fsize=4194304"])
        .status()
        .unwrap();
    assert!(limited.success());
    let refused = (0..200).find(|number| {
        let line = format!("{{\"message\":\"{}\"}}\n", noise(*number, 100_000));
        !matches!(daemon.post_events(&line), Some((200, _)))
    });
    assert!(refused.is_some(), "everything was taken in");
    let notice = notices.notice("journal");
    assert_eq!(notice["is_well"], false, "{notice:#}");
    daemon.wait_for("the end of the heartbeat", |daemon| {
        (!up(daemon)).then_some(())
    });
    expect_silence(&beats);
}
