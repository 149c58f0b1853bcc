//! Compressed pieces of a chunk: zstd frames that carry their length and a checksum.

use std::cell::RefCell;
use std::io;

use crate::fault::Fault;

/// zstd's quickest ordinary level: intake is measured in bytes a second, and the next levels take
/// half as long again for a few hundredths of the room.
const LEVEL: i32 = 1;

/// No piece is larger unpacked: a block holds one event at least, and an event can be large.
const UNPACKED_BYTES_MAX: usize = 1 << 30;

/// Packs pieces one after the other with the same working memory.
pub(crate) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
}

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            compressor: compressor()?,
        })
    }

    pub(crate) fn pack(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.compressor.compress(bytes)
    }
}

fn compressor() -> io::Result<zstd::bulk::Compressor<'static>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    Ok(compressor)
}

thread_local! {
    /// Working memory that is kept: making it anew takes longer than unpacking a piece.
    static UNPACKER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Unpacks what [`Packer::pack`] packed.
pub(crate) fn unpack(piece: &[u8]) -> Result<Vec<u8>, Fault> {
    UNPACKER.with_borrow_mut(|unpacker| {
        let decompressor = match unpacker {
            Some(decompressor) => decompressor,
            none => none.insert(zstd::bulk::Decompressor::new()?),
        };
        unpack_with(decompressor, piece)
    })
}

fn unpack_with(
    decompressor: &mut zstd::bulk::Decompressor<'static>,
    piece: &[u8],
) -> Result<Vec<u8>, Fault> {
    let damaged = |reason: String| Fault::new(format!("a compressed piece is damaged: {reason}"));
    let length = match zstd::zstd_safe::get_frame_content_size(piece) {
        Ok(Some(length)) => usize::try_from(length).unwrap_or(usize::MAX),
        _ => return Err(damaged("it has no length".to_owned())),
    };
    if length > UNPACKED_BYTES_MAX {
        return Err(damaged(format!("it claims {length} bytes")));
    }
    let bytes = decompressor
        .decompress(piece, length)
        .map_err(|error| damaged(error.to_string()))?;
    if bytes.len() != length {
        return Err(damaged(format!("{} of {length} bytes", bytes.len())));
    }
    Ok(bytes)
}

/// Numbers as differences from the one before, for columns that rise or hardly move.
pub(crate) fn write_deltas(numbers: &[i64], bytes: &mut Vec<u8>) {
    let mut before = 0_i64;
    for number in numbers {
        let delta = number.wrapping_sub(before);
        before = *number;
        // Zigzag: small numbers of either sign are short.
        put_varint(
            (delta.wrapping_shl(1) ^ (delta >> 63)).cast_unsigned(),
            bytes,
        );
    }
}

/// Reads `count` numbers that [`write_deltas`] wrote.
pub(crate) fn read_deltas(bytes: &[u8], count: usize) -> Result<Vec<i64>, Fault> {
    let mut numbers = Vec::with_capacity(count.min(bytes.len()));
    let mut input = Input(bytes);
    let mut before = 0_i64;
    for _ in 0..count {
        let zigzag = input.varint()?;
        let delta = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        before = before.wrapping_add(delta);
        numbers.push(before);
    }
    Ok(numbers)
}

/// LEB128.
pub(crate) fn put_varint(mut number: u64, bytes: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Bytes that are read from the front.
pub(crate) struct Input<'b>(pub(crate) &'b [u8]);

impl<'b> Input<'b> {
    pub(crate) fn take(&mut self, count: usize) -> Result<&'b [u8], Fault> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| Fault::new(format!("{count} bytes are missing at its end")))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Fault> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(crate) fn number(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn length(&mut self) -> Result<usize, Fault> {
        let number = self.varint()?;
        usize::try_from(number).map_err(|_| Fault::new(format!("{number} is no length")))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Fault> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Fault::new("a number has no end"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (array, rest) = self
            .0
            .split_first_chunk()
            .ok_or_else(|| Fault::new(format!("{N} bytes are missing at its end")))?;
        self.0 = rest;
        Ok(*array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_and_a_flipped_bit_is_seen() {
        let bytes: Vec<u8> = (0..10_000_u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect();
        let mut packer = Packer::new().unwrap();
        let piece = packer.pack(&bytes).unwrap();
        assert!(piece.len() < bytes.len() / 2);
        assert_eq!(unpack(&piece).unwrap(), bytes);
        assert_eq!(unpack(&packer.pack(&[]).unwrap()).unwrap(), [0_u8; 0]);
        for at in 0..piece.len() {
            let mut flipped = piece.clone();
            flipped[at] ^= 1;
            assert!(
                unpack(&flipped).map_or(true, |found| found == bytes),
                "{at}"
            );
        }
        assert!(unpack(&[]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn deltas_come_back(numbers: Vec<i64>) {
            let mut bytes = Vec::new();
            write_deltas(&numbers, &mut bytes);
            proptest::prop_assert_eq!(read_deltas(&bytes, numbers.len()).unwrap(), &numbers[..]);
            let is_cut = read_deltas(bytes.get(1..).unwrap_or_default(), numbers.len()).is_err();
            proptest::prop_assert!(is_cut || numbers.is_empty() || bytes[0] & 0x80 != 0);
        }
    }
}
