//! The journal: where frames become durable before anything else looks at them.
//!
//! [`Journal::append`] takes batches of undecoded frames and answers after the fdatasync that
//! covers them; [`Journal::reader`] gives the durable ones back, in order, each exactly once. After
//! a crash at any moment every answered frame is there once, and no batch is there by half.
//!
//! This crate never looks into a frame, never waits for a consumer, knows no async runtime and
//! holds no search index.
//!
//! Start with [`journal::format`] (what lies on the disk, byte by byte), then `journal/writer.rs`
//! (group commit), `journal/recovery.rs` (what happens at open), [`ledger`] (what shows later that
//! nothing was changed) and [`disk`] (the seam where tests pull the plug).

pub mod disk;
pub mod error;
pub mod hex;
pub mod journal;
pub mod ledger;
pub mod options;
pub mod signing;
pub mod stats;
pub mod verify;

mod cursor;
mod fields;

pub use disk::{Disk, DiskFile, FakeDisk, RealDisk};
pub use error::{AppendError, CloseError, Lost, OpenError, ReadError};
pub use journal::{
    Appended, Copied, CopyError, Done, Journal, Reader, Recovery, Shortage, StoredBatch,
    StoredFrame, copy_journal, retention,
};
pub use ledger::Ledger;
pub use options::Options;
pub use signing::{PublicKey, SigningKey};
pub use stats::Stats;
