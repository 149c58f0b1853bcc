//! The last record of a full segment: what is in it, and the digest that the chain is made of.
//!
//! ```text
//! offset  bytes
//!      0     32  digest of the segment before; 0 for the first one
//!     32     32  digest of this segment
//!     64      4  records that follow
//!                each record: 8 bytes of first position, 4 of frames, 32 of BLAKE3 over all its bytes
//!             2  streams that follow
//!                each stream: 2 bytes of length, then UTF-8; 8 bytes each of frames, of bytes that
//!                its records take, of oldest and newest receipt (microseconds since 1970, signed)
//! ```
//!
//! The digest is BLAKE3 over the segment's header and then the first 44 bytes of each entry as they
//! stand here. So whoever holds the digest can trust the list, and the list tells which record was
//! changed; and a record that was erased can be replaced by its hash without changing the digest.

use std::collections::BTreeMap;

use vakt_event::{JournalPosition, Timestamp};

use crate::fields::Fields;
use crate::ledger::{Digest, Sealed, StreamTotals};

/// Bytes of a record's entry.
const ENTRY_BYTES: usize = 44;

/// The most bytes that one stream's entry takes.
const STREAM_BYTES_MAX: usize = 2 + u16::MAX as usize + 32;

/// A sealed segment's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub previous: Digest,
    pub digest: Digest,
    /// In the order of their positions.
    pub records: Vec<RecordHash>,
    pub streams: BTreeMap<String, StreamTotals>,
}

/// A record as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHash {
    /// The position of its first frame.
    pub first: u64,
    pub frames: u32,
    /// Over all its bytes.
    pub hash: Digest,
}

impl Seal {
    /// The position after the last frame, when there is one.
    pub fn end(&self) -> Option<u64> {
        let last = self.records.last()?;
        Some(last.first.saturating_add(u64::from(last.frames)))
    }

    /// What the ledger says of the segment that begins at `first` and takes `bytes`.
    pub(crate) fn entry(self, first: u64, bytes: u64) -> Sealed {
        Sealed {
            first: JournalPosition(first),
            end: JournalPosition(self.end().unwrap_or(first)),
            bytes,
            records: self.records.len() as u64,
            previous: self.previous,
            digest: self.digest,
            streams: self.streams,
        }
    }

    /// Whether the digest is that of this header and this list.
    pub fn holds(&self, header: &[u8]) -> bool {
        digest_of(header, &self.records) == self.digest
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + 6 + self.records.len() * ENTRY_BYTES);
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.digest);
        // Both are far within their bounds: a segment's bytes, and the streams of a configuration.
        let records = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&records.to_le_bytes());
        for record in &self.records {
            out.extend_from_slice(&record.entry());
        }
        let streams = u16::try_from(self.streams.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&streams.to_le_bytes());
        for (name, stream) in self.streams.iter().take(usize::from(streams)) {
            let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&stream.frames.to_le_bytes());
            out.extend_from_slice(&stream.bytes.to_le_bytes());
            out.extend_from_slice(&stream.oldest.micros().to_le_bytes());
            out.extend_from_slice(&stream.newest.micros().to_le_bytes());
        }
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let (previous, digest) = (fields.array()?, fields.array()?);
        let mut records = Vec::new();
        for _ in 0..fields.u32()? {
            records.push(RecordHash {
                first: fields.u64()?,
                frames: fields.u32()?,
                hash: fields.array()?,
            });
        }
        let mut streams = BTreeMap::new();
        for _ in 0..fields.u16()? {
            let name = fields.text()?.to_owned();
            let stream = StreamTotals {
                frames: fields.u64()?,
                bytes: fields.u64()?,
                oldest: Timestamp::from_micros(fields.i64()?)?,
                newest: Timestamp::from_micros(fields.i64()?)?,
            };
            streams.insert(name, stream);
        }
        fields.0.is_empty().then_some(Self {
            previous,
            digest,
            records,
            streams,
        })
    }
}

impl RecordHash {
    fn entry(&self) -> [u8; ENTRY_BYTES] {
        let mut entry = [0; ENTRY_BYTES];
        entry[..8].copy_from_slice(&self.first.to_le_bytes());
        entry[8..12].copy_from_slice(&self.frames.to_le_bytes());
        entry[12..].copy_from_slice(&self.hash);
        entry
    }
}

/// The digest of a segment with this header and these records.
pub fn digest_of(header: &[u8], records: &[RecordHash]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(header);
    for record in records {
        hasher.update(&record.entry());
    }
    hasher.finalize().into()
}

/// The seal of a segment that is being written.
#[derive(Debug)]
pub(crate) struct SealBuilder {
    previous: Digest,
    /// Two kilobytes, which nobody needs to move about.
    hasher: Box<blake3::Hasher>,
    records: Vec<RecordHash>,
    streams: BTreeMap<String, StreamTotals>,
}

impl SealBuilder {
    pub(crate) fn new(header: &[u8], previous: Digest) -> Self {
        let mut hasher = Box::new(blake3::Hasher::new());
        hasher.update(header);
        Self {
            previous,
            hasher,
            records: Vec::new(),
            streams: BTreeMap::new(),
        }
    }

    /// Adds a record that holds `bytes` on the disk.
    pub(crate) fn add(&mut self, record: RecordHash) {
        self.hasher.update(&record.entry());
        self.records.push(record);
    }

    /// Counts the frames of a record to their stream.
    pub(crate) fn count(&mut self, stream: &str, added: StreamTotals) {
        if let Some(summary) = self.streams.get_mut(stream) {
            summary.frames += added.frames;
            summary.bytes += added.bytes;
            summary.oldest = summary.oldest.min(added.oldest);
            summary.newest = summary.newest.max(added.newest);
        } else {
            self.streams.insert(stream.to_owned(), added);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The digest of what there is so far.
    pub(crate) fn digest(&self) -> Digest {
        self.hasher.finalize().into()
    }

    /// The most bytes that the body takes with one record more, of a stream that is new.
    pub(crate) fn body_bytes_max(&self) -> u64 {
        let records = (self.records.len() + 1) * ENTRY_BYTES;
        let names: usize = self.streams.keys().map(|name| name.len() + 34).sum();
        (70 + records + names + STREAM_BYTES_MAX) as u64
    }

    /// The seal of all that was added; nothing is left.
    pub(crate) fn take(&mut self) -> Seal {
        Seal {
            previous: self.previous,
            digest: self.digest(),
            records: std::mem::take(&mut self.records),
            streams: std::mem::take(&mut self.streams),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let mut builder = SealBuilder::new(b"header", [7; 32]);
        for (first, frames) in [(10, 3), (13, 1)] {
            builder.add(RecordHash {
                first,
                frames,
                hash: [u8::try_from(first).unwrap(); 32],
            });
        }
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        for (stream, frames, oldest, newest) in [("a", 3, 5, 9), ("å", 1, 2, 2), ("a", 1, 4, 7)] {
            builder.count(
                stream,
                StreamTotals {
                    frames,
                    bytes: 100,
                    oldest: at(oldest),
                    newest: at(newest),
                },
            );
        }
        builder.take()
    }

    #[test]
    fn a_seal_comes_back_and_nothing_else_does() {
        let seal = seal();
        assert_eq!(seal.end(), Some(14));
        let a = &seal.streams["a"];
        assert_eq!((a.frames, a.bytes), (4, 200));
        assert_eq!(
            (a.oldest.micros(), a.newest.micros()),
            (4_000_000, 9_000_000)
        );
        let bytes = seal.encode();
        assert_eq!(Seal::decode(&bytes), Some(seal));
        for length in 0..bytes.len() {
            assert_eq!(Seal::decode(&bytes[..length]), None, "cut at {length}");
        }
        assert_eq!(Seal::decode(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn the_digest_covers_header_positions_and_hashes() {
        let seal = seal();
        assert!(seal.holds(b"header"));
        assert!(!seal.holds(b"another"));
        let changes: [fn(&mut RecordHash); 3] = [
            |record| record.first += 1,
            |record| record.frames += 1,
            |record| record.hash[31] ^= 1,
        ];
        for change in changes {
            let mut changed = seal.clone();
            change(&mut changed.records[1]);
            assert!(!changed.holds(b"header"));
        }
    }
}
