//! The tables of the access database. Times are microseconds since 1970 in UTC.

use rusqlite::Connection;

use super::AccessError;

const VERSION: i64 = 4;

const TABLES: &str = "
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  streams TEXT,                    -- JSON array; NULL: all streams
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  disabled_at INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,       -- BLAKE3 of the token
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'intake', 'calendar', 'report')),
  user_id INTEGER REFERENCES users (id),
  stream TEXT,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at INTEGER,
  report_for TEXT,                 -- own, supplier:NAME, customer:NAME
  CHECK ((kind IN ('personal', 'calendar')) = (user_id IS NOT NULL)),
  CHECK ((kind = 'intake') = (stream IS NOT NULL)),
  CHECK ((kind = 'report') = (report_for IS NOT NULL))
) STRICT;
CREATE TABLE IF NOT EXISTS sign_in_codes (
  hash BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id),
  token_id INTEGER REFERENCES tokens (id),  -- NULL: made by the daemon for its own terminal
  expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  hash BLOB PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id),
  token_id INTEGER REFERENCES tokens (id),  -- the token that it goes back to, as of the code
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
PRAGMA user_version = 4;
COMMIT;
";

/// Version 1 did not know which token a session goes back to: such sessions end, and their people
/// sign in again.
const FROM_1: &str = "
BEGIN IMMEDIATE;
DROP TABLE sign_in_codes;
DROP TABLE sessions;
PRAGMA user_version = 2;
COMMIT;
";

/// Version 2 knew no tokens of calendars. SQLite changes no constraint: the table is made anew, as its
/// documentation says (ALTER TABLE, section 7), while nothing looks at what refers to it.
const FROM_2: &str = "
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE new_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,       -- BLAKE3 of the token
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'intake', 'calendar')),
  user_id INTEGER REFERENCES users (id),
  stream TEXT,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at INTEGER,
  CHECK ((kind <> 'intake') = (user_id IS NOT NULL)),
  CHECK ((kind = 'intake') = (stream IS NOT NULL))
) STRICT;
INSERT INTO new_tokens SELECT id, hash, kind, user_id, stream, name, created_at, created_by, revoked_at
  FROM tokens;
DROP TABLE tokens;
ALTER TABLE new_tokens RENAME TO tokens;
PRAGMA user_version = 3;
COMMIT;
PRAGMA foreign_keys = ON;
";

/// Version 3 knew no tokens that report; the table is made anew in the same way.
const FROM_3: &str = "
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE new_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,       -- BLAKE3 of the token
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'intake', 'calendar', 'report')),
  user_id INTEGER REFERENCES users (id),
  stream TEXT,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  revoked_at INTEGER,
  report_for TEXT,                 -- own, supplier:NAME, customer:NAME
  CHECK ((kind IN ('personal', 'calendar')) = (user_id IS NOT NULL)),
  CHECK ((kind = 'intake') = (stream IS NOT NULL)),
  CHECK ((kind = 'report') = (report_for IS NOT NULL))
) STRICT;
INSERT INTO new_tokens SELECT id, hash, kind, user_id, stream, name, created_at, created_by, revoked_at,
  NULL FROM tokens;
DROP TABLE tokens;
ALTER TABLE new_tokens RENAME TO tokens;
PRAGMA user_version = 4;
COMMIT;
PRAGMA foreign_keys = ON;
";

pub(super) fn prepare(connection: &Connection) -> Result<(), AccessError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(AccessError::NewerSchema {
            found,
            known: VERSION,
        });
    }
    if found == 1 {
        connection.execute_batch(FROM_1)?;
    }
    if (1..=2).contains(&found) {
        connection.execute_batch(FROM_2)?;
    }
    if (1..=3).contains(&found) {
        connection.execute_batch(FROM_3)?;
    }
    connection.execute_batch(TABLES)?;
    Ok(())
}
