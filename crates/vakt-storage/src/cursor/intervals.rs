//! A set of numbers, kept as runs without a gap.

use std::collections::BTreeMap;

/// Runs by their first number, with their last; no two of them touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IntervalSet {
    runs: BTreeMap<u64, u64>,
}

impl IntervalSet {
    /// Adds a number; `false` when it was there.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        let before = self.run_at_or_before(number);
        if before.is_some_and(|(_, last)| number <= last) {
            return false;
        }
        let first = match before {
            Some((first, last)) if last.checked_add(1) == Some(number) => first,
            _ => number,
        };
        let last = number
            .checked_add(1)
            .and_then(|next| self.runs.remove(&next))
            .unwrap_or(number);
        self.runs.insert(first, last);
        true
    }

    /// Adds a run as it was given by [`IntervalSet::runs`].
    pub(crate) fn insert_run(&mut self, first: u64, last: u64) {
        self.runs.insert(first, last);
    }

    /// Forgets the run with the lowest numbers.
    pub(crate) fn remove_lowest(&mut self) -> Option<(u64, u64)> {
        self.runs.pop_first()
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    pub(crate) fn runs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.runs.iter().map(|(first, last)| (*first, *last))
    }

    fn run_at_or_before(&self, number: u64) -> Option<(u64, u64)> {
        self.runs
            .range(..=number)
            .next_back()
            .map(|(first, last)| (*first, *last))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_grow_and_join() {
        let check = |numbers: &[u64], expected: &[(u64, u64)]| {
            let mut set = IntervalSet::default();
            for number in numbers {
                set.insert(*number);
            }
            assert_eq!(set.runs().collect::<Vec<_>>(), expected, "{numbers:?}");
        };
        check(&[], &[]);
        check(&[5], &[(5, 5)]);
        check(&[5, 6, 7], &[(5, 7)]);
        check(&[7, 6, 5], &[(5, 7)]);
        check(&[5, 7], &[(5, 5), (7, 7)]);
        check(&[5, 7, 6], &[(5, 7)]);
        check(&[0, u64::MAX], &[(0, 0), (u64::MAX, u64::MAX)]);
        check(&[u64::MAX, u64::MAX - 1], &[(u64::MAX - 1, u64::MAX)]);
    }

    proptest! {
        #[test]
        fn is_a_set(numbers in prop::collection::vec(0u64..40, 0..80)) {
            let mut reference = BTreeSet::new();
            let mut set = IntervalSet::default();
            for number in numbers {
                prop_assert_eq!(set.insert(number), reference.insert(number));
            }
            let listed: Vec<u64> = set.runs().flat_map(|(first, last)| first..=last).collect();
            prop_assert_eq!(listed, reference.into_iter().collect::<Vec<_>>());
            let runs: Vec<_> = set.runs().collect();
            prop_assert!(runs.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
