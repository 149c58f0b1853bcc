//! Newline-delimited JSON, incrementally.

use std::str;

use serde::de::IgnoredAny;
use vakt_event::Format;

/// Longest line that is kept whole, in bytes: 1 MiB. A longer one is cut there and marked, as a frame of
/// syslog is.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// One line of a body that holds something, or one member of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number in the body, from 1, blank lines counted; or the member's.
    pub number: u64,
    /// Without the line end.
    pub bytes: Vec<u8>,
    /// A JSON object ([`Format::Json`]), or a line that is none ([`Format::Text`]): a bad line is data.
    pub format: Format,
    /// It was longer than the limit, and this is its beginning.
    pub truncated: bool,
}

/// Splits a body into lines, in any chunks. Holds at most one line.
pub struct NdjsonSplitter {
    limit: usize,
    line: Vec<u8>,
    /// Something of the present line went: it is over the limit.
    is_cut: bool,
    number: u64,
}

impl NdjsonSplitter {
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            limit: line_bytes_max,
            line: Vec::new(),
            is_cut: false,
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
        // One byte beyond the limit is kept, because it may be the CR of the line end.
        let room = (self.limit + 1).saturating_sub(self.line.len());
        self.is_cut |= bytes.len() > room;
        self.line.extend(bytes.iter().take(room));
    }

    fn end_line(&mut self, sink: &mut dyn FnMut(Line)) {
        let number = self.number;
        self.number += 1;
        let mut bytes = std::mem::take(&mut self.line);
        let mut truncated = std::mem::take(&mut self.is_cut);
        if !truncated && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        truncated |= bytes.len() > self.limit;
        bytes.truncate(self.limit);
        if number == 1
            && let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf")
        {
            bytes = rest.to_vec();
        }
        if !truncated && bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        sink(Line {
            number,
            format: event_format(&bytes),
            bytes,
            truncated,
        });
    }
}

/// What a line or a member is.
pub(super) fn event_format(bytes: &[u8]) -> Format {
    if is_json_object(bytes) {
        Format::Json
    } else {
        Format::Text
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
            let cut = if line.truncated { " cut" } else { "" };
            let text = line.bytes.escape_ascii();
            shown.push(format!("{} {:?} {text}{cut}", line.number, line.format));
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
            &[
                "1 Text 0123456789abcdef",
                "2 Text 0123456789abcdef cut",
                "3 Text ok",
            ],
        );
        check(
            b"0123456789abcdefghijklmnopqrstuvw\r\n{}",
            &["1 Text 0123456789abcdef cut", "2 Json {}"],
        );
    }

    #[test]
    fn deep_nesting_is_text_and_no_overflow() {
        let deep = [b"{\"a\":".repeat(100_000), b"1".to_vec()].concat();
        assert!(!is_json_object(&deep));
    }
}
