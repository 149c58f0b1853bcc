//! Lengths of time as the configuration writes them: `90s`, `15m`, `4h`, `3d`.

use std::str::FromStr;
use std::time::Duration;

/// What is expected where one is written.
pub(super) const PERIOD: &str = "a length of time such as 90s, 15m, 4h or 3d";

/// A year: beyond that nobody means what is written.
const SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period(pub(super) Duration);

impl FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits).ok_or(())?;
        let unit: u64 = match unit.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return Err(()),
        };
        let number: u64 = number.parse().map_err(|_| ())?;
        let seconds = number.checked_mul(unit).ok_or(())?;
        if seconds == 0 || seconds > SECONDS_MAX {
            return Err(());
        }
        Ok(Self(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let check = |text: &str, seconds: Option<u64>| {
            let period: Option<Period> = text.parse().ok();
            assert_eq!(period.map(|it| it.0.as_secs()), seconds, "{text}");
        };
        check("90s", Some(90));
        check("15 m", Some(900));
        check("4h", Some(14_400));
        check("3d", Some(259_200));
        for wrong in ["", "4", "h", "0s", "-1h", "1.5h", "4 hours", "400d"] {
            check(wrong, None);
        }
    }
}
