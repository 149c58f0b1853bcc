//! A stream in the journal export format to entries, whatever the pieces in which it comes.

use vakt_event::CursorKey;

use super::cursor;
use super::entry::is_name;

/// A longer value is a lie about its length: systemd's own limit for one field (`DATA_SIZE_MAX`).
const VALUE_BYTES_MAX: u64 = 768 << 20;

/// One entry, its fields as they came, without the empty line that ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    pub bytes: Vec<u8>,
    /// From the entry's `__CURSOR`, where it has one.
    pub cursor: Option<CursorKey>,
    /// The entry was longer than the limit: its last field is cut, later ones are gone.
    pub truncated: bool,
}

/// The stream ended inside an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal export ends inside an entry: {bytes} bytes of it were not processed")]
pub struct PrematureEof {
    /// Of the entry that is not whole, as far as they were kept.
    pub bytes: usize,
}

/// Enough of a line to tell a field's name (64 bytes) and to read a cursor (about 130).
const LINE_START_BYTES_MAX: usize = 256;

#[derive(Clone, Copy, Debug)]
enum State {
    /// Inside a line, or at its beginning.
    Line,
    /// Inside the eight bytes of a value's length, of which some have come.
    Length([u8; 8], usize),
    /// Inside a value of which so many bytes are still to come.
    Value(u64),
    /// Before the LF after a value.
    ValueEnd,
}

/// Splits a stream into entries. Holds one entry at most, and of that no more than its limit.
#[derive(Debug)]
pub struct JournalExportSplitter {
    limit: usize,
    entry: Vec<u8>,
    /// Where in `entry` the current field begins.
    field: usize,
    state: State,
    /// The beginning of the current line, kept or not: decides what kind of field it is.
    line_start: Vec<u8>,
    /// Bytes of the current line, and whether one of them was `=`.
    line_length: usize,
    has_equal: bool,
    cursor: Option<CursorKey>,
    truncated: bool,
    /// The current field is not to be kept: there is no room for it.
    dropping: bool,
}

impl JournalExportSplitter {
    /// `limit_bytes` bounds what is kept of one entry.
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            entry: Vec::new(),
            field: 0,
            state: State::Line,
            line_start: Vec::new(),
            line_length: 0,
            has_equal: false,
            cursor: None,
            truncated: false,
            dropping: false,
        }
    }

    /// Feeds the next piece of the stream; `sink` gets each entry that it completes.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut dyn FnMut(JournalEntry)) {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Line => self.line(bytes, sink),
                State::Length(got, count) => self.length(got, count, bytes),
                State::Value(left) => self.value(left, bytes),
                State::ValueEnd => {
                    self.state = State::Line;
                    self.end_field();
                    // Without the LF the length was wrong: the next line goes on from here, and
                    // the entry's decoder marks what is no field.
                    bytes.strip_prefix(b"\n").unwrap_or(bytes)
                }
            };
        }
    }

    /// The stream ended. An entry that is not ended by its empty line is not given out, so that
    /// its cursor is not taken for done: the sender comes again with all of it.
    pub fn finish(&mut self, _sink: &mut dyn FnMut(JournalEntry)) -> Result<(), PrematureEof> {
        match self.unfinished() {
            None => Ok(()),
            Some(entry) => Err(PrematureEof {
                bytes: entry.bytes.len(),
            }),
        }
    }

    /// What has come of an entry that is not ended yet: for files, where nobody sends it again.
    pub fn unfinished(&mut self) -> Option<JournalEntry> {
        let inside = self.line_length > 0 || !matches!(self.state, State::Line);
        if self.entry.is_empty() && !inside {
            return None;
        }
        self.truncated |= inside;
        if let State::Value(_) = self.state {
            self.fix_length();
        }
        if inside {
            self.end_field();
        }
        self.state = State::Line;
        Some(self.take())
    }

    /// Bytes held.
    pub fn buffered_bytes(&self) -> usize {
        self.entry.len()
    }

    fn line<'b>(&mut self, bytes: &'b [u8], sink: &mut dyn FnMut(JournalEntry)) -> &'b [u8] {
        let (line, rest, ended) = match memchr::memchr(b'\n', bytes) {
            Some(at) => {
                let (line, rest) = bytes.split_at(at);
                (line, rest.get(1..).unwrap_or_default(), true)
            }
            None => (bytes, &[][..], false),
        };
        self.line_length += line.len();
        let room = LINE_START_BYTES_MAX.saturating_sub(self.line_start.len());
        self.line_start
            .extend_from_slice(line.get(..room).unwrap_or(line));
        self.has_equal = self.has_equal || memchr::memchr(b'=', line).is_some();
        self.keep(line);
        if !ended {
            return rest;
        }
        if self.line_length == 0 {
            if !self.entry.is_empty() || self.truncated {
                sink(self.take());
            }
            return rest;
        }
        if self.cursor.is_none()
            && let Some(text) = self.line_start.strip_prefix(b"__CURSOR=")
        {
            self.cursor = std::str::from_utf8(text).ok().and_then(cursor::parse);
        }
        if !self.has_equal && self.line_length == self.line_start.len() && is_name(&self.line_start)
        {
            self.keep_end();
            self.state = State::Length([0; 8], 0);
        } else {
            self.end_field();
        }
        rest
    }

    fn length<'b>(&mut self, mut got: [u8; 8], count: usize, bytes: &'b [u8]) -> &'b [u8] {
        let take = bytes.len().min(8 - count);
        let (part, rest) = bytes.split_at(take);
        if let Some(place) = got.get_mut(count..count + take) {
            place.copy_from_slice(part);
        }
        if count + take < 8 {
            self.state = State::Length(got, count + take);
            return rest;
        }
        let length = u64::from_le_bytes(got);
        // A cut value gets its real length when it ends; there must be room for that.
        if self.entry.len() + 8 > self.limit {
            self.drop_field();
        } else {
            self.keep(&got);
        }
        self.state = match length {
            0 => State::ValueEnd,
            1..=VALUE_BYTES_MAX => State::Value(length),
            _ => {
                self.end_field();
                State::Line
            }
        };
        rest
    }

    fn value<'b>(&mut self, left: u64, bytes: &'b [u8]) -> &'b [u8] {
        let take = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (part, rest) = bytes.split_at(take);
        self.keep(part);
        let left = left.saturating_sub(u64::try_from(take).unwrap_or(left));
        self.state = if left == 0 {
            State::ValueEnd
        } else {
            State::Value(left)
        };
        if left == 0 && self.dropping {
            self.fix_length();
        }
        rest
    }

    /// Keeps what there is room for.
    fn keep(&mut self, bytes: &[u8]) {
        if self.dropping {
            return;
        }
        let room = self.limit.saturating_sub(self.entry.len());
        self.entry
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if bytes.len() > room {
            self.truncated = true;
            self.dropping = true;
        }
    }

    /// The LF after a line or value; allowed one byte over the limit.
    fn keep_end(&mut self) {
        if self.entry.len() > self.field {
            self.entry.push(b'\n');
        }
    }

    fn drop_field(&mut self) {
        self.entry.truncate(self.field);
        self.truncated = true;
        self.dropping = true;
    }

    /// Writes the length of what was kept of a cut value in place of the whole value's.
    fn fix_length(&mut self) {
        let Some(header) = self
            .entry
            .get(self.field..)
            .and_then(|field| memchr::memchr(b'\n', field))
            .map(|end| self.field + end + 1)
        else {
            return;
        };
        let kept = self.entry.len().saturating_sub(header + 8);
        if let (Some(place), Ok(kept)) =
            (self.entry.get_mut(header..header + 8), u64::try_from(kept))
        {
            place.copy_from_slice(&kept.to_le_bytes());
        }
    }

    fn end_field(&mut self) {
        self.keep_end();
        self.field = self.entry.len();
        self.line_start.clear();
        self.line_length = 0;
        self.has_equal = false;
        // Once cut, later fields would only be a torn remainder.
        self.dropping = self.truncated;
    }

    fn take(&mut self) -> JournalEntry {
        self.field = 0;
        self.dropping = false;
        JournalEntry {
            bytes: std::mem::take(&mut self.entry),
            cursor: self.cursor.take(),
            truncated: std::mem::take(&mut self.truncated),
        }
    }
}

#[cfg(test)]
mod tests;
