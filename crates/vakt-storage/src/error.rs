//! What can go wrong, in words that say where and what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use vakt_event::JournalPosition;

use crate::journal::Shortage;

/// The journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{dir} is in use: another daemon holds the lock {lock}; stop it, or choose another data directory"
    )]
    Locked { dir: PathBuf, lock: PathBuf },
    #[error(
        "{path}: journal format version {found} is unknown (this Vakt reads up to {supported}); start the Vakt that wrote it, or a newer one"
    )]
    Version {
        path: PathBuf,
        found: u16,
        supported: u16,
    },
    #[error(
        "{path}: ledger version {found} is unknown (this Vakt reads up to {supported}); start the Vakt that wrote it, or a newer one"
    )]
    LedgerVersion {
        path: PathBuf,
        found: u16,
        supported: u16,
    },
    #[error("{path}: cannot {action}: {source}")]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

/// A batch was not stored. Nothing of it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The sender may come again: this passes as soon as the disk has caught up.
    #[error("{in_flight} bytes are waiting for the disk, and the bound is {limit}; try again")]
    Full { in_flight: usize, limit: usize },
    /// The sender may come again: this passes when somebody makes room.
    #[error(
        "the disk is as full as it may get: {} bytes are free, and {} stay free; make room, and it goes on by itself",
        .0.free,
        .0.reserve
    )]
    NoSpace(Shortage),
    /// No retry helps: the batch must be cut into smaller ones.
    #[error("a batch of {bytes} bytes is over the limit of {limit}; send smaller ones")]
    TooLarge { bytes: usize, limit: usize },
    /// A write or a sync failed. Nothing more is written until a restart has recovered.
    #[error("the journal stopped writing: {0}; free or repair the disk, then restart")]
    Poisoned(Arc<str>),
    #[error("the journal is closed")]
    Closed,
}

/// The last commit or the last checkpoint failed; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal was not closed cleanly: {0}; the next start recovers it")]
pub struct CloseError(pub Arc<str>);

/// Positions whose frames cannot be given back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}, byte {offset}: {reason}: positions {from} to {to} (exclusive) are lost")]
pub struct Lost {
    /// The first lost position.
    pub from: JournalPosition,
    /// The first position after them.
    pub to: JournalPosition,
    pub path: PathBuf,
    /// Where in the segment the trouble begins, in bytes.
    pub offset: u64,
    pub reason: String,
}

/// A reader could not give the next batch.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reported once; the next call goes on behind it.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// The next call tries again at the same place.
    #[error("{path}: cannot {action}: {source}")]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    /// The next call says the same.
    #[error(
        "{path}: journal format version {found} is unknown (this Vakt reads up to {supported}); start the Vakt that wrote it, or a newer one"
    )]
    Version {
        path: PathBuf,
        found: u16,
        supported: u16,
    },
    /// The journal was closed and everything durable has been read.
    #[error("the journal is closed")]
    Closed,
}
