//! Spans of time, and where they begin.

use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

/// About how many buckets a chart has whose span is not given: enough for its shape, and few
/// enough to draw each.
pub const SPAN_BUCKETS_WANTED: u32 = 100;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// 1970-01-05 was a Monday.
const FIRST_MONDAY: i64 = 4 * DAY;

/// The spans that are chosen from, in seconds: those that people read on a clock.
const STEPS: [i64; 15] = [
    1,
    5,
    10,
    30,
    60,
    300,
    600,
    1_800,
    3_600,
    3 * 3_600,
    6 * 3_600,
    12 * 3_600,
    DAY,
    WEEK,
    4 * WEEK,
];

/// The length of a bucket of time: whole seconds, more than none. Buckets begin at multiples of it
/// after 1970-01-01T00:00:00Z, those of whole weeks on Mondays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    seconds: i64,
}

impl Span {
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        let fits = seconds > 0 && seconds.checked_mul(MICROS_PER_SECOND).is_some();
        fits.then_some(Self { seconds })
    }

    /// The shortest span on a clock that divides the time between two instants into at most
    /// `buckets`; beyond four weeks it is whole weeks.
    pub fn to_divide(since: Timestamp, until: Timestamp, buckets: u32) -> Self {
        let buckets = i64::from(buckets.max(1));
        let seconds = until.micros_since(since).max(0) / MICROS_PER_SECOND;
        let needed = seconds / buckets + i64::from(seconds % buckets > 0);
        let step = STEPS.into_iter().find(|step| *step >= needed);
        let weeks = needed / WEEK + 1;
        Self {
            seconds: step.unwrap_or(weeks * WEEK),
        }
    }

    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// The beginning of the bucket that `time` lies in.
    pub fn start_of(self, time: Timestamp) -> Timestamp {
        time.saturating_add_micros(-self.past(time.micros()))
    }

    /// As [`Self::start_of`], in microseconds since the epoch.
    pub(crate) fn start_of_micros(self, micros: i64) -> i64 {
        micros.saturating_sub(self.past(micros))
    }

    /// How far into its bucket an instant is.
    fn past(self, micros: i64) -> i64 {
        micros
            .saturating_sub(self.first())
            .rem_euclid(self.micros())
    }

    /// The beginning of the bucket after the one that begins at `start`.
    pub(crate) fn next(self, start: Timestamp) -> Timestamp {
        start.saturating_add_micros(self.micros())
    }

    fn micros(self) -> i64 {
        self.seconds.saturating_mul(MICROS_PER_SECOND)
    }

    fn first(self) -> i64 {
        if self.seconds % WEEK == 0 {
            FIRST_MONDAY * MICROS_PER_SECOND
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn buckets_begin_where_clocks_do() {
        let check = |seconds: i64, at: &str, expected: &str| {
            let span = Span::from_seconds(seconds).unwrap();
            assert_eq!(span.start_of(time(at)), time(expected), "{seconds} {at}");
        };
        check(300, "2026-11-24T09:33:20.5Z", "2026-11-24T09:30:00Z");
        check(300, "2026-11-24T09:35:00Z", "2026-11-24T09:35:00Z");
        check(3_600, "1969-12-31T23:59:59Z", "1969-12-31T23:00:00Z");
        check(DAY, "2026-11-24T09:33:20Z", "2026-11-24T00:00:00Z");
        check(WEEK, "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z");
        assert_eq!(Span::from_seconds(0), None);
        assert_eq!(Span::from_seconds(i64::MAX), None);
    }

    #[test]
    fn a_span_is_chosen_for_a_range() {
        let check = |since: &str, until: &str, buckets: u32, expected: i64| {
            let span = Span::to_divide(time(since), time(until), buckets);
            assert_eq!(span.seconds(), expected, "{since} {until}");
        };
        let day = "2026-11-24T00:00:00Z";
        check(day, "2026-11-24T01:00:00Z", 100, 60);
        check(day, "2026-11-24T01:00:00Z", 60, 60);
        check(day, "2026-11-24T01:00:01Z", 60, 300);
        check(day, "2026-11-25T00:00:00Z", 100, 1_800);
        check(day, "2026-12-24T00:00:00Z", 100, 12 * 3_600);
        check(day, "2046-12-24T00:00:00Z", 100, 11 * WEEK);
        check(day, day, 100, 1);
        check(day, "2025-12-24T00:00:00Z", 0, 1);
    }
}
