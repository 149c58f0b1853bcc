//! How long a service was away, and when a limit will be passed.
//!
//! Durations are elapsed time, in microseconds. What a window of planned maintenance covers does not
//! count (Regulation (EU) 2024/2690 Art. 3(2)); where an outage outlasts its window the text leaves
//! two readings: the overrun alone counts, or the whole. Alarms go by the whole, which is earlier.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::Serialize;
use vakt_event::Timestamp;

use super::quantity::Quantity;

/// From when to when; `until` is `None` while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub from: Timestamp,
    pub until: Option<Timestamp>,
}

/// How much of an outage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// What the windows do not cover.
    pub overrun: Quantity,
    /// All of it, where a part is not covered; nothing where the windows cover it whole.
    pub whole: Quantity,
}

/// How an outage that outlasts its window of maintenance is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It counts from its beginning: the earlier reading, by which alarms go.
    Whole,
    /// What the window does not cover counts.
    Overrun,
}

impl Counted {
    pub fn read(self, reading: Reading) -> Quantity {
        match reading {
            Reading::Whole => self.whole,
            Reading::Overrun => self.overrun,
        }
    }
}

impl Span {
    fn until_or(&self, now: Timestamp) -> Timestamp {
        self.until
            .map_or(now, |until| until.min(now))
            .max(self.from)
    }
}

/// How much of `outage` counts as of `now`.
pub fn counted(outage: Span, planned: &[Span], now: Timestamp) -> Counted {
    let until = outage.until_or(now);
    let all = until.micros_since(outage.from);
    let uncovered = all - covered(outage.from, until, planned);
    Counted {
        overrun: Quantity::from_micros(uncovered),
        whole: Quantity::from_micros(if uncovered > 0 { all } else { 0 }),
    }
}

/// How much of the time between two instants the windows cover, overlaps once.
fn covered(from: Timestamp, until: Timestamp, planned: &[Span]) -> i64 {
    let mut windows: Vec<(i64, i64)> = planned
        .iter()
        .map(|window| {
            let end = window.until.unwrap_or(until);
            (window.from.max(from).micros(), end.min(until).micros())
        })
        .filter(|(from, until)| from < until)
        .collect();
    windows.sort_unstable();
    let (mut sum, mut reached) = (0, i64::MIN);
    for (from, until) in windows {
        let from = from.max(reached);
        if until > from {
            sum += until - from;
            reached = until;
        }
    }
    sum
}

/// The calendar week, Monday to Sunday in `zone`, with the most outage, and how much that was.
pub fn worst_week(
    outages: &[Span],
    planned: &[Span],
    now: Timestamp,
    zone: &TimeZone,
    reading: Reading,
) -> Quantity {
    let mut weeks: std::collections::BTreeMap<Timestamp, i64> = std::collections::BTreeMap::new();
    for outage in outages {
        let until = outage.until_or(now);
        let counts = counted(*outage, planned, now).read(reading);
        if counts == Quantity::ZERO {
            continue;
        }
        let mut from = outage.from;
        while from < until {
            let Some((begin, end)) = week_of(from, zone) else {
                break;
            };
            let part = end.min(until);
            let span = Span {
                from,
                until: Some(part),
            };
            *weeks.entry(begin).or_default() += match reading {
                Reading::Whole => part.micros_since(from),
                Reading::Overrun => counted(span, planned, now).overrun.micros(),
            };
            from = part;
        }
    }
    Quantity::from_micros(weeks.into_values().max().unwrap_or(0))
}

/// The first instant of the week that `at` lies in, and of the next.
pub(super) fn week_of(at: Timestamp, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let day = zone.to_datetime(at.to_jiff()).date();
    let past = i64::from(day.weekday().since(Weekday::Monday));
    let monday = day.checked_sub(jiff::Span::new().days(past)).ok()?;
    let next = monday.checked_add(jiff::Span::new().weeks(1)).ok()?;
    let begins = |day: jiff::civil::Date| {
        let midnight = day.to_datetime(jiff::civil::Time::midnight());
        // Where a clock change takes midnight away, the day begins after it.
        let at = zone.to_ambiguous_timestamp(midnight).compatible().ok()?;
        Some(Timestamp::from(at))
    };
    Some((begins(monday)?, begins(next)?))
}
