//! What is wrong with a LogQL text, and where.

use crate::error::{ApiError, ErrorCode};

/// A fault in a LogQL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogqlError {
    /// The character at which it is, from 0.
    pub(crate) position: usize,
    /// `expected …; found …`.
    pub(crate) message: String,
}

impl From<LogqlError> for ApiError {
    fn from(error: LogqlError) -> Self {
        let LogqlError { position, message } = error;
        Self::new(
            ErrorCode::InvalidQuery,
            format!("character {}: {message}", position + 1),
        )
        .with_help("docs/grafana.md lists the part of LogQL that Vakt answers")
        .with("position", position)
    }
}
