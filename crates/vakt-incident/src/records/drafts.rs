//! Draft incidents: opened by a detection, joined by further matches, capped by the hour.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::apply::OpenAlert;
use super::rows::{rank, signed};
use super::{DAEMON, Records, audit, facts, incidents};
use crate::detection::{Detection, Evidence, techniques};
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::{DRAFTS_PER_HOUR_MAX, HISTORIC_AGE_MICROS, draft_title, incident_id};
use crate::incident::Origin;

/// Events that an incident keeps a copy of; beyond it they are counted.
const EVIDENCE_EVENTS_MAX: i64 = 1_000;

/// Bytes of originals and fields that an incident keeps, for lines of unusual length.
const EVIDENCE_BYTES_MAX: i64 = 16 * 1024 * 1024;

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
}

/// Finds the incident that the match belongs to, or opens one, and freezes its events there.
pub(super) fn open_or_join(
    records: &Transaction<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
    now: Timestamp,
) -> Result<Draft> {
    let draft = match incident_of_group(records, &alert.group_key)? {
        Some(draft) => draft,
        None if drafts_within_the_hour(records, detection, now)? < DRAFTS_PER_HOUR_MAX => {
            open(records, owner, detection, Origin::Detection, now)?
        }
        None => match open_burst(records, detection)? {
            Some(draft) => draft,
            None => open(records, owner, detection, Origin::Burst, now)?,
        },
    };
    records
        .prepare_cached("UPDATE alerts SET incident = ?2 WHERE seq = ?1")?
        .execute(params![alert.seq, draft.seq])?;
    let frozen = freeze(records, draft.seq, &detection.events)?;
    records
        .prepare_cached(
            "UPDATE incidents SET match_count = match_count + 1, event_count = event_count + ?2,
                 level = max(coalesce(level, 0), ?3)
             WHERE seq = ?1",
        )?
        .execute(params![
            draft.seq,
            signed(detection.event_count),
            rank(detection.level)
        ])?;
    if draft.is_new {
        let opened = json!({
            "incident": incidents::core(records, draft.seq)?,
            "alert": alert.id,
            "evidence": frozen,
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
        record_detected(records, &draft, detection, now)?;
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

/// Drills have a cap of their own: an exercise must not hide an attack.
fn drafts_within_the_hour(
    records: &Connection,
    detection: &Detection,
    now: Timestamp,
) -> Result<i64> {
    let count = records
        .prepare_cached(
            "SELECT count(*) FROM incidents
             WHERE drill = ?1 AND origin = 'detection' AND opened_at > ?2",
        )?
        .query_row(
            params![detection.drill, now.micros().saturating_sub(HOUR_MICROS)],
            |row| row.get(0),
        )?;
    Ok(count)
}

fn open(
    records: &Connection,
    owner: &Records,
    detection: &Detection,
    origin: Origin,
    now: Timestamp,
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
        .map(|event| event.position.0.to_be_bytes())
        .collect();
    let mut parts: Vec<&[u8]> = vec![detection.rule_id.as_bytes(), detection.stream.as_bytes()];
    for (field, value) in &detection.entity {
        parts.extend([field.as_bytes(), value.as_bytes()]);
    }
    parts.extend(positions.iter().map(<[u8; 8]>::as_slice));
    let historic = detection
        .completing()
        .and_then(Evidence::age_at_receipt_micros)
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
    };
    let seq = insert(records, owner, &row, now)?;
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
    let first = row.detection.and_then(Detection::first);
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
            first.and_then(|event| event.claimed).map(Timestamp::micros),
            first.map(|event| event.received.micros()),
        ])?;
    Ok(records.last_insert_rowid())
}

/// Copies the events into the incident, within its bounds. Answers what was copied: positions and
/// hashes, as the audit log keeps them. An event beyond the bounds is counted for each match that
/// it takes part in, because only copies are remembered.
fn freeze(records: &Connection, incident: i64, events: &[Evidence]) -> Result<Vec<Value>> {
    let (mut kept, mut bytes): (i64, i64) = records
        .prepare_cached(
            "SELECT (SELECT count(*) FROM evidence WHERE incident = ?1), evidence_bytes
             FROM incidents WHERE seq = ?1",
        )?
        .query_row([incident], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut total = 0_i64;
    let mut frozen = Vec::new();
    for event in events {
        let position = signed(event.position.0);
        let is_known: bool = records
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM evidence WHERE incident = ?1 AND position = ?2)",
            )?
            .query_row(params![incident, position], |row| row.get(0))?;
        if is_known {
            continue;
        }
        total += 1;
        let fields = serde_json::to_string(&event.fields)?;
        let size = i64::try_from(event.original.len() + fields.len()).unwrap_or(i64::MAX);
        if kept >= EVIDENCE_EVENTS_MAX || bytes.saturating_add(size) > EVIDENCE_BYTES_MAX {
            continue;
        }
        (kept, bytes) = (kept + 1, bytes + size);
        let hash = blake3::hash(&event.original).to_hex();
        records
            .prepare_cached(
                "INSERT INTO evidence (incident, position, original, fields, claimed, received, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                incident,
                position,
                event.original,
                fields,
                event.claimed.map(Timestamp::micros),
                event.received.micros(),
                hash.as_str(),
            ])?;
        let fields_hash = blake3::hash(fields.as_bytes()).to_hex();
        frozen.push(json!([
            event.position.0,
            hash.as_str(),
            fields_hash.as_str()
        ]));
    }
    records
        .prepare_cached(
            "UPDATE incidents SET evidence_total = evidence_total + ?2, evidence_bytes = ?3
             WHERE seq = ?1",
        )?
        .execute(params![incident, total, bytes])?;
    Ok(frozen)
}

fn record_detected(
    records: &Connection,
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
    };
    facts::insert(records, draft.seq, fact)?;
    Ok(())
}
