//! A backup is checked and becomes a data directory.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::manifest::{FileEntry, Manifest};
use super::{copy, restored};
use crate::data_dir::{DataDir, sync_dir, write_secret};

const UNFINISHED: &str = "\
A restore into this directory did not finish, so that not all is here. Remove the directory's content \
and restore again.
";

/// A file of a backup that is not as it was when the backup was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub path: String,
    pub text: String,
}

/// Compares all files of a backup with its manifest.
///
/// # Errors
/// When the manifest cannot be read. Files that cannot be read are damage.
pub fn check(backup: &Path) -> Result<(Manifest, Vec<Damage>)> {
    let manifest = Manifest::read(backup)?;
    let mut damages = Vec::new();
    for file in &manifest.files {
        if let Some(text) = damage_of(backup, file)? {
            damages.push(Damage {
                path: file.path.clone(),
                text,
            });
        }
    }
    Ok((manifest, damages))
}

fn damage_of(backup: &Path, file: &FileEntry) -> Result<Option<String>> {
    let path = backup.join(file.relative()?);
    if !path.exists() {
        return Ok(Some("it is missing".to_owned()));
    }
    Ok(match copy::hash(&path) {
        Err(error) => Some(format!("it cannot be read: {:#}", error.root_cause())),
        Ok((bytes, _)) if bytes != file.bytes => Some(format!(
            "it has {bytes} bytes, and {} when the backup was taken",
            file.bytes
        )),
        Ok((_, hash)) if hash.to_hex().as_str() != file.blake3 => {
            Some("its content was changed: it has another hash".to_owned())
        }
        Ok(_) => None,
    })
}

/// Copies a backup that was checked into a directory that is new or empty.
///
/// # Errors
/// When the directory is not empty, or something cannot be read or written. What was copied
/// until then stays, marked so that no daemon starts on it.
pub fn restore(backup: &Path, manifest: &Manifest, data_dir: &DataDir) -> Result<()> {
    let to = data_dir.path();
    data_dir.create()?;
    let mut entries = fs::read_dir(to).with_context(|| format!("cannot list {}", to.display()))?;
    ensure!(
        entries.next().is_none(),
        "{} is not empty: a restore needs a new or empty directory, and replaces nothing",
        to.display()
    );
    let mark = data_dir.unfinished_restore();
    write_secret(&mark, UNFINISHED)?;
    sync_dir(to)?;
    for file in &manifest.files {
        let relative = file.relative()?;
        let path = to.join(&relative);
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let copied = copy::copy(&backup.join(&relative), &path, file.path.clone())?;
        ensure!(
            copied == *file,
            "{} changed while it was read",
            backup.join(&relative).display()
        );
        if let Some(folder) = path.parent() {
            sync_dir(folder)?;
        }
    }
    restored::write(data_dir, manifest.taken)?;
    sync_dir(to)?;
    fs::remove_file(&mark).with_context(|| format!("cannot remove {}", mark.display()))?;
    sync_dir(to)
}
