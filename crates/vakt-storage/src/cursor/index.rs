//! The interval sets of all sequences, bounded.

use std::collections::BTreeMap;

use vakt_event::CursorKey;

use super::intervals::IntervalSet;

/// At its bounds it forgets the sequence unused for longest; when one sequence alone is over the
/// bound of runs, its lowest run. What was forgotten is counted, and its entries would be stored
/// again if they came again.
#[derive(Clone, Debug)]
pub(crate) struct CursorIndex {
    sequences: BTreeMap<u128, Sequence>,
    /// The sum of `held.len()` over all sequences.
    intervals: usize,
    uses: u64,
    sequences_max: usize,
    intervals_max: usize,
    pub(crate) sequences_forgotten: u64,
    pub(crate) intervals_forgotten: u64,
}

#[derive(Clone, Debug, Default)]
struct Sequence {
    held: IntervalSet,
    last_use: u64,
}

impl CursorIndex {
    pub(crate) fn new(sequences_max: usize, intervals_max: usize) -> Self {
        Self {
            sequences: BTreeMap::new(),
            intervals: 0,
            uses: 0,
            sequences_max: sequences_max.max(1),
            intervals_max: intervals_max.max(1),
            sequences_forgotten: 0,
            intervals_forgotten: 0,
        }
    }

    /// Adds an entry; `false` when it is held already.
    pub(crate) fn insert(&mut self, key: CursorKey) -> bool {
        self.uses += 1;
        let sequence = self.sequences.entry(key.sequence_id).or_default();
        sequence.last_use = self.uses;
        let runs_before = sequence.held.len();
        if !sequence.held.insert(key.sequence_number) {
            return false;
        }
        self.intervals = self.intervals - runs_before + sequence.held.len();
        while self.sequences.len() > self.sequences_max || self.intervals > self.intervals_max {
            self.forget_something(key.sequence_id);
        }
        true
    }

    /// Takes over a sequence from a checkpoint; those given later count as used later.
    pub(crate) fn restore(&mut self, sequence_id: u128, held: IntervalSet) {
        self.uses += 1;
        self.intervals += held.len();
        let restored = Sequence {
            held,
            last_use: self.uses,
        };
        if let Some(replaced) = self.sequences.insert(sequence_id, restored) {
            self.intervals -= replaced.held.len();
        }
        while self.sequences.len() > self.sequences_max || self.intervals > self.intervals_max {
            self.forget_something(sequence_id);
        }
    }

    /// All sequences, the one unused for longest first.
    pub(crate) fn by_last_use(&self) -> Vec<(u128, &IntervalSet)> {
        let mut sequences: Vec<_> = self.sequences.iter().collect();
        sequences.sort_by_key(|(_, sequence)| sequence.last_use);
        sequences
            .into_iter()
            .map(|(id, sequence)| (*id, &sequence.held))
            .collect()
    }

    pub(crate) fn sequences(&self) -> usize {
        self.sequences.len()
    }

    pub(crate) fn intervals(&self) -> usize {
        self.intervals
    }

    /// The walk over all sequences is seldom: only a new sequence or a new gap at the bound asks for it.
    fn forget_something(&mut self, current: u128) {
        let oldest = self
            .sequences
            .iter()
            .filter(|(id, _)| **id != current)
            .min_by_key(|(_, sequence)| sequence.last_use)
            .map(|(id, _)| *id);
        match oldest {
            Some(id) => {
                if let Some(forgotten) = self.sequences.remove(&id) {
                    self.intervals -= forgotten.held.len();
                }
                self.sequences_forgotten += 1;
            }
            None => {
                if let Some(sequence) = self.sequences.get_mut(&current) {
                    sequence.held.remove_lowest();
                    self.intervals = sequence.held.len();
                }
                self.intervals_forgotten += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(sequence_id: u128, sequence_number: u64) -> CursorKey {
        CursorKey {
            sequence_id,
            sequence_number,
        }
    }

    #[test]
    fn an_entry_is_new_once() {
        let mut index = CursorIndex::new(10, 10);
        let check = |index: &mut CursorIndex, id, number, expected| {
            assert_eq!(index.insert(key(id, number)), expected, "{id} {number}");
        };
        check(&mut index, 1, 5, true);
        check(&mut index, 1, 5, false);
        check(&mut index, 2, 5, true);
        // An older file arrives later.
        check(&mut index, 1, 3, true);
        check(&mut index, 1, 4, true);
        check(&mut index, 1, 5, false);
        assert_eq!((index.sequences(), index.intervals()), (2, 2));
    }

    #[test]
    fn forgets_the_sequence_unused_for_longest() {
        let mut index = CursorIndex::new(2, 100);
        for (id, number) in [(1, 1), (2, 1), (1, 2), (3, 1)] {
            assert!(index.insert(key(id, number)));
        }
        assert_eq!(index.sequences_forgotten, 1);
        assert!(!index.insert(key(1, 1)), "used last, so kept");
        assert!(index.insert(key(2, 1)), "unused for longest, so forgotten");
    }

    #[test]
    fn forgets_the_lowest_run_of_the_only_sequence() {
        let mut index = CursorIndex::new(2, 3);
        for number in [10, 20, 30, 40] {
            assert!(index.insert(key(1, number)));
        }
        assert_eq!((index.intervals(), index.intervals_forgotten), (3, 1));
        assert!(!index.insert(key(1, 20)));
        assert!(index.insert(key(1, 10)));
    }

    #[test]
    fn runs_of_others_go_first() {
        let mut index = CursorIndex::new(10, 3);
        for (id, number) in [(1, 1), (1, 3), (2, 1), (2, 3)] {
            assert!(index.insert(key(id, number)));
        }
        assert_eq!((index.sequences(), index.intervals()), (1, 2));
        assert_eq!(index.sequences_forgotten, 1);
    }
}
