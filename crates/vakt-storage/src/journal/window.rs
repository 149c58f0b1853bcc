//! Reading a file in order, in large pieces.

use std::io;
use std::sync::Arc;

use crate::disk::DiskFile;

/// 256 KiB a read: some thousand frames, and a system call's cost disappears.
const READ_AHEAD_BYTES: u64 = 256 * 1024;

/// A file, its readable length, and the piece that was read last.
pub(crate) struct Window {
    file: Arc<dyn DiskFile>,
    bytes: Vec<u8>,
    start: u64,
    /// Nothing at or behind this offset is read.
    pub(crate) end: u64,
}

impl Window {
    pub(crate) fn new(file: Arc<dyn DiskFile>, end: u64) -> Self {
        Self {
            file,
            bytes: Vec::new(),
            start: 0,
            end,
        }
    }

    /// `length` bytes at `offset`; `None` when that goes beyond the end.
    pub(crate) fn get(&mut self, offset: u64, length: usize) -> io::Result<Option<&[u8]>> {
        let Some(end) = offset.checked_add(length as u64) else {
            return Ok(None);
        };
        if end > self.end {
            return Ok(None);
        }
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            self.fill(offset, length)?;
        }
        let within = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        Ok(self
            .bytes
            .get(within..)
            .and_then(|bytes| bytes.get(..length)))
    }

    /// Some bytes at `offset`, at least `least` unless the end comes first; `None` at the end.
    pub(crate) fn get_some(&mut self, offset: u64, least: usize) -> io::Result<Option<&[u8]>> {
        let rest = self.end.saturating_sub(offset);
        if rest == 0 {
            return Ok(None);
        }
        let least = usize::try_from(rest).map_or(least, |rest| rest.min(least));
        if self.get(offset, least)?.is_none() {
            return Ok(None);
        }
        let within = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let visible = self.bytes.get(within..).unwrap_or(&[]);
        let length = usize::try_from(rest).map_or(visible.len(), |rest| rest.min(visible.len()));
        Ok(visible.get(..length))
    }

    fn fill(&mut self, offset: u64, length: usize) -> io::Result<()> {
        let ahead = (self.end - offset).min(READ_AHEAD_BYTES);
        let wanted = length.max(usize::try_from(ahead).unwrap_or(length));
        self.start = offset;
        self.bytes.resize(wanted, 0);
        let mut filled = 0;
        while filled < wanted {
            let rest = &mut self.bytes[filled..];
            match self.file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) => {
                    self.bytes.clear();
                    return Err(error);
                }
            }
        }
        self.bytes.truncate(filled);
        Ok(())
    }
}
