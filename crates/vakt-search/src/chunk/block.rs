//! Frames that are packed together.

use vakt_event::{Format, Timestamp};

use super::pack::{Input, put_varint};
use crate::fault::Fault;
use crate::frame::Frame;

const CUT: u8 = 0x80;

/// Every value that was sent stands in the frame as it is.
const VERBATIM: u8 = 0x40;

/// The block that is being filled.
#[derive(Default)]
pub(super) struct BlockBuilder {
    count: u32,
    heads: Vec<u8>,
    bodies: Vec<u8>,
}

impl BlockBuilder {
    /// `is_verbatim` says that every value that was sent stands in the frame as it is.
    pub(super) fn add(&mut self, frame: &Frame<'_>, source: usize, is_verbatim: bool) {
        let kind = match frame.format {
            Format::Syslog => 0,
            Format::Json => 1,
            Format::Journal => 2,
            Format::Text => 3,
        };
        put_varint(source as u64, &mut self.heads);
        put_varint(frame.bytes.len() as u64, &mut self.heads);
        let cut = if frame.truncated { CUT } else { 0 };
        let verbatim = if is_verbatim { VERBATIM } else { 0 };
        self.heads.push(kind | cut | verbatim);
        self.bodies.extend_from_slice(frame.bytes);
        self.count += 1;
    }

    pub(super) fn frame_bytes(&self) -> usize {
        self.bodies.len()
    }

    pub(super) fn count(&self) -> u32 {
        self.count
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
    verbatim: bool,
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
            heads.push(Head {
                source,
                format: match kind & !(CUT | VERBATIM) {
                    0 => Format::Syslog,
                    1 => Format::Json,
                    2 => Format::Journal,
                    3 => Format::Text,
                    other => return Err(Fault::new(format!("a frame of kind {other}"))),
                },
                truncated: kind & CUT != 0,
                verbatim: kind & VERBATIM != 0,
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

    /// Frame `index` of the block, and the number of its source.
    pub(crate) fn frame(&self, index: usize, received: Timestamp) -> Option<(Frame<'_>, usize)> {
        let head = self.heads.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.heads.get(before)?.end,
            None => self.start,
        };
        let frame = Frame {
            bytes: self.bytes.get(start..head.end)?,
            format: head.format,
            received,
            truncated: head.truncated,
        };
        Some((frame, head.source))
    }

    /// Whether every value that was sent stands in frame `index` as it is.
    pub(super) fn is_verbatim(&self, index: usize) -> bool {
        self.heads.get(index).is_some_and(|head| head.verbatim)
    }

    /// What later blocks of the chunk are like.
    pub(super) fn model(&self) -> &[u8] {
        &self.bytes
    }

    /// The memory that the block holds, about, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.heads.len() * size_of::<Head>()
    }
}
