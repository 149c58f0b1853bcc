//! Backups: a consistent copy of a data directory while the daemon runs, and its way back.
//!
//! The databases come first and the journal after them, so that the copied checkpoint is never
//! beyond the copied journal: whoever starts on the copy evaluates each event once. Attachments follow the
//! records that name them. The index
//! is not copied; it is built from the journal.

mod copy;
mod database;
mod manifest;
mod restore;
pub(crate) mod restored;

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use vakt_event::Clock;
use vakt_storage::disk::ReadOnlyDisk;
use vakt_storage::{RealDisk, copy_journal, hex};

use crate::data_dir::{DataDir, sync_dir};

pub use manifest::{FileEntry, Manifest};
pub use restore::{Damage, check, restore};

/// The name of the folder that holds the journal, in a backup as in a data directory.
const JOURNAL: &str = "journal";

/// Takes a backup into `dest`, which is new or empty. Without `secrets` the signing key, the
/// key of hashed fields and the administrator's token stay out.
///
/// # Errors
/// When something cannot be read or written; nothing is at `dest` then.
pub fn take(data_dir: &DataDir, dest: &Path, secrets: bool, clock: &dyn Clock) -> Result<Manifest> {
    for needed in [data_dir.journal(), data_dir.records()] {
        ensure!(
            needed.exists(),
            "{} is missing: {} is no data directory that a daemon has run in",
            needed.display(),
            data_dir.path().display()
        );
    }
    let (parent, partial) = beside(dest)?;
    let to = partial.path();
    let mut manifest = Manifest::new(clock.now(), secrets);
    for database in [data_dir.records(), data_dir.access(), data_dir.searches()] {
        if database.exists() {
            manifest.files.push(copy_database(&database, to)?);
        }
    }
    copy_attachments(data_dir, to, &mut manifest)?;
    copy_the_journal(&data_dir.journal(), to, &mut manifest)?;
    let mut singles = vec![data_dir.signing_public_key()];
    if secrets {
        singles.extend([
            data_dir.signing_key(),
            data_dir.admin_token(),
            data_dir.redact_key(),
        ]);
    }
    for single in singles.into_iter().filter(|single| single.exists()) {
        let name = name_of(&single)?;
        manifest
            .files
            .push(copy::copy(&single, &to.join(&name), name)?);
    }
    manifest.write(to)?;
    sync_dir(&to.join(JOURNAL))?;
    sync_dir(to)?;
    // A backup that was not finished never bears the name.
    fs::rename(to, dest)
        .with_context(|| format!("cannot rename {} to {}", to.display(), dest.display()))?;
    drop(partial.keep());
    sync_dir(&parent)?;
    Ok(manifest)
}

/// The folder that `dest` is to be in, and a new one in it, which goes if nothing comes of it.
fn beside(dest: &Path) -> Result<(PathBuf, TempDir)> {
    let dest = std::path::absolute(dest)
        .with_context(|| format!("{} is no place for a backup", dest.display()))?;
    let taken = || {
        format!(
            "{} is there already and not empty: a backup needs a new or empty folder",
            dest.display()
        )
    };
    match fs::read_dir(&dest) {
        Ok(mut entries) => ensure!(entries.next().is_none(), taken()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(taken),
    }
    let parent = dest.parent().map_or(PathBuf::from("/"), Path::to_owned);
    let partial = tempfile::Builder::new()
        .prefix(&format!(".{}.", name_of(&dest)?))
        .suffix(".partial")
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(&parent)
        .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    Ok((parent, partial))
}

fn copy_database(database: &Path, to: &Path) -> Result<FileEntry> {
    let name = name_of(database)?;
    let copied = to.join(&name);
    database::copy(database, &copied)?;
    copy::entry_of(&copied, name)
}

/// The files that the copied records name: each was there before its row was, and stays.
fn copy_attachments(data_dir: &DataDir, to: &Path, manifest: &mut Manifest) -> Result<()> {
    let copied = DataDir::at(to);
    let named = vakt_incident::attachments_of(&copied.records())?;
    if named.is_empty() {
        return Ok(());
    }
    let folder = copied.attachments();
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let name = name_of(&folder)?;
    for stored in named {
        let from = data_dir.attachments().join(&stored.blake3);
        let path = format!("{name}/{}", stored.blake3);
        let file = copy::copy(&from, &folder.join(&stored.blake3), path)?;
        manifest.files.push(file);
    }
    sync_dir(&folder)
}

fn copy_the_journal(journal: &Path, to: &Path, manifest: &mut Manifest) -> Result<()> {
    let to = to.join(JOURNAL);
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&to)
        .with_context(|| format!("cannot make {}", to.display()))?;
    let copied = copy_journal(&ReadOnlyDisk, journal, &RealDisk, &to)?;
    for name in &copied.names {
        let entry = copy::entry_of(&to.join(name), format!("{JOURNAL}/{name}"))?;
        manifest.files.push(entry);
    }
    manifest.first = copied.first;
    manifest.end = copied.end;
    manifest.head.seq = copied.head.seq;
    manifest.head.hash = hex::encode(&copied.head.hash);
    Ok(())
}

fn name_of(path: &Path) -> Result<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} has no name in UTF-8", path.display()))?;
    Ok(name.to_owned())
}
