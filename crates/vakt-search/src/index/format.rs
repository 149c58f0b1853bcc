//! Which version of the index a directory holds.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::catalogue::CATALOGUE_FILE;
use crate::{Error, Result};

const FORMAT_FILE: &str = "vakt-index-format";

/// Rises whenever what is written changes: [`crate::words`], [`crate::chunk`], [`crate::split`] or the
/// catalogue.
const FORMAT: &str = "vakt-search 3";

/// How much of an unknown format is shown, in characters.
const SHOWN: usize = 40;

/// What is there when an index is; the first stood for the engine's own list in format 1.
const INDEX_FILES: [&str; 2] = ["meta.json", CATALOGUE_FILE];

/// Checks the format of the index in `dir`. Where one has yet to be created, its format is written
/// down first.
pub(super) fn check(dir: &Path) -> Result<()> {
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
    let mut has_index = false;
    for name in INDEX_FILES {
        let there = dir.join(name).try_exists();
        has_index |= there.map_err(|error| failed("read", error))?;
    }
    match found {
        Some(found) if found == FORMAT => Ok(()),
        // Killed while the file was being written: nothing was created after it.
        None if !has_index => write(dir, &path).map_err(|error| failed("write", error)),
        Some(found) if found.is_empty() && !has_index => {
            write(dir, &path).map_err(|error| failed("write", error))
        }
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
