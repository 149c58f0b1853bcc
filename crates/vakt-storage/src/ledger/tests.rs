//! The ledger on the fake disk.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vakt_event::clock::FixedClock;
use vakt_event::{JournalPosition, Timestamp};

use super::*;
use crate::disk::FakeDisk;

fn dir() -> PathBuf {
    PathBuf::from("/journal")
}

fn key(number: u8) -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(&[number; 32]).unwrap())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}

fn open(disk: &FakeDisk, number: u8) -> (Ledger, Vec<LedgerFault>) {
    let disk = Arc::new(disk.clone());
    Ledger::open(disk, &dir(), key(number), Arc::new(FixedClock(at(0)))).unwrap()
}

fn sealed(first: u64, streams: &[&str]) -> Entry {
    let totals = StreamTotals {
        frames: 10,
        bytes: 1000,
        oldest: at(1),
        newest: at(2),
    };
    Entry::Sealed(Sealed {
        first: JournalPosition(first),
        end: JournalPosition(first + 10),
        bytes: 4096,
        records: 2,
        previous: NO_DIGEST,
        digest: [u8::try_from(first % 256).unwrap(); 32],
        streams: streams
            .iter()
            .map(|name| ((*name).to_owned(), totals))
            .collect(),
    })
}

fn head(first: u64) -> Entry {
    Entry::Head(Head {
        first: JournalPosition(first),
        end: JournalPosition(first + 3),
        digest: [7; 32],
    })
}

fn removed(first: u64) -> Entry {
    Entry::Removed(Removed {
        segments: vec![RemovedSegment {
            first: JournalPosition(first),
            end: JournalPosition(first + 10),
            digest: NO_DIGEST,
        }],
        policy: Policy::Age,
        who: "vakt".to_owned(),
        reason: "older than 180 days".to_owned(),
    })
}

fn erased(first: u64) -> Entry {
    Entry::Erased(Erased {
        first: JournalPosition(first),
        ranges: vec![(JournalPosition(first), JournalPosition(first + 2))],
        stream: Some("kund \"A\"".to_owned()),
        hash: [9; 32],
        records: 1,
        policy: Policy::Request,
        who: "åsa".to_owned(),
        reason: "the contract ended".to_owned(),
    })
}

fn content(disk: &FakeDisk) -> Vec<u8> {
    let file = disk.open(&dir().join(NAME)).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

/// A disk with nothing but this ledger.
fn disk_with(bytes: &[u8]) -> FakeDisk {
    let disk = FakeDisk::default();
    let file = disk.create(&dir().join(NAME)).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file.sync_data().unwrap();
    disk.sync_dir(&dir()).unwrap();
    disk
}

fn read(bytes: &[u8], known: u8) -> ReadLedger {
    let file = disk_with(bytes).open(&dir().join(NAME)).unwrap();
    read_lines(file.as_ref(), Some(key(known).public()), &mut |_| {}).unwrap()
}

fn words(faults: &[LedgerFault]) -> Vec<String> {
    faults
        .iter()
        .map(|fault| format!("{}: {}", fault.line, fault.kind))
        .collect()
}

/// A ledger with all kinds of entries: eight lines.
fn example() -> Vec<u8> {
    let disk = FakeDisk::default();
    let (mut ledger, faults) = open(&disk, 1);
    assert_eq!(faults, []);
    ledger.append(sealed(0, &["default"])).unwrap();
    ledger.append(head(10)).unwrap();
    ledger
        .append(sealed(10, &["default", "kund \"A\""]))
        .unwrap();
    ledger.rotate(key(2)).unwrap();
    ledger.append(removed(0)).unwrap();
    ledger.append(erased(10)).unwrap();
    ledger.append(head(20)).unwrap();
    content(&disk)
}

#[test]
fn lines_are_written_as_the_format_says() {
    let text = String::from_utf8(example()).unwrap();
    assert_eq!(text, include_str!("../../tests/fixtures/ledger-1.ndjson"));
}

#[test]
fn what_was_written_adds_up_again() {
    let disk = disk_with(&example());
    let (ledger, faults) = open(&disk, 2);
    assert_eq!(faults, []);
    let state = ledger.state();
    assert_eq!(state.key(), Some(key(2).public()));
    assert_eq!(ledger.head().seq, 8);
    let last = blake3::hash(
        example()
            .trim_ascii_end()
            .rsplit(|b| *b == b'\n')
            .next()
            .unwrap(),
    );
    assert_eq!(ledger.head().hash, *last.as_bytes());
    assert_eq!(ledger.sealed(0), None);
    let segments: Vec<_> = ledger.segments().cloned().collect();
    let (Entry::Sealed(sealed), Entry::Erased(erased)) =
        (sealed(10, &["default", "kund \"A\""]), erased(10))
    else {
        panic!("other kinds");
    };
    let expected = LedgerSegment {
        sealed,
        erased: vec![erased],
    };
    assert_eq!(segments, [expected]);
    let Entry::Head(head) = head(20) else {
        panic!("another kind");
    };
    assert_eq!(state.open(), Some(&head));
}

#[test]
fn a_sealed_segment_is_open_no_more() {
    let disk = FakeDisk::default();
    let (mut ledger, _) = open(&disk, 1);
    ledger.append(head(10)).unwrap();
    ledger.append(sealed(10, &[])).unwrap();
    assert_eq!(ledger.state().open(), None);
}

#[test]
fn the_last_word_on_the_audit_log_counts() {
    let disk = FakeDisk::default();
    let (mut ledger, _) = open(&disk, 1);
    let audit = |entries| AuditHead {
        entries,
        hash: [3; 32],
    };
    ledger.append(Entry::Audit(audit(5))).unwrap();
    assert_eq!(ledger.state().audit(), Some(audit(5)));
    let restored = Restored {
        taken: at(9),
        audit: audit(2),
    };
    ledger.append(Entry::Restored(restored)).unwrap();
    let (ledger, faults) = open(&disk, 1);
    assert_eq!(faults, []);
    assert_eq!(ledger.state().audit(), Some(audit(2)));
    let text = String::from_utf8(content(&disk)).unwrap();
    let hash = "03".repeat(32);
    for said in [
        format!("\"kind\":\"audit\",\"entries\":5,\"hash\":\"{hash}\","),
        format!(
            "\"kind\":\"restored\",\"taken\":\"2027-01-15T08:00:09.000000Z\",\
             \"audit\":{{\"entries\":2,\"hash\":\"{hash}\"}},"
        ),
    ] {
        assert!(text.contains(&said), "{said} in {text}");
    }
}

#[test]
fn each_tampering_is_called_what_it_is() {
    let original = example();
    let check = |what: &str, change: &dyn Fn(&mut Vec<Vec<u8>>), expected: &[&str]| {
        let mut lines: Vec<Vec<u8>> = original
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        change(&mut lines);
        let read = read(&lines.concat(), 2);
        assert_eq!(words(&read.faults), expected, "{what}");
    };
    check("nothing", &|_| {}, &[]);
    check(
        "a field is altered",
        &|lines| replace(&mut lines[1], "4096", "4095"),
        &["2: entry 2 was altered: its signature does not hold"],
    );
    check(
        "a number is altered",
        &|lines| replace(&mut lines[2], "\"seq\":3", "\"seq\":9"),
        &["3: entry 3 was altered: its signature does not hold"],
    );
    check(
        "two neighbours are altered",
        &|lines| {
            replace(&mut lines[1], "4096", "4095");
            replace(&mut lines[2], "\"end\":13", "\"end\":12");
        },
        &[
            "2: entry 2 was altered: its signature does not hold",
            "3: entry 3 was altered: its signature does not hold",
        ],
    );
    check(
        "the first is altered",
        &|lines| replace(&mut lines[0], "2027-01-15", "2027-01-14"),
        &["1: entry 1 was altered: its signature does not hold"],
    );
    check(
        "the last is altered",
        &|lines| replace(&mut lines[7], "\"end\":23", "\"end\":22"),
        &["8: entry 8 was altered: its signature does not hold"],
    );
    check(
        "a line is no entry any more",
        &|lines| replace(&mut lines[1], "\"records\"", "\"records"),
        &["2: the line was altered until it is no entry: expected `:` at line 1 column 179"],
    );
    check(
        "a line is removed",
        &|lines| drop(lines.remove(2)),
        &["3: entry 3 was removed before this line"],
    );
    check(
        "two are removed",
        &|lines| drop(lines.drain(1..3)),
        &["2: entries 2 to 3 were removed before this line"],
    );
    check(
        "the first is removed",
        &|lines| drop(lines.remove(0)),
        &[
            "1: entry 1 was removed before this line",
            "1: entries 2 to 5 are not signed with the key, and what follows goes on from there: somebody without the key rewrote them, or the line that names their key is gone",
        ],
    );
    check(
        "a line is inserted",
        &|lines| {
            let mut line = lines[2].clone();
            replace(&mut line, "\"end\":13", "\"end\":12");
            lines.insert(2, line);
        },
        &[
            "3: an entry 3 was inserted: its signature does not hold, and the next line goes on from the line before it",
        ],
    );
    check(
        "a line is repeated",
        &|lines| lines.insert(4, lines[1].clone()),
        &["5: entry 2 was repeated here"],
    );
    check(
        "neighbours change places",
        &|lines| lines.swap(2, 3),
        &["4: entry 3 was moved here from before"],
    );
    check(
        "a line is removed and the next altered",
        &|lines| {
            lines.remove(1);
            replace(&mut lines[1], "\"end\":13", "\"end\":12");
        },
        &[
            "2: entry 2 was altered: its signature does not hold",
            "3: entry 3 was removed before this line",
        ],
    );
    check(
        "the end is torn",
        &|lines| lines[7].truncate(30),
        &["8: the last 30 bytes are no whole entry: writing was interrupted, or they were altered"],
    );
    check(
        "the end is rewritten without the key",
        &|lines| {
            lines.truncate(6);
            lines.extend(forged_lines(&lines[5], 7));
        },
        &[
            "7: entries 7 to 8 are not signed with the key, and what follows goes on from there: somebody without the key rewrote them, or the line that names their key is gone",
        ],
    );
    check(
        "a foreign key is brought in, and the old goes on",
        &|lines| {
            let foreign = foreign_key_line(&lines[1], 3);
            lines.insert(2, foreign);
        },
        &[
            "3: an entry 3 was inserted: its signature does not hold, and the next line goes on from the line before it",
        ],
    );
}

/// A line that follows `before` and brings a key in by its own word alone.
fn foreign_key_line(before: &[u8], seq: u64) -> Vec<u8> {
    let line = Line {
        seq,
        previous: blake3::hash(before.trim_ascii_end()).into(),
        at: at(0),
        entry: Entry::Key {
            key: key(66).public(),
        },
    };
    line::encode(&line, &key(66)).unwrap()
}

/// Two lines of somebody else, each on the one before.
fn forged_lines(before: &[u8], seq: u64) -> [Vec<u8>; 2] {
    let forge = |before: &[u8], seq| {
        let line = Line {
            seq,
            previous: blake3::hash(before.trim_ascii_end()).into(),
            at: at(0),
            entry: head(20),
        };
        line::encode(&line, &key(66)).unwrap()
    };
    let first = forge(before, seq);
    let second = forge(&first, seq + 1);
    [first, second]
}

fn replace(line: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(line)).unwrap();
    assert!(text.contains(from), "{text}");
    *line = text.replacen(from, to, 1).into_bytes();
}

#[test]
fn whoever_has_the_key_is_found_where_he_leaves_the_chain() {
    let original = example();
    let lines: Vec<&[u8]> = original.split_inclusive(|byte| *byte == b'\n').collect();
    let mut line = check_line(lines[2].trim_ascii_end()).unwrap().line;
    line.at = at(99);
    let forged = line::encode(&line, &key(1)).unwrap();
    let bytes = [lines[0], lines[1], &forged, &lines[3..].concat()].concat();
    assert_eq!(
        words(&read(&bytes, 2).faults),
        [
            "4: entry 4 is signed and does not go on from the line before it: somebody who had the key rewrote one of them"
        ]
    );
}

#[test]
fn a_fault_stays_and_the_ledger_goes_on() {
    let mut bytes = example();
    let at = bytes.windows(4).position(|four| four == b"4096").unwrap();
    bytes[at] = b'5';
    let disk = disk_with(&bytes);
    let (mut ledger, faults) = open(&disk, 2);
    let altered = ["2: entry 2 was altered: its signature does not hold"];
    assert_eq!(words(&faults), altered);
    ledger.append(sealed(20, &[])).unwrap();
    assert!(content(&disk).starts_with(&bytes));
    let (ledger, faults) = open(&disk, 2);
    assert_eq!(words(&faults), altered);
    // What an unsigned line says does not count.
    let firsts: Vec<u64> = ledger.segments().map(|one| one.sealed.first.0).collect();
    assert_eq!(firsts, [10, 20]);
    assert_eq!(ledger.head().seq, 9);
}

#[test]
fn a_torn_end_is_cut_and_said() {
    let whole = example();
    let kept = whole
        .trim_ascii_end()
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    let mut holed = whole.clone();
    holed[kept + 50..kept + 60].fill(0);
    let check = |bytes: &[u8]| {
        let disk = disk_with(bytes);
        let (mut ledger, faults) = open(&disk, 2);
        let torn = FaultKind::Torn {
            bytes: (bytes.len() - kept) as u64,
        };
        let kinds: Vec<FaultKind> = faults.into_iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, [torn]);
        assert_eq!(content(&disk), &whole[..kept]);
        ledger.append(head(20)).unwrap();
        assert_eq!(content(&disk), whole);
    };
    check(&holed);
    for length in kept + 1..whole.len() {
        check(&whole[..length]);
    }
}

#[test]
fn a_lost_key_is_a_break_of_trust() {
    let disk = disk_with(&example());
    let (mut ledger, faults) = open(&disk, 3);
    let says = |line: u64| {
        format!(
            "{line}: from here on the key {} signs, and the key before did not vouch for it: the \
             old one was lost, or somebody put his own in its place",
            key(3).public()
        )
    };
    assert_eq!(words(&faults), [says(9)]);
    ledger.append(head(20)).unwrap();
    assert_eq!(ledger.head().seq, 10);
    let (ledger, faults) = open(&disk, 3);
    assert_eq!(words(&faults), [says(9)]);
    assert_eq!(ledger.state().key(), Some(key(3).public()));
}

#[test]
fn a_line_that_does_not_fit_is_taken_back() {
    let disk = FakeDisk::default();
    let (mut ledger, _) = open(&disk, 1);
    ledger.append(head(0)).unwrap();
    let before = content(&disk);
    disk.set_free_bytes(100);
    let error = ledger.append(head(1)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(content(&disk), before);
    disk.set_free_bytes(10_000);
    ledger.append(head(2)).unwrap();
    assert_eq!(open(&disk, 1).1, []);
    assert_eq!(ledger.head().seq, 3);
}

#[test]
fn after_a_failed_sync_nothing_more_is_written() {
    let disk = FakeDisk::default();
    let (mut ledger, _) = open(&disk, 1);
    ledger.append(head(0)).unwrap();
    disk.fail_syncs();
    ledger.append(head(1)).unwrap_err();
    let written = content(&disk);
    disk.kill();
    let error = ledger.append(head(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ledger /journal/ledger.ndjson stopped: cannot sync: input/output error; free or repair \
         the disk, then restart"
    );
    assert_eq!(content(&disk), written);
}

#[test]
fn a_newer_version_is_left_alone() {
    let line = Line {
        seq: 1,
        previous: NO_DIGEST,
        at: at(0),
        entry: Entry::Begin {
            version: 2,
            key: key(1).public(),
        },
    };
    let bytes = line::encode(&line, &key(1)).unwrap();
    let disk = disk_with(&bytes);
    let opened = Ledger::open(
        Arc::new(disk.clone()),
        &dir(),
        key(1),
        Arc::new(FixedClock(at(0))),
    );
    assert_eq!(
        opened.err().unwrap().to_string(),
        "/journal/ledger.ndjson: ledger version 2 is unknown (this Vakt reads up to 1); start the \
         Vakt that wrote it, or a newer one"
    );
    assert_eq!(content(&disk), bytes);
}

#[test]
fn keys_are_written_by_the_ledger_alone() {
    let (mut ledger, _) = open(&FakeDisk::default(), 1);
    let key = key(9).public();
    for entry in [Entry::Begin { version: 1, key }, Entry::Key { key }] {
        let error = ledger.append(entry).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}

#[derive(Clone, Debug)]
struct Round {
    appends: usize,
    /// The operation, counted from the opening, at which the disk stops.
    stop: Option<u64>,
    free_bytes: Option<u64>,
    /// Power is lost with this seed; else the process alone dies.
    power_loss: Option<u64>,
}

fn any_round() -> impl Strategy<Value = Round> {
    (
        0usize..6,
        prop::option::of(0u64..20),
        prop::option::weighted(0.2, 0u64..3000),
        prop::option::of(any::<u64>()),
    )
        .prop_map(|(appends, stop, free_bytes, power_loss)| Round {
            appends,
            stop,
            free_bytes,
            power_loss,
        })
}

proptest! {
    #[test]
    fn what_was_acknowledged_survives(rounds in prop::collection::vec(any_round(), 1..6)) {
        let disk = FakeDisk::default();
        let mut acknowledged = BTreeMap::new();
        let mut attempted = BTreeMap::new();
        let mut next = 0u64;
        for round in rounds {
            if let Some(stop) = round.stop {
                disk.stop_at(disk.operations() + stop);
            }
            if let Some(bytes) = round.free_bytes {
                disk.set_free_bytes(bytes);
            }
            let opened = Ledger::open(
                Arc::new(disk.clone()),
                &dir(),
                key(1),
                Arc::new(FixedClock(at(0))),
            );
            if let Ok((mut ledger, _)) = opened {
                for _ in 0..round.appends {
                    // Of a few sectors.
                    let names: Vec<String> = (0..next % 5).map(|n| "x".repeat(usize::try_from(n).unwrap() * 100)).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let entry = sealed(next, &names);
                    attempted.insert(next, entry.clone());
                    if ledger.append(entry.clone()).is_ok() {
                        acknowledged.insert(next, entry);
                    }
                    next += 1;
                }
            }
            match round.power_loss {
                Some(seed) => disk.crash(seed),
                None => disk.kill(),
            }
            let (ledger, faults) = open(&disk, 1);
            prop_assert!(
                faults.iter().all(|fault| matches!(fault.kind, FaultKind::Torn { .. })),
                "{faults:?}"
            );
            let kept: BTreeMap<u64, Entry> = ledger
                .segments()
                .map(|one| (one.sealed.first.0, Entry::Sealed(one.sealed.clone())))
                .collect();
            for (first, entry) in &acknowledged {
                prop_assert_eq!(kept.get(first), Some(entry));
            }
            for (first, entry) in &kept {
                prop_assert_eq!(attempted.get(first), Some(entry));
            }
            acknowledged = kept;
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2000), cut in any::<prop::sample::Index>()) {
        let mut mixed = example();
        let at = cut.index(mixed.len());
        mixed.splice(at..at, bytes);
        let read = read(&mixed, 2);
        prop_assert!(read.bytes <= mixed.len() as u64);
    }
}
