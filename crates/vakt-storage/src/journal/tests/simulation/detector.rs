//! A consumer as the detection is one: effects under repeatable ids in one transaction with the
//! checkpoint, and windows whose snapshot may be older and is brought up to date by reading again.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::time::Duration;

use super::super::super::Reader;
use super::frames::{Id, id_of};
use super::process::Process;
use super::store;
use crate::disk::FakeDisk;
use crate::error::ReadError;

pub(super) const DIR: &str = "/data/records";

/// What a match leads to, named by the events that make it: the first and the last.
pub(super) type Effect = (u64, u64);

#[derive(Default)]
pub(super) struct Detector {
    /// Effects of events before it are in the records.
    checkpoint: u64,
    snapshot: Snapshot,
    pub(super) effects: BTreeSet<Effect>,
    /// The windows as of `position`.
    correlator: Correlator,
    position: u64,
    /// Frames that it was given may be lost by now: what it reads again need not match.
    pub(super) gaps: bool,
    reader: Option<Reader>,
}

#[derive(Clone, Default)]
struct Snapshot {
    position: u64,
    correlator: Correlator,
}

impl Detector {
    pub(super) fn load(disk: &FakeDisk) -> io::Result<Self> {
        let numbers = store::load(disk, DIR)?;
        let [checkpoint, position, hits, rest @ ..] = numbers.as_slice() else {
            return Ok(Self::default());
        };
        let (hits, effects) = rest.split_at(usize::try_from(*hits).unwrap());
        let (effects, _) = effects.as_chunks::<2>();
        let correlator = Correlator {
            hits: hits.iter().copied().collect(),
        };
        assert!(
            position <= checkpoint,
            "the snapshot is ahead of the checkpoint"
        );
        Ok(Self {
            checkpoint: *checkpoint,
            snapshot: Snapshot {
                position: *position,
                correlator: correlator.clone(),
            },
            effects: effects
                .iter()
                .map(|[first, last]| (*first, *last))
                .collect(),
            correlator,
            position: *position,
            ..Self::default()
        })
    }

    /// Writes effects and checkpoint; with the windows, if they shall be written and are up to date.
    pub(super) fn commit(&mut self, disk: &FakeDisk, windows: bool) -> io::Result<()> {
        self.checkpoint = self.checkpoint.max(self.position);
        if windows && self.position == self.checkpoint {
            self.snapshot = Snapshot {
                position: self.position,
                correlator: self.correlator.clone(),
            };
        }
        let hits = &self.snapshot.correlator.hits;
        let mut numbers = vec![self.checkpoint, self.snapshot.position, hits.len() as u64];
        numbers.extend(hits);
        numbers.extend(
            self.effects
                .iter()
                .flat_map(|(first, last)| [*first, *last]),
        );
        store::save(disk, DIR, &numbers)
    }

    pub(super) fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// Reads a batch; whether there may be more at once.
    pub(super) fn read(&mut self, process: &Process) -> Result<bool, ReadError> {
        let position = self.position;
        let reader = self.reader.get_or_insert_with(|| process.reader(position));
        let batch = match reader.next(Duration::ZERO) {
            Ok(Some(batch)) => batch,
            Ok(None) => return Ok(false),
            Err(ReadError::Lost(_)) => {
                self.position = reader.position().0;
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        self.position = reader.position().0;
        for frame in batch.frames {
            let at = frame.position.0;
            for effect in self.correlator.feed(at, id_of(&frame.bytes)) {
                if at < self.checkpoint {
                    let repeats = self.gaps || self.effects.contains(&effect);
                    assert!(repeats, "{effect:?} does not repeat");
                } else {
                    assert!(self.effects.insert(effect), "{effect:?} came twice");
                }
            }
        }
        Ok(true)
    }
}

/// Two rules: every fifth frame by itself, and three of every third within twelve positions.
#[derive(Clone, Default)]
pub(super) struct Correlator {
    hits: VecDeque<u64>,
}

impl Correlator {
    pub(super) fn feed(&mut self, position: u64, id: Id) -> Vec<Effect> {
        let mut effects = Vec::new();
        if id.is_multiple_of(5) {
            effects.push((position, position));
        }
        if id.is_multiple_of(3) {
            self.hits.retain(|hit| hit + 12 > position);
            self.hits.push_back(position);
            if self.hits.len() == 3 {
                effects.extend(self.hits.front().map(|first| (*first, position)));
                self.hits.clear();
            }
        }
        effects
    }
}
