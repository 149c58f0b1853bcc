//! Times as people type them.

use anyhow::{Context, Result, anyhow, bail};
use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use vakt_event::Timestamp;

/// The instant that `words` names: RFC 3339 with an offset, `now`, `HH:MM`, `yesterday HH:MM`, or a
/// local date and time (`2026-11-24 03:05`), the last three in `zone`.
///
/// # Errors
/// Words of another form, and a local time that a clock change makes absent or double; the message
/// names the choices.
pub fn instant(words: &str, now: jiff::Timestamp, zone: &TimeZone) -> Result<Timestamp> {
    let words = words.trim();
    if words == "now" {
        return Ok(now.into());
    }
    if let Ok(instant) = words.parse::<Timestamp>() {
        return Ok(instant);
    }
    let today = zone.to_datetime(now).date();
    let local: DateTime = if let Some(clock) = words.strip_prefix("yesterday") {
        let day = today.yesterday().context("there is no day before that")?;
        let clock = time(clock.trim()).ok().with_context(|| no_time(words))?;
        day.to_datetime(clock)
    } else if let Ok(clock) = time(words) {
        today.to_datetime(clock)
    } else {
        let date_and_time = words.replacen(' ', "T", 1);
        date_and_time.parse().map_err(|_| anyhow!(no_time(words)))?
    };
    unambiguous(local, zone)
}

fn no_time(words: &str) -> String {
    format!(
        "{words:?} is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or \
         2026-11-24 03:05"
    )
}

fn time(words: &str) -> Result<Time> {
    let (hour, minute) = words.split_once(':').context("no HH:MM")?;
    let (minute, second) = minute.split_once(':').unwrap_or((minute, "0"));
    Time::new(hour.parse()?, minute.parse()?, second.parse()?, 0)
        .with_context(|| format!("{words:?} is no time of day"))
}

fn unambiguous(local: DateTime, zone: &TimeZone) -> Result<Timestamp> {
    let name = zone.iana_name().unwrap_or("this zone");
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => Ok(offset.to_timestamp(local)?.into()),
        AmbiguousOffset::Gap { before, after } => bail!(
            "{local} does not exist in {name}, since clocks were put forward; it is either {} or {}",
            after.to_timestamp(local)?,
            before.to_timestamp(local)?
        ),
        AmbiguousOffset::Fold { before, after } => bail!(
            "{local} comes twice in {name}, since clocks were put back: write {} for the first or \
             {} for the second",
            before.to_timestamp(local)?,
            after.to_timestamp(local)?
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_instants_or_are_refused_with_the_choices() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let now = "2026-11-24T08:00:00Z".parse().unwrap();
        let check = |words: &str, expected: &str| {
            let shown = match instant(words, now, &zone) {
                Ok(instant) => instant.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected, "{words}");
        };
        check("now", "2026-11-24T08:00:00Z");
        check("03:05", "2026-11-24T02:05:00Z");
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
        check(
            "yesterday",
            "\"yesterday\" is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or \
             2026-11-24 03:05",
        );
        check(
            "soon",
            "\"soon\" is no time: write 2026-11-23T20:08:00Z, now, 03:05, yesterday 23:10 or \
             2026-11-24 03:05",
        );
    }
}
