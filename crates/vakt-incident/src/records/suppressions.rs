//! Suppressions: recorded, ended, listed with what they hid. The audit log has each of them.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::{JournalPosition, Timestamp};

use super::rows::{
    count, instant, instant_or_none, json as json_column, json_or_none, next_id, page, page_start,
    signed,
};
use super::{Records, audit, suppression_test};
use crate::PAGE_ITEMS_MAX;
use crate::alert::{AlertFilter, Page, PageRequest};
use crate::calendar::DAY_MICROS;
use crate::error::{Error, Result};
use crate::suppression::{
    NewSuppression, SUPPRESSION_DAYS_MAX, SUPPRESSIONS_ACTIVE_MAX, Scope, ScopeError, ScopeFilter,
    Suppression, SuppressionDetail, reason, time,
};

/// Gives the end of what is durable in the journal. It is asked within the transaction, when nothing
/// else is being recorded.
pub type JournalEnd<'j> = dyn Fn() -> JournalPosition + 'j;

impl Records {
    /// Records a suppression. It hides what is stored from now on: no event before `end`, and so
    /// nothing that was evaluated already.
    ///
    /// # Errors
    /// A scope, reason or time that is none; no test, or one of another scope; too many in force.
    pub fn add_suppression(
        &self,
        new: NewSuppression,
        principal: &str,
        end: &JournalEnd<'_>,
    ) -> Result<Suppression> {
        let now = self.clock.now();
        let scope = Scope::of_suppression(new.rules, new.streams, new.condition)?;
        scope.compile().map_err(ScopeError::from)?;
        let reason = reason(&new.reason)?;
        let expires_at = expiry(new.expires_at.as_deref(), now)?;
        self.write(|records| {
            let tested = match &new.preview {
                Some(digest) => Some(suppression_test::summary(records, digest, &scope, now)?),
                None if new.untested => None,
                None => return Err(ScopeError::Untested.into()),
            };
            if active(records, now)? >= SUPPRESSIONS_ACTIVE_MAX {
                return Err(ScopeError::TooManyActive.into());
            }
            // Nothing at or behind it is evaluated while this transaction lasts, nor was before.
            let begins = end();
            let id = next_id(records, "suppressions", "vakt suppression", &scope, now)?;
            records.execute(
                "INSERT INTO suppressions (id, scope, reason, author, created_at, expires_at, begins,
                     tested)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id,
                    serde_json::to_string(&scope)?,
                    reason,
                    principal,
                    now.micros(),
                    expires_at.micros(),
                    signed(begins.0),
                    tested.as_ref().map(Value::to_string),
                ],
            )?;
            let added = core(records, &id)?;
            let action = "suppression.added";
            audit::add(records, now, principal, action, &id, &Value::Null, &added)?;
            find(records, &id, now)
        })
    }

    /// Ends a suppression: what is stored from now on is seen again.
    ///
    /// # Errors
    /// One that is not there, or ended before; no reason.
    pub fn end_suppression(
        &self,
        id: &str,
        why: &str,
        principal: &str,
        end: &JournalEnd<'_>,
    ) -> Result<Suppression> {
        let now = self.clock.now();
        let why = reason(why)?;
        self.write(|records| {
            let before = find(records, id, now)?;
            if let Some(at) = before.ended_at {
                return Err(ScopeError::Ended { at }.into());
            }
            let ends = end();
            records.execute(
                "UPDATE suppressions SET ends = ?2, ended_at = ?3, ended_by = ?4, end_reason = ?5
                 WHERE id = ?1",
                params![id, signed(ends.0), now.micros(), principal, why],
            )?;
            let (was, is) = (json!({ "ended": null }), ended(records, id)?);
            audit::add(records, now, principal, "suppression.ended", id, &was, &is)?;
            find(records, id, now)
        })
    }

    /// Suppressions, newest first.
    pub fn suppressions(
        &self,
        filter: &ScopeFilter,
        request: &PageRequest,
    ) -> Result<Page<Suppression>> {
        let now = self.clock.now();
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT * FROM suppressions
                 WHERE seq < ?1 AND (NOT ?2 OR (ended_at IS NULL AND expires_at > ?3))
                 ORDER BY seq DESC",
            )?;
            let mut rows = query.query(params![before, filter.active, now.micros()])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                let found = with_fault(from_row(row, now)?);
                let streams = filter.streams.as_deref();
                if streams.is_none_or(|streams| found.scope.concerns(streams)) {
                    items.push((row.get("seq")?, found));
                }
                if items.len() > limit {
                    break;
                }
            }
            Ok(page(items, limit))
        })
    }

    /// A suppression with the newest alerts that it hid, of these streams alone (`None` is all).
    pub fn suppression(&self, id: &str, streams: Option<&[String]>) -> Result<SuppressionDetail> {
        let now = self.clock.now();
        let suppression = with_fault(self.read(|records| find(records, id, now))?);
        if streams.is_some_and(|streams| !suppression.scope.concerns(streams)) {
            return Err(Error::NoSuppression { id: id.to_owned() });
        }
        let filter = AlertFilter {
            suppression: Some(id.to_owned()),
            streams: streams.map(<[String]>::to_vec),
            ..AlertFilter::default()
        };
        let request = PageRequest {
            limit: PAGE_ITEMS_MAX,
            cursor: None,
        };
        Ok(SuppressionDetail {
            suppression,
            alerts: self.alerts(&filter, &request)?.items,
        })
    }
}

fn expiry(text: Option<&str>, now: Timestamp) -> Result<Timestamp> {
    let expires_at = time("expires_at", text)?;
    if expires_at <= now {
        return Err(ScopeError::Expired.into());
    }
    if expires_at > now.saturating_add_micros(SUPPRESSION_DAYS_MAX * DAY_MICROS) {
        return Err(ScopeError::TooLong.into());
    }
    Ok(expires_at)
}

fn active(records: &Connection, now: Timestamp) -> Result<usize> {
    let sql = "SELECT count(*) FROM suppressions WHERE ended_at IS NULL AND expires_at > ?1";
    let found: i64 = records.query_row(sql, [now.micros()], |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}

fn find(records: &Connection, id: &str, now: Timestamp) -> Result<Suppression> {
    records
        .prepare_cached("SELECT * FROM suppressions WHERE id = ?1")?
        .query_row([id], |row| from_row(row, now))
        .optional()?
        .ok_or_else(|| Error::NoSuppression { id: id.to_owned() })
}

/// Those that may hide a match that was found at or after `found_at`, and made at or after
/// `detected_at`; oldest first.
pub(super) fn in_force(
    records: &Connection,
    found_at: JournalPosition,
    detected_at: Timestamp,
) -> Result<Vec<Suppression>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM suppressions
         WHERE expires_at > ?1 AND (ends IS NULL OR ends > ?2) ORDER BY seq",
    )?;
    let of = params![detected_at.micros(), signed(found_at.0)];
    let rows = query.query_map(of, |row| from_row(row, detected_at))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What never changes of a suppression, as the audit log keeps it.
pub(super) fn core(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM suppressions WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "id": row.get::<_, String>("id")?,
                "scope": json_column::<Value>(row, "scope")?,
                "reason": row.get::<_, String>("reason")?,
                "author": row.get::<_, String>("author")?,
                "created_at": instant(row, "created_at")?,
                "expires_at": instant(row, "expires_at")?,
                "begins": row.get::<_, i64>("begins")?,
                "tested": json_or_none::<Value>(row, "tested")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// How it was ended, as the audit log keeps it.
pub(super) fn ended(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM suppressions WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "ends": row.get::<_, Option<i64>>("ends")?,
                "ended_at": instant_or_none(row, "ended_at")?,
                "ended_by": row.get::<_, Option<String>>("ended_by")?,
                "end_reason": row.get::<_, Option<String>>("end_reason")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// One more match is hidden.
pub(super) fn hid(records: &Connection, id: &str) -> Result<()> {
    records
        .prepare_cached("UPDATE suppressions SET hidden = hidden + 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// A condition that an earlier version took may be none to this one.
fn with_fault(suppression: Suppression) -> Suppression {
    let fault = suppression.scope.compile().err();
    Suppression {
        fault: fault.map(|error| error.to_string()),
        ..suppression
    }
}

fn from_row(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Suppression> {
    let scope: Scope = json_column(row, "scope")?;
    let expires_at = instant(row, "expires_at")?;
    let ended_at = instant_or_none(row, "ended_at")?;
    Ok(Suppression {
        id: row.get("id")?,
        fault: None,
        scope,
        state: Suppression::state_at(now, expires_at, ended_at),
        reason: row.get("reason")?,
        author: row.get("author")?,
        created_at: instant(row, "created_at")?,
        expires_at,
        ended_at,
        ended_by: row.get("ended_by")?,
        end_reason: row.get("end_reason")?,
        tested: json_or_none(row, "tested")?,
        hidden: count(row.get("hidden")?),
        begins: JournalPosition(count(row.get("begins")?)),
        ends: row
            .get::<_, Option<i64>>("ends")?
            .map(|position| JournalPosition(count(position))),
    })
}
