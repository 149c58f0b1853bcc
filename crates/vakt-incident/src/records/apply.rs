//! Detections become alerts, and some of them drafts: one transaction with the checkpoint.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use vakt_event::{JournalPosition, Timestamp};

use super::cover::{Cover, Covers};
use super::rows::{rank, signed};
use super::{Records, drafts, judged, outbox, risk, services, state};
use crate::detection::{Detection, Evidence};
use crate::error::Result;
use crate::group::{QUIET_GAP_MICROS, alert_id, group_key};

/// Newest events whose ids an alert keeps. More than a person reads; the count goes on.
const ALERT_EVENTS_MAX: i64 = 100;

/// Newest alerts that are kept. Years of a tuned installation, a few hundred megabytes of one
/// that is not. Alerts of an incident stay until there are twice as many.
const ALERTS_MAX: i64 = 200_000;

/// Newest matches that are kept, for tests of suppressions: some weeks of an installation that is
/// tuned, about forty megabytes.
const MATCHES_MAX: i64 = 200_000;

/// What a batch of detections came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Ids of new alerts.
    pub alerts_opened: Vec<String>,
    /// Matches that joined an alert that was there.
    pub alerts_joined: usize,
    /// Ids of new draft incidents, burst drafts included.
    pub drafts_opened: Vec<String>,
    /// Matches that joined a draft that was there.
    pub drafts_joined: usize,
    /// Matches that a suppression hides.
    pub suppressed: usize,
    /// Matches that fell into a window of maintenance.
    pub in_maintenance: usize,
    /// Detections that were applied before, by an earlier run over the same journal.
    pub repeated: usize,
    /// Detections without an event, which cannot be traced and are left out.
    pub without_events: usize,
}

/// Gives an event of the journal, where it can be read.
pub type StoredEvents<'s> = dyn Fn(JournalPosition) -> Option<Evidence> + 's;

/// What all detections of one transaction share.
pub(super) struct Batch<'b> {
    pub(super) records: &'b Transaction<'b>,
    pub(super) stored: &'b StoredEvents<'b>,
    covers: &'b Covers<'b>,
    checkpoint: JournalPosition,
    pub(super) now: Timestamp,
}

/// An alert in the course of a transaction.
pub(super) struct OpenAlert {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) group_key: String,
    pub(super) is_new: bool,
    pub(super) match_count: i64,
}

impl Records {
    /// Applies the detections of the events before `next`, and moves the checkpoint there.
    ///
    /// A detection that was found before the stored checkpoint was applied before and is skipped,
    /// so that a batch may be handed in again after a crash, and events may be fed again to a
    /// correlator that was restored from an older `snapshot`.
    ///
    /// `stored` gives an event of the journal. It is asked for those alone that an incident copies,
    /// within the transaction; an event that it cannot give is counted and not copied.
    pub fn apply(
        &self,
        detections: &[Detection],
        next: JournalPosition,
        snapshot: Option<&[u8]>,
        stored: &StoredEvents<'_>,
    ) -> Result<Applied> {
        let now = self.clock.now();
        self.write(|records| {
            let checkpoint = state::checkpoint(records)?.unwrap_or_default();
            let mut applied = Applied::default();
            let covers = Covers::of(records, self, detections)?;
            let batch = Batch {
                records,
                stored,
                covers: &covers,
                checkpoint,
                now,
            };
            for detection in detections {
                self.apply_one(&batch, detection, &mut applied)?;
            }
            if !detections.is_empty() {
                prune_matches(records)?;
            }
            if !applied.alerts_opened.is_empty() {
                prune(records)?;
                risk::prune(records)?;
                outbox::prune(records, now)?;
            }
            state::save_checkpoint(records, next)?;
            if let Some(snapshot) = snapshot {
                state::save_snapshot(records, next, snapshot)?;
            }
            records
                .prepare_cached("DELETE FROM applied WHERE position < ?1")?
                .execute([signed(next.0)])?;
            Ok(applied)
        })
    }

    fn apply_one(
        &self,
        batch: &Batch<'_>,
        detection: &Detection,
        applied: &mut Applied,
    ) -> Result<()> {
        let &Batch { records, now, .. } = batch;
        if detection.events.is_empty() || detection.completing.records.is_empty() {
            applied.without_events += 1;
            return Ok(());
        }
        let group_key = group_key(detection);
        let is_first = records
            .prepare_cached("INSERT OR IGNORE INTO applied (group_key, position) VALUES (?1, ?2)")?
            .execute(params![group_key, signed(detection.found_at.0)])?
            > 0;
        if detection.found_at < batch.checkpoint || !is_first {
            applied.repeated += 1;
            return Ok(());
        }
        let cover = batch.covers.cover(detection, batch.stored);
        cover.count(records)?;
        if cover.suppression().is_none() {
            services::take(batch, self, detection)?;
        }
        let alert = match open_alert(records, &group_key, &cover, detection)? {
            Some(alert) => join_alert(records, alert, detection)?,
            None => insert_alert(records, group_key, &cover, detection)?,
        };
        save_event_ids(records, &alert, detection)?;
        save_match(records, &alert, detection)?;
        if alert.is_new {
            applied.alerts_opened.push(alert.id.clone());
        } else {
            applied.alerts_joined += 1;
        }
        applied.suppressed += usize::from(cover.suppression().is_some());
        applied.in_maintenance += usize::from(cover.maintenance().is_some());
        if cover.is_quiet() {
            return Ok(());
        }
        let draft = drafts::of_match(batch, self, detection, &alert)?;
        match draft {
            Some(draft) if draft.is_new => {
                // One notice for one match: the draft's says what the alert's would.
                applied.drafts_opened.push(draft.id.clone());
                outbox::file_draft(records, self.regimes(), &draft, detection, &alert, now)?;
            }
            // The burst draft hides no compromise: each is told as the draft that it would have been.
            Some(draft) if draft.is_burst && alert.is_new => {
                applied.drafts_joined += 1;
                outbox::file_draft(records, self.regimes(), &draft, detection, &alert, now)?;
            }
            other => {
                if alert.is_new && detection.level >= self.settings.alerts_told_from {
                    let incident = other.as_ref().map(|draft| draft.id.as_str());
                    outbox::file_alert(records, detection, &alert, incident, now)?;
                }
                applied.drafts_joined += usize::from(other.is_some());
            }
        }
        Ok(())
    }
}

/// The group's newest alert under the same cover, if it is open, its last event was received less
/// than the quiet gap before, and nobody has judged its incident since. Receipt, because it is a fact
/// that a replay repeats.
fn open_alert(
    records: &Connection,
    group_key: &str,
    cover: &Cover,
    detection: &Detection,
) -> Result<Option<OpenAlert>> {
    let received = detection.completing.received;
    let row = records
        .prepare_cached(
            "SELECT seq, id, state, last_received, match_count, incident FROM alerts
             WHERE group_key = ?1 AND suppression IS ?2 AND maintenance IS ?3
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(
            params![group_key, cover.suppression(), cover.maintenance()],
            |row| {
                let is_open = row.get_ref(2)?.as_str()? == "open";
                let last_received: i64 = row.get(3)?;
                let is_near = received.micros().saturating_sub(last_received) <= QUIET_GAP_MICROS;
                let alert = OpenAlert {
                    seq: row.get(0)?,
                    id: row.get(1)?,
                    group_key: group_key.to_owned(),
                    is_new: false,
                    match_count: row.get(4)?,
                };
                let incident: Option<i64> = row.get(5)?;
                Ok((is_open && is_near).then_some((alert, incident)))
            },
        );
    let Some((alert, incident)) = row.optional()?.flatten() else {
        return Ok(None);
    };
    let is_judged = match incident {
        Some(seq) => judged::before(records, seq, received)?.is_some(),
        None => false,
    };
    Ok(Some(alert).filter(|_| !is_judged))
}

fn join_alert(records: &Connection, alert: OpenAlert, detection: &Detection) -> Result<OpenAlert> {
    records
        .prepare_cached(
            "UPDATE alerts SET match_count = match_count + 1, event_count = event_count + ?2,
                 first_seen = min(first_seen, ?3), last_seen = max(last_seen, ?4),
                 last_received = max(last_received, ?5), level = max(level, ?6)
             WHERE seq = ?1",
        )?
        .execute(params![
            alert.seq,
            signed(detection.added_events()),
            detection.first_time.micros(),
            detection.last_time.micros(),
            detection.completing.received.micros(),
            rank(detection.level),
        ])?;
    Ok(OpenAlert {
        match_count: alert.match_count + 1,
        ..alert
    })
}

fn insert_alert(
    records: &Connection,
    group_key: String,
    cover: &Cover,
    detection: &Detection,
) -> Result<OpenAlert> {
    let id = alert_id(
        &group_key,
        detection,
        cover.suppression().or(cover.maintenance()),
    );
    records
        .prepare_cached(
            "INSERT INTO alerts (id, group_key, rule_id, rule_title, level, tags, entity, stream,
                 drill, state, match_count, event_count, first_seen, last_seen, last_received,
                 detected_at, suppression, maintenance)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', 1, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            id,
            group_key,
            detection.rule_id,
            detection.rule_title,
            rank(detection.level),
            serde_json::to_string(&detection.tags)?,
            serde_json::to_string(&detection.entity)?,
            detection.stream,
            detection.drill,
            signed(detection.event_count),
            detection.first_time.micros(),
            detection.last_time.micros(),
            detection.completing.received.micros(),
            detection.detected_at.micros(),
            cover.suppression(),
            cover.maintenance(),
        ])?;
    Ok(OpenAlert {
        seq: records.last_insert_rowid(),
        id,
        group_key,
        is_new: true,
        match_count: 1,
    })
}

fn save_event_ids(records: &Connection, alert: &OpenAlert, detection: &Detection) -> Result<()> {
    let mut insert = records
        .prepare_cached("INSERT OR IGNORE INTO alert_events (alert, position) VALUES (?1, ?2)")?;
    let events = if detection.repeat && !alert.is_new {
        &detection.completing.records
    } else {
        &detection.events
    };
    let newest = usize::try_from(ALERT_EVENTS_MAX).unwrap_or(usize::MAX);
    for position in events.iter().rev().take(newest) {
        insert.execute(params![alert.seq, signed(position.0)])?;
    }
    records
        .prepare_cached(
            "DELETE FROM alert_events WHERE alert = ?1 AND position <= (
                 SELECT position FROM alert_events WHERE alert = ?1
                 ORDER BY position DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![alert.seq, ALERT_EVENTS_MAX])?;
    Ok(())
}

/// Keeps which event completed the match, by which suppressions are tested.
fn save_match(records: &Connection, alert: &OpenAlert, detection: &Detection) -> Result<()> {
    let positions: Vec<u64> = detection.completing.records.iter().map(|it| it.0).collect();
    records
        .prepare_cached(
            "INSERT INTO matches (alert, detected_at, host, records) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            alert.seq,
            detection.detected_at.micros(),
            detection.completing.host,
            serde_json::to_string(&positions)?,
        ])?;
    Ok(())
}

fn prune_matches(records: &Connection) -> Result<()> {
    records
        .prepare_cached("DELETE FROM matches WHERE seq <= (SELECT max(seq) FROM matches) - ?1")?
        .execute([MATCHES_MAX])?;
    Ok(())
}

fn prune(records: &Connection) -> Result<()> {
    records
        .prepare_cached(
            "DELETE FROM alerts WHERE seq <= (SELECT max(seq) FROM alerts) - ?1
                 AND (incident IS NULL OR seq <= (SELECT max(seq) FROM alerts) - 2 * ?1)",
        )?
        .execute([ALERTS_MAX])?;
    Ok(())
}
