//! What the commands print: text for people, NDJSON for pipes.

use std::io::{self, IsTerminal, Write};

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::Serialize;
use vakt_event::visible::{REPLACEMENT, is_misleading, visible};

/// The form that `--output` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Ndjson,
    /// One JSON document.
    Json,
    /// A table of RFC 4180; of what `vakt search` finds, of figures and of coverage.
    Csv,
}

/// The form of a command's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON object a line.
    Ndjson,
    /// One JSON document.
    Json,
}

impl Output {
    /// What was asked for; else text on a terminal and NDJSON in a pipe.
    ///
    /// # Errors
    /// CSV, which only some commands write.
    pub fn or_by_terminal(asked: Option<Form>) -> Result<Self> {
        let by_itself = if io::stdout().is_terminal() {
            Self::Text
        } else {
            Self::Ndjson
        };
        Self::or(asked, by_itself)
    }

    /// What was asked for; else `by_itself`.
    ///
    /// # Errors
    /// As [`Self::or_by_terminal`].
    pub fn or(asked: Option<Form>, by_itself: Self) -> Result<Self> {
        match asked {
            None => Ok(by_itself),
            Some(Form::Text) => Ok(Self::Text),
            Some(Form::Ndjson) => Ok(Self::Ndjson),
            Some(Form::Json) => Ok(Self::Json),
            Some(Form::Csv) => bail!(
                "--output csv is a form of `vakt search`, `vakt figures`, `vakt coverage` and \
                 `vakt incidents register` only"
            ),
        }
    }
}

/// Standard output, buffered. A reader that went away ends the program quietly, as
/// `head` expects of its left side; see [`is_broken_pipe`].
pub struct Printer {
    out: io::BufWriter<io::Stdout>,
}

impl Printer {
    pub fn new() -> Self {
        Self {
            out: io::BufWriter::with_capacity(1 << 16, io::stdout()),
        }
    }

    /// A line for people: what would make it look like another is shown as U+FFFD.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(visible(text).as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// A text with line ends of its own, for programs. On a terminal nothing in it acts on that.
    pub fn raw(&mut self, text: &str) -> io::Result<()> {
        if !io::stdout().is_terminal() {
            return self.out.write_all(text.as_bytes());
        }
        let acts = |c: char| (c.is_control() && !matches!(c, '\n' | '\r')) || is_misleading(c);
        self.out
            .write_all(text.replace(acts, "\u{fffd}").as_bytes())
    }

    pub fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    pub fn json_pretty(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Default for Printer {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the error says that nobody reads the output any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|error| error.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}

/// Text from outside with control characters, and what makes a text look like another, made visible, so that a
/// log line cannot move a person's cursor, colour his terminal or turn what he reads.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() || is_misleading(c) => REPLACEMENT,
            c => c,
        })
        .collect()
}

/// Writes a line for the person at the terminal to standard error.
#[expect(
    clippy::print_stderr,
    reason = "the one place where the commands speak to the person"
)]
pub fn tell(text: &str) {
    eprintln!("{}", visible(text));
}
