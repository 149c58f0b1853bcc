//! Times as people type them at night, in the zone of a jurisdiction.

use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use vakt_event::Timestamp;
use vakt_event::time::FUTURE_TOLERANCE_MICROS;

use crate::fact::parse_instant;

/// Why words name no instant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocalTimeError {
    #[error(
        "{words:?} is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or \
         2026-11-24 03:05"
    )]
    NoTime { words: String },
    #[error(
        "{local} does not exist in {zone}, since clocks were put forward; it is either {earlier} or \
         {later}"
    )]
    Absent {
        local: DateTime,
        zone: String,
        earlier: jiff::Timestamp,
        later: jiff::Timestamp,
    },
    #[error(
        "{local} comes twice in {zone}, since clocks were put back: write {first} for the first or \
         {second} for the second"
    )]
    Double {
        local: DateTime,
        zone: String,
        first: jiff::Timestamp,
        second: jiff::Timestamp,
    },
    #[error("{words} is still to come today: write `yesterday {words}`, or the date with it")]
    ToCome { words: String },
    #[error("{words:?} lies beyond the years that are reckoned with")]
    OutOfRange { words: String },
}

/// The instant that `words` names: RFC 3339 with an offset, `now`, `HH:MM`, `yesterday HH:MM`, or a
/// local date and time (`2026-11-24 03:05`), the last three in `zone`. Seconds may be written.
///
/// # Errors
/// Words of another form; a local time that a clock change makes absent or double, with the
/// choices.
pub fn instant(words: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, LocalTimeError> {
    let words = words.trim();
    let no_time = || LocalTimeError::NoTime {
        words: words.to_owned(),
    };
    if words == "now" {
        return Ok(now);
    }
    if let Ok(instant) = parse_instant(words) {
        return Ok(instant);
    }
    let today = zone.to_datetime(now.to_jiff()).date();
    if let Some(clock) = words.strip_prefix("yesterday") {
        let day = today.yesterday().map_err(|_| no_time())?;
        let clock = time(clock.trim()).ok_or_else(no_time)?;
        return unambiguous(day.to_datetime(clock), zone);
    }
    if let Some(clock) = time(words) {
        return unambiguous(today.to_datetime(clock), zone);
    }
    let date_and_time = words.replacen(' ', "T", 1);
    // A date alone is no time.
    if !date_and_time.contains('T') {
        return Err(no_time());
    }
    unambiguous(date_and_time.parse().map_err(|_| no_time())?, zone)
}

/// As [`instant`], of what has happened: shortly after midnight, who types 23:10 means yesterday.
///
/// # Errors
/// As [`instant`], and a time of day alone that is still to come.
pub fn past_instant(
    words: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, LocalTimeError> {
    let words = words.trim();
    let instant = instant(words, now, zone)?;
    if time(words).is_some() && instant.micros_since(now) > FUTURE_TOLERANCE_MICROS {
        return Err(LocalTimeError::ToCome {
            words: words.to_owned(),
        });
    }
    Ok(instant)
}

fn time(words: &str) -> Option<Time> {
    let (hour, minute) = words.split_once(':')?;
    let (minute, second) = minute.split_once(':').unwrap_or((minute, "0"));
    let number = |text: &str| text.parse().ok();
    Time::new(number(hour)?, number(minute)?, number(second)?, 0).ok()
}

/// The instant of a local time, where it is one.
///
/// # Errors
/// A time that a clock change makes absent or double, with the choices.
pub fn unambiguous(local: DateTime, zone: &TimeZone) -> Result<Timestamp, LocalTimeError> {
    let name = || zone.iana_name().unwrap_or("this zone").to_owned();
    let at = |offset: jiff::tz::Offset| {
        offset
            .to_timestamp(local)
            .map_err(|_| LocalTimeError::OutOfRange {
                words: local.to_string(),
            })
    };
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Ok(at(offset)?.into()),
        AmbiguousOffset::Gap { before, after } => Err(LocalTimeError::Absent {
            local,
            zone: name(),
            earlier: at(after)?,
            later: at(before)?,
        }),
        AmbiguousOffset::Fold { before, after } => Err(LocalTimeError::Double {
            local,
            zone: name(),
            first: at(before)?,
            second: at(after)?,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::zone;

    #[test]
    fn what_may_lie_ahead_may_be_a_time_of_today() {
        let zone = zone("Europe/Stockholm").unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let later = instant("23:10", now, &zone).unwrap();
        assert_eq!(later.to_string(), "2026-11-24T22:10:00Z");
    }

    #[test]
    fn words_become_instants_or_are_refused_with_the_choices() {
        let zone = zone("Europe/Stockholm").unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let check = |words: &str, expected: &str| {
            let shown = match past_instant(words, now, &zone) {
                Ok(instant) => instant.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{words}");
        };
        check("now", "2026-11-24T08:00:00Z");
        check("03:05", "2026-11-24T02:05:00Z");
        check("03:05:30", "2026-11-24T02:05:30Z");
        check("09:04", "2026-11-24T08:04:00Z");
        check(
            "23:10",
            "23:10 is still to come today: write `yesterday 23:10`, or the date with it",
        );
        check("yesterday 23:10", "2026-11-23T22:10:00Z");
        check("2026-07-01 12:00", "2026-07-01T10:00:00Z");
        check("2026-11-23T20:08:00+01:00", "2026-11-23T19:08:00Z");
        check(
            "2026-03-29 02:30",
            "2026-03-29T02:30:00 does not exist in Europe/Stockholm, since clocks were put \
             forward; it is either 2026-03-29T00:30:00Z or 2026-03-29T01:30:00Z",
        );
        check(
            "2026-10-25 02:30",
            "2026-10-25T02:30:00 comes twice in Europe/Stockholm, since clocks were put back: \
             write 2026-10-25T00:30:00Z for the first or 2026-10-25T01:30:00Z for the second",
        );
        for words in [
            "yesterday",
            "soon",
            "2026-11-23",
            "25:00",
            "",
            "tomorrow 03:05",
        ] {
            let help = "is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or \
                        2026-11-24 03:05";
            check(words, &format!("{words:?} {help}"));
        }
    }
}
