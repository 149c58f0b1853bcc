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

/// Events at the end of a segment that a head had and its seal has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The position of the segment's first frame.
    pub segment: u64,
    /// The positions: from, and the one after the last.
    pub from: u64,
    pub to: u64,
}

/// The entries folded. Its size follows that of the journal: what was removed is not in it.
#[derive(Clone, Debug)]
pub struct LedgerState {
    segments: BTreeMap<u64, LedgerSegment>,
    open: Option<Head>,
    /// The last head of each segment that no line calls sealed: of the open one, and of those that went
    /// before they were.
    heads: BTreeMap<u64, Head>,
    /// What a head had and the seal of its segment lacks.
    cut: Vec<Cut>,
    /// The positions that lines tell of: from, and the one after the last. What touches is one, so that
    /// a journal of which nothing is missing has one.
    told: BTreeMap<u64, u64>,
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
            heads: BTreeMap::new(),
            cut: Vec::new(),
            told: BTreeMap::new(),
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

    /// The last head of the segment with this first frame, unless it was sealed.
    pub fn head_of(&self, first: u64) -> Option<&Head> {
        self.heads.get(&first)
    }

    /// The last heads of all segments that no line calls sealed, ascending.
    pub fn heads(&self) -> impl Iterator<Item = &Head> {
        self.heads.values()
    }

    /// What was cut off segments before they were sealed, though a head had it.
    pub fn cut(&self) -> &[Cut] {
        &self.cut
    }

    /// Positions between others of which no line tells, ascending: from, and the one after the last.
    pub fn holes(&self) -> impl Iterator<Item = (u64, u64)> {
        let ends = self.told.values();
        ends.zip(self.told.keys().skip(1))
            .map(|(end, next)| (*end, *next))
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
                let (first, end) = (sealed.first.0, sealed.end.0);
                // One that was sealed without a frame has used up its name.
                self.tell(first, end.max(first.saturating_add(1)));
                if let Some(head) = self.heads.remove(&first).filter(|head| head.end.0 > end) {
                    self.cut.push(Cut {
                        segment: first,
                        from: end,
                        to: head.end.0,
                    });
                }
                let erased = Vec::new();
                self.segments
                    .insert(sealed.first.0, LedgerSegment { sealed, erased });
            }
            Entry::Head(head) => {
                self.tell(head.first.0, head.end.0);
                self.heads.insert(head.first.0, head.clone());
                self.open = Some(head);
            }
            Entry::Audit(head) => self.audit = Some(head),
            Entry::Restored(restored) => self.audit = Some(restored.audit),
            Entry::Index(head) => self.index = Some(head),
            Entry::Removed(removed) => {
                for segment in removed.segments {
                    self.tell(segment.first.0, segment.end.0);
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

    /// A line tells of these positions.
    fn tell(&mut self, mut from: u64, mut to: u64) {
        if from >= to {
            return;
        }
        while let Some((start, end)) = self.told.range(..=to).next_back()
            && *end >= from
        {
            let start = *start;
            from = from.min(start);
            to = to.max(*end);
            self.told.remove(&start);
        }
        self.told.insert(from, to);
    }
}
