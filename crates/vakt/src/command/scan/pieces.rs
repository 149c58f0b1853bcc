//! The files, piece by piece: read by a thread of their own while workers evaluate.
//!
//! Pieces are blocks of lines as long as lines are records (nearly always). A worker that meets a
//! line that is none says so; from there on the file is read record by record, here.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::thread::Scope;

use anyhow::{Context, Result, anyhow};
use crossbeam_channel::{Receiver, Sender};
use vakt_codec::files::{BLOCK_BYTES, Block, Blocks, RECORD_BYTES_MAX};
use vakt_codec::{FileFormat, Record, Records};

use super::pieces_at_once;
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

/// A block of a file, or why there is none.
type Read = (usize, Result<Block>);

/// All files in the order given.
pub(super) struct Pieces {
    format: FileFormat,
    blocks: Receiver<Read>,
    used: Sender<Block>,
    /// What was received before it was wanted.
    waiting: VecDeque<Read>,
    /// The file that is read record by record.
    by_records: Option<(usize, Records<BufReader<Rest>>)>,
}

impl Pieces {
    /// Starts to read.
    pub(super) fn read<'s>(
        scope: &'s Scope<'s, '_>,
        names: &'s [String],
        format: FileFormat,
        progress: Progress,
        workers: usize,
    ) -> Result<Self> {
        let (sender, blocks) = crossbeam_channel::bounded(pieces_at_once(workers));
        let (used, free) = crossbeam_channel::bounded(pieces_at_once(workers) * 2);
        std::thread::Builder::new()
            .name("scan-read".into())
            .spawn_scoped(scope, move || read(names, &progress, &sender, &free))
            .context("cannot start the reading thread")?;
        Ok(Self {
            format,
            blocks,
            used,
            waiting: VecDeque::new(),
            by_records: None,
        })
    }

    /// The next pieces, at most so many; as many as there are without waiting, but one at least.
    /// None at the end. An error comes after all that was read before it.
    pub(super) fn next(&mut self, max: usize) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        while pieces.len() < max {
            if let Some((file, records)) = &mut self.by_records {
                let file = *file;
                let (chunk, failure) = chunk(records);
                if chunk.is_empty() || failure.is_some() {
                    self.end_by_records();
                }
                if !chunk.is_empty() {
                    pieces.push(Piece {
                        file,
                        content: Content::Records(chunk),
                    });
                }
                if let Some(error) = failure {
                    self.waiting.push_front((file, Err(error.into())));
                }
                continue;
            }
            let received = match self.waiting.pop_front() {
                Some(waiting) => Some(waiting),
                None if pieces.is_empty() => self.blocks.recv().ok(),
                None => self.blocks.try_recv().ok(),
            };
            match received {
                Some((file, Ok(block))) => pieces.push(Piece {
                    file,
                    content: Content::Lines(block),
                }),
                Some((_, Err(error))) if pieces.is_empty() => return Err(error),
                Some(failed) => {
                    self.waiting.push_front(failed);
                    break;
                }
                None => break,
            }
        }
        Ok(pieces)
    }

    /// Gives the memory of pieces back to the reading thread.
    pub(super) fn recycle(&self, pieces: Vec<Piece>) {
        for piece in pieces {
            if let Content::Lines(block) = piece.content {
                // A full channel means that there are enough.
                drop(self.used.try_send(block));
            }
        }
    }

    /// Reads the file of `pieces[index]` record by record from offset `at` of that piece on, of
    /// whose file `number` records came before.
    pub(super) fn go_on_by_records(
        &mut self,
        pieces: Vec<Piece>,
        index: usize,
        at: usize,
        number: u64,
    ) {
        let unread = pieces.into_iter().skip(index).rev();
        for piece in unread {
            if let Content::Lines(block) = piece.content {
                self.waiting.push_front((piece.file, Ok(block)));
            }
        }
        let Some((file, Ok(first))) = self.waiting.pop_front() else {
            return;
        };
        let is_beginning = first.is_first() && at == 0;
        let rest = Rest {
            file,
            at,
            block: Some(first),
            blocks: self.blocks.clone(),
            waiting: std::mem::take(&mut self.waiting),
            used: self.used.clone(),
        };
        let reader = BufReader::with_capacity(BLOCK_BYTES, rest);
        let records = match is_beginning {
            true => Records::new(reader, self.format, RECORD_BYTES_MAX),
            false => Records::after(reader, self.format, RECORD_BYTES_MAX, number),
        };
        self.by_records = Some((file, records));
    }

    fn end_by_records(&mut self) {
        if let Some((_, records)) = self.by_records.take() {
            self.waiting = records.into_reader().into_inner().waiting;
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
struct Rest {
    file: usize,
    /// What has been read of `block`.
    at: usize,
    block: Option<Block>,
    blocks: Receiver<Read>,
    waiting: VecDeque<Read>,
    used: Sender<Block>,
}

impl io::Read for Rest {
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
                drop(self.used.try_send(block));
            }
            let next = match self.waiting.pop_front() {
                Some(waiting) => Some(waiting),
                None => self.blocks.recv().ok(),
            };
            match next {
                Some((file, read)) if file == self.file => {
                    self.at = 0;
                    self.block = Some(read.map_err(io::Error::other)?);
                }
                Some(other) => {
                    self.waiting.push_front(other);
                    return Ok(0);
                }
                None => return Ok(0),
            }
        }
    }
}

/// Reads all files in the order given, block by block, until the receiver is gone.
fn read(names: &[String], progress: &Progress, sender: &Sender<Read>, free: &Receiver<Block>) {
    for (file, name) in names.iter().enumerate() {
        let input = match files::open(name.as_ref(), progress) {
            Ok(input) => input,
            Err(error) => {
                drop(sender.send((file, Err(error))));
                return;
            }
        };
        let mut blocks = Blocks::new(input.reader, BLOCK_BYTES, RECORD_BYTES_MAX);
        loop {
            let mut block = free.try_recv().unwrap_or_default();
            let sent = match blocks.next(&mut block) {
                Ok(true) => sender.send((file, Ok(block))),
                Ok(false) => break,
                Err(error) => {
                    let error = anyhow!("cannot read {name}: {error}");
                    drop(sender.send((file, Err(error))));
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}
