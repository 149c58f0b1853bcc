//! Parts of a date value for `minute` … `year` (Sigma modifiers, "Time modifiers").

use vakt_rules::ast::TimePart;

/// The part of a date written as ISO 8601 (`2026-11-24`, `2026-11-24T09:30:00+01:00`,
/// `2026-11-24 09:30:00.123`), as written: no zone is converted. `None` where the text is no such
/// date, or has no time of day and the part needs one. `week` is the ISO week, 1 to 53.
pub fn part(text: &str, part: TimePart) -> Option<i64> {
    let text = text.trim_ascii();
    let (date, rest) = text.split_at_checked(10)?;
    let date = civil_date(date)?;
    let time = match rest.strip_prefix(['T', 't', ' ']) {
        Some(time) => Some(time_of_day(time)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some(match part {
        TimePart::Minute => time?.1,
        TimePart::Hour => time?.0,
        TimePart::Day => i64::from(date.day()),
        TimePart::Week => i64::from(date.iso_week_date().week()),
        TimePart::Month => i64::from(date.month()),
        TimePart::Year => i64::from(date.year()),
    })
}

fn civil_date(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.splitn(3, '-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let right = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        right.then(|| part.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    jiff::civil::Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Hour and minute of `HH:MM…`.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let two = |text: &str, limit: i64| {
        let (digits, rest) = text.split_at_checked(2)?;
        let right = digits.bytes().all(|b| b.is_ascii_digit());
        let value: i64 = right.then(|| digits.parse().ok()).flatten()?;
        (value < limit).then(|| (value, rest.to_owned()))
    };
    let (hour, rest) = two(text, 24)?;
    let (minute, rest) = two(rest.strip_prefix(':')?, 60)?;
    let ends = !rest.starts_with(|c: char| c.is_ascii_digit());
    ends.then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_as_written() {
        let check = |text: &str, wanted: TimePart, expected: Option<i64>| {
            assert_eq!(part(text, wanted), expected, "{text}");
        };
        check("2026-11-24T09:30:00Z", TimePart::Hour, Some(9));
        check("2026-11-24T23:59:59-08:00", TimePart::Day, Some(24));
        check("2026-11-24 09:05:00.123", TimePart::Minute, Some(5));
        check("2026-11-24", TimePart::Month, Some(11));
        check("2026-11-24", TimePart::Hour, None);
        check("2026-12-31", TimePart::Week, Some(53));
        check("2027-01-03", TimePart::Week, Some(53));
        check("2027-01-04", TimePart::Week, Some(1));
        check("2026-11-24", TimePart::Year, Some(2026));
        check("2026-02-30", TimePart::Year, None);
        check("2026-11-24T25:00", TimePart::Year, None);
        check("20261124", TimePart::Year, None);
        check("24 November", TimePart::Day, None);
        check("", TimePart::Day, None);
        check("ä026-11-24", TimePart::Day, None);
    }
}
