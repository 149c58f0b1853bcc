//! What the ledger adds up to.

use std::collections::BTreeMap;

use super::entry::{AuditHead, Digest, Entry, Erased, Head, IndexHead, NO_DIGEST, Sealed};
use crate::signing::PublicKey;

/// A sealed segment that was not removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSegment {
    /// As it was when it was sealed.
    pub sealed: Sealed,
    /// What was erased from it since, oldest first.
    pub erased: Vec<Erased>,
}

/// The last line: whoever keeps it elsewhere can tell later whether anything before it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerHead {
    /// 0 before the first line.
    pub seq: u64,
    /// BLAKE3 of the line, without its newline; zeros before the first.
    pub hash: Digest,
}

/// The entries folded. Its size follows that of the journal: what was removed is not in it.
#[derive(Clone, Debug)]
pub struct LedgerState {
    segments: BTreeMap<u64, LedgerSegment>,
    open: Option<Head>,
    audit: Option<AuditHead>,
    index: Option<IndexHead>,
    /// Everything before this position that is not in `segments` was removed.
    removed_end: u64,
    key: Option<PublicKey>,
    last: LedgerHead,
}

impl Default for LedgerState {
    fn default() -> Self {
        Self {
            segments: BTreeMap::new(),
            open: None,
            audit: None,
            index: None,
            removed_end: 0,
            key: None,
            last: LedgerHead {
                seq: 0,
                hash: NO_DIGEST,
            },
        }
    }
}

impl LedgerState {
    /// The sealed segment whose first frame has this position.
    pub fn sealed(&self, first: u64) -> Option<&LedgerSegment> {
        self.segments.get(&first)
    }

    /// The sealed segments that were not removed, ascending.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &LedgerSegment> {
        self.segments.values()
    }

    /// The last word on the open segment; `None` when it was sealed since, or none was written.
    pub fn open(&self) -> Option<&Head> {
        self.open.as_ref()
    }

    /// The last word on the audit log of the records.
    pub fn audit(&self) -> Option<AuditHead> {
        self.audit
    }

    /// The last word on the search index.
    pub fn index(&self) -> Option<IndexHead> {
        self.index
    }

    /// Everything before this position that is not in a segment was removed on purpose.
    pub fn removed_end(&self) -> u64 {
        self.removed_end
    }

    /// The key that signs now; `None` before the first line.
    pub fn key(&self) -> Option<PublicKey> {
        self.key
    }

    pub fn head(&self) -> LedgerHead {
        self.last
    }

    pub(crate) fn set_head(&mut self, seq: u64, hash: Digest) {
        self.last = LedgerHead { seq, hash };
    }

    pub(crate) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Begin { key, .. } | Entry::Key { key } => self.key = Some(key),
            Entry::Sealed(sealed) => {
                self.open = self.open.take().filter(|open| open.first > sealed.first);
                let erased = Vec::new();
                self.segments
                    .insert(sealed.first.0, LedgerSegment { sealed, erased });
            }
            Entry::Head(head) => self.open = Some(head),
            Entry::Audit(head) => self.audit = Some(head),
            Entry::Restored(restored) => self.audit = Some(restored.audit),
            Entry::Index(head) => self.index = Some(head),
            Entry::Removed(removed) => {
                for segment in removed.segments {
                    self.removed_end = self.removed_end.max(segment.end.0);
                    self.segments.remove(&segment.first.0);
                }
            }
            Entry::Erased(erased) => {
                if let Some(segment) = self.segments.get_mut(&erased.first.0) {
                    segment.erased.push(erased);
                }
            }
        }
    }
}
