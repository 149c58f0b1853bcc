//! What lies in a segment, byte by byte. Little endian throughout.
//!
//! A journal is a directory of segments, `00000000000000004711.segment`, named by the position of
//! their first frame in twenty digits, so that names sort as positions do. Beside them lie `lock`
//! (held by the daemon), `cursors.checkpoint` (see `cursor/checkpoint.rs`) and `ledger.ndjson` (see
//! `ledger`). Other names are not ours and stay untouched. A segment is a header and records. Only the
//! last segment is written to; when it is full, or its day of receipt (UTC) is over, a record of kind 3
//! seals it, and the next one begins.
//!
//! ```text
//! segment header
//! offset  bytes
//!      0      8  "VAKTJRNL"
//!      8      2  version: 3
//!     10      2  bytes of this header: 128; the first record begins there
//!     12      4  flags: 0
//!     16      8  segment id, random; every record repeats it
//!     24      8  position of the first frame
//!     32      8  created, microseconds since 1970 (signed)
//!     40      8  epoch of the log: 0 (for a replicated one)
//!     48     32  digest of the segment before (see below); 0 for the first one
//!     80     44  0
//!    124      4  CRC32C of bytes 0 to 124
//!
//! record: frames of one source from one group commit, of one batch or several
//!      0      4  "VkRc"
//!      4      2  version: 3
//!      6      2  H, bytes of this header: 72
//!      8      4  bytes of the whole record: H + S + body
//!     12      2  S, bytes of the source
//!     14      1  kind: 1 frames, 2 erased, 3 seal
//!     15      1  compression of the body: 0 none, 1 zstd
//!     16      1  encryption of the body: 0 none
//!     17      1  newest receipt of the frames: seconds after `received`, rounded up, plus one; 0 where it
//!                is not said (an older version, or more than 253 seconds)
//!     18      2  0
//!     20      4  frames: at least one, none in a seal
//!     24      8  position of the first frame; the others follow without a gap. Of a seal: the
//!                position after the segment's last frame
//!     32      8  commit: everything before this position was durable when this record was written.
//!                That is where its group commit began, or the one before it
//!     40      8  received, microseconds since 1970 (signed): of the first frame
//!     48      8  segment id
//!     56      4  number of the encryption key: 0
//!     60      4  bytes of the body before compression and encryption
//!     64      4  CRC32C of the body as it lies here
//!    H-4      4  CRC32C of this header before this field, and the source
//!      H      S  source
//!    H+S         body
//!
//! source, of frames only: never encrypted, so that retention knows whose a record is
//!      0      1  transport: 1 UDP, 2 TCP, 3 TLS, 4 HTTP, 5 journal upload, 6 file,
//!                7 RELP
//!      1      1  flags: 1 drill, 2 a zone is given
//!      2      1  bytes of the peer's address: 0, 4 or 16
//!      3         peer's address, network order
//!                stream, listener, and the zone if given: each 2 bytes of length, then UTF-8
//!
//! body of kind 1: frames, one after the other
//!      0      1  format: 1 syslog, 2 JSON, 3 journal export, 4 text
//!      1      1  flags: 1 truncated, 2 a cursor is given
//!                received minus the record's, microseconds: zigzag LEB128
//!                if given, the cursor: 16 bytes of sequence id, 8 of sequence number, 16 of boot
//!                id, 8 of check (time and hash of the entry)
//!                length of the bytes: LEB128
//!                bytes
//!
//! body of kind 2: what was erased
//!      0     32  BLAKE3 of the record that stood here, all its bytes
//!     32      4  its bytes
//!
//! body of kind 3: see `seal.rs`
//! ```
//!
//! **Chain.** The digest of a segment is made of its header and of position, frames and BLAKE3 of each
//! record (`seal.rs`); the next segment's header repeats it, and the ledger signs it. A record that is
//! erased leaves its hash, so that neither digest nor chain changes.
//!
//! **Versions.** In every version the fields up to offset 14 of a record, its last-in-header CRC and
//! what that covers, and the first 12 bytes and the last 4 of a segment's header stay where they
//! are. A reader that meets a sound header with a higher version says so and touches nothing. Version
//! 1 had no boot id and no check in a cursor; versions 1 and 2 had no compression, no seals and no chain.
//! Their segments are read, written on with records of this version, and sealed at the next start.
//!
//! **Broken records.** A record is whole when both checksums hold, the segment id is right and
//! the body decodes to its last byte. Where one is not, the header tells how far to jump if its own
//! checksum holds; otherwise the next sound header of this segment is searched for. The segment
//! id cannot be known to a sender, so no frame can pretend to be a record.
//!
//! **Torn or damaged?** Only the last two group commits can be torn: one is written while the one before
//! it is made durable. So at open, a broken record of the last segment is the torn tail unless a whole
//! record follows whose commit field is after it, or the checkpoint of cursors, which every clean close
//! writes, is further on: then it had been durable, and is damage, which is kept, reported and jumped over.

use vakt_event::Timestamp;

use crate::fields::Fields;
use crate::ledger::Digest;

/// The highest version that this code reads, and the one it writes; of segments and of records.
pub const VERSION: u16 = 3;

pub(crate) const SEGMENT_MAGIC: &[u8; 8] = b"VAKTJRNL";
pub(crate) const SEGMENT_HEADER_BYTES: usize = 128;
/// The shortest and the longest header that any version may have.
const SEGMENT_HEADER_BYTES_MIN: u16 = 128;
pub(crate) const SEGMENT_HEADER_BYTES_MAX: u16 = 4096;
/// Of the log; a replicated one would count its leaders.
const EPOCH: u64 = 0;
const SEGMENT_SUFFIX: &str = ".segment";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Where the first record begins.
    pub(crate) header_bytes: u16,
    pub(crate) segment_id: u64,
    pub(crate) first: u64,
    pub(crate) created: i64,
    /// The digest of the segment before.
    pub(crate) previous: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SegmentHeaderFault {
    /// Too short, or a checksum that does not hold.
    Damaged,
    Version(u16),
}

/// The name of the segment that begins at `first`.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}{SEGMENT_SUFFIX}")
}

/// The first position of the segment with this name; `None` for names that are not ours.
pub(crate) fn segment_first(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SEGMENT_SUFFIX)?;
    if digits.len() != 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

pub(crate) fn encode_segment_header(
    segment_id: u64,
    first: u64,
    created: Timestamp,
    previous: &Digest,
) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    bytes.extend_from_slice(SEGMENT_MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&SEGMENT_HEADER_BYTES_MIN.to_le_bytes());
    bytes.extend_from_slice(&0u32.to_le_bytes());
    bytes.extend_from_slice(&segment_id.to_le_bytes());
    bytes.extend_from_slice(&first.to_le_bytes());
    bytes.extend_from_slice(&created.micros().to_le_bytes());
    bytes.extend_from_slice(&EPOCH.to_le_bytes());
    bytes.extend_from_slice(previous);
    bytes.resize(SEGMENT_HEADER_BYTES - 4, 0);
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    let mut header = [0; SEGMENT_HEADER_BYTES];
    header.copy_from_slice(&bytes);
    header
}

/// Reads the header from the beginning of a segment; `bytes` may be longer than it.
pub(crate) fn decode_segment_header(bytes: &[u8]) -> Result<SegmentHeader, SegmentHeaderFault> {
    sound_segment_header(bytes).ok_or(SegmentHeaderFault::Damaged)?
}

fn sound_segment_header(bytes: &[u8]) -> Option<Result<SegmentHeader, SegmentHeaderFault>> {
    let mut fields = Fields(bytes);
    if &fields.array::<8>()? != SEGMENT_MAGIC {
        return None;
    }
    let version = fields.u16()?;
    let header_bytes = fields.u16()?;
    if !(SEGMENT_HEADER_BYTES_MIN..=SEGMENT_HEADER_BYTES_MAX).contains(&header_bytes) {
        return None;
    }
    let (covered, crc) = bytes
        .get(..usize::from(header_bytes))?
        .split_last_chunk::<4>()?;
    if crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
        return None;
    }
    if version == 0 || version > VERSION {
        return Some(Err(SegmentHeaderFault::Version(version)));
    }
    fields.u32()?;
    Some(Ok(SegmentHeader {
        header_bytes,
        segment_id: fields.u64()?,
        first: fields.u64()?,
        created: fields.i64()?,
        previous: {
            fields.u64()?;
            fields.array()?
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_first_position() {
        let check = |name: &str, expected: Option<u64>| assert_eq!(segment_first(name), expected);
        check(&segment_name(0), Some(0));
        check(&segment_name(4711), Some(4711));
        check(&segment_name(u64::MAX), Some(u64::MAX));
        check("lock", None);
        check("4711.segment", None);
        check("0000000000000000471x.segment", None);
        check("+0000000000000004711.segment", None);
        check("99999999999999999999.segment", None);
    }

    #[test]
    fn a_segment_header_comes_back_or_says_why() {
        let created = Timestamp::from_seconds(1_800_000_000).unwrap();
        let bytes = encode_segment_header(7, 4711, created, &[5; 32]);
        assert_eq!(
            decode_segment_header(&bytes),
            Ok(SegmentHeader {
                header_bytes: 128,
                segment_id: 7,
                first: 4711,
                created: created.micros(),
                previous: [5; 32],
            })
        );
        for at in 0..bytes.len() {
            let mut damaged = bytes;
            damaged[at] ^= 1;
            let fault = decode_segment_header(&damaged);
            assert_eq!(fault, Err(SegmentHeaderFault::Damaged), "flipped at {at}");
            let fault = decode_segment_header(&bytes[..at]);
            assert_eq!(fault, Err(SegmentHeaderFault::Damaged), "cut at {at}");
        }
        let mut newer = bytes;
        newer[8] = 9;
        let crc = crc32c::crc32c(&newer[..124]);
        newer[124..].copy_from_slice(&crc.to_le_bytes());
        let fault = decode_segment_header(&newer);
        assert_eq!(fault, Err(SegmentHeaderFault::Version(9)));
    }
}
