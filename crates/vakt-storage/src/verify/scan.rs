//! All that can be read of a segment, in the order in which it lies there.

use std::path::Path;
use std::sync::Arc;

use crate::disk::Disk;
use crate::journal::format;
use crate::journal::seal::{RecordHash, Seal};
use crate::journal::segment::Segment;
use crate::journal::walk::{Content, Memory, Walk, WalkError};

pub(super) struct Scan {
    pub(super) bytes: u64,
    /// The header, where its checksum holds, and the first position that it names.
    pub(super) header: Option<(Vec<u8>, u64)>,
    pub(super) items: Vec<Item>,
    /// The last seal, and where it is.
    pub(super) seal: Option<(u64, Seal)>,
    /// Behind the last whole record.
    pub(super) end: u64,
}

pub(super) enum Item {
    Record(FoundRecord),
    /// From here to the next record nothing can be read.
    Broken {
        offset: u64,
        reason: &'static str,
    },
}

#[derive(Clone, Copy)]
pub(super) struct FoundRecord {
    pub(super) offset: u64,
    /// With the hash that it had before it was erased.
    pub(super) record: RecordHash,
    pub(super) is_erased: bool,
}

impl Item {
    pub(super) fn offset(&self) -> u64 {
        match self {
            Self::Record(found) => found.offset,
            Self::Broken { offset, .. } => *offset,
        }
    }
}

impl Scan {
    /// Reads the segment that is named after `first`.
    pub(super) fn of(disk: &dyn Disk, dir: &Path, first: u64) -> Result<Self, WalkError> {
        let segment = Arc::new(Segment::new(dir, first));
        let bytes = disk.open(&segment.path)?.len()?;
        let mut walk = Walk::open(disk, segment, bytes)?;
        let header = walk.header_is_sound.then(|| walk.header_bytes.clone());
        let header = header.and_then(|header| {
            let first = format::decode_segment_header(&header).ok()?.first;
            Some((header, first))
        });
        let mut scan = Self {
            bytes,
            header,
            items: Vec::new(),
            seal: None,
            end: walk.offset,
        };
        scan.read(&mut walk)?;
        Ok(scan)
    }

    fn read(&mut self, walk: &mut Walk) -> Result<(), WalkError> {
        let mut memory = Memory::default();
        while walk.offset < self.bytes {
            // Records may stand in any order here; that is what is to be found out.
            walk.expected = 0;
            let offset = walk.offset;
            match walk.whole(offset, &mut memory)? {
                Ok(record) => {
                    walk.advance(&record.header);
                    self.end = walk.offset;
                    let (hash, is_erased) = match record.content {
                        Content::Seal(seal) => {
                            self.seal = Some((offset, seal));
                            continue;
                        }
                        Content::Erased(erased) => (erased.hash, true),
                        Content::Batch(_) => (record.hash, false),
                    };
                    self.items.push(Item::Record(FoundRecord {
                        offset,
                        record: RecordHash {
                            first: record.header.place.first,
                            frames: record.header.count,
                            hash,
                        },
                        is_erased,
                    }));
                }
                Err(reason) => {
                    self.items.push(Item::Broken { offset, reason });
                    match walk.find(offset + 1)? {
                        Some((offset, _)) => walk.offset = offset,
                        None => break,
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn records(&self) -> impl DoubleEndedIterator<Item = &FoundRecord> {
        self.items.iter().filter_map(|item| match item {
            Item::Record(found) => Some(found),
            Item::Broken { .. } => None,
        })
    }

    pub(super) fn hashes(&self) -> Vec<RecordHash> {
        self.records().map(|found| found.record).collect()
    }
}
