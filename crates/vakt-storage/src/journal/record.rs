//! A record in a segment (drawn in [`super::format`]).

use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{CursorKey, Format, Frame, JournalPosition, Timestamp};

use super::body::{Compression, Packer, Unpacker};
use super::format::VERSION;
use super::reader::StoredFrame;
use super::seal::Seal;
use crate::fields::{Fields, put_signed_varint, put_varint};
use crate::ledger::Digest;

pub(crate) const MAGIC: &[u8; 4] = b"VkRc";
pub(crate) const HEADER_BYTES: usize = 72;
const HEADER_BYTES_U16: u16 = 72;
/// Where a header holds what it says last ([`super::format`]).
const SOURCE_BYTES_AT: usize = 12;
const FIRST_AT: usize = 24;
const COMMIT_AT: usize = 32;
const SEGMENT_ID_AT: usize = 48;
const CRC_AT: usize = HEADER_BYTES - 4;
/// The longest header that any version may have.
const HEADER_BYTES_MAX: u16 = 1024;

/// The largest record, 64 MiB: what a reader must hold in memory at once. Far above any batch that
/// a listener makes.
pub(crate) const RECORD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The most that a frame takes beside its bytes: format, flags, two numbers of LEB128, a cursor.
const FRAME_OVERHEAD_MAX: usize = 1 + 1 + 10 + 48 + 10;

const TRUNCATED: u8 = 1;
const CURSOR: u8 = 2;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Frames = 1,
    /// Frames stood here; what is left is their number and the record's hash.
    Erased = 2,
    Seal = 3,
}

/// The places of a record among others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment_id: u64,
    pub(crate) first: u64,
    /// Where its group commit began.
    pub(crate) commit: u64,
}

/// A header whose checksum holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) count: u32,
    pub(crate) record_bytes: usize,
    /// Header and source together: where the body begins.
    pub(crate) body_start: usize,
    pub(crate) header_bytes: usize,
    version: u16,
    received: i64,
    newest_code: u8,
    compression: Compression,
    /// Bytes of the body before compression.
    body_bytes: usize,
    body_crc: u32,
}

impl RecordHeader {
    /// The first position after this record.
    pub(crate) fn end(&self) -> u64 {
        self.place.first.saturating_add(u64::from(self.count))
    }

    /// No frame was received after this; `None` where the header does not say it.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        let seconds = i64::from(self.newest_code.checked_sub(1)?);
        Timestamp::from_micros(self.received.checked_add(seconds * MICROS_PER_SECOND)?)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Broken(&'static str),
    Version(u16),
}

/// The most bytes that a record of these frames can take.
pub(crate) fn bytes_max(source_bytes: usize, frames: &[Frame]) -> usize {
    frames_bytes_max(frames).saturating_add(HEADER_BYTES + source_bytes)
}

/// The most bytes that these frames can take in a record.
pub(crate) fn frames_bytes_max(frames: &[Frame]) -> usize {
    frames
        .iter()
        .map(|frame| frame.bytes.len().saturating_add(FRAME_OVERHEAD_MAX))
        .fold(0, usize::saturating_add)
}

/// Adds a record of at least one frame to `out`; it has no place yet ([`set_place`]). The caller has
/// seen to it that [`bytes_max`] is within [`RECORD_BYTES_MAX`] and the source within two bytes of
/// length.
pub(crate) fn encode<'f>(
    out: &mut Vec<u8>,
    packer: &mut Packer,
    source: &[u8],
    frames: impl Iterator<Item = &'f Frame> + Clone,
) {
    let mut count = 0;
    let first = frames.clone().next();
    let received = first.map_or(0, |frame| frame.received.micros());
    let mut newest = received;
    let start = begin(out, source);
    let body = packer.put(out, |body| {
        for frame in frames {
            encode_frame(body, frame, received);
            count += 1;
            newest = newest.max(frame.received.micros());
        }
    });
    let head = Head {
        kind: Kind::Frames,
        place: Place::default(),
        count: u32_from(count),
        received,
        newest_code: newest_code(newest.saturating_sub(received)),
        compression: body.compression,
        body_bytes: body.unpacked_bytes,
    };
    finish(out, start, &head, source.len());
}

/// Gives a record of this version its place, and gives its hash. `record` is all its bytes.
pub(crate) fn set_place(record: &mut [u8], place: Place) -> Digest {
    let source_bytes = source_bytes(record);
    if let Some((header, rest)) = record.split_first_chunk_mut::<HEADER_BYTES>() {
        header[FIRST_AT..FIRST_AT + 8].copy_from_slice(&place.first.to_le_bytes());
        header[COMMIT_AT..COMMIT_AT + 8].copy_from_slice(&place.commit.to_le_bytes());
        header[SEGMENT_ID_AT..SEGMENT_ID_AT + 8].copy_from_slice(&place.segment_id.to_le_bytes());
        let source = rest.get(..source_bytes).unwrap_or_default();
        set_crc(header, source);
    }
    blake3::hash(record).into()
}

fn source_bytes(record: &[u8]) -> usize {
    let bytes = record.get(SOURCE_BYTES_AT..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| usize::from(u16::from_le_bytes(*bytes)))
}

/// Adds the record that seals a segment whose last frame is before `place.first`.
pub(crate) fn encode_seal(out: &mut Vec<u8>, packer: &mut Packer, place: Place, seal: &Seal) {
    let start = begin(out, &[]);
    let body = packer.put(out, |body| body.extend_from_slice(&seal.encode()));
    let head = Head {
        kind: Kind::Seal,
        place,
        count: 0,
        received: 0,
        newest_code: 0,
        compression: body.compression,
        body_bytes: body.unpacked_bytes,
    };
    finish(out, start, &head, 0);
}

/// Adds what is left of a record that is erased.
pub(crate) fn encode_erased(out: &mut Vec<u8>, header: &RecordHeader, erased: Erased) {
    let mut body = [0; ERASED_BYTES];
    body[..32].copy_from_slice(&erased.hash);
    body[32..].copy_from_slice(&erased.bytes.to_le_bytes());
    let head = Head {
        kind: Kind::Erased,
        place: header.place,
        count: header.count,
        received: header.received,
        newest_code: header.newest_code,
        compression: Compression::None,
        body_bytes: ERASED_BYTES,
    };
    let start = begin(out, &[]);
    out.extend_from_slice(&body);
    finish(out, start, &head, 0);
}

/// What is known of a record that was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Erased {
    pub(crate) hash: Digest,
    /// Bytes that the record took.
    pub(crate) bytes: u32,
}

const ERASED_BYTES: usize = 36;

/// What a header says, beside lengths and checksums.
struct Head {
    kind: Kind,
    place: Place,
    count: u32,
    received: i64,
    newest_code: u8,
    compression: Compression,
    body_bytes: usize,
}

/// What a header says of the newest receipt, so many microseconds after that of the first frame.
fn newest_code(micros: i64) -> u8 {
    let seconds = micros.saturating_add(MICROS_PER_SECOND - 1) / MICROS_PER_SECOND;
    u8::try_from(seconds)
        .ok()
        .and_then(|seconds| seconds.checked_add(1))
        .filter(|code| *code < u8::MAX)
        .unwrap_or(0)
}

/// Adds room for a header, and the source; the body comes next. Gives where the record begins.
fn begin(out: &mut Vec<u8>, source: &[u8]) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    out.extend_from_slice(source);
    start
}

/// Writes the header of the record that begins at `start` and ends with `out`.
fn finish(out: &mut [u8], start: usize, head: &Head, source_bytes: usize) {
    let record = out.get_mut(start..).unwrap_or_default();
    let record_bytes = record.len();
    let Some((header, rest)) = record.split_first_chunk_mut::<HEADER_BYTES>() else {
        return;
    };
    let (source, body) = rest.split_at(source_bytes.min(rest.len()));
    let source_bytes = u16::try_from(source_bytes).unwrap_or(u16::MAX);
    let mut fields = header.as_mut_slice();
    let mut put = |bytes: &[u8]| {
        if let Some(field) = fields.split_off_mut(..bytes.len()) {
            field.copy_from_slice(bytes);
        }
    };
    put(MAGIC);
    put(&VERSION.to_le_bytes());
    put(&HEADER_BYTES_U16.to_le_bytes());
    put(&u32_from(record_bytes).to_le_bytes());
    put(&source_bytes.to_le_bytes());
    let (kind, compression) = (head.kind as u8, head.compression as u8);
    put(&[kind, compression, 0, head.newest_code, 0, 0]);
    put(&head.count.to_le_bytes());
    put(&head.place.first.to_le_bytes());
    put(&head.place.commit.to_le_bytes());
    put(&head.received.to_le_bytes());
    put(&head.place.segment_id.to_le_bytes());
    put(&0u32.to_le_bytes());
    put(&u32_from(head.body_bytes).to_le_bytes());
    put(&crc32c::crc32c(body).to_le_bytes());
    set_crc(header, source);
}

fn set_crc(header: &mut [u8; HEADER_BYTES], source: &[u8]) {
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header[..CRC_AT]), source);
    header[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
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
    let [kind, compression, encryption, newest_code, ..] = fields.array::<6>()?;
    let (Some(kind), Some(compression), 0) =
        (kind_of(kind), Compression::of(compression), encryption)
    else {
        return broken("a kind, compression or encryption that this version does not have");
    };
    let count = fields.u32()?;
    let (first, commit) = (fields.u64()?, fields.u64()?);
    let received = fields.i64()?;
    let segment_id = fields.u64()?;
    fields.u32()?;
    let body_bytes = usize::try_from(fields.u32()?).ok()?;
    let body_crc = fields.u32()?;
    let stored = record_bytes.checked_sub(bytes.len());
    let fits = match compression {
        Compression::None => stored == Some(body_bytes),
        Compression::Zstd => stored.is_some(),
    };
    if (count == 0) != (kind == Kind::Seal)
        || record_bytes.max(body_bytes) > RECORD_BYTES_MAX
        || !fits
    {
        return broken("the lengths of a record contradict each other");
    }
    Some(Ok(RecordHeader {
        kind,
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
        newest_code,
        compression,
        body_bytes,
        body_crc,
    }))
}

/// A record's body, checked and read.
#[derive(Debug)]
pub(crate) enum Body {
    Frames(Vec<StoredFrame>),
    Erased(Erased),
    Seal(Seal),
}

/// Checks the body and reads it; `body` is what lies on the disk.
pub(crate) fn decode_body(
    header: &RecordHeader,
    body: &[u8],
    unpacker: &mut Unpacker,
) -> Result<Body, &'static str> {
    if crc32c::crc32c(body) != header.body_crc {
        return Err("the checksum of a record's body does not hold");
    }
    let unpacked = unpacker
        .unpack(header.compression, body, header.body_bytes)
        .ok_or("a body does not decompress, though its checksum holds")?;
    match header.kind {
        Kind::Frames => decode_frames(header, unpacked).map(Body::Frames),
        Kind::Erased => decode_erased(unpacked)
            .map(Body::Erased)
            .ok_or("an erased record does not decode, though its checksum holds"),
        Kind::Seal => Seal::decode(unpacked)
            .map(Body::Seal)
            .ok_or("a seal does not decode, though its checksum holds"),
    }
}

fn decode_erased(body: &[u8]) -> Option<Erased> {
    let mut fields = Fields(body);
    let (hash, bytes) = (fields.array()?, fields.u32()?);
    fields.0.is_empty().then_some(Erased { hash, bytes })
}

fn decode_frames(header: &RecordHeader, body: &[u8]) -> Result<Vec<StoredFrame>, &'static str> {
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

fn kind_of(code: u8) -> Option<Kind> {
    [Kind::Frames, Kind::Erased, Kind::Seal]
        .into_iter()
        .find(|kind| *kind as u8 == code)
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
        match decode_body(&header, body, &mut Unpacker::default()).map_err(Fault::Broken)? {
            Body::Frames(frames) => Ok((header, frames)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_header_says_when_the_newest_of_its_frames_was_received() {
        let check = |after_micros: &[i64], expected: Option<i64>| {
            let frames = after_micros.iter().map(|micros| Frame {
                bytes: Vec::new(),
                format: Format::Text,
                received: Timestamp::from_micros(7_000_000 + micros).unwrap(),
                truncated: false,
                cursor: None,
            });
            let frames: Vec<Frame> = frames.collect();
            let mut bytes = Vec::new();
            encode(&mut bytes, &mut Packer::default(), b"source", frames.iter());
            let newest = decode(&bytes).unwrap().0.newest();
            let expected = expected.and_then(|seconds| Timestamp::from_seconds(7 + seconds));
            assert_eq!(newest, expected, "{after_micros:?}");
        };
        check(&[0], Some(0));
        check(&[0, 1], Some(1));
        check(&[0, 1_000_000, -5], Some(1));
        check(&[0, -1_000_000], Some(0));
        check(&[0, 253_000_000], Some(253));
        check(&[0, 253_000_001], None);
        check(&[0, 1_000_000_000_000], None);
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
            let mut bytes = Vec::new();
            encode(&mut bytes, &mut Packer::default(), b"source", frames.iter());
            prop_assert_eq!(decode(&bytes).unwrap().0.place, Place::default());
            let hash = set_place(&mut bytes, place);
            prop_assert_eq!(hash, *blake3::hash(&bytes).as_bytes());
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
            let latest = frames.iter().map(|frame| frame.received).max().unwrap();
            prop_assert!(header.newest().is_none_or(|newest| newest >= latest));
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
        let mut bytes = Vec::new();
        let frames = std::iter::once(&frame);
        encode(&mut bytes, &mut Packer::default(), b"", frames);
        bytes[4] = 9;
        let crc = crc32c::crc32c(&bytes[..68]);
        bytes[68..72].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(decode(&bytes), Err(Fault::Version(9)));
    }
}
