//! Files in large pieces of whole lines: for those, nearly all, in which a record is a line.
//!
//! Finding where an object ends takes as long as decoding it, so nobody looks for it here: a line
//! that begins like an object is taken for one, and only where decoding finds something wrong
//! [`judge`] looks closer. Where a line turns out not to be a record, [`super::Records`] reads on
//! from there; what comes out is what it would have made of the whole file.

use std::io::{self, Read};

use vakt_event::Format;

use super::value_end::{Progress, ValueEnd};
use super::{FileFormat, detect};

/// A good size of a block: some dozens of records, so that several blocks fit the second cache of a core.
pub const BLOCK_BYTES: usize = 64 << 10;

/// A piece of a file that begins at the beginning of a line.
#[derive(Debug, Default)]
pub struct Block {
    /// As long as it ever was; what is beyond `filled` means nothing.
    bytes: Vec<u8>,
    filled: usize,
    /// It begins where the file begins.
    is_first: bool,
    /// It ends at the end of a line, or of the file.
    is_whole: bool,
}

impl Block {
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    /// Whether it begins where the file begins.
    pub fn is_first(&self) -> bool {
        self.is_first
    }

    /// The records of the block, none longer than `limit_bytes`.
    pub fn lines(&self, format: FileFormat, limit_bytes: usize) -> Lines<'_> {
        Lines {
            block: self,
            at: 0,
            began: 0,
            format,
            limit: limit_bytes,
        }
    }
}

/// A file, block by block.
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    block_bytes: usize,
    limit: usize,
    /// The beginning of a line whose end was not read yet.
    begun: Vec<u8>,
    is_first: bool,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// Blocks have about `block_bytes`, but as many as a long line needs; one of more than
    /// `limit_bytes` is given in parts.
    pub fn new(reader: R, block_bytes: usize, limit_bytes: usize) -> Self {
        Self {
            reader,
            block_bytes: block_bytes.max(1),
            limit: limit_bytes,
            begun: Vec::new(),
            is_first: true,
            ended: false,
        }
    }

    /// Puts the next piece into `block`, using its memory. False at the end of the file.
    pub fn next(&mut self, block: &mut Block) -> io::Result<bool> {
        let bytes = &mut block.bytes;
        let mut filled = self.begun.len();
        bytes.resize(bytes.len().max(filled + self.block_bytes), 0);
        if let Some(beginning) = bytes.get_mut(..filled) {
            beginning.copy_from_slice(&self.begun);
        }
        self.begun.clear();
        let mut searched = filled;
        let end_of_line = loop {
            let free = bytes.get_mut(filled..).unwrap_or_default();
            if free.is_empty() || self.ended {
                let read = bytes.get(searched..filled).unwrap_or_default();
                // What the file is shows in the first line that is not blank.
                let is_known = !self.is_first || read.trim_ascii_start().contains(&b'\n');
                if let Some(at) = memchr::memrchr(b'\n', read).filter(|_| is_known) {
                    break Some(searched + at + 1);
                }
                if self.ended || filled > self.limit {
                    break None;
                }
                if is_known {
                    searched = filled;
                }
                bytes.resize(filled + self.block_bytes, 0);
                continue;
            }
            match self.reader.read(free) {
                Ok(0) => self.ended = true,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        let end = match end_of_line {
            Some(end) if !self.ended => end,
            _ => filled,
        };
        self.begun
            .extend_from_slice(bytes.get(end..filled).unwrap_or_default());
        block.filled = end;
        block.is_first = std::mem::take(&mut self.is_first);
        block.is_whole = self.ended || end_of_line.is_some();
        Ok(end > 0)
    }
}

/// The records of a block, in order.
#[derive(Debug)]
pub struct Lines<'b> {
    block: &'b Block,
    at: usize,
    /// Where the last line began.
    began: usize,
    format: FileFormat,
    limit: usize,
}

/// What stands next in a block.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'b> {
    /// A record. One that begins like an object and is none has to be judged.
    Record(&'b [u8], Format),
    /// From this offset on, lines are not known to be records.
    Unclear(usize),
}

impl Lines<'_> {
    /// The offset of the line that was given last.
    pub fn began(&self) -> usize {
        self.began
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = Line<'b>;

    fn next(&mut self) -> Option<Line<'b>> {
        loop {
            let start = self.at;
            self.began = start;
            let rest = self
                .block
                .bytes()
                .get(start..)
                .filter(|rest| !rest.is_empty())?;
            let end = memchr::memchr(b'\n', rest);
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let is_journal = || self.block.is_first && detect::is_journal_export(rest);
            let unclear = match self.format {
                FileFormat::Journal => true,
                FileFormat::Auto => start == 0 && is_journal(),
                FileFormat::Json | FileFormat::Syslog | FileFormat::Text => false,
            };
            let is_cut = end.is_none() && !self.block.is_whole;
            let is_marked = start == 0 && self.block.is_first && line.starts_with(b"\xEF\xBB\xBF");
            if unclear || is_cut || is_marked || line.len() > self.limit {
                return Some(Line::Unclear(start));
            }
            self.at = start + line.len() + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let of_lines = match self.format {
                FileFormat::Syslog => Some(Format::Syslog),
                FileFormat::Text => Some(Format::Text),
                FileFormat::Json => Some(Format::Json),
                FileFormat::Auto | FileFormat::Journal => None,
            };
            let has_objects = matches!(self.format, FileFormat::Auto | FileFormat::Json);
            match line.first() {
                None => {}
                Some(b'{') if has_objects => {
                    if detect::wrapper(line) != detect::Wrapper::No {
                        return Some(Line::Unclear(start));
                    }
                    return Some(Line::Record(super::without_blanks(line), Format::Json));
                }
                Some(b' ' | b'\t' | b'\r' | b'[' | 0x1e) if has_objects => {
                    return Some(Line::Unclear(start));
                }
                Some(_) if line.trim_ascii().is_empty() => {}
                Some(_) => {
                    let format = of_lines.unwrap_or_else(|| detect::line_format(line));
                    return Some(Line::Record(line, format));
                }
            }
        }
    }
}

/// What a line is that begins like an object and does not decode as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A record, as it is.
    Record,
    /// The object goes on in the next line, or there is more than one in this line.
    Unclear,
}

/// Looks closer at a record that begins like an object.
pub fn judge(line: &[u8]) -> Judgement {
    match ValueEnd::new().feed(line) {
        Progress::Done(length) if length < line.len() => Judgement::Unclear,
        Progress::Done(_) | Progress::Broken(_) => Judgement::Record,
        Progress::More => Judgement::Unclear,
    }
}
