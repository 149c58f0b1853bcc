//! Deadlines in words for people, in the jurisdiction's own time.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

use super::Clock;
use crate::calendar::zone;
use crate::regime::Regime;

/// "by 21:08 on 24 November 2026 (Tuesday, +01:00)" for hours, "by the end of 26 December 2026
/// (Saturday)" for a calendar period, else the clock's note.
pub fn deadline(clock: &Clock, regime: &Regime) -> String {
    match (clock.nominal_date, clock.due) {
        (Some(day), _) => by_the_end_of(day),
        (None, Some(due)) => format!("by {}", local(due, &regime.zone)),
        (None, None) => clock.note.clone().unwrap_or_default(),
    }
}

/// "by the end of 26 December 2026 (Saturday)".
pub fn by_the_end_of(day: Date) -> String {
    format!("by the end of {} ({})", date(day), weekday(day))
}

/// "21:08 on 24 November 2026 (Tuesday, +01:00)"; seconds are shown where there are any, because
/// a deadline that is rounded is wrong.
pub fn local(at: Timestamp, zone_name: &str) -> String {
    let zone = zone(zone_name).unwrap_or(TimeZone::UTC);
    let local = zone.to_datetime(at.to_jiff());
    let offset_minutes = zone.to_offset(at.to_jiff()).seconds() / 60;
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset_minutes.abs() / 60, offset_minutes.abs() % 60);
    let time = match local.second() {
        0 => format!("{:02}:{:02}", local.hour(), local.minute()),
        second => format!("{:02}:{:02}:{second:02}", local.hour(), local.minute()),
    };
    format!(
        "{time} on {} ({}, {sign}{hours:02}:{minutes:02})",
        date(local.date()),
        weekday(local.date())
    )
}

/// "in 23 h 5 min", "12 min ago": rounded towards the earlier reading, so that time left is never
/// shown longer than it is.
pub fn time_left(due: Timestamp, now: Timestamp) -> String {
    let minutes = due.micros_since(now).div_euclid(60 * MICROS_PER_SECOND);
    let (minutes, passed) = (minutes.unsigned_abs(), minutes < 0);
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    let amount = match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {} min", minutes % 60),
        (days, hours) => format!("{days} d {hours} h"),
    };
    if passed {
        format!("{amount} ago")
    } else {
        format!("in {amount}")
    }
}

fn date(day: Date) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = usize::try_from(day.month() - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .unwrap_or(&"");
    format!("{} {month} {}", day.day(), day.year())
}

fn weekday(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn instants_in_local_words() {
        let check = |instant: &str, expected: &str| {
            assert_eq!(local(at(instant), "Europe/Stockholm"), expected);
        };
        check(
            "2026-11-24T20:08:00Z",
            "21:08 on 24 November 2026 (Tuesday, +01:00)",
        );
        check(
            "2026-10-25T00:30:00Z",
            "02:30 on 25 October 2026 (Sunday, +02:00)",
        );
        check(
            "2026-10-25T01:30:09Z",
            "02:30:09 on 25 October 2026 (Sunday, +01:00)",
        );
    }

    #[test]
    fn the_end_of_a_day() {
        assert_eq!(
            by_the_end_of("2026-12-26".parse().unwrap()),
            "by the end of 26 December 2026 (Saturday)"
        );
    }

    #[test]
    fn time_left_is_never_shown_longer_than_it_is() {
        let check = |due: &str, expected: &str| {
            assert_eq!(time_left(at(due), at("2026-11-24T00:00:00Z")), expected);
        };
        check("2026-11-24T00:00:59Z", "in 0 min");
        check("2026-11-24T23:05:30Z", "in 23 h 5 min");
        check("2026-11-26T20:08:00Z", "in 2 d 20 h");
        check("2026-11-23T23:59:59Z", "1 min ago");
        check("2026-11-22T00:00:00Z", "2 d 0 h ago");
    }
}
