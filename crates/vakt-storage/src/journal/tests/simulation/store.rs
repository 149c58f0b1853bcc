//! How a consumer commits: state and position together, or neither.

use std::io;
use std::path::Path;

use crate::disk::{Disk, FakeDisk};

/// Replaces the state in `dir`. After a failure either the old or the new one is there.
pub(super) fn save(disk: &FakeDisk, dir: &str, numbers: &[u64]) -> io::Result<()> {
    let dir = Path::new(dir);
    let (path, path_new) = (dir.join("state"), dir.join("state.new"));
    match disk.remove(&path_new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    let file = disk.create(&path_new)?;
    file.write_all_at(&bytes, 0)?;
    file.sync_data()?;
    disk.rename(&path_new, &path)?;
    disk.sync_dir(dir)
}

/// The state in `dir`; nothing when none was ever saved.
pub(super) fn load(disk: &FakeDisk, dir: &str) -> io::Result<Vec<u64>> {
    let file = match disk.open(&Path::new(dir).join("state")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file?,
    };
    let mut bytes = vec![0; usize::try_from(file.len()?).unwrap()];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    let (numbers, crc) = bytes.split_last_chunk::<4>().expect("a torn state");
    assert_eq!(
        crc32c::crc32c(numbers),
        u32::from_le_bytes(*crc),
        "a torn state"
    );
    let (numbers, _) = numbers.as_chunks::<8>();
    Ok(numbers.iter().map(|n| u64::from_le_bytes(*n)).collect())
}
