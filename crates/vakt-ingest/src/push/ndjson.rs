//! Newline-delimited JSON, incrementally.

use std::str;

use serde::de::IgnoredAny;
use vakt_event::Format;

/// Longest line that is taken, in bytes: 1 MiB. Longer ones are rejected by number.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// One line of a body that holds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A JSON object ([`Format::Json`]), or a line that is none ([`Format::Text`]): a bad line is
    /// data. The line end is taken off.
    Frame {
        /// The line's number in the body, from 1, blank lines counted.
        number: u64,
        bytes: Vec<u8>,
        format: Format,
    },
    /// A line over the limit. Its bytes are dropped.
    TooLong { number: u64 },
}

/// Splits a body into lines, in any chunks. Holds at most one line.
pub struct NdjsonSplitter {
    limit: usize,
    line: Vec<u8>,
    /// The rest of the present line is dropped: it is over the limit.
    dropping: bool,
    number: u64,
}

impl NdjsonSplitter {
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            limit: line_bytes_max,
            line: Vec::new(),
            dropping: false,
            number: 1,
        }
    }

    /// Feeds bytes; calls `sink` for each whole line that is not blank.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut dyn FnMut(Line)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (head, rest) = bytes.split_at(end);
            self.take(head);
            self.end_line(sink);
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.take(bytes);
    }

    /// The body has ended: a last line without a line end is a line too.
    pub fn finish(mut self, sink: &mut dyn FnMut(Line)) {
        self.end_line(sink);
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.dropping {
            return;
        }
        // One byte beyond the limit is kept, because it may be the CR of the line end.
        if self.line.len() + bytes.len() > self.limit + 1 {
            self.dropping = true;
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, sink: &mut dyn FnMut(Line)) {
        let number = self.number;
        self.number += 1;
        let mut bytes = std::mem::take(&mut self.line);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if std::mem::take(&mut self.dropping) || bytes.len() > self.limit {
            sink(Line::TooLong { number });
            return;
        }
        if number == 1
            && let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf")
        {
            bytes = rest.to_vec();
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let format = if is_json_object(&bytes) {
            Format::Json
        } else {
            Format::Text
        };
        sink(Line::Frame {
            number,
            bytes,
            format,
        });
    }
}

/// Whether the whole line is one JSON object in valid UTF-8, nested no deeper than the 128 levels
/// that `serde_json` reads.
fn is_json_object(bytes: &[u8]) -> bool {
    let text = str::from_utf8(bytes).unwrap_or_default();
    text.trim_ascii_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(body: &[u8], limit: usize, chunk: usize) -> Vec<String> {
        let mut shown = Vec::new();
        let mut sink = |line: Line| {
            shown.push(match line {
                Line::Frame {
                    number,
                    bytes,
                    format,
                } => format!("{number} {format:?} {}", bytes.escape_ascii()),
                Line::TooLong { number } => format!("{number} too long"),
            });
        };
        let mut splitter = NdjsonSplitter::new(limit);
        for piece in body.chunks(chunk) {
            splitter.push(piece, &mut sink);
        }
        splitter.finish(&mut sink);
        shown
    }

    #[test]
    fn lines_are_the_same_in_any_chunks() {
        let check = |body: &[u8], expected: &[&str]| {
            for chunk in [1, 2, 3, 5, 64, usize::MAX] {
                assert_eq!(lines(body, 16, chunk), expected, "chunks of {chunk}");
            }
        };
        check(b"", &[]);
        check(b"\n \n\r\n\t\n", &[]);
        check(b"{\"a\":1}", &["1 Json {\\\"a\\\":1}"]);
        check(
            b"{}\r\n\n {} \nx",
            &["1 Json {}", "3 Json  {} ", "4 Text x"],
        );
        check(
            b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}",
            &["1 Json {}", "2 Text \\xef\\xbb\\xbf{}"],
        );
        check(
            b"[1]\n\"a\"\nnull\n{\"a\"\n",
            &[
                "1 Text [1]",
                "2 Text \\\"a\\\"",
                "3 Text null",
                "4 Text {\\\"a\\\"",
            ],
        );
        check(
            b"{}{}\n{\"a\":\"\xff\"}\n",
            &["1 Text {}{}", "2 Text {\\\"a\\\":\\\"\\xff\\\"}"],
        );
        check(
            b"0123456789abcdef\r\n0123456789abcdefg\nok",
            &["1 Text 0123456789abcdef", "2 too long", "3 Text ok"],
        );
        check(b"0123456789abcdefghijklmnopqrstuvw", &["1 too long"]);
    }

    #[test]
    fn deep_nesting_is_text_and_no_overflow() {
        let deep = [b"{\"a\":".repeat(100_000), b"1".to_vec()].concat();
        assert!(!is_json_object(&deep));
    }
}
