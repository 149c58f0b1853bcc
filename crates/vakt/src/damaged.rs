//! What to do with a database that is none.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Whether a database could not be opened because of what is in its file.
pub(crate) fn is_damage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let code = cause
            .downcast_ref::<rusqlite::Error>()
            .and_then(rusqlite::Error::sqlite_error_code);
        matches!(
            code,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
        )
    })
}

/// Says with an error what is gone with the file, and what to do.
pub(crate) fn with_help(error: anyhow::Error, path: &Path, what: &str) -> anyhow::Error {
    if !is_damage(&error) {
        return error;
    }
    error.context(format!(
        "{} is damaged, or no database: put it back from a backup (`vakt backup` copies it). Moved away, it is begun \
         anew, without {what}",
        path.display()
    ))
}

/// Moves a database away, with what SQLite keeps beside it; gives where it is now. What was moved there before is
/// replaced.
pub(crate) fn set_aside(path: &Path) -> std::io::Result<PathBuf> {
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let to = beside(".unreadable");
    for end in ["-wal", "-shm", "-journal"] {
        let mut kept = to.as_os_str().to_owned();
        kept.push(end);
        match fs::rename(beside(end), PathBuf::from(kept)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &to)?;
    Ok(to)
}
