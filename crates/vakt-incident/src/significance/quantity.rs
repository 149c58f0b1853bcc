//! Numbers and durations as exact quantities: what the law compares is never rounded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Parts of one: six decimal places.
const ONE: i128 = 1_000_000;

/// Digits before the decimal point: more money or people than there are.
const DIGITS_MAX: usize = 15;

/// A number with up to six decimal places, or a duration in seconds with as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i128);

impl Quantity {
    pub const ZERO: Self = Self(0);

    pub fn from_seconds(seconds: i64) -> Self {
        Self(i128::from(seconds) * ONE)
    }

    pub fn from_micros(micros: i64) -> Self {
        Self(i128::from(micros))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Microseconds, of a duration.
    pub fn micros(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// This many percent of it. Nothing is rounded that a comparison could see: both have six
    /// places, and the product is kept in twelve by the one who compares.
    pub(super) fn times_percent(self, percent: Self) -> Exact {
        Exact(self.0 * percent.0)
    }

    pub(super) fn exact(self) -> Exact {
        Exact(self.0 * ONE * 100)
    }

    /// `PT30M` for people who know ISO 8601: `30 min`, `1 h 1 min 1 s`.
    pub fn as_duration(self) -> String {
        let seconds = self.0 / ONE;
        let rest = self.0 % ONE;
        let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min")];
        let mut words: Vec<String> = parts
            .iter()
            .filter(|(amount, _)| *amount != 0)
            .map(|(amount, unit)| format!("{amount} {unit}"))
            .collect();
        // Never rounded: a limit is passed by a microsecond.
        if rest != 0 {
            let decimals = format!("{rest:06}");
            let decimals = decimals.trim_end_matches('0');
            words.push(format!("{}.{decimals} s", seconds % 60));
        } else if seconds % 60 != 0 {
            words.push(format!("{} s", seconds % 60));
        }
        match words.is_empty() {
            true => "0 s".to_owned(),
            false => words.join(" "),
        }
    }
}

/// A quantity in parts of a hundred million, to compare percentages exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exact(i128);

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = ONE * ONE * 100;
        decimal(f, self.0 / whole, self.0 % whole, 14)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal(f, self.0 / ONE, self.0 % ONE, 6)
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, whole: i128, rest: i128, places: usize) -> fmt::Result {
    if rest == 0 {
        return write!(f, "{whole}");
    }
    let digits = format!("{:0places$}", rest.unsigned_abs());
    write!(f, "{whole}.{}", digits.trim_end_matches('0'))
}

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no number or duration: write 300001, 0.1, or PT1H30M")]
pub struct QuantityError {
    text: String,
}

impl FromStr for Quantity {
    type Err = QuantityError;

    /// `300001`, `0.1`, `PT1H30M`, `P1DT2H`. Nothing is below zero.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = match text.strip_prefix('P') {
            Some(period) => duration(period),
            None => number(text).map(Self),
        };
        found.ok_or_else(|| QuantityError {
            text: text.to_owned(),
        })
    }
}

fn number(text: &str) -> Option<i128> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = (1..=DIGITS_MAX).contains(&whole.len())
        && places.len() <= 6
        && are_digits(whole)
        && are_digits(places)
        && (!places.is_empty() || !text.contains('.'));
    if !is_number {
        return None;
    }
    let places: i128 = format!("{places:0<6}").parse().ok()?;
    Some(whole.parse::<i128>().ok()? * ONE + places)
}

/// The days, hours, minutes and seconds of an ISO 8601 duration, without its `P`.
fn duration(period: &str) -> Option<Quantity> {
    let (days, time) = period.split_once('T').unwrap_or((period, ""));
    if period.ends_with('T') || (days.is_empty() && time.is_empty()) {
        return None;
    }
    let mut sum: i128 = 0;
    for (mut rest, units) in [
        (days, &[('D', 86_400)][..]),
        (time, &[('H', 3_600), ('M', 60), ('S', 1)]),
    ] {
        for (unit, seconds) in units {
            if let Some((amount, after)) = rest.split_once(*unit) {
                sum += number(amount)? * seconds;
                rest = after;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    Some(Quantity(sum))
}

impl Serialize for Quantity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(QuantityVisitor)
    }
}

/// Numbers as YAML and JSON know them, or the text.
struct QuantityVisitor;

impl serde::de::Visitor<'_> for QuantityVisitor {
    type Value = Quantity;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a duration such as PT30M")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }

    // The shortest decimal that gives the number is what was written.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Quantity, E> {
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_are_read_exactly() {
        let check = |text: &str, expected: Option<&str>| {
            let found = text.parse::<Quantity>().ok().map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("300001", Some("300001"));
        check("0.1", Some("0.1"));
        check("0.000001", Some("0.000001"));
        check("0.0000001", None);
        check("PT30M", Some("1800"));
        check("PT30M1S", Some("1801"));
        check("P1DT2H0.5S", Some("93600.5"));
        check("PT61M", Some("3660"));
        check("P", None);
        check("PT", None);
        check("P1DT", None);
        check("PT1M1H", None);
        check("-1", None);
        check("", None);
        check("1.", None);
        check("1e6", None);
        check("999999999999999", Some("999999999999999"));
        check("1000000000000000", None);
    }

    #[test]
    fn durations_in_words() {
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<Quantity>().unwrap().as_duration(), expected);
        };
        check("PT0S", "0 s");
        check("PT61M1S", "1 h 1 min 1 s");
        check("PT0.000001S", "0.000001 s");
        check("PT16.73175S", "16.73175 s");
        check("PT30M0.5S", "30 min 0.5 s");
    }
}
