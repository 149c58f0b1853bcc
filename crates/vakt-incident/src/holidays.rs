//! Days off, by rules that the data gives: dates, weekdays, days from Easter, a weekday of a week.
//!
//! The rules hold for the Gregorian calendar of any year. Easter is that of the Western churches.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

/// The longest run of days off that is looked over. The longest of the Swedish calendar has six;
/// a calendar with more than this in a row has no next working day.
const RUN_DAYS_MAX: usize = 31;

/// The days off of one calendar.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaysOff {
    pub id: String,
    pub citation: String,
    /// Another calendar, all days off of which are days off here, too.
    #[serde(default)]
    pub like: Option<String>,
    #[serde(default)]
    pub weekdays: Vec<Day>,
    #[serde(default)]
    pub dates: Vec<MonthDay>,
    /// Days from Easter Day; Good Friday is -2.
    #[serde(default)]
    pub easter: Vec<i16>,
    #[serde(default)]
    pub moving: Vec<Moving>,
}

/// The one day of a week between two dates that is this weekday.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moving {
    pub weekday: Day,
    pub first: MonthDay,
    pub last: MonthDay,
}

/// A day of the week, by its English name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A date of every year: `MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl DaysOff {
    pub fn contains(&self, day: Date) -> bool {
        let date = MonthDay::of(day);
        self.weekdays.iter().any(|it| it.is(day.weekday()))
            || self.dates.contains(&date)
            || self
                .moving
                .iter()
                .any(|it| it.weekday.is(day.weekday()) && it.first <= date && date <= it.last)
            || self.is_moved_by_easter(day)
    }

    /// `day`, or the first day after it that is no day off. `None` beyond the year 9999.
    pub fn next_working_day(&self, day: Date) -> Option<Date> {
        let mut day = day;
        for _ in 0..RUN_DAYS_MAX {
            if !self.contains(day) {
                return Some(day);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The `number`th working day after `day`, which is not counted itself.
    pub fn working_day_after(&self, day: Date, number: u32) -> Option<Date> {
        let mut day = day;
        for _ in 0..number {
            day = self.next_working_day(day.tomorrow().ok()?)?;
        }
        Some(day)
    }

    fn is_moved_by_easter(&self, day: Date) -> bool {
        let Some(easter) = easter_day(day.year()) else {
            return false;
        };
        self.easter.iter().any(|offset| {
            let moved = easter.checked_add(i64::from(*offset).days());
            moved.is_ok_and(|it| it == day)
        })
    }

    /// Adds the days off of `other`.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.weekdays.extend(&other.weekdays);
        self.dates.extend(&other.dates);
        self.easter.extend(&other.easter);
        self.moving.extend(&other.moving);
    }
}

impl Day {
    fn is(self, weekday: Weekday) -> bool {
        let own = match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        };
        own == weekday
    }
}

impl MonthDay {
    fn of(date: Date) -> Self {
        Self {
            month: date.month(),
            day: date.day(),
        }
    }
}

impl FromStr for MonthDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = text.split_once('-').and_then(|(month, day)| {
            // 2000 was a leap year: 29 February is a date.
            Date::new(2000, month.parse().ok()?, day.parse().ok()?).ok()
        });
        date.map(Self::of)
            .ok_or_else(|| format!("`{text}` is no date of a year: write MM-DD, such as \"12-24\""))
    }
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
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
    use crate::regime::Regimes;

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
        let holidays = Regimes::embedded().days_off("se-holidays").unwrap();
        let check = |year: i16, expected: &[&str]| {
            let mut day = Date::new(year, 1, 1).unwrap();
            let mut found = Vec::new();
            while day.year() == year {
                if holidays.contains(day) {
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
            let next = |calendar: &str| {
                let days_off = Regimes::embedded().days_off(calendar).unwrap();
                days_off.next_working_day(date(day))
            };
            assert_eq!(next("se"), Some(date(se)), "{day}");
            assert_eq!(next("eu-se"), Some(date(eu)), "{day}");
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
        check("2026-10-31", "2026-11-02", "2026-11-02"); // All Saints' Day, always a Saturday
        check("2026-10-30", "2026-10-30", "2026-10-30"); // the day before it is none
        check("2026-06-06", "2026-06-08", "2026-06-08"); // the national day on a Saturday
        check("2025-06-06", "2025-06-09", "2025-06-09"); // the national day on a Friday
        check("2026-05-25", "2026-05-25", "2026-05-25"); // Whit Monday has been none since 2005
        check("2026-04-04", "2026-04-07", "2026-04-07"); // Easter Eve, by its weekday
        check("2027-04-30", "2027-04-30", "2027-04-30"); // the eve of 1 May is none
    }
}
