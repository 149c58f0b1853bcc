//! The periods that figures are of: calendar ones in the jurisdiction's zone, or any span.

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use vakt_event::Timestamp;

use crate::calendar::local_date;

/// A calendar's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Year,
    Quarter,
    Month,
    /// ISO 8601: from Monday to Sunday.
    Week,
}

/// A half-open period: what happens at `until` belongs to the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// As it is written: `2026-Q3`, `2026-11`, `2026-W48`, `2026`, or both ends with `..` between them.
    pub name: String,
    pub from: Timestamp,
    pub until: Timestamp,
    bounds: Bounds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bounds {
    Unit(Unit, Date),
    /// Whole local days; the second is the first that is not in it.
    Days(Date, Date),
    Instants,
}

/// Why words name no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error(
        "`{words}` is no period: write 2026-Q3, 2026-11, 2026-W48, 2026, or FROM..UNTIL, each a date or \
         RFC 3339, of which UNTIL is the first that is not in it"
    )]
    NoPeriod { words: String },
    #[error("the period `{words}` ends before it begins")]
    Backwards { words: String },
    #[error("the period `{words}` lies beyond the years that are reckoned with")]
    OutOfRange { words: String },
}

impl Period {
    /// The period that `words` name, whose days begin at midnight in `zone`.
    ///
    /// # Errors
    /// Words of another form, a date that is none, an end that is not after the start.
    pub fn parse(words: &str, zone: &TimeZone) -> Result<Self, PeriodError> {
        let words = words.trim();
        let none = || PeriodError::NoPeriod {
            words: words.to_owned(),
        };
        let far = || PeriodError::OutOfRange {
            words: words.to_owned(),
        };
        if let Some((from, until)) = words.split_once("..") {
            return Self::between(words, from.trim(), until.trim(), zone);
        }
        let (unit, first) = unit_of(words).ok_or_else(none)?;
        if first.year() < 1 {
            return Err(far());
        }
        Self::of_unit(unit, first, zone).ok_or_else(far)
    }

    /// The last period of this unit that is over at `now`.
    pub fn last_complete(unit: Unit, now: Timestamp, zone: &TimeZone) -> Option<Self> {
        let first = unit.first_of(local_date(now, zone))?;
        Self::of_unit(unit, unit.step(first, -1)?, zone)
    }

    /// The one before it: the calendar's, or as many days, or as long.
    pub fn before(&self, zone: &TimeZone) -> Option<Self> {
        match self.bounds {
            Bounds::Unit(unit, first) => Self::of_unit(unit, unit.step(first, -1)?, zone),
            Bounds::Days(first, next) => {
                let days = (next - first).get_days();
                let earlier = first.checked_sub(days.days()).ok()?;
                Self::of_days(format!("{earlier}..{first}"), earlier, first, zone)
            }
            Bounds::Instants => {
                let micros = self.until.micros_since(self.from);
                let from = Timestamp::from_micros(self.from.micros().checked_sub(micros)?)?;
                let name = format!("{from}..{}", self.from);
                Some(Self::of_instants(name, from, self.from))
            }
        }
    }

    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    fn between(words: &str, from: &str, until: &str, zone: &TimeZone) -> Result<Self, PeriodError> {
        let none = || PeriodError::NoPeriod {
            words: words.to_owned(),
        };
        let backwards = || PeriodError::Backwards {
            words: words.to_owned(),
        };
        if let (Some(first), Some(next)) = (date(from), date(until)) {
            if next <= first {
                return Err(backwards());
            }
            let days = Self::of_days(words.to_owned(), first, next, zone);
            return days.ok_or_else(|| PeriodError::OutOfRange {
                words: words.to_owned(),
            });
        }
        let instant = |text: &str| match date(text) {
            Some(day) => begin_of(day, zone),
            None => text.parse().ok(),
        };
        let from = instant(from).ok_or_else(none)?;
        let until = instant(until).ok_or_else(none)?;
        if until <= from {
            return Err(backwards());
        }
        Ok(Self::of_instants(words.to_owned(), from, until))
    }

    fn of_unit(unit: Unit, first: Date, zone: &TimeZone) -> Option<Self> {
        let next = unit.step(first, 1)?;
        let mut period = Self::of_days(unit.name(first), first, next, zone)?;
        period.bounds = Bounds::Unit(unit, first);
        Some(period)
    }

    fn of_days(name: String, first: Date, next: Date, zone: &TimeZone) -> Option<Self> {
        Some(Self {
            name,
            from: begin_of(first, zone)?,
            until: begin_of(next, zone)?,
            bounds: Bounds::Days(first, next),
        })
    }

    fn of_instants(name: String, from: Timestamp, until: Timestamp) -> Self {
        Self {
            name,
            from,
            until,
            bounds: Bounds::Instants,
        }
    }
}

impl Unit {
    /// The first day of the unit that `day` is in.
    fn first_of(self, day: Date) -> Option<Date> {
        match self {
            Self::Year => Date::new(day.year(), 1, 1).ok(),
            Self::Quarter => Date::new(day.year(), (day.month() - 1) / 3 * 3 + 1, 1).ok(),
            Self::Month => Date::new(day.year(), day.month(), 1).ok(),
            Self::Week => {
                let since = day.weekday().to_monday_zero_offset();
                day.checked_sub(i64::from(since).days()).ok()
            }
        }
    }

    /// The first day of the unit that is `count` after the one that begins with `first`.
    fn step(self, first: Date, count: i64) -> Option<Date> {
        let span = match self {
            Self::Year => count.years(),
            Self::Quarter => (count * 3).months(),
            Self::Month => count.months(),
            Self::Week => count.weeks(),
        };
        first.checked_add(span).ok()
    }

    fn name(self, first: Date) -> String {
        let year = first.year();
        match self {
            Self::Year => format!("{year:04}"),
            Self::Quarter => format!("{year:04}-Q{}", (first.month() - 1) / 3 + 1),
            Self::Month => format!("{year:04}-{:02}", first.month()),
            Self::Week => {
                let week = first.iso_week_date();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
        }
    }
}

/// The unit and first day of `2026`, `2026-11`, `2026-Q3` or `2026-W48`.
fn unit_of(words: &str) -> Option<(Unit, Date)> {
    let (year, part) = words.split_once('-').unwrap_or((words, ""));
    let digits = |text: &str, length: usize| -> Option<i8> {
        let are = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        are.then(|| text.parse().ok()).flatten()
    };
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i16 = year.parse().ok()?;
    if part.is_empty() {
        let has_dash = words.contains('-');
        return (!has_dash)
            .then(|| Date::new(year, 1, 1).ok().map(|first| (Unit::Year, first)))
            .flatten();
    }
    if let Some(quarter) = part.strip_prefix(['Q', 'q']) {
        let quarter = digits(quarter, 1).filter(|it| (1..=4).contains(it))?;
        let first = Date::new(year, (quarter - 1) * 3 + 1, 1).ok()?;
        return Some((Unit::Quarter, first));
    }
    if let Some(week) = part.strip_prefix(['W', 'w']) {
        let monday = ISOWeekDate::new(year, digits(week, 2)?, Weekday::Monday).ok()?;
        return Some((Unit::Week, monday.date()));
    }
    let first = Date::new(year, digits(part, 2)?, 1).ok()?;
    Some((Unit::Month, first))
}

fn date(text: &str) -> Option<Date> {
    let is_date = text.len() == 10 && !text.contains(['T', ' ']);
    is_date.then(|| text.parse().ok()).flatten()
}

/// The first instant of a local day. Where a clock change removes midnight, the day begins with the
/// first time that exists.
fn begin_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = zone.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
    Some(midnight.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::zone;

    fn shown(period: &Period) -> String {
        format!("{} {} {}", period.name, period.from, period.until)
    }

    #[test]
    fn periods_begin_and_end_at_local_midnight() {
        let zone = zone("Europe/Stockholm").unwrap();
        let check = |words: &str, expected: &str, before: &str| {
            let period = Period::parse(words, &zone).unwrap();
            assert_eq!(shown(&period), expected);
            assert_eq!(shown(&period.before(&zone).unwrap()), before, "{words}");
        };
        check(
            "2026-Q4",
            "2026-Q4 2026-09-30T22:00:00Z 2026-12-31T23:00:00Z",
            "2026-Q3 2026-06-30T22:00:00Z 2026-09-30T22:00:00Z",
        );
        // Clocks are put back within it.
        check(
            "2026-10",
            "2026-10 2026-09-30T22:00:00Z 2026-10-31T23:00:00Z",
            "2026-09 2026-08-31T22:00:00Z 2026-09-30T22:00:00Z",
        );
        // The week that 2027 begins in is of 2026.
        check(
            "2026-W53",
            "2026-W53 2026-12-27T23:00:00Z 2027-01-03T23:00:00Z",
            "2026-W52 2026-12-20T23:00:00Z 2026-12-27T23:00:00Z",
        );
        check(
            "2026",
            "2026 2025-12-31T23:00:00Z 2026-12-31T23:00:00Z",
            "2025 2024-12-31T23:00:00Z 2025-12-31T23:00:00Z",
        );
        check(
            "2026-03-28..2026-03-30",
            "2026-03-28..2026-03-30 2026-03-27T23:00:00Z 2026-03-29T22:00:00Z",
            "2026-03-26..2026-03-28 2026-03-25T23:00:00Z 2026-03-27T23:00:00Z",
        );
        check(
            "2026-11-01T00:00:00Z..2026-11-01T06:00:00Z",
            "2026-11-01T00:00:00Z..2026-11-01T06:00:00Z 2026-11-01T00:00:00Z 2026-11-01T06:00:00Z",
            "2026-10-31T18:00:00Z..2026-11-01T00:00:00Z 2026-10-31T18:00:00Z 2026-11-01T00:00:00Z",
        );
    }

    #[test]
    fn the_last_complete_period_is_over() {
        let zone = zone("Europe/Stockholm").unwrap();
        let check = |unit: Unit, now: &str, expected: &str| {
            let found = Period::last_complete(unit, now.parse().unwrap(), &zone).unwrap();
            assert_eq!(found.name, expected, "{unit:?} {now}");
        };
        // A second before, and at, the local midnight that ends the year, the quarter and the month.
        for (now, year, quarter, month) in [
            ("2026-12-31T22:59:59Z", "2025", "2026-Q3", "2026-11"),
            ("2026-12-31T23:00:00Z", "2026", "2026-Q4", "2026-12"),
        ] {
            check(Unit::Year, now, year);
            check(Unit::Quarter, now, quarter);
            check(Unit::Month, now, month);
        }
        check(Unit::Week, "2026-11-29T22:59:59Z", "2026-W47");
        check(Unit::Week, "2026-11-29T23:00:00Z", "2026-W48");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for words in [
            "",
            "2026-",
            "2026-Q5",
            "2026-Q0",
            "2026-13",
            "2026-1",
            "2026-W54",
            "2025-W53",
            "26-11",
            "last",
            "2026-11-01",
            "2026-11-01..",
            "..",
            "2026-02-30..2026-03-01",
            "+026",
            "2026-é1",
        ] {
            let error = Period::parse(words, &TimeZone::UTC).unwrap_err();
            assert!(
                matches!(error, PeriodError::NoPeriod { .. }),
                "{words}: {error}"
            );
        }
        let error = Period::parse("2026-11-02..2026-11-02", &TimeZone::UTC).unwrap_err();
        assert!(matches!(error, PeriodError::Backwards { .. }), "{error}");
    }
}
