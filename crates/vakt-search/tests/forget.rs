//! Taking events out: they are found no more, and purged they are in no file.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::fs;
use std::io::Read;
use std::path::Path;

use common::{add, ids, line, open, request};
use vakt_event::{Event, JournalPosition};

/// Lines with a word of their own that does not compress. Events with three kinds of fields take turns.
fn lines(range: std::ops::Range<u64>) -> Vec<Event<'static>> {
    let event = |number: u64| {
        let mut event = line(0, &format!("common {}", word(number)));
        match number % 3 {
            0 => event.sent("shape", "none"),
            1 => event.sent("another", "one"),
            _ => {}
        }
        event
    };
    range.map(event).collect()
}

fn word(number: u64) -> String {
    format!("{:016x}", (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Whether a file holds the text, as it is or packed.
fn files_hold(dir: &Path, text: &str) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(text.len()).any(|one| one == text.as_bytes());
    let mut entries = fs::read_dir(dir).unwrap();
    entries.any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let packed =
            (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&[0x28, 0xb5, 0x2f, 0xfd]));
        holds(&bytes)
            || packed.into_iter().any(|at| {
                let mut unpacked = Vec::new();
                let mut reader = zstd::Decoder::new(&bytes[at..]).unwrap().single_frame();
                // What looks like a packed piece may be none.
                reader.read_to_end(&mut unpacked).is_ok() && holds(&unpacked)
            })
    })
}

#[test]
fn what_is_forgotten_is_found_no_more_and_the_writer_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (index, mut writer) = open(dir.path());
        add(&mut writer, 0, &lines(0..6));
        add(&mut writer, 6, &lines(6..12));
        let at = |from, to| (JournalPosition(from), JournalPosition(to));
        writer.forget(&[at(0, 1), at(3, 8), at(11, 99)]).unwrap();
        assert_eq!(ids(&index, &request("common")), [10, 9, 8, 2, 1]);
        assert_eq!(ids(&index, &request(&word(4))), [0; 0]);
        assert_eq!(index.count().unwrap(), 5);
        // Nothing is forgotten before it comes.
        add(&mut writer, 12, &lines(12..13));
        writer.forget(&[]).unwrap();
        assert_eq!(ids(&index, &request("common")), [12, 10, 9, 8, 2, 1]);
        writer.seal().unwrap();
    }
    let (index, writer) = open(dir.path());
    assert_eq!(writer.next_position(), JournalPosition(13));
    assert_eq!(ids(&index, &request("common")), [12, 10, 9, 8, 2, 1]);
}

#[test]
fn what_is_purged_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    add(&mut writer, 0, &lines(0..6));
    add(&mut writer, 6, &lines(6..12));
    writer.seal().unwrap();
    assert!(files_hold(dir.path(), &word(4)));
    writer
        .forget(&[(JournalPosition(4), JournalPosition(5))])
        .unwrap();
    writer.purge().unwrap();
    assert!(!files_hold(dir.path(), &word(4)));
    assert!(files_hold(dir.path(), &word(5)));
    for is_built in [false, true] {
        if is_built {
            assert!(index.build_next(true).unwrap().is_some());
        }
        assert_eq!(index.count().unwrap(), 11);
        assert_eq!(ids(&index, &request(&word(5))), [5]);
        assert_eq!(ids(&index, &request("shape:none")), [9, 6, 3, 0]);
        assert_eq!(ids(&index, &request("another:one")), [10, 7, 1]);
    }
}

/// A purge and a build may want the same splits at the same time.
#[test]
fn a_purge_beside_builds_ends_well() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let (index, mut writer) = open(dir.path());
        for first in 0..6 {
            add(&mut writer, first * 5, &lines(first * 5..first * 5 + 5));
            writer.seal().unwrap();
        }
        std::thread::scope(|scope| {
            scope.spawn(|| while index.build_next(true).unwrap().is_some() {});
            writer
                .forget(&[(JournalPosition(1), JournalPosition(29))])
                .unwrap();
            writer.purge().unwrap();
        });
        while index.build_next(true).unwrap().is_some() {}
        assert_eq!(ids(&index, &request("common")), [29, 0]);
        assert!(!files_hold(dir.path(), &word(7)));
        writer.close().unwrap();
    }
}

/// Splits of which nothing is left are removed at once, without a purge; those of which much is gone
/// are written anew.
#[test]
fn what_is_forgotten_leaves_the_disk_when_it_is_much() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    for first in [0, 5] {
        add(&mut writer, first, &lines(first..first + 5));
        writer.seal().unwrap();
    }
    let splits = || {
        let entries = fs::read_dir(dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".split")).count()
    };
    assert_eq!(splits(), 2);
    let at = |position| JournalPosition(position);
    writer.forget(&[(at(0), at(6))]).unwrap();
    assert_eq!(splits(), 1);
    assert_eq!(ids(&index, &request("common")), [9, 8, 7, 6]);
    assert!(files_hold(dir.path(), &word(5)));
    writer.forget(&[(at(6), at(7))]).unwrap();
    assert_eq!(ids(&index, &request("common")), [9, 8, 7]);
    assert!(!files_hold(dir.path(), &word(5)));
    assert!(files_hold(dir.path(), &word(7)));
}
