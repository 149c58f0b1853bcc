//! Times on a clock and calendar that name no zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::unit::Unit;
use super::{TimeFault, When, YEARS};

/// A time on a clock or calendar of some zone, and its unit; none where it is an instant.
pub(super) struct Civil {
    start: DateTime,
    unit: Option<Unit>,
}

impl Civil {
    pub(super) fn within(self, zone: &TimeZone) -> Result<When, TimeFault> {
        let start = zone.to_ambiguous_zoned_datetime(self.start).compatible();
        let start = start.map_err(|_| YEARS)?;
        match self.unit {
            None => Ok(When::instant(&start)),
            Some(unit) => When::period(&start, unit),
        }
    }
}

pub(super) fn civil(text: &str) -> Option<Civil> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(|part| digits(part, 2));
    let day = parts.next().map(|part| digits(part, 2));
    if parts.next().is_some() || (time.is_some() && day.is_none()) {
        return None;
    }
    let unit = match (month, day) {
        (None, _) => Unit::Year,
        (_, None) => Unit::Month,
        _ => Unit::Day,
    };
    let part = |part: Option<Option<i16>>| match part {
        None => Some(1),
        Some(number) => i8::try_from(number?).ok(),
    };
    let date = Date::new(year, part(month)?, part(day)?).ok()?;
    match time {
        None => Some(Civil {
            start: date.to_datetime(Time::midnight()),
            unit: Some(unit),
        }),
        Some(time) => time_of_day(date, time),
    }
}

fn time_of_day(date: Date, text: &str) -> Option<Civil> {
    let mut parts = text.split(':');
    let hour = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    let (minute, seconds) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (time, unit) = match (minute, seconds) {
        (None, _) => (Time::new(hour, 0, 0, 0).ok()?, Some(Unit::Hour)),
        (Some(minute), None) => {
            let minute = i8::try_from(digits(minute, 2)?).ok()?;
            (Time::new(hour, minute, 0, 0).ok()?, Some(Unit::Minute))
        }
        (Some(_), Some(seconds)) if seconds.starts_with(|c: char| c.is_ascii_digit()) => {
            (text.parse().ok()?, None)
        }
        _ => return None,
    };
    Some(Civil {
        start: date.to_datetime(time),
        unit,
    })
}

/// The number of exactly `length` digits that `text` is.
fn digits(text: &str, length: usize) -> Option<i16> {
    let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}
