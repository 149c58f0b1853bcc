//! Swedish days off, by rule.
//!
//! Lag (1989:253) om allmänna helgdagar names the public holidays; lag (1930:173) 2 § adds
//! Saturdays and three eves. The rules hold for the Gregorian calendar of any year.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::regime::DaysOff;

/// The longest run of days off there is: Christmas Eve on a Thursday to the Sunday after it, or
/// Good Friday to Easter Monday, each with weekends beside them. A bound for the search only.
const RUN_DAYS_MAX: usize = 10;

/// `day`, or the first day after it that is no day off. `None` beyond the year 9999.
pub(crate) fn next_working_day(day: Date, days_off: DaysOff) -> Option<Date> {
    let mut day = day;
    for _ in 0..RUN_DAYS_MAX {
        if !is_day_off(day, days_off) {
            return Some(day);
        }
        day = day.tomorrow().ok()?;
    }
    None
}

fn is_day_off(day: Date, days_off: DaysOff) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        || is_public_holiday(day)
        || (days_off == DaysOff::Se && is_eve(day))
}

/// Lag (1989:253) 1 §, Sundays apart.
pub fn is_public_holiday(day: Date) -> bool {
    let fixed = matches!(
        (day.month(), day.day()),
        (1, 1) | (1, 6) | (5, 1) | (6, 6) | (12, 25) | (12, 26)
    );
    fixed || is_moved_by_easter(day) || is_midsummer_day(day) || is_all_saints_day(day)
}

/// Lag (1930:173) 2 §: the eves that count as days off.
fn is_eve(day: Date) -> bool {
    matches!((day.month(), day.day()), (12, 24 | 31)) || day.tomorrow().is_ok_and(is_midsummer_day)
}

/// Good Friday, Easter Day, Easter Monday, Ascension Day, Whit Sunday.
fn is_moved_by_easter(day: Date) -> bool {
    let Some(easter) = easter_day(day.year()) else {
        return false;
    };
    [-2_i64, 0, 1, 39, 49]
        .into_iter()
        .any(|offset| easter.checked_add(offset.days()).is_ok_and(|it| it == day))
}

/// The Saturday of 20 to 26 June.
fn is_midsummer_day(day: Date) -> bool {
    day.month() == 6 && (20..=26).contains(&day.day()) && day.weekday() == Weekday::Saturday
}

/// The Saturday of 31 October to 6 November.
fn is_all_saints_day(day: Date) -> bool {
    let in_week = matches!((day.month(), day.day()), (10, 31) | (11, 1..=6));
    in_week && day.weekday() == Weekday::Saturday
}

/// Easter Day of a Gregorian year: the anonymous algorithm in Meeus' form ("Astronomical
/// Algorithms", chapter 8).
pub fn easter_day(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let a = y.rem_euclid(19);
    let (b, c) = (y.div_euclid(100), y.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(
        year,
        i8::try_from(n / 31).ok()?,
        i8::try_from(n % 31 + 1).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn easter_days() {
        let check = |expected: &str| {
            assert_eq!(easter_day(date(expected).year()), Some(date(expected)));
        };
        for expected in [
            "1818-03-22",
            "1943-04-25",
            "2000-04-23",
            "2008-03-23",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2038-04-25",
            "2285-03-22",
        ] {
            check(expected);
        }
    }

    #[test]
    fn public_holidays_of_two_years() {
        let check = |year: i16, expected: &[&str]| {
            let mut day = Date::new(year, 1, 1).unwrap();
            let mut found = Vec::new();
            while day.year() == year {
                if is_public_holiday(day) {
                    found.push(day.to_string());
                }
                day = day.tomorrow().unwrap();
            }
            assert_eq!(found, expected);
        };
        check(
            2026,
            &[
                "2026-01-01",
                "2026-01-06",
                "2026-04-03",
                "2026-04-05",
                "2026-04-06",
                "2026-05-01",
                "2026-05-14",
                "2026-05-24",
                "2026-06-06",
                "2026-06-20",
                "2026-10-31",
                "2026-12-25",
                "2026-12-26",
            ],
        );
        check(
            2027,
            &[
                "2027-01-01",
                "2027-01-06",
                "2027-03-26",
                "2027-03-28",
                "2027-03-29",
                "2027-05-01",
                "2027-05-06",
                "2027-05-16",
                "2027-06-06",
                "2027-06-26",
                "2027-11-06",
                "2027-12-25",
                "2027-12-26",
            ],
        );
    }

    #[test]
    fn the_next_working_day() {
        let check = |day: &str, se: &str, eu: &str| {
            let next = |off| next_working_day(date(day), off);
            assert_eq!(next(DaysOff::Se), Some(date(se)), "{day}");
            assert_eq!(next(DaysOff::Eu), Some(date(eu)), "{day}");
        };
        check("2026-11-24", "2026-11-24", "2026-11-24"); // an ordinary Tuesday
        check("2026-11-28", "2026-11-30", "2026-11-30"); // a Saturday
        check("2026-12-24", "2026-12-28", "2026-12-24"); // Christmas Eve on a Thursday
        check("2026-12-31", "2027-01-04", "2026-12-31"); // New Year's Eve on a Thursday
        check("2026-06-19", "2026-06-22", "2026-06-19"); // Midsummer Eve
        check("2026-04-03", "2026-04-07", "2026-04-07"); // Good Friday to Easter Monday
        check("2026-05-14", "2026-05-15", "2026-05-15"); // Ascension Day
        check("2027-01-06", "2027-01-07", "2027-01-07"); // Epiphany on a Wednesday
        check("2025-12-24", "2025-12-29", "2025-12-24"); // eve, two holidays, a weekend
    }
}
