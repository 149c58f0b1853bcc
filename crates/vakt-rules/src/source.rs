//! The text of a rule file, and where a byte of it stands.

use std::ops::Range;

/// Byte offsets into a source's text, without its byte order mark.
pub type Span = Range<usize>;

/// A rule file or another text with rules in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSource {
    /// Shown in diagnostics and kept in [`crate::ast::Metadata::path`].
    pub path: String,
    pub text: String,
    /// Whether the text came with Vakt (the embedded pack).
    pub embedded: bool,
}

/// A source while it is read: its text without the byte order mark, and where its lines begin.
pub struct SourceText<'s> {
    pub path: &'s str,
    pub text: &'s str,
    line_starts: Vec<usize>,
}

impl<'s> SourceText<'s> {
    pub fn new(source: &'s RuleSource) -> Self {
        let text = source.text.as_str();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Self {
            path: &source.path,
            text,
            line_starts,
        }
    }

    /// The index of the line that holds the byte, from 0.
    fn line_index(&self, offset: usize) -> usize {
        self.line_starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// The line that holds the byte, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.line_index(offset) + 1
    }

    /// Where a span ends, without the line ends that the parser counts to it.
    pub(crate) fn end_of(&self, span: &Span) -> usize {
        let text = self.text.get(span.clone()).unwrap_or_default();
        span.start + text.trim_end().len()
    }

    /// The column of the byte in its line, in characters, from 1.
    pub(crate) fn column(&self, offset: usize) -> usize {
        let start = self.line_starts[self.line_index(offset)];
        self.text
            .get(start..offset)
            .map_or(1, |before| before.chars().count() + 1)
    }

    /// The whole lines that a span touches: the first line's number, their text without the last
    /// line's end, and the span within that text.
    pub(crate) fn excerpt(&self, span: &Span) -> (usize, &'s str, Span) {
        let first = self.line_index(span.start);
        let last = self.line_index(span.end.saturating_sub(1).max(span.start));
        let start = self.line_starts[first];
        let end = self
            .line_starts
            .get(last + 1)
            .copied()
            .unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        let text = text.trim_end_matches(['\r', '\n']);
        let within = |offset: usize| offset.saturating_sub(start).min(text.len());
        (first + 1, text, within(span.start)..within(span.end))
    }
}
