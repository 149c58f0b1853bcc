//! Files are copied, hashed and made durable in one pass.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::manifest::FileEntry;

/// 1 MiB a read: enough for full throughput.
const PIECE_BYTES: usize = 1024 * 1024;

/// Copies a file to a new one for its owner alone, and makes the content durable.
pub(super) fn copy(from: &Path, to: &Path, path: String) -> Result<FileEntry> {
    let copy = || -> io::Result<(u64, blake3::Hash)> {
        let mut out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(to)?;
        let found = read(from, &mut |piece| out.write_all(piece))?;
        out.sync_all()?;
        Ok(found)
    };
    let (bytes, hash) =
        copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(FileEntry {
        path,
        bytes,
        blake3: hash.to_hex().to_string(),
    })
}

/// The entry of a file that is in its place already, which is made durable.
pub(super) fn entry_of(file: &Path, path: String) -> Result<FileEntry> {
    let (bytes, hash) = hash(file)?;
    let synced = File::open(file).and_then(|file| file.sync_all());
    synced.with_context(|| format!("cannot sync {}", file.display()))?;
    Ok(FileEntry {
        path,
        bytes,
        blake3: hash.to_hex().to_string(),
    })
}

/// The length and the hash of a file.
pub(super) fn hash(file: &Path) -> Result<(u64, blake3::Hash)> {
    read(file, &mut |_| Ok(())).with_context(|| format!("cannot read {}", file.display()))
}

fn read(
    file: &Path,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, blake3::Hash)> {
    let mut input = File::open(file)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut bytes = 0;
    loop {
        let count = match input.read(&mut piece) {
            Ok(0) => return Ok((bytes, hasher.finalize())),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = piece.get(..count).unwrap_or(&[]);
        hasher.update(read);
        each(read)?;
        bytes += count as u64;
    }
}
