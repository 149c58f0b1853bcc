//! Promise 1 under power loss, process death, full disks and failing syncs, at any operation.
//!
//! The writer runs here without its thread, so that a case is the same every time it is run.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::recovery::{Recovery, recover};
use super::super::source as source_format;
use super::super::writer::Writer;
use super::*;
use crate::stats::Counters;

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// From this operation on, counted from the round's beginning (recovery included).
    Stop(u64),
    /// From the commit with this number on.
    FailSyncs(usize),
    FreeBytes(u64),
}

#[derive(Clone, Copy, Debug)]
enum End {
    PowerLoss(u64),
    Kill,
}

/// A frame: its length and, for a journald entry, its number.
type FrameSpec = (usize, Option<u64>);

#[derive(Clone, Debug)]
struct Round {
    fault: Option<Fault>,
    end: End,
    /// Commits of batches of frames.
    commits: Vec<Vec<Vec<FrameSpec>>>,
}

fn any_round() -> impl Strategy<Value = Round> {
    let fault = prop_oneof![
        4 => (0u64..60).prop_map(Fault::Stop),
        1 => (0usize..8).prop_map(Fault::FailSyncs),
        1 => (0u64..4000).prop_map(Fault::FreeBytes),
    ];
    let end = prop_oneof![
        2 => any::<u64>().prop_map(End::PowerLoss),
        1 => Just(End::Kill),
    ];
    // Few lengths, so that what is left of a torn commit often fits behind a new record.
    let length = prop::sample::select(vec![0usize, 10, 300, 700]);
    let frame = (length, prop::option::weighted(0.4, 0u64..30));
    let batch = prop::collection::vec(frame, 0..4);
    let commit = prop::collection::vec(batch, 0..4);
    (
        prop::option::of(fault),
        end,
        prop::collection::vec(commit, 0..8),
    )
        .prop_map(|(fault, end, commits)| Round {
            fault,
            end,
            commits,
        })
}

/// What must be, and what may be, in the journal.
#[derive(Default)]
struct Model {
    /// What every reader must find, by position.
    history: Vec<Frame>,
    /// Batches of the commit that was under way when the last fault struck: any number of them,
    /// from the first on, may be there.
    maybe: Vec<Vec<Frame>>,
    next_id: u64,
}

impl Model {
    fn frame(&mut self, (length, number): FrameSpec) -> Frame {
        let id = self.next_id;
        self.next_id += 1;
        Frame {
            cursor: number.map(|sequence_number| CursorKey {
                sequence_id: 7,
                boot_id: 1,
                sequence_number,
                check: 0,
            }),
            ..frame(&format!("{id:06}{}", "x".repeat(length)))
        }
    }

    /// The frames of a commit that are new, a list for each batch.
    fn fresh(&self, batches: &[(Batch, Vec<u8>)]) -> Vec<Vec<Frame>> {
        let mut held: BTreeSet<CursorKey> = self
            .history
            .iter()
            .filter_map(|frame| frame.cursor)
            .collect();
        let mut fresh = Vec::new();
        for (batch, _) in batches {
            let new = batch
                .frames
                .iter()
                .filter(|frame| frame.cursor.is_none_or(|key| held.insert(key)));
            fresh.push(new.cloned().collect());
        }
        fresh
    }

    /// Holds the stored frames against the model, and takes over what turned out to be there.
    fn check(&mut self, stored: &[Frame], recovery: &Recovery) {
        assert_eq!(recovery.lost, [], "nothing durable was damaged");
        assert!(
            stored.len() >= self.history.len(),
            "acknowledged frames are gone"
        );
        let (kept, more) = stored.split_at(self.history.len());
        assert!(kept == self.history, "acknowledged frames have changed");
        let mut whole = Vec::new();
        let mut possible = self.maybe.iter();
        while whole.len() < more.len() {
            let batch = possible.next().expect("frames that nobody sent");
            whole.extend(batch.iter().cloned());
        }
        assert!(more == whole, "a batch is there by half");
        self.history = stored.to_vec();
        self.maybe.clear();
        let keys: Vec<CursorKey> = stored.iter().filter_map(|frame| frame.cursor).collect();
        let distinct: BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "an entry is there twice");
    }
}

fn stored_frames(reader: &mut Reader) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some(batch) = next_batch(reader) {
        for stored in batch.frames {
            assert_eq!(stored.position.0, frames.len() as u64);
            frames.push(Frame {
                bytes: stored.bytes,
                format: stored.format,
                received: stored.received,
                truncated: stored.truncated,
                cursor: stored.cursor,
            });
        }
    }
    frames
}

/// Opens, checks, and commits until the round is over or the fault strikes.
fn play(disk: &FakeDisk, model: &mut Model, round: &Round) {
    let options = Options {
        segment_bytes_max: 2000,
        reserve_bytes: Some(0),
        ..options(disk)
    };
    match round.fault {
        Some(Fault::Stop(after)) => disk.stop_at(disk.operations() + after),
        Some(Fault::FreeBytes(bytes)) => disk.set_free_bytes(bytes),
        _ => {}
    }
    let Ok(recovered) = recover(&dir(), &options) else {
        assert!(round.fault.is_some(), "recovery fails only with the disk");
        return;
    };
    let progress = Arc::clone(&recovered.progress);
    let disk_again: Arc<dyn crate::disk::Disk> = Arc::new(disk.clone());
    let mut reader = Reader::new(Arc::clone(&disk_again), Arc::clone(&progress), 0);
    model.check(&stored_frames(&mut reader), &recovered.recovery);
    let mut writer = Writer::new(&dir(), &options, recovered, Arc::new(Counters::default()));
    for (number, commit) in round.commits.iter().enumerate() {
        if matches!(round.fault, Some(Fault::FailSyncs(from)) if from == number) {
            disk.fail_syncs();
        }
        let mut batches = Vec::new();
        for specs in commit {
            let frames = specs.iter().map(|spec| model.frame(*spec)).collect();
            let batch = batch(frames);
            let source = source_format::encode(&batch.source).unwrap();
            batches.push((batch, source));
        }
        let fresh = model.fresh(&batches);
        let Ok(appended) = writer.commit(&batches) else {
            assert!(round.fault.is_some(), "commits fail only with the disk");
            model.maybe = fresh;
            return;
        };
        for ((appended, fresh), (batch, _)) in appended.iter().zip(fresh).zip(&batches) {
            let Ok(appended) = appended else {
                assert!(matches!(round.fault, Some(Fault::FreeBytes(_))));
                continue;
            };
            assert_eq!(appended.first.0, model.history.len() as u64);
            assert_eq!(appended.stored, fresh.len());
            assert_eq!(appended.repeated, batch.frames.len() - fresh.len());
            model.history.extend(fresh);
        }
        // The same reader goes on, and a new one sees the same.
        let position = usize::try_from(progress.end()).unwrap();
        assert_eq!(position, model.history.len());
        let mut fresh_reader = Reader::new(Arc::clone(&disk_again), Arc::clone(&progress), 0);
        assert!(stored_frames(&mut fresh_reader) == model.history);
    }
}

fn simulate(rounds: &[Round]) {
    let disk = FakeDisk::default();
    let mut model = Model::default();
    let last = Round {
        fault: None,
        end: End::Kill,
        commits: vec![vec![vec![(10, None)]]],
    };
    for round in rounds.iter().chain([&last, &last]) {
        play(&disk, &mut model, round);
        match round.end {
            End::PowerLoss(seed) => disk.crash(seed),
            End::Kill => disk.kill(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn acknowledged_frames_survive_everything_exactly_once(
        rounds in prop::collection::vec(any_round(), 1..6),
    ) {
        simulate(&rounds);
    }
}
