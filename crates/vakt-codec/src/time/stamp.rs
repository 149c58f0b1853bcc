//! A date and time as its sender wrote it, and the instant that it means.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

/// Half a year: a claim without a year that lies nearer to the reference than this has no nearer
/// candidate in the year before or after.
const HALF_A_YEAR_MICROS: i64 = 182 * 86_400 * MICROS_PER_SECOND;

/// How far from the reference a year is looked for: 29 February comes back within eight years
/// (1896, 1904).
const YEARS_AROUND: i16 = 8;

/// What a sender wrote: fields of a calendar date and a wall clock, not yet an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// RFC 3164 writes none.
    pub(crate) year: Option<i16>,
    pub(crate) month: i8,
    pub(crate) day: i8,
    pub(crate) hour: i8,
    pub(crate) minute: i8,
    /// 0 to 60: a leap second is kept in the minute that it ends, as second 59.
    pub(crate) second: i8,
    pub(crate) nanosecond: i32,
    /// Seconds east of UTC, when written.
    pub(crate) offset: Option<i32>,
}

impl Stamp {
    /// The instant. `zone` stands in for a missing offset; a missing year is the one that brings
    /// the stamp nearest to `reference`. `None` for a date that does not exist, and without a
    /// year where there is no reference.
    pub(crate) fn resolve(
        &self,
        zone: &TimeZone,
        reference: Option<Timestamp>,
    ) -> Option<Timestamp> {
        match self.year {
            Some(year) => self.in_year(year, zone),
            None => self.nearest(zone, reference?),
        }
    }

    fn in_year(&self, year: i16, zone: &TimeZone) -> Option<Timestamp> {
        let civil = DateTime::new(
            year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second.min(59),
            self.nanosecond,
        )
        .ok()?;
        let instant = match self.offset {
            Some(seconds) => Offset::from_seconds(seconds).ok()?.to_timestamp(civil),
            // In a fold the earlier instant, in a gap the later one: `compatible` of RFC 5545.
            None => zone.to_timestamp(civil),
        };
        instant.ok().map(Timestamp::from)
    }

    fn nearest(&self, zone: &TimeZone, reference: Timestamp) -> Option<Timestamp> {
        let year = zone.to_datetime(reference.to_jiff()).year();
        let distance = |time: &Timestamp| time.micros_since(reference).saturating_abs();
        let this_year = self.in_year(year, zone);
        if let Some(time) = this_year
            && distance(&time) < HALF_A_YEAR_MICROS
        {
            return Some(time);
        }
        (year.saturating_sub(YEARS_AROUND)..=year.saturating_add(YEARS_AROUND))
            .filter_map(|year| self.in_year(year, zone))
            .min_by_key(distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_the_nearest_to_the_reference() {
        let check = |month, day, reference: &str, expected: &str| {
            let stamp = Stamp {
                month,
                day,
                ..Stamp::default()
            };
            let got = stamp.resolve(&TimeZone::UTC, Some(reference.parse().unwrap()));
            assert_eq!(got.unwrap().to_string(), expected);
        };
        check(11, 24, "2026-11-24T01:00:00Z", "2026-11-24T00:00:00Z");
        check(12, 31, "2026-01-01T01:00:00Z", "2025-12-31T00:00:00Z");
        check(1, 1, "2025-12-31T23:00:00Z", "2026-01-01T00:00:00Z");
        check(12, 31, "2026-11-23T00:00:00Z", "2026-12-31T00:00:00Z");
        check(2, 29, "2026-11-23T00:00:00Z", "2028-02-29T00:00:00Z");
        check(2, 29, "2025-11-23T00:00:00Z", "2024-02-29T00:00:00Z");
    }

    #[test]
    fn zones_offsets_and_leap_seconds() {
        let stockholm = TimeZone::get("Europe/Stockholm").unwrap();
        let check = |stamp: Stamp, expected: Option<&str>| {
            let got = stamp.resolve(&stockholm, None).map(|time| time.to_string());
            assert_eq!(got.as_deref(), expected);
        };
        let stamp = Stamp {
            year: Some(2026),
            month: 7,
            day: 1,
            hour: 12,
            ..Stamp::default()
        };
        check(stamp, Some("2026-07-01T10:00:00Z"));
        check(
            Stamp {
                offset: Some(-7 * 3600),
                ..stamp
            },
            Some("2026-07-01T19:00:00Z"),
        );
        check(
            Stamp {
                second: 60,
                offset: Some(0),
                ..stamp
            },
            Some("2026-07-01T12:00:59Z"),
        );
        check(Stamp { day: 32, ..stamp }, None);
        check(
            Stamp {
                year: None,
                ..stamp
            },
            None,
        );
    }
}
