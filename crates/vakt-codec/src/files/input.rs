//! The bytes of a file, as far as they are needed at a time.

use std::io::{self, BufRead};

/// A window onto a reader: bytes that have been read and not been consumed.
#[derive(Debug)]
pub(super) struct Input<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that have been consumed.
    start: usize,
}

impl<R: BufRead> Input<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
        }
    }

    pub(super) fn into_reader(self) -> R {
        self.reader
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }

    /// Reads on. False at the end of the file.
    pub(super) fn more(&mut self) -> io::Result<bool> {
        // What was consumed is given up when it is half of the buffer: each byte moves once.
        if self.start > 0 && self.start * 2 >= self.buffer.len() {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        loop {
            match self.reader.fill_buf() {
                Ok([]) => return Ok(false),
                Ok(bytes) => {
                    self.buffer.extend_from_slice(bytes);
                    let count = bytes.len();
                    self.reader.consume(count);
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next byte at `at` after the window's beginning, if the file has it.
    pub(super) fn peek(&mut self, at: usize) -> io::Result<Option<u8>> {
        loop {
            if let Some(byte) = self.bytes().get(at) {
                return Ok(Some(*byte));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }
}
