//! Instants, and the two times of an event.

use std::fmt;
use std::str::FromStr;

/// Microseconds in a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// A claimed time later than receipt by more than this is kept as claimed but not used.
/// Five minutes: more than any healthy clock is off, less than any window that a rule uses.
pub const FUTURE_TOLERANCE_MICROS: i64 = 5 * 60 * MICROS_PER_SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Always within the years -9999 to 9999, which is what [`jiff::Timestamp`] can show.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `micros` microseconds after the epoch, or `None` outside the years that can be shown.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros)
            .ok()
            .map(|_| Self(micros))
    }

    /// The instant `seconds` after the epoch, or `None` outside the years that can be shown.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        Self::from_micros(seconds.checked_mul(MICROS_PER_SECOND)?)
    }

    pub fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `micros`, clamped to the years that can be shown.
    #[must_use]
    pub fn saturating_add_micros(self, micros: i64) -> Self {
        let (low, high) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        Self(
            self.0
                .saturating_add(micros)
                .clamp(low.as_microsecond(), high.as_microsecond()),
        )
    }

    /// `self - earlier` in microseconds.
    pub fn micros_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(value: jiff::Timestamp) -> Self {
        Self(value.as_microsecond())
    }
}

/// RFC 3339 in UTC; fractional digits only as far as they are not zero.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads RFC 3339 with an offset; a time without one is an error.
impl FromStr for Timestamp {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(Self::from)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The two times of an event: what its sender claims, and when we received it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTime {
    /// As the sender wrote it, however wrong. `None` when it wrote none.
    pub claimed: Option<Timestamp>,
    /// When the frame was taken in. `None` only for files read by `scan` and `parse`.
    pub received: Option<Timestamp>,
}

impl EventTime {
    /// Whether the claimed time lies more than [`FUTURE_TOLERANCE_MICROS`] after receipt.
    pub fn is_claimed_in_future(&self) -> bool {
        match (self.claimed, self.received) {
            (Some(claimed), Some(received)) => {
                claimed.micros_since(received) > FUTURE_TOLERANCE_MICROS
            }
            _ => false,
        }
    }

    /// The time to sort and search by: claimed, unless that is missing or in the future.
    pub fn effective(&self) -> Option<Timestamp> {
        match self.claimed {
            Some(claimed) if !self.is_claimed_in_future() => Some(claimed),
            _ => self.received.or(self.claimed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_reads_rfc_3339() {
        let shown = "2026-11-24T09:30:00.25Z";
        assert_eq!(shown.parse::<Timestamp>().unwrap().to_string(), shown);
        assert!("2026-11-24T09:30:00".parse::<Timestamp>().is_err());
    }

    #[test]
    fn a_claim_far_in_the_future_gives_way_to_receipt() {
        let received = Timestamp::from_seconds(1_000_000).unwrap();
        let check = |ahead_seconds: i64, expected: Timestamp| {
            let claimed = received.saturating_add_micros(ahead_seconds * MICROS_PER_SECOND);
            let time = EventTime {
                claimed: Some(claimed),
                received: Some(received),
            };
            assert_eq!(time.effective(), Some(expected));
        };
        check(300, received.saturating_add_micros(FUTURE_TOLERANCE_MICROS));
        check(301, received);
        check(
            -86_400,
            Timestamp::from_seconds(1_000_000 - 86_400).unwrap(),
        );
    }
}
