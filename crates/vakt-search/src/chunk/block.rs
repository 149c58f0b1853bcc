//! Frames that are packed together.

use std::ops::Range;

use vakt_event::{Format, Timestamp};

use super::pack::{Input, put_varint};
use super::stand::Stand;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::query::raw::Standing;

const CUT: u8 = 0x80;

/// Every value that was sent stands in the frame as it is.
const VERBATIM: u8 = 0x40;

/// Every value that was sent stands in the frame as it is, or as a JSON string with escapes.
const ESCAPED: u8 = 0x10;

/// The place of a value that was sent follows.
const PLACED: u8 = 0x20;

/// The block that is being filled.
#[derive(Default)]
pub(super) struct BlockBuilder {
    count: u32,
    heads: Vec<u8>,
    bodies: Vec<u8>,
}

impl BlockBuilder {
    /// `stand` says how values stand in the frame.
    pub(super) fn add(&mut self, frame: &Frame<'_>, source: usize, stand: &Stand) {
        let kind = match frame.format {
            Format::Syslog => 0,
            Format::Json => 1,
            Format::Journal => 2,
            Format::Text => 3,
        };
        put_varint(source as u64, &mut self.heads);
        put_varint(frame.bytes.len() as u64, &mut self.heads);
        let cut = if frame.truncated { CUT } else { 0 };
        let standing = match stand.standing {
            Standing::AsSent => VERBATIM,
            Standing::Escaped => ESCAPED,
            Standing::Otherwise => 0,
        };
        let value = &stand.longest;
        let placed = if value.is_empty() { 0 } else { PLACED };
        self.heads.push(kind | cut | standing | placed);
        if !value.is_empty() {
            // What follows the value is often nothing, or the same for all frames of a kind.
            put_varint(value.start as u64, &mut self.heads);
            let after = frame.bytes.len().saturating_sub(value.end);
            put_varint(after as u64, &mut self.heads);
        }
        self.bodies.extend_from_slice(frame.bytes);
        self.count += 1;
    }

    pub(super) fn frame_bytes(&self) -> usize {
        self.bodies.len()
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Adds the frames of another block.
    pub(super) fn append(&mut self, other: &Self) {
        self.count += other.count;
        self.heads.extend_from_slice(&other.heads);
        self.bodies.extend_from_slice(&other.bodies);
    }

    /// The block's bytes, not packed yet, into `bytes`, which is emptied before.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(&self.heads);
        bytes.extend(&self.bodies);
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
        self.heads.clear();
        self.bodies.clear();
    }
}

/// A block that was read.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    /// Where the first frame begins.
    start: usize,
    heads: Vec<Head>,
}

#[derive(Debug)]
struct Head {
    source: usize,
    format: Format,
    truncated: bool,
    standing: Standing,
    /// Where the longest value that was sent stands in the frame: the bytes before and after it.
    value: Option<(usize, usize)>,
    /// Where the frame ends in the bytes; it begins where the one before ends.
    end: usize,
}

impl Block {
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, Fault> {
        let mut input = Input(&bytes);
        let count = input.number()?;
        let mut heads = Vec::new();
        let mut lengths = 0_usize;
        for _ in 0..count {
            let source = input.length()?;
            let length = input.length()?;
            let kind = input.byte()?;
            lengths = lengths.saturating_add(length);
            let value = match kind & PLACED {
                0 => None,
                _ => Some((input.length()?, input.length()?)),
            };
            heads.push(Head {
                source,
                format: match kind & !(CUT | VERBATIM | ESCAPED | PLACED) {
                    0 => Format::Syslog,
                    1 => Format::Json,
                    2 => Format::Journal,
                    3 => Format::Text,
                    other => return Err(Fault::new(format!("a frame of kind {other}"))),
                },
                truncated: kind & CUT != 0,
                standing: match (kind & VERBATIM, kind & ESCAPED) {
                    (VERBATIM, _) => Standing::AsSent,
                    (_, ESCAPED) => Standing::Escaped,
                    _ => Standing::Otherwise,
                },
                value,
                end: lengths,
            });
        }
        if input.0.len() != lengths {
            return Err(Fault::new("the frames of a block do not fill it"));
        }
        let start = bytes.len() - lengths;
        for head in &mut heads {
            head.end += start;
        }
        Ok(Self {
            bytes,
            start,
            heads,
        })
    }

    /// Where frame `index` stands in the bytes of the block.
    pub(super) fn place(&self, index: usize) -> Option<Range<usize>> {
        let start = match index.checked_sub(1) {
            Some(before) => self.heads.get(before)?.end,
            None => self.start,
        };
        Some(start..self.heads.get(index)?.end)
    }

    /// Frame `index` of the block, and the number of its source.
    pub(crate) fn frame(&self, index: usize, received: Timestamp) -> Option<(Frame<'_>, usize)> {
        let head = self.heads.get(index)?;
        let frame = Frame {
            bytes: self.bytes.get(self.place(index)?)?,
            format: head.format,
            received,
            truncated: head.truncated,
        };
        Some((frame, head.source))
    }

    /// How the values that were sent stand in frame `index`.
    pub(super) fn standing(&self, index: usize) -> Standing {
        let head = self.heads.get(index);
        head.map_or(Standing::Otherwise, |head| head.standing)
    }

    /// Where the longest value that was sent stands in frame `index`, if one does.
    pub(super) fn value(&self, index: usize) -> Option<Range<usize>> {
        let (before, after) = self.heads.get(index)?.value?;
        let length = self.place(index)?.len();
        Some(before..length.checked_sub(after)?)
    }

    /// The bytes of the block, those of its frames among them.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The memory that the block holds, about, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.heads.len() * size_of::<Head>()
    }
}
