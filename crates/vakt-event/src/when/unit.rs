//! Units of time, by the clock and by the calendar.

use jiff::{SignedDuration, Span, ZonedDateTime};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    pub(super) fn of(sign: char) -> Option<Self> {
        Some(match sign {
            's' => Self::Second,
            'm' => Self::Minute,
            'h' | 'H' => Self::Hour,
            'd' => Self::Day,
            'w' => Self::Week,
            'M' => Self::Month,
            'y' => Self::Year,
            _ => return None,
        })
    }

    /// The instant `count` of this unit later, earlier where it is negative.
    pub(super) fn later(self, from: &ZonedDateTime, count: i64) -> Option<ZonedDateTime> {
        let span = Span::new();
        let span = match self {
            Self::Second => return exactly_later(from, count),
            Self::Minute => return exactly_later(from, count.checked_mul(60)?),
            Self::Hour => return exactly_later(from, count.checked_mul(3600)?),
            Self::Day => span.try_days(count),
            Self::Week => span.try_weeks(count),
            Self::Month => span.try_months(count),
            Self::Year => span.try_years(count),
        };
        from.checked_add(span.ok()?).ok()
    }

    /// The beginning of the unit that `time` lies in.
    pub(super) fn start_of(self, time: &ZonedDateTime) -> Option<ZonedDateTime> {
        let date = time.date();
        let date = match self {
            Self::Second | Self::Minute | Self::Hour => {
                let minutes = if self == Self::Hour { time.minute() } else { 0 };
                let seconds = if self == Self::Second {
                    0
                } else {
                    time.second()
                };
                let past = SignedDuration::from_secs(
                    i64::from(minutes).saturating_mul(60) + i64::from(seconds),
                );
                let past = past + SignedDuration::from_nanos(time.subsec_nanosecond().into());
                return time.checked_sub(past).ok();
            }
            Self::Day => date,
            Self::Week => {
                let past = date.weekday().to_monday_zero_offset();
                date.checked_sub(Span::new().days(past)).ok()?
            }
            Self::Month => date.first_of_month(),
            Self::Year => date.first_of_year(),
        };
        date.to_zoned_datetime(time.time_zone().clone()).ok()
    }
}

fn exactly_later(from: &ZonedDateTime, seconds: i64) -> Option<ZonedDateTime> {
    from.checked_add(SignedDuration::from_secs(seconds)).ok()
}
