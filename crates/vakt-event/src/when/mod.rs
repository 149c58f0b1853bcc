//! Times as people write them: absolute, by date, or relative to now.
//!
//! ```text
//! time     = RFC 3339 with an offset
//!          | YYYY [ "-" MM [ "-" DD [ ("T" | " ") hh [ ":" mm [ ":" ss [ "." digits ] ] ] ] ] ]
//!          | ( "now" | offset ) { offset } [ "/" unit ]
//!          | "today" | "yesterday"
//! offset   = ( "+" | "-" ) digits unit
//! unit     = "s" | "m" | "h" | "d" | "w" | "M" | "y"
//! ```
//!
//! What is shorter than a second's time is a period, as are rounded times: `2026-11-24` and `now/d`
//! are days. Offsets of days and longer go by the calendar, as `/` does; weeks begin on Monday.

mod civil;
mod relative;
mod unit;

use std::fmt;

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;

use civil::civil;
use relative::Relative;
use unit::Unit;

use crate::Timestamp;

const UNITS: &str = "one of s, m, h, d, w, M (months) and y after a number";

/// The present, which times may be relative to.
#[derive(Clone, Debug)]
pub struct Now {
    pub time: Timestamp,
    /// The zone of dates and times that name none, and in which days begin.
    pub zone: TimeZone,
}

/// In UTC.
impl From<Timestamp> for Now {
    fn from(time: Timestamp) -> Self {
        let zone = TimeZone::UTC;
        Self { time, zone }
    }
}

/// What a written time stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Instant(Timestamp),
    /// From the first instant on, before the second.
    Period(Timestamp, Timestamp),
}

/// Why a text is no time that can be used.
#[derive(Debug, PartialEq)]
pub enum TimeFault {
    /// It does not look like one.
    NoTime,
    /// It is relative, and the present is not known.
    NoNow,
    /// It looks like one, but is none from this character (from 0) on.
    At(usize, &'static str),
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTime => f.write_str(
                "a time is 2026-11-24T09:30:00Z, a date such as 2026-11-24, now, -15m or now-1d/d",
            ),
            Self::NoNow => f.write_str("what now is, is not known here"),
            Self::At(at, expected) => {
                write!(f, "at character {} {expected} was expected", at + 1)
            }
        }
    }
}

const YEARS: TimeFault = TimeFault::At(0, "a time within the years -9999 to 9999");

impl When {
    /// What `text` stands for; `now` is needed where it is relative, and its zone where it names none,
    /// which is UTC without.
    ///
    /// # Errors
    /// It is no such time.
    pub fn read(text: &str, now: Option<&Now>) -> Result<Self, TimeFault> {
        if let Ok(time) = text.to_ascii_uppercase().parse() {
            return Ok(Self::Instant(time));
        }
        let days = [("today", "now/d"), ("yesterday", "now-1d/d")];
        let day = days
            .into_iter()
            .find(|(word, _)| text.eq_ignore_ascii_case(word));
        let text = day.map_or(text, |(_, day)| day);
        if let Some(relative) = Relative::begin(text) {
            return relative.read(now);
        }
        let zone = now.map_or(TimeZone::UTC, |now| now.zone.clone());
        civil(text).ok_or(TimeFault::NoTime)?.within(&zone)
    }

    /// The instant, or the first one of the period.
    pub fn start(&self) -> Timestamp {
        match self {
            Self::Instant(time) | Self::Period(time, _) => *time,
        }
    }

    fn instant(zoned: &ZonedDateTime) -> Self {
        Self::Instant(zoned.timestamp().into())
    }

    /// From `start` to the next of its unit.
    fn period(start: &ZonedDateTime, unit: Unit) -> Result<Self, TimeFault> {
        let end = unit.later(start, 1).ok_or(YEARS)?;
        // The end of a calendar's unit is a beginning of one, also where clocks change at midnight.
        let end = unit.start_of(&end).ok_or(YEARS)?;
        Ok(Self::Period(
            start.timestamp().into(),
            end.timestamp().into(),
        ))
    }
}

/// Whether `text` begins as a time relative to `now` does, by that very word.
pub fn names_now(text: &str) -> bool {
    let word = text.get(..3).unwrap_or_default();
    let rest = text.get(3..).unwrap_or_default();
    word.eq_ignore_ascii_case("now") && (rest.is_empty() || rest.starts_with(['+', '-', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Now {
        Now::from("2026-11-24T10:20:30.5Z".parse::<Timestamp>().unwrap())
    }

    fn show(when: &When) -> String {
        match when {
            When::Instant(time) => time.to_string(),
            When::Period(start, end) => format!("{start} {end}"),
        }
    }

    #[test]
    fn times_stand_for_instants_and_periods() {
        let check = |text: &str, expected: &str| {
            let found = When::read(text, Some(&now()));
            let found = found.unwrap_or_else(|fault| panic!("{text} {fault:?}"));
            assert_eq!(show(&found), expected, "{text}");
        };
        check("2026-11-24t09:30:00z", "2026-11-24T09:30:00Z");
        check("2026-11-24T09:30:00+01:00", "2026-11-24T08:30:00Z");
        check("now", "2026-11-24T10:20:30.5Z");
        check("NOW", "2026-11-24T10:20:30.5Z");
        check("now-15m", "2026-11-24T10:05:30.5Z");
        check("-1h", "2026-11-24T09:20:30.5Z");
        check("-1d+2h", "2026-11-23T12:20:30.5Z");
        check("+30s", "2026-11-24T10:21:00.5Z");
        check("now-1w", "2026-11-17T10:20:30.5Z");
        check("now-1M", "2026-10-24T10:20:30.5Z");
        check("now-9M", "2026-02-24T10:20:30.5Z");
        check("now-1y", "2025-11-24T10:20:30.5Z");
        check("today", "2026-11-24T00:00:00Z 2026-11-25T00:00:00Z");
        check("Yesterday", "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z");
        check("now/s", "2026-11-24T10:20:30Z 2026-11-24T10:20:31Z");
        check("now/m", "2026-11-24T10:20:00Z 2026-11-24T10:21:00Z");
        check("now/h", "2026-11-24T10:00:00Z 2026-11-24T11:00:00Z");
        check("now-1d/d", "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z");
        check("-2d/w", "2026-11-16T00:00:00Z 2026-11-23T00:00:00Z");
        check("now/M", "2026-11-01T00:00:00Z 2026-12-01T00:00:00Z");
        check("now/y", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z");
        check("2026-11-23", "2026-11-23T00:00:00Z 2026-11-24T00:00:00Z");
        check("2026-12", "2026-12-01T00:00:00Z 2027-01-01T00:00:00Z");
        check("2026", "2026-01-01T00:00:00Z 2027-01-01T00:00:00Z");
        check("2026-11-23t07", "2026-11-23T07:00:00Z 2026-11-23T08:00:00Z");
        check(
            "2026-11-23 07:59",
            "2026-11-23T07:59:00Z 2026-11-23T08:00:00Z",
        );
        check("2026-11-23T07:59:01", "2026-11-23T07:59:01Z");
        check("2026-11-23T07:59:01.25", "2026-11-23T07:59:01.25Z");
    }

    #[test]
    fn days_begin_in_the_zone() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let check = |time: &str, text: &str, expected: &str| {
            let time = time.parse().unwrap();
            let zone = zone.clone();
            let found = When::read(text, Some(&Now { time, zone })).unwrap();
            assert_eq!(show(&found), expected, "{text}");
        };
        let summer = "2026-07-01T22:30:00Z";
        check(summer, "now/d", "2026-07-01T22:00:00Z 2026-07-02T22:00:00Z");
        check(
            summer,
            "2026-11-23",
            "2026-11-22T23:00:00Z 2026-11-23T23:00:00Z",
        );
        check(summer, "2026-07-01T12:00:00", "2026-07-01T10:00:00Z");
        // A day of 25 hours, and the second of its two hours after two.
        let autumn = "2026-10-25T01:30:00Z";
        check(autumn, "now/d", "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
        check(autumn, "now/h", "2026-10-25T01:00:00Z 2026-10-25T02:00:00Z");
        // By the calendar a day ago, which is 25 hours.
        check("2026-10-26T00:30:00Z", "-1d", "2026-10-24T23:30:00Z");
    }

    #[test]
    fn what_is_no_time_says_why() {
        use TimeFault::{At, NoTime};
        let check = |text: &str, expected: TimeFault| {
            assert_eq!(When::read(text, Some(&now())), Err(expected), "{text}");
        };
        for text in [
            "",
            "tomorrow",
            "nowhere",
            "12",
            "2026-1-2",
            "2026-13",
            "2026-02-30",
            "2026-11-24T25",
            "2026-11-24T09:30:00:00",
            "2026-11T09",
            "2026-11-24T09:30:",
            "-",
            "-x",
            "å",
            "1h",
        ] {
            check(text, NoTime);
        }
        check("now-15x", At(6, UNITS));
        check("-15", At(3, UNITS));
        check("now-m", At(4, "a whole number after + or -"));
        check(
            "now/x",
            At(4, "one of s, m, h, d, w, M (months) and y after /"),
        );
        check("now/d-1h", At(5, "the end of the time after /"));
        check("-1h2", At(3, "+, - or / in a time relative to now"));
        check("-99999999999999999999d", At(1, "a smaller number"));
        check("-999999999999d", YEARS);
        check("-9223372036854775807y", YEARS);
        assert_eq!(When::read("now", None), Err(TimeFault::NoNow));
        assert!(When::read("2026-11-24", None).is_ok());
    }
}
