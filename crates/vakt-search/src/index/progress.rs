//! How far a search is.

use std::fmt::Debug;

/// How far a search is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events that were looked at, because columns, filters and inverted indexes were not enough.
    pub read: u64,
    /// Events that are judged, whether they were read or not.
    pub covered: u64,
    /// Events that are to be judged.
    pub of: u64,
    /// Events that the index has not reached, and that are read from the journal.
    pub behind: u64,
}

/// Hears how far a search is, on the thread that searches: what it does must be short.
pub trait Watch: Debug + Send + Sync {
    fn at(&self, progress: Progress);
}
