//! What is wrong in a rule file, where, and how to mend it.

use std::collections::BTreeSet;
use std::fmt;

use annotate_snippets::{AnnotationKind, Level as SnippetLevel, Renderer, Snippet};

use crate::checks::{self, Check};
use crate::source::{SourceText, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A matter of taste, or a likely slip; changes no exit status.
    Warning,
    /// What the Sigma specification, its JSON schemas or this engine cannot accept.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding. `Display` gives the rendered text without colours.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    pub path: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Where what is marked ends: the line and column of the first character after it.
    pub end_line: usize,
    pub end_column: usize,
    pub severity: Severity,
    /// The stable name of the check, see [`crate::checks::CHECKS`].
    pub name: &'static str,
    pub message: String,
    /// What to change.
    pub help: String,
    pub excerpt: Excerpt,
}

/// The source lines that a diagnostic shows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Excerpt {
    /// The number of the first line, from 1.
    pub first_line: usize,
    /// Whole lines, without the last line's end.
    pub text: String,
    /// What is marked: bytes of `text`.
    pub span: Span,
}

/// An excerpt shows at most so many bytes: a value can be a file of its own.
const EXCERPT_BYTES_MAX: usize = 4096;

impl Diagnostic {
    /// The text for people: `PATH:LINE:COLUMN: error[NAME]: message`, the lines with a caret, and
    /// `help:`. Ends with a line feed.
    pub fn render(&self, colours: bool) -> String {
        let mut text = format!(
            "{}:{}:{}: {}[{}]: {}\n",
            self.path, self.line, self.column, self.severity, self.name, self.message
        );
        let lines = self.render_lines(colours);
        if !lines.is_empty() {
            text.push_str(&lines);
            text.push('\n');
        }
        text.push_str("help: ");
        text.push_str(&self.help);
        text.push('\n');
        text
    }

    fn render_lines(&self, colours: bool) -> String {
        let Excerpt {
            first_line,
            text,
            span,
        } = &self.excerpt;
        if text.trim().is_empty() {
            return String::new();
        }
        let annotation = AnnotationKind::Primary.span(span.clone());
        let snippet = Snippet::source(text.as_str())
            .line_start(*first_line)
            .annotation(annotation);
        let level = match self.severity {
            Severity::Warning => SnippetLevel::WARNING,
            Severity::Error => SnippetLevel::ERROR,
        };
        let renderer = if colours {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[annotate_snippets::Group::with_level(level).element(snippet)])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Findings of one source that are kept; nobody reads more at once.
const FOUND_MAX: usize = 1_000;

/// Collects the findings of one source.
pub struct Report<'s> {
    pub(crate) source: &'s SourceText<'s>,
    found: Vec<Diagnostic>,
    errors: usize,
    /// Lines of which YAML read less than is written, as [`checks::YAML_TAG`] says: what else
    /// would be said of them follows from that.
    misread: BTreeSet<usize>,
}

impl<'s> Report<'s> {
    pub fn new(source: &'s SourceText<'s>) -> Self {
        Self {
            source,
            found: Vec::new(),
            errors: 0,
            misread: BTreeSet::new(),
        }
    }

    /// The line on which a span begins, from 1.
    pub fn line(&self, span: &Span) -> usize {
        self.source.line(span.start)
    }

    pub fn add(
        &mut self,
        check: &'static Check,
        span: &Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let line = self.source.line(span.start);
        if check.name == checks::YAML_TAG.name {
            self.misread.insert(line);
        } else if self.misread.contains(&line) {
            return;
        }
        self.errors += usize::from(check.severity == Severity::Error);
        if self.is_full() {
            return;
        }
        let last = self.found.len() + 1 == FOUND_MAX;
        let (check, message, help) = if last {
            let check = &checks::TOO_MANY_FAULTS;
            let help = "mend those above first".into();
            (
                check,
                "there are more faults than are shown".to_owned(),
                help,
            )
        } else {
            (check, message.into(), help.into())
        };
        let end = self.source.end_of(span);
        self.found.push(Diagnostic {
            path: self.source.path.to_owned(),
            line,
            column: self.source.column(span.start),
            end_line: self.source.line(end),
            end_column: self.source.column(end),
            severity: check.severity,
            name: check.name,
            message,
            help,
            excerpt: excerpt(self.source, span),
        });
    }

    /// Whether further findings are only counted: then nothing costly is worth doing for them.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= FOUND_MAX
    }

    /// How many errors were added so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// The names of the errors added since `self.errors()` was `since`.
    pub(crate) fn error_names_since(&self, since: usize) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self
            .found
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .skip(since)
            .map(|diagnostic| diagnostic.name)
            .collect();
        if names.is_empty() && self.errors > since {
            names.push(checks::TOO_MANY_FAULTS.name);
        }
        names
    }

    /// The name of the newest error.
    pub(crate) fn last_error(&self) -> Option<&'static str> {
        self.found
            .iter()
            .rev()
            .find(|diagnostic| diagnostic.severity == Severity::Error)
            .map(|diagnostic| diagnostic.name)
    }

    /// A point to which [`Report::forget_since`] can go back.
    pub(crate) fn mark(&self) -> usize {
        self.found.len()
    }

    /// Drops the findings made since the mark.
    pub(crate) fn forget_since(&mut self, mark: usize) {
        self.found.truncate(mark);
        let errors = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
        self.errors = self.found.iter().filter(errors).count();
    }

    /// The findings, by position; those of one position in the order in which they were made.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        // What an alias or a merge key repeats is one fault, mended in one place.
        self.found.dedup_by(|next, first| {
            next.name == first.name
                && (next.line, next.column) == (first.line, first.column)
                && (next.end_line, next.end_column) == (first.end_line, first.end_column)
                && next.message == first.message
        });
        self.found
    }
}

fn excerpt(source: &SourceText<'_>, span: &Span) -> Excerpt {
    let (first_line, text, within) = source.excerpt(span);
    // Only the first line of a long span is shown: the caret says where, the rest is in the file.
    let first = text.lines().next().unwrap_or_default();
    let shown = if within.end > first.len() {
        first
    } else {
        text
    };
    let mut cut = shown.len().min(EXCERPT_BYTES_MAX);
    while !shown.is_char_boundary(cut) {
        cut -= 1;
    }
    let text = shown.get(..cut).unwrap_or_default().to_owned();
    let start = within.start.min(text.len());
    let mut end = within.end.clamp(start, text.len());
    if end == start {
        end = text
            .get(start..)
            .and_then(|rest| rest.chars().next())
            .map_or(start, |c| start + c.len_utf8());
    }
    Excerpt {
        first_line,
        text,
        span: start..end,
    }
}
