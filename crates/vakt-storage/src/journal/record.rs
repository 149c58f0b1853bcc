//! A record: one batch in a segment (drawn in [`super::format`]).

use vakt_event::{CursorKey, Format, Frame, JournalPosition, Timestamp};

use super::format::VERSION;
use super::reader::StoredFrame;
use crate::fields::{Fields, put_signed_varint, put_varint};

pub(crate) const MAGIC: &[u8; 4] = b"VkRc";
pub(crate) const HEADER_BYTES: usize = 72;
const HEADER_BYTES_U16: u16 = 72;
/// The longest header that any version may have.
const HEADER_BYTES_MAX: u16 = 1024;

/// The largest record, 64 MiB: what a reader must hold in memory at once. Far above any batch that
/// a listener makes.
pub(crate) const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most that a frame takes beside its bytes: format, flags, two numbers of LEB128, a cursor.
const FRAME_OVERHEAD_MAX: usize = 1 + 1 + 10 + 48 + 10;

const KIND_FRAMES: u8 = 1;
const TRUNCATED: u8 = 1;
const CURSOR: u8 = 2;

/// The places of a record among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment_id: u64,
    pub(crate) first: u64,
    /// Where its group commit began.
    pub(crate) commit: u64,
}

/// A header whose checksum holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) place: Place,
    pub(crate) count: u32,
    pub(crate) record_bytes: usize,
    /// Header and source together: where the body begins.
    pub(crate) body_start: usize,
    pub(crate) header_bytes: usize,
    version: u16,
    received: i64,
    body_crc: u32,
}

impl RecordHeader {
    /// The first position after this record.
    pub(crate) fn end(&self) -> u64 {
        self.place.first.saturating_add(u64::from(self.count))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Broken(&'static str),
    Version(u16),
}

/// The most bytes that a record of these frames can take.
pub(crate) fn bytes_max(source_bytes: usize, frames: &[Frame]) -> usize {
    let frames: usize = frames
        .iter()
        .map(|frame| frame.bytes.len().saturating_add(FRAME_OVERHEAD_MAX))
        .fold(0, usize::saturating_add);
    frames.saturating_add(HEADER_BYTES + source_bytes)
}

/// Adds a record of at least one frame to `out`. The caller has seen to it that
/// [`bytes_max`] is within [`RECORD_BYTES_MAX`] and the source within two bytes of length.
pub(crate) fn encode(out: &mut Vec<u8>, place: Place, source: &[u8], frames: &[&Frame]) {
    let start = out.len();
    let received = frames.first().map_or(0, |frame| frame.received.micros());
    out.resize(start + HEADER_BYTES, 0);
    out.extend_from_slice(source);
    let body_start = out.len();
    for frame in frames {
        encode_frame(out, frame, received);
    }
    let body = &out[body_start..];
    let (body_bytes, body_crc) = (u32_from(body.len()), crc32c::crc32c(body));

    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&HEADER_BYTES_U16.to_le_bytes());
    header.extend_from_slice(&u32_from(out.len() - start).to_le_bytes());
    header.extend_from_slice(
        &u16::try_from(source.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    header.extend_from_slice(&[KIND_FRAMES, 0, 0, 0, 0, 0]);
    header.extend_from_slice(&u32_from(frames.len()).to_le_bytes());
    header.extend_from_slice(&place.first.to_le_bytes());
    header.extend_from_slice(&place.commit.to_le_bytes());
    header.extend_from_slice(&received.to_le_bytes());
    header.extend_from_slice(&place.segment_id.to_le_bytes());
    header.extend_from_slice(&0u32.to_le_bytes());
    header.extend_from_slice(&body_bytes.to_le_bytes());
    header.extend_from_slice(&body_crc.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header), source);
    header.extend_from_slice(&crc.to_le_bytes());
    out[start..start + HEADER_BYTES].copy_from_slice(&header);
}

fn encode_frame(out: &mut Vec<u8>, frame: &Frame, received: i64) {
    out.push(format_code(frame.format));
    let truncated = if frame.truncated { TRUNCATED } else { 0 };
    let cursor = if frame.cursor.is_some() { CURSOR } else { 0 };
    out.push(truncated | cursor);
    // Both are within the years that a Timestamp can show, so the difference cannot overflow.
    put_signed_varint(out, frame.received.micros().wrapping_sub(received));
    if let Some(key) = frame.cursor {
        out.extend_from_slice(&key.sequence_id.to_le_bytes());
        out.extend_from_slice(&key.sequence_number.to_le_bytes());
        out.extend_from_slice(&key.boot_id.to_le_bytes());
        out.extend_from_slice(&key.check.to_le_bytes());
    }
    put_varint(out, frame.bytes.len() as u64);
    out.extend_from_slice(&frame.bytes);
}

/// Below [`RECORD_BYTES_MAX`], so that it never saturates.
fn u32_from(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// How many bytes header and source take, from the first [`HEADER_BYTES`] bytes of a record; nothing
/// is checked yet but that it could be one.
pub(crate) fn header_and_source_bytes(bytes: &[u8]) -> Option<usize> {
    let mut fields = Fields(bytes);
    if &fields.array::<4>()? != MAGIC {
        return None;
    }
    fields.u16()?;
    let header_bytes = fields.u16()?;
    if !(HEADER_BYTES_U16..=HEADER_BYTES_MAX).contains(&header_bytes) {
        return None;
    }
    fields.u32()?;
    Some(usize::from(header_bytes) + usize::from(fields.u16()?))
}

/// Checks and reads a header; `bytes` is exactly header and source.
pub(crate) fn decode_header(bytes: &[u8]) -> Result<RecordHeader, Fault> {
    read_header(bytes).unwrap_or(Err(Fault::Broken("the header is too short")))
}

fn read_header(bytes: &[u8]) -> Option<Result<RecordHeader, Fault>> {
    let broken = |why| Some(Err(Fault::Broken(why)));
    let mut fields = Fields(bytes);
    if &fields.array::<4>()? != MAGIC {
        return broken("no record begins here");
    }
    let version = fields.u16()?;
    let header_bytes = usize::from(fields.u16()?);
    let record_bytes = usize::try_from(fields.u32()?).ok()?;
    let source_bytes = usize::from(fields.u16()?);
    let (header, source) = bytes.split_at_checked(header_bytes)?;
    let (covered, crc) = header.split_last_chunk::<4>()?;
    let computed = crc32c::crc32c_append(crc32c::crc32c(covered), source);
    if source.len() != source_bytes || computed != u32::from_le_bytes(*crc) {
        return broken("the checksum of a record's header does not hold");
    }
    if version == 0 || version > VERSION {
        return Some(Err(Fault::Version(version)));
    }
    let [kind, compression, encryption, ..] = fields.array::<6>()?;
    if kind != KIND_FRAMES || compression != 0 || encryption != 0 {
        return broken("a kind, compression or encryption that this version does not have");
    }
    let count = fields.u32()?;
    let (first, commit) = (fields.u64()?, fields.u64()?);
    let received = fields.i64()?;
    let segment_id = fields.u64()?;
    fields.u32()?;
    let body_bytes = usize::try_from(fields.u32()?).ok()?;
    let body_crc = fields.u32()?;
    if count == 0
        || record_bytes > RECORD_BYTES_MAX
        || record_bytes != bytes.len().saturating_add(body_bytes)
    {
        return broken("the lengths of a record contradict each other");
    }
    Some(Ok(RecordHeader {
        place: Place {
            segment_id,
            first,
            commit,
        },
        count,
        record_bytes,
        body_start: bytes.len(),
        header_bytes,
        version,
        received,
        body_crc,
    }))
}

/// Checks the body and reads its frames.
pub(crate) fn decode_body(
    header: &RecordHeader,
    body: &[u8],
) -> Result<Vec<StoredFrame>, &'static str> {
    if crc32c::crc32c(body) != header.body_crc {
        return Err("the checksum of a record's frames does not hold");
    }
    let mut fields = Fields(body);
    let mut frames = Vec::new();
    for number in 0..u64::from(header.count) {
        let position = JournalPosition(header.place.first.saturating_add(number));
        let frame = decode_frame(&mut fields, header, position)
            .ok_or("a frame does not decode, though its checksum holds")?;
        frames.push(frame);
    }
    if fields.0.is_empty() {
        Ok(frames)
    } else {
        Err("bytes follow the last frame, though the checksum holds")
    }
}

fn decode_frame(
    fields: &mut Fields<'_>,
    header: &RecordHeader,
    position: JournalPosition,
) -> Option<StoredFrame> {
    let format = format_of(fields.u8()?)?;
    let flags = fields.u8()?;
    if flags & !(TRUNCATED | CURSOR) != 0 {
        return None;
    }
    let received = header.received.checked_add(fields.signed_varint()?)?;
    let cursor = if flags & CURSOR == 0 {
        None
    } else {
        Some(decode_cursor(fields, header.version)?)
    };
    let length = usize::try_from(fields.varint()?).ok()?;
    Some(StoredFrame {
        position,
        format,
        received: Timestamp::from_micros(received)?,
        truncated: flags & TRUNCATED != 0,
        cursor,
        bytes: fields.take(length)?.to_vec(),
    })
}

/// Version 1 had no boot id and no check: of its entries the number alone is known.
fn decode_cursor(fields: &mut Fields<'_>, version: u16) -> Option<CursorKey> {
    let (sequence_id, sequence_number) = (fields.u128()?, fields.u64()?);
    let (boot_id, check) = match version {
        1 => (0, 0),
        _ => (fields.u128()?, fields.u64()?),
    };
    Some(CursorKey {
        sequence_id,
        boot_id,
        sequence_number,
        check,
    })
}

fn format_code(format: Format) -> u8 {
    match format {
        Format::Syslog => 1,
        Format::Json => 2,
        Format::Journal => 3,
        Format::Text => 4,
    }
}

fn format_of(code: u8) -> Option<Format> {
    Some(match code {
        1 => Format::Syslog,
        2 => Format::Json,
        3 => Format::Journal,
        4 => Format::Text,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_frame() -> impl Strategy<Value = Frame> {
        (
            prop::collection::vec(any::<u8>(), 0..200),
            prop::sample::select(vec![
                Format::Syslog,
                Format::Json,
                Format::Journal,
                Format::Text,
            ]),
            -377_000_000_000_000_000i64..253_000_000_000_000_000,
            any::<bool>(),
            any::<Option<(u128, u128, u64, u64)>>(),
        )
            .prop_map(|(bytes, format, micros, truncated, cursor)| Frame {
                bytes,
                format,
                received: Timestamp::from_micros(micros).unwrap(),
                truncated,
                cursor: cursor.map(|(sequence_id, boot_id, sequence_number, check)| CursorKey {
                    sequence_id,
                    boot_id,
                    sequence_number,
                    check,
                }),
            })
    }

    fn decode(bytes: &[u8]) -> Result<(RecordHeader, Vec<StoredFrame>), Fault> {
        let body_start = header_and_source_bytes(bytes)
            .filter(|length| *length <= bytes.len())
            .ok_or(Fault::Broken("no header"))?;
        let header = decode_header(&bytes[..body_start])?;
        let body = bytes
            .get(body_start..header.record_bytes)
            .ok_or(Fault::Broken("cut"))?;
        let frames = decode_body(&header, body).map_err(Fault::Broken)?;
        Ok((header, frames))
    }

    proptest! {
        #[test]
        fn frames_come_back_and_no_flip_goes_unseen(
            frames in prop::collection::vec(any_frame(), 1..8),
            first in any::<u32>(),
            flip in any::<prop::sample::Index>(),
            bit in 0..8,
        ) {
            let place = Place { segment_id: 99, first: first.into(), commit: 3 };
            let references: Vec<&Frame> = frames.iter().collect();
            let mut bytes = Vec::new();
            encode(&mut bytes, place, b"source", &references);
            prop_assert!(bytes.len() <= bytes_max(6, &frames));
            let (header, stored) = decode(&bytes).unwrap();
            prop_assert_eq!(header.place, place);
            prop_assert_eq!(header.record_bytes, bytes.len());
            for (number, (frame, stored)) in frames.iter().zip(&stored).enumerate() {
                prop_assert_eq!(stored.position.0, u64::from(first) + number as u64);
                let back = Frame {
                    bytes: stored.bytes.clone(),
                    format: stored.format,
                    received: stored.received,
                    truncated: stored.truncated,
                    cursor: stored.cursor,
                };
                prop_assert_eq!(&back, frame);
            }
            prop_assert_eq!(stored.len(), frames.len());
            let at = flip.index(bytes.len());
            bytes[at] ^= 1u8 << bit;
            prop_assert!(decode(&bytes).is_err(), "a flipped bit at {} was not seen", at);
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let frame = Frame {
            bytes: b"x".to_vec(),
            format: Format::Text,
            received: Timestamp::default(),
            truncated: false,
            cursor: None,
        };
        let place = Place {
            segment_id: 1,
            first: 0,
            commit: 0,
        };
        let mut bytes = Vec::new();
        encode(&mut bytes, place, b"", &[&frame]);
        bytes[4] = 3;
        let crc = crc32c::crc32c(&bytes[..68]);
        bytes[68..72].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(decode(&bytes), Err(Fault::Version(3)));
    }
}
