//! How long things took: the median, the 90th percentile, and of how many.

use serde::Serialize;

use super::case::Case;

/// Ids that a figure names, the oldest incidents first: more than anybody follows by hand. What is
/// beyond them is counted.
pub const TRACED_MAX: usize = 100;

/// A count, and what it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traced {
    pub count: u64,
    /// Ids of incidents, bounded by [`TRACED_MAX`].
    pub incidents: Vec<String>,
    /// The numbers that people know them by, in the same order.
    pub numbers: Vec<i64>,
    /// How many of `count` are not named.
    pub not_named: u64,
}

/// Durations. Where none is known, no figure is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Durations that are known, and what they are of.
    pub of: Traced,
    /// Of how many the duration is not known: they are in no figure.
    pub unknown: u64,
    /// Of an even number the middle between the two in the middle. Seconds, rounded down.
    pub median_seconds: Option<i64>,
    /// The smallest that nine tenths are not above (nearest rank). Seconds, rounded down.
    pub p90_seconds: Option<i64>,
    pub max_seconds: Option<i64>,
}

impl Traced {
    pub(super) fn add(&mut self, case: &Case) {
        self.count = self.count.saturating_add(1);
        if self.incidents.len() < TRACED_MAX {
            self.incidents.push(case.id.clone());
            self.numbers.push(case.number);
        } else {
            self.not_named = self.not_named.saturating_add(1);
        }
    }
}

/// Gathers durations in microseconds.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    micros: Vec<i64>,
    of: Traced,
    unknown: u64,
}

impl Gathered {
    /// A duration of the incident; below zero it is no duration, and counts as not known.
    pub(super) fn add(&mut self, case: &Case, micros: Option<i64>) {
        match micros.filter(|micros| *micros >= 0) {
            Some(micros) => {
                self.micros.push(micros);
                self.of.add(case);
            }
            None => self.unknown = self.unknown.saturating_add(1),
        }
    }

    pub(super) fn spread(mut self) -> Spread {
        self.micros.sort_unstable();
        let seconds = |micros: i64| micros / 1_000_000;
        Spread {
            median_seconds: median(&self.micros).map(seconds),
            p90_seconds: rank(&self.micros, 90).map(seconds),
            max_seconds: self.micros.last().copied().map(seconds),
            of: self.of,
            unknown: self.unknown,
        }
    }
}

/// The median of sorted numbers of zero and more.
pub(super) fn median(sorted: &[i64]) -> Option<i64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(sorted.len() / 2 - 1)?;
    Some(lower + (upper - lower) / 2)
}

/// The smallest of sorted numbers that `percent` of them are not above.
pub(super) fn rank(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}
