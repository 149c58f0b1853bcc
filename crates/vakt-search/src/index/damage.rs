//! Finding out whether the files of an index are what was written.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Index;
use crate::Error;

/// How much of a file is read at once.
const READ_BYTES: usize = 1024 * 1024;

impl Index {
    /// Reads every file of the index and says what is wrong with them; `None` when nothing
    /// is, or when that cannot be told now (the directory is away, the disk refuses).
    pub fn damage(&self) -> Option<Error> {
        let dir = &self.shared.dir;
        if !dir.is_dir() {
            return None;
        }
        let said = match self.shared.lock().catalogue() {
            None => return None,
            Some(catalogue) => catalogue.fault(),
        };
        match said {
            Ok(None) => {}
            Ok(Some(fault)) => return Some(Error::damaged(dir, fault)),
            Err(error) => return error.may_be_damage().then_some(error),
        }
        // Files of this snapshot stay as long as it does.
        let snapshot = self.shared.snapshot.load_full();
        for sealed in snapshot.sealed.iter() {
            let path = super::shared::split_path(dir, &sealed.meta.name);
            match hash(&path) {
                Ok(found) if found == sealed.meta.name => {}
                Ok(_) => {
                    let reason = format!("{} is not what was written", path.display());
                    return Some(Error::damaged(dir, reason));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound && dir.is_dir() => {
                    return Some(Error::damaged(dir, format!("{} is gone", path.display())));
                }
                Err(_) => return None,
            }
        }
        None
    }
}

/// The name that the bytes of the file give it.
pub(super) fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

impl Error {
    /// Whether this may come from damaged files, so that [`Index::damage`] is worth its time.
    pub fn may_be_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Format { .. } | Self::Engine { .. } => true,
            Self::Catalogue { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
            ),
            Self::Busy { .. }
            | Self::Rules { .. }
            | Self::File { .. }
            | Self::Cursor { .. }
            | Self::Cancelled
            | Self::OutOfTime { .. }
            | Self::Behind { .. } => false,
        }
    }
}
