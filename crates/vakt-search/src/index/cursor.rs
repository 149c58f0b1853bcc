//! The order of hits, and the place in it where an answer ended.

use std::fmt;

use super::Order;
pub(super) use crate::chunk::NO_TIME;
use crate::{Error, Result};

/// An event's place: by effective time, then by journal position. An event without any time
/// comes before all others in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) micros: i64,
    pub(super) position: u64,
}

impl Place {
    /// The place as a rank: what comes first in the order has the higher rank.
    pub(super) fn rank(self, order: Order) -> Self {
        match order {
            Order::Descending => self,
            // `!` turns the order of integers around, and never overflows.
            Order::Ascending => Self {
                micros: !self.micros,
                position: !self.position,
            },
        }
    }

    pub(super) fn parse(cursor: &str) -> Result<Self> {
        let read = || {
            let (micros, position) = cursor.split_once('.')?;
            Some(Self {
                micros: micros.parse().ok()?,
                position: position.parse().ok()?,
            })
        };
        read().ok_or_else(|| Error::Cursor {
            cursor: cursor.chars().take(80).collect(),
        })
    }
}

/// The cursor that stands for this place.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.micros, self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back() {
        for place in [
            Place {
                micros: NO_TIME,
                position: 0,
            },
            Place {
                micros: -5,
                position: u64::MAX,
            },
        ] {
            assert_eq!(Place::parse(&place.to_string()).unwrap(), place);
            assert_eq!(
                place.rank(Order::Ascending).rank(Order::Ascending),
                place.rank(Order::Descending)
            );
        }
        for text in ["", "1", "1.", "1.2.3", "a.b", "1.-2"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
