//! From a start to a deadline: elapsed hours, calendar days and calendar months.
//!
//! Hours are seconds of UTC and know no calendar. Days and months are counted on the local
//! calendar of the jurisdiction (lag (1930:173) 1 §; Regulation 1182/71 Art. 3) and end with the
//! last hour of their last day: the deadline is the next local midnight, exclusive.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use crate::holidays::DaysOff;
use crate::regime::{Period, Shift};

pub(crate) const HOUR_MICROS: i64 = 60 * 60 * MICROS_PER_SECOND;
/// Elapsed, whatever clocks are put to.
pub(crate) const DAY_MICROS: i64 = 24 * HOUR_MICROS;

const SECONDS_PER_HOUR: i64 = 3_600;

/// Zones that the calendar may be asked for often, looked up once.
static USUAL_ZONES: LazyLock<BTreeMap<&str, TimeZone>> = LazyLock::new(|| {
    ["Europe/Stockholm", "UTC"]
        .into_iter()
        .filter_map(|name| Some((name, TimeZoneDatabase::bundled().get(name).ok()?)))
        .collect()
});

/// A zone of the compiled-in time-zone data. The machine's own data is not asked, so that the
/// same version gives the same deadline on every machine.
pub fn zone(name: &str) -> Option<TimeZone> {
    match USUAL_ZONES.get(name) {
        Some(zone) => Some(zone.clone()),
        None => TimeZoneDatabase::bundled().get(name).ok(),
    }
}

/// When a period ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline {
    /// The end. For hours it is the last instant that is in time; for a calendar period it is the
    /// first that is not. `None` where the law names no number, or beyond the year 9999.
    pub due: Option<Timestamp>,
    /// The last local day of a calendar period.
    pub nominal_date: Option<Date>,
    /// The day to which the act may be moved where the last day is a day off. Shown, never
    /// planned with.
    pub statutory_latest_date: Option<Date>,
    /// The end of that permission: of the day, exclusive, or an hour of it. Shown, never planned
    /// with.
    pub statutory_latest: Option<Timestamp>,
}

/// The local rules that a period is counted by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub zone: &'a TimeZone,
    pub days_off: &'a DaysOff,
    pub shift: Option<Shift>,
}

/// The end of `period` from `start`, by the local `rules`.
pub fn deadline(start: Timestamp, period: Period, rules: &Rules<'_>) -> Deadline {
    let day = local_date(start, rules.zone);
    match period {
        Period::Hours(hours) => rules.of_hours(start, hours),
        Period::Days(days) => rules.of_days(day.checked_add(i64::from(days).days()).ok()),
        // jiff gives a month that lacks the day number its last day, as the law does.
        Period::Months(months) => rules.of_days(day.checked_add(i64::from(months).months()).ok()),
        Period::WorkingDays(days) => rules.of_days(rules.days_off.working_day_after(day, days)),
        Period::UndueDelay => Deadline::default(),
    }
}

impl Rules<'_> {
    fn of_hours(&self, start: Timestamp, hours: u32) -> Deadline {
        let due = hours_after(start, hours);
        let moved = due
            .filter(|_| self.shift.is_some_and(|shift| shift.also_hours))
            .map(|due| local_date(due, self.zone))
            .filter(|day| self.days_off.contains(*day))
            .and_then(|day| self.days_off.next_working_day(day));
        Deadline {
            due,
            statutory_latest: moved.and_then(|day| self.end_of_moved(day)),
            ..Deadline::default()
        }
    }

    fn of_days(&self, last: Option<Date>) -> Deadline {
        let Some(day) = last else {
            return Deadline::default();
        };
        let latest = self.days_off.next_working_day(day);
        Deadline {
            due: midnight_after(day, self.zone),
            nominal_date: Some(day),
            statutory_latest_date: latest,
            statutory_latest: match latest {
                Some(moved) if moved != day => self.end_of_moved(moved),
                _ => midnight_after(day, self.zone),
            },
        }
    }

    /// The end of the permission on the day to which the act was moved.
    fn end_of_moved(&self, day: Date) -> Option<Timestamp> {
        match self.shift {
            None => midnight_after(day, self.zone),
            Some(shift) => {
                let until = day.at(shift.until_hour, 0, 0, 0);
                self.zone.to_timestamp(until).ok().map(Timestamp::from)
            }
        }
    }
}

/// Whether an act at `at` is within the period that ends at `due`.
pub(crate) fn is_in_time(at: Timestamp, due: Timestamp, period: Period) -> bool {
    match period {
        Period::Hours(_) | Period::UndueDelay => at <= due,
        Period::Days(_) | Period::Months(_) | Period::WorkingDays(_) => at < due,
    }
}

pub fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(at.to_jiff()).date()
}

fn hours_after(start: Timestamp, hours: u32) -> Option<Timestamp> {
    let micros = i64::from(hours)
        .checked_mul(SECONDS_PER_HOUR)?
        .checked_mul(MICROS_PER_SECOND)?;
    Timestamp::from_micros(start.micros().checked_add(micros)?)
}

/// The first instant of the day after `day`. Where a clock change removes midnight, the day
/// begins with the first time that exists.
fn midnight_after(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.at(0, 0, 0, 0);
    zone.to_timestamp(midnight).ok().map(Timestamp::from)
}
