//! The open block of the events of one shape, and blocks that are closed.

use std::io;

use super::BLOCK_BYTES;
use super::block::BlockBuilder;
use super::block_keys::BlockKeys;
use super::order::Run;
use super::pack::Packer;
use super::stand::Stand;
use crate::frame::Frame;

/// The events of one shape that are in no closed block.
#[derive(Default)]
pub(super) struct Lane {
    block: BlockBuilder,
    pub(super) keys: BlockKeys,
    /// The block as a search saw it, if nothing was added since.
    shown: Option<Packed>,
}

/// A block that is packed.
pub(super) struct Packed {
    /// Whose events it has, in this order.
    pub(super) runs: Vec<Run>,
    pub(super) bytes: Vec<u8>,
    pub(super) filter: Vec<u8>,
    /// The hashes of its keys that are no terms, ascending.
    pub(super) noise: Vec<u64>,
}

impl Lane {
    pub(super) fn add(&mut self, frame: &Frame<'_>, source: usize, stand: &Stand) {
        self.shown = None;
        self.block.add(frame, source, stand);
    }

    pub(super) fn is_full(&self) -> bool {
        self.block.frame_bytes() >= BLOCK_BYTES
    }

    /// Closes the block of events of this `shape`.
    pub(super) fn close(
        &mut self,
        shape: u8,
        packer: &mut Packer,
        scratch: &mut Vec<u8>,
    ) -> io::Result<Packed> {
        let packed = self.pack(shape, packer, scratch)?;
        self.clear();
        Ok(packed)
    }

    /// Packs the block as it is, if something is in it, for [`Self::shown`].
    pub(super) fn show(
        &mut self,
        shape: u8,
        packer: &mut Packer,
        scratch: &mut Vec<u8>,
    ) -> io::Result<()> {
        if self.shown.is_none() && self.block.count() > 0 {
            self.shown = Some(self.pack(shape, packer, scratch)?);
        }
        Ok(())
    }

    /// The block as it was when it was shown, if nothing was added since.
    pub(super) fn shown(&self) -> Option<&Packed> {
        self.shown.as_ref()
    }

    fn pack(
        &mut self,
        shape: u8,
        packer: &mut Packer,
        scratch: &mut Vec<u8>,
    ) -> io::Result<Packed> {
        let length = self.block.count();
        let runs = vec![Run { shape, length }];
        pack(&self.block, &mut self.keys, runs, packer, scratch)
    }

    /// Takes everything out, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.block.clear();
        self.keys.clear();
        self.shown = None;
    }
}

fn pack(
    block: &BlockBuilder,
    keys: &mut BlockKeys,
    runs: Vec<Run>,
    packer: &mut Packer,
    scratch: &mut Vec<u8>,
) -> io::Result<Packed> {
    block.write(scratch);
    let (filter, noise) = keys.filter();
    Ok(Packed {
        runs,
        bytes: packer.pack(scratch)?,
        filter,
        noise,
    })
}

/// Closes the open blocks of all shapes: small ones become one, in which there is more to be found that comes
/// again.
pub(super) fn close_all(
    lanes: &mut [Lane],
    packer: &mut Packer,
    scratch: &mut Vec<u8>,
) -> io::Result<Vec<Packed>> {
    let mut closed = Vec::new();
    let mut block = BlockBuilder::default();
    let mut keys = BlockKeys::default();
    let mut runs = Vec::new();
    let mut lanes = (0..=u8::MAX).zip(lanes).peekable();
    while let Some((shape, lane)) = lanes.next() {
        if lane.block.count() > 0 {
            block.append(&lane.block);
            keys.append(&lane.keys);
            let length = lane.block.count();
            runs.push(Run { shape, length });
            lane.clear();
        }
        let is_last = lanes.peek().is_none();
        if block.frame_bytes() >= BLOCK_BYTES || (is_last && block.count() > 0) {
            let runs = std::mem::take(&mut runs);
            keys.unite();
            closed.push(pack(&block, &mut keys, runs, packer, scratch)?);
            block.clear();
            keys.clear();
        }
    }
    Ok(closed)
}
