//! The place of a frame in the journal, which is the identity of its event.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// The ordinal of a frame in the journal, from 0, without gaps.
///
/// Two identical lines at two positions are two events; a position is never given twice.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct JournalPosition(pub u64);

impl JournalPosition {
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for JournalPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for JournalPosition {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
