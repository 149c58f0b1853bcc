//! Files of the law as data: what is wrong with one is said at its line and column.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use crate::suggest::nearest;

/// Bytes of a data file. Ours have a tenth of it.
const FILE_BYTES_MAX: usize = 1 << 20;

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

pub(crate) fn all(faults: &[DataFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Faults, with the file that they are in.
pub(crate) struct Faults<'t> {
    text: &'t str,
    /// Where the keys are explained, for people.
    explained: &'static str,
    found: Vec<DataFault>,
}

impl<'t> Faults<'t> {
    pub(crate) fn new(text: &'t str, explained: &'static str) -> Self {
        Self {
            text,
            explained,
            found: Vec::new(),
        }
    }

    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// The file as its format gives it.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, text: &str) -> Option<T> {
        if text.len() > FILE_BYTES_MAX {
            let message = format!(
                "the file has {} bytes; {FILE_BYTES_MAX} is the most",
                text.len()
            );
            self.add(Location::UNKNOWN, message, "remove what nobody uses");
            return None;
        }
        match serde_saphyr::from_str(text) {
            Ok(file) => Some(file),
            Err(error) => {
                self.of_format(&error);
                None
            }
        }
    }

    pub(crate) fn check_schema(&mut self, schema: &Spanned<u32>, known: u32) {
        if schema.value != known {
            let message = format!(
                "schema {} is not the one that this version reads",
                schema.value
            );
            let help =
                format!("write `schema: {known}`, in the form that docs/incidents.md describes");
            self.add(schema.referenced, message, &help);
        }
    }

    pub(crate) fn check_version(&mut self, version: &Spanned<String>) {
        if version.value.trim().is_empty() {
            let help = "write the day of the data, such as \"2026-11-24\"";
            self.add(version.referenced, "the version is empty".to_owned(), help);
        }
    }

    /// What was read, where nothing is wrong.
    pub(crate) fn unless_any<T>(self, read: Option<T>) -> Result<T, Vec<DataFault>> {
        match read {
            Some(read) if self.found.is_empty() => Ok(read),
            _ => Err(self.found),
        }
    }

    pub(crate) fn add(&mut self, place: Location, message: String, help: &str) {
        let line = usize::try_from(place.line()).unwrap_or_default();
        let shown = line
            .checked_sub(1)
            .and_then(|index| self.text.lines().nth(index));
        self.found.push(DataFault {
            line: place.line(),
            column: place.column(),
            message,
            shown: shown.unwrap_or_default().to_owned(),
            help: help.to_owned(),
        });
    }

    pub(crate) fn missing(&mut self, place: Location, id: &str, key: &str) {
        let message = format!("regime {id} has no `{key}`");
        self.add(place, message, &format!("add a line `{key}: …`"));
    }

    pub(crate) fn unknown(&mut self, place: Location, what: &str, name: &str, known: &[&str]) {
        let help = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        self.add(place, format!("there is no {what} called `{name}`"), &help);
    }

    /// What the reader of YAML says, without the lines that it would show itself.
    fn of_format(&mut self, error: &serde_saphyr::Error) {
        let error = error.without_snippet();
        let place = error.location().unwrap_or(Location::UNKNOWN);
        let said = error.to_string();
        let message = said.lines().next().unwrap_or_default();
        let place_said = format!(" at line {}, column {}", place.line(), place.column());
        let message = message.strip_suffix(&place_said).unwrap_or(message);
        let help = help(message).unwrap_or_else(|| self.explained.to_owned());
        self.add(place, message.to_owned(), &help);
    }
}

/// "unknown field `a`, expected one of b, c" names what may have been meant.
fn help(message: &str) -> Option<String> {
    let (before, known) = message.split_once(", expected one of ")?;
    let name = before.split('`').nth(1)?;
    let known: Vec<&str> = known.split(", ").map(|it| it.trim_matches('`')).collect();
    nearest(name, &known).map(|near| format!("did you mean `{near}`?"))
}
