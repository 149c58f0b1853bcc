//! The entries held of all sequences, bounded.

use std::collections::BTreeMap;
use std::sync::Arc;

use vakt_event::{CursorKey, Source};

use super::held::{Held, Size};

/// Whose entries are numbered: no cursor makes an entry of another stream a repeated one, nor does a
/// drill that plays real logs take these away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SequenceKey {
    pub(crate) boot_id: u128,
    pub(crate) sequence_id: u128,
    pub(crate) drill: bool,
    pub(crate) stream: Arc<str>,
}

/// At its bounds it forgets the sequence unused for longest; when one sequence alone is over the
/// bound of runs, its lowest run. What was forgotten is counted, and its entries would be stored
/// again if they came again. Checks beyond their bound are forgotten in the same order, which is
/// not counted: their numbers are still known.
#[derive(Clone, Debug)]
pub(crate) struct CursorIndex {
    sequences: BTreeMap<SequenceKey, Sequence>,
    /// The sum over all sequences.
    size: Size,
    uses: u64,
    bounds: Bounds,
    pub(crate) sequences_forgotten: u64,
    pub(crate) intervals_forgotten: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) sequences_max: usize,
    pub(crate) intervals_max: usize,
    pub(crate) checks_max: usize,
}

#[derive(Clone, Debug, Default)]
struct Sequence {
    held: Held,
    last_use: u64,
}

impl CursorIndex {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            sequences: BTreeMap::new(),
            size: Size::default(),
            uses: 0,
            bounds: Bounds {
                sequences_max: bounds.sequences_max.max(1),
                intervals_max: bounds.intervals_max.max(1),
                checks_max: bounds.checks_max,
            },
            sequences_forgotten: 0,
            intervals_forgotten: 0,
        }
    }

    /// For the entries of one batch.
    pub(crate) fn of(&mut self, source: &Source) -> Entries<'_> {
        Entries {
            stream: Arc::from(source.stream.as_str()),
            drill: source.drill,
            index: self,
        }
    }

    fn insert(&mut self, sequence_key: SequenceKey, number: u64, check: u64) -> bool {
        self.uses += 1;
        let current = self.uses;
        let sequence = self.sequences.entry(sequence_key).or_default();
        sequence.last_use = current;
        let before = sequence.held.size();
        if !sequence.held.insert(number, check) {
            return false;
        }
        self.size = self.size.moved(before, sequence.held.size());
        self.keep_bounds();
        true
    }

    /// Takes over a sequence from a checkpoint; those given later count as used later.
    pub(crate) fn restore(&mut self, key: SequenceKey, held: Held) {
        self.uses += 1;
        let size = held.size();
        let restored = Sequence {
            held,
            last_use: self.uses,
        };
        let replaced = self.sequences.insert(key, restored);
        let before = replaced.map_or_else(Size::default, |sequence| sequence.held.size());
        self.size = self.size.moved(before, size);
        self.keep_bounds();
    }

    /// All sequences, the one unused for longest first.
    pub(crate) fn by_last_use(&self) -> Vec<(&SequenceKey, &Held)> {
        let mut sequences: Vec<_> = self.sequences.iter().collect();
        sequences.sort_by_key(|(_, sequence)| sequence.last_use);
        sequences
            .into_iter()
            .map(|(key, sequence)| (key, &sequence.held))
            .collect()
    }

    pub(crate) fn sequences(&self) -> usize {
        self.sequences.len()
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    fn keep_bounds(&mut self) {
        while self.sequences.len() > self.bounds.sequences_max
            || self.size.runs > self.bounds.intervals_max
        {
            self.forget_something();
        }
        if self.size.checks > self.bounds.checks_max {
            self.forget_checks();
        }
    }

    /// The walk over all sequences is seldom: only a new sequence or a new gap at the bound asks for it.
    fn forget_something(&mut self) {
        let oldest = self
            .sequences
            .iter_mut()
            .min_by_key(|(_, sequence)| sequence.last_use);
        let Some((key, sequence)) = oldest else {
            return;
        };
        let before = sequence.held.size();
        // The only one is the one in use.
        if sequence.last_use == self.uses {
            sequence.held.forget_lowest_run();
            self.size = self.size.moved(before, sequence.held.size());
            self.intervals_forgotten += 1;
        } else {
            let key = key.clone();
            self.sequences.remove(&key);
            self.size = self.size.moved(before, Size::default());
            self.sequences_forgotten += 1;
        }
    }

    /// A sixteenth at once, so that the walk over all sequences is seldom.
    fn forget_checks(&mut self) {
        let target = self.bounds.checks_max - self.bounds.checks_max / 16;
        let mut sequences: Vec<_> = self.sequences.values_mut().collect();
        sequences.sort_by_key(|sequence| sequence.last_use);
        for sequence in sequences {
            let excess = self.size.checks.saturating_sub(target);
            if excess == 0 {
                break;
            }
            let before = sequence.held.size();
            sequence.held.forget_checks(excess);
            self.size = self.size.moved(before, sequence.held.size());
        }
    }
}

/// The index for entries of one stream.
pub(crate) struct Entries<'a> {
    index: &'a mut CursorIndex,
    stream: Arc<str>,
    drill: bool,
}

impl Entries<'_> {
    /// Adds an entry; `false` when it is held already.
    pub(crate) fn insert(&mut self, key: CursorKey) -> bool {
        let sequence_key = SequenceKey {
            boot_id: key.boot_id,
            sequence_id: key.sequence_id,
            drill: self.drill,
            stream: Arc::clone(&self.stream),
        };
        self.index
            .insert(sequence_key, key.sequence_number, key.check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(sequences_max: usize, intervals_max: usize, checks_max: usize) -> CursorIndex {
        CursorIndex::new(Bounds {
            sequences_max,
            intervals_max,
            checks_max,
        })
    }

    fn sequence(id: u128) -> SequenceKey {
        SequenceKey {
            boot_id: 1,
            sequence_id: id,
            drill: false,
            stream: Arc::from("default"),
        }
    }

    fn insert(index: &mut CursorIndex, id: u128, number: u64) -> bool {
        index.insert(sequence(id), number, 0)
    }

    #[test]
    fn an_entry_is_new_once() {
        let mut index = index(10, 10, 10);
        let check = |index: &mut CursorIndex, id, number, expected| {
            assert_eq!(insert(index, id, number), expected, "{id} {number}");
        };
        check(&mut index, 1, 5, true);
        check(&mut index, 1, 5, false);
        check(&mut index, 2, 5, true);
        // An older file arrives later.
        check(&mut index, 1, 3, true);
        check(&mut index, 1, 4, true);
        check(&mut index, 1, 5, false);
        assert_eq!(index.sequences(), 2);
        assert_eq!(index.size(), Size { runs: 2, checks: 4 });
    }

    #[test]
    fn forgets_the_sequence_unused_for_longest() {
        let mut index = index(2, 100, 100);
        for (id, number) in [(1, 1), (2, 1), (1, 2), (3, 1)] {
            assert!(insert(&mut index, id, number));
        }
        assert_eq!(index.sequences_forgotten, 1);
        assert!(!insert(&mut index, 1, 1), "used last, so kept");
        assert!(insert(&mut index, 2, 1), "unused for longest, so forgotten");
    }

    #[test]
    fn forgets_the_lowest_run_of_the_only_sequence() {
        let mut index = index(2, 3, 100);
        for number in [10, 20, 30, 40] {
            assert!(insert(&mut index, 1, number));
        }
        assert_eq!(index.size(), Size { runs: 3, checks: 3 });
        assert_eq!(index.intervals_forgotten, 1);
        assert!(!insert(&mut index, 1, 20));
        assert!(insert(&mut index, 1, 10));
    }

    #[test]
    fn runs_of_others_go_first() {
        let mut index = index(10, 3, 100);
        for (id, number) in [(1, 1), (1, 3), (2, 1), (2, 3)] {
            assert!(insert(&mut index, id, number));
        }
        assert_eq!(index.sequences(), 1);
        assert_eq!(index.size(), Size { runs: 2, checks: 2 });
        assert_eq!(index.sequences_forgotten, 1);
    }

    #[test]
    fn checks_of_the_sequence_unused_for_longest_go_first_and_its_numbers_stay() {
        let mut index = index(10, 10, 32);
        for number in 0..16 {
            assert!(insert(&mut index, 1, number));
            assert!(insert(&mut index, 2, number));
        }
        assert!(index.insert(sequence(2), 16, 0));
        assert_eq!(
            index.size(),
            Size {
                runs: 2,
                checks: 30
            }
        );
        assert_eq!(index.sequences_forgotten + index.intervals_forgotten, 0);
        let mut check = |id, number, expected| {
            let other = index.insert(sequence(id), number, 7);
            assert_eq!(other, expected, "{id} {number}");
        };
        check(1, 2, false);
        check(1, 3, true);
        check(2, 0, true);
    }
}
