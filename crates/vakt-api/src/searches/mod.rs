//! The search log and the saved searches, in a SQLite database of their own.
//!
//! Who looks at logs sees what people do, so that every look is on record: who, what for, what was
//! asked and how much was found. An entry is durable before the answer that it is about leaves the
//! daemon, and goes when its time is over.

mod log;
mod saved;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use vakt_event::{Clock, Timestamp};

pub use log::{
    Ending, LogFilter, LogPage, LoggedSearch, Look, NewLook, QUERY_BYTES_KEPT, ROWS_MAX,
};
pub use saved::{NAME_CHARS_MAX, NewSaved, QUERY_BYTES_MAX, SAVED_MAX, SavedSearch};

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchesError {
    #[error("the search log (searches.db): {0}")]
    Database(#[from] rusqlite::Error),
    #[error(
        "the search log (searches.db) has schema {found}, this version of vakt knows {known}: run the newer version, or restore the older database"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("{0}")]
    Invalid(String),
    #[error("{owner} shares a search of the name `{name}` already")]
    NameTaken { name: String, owner: String },
    #[error("there is no saved search `{0}`")]
    Unknown(String),
    #[error("{owner} has {SAVED_MAX} saved searches already")]
    TooMany { owner: String },
}

/// How long an entry of the search log is kept: 400 days, so that a yearly review sees a whole year.
pub const KEPT: Duration = Duration::from_secs(400 * 24 * 3600);

/// Another connection holds the lock for milliseconds; only a disk that stands still takes longer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The search log and the saved searches. `Send + Sync`; its calls may block on the disk.
pub struct Searches {
    writing: Mutex<Connection>,
    /// Whoever reads a long log keeps no search from being entered.
    reading: Mutex<Connection>,
    clock: Arc<dyn Clock>,
    kept: Duration,
}

impl Searches {
    /// Opens or creates the database (WAL). Entries are let go once they are older than `kept`.
    ///
    /// # Errors
    /// A file that cannot be opened, is none of ours or of a newer version.
    pub fn open(path: &Path, clock: Arc<dyn Clock>, kept: Duration) -> Result<Self, SearchesError> {
        let writing = Connection::open(path)?;
        writing.busy_timeout(BUSY_TIMEOUT)?;
        schema::prepare(&writing)?;
        let reading = Connection::open(path)?;
        reading.busy_timeout(BUSY_TIMEOUT)?;
        reading.pragma_update(None, "query_only", true)?;
        Ok(Self {
            writing: Mutex::new(writing),
            reading: Mutex::new(reading),
            clock,
            kept,
        })
    }

    fn writing(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held has rolled its transaction back: the connection is good.
        let locked = self.writing.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> MutexGuard<'_, Connection> {
        let locked = self.reading.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or_default()
}
