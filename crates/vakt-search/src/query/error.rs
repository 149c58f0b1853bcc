//! A query that cannot be read: where, and what was expected there.

use std::fmt;

/// How much of a long query is shown on either side of the caret, in characters.
const SHOWN_AROUND: usize = 60;

/// The query cannot be read.
///
/// Displayed as the message, the line of the query around the place, and a caret under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The place, in characters from 0; the query's length where it ends too soon.
    pub position: usize,
    /// What would have been right there.
    pub expected: String,
    /// What is wrong, in one line.
    pub message: String,
    line: String,
    caret: usize,
}

impl QueryError {
    pub(super) fn new(query: &[char], position: usize, expected: String, message: String) -> Self {
        let from = position.saturating_sub(SHOWN_AROUND);
        let shown = query.iter().skip(from).take(2 * SHOWN_AROUND).map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                *c
            }
        });
        Self {
            position,
            expected,
            message,
            line: shown.collect(),
            caret: position - from,
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            message,
            line,
            caret,
            ..
        } = self;
        writeln!(f, "{message}")?;
        writeln!(f, "  {line}")?;
        write!(f, "  {:caret$}^", "")
    }
}

impl std::error::Error for QueryError {}
