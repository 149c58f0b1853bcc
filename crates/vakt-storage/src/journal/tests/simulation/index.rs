//! A consumer as the search index is one: what it holds and how far it came are one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use super::super::super::Reader;
use super::frames::{Id, id_of};
use super::process::Process;
use super::store;
use crate::disk::FakeDisk;
use crate::error::ReadError;

pub(super) const DIR: &str = "/data/index";

#[derive(Default)]
pub(super) struct Index {
    /// Everything before it was read.
    position: u64,
    pub(super) entries: BTreeMap<u64, Id>,
    /// Positions that the journal said are lost.
    pub(super) lost: BTreeSet<u64>,
    reader: Option<Reader>,
}

impl Index {
    pub(super) fn load(disk: &FakeDisk) -> io::Result<Self> {
        let numbers = store::load(disk, DIR)?;
        let Some((position, pairs)) = numbers.split_first() else {
            return Ok(Self::default());
        };
        let (pairs, _) = pairs.as_chunks::<2>();
        let id = |id: u64| Id::try_from(id).unwrap();
        Ok(Self {
            position: *position,
            entries: pairs.iter().map(|[at, what]| (*at, id(*what))).collect(),
            ..Self::default()
        })
    }

    pub(super) fn commit(&self, disk: &FakeDisk) -> io::Result<()> {
        let pairs = self.entries.iter().flat_map(|(at, id)| [*at, *id as u64]);
        let numbers: Vec<u64> = std::iter::once(self.position).chain(pairs).collect();
        store::save(disk, DIR, &numbers)
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Reads a batch; whether there may be more at once.
    pub(super) fn read(&mut self, process: &Process) -> Result<bool, ReadError> {
        let position = self.position;
        let reader = self.reader.get_or_insert_with(|| process.reader(position));
        match reader.next(Duration::ZERO) {
            Ok(Some(batch)) => {
                for frame in batch.frames {
                    let at = frame.position.0;
                    assert!(at >= self.position, "the reader went back to {at}");
                    let twice = self.entries.insert(at, id_of(&frame.bytes));
                    assert!(twice.is_none(), "position {at} is indexed twice");
                }
                self.position = reader.position().0;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(ReadError::Lost(lost)) => {
                self.lost.extend(lost.from.0..lost.to.0);
                self.position = reader.position().0;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}
