//! The index over restarts, kills and broken files.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::fs;
use std::sync::Arc;

use common::frames::Frames;
use common::{add, ids, line, open, open_index, put, request, source};
use vakt_event::{Event, JournalPosition};
use vakt_search::{Decode, Decoder, Error, Index};

fn lines(range: std::ops::Range<u64>) -> Vec<Event<'static>> {
    range
        .map(|number| {
            line(
                i64::try_from(number).unwrap(),
                &format!("line n{number} common"),
            )
        })
        .collect()
}

#[test]
fn a_sealed_event_is_found_after_a_restart_and_the_writer_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (index, mut writer) = open(dir.path());
        assert_eq!(writer.next_position(), JournalPosition(0));
        add(&mut writer, 0, &lines(0..3));
        assert_eq!(ids(&index, &request("common")), [2, 1, 0]);
        assert_eq!(writer.durable(), JournalPosition(0));
        writer.seal().unwrap();
        assert_eq!(writer.durable(), JournalPosition(3));
        add(&mut writer, 3, &lines(3..4));
        assert_eq!(ids(&index, &request("common")), [3, 2, 1, 0]);
    }
    let (index, mut writer) = open(dir.path());
    assert_eq!(writer.next_position(), JournalPosition(3));
    assert_eq!(ids(&index, &request("n1")), [1]);
    add(&mut writer, 3, &lines(3..5));
    assert_eq!(ids(&index, &request("common")), [4, 3, 2, 1, 0]);
    writer.close().unwrap();
}

#[test]
fn positions_without_events_are_passed_by_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    {
        let (_, mut writer) = open(dir.path());
        writer.commit(JournalPosition(7)).unwrap();
        writer.seal().unwrap();
    }
    let (index, writer) = open(dir.path());
    assert_eq!(writer.next_position(), JournalPosition(7));
    assert_eq!(index.count().unwrap(), 0);
}

/// A process that is killed never runs the writer's destructor. Its lock is what a kill would
/// release, so the directory is copied, as a disk image would be after a power cut.
#[test]
fn a_kill_between_seals_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let after_kill = tempfile::tempdir().unwrap();
    let (_, mut writer) = open(dir.path());
    add(&mut writer, 0, &lines(0..3));
    writer.seal().unwrap();
    add(&mut writer, 3, &lines(3..10));
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), after_kill.path().join(entry.file_name())).unwrap();
    }
    // A split that was being written, one that was written and not published, and what is not ours.
    let nobody = format!("{}.split", "0".repeat(64));
    for name in ["7.writing", &nobody, "notes.txt"] {
        fs::write(after_kill.path().join(name), "cut short").unwrap();
    }
    let (index, mut writer) = open(after_kill.path());
    let is_there = |name: &str| after_kill.path().join(name).exists();
    assert!(!is_there("7.writing") && !is_there(&nobody) && is_there("notes.txt"));
    assert_eq!(writer.next_position(), JournalPosition(3));
    assert_eq!(ids(&index, &request("common")), [2, 1, 0]);
    // The journal is read again, from too early even.
    add(&mut writer, 1, &lines(1..10));
    assert_eq!(ids(&index, &request("common")).len(), 10);
    assert_eq!(ids(&index, &request("n2")), [2]);
}

#[test]
fn what_was_not_committed_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    put(&mut writer, 0, &line(1, "early"), &source("default"));
    assert_eq!(ids(&index, &request("early")), [0_u64; 0]);
    assert_eq!(writer.next_position(), JournalPosition(1));
    drop(writer);
    let mut writer = index.writer().unwrap();
    assert_eq!(writer.next_position(), JournalPosition(0));
    add(&mut writer, 0, &[line(1, "early")]);
    assert_eq!(ids(&index, &request("early")), [0]);
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let (index, writer) = open(dir.path());
    assert!(matches!(index.writer(), Err(Error::Busy { .. })));
    drop(writer);
    assert!(index.writer().is_ok());
}

#[test]
fn an_index_that_cannot_be_used_says_so_and_can_be_built_again() {
    type Break = fn(&std::path::Path);
    let cases: [(&str, Break); 5] = [
        ("has format `vakt-search 999`", |dir| {
            fs::write(dir.join("vakt-index-format"), "vakt-search 999\n").unwrap();
        }),
        ("has format `unknown`", |dir| {
            fs::remove_file(dir.join("vakt-index-format")).unwrap();
        }),
        ("is damaged (", |dir| {
            fs::write(dir.join("catalogue.sqlite"), "x".repeat(5000)).unwrap();
        }),
        ("is gone or shorter", |dir| {
            remove_by_end(dir, ".split", false)
        }),
        ("is gone or shorter", |dir| {
            remove_by_end(dir, ".split", true)
        }),
    ];
    for (expected, break_index) in cases {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("index");
        {
            let (_, mut writer) = open(&dir);
            add(&mut writer, 0, &lines(0..2));
            writer.seal().unwrap();
        }
        break_index(&dir);
        let error = match open_index(&dir) {
            Ok(_) => panic!("{expected}: opened"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains(dir.to_str().unwrap()), "{error}");
        assert!(error.contains("built again from the journal"), "{error}");

        let (index, rebuilt) = Index::open_or_rebuild(&dir, Arc::new(Frames)).unwrap();
        let rebuilt = rebuilt.unwrap();
        assert!(rebuilt.moved_to.join("catalogue.sqlite").exists());
        let mut writer = index.writer().unwrap();
        assert_eq!(writer.next_position(), JournalPosition(0));
        add(&mut writer, 0, &lines(0..2));
        assert_eq!(ids(&index, &request("common")), [1, 0]);
        drop((writer, index));
        assert!(
            Index::open_or_rebuild(&dir, Arc::new(Frames))
                .unwrap()
                .1
                .is_none()
        );
    }
}

/// Removes, or empties, the first file with this end.
fn remove_by_end(dir: &std::path::Path, end: &str, keep_empty: bool) {
    let path = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with(end))
        .unwrap();
    if keep_empty {
        fs::write(path, "").unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_creation_cut_short_is_taken_up_again() {
    for format in [None, Some(""), Some("vakt-sea"), Some("vakt-search 8\n")] {
        let dir = tempfile::tempdir().unwrap();
        if let Some(format) = format {
            fs::write(dir.path().join("vakt-index-format"), format).unwrap();
        }
        let (index, mut writer) = open(dir.path());
        add(&mut writer, 0, &lines(0..1));
        assert_eq!(ids(&index, &request("n0")), [0]);
    }
}

/// Frames as events that the operator's rules change.
struct Ruled(&'static str);

impl Decode for Ruled {
    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Frames)
    }

    fn rules(&self) -> &str {
        self.0
    }
}

#[test]
fn an_index_of_other_rules_is_built_again() {
    let check = |before: &'static str, now: &'static str, expected: bool| {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("index");
        let index = Index::open(&dir, Arc::new(Ruled(before))).unwrap();
        let mut writer = index.writer().unwrap();
        add(&mut writer, 0, &lines(0..2));
        writer.seal().unwrap();
        drop((writer, index));
        let (index, rebuilt) = Index::open_or_rebuild(&dir, Arc::new(Ruled(now))).unwrap();
        let reason = rebuilt.map(|rebuilt| rebuilt.reason.to_string());
        let reason = reason.unwrap_or_default();
        let is_said = reason.contains("other rules of what is redacted");
        assert_eq!(is_said, expected, "{before}, {now}: {reason}");
        let next = index.writer().unwrap().next_position();
        assert_eq!(next == JournalPosition(0), expected);
        drop(index);
        let again = Index::open_or_rebuild(&dir, Arc::new(Ruled(now))).unwrap();
        assert!(again.1.is_none());
    };
    check("", "", false);
    check("a", "a", false);
    check("", "a", true);
    check("a", "", true);
    check("a", "b", true);
    check("ab", "a", true);
    check("a", "ab", true);
}
