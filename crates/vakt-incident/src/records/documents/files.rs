//! The bytes that are kept: documents in their formats, what was really sent, receipts.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::super::rows::{count, instant};
use super::super::{Records, audit, incidents};
use crate::digest::{blake3_hex, sha256_hex};
use crate::document::DocumentFault;
use crate::error::Result;

/// Bytes of one file: a report as PDF with its annexes.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Files that people hand in for one incident, beside those of its documents.
const HANDED_IN_MAX: i64 = 100;

const NAME_CHARS_MAX: usize = 120;

/// What somebody hands in: what was really sent, or the receipt.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// `sent` or `receipt`.
    pub role: &'a str,
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// A kept file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptFile {
    pub id: i64,
    /// `json`, `md`, `html`, `sent` or `receipt`.
    pub role: String,
    pub name: String,
    pub bytes: u64,
    /// Hexadecimal.
    pub sha256: String,
    pub blake3: String,
    pub recorded_by: String,
    pub at: Timestamp,
}

impl Records {
    /// Keeps a file that somebody hands in.
    ///
    /// # Errors
    /// An incident that is not there; a file that is empty, too large or without a name; too many.
    pub fn keep_file(&self, id: &str, new: &NewFile<'_>, by: &str) -> Result<KeptFile> {
        let now = self.clock.now();
        let (bytes, bytes_max) = (new.bytes.len(), FILE_BYTES_MAX);
        if bytes == 0 || bytes > bytes_max {
            return Err(DocumentFault::FileSize { bytes, bytes_max }.into());
        }
        let name = new.name.trim();
        let is_bad = |it: char| it.is_control() || it == '/' || it == '\\';
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(is_bad) {
            let chars_max = NAME_CHARS_MAX;
            return Err(DocumentFault::FileName { chars_max }.into());
        }
        self.write(|records| {
            let row = incidents::find(records, id)?;
            let known: i64 = records
                .prepare_cached(
                    "SELECT count(*) FROM document_files WHERE incident = ?1 AND document IS NULL",
                )?
                .query_row([row.seq], |row| row.get(0))?;
            if known >= HANDED_IN_MAX {
                let (what, max) = ("files that were handed in", HANDED_IN_MAX);
                return Err(DocumentFault::TooMany { what, max }.into());
            }
            let file = insert(
                records,
                row.seq,
                None,
                (new.role, name, new.bytes),
                (by, now),
            )?;
            let kept = of_incident(records, row.seq, file)?;
            let after = json!({ "file": kept });
            audit::add(
                records,
                now,
                by,
                "document.file",
                &row.id,
                &Value::Null,
                &after,
            )?;
            Ok(kept)
        })
    }

    /// A kept file and its bytes.
    ///
    /// # Errors
    /// An incident or a file that is not there.
    pub fn file(&self, id: &str, file: i64) -> Result<(KeptFile, Vec<u8>)> {
        self.read(|records| {
            let seq = incidents::find(records, id)?.seq;
            let kept = of_incident(records, seq, file)?;
            Ok((kept, bytes_of(records, file)?))
        })
    }

    /// A kept document in one of its formats.
    ///
    /// # Errors
    /// An incident, document or format that is not there.
    pub fn document_file(
        &self,
        id: &str,
        document: i64,
        format: &str,
    ) -> Result<(KeptFile, Vec<u8>)> {
        self.read(|records| {
            let seq = incidents::find(records, id)?.seq;
            let kept = super::find(records, seq, document)?;
            let file = kept.files.into_iter().find(|file| file.role == format);
            let file = file.ok_or_else(|| DocumentFault::NoFormat {
                id: document,
                format: format.to_owned(),
            })?;
            let bytes = bytes_of(records, file.id)?;
            Ok((file, bytes))
        })
    }

    /// The files that people handed in, oldest first; there are at most `HANDED_IN_MAX`.
    ///
    /// # Errors
    /// An incident that is not there.
    pub fn handed_in(&self, id: &str) -> Result<Vec<KeptFile>> {
        self.read(|records| {
            let seq = incidents::find(records, id)?.seq;
            list(
                records,
                "SELECT seq, role, name, length(bytes) AS size, sha256, blake3, recorded_by, at
                 FROM document_files WHERE incident = ?1 AND document IS NULL ORDER BY seq",
                seq,
            )
        })
    }
}

pub(super) fn insert(
    records: &Connection,
    incident: i64,
    document: Option<i64>,
    (role, name, bytes): (&str, &str, &[u8]),
    (by, now): (&str, Timestamp),
) -> Result<i64> {
    records
        .prepare_cached(
            "INSERT INTO document_files (incident, document, role, name, bytes, sha256, blake3,
                 recorded_by, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            incident,
            document,
            role,
            name,
            bytes,
            sha256_hex(bytes),
            blake3_hex(bytes),
            by,
            now.micros(),
        ])?;
    Ok(records.last_insert_rowid())
}

pub(super) fn of_document(records: &Connection, document: i64) -> Result<Vec<KeptFile>> {
    list(
        records,
        "SELECT seq, role, name, length(bytes) AS size, sha256, blake3, recorded_by, at
         FROM document_files WHERE document = ?1 ORDER BY seq",
        document,
    )
}

pub(super) fn of_incident(records: &Connection, incident: i64, file: i64) -> Result<KeptFile> {
    let found = records
        .prepare_cached(
            "SELECT seq, role, name, length(bytes) AS size, sha256, blake3, recorded_by, at
             FROM document_files WHERE incident = ?1 AND seq = ?2",
        )?
        .query_row([incident, file], from_row)
        .optional()?;
    Ok(found.ok_or(DocumentFault::NoFile { id: file })?)
}

pub(super) fn bytes_of(records: &Connection, file: i64) -> Result<Vec<u8>> {
    Ok(records
        .prepare_cached("SELECT bytes FROM document_files WHERE seq = ?1")?
        .query_row([file], |row| row.get(0))?)
}

fn list(records: &Connection, sql: &str, of: i64) -> Result<Vec<KeptFile>> {
    let mut query = records.prepare_cached(sql)?;
    let rows = query.query_map([of], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<KeptFile> {
    Ok(KeptFile {
        id: row.get("seq")?,
        role: row.get("role")?,
        name: row.get("name")?,
        bytes: count(row.get("size")?),
        sha256: row.get("sha256")?,
        blake3: row.get("blake3")?,
        recorded_by: row.get("recorded_by")?,
        at: instant(row, "at")?,
    })
}
