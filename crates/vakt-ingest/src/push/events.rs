//! A body of events: lines of NDJSON, or one JSON array of which each member is an event.

use super::json_array::{ArrayFault, ArraySplitter};
use super::ndjson::{Line, NdjsonSplitter};

/// So much that is blank may stand before what tells which of both a body is.
const BLANK_BYTES_MAX: usize = 4096;

/// Splits a body into lines or members, in any chunks.
pub struct EventsSplitter {
    limit: usize,
    form: Form,
}

enum Form {
    /// Nothing but blanks has come of what may be an array.
    Untold(Vec<u8>),
    Lines(NdjsonSplitter),
    Array(ArraySplitter),
}

impl EventsSplitter {
    /// `is_json` says that the body is declared as `application/json`, so that a bracket at its beginning is
    /// that of an array and not the first of a line.
    pub fn new(event_bytes_max: usize, is_json: bool) -> Self {
        let form = match is_json {
            true => Form::Untold(Vec::new()),
            false => Form::Lines(NdjsonSplitter::new(event_bytes_max)),
        };
        Self {
            limit: event_bytes_max,
            form,
        }
    }

    /// Feeds bytes; calls `sink` for each event.
    ///
    /// # Errors
    /// What is no array where one began; the members before were given.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Line)) -> Result<(), ArrayFault> {
        match &mut self.form {
            Form::Lines(lines) => {
                lines.push(bytes, sink);
                Ok(())
            }
            Form::Array(array) => array.push(bytes, sink),
            Form::Untold(start) => {
                start.extend_from_slice(bytes);
                let unmarked = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
                let first = unmarked.iter().find(|byte| !byte.is_ascii_whitespace());
                let is_mark = first == Some(&0xef) && start.len() < 3;
                if is_mark || first.is_none() && start.len() < BLANK_BYTES_MAX {
                    return Ok(());
                }
                let is_array = first == Some(&b'[');
                let start = std::mem::take(start);
                self.form = match is_array {
                    true => Form::Array(ArraySplitter::new(self.limit)),
                    false => Form::Lines(NdjsonSplitter::new(self.limit)),
                };
                self.push(&start, sink)
            }
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// An array without its end.
    pub fn finish(self, sink: &mut dyn FnMut(Line)) -> Result<(), ArrayFault> {
        match self.form {
            Form::Lines(lines) => lines.finish(sink),
            Form::Array(array) => return array.finish(),
            Form::Untold(start) => {
                let mut lines = NdjsonSplitter::new(self.limit);
                lines.push(&start, sink);
                lines.finish(sink);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_begins_an_array_where_json_was_declared() {
        let check = |is_json: bool, body: &str, expected: &[&str]| {
            for chunk in [1, 2, usize::MAX] {
                let mut shown = Vec::new();
                let mut sink = |line: Line| {
                    let text = String::from_utf8_lossy(&line.bytes).into_owned();
                    shown.push(format!("{} {:?} {text}", line.number, line.format));
                };
                let mut splitter = EventsSplitter::new(64, is_json);
                for piece in body.as_bytes().chunks(chunk) {
                    splitter.push(piece, &mut sink).unwrap();
                }
                splitter.finish(&mut sink).unwrap();
                assert_eq!(shown, expected, "{body} in chunks of {chunk}");
            }
        };
        check(true, "", &[]);
        check(true, " \n", &[]);
        check(true, "[{},{}]", &["1 Json {}", "2 Json {}"]);
        check(true, "\u{feff}\n [{}]", &["1 Json {}"]);
        check(true, "\n{}\n[{}]\n", &["2 Json {}", "3 Text [{}]"]);
        check(false, "[{},{}]", &["1 Text [{},{}]"]);
        check(false, "[12] kernel: x", &["1 Text [12] kernel: x"]);
    }
}
