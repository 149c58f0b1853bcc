//! Named positions and blobs: where matching goes on after a restart, and what it remembered.

use rusqlite::{Connection, OptionalExtension, params};
use vakt_event::JournalPosition;

use super::Records;
use super::rows::{count, signed};
use crate::error::{Error, Result};

const CHECKPOINT: &str = "detect.checkpoint";
const SNAPSHOT: &str = "detect.snapshot";
const BLOB_PREFIX: &str = "blob.";

/// The largest snapshot or blob. Far above what bounded correlation state comes to, far below
/// what SQLite takes.
const BLOB_BYTES_MAX: usize = 256 * 1024 * 1024;

impl Records {
    /// The next position to evaluate; `None` before the first batch.
    pub fn detect_checkpoint(&self) -> Result<Option<JournalPosition>> {
        self.read(|records| checkpoint(records))
    }

    /// The correlator's newest snapshot and the next position to feed it: at or before the
    /// checkpoint. Detections from between the two are recognised as applied.
    pub fn correlator_snapshot(&self) -> Result<Option<(JournalPosition, Vec<u8>)>> {
        self.read(|records| {
            let sql = "SELECT position, bytes FROM state WHERE name = ?1";
            let row = records.query_row(sql, [SNAPSHOT], |row| {
                Ok((JournalPosition(count(row.get(0)?)), row.get(1)?))
            });
            Ok(row.optional()?)
        })
    }

    /// Keeps `bytes` under `name`, in place of what was there.
    pub fn save_blob(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.write(|records| save(records, &format!("{BLOB_PREFIX}{name}"), None, bytes))
    }

    pub fn load_blob(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read(|records| load(records, &format!("{BLOB_PREFIX}{name}")))
    }
}

pub(super) fn checkpoint(records: &Connection) -> Result<Option<JournalPosition>> {
    let sql = "SELECT position FROM state WHERE name = ?1";
    let row = records.query_row(sql, [CHECKPOINT], |row| row.get(0));
    Ok(row
        .optional()?
        .map(|position| JournalPosition(count(position))))
}

/// Moves the checkpoint to `next`; never back.
pub(super) fn save_checkpoint(records: &Connection, next: JournalPosition) -> Result<()> {
    records.execute(
        "INSERT INTO state (name, position) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET position = max(position, excluded.position)",
        params![CHECKPOINT, signed(next.0)],
    )?;
    Ok(())
}

pub(super) fn save_snapshot(
    records: &Connection,
    next: JournalPosition,
    bytes: &[u8],
) -> Result<()> {
    save(records, SNAPSHOT, Some(next), bytes)
}

pub(super) fn load(records: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM state WHERE name = ?1";
    let found = records.query_row(sql, [name], |row| row.get(0));
    Ok(found.optional()?)
}

pub(super) fn save(
    records: &Connection,
    name: &str,
    position: Option<JournalPosition>,
    bytes: &[u8],
) -> Result<()> {
    if bytes.len() > BLOB_BYTES_MAX {
        return Err(Error::TooLarge {
            name: name.to_owned(),
            bytes: bytes.len(),
            bytes_max: BLOB_BYTES_MAX,
        });
    }
    records.execute(
        "INSERT INTO state (name, position, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position, bytes = excluded.bytes",
        params![name, position.map(|position| signed(position.0)), bytes],
    )?;
    Ok(())
}
