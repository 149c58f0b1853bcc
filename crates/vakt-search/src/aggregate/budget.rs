//! The bounds of an aggregation, and what it says where one is met.

/// The most groups: more than anybody reads, and they fit [`GROUP_BYTES_MAX`] with usual values.
pub const GROUPS_MAX: usize = 100_000;

/// The most bytes that the groups of one aggregation may take, about: keys, numbers and distinct
/// values. A few of them beside each other fit a small machine.
pub const GROUP_BYTES_MAX: usize = 64 << 20;

/// The most distinct values that `dc` tells apart in one group.
pub const DISTINCT_MAX: usize = 1_000_000;

/// The most groups that a single event counts for, where it has several values of several fields.
pub(super) const COMBINATIONS_MAX: usize = 1_000;

/// The most cells of a chart: what a page or a program takes in at once.
pub(super) const CELLS_MAX: usize = 1_000_000;

/// What an answer leaves out because a bound was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Groups beyond [`GROUPS_MAX`] or [`GROUP_BYTES_MAX`].
    pub groups: bool,
    /// Distinct values beyond [`DISTINCT_MAX`] or [`GROUP_BYTES_MAX`].
    pub distinct: bool,
    /// Combinations of the values of one event.
    pub combinations: bool,
    /// Numbers that are too large to be summed exactly.
    pub numbers: bool,
    /// The oldest buckets of a chart.
    pub buckets: bool,
    /// The empty buckets of a chart.
    pub empty_buckets: bool,
    /// Hits that sort behind those that are kept.
    pub hits: bool,
}

impl Cut {
    pub fn is_any(&self) -> bool {
        *self != Self::default()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.groups |= other.groups;
        self.distinct |= other.distinct;
        self.combinations |= other.combinations;
        self.numbers |= other.numbers;
        self.buckets |= other.buckets;
        self.empty_buckets |= other.empty_buckets;
        self.hits |= other.hits;
    }

    /// What is left out, and what that means, in sentences; none where nothing is.
    pub fn sentences(&self) -> Vec<String> {
        let all = [
            (
                self.groups,
                format!(
                    "There are more groups than {GROUPS_MAX}, or than fit {} MiB: groups are missing, and counts are lower bounds. Narrow the query, or group by fewer fields.",
                    GROUP_BYTES_MAX >> 20
                ),
            ),
            (
                self.distinct,
                format!(
                    "There are more distinct values than {DISTINCT_MAX} in a group, or than fit {} MiB: their number is a lower bound.",
                    GROUP_BYTES_MAX >> 20
                ),
            ),
            (
                self.combinations,
                format!(
                    "An event has more than {COMBINATIONS_MAX} combinations of values: counts are lower bounds."
                ),
            ),
            (
                self.numbers,
                "Numbers beyond 1e20 are left out of sums and averages.".to_owned(),
            ),
            (
                self.buckets,
                "Only the newest buckets are shown: choose a longer span.".to_owned(),
            ),
            (
                self.empty_buckets,
                "Buckets without events are left out, since there are too many: choose a longer span or a shorter time."
                    .to_owned(),
            ),
            (
                self.hits,
                "There are more hits than are kept in order; those that sort behind are missing."
                    .to_owned(),
            ),
        ];
        all.into_iter()
            .filter_map(|(is_cut, sentence)| is_cut.then_some(sentence))
            .collect()
    }
}

/// What may still be taken, and what was not.
#[derive(Debug, Default)]
pub(super) struct Budget {
    bytes: usize,
    pub(super) cut: Cut,
}

impl Budget {
    /// Whether `bytes` more fit, which are then taken.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let taken = self.bytes.saturating_add(bytes);
        let fits = taken <= GROUP_BYTES_MAX;
        if fits {
            self.bytes = taken;
        }
        fits
    }
}
