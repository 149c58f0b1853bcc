//! Whether any keyword can hold, by one look at the whole text of an event instead of one at each
//! of its values.
//!
//! Every keyword requires a literal, and of each literal a run of characters that no sender
//! escapes: where none of these runs stands in the event's text, no keyword holds.

use aho_corasick::packed;

use super::field::FieldMatcher;
use super::stems::Stems;

/// More runs are not found quicker in the whole text than in the values.
const RUNS_MAX: usize = 64;

/// A shorter run stands in too many texts.
const RUN_BYTES_MIN: usize = 3;

pub(super) struct Hints {
    stems: Option<Stems>,
    runs: packed::Searcher,
}

impl Hints {
    /// `None` where the tests do not lend themselves to it.
    pub(super) fn of<'m>(matchers: impl Iterator<Item = &'m FieldMatcher>) -> Option<Self> {
        let mut runs = Vec::new();
        for matcher in matchers {
            for literal in matcher.required_literals()? {
                runs.push(longest_run(literal).filter(|run| run.len() >= RUN_BYTES_MIN)?);
            }
        }
        runs.sort_unstable();
        runs.dedup();
        if runs.is_empty() || runs.len() > RUNS_MAX {
            return None;
        }
        Some(Self {
            stems: Stems::of(&runs),
            runs: packed::Searcher::new(runs)?,
        })
    }

    /// Whether a keyword may hold in a text; `folded` is to be written to.
    pub(super) fn may_hold(&self, text: &str, folded: &mut String) -> bool {
        let quickly = (self.stems.as_ref()).and_then(|stems| stems.stand_in(text));
        quickly.unwrap_or_else(|| {
            folded.clear();
            crate::fold::fold_into(text, folded);
            self.runs.find(folded.as_str()).is_some()
        })
    }
}

/// The longest part without characters that a backslash escapes in some format.
fn longest_run(literal: &str) -> Option<&str> {
    literal
        .split(|char: char| matches!(char, '"' | '\'' | '\\' | '/' | ']') || char.is_control())
        .max_by_key(|run| run.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_without_escapes() {
        let check = |literal, expected| assert_eq!(longest_run(literal), Some(expected));
        check("sekurlsa", "sekurlsa");
        check(r"\\pipe\x", "pipe");
        check("a\"bcd/ef", "bcd");
        check("\u{85}å", "å");
    }
}
