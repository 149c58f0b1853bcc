//! Times relative to now.

use super::unit::Unit;
use super::{Now, TimeFault, UNITS, When, YEARS, names_now};

/// A time relative to now, being read.
pub(super) struct Relative {
    chars: Vec<char>,
    at: usize,
}

impl Relative {
    /// Whether `text` is to be read as a relative time: it begins with `now`, or with a sign and a
    /// digit, as `-1h` does.
    pub(super) fn begin(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let at = match chars.as_slice() {
            _ if names_now(text) => 3,
            ['+' | '-', digit, ..] if digit.is_ascii_digit() => 0,
            _ => return None,
        };
        Some(Self { chars, at })
    }

    pub(super) fn read(mut self, now: Option<&Now>) -> Result<When, TimeFault> {
        let now = now.ok_or(TimeFault::NoNow)?;
        let mut time = now.time.to_jiff().to_zoned_datetime(now.zone.clone());
        while let Some(sign) = self.take() {
            match sign {
                '+' | '-' => {
                    let count = self.count()?;
                    let unit = self.unit(UNITS)?;
                    let count = if sign == '-' { -count } else { count };
                    time = unit.later(&time, count).ok_or(YEARS)?;
                }
                '/' => {
                    let unit = self.unit("one of s, m, h, d, w, M (months) and y after /")?;
                    if self.at < self.chars.len() {
                        return Err(TimeFault::At(self.at, "the end of the time after /"));
                    }
                    let start = unit.start_of(&time).ok_or(YEARS)?;
                    return When::period(&start, unit);
                }
                _ => {
                    let expected = "+, - or / in a time relative to now";
                    return Err(TimeFault::At(self.at - 1, expected));
                }
            }
        }
        Ok(When::instant(&time))
    }

    fn count(&mut self) -> Result<i64, TimeFault> {
        let start = self.at;
        let mut digits = String::new();
        while let Some(digit) = self.chars.get(self.at).filter(|c| c.is_ascii_digit()) {
            digits.push(*digit);
            self.at += 1;
        }
        let expected = if digits.is_empty() {
            "a whole number after + or -"
        } else {
            "a smaller number"
        };
        digits.parse().map_err(|_| TimeFault::At(start, expected))
    }

    fn unit(&mut self, expected: &'static str) -> Result<Unit, TimeFault> {
        let at = self.at;
        let unit = self.take().and_then(Unit::of);
        unit.ok_or(TimeFault::At(at, expected))
    }

    fn take(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }
}
