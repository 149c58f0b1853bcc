//! Bytes that changed on the disk: cut at the tail, jumped over in the middle, never a panic.

use proptest::prelude::*;

use super::super::body::Packer;
use super::super::format::SEGMENT_HEADER_BYTES;
use super::super::group::Group;
use super::super::recovery::recover;
use super::super::writer::Writer;
use super::*;
use crate::disk::Fault;
use crate::disk::random::SplitMix;
use crate::error::OpenError;

/// Ten batches of two frames, a commit each, in one segment; with the offset of each record.
fn ten_batches(disk: &FakeDisk) -> Vec<u64> {
    let options = Options {
        segment_bytes_max: 1 << 20,
        ..options(disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    let mut offsets = Vec::new();
    let mut offset = SEGMENT_HEADER_BYTES as u64;
    for number in 0..10 {
        let before = journal.stats().appended_bytes;
        append(
            &journal,
            texts(&[&format!("{number}a"), &format!("{number}b")]),
        )
        .unwrap();
        offsets.push(offset);
        offset += journal.stats().appended_bytes - before;
    }
    offsets.push(offset);
    die(disk, journal);
    offsets
}

fn frames(range: std::ops::Range<u64>) -> Vec<String> {
    range
        .flat_map(|number| {
            let first = number * 2;
            [
                format!("{first}:{number}a"),
                format!("{}:{number}b", first + 1),
            ]
        })
        .collect()
}

#[test]
fn a_damaged_record_in_the_middle_is_reported_and_jumped_over() {
    // Where in record 4: its magic, its length, its source, its last byte.
    for at in [0, 8, 75, 1_000_000] {
        let disk = FakeDisk::default();
        let offsets = ten_batches(&disk);
        let at = (offsets[4] + at).min(offsets[5] - 1);
        disk.corrupt(&segment_path(0), at, 0x40).unwrap();
        let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
        assert_eq!(recovery.next, JournalPosition(20));
        assert_eq!(recovery.cut_bytes, 0);
        let lost: Vec<String> = recovery.lost.iter().map(ToString::to_string).collect();
        assert_eq!(lost.len(), 1);
        assert!(
            lost[0].contains("positions 8 to 10 (exclusive) are lost"),
            "{lost:?}"
        );
        let expected = [frames(0..4), vec!["lost 8..10".to_owned()], frames(5..10)].concat();
        assert_eq!(read_from(&journal, 0), expected);
        assert_eq!(read_from(&journal, 9)[0], "lost 9..10");
        assert_eq!(read_from(&journal, 10), frames(5..10));
        let error = journal.read(JournalPosition(8)).unwrap_err();
        assert_eq!(path_of(&error), Some(segment_path(0).as_path()));
        append(&journal, texts(&["more"])).unwrap();
        assert_eq!(read_from(&journal, 19), ["19:9b", "20:more"]);
    }
}

#[test]
fn a_damaged_last_record_is_cut_after_a_crash_and_reported_after_a_close() {
    let disk = FakeDisk::default();
    let offsets = ten_batches(&disk);
    disk.corrupt(&segment_path(0), offsets[9] + 80, 1).unwrap();
    let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
    assert_eq!(recovery.next, JournalPosition(18));
    assert_eq!(recovery.cut_bytes, offsets[10] - offsets[9]);
    assert!(recovery.cut_reason.is_some());
    assert_eq!(read_from(&journal, 0), frames(0..9));
    journal.close().unwrap();

    disk.corrupt(&segment_path(0), offsets[8] + 80, 1).unwrap();
    let (journal, recovery) = Journal::open(&dir(), &options(&disk)).unwrap();
    assert_eq!(
        recovery.next,
        JournalPosition(18),
        "no position is given twice"
    );
    append(&journal, texts(&["more"])).unwrap();
    let expected = [
        frames(0..8),
        vec!["lost 16..18".to_owned(), "18:more".to_owned()],
    ];
    assert_eq!(read_from(&journal, 0), expected.concat());
}

/// Batches of one frame each, packed.
fn group(texts_of: &[&str]) -> Group {
    let batches = texts_of.iter().map(|text| {
        let batch = texts(&[text]);
        let source = super::super::source::encode(&batch.source).unwrap();
        (batch, source)
    });
    Group::of_batches(batches.collect(), &mut Packer::default())
}

/// What is cut must be gone: a whole record of a torn commit would fit behind a new record of the
/// same length, and come back as if it had been acknowledged.
#[test]
fn what_was_cut_does_not_come_back() {
    let disk = FakeDisk::default();
    let options = options(&disk);
    let recovered = recover(&dir(), &options).unwrap();
    let mut writer = Writer::new(&dir(), &options, recovered, Arc::default());
    let queue = Queue::new(BOUNDLESS);
    let one_commit = vec![group(&["torn", "kept"])];
    let commit = writer.write(one_commit, &queue).unwrap();
    commit.finish(&queue).unwrap();
    disk.kill();
    let first_record = SEGMENT_HEADER_BYTES as u64;
    disk.corrupt(&segment_path(0), first_record, 1).unwrap();
    let journal = open(&disk);
    assert_eq!(read_from(&journal, 0), [""; 0]);
    append(&journal, texts(&["next"])).unwrap();
    die(&disk, journal);
    assert_eq!(read_from(&open(&disk), 0), ["0:next"]);
}

/// While one commit is made durable the next one is written already: where the first is torn, so is the
/// second, whole as it may be.
#[test]
fn what_was_written_ahead_is_torn_with_what_it_follows() {
    let disk = FakeDisk::default();
    let options = options(&disk);
    let recovered = recover(&dir(), &options).unwrap();
    let mut writer = Writer::new(&dir(), &options, recovered, Arc::default());
    let queue = Queue::new(BOUNDLESS);
    let commits = ["torn", "ahead"].map(|text| writer.write(vec![group(&[text])], &queue).unwrap());
    for commit in commits {
        commit.finish(&queue).unwrap();
    }
    disk.kill();
    let first_record = SEGMENT_HEADER_BYTES as u64;
    disk.corrupt(&segment_path(0), first_record, 1).unwrap();
    let journal = open(&disk);
    assert_eq!(read_from(&journal, 0), [""; 0]);
}

/// After a failed sync the kernel has pages that are not on the disk and that it will not write. What a
/// start finds is written again, also what lies before the last commit and was written beside it.
#[test]
fn a_start_writes_again_what_no_commit_proves() {
    let disk = FakeDisk::default();
    let options = options(&disk);
    let recovered = recover(&dir(), &options).unwrap();
    let mut writer = Writer::new(&dir(), &options, recovered, Arc::default());
    let queue = Queue::new(BOUNDLESS);
    // Longer than a sector: what shares one is written with it.
    let long = |name: &str| {
        let mut noise = SplitMix(name.len() as u64);
        let noise: String = (0..60).map(|_| format!("{:x}", noise.next())).collect();
        format!("{name} {noise}")
    };
    let all = ["durable", "failed", "ahead"].map(long);
    let mut write = |text: &str| writer.write(vec![group(&[text])], &queue).unwrap();
    let durable = write(&all[0]);
    let durable_bytes = durable.written.touched[0].1;
    let failed = write(&all[1]);
    durable.finish(&queue).unwrap();
    let ahead = write(&all[2]);
    disk.inject(Fault::SyncDropsPages { after: 0 });
    assert!(failed.finish(&queue).is_err());
    assert!(ahead.finish(&queue).is_err());
    disk.heal();
    disk.kill();
    // The first sync covered them here, as it need not.
    disk.lose_pages(&segment_path(0), durable_bytes).unwrap();
    let all: Vec<String> = (0..)
        .zip(all)
        .map(|(at, text)| format!("{at}:{text}"))
        .collect();
    let journal = open(&disk);
    assert_eq!(read_from(&journal, 0), all);
    drop(journal);
    disk.crash(1);
    assert_eq!(read_from(&open(&disk), 0), all);
}

#[test]
fn a_damaged_segment_header_loses_nothing() {
    let disk = FakeDisk::default();
    ten_batches(&disk);
    disk.corrupt(&segment_path(0), 17, 0xff).unwrap();
    let journal = open(&disk);
    append(&journal, texts(&["more"])).unwrap();
    let expected = [frames(0..10), vec!["20:more".to_owned()]].concat();
    assert_eq!(read_from(&journal, 0), expected);
    drop(journal);
    assert_eq!(read_from(&open(&disk), 0), expected);
}

#[test]
fn a_newer_version_is_refused_and_untouched() {
    let disk = FakeDisk::default();
    let offsets = ten_batches(&disk);
    let length = disk_length(&disk);
    let mut header = read_bytes(&disk, 0, 128);
    header[8] = 9;
    let crc = crc32c::crc32c(&header[..124]);
    header[124..].copy_from_slice(&crc.to_le_bytes());
    write_bytes(&disk, 0, &header);
    let error = Journal::open(&dir(), &options(&disk)).err().unwrap();
    assert!(matches!(error, OpenError::Version { found: 9, .. }));
    assert!(
        error.to_string().contains("version 9 is unknown"),
        "{error}"
    );

    let disk = FakeDisk::default();
    ten_batches(&disk);
    let mut record = read_bytes(&disk, offsets[9], 72 + source_bytes());
    record[4] = 9;
    let (covered, source) = ([&record[..68]], &record[72..]);
    let crc = crc32c::crc32c_append(crc32c::crc32c(covered[0]), source);
    let crc = crc.to_le_bytes();
    record[68..72].copy_from_slice(&crc);
    write_bytes(&disk, offsets[9], &record);
    let error = Journal::open(&dir(), &options(&disk)).err().unwrap();
    assert!(matches!(error, OpenError::Version { found: 9, .. }));
    assert_eq!(disk_length(&disk), length);
}

fn source_bytes() -> usize {
    super::super::source::encode(&source("syslog"))
        .unwrap()
        .len()
}

fn disk_length(disk: &FakeDisk) -> u64 {
    use crate::disk::Disk;
    disk.open(&segment_path(0)).unwrap().len().unwrap()
}

fn read_bytes(disk: &FakeDisk, offset: u64, length: usize) -> Vec<u8> {
    use crate::disk::Disk;
    let mut bytes = vec![0; length];
    let file = disk.open(&segment_path(0)).unwrap();
    assert_eq!(file.read_at(&mut bytes, offset).unwrap(), length);
    bytes
}

fn write_bytes(disk: &FakeDisk, offset: u64, bytes: &[u8]) {
    use crate::disk::Disk;
    let file = disk.open(&segment_path(0)).unwrap();
    file.write_all_at(bytes, offset).unwrap();
}

#[test]
fn a_frame_cannot_pretend_to_be_a_record() {
    let disk = FakeDisk::default();
    // A whole record of another journal, sent as a frame.
    let forged = {
        let other = FakeDisk::seeded(1);
        let offsets = ten_batches(&other);
        let length = usize::try_from(offsets[10] - offsets[9]).unwrap();
        read_bytes(&other, offsets[9], length)
    };
    let journal = open(&disk);
    let carrier = Frame {
        bytes: forged,
        ..frame("")
    };
    append(&journal, batch(vec![carrier])).unwrap();
    append(&journal, texts(&["after"])).unwrap();
    drop(journal);
    // The carrier's header breaks, and the search for the next record meets the forged one.
    disk.corrupt(&segment_path(0), 130, 1).unwrap();
    let journal = open(&disk);
    assert_eq!(read_from(&journal, 0), ["lost 0..1", "1:after"]);
}

proptest! {
    /// Whatever bytes change, reading gives frames that were written, each at its position, or
    /// says that it is lost.
    #[test]
    fn any_damage_is_survived(
        hits in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..12),
    ) {
        let disk = FakeDisk::default();
        let length = *ten_batches(&disk).last().unwrap();
        for (at, mask) in hits {
            let at = at.index(usize::try_from(length).unwrap()) as u64;
            disk.corrupt(&segment_path(0), at, mask).unwrap();
        }
        let Ok((journal, _)) = Journal::open(&dir(), &options(&disk)) else {
            // Only when the flips made a sound header of another version, which no seed found.
            return Err(TestCaseError::fail("the journal does not open"));
        };
        let written = frames(0..10);
        let mut accounted = Vec::new();
        for line in read_from(&journal, 0) {
            match line.strip_prefix("lost ") {
                Some(range) => {
                    let (from, to) = range.split_once("..").unwrap();
                    accounted.extend(from.parse::<u64>().unwrap()..to.parse().unwrap());
                }
                None => {
                    prop_assert!(written.contains(&line), "{line}");
                    accounted.push(line.split_once(':').unwrap().0.parse().unwrap());
                }
            }
        }
        let end = journal.durable_end().0;
        prop_assert_eq!(accounted, (0..end).collect::<Vec<_>>());
    }
}
