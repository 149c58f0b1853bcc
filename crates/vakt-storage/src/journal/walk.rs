//! Going through a segment, record by record, over whatever is broken.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use vakt_event::{Source, Timestamp};

use super::body::Unpacker;
use super::format::{self, SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES_MAX, SegmentHeaderFault};
use super::reader::StoredBatch;
use super::record::{self, Body, Fault, HEADER_BYTES, Kind, MAGIC, RecordHeader};
use super::seal::Seal;
use super::segment::Segment;
use super::source;
use super::window::Window;
use crate::disk::Disk;
use crate::ledger::Digest;

/// Sources that a reader shares between batches; beyond it, it starts anew.
const SOURCES_MAX: usize = 1024;

/// Whether a record of this source, no frame of which was received after the instant, is passed over.
pub(crate) type PassesOver<'p> = dyn Fn(&Source, Option<Timestamp>) -> bool + 'p;

/// What a reader keeps from record to record.
#[derive(Default)]
pub(crate) struct Memory {
    /// Decoded sources by their bytes.
    sources: HashMap<Vec<u8>, Arc<Source>>,
    unpacker: Unpacker,
}

/// A record, checked and read.
pub(crate) struct Record {
    pub(crate) header: RecordHeader,
    pub(crate) content: Content,
    /// BLAKE3 of all its bytes.
    pub(crate) hash: Digest,
}

pub(crate) enum Content {
    Batch(StoredBatch),
    Erased(record::Erased),
    Seal(Seal),
}

pub(crate) struct Walk {
    pub(crate) segment: Arc<Segment>,
    window: Window,
    /// `None` while the segment's header is damaged and no record has shown it.
    segment_id: Option<u64>,
    pub(crate) header_is_sound: bool,
    /// As it lies there.
    pub(crate) header_bytes: Vec<u8>,
    pub(crate) created: Option<i64>,
    pub(crate) offset: u64,
    /// The position with which the record at `offset` should begin.
    pub(crate) expected: u64,
}

pub(crate) enum Step {
    /// A record, without the frames before the wanted position.
    Batch(StoredBatch),
    /// These positions, `from` to `to` (exclusive), cannot be read.
    Lost {
        from: u64,
        to: u64,
        offset: u64,
        reason: &'static str,
    },
    End,
}

#[derive(Debug)]
pub(crate) enum WalkError {
    Io(io::Error),
    Version(u16),
}

impl From<io::Error> for WalkError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Walk {
    /// Opens a segment of which `end` bytes may be read, at its first record.
    pub(crate) fn open(
        disk: &dyn Disk,
        segment: Arc<Segment>,
        end: u64,
    ) -> Result<Self, WalkError> {
        let mut window = Window::new(disk.open(&segment.path)?, end);
        let header_length = usize::try_from(end.min(SEGMENT_HEADER_BYTES_MAX.into())).unwrap_or(0);
        let bytes = window.get(0, header_length)?.unwrap_or(&[]);
        let header = match format::decode_segment_header(bytes) {
            Ok(header) => Some(header),
            Err(SegmentHeaderFault::Damaged) => None,
            Err(SegmentHeaderFault::Version(version)) => return Err(WalkError::Version(version)),
        };
        let offset = header
            .as_ref()
            .map_or(SEGMENT_HEADER_BYTES as u64, |h| u64::from(h.header_bytes));
        let header_length = usize::try_from(offset).unwrap_or(bytes.len());
        let header_bytes = bytes.get(..header_length).unwrap_or(bytes).to_vec();
        Ok(Self {
            expected: segment.first,
            segment,
            header_bytes,
            created: header.as_ref().map(|header| header.created),
            window,
            segment_id: header.as_ref().map(|header| header.segment_id),
            header_is_sound: header.is_some(),
            offset,
        })
    }

    /// Jumps to the last known record that begins at or before `position`.
    pub(crate) fn seek(&mut self, position: u64) {
        if let Some((first, offset)) = self.segment.indexed(position) {
            self.expected = first;
            self.offset = offset;
        }
    }

    pub(crate) fn set_end(&mut self, end: u64) {
        self.window.end = end;
    }

    /// Bytes of the segment as they lie there.
    pub(crate) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let bytes = self.window.get(offset, length)?;
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    pub(crate) fn segment_id(&self) -> Option<u64> {
        self.segment_id
    }

    /// The next batch with a frame at or after `wanted` that begins before `limit`, to which the segment's frames
    /// reach or beyond. Records of which
    /// `passes_over` says so, by what their headers say, are not unpacked.
    pub(crate) fn next(
        &mut self,
        wanted: u64,
        limit: u64,
        memory: &mut Memory,
        passes_over: &PassesOver<'_>,
    ) -> Result<Step, WalkError> {
        loop {
            let at = self.offset;
            if self.expected >= limit {
                return Ok(Step::End);
            }
            if at >= self.window.end {
                let from = self.expected.max(wanted);
                self.expected = self.expected.max(limit);
                return Ok(if from < limit {
                    lost(from, limit, at, "the segment ends too early")
                } else {
                    Step::End
                });
            }
            let expected = self.expected;
            let (from, to, reason) = match self.header(at)? {
                Ok(header) if header.place.first > expected => {
                    self.expected = header.place.first;
                    (expected, header.place.first, "records are missing")
                }
                Ok(header) if header.end() <= wanted || header.kind != Kind::Frames => {
                    self.advance(&header);
                    continue;
                }
                Ok(header) if self.is_passed_over(at, &header, memory, passes_over)? => {
                    self.advance(&header);
                    continue;
                }
                Ok(header) => match self.content(at, &header, memory)? {
                    Ok(Content::Batch(mut batch)) => {
                        self.advance(&header);
                        batch.frames.retain(|frame| frame.position.0 >= wanted);
                        return Ok(Step::Batch(batch));
                    }
                    Ok(Content::Erased(_) | Content::Seal(_)) => {
                        self.advance(&header);
                        continue;
                    }
                    Err(reason) => {
                        self.advance(&header);
                        (header.place.first, header.end(), reason)
                    }
                },
                Err(reason) => {
                    let (offset, to) = match self.find(at + 1)? {
                        Some((offset, header)) => (offset, header.place.first),
                        None => (self.window.end, limit.max(expected)),
                    };
                    self.offset = offset;
                    self.expected = to;
                    (expected, to, reason)
                }
            };
            if from.max(wanted) < to {
                return Ok(lost(from.max(wanted), to, at, reason));
            }
        }
    }

    /// The record at `offset`, when it is whole.
    pub(crate) fn whole(
        &mut self,
        offset: u64,
        memory: &mut Memory,
    ) -> Result<Result<Record, &'static str>, WalkError> {
        let header = match self.header(offset)? {
            Ok(header) => header,
            Err(reason) => return Ok(Err(reason)),
        };
        let content = match self.content(offset, &header, memory)? {
            Ok(content) => content,
            Err(reason) => return Ok(Err(reason)),
        };
        let bytes = self.window.get(offset, header.record_bytes)?.unwrap_or(&[]);
        Ok(Ok(Record {
            header,
            content,
            hash: blake3::hash(bytes).into(),
        }))
    }

    /// Goes behind a record.
    pub(crate) fn advance(&mut self, header: &RecordHeader) {
        self.segment.note(header.place.first, self.offset);
        self.segment_id = Some(header.place.segment_id);
        self.offset = self.offset.saturating_add(header.record_bytes as u64);
        self.expected = header.end();
    }

    /// The first sound header at or after `from` that does not go back in positions.
    pub(crate) fn find(&mut self, from: u64) -> Result<Option<(u64, RecordHeader)>, WalkError> {
        if self.segment_id.is_none() {
            return Ok(None);
        }
        let mut at = from;
        while let Some(bytes) = self.window.get_some(at, MAGIC.len())? {
            let hit = bytes.windows(MAGIC.len()).position(|four| four == MAGIC);
            match hit {
                Some(hit) => {
                    at += hit as u64;
                    if let Ok(header) = self.header(at)? {
                        return Ok(Some((at, header)));
                    }
                    at += 1;
                }
                // The magic may lie across the end of this piece.
                None => at += bytes.len().saturating_sub(MAGIC.len() - 1).max(1) as u64,
            }
        }
        Ok(None)
    }

    /// The header at `offset`, when it is sound, of this segment, not before the expected position,
    /// and its record ends before the end.
    fn header(&mut self, offset: u64) -> Result<Result<RecordHeader, &'static str>, WalkError> {
        let Some(bytes) = self.window.get(offset, HEADER_BYTES)? else {
            return Ok(Err("the segment ends within a record's header"));
        };
        let Some(length) = record::header_and_source_bytes(bytes) else {
            return Ok(Err("no record begins here"));
        };
        let Some(bytes) = self.window.get(offset, length)? else {
            return Ok(Err("the segment ends within a record's source"));
        };
        let header = match record::decode_header(bytes) {
            Ok(header) => header,
            Err(Fault::Broken(reason)) => return Ok(Err(reason)),
            Err(Fault::Version(version)) => return Err(WalkError::Version(version)),
        };
        let end = offset.saturating_add(header.record_bytes as u64);
        Ok(
            if self
                .segment_id
                .is_some_and(|id| id != header.place.segment_id)
            {
                Err("the record belongs to another segment")
            } else if header.place.first < self.expected {
                Err("the record's position was passed already")
            } else if end > self.window.end {
                Err("the segment ends within a record")
            } else {
                Ok(header)
            },
        )
    }

    fn is_passed_over(
        &mut self,
        offset: u64,
        header: &RecordHeader,
        memory: &mut Memory,
        passes_over: &PassesOver<'_>,
    ) -> Result<bool, WalkError> {
        let head = self.window.get(offset, header.body_start)?;
        let source = head.and_then(|head| head.get(header.header_bytes..));
        let source = source.and_then(|bytes| memory.source(bytes));
        Ok(source.is_some_and(|source| passes_over(&source, header.newest())))
    }

    fn content(
        &mut self,
        offset: u64,
        header: &RecordHeader,
        memory: &mut Memory,
    ) -> Result<Result<Content, &'static str>, WalkError> {
        let Some(bytes) = self.window.get(offset, header.record_bytes)? else {
            return Ok(Err("the segment ends within a record"));
        };
        let (head, body) = bytes.split_at(header.body_start);
        let frames = match record::decode_body(header, body, &mut memory.unpacker) {
            Ok(Body::Frames(frames)) => frames,
            Ok(Body::Erased(erased)) => return Ok(Ok(Content::Erased(erased))),
            Ok(Body::Seal(seal)) => return Ok(Ok(Content::Seal(seal))),
            Err(reason) => return Ok(Err(reason)),
        };
        let source_bytes = head.get(header.header_bytes..).unwrap_or(&[]);
        let Some(source) = memory.source(source_bytes) else {
            return Ok(Err("a source does not decode, though its checksum holds"));
        };
        Ok(Ok(Content::Batch(StoredBatch { source, frames })))
    }
}

impl Memory {
    fn source(&mut self, bytes: &[u8]) -> Option<Arc<Source>> {
        if let Some(source) = self.sources.get(bytes) {
            return Some(Arc::clone(source));
        }
        let source = Arc::new(source::decode(bytes)?);
        if self.sources.len() >= SOURCES_MAX {
            self.sources.clear();
        }
        self.sources.insert(bytes.to_vec(), Arc::clone(&source));
        Some(source)
    }
}

fn lost(from: u64, to: u64, offset: u64, reason: &'static str) -> Step {
    Step::Lost {
        from,
        to,
        offset,
        reason,
    }
}
