//! Which version of the index a directory holds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::{Error, Result};

const FORMAT_FILE: &str = "vakt-index-format";

/// Rises whenever [`crate::terms`], [`crate::stored`] or the schema change what they write.
const FORMAT: &str = "vakt-search 1";

/// The engine's own list of segments: an index is there when it is.
const ENGINE_FILE: &str = "meta.json";

/// How much of an unknown format is shown, in characters.
const SHOWN: usize = 40;

/// Checks the format of the index in `dir` and whether one has yet to be created there; if so,
/// its format is written down first.
pub(super) fn check(dir: &Path) -> Result<bool> {
    let path = dir.join(FORMAT_FILE);
    let failed = |action, source| Error::File {
        action,
        path: path.clone(),
        source,
    };
    let found = match fs::read(&path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", error)),
    };
    let has_index = dir
        .join(ENGINE_FILE)
        .try_exists()
        .map_err(|error| failed("read", error))?;
    match found {
        Some(found) if found == FORMAT => Ok(!has_index),
        // Killed while the file was being written: nothing was created after it.
        None if !has_index => write(dir, &path)
            .map(|()| true)
            .map_err(|error| failed("write", error)),
        Some(found) if found.is_empty() && !has_index => write(dir, &path)
            .map(|()| true)
            .map_err(|error| failed("write", error)),
        found => Err(Error::Format {
            dir: dir.to_owned(),
            found: found
                .as_deref()
                .unwrap_or("unknown")
                .chars()
                .take(SHOWN)
                .collect(),
            expected: FORMAT,
        }),
    }
}

fn write(dir: &Path, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    writeln!(file, "{FORMAT}")?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}
