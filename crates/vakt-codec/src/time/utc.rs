//! The most frequent form of a time, read without the detours that others need.

use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

const SECONDS_PER_DAY: i64 = 86_400;

/// Of times before, parts of a microsecond are rounded the other way.
const FIRST_YEAR: i64 = 1970;

/// `2026-11-24T09:30:00Z` or with a fraction (RFC 3339, section 5.6, in UTC). `None` for everything else, leap
/// seconds too, which others may know how to read.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let (stamp, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        mo0,
        mo1,
        b'-',
        d0,
        d1,
        b'T' | b' ',
        h0,
        h1,
        b':',
        mi0,
        mi1,
        b':',
        s0,
        s1,
    ] = *stamp
    else {
        return None;
    };
    let two = |tens: u8, ones: u8| -> Option<i64> {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
    };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(mo0, mo1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(mi0, mi1)?, two(s0, s1)?);
    let is_there = year >= FIRST_YEAR
        && (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_there {
        return None;
    }
    let micros = fraction(rest)?;
    let days = days_before(year, month) + day - 1;
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    Timestamp::from_micros(seconds * MICROS_PER_SECOND + micros)
}

/// `Z`, or `.25Z`, in microseconds.
fn fraction(rest: &[u8]) -> Option<i64> {
    let digits = match rest {
        [b'Z'] => return Some(0),
        [b'.', digits @ .., b'Z'] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let mut micros = 0;
    let mut scale = 100_000;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        micros += i64::from(digit) * scale;
        scale /= 10;
    }
    Some(micros)
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of the month, by the proleptic Gregorian calendar: as years that begin in
/// March, so that the day of a leap year comes last.
fn days_before(year: i64, month: i64) -> i64 {
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    const DAYS_TO_1970: i64 = 719_468;
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 - DAYS_TO_1970
}
