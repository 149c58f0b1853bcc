//! Which version of the index a directory holds, and by which rules its events were made: a line
//! for each, the second only where there are rules.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::catalogue::CATALOGUE_FILE;
use crate::{Error, Result};

const FORMAT_FILE: &str = "vakt-index-format";

/// Rises whenever what is written changes so that another version would read it wrongly: [`crate::words`],
/// [`crate::chunk`], [`crate::split`] or the catalogue; and whenever frames are decoded otherwise.
const FORMAT: &str = "vakt-search 8";

/// What the line of the rules begins with.
const RULES: &str = "rules";

/// How much of an unknown format is shown, in characters.
const SHOWN: usize = 40;

/// What is there when an index is; the first stood for the engine's own list in format 1.
const INDEX_FILES: [&str; 2] = ["meta.json", CATALOGUE_FILE];

/// Checks the format and the rules ([`crate::Decode::rules`]) of the index in `dir`. Where one has yet
/// to be created, both are written down first.
pub(super) fn check(dir: &Path, rules: &str) -> Result<()> {
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
    let expected = expected(rules);
    match found {
        Some(found) if found == expected => Ok(()),
        // Killed while the file was being written: nothing was created after it.
        None if !has_index => write(dir, &path, &expected).map_err(|error| failed("write", error)),
        Some(found) if !has_index && expected.starts_with(&found) => {
            write(dir, &path, &expected).map_err(|error| failed("write", error))
        }
        Some(found) if found.lines().next() == Some(FORMAT) => Err(Error::Rules {
            dir: dir.to_owned(),
        }),
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

fn expected(rules: &str) -> String {
    match rules {
        "" => FORMAT.to_owned(),
        rules => format!("{FORMAT}\n{RULES} {rules}"),
    }
}

fn write(dir: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}
