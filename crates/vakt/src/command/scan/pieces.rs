//! The files, piece by piece: each worker reads what it evaluates, so that it is in its processor's cache.
//!
//! Pieces are blocks of lines as long as lines are records (nearly always). A worker that meets a
//! line that is none says so; from there on the file is read record by record, here.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::iter::Enumerate;
use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow};
use vakt_codec::files::{BLOCK_BYTES, Block, Blocks, RECORD_BYTES_MAX};
use vakt_codec::{FileFormat, Record, Records};

use crate::files::{self, Progress};

/// Records that a worker takes at once, at most.
const CHUNK_RECORDS: usize = 1024;
/// Bytes after which a chunk is full: as many as a block has, so that handing over does not show and memory
/// stays bounded with long records.
const CHUNK_BYTES: usize = BLOCK_BYTES;

/// What a worker takes at once: of one file, in order.
pub(super) struct Piece {
    pub(super) file: usize,
    pub(super) content: Content,
}

pub(super) enum Content {
    Lines(Block),
    Records(Vec<Record>),
}

/// All files in the order given.
pub(super) struct Pieces<'s> {
    format: FileFormat,
    /// Block by block; taken out while a file is read record by record.
    reading: Option<Reading<'s>>,
    by_records: Option<(usize, Records<BufReader<Rest<'s>>>)>,
}

/// Blocks that were used, whose memory is used again: the last one first, which some processor's cache still holds.
/// As many as were ever under way, which [`super::turns`] bounds.
#[derive(Default)]
pub(super) struct Used(Mutex<Vec<Block>>);

impl Used {
    pub(super) fn give_back(&self, block: Block) {
        self.blocks().push(block);
    }

    fn take(&self) -> Block {
        self.blocks().pop().unwrap_or_default()
    }

    fn blocks(&self) -> MutexGuard<'_, Vec<Block>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'s> Pieces<'s> {
    pub(super) fn new(
        names: &'s [String],
        format: FileFormat,
        progress: Progress,
        used: &'s Used,
    ) -> Self {
        let reading = Reading {
            names: names.iter().enumerate(),
            progress,
            used,
            open: None,
            waiting: VecDeque::new(),
        };
        Self {
            format,
            reading: Some(reading),
            by_records: None,
        }
    }

    /// The next piece. An error comes after all that was read before it.
    pub(super) fn next(&mut self) -> Option<Result<Piece>> {
        while let Some((file, records)) = &mut self.by_records {
            let file = *file;
            let (chunk, failure) = chunk(records);
            if chunk.is_empty() || failure.is_some() {
                self.go_on_by_lines(failure);
            }
            if !chunk.is_empty() {
                let content = Content::Records(chunk);
                return Some(Ok(Piece { file, content }));
            }
        }
        let (file, read) = self.reading.as_mut()?.next()?;
        Some(read.map(|block| Piece {
            file,
            content: Content::Lines(block),
        }))
    }

    /// Reads the file of `first` record by record from offset `at` of that piece on, of whose file `number`
    /// records came before. `others` are those that were given after it, in order: they will be given again.
    pub(super) fn go_on_by_records(
        &mut self,
        first: Piece,
        others: Vec<Result<Piece>>,
        at: usize,
        number: u64,
    ) {
        let (Content::Lines(block), Some(mut reading)) = (first.content, self.reading.take())
        else {
            // What was read record by record is never unclear.
            return;
        };
        for piece in others.into_iter().rev() {
            let read = match piece {
                Ok(piece) => match piece.content {
                    Content::Lines(block) => (piece.file, Ok(block)),
                    Content::Records(_) => continue,
                },
                // The file ends before it, whichever file it is of.
                Err(error) => (NO_FILE, Err(error)),
            };
            reading.waiting.push_front(read);
        }
        let is_beginning = block.is_first() && at == 0;
        let rest = Rest {
            file: first.file,
            at,
            block: Some(block),
            reading,
        };
        let reader = BufReader::with_capacity(BLOCK_BYTES, rest);
        let records = match is_beginning {
            true => Records::new(reader, self.format, RECORD_BYTES_MAX),
            false => Records::after(reader, self.format, RECORD_BYTES_MAX, number),
        };
        self.by_records = Some((first.file, records));
    }

    fn go_on_by_lines(&mut self, failure: Option<io::Error>) {
        if let Some((file, records)) = self.by_records.take() {
            let mut reading = records.into_reader().into_inner().reading;
            if let Some(error) = failure {
                reading.waiting.push_front((file, Err(error.into())));
            }
            self.reading = Some(reading);
        }
    }
}

/// No file has this number.
const NO_FILE: usize = usize::MAX;

/// A block of a file, or why there is none.
type Read = (usize, Result<Block>);

/// A file that is being read.
struct Open<'s> {
    file: usize,
    name: &'s str,
    blocks: Blocks<Box<dyn BufRead + Send>>,
}

/// The files block by block.
struct Reading<'s> {
    /// Those that were not opened yet, numbered from 0.
    names: Enumerate<slice::Iter<'s, String>>,
    progress: Progress,
    used: &'s Used,
    open: Option<Open<'s>>,
    /// What was read before it was wanted.
    waiting: VecDeque<Read>,
}

impl Reading<'_> {
    fn next(&mut self) -> Option<Read> {
        if let Some(waiting) = self.waiting.pop_front() {
            return Some(waiting);
        }
        loop {
            if let Some(open) = &mut self.open {
                let mut block = self.used.take();
                let file = open.file;
                match open.blocks.next(&mut block) {
                    Ok(true) => return Some((file, Ok(block))),
                    Ok(false) => self.open = None,
                    Err(error) => {
                        let error = anyhow!("cannot read {}: {error}", open.name);
                        self.open = None;
                        return Some((file, Err(error)));
                    }
                }
            }
            let (file, name) = self.names.next()?;
            match files::open(name.as_ref(), &self.progress) {
                Ok(input) => {
                    let blocks = Blocks::new(input.reader, BLOCK_BYTES, RECORD_BYTES_MAX);
                    self.open = Some(Open { file, name, blocks });
                }
                Err(error) => return Some((file, Err(error))),
            }
        }
    }
}

/// The records of a worker's next chunk, and what ended it early; neither at the end.
fn chunk<R: BufRead>(records: &mut Records<R>) -> (Vec<Record>, Option<io::Error>) {
    let mut chunk = Vec::with_capacity(CHUNK_RECORDS);
    let mut bytes = 0;
    while chunk.len() < CHUNK_RECORDS && bytes < CHUNK_BYTES {
        match records.next() {
            None => break,
            Some(Err(error)) => return (chunk, Some(error)),
            Some(Ok(record)) => {
                bytes += record.bytes.len();
                chunk.push(record);
            }
        }
    }
    (chunk, None)
}

/// What is left of a file, as it was before it was cut into blocks.
struct Rest<'s> {
    file: usize,
    /// What has been read of `block`.
    at: usize,
    block: Option<Block>,
    reading: Reading<'s>,
}

impl io::Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(block) = &self.block {
                let mut rest = block.bytes().get(self.at..).unwrap_or_default();
                let count = rest.read(buffer)?;
                self.at += count;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
            }
            if let Some(block) = self.block.take() {
                self.reading.used.give_back(block);
            }
            match self.reading.next() {
                Some((file, read)) if file == self.file => {
                    self.at = 0;
                    self.block = Some(read.map_err(io::Error::other)?);
                }
                Some(other) => {
                    self.reading.waiting.push_front(other);
                    return Ok(0);
                }
                None => return Ok(0),
            }
        }
    }
}
