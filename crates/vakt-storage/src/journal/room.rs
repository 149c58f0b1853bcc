//! Room on the disk: what is kept in reserve.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::Disk;

/// Without a configured reserve: a twentieth of the file system, at most 2 GiB. The index's merges, the
/// records and whoever else writes there go on with it.
const RESERVE_PART: u64 = 20;
const RESERVE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// There is less room than is kept in reserve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortage {
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that stay free.
    pub reserve: u64,
}

impl Shortage {
    /// Bytes that are to be free before another try is worth it: the reserve, or more than there were
    /// where the disk refused although that was free.
    pub(crate) fn wanted(self) -> u64 {
        self.reserve.max(self.free.saturating_add(1))
    }
}

pub(crate) struct Room {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    reserve: Option<u64>,
}

impl Room {
    /// `reserve` in bytes; `None` for a part of the file system.
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &Path, reserve: Option<u64>) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            reserve,
        }
    }

    /// What is short, when something is. A file system that does not say how much room it has counts
    /// as one that has enough: its writes will tell.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        self.now().filter(|now| now.free < now.reserve)
    }

    /// How it is, whether something is short or not; `None` where the file system does not say.
    pub(crate) fn now(&self) -> Option<Shortage> {
        let space = self.disk.space(&self.dir).ok()?;
        let reserve = self
            .reserve
            .unwrap_or_else(|| (space.total / RESERVE_PART).min(RESERVE_BYTES_MAX));
        Some(Shortage {
            free: space.free,
            reserve,
        })
    }
}
