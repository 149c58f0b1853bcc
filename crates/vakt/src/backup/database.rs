//! SQLite databases are copied by SQLite itself: it sees one consistent state, whatever the daemon
//! writes meanwhile, and its copy is one file without a log beside it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags};

/// How long to wait for the lock of another connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Copies the committed state of a database to a new file for its owner alone. It is not durable yet.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(from, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // SQLite takes a file that is there and empty, and leaves its mode.
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(to)?;
        let name = to.to_str().context("its path is no UTF-8")?;
        connection.execute("VACUUM INTO ?1", [name])?;
        Ok(())
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
