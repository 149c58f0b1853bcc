//! A table of tamperings, each called what it is.

mod copies;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use vakt_event::{Batch, Clock, Format, Frame, JournalPosition, Source, Transport};

use super::*;
use crate::disk::FakeDisk;
use crate::journal::Journal;
use crate::journal::retention::{Keep, Request, Retention, Selection};
use crate::journal::seal::{Seal, digest_of};
use crate::journal::segment::seal as seal_segment;
use crate::options::Options;
use crate::signing::SigningKey;

const DAY_SECONDS: i64 = 86_400;

fn dir() -> PathBuf {
    PathBuf::from("/data/journal")
}

fn key(number: u8) -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed(&[number; 32]).unwrap())
}

struct Day(AtomicI64);

impl Day {
    fn at(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + self.0.load(Ordering::SeqCst) * DAY_SECONDS)
            .unwrap()
    }
}

impl Clock for Day {
    fn now(&self) -> Timestamp {
        self.at()
    }
}

struct Story {
    disk: FakeDisk,
    day: Arc<Day>,
    /// The open segment as it was after its first record.
    early: Vec<u8>,
    /// The third segment before it was sealed.
    earlier: Vec<u8>,
}

/// A day a segment, of three records: positions 0 to 4, 5 to 9, 10 to 14 sealed, 15 to 19 open.
fn story() -> Story {
    let disk = FakeDisk::default();
    let day = Arc::new(Day(AtomicI64::new(0)));
    let mut early = Vec::new();
    let mut earlier = Vec::new();
    {
        let journal = open(&disk, &day);
        for number in 0..4 {
            day.0.store(number, Ordering::SeqCst);
            append(&journal, &day, "a", &["one", "two"]);
            if number == 3 {
                early = content(&disk, &segment(15));
            }
            append(&journal, &day, "b", &["three"]);
            append(&journal, &day, "a", &["four", "five"]);
            if number == 2 {
                earlier = content(&disk, &segment(10));
            }
        }
        journal.close().unwrap();
    }
    Story {
        disk,
        day,
        early,
        earlier,
    }
}

fn options(disk: &FakeDisk, day: &Arc<Day>) -> Options {
    Options {
        disk: Arc::new(disk.clone()),
        key: Some(key(1)),
        clock: Arc::clone(day) as Arc<dyn Clock>,
        ..Options::default()
    }
}

fn open(disk: &FakeDisk, day: &Arc<Day>) -> Journal {
    Journal::open(&dir(), &options(disk, day)).unwrap().0
}

fn append(journal: &Journal, day: &Day, stream: &str, texts: &[&str]) {
    let source = Source {
        stream: stream.to_owned(),
        transport: Transport::Tcp,
        listener: "syslog".to_owned(),
        peer: None,
        zone: None,
        drill: false,
    };
    let frames = texts.iter().map(|text| Frame {
        bytes: text.as_bytes().to_vec(),
        format: Format::Syslog,
        received: day.at(),
        truncated: false,
        cursor: None,
    });
    let batch = Batch {
        source: Arc::new(source),
        frames: frames.collect(),
    };
    let (sender, receiver) = mpsc::channel();
    journal.append(batch, Box::new(move |result| sender.send(result).unwrap()));
    receiver.recv().unwrap().unwrap();
}

fn segment(first: u64) -> String {
    format::segment_name(first)
}

fn content(disk: &FakeDisk, name: &str) -> Vec<u8> {
    let file = disk.open(&dir().join(name)).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    assert_eq!(file.read_at(&mut bytes, 0).unwrap(), bytes.len());
    bytes
}

fn put(disk: &FakeDisk, name: &str, bytes: &[u8]) {
    let path = dir().join(name);
    let file = disk.open(&path).or_else(|_| disk.create(&path)).unwrap();
    file.set_len(0).unwrap();
    file.write_all_at(bytes, 0).unwrap();
}

fn change(disk: &FakeDisk, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = content(disk, name);
    change(&mut bytes);
    put(disk, name, &bytes);
}

/// Where the record with this number begins and ends; a sealed segment's last one is its seal.
fn record(bytes: &[u8], number: usize) -> std::ops::Range<usize> {
    let mut at = 128;
    for _ in 0..number {
        at += record_bytes(bytes, at);
    }
    at..at + record_bytes(bytes, at)
}

fn record_bytes(bytes: &[u8], at: usize) -> usize {
    let length: [u8; 4] = bytes[at + 8..at + 12].try_into().unwrap();
    usize::try_from(u32::from_le_bytes(length)).unwrap()
}

/// Changes the last byte of a record, or more.
fn flip(bytes: &mut [u8], number: usize) {
    let end = record(bytes, number).end;
    bytes[end - 1] ^= 1;
}

/// Makes the checksums of a record fit its bytes.
fn repair(bytes: &mut [u8], number: usize) {
    let range = record(bytes, number);
    let record = &mut bytes[range];
    let source: [u8; 2] = record[12..14].try_into().unwrap();
    let body = 72 + usize::from(u16::from_le_bytes(source));
    let crc = crc32c::crc32c(&record[body..]).to_le_bytes();
    record[64..68].copy_from_slice(&crc);
    let head = crc32c::crc32c(&record[..68]);
    let crc = crc32c::crc32c_append(head, &record[72..body]).to_le_bytes();
    record[68..72].copy_from_slice(&crc);
}

fn repair_header(bytes: &mut [u8]) {
    let crc = crc32c::crc32c(&bytes[..124]).to_le_bytes();
    bytes[124..128].copy_from_slice(&crc);
}

/// Writes the seal of a segment anew.
fn reseal(disk: &FakeDisk, first: u64, change: impl FnOnce(&mut Seal)) {
    let (offset, mut seal) = Scan::of(disk, &dir(), first).unwrap().seal.unwrap();
    let end = seal.end().unwrap();
    change(&mut seal);
    let file = disk.open(&dir().join(segment(first))).unwrap();
    let id = u64::from_le_bytes(content(disk, &segment(first))[16..24].try_into().unwrap());
    file.set_len(offset).unwrap();
    seal_segment(file.as_ref(), id, offset, end, &seal).unwrap();
}

fn report(disk: &FakeDisk) -> JournalReport {
    let expected = Expected {
        key: Some(key(1).public()),
        head: None,
        restored: None,
    };
    verify_journal(disk, &dir(), &expected).unwrap()
}

fn words(findings: &Findings) -> Vec<String> {
    findings.listed.iter().map(Finding::to_string).collect()
}

#[test]
fn an_untouched_journal_is_sound() {
    let story = story();
    let check = || {
        let report = report(&story.disk);
        assert_eq!(words(&report.findings), Vec::<String>::new());
        assert_eq!(report.intended, []);
        assert_eq!((report.first, report.end), (0, 20));
        assert_eq!((report.segments, report.records), (4, 12));
        // begin, three sealed segments, the head of the open one.
        assert_eq!((report.lines, report.head.seq), (5, 5));
        assert_eq!(report.key, Some(key(1).public()));
    };
    check();
    let journal = open(&story.disk, &story.day);
    check();
    drop(journal);
    check();
}

#[test]
fn each_tampering_is_called_what_it_is() {
    let mut wrong = String::new();
    let mut check = |what: &str, tamper: &dyn Fn(&Story), expected: &[&str]| {
        let story = story();
        tamper(&story);
        let found = words(&report(&story.disk).findings);
        if found != expected {
            wrong.push_str(&format!("{what}: {found:#?}\n"));
        }
    };
    let five = segment(5);
    check(
        "a byte of a frame is flipped",
        &|story| change(&story.disk, &five, |bytes| flip(bytes, 1)),
        &[
            "journal/00000000000000000005.segment, byte 228, position 7: the record was changed: the checksum of a record's body does not hold",
        ],
    );
    check(
        "a byte of a frame is flipped, and the checksums are made to fit",
        &|story| {
            change(&story.disk, &five, |bytes| {
                flip(bytes, 1);
                repair(bytes, 1);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 228, position 7: the record was changed, and its checksums made to fit",
        ],
    );
    check(
        "a byte of a record's header is flipped",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let at = record(bytes, 1).start;
                bytes[at + 40] ^= 1;
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 228, position 7: the record was changed: the checksum of a record's header does not hold",
        ],
    );
    check(
        "a record is removed",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let range = record(bytes, 1);
                bytes.drain(range);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 228, position 7: the records were removed from here",
        ],
    );
    check(
        "the last record is removed",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let range = record(bytes, 2);
                bytes.drain(range);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 323, positions 8 to 9: the records were removed from here",
        ],
    );
    check(
        "two records change places",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let (one, two) = (record(bytes, 1), record(bytes, 2));
                let swapped = [&bytes[two.clone()], &bytes[one.clone()]].concat();
                bytes[one.start..two.end].copy_from_slice(&swapped);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 330, position 7: the record was moved here from before",
        ],
    );
    check(
        "a record is inserted",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let (one, two) = (record(bytes, 0), record(bytes, 1));
                let mut forged = bytes[two.clone()].to_vec();
                let last = forged.len() - 1;
                forged[last] ^= 1;
                bytes.splice(one.end..one.end, forged);
                repair(bytes, 1);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 228, position 7: the record was inserted: it was not there when the segment was sealed",
        ],
    );
    check(
        "bytes are inserted between records",
        &|story| {
            change(&story.disk, &five, |bytes| {
                let at = record(bytes, 1).start;
                bytes.splice(at..at, *b"abc");
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 228: bytes were inserted that are no record: no record begins here",
        ],
    );
    check(
        "a segment is removed",
        &|story| story.disk.remove(&dir().join(&five)).unwrap(),
        &[
            "journal/00000000000000000005.segment, positions 5 to 9: the segment was removed, and no signed entry says so",
        ],
    );
    check(
        "two segments exchange their names",
        &|story| {
            let (one, two) = (
                content(&story.disk, &five),
                content(&story.disk, &segment(10)),
            );
            put(&story.disk, &five, &two);
            put(&story.disk, &segment(10), &one);
        },
        &[
            "journal/00000000000000000005.segment, byte 0: the file is the segment 00000000000000000010.segment under this name",
            "journal/00000000000000000010.segment, byte 0: the file is the segment 00000000000000000005.segment under this name",
        ],
    );
    check(
        "a sealed segment is replaced by an older copy",
        &|story| {
            put(
                &story.disk,
                &segment(10),
                &story.earlier[..record(&story.earlier, 1).end],
            )
        },
        &[
            "journal/00000000000000000010.segment, byte 323, positions 13 to 14: the end was cut off, or an older copy of the segment was put in its place",
        ],
    );
    check(
        "a sealed segment loses its seal alone",
        &|story| put(&story.disk, &segment(10), &story.earlier),
        &[
            "journal/00000000000000000010.segment, byte 425: the seal was removed or changed; the records are as they were sealed",
        ],
    );
    check(
        "the seal's summary is changed",
        &|story| reseal(&story.disk, 5, |seal| seal.streams.clear()),
        &[
            "journal/00000000000000000005.segment, byte 425: what the seal says of the segment was changed; the records are not concerned",
        ],
    );
    check(
        "the seal's list is changed",
        &|story| reseal(&story.disk, 5, |seal| seal.records[1].hash[0] ^= 1),
        &[
            "journal/00000000000000000005.segment, byte 425: the seal was changed; the records are as they were sealed",
        ],
    );
    check(
        "a record and the seal's list are changed to fit",
        &|story| {
            change(&story.disk, &five, |bytes| {
                flip(bytes, 1);
                repair(bytes, 1);
            });
            let scan = Scan::of(&story.disk, &dir(), 5).unwrap();
            reseal(&story.disk, 5, |seal| {
                seal.records = scan.hashes();
                seal.digest = digest_of(&scan.header.unwrap().0, &seal.records);
            });
        },
        &[
            "journal/00000000000000000005.segment, positions 5 to 9: another version of the segment was put in its place: its records and its seal fit one another, and the ledger has another digest",
        ],
    );
    check(
        "a segment's header is changed",
        &|story| {
            change(&story.disk, &five, |bytes| {
                bytes[32] ^= 1;
                repair_header(bytes);
            });
        },
        &[
            "journal/00000000000000000005.segment, byte 0: the header was changed, and its checksum made to fit",
        ],
    );
    check(
        "a segment's header is damaged",
        &|story| change(&story.disk, &five, |bytes| bytes[32] ^= 1),
        &[
            "journal/00000000000000000005.segment, byte 0: the header was changed: its checksum does not hold",
        ],
    );
    check(
        "bytes are added behind the seal",
        &|story| change(&story.disk, &five, |bytes| bytes.extend_from_slice(b"more")),
        &["journal/00000000000000000005.segment, byte 743: bytes were added behind the seal"],
    );
    check(
        "the open segment is cut before the head",
        &|story| {
            change(&story.disk, &segment(15), |bytes| {
                let end = record(bytes, 1).end;
                bytes.truncate(end);
            });
        },
        &[
            "journal/00000000000000000015.segment, byte 323, positions 18 to 19: the end was cut off, or an older copy of the segment was put in its place: the ledger's last head had more",
        ],
    );
    check(
        "the open segment is replaced by an older copy",
        &|story| put(&story.disk, &segment(15), &story.early),
        &[
            "journal/00000000000000000015.segment, byte 228, positions 17 to 19: the end was cut off, or an older copy of the segment was put in its place: the ledger's last head had more",
        ],
    );
    check(
        "a record of the open segment is changed",
        &|story| {
            change(&story.disk, &segment(15), |bytes| {
                flip(bytes, 1);
                repair(bytes, 1);
            });
        },
        &[
            "journal/00000000000000000015.segment, positions 15 to 19: records were changed, removed or moved since the ledger's last head: its digest is another",
        ],
    );
    check(
        "the open segment is removed",
        &|story| story.disk.remove(&dir().join(segment(15))).unwrap(),
        &[
            "journal/00000000000000000015.segment, positions 15 to 19: the segment was removed, and no signed entry says so",
        ],
    );
    check(
        "a segment is added",
        &|story| {
            let bytes = content(&story.disk, &five);
            put(&story.disk, &segment(7), &bytes);
        },
        &[
            "journal/00000000000000000007.segment, positions 7 to 9: no entry of the ledger knows the segment",
        ],
    );
    check(
        "a line of the ledger is removed",
        &|story| {
            change(&story.disk, ledger::NAME, |bytes| {
                let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                *bytes = [lines[0], lines[1], lines[3], lines[4]].concat();
            });
        },
        &[
            "journal/ledger.ndjson, byte 1061: line 3: entry 3 was removed before this line",
            "journal/00000000000000000005.segment, positions 5 to 9: no entry of the ledger knows the segment",
        ],
    );
    check(
        "the ledger is removed",
        &|story| story.disk.remove(&dir().join(ledger::NAME)).unwrap(),
        &[
            "journal/ledger.ndjson: the ledger is missing: nothing tells whether segments were changed or removed. A journal of an earlier version has none until its next start",
        ],
    );
    check(
        "the ledger is emptied",
        &|story| change(&story.disk, ledger::NAME, Vec::clear),
        &[
            "journal/ledger.ndjson: the ledger is empty: nothing tells whether segments were changed or removed. A loss of power leaves such a file; put it back from a backup before the next start begins a new one",
        ],
    );
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_start_says_that_it_begins_the_ledger_anew() {
    let check = |tamper: &dyn Fn(&Story), expected: bool| {
        let story = story();
        tamper(&story);
        let (journal, recovery) = Journal::open(&dir(), &options(&story.disk, &story.day)).unwrap();
        assert_eq!(recovery.ledger_begun, expected);
        journal.close().unwrap();
    };
    check(&|_| {}, false);
    check(&|story| change(&story.disk, ledger::NAME, Vec::clear), true);
    check(
        &|story| story.disk.remove(&dir().join(ledger::NAME)).unwrap(),
        true,
    );
    let fresh = FakeDisk::default();
    let day = Arc::new(Day(AtomicI64::new(0)));
    assert!(
        !Journal::open(&dir(), &options(&fresh, &day))
            .unwrap()
            .1
            .ledger_begun
    );
}

/// What a start and an event after a tampering do not hide.
#[test]
fn what_went_before_it_was_sealed_is_told_after_the_next_start() {
    let mut wrong = String::new();
    let mut check = |what: &str, tamper: &dyn Fn(&Story), expected: &[&str]| {
        let story = story();
        tamper(&story);
        for round in ["one", "two"] {
            let options = Options {
                next_position_min: JournalPosition(20),
                ..options(&story.disk, &story.day)
            };
            let (journal, _) = Journal::open(&dir(), &options).unwrap();
            append(&journal, &story.day, "a", &[round]);
            journal.close().unwrap();
            let found = words(&report(&story.disk).findings);
            if found != expected {
                wrong.push_str(&format!("{what}, round {round}: {found:#?}\n"));
            }
        }
    };
    let remove = |story: &Story, name: &str| story.disk.remove(&dir().join(name)).unwrap();
    // The ledger without its last line, the head of the open segment.
    let without_head = |story: &Story| {
        change(&story.disk, ledger::NAME, |bytes| {
            let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            *bytes = lines[..4].concat();
        });
    };
    check("nothing", &|_| {}, &[]);
    check(
        "the open segment is removed",
        &|story| remove(story, &segment(15)),
        &[
            "journal/00000000000000000015.segment, positions 15 to 19: the segment was removed, and no signed entry says so",
        ],
    );
    check(
        "the open segment is emptied",
        &|story| change(&story.disk, &segment(15), Vec::clear),
        &[
            "journal/00000000000000000015.segment, positions 15 to 19: the end was cut off before the segment was sealed: a signed head of the ledger had more",
        ],
    );
    check(
        "the open segment is cut",
        &|story| {
            change(&story.disk, &segment(15), |bytes| {
                let end = record(bytes, 1).end;
                bytes.truncate(end);
            });
        },
        &[
            "journal/00000000000000000015.segment, positions 18 to 19: the end was cut off before the segment was sealed: a signed head of the ledger had more",
        ],
    );
    check(
        "the open segment is removed before a head tells of it",
        &|story| {
            without_head(story);
            remove(story, &segment(15));
        },
        &[
            "journal/00000000000000000015.segment, positions 15 to 19: the events had positions, and no segment that was sealed or is there has them: what held them was removed, and no signed entry says so",
        ],
    );
    check(
        "all segments are removed",
        &|story| {
            for first in [0, 5, 10, 15] {
                remove(story, &segment(first));
            }
        },
        &[
            "journal/00000000000000000000.segment, positions 0 to 4: the segment was removed, and no signed entry says so",
            "journal/00000000000000000005.segment, positions 5 to 9: the segment was removed, and no signed entry says so",
            "journal/00000000000000000010.segment, positions 10 to 14: the segment was removed, and no signed entry says so",
            "journal/00000000000000000020.segment, byte 0: its header names another segment before it than the ledger",
            "journal/00000000000000000015.segment, positions 15 to 19: the segment was removed, and no signed entry says so",
        ],
    );
    assert!(wrong.is_empty(), "{wrong}");
}

fn taken_on_purpose(story: &Story, act: impl FnOnce(&Journal)) -> JournalReport {
    let journal = open(&story.disk, &story.day);
    act(&journal);
    journal.close().unwrap();
    report(&story.disk)
}

fn check_again(story: &Story) -> JournalReport {
    report(&story.disk)
}

fn erase_b(journal: &Journal) {
    let selection = Selection {
        stream: Some("b".to_owned()),
        ..Selection::default()
    };
    let request = Request {
        who: "åsa".to_owned(),
        reason: "the contract ended".to_owned(),
    };
    journal
        .erase(&selection, JournalPosition(10), &request)
        .unwrap();
}

fn remove_the_first_two(story: &Story, journal: &Journal) {
    let retention = Retention {
        default: Keep {
            age: Some(Duration::from_secs(36 * 3600)),
            bytes: None,
        },
        ..Retention::default()
    };
    journal
        .retain(&retention, JournalPosition(20), story.day.at(), 0)
        .unwrap();
}

#[test]
fn what_is_erased_on_purpose_is_told_and_no_tampering() {
    let story = story();
    let five = content(&story.disk, &segment(5));
    let report = taken_on_purpose(&story, erase_b);
    assert_eq!(words(&report.findings), Vec::<String>::new());
    let intended: Vec<&str> = report
        .intended
        .iter()
        .map(|one| one.text.as_str())
        .collect();
    assert_eq!(
        intended,
        [
            "åsa erased 1 event in 1 record of the stream b from 00000000000000000000.segment (policy request: the contract ended)",
            "åsa erased 1 event in 1 record of the stream b from 00000000000000000005.segment (policy request: the contract ended)",
        ]
    );
    // The one from before the erasure comes back.
    put(&story.disk, &segment(5), &five);
    assert_eq!(
        words(&check_again(&story).findings),
        [
            "journal/00000000000000000005.segment, byte 228, position 7: the record was erased, and is there again: an older copy of the segment was put in its place"
        ]
    );
}

#[test]
fn what_is_erased_without_an_entry_is_tampering() {
    let story = story();
    let ledger = content(&story.disk, ledger::NAME);
    taken_on_purpose(&story, erase_b);
    put(&story.disk, ledger::NAME, &ledger);
    assert_eq!(
        words(&report(&story.disk).findings),
        [
            "journal/00000000000000000000.segment, byte 228, position 2: the record was erased, and no signed entry says so",
            "journal/00000000000000000005.segment, byte 228, position 7: the record was erased, and no signed entry says so",
        ]
    );
}

#[test]
fn what_is_removed_by_retention_is_told_and_must_stay_away() {
    let story = story();
    let five = content(&story.disk, &segment(5));
    let report = taken_on_purpose(&story, |journal| remove_the_first_two(&story, journal));
    assert_eq!(words(&report.findings), Vec::<String>::new());
    assert_eq!((report.first, report.segments), (10, 2));
    let intended: Vec<&str> = report
        .intended
        .iter()
        .map(|one| one.text.as_str())
        .collect();
    assert_eq!(
        intended,
        [
            "vakt removed 2 segments of positions 0 to 9 (policy age: older than the retention keeps)"
        ]
    );
    put(&story.disk, &segment(5), &five);
    assert_eq!(
        words(&check_again(&story).findings),
        [
            "journal/00000000000000000005.segment, positions 5 to 9: the ledger says that the segment was removed, and it is there: it was put back, or the removal was interrupted and the next start finishes it"
        ]
    );
}

#[test]
fn a_head_and_a_key_that_were_kept_elsewhere_tell_a_rewritten_history() {
    let story = story();
    let kept = report(&story.disk).head;
    let with = |disk: &FakeDisk, number: u8, head: Digest| {
        let expected = Expected {
            key: Some(key(number).public()),
            head: Some(head),
            restored: None,
        };
        verify_journal(disk, &dir(), &expected).unwrap()
    };
    let later = taken_on_purpose(&story, erase_b);
    assert!(later.head.seq > kept.seq);
    let report = with(&story.disk, 1, kept.hash);
    assert_eq!(report.head_found_at, Some(5));
    assert_eq!(words(&report.findings), Vec::<String>::new());

    let report = with(&story.disk, 1, [3; 32]);
    assert_eq!(
        words(&report.findings),
        [
            "journal/ledger.ndjson: the head 0303030303030303030303030303030303030303030303030303030303030303 that was kept elsewhere is none of its lines: the history was rewritten, or cut off before it"
        ]
    );
    let report = with(&story.disk, 2, kept.hash);
    assert_eq!(
        words(&report.findings),
        [format!(
            "journal/ledger.ndjson: it is signed with the key {}, and {} is expected",
            key(1).public(),
            key(2).public()
        )]
    );
}
