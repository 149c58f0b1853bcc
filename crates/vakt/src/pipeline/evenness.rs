//! For how long the wall clock has kept pace with the one that nobody sets.

use std::time::{Duration, Instant};

use vakt_event::Timestamp;

/// A step of more than this is a clock that was set. Slewing stays far below it between two looks.
const STEP_MICROS: i64 = 60 * 60 * 1_000_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Evenness {
    since: Instant,
    last: (Instant, Timestamp),
}

impl Evenness {
    pub(super) fn from(at: Instant, wall: Timestamp) -> Self {
        Self {
            since: at,
            last: (at, wall),
        }
    }

    /// Looks at both clocks; gives how long they have gone on together.
    pub(super) fn look(&mut self, at: Instant, wall: Timestamp) -> Duration {
        let passed = at.saturating_duration_since(self.last.0);
        let passed = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        let step = wall.micros_since(self.last.1).saturating_sub(passed);
        if step.saturating_abs() > STEP_MICROS {
            self.since = at;
        }
        self.last = (at, wall);
        at.saturating_duration_since(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_begins_anew() {
        let start = Instant::now();
        let wall = |seconds: i64| Timestamp::from_seconds(1_800_000_000 + seconds).unwrap();
        let mut evenness = Evenness::from(start, wall(0));
        let mut check = |passed: u64, shown: i64, expected: u64| {
            let at = start + Duration::from_secs(passed);
            let even = evenness.look(at, wall(shown));
            assert_eq!(even.as_secs(), expected, "after {passed} s at {shown}");
        };
        check(30, 30, 30);
        check(60, 62, 60);
        // Set ahead by 400 days, then back.
        check(90, 34_560_090, 0);
        check(100, 34_560_100, 10);
        check(120, 120, 0);
        check(7_200, 7_200, 7_080);
    }
}
