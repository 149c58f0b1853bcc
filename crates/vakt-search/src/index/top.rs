//! The first hits in the order asked for, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tantivy::DocAddress;

use super::cursor::Place;

/// Keeps the documents of the highest ranks.
pub(super) struct Top {
    /// The lowest rank on top.
    kept: BinaryHeap<Reverse<(Place, DocAddress)>>,
    limit: usize,
}

impl Top {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: BinaryHeap::new(),
            limit,
        }
    }

    /// Whether a document of this rank would be kept.
    pub(super) fn wants(&self, rank: Place) -> bool {
        self.kept.len() < self.limit
            || self
                .kept
                .peek()
                .is_some_and(|Reverse((lowest, _))| rank > *lowest)
    }

    pub(super) fn offer(&mut self, rank: Place, document: DocAddress) {
        if !self.wants(rank) {
            return;
        }
        self.kept.push(Reverse((rank, document)));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// The documents, highest rank first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = (Place, DocAddress)> {
        // Reversed, so ascending is from the highest rank down.
        self.kept
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(kept)| kept)
    }
}
