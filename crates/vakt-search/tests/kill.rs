//! A process that writes is killed with SIGKILL, again and again.
#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{hit_ids, line, open, put, request, source};
use vakt_event::JournalPosition;
use vakt_search::{Order, Request};

/// Set in the process that writes: the directory of the index.
const DIR_VARIABLE: &str = "VAKT_SEARCH_KILL_TEST_DIR";

const KILLS: u64 = 5;

/// Seals to wait for before each kill; the numbers differ so that kills hit different moments.
fn seals_before_kill(round: u64) -> usize {
    usize::try_from(round * 3 + 2).unwrap()
}

/// Not a test of its own: the process that [`every_sealed_event_is_found_once`] kills.
#[test]
fn write_until_killed() {
    let Some(dir) = std::env::var_os(DIR_VARIABLE) else {
        return;
    };
    let (index, mut writer) = open(Path::new(&dir));
    let mut next = writer.next_position();
    loop {
        for _ in 0..37 {
            let made = line(1, &format!("event n{next} of all"));
            put(&mut writer, next.0, &made, &source("default"));
            next = next.next();
        }
        writer.seal().unwrap();
        if next.0.is_multiple_of(4) {
            index.build_next(true).unwrap();
        }
        // Standard output is captured for tests; standard error written to directly is not.
        use std::io::Write;
        writeln!(std::io::stderr(), "sealed {next}").unwrap();
    }
}

#[test]
fn every_sealed_event_is_found_once() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write_until_killed", "--nocapture"])
            .env(DIR_VARIABLE, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Kept until the kill: a closed pipe would end the process in another way.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sealed: u64 = lines
            .by_ref()
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix("sealed ")?.parse().ok())
            .nth(seals_before_kill(round))
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let (index, writer) = open(dir.path());
        let JournalPosition(next) = writer.next_position();
        assert!(next >= sealed, "{next} {sealed}");
        let request = Request {
            order: Order::Ascending,
            limit: 10_000,
            ..request("\"of all\"")
        };
        let response = index.search(&request).unwrap();
        assert_eq!(hit_ids(&response), (0..next).collect::<Vec<_>>());
        writer.close().unwrap();
    }
}
