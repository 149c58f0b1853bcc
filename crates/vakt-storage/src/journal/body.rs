//! Bodies of records, compressed where that makes them smaller.
//!
//! zstd at its fastest level: logs take a fifth to a tenth of their bytes, and what the writer saves on
//! the disk is worth more than what it spends (`benches/RESULTS.md`).

use zstd::bulk::{Compressor, Decompressor};

/// The level that costs least.
const LEVEL: i32 = 1;

/// Shorter bodies are left as they are: a frame alone hardly shrinks, and a small body has no reader
/// that would wait for it.
const PACK_BYTES_MIN: usize = 256;

/// Of a body of 16 KiB and more a sample is compressed first: four pieces of 1 KiB, evenly apart, some
/// lines of a log each. What does not shrink there is encrypted, or compressed already, and is left as it
/// is: to find that out over the whole body takes as long as the disk does. What repeats at a distance
/// alone goes unseen.
const PROBED_BYTES_MIN: usize = 16 * 1024;
const PROBE_PIECES: usize = 4;
const PROBE_PIECE_BYTES: usize = 1024;

/// A body is compressed where that saves a sixteenth: less is not worth it to whoever reads it.
const SAVED_PART: usize = 16;

/// Buffers above this are given back after use: a rare large batch shall not be paid for ever.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How a body lies on the disk; the numbers are the format's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None = 0,
    Zstd = 1,
}

impl Compression {
    pub(crate) fn of(code: u8) -> Option<Self> {
        [Self::None, Self::Zstd]
            .into_iter()
            .find(|one| *one as u8 == code)
    }
}

/// What became of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) compression: Compression,
    pub(crate) unpacked_bytes: usize,
}

/// Makes bodies; keeps its memory from one to the next.
#[derive(Default)]
pub(crate) struct Packer {
    /// `None` until it is needed, and where zstd cannot have the memory that it wants.
    compressor: Option<Compressor<'static>>,
    packed: Vec<u8>,
    sample: Vec<u8>,
    /// Memory of records that are written.
    spare: Vec<u8>,
}

impl Packer {
    /// Room for records, with the memory of the last that were [given back](Self::keep).
    pub(crate) fn room(&mut self, bytes: usize) -> Vec<u8> {
        let mut room = std::mem::take(&mut self.spare);
        room.reserve(bytes);
        room
    }

    /// Takes the memory of records that are written, for the next ones: pages that are new to the process
    /// cost more than what is written to them.
    pub(crate) fn keep(&mut self, mut room: Vec<u8>) {
        give_back(&mut room);
        if room.capacity() > self.spare.capacity() {
            self.spare = room;
        }
    }

    /// Adds the body that `write` adds to `out`, compressed where that is worth it.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Packed {
        give_back(&mut self.packed);
        let start = out.len();
        write(out);
        let body = out.get(start..).unwrap_or_default();
        let unpacked_bytes = body.len();
        if !self.pack(body) {
            return Packed {
                compression: Compression::None,
                unpacked_bytes,
            };
        }
        out.truncate(start);
        out.extend_from_slice(&self.packed);
        Packed {
            compression: Compression::Zstd,
            unpacked_bytes,
        }
    }

    /// Whether `packed` is the body, and shorter.
    fn pack(&mut self, body: &[u8]) -> bool {
        if body.len() < PACK_BYTES_MIN {
            return false;
        }
        if self.compressor.is_none() {
            self.compressor = Compressor::new(LEVEL).ok();
        }
        let Some(compressor) = &mut self.compressor else {
            return false;
        };
        if body.len() >= PROBED_BYTES_MIN {
            self.sample.clear();
            sample(body, &mut self.sample);
            if !shrinks(compressor, &self.sample, &mut self.packed) {
                return false;
            }
            self.packed.clear();
        }
        shrinks(compressor, body, &mut self.packed)
    }
}

/// Compresses `bytes` into `packed`; whether that is worth it.
fn shrinks(compressor: &mut Compressor<'_>, bytes: &[u8], packed: &mut Vec<u8>) -> bool {
    // No room for more than what it would save: incompressible bodies end here.
    packed.reserve(bytes.len());
    let result = compressor.compress_to_buffer(bytes, packed);
    result.is_ok_and(|packed| packed <= bytes.len() - bytes.len() / SAVED_PART)
}

fn sample(body: &[u8], out: &mut Vec<u8>) {
    for piece in body.chunks(body.len().div_ceil(PROBE_PIECES)) {
        out.extend_from_slice(piece.get(..PROBE_PIECE_BYTES).unwrap_or(piece));
    }
}

/// Reads bodies; keeps its memory from one to the next.
#[derive(Default)]
pub(crate) struct Unpacker {
    decompressor: Option<Decompressor<'static>>,
    body: Vec<u8>,
}

impl Unpacker {
    /// The body of `bytes` bytes; `None` when that is not what lies there, or zstd cannot have the
    /// memory that it wants.
    pub(crate) fn unpack<'u>(
        &'u mut self,
        compression: Compression,
        stored: &'u [u8],
        bytes: usize,
    ) -> Option<&'u [u8]> {
        if compression == Compression::None {
            return Some(stored);
        }
        if self.decompressor.is_none() {
            self.decompressor = Decompressor::new().ok();
        }
        give_back(&mut self.body);
        self.body.reserve(bytes);
        let decompressor = self.decompressor.as_mut()?;
        let written = decompressor
            .decompress_to_buffer(stored, &mut self.body)
            .ok()?;
        (written == bytes).then_some(self.body.as_slice())
    }
}

fn give_back(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > KEPT_BYTES_MAX {
        buffer.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_come_back_whatever_was_done_to_them() {
        let mut packer = Packer::default();
        let mut unpacker = Unpacker::default();
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_le_bytes()[3]
        })
        .take(70_000)
        .collect();
        // Noise and text, each enough to be probed.
        let half = [&[b'a'; 70_000][..], &noise].concat();
        let cases: [(&[u8], Compression); 6] = [
            (&half, Compression::Zstd),
            (b"", Compression::None),
            (&[b'a'; PACK_BYTES_MIN - 1], Compression::None),
            (&[b'a'; PACK_BYTES_MIN], Compression::Zstd),
            (&noise, Compression::None),
            (&[b'a'; 5_000_000], Compression::Zstd),
        ];
        for (body, compression) in cases.iter().chain(&cases) {
            let mut out = b"before".to_vec();
            let packed = packer.put(&mut out, |out| out.extend_from_slice(body));
            assert_eq!(packed.compression, *compression);
            assert_eq!(packed.unpacked_bytes, body.len());
            let stored = out.strip_prefix(b"before").unwrap();
            let back = unpacker.unpack(*compression, stored, body.len());
            assert!(back == Some(*body));
            if *compression == Compression::Zstd {
                let cut = &stored[..stored.len() - 1];
                assert!(unpacker.unpack(*compression, cut, body.len()).is_none());
                assert!(unpacker.unpack(*compression, stored, 1).is_none());
            }
        }
    }
}
