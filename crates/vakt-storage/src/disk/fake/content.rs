//! What a file holds: for who reads it now, and after a power loss.

use super::random::SplitMix;
use super::usize_from;

/// Drives write whole sectors of 512 bytes, and promise nothing about two of them.
const SECTOR_BYTES: u64 = 512;

#[derive(Default)]
pub(super) struct Content {
    /// What a power loss leaves at least.
    pub(super) durable: Vec<u8>,
    pub(super) current: Vec<u8>,
    unsynced: Vec<Change>,
    /// Bytes that the file takes, or may take without asking for room.
    pub(super) allocated: u64,
}

enum Change {
    /// Whole sectors as they were after a write; the last ends where the file did.
    Sectors {
        offset: u64,
        bytes: Vec<u8>,
    },
    SetLen(u64),
}

impl Content {
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) {
        let (start, end) = (usize_from(offset), usize_from(offset) + bytes.len());
        if self.current.len() < end {
            self.current.resize(end, 0);
        }
        self.current[start..end].copy_from_slice(bytes);
        let first = offset - offset % SECTOR_BYTES;
        let last = (end as u64).next_multiple_of(SECTOR_BYTES);
        let last = usize_from(last).min(self.current.len());
        self.unsynced.push(Change::Sectors {
            offset: first,
            bytes: self.current[usize_from(first)..last].to_vec(),
        });
    }

    pub(super) fn set_len(&mut self, bytes: u64) {
        self.current.resize(usize_from(bytes), 0);
        self.allocated = self.allocated.min(bytes);
        self.unsynced.push(Change::SetLen(bytes));
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable, &mut || true);
        }
    }

    /// The pages are taken for clean, though they are not on the drive; lengths are kept by the
    /// file system's own journal.
    pub(super) fn drop_pages(&mut self) {
        self.unsynced
            .retain(|change| matches!(change, Change::SetLen(_)));
    }

    /// Keeps any part of what was not synced. Each crash has its own mind: nearly nothing
    /// reached the platter, nearly all, or some.
    pub(super) fn crash(&mut self, random: &mut SplitMix) {
        let kept_in_8 = random.below(9);
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable, &mut || random.below(8) < kept_in_8);
        }
        self.current = self.durable.clone();
        self.allocated = self.current.len() as u64;
    }
}

impl Change {
    /// Applies the sectors that `keep` wants.
    fn apply(&self, content: &mut Vec<u8>, keep: &mut dyn FnMut() -> bool) {
        match self {
            Self::SetLen(length) => {
                if keep() {
                    content.resize(usize_from(*length), 0);
                }
            }
            Self::Sectors { offset, bytes } => {
                let mut start = usize_from(*offset);
                for sector in bytes.chunks(usize_from(SECTOR_BYTES)) {
                    let end = start + sector.len();
                    if keep() {
                        if content.len() < end {
                            content.resize(end, 0);
                        }
                        content[start..end].copy_from_slice(sector);
                    }
                    start = end;
                }
            }
        }
    }
}
