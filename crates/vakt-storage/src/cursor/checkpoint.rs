//! The checkpoint of the cursor index: `cursors.checkpoint`.
//!
//! ```text
//! offset  bytes
//!      0      8  "VAKTCURS"
//!      8      2  version: 1
//!     10      2  0
//!     12      4  CRC32C of everything from offset 16
//!     16      8  position: cursors of frames before it are in here
//!     24      4  sequences that follow, the one unused for longest first
//!
//!   each sequence:
//!      0     16  sequence id
//!     16      4  runs that follow, ascending
//!     20     16  each run: first number, last number (inclusive)
//! ```
//!
//! Little endian. Written beside and renamed into place when a segment is full and at close. It only
//! saves time: without it, or when it is damaged, the whole journal is read at open instead.

use std::io;
use std::path::Path;

use crate::cursor::index::CursorIndex;
use crate::cursor::intervals::IntervalSet;
use crate::disk::Disk;
use crate::fields::Fields;

const NAME: &str = "cursors.checkpoint";
const NAME_NEW: &str = "cursors.checkpoint.new";
const MAGIC: &[u8; 8] = b"VAKTCURS";
const VERSION: u16 = 1;

/// A checkpoint larger than this is not ours: twice what the bounds of the index allow.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Writes the checkpoint and makes it durable; the old one stays until the new one is.
pub(crate) fn write(
    disk: &dyn Disk,
    dir: &Path,
    position: u64,
    index: &CursorIndex,
) -> io::Result<()> {
    let path_new = dir.join(NAME_NEW);
    match disk.remove(&path_new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = disk.create(&path_new)?;
    file.write_all_at(&encode(position, index), 0)?;
    file.sync_data()?;
    disk.rename(&path_new, &dir.join(NAME))?;
    disk.sync_dir(dir)
}

/// Fills `index` from the checkpoint and gives its position; `None` when there is none that can be
/// used, and then `index` is untouched.
pub(crate) fn read(
    disk: &dyn Disk,
    dir: &Path,
    index: &mut CursorIndex,
) -> io::Result<Option<u64>> {
    let file = match disk.open(&dir.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.len()?;
    let Ok(room) = usize::try_from(length.min(BYTES_MAX)) else {
        return Ok(None);
    };
    let mut bytes = vec![0; room];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    let Some((position, sequences)) = decode(&bytes) else {
        return Ok(None);
    };
    for (id, held) in sequences {
        index.restore(id, held);
    }
    Ok(Some(position))
}

fn encode(position: u64, index: &CursorIndex) -> Vec<u8> {
    let sequences = index.by_last_use();
    let mut content = Vec::with_capacity(12 + sequences.len() * 20 + index.intervals() * 16);
    content.extend_from_slice(&position.to_le_bytes());
    content.extend_from_slice(&count(sequences.len()).to_le_bytes());
    for (id, held) in sequences {
        content.extend_from_slice(&id.to_le_bytes());
        content.extend_from_slice(&count(held.len()).to_le_bytes());
        for (first, last) in held.runs() {
            content.extend_from_slice(&first.to_le_bytes());
            content.extend_from_slice(&last.to_le_bytes());
        }
    }
    let mut bytes = Vec::with_capacity(16 + content.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&crc32c::crc32c(&content).to_le_bytes());
    bytes.extend_from_slice(&content);
    bytes
}

/// The bounds of the index are far below; a count that saturates would be refused at reading.
fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn decode(bytes: &[u8]) -> Option<(u64, Vec<(u128, IntervalSet)>)> {
    let mut fields = Fields(bytes);
    if &fields.array::<8>()? != MAGIC || fields.u16()? != VERSION || fields.u16()? != 0 {
        return None;
    }
    let crc = fields.u32()?;
    if crc32c::crc32c(fields.0) != crc {
        return None;
    }
    let position = fields.u64()?;
    let mut sequences = Vec::new();
    for _ in 0..fields.u32()? {
        let id = fields.u128()?;
        let mut held = IntervalSet::default();
        for _ in 0..fields.u32()? {
            held.insert_run(fields.u64()?, fields.u64()?);
        }
        sequences.push((id, held));
    }
    fields.0.is_empty().then_some((position, sequences))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use vakt_event::CursorKey;

    use super::*;
    use crate::disk::FakeDisk;

    fn filled() -> CursorIndex {
        let mut index = CursorIndex::new(100, 100);
        for (sequence_id, sequence_number) in [(9, 1), (9, 2), (9, 5), (3, 7), (u128::MAX, 0)] {
            index.insert(CursorKey {
                sequence_id,
                sequence_number,
            });
        }
        index
    }

    fn listed(index: &CursorIndex) -> Vec<(u128, IntervalSet)> {
        index
            .by_last_use()
            .into_iter()
            .map(|(id, held)| (id, held.clone()))
            .collect()
    }

    #[test]
    fn comes_back_in_the_order_of_use() {
        let (disk, dir) = (FakeDisk::default(), PathBuf::from("/j"));
        let index = filled();
        for position in [41, 42] {
            write(&disk, &dir, position, &index).unwrap();
        }
        let mut back = CursorIndex::new(100, 100);
        assert_eq!(read(&disk, &dir, &mut back).unwrap(), Some(42));
        assert_eq!(listed(&back), listed(&index));
        assert_eq!(back.intervals(), index.intervals());
    }

    #[test]
    fn a_damaged_one_is_none() {
        let (disk, dir) = (FakeDisk::default(), PathBuf::from("/j"));
        let mut back = CursorIndex::new(100, 100);
        assert_eq!(read(&disk, &dir, &mut back).unwrap(), None);
        let whole = encode(42, &filled());
        for length in 0..whole.len() {
            assert!(decode(&whole[..length]).is_none(), "cut at {length}");
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            assert!(decode(&bytes).is_none(), "flipped at {at}");
        }
    }
}
