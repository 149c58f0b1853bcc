//! Appending, reading back, bounds, failures.

use std::sync::mpsc;
use std::thread;

use super::super::body::Packer;
use super::super::group::Group;
use super::*;
use crate::error::OpenError;

fn appended(stored: usize, repeated: usize, first: u64) -> Result<Appended, AppendError> {
    Ok(Appended {
        stored,
        repeated,
        first: JournalPosition(first),
        next: JournalPosition(first + stored as u64),
    })
}

#[test]
fn frames_come_back_in_order_across_segments_and_restarts() {
    let disk = FakeDisk::default();
    let mut expected = Vec::new();
    for round in 0..3u64 {
        let journal = open(&disk);
        for number in 0..40u64 {
            let first = round * 80 + number * 2;
            let texts = [format!("{first}"), format!("{}", first + 1)];
            let frames = texts.iter().map(|text| frame(text)).collect();
            assert_eq!(append(&journal, batch(frames)), appended(2, 0, first));
            expected.extend([first, first + 1].map(|at| format!("{at}:{at}")));
        }
        assert_eq!(read_from(&journal, 0), expected);
        journal.close().unwrap();
    }
    let journal = open(&disk);
    assert!(journal.stats().segments > 3);
    for from in 0..240 {
        assert_eq!(
            read_from(&journal, from),
            expected[usize::try_from(from).unwrap()..]
        );
        let found = journal.read(JournalPosition(from)).unwrap().unwrap();
        assert_eq!(found.position.0, from);
        assert_eq!(found.bytes, from.to_string().as_bytes());
    }
    assert_eq!(journal.read(JournalPosition(240)).unwrap(), None);
}

#[test]
fn everything_about_a_frame_is_kept() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    let source = Arc::new(Source {
        zone: Some("Europe/Stockholm".to_owned()),
        drill: true,
        peer: Some("2001:db8::7".parse().unwrap()),
        ..(*source("intern")).clone()
    });
    let frames = vec![
        Frame {
            truncated: true,
            ..frame("")
        },
        Frame {
            received: Timestamp::from_micros(1).unwrap(),
            ..entry(u128::MAX, u64::MAX)
        },
    ];
    let batch = Batch {
        source: Arc::clone(&source),
        frames: frames.clone(),
    };
    append(&journal, batch).unwrap();
    let stored = next_batch(&mut journal.reader(JournalPosition(0))).unwrap();
    assert_eq!(stored.source, source);
    let back: Vec<Frame> = stored
        .frames
        .into_iter()
        .map(|stored| Frame {
            bytes: stored.bytes,
            format: stored.format,
            received: stored.received,
            truncated: stored.truncated,
            cursor: stored.cursor,
        })
        .collect();
    assert_eq!(back, frames);
}

#[test]
fn batches_are_passed_over_by_their_source_and_receipt() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    let at = |seconds: i64, text: &str| Frame {
        received: Timestamp::from_seconds(seconds).unwrap(),
        ..frame(text)
    };
    for number in 0..60i64 {
        let listener = if number % 3 == 0 { "a" } else { "b" };
        let batch = Batch {
            source: source(listener),
            frames: vec![at(number * 10, "x"), at(number * 10 + 4, "y")],
        };
        append(&journal, batch).unwrap();
    }
    let read = |passes_over: &dyn Fn(&Source, Option<Timestamp>) -> bool| {
        let mut reader = journal.reader(JournalPosition(0));
        let mut positions = Vec::new();
        let end = journal.durable_end();
        while let Some(batch) = reader.next_but(Duration::ZERO, end, passes_over).unwrap() {
            positions.extend(batch.frames.iter().map(|frame| frame.position.0));
        }
        assert_eq!(reader.position(), end);
        positions
    };
    let expected = |wanted: &dyn Fn(u64) -> bool| -> Vec<u64> {
        (0..120).filter(|position| wanted(position / 2)).collect()
    };
    assert_eq!(read(&|_, _| false), expected(&|_| true));
    assert_eq!(
        read(&|source, _| source.listener == "a"),
        expected(&|number| number % 3 != 0)
    );
    let since = Timestamp::from_seconds(304);
    assert_eq!(
        read(&|_, newest| newest < since),
        expected(&|number| number >= 30)
    );
    assert_eq!(read(&|_, _| true), Vec::<u64>::new());
    for from in [0, 7, 50, 119, 120] {
        for until in [0, 7, 8, 90, 120, 200] {
            let mut reader = journal.reader(JournalPosition(from));
            let mut last = from;
            let until_position = JournalPosition(until);
            while let Some(batch) = reader
                .next_but(Duration::ZERO, until_position, &|_, _| false)
                .unwrap()
            {
                assert_eq!(batch.frames[0].position.0, last);
                assert!(last < until);
                last = batch.frames.last().unwrap().position.0 + 1;
            }
            assert!(last >= until.min(120), "{from} {until}");
        }
    }
}

#[test]
fn an_empty_batch_is_answered_and_takes_no_position() {
    let journal = open(&FakeDisk::default());
    assert_eq!(append(&journal, texts(&[])), appended(0, 0, 0));
    assert_eq!(append(&journal, texts(&["a"])), appended(1, 0, 0));
    assert_eq!(journal.durable_end(), JournalPosition(1));
}

#[test]
fn a_reader_waits_for_more_and_ends_when_the_journal_is_closed() {
    let disk = FakeDisk::default();
    let journal = Arc::new(open(&disk));
    let mut reader = journal.reader(JournalPosition(0));
    assert!(next_batch(&mut reader).is_none());
    let consumer = thread::spawn(move || {
        let mut seen = Vec::new();
        loop {
            match reader.next(Duration::from_secs(60)) {
                Ok(batch) => seen.extend(batch.into_iter().flat_map(|batch| batch.frames)),
                Err(ReadError::Closed) => return seen.len(),
                Err(error) => panic!("{error}"),
            }
        }
    });
    for number in 0..50 {
        append(&journal, texts(&[&format!("frame {number}")])).unwrap();
    }
    journal.close().unwrap();
    assert_eq!(consumer.join().unwrap(), 50);
    assert_eq!(append(&journal, texts(&["late"])), Err(AppendError::Closed));
}

#[test]
fn many_threads_each_get_their_own_positions() {
    let disk = FakeDisk::default();
    let journal = Arc::new(open(&disk));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                (0..50)
                    .map(|number| {
                        let text = format!("{writer}/{number}");
                        let appended = append(&journal, texts(&[&text])).unwrap();
                        format!("{}:{text}", appended.first)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut acknowledged: Vec<String> = writers
        .into_iter()
        .flat_map(|writer| writer.join().unwrap())
        .collect();
    let mut stored = read_from(&journal, 0);
    acknowledged.sort_unstable();
    stored.sort_unstable();
    assert_eq!(stored, acknowledged);
}

#[test]
fn more_than_the_bound_is_refused_at_once() {
    let disk = FakeDisk::default();
    let options = Options {
        queue_bytes_max: 1000,
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    let big = "x".repeat(900);
    let (entered_sender, entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    // The writer stands still in this answer.
    let hold = Box::new(move |_: Result<Appended, AppendError>| {
        entered_sender.send(()).unwrap();
        released.recv().unwrap();
    });
    journal.append(texts(&["first"]), hold);
    entered.recv().unwrap();
    let (sender, answers) = mpsc::channel();
    let waiting = sender.clone();
    journal.append(
        texts(&[&big]),
        Box::new(move |result| waiting.send(("waiting", result.is_ok())).unwrap()),
    );
    let in_flight = journal.bytes_in_flight();
    assert!(in_flight > 900);
    journal.append(
        texts(&[&big]),
        Box::new(move |result| {
            let full = AppendError::Full {
                in_flight,
                limit: 1000,
            };
            assert_eq!(result, Err(full));
            sender.send(("refused", result.is_ok())).unwrap();
        }),
    );
    assert_eq!(answers.try_recv(), Ok(("refused", false)));
    release.send(()).unwrap();
    assert_eq!(answers.recv(), Ok(("waiting", true)));
    assert_eq!(journal.bytes_in_flight(), 0);
    assert_eq!(journal.stats().refused_batches, 1);
}

#[test]
fn what_no_record_can_hold_is_refused_for_good() {
    let journal = open(&FakeDisk::default());
    let long_source = Batch {
        source: source(&"l".repeat(70_000)),
        frames: vec![frame("x")],
    };
    let refused = append(&journal, long_source);
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })));
    assert_eq!(append(&journal, texts(&["a"])), appended(1, 0, 0));
}

#[test]
fn a_failure_poisons_for_good() {
    let check = |fail: &dyn Fn(&FakeDisk), expected: &str| {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        append(&journal, texts(&["kept"])).unwrap();
        fail(&disk);
        for _ in 0..2 {
            match append(&journal, texts(&["not kept"])) {
                Err(AppendError::Poisoned(reason)) => {
                    assert!(reason.contains(expected), "{reason}")
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(journal.durable_end(), JournalPosition(1));
        assert_eq!(read_from(&journal, 0), ["0:kept"]);
        assert!(journal.stats().poisoned.unwrap().contains(expected));
        assert!(journal.close().unwrap_err().to_string().contains(expected));
        drop(journal);
        disk.crash(1);
        let journal = open(&disk);
        assert_eq!(read_from(&journal, 0)[0], "0:kept");
        append(&journal, texts(&["again"])).unwrap();
    };
    check(&FakeDisk::fail_syncs, "cannot sync: input/output error");
    check(&|disk| disk.stop_at(0), "cannot write: the disk stopped");
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = FakeDisk::default();
    let options = Options {
        reserve_bytes: Some(1000),
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    append(&journal, texts(&["kept"])).unwrap();
    disk.set_free_bytes(999);
    for _ in 0..2 {
        let refused = append(&journal, texts(&["not kept"]));
        let shortage = Shortage {
            free: 999,
            reserve: 1000,
        };
        assert_eq!(refused, Err(AppendError::NoSpace(shortage)));
    }
    let stats = journal.stats();
    assert_eq!((stats.no_space, stats.no_space_batches), (true, 2));
    assert_eq!(stats.poisoned, None);
    assert_eq!(read_from(&journal, 0), ["0:kept"]);
    // Whoever asks is told how it is now, also where nothing was sent since.
    for (free, no_space) in [(1000, false), (999, true), (1_000_000, false)] {
        disk.set_free_bytes(free);
        assert_eq!(journal.stats().no_space, no_space, "{free}");
        assert_eq!(journal.shortage().is_some(), no_space, "{free}");
    }
    append(&journal, texts(&["again"])).unwrap();
    assert!(!journal.stats().no_space);
    assert_eq!(read_from(&journal, 0), ["0:kept", "1:again"]);
}

#[test]
fn small_batches_of_one_source_share_a_record_and_a_sync() {
    let disk = FakeDisk::default();
    let options = options(&disk);
    let recovered = super::super::recovery::recover(&dir(), &options).unwrap();
    let progress = Arc::clone(&recovered.progress);
    let counters = Arc::new(crate::stats::Counters::default());
    let mut writer =
        super::super::writer::Writer::new(&dir(), &options, recovered, Arc::clone(&counters));
    let batches: Vec<(Batch, Vec<u8>)> = (0..100)
        .map(|number| {
            let batch = Batch {
                source: source(["one", "two"][number % 2]),
                frames: vec![frame(&number.to_string())],
            };
            let encoded = super::super::source::encode(&batch.source).unwrap();
            (batch, encoded)
        })
        .collect();
    let group = Group::of_batches(batches, &mut Packer::default());
    let queue = Queue::new(BOUNDLESS);
    let commit = writer.write(vec![group], &queue).unwrap();
    let answers = commit.written.appended.clone();
    commit.finish(&queue).unwrap();
    let mut reader = Reader::new(Arc::new(disk.clone()), progress, 0);
    let mut stored = Vec::new();
    let mut records = 0;
    while let Some(batch) = next_batch(&mut reader) {
        records += 1;
        stored.extend(batch.frames.into_iter().map(|frame| frame.bytes));
    }
    assert_eq!((records, stored.len()), (2, 100));
    for (number, answer) in answers.into_iter().enumerate() {
        let answer = answer.unwrap();
        assert_eq!((answer.stored, answer.next), (1, answer.first.next()));
        let at = usize::try_from(answer.first.0).unwrap();
        assert_eq!(stored[at], number.to_string().as_bytes());
    }
    assert_eq!(counters.fsync.snapshot().count, 1);
}

#[test]
fn one_daemon_a_directory() {
    let disk = FakeDisk::default();
    let first = open(&disk);
    let error = Journal::open(&dir(), &options(&disk)).err().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }));
    assert!(error.to_string().contains("/journal/lock"), "{error}");
    first.close().unwrap();
    open(&disk);
}

#[test]
fn positions_that_consumers_passed_are_not_given_again() {
    let disk = FakeDisk::default();
    append(&open(&disk), texts(&["a", "b"])).unwrap();
    let options = Options {
        next_position_min: JournalPosition(10),
        ..options(&disk)
    };
    let (journal, recovery) = Journal::open(&dir(), &options).unwrap();
    assert!(recovery.skipped_to_min);
    assert_eq!(append(&journal, texts(&["c"])), appended(1, 0, 10));
    let expected = ["0:a", "1:b", "lost 2..10", "10:c"];
    assert_eq!(read_from(&journal, 0), expected);
}

#[test]
fn counts_what_it_does() {
    let journal = open(&FakeDisk::default());
    append(&journal, batch(vec![entry(1, 1), entry(1, 2), entry(1, 1)])).unwrap();
    append(&journal, texts(&["a"])).unwrap();
    let stats = journal.stats();
    assert_eq!(stats.appended_batches, 2);
    assert_eq!(stats.appended_frames, 3);
    assert_eq!(stats.repeated_frames, 1);
    assert_eq!(stats.fsync.count, 2);
    assert_eq!(stats.durable_end, JournalPosition(3));
    assert_eq!((stats.cursor_sequences, stats.cursor_intervals), (1, 1));
    assert_eq!((stats.segments, stats.in_flight_bytes), (1, 0));
}

/// Large batches are packed by several threads at once.
#[test]
fn answers_come_in_the_order_of_the_batches() {
    const BATCHES: usize = 60;
    let disk = FakeDisk::default();
    let options = Options {
        segment_bytes_max: 4 * 1024 * 1024,
        group_bytes_max: 300_000,
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    let (sender, receiver) = mpsc::channel();
    for number in 0..BATCHES {
        let sender = sender.clone();
        // Every third one takes long to pack.
        let text = match number % 3 {
            0 => String::from_utf8_lossy(&noise(200_000)).into_owned(),
            _ => "x".repeat(100_000),
        };
        let done = move |result: Result<Appended, _>| sender.send((number, result)).unwrap();
        journal.append(texts(&[&format!("{number} {text}")]), Box::new(done));
    }
    for number in 0..BATCHES {
        let answer = receiver.recv().unwrap();
        assert_eq!(answer, (number, appended(1, 0, number as u64)));
    }
    let stored = read_from(&journal, 0);
    assert_eq!(stored.len(), BATCHES);
    for (number, text) in stored.iter().enumerate() {
        assert!(text.starts_with(&format!("{number}:{number} ")));
    }
    journal.close().unwrap();
}

#[test]
fn what_was_made_ready_behind_a_failure_is_refused() {
    let disk = FakeDisk::default();
    let options = Options {
        segment_bytes_max: 64 * 1024 * 1024,
        group_bytes_max: 300_000,
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    append(&journal, texts(&["kept"])).unwrap();
    disk.fail_syncs();
    let (sender, receiver) = mpsc::channel();
    for _ in 0..20 {
        let sender = sender.clone();
        let done = move |result| sender.send(result).unwrap();
        journal.append(texts(&[&"x".repeat(300_000)]), Box::new(done));
    }
    for _ in 0..20 {
        let answer = receiver.recv().unwrap();
        assert!(
            matches!(answer, Err(AppendError::Poisoned(_))),
            "{answer:?}"
        );
    }
    assert_eq!(journal.durable_end(), JournalPosition(1));
    assert!(journal.close().is_err());
    assert_eq!(journal.bytes_in_flight(), 0);
}
