//! Notes: the facts of all incidents, as people wrote them down.

use rusqlite::params;
use serde::Serialize;

use super::rows::{page, page_start};
use super::{Records, facts};
use crate::alert::{Page, PageRequest};
use crate::error::Result;
use crate::fact::Fact;

/// A fact and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    pub fact: Fact,
    /// The incident's id.
    pub incident: String,
    pub stream: String,
}

impl Records {
    /// The facts of the incidents of these streams (`None` is all, an empty list is none), the one
    /// that was recorded last first.
    pub fn notes(&self, streams: Option<&[String]>, request: &PageRequest) -> Result<Page<Note>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT f.*, i.id AS incident_id, i.stream AS incident_stream
                 FROM facts f JOIN incidents i ON i.seq = f.incident
                 WHERE f.id < ?1
                     AND (?2 IS NULL OR i.stream IN (SELECT value FROM json_each(?2)))
                 ORDER BY f.id DESC LIMIT ?3",
            )?;
            let streams = streams.map(serde_json::to_string).transpose()?;
            let rows = query.query_map(
                params![
                    before,
                    streams,
                    i64::try_from(limit + 1).unwrap_or(i64::MAX)
                ],
                |row| {
                    let fact = facts::from_row(row)?;
                    Ok((
                        fact.id,
                        Note {
                            fact,
                            incident: row.get("incident_id")?,
                            stream: row.get("incident_stream")?,
                        },
                    ))
                },
            )?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }
}
