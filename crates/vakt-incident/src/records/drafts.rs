//! Draft incidents: opened by a detection, joined by further matches, capped by the hour.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::apply::{Batch, OpenAlert};
use super::rows::{rank, signed};
use super::{DAEMON, Records, audit, evidence, facts, incidents};
use crate::detection::{Detection, techniques};
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::{DRAFTS_PER_HOUR_MAX, HISTORIC_AGE_MICROS, draft_title, incident_id};
use crate::incident::Origin;

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;

/// The draft that a detection opened or joined.
pub(super) struct Draft {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) is_new: bool,
    pub(super) is_burst: bool,
    pub(super) historic: bool,
}

/// What a new row of `incidents` holds beside the detection's own.
pub(super) struct NewRow<'a> {
    pub(super) id: String,
    pub(super) origin: Origin,
    pub(super) title: String,
    pub(super) party: &'a str,
    pub(super) stream: &'a str,
    pub(super) drill: bool,
    pub(super) historic: bool,
    pub(super) regimes: &'a [String],
    pub(super) detected_at: Timestamp,
    pub(super) opened_by: &'a str,
    pub(super) detection: Option<&'a Detection>,
    /// When the first event claims to be, and was received.
    pub(super) first: Option<(Option<Timestamp>, Timestamp)>,
}

/// Finds the incident that the match belongs to, or opens one, and freezes its events there.
pub(super) fn open_or_join(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
) -> Result<Draft> {
    let &Batch { records, now, .. } = batch;
    let draft = match incident_of_group(records, &alert.group_key)? {
        Some(draft) => draft,
        None if drafts_within_the_hour(records, detection, now)? < DRAFTS_PER_HOUR_MAX => {
            open(batch, owner, detection, Origin::Detection)?
        }
        None => match open_burst(records, detection)? {
            Some(draft) => draft,
            None => open(batch, owner, detection, Origin::Burst)?,
        },
    };
    records
        .prepare_cached("UPDATE alerts SET incident = ?2 WHERE seq = ?1")?
        .execute(params![alert.seq, draft.seq])?;
    let frozen = evidence::freeze(batch, draft.seq, draft.is_new, detection)?;
    records
        .prepare_cached(
            "UPDATE incidents SET match_count = match_count + 1, event_count = event_count + ?2,
                 level = max(coalesce(level, 0), ?3)
             WHERE seq = ?1",
        )?
        .execute(params![
            draft.seq,
            signed(if draft.is_new {
                detection.event_count
            } else {
                detection.added_events()
            }),
            rank(detection.level)
        ])?;
    if draft.is_new {
        let opened = json!({
            "incident": incidents::core(records, draft.seq)?,
            "alert": alert.id,
            "evidence": frozen,
            "evidence_total": incidents::by_seq(records, draft.seq)?.evidence_total,
            "evidence_bound": evidence::BOUND,
        });
        audit::add(
            records,
            now,
            DAEMON,
            "incident.opened",
            &draft.id,
            &Value::Null,
            &opened,
        )?;
        record_detected(records, owner, &draft, detection, now)?;
    } else if !frozen.is_empty() {
        let joined = json!({ "alert": alert.id, "evidence": frozen });
        audit::add(
            records,
            now,
            DAEMON,
            "incident.joined",
            &draft.id,
            &Value::Null,
            &joined,
        )?;
    }
    Ok(draft)
}

/// The open incident that an earlier alert of the same group belongs to.
fn incident_of_group(records: &Connection, group_key: &str) -> Result<Option<Draft>> {
    let row = records
        .prepare_cached(
            "SELECT i.seq, i.id, i.origin = 'burst', i.historic
             FROM alerts a JOIN incidents i ON i.seq = a.incident
             WHERE a.group_key = ?1 AND i.is_open = 1 ORDER BY a.seq DESC LIMIT 1",
        )?
        .query_row([group_key], known_draft);
    Ok(row.optional()?)
}

/// The burst draft of the stream, while it is open. Streams are customers: they are not mixed.
fn open_burst(records: &Connection, detection: &Detection) -> Result<Option<Draft>> {
    let row = records
        .prepare_cached(
            "SELECT seq, id, origin = 'burst', historic FROM incidents
             WHERE origin = 'burst' AND is_open = 1 AND stream = ?1 AND drill = ?2
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![detection.stream, detection.drill], known_draft);
    Ok(row.optional()?)
}

fn known_draft(row: &rusqlite::Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        seq: row.get(0)?,
        id: row.get(1)?,
        is_new: false,
        is_burst: row.get(2)?,
        historic: row.get(3)?,
    })
}

/// Each stream has a cap of its own, and its drills another: neither a noisy customer nor an
/// exercise hides an attack on somebody else.
fn drafts_within_the_hour(
    records: &Connection,
    detection: &Detection,
    now: Timestamp,
) -> Result<i64> {
    let count = records
        .prepare_cached(
            "SELECT count(*) FROM incidents
             WHERE drill = ?1 AND origin = 'detection' AND opened_at > ?2 AND stream = ?3",
        )?
        .query_row(
            params![
                detection.drill,
                now.micros().saturating_sub(HOUR_MICROS),
                detection.stream
            ],
            |row| row.get(0),
        )?;
    Ok(count)
}

fn open(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    origin: Origin,
) -> Result<Draft> {
    let is_burst = origin == Origin::Burst;
    let title = if is_burst {
        format!("Burst: more than {DRAFTS_PER_HOUR_MAX} drafts within an hour")
    } else {
        draft_title(detection)
    };
    let positions: Vec<[u8; 8]> = detection
        .events
        .iter()
        .map(|position| position.0.to_be_bytes())
        .collect();
    let mut parts: Vec<&[u8]> = vec![detection.rule_id.as_bytes(), detection.stream.as_bytes()];
    for (field, value) in &detection.entity {
        parts.extend([field.as_bytes(), value.as_bytes()]);
    }
    parts.extend(positions.iter().map(<[u8; 8]>::as_slice));
    let historic = detection
        .completing
        .age_at_receipt_micros()
        .is_some_and(|age| age > HISTORIC_AGE_MICROS);
    let row = NewRow {
        id: incident_id(origin.as_str(), &parts),
        origin,
        title,
        party: OWN_PARTY,
        stream: &detection.stream,
        drill: detection.drill,
        historic,
        regimes: &owner.settings.regimes,
        detected_at: detection.detected_at,
        opened_by: DAEMON,
        detection: Some(detection),
        first: (batch.stored)(detection.first_event).map(|event| (event.claimed, event.received)),
    };
    let seq = insert(batch.records, owner, &row, batch.now)?;
    Ok(Draft {
        seq,
        id: row.id,
        is_new: true,
        is_burst,
        historic,
    })
}

/// Adds the row of a new incident; its facts and audit entry are the caller's.
pub(super) fn insert(
    records: &Connection,
    owner: &Records,
    row: &NewRow<'_>,
    now: Timestamp,
) -> Result<i64> {
    // A burst is of many rules and entities: it bears none of them.
    let of_rule = row.detection.filter(|_| row.origin != Origin::Burst);
    let entity = of_rule.map(|detection| detection.entity.as_slice());
    let tags = row.detection.map(|detection| detection.tags.as_slice());
    records
        .prepare_cached(
            "INSERT INTO incidents (id, origin, title, state, is_open, party, drill, historic,
                 stream, level, rule_id, rule_title, entity, techniques, regimes,
                 organisation_configured, detected_at, opened_at, opened_by, first_claimed,
                 first_received)
             VALUES (?1, ?2, ?3, 'draft', 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                 ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            row.id,
            row.origin.as_str(),
            row.title,
            row.party,
            row.drill,
            row.historic,
            row.stream,
            row.detection.map(|detection| rank(detection.level)),
            of_rule.map(|detection| &detection.rule_id),
            of_rule.map(|detection| &detection.rule_title),
            serde_json::to_string(entity.unwrap_or_default())?,
            serde_json::to_string(&techniques(tags.unwrap_or_default()))?,
            serde_json::to_string(row.regimes)?,
            owner.settings.organisation.is_some(),
            row.detected_at.micros(),
            now.micros(),
            row.opened_by,
            row.first
                .and_then(|(claimed, _)| claimed)
                .map(Timestamp::micros),
            row.first.map(|(_, received)| received.micros()),
        ])?;
    Ok(records.last_insert_rowid())
}

fn record_detected(
    records: &Connection,
    owner: &Records,
    draft: &Draft,
    detection: &Detection,
    now: Timestamp,
) -> Result<()> {
    let fact = Fact {
        id: 0,
        fact: FactKind::Detected,
        at: detection.detected_at,
        recorded_at: now,
        recorded_by: DAEMON.to_owned(),
        by: DAEMON.to_owned(),
        party: OWN_PARTY.to_owned(),
        reason: None,
        report: None,
        regime: None,
        reference: None,
        due: None,
        source: Some(format!("rule {}", detection.rule_id)),
        fields: None,
        revises: None,
        approves: None,
        into: None,
    };
    facts::insert(records, owner.regimes(), draft.seq, fact)?;
    Ok(())
}
