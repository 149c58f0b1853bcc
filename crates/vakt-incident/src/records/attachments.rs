//! Attachments: what is known of the files. Their bytes are stored, durably, before a row names them.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::incidents::{self, IncidentRow};
use super::logged::{self, text};
use super::rows::{count, instant, signed};
use super::work::Holders;
use super::{Records, audit};
use crate::error::Result;
use crate::work::{Attachment, NewAttachment, Stored, WorkError, checked_attachment, expect_room};

const COLUMNS: &str = "SELECT a.*, i.id AS incident_id
     FROM attachments a JOIN incidents i ON i.seq = a.incident";

impl Records {
    /// Attaches a stored file to an incident. The same bytes are attached once; the first name stays.
    ///
    /// # Errors
    /// An incident that is not there; no name; no room.
    pub fn attach(
        &self,
        incident: &str,
        new: &NewAttachment,
        principal: &str,
    ) -> Result<Attachment> {
        let now = self.clock.now();
        self.write(|records| {
            let row = incidents::find(records, incident)?;
            attach(records, &row, new, principal, now)
        })
    }

    /// An attachment of an incident or of what is part of it, by its BLAKE3.
    ///
    /// # Errors
    /// One that is not there.
    pub fn attachment(&self, incident: &str, hash: &str) -> Result<Attachment> {
        self.read(|records| {
            let holders = Holders::of(records, incident)?;
            let sql = format!(
                "{COLUMNS} WHERE a.incident IN (SELECT value FROM json_each(?1)) AND a.blake3 = ?2
                 ORDER BY a.seq LIMIT 1"
            );
            let found = records
                .prepare_cached(&sql)?
                .query_row(params![holders.json()?, hash], from_row)
                .optional()?;
            let missing = || WorkError::NoAttachment {
                hash: hash.to_owned(),
            };
            Ok(found.ok_or_else(missing)?)
        })
    }

    /// Whether there is room for a file of so many bytes, before it is stored.
    ///
    /// # Errors
    /// An incident that is not there; no room.
    pub fn expect_room(&self, incident: &str, bytes: u64) -> Result<()> {
        self.read(|records| {
            let row = incidents::find(records, incident)?;
            room_for(records, row.seq, bytes)
        })
    }

    /// The files that attachments are of, each once.
    pub fn stored_attachments(&self) -> Result<Vec<Stored>> {
        self.read(|records| stored(records))
    }
}

/// The files that attachments of the records at `path` are of, reading only.
///
/// # Errors
/// When they cannot be read. Those of an earlier version, which knew no attachments, have none.
pub fn attachments_of(path: &Path) -> Result<Vec<Stored>> {
    let connection = super::connect_to_read(path)?;
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'attachments')";
    let is_known: bool = connection.query_row(sql, [], |row| row.get(0))?;
    if !is_known {
        return Ok(Vec::new());
    }
    stored(&connection)
}

fn stored(records: &Connection) -> Result<Vec<Stored>> {
    let mut query = records
        .prepare("SELECT DISTINCT blake3, sha256, bytes FROM attachments ORDER BY blake3")?;
    let rows = query.query_map([], |row| {
        Ok(Stored {
            blake3: row.get(0)?,
            sha256: row.get(1)?,
            bytes: count(row.get(2)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Adds the row, within the transaction of the caller.
pub(super) fn attach(
    records: &Connection,
    row: &IncidentRow,
    new: &NewAttachment,
    principal: &str,
    now: Timestamp,
) -> Result<Attachment> {
    let (name, media_type) = checked_attachment(new)?;
    let Stored {
        blake3,
        sha256,
        bytes,
    } = &new.stored;
    let sql = format!("{COLUMNS} WHERE a.incident = ?1 AND a.blake3 = ?2");
    let known = records
        .prepare_cached(&sql)?
        .query_row(params![row.seq, blake3], from_row)
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    room_for(records, row.seq, *bytes)?;
    records
        .prepare_cached(
            "INSERT INTO attachments (incident, blake3, sha256, bytes, name, media_type,
                 recorded_at, recorded_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            row.seq,
            blake3,
            sha256,
            signed(*bytes),
            name,
            media_type,
            now.micros(),
            principal,
        ])?;
    let attachment = Attachment {
        blake3: blake3.clone(),
        incident: row.id.clone(),
        sha256: sha256.clone(),
        bytes: *bytes,
        name,
        media_type,
        recorded_at: now,
        recorded_by: principal.to_owned(),
    };
    let (action, none) = ("attachment.added", Value::Null);
    let after = json!({ "attachment": attachment });
    audit::add(records, now, principal, action, &row.id, &none, &after)?;
    Ok(attachment)
}

fn room_for(records: &Connection, incident: i64, bytes: u64) -> Result<()> {
    let (files, of_incident): (i64, i64) = records
        .prepare_cached(
            "SELECT count(*), coalesce(sum(bytes), 0) FROM attachments WHERE incident = ?1",
        )?
        .query_row([incident], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let total: i64 = records
        .prepare_cached(
            "SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT blake3, bytes FROM attachments)",
        )?
        .query_row([], |row| row.get(0))?;
    expect_room(bytes, count(files), count(of_incident), count(total))?;
    Ok(())
}

/// The attachments of an incident and its parts, in the order of recording.
pub(super) fn of_incidents(records: &Connection, holders: &Holders) -> Result<Vec<Attachment>> {
    let sql =
        format!("{COLUMNS} WHERE a.incident IN (SELECT value FROM json_each(?1)) ORDER BY a.seq");
    let mut query = records.prepare_cached(&sql)?;
    let rows = query.query_map([holders.json()?], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let kind = logged::Kind {
        name: "attachment",
        actions: &["attachment.added"],
        member: "attachment",
    };
    let mut query = records.prepare(&format!("{COLUMNS} ORDER BY a.seq"))?;
    let rows = query.query_map([], |row| Ok(json!(from_row(row)?)))?;
    let stored = rows.collect::<rusqlite::Result<_>>()?;
    let key = |row: &Value| {
        format!(
            "{} of incident {}",
            text(row, "blake3"),
            text(row, "incident")
        )
    };
    logged::check(records, &kind, key, stored, report)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        blake3: row.get("blake3")?,
        incident: row.get("incident_id")?,
        sha256: row.get("sha256")?,
        bytes: count(row.get("bytes")?),
        name: row.get("name")?,
        media_type: row.get("media_type")?,
        recorded_at: instant(row, "recorded_at")?,
        recorded_by: row.get("recorded_by")?,
    })
}
