//! Going over events in the order of their arrival, while the index changes.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::ops::ControlFlow;

use common::{line, open, put, request, source};
use vakt_event::{JournalPosition, Source};
use vakt_search::{Frame, Index, Request, Walker};

/// Notes what it is given, and does something at each event.
struct Notes<'n> {
    seen: Vec<u64>,
    passed: u64,
    reached: Vec<u64>,
    at: &'n mut dyn FnMut(u64) -> ControlFlow<()>,
}

impl Walker for Notes<'_> {
    fn event(
        &mut self,
        position: JournalPosition,
        frame: Frame<'_>,
        source: &Source,
    ) -> ControlFlow<()> {
        assert!(!frame.bytes.is_empty());
        assert!(source.stream == "a" || source.stream == "b");
        self.seen.push(position.0);
        (self.at)(position.0)
    }

    fn passed(&mut self, events: u64) {
        self.passed += events;
    }

    fn reached(&mut self, position: JournalPosition) {
        self.reached.push(position.0);
    }
}

/// What a walk from one position up to another sees, passes over, and says at the end.
fn walk(
    index: &Index,
    request: &Request,
    range: (u64, u64),
    at: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> (Vec<u64>, u64, u64) {
    let mut notes = Notes {
        seen: Vec::new(),
        passed: 0,
        reached: Vec::new(),
        at,
    };
    let range = JournalPosition(range.0)..JournalPosition(range.1);
    let end = index.walk(request, range, &mut notes).unwrap();
    assert!(notes.reached.is_sorted(), "{:?}", notes.reached);
    (notes.seen, notes.passed, end.0)
}

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Events at all positions from 0 on, of two streams in turns of three, one a second; every fifth is
/// `wanted`. Every ten are committed; `then` says what follows.
fn fill(
    writer: &mut vakt_search::IndexWriter,
    index: &Index,
    events: std::ops::Range<u64>,
    then: impl Fn(u64, &mut vakt_search::IndexWriter, &Index),
) {
    for position in events {
        let word = if position % 5 == 0 { "wanted" } else { "other" };
        let event = line(
            i64::try_from(position).unwrap(),
            &format!("{word} {position}"),
        );
        let stream = if position / 3 % 2 == 0 { "a" } else { "b" };
        put(writer, position, &event, &source(stream));
        if position % 10 == 9 {
            writer.commit(JournalPosition(position + 1)).unwrap();
            then(position, writer, index);
        }
    }
}

#[test]
fn events_come_once_and_in_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(
        &mut writer,
        &index,
        0..100,
        |position, writer, index| match position / 10 {
            1 | 3 | 4 => writer.seal().unwrap(),
            5 => drop(index.build_next(true).unwrap()),
            _ => {}
        },
    );
    let every = |range: std::ops::Range<u64>| -> Vec<u64> { range.collect() };
    let all = request("");
    assert_eq!(
        walk(&index, &all, (0, 1_000), &mut go_on),
        (every(0..100), 0, 100)
    );
    assert_eq!(
        walk(&index, &all, (7, 42), &mut go_on),
        (every(7..42), 0, 42)
    );
    // The sieve leaves what it must: here whole blocks of what has no inverted index.
    let wanted = request("message:wanted");
    let (seen, passed, end) = walk(&index, &wanted, (0, 100), &mut go_on);
    assert_eq!((seen.len() as u64 + passed, end), (100, 100));
    assert!(
        (0..100).step_by(5).all(|one| seen.contains(&one)),
        "{seen:?}"
    );
    assert!(passed > 0 && seen.is_sorted(), "{passed} {seen:?}");
    let only = Request {
        streams: Some(vec!["b".to_owned()]),
        since: vakt_event::Timestamp::from_seconds(20),
        until: vakt_event::Timestamp::from_seconds(30),
        ..request("")
    };
    let (seen, passed, _) = walk(&index, &only, (0, 100), &mut go_on);
    assert_eq!((seen, passed), (vec![21, 22, 23, 27, 28, 29], 0));
    let mut enough = |position| match position {
        33 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    assert_eq!(
        walk(&index, &all, (0, 100), &mut enough),
        (every(0..34), 0, 34)
    );
}

/// Splits that are written, built together and taken out under a walk.
#[test]
fn a_walk_goes_on_when_the_index_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = open(dir.path());
    fill(&mut writer, &index, 0..100, |position, writer, _| {
        if position % 30 == 29 {
            writer.seal().unwrap();
        }
    });
    let mut change = |position| {
        match position {
            5 => writer.seal().unwrap(),
            17 | 71 => drop(index.build_next(true).unwrap()),
            44 => {
                let gone = (JournalPosition(50), JournalPosition(60));
                writer.forget(&[gone]).unwrap();
            }
            65 => writer.purge().unwrap(),
            // What comes later is not waited for.
            80 => fill(&mut writer, &index, 100..120, |_, writer, _| {
                writer.seal().unwrap()
            }),
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let all = request("");
    let (seen, passed, end) = walk(&index, &all, (0, 100), &mut change);
    assert_eq!(
        (seen, passed, end),
        ((0..50).chain(60..100).collect(), 0, 100)
    );
    let wanted = request("message:wanted");
    let mut change = |position| {
        if position == 45 {
            index.build_next(true).unwrap();
        }
        ControlFlow::Continue(())
    };
    let (seen, passed, end) = walk(&index, &wanted, (0, 1_000), &mut change);
    assert_eq!((seen.len() as u64 + passed, end), (110, 120));
}
