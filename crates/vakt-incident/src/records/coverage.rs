//! Reasons for gaps of coverage, and signed reviews of it. The audit log has each of them.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::rows::{instant, instant_or_none, next_id, page, page_start, parsed};
use super::{Records, audit, incidents};
use crate::alert::{Page, PageRequest};
use crate::calendar::DAY_MICROS;
use crate::coverage::{
    GapReason, Heard, LogKind, LogKinds, Matrix, NewReason, NewSignature, REASON_CHARS_MAX,
    REASON_DAYS_MAX, REASONS_MAX, ReasonError, ReasonState, SIGNATURE_DAYS, Signature,
};
use crate::error::{Error, Result};
use crate::fact::parse_instant;

pub(super) const REASON: &str = "reason for a gap";
pub(super) const SIGNATURE: &str = "signed review of coverage";

impl Records {
    /// The matrix of what was heard, for the assets of the configuration.
    pub fn coverage(&self, heard: &[Heard]) -> Result<Matrix> {
        let now = self.clock.now();
        self.read(|records| matrix(records, self, heard, now))
    }

    /// Records why an asset does not give a kind of log.
    ///
    /// # Errors
    /// An asset or kind that is none; a reason or time that is none; one that is in force.
    pub fn add_gap_reason(&self, new: &NewReason, principal: &str) -> Result<GapReason> {
        let kind: LogKind = new.kind.parse().map_err(ReasonError::from)?;
        let reason = text("reason", &new.reason)?;
        let assets = &self.settings().assets;
        if !assets.iter().any(|asset| asset.name == new.asset) {
            let asset = new.asset.clone();
            return Err(ReasonError::NoAsset { asset }.into());
        }
        let now = self.clock.now();
        let review_by = parse_instant(&new.review_by)?;
        let farthest = now.saturating_add_micros(REASON_DAYS_MAX * DAY_MICROS);
        if review_by <= now {
            return Err(ReasonError::ReviewBy {
                what: "in the past",
            }
            .into());
        }
        if review_by > farthest {
            return Err(ReasonError::ReviewBy { what: "too far" }.into());
        }
        self.write(|records| {
            expect_room(records, &new.asset, kind, now)?;
            let about = (&new.asset, kind, &reason);
            let id = next_id(records, "coverage_reasons", "vakt coverage", &about, now)?;
            records.execute(
                "INSERT INTO coverage_reasons (id, asset, kind, reason, author, created_at, review_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    id,
                    new.asset,
                    kind.as_str(),
                    reason,
                    principal,
                    now.micros(),
                    review_by.micros()
                ],
            )?;
            let (action, added) = ("coverage.reason.added", core(records, &id)?);
            audit::add(records, now, principal, action, &id, &Value::Null, &added)?;
            find(records, &id, now)
        })
    }

    /// Ends a reason: the gap is one without a reason again.
    ///
    /// # Errors
    /// One that is not there or has ended; no word of why.
    pub fn end_gap_reason(&self, id: &str, why: &str, principal: &str) -> Result<GapReason> {
        let why = text("reason", why)?;
        self.write(|records| {
            let now = self.clock.now();
            let before = find(records, id, now)?;
            if let Some(at) = before.ended_at {
                return Err(ReasonError::Ended { at }.into());
            }
            records.execute(
                "UPDATE coverage_reasons SET ended_at = ?2, ended_by = ?3, end_reason = ?4
                 WHERE id = ?1",
                params![id, now.micros(), principal, why],
            )?;
            let (was, is) = (json!({ "ended": null }), ended(records, id)?);
            audit::add(
                records,
                now,
                principal,
                "coverage.reason.ended",
                id,
                &was,
                &is,
            )?;
            find(records, id, now)
        })
    }

    /// A reason by its id.
    pub fn gap_reason(&self, id: &str) -> Result<GapReason> {
        let now = self.clock.now();
        self.read(|records| find(records, id, now))
    }

    /// All reasons there ever were, the newest first.
    pub fn gap_reasons(&self, request: &PageRequest) -> Result<Page<GapReason>> {
        let now = self.clock.now();
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT * FROM coverage_reasons WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
            )?;
            let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
            let rows = query.query_map([before, more], |row| {
                Ok((row.get("seq")?, from_row(row, now)?))
            })?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    /// Records that somebody reviewed what is logged, over the matrix that `heard` gives now.
    ///
    /// # Errors
    /// A matrix that is not the one that was looked at; an incident that is not there.
    pub fn sign_coverage(
        &self,
        new: &NewSignature,
        heard: &[Heard],
        principal: &str,
    ) -> Result<Signature> {
        let by = match new.by.as_deref().map(str::trim).filter(|by| !by.is_empty()) {
            Some(by) => text("name", by)?,
            None => principal.to_owned(),
        };
        let note = new
            .note
            .as_deref()
            .map(str::trim)
            .filter(|it| !it.is_empty());
        let note = note.map(|note| text("note", note)).transpose()?;
        self.write(|records| {
            let now = self.clock.now();
            let matrix = matrix(records, self, heard, now)?;
            if matrix.hash != new.hash {
                return Err(ReasonError::Changed { found: matrix.hash }.into());
            }
            let incident = new.incident.as_deref();
            let incident = incident.map(|id| Ok::<_, Error>(incidents::find(records, id)?.id));
            let incident = incident.transpose()?;
            let about = (&matrix.hash, &by);
            let id = next_id(records, "coverage_signatures", "vakt coverage", &about, now)?;
            records.execute(
                "INSERT INTO coverage_signatures
                     (id, at, signed_by, recorded_by, hash, matrix, note, incident, due)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    id,
                    now.micros(),
                    by,
                    principal,
                    matrix.hash,
                    matrix.canonical(),
                    note,
                    incident,
                    now.saturating_add_micros(SIGNATURE_DAYS * DAY_MICROS)
                        .micros(),
                ],
            )?;
            let signed = signed(records, &id)?;
            audit::add(
                records,
                now,
                principal,
                "coverage.signed",
                &id,
                &Value::Null,
                &signed,
            )?;
            Ok(newest_signature(records)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
        })
    }
}

fn matrix(records: &Connection, all: &Records, heard: &[Heard], now: Timestamp) -> Result<Matrix> {
    let mut query =
        records.prepare_cached("SELECT * FROM coverage_reasons WHERE ended_at IS NULL")?;
    let reasons = query.query_map([], |row| from_row(row, now))?;
    let reasons: Vec<GapReason> = reasons.collect::<rusqlite::Result<_>>()?;
    let signed = newest_signature(records)?;
    let (assets, data) = (&all.settings().assets, LogKinds::embedded());
    Ok(Matrix::of(assets, heard, &reasons, signed, data, now))
}

/// A second reason for the same gap would hide which of them holds.
fn expect_room(records: &Connection, asset: &str, kind: LogKind, now: Timestamp) -> Result<()> {
    let mut query = records.prepare_cached(
        "SELECT id FROM coverage_reasons
         WHERE asset = ?1 AND kind = ?2 AND ended_at IS NULL AND review_by > ?3",
    )?;
    let known = query
        .query_row(params![asset, kind.as_str(), now.micros()], |row| {
            row.get(0)
        })
        .optional()?;
    if let Some(id) = known {
        let asset = asset.to_owned();
        return Err(ReasonError::InForce { id, asset, kind }.into());
    }
    let sql = "SELECT count(*) FROM coverage_reasons WHERE ended_at IS NULL";
    let open: i64 = records.query_row(sql, [], |row| row.get(0))?;
    if usize::try_from(open).unwrap_or(usize::MAX) >= REASONS_MAX {
        return Err(ReasonError::TooMany.into());
    }
    Ok(())
}

fn text(what: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    let chars = text.chars().count();
    if chars == 0 || chars > REASON_CHARS_MAX {
        return Err(ReasonError::Text { what }.into());
    }
    Ok(text.to_owned())
}

fn find(records: &Connection, id: &str, now: Timestamp) -> Result<GapReason> {
    records
        .prepare_cached("SELECT * FROM coverage_reasons WHERE id = ?1")?
        .query_row([id], |row| from_row(row, now))
        .optional()?
        .ok_or_else(|| Error::NoReason { id: id.to_owned() })
}

fn from_row(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<GapReason> {
    let review_by = instant(row, "review_by")?;
    let ended_at = instant_or_none(row, "ended_at")?;
    Ok(GapReason {
        id: row.get("id")?,
        asset: row.get("asset")?,
        kind: parsed(row, "kind")?,
        reason: row.get("reason")?,
        author: row.get("author")?,
        created_at: instant(row, "created_at")?,
        review_by,
        state: match ended_at {
            Some(_) => ReasonState::Ended,
            None if review_by <= now => ReasonState::Expired,
            None => ReasonState::InForce,
        },
        ended_at,
        ended_by: row.get("ended_by")?,
        end_reason: row.get("end_reason")?,
    })
}

/// What never changes of a reason, as the audit log keeps it.
pub(super) fn core(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM coverage_reasons WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "id": row.get::<_, String>("id")?,
                "asset": row.get::<_, String>("asset")?,
                "kind": row.get::<_, String>("kind")?,
                "reason": row.get::<_, String>("reason")?,
                "author": row.get::<_, String>("author")?,
                "created_at": instant(row, "created_at")?,
                "review_by": instant(row, "review_by")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// How it was ended, as the audit log keeps it.
pub(super) fn ended(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM coverage_reasons WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "ended_at": instant_or_none(row, "ended_at")?,
                "ended_by": row.get::<_, Option<String>>("ended_by")?,
                "end_reason": row.get::<_, Option<String>>("end_reason")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// A signed review as the audit log keeps it.
pub(super) fn signed(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM coverage_signatures WHERE id = ?1")?
        .query_row([id], |row| {
            let matrix: String = row.get("matrix")?;
            Ok(json!({
                "id": row.get::<_, String>("id")?,
                "at": instant(row, "at")?,
                "by": row.get::<_, String>("signed_by")?,
                "recorded_by": row.get::<_, String>("recorded_by")?,
                "hash": row.get::<_, String>("hash")?,
                "matrix": blake3::hash(matrix.as_bytes()).to_hex().as_str(),
                "note": row.get::<_, Option<String>>("note")?,
                "incident": row.get::<_, Option<String>>("incident")?,
                "due": instant(row, "due")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

fn newest_signature(records: &Connection) -> Result<Option<Signature>> {
    let found = records
        .prepare_cached("SELECT * FROM coverage_signatures ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| {
            Ok(Signature {
                id: row.get("id")?,
                at: instant(row, "at")?,
                by: row.get("signed_by")?,
                recorded_by: row.get("recorded_by")?,
                hash: row.get("hash")?,
                note: row.get("note")?,
                incident: row.get("incident")?,
                due: instant(row, "due")?,
            })
        });
    Ok(found.optional()?)
}

/// Whether there are reviews that no entry tells of.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare(
        "SELECT id FROM coverage_signatures t
         WHERE NOT EXISTS (
             SELECT 1 FROM audit WHERE subject = t.id AND action = 'coverage.signed')
         ORDER BY seq",
    )?;
    for id in query.query_map([], |row| row.get::<_, String>(0))? {
        report.fault(format!(
            "{SIGNATURE} {}: the audit log does not have it",
            id?
        ));
    }
    Ok(())
}
