//! The entries of one sequence that are stored.

use std::collections::BTreeSet;

use super::intervals::IntervalSet;

/// Their numbers, and of the newer ones also what they said ([`vakt_event::CursorKey::check`]).
///
/// One number with two checks is two entries. Where the check of a number has been forgotten, every
/// entry of that number counts as repeated: a sender that lost an answer sends a whole file again,
/// and that is the common case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    numbers: IntervalSet,
    checks: BTreeSet<(u64, u64)>,
}

impl Held {
    /// Adds an entry; `false` when it is held already.
    pub(crate) fn insert(&mut self, number: u64, check: u64) -> bool {
        let new = self.numbers.insert(number)
            || (!self.checks.contains(&(number, check)) && self.knows_a_check_of(number));
        if new {
            self.checks.insert((number, check));
        }
        new
    }

    /// Adds a run as it was given by [`Held::runs`].
    pub(crate) fn insert_run(&mut self, first: u64, last: u64) {
        self.numbers.insert_run(first, last);
    }

    /// Adds a check as it was given by [`Held::checks`].
    pub(crate) fn insert_check(&mut self, number: u64, check: u64) {
        self.checks.insert((number, check));
    }

    /// Forgets the run with the lowest numbers, and their checks.
    pub(crate) fn forget_lowest_run(&mut self) {
        if let Some((_, last)) = self.numbers.remove_lowest() {
            self.checks = match last.checked_add(1) {
                Some(next) => self.checks.split_off(&(next, 0)),
                None => BTreeSet::new(),
            };
        }
    }

    /// Forgets the checks of the lowest numbers, at most `count`; the numbers stay.
    pub(crate) fn forget_checks(&mut self, count: usize) {
        if count >= self.checks.len() {
            self.checks.clear();
        }
        for _ in 0..count.min(self.checks.len()) {
            self.checks.pop_first();
        }
    }

    pub(crate) fn size(&self) -> Size {
        Size {
            runs: self.numbers.len(),
            checks: self.checks.len(),
        }
    }

    pub(crate) fn runs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.numbers.runs()
    }

    pub(crate) fn checks(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.checks.iter().copied()
    }

    fn knows_a_check_of(&self, number: u64) -> bool {
        let of_number = (number, 0)..=(number, u64::MAX);
        self.checks.range(of_number).next().is_some()
    }
}

/// What is bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) runs: usize,
    pub(crate) checks: usize,
}

impl Size {
    /// The sum after one of its parts went from `before` to `after`.
    pub(crate) fn moved(self, before: Self, after: Self) -> Self {
        Self {
            runs: self.runs - before.runs + after.runs,
            checks: self.checks - before.checks + after.checks,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_with_another_check_is_another_entry() {
        let mut held = Held::default();
        let check = |held: &mut Held, number, check, expected| {
            assert_eq!(held.insert(number, check), expected, "{number} {check}");
        };
        check(&mut held, 5, 1, true);
        check(&mut held, 5, 1, false);
        check(&mut held, 5, 2, true);
        check(&mut held, 5, 2, false);
        check(&mut held, 5, 1, false);
        check(&mut held, 6, 1, true);
        held.forget_checks(2);
        assert_eq!(held.size(), Size { runs: 1, checks: 1 });
        check(&mut held, 5, 3, false);
        check(&mut held, 6, 2, true);
        held.forget_lowest_run();
        assert_eq!(held.size(), Size::default());
        check(&mut held, 5, 3, true);
    }

    proptest! {
        #[test]
        fn is_a_set_while_nothing_is_forgotten(
            entries in prop::collection::vec((0u64..20, 0u64..3), 0..80),
        ) {
            let mut reference = BTreeSet::new();
            let mut held = Held::default();
            for (number, check) in entries {
                prop_assert_eq!(held.insert(number, check), reference.insert((number, check)));
            }
            prop_assert!(held.checks().eq(reference));
        }
    }
}
