//! The time of an event in the ways in which logs write it.

use std::fmt::{Display, Formatter, Result};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A time in UTC, split once for all that is written of it.
pub(super) struct Moment {
    /// Microseconds since 1970.
    pub(super) micros: i64,
    year: i64,
    /// From 1.
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: i64,
}

impl Moment {
    pub(super) fn new(micros: i64) -> Self {
        let seconds = micros.div_euclid(1_000_000);
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        Self {
            micros,
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            fraction: micros.rem_euclid(1_000_000),
        }
    }

    /// `Nov 24 10:03:02`
    pub(super) fn bsd(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{} {:2} {}",
                moment.month_name(),
                moment.day,
                moment.clock()
            )
        })
    }

    /// `2026-11-24T10:03:02.123456Z`
    pub(super) fn rfc3339(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{}T{}.{:06}Z",
                moment.date(),
                moment.clock(),
                moment.fraction
            )
        })
    }

    /// `2026-11-24T10:03:02.123Z`
    pub(super) fn rfc3339_millis(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{}T{}.{:03}Z",
                moment.date(),
                moment.clock(),
                moment.fraction / 1000
            )
        })
    }

    /// `2026-11-24T10:03:02Z`
    pub(super) fn rfc3339_seconds(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(f, "{}T{}Z", moment.date(), moment.clock())
        })
    }

    /// `2026-11-24 10:03:02.123`, as Sysmon's UtcTime
    pub(super) fn sysmon(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{} {}.{:03}",
                moment.date(),
                moment.clock(),
                moment.fraction / 1000
            )
        })
    }

    /// `24/Nov/2026:10:03:02 +0000`
    pub(super) fn access(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{:02}/{}/{}:{} +0000",
                moment.day,
                moment.month_name(),
                moment.year,
                moment.clock()
            )
        })
    }

    /// `1795514582.123`, as auditd
    pub(super) fn audit(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{}.{:03}",
                moment.micros / 1_000_000,
                moment.fraction / 1000
            )
        })
    }

    /// `2026-11-24`
    pub(super) fn date(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(f, "{}-{:02}-{:02}", moment.year, moment.month, moment.day)
        })
    }

    /// `10:03:02`
    pub(super) fn clock(&self) -> impl Display {
        shown(self, |moment, f| {
            write!(
                f,
                "{:02}:{:02}:{:02}",
                moment.hour, moment.minute, moment.second
            )
        })
    }

    fn month_name(&self) -> &'static str {
        MONTHS.get(self.month - 1).copied().unwrap_or("Dec")
    }
}

struct Shown<'m>(&'m Moment, fn(&Moment, &mut Formatter<'_>) -> Result);

fn shown(moment: &Moment, write: fn(&Moment, &mut Formatter<'_>) -> Result) -> Shown<'_> {
    Shown(moment, write)
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        (self.1)(self.0, f)
    }
}

/// Year, month and day of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`).
fn civil(days: i64) -> (i64, usize, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day)
}
