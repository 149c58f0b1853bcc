//! The checkpoint of the cursor index: `cursors.checkpoint`.
//!
//! ```text
//! offset  bytes
//!      0      8  "VAKTCURS"
//!      8      2  version: 2
//!     10      2  0
//!     12      4  CRC32C of everything from offset 16
//!     16      8  position: cursors of frames before it are in here
//!     24      4  streams that follow
//!                each stream: 2 bytes of length, then UTF-8
//!             4  sequences that follow, the one unused for longest first
//!
//!   each sequence:
//!      0      4  number of its stream, from 0
//!      4      1  1 for a drill, else 0
//!      5     16  boot id
//!     21     16  sequence id
//!     37      4  runs that follow, ascending
//!     41      4  checks that follow the runs, ascending
//!     45     16  each run: first number, last number (inclusive)
//!            16  each check: number, check
//! ```
//!
//! A checkpoint of version 1, which knew no streams, counts as missing.
//!
//! Little endian. Written beside and renamed into place when a segment is full and at close. It only
//! saves time: without it, or when it is damaged, the whole journal is read at open instead.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::cursor::held::Held;
use crate::cursor::index::{CursorIndex, SequenceKey};
use crate::disk::Disk;
use crate::fields::Fields;

/// Its name in the journal's directory.
pub(crate) const NAME: &str = "cursors.checkpoint";
const NAME_NEW: &str = "cursors.checkpoint.new";
const MAGIC: &[u8; 8] = b"VAKTCURS";
const VERSION: u16 = 2;

/// Bytes of a sequence without its runs and checks.
const SEQUENCE_BYTES: usize = 45;
/// Bytes of a run, and of a check.
const PAIR_BYTES: usize = 16;

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
    for (key, held) in sequences {
        index.restore(key, held);
    }
    Ok(Some(position))
}

fn encode(position: u64, index: &CursorIndex) -> Vec<u8> {
    let sequences = index.by_last_use();
    let streams: BTreeSet<&str> = sequences.iter().map(|(key, _)| &*key.stream).collect();
    let streams: BTreeMap<&str, u32> = streams.into_iter().zip(0..).collect();
    let size = index.size();
    let mut content = Vec::with_capacity(
        12 + sequences.len() * SEQUENCE_BYTES + (size.runs + size.checks) * PAIR_BYTES,
    );
    content.extend_from_slice(&position.to_le_bytes());
    content.extend_from_slice(&count(streams.len()).to_le_bytes());
    for stream in streams.keys() {
        // A record holds the stream under two bytes of length, so that none is longer.
        let length = u16::try_from(stream.len()).unwrap_or(u16::MAX);
        content.extend_from_slice(&length.to_le_bytes());
        content.extend_from_slice(stream.as_bytes());
    }
    content.extend_from_slice(&count(sequences.len()).to_le_bytes());
    for (key, held) in sequences {
        let stream = streams.get(&*key.stream).copied().unwrap_or(u32::MAX);
        content.extend_from_slice(&stream.to_le_bytes());
        content.push(u8::from(key.drill));
        content.extend_from_slice(&key.boot_id.to_le_bytes());
        content.extend_from_slice(&key.sequence_id.to_le_bytes());
        content.extend_from_slice(&count(held.size().runs).to_le_bytes());
        content.extend_from_slice(&count(held.size().checks).to_le_bytes());
        for (first, second) in held.runs().chain(held.checks()) {
            content.extend_from_slice(&first.to_le_bytes());
            content.extend_from_slice(&second.to_le_bytes());
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

fn decode(bytes: &[u8]) -> Option<(u64, Vec<(SequenceKey, Held)>)> {
    let mut fields = Fields(bytes);
    if &fields.array::<8>()? != MAGIC || fields.u16()? != VERSION || fields.u16()? != 0 {
        return None;
    }
    let crc = fields.u32()?;
    if crc32c::crc32c(fields.0) != crc {
        return None;
    }
    let position = fields.u64()?;
    let mut streams: Vec<Arc<str>> = Vec::new();
    for _ in 0..fields.u32()? {
        streams.push(Arc::from(fields.text()?));
    }
    let mut sequences = Vec::new();
    for _ in 0..fields.u32()? {
        sequences.push(decode_sequence(&mut fields, &streams)?);
    }
    fields.0.is_empty().then_some((position, sequences))
}

fn decode_sequence(fields: &mut Fields<'_>, streams: &[Arc<str>]) -> Option<(SequenceKey, Held)> {
    let stream = streams.get(usize::try_from(fields.u32()?).ok()?)?;
    let key = SequenceKey {
        stream: Arc::clone(stream),
        drill: fields.u8()? != 0,
        boot_id: fields.u128()?,
        sequence_id: fields.u128()?,
    };
    let (runs, checks) = (fields.u32()?, fields.u32()?);
    let mut held = Held::default();
    for _ in 0..runs {
        held.insert_run(fields.u64()?, fields.u64()?);
    }
    for _ in 0..checks {
        held.insert_check(fields.u64()?, fields.u64()?);
    }
    Some((key, held))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use vakt_event::{CursorKey, Source, Transport};

    use super::*;
    use crate::cursor::index::Bounds;
    use crate::disk::FakeDisk;

    fn empty() -> CursorIndex {
        CursorIndex::new(Bounds {
            sequences_max: 100,
            intervals_max: 100,
            checks_max: 5,
        })
    }

    /// Two streams and a drill; the checks of the first two entries are forgotten at the bound.
    fn filled() -> CursorIndex {
        let mut index = empty();
        let entries = [
            ("a", false, 9, 1),
            ("a", false, 9, 2),
            ("a", false, 9, 5),
            ("b", false, 9, 5),
            ("a", true, 9, 5),
            ("a", false, 3, 7),
            ("", false, u128::MAX, 0),
        ];
        for (stream, drill, sequence_id, sequence_number) in entries {
            let source = Source {
                stream: stream.to_owned(),
                transport: Transport::Journal,
                listener: "http".to_owned(),
                peer: None,
                zone: None,
                drill,
            };
            index.of(&source).insert(CursorKey {
                sequence_id,
                boot_id: 4,
                sequence_number,
                check: sequence_number + 1,
            });
        }
        index
    }

    fn listed(index: &CursorIndex) -> Vec<(SequenceKey, Held)> {
        index
            .by_last_use()
            .into_iter()
            .map(|(key, held)| (key.clone(), held.clone()))
            .collect()
    }

    #[test]
    fn comes_back_in_the_order_of_use() {
        let (disk, dir) = (FakeDisk::default(), PathBuf::from("/j"));
        let index = filled();
        for position in [41, 42] {
            write(&disk, &dir, position, &index).unwrap();
        }
        let mut back = empty();
        assert_eq!(read(&disk, &dir, &mut back).unwrap(), Some(42));
        assert_eq!(listed(&back), listed(&index));
        assert_eq!(back.size(), index.size());
    }

    #[test]
    fn a_damaged_one_is_none() {
        let (disk, dir) = (FakeDisk::default(), PathBuf::from("/j"));
        let mut back = empty();
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
