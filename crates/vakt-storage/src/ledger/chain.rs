//! Whether the lines stand as they were written, and if not, what was done to them.

use std::collections::BTreeSet;

use super::entry::{Digest, NO_DIGEST};
use super::fault::{FaultKind, LedgerFault};

/// What is known of a line by itself.
pub(crate) struct Link {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) offset: u64,
    pub(crate) hash: Digest,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    Unreadable {
        reason: String,
    },
    Entry {
        seq: u64,
        previous: Digest,
        is_signed: bool,
    },
}

/// Compares each line with the ones around it.
pub(crate) fn examine(links: &[Link]) -> Vec<LedgerFault> {
    let mut chain = Chain {
        signed: links.iter().filter_map(Link::signed_seq).collect(),
        seen: BTreeSet::new(),
        seq: 0,
        hash: NO_DIGEST,
        is_sound: true,
        is_foreign: false,
        unreadable: 0,
        faults: Vec::new(),
    };
    for (at, link) in links.iter().enumerate() {
        chain.add(link, links.get(at + 1));
    }
    chain.faults
}

impl Link {
    fn signed_seq(&self) -> Option<u64> {
        match self.content {
            Content::Entry {
                seq,
                is_signed: true,
                ..
            } => Some(seq),
            _ => None,
        }
    }

    fn goes_on_from(&self, hash: &Digest) -> bool {
        matches!(&self.content, Content::Entry { previous, .. } if previous == hash)
    }
}

struct Chain {
    /// The numbers of all signed entries, wherever they stand.
    signed: BTreeSet<u64>,
    /// Those that stood in their place.
    seen: BTreeSet<u64>,
    /// The last line that counts as one of the chain.
    seq: u64,
    hash: Digest,
    /// Whether that line is as it was written, so that the next must go on from it.
    is_sound: bool,
    /// Whether that line is of a key that is not known.
    is_foreign: bool,
    /// Lines since then of which nothing can be said.
    unreadable: u64,
    faults: Vec<LedgerFault>,
}

impl Chain {
    fn add(&mut self, link: &Link, next: Option<&Link>) {
        match &link.content {
            Content::Unreadable { reason } => {
                let reason = reason.clone();
                self.fault(link, FaultKind::Unreadable { reason });
                self.unreadable += 1;
                self.hash = link.hash;
                self.is_sound = false;
            }
            Content::Entry {
                seq,
                is_signed: false,
                ..
            } => self.add_unsigned(link, *seq, next),
            Content::Entry { seq, .. } => self.add_signed(link, *seq),
        }
    }

    fn add_unsigned(&mut self, link: &Link, seq: u64, next: Option<&Link>) {
        if next.is_some_and(|next| next.goes_on_from(&self.hash)) {
            self.fault(link, FaultKind::Inserted { seq });
            return;
        }
        let follows_foreign = self.is_foreign && link.goes_on_from(&self.hash);
        if follows_foreign || next.is_some_and(|next| next.goes_on_from(&link.hash)) {
            self.report_missing(link, seq);
            self.add_foreign(link, seq);
            self.advance(seq, link.hash, true);
            self.is_foreign = true;
            return;
        }
        // Its number may be what was altered: its place tells which it was.
        let seq = self.seq.saturating_add(self.unreadable).saturating_add(1);
        self.fault(link, FaultKind::Altered { seq });
        self.advance(seq, link.hash, false);
    }

    /// One fault for entries that go on from one another.
    fn add_foreign(&mut self, link: &Link, seq: u64) {
        let before = self.is_foreign.then(|| self.faults.last_mut()).flatten();
        if let Some(LedgerFault {
            kind: FaultKind::Foreign { to, .. },
            ..
        }) = before
            && to.checked_add(1) == Some(seq)
        {
            *to = seq;
            return;
        }
        self.fault(link, FaultKind::Foreign { from: seq, to: seq });
    }

    fn add_signed(&mut self, link: &Link, seq: u64) {
        let expected = self.seq.saturating_add(1);
        if seq < expected {
            let kind = if self.seen.contains(&seq) {
                FaultKind::Repeated { seq }
            } else {
                FaultKind::Moved { seq }
            };
            self.fault(link, kind);
        } else {
            if seq == expected && self.is_sound && !link.goes_on_from(&self.hash) {
                self.fault(link, FaultKind::Rewritten { seq });
            }
            self.report_missing(link, seq);
            self.advance(seq, link.hash, true);
        }
        self.seen.insert(seq);
    }

    /// Reports the entries before `seq` that stand nowhere, as runs.
    fn report_missing(&mut self, link: &Link, seq: u64) {
        // A line that cannot be read any more stands for one entry.
        let mut from = self.seq.saturating_add(self.unreadable).saturating_add(1);
        let elsewhere: Vec<u64> = if from < seq {
            self.signed.range(from..seq).copied().collect()
        } else {
            Vec::new()
        };
        for to in elsewhere.into_iter().chain([seq]) {
            if from < to {
                self.fault(link, FaultKind::Removed { from, to: to - 1 });
            }
            from = to.saturating_add(1);
        }
    }

    fn advance(&mut self, seq: u64, hash: Digest, is_sound: bool) {
        self.seq = seq;
        self.hash = hash;
        self.is_sound = is_sound;
        self.is_foreign = false;
        self.unreadable = 0;
    }

    fn fault(&mut self, link: &Link, kind: FaultKind) {
        self.faults.push(LedgerFault {
            line: link.line,
            offset: link.offset,
            kind,
        });
    }
}
