//! Numbers that are summed exactly, in whatever order they come.

use serde_json::{Number as JsonNumber, Value as Json};

use crate::query::Number;

/// A sum is kept in billionths: what is smaller is rounded away, and no order of adding matters.
const UNITS: i128 = 1_000_000_000;

/// The largest number that is summed: a billion billions of them fit.
const SUMMED_MAX: f64 = 1e20;

/// A sum of numbers, each rounded to billionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    units: i128,
    pub(super) count: u64,
}

impl Sum {
    /// Adds a number; whether it is one that can be summed.
    pub(super) fn add(&mut self, number: Number) -> bool {
        let Some(units) = units(number) else {
            return false;
        };
        // A sum that could be cut here takes 10^9 of the largest numbers.
        self.units = self.units.saturating_add(units);
        self.count += 1;
        true
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.units = self.units.saturating_add(other.units);
        self.count += other.count;
    }

    /// The sum; null of nothing.
    pub(super) fn total(self) -> Json {
        if self.count == 0 {
            return Json::Null;
        }
        if self.units % UNITS == 0 {
            return whole(self.units / UNITS);
        }
        float(self.units as f64 / UNITS as f64)
    }

    /// The mean; null of nothing.
    pub(super) fn mean(self) -> Json {
        if self.count == 0 {
            return Json::Null;
        }
        let count = i128::from(self.count);
        if self.units % (UNITS * count) == 0 {
            return whole(self.units / (UNITS * count));
        }
        float(self.units as f64 / UNITS as f64 / self.count as f64)
    }
}

fn units(number: Number) -> Option<i128> {
    if number.as_f64().abs() > SUMMED_MAX {
        return None;
    }
    match number {
        Number::Whole(number) => number.checked_mul(UNITS),
        // With nine digits after the point its digits are the billionths.
        Number::Float(number) => format!("{number:.9}").replace('.', "").parse().ok(),
    }
}

/// A number as JSON has it; equal numbers are written alike.
pub(super) fn json(number: Number) -> Json {
    match number {
        Number::Whole(number) => whole(number),
        Number::Float(number) if number.fract() == 0.0 && number.abs() <= SUMMED_MAX => {
            format!("{number:.0}").parse().map_or(Json::Null, whole)
        }
        Number::Float(number) => float(number),
    }
}

fn whole(number: i128) -> Json {
    if let Ok(number) = i64::try_from(number) {
        return number.into();
    }
    match u64::try_from(number) {
        Ok(number) => number.into(),
        Err(_) => float(number as f64),
    }
}

fn float(number: f64) -> Json {
    JsonNumber::from_f64(number).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact() {
        let check = |numbers: &[Number], total: &str, mean: &str| {
            let mut sum = Sum::default();
            for number in numbers {
                assert!(sum.add(*number), "{number:?}");
            }
            let shown = (sum.total().to_string(), sum.mean().to_string());
            assert_eq!(shown, (total.to_owned(), mean.to_owned()), "{numbers:?}");
        };
        use Number::{Float, Whole};
        check(&[], "null", "null");
        check(&[Float(0.1), Float(0.2)], "0.3", "0.15");
        check(&[Whole(1), Float(1.5), Float(0.5)], "3", "1");
        check(&[Whole(-1), Whole(0)], "-1", "-0.5");
        check(&[Float(-0.25), Float(0.25)], "0", "0");
        check(
            &[Whole(u64::MAX.into())],
            "18446744073709551615",
            "18446744073709551615",
        );
        check(
            &[Whole(i64::MAX.into()), Whole(1)],
            "9223372036854775808",
            "4611686018427387904",
        );
        assert!(!Sum::default().add(Whole(i128::MAX)));
        assert!(!Sum::default().add(Float(-1e21)));
    }

    #[test]
    fn equal_numbers_are_written_alike() {
        assert_eq!(json(Number::Float(2.0)), json(Number::Whole(2)));
        assert_eq!(json(Number::Float(-0.0)).to_string(), "0");
        assert_eq!(json(Number::Float(1.5)).to_string(), "1.5");
    }
}
