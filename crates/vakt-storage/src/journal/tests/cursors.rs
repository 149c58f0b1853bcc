//! A journald entry is stored once.

use super::*;

fn counts(journal: &Journal, frames: Vec<Frame>) -> (usize, usize) {
    let appended = append(journal, batch(frames)).unwrap();
    (appended.stored, appended.repeated)
}

#[test]
fn repeats_are_known_within_and_across_batches_and_when_older_files_come() {
    let journal = open(&FakeDisk::default());
    let check = |numbers: &[u64], expected: (usize, usize)| {
        let frames = numbers.iter().map(|number| entry(7, *number)).collect();
        assert_eq!(counts(&journal, frames), expected, "{numbers:?}");
    };
    check(&[5, 6, 5], (2, 1));
    check(&[6, 7], (1, 1));
    check(&[1, 2, 3], (3, 0));
    check(&[3, 4, 5], (1, 2));
    check(&[], (0, 0));
    assert_eq!(counts(&journal, vec![entry(8, 5)]), (1, 0));
    let stored: Vec<String> = read_from(&journal, 0);
    let expected = [
        "0:7/5", "1:7/6", "2:7/7", "3:7/1", "4:7/2", "5:7/3", "6:7/4", "7:8/5",
    ];
    assert_eq!(stored, expected);
}

#[test]
fn repeats_are_known_after_a_close_a_kill_and_without_a_checkpoint() {
    let check = |end: &dyn Fn(&FakeDisk, Journal), rebuilt: bool| {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        // Several segments, so that a checkpoint was written at a roll.
        for number in 0..100 {
            let frames = vec![entry(7, number), entry(9, 1000 - 2 * number)];
            assert_eq!(counts(&journal, frames), (2, 0));
        }
        end(&disk, journal);
        let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
        assert_eq!(recovery.cursors_rebuilt, rebuilt);
        for number in 0..100 {
            let frames = vec![entry(7, number), entry(9, 1000 - 2 * number)];
            assert_eq!(counts(&journal, frames), (0, 2), "{number}");
        }
        assert_eq!(counts(&journal, vec![entry(9, 999)]), (1, 0));
    };
    let checkpoint = dir().join("cursors.checkpoint");
    check(&|_, journal| journal.close().unwrap(), false);
    check(&|disk, journal| die(disk, journal), false);
    check(
        &|disk, journal| {
            die(disk, journal);
            disk.crash(3);
        },
        false,
    );
    check(
        &|disk, journal| {
            journal.close().unwrap();
            disk.corrupt(&checkpoint, 20, 1).unwrap();
        },
        true,
    );
}

#[test]
fn an_entry_that_did_not_become_durable_is_taken_again() {
    // A power loss after which nothing of the write is there.
    let lost = (0..100).find_map(|seed| {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        disk.fail_syncs();
        assert!(append(&journal, batch(vec![entry(7, 1)])).is_err());
        drop(journal);
        disk.crash(seed);
        let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
        (recovery.next == JournalPosition(0)).then_some(journal)
    });
    assert_eq!(counts(&lost.unwrap(), vec![entry(7, 1)]), (1, 0));
}

/// The checkpoint at a roll once held the entries of the batch that made the roll necessary; when
/// the power failed before they were durable, they were refused as repeated ever after.
#[test]
fn the_checkpoint_at_a_roll_knows_no_entry_that_is_not_durable() {
    let entry = |number| Frame {
        bytes: noise(3000),
        ..entry(7, number)
    };
    let mut refused_in_new_segment = 0;
    for after in 0.. {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        append(&journal, batch(vec![entry(1)])).unwrap();
        disk.stop_at(disk.operations() + after);
        let is_refused = append(&journal, batch(vec![entry(2)])).is_err();
        die(&disk, journal);
        disk.crash(0);
        let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
        let held = recovery.next.0;
        refused_in_new_segment += u32::from(recovery.segments == 2 && held == 1);
        let missing = usize::try_from(2 - held).unwrap();
        assert_eq!(
            counts(&journal, vec![entry(1), entry(2)]),
            (missing, 2 - missing),
            "stopped after {after}"
        );
        assert_eq!(journal.durable_end(), JournalPosition(2));
        if !is_refused {
            break;
        }
    }
    assert!(refused_in_new_segment > 0);
}

#[test]
fn the_bound_on_sequences_is_kept_and_counted() {
    let disk = FakeDisk::default();
    let options = Options {
        cursor_sequences_max: 2,
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    for sequence_id in 1..=3 {
        assert_eq!(counts(&journal, vec![entry(sequence_id, 1)]), (1, 0));
    }
    let stats = journal.stats();
    assert_eq!(stats.cursor_sequences, 2);
    assert_eq!(stats.cursor_sequences_forgotten, 1);
    assert_eq!(counts(&journal, vec![entry(1, 1), entry(3, 1)]), (1, 1));
}

#[test]
fn an_entry_is_known_by_stream_boot_sequence_number_and_check_and_stays_so() {
    let disk = FakeDisk::default();
    let key = |boot_id, check| Frame {
        cursor: Some(CursorKey {
            sequence_id: 7,
            boot_id,
            sequence_number: 5,
            check,
        }),
        ..frame("entry")
    };
    let of = |stream: &str, drill| Source {
        stream: stream.to_owned(),
        drill,
        ..Source::clone(&source("http"))
    };
    let all = [
        (of("a", false), key(1, 1)),
        // One journal sequence in two streams: a customer that moved, a claim of a neighbour.
        (of("b", false), key(1, 1)),
        // A drill that plays a real log.
        (of("a", true), key(1, 1)),
        // A clone that booted by itself.
        (of("a", false), key(2, 1)),
        // A snapshot that was resumed twice.
        (of("a", false), key(1, 2)),
    ];
    let check = |disk: &FakeDisk, expected: (usize, usize)| {
        let journal = open(disk);
        for (source, frame) in &all {
            let batch = Batch {
                source: Arc::new(source.clone()),
                frames: vec![frame.clone()],
            };
            let appended = append(&journal, batch).unwrap();
            assert_eq!((appended.stored, appended.repeated), expected, "{source:?}");
        }
        journal
    };
    let journal = check(&disk, (1, 0));
    die(&disk, journal);
    check(&disk, (0, 1)).close().unwrap();
    check(&disk, (0, 1)).close().unwrap();
    disk.corrupt(&dir().join("cursors.checkpoint"), 20, 1)
        .unwrap();
    check(&disk, (0, 1));
}
