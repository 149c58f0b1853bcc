//! What was found, in words and for machines.

use std::fmt;

use serde::Serialize;

/// Findings that are listed; more are only counted. A person needs the first ones.
const LISTED_MAX: usize = 1000;

/// What was done to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Changed,
    Removed,
    Inserted,
    Moved,
    /// A file bears the name of another one.
    Renamed,
    /// An earlier state was put in the place of a later one, or its end was cut off.
    Older,
    /// Something was erased, or is there, and no signed entry says so.
    Unsigned,
    /// The chain of trust is broken: another key, or a history that was rewritten.
    Untrusted,
    /// It cannot be read, so that nothing can be said of it.
    Unreadable,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub kind: Kind,
    /// Its name in the data directory.
    pub file: String,
    /// Where in the file it begins, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// From, to (exclusive).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub positions: Option<(u64, u64)>,
    pub text: String,
}

/// `FILE, byte N, positions A to B: TEXT`, with the last position within.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(byte) = self.byte {
            write!(f, ", byte {byte}")?;
        }
        match self.positions {
            Some((from, to)) if to == from.saturating_add(1) => write!(f, ", position {from}")?,
            Some((from, to)) => write!(f, ", positions {from} to {}", to.saturating_sub(1))?,
            None => {}
        }
        write!(f, ": {}", self.text)
    }
}

/// A list with a bound.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    pub listed: Vec<Finding>,
    pub total: u64,
}

impl Findings {
    pub fn add(&mut self, finding: Finding) {
        self.total += 1;
        if self.listed.len() < LISTED_MAX {
            self.listed.push(finding);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}
