//! What the owner of a journal may choose.

use std::sync::Arc;

use vakt_event::clock::SystemClock;
use vakt_event::{Clock, JournalPosition};

use crate::disk::{Disk, RealDisk};
use crate::signing::SigningKey;

/// A segment of 64 MiB: the unit of retention and of rolling checkpoints; what a start after a
/// crash reads again is at most one.
pub const SEGMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// 64 MiB waiting for the disk: a second or two of what one disk takes.
pub const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// 8 MiB a commit: long enough that the sync's own cost vanishes, short enough that the first
/// batch of a burst does not wait for the last.
pub const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Journald sequences (one a stream, boot and journal file's writer) whose entries are
/// told apart from repeated ones. Beyond it the one unused for longest is forgotten.
pub const CURSOR_SEQUENCES_MAX: usize = 16_384;

/// Runs of journald entries without a gap, over all sequences: some 48 MiB of memory when full. A
/// sender that filters leaves a gap, and so a run, an entry. Beyond it the sequence unused for
/// longest is forgotten, or the lowest run of the only one.
pub const CURSOR_INTERVALS_MAX: usize = 1_000_000;

/// Entries whose time and hash are known beside their number, over all sequences: some 12 MiB of
/// memory and 8 MiB of each checkpoint when full; hours of a thousand machines. Beyond it the number
/// alone tells an entry, those of the sequence unused for longest first.
pub const CURSOR_CHECKS_MAX: usize = 500_000;

#[derive(Clone)]
pub struct Options {
    pub segment_bytes_max: u64,
    pub queue_bytes_max: usize,
    pub group_bytes_max: usize,
    pub cursor_sequences_max: usize,
    pub cursor_intervals_max: usize,
    pub cursor_checks_max: usize,
    /// Bytes of the file system that stay free: with less, nothing is taken in. `None` is a
    /// twentieth of the file system, at most 2 GiB.
    pub reserve_bytes: Option<u64>,
    /// No position below this one is given to a new frame, even when the journal ends earlier: the
    /// furthest checkpoint of all consumers. It keeps positions unique when acknowledged frames were
    /// lost to a damaged disk or an old backup.
    pub next_position_min: JournalPosition,
    /// What signs the ledger; `None` is a key that is forgotten when the journal is closed.
    pub key: Option<Arc<SigningKey>>,
    /// Where a segment's creation time comes from.
    pub clock: Arc<dyn Clock>,
    pub disk: Arc<dyn Disk>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes_max: SEGMENT_BYTES_MAX,
            queue_bytes_max: QUEUE_BYTES_MAX,
            group_bytes_max: GROUP_BYTES_MAX,
            cursor_sequences_max: CURSOR_SEQUENCES_MAX,
            cursor_intervals_max: CURSOR_INTERVALS_MAX,
            cursor_checks_max: CURSOR_CHECKS_MAX,
            reserve_bytes: None,
            next_position_min: JournalPosition(0),
            key: None,
            clock: Arc::new(SystemClock),
            disk: Arc::new(RealDisk),
        }
    }
}
