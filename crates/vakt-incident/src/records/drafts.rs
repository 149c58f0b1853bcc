//! Draft incidents: opened by a detection, joined by further matches, capped by the hour.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::apply::{Batch, OpenAlert};
use super::judged::{self, Judged};
use super::risk::Raised;
use super::rows::{rank, signed};
use super::{DAEMON, Records, audit, evidence, facts, incidents, risk};
use crate::calendar::HOUR_MICROS;
use crate::detection::{Detection, techniques};
use crate::error::Result;
use crate::fact::{Fact, FactKind, OWN_PARTY};
use crate::group::{DRAFTS_PER_HOUR_MAX, draft_title, incident_id};
use crate::incident::Origin;
use crate::relation::{
    KEYS_MAX, RELATED_GAP_MICROS, SAME_HOST_GAP_MICROS, key_of_host, keys, own_key,
};
use crate::threshold::Why;

/// Incidents of one campaign that are looked at for a match. As many as a stream opens in an hour.
const RELATED_MAX: i64 = DRAFTS_PER_HOUR_MAX;

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
    /// What it is about, where no detection opened it.
    pub(super) about: Option<&'a [(String, String)]>,
    /// Whom it is about, and its points, where those opened it.
    pub(super) risk: Option<(&'a [(String, String)], f64)>,
    /// When the first event claims to be, and was received.
    pub(super) first: Option<(Option<Timestamp>, Timestamp)>,
}

/// The incident that the match opens or joins, if it does: by its rule, its level, its asset, or the
/// risk of whom it concerns. A match of an alert that belongs to an open incident joins that.
pub(super) fn of_match(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
) -> Result<Option<Draft>> {
    let records = batch.records;
    let asset = owner.settings.assets.of_match(detection);
    let criticality = asset.map(|asset| asset.criticality).unwrap_or_default();
    let raised = risk::raise(batch, owner, detection, alert, criticality)?;
    let passing = raised.iter().find(|raised| raised.passes);
    let by_itself = owner.settings.thresholds.why(detection, asset);
    let is_by_itself = by_itself.is_some();
    let by_risk = || {
        passing.map(|raised| Why::Risk {
            field: raised.field.clone(),
            value: raised.value.clone(),
            score: raised.score,
        })
    };
    let draft = match by_itself.or_else(by_risk) {
        Some(why) => open_or_join(batch, owner, detection, alert, &why)?,
        None => {
            let known = match alert.is_new {
                true => told_of(records, &raised)?,
                false => unjudged(
                    records,
                    incident_of_group(records, &alert.group_key)?,
                    detection,
                    &mut None,
                )?,
            };
            let Some(draft) = known else { return Ok(None) };
            add_match(batch, owner, detection, alert, &draft, None, None)?;
            draft
        }
    };
    for raised in raised.iter().filter(|raised| raised.passes) {
        risk::told(records, raised, draft.seq)?;
    }
    if let (false, Some(raised)) = (is_by_itself, passing) {
        add_contributing(batch, owner, detection, raised, &draft)?;
    }
    Ok(Some(draft))
}

/// Finds the incident that the match belongs to, or opens one, and freezes its events there.
fn open_or_join(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
    why: &Why,
) -> Result<Draft> {
    let &Batch { records, now, .. } = batch;
    let mut judged = None;
    let of_group = incident_of_group(records, &alert.group_key)?;
    let known = match unjudged(records, of_group, detection, &mut judged)? {
        Some(draft) => Some(draft),
        None => related(records, detection, why, &mut judged)?,
    };
    let draft = match known {
        Some(draft) => draft,
        None if drafts_within_the_hour(records, detection, now)? < DRAFTS_PER_HOUR_MAX => {
            open(batch, owner, detection, why, false)?
        }
        None => {
            let burst = open_burst(records, detection)?;
            match unjudged(records, burst, detection, &mut judged)? {
                Some(draft) => draft,
                None => open(batch, owner, detection, why, true)?,
            }
        }
    };
    let after = judged.filter(|_| draft.is_new);
    add_match(
        batch,
        owner,
        detection,
        alert,
        &draft,
        Some(why),
        after.as_ref(),
    )?;
    Ok(draft)
}

/// Enters the match into its incident: the alert, the events, whom it concerns.
fn add_match(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
    draft: &Draft,
    why: Option<&Why>,
    after: Option<&Judged>,
) -> Result<()> {
    let &Batch { records, now, .. } = batch;
    records
        .prepare_cached("UPDATE alerts SET incident = ?2 WHERE seq = ?1")?
        .execute(params![alert.seq, draft.seq])?;
    let frozen = evidence::freeze(batch, draft.seq, draft.is_new, detection)?;
    records
        .prepare_cached(
            "UPDATE incidents SET match_count = match_count + 1, event_count = event_count + ?2,
                 level = max(coalesce(level, 0), ?3),
                 last_received = max(coalesce(last_received, ?4), ?4)
             WHERE seq = ?1",
        )?
        .execute(params![
            draft.seq,
            signed(if draft.is_new {
                detection.event_count
            } else {
                detection.added_events()
            }),
            rank(detection.level),
            detection.completing.received.micros(),
        ])?;
    if !draft.is_burst {
        save_keys(records, draft, detection)?;
    }
    if draft.is_new {
        let opened = json!({
            "incident": incidents::core(records, draft.seq)?,
            "alert": alert.id,
            "why": why.map(Why::to_string),
            "after": after.map(Judged::words),
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
        let source = source(detection, why, after);
        record_detected(records, owner, draft, detection, source, now)?;
    } else if !frozen.is_empty() {
        let joined = json!({ "alert": alert.id, "evidence": frozen });
        log_joined(batch, draft, &joined)?;
    }
    Ok(())
}

fn log_joined(batch: &Batch<'_>, draft: &Draft, joined: &Value) -> Result<()> {
    let action = "incident.joined";
    let (records, now) = (batch.records, batch.now);
    audit::add(
        records,
        now,
        DAEMON,
        action,
        &draft.id,
        &Value::Null,
        joined,
    )
}

/// Enters the alerts that made an entity's score into the incident that tells of it, with the events
/// of each that are kept.
fn add_contributing(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    raised: &Raised,
    draft: &Draft,
) -> Result<()> {
    let records = batch.records;
    let at = detection.completing.received;
    for alert in risk::contributing(records, owner, raised, at)? {
        let id: String = records
            .prepare_cached("UPDATE alerts SET incident = ?2 WHERE seq = ?1 RETURNING id")?
            .query_row([alert, draft.seq], |row| row.get(0))?;
        records
            .prepare_cached(
                "UPDATE incidents SET match_count = incidents.match_count + a.match_count,
                     event_count = incidents.event_count + a.event_count,
                     level = max(incidents.level, a.level)
                 FROM (SELECT match_count, event_count, level FROM alerts WHERE seq = ?2) AS a
                 WHERE seq = ?1",
            )?
            .execute([draft.seq, alert])?;
        let frozen = evidence::freeze_kept(batch, draft.seq, alert)?;
        let joined = json!({ "alert": id, "why": "risk", "evidence": frozen });
        log_joined(batch, draft, &joined)?;
    }
    Ok(())
}

/// The open incident that tells of the risk of one of them.
fn told_of(records: &Connection, raised: &[Raised]) -> Result<Option<Draft>> {
    let Some(told) = raised.iter().find_map(|raised| raised.told) else {
        return Ok(None);
    };
    let row = records
        .prepare_cached(
            "SELECT seq, id, origin = 'burst', historic FROM incidents
             WHERE seq = ?1 AND is_open = 1 AND risk_score IS NOT NULL",
        )?
        .query_row([told], known_draft);
    Ok(row.optional()?)
}

/// The draft, where nobody judged it before the match was received; the first one that somebody did
/// is remembered in `judged`.
fn unjudged(
    records: &Connection,
    candidates: impl IntoIterator<Item = Draft>,
    detection: &Detection,
    judged: &mut Option<Judged>,
) -> Result<Option<Draft>> {
    for draft in candidates {
        match judged::before(records, draft.seq, detection.completing.received)? {
            None => return Ok(Some(draft)),
            Some(found) => *judged = judged.take().or(Some(found)),
        }
    }
    Ok(None)
}

/// The newest open incident of the same campaign that nobody has judged, whatever the rule.
fn related(
    records: &Connection,
    detection: &Detection,
    why: &Why,
    judged: &mut Option<Judged>,
) -> Result<Option<Draft>> {
    let mut wanted: Vec<String> = own_key(detection).into_iter().collect();
    if let Why::Risk { field, value, .. } = why {
        let of_risk = Detection {
            entity: vec![(field.clone(), value.clone())],
            ..detection.clone()
        };
        wanted.extend(own_key(&of_risk));
    }
    let of_host: Vec<String> = key_of_host(detection).into_iter().collect();
    for (keys, gap) in [
        (wanted, RELATED_GAP_MICROS),
        (of_host, SAME_HOST_GAP_MICROS),
    ] {
        let found = of_keys(records, detection, &keys, gap)?;
        if let Some(draft) = unjudged(records, found, detection, judged)? {
            return Ok(Some(draft));
        }
    }
    Ok(None)
}

/// The open incidents with one of the keys whose last match was received within `gap` microseconds
/// of this one, newest first.
fn of_keys(
    records: &Connection,
    detection: &Detection,
    keys: &[String],
    gap: i64,
) -> Result<Vec<Draft>> {
    let received = detection.completing.received.micros();
    let mut query = records.prepare_cached(
        "SELECT DISTINCT i.seq, i.id, i.origin = 'burst', i.historic
         FROM incident_keys k JOIN incidents i ON i.seq = k.incident
         WHERE k.key IN (SELECT value FROM json_each(?1)) AND i.is_open = 1 AND i.stream = ?2
             AND i.drill = ?3 AND i.historic = ?4 AND i.last_received >= ?5
         ORDER BY i.seq DESC LIMIT ?6",
    )?;
    let rows = query.query_map(
        params![
            serde_json::to_string(keys)?,
            detection.stream,
            detection.drill,
            detection.is_historic(),
            received.saturating_sub(gap),
            RELATED_MAX,
        ],
        known_draft,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn save_keys(records: &Connection, draft: &Draft, detection: &Detection) -> Result<()> {
    let mut insert = records.prepare_cached(
        "INSERT OR IGNORE INTO incident_keys (incident, key)
         SELECT ?1, ?2 WHERE (SELECT count(*) FROM incident_keys WHERE incident = ?1) < ?3",
    )?;
    for key in keys(detection) {
        insert.execute(params![draft.seq, key, KEYS_MAX])?;
    }
    Ok(())
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
    why: &Why,
    is_burst: bool,
) -> Result<Draft> {
    let of_risk = match why {
        Why::Risk {
            field,
            value,
            score,
        } if !is_burst => Some((vec![(field.clone(), value.clone())], *score)),
        _ => None,
    };
    let (origin, title) = match (&of_risk, why) {
        (Some(_), Why::Risk { field, value, .. }) => {
            (Origin::Risk, format!("Risk of {field} {value}"))
        }
        _ if is_burst => (
            Origin::Burst,
            format!("Burst: more than {DRAFTS_PER_HOUR_MAX} drafts within an hour"),
        ),
        _ => (Origin::Detection, draft_title(detection)),
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
    let row = NewRow {
        id: incident_id(origin.as_str(), &parts),
        origin,
        title,
        party: OWN_PARTY,
        stream: &detection.stream,
        drill: detection.drill,
        historic: detection.is_historic(),
        regimes: &owner.settings.regimes,
        detected_at: detection.detected_at,
        opened_by: DAEMON,
        detection: Some(detection),
        about: None,
        risk: of_risk
            .as_ref()
            .map(|(entity, score)| (entity.as_slice(), *score)),
        first: (batch.stored)(detection.first_event).map(|event| (event.claimed, event.received)),
    };
    let seq = insert(batch.records, owner, &row, batch.now)?;
    Ok(Draft {
        seq,
        id: row.id,
        is_new: true,
        is_burst,
        historic: row.historic,
    })
}

/// Adds the row of a new incident; its facts and audit entry are the caller's.
pub(super) fn insert(
    records: &Connection,
    owner: &Records,
    row: &NewRow<'_>,
    now: Timestamp,
) -> Result<i64> {
    // A burst is of many rules and entities: it bears none of them. A risk is of many rules.
    let of_rule = row.detection.filter(|_| row.origin == Origin::Detection);
    let entity = row.risk.map(|(entity, _)| entity).or(row.about);
    let entity = entity.or(of_rule.map(|detection| detection.entity.as_slice()));
    // The table takes a risk for a detection with a score, and knows the others by what they are about and
    // by who opened them.
    let origin = match row.origin {
        Origin::Risk => Origin::Detection,
        Origin::Outage | Origin::Recurring | Origin::Report => Origin::Manual,
        other => other,
    };
    let tags = row.detection.map(|detection| detection.tags.as_slice());
    records
        .prepare_cached(
            "INSERT INTO incidents (id, origin, title, state, is_open, party, drill, historic,
                 stream, level, rule_id, rule_title, entity, techniques, regimes,
                 organisation_configured, detected_at, opened_at, opened_by, first_claimed,
                 first_received, risk_score)
             VALUES (?1, ?2, ?3, 'draft', 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
                 ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            row.id,
            origin.as_str(),
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
            row.risk.map(|(_, score)| score),
        ])?;
    Ok(records.last_insert_rowid())
}

/// What opened the draft: the rule, why that opens one, and the incident that it belonged to before.
fn source(detection: &Detection, why: Option<&Why>, after: Option<&Judged>) -> String {
    let mut source = match why {
        None | Some(Why::Rule) => format!("rule {}", detection.rule_id),
        Some(why) => format!("rule {}: {why}", detection.rule_id),
    };
    if let Some(after) = after {
        source.push_str("; ");
        source.push_str(&after.words());
    }
    source
}

fn record_detected(
    records: &Connection,
    owner: &Records,
    draft: &Draft,
    detection: &Detection,
    source: String,
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
        source: Some(source),
        fields: None,
        revises: None,
        approves: None,
        into: None,
    };
    facts::insert(records, owner.regimes(), draft.seq, fact)?;
    Ok(())
}
