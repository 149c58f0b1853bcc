//! Folders and files of the measurement.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{Advice, fadvise};
use vakt_event::Frame;

/// An empty folder of this name; what an earlier run left there is removed.
pub(crate) fn fresh(dir: &Path, name: &str) -> Result<PathBuf> {
    let dir = dir.join(name);
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("remove {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
    Ok(dir)
}

/// The files below a path, or the file that it is.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("read {}", path.display()))? {
        found.extend(files(&entry?.path())?);
    }
    Ok(found)
}

/// Bytes of all files below a path.
pub(crate) fn bytes(path: &Path) -> Result<u64> {
    let mut sum = 0;
    for file in files(path)? {
        sum += fs::metadata(&file)?.len();
    }
    Ok(sum)
}

/// Makes the next read of these files come from the disk. As `drop_caches` does it, but only for
/// them: other programs keep their pages, and nobody needs to be root. Pages that somebody has mapped
/// stay, so nothing may hold the files open.
pub(crate) fn evict(path: &Path) -> Result<()> {
    for path in files(path)? {
        let file = File::open(&path)?;
        // What is not written yet cannot be dropped.
        file.sync_all()?;
        fadvise(&file, 0, None, Advice::DontNeed)
            .with_context(|| format!("drop {} from the page cache", path.display()))?;
    }
    Ok(())
}

/// Writes events as lines.
pub(crate) fn write_lines(path: &Path, events: impl Iterator<Item = Frame>) -> Result<()> {
    let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for frame in events {
        file.write_all(&frame.bytes)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
