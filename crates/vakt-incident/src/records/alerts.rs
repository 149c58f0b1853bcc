//! Alerts: listed, and closed by a person.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use super::rows::{count, entity_map, instant, json as json_column, level, page, page_start, rank};
use super::{Records, audit};
use crate::PAGE_ITEMS_MAX;
use crate::alert::{Alert, AlertFilter, AlertState, Page, PageRequest};
use crate::error::{Error, Result};
use crate::group::entity_text;

const SELECT: &str = "SELECT a.*, i.id AS incident_id,
    (SELECT json_group_array(CAST(position AS TEXT)) FROM (
        SELECT position FROM alert_events WHERE alert = a.seq ORDER BY position)) AS event_ids
    FROM alerts a LEFT JOIN incidents i ON i.seq = a.incident";

impl Records {
    /// The alerts that pass the filter, newest first.
    pub fn alerts(&self, filter: &AlertFilter, request: &PageRequest) -> Result<Page<Alert>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(&format!(
                "{SELECT}
                 WHERE a.seq < ?1
                     AND (?2 IS NULL OR iif(a.suppression IS NULL, a.state, 'suppressed') = ?2)
                     AND (?3 IS NULL OR a.level >= ?3)
                     AND (?4 IS NULL OR a.drill = ?4)
                     AND (?5 IS NULL OR a.stream IN (SELECT value FROM json_each(?5)))
                     AND (?6 IS NULL OR a.rule_id = ?6)
                     AND (?7 IS NULL OR i.id = ?7)
                     AND (?8 IS NULL OR a.suppression = ?8)
                 ORDER BY a.seq DESC LIMIT ?9"
            ))?;
            let rows = query.query_map(
                params![
                    before,
                    filter.state.map(AlertState::as_str),
                    filter.level_at_least.map(rank),
                    filter.drill,
                    filter
                        .streams
                        .as_ref()
                        .map(serde_json::to_string)
                        .transpose()?,
                    filter.rule_id,
                    filter.incident,
                    filter.suppression,
                    i64::try_from(limit + 1).unwrap_or(i64::MAX),
                ],
                |row| Ok((row.get("seq")?, from_row(row)?)),
            )?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    pub fn alert(&self, id: &str) -> Result<Alert> {
        self.read(|records| find(records, id))
    }

    /// Closes an alert: further matches of its group begin a new one.
    pub fn close_alert(&self, id: &str, reason: Option<&str>, principal: &str) -> Result<Alert> {
        let now = self.clock.now();
        self.write(|records| {
            let before = find(records, id)?;
            records.execute("UPDATE alerts SET state = 'closed' WHERE id = ?1", [id])?;
            let after = find(records, id)?;
            let (was, is) = (
                json!({ "state": before.state, "count": before.count }),
                json!({ "state": after.state, "reason": reason, "rule.id": after.rule_id }),
            );
            audit::add(records, now, principal, "alert.closed", id, &was, &is)?;
            Ok(after)
        })
    }
}

/// The newest alerts of an incident.
pub(super) fn of_incident(records: &Connection, incident: i64) -> Result<Vec<Alert>> {
    let mut query = records.prepare_cached(&format!(
        "{SELECT} WHERE a.incident = ?1 ORDER BY a.seq DESC LIMIT ?2"
    ))?;
    let limit = i64::try_from(PAGE_ITEMS_MAX).unwrap_or(i64::MAX);
    let rows = query.query_map([incident, limit], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn find(records: &Connection, id: &str) -> Result<Alert> {
    records
        .prepare_cached(&format!("{SELECT} WHERE a.id = ?1"))?
        .query_row([id], from_row)
        .optional()?
        .ok_or_else(|| Error::NoAlert { id: id.to_owned() })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Alert> {
    let entity: Vec<(String, String)> = json_column(row, "entity")?;
    let suppression: Option<String> = row.get("suppression")?;
    let state = match (&suppression, row.get_ref("state")?.as_str()?) {
        (Some(_), _) => AlertState::Suppressed,
        (None, "open") => AlertState::Open,
        (None, _) => AlertState::Closed,
    };
    Ok(Alert {
        id: row.get("id")?,
        rule_id: row.get("rule_id")?,
        rule_name: row.get("rule_title")?,
        level: level(row.get("level")?),
        tags: json_column(row, "tags")?,
        state,
        entity: entity_text(&entity),
        entity_fields: entity_map(&entity),
        count: count(row.get("match_count")?),
        event_count: count(row.get("event_count")?),
        event_ids: json_column(row, "event_ids")?,
        first_seen: instant(row, "first_seen")?,
        last_seen: instant(row, "last_seen")?,
        detected_at: instant(row, "detected_at")?,
        stream: row.get("stream")?,
        drill: row.get("drill")?,
        incident: row.get("incident_id")?,
        suppression,
        maintenance: row.get("maintenance")?,
    })
}
