//! The first hits in the order asked for, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::cursor::Place;

/// A split of the search, and an event of it.
pub(super) type Address = (usize, u32);

/// Keeps the events of the highest ranks.
pub(super) struct Top {
    /// The lowest rank on top.
    kept: BinaryHeap<Reverse<(Place, Address)>>,
    limit: usize,
}

impl Top {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            kept: BinaryHeap::new(),
            limit,
        }
    }

    /// Whether an event of this rank would be kept.
    pub(super) fn wants(&self, rank: Place) -> bool {
        self.kept.len() < self.limit
            || self
                .kept
                .peek()
                .is_some_and(|Reverse((lowest, _))| rank > *lowest)
    }

    pub(super) fn offer(&mut self, rank: Place, event: Address) {
        if !self.wants(rank) {
            return;
        }
        self.kept.push(Reverse((rank, event)));
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
    }

    /// The events, highest rank first.
    pub(super) fn into_sorted(self) -> impl Iterator<Item = (Place, Address)> {
        // Reversed, so ascending is from the highest rank down.
        self.kept
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(kept)| kept)
    }
}
