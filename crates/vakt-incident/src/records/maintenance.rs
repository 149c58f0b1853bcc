//! Windows of maintenance: recorded, ended, listed. The audit log has each of them.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::rows::{
    count, instant, instant_or_none, json as json_column, next_id, page, page_start,
};
use super::{Records, audit};
use crate::alert::{Page, PageRequest};
use crate::calendar::DAY_MICROS;
use crate::error::{Error, Result};
use crate::maintenance::{NewWindow, WINDOW_DAYS_MAX, WINDOWS_MAX, Window, WindowScope};
use crate::suppression::{SCOPE_NAMES_MAX, Scope, ScopeError, ScopeFilter, reason, time};

impl Records {
    /// Records a window of maintenance. After its start it is recorded as late, and covers nothing.
    ///
    /// # Errors
    /// A scope, reason or time that is none; a window that ends before it begins, or is too long.
    pub fn add_window(&self, new: NewWindow, principal: &str) -> Result<Window> {
        let reason = reason(&new.reason)?;
        let from = time("from", new.from.as_deref())?;
        let until = time("until", new.until.as_deref())?;
        if until <= from {
            return Err(ScopeError::Backwards.into());
        }
        if until > from.saturating_add_micros(WINDOW_DAYS_MAX * DAY_MICROS) {
            let days_max = WINDOW_DAYS_MAX;
            return Err(ScopeError::WindowTooLong { days_max }.into());
        }
        if new.hosts.len() > SCOPE_NAMES_MAX {
            return Err(ScopeError::TooMany { what: "hosts" }.into());
        }
        let scope = WindowScope {
            hosts: new.hosts,
            matches: Scope::new(new.rules, new.streams, None)?,
        };
        self.write(|records| {
            // Within the transaction: while it lasts nothing is evaluated.
            let now = self.clock.now();
            let sql = "SELECT count(*) FROM maintenance WHERE ended_at IS NULL AND ends > ?1";
            let waiting: i64 = records.query_row(sql, [now.micros()], |row| row.get(0))?;
            if usize::try_from(waiting).unwrap_or(usize::MAX) >= WINDOWS_MAX {
                let windows_max = WINDOWS_MAX;
                return Err(ScopeError::TooManyWindows { windows_max }.into());
            }
            let id = next_id(records, "maintenance", "vakt maintenance", &scope, now)?;
            records.execute(
                "INSERT INTO maintenance (id, scope, reason, author, created_at, begins, ends, late)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id,
                    serde_json::to_string(&scope)?,
                    reason,
                    principal,
                    now.micros(),
                    from.micros(),
                    until.micros(),
                    now >= from,
                ],
            )?;
            let added = core(records, &id)?;
            let action = "maintenance.added";
            audit::add(records, now, principal, action, &id, &Value::Null, &added)?;
            find(records, &id, now)
        })
    }

    /// Ends a window before its time: what is received from now on counts again.
    ///
    /// # Errors
    /// One that is not there, or ended before; no reason.
    pub fn end_window(&self, id: &str, why: &str, principal: &str) -> Result<Window> {
        let why = reason(why)?;
        self.write(|records| {
            let now = self.clock.now();
            let before = find(records, id, now)?;
            if let Some(at) = before.ended_at {
                return Err(ScopeError::Ended { at }.into());
            }
            records.execute(
                "UPDATE maintenance SET ended_at = ?2, ended_by = ?3, end_reason = ?4 WHERE id = ?1",
                params![id, now.micros(), principal, why],
            )?;
            let (was, is) = (json!({ "ended": null }), ended(records, id)?);
            audit::add(records, now, principal, "maintenance.ended", id, &was, &is)?;
            find(records, id, now)
        })
    }

    /// Windows of maintenance, the newest first.
    pub fn windows(&self, filter: &ScopeFilter, request: &PageRequest) -> Result<Page<Window>> {
        let now = self.clock.now();
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT * FROM maintenance
                 WHERE seq < ?1 AND (NOT ?2 OR (ended_at IS NULL AND late = 0 AND ends > ?3))
                 ORDER BY seq DESC",
            )?;
            let mut rows = query.query(params![before, filter.active, now.micros()])?;
            let mut items = Vec::new();
            while let Some(row) = rows.next()? {
                let found = from_row(row, now)?;
                let streams = filter.streams.as_deref();
                if streams.is_none_or(|streams| found.scope.matches.concerns(streams)) {
                    items.push((row.get("seq")?, found));
                }
                if items.len() > limit {
                    break;
                }
            }
            Ok(page(items, limit))
        })
    }

    /// A window of maintenance by its id.
    pub fn window(&self, id: &str) -> Result<Window> {
        let now = self.clock.now();
        self.read(|records| find(records, id, now))
    }
}

/// Those that may cover an event that was received at or after `received`; the oldest first.
pub(super) fn since(records: &Connection, received: Timestamp) -> Result<Vec<Window>> {
    let mut query = records
        .prepare_cached("SELECT * FROM maintenance WHERE late = 0 AND ends > ?1 ORDER BY seq")?;
    let rows = query.query_map([received.micros()], |row| from_row(row, received))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn find(records: &Connection, id: &str, now: Timestamp) -> Result<Window> {
    records
        .prepare_cached("SELECT * FROM maintenance WHERE id = ?1")?
        .query_row([id], |row| from_row(row, now))
        .optional()?
        .ok_or_else(|| Error::NoWindow { id: id.to_owned() })
}

/// What never changes of a window, as the audit log keeps it.
pub(super) fn core(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM maintenance WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "id": row.get::<_, String>("id")?,
                "scope": json_column::<Value>(row, "scope")?,
                "reason": row.get::<_, String>("reason")?,
                "author": row.get::<_, String>("author")?,
                "created_at": instant(row, "created_at")?,
                "from": instant(row, "begins")?,
                "until": instant(row, "ends")?,
                "late": row.get::<_, bool>("late")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// How it was ended, as the audit log keeps it.
pub(super) fn ended(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM maintenance WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(json!({
                "ended_at": instant_or_none(row, "ended_at")?,
                "ended_by": row.get::<_, Option<String>>("ended_by")?,
                "end_reason": row.get::<_, Option<String>>("end_reason")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

fn from_row(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<Window> {
    let (from, until) = (instant(row, "begins")?, instant(row, "ends")?);
    let late = row.get("late")?;
    let ended_at = instant_or_none(row, "ended_at")?;
    Ok(Window {
        id: row.get("id")?,
        scope: json_column(row, "scope")?,
        state: Window::state_at(now, from, until, late, ended_at),
        from,
        until,
        reason: row.get("reason")?,
        author: row.get("author")?,
        created_at: instant(row, "created_at")?,
        late,
        ended_at,
        ended_by: row.get("ended_by")?,
        end_reason: row.get("end_reason")?,
        covered: count(row.get("covered")?),
    })
}
