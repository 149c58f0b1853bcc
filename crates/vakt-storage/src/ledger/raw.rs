//! The bytes of a ledger, line by line.

use std::io;

use super::entry::Digest;
use super::line::{LINE_BYTES_MAX, check_line};
use crate::disk::DiskFile;
use crate::signing::PublicKey;

/// 64 KiB a read: hundreds of lines of ordinary length.
const READ_BYTES: usize = 64 * 1024;

/// One line as it lies there, without its newline.
pub(crate) struct RawLine {
    /// From 1.
    pub(crate) number: u64,
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// Where the next one begins.
    pub(crate) end: u64,
    /// `None` when it is longer than [`LINE_BYTES_MAX`].
    pub(crate) bytes: Option<Vec<u8>>,
    /// BLAKE3 of all of it.
    pub(crate) hash: Digest,
    /// Whether a newline ends it. Only the last line can lack one.
    pub(crate) is_ended: bool,
}

impl RawLine {
    pub(crate) fn is_by(&self, key: &PublicKey) -> bool {
        let signed = self.bytes.as_ref().and_then(|bytes| check_line(bytes).ok());
        signed.is_some_and(|line| line.is_by(key))
    }
}

pub(crate) struct RawLines<'a> {
    file: &'a dyn DiskFile,
    buffer: Vec<u8>,
    /// What of the buffer was given already.
    used: usize,
    /// Where the line that comes next begins.
    offset: u64,
    read: u64,
    number: u64,
}

impl<'a> RawLines<'a> {
    pub(crate) fn new(file: &'a dyn DiskFile) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            used: 0,
            offset: 0,
            read: 0,
            number: 0,
        }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<RawLine>> {
        let offset = self.offset;
        let mut hasher = blake3::Hasher::new();
        let mut kept = Some(Vec::new());
        let is_ended = loop {
            let rest = self.buffer.get(self.used..).unwrap_or(&[]);
            if rest.is_empty() {
                if self.fill()? == 0 {
                    break false;
                }
                continue;
            }
            let newline = memchr(rest);
            let piece = rest.get(..newline.unwrap_or(rest.len())).unwrap_or(rest);
            hasher.update(piece);
            kept = kept.filter(|kept| kept.len() + piece.len() <= LINE_BYTES_MAX);
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(piece);
            }
            let taken = piece.len() + usize::from(newline.is_some());
            self.used += taken;
            self.offset += taken as u64;
            if newline.is_some() {
                break true;
            }
        };
        if self.offset == offset {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(RawLine {
            number: self.number,
            offset,
            end: self.offset,
            bytes: kept,
            hash: hasher.finalize().into(),
            is_ended,
        }))
    }

    fn fill(&mut self) -> io::Result<usize> {
        self.buffer.resize(READ_BYTES, 0);
        let count = self.file.read_at(&mut self.buffer, self.read)?;
        self.buffer.truncate(count);
        self.used = 0;
        self.read += count as u64;
        Ok(count)
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}
