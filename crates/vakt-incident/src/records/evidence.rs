//! Evidence: copies of the events that an incident is about, within bounds that it states.
//!
//! A match that opens an incident, or joins it with events of its own, brings the oldest of them,
//! which show how it began, and the newest; one that shows the same events again brings what is
//! new. What is beyond a bound is counted, and stays in the journal.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde_json::{Value, json};
use vakt_event::{JournalPosition, Timestamp};

use super::apply::{Batch, StoredEvents};
use super::rows::{count, instant, instant_or_none, json as json_column, signed};
use crate::detection::{Detection, Evidence};
use crate::error::Result;
use crate::incident::{EvidenceBound, FrozenEvent};

/// What an incident copies at the most.
pub(super) const BOUND: EvidenceBound = EvidenceBound {
    // What a person reads; each is read from the journal by itself.
    events_per_match: 200,
    oldest_per_match: 50,
    events: 1_000,
    // For lines of unusual length.
    bytes: 16 * 1024 * 1024,
};

/// Copies the events of a match into the incident. Answers what was copied: positions and hashes,
/// as the audit log keeps them. An event beyond the bounds is counted for each match that it takes
/// part in, because only copies are remembered.
pub(super) fn freeze(
    batch: &Batch<'_>,
    incident: i64,
    is_new: bool,
    detection: &Detection,
) -> Result<Vec<Value>> {
    let records = batch.records;
    let known = known(records, incident)?;
    let brings_all = is_new || !detection.repeat;
    let (involved, hidden) = if brings_all {
        let listed = u64::try_from(detection.events.len()).unwrap_or(u64::MAX);
        (
            &detection.events,
            detection.event_count.saturating_sub(listed),
        )
    } else {
        (&detection.completing.records, 0)
    };
    let new = involved.iter().filter(|position| !known.contains(position));
    let total = u64::try_from(new.count())
        .unwrap_or(u64::MAX)
        .saturating_add(hidden);
    let chosen = chosen(detection, brings_all);
    let frozen = copy(records, incident, &known, chosen, batch.stored)?;
    records
        .prepare_cached("UPDATE incidents SET evidence_total = evidence_total + ?2 WHERE seq = ?1")?
        .execute(params![incident, signed(total)])?;
    Ok(frozen)
}

/// Copies the newest events of an alert that joins the incident, of those whose ids it keeps. Answers
/// as [`freeze`] does.
pub(super) fn freeze_kept(batch: &Batch<'_>, incident: i64, alert: i64) -> Result<Vec<Value>> {
    let records = batch.records;
    let known = known(records, incident)?;
    let newest = signed(BOUND.oldest_per_match);
    let mut query = records.prepare_cached(
        "SELECT position FROM alert_events WHERE alert = ?1 ORDER BY position DESC LIMIT ?2",
    )?;
    let rows = query.query_map([alert, newest], |row| row.get::<_, i64>(0))?;
    let mut positions = Vec::new();
    for row in rows {
        positions.push(JournalPosition(count(row?)));
    }
    let new = positions
        .iter()
        .filter(|position| !known.contains(position));
    let total = u64::try_from(new.count()).unwrap_or(u64::MAX);
    let frozen = copy(records, incident, &known, positions, batch.stored)?;
    records
        .prepare_cached("UPDATE incidents SET evidence_total = evidence_total + ?2 WHERE seq = ?1")?
        .execute(params![incident, signed(total)])?;
    Ok(frozen)
}

/// Copies events that were kept elsewhere into the incident. Answers as [`freeze`] does.
pub(super) fn freeze_events(
    records: &Connection,
    incident: i64,
    events: &[Evidence],
) -> Result<Vec<Value>> {
    let known = known(records, incident)?;
    let positions: Vec<JournalPosition> = events.iter().map(|it| it.position).collect();
    let new = positions.iter().filter(|it| !known.contains(it)).count();
    let stored = |position| events.iter().find(|it| it.position == position).cloned();
    let frozen = copy(records, incident, &known, positions, &stored)?;
    records
        .prepare_cached("UPDATE incidents SET evidence_total = evidence_total + ?2 WHERE seq = ?1")?
        .execute(params![incident, i64::try_from(new).unwrap_or(i64::MAX)])?;
    Ok(frozen)
}

/// Copies the events at these positions, those first that stand first, until the incident is full.
fn copy(
    records: &Connection,
    incident: i64,
    known: &BTreeSet<JournalPosition>,
    positions: Vec<JournalPosition>,
    stored: &StoredEvents<'_>,
) -> Result<Vec<Value>> {
    let mut kept = u64::try_from(known.len()).unwrap_or(u64::MAX);
    let mut bytes: i64 = records
        .prepare_cached("SELECT evidence_bytes FROM incidents WHERE seq = ?1")?
        .query_row([incident], |row| row.get(0))?;
    let mut frozen: Vec<(JournalPosition, Value)> = Vec::new();
    for position in positions {
        if known.contains(&position) || kept >= BOUND.events {
            continue;
        }
        let Some(event) = stored(position) else {
            continue;
        };
        let fields = serde_json::to_string(&event.fields)?;
        let size = i64::try_from(event.original.len() + fields.len()).unwrap_or(i64::MAX);
        if bytes.saturating_add(size) > signed(BOUND.bytes) {
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
                signed(position.0),
                event.original,
                fields,
                event.claimed.map(Timestamp::micros),
                event.received.micros(),
                hash.as_str(),
            ])?;
        let fields_hash = blake3::hash(fields.as_bytes()).to_hex();
        let logged = json!([
            position.0,
            hash.as_str(),
            fields_hash.as_str(),
            event.claimed.map(Timestamp::micros),
            event.received.micros(),
        ]);
        frozen.push((position, logged));
    }
    records
        .prepare_cached("UPDATE incidents SET evidence_bytes = ?2 WHERE seq = ?1")?
        .execute(params![incident, bytes])?;
    frozen.sort_by_key(|(position, _)| *position);
    Ok(frozen.into_iter().map(|(_, logged)| logged).collect())
}

/// The positions to copy, those first that matter most: the event that completed the match, the
/// first, the oldest, then the newest.
fn chosen(detection: &Detection, brings_all: bool) -> Vec<JournalPosition> {
    let mut chosen = detection.completing.records.clone();
    if !brings_all {
        return chosen;
    }
    let mut seen: BTreeSet<JournalPosition> = chosen.iter().copied().collect();
    let oldest = usize::try_from(BOUND.oldest_per_match).unwrap_or(usize::MAX);
    let begun = std::iter::once(detection.first_event);
    let oldest = begun.chain(detection.events.iter().take(oldest).copied());
    let in_order = oldest.chain(detection.events.iter().rev().copied());
    chosen.extend(in_order.filter(|position| seen.insert(*position)));
    chosen.truncate(usize::try_from(BOUND.events_per_match).unwrap_or(usize::MAX));
    chosen
}

fn known(records: &Connection, incident: i64) -> Result<BTreeSet<JournalPosition>> {
    let mut query = records.prepare_cached("SELECT position FROM evidence WHERE incident = ?1")?;
    let rows = query.query_map([incident], |row| row.get::<_, i64>(0))?;
    let positions = rows.map(|row| Ok(JournalPosition(count(row?))));
    positions.collect()
}

/// The evidence of these incidents, in journal order, each event once.
pub(super) fn of_incidents(records: &Connection, seqs: &[i64]) -> Result<Vec<FrozenEvent>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM evidence WHERE incident IN (SELECT value FROM json_each(?1))
         GROUP BY position ORDER BY position",
    )?;
    let seqs = serde_json::to_string(seqs)?;
    let rows = query.query_map([seqs], |row| {
        let original: Vec<u8> = row.get("original")?;
        Ok(FrozenEvent {
            id: count(row.get("position")?).to_string(),
            original: String::from_utf8_lossy(&original).into_owned(),
            fields: json_column(row, "fields")?,
            claimed: instant_or_none(row, "claimed")?,
            received: instant(row, "received")?,
            hash: row.get("hash")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What was left out, for people; `None` where everything is there.
pub(super) fn note(frozen: usize, total: u64) -> Option<String> {
    let omitted = total.saturating_sub(u64::try_from(frozen).unwrap_or(u64::MAX));
    (omitted > 0).then(|| {
        format!(
            "{omitted} of {total} events are not copied here. Of each match the first {} and the \
             newest are, {} in all; of the whole incident {} events or {} MiB. The journal holds \
             the others while it keeps them.",
            BOUND.oldest_per_match,
            BOUND.events_per_match,
            BOUND.events,
            BOUND.bytes / (1024 * 1024)
        )
    })
}
