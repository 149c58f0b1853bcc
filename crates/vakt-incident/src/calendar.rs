//! From a start to a deadline: elapsed hours, calendar days and calendar months.
//!
//! Hours are seconds of UTC and know no calendar. Days and months are counted on the local
//! calendar of the jurisdiction (lag (1930:173) 1 §; Regulation 1182/71 Art. 3) and end with the
//! last hour of their last day: the deadline is the next local midnight, exclusive.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, ToSpan};
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use crate::holidays;
use crate::regime::{DaysOff, Period};

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
}

/// The end of `period` from `start`, on the calendar of `zone`.
pub fn deadline(start: Timestamp, period: Period, zone: &TimeZone, days_off: DaysOff) -> Deadline {
    match period {
        Period::Hours(hours) => Deadline {
            due: hours_after(start, hours),
            ..Deadline::default()
        },
        Period::Days(days) => last_day(start, i64::from(days).days(), zone, days_off),
        Period::Months(months) => last_day(start, i64::from(months).months(), zone, days_off),
        Period::UndueDelay => Deadline::default(),
    }
}

/// Whether an act at `at` is within the period that ends at `due`.
pub(crate) fn is_in_time(at: Timestamp, due: Timestamp, period: Period) -> bool {
    match period {
        Period::Hours(_) | Period::UndueDelay => at <= due,
        Period::Days(_) | Period::Months(_) => at < due,
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

fn last_day(start: Timestamp, span: Span, zone: &TimeZone, days_off: DaysOff) -> Deadline {
    // jiff gives a month that lacks the day number its last day, as the law does.
    let Ok(day) = local_date(start, zone).checked_add(span) else {
        return Deadline::default();
    };
    Deadline {
        due: midnight_after(day, zone),
        nominal_date: Some(day),
        statutory_latest_date: holidays::next_working_day(day, days_off),
    }
}

/// The first instant of the day after `day`. Where a clock change removes midnight, the day
/// begins with the first time that exists.
fn midnight_after(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = day.tomorrow().ok()?.at(0, 0, 0, 0);
    zone.to_timestamp(midnight).ok().map(Timestamp::from)
}
