//! Retention and erasure on the fake disk, and crashes in the middle of them.

use std::collections::BTreeMap;

use super::super::retention::{Keep, Request, Retention, Selection, Taken};
use super::seal::ledger;
use super::*;
use crate::ledger::FaultKind;

const HOUR: i64 = 3600;

/// Frames of two streams in turn, one an hour, named by their hour; about two a segment.
fn fill(journal: &Journal, hours: std::ops::Range<i64>) {
    for hour in hours {
        let stream = ["a", "b"][usize::try_from(hour % 2).unwrap()];
        let source = Source {
            stream: stream.to_owned(),
            ..(*source("syslog")).clone()
        };
        let text = format!("{stream}{hour:03}{}", hex(&noise(700)));
        let frame = Frame {
            received: at(hour),
            ..frame(&text)
        };
        let batch = Batch {
            source: Arc::new(source),
            frames: vec![frame],
        };
        append(journal, batch).unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour * HOUR).unwrap()
}

/// What can be read: `POSITION:STREAMHOUR`, and losses.
fn held(journal: &Journal) -> Vec<String> {
    let short = |line: String| match line.split_once(':') {
        Some((position, text)) => format!("{position}:{}", text.get(..4).unwrap()),
        None => line,
    };
    read_from(journal, 0).into_iter().map(short).collect()
}

fn line(hour: i64) -> String {
    format!(
        "{hour}:{}{hour:03}",
        ["a", "b"][usize::try_from(hour % 2).unwrap()]
    )
}

fn has(taken: &Taken, hour: i64) -> bool {
    let position = JournalPosition(u64::try_from(hour).unwrap());
    let mut ranges = taken.ranges.iter();
    ranges.any(|(from, to)| *from <= position && position < *to)
}

fn keep_hours(hours: u64) -> Keep {
    Keep {
        age: Some(Duration::from_secs(hours * 3600)),
        bytes: None,
    }
}

fn by_age(default: u64, b: u64) -> Retention {
    Retention {
        default: keep_hours(default),
        streams: BTreeMap::from([("b".to_owned(), keep_hours(b))]),
        bytes_max: None,
        age_waits: false,
    }
}

fn request() -> Request {
    Request {
        who: "anna".to_owned(),
        reason: "the customer left".to_owned(),
    }
}

const ALL: JournalPosition = JournalPosition(u64::MAX);

#[test]
fn a_clock_that_is_far_ahead_of_what_came_last_is_doubted() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    fill(&journal, 0..20);
    let doubt = |now: i64, hours: u64| {
        let doubt = journal.clock_doubt(at(now), Duration::from_secs(hours * 3600));
        doubt.map(|doubt| (doubt.before, doubt.after))
    };
    assert_eq!(doubt(21, 48), None);
    let (before, after) = doubt(9_600, 48).unwrap();
    assert!(before <= at(19) && before >= at(10), "{before}");
    assert_eq!(after, at(9_600));
    // Whoever knows better says so.
    assert_eq!(doubt(9_600, 9_700), None);
}

#[test]
fn old_segments_go_and_nobody_is_told_of_a_loss() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    fill(&journal, 0..20);
    let mut reader = journal.reader(JournalPosition(3));
    let taken = journal.retain(&by_age(10, 10), ALL, at(15), 0).unwrap();
    assert!(taken.segments > 0);
    let first = journal.first_position();
    assert_eq!(taken.ranges[0], (JournalPosition(0), first));
    assert!((2..=5).contains(&first.0), "{first}");
    let left: Vec<String> = (0..20)
        .filter(|hour| !has(&taken, *hour))
        .map(line)
        .collect();
    assert_eq!(held(&journal), left);
    assert!((5..20).all(|hour| !has(&taken, hour)), "{taken:?}");
    assert_eq!(read_all(&mut reader).len(), left.len());
    assert_eq!(journal.read(JournalPosition(0)).unwrap(), None);
    let again = journal.retain(&by_age(10, 10), ALL, at(15), 0).unwrap();
    assert_eq!(again.segments, 0);
    journal.close().unwrap();
    let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
    assert_eq!(recovery.lost_ranges, 0);
    assert_eq!(held(&journal), left);
    // And never what a consumer has still to read, nor the segment that is written to.
    let taken = journal
        .retain(&by_age(1, 1), JournalPosition(10), at(500), 0)
        .unwrap();
    assert!(taken.segments > 0);
    let first = i64::try_from(journal.first_position().0).unwrap();
    assert!((6..=10).contains(&first), "{first}");
    journal.retain(&by_age(1, 1), ALL, at(500), 0).unwrap();
    assert_eq!(*held(&journal).last().unwrap(), line(19));
    append(&journal, texts(&["more"])).unwrap();
    assert_eq!(journal.durable_end(), JournalPosition(21));
}

#[test]
fn one_stream_goes_and_the_others_stay() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    fill(&journal, 0..20);
    let mut reader = journal.reader(JournalPosition(0));
    reader.next(Duration::ZERO).unwrap();
    let before = ledger(&disk).state;
    let taken = journal.retain(&by_age(100, 8), ALL, at(17), 0).unwrap();
    assert_eq!(taken.segments, 0);
    let gone: Vec<i64> = (0..20).filter(|hour| has(&taken, *hour)).collect();
    assert!(gone.starts_with(&[1, 3]), "{gone:?}");
    assert!(
        gone.iter().all(|hour| hour % 2 == 1 && *hour < 9),
        "{gone:?}"
    );
    assert!(taken.frames == gone.len() as u64 && taken.bytes > 500 * taken.frames);
    let left: Vec<String> = (0..20)
        .filter(|hour| !gone.contains(hour))
        .map(line)
        .collect();
    assert_eq!(held(&journal), left);
    // A reader that was in the middle of it goes on.
    let rest = read_all(&mut reader);
    assert_eq!(rest.len(), left.len() - 1);
    assert_eq!(journal.read(JournalPosition(1)).unwrap(), None);
    assert_eq!(
        journal
            .read(JournalPosition(2))
            .unwrap()
            .unwrap()
            .position
            .0,
        2
    );
    // Digests are as they were, and the ledger says what went and why.
    let after = ledger(&disk).state;
    for (before, after) in before.segments().zip(after.segments()) {
        assert_eq!(before.sealed, after.sealed);
    }
    let first = after.segments().next().unwrap();
    assert_eq!(first.erased.len(), 1);
    assert_eq!(first.erased[0].who, "vakt");
    assert_eq!(first.erased[0].stream.as_deref(), Some("b"));
    assert_eq!(
        first.erased[0].ranges[0],
        (JournalPosition(1), JournalPosition(2))
    );
    // Not twice, not after a restart either; and what is hollow goes once it is the oldest.
    let again = journal.retain(&by_age(100, 8), ALL, at(17), 0).unwrap();
    assert_eq!(again.frames, 0);
    journal.close().unwrap();
    let journal = open(&disk);
    assert_eq!(held(&journal), left);
    let again = journal.retain(&by_age(100, 8), ALL, at(17), 0).unwrap();
    assert_eq!(again.frames, 0);
    journal.retain(&by_age(8, 8), ALL, at(17), 0).unwrap();
    assert!(journal.first_position().0 >= 6);
}

#[test]
fn bytes_cut_age_short_and_say_so() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    fill(&journal, 0..20);
    let retention = Retention {
        bytes_max: Some(12_000),
        ..by_age(1000, 1000)
    };
    let taken = journal.retain(&retention, ALL, at(20), 0).unwrap();
    assert!(taken.segments > 0);
    let cut: Vec<&str> = taken
        .cut_short
        .iter()
        .map(|cut| cut.stream.as_str())
        .collect();
    assert_eq!(cut, ["a", "b"]);
    let disk_again: &dyn crate::disk::Disk = &disk;
    let names = disk_again.list(&dir()).unwrap();
    let bytes: u64 = names
        .iter()
        .filter(|name| name.ends_with(".segment"))
        .map(|name| disk_again.open(&dir().join(name)).unwrap().len().unwrap())
        .sum();
    assert!(bytes <= 12_000 + 4096, "{bytes}");
    assert_eq!(*held(&journal).last().unwrap(), line(19));
}

#[test]
fn what_is_selected_is_erased_for_good() {
    let check = |selection: Selection, gone: &dyn Fn(i64) -> bool| {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        fill(&journal, 0..20);
        journal.seal().unwrap();
        let taken = journal.erase(&selection, ALL, &request()).unwrap();
        let left: Vec<String> = (0..20).filter(|hour| !gone(*hour)).map(line).collect();
        assert_eq!(held(&journal), left);
        assert_eq!(taken.frames, 20 - left.len() as u64);
        assert_eq!(journal.gone(), taken.ranges);
    };
    let positions = |from, to| Some((JournalPosition(from), JournalPosition(to)));
    check(
        Selection {
            stream: Some("a".to_owned()),
            ..Selection::default()
        },
        &|hour| hour % 2 == 0,
    );
    check(
        Selection {
            positions: positions(5, 9),
            ..Selection::default()
        },
        &|hour| (5..9).contains(&hour),
    );
    check(
        Selection {
            stream: Some("b".to_owned()),
            received: Some((at(3), at(7))),
            ..Selection::default()
        },
        &|hour| hour % 2 == 1 && (3..7).contains(&hour),
    );
    check(
        Selection {
            stream: Some("nobody's".to_owned()),
            ..Selection::default()
        },
        &|_| false,
    );
}

#[test]
fn what_is_erased_is_in_no_file() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    // Too short to be compressed.
    append(&journal, texts(&["secret of one"])).unwrap();
    append(&journal, texts(&["secret of another"])).unwrap();
    journal.seal().unwrap();
    let selection = Selection {
        positions: Some((JournalPosition(0), JournalPosition(1))),
        ..Selection::default()
    };
    assert!(disk.holds(b"secret of one"));
    journal.erase(&selection, ALL, &request()).unwrap();
    assert!(!disk.holds(b"secret of one"));
    assert_eq!(read_from(&journal, 0), ["1:secret of another"]);
}

/// The machine stops at any moment of a retention that removes and erases: after the restart each
/// frame is there or its going is in the ledger, the chain holds, and a second run ends the work.
#[test]
fn a_crash_in_the_middle_is_finished_or_undone() {
    let mut ended = false;
    for after in 0..400 {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        fill(&journal, 0..20);
        disk.stop_at(disk.operations() + after);
        let retention = by_age(12, 4);
        let done = journal.retain(&retention, ALL, at(15), 0);
        die(&disk, journal);
        disk.crash(after);
        let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
        assert_eq!(recovery.lost_ranges, 0);
        let mut faults = recovery.ledger_faults.iter();
        assert!(faults.all(|fault| matches!(fault.kind, FaultKind::Torn { .. })));
        let state = ledger(&disk).state;
        let held_now = held(&journal);
        for hour in 0..20 {
            let position = u64::try_from(hour).unwrap();
            let mut erased = state.segments().flat_map(|segment| &segment.erased);
            let is_erased = erased.any(|one| {
                let mut ranges = one.ranges.iter();
                ranges.any(|(from, to)| from.0 <= position && position < to.0)
            });
            let is_removed = position < state.removed_end();
            let is_there = held_now.contains(&line(hour));
            assert_eq!(
                is_there,
                !(is_erased || is_removed),
                "{hour}, stopped after {after}"
            );
        }
        let names = crate::disk::Disk::list(&disk, &dir()).unwrap();
        assert!(
            !names.iter().any(|name| name.ends_with(".erased")),
            "{names:?}"
        );
        journal.retain(&retention, ALL, at(15), 0).unwrap();
        fill(&journal, 20..22);
        let held_then = held(&journal);
        assert!(
            !held_then.iter().any(|line| line.starts_with("lost")),
            "{held_then:?}"
        );
        if done.is_ok() {
            ended = true;
            break;
        }
    }
    assert!(ended);
}
