//! Times as senders write them.
//!
//! [`iso`] and [`bsd`] read a stamp at the beginning of a text and say where it ends; [`read`]
//! takes a whole value of a field, whatever of the usual forms it has.

mod stamp;
mod utc;

pub(crate) use stamp::Stamp;

use jiff::tz::TimeZone;
use vakt_event::Timestamp;

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

/// A position in a text's bytes. Every step either advances or leaves it as it was.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn digit(&mut self) -> Option<i8> {
        let byte = self.peek().filter(u8::is_ascii_digit)?;
        self.at += 1;
        i8::try_from(byte - b'0').ok()
    }

    /// Exactly two digits.
    fn two(&mut self) -> Option<i8> {
        Some(self.digit()? * 10 + self.digit()?)
    }

    /// Exactly four digits.
    fn four(&mut self) -> Option<i16> {
        Some(i16::from(self.two()?) * 100 + i16::from(self.two()?))
    }

    fn month_name(&mut self) -> Option<i8> {
        let name = self.text.as_bytes().get(self.at..self.at + 3)?;
        let index = MONTHS
            .iter()
            .position(|month| month.eq_ignore_ascii_case(name))?;
        self.at += 3;
        i8::try_from(index + 1).ok()
    }

    /// `HH:MM:SS` and a fraction, whose digits after the ninth say nothing that we keep.
    fn clock(&mut self, stamp: &mut Stamp) -> Option<()> {
        stamp.hour = self.two()?;
        self.eat(b':')?;
        stamp.minute = self.two()?;
        self.eat(b':')?;
        stamp.second = self.two()?;
        if stamp.second > 60 {
            return None;
        }
        let mut fraction = *self;
        if matches!(fraction.peek(), Some(b'.' | b',')) {
            fraction.at += 1;
            let mut scale = 100_000_000;
            let mut any = false;
            while let Some(digit) = fraction.digit() {
                stamp.nanosecond += i32::from(digit) * scale;
                scale /= 10;
                any = true;
            }
            if any {
                *self = fraction;
            }
        }
        Some(())
    }

    /// `Z`, `+HH:MM`, `+HHMM` or `+HH`.
    fn offset(&mut self) -> Option<i32> {
        let sign = match self.peek()? {
            b'Z' | b'z' => {
                self.at += 1;
                return Some(0);
            }
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let mut tried = *self;
        tried.at += 1;
        let hours = i32::from(tried.two()?);
        *self = tried;
        let mut minutes = *self;
        if minutes.peek() == Some(b':') {
            minutes.at += 1;
        }
        let minutes = match minutes.two() {
            Some(value) => {
                *self = minutes;
                i32::from(value)
            }
            None => 0,
        };
        Some(sign * (hours * 3600 + minutes * 60))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }
}

/// `2026-11-24T09:30:00.25+01:00` and its relatives (a blank for the `T`, no fraction, no offset)
/// at the beginning of `text`; the stamp and what follows it.
pub(crate) fn iso(text: &str) -> Option<(Stamp, &str)> {
    year_first(text, b'-')
}

/// The same with another separator in the date: nginx's error log writes `2026/11/24 09:30:00`.
fn year_first(text: &str, separator: u8) -> Option<(Stamp, &str)> {
    let mut cursor = Cursor::new(text);
    let mut stamp = Stamp {
        year: Some(cursor.four()?),
        ..Stamp::default()
    };
    cursor.eat(separator)?;
    stamp.month = cursor.two()?;
    cursor.eat(separator)?;
    stamp.day = cursor.two()?;
    if !matches!(cursor.peek()?, b'T' | b't' | b' ') {
        return None;
    }
    cursor.at += 1;
    cursor.clock(&mut stamp)?;
    stamp.offset = cursor.offset();
    Some((stamp, cursor.rest()))
}

/// `Nov 24 09:30:00` (RFC 3164, section 4.1.2), with what devices add: a day of one digit with one
/// blank, a year before or after the time, a fraction; at the beginning of `text`, with what
/// follows it.
pub(crate) fn bsd(text: &str) -> Option<(Stamp, &str)> {
    let mut cursor = Cursor::new(text);
    let mut stamp = Stamp {
        month: cursor.month_name()?,
        ..Stamp::default()
    };
    cursor.eat(b' ')?;
    let _padding = cursor.eat(b' ');
    stamp.day = cursor.digit()?;
    if let Some(ones) = cursor.digit() {
        stamp.day = stamp.day * 10 + ones;
    }
    cursor.eat(b' ')?;
    let mut tried = cursor;
    if let Some(year) = tried.four()
        && tried.eat(b' ').is_some()
    {
        stamp.year = Some(year);
        cursor = tried;
    }
    cursor.clock(&mut stamp)?;
    let mut tried = cursor;
    if stamp.year.is_none()
        && tried.eat(b' ').is_some()
        && let Some(year @ 1970..=2100) = tried.four()
        && matches!(tried.peek(), None | Some(b' ' | b':'))
    {
        stamp.year = Some(year);
        cursor = tried;
    }
    Some((stamp, cursor.rest()))
}

/// `10/Oct/2000:13:55:36 -0700` (Apache's common log format), brackets around it or not.
fn common_log(text: &str) -> Option<(Stamp, &str)> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let mut cursor = Cursor::new(text);
    let day = cursor.two()?;
    cursor.eat(b'/')?;
    let month = cursor.month_name()?;
    cursor.eat(b'/')?;
    let mut stamp = Stamp {
        year: Some(cursor.four()?),
        month,
        day,
        ..Stamp::default()
    };
    cursor.eat(b':')?;
    cursor.clock(&mut stamp)?;
    cursor.eat(b' ')?;
    stamp.offset = Some(cursor.offset()?);
    Some((stamp, cursor.rest()))
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their digits: all
/// four mean a time between 1973 and 5138. Seconds may have a fraction.
pub(crate) fn epoch(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9..=11 => {
            let micros = fraction
                .bytes()
                .chain(std::iter::repeat(b'0'))
                .take(6)
                .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            Timestamp::from_micros(number * 1_000_000 + micros)
        }
        12..=14 => Timestamp::from_micros(number * 1_000),
        15..=17 => Timestamp::from_micros(number),
        18..=19 => Timestamp::from_micros(number / 1_000),
        _ => None,
    }
}

/// The time at the beginning of a line of text: [`iso`], [`bsd`] or nginx's, in brackets or not.
pub(crate) fn leading(
    line: &str,
    zone: &TimeZone,
    reference: Option<Timestamp>,
) -> Option<Timestamp> {
    let text = line.trim_start_matches([' ', '[']);
    let (stamp, _) = iso(text)
        .or_else(|| year_first(text, b'/'))
        .or_else(|| bsd(weekday_stripped(text)))?;
    stamp.resolve(zone, reference)
}

/// What follows `Mon ` and the like: Apache's error log and `ctime` write the day's name.
fn weekday_stripped(text: &str) -> &str {
    match text.split_once(' ') {
        Some((day, rest)) => {
            let day = day.trim_end_matches(',');
            let is_day = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&day);
            if is_day { rest } else { text }
        }
        None => text,
    }
}

/// The value of a field that holds a time, in any of the forms of this module; also
/// `/Date(1764000000000)/`, as PowerShell writes it.
pub(crate) fn read(text: &str, zone: &TimeZone, reference: Option<Timestamp>) -> Option<Timestamp> {
    utc::read(text).or_else(|| read_any(text, zone, reference))
}

fn read_any(text: &str, zone: &TimeZone, reference: Option<Timestamp>) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(date) = text.strip_prefix("/Date(") {
        return epoch(date.split([')', '+', '-']).next()?);
    }
    if let Some(time) = epoch(text) {
        return Some(time);
    }
    let (mut stamp, rest) = iso(text)
        .or_else(|| common_log(text))
        .or_else(|| year_first(text, b'/'))
        .or_else(|| bsd(weekday_stripped(text)))?;
    let rest = rest.trim_start();
    if !rest.is_empty() {
        let mut cursor = Cursor::new(rest);
        let offset = match rest {
            "UTC" | "GMT" => 0,
            _ => cursor.offset().filter(|_| cursor.rest().is_empty())?,
        };
        stamp.offset = Some(stamp.offset.unwrap_or(offset));
    }
    stamp.resolve(zone, reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_time_fields() {
        let check = |text: &str, expected: Option<&str>| {
            let reference = "2026-11-24T00:00:00Z".parse().unwrap();
            let got = read(text, &TimeZone::UTC, Some(reference)).map(|time| time.to_string());
            assert_eq!(got.as_deref(), expected, "{text}");
        };
        check("2026-11-24T09:30:00.25Z", Some("2026-11-24T09:30:00.25Z"));
        check(
            "2026-11-24T09:30:00.1234567Z",
            Some("2026-11-24T09:30:00.123456Z"),
        );
        check("2026-11-24 09:30:00,250", Some("2026-11-24T09:30:00.25Z"));
        check("2026-11-24T09:30:00+0100", Some("2026-11-24T08:30:00Z"));
        check("2026-11-24 09:30:00 UTC", Some("2026-11-24T09:30:00Z"));
        check("2026-11-24 09:30:00 -0500", Some("2026-11-24T14:30:00Z"));
        check("2016-12-31T23:59:60Z", Some("2016-12-31T23:59:59Z"));
        check("2016/10/25 14:49:34", Some("2016-10-25T14:49:34Z"));
        check("Mon Dec 26 16:22:08.5 2016", Some("2016-12-26T16:22:08.5Z"));
        check("17/May/2015:08:05:32 +0000", Some("2015-05-17T08:05:32Z"));
        check("Nov 23 22:19:35", Some("2026-11-23T22:19:35Z"));
        check("1764000000", Some("2025-11-24T16:00:00Z"));
        check("1764000000.5", Some("2025-11-24T16:00:00.5Z"));
        check("1764000000123", Some("2025-11-24T16:00:00.123Z"));
        check("1764000000123456", Some("2025-11-24T16:00:00.123456Z"));
        check("1764000000123456789", Some("2025-11-24T16:00:00.123456Z"));
        check("/Date(1764000000123)/", Some("2025-11-24T16:00:00.123Z"));
        check("12", None);
        check("yesterday", None);
        check("2026-13-24T09:30:00Z", None);
        check("2026-11-24T09:30:00Z trailing", None);
    }

    proptest::proptest! {
        /// Only quicker.
        #[test]
        fn utc_is_read_as_any_time(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9][T t][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,10})?[Zz]?[ x]?",
            at in proptest::prelude::any::<proptest::sample::Index>(),
            other in "[0-9a-zå:.]",
        ) {
            let mut broken = text.clone();
            let place = at.index(text.len());
            broken.replace_range(place..=place, &other);
            for text in [text, broken] {
                if let Some(time) = utc::read(&text) {
                    proptest::prop_assert_eq!(read_any(&text, &TimeZone::UTC, None), Some(time), "{}", text);
                }
            }
        }
    }

    #[test]
    fn stamps_at_the_beginning_of_a_line() {
        let check = |text: &str, year: Option<i16>, rest: &str| {
            let (stamp, left) = bsd(text).unwrap();
            assert_eq!((stamp.year, left), (year, rest), "{text}");
        };
        check("Nov 23 22:19:35 vm sshd", None, " vm sshd");
        check("Nov  3 22:19:35 vm", None, " vm");
        check("AUG 3 22:19:35.123: x", None, ": x");
        check("Mar 7 2008 19:06:53: example", Some(2008), ": example");
        check("AUG 10 22:18:24 2009  netips", Some(2009), "  netips");
        check("Aug 10 22:18:24 20091 x", None, " 20091 x");
        assert!(bsd("Nov 23 22:19 vm").is_none());
        assert!(bsd("Foo 23 22:19:35 vm").is_none());
    }
}
