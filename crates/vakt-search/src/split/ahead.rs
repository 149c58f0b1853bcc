//! Telling the kernel what of a file will be read.
//!
//! Files are read through a memory map: what is not in the page cache is read from the disk where it is
//! touched, one piece after the other. What a search is sure to need it names before: then the disk has
//! all of it to do at once.

use std::fs::File;
use std::num::NonZeroU64;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

/// A file, or a part of one, that is about to be read.
pub(crate) struct Ahead {
    /// Open for as long as advice is given, so that no split that is open keeps a descriptor. `None` where
    /// it cannot be opened: whoever reads it will say so.
    file: Option<File>,
    /// Where the part begins.
    start: u64,
}

impl Ahead {
    pub(crate) fn of(path: &Path, start: u64) -> Self {
        Self {
            file: File::open(path).ok(),
            start,
        }
    }

    /// So many bytes from `at` on, counted in the part, will be read.
    pub(crate) fn expect(&self, at: u64, bytes: u64) {
        let (Some(file), Some(bytes)) = (&self.file, NonZeroU64::new(bytes)) else {
            return;
        };
        if let Err(error) = fadvise(file, self.start + at, Some(bytes), Advice::WillNeed) {
            tracing::debug!(%error, "what will be read is not read ahead");
        }
    }
}
