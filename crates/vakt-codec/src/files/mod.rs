//! Files to records: what `vakt scan` and `vakt parse` read.
//!
//! A file may hold JSON objects (one a line, concatenated, pretty-printed, in an array, or in the
//! `Records` of a CloudTrail file), syslog messages or plain lines, mixed as they come, or journal
//! entries in the export format. One record is held at a time, and no more of it than the limit.
//!
//! A line that begins like an object and is none becomes a record of its own, which its decoder
//! marks, and reading goes on with the next line.

mod blocks;
mod detect;
mod input;
mod value_end;

pub use blocks::{BLOCK_BYTES, Block, Blocks, Judgement, Line, Lines, judge};
pub use detect::line_format;

use std::collections::VecDeque;
use std::io::{self, BufRead};

use vakt_event::Format;

use crate::journal::{JournalEntry, JournalExportSplitter};
use input::Input;
use value_end::{Progress, ValueEnd};

/// A bound for one record that fits every file that we know: 4 MiB. The largest real events
/// (PowerShell script blocks, cloud audit records) have some hundred KiB.
pub const RECORD_BYTES_MAX: usize = 4 << 20;

/// Blanks before an object that are looked at; more of them are a line of text.
const INDENT_BYTES_MAX: usize = 4096;

/// How to read a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// By what stands there: for the whole file whether it is a journal export, for each record
    /// whether it is JSON, syslog or text.
    #[default]
    Auto,
    /// JSON objects; anything else is marked as none.
    Json,
    /// A syslog message a line.
    Syslog,
    /// The journal export format (`journalctl -o export`).
    Journal,
    /// Plain lines, without looking for a syslog header.
    Text,
}

impl FileFormat {
    /// The names on the command line.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("auto", Self::Auto),
        ("json", Self::Json),
        ("syslog", Self::Syslog),
        ("journal", Self::Journal),
        ("text", Self::Text),
    ];
}

/// One record of a file, as [`crate::decode()`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub bytes: Vec<u8>,
    pub format: Format,
    /// The record's ordinal in its file, from 1.
    pub number: u64,
    /// The record was longer than the limit, and this is its beginning.
    pub truncated: bool,
}

/// The records of a file, in order. Ends after an error of the reader.
#[derive(Debug)]
pub struct Records<R> {
    input: Input<R>,
    format: FileFormat,
    limit: usize,
    number: u64,
    begun: bool,
    ended: bool,
    /// Inside an array of objects.
    array: Option<Array>,
    splitter: JournalExportSplitter,
    /// Entries that the last piece of a journal export completed.
    entries: VecDeque<JournalEntry>,
}

/// The array whose objects are the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Array {
    Bare,
    /// It is the first value of an object: `{"Records":[…], …}`.
    Member,
}

/// What was found: bytes, format, and whether they were cut.
type Found = (Vec<u8>, Format, bool);

impl<R: BufRead> Records<R> {
    /// `reader` gives plain bytes: decompression is the caller's. `limit_bytes` bounds one record.
    pub fn new(reader: R, format: FileFormat, limit_bytes: usize) -> Self {
        Self {
            input: Input::new(reader),
            format,
            limit: limit_bytes,
            number: 0,
            begun: false,
            ended: false,
            array: None,
            splitter: JournalExportSplitter::new(limit_bytes),
            entries: VecDeque::new(),
        }
    }

    /// Reads on in a file of which so many records were read; `reader` gives what follows them.
    pub fn after(reader: R, format: FileFormat, limit_bytes: usize, number: u64) -> Self {
        Self {
            number,
            begun: true,
            ..Self::new(reader, format, limit_bytes)
        }
    }

    /// The reader; what was read of it and not given is lost.
    pub fn into_reader(self) -> R {
        self.input.into_reader()
    }

    fn begin(&mut self) -> io::Result<()> {
        self.begun = true;
        if self.input.peek(0)? == Some(0xEF)
            && self.input.peek(2)?.is_some()
            && self.input.bytes().starts_with(b"\xEF\xBB\xBF")
        {
            self.input.consume(3);
        }
        if self.format == FileFormat::Auto {
            while detect::needs_more(self.input.bytes()) && self.input.more()? {}
            if detect::is_journal_export(self.input.bytes()) {
                self.format = FileFormat::Journal;
            }
        }
        Ok(())
    }

    fn find(&mut self) -> io::Result<Option<Found>> {
        if !self.begun {
            self.begin()?;
        }
        match self.format {
            FileFormat::Journal => self.entry(),
            FileFormat::Syslog => self.line(Some(Format::Syslog)),
            FileFormat::Text => self.line(Some(Format::Text)),
            FileFormat::Json => self.json_or_line(Some(Format::Json)),
            FileFormat::Auto => self.json_or_line(None),
        }
    }

    fn entry(&mut self) -> io::Result<Option<Found>> {
        loop {
            if let Some(entry) = self.entries.pop_front() {
                return Ok(Some((entry.bytes, Format::Journal, entry.truncated)));
            }
            let (splitter, entries) = (&mut self.splitter, &mut self.entries);
            if self.input.bytes().is_empty() && !self.input.more()? {
                entries.extend(splitter.unfinished());
                if entries.is_empty() {
                    return Ok(None);
                }
                continue;
            }
            let bytes = self.input.bytes();
            splitter.push(bytes, &mut |entry| entries.push_back(entry));
            let count = bytes.len();
            self.input.consume(count);
        }
    }

    /// The next line that is not blank, without its end. Without a format it is looked for.
    fn line(&mut self, format: Option<Format>) -> io::Result<Option<Found>> {
        loop {
            let Some((bytes, truncated)) = self.raw_line()? else {
                return Ok(None);
            };
            if !bytes.trim_ascii().is_empty() {
                let format = format.unwrap_or_else(|| detect::line_format(&bytes));
                return Ok(Some((bytes, format, truncated)));
            }
        }
    }

    fn raw_line(&mut self) -> io::Result<Option<(Vec<u8>, bool)>> {
        let mut searched = 0;
        loop {
            let bytes = self.input.bytes();
            let tail = bytes.get(searched..).unwrap_or_default();
            let end = memchr::memchr(b'\n', tail).map(|at| searched + at);
            if let Some(end) = end {
                let line = self.cut(bytes.get(..end).unwrap_or_default());
                self.input.consume(end + 1);
                return Ok(Some(line));
            }
            // One byte more may be the CR of CRLF.
            if bytes.len() > self.limit + 1 {
                let line = self.cut(bytes);
                self.skip_line()?;
                return Ok(Some(line));
            }
            searched = bytes.len();
            if !self.input.more()? {
                let bytes = self.input.bytes();
                let line = (!bytes.is_empty()).then(|| self.cut(bytes));
                self.input.consume(searched);
                return Ok(line);
            }
        }
    }

    /// A line without its CR, no longer than the limit; whether it was longer.
    fn cut(&self, line: &[u8]) -> (Vec<u8>, bool) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.get(..self.limit) {
            Some(beginning) if line.len() > self.limit => (beginning.to_vec(), true),
            _ => (line.to_vec(), false),
        }
    }

    /// Drops everything up to and with the next LF.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.input.bytes();
            if let Some(end) = memchr::memchr(b'\n', bytes) {
                self.input.consume(end + 1);
                return Ok(());
            }
            let count = bytes.len();
            self.input.consume(count);
            if !self.input.more()? {
                return Ok(());
            }
        }
    }

    /// An object, or a line that begins none. `format` is that of lines.
    fn json_or_line(&mut self, format: Option<Format>) -> io::Result<Option<Found>> {
        loop {
            let indent = self.indent()?;
            match self.input.peek(indent)? {
                None => return Ok(None),
                Some(b'{') => {
                    self.input.consume(indent);
                    if self.array.is_none()
                        && let Some(length) = self.wrapper()?
                    {
                        self.input.consume(length);
                        self.array = Some(Array::Member);
                        continue;
                    }
                    return self.object().map(Some);
                }
                Some(b'[') if self.array.is_none() => {
                    if !self.opens_array(indent + 1)? {
                        return self.line(format);
                    }
                    self.input.consume(indent + 1);
                    self.array = Some(Array::Bare);
                }
                Some(b',') if self.array.is_some() => self.input.consume(indent + 1),
                Some(b']') if self.array.is_some() => {
                    self.input.consume(indent + 1);
                    if self.array.take() == Some(Array::Member) {
                        self.skip_members()?;
                    }
                }
                Some(_) => {
                    self.array = None;
                    return self.line(format);
                }
            }
        }
    }

    /// Steps over blank lines; how many blanks then stand before what comes next.
    fn indent(&mut self) -> io::Result<usize> {
        let mut at = 0;
        loop {
            match self.input.peek(at)? {
                Some(b'\n') => {
                    self.input.consume(at + 1);
                    at = 0;
                }
                // RS begins the records of a JSON text sequence (RFC 7464).
                Some(b' ' | b'\t' | b'\r' | 0x1e) if at < INDENT_BYTES_MAX => at += 1,
                _ => return Ok(at),
            }
        }
    }

    /// Whether an object, or the end of an empty array, stands at `at`.
    fn opens_array(&mut self, mut at: usize) -> io::Result<bool> {
        loop {
            match self.input.peek(at)? {
                Some(b' ' | b'\t' | b'\r' | b'\n') if at < INDENT_BYTES_MAX => at += 1,
                Some(b'{' | b']') => return Ok(true),
                _ => return Ok(false),
            }
        }
    }

    /// The length of `{"Records":[` where an object follows it.
    fn wrapper(&mut self) -> io::Result<Option<usize>> {
        loop {
            match detect::wrapper(self.input.bytes()) {
                detect::Wrapper::Yes(length) => return Ok(Some(length)),
                detect::Wrapper::No => return Ok(None),
                detect::Wrapper::More => {
                    if !self.input.more()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The object that is next; its first line where it turns out to be none.
    fn object(&mut self) -> io::Result<Found> {
        let mut end = ValueEnd::new();
        let mut scanned = 0;
        loop {
            // No further than the limit, so that what is too long does not depend on how much of
            // the file has been read.
            let bytes = self.input.bytes();
            let bytes = bytes.get(..=self.limit).unwrap_or(bytes);
            match end.feed(bytes.get(scanned..).unwrap_or_default()) {
                Progress::Done(count) => return self.whole(scanned + count),
                Progress::Broken(_) => return self.broken(),
                Progress::More => scanned = bytes.len(),
            }
            if scanned > self.limit {
                let beginning = bytes.get(..self.limit).unwrap_or_default().to_vec();
                self.input.consume(scanned);
                self.skip_value(end)?;
                return Ok((beginning, Format::Json, true));
            }
            if !self.input.more()? {
                return self.broken();
            }
        }
    }

    /// An object of `length` bytes. What follows it on the same line decides whether it stands
    /// for itself or is the beginning of a line that is no JSON.
    fn whole(&mut self, length: usize) -> io::Result<Found> {
        if self.array.is_none() {
            let mut at = length;
            while let Some(b' ' | b'\t' | b'\r') = self.input.peek(at)? {
                at += 1;
            }
            let object = self.input.bytes().get(..length).unwrap_or_default();
            let is_one_line = memchr::memchr(b'\n', object).is_none();
            match self.input.peek(at)? {
                None | Some(b'\n' | b'{' | b'[' | 0x1e) => {}
                Some(b',') => return self.take_object(length, at + 1),
                Some(_) if is_one_line => return self.broken(),
                Some(_) => {}
            }
        }
        self.take_object(length, length)
    }

    fn take_object(&mut self, length: usize, consumed: usize) -> io::Result<Found> {
        let object = self.input.bytes().get(..length).unwrap_or_default();
        let truncated = object.len() > self.limit;
        let bytes = object.get(..self.limit).unwrap_or(object).to_vec();
        self.input.consume(consumed);
        Ok((bytes, Format::Json, truncated))
    }

    fn broken(&mut self) -> io::Result<Found> {
        let (mut bytes, truncated) = self.raw_line()?.unwrap_or_default();
        bytes.truncate(without_blanks(&bytes).len());
        Ok((bytes, Format::Json, truncated))
    }

    /// Drops the rest of an object that `end` is inside of; after a fault, of its line.
    fn skip_value(&mut self, mut end: ValueEnd) -> io::Result<()> {
        loop {
            let bytes = self.input.bytes();
            match end.feed(bytes) {
                Progress::Done(count) => {
                    self.input.consume(count);
                    return Ok(());
                }
                Progress::Broken(fault) => {
                    self.input.consume(fault.at);
                    if fault.begins_line {
                        return Ok(());
                    }
                    return self.skip_line();
                }
                Progress::More => {
                    let count = bytes.len();
                    self.input.consume(count);
                    if !self.input.more()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// After the array of a wrapper: the rest of its object.
    fn skip_members(&mut self) -> io::Result<()> {
        self.skip_value(ValueEnd::inside_object())
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.find() {
            Ok(Some((bytes, format, truncated))) => {
                self.number += 1;
                Some(Ok(Record {
                    bytes,
                    format,
                    number: self.number,
                    truncated,
                }))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error))
            }
        }
    }
}

/// A line without the blanks at its end.
fn without_blanks(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let end = line.iter().rposition(|byte| !is_blank(byte));
    line.get(..end.map_or(0, |last| last + 1)).unwrap_or(line)
}

#[cfg(test)]
mod tests;
