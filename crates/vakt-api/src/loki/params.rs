//! The parameters of Loki's calls: in the address, or as the form that is the body.

use vakt_event::Timestamp;

use super::parse::duration_millis;
use super::search::Times;
use crate::backend::Order;
use crate::error::{ApiError, ErrorCode};

/// As long before `end` as `start` is where a query does not say, as in Loki.
pub(crate) const LINES_SECONDS: i64 = 3_600;

/// The same for labels and series.
pub(crate) const LABELS_SECONDS: i64 = 6 * 3_600;

/// The parameters, in their order. Those that are not known are passed over: clients send more
/// than any one server reads.
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

/// A range of time, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// Inclusive.
    pub(crate) start: i128,
    /// Exclusive for lines.
    pub(crate) end: i128,
}

impl Form {
    /// The first value of a parameter; one that is empty counts as not given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0
            .iter()
            .filter(move |(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn query(&self) -> Result<&str, ApiError> {
        self.get("query")
            .ok_or_else(|| invalid("`query` is missing".to_owned()))
    }

    /// From `start` to `end`; `since` is a start that long before the end.
    pub(crate) fn range(&self, now: Timestamp, default_seconds: i64) -> Result<Range, ApiError> {
        let end = self.time("end", now)?;
        let start = match (self.get("start"), self.get("since")) {
            (Some(_), _) => self.time("start", now)?,
            (None, Some(since)) => {
                let millis = duration_millis(since).ok_or_else(|| {
                    invalid(format!(
                        "`since` is `{since}`, but must be a duration such as 1h"
                    ))
                })?;
                end - i128::from(millis) * 1_000_000
            }
            (None, None) => end - i128::from(default_seconds) * 1_000_000_000,
        };
        if start > end {
            return Err(invalid("`start` lies after `end`".to_owned()));
        }
        Ok(Range { start, end })
    }

    /// A time in nanoseconds; `now` where it is not given.
    pub(crate) fn time(&self, name: &str, now: Timestamp) -> Result<i128, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(i128::from(now.micros()) * 1000);
        };
        // A time that no event can have would be no bound.
        let time = nanos(text).filter(|nanos| micros_up(*nanos).is_some());
        time.ok_or_else(|| {
            ApiError::new(ErrorCode::InvalidTime, format!("`{name}` is `{text}`"))
                .with_help("write nanoseconds or seconds since 1970, or RFC 3339 with an offset")
        })
    }

    pub(crate) fn limit(&self, default: usize, max: usize) -> Result<usize, ApiError> {
        let Some(text) = self.get("limit") else {
            return Ok(default);
        };
        text.parse()
            .ok()
            .filter(|limit| (1..=max).contains(limit))
            .ok_or_else(|| {
                invalid(format!(
                    "`limit` is `{text}`, but must be a whole number from 1 to {max}"
                ))
            })
    }

    pub(crate) fn order(&self) -> Result<Order, ApiError> {
        match self
            .get("direction")
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            None | Some("backward") => Ok(Order::NewestFirst),
            Some("forward") => Ok(Order::OldestFirst),
            Some(other) => Err(invalid(format!(
                "`direction` is `{other}`, but must be `backward` or `forward`"
            ))),
        }
    }

    /// The step in milliseconds: a duration, or seconds.
    pub(crate) fn step_millis(&self, range: Range) -> Result<u64, ApiError> {
        let Some(text) = self.get("step") else {
            // As in Loki: about 250 points, and no step below a second.
            let seconds = (range.end - range.start) / 1_000_000_000 / 250;
            return Ok(u64::try_from(seconds).unwrap_or(u64::MAX / 1000).max(1) * 1000);
        };
        duration_millis(text)
            .or_else(|| seconds_as_millis(text))
            .filter(|millis| *millis > 0)
            .ok_or_else(|| {
                invalid(format!(
                    "`step` is `{text}`, but must be a duration such as 15s, or seconds"
                ))
            })
    }
}

impl Range {
    /// As a search takes it. Both ends are the first whole microseconds that are not before them.
    pub(crate) fn times(self) -> Times {
        Times {
            since: micros_up(self.start),
            until: micros_up(self.end),
        }
    }

    /// The range in whole seconds that lies within it.
    pub(crate) fn seconds(self) -> (i64, i64) {
        let start = self
            .start
            .saturating_add(999_999_999)
            .div_euclid(1_000_000_000);
        let end = self.end.div_euclid(1_000_000_000);
        (clamped(start), clamped(end))
    }
}

/// The first whole microsecond that is not before.
pub(crate) fn micros_up(nanos: i128) -> Option<Timestamp> {
    i64::try_from(nanos.saturating_add(999).div_euclid(1000))
        .ok()
        .and_then(Timestamp::from_micros)
}

fn clamped(seconds: i128) -> i64 {
    i64::try_from(seconds).unwrap_or(if seconds < 0 { i64::MIN } else { i64::MAX })
}

/// Nanoseconds, or seconds with up to ten digits or a fraction, or RFC 3339.
fn nanos(text: &str) -> Option<i128> {
    if let Ok(number) = text.parse::<i64>() {
        let is_seconds = text.trim_start_matches('-').len() <= 10;
        let factor = if is_seconds { 1_000_000_000 } else { 1 };
        return Some(i128::from(number) * factor);
    }
    if let Some(millis) = text
        .contains('.')
        .then(|| seconds_as_millis(text))
        .flatten()
    {
        return Some(i128::from(millis) * 1_000_000);
    }
    let time: Timestamp = text.parse().ok()?;
    Some(i128::from(time.micros()) * 1000)
}

/// `1.5` as 1500; without a sign, more digits than three are cut.
fn seconds_as_millis(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let seconds: u64 = whole.parse().ok()?;
    seconds
        .checked_mul(1000)?
        .checked_add(fraction.parse().ok()?)
}

fn invalid(message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidParameter, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn times_in_every_notation() {
        let check =
            |text: &str, expected: Option<i128>| assert_eq!(nanos(text), expected, "{text}");
        check("1795512602", Some(1_795_512_602_000_000_000));
        check("1795512602000001000", Some(1_795_512_602_000_001_000));
        check("1795512602.5", Some(1_795_512_602_500_000_000));
        check("2026-11-24T09:30:02Z", Some(1_795_512_602_000_000_000));
        check("2026-11-24T09:30:02", None);
        check("now", None);
        check("1e9", None);
    }

    #[test]
    fn ranges_and_their_defaults() {
        let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
        let check = |pairs: &[(&str, &str)], expected: Result<(i128, i128), &str>| {
            let found = form(pairs).range(now, LINES_SECONDS);
            match (found, expected) {
                (Ok(found), Ok((start, end))) => {
                    let second = 1_000_000_000;
                    assert_eq!((found.start / second, found.end / second), (start, end));
                }
                (Err(error), Err(part)) => assert!(error.message.contains(part), "{error:?}"),
                (found, _) => panic!("{pairs:?}: {found:?}"),
            }
        };
        check(&[], Ok((1_795_510_800, 1_795_514_400)));
        check(&[("since", "5m")], Ok((1_795_514_100, 1_795_514_400)));
        check(&[("start", "5"), ("end", "7")], Ok((5, 7)));
        check(&[("start", "7"), ("end", "5")], Err("after"));
        check(&[("since", "5")], Err("`since`"));
        check(&[("end", "x")], Err("`end`"));
        check(&[("start", "99999999999999999.5")], Err("`start`"));
    }

    #[test]
    fn an_event_at_the_end_is_not_in_the_range() {
        let range = Range {
            start: 1_001,
            end: 2_000,
        };
        let times = range.times();
        assert_eq!(times.since.map(Timestamp::micros), Some(2));
        assert_eq!(times.until.map(Timestamp::micros), Some(2));
    }

    #[test]
    fn steps() {
        let range = Range {
            start: 0,
            end: 3_600 * 1_000_000_000,
        };
        let check = |text: &str, expected: Option<u64>| {
            let found = form(&[("step", text)]).step_millis(range).ok();
            assert_eq!(found, expected, "{text}");
        };
        check("15s", Some(15_000));
        check("15000ms", Some(15_000));
        check("0.5", Some(500));
        check("60", Some(60_000));
        check("", Some(14_000));
        check("0", None);
        check("0s", None);
        check("-5", None);
        check("fast", None);
    }
}
