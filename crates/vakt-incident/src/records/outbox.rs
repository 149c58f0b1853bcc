//! What shall be told to the outside: filed with the change that it tells of, delivered later.
//!
//! A notice is filed once for its subject and stays until it is delivered. Whoever delivers asks
//! for what is due, and says how it went. Delivery is at least once: after a crash between the
//! receiver's answer and [`Records::outbox_delivered`] it is tried again, and the notice's `id`
//! lets the receiver see that. Notices carry no raw lines and no user names; drills file none.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::apply::OpenAlert;
use super::drafts::Draft;
use super::rows::{count, instant};
use super::view::View;
use super::{Records, incidents};
use crate::clock::next_deadline;
use crate::detection::Detection;
use crate::error::Result;
use crate::group::entity_text;
use crate::regime::Regimes;

/// Notices that wait; beyond it the oldest are dropped, and counted. A receiver that is down for
/// days misses no more than it could read.
const PENDING_MAX: i64 = 10_000;

/// Delivered and dropped notices that are kept to look at.
const SETTLED_MAX: i64 = 1_000;

/// A notice older than this is dropped: it would wake somebody for what is long known. Three days,
/// the longest hour limit.
const AGE_MICROS_MAX: i64 = 72 * 60 * 60 * 1_000_000;

/// The pause after the first failure; it doubles with each further one.
const BACK_OFF_MICROS: i64 = 5 * 1_000_000;

/// The longest pause: a receiver that comes back is told within ten minutes.
const BACK_OFF_MICROS_MAX: i64 = 10 * 60 * 1_000_000;

/// Characters of a failure's text that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// A new draft incident.
    Draft,
    /// A new alert of level high or above that opened no draft.
    Alert,
}

/// A notice that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same at every attempt.
    pub id: i64,
    /// `kind`, `title`, `rule`, `level`, `host`, `entity`, `count`, `deadline`, `incident`,
    /// `alert`, …; the deliverer adds the link.
    pub payload: Value,
    pub created_at: Timestamp,
    /// Attempts that failed.
    pub attempts: u64,
}

/// How full the outbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutboxCounts {
    pub pending: u64,
    /// Delivered since the records were created.
    pub delivered: u64,
    /// Dropped, because of age or number, since the records were created.
    pub dropped: u64,
    /// When the oldest of those that wait was filed.
    pub oldest_pending: Option<Timestamp>,
}

impl Records {
    /// The notices to try now, oldest first. Those that are too old are dropped on the way.
    pub fn outbox_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Notice>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let is_due = self.read(|records| {
            let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'pending'
                AND next_attempt <= ?1)";
            Ok(records.query_row(sql, [now.micros()], |row| row.get::<_, bool>(0))?)
        })?;
        if !is_due {
            return Ok(Vec::new());
        }
        self.write(|records| prune(records, now))?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT id, payload, created_at, attempts FROM outbox
                 WHERE state = 'pending' AND next_attempt <= ?1 ORDER BY id LIMIT ?2",
            )?;
            let rows = query.query_map(params![now.micros(), limit], |row| {
                Ok(Notice {
                    id: row.get(0)?,
                    payload: super::rows::json(row, "payload")?,
                    created_at: instant(row, 2)?,
                    attempts: count(row.get(3)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The receiver took it.
    pub fn outbox_delivered(&self, id: i64) -> Result<()> {
        let now = self.clock.now();
        self.write(|records| {
            let changed = records.execute(
                "UPDATE outbox SET state = 'delivered', settled_at = ?2, error = NULL
                 WHERE id = ?1 AND state = 'pending'",
                params![id, now.micros()],
            )?;
            tally(records, "outbox.delivered", changed)?;
            prune(records, now)
        })
    }

    /// The receiver did not take it. It is tried again at `next_attempt`, or after a pause that
    /// doubles with each failure.
    pub fn outbox_failed(
        &self,
        id: i64,
        error: &str,
        next_attempt: Option<Timestamp>,
    ) -> Result<()> {
        let now = self.clock.now();
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        self.write(|records| {
            let sql = "SELECT attempts FROM outbox WHERE id = ?1 AND state = 'pending'";
            let attempts: Option<i64> =
                records.query_row(sql, [id], |row| row.get(0)).optional()?;
            if let Some(attempts) = attempts {
                let next = next_attempt
                    .unwrap_or_else(|| now.saturating_add_micros(back_off_micros(attempts)));
                records.execute(
                    "UPDATE outbox SET attempts = attempts + 1, next_attempt = ?2, error = ?3
                     WHERE id = ?1",
                    params![id, next.micros(), error],
                )?;
            }
            Ok(())
        })
    }

    pub fn outbox_counts(&self) -> Result<OutboxCounts> {
        self.read(|records| {
            let sql = "SELECT count(*), min(created_at) FROM outbox WHERE state = 'pending'";
            let (pending, oldest_pending) = records.query_row(sql, [], |row| {
                Ok((count(row.get(0)?), super::rows::instant_or_none(row, 1)?))
            })?;
            Ok(OutboxCounts {
                pending,
                delivered: tallied(records, "outbox.delivered")?,
                dropped: tallied(records, "outbox.dropped")?,
                oldest_pending,
            })
        })
    }
}

/// The pause after one more failure than `attempts`.
fn back_off_micros(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    BACK_OFF_MICROS
        .saturating_mul(1 << doublings)
        .min(BACK_OFF_MICROS_MAX)
}

/// A new draft. The deadline is the earliest of its provisional clocks.
pub(super) fn file_draft(
    records: &Connection,
    data: &Regimes,
    draft: &Draft,
    detection: &Detection,
    alert: &OpenAlert,
    now: Timestamp,
) -> Result<()> {
    let row = incidents::by_seq(records, draft.seq)?;
    let computed = View::of(records, &row)?.clocks(data, now);
    let deadline = next_deadline(&computed.clocks).and_then(|clock| clock.due);
    let mut payload = payload(NoticeKind::Draft, detection, alert);
    payload.insert("incident".into(), draft.id.clone().into());
    payload.insert("number".into(), draft.seq.into());
    payload.insert("deadline".into(), json!(deadline));
    payload.insert("burst".into(), draft.is_burst.into());
    payload.insert("historic".into(), draft.historic.into());
    file(
        records,
        &format!("draft {}", draft.id),
        payload,
        detection,
        now,
    )
}

/// A new alert that opened no draft; `incident` is the open one that it joined.
pub(super) fn file_alert(
    records: &Connection,
    detection: &Detection,
    alert: &OpenAlert,
    incident: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let mut payload = payload(NoticeKind::Alert, detection, alert);
    payload.insert("incident".into(), json!(incident));
    payload.insert("deadline".into(), Value::Null);
    file(
        records,
        &format!("alert {}", alert.id),
        payload,
        detection,
        now,
    )
}

fn payload(kind: NoticeKind, detection: &Detection, alert: &OpenAlert) -> Map<String, Value> {
    // Who somebody is goes out only where an output is configured to say it.
    let entity: Vec<(String, String)> = detection
        .entity
        .iter()
        .filter(|(field, _)| !field.to_ascii_lowercase().contains("user"))
        .cloned()
        .collect();
    let mut payload = Map::new();
    payload.insert("kind".into(), json!(kind));
    payload.insert("title".into(), detection.rule_title.clone().into());
    payload.insert(
        "rule".into(),
        json!({ "id": detection.rule_id, "title": detection.rule_title }),
    );
    payload.insert("level".into(), json!(detection.level));
    payload.insert("host".into(), json!(detection.completing.host));
    payload.insert("entity".into(), entity_text(&entity).into());
    payload.insert("count".into(), alert.match_count.into());
    payload.insert("event_count".into(), detection.event_count.into());
    payload.insert("detected_at".into(), json!(detection.detected_at));
    payload.insert("stream".into(), detection.stream.clone().into());
    payload.insert("alert".into(), alert.id.clone().into());
    payload
}

fn file(
    records: &Connection,
    subject: &str,
    payload: Map<String, Value>,
    detection: &Detection,
    now: Timestamp,
) -> Result<()> {
    if detection.drill {
        return Ok(());
    }
    records
        .prepare_cached(
            "INSERT OR IGNORE INTO outbox (subject, payload, created_at, state, next_attempt)
             VALUES (?1, ?2, ?3, 'pending', ?3)",
        )?
        .execute(params![
            subject,
            Value::Object(payload).to_string(),
            now.micros()
        ])?;
    Ok(())
}

/// Drops what is too old or too much, and forgets what was settled long ago.
pub(super) fn prune(records: &Connection, now: Timestamp) -> Result<()> {
    let oldest = now.micros().saturating_sub(AGE_MICROS_MAX);
    let dropped = records
        .prepare_cached(
            "UPDATE outbox SET state = 'dropped', settled_at = ?1
             WHERE state = 'pending' AND (created_at < ?2 OR id <= coalesce((
                 SELECT id FROM outbox WHERE state = 'pending'
                 ORDER BY id DESC LIMIT 1 OFFSET ?3), -1))",
        )?
        .execute(params![now.micros(), oldest, PENDING_MAX])?;
    tally(records, "outbox.dropped", dropped)?;
    records
        .prepare_cached(
            "DELETE FROM outbox WHERE state <> 'pending' AND id <= coalesce((
                 SELECT id FROM outbox WHERE state <> 'pending'
                 ORDER BY id DESC LIMIT 1 OFFSET ?1), -1)",
        )?
        .execute([SETTLED_MAX])?;
    Ok(())
}

/// Counts in `state` survive the rows that they count.
fn tally(records: &Connection, name: &str, more: usize) -> Result<()> {
    if more > 0 {
        records.execute(
            "INSERT INTO state (name, position) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET position = position + excluded.position",
            params![name, i64::try_from(more).unwrap_or(i64::MAX)],
        )?;
    }
    Ok(())
}

fn tallied(records: &Connection, name: &str) -> Result<u64> {
    let sql = "SELECT position FROM state WHERE name = ?1";
    let row = records
        .query_row(sql, [name], |row| row.get(0))
        .optional()?;
    Ok(row.map_or(0, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let check = |attempts: i64, seconds: i64| {
            assert_eq!(back_off_micros(attempts), seconds * 1_000_000);
        };
        check(0, 5);
        check(1, 10);
        check(6, 320);
        check(7, 600);
        check(i64::MAX, 600);
    }
}
