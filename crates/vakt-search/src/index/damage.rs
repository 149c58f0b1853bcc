//! Finding out whether the files of an index are what was written.
//!
//! The engine checks little when it reads: a flipped bit gives an error, a panic, or an answer that
//! lacks an event. Each file carries a checksum, which is looked at here.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tantivy::TantivyError;
use tantivy::directory::error::OpenReadError;

use super::Index;
use crate::Error;

/// A merge may remove a file while we are about to read it; then all is looked at again. A file that
/// is missing this often is gone.
const LOOKS_MAX: usize = 3;

impl Index {
    /// Reads every file of the last commit and says what is wrong with them; `None` when nothing
    /// is, or when that cannot be told now (the directory is away, the disk refuses).
    pub fn damage(&self) -> Option<Error> {
        let mut reason = None;
        for _ in 0..LOOKS_MAX {
            if !self.dir.is_dir() {
                return None;
            }
            let checked = catch_unwind(AssertUnwindSafe(|| self.engine.validate_checksum()));
            match checked {
                Ok(Ok(files)) if files.is_empty() => return None,
                Ok(Ok(files)) => {
                    let mut names: Vec<_> = files
                        .iter()
                        .map(|file| file.display().to_string())
                        .collect();
                    names.sort();
                    let names = names.join(", ");
                    return Some(self.damaged(format!("the checksum of {names} does not hold")));
                }
                Ok(Err(error)) if is_of_the_disk(&error) => return None,
                Ok(Err(error)) => {
                    let missing = matches!(
                        error,
                        TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(_))
                    );
                    reason = Some(error.to_string());
                    if !missing {
                        break;
                    }
                }
                Err(_) => {
                    reason = Some("the engine panicked when it read its files".to_owned());
                    break;
                }
            }
        }
        reason.map(|reason| self.damaged(reason))
    }

    pub(super) fn damaged(&self, reason: String) -> Error {
        Error::Damaged {
            dir: self.dir.clone(),
            reason,
        }
    }
}

/// Whether the system refused, which says nothing about what the files hold.
fn is_of_the_disk(error: &TantivyError) -> bool {
    let of_the_system = |kind| {
        !matches!(
            kind,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
        )
    };
    match error {
        TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. })
        | TantivyError::IoError(io_error) => of_the_system(io_error.kind()),
        TantivyError::OpenDirectoryError(_) | TantivyError::OpenWriteError(_) => true,
        _ => false,
    }
}

impl Error {
    /// Whether this may come from damaged files, so that [`Index::damage`] is worth its time.
    pub fn may_be_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Format { .. } | Self::StoredEvent { .. } => true,
            Self::Engine { source, .. } => {
                !is_of_the_disk(source) && !matches!(source, TantivyError::LockFailure(..))
            }
            Self::Busy { .. }
            | Self::File { .. }
            | Self::EventTooLarge { .. }
            | Self::Cursor { .. }
            | Self::OutOfTime { .. } => false,
        }
    }
}
