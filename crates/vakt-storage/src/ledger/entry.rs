//! What an entry of the ledger says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use vakt_event::{JournalPosition, Timestamp};

use crate::hex;
use crate::signing::PublicKey;

/// A BLAKE3 hash.
pub type Digest = [u8; 32];

/// The `previous` of the first of a chain.
pub const NO_DIGEST: Digest = [0; 32];

/// One entry. In JSON the kind is `kind` in lower case, and the fields follow in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// The first line: the format's version and the key that signs from here on.
    Begin {
        version: u16,
        key: PublicKey,
    },
    Sealed(Sealed),
    Head(Head),
    Removed(Removed),
    Erased(Erased),
    Audit(AuditHead),
    Restored(Restored),
    Index(IndexHead),
    /// Another key signs from the next line on. Signed with the old key, it is a rotation; signed
    /// with the new one only, the old was lost, and nothing vouches for what follows.
    Key {
        key: PublicKey,
    },
}

/// A segment that nothing is added to any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The position of its first frame.
    pub first: JournalPosition,
    /// The position after its last frame.
    pub end: JournalPosition,
    /// Bytes of the file when it was sealed.
    pub bytes: u64,
    pub records: u64,
    /// The digest of the segment before; zeros for the first.
    #[serde(with = "hex::digits")]
    pub previous: Digest,
    #[serde(with = "hex::digits")]
    pub digest: Digest,
    pub streams: BTreeMap<String, StreamTotals>,
}

/// What a sealed segment holds of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTotals {
    pub frames: u64,
    /// Bytes that its records take on the disk.
    pub bytes: u64,
    /// Times of receipt.
    #[serde(serialize_with = "micros")]
    pub oldest: Timestamp,
    #[serde(serialize_with = "micros")]
    pub newest: Timestamp,
}

/// How far the open segment had been written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The position of its first frame.
    pub first: JournalPosition,
    /// The position after the last frame that the digest covers.
    pub end: JournalPosition,
    /// What the segment's digest would be with the records up to `end`.
    #[serde(with = "hex::digits")]
    pub digest: Digest,
}

/// Whole segments that were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub segments: Vec<RemovedSegment>,
    pub policy: Policy,
    /// The person, or `vakt` for the daemon.
    pub who: String,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedSegment {
    pub first: JournalPosition,
    pub end: JournalPosition,
    #[serde(with = "hex::digits")]
    pub digest: Digest,
}

/// Records of a segment whose content was erased; their hashes stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// The position of the segment's first frame.
    pub first: JournalPosition,
    /// Positions of the erased frames: from, to (exclusive); ascending.
    pub ranges: Vec<(JournalPosition, JournalPosition)>,
    /// The stream that was erased; `None` when the ranges were.
    pub stream: Option<String>,
    /// BLAKE3 of the hashes of the erased records, one after the other.
    #[serde(with = "hex::digits")]
    pub hash: Digest,
    pub records: u64,
    pub policy: Policy,
    pub who: String,
    pub reason: String,
}

/// How far the audit log of the records is. The log is a chain of hashes with its own first entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The number of its last entry; 0 when it has none.
    pub entries: u64,
    /// The hash of that entry; zeros when it has none.
    #[serde(with = "hex::digits")]
    pub hash: Digest,
}

/// What the catalogue of the search index said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexHead {
    /// Changes since the index was made.
    pub changes: u64,
    /// The digest of what the catalogue says, the hashes of all splits among it.
    #[serde(with = "hex::digits")]
    pub digest: Digest,
}

/// The data directory was made of a backup. Its records are older than its ledger may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When the backup was taken.
    #[serde(serialize_with = "micros")]
    pub taken: Timestamp,
    /// The audit log in the backup.
    pub audit: AuditHead,
}

/// Why something was removed or erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// It was older than is kept.
    Age,
    /// There was more than is kept.
    Bytes,
    /// A person asked for it.
    Request,
}

impl Policy {
    /// The word that stands in the ledger.
    pub fn word(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Bytes => "bytes",
            Self::Request => "request",
        }
    }
}

/// An instant with all six digits of its microseconds, so that lines of a kind look alike.
pub(crate) fn micros<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{:.6}", instant.to_jiff()))
}
