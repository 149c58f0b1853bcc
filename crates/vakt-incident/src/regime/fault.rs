//! What is wrong with the data of the regimes, said at its place.

use std::fmt;

use super::Regimes;
use crate::suggest::nearest;

/// Why a regime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegimeError {
    #[error("the data of the reporting regimes cannot be used:\n{}", all(.0))]
    Data(Vec<DataFault>),
    #[error("there is no regime `{id}`; {help}")]
    Unknown { id: String, help: String },
}

/// One fault of a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFault {
    /// From 1; 0 where the place is not known.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    pub message: String,
    /// The line itself.
    pub shown: String,
    /// What to write instead.
    pub help: String,
}

impl RegimeError {
    pub(super) fn unknown(id: &str, regimes: &Regimes) -> Self {
        let ids: Vec<&str> = regimes.regimes.iter().map(|r| r.id.as_str()).collect();
        let help = match nearest(id, &ids) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", ids.join(", ")),
        };
        Self::Unknown {
            id: id.to_owned(),
            help,
        }
    }

    /// The faults of a data file; none where a regime is merely unknown.
    pub fn faults(&self) -> &[DataFault] {
        match self {
            Self::Data(faults) => faults,
            Self::Unknown { .. } => &[],
        }
    }
}

impl fmt::Display for DataFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        write!(f, "{line}:{column}: error: {}", self.message)?;
        if !self.shown.trim().is_empty() {
            let before = usize::try_from(column.saturating_sub(1)).unwrap_or_default();
            write!(f, "\n  | {}\n  | {}^", self.shown, " ".repeat(before))?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

fn all(faults: &[DataFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
