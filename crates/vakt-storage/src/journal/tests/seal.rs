//! Sealed segments: the chain, the ledger, what a crash in between leaves.

use super::*;
use crate::disk::Disk;
use crate::ledger::{Digest, NO_DIGEST, ReadLedger, read_lines};

/// A journal of several segments; ten batches of noise that fill one about every two.
fn fill(journal: &Journal) {
    for number in 0..10u8 {
        let mut bytes = noise(1500);
        bytes[0] = number;
        let frame = Frame { bytes, ..frame("") };
        append(journal, batch(vec![frame])).unwrap();
    }
}

pub(super) fn ledger(disk: &FakeDisk) -> ReadLedger {
    let file = disk.open(&dir().join(crate::ledger::NAME)).unwrap();
    let read = read_lines(file.as_ref(), None, &mut |_| {}).unwrap();
    assert_eq!(read.faults, []);
    read
}

/// First position, end, previous and own digest of each sealed segment.
fn chain(disk: &FakeDisk) -> Vec<(u64, u64, Digest, Digest)> {
    let read = ledger(disk);
    let sealed = read.state.segments().map(|segment| &segment.sealed);
    sealed
        .map(|one| (one.first.0, one.end.0, one.previous, one.digest))
        .collect()
}

fn assert_linked(chain: &[(u64, u64, Digest, Digest)]) {
    assert_eq!(
        chain.first().map(|one| (one.0, one.2)),
        Some((0, NO_DIGEST))
    );
    for pair in chain.windows(2) {
        assert_eq!((pair[0].1, pair[0].3), (pair[1].0, pair[1].2));
    }
}

#[test]
fn full_segments_are_sealed_and_chained_over_restarts() {
    let disk = FakeDisk::default();
    for _ in 0..3 {
        let journal = open(&disk);
        fill(&journal);
        journal.close().unwrap();
    }
    let chain = chain(&disk);
    assert!(chain.len() >= 10, "{}", chain.len());
    assert_linked(&chain);
    let open = ledger(&disk).state.open().cloned().unwrap();
    assert_eq!(open.end, JournalPosition(30));
    assert_eq!(chain.last().map(|one| one.1), Some(open.first.0));
}

#[test]
fn a_crash_anywhere_leaves_one_chain() {
    let mut ended = false;
    for after in 0..500 {
        let disk = FakeDisk::default();
        let journal = open(&disk);
        disk.stop_at(disk.operations() + after);
        let stored = (0..10u8)
            .take_while(|number| {
                let frame = Frame {
                    bytes: [vec![*number], noise(1500)].concat(),
                    ..frame("")
                };
                append(&journal, batch(vec![frame])).is_ok()
            })
            .count();
        die(&disk, journal);
        disk.crash(after);
        let journal = open(&disk);
        fill(&journal);
        assert!(journal.durable_end().0 >= 10 + stored as u64);
        journal.close().unwrap();
        assert_linked(&chain(&disk));
        if stored == 10 {
            ended = true;
            break;
        }
    }
    assert!(ended);
}

#[test]
fn a_lost_ledger_is_made_again_from_the_seals() {
    let disk = FakeDisk::default();
    let journal = open(&disk);
    fill(&journal);
    journal.close().unwrap();
    let before = chain(&disk);
    disk.remove(&dir().join(crate::ledger::NAME)).unwrap();
    open(&disk).close().unwrap();
    assert_eq!(chain(&disk), before);
}

#[test]
fn a_new_day_begins_a_new_segment() {
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    struct Hands(AtomicI64);

    impl vakt_event::Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0.load(Relaxed)).unwrap()
        }
    }

    let disk = FakeDisk::default();
    let clock = Arc::new(Hands(AtomicI64::new(86_400 * 9 - 1)));
    let options = Options {
        clock: clock.clone(),
        ..options(&disk)
    };
    let (journal, _) = Journal::open(&dir(), &options).unwrap();
    append(&journal, texts(&["a"])).unwrap();
    append(&journal, texts(&["b"])).unwrap();
    assert_eq!(journal.stats().segments, 1);
    clock.0.fetch_add(1, Relaxed);
    append(&journal, texts(&["c"])).unwrap();
    assert_eq!(journal.stats().segments, 2);
    assert_eq!(read_from(&journal, 0), ["0:a", "1:b", "2:c"]);
}

#[test]
fn a_full_disk_in_the_middle_of_a_roll_is_passed_when_there_is_room() {
    // So much room that each step of the roll fails once for want of it.
    let mut failed = 0;
    for free in 0..6000 {
        let disk = FakeDisk::default();
        let options = Options {
            reserve_bytes: Some(0),
            ..options(&disk)
        };
        let (journal, _) = Journal::open(&dir(), &options).unwrap();
        let frame = || Frame {
            bytes: noise(3000),
            ..frame("")
        };
        append(&journal, batch(vec![frame()])).unwrap();
        disk.set_free_bytes(free);
        let first_try = append(&journal, batch(vec![frame()]));
        disk.set_free_bytes(1 << 30);
        match first_try {
            Ok(_) => break,
            Err(AppendError::NoSpace(_)) => failed += 1,
            // A write within a segment whose room was promised: the fake disk does not keep that.
            Err(AppendError::Poisoned(_)) => continue,
            Err(error) => panic!("{error}"),
        }
        append(&journal, batch(vec![frame()])).unwrap();
        assert_eq!(journal.durable_end(), JournalPosition(2));
        journal.close().unwrap();
        drop(journal);
        let (journal, recovery) = Journal::open(&dir(), &options).unwrap();
        assert_eq!((recovery.cut_bytes, recovery.lost_ranges), (0, 0));
        let mut reader = journal.reader(JournalPosition(0));
        let mut frames = 0;
        while let Some(batch) = next_batch(&mut reader) {
            frames += batch.frames.len();
        }
        assert_eq!(frames, 2);
        assert_linked(&chain(&disk));
    }
    assert!(failed > 0);
}
