//! Files that were attached to incidents, in the folder `attachments` of the data directory.
//!
//! Each file is named by the BLAKE3 of its content, so that the same bytes lie there once, whoever attached
//! them where. It is durable, its name too, before a row of the records names it: after a crash there may be
//! a file that no row names, and never a row without its file. The next start removes such files. Nothing
//! else does: what was attached stays.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use aws_lc_rs::digest;
use tempfile::NamedTempFile;
use vakt_incident::work::{FILE_BYTES_MAX, Stored};
use vakt_storage::hex;

use crate::data_dir::{DataDir, sync_dir};

/// How the name of a file begins that is being written.
const PARTIAL_PREFIX: &str = ".partial-";

/// The folder.
#[derive(Clone, Debug)]
pub struct Attachments(PathBuf);

impl Attachments {
    /// Opens or makes the folder.
    pub fn open(data_dir: &DataDir) -> Result<Self> {
        let path = data_dir.attachments();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        sync_dir(data_dir.path())?;
        Ok(Self(path))
    }

    /// Stores bytes; when this answers they are durable.
    pub fn put(&self, bytes: &[u8]) -> Result<Stored> {
        let stored = hashes(bytes);
        let path = self.path(&stored.blake3)?;
        if holds(&path, &stored)? {
            // It may be the file of somebody who has not come as far as making it durable.
            File::open(&path).and_then(|file| file.sync_all())?;
        } else {
            self.write(&path, bytes)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        sync_dir(&self.0)?;
        Ok(stored)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let mut partial = tempfile::Builder::new()
            .prefix(PARTIAL_PREFIX)
            .tempfile_in(&self.0)?;
        partial.write_all(bytes)?;
        partial.as_file().sync_all()?;
        let file: NamedTempFile = partial;
        file.persist(path)?;
        Ok(())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When they cannot be read, or are not what their hashes say.
    pub fn read(&self, stored: &Stored) -> Result<Vec<u8>> {
        let path = self.path(&stored.blake3)?;
        let shown = path.display();
        let length = fs::metadata(&path).with_context(|| format!("cannot read {shown}"))?;
        ensure!(
            length.len() == stored.bytes && stored.bytes <= FILE_BYTES_MAX,
            "{shown} has {} bytes, and had {} when it was attached",
            length.len(),
            stored.bytes
        );
        let bytes = fs::read(&path).with_context(|| format!("cannot read {shown}"))?;
        ensure!(
            hashes(&bytes) == *stored,
            "{shown} was changed: it has another hash than when it was attached"
        );
        Ok(bytes)
    }

    /// Removes the files that none of `known` is about, and gives how many.
    pub fn remove_orphans(&self, known: &[Stored]) -> Result<u64> {
        let known: BTreeSet<&str> = known.iter().map(|it| it.blake3.as_str()).collect();
        let unreadable = || format!("cannot list {}", self.0.display());
        let mut removed = 0;
        for entry in fs::read_dir(&self.0).with_context(unreadable)? {
            let entry = entry.with_context(unreadable)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // What is not named as ours is somebody else's.
            let is_ours = name.starts_with(PARTIAL_PREFIX) || is_hash(&name);
            if is_ours && !known.contains(name.as_ref()) {
                fs::remove_file(entry.path())
                    .with_context(|| format!("cannot remove {}", entry.path().display()))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    fn path(&self, blake3: &str) -> Result<PathBuf> {
        ensure!(is_hash(blake3), "`{blake3}` is no hash");
        Ok(self.0.join(blake3))
    }
}

/// What is wrong with each of the files; nothing where all are as they were attached.
pub fn faults(data_dir: &DataDir, known: &[Stored]) -> Vec<(String, String)> {
    let attachments = Attachments(data_dir.attachments());
    let fault = |stored: &Stored| {
        let found = attachments.read(stored).err()?;
        let file = format!("attachments/{}", stored.blake3);
        Some((file, format!("{found:#}")))
    };
    known.iter().filter_map(fault).collect()
}

/// Whether a file is there whole; one of another length was never finished.
fn holds(path: &Path, stored: &Stored) -> Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(hashes(&bytes) == *stored),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn hashes(bytes: &[u8]) -> Stored {
    Stored {
        blake3: blake3::hash(bytes).to_hex().to_string(),
        sha256: hex::encode(digest::digest(&digest::SHA256, bytes).as_ref()),
        bytes: bytes.len() as u64,
    }
}

fn is_hash(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 64 && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(data_dir: &DataDir) -> usize {
        fs::read_dir(data_dir.attachments()).unwrap().count()
    }

    #[test]
    fn bytes_are_kept_once_and_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::at(folder.path());
        let attachments = Attachments::open(&data_dir).unwrap();
        let stored = attachments.put(b"abc").unwrap();
        assert_eq!(
            stored.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "FIPS 180-4, the example of SHA-256"
        );
        assert_eq!(attachments.put(b"abc").unwrap(), stored);
        assert_eq!(names(&data_dir), 1);
        assert_eq!(attachments.read(&stored).unwrap(), b"abc");
        let empty = attachments.put(b"").unwrap();
        assert_eq!(attachments.read(&empty).unwrap(), b"");
    }

    #[test]
    fn what_was_changed_is_not_given_out() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::at(folder.path());
        let attachments = Attachments::open(&data_dir).unwrap();
        let stored = attachments.put(b"abc").unwrap();
        let path = data_dir.attachments().join(&stored.blake3);
        let known = [stored.clone()];
        assert_eq!(faults(&data_dir, &known), []);
        for (content, expected) in [("abd", "another hash"), ("ab", "has 2 bytes, and had 3")] {
            fs::write(&path, content).unwrap();
            let error = attachments.read(&stored).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert_eq!(faults(&data_dir, &known).len(), 1);
        }
        // A file that a full disk left short is written again.
        attachments.put(b"abc").unwrap();
        assert_eq!(attachments.read(&stored).unwrap(), b"abc");
        fs::remove_file(&path).unwrap();
        assert_eq!(faults(&data_dir, &known).len(), 1);
    }

    #[test]
    fn the_next_start_removes_what_no_row_names() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::at(folder.path());
        let attachments = Attachments::open(&data_dir).unwrap();
        let (kept, orphan) = (
            attachments.put(b"a").unwrap(),
            attachments.put(b"b").unwrap(),
        );
        let at = |name: &str| data_dir.attachments().join(name);
        for name in [".partial-x1", "notes of the operator"] {
            fs::write(at(name), "x").unwrap();
        }
        assert_eq!(
            attachments
                .remove_orphans(std::slice::from_ref(&kept))
                .unwrap(),
            2
        );
        assert_eq!(attachments.read(&kept).unwrap(), b"a");
        assert!(!at(&orphan.blake3).exists());
        assert!(at("notes of the operator").exists());
    }
}
