//! What is wrong with a ledger, in words that say what was done to it.

use std::fmt;

use crate::signing::PublicKey;

/// One fault, at a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFault {
    /// From 1.
    pub line: u64,
    /// Where the line begins in the file, in bytes.
    pub offset: u64,
    pub kind: FaultKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The end was not written to its end. Opening cuts it.
    Torn { bytes: u64 },
    /// The bytes are no entry any more.
    Unreadable { reason: String },
    /// The signature does not hold, and the line after goes on from what it was.
    Altered { seq: u64 },
    /// The signature does not hold, and the line after goes on from the one before it.
    Inserted { seq: u64 },
    /// The signatures of entries `from` to `to` (inclusive) are of no known key, and the lines after
    /// go on from them.
    Foreign { from: u64, to: u64 },
    /// Entries `from` to `to` (inclusive) are missing before this line.
    Removed { from: u64, to: u64 },
    /// The entry is sound, and stands behind later ones.
    Moved { seq: u64 },
    /// The entry is sound, and stands here once more.
    Repeated { seq: u64 },
    /// The entry is signed and does not go on from the signed entry before it.
    Rewritten { seq: u64 },
    /// From here on another key signs, and the one before did not vouch for it.
    NewKey { key: PublicKey },
}

impl fmt::Display for LedgerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, byte {}: {}", self.line, self.offset, self.kind)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { bytes } => write!(
                f,
                "the last {bytes} bytes are no whole entry: writing was interrupted, or they were altered"
            ),
            Self::Unreadable { reason } => {
                write!(f, "the line was altered until it is no entry: {reason}")
            }
            Self::Altered { seq } => {
                write!(f, "entry {seq} was altered: its signature does not hold")
            }
            Self::Inserted { seq } => write!(
                f,
                "an entry {seq} was inserted: its signature does not hold, and the next line goes on \
                 from the line before it"
            ),
            Self::Foreign { from, to } => {
                match from == to {
                    true => write!(f, "entry {from} is")?,
                    false => write!(f, "entries {from} to {to} are")?,
                }
                write!(
                    f,
                    " not signed with the key, and what follows goes on from there: somebody without \
                     the key rewrote them, or the line that names their key is gone"
                )
            }
            Self::Removed { from, to } if from == to => {
                write!(f, "entry {from} was removed before this line")
            }
            Self::Removed { from, to } => {
                write!(f, "entries {from} to {to} were removed before this line")
            }
            Self::Moved { seq } => write!(f, "entry {seq} was moved here from before"),
            Self::Repeated { seq } => write!(f, "entry {seq} was repeated here"),
            Self::Rewritten { seq } => write!(
                f,
                "entry {seq} is signed and does not go on from the line before it: somebody who had \
                 the key rewrote one of them"
            ),
            Self::NewKey { key } => write!(
                f,
                "from here on the key {key} signs, and the key before did not vouch for it: the old \
                 one was lost, or somebody put his own in its place"
            ),
        }
    }
}
