//! `backup.json`: what a backup holds, so that it can be told later whether all of it is there.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use vakt_event::{JournalPosition, Timestamp};

/// Its name in a backup.
pub(super) const NAME: &str = "backup.json";

/// The highest version that this code reads, and the one it writes.
const VERSION: u16 = 1;

/// A manifest larger than this is none of ours: some 100 bytes a segment of 64 MiB, so that this is a
/// journal of a hundred terabytes.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u16,
    /// The Vakt that took the backup.
    pub vakt: String,
    /// When it began: what was acknowledged before is in it.
    pub taken: Timestamp,
    /// The first position in the journal.
    pub first: JournalPosition,
    /// The position after the last.
    pub end: JournalPosition,
    pub head: Head,
    /// Whether the keys and the administrator's token are in it.
    pub secrets: bool,
    /// Every file but this one, by path.
    pub files: Vec<FileEntry>,
}

/// The last line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: u64,
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Within the backup, with `/` between folders.
    pub path: String,
    pub bytes: u64,
    /// Of the content, as hexadecimal digits.
    pub blake3: String,
}

impl Manifest {
    pub fn new(taken: Timestamp, secrets: bool) -> Self {
        Self {
            version: VERSION,
            vakt: env!("CARGO_PKG_VERSION").to_owned(),
            taken,
            first: JournalPosition(0),
            end: JournalPosition(0),
            head: Head {
                seq: 0,
                hash: String::new(),
            },
            secrets,
            files: Vec::new(),
        }
    }

    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// When there is none that this Vakt understands.
    pub fn read(backup: &Path) -> Result<Self> {
        let path = backup.join(NAME);
        let unreadable = || {
            format!(
                "{} cannot be read: {} is no backup, or one that was not finished",
                path.display(),
                backup.display()
            )
        };
        let file = File::open(&path).with_context(unreadable)?;
        let bytes = file.metadata().with_context(unreadable)?.len();
        ensure!(
            bytes <= BYTES_MAX,
            "{} has {bytes} bytes, more than any manifest",
            path.display()
        );
        let manifest: Self = serde_json::from_reader(std::io::BufReader::new(file))
            .with_context(|| format!("{} is damaged", path.display()))?;
        ensure!(
            manifest.version <= VERSION,
            "{} has version {}, and this Vakt reads up to {VERSION}: restore with the Vakt that took \
             it ({}), or a newer one",
            path.display(),
            manifest.version,
            manifest.vakt
        );
        for file in &manifest.files {
            file.relative()
                .with_context(|| format!("{} is damaged", path.display()))?;
        }
        Ok(manifest)
    }

    /// Writes the manifest into a backup, and makes it durable.
    pub fn write(&self, backup: &Path) -> Result<()> {
        let path = backup.join(NAME);
        let write = || -> Result<()> {
            let file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            let mut out = BufWriter::new(file);
            serde_json::to_writer_pretty(&mut out, self)?;
            out.write_all(b"\n")?;
            out.into_inner()?.sync_all()?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }
}

impl FileEntry {
    /// The path, which leads nowhere else than into the backup.
    pub fn relative(&self) -> Result<PathBuf> {
        let path = PathBuf::from(&self.path);
        let stays = path
            .components()
            .all(|component| matches!(component, Component::Normal(_)));
        ensure!(
            stays && path.components().next().is_some(),
            "`{}` is no path within a backup",
            self.path
        );
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_backup() {
        let check = |path: &str, stays: bool| {
            let entry = FileEntry {
                path: path.to_owned(),
                bytes: 0,
                blake3: String::new(),
            };
            assert_eq!(entry.relative().is_ok(), stays, "{path}");
        };
        check("records.db", true);
        check("journal/ledger.ndjson", true);
        check("", false);
        check("/etc/passwd", false);
        check("../outside", false);
        check("journal/../../outside", false);
    }
}
