//! The tables. Times are microseconds since 1970 in UTC.

use rusqlite::Connection;

use super::SearchesError;
use super::log::{INTERRUPTED, RUNNING};

const VERSION: i64 = 2;

const TABLES: &str = "
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS looks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  token_id INTEGER,                -- the personal token that was used; NULL: the daemon's own link
  kind TEXT NOT NULL,
  query TEXT NOT NULL,             -- at most the first 4 KiB
  query_bytes INTEGER NOT NULL,    -- of the whole query
  since INTEGER,
  until INTEGER,
  streams TEXT,                    -- JSON array; NULL: all streams
  incident TEXT,
  outcome TEXT NOT NULL,
  hits INTEGER,                    -- events that were given out
  total INTEGER,                   -- events that matched
  elapsed_micros INTEGER,
  looks INTEGER NOT NULL DEFAULT 1,  -- how many it stands for
  last_at INTEGER                    -- when the last of them began; NULL: there is one
) STRICT;
CREATE INDEX IF NOT EXISTS looks_at ON looks (at);
CREATE INDEX IF NOT EXISTS looks_running ON looks (id) WHERE outcome = 'running';
CREATE TABLE IF NOT EXISTS saved_searches (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  query TEXT NOT NULL,
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  saved_at INTEGER NOT NULL,
  UNIQUE (owner, name)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS saved_searches_shared ON saved_searches (name) WHERE shared = 1;
PRAGMA user_version = 2;
COMMIT;
";

/// What version 1 lacks.
const SINCE_VERSION_1: &str = "
BEGIN IMMEDIATE;
ALTER TABLE looks ADD COLUMN looks INTEGER NOT NULL DEFAULT 1;
ALTER TABLE looks ADD COLUMN last_at INTEGER;
PRAGMA user_version = 2;
COMMIT;
";

pub(super) fn prepare(connection: &Connection) -> Result<(), SearchesError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was let go is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(SearchesError::NewerSchema {
            found,
            known: VERSION,
        });
    }
    if found == 1 {
        connection.execute_batch(SINCE_VERSION_1)?;
    }
    connection.execute_batch(TABLES)?;
    // Their daemon stopped before they did.
    connection.execute(
        "UPDATE looks SET outcome = ?1 WHERE outcome = ?2",
        [INTERRUPTED, RUNNING],
    )?;
    Ok(())
}
