//! The scores of hosts, users and addresses, as alerts add to them.

use rusqlite::{Connection, OptionalExtension, Row, params};
use vakt_event::{Timestamp, ecs};

use super::apply::{Batch, OpenAlert};
use super::rows::{entity_map, instant, level, signed};
use super::{Records, judged};
use crate::PAGE_ITEMS_MAX;
use crate::asset::Criticality;
use crate::detection::Detection;
use crate::error::Result;
use crate::risk::{
    FADED_SHARE, HalfLife, REARM_SHARE, RISK_ALERTS_MAX, RISK_ENTITIES_MAX, RiskAlert, RiskEntity,
    Score, points, shown,
};

/// Alerts that are shown with an entity.
const ALERTS_SHOWN_MAX: usize = 10;

/// The row of `state` that says what ranks were reckoned with, in hours.
const HALF_LIFE: &str = "risk.half_life";

/// An entity whose score an alert raised.
pub(super) struct Raised {
    pub(super) seq: i64,
    pub(super) field: String,
    pub(super) value: String,
    pub(super) score: f64,
    /// It is at or above the threshold, and nothing tells of it yet.
    pub(super) passes: bool,
    /// The open incident that tells of it.
    pub(super) told: Option<i64>,
}

impl Records {
    /// Who has the highest risk now, of these streams alone (`None` is all).
    pub fn risk(&self, limit: usize, streams: Option<&[String]>) -> Result<Vec<RiskEntity>> {
        let (now, half_life) = (self.clock.now(), self.settings.half_life);
        let limit = i64::try_from(limit.min(PAGE_ITEMS_MAX)).unwrap_or(i64::MAX);
        let streams = streams.map(serde_json::to_string).transpose()?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT r.*, i.id AS incident_id FROM risk r
                     LEFT JOIN incidents i ON i.seq = r.incident
                 WHERE ?1 IS NULL OR r.stream IN (SELECT value FROM json_each(?1))
                 ORDER BY r.rank DESC, r.seq LIMIT ?2",
            )?;
            let rows = query.query_map(params![streams, limit], |row| {
                Ok((row.get("seq")?, self.entity(row, now)?))
            })?;
            let mut entities = Vec::new();
            for row in rows {
                let (seq, mut entity) = row?;
                entity.alerts = alerts(records, seq, now, half_life)?;
                entities.push(entity);
            }
            Ok(entities)
        })
    }

    fn entity(&self, row: &Row<'_>, now: Timestamp) -> rusqlite::Result<RiskEntity> {
        let entity = [(row.get("field")?, row.get("value")?)];
        let fields = entity_map(&entity);
        let [(_, value)] = entity;
        let asset = self.settings.assets.of(&value);
        Ok(RiskEntity {
            entity_fields: fields,
            stream: row.get("stream")?,
            drill: row.get("drill")?,
            score: shown(score(row)?.at(now, self.settings.half_life)),
            asset: asset.map(|asset| asset.name.clone()),
            criticality: asset.map(|asset| asset.criticality),
            incident: row.get("incident_id")?,
            alerts: Vec::new(),
            entity: value,
        })
    }

    /// Ranks are reckoned anew where another half-life is configured.
    pub(super) fn adopt_half_life(&self) -> Result<()> {
        let half_life = self.settings.half_life;
        let hours = i64::from(half_life.hours());
        self.write(|records| {
            let sql = "SELECT position FROM state WHERE name = ?1";
            let before: Option<i64> = records
                .query_row(sql, [HALF_LIFE], |row| row.get(0))
                .optional()?;
            if before == Some(hours) {
                return Ok(());
            }
            let mut query = records.prepare("SELECT seq, score, as_of FROM risk")?;
            let rows = query.query_map([], |row| Ok((row.get("seq")?, score(row)?)))?;
            for row in rows.collect::<rusqlite::Result<Vec<(i64, Score)>>>()? {
                let (seq, score) = row;
                records
                    .prepare_cached("UPDATE risk SET rank = ?2 WHERE seq = ?1")?
                    .execute(params![seq, score.rank(half_life)])?;
            }
            records.execute(
                "INSERT INTO state (name, position) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                params![HALF_LIFE, hours],
            )?;
            Ok(())
        })
    }
}

/// A new alert adds its points to whom it concerns. Answers them, as they stand then.
pub(super) fn raise(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
    criticality: Criticality,
) -> Result<Vec<Raised>> {
    let points = points(detection.level, criticality);
    // Old logs that come in say nothing of who is at risk now.
    if !alert.is_new || points <= 0.0 || detection.is_historic() {
        return Ok(Vec::new());
    }
    let mut raised = Vec::new();
    for (field, value) in subjects(detection) {
        raised.push(raise_one(
            batch,
            owner,
            detection,
            alert,
            (field, value),
            points,
        )?);
    }
    Ok(raised)
}

fn raise_one(
    batch: &Batch<'_>,
    owner: &Records,
    detection: &Detection,
    alert: &OpenAlert,
    (field, value): (&str, &str),
    points: f64,
) -> Result<Raised> {
    let records = batch.records;
    let half_life = owner.settings.half_life;
    let at = detection.completing.received;
    let known = records
        .prepare_cached(
            "SELECT r.seq, r.score, r.as_of, r.incident, i.is_open FROM risk r
                 LEFT JOIN incidents i ON i.seq = r.incident
             WHERE r.stream = ?1 AND r.drill = ?2 AND r.field = ?3 AND r.value = ?4",
        )?
        .query_row(
            params![detection.stream, detection.drill, field, value],
            |row| {
                let told: Option<i64> = row.get(3)?;
                let is_open: Option<bool> = row.get(4)?;
                Ok((
                    row.get(0)?,
                    score(row)?,
                    told.filter(|_| is_open == Some(true)),
                ))
            },
        )
        .optional()?;
    let threshold = owner.settings.thresholds.risk_score;
    let (before, told): (Option<(i64, Score)>, Option<i64>) = match known {
        None => (None, None),
        Some((seq, score, told)) => {
            let told = match told {
                Some(incident) if judged::before(records, incident, at)?.is_none() => told,
                _ => None,
            };
            let left = score.at(at, half_life);
            let has_fallen = threshold.is_none_or(|most| left < most * REARM_SHARE);
            (Some((seq, score)), told.filter(|_| !has_fallen))
        }
    };
    let nothing = Score {
        points: 0.0,
        as_of: at,
    };
    let score = before
        .map_or(nothing, |(_, score)| score)
        .with(points, at, half_life);
    let seq = save(
        records,
        detection,
        (field, value),
        score,
        score.rank(half_life),
        told,
    )?;
    let mut add = records.prepare_cached(
        "INSERT OR IGNORE INTO risk_alerts (risk, alert, points, at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    add.execute(params![seq, alert.seq, points, at.micros()])?;
    records
        .prepare_cached(
            "DELETE FROM risk_alerts WHERE risk = ?1 AND alert <= coalesce((
                 SELECT alert FROM risk_alerts WHERE risk = ?1
                 ORDER BY alert DESC LIMIT 1 OFFSET ?2), -1)",
        )?
        .execute(params![seq, RISK_ALERTS_MAX])?;
    let now = score.at(at, half_life);
    Ok(Raised {
        seq,
        field: field.to_owned(),
        value: value.to_owned(),
        score: now,
        passes: told.is_none() && threshold.is_some_and(|most| now >= most),
        told,
    })
}

fn save(
    records: &Connection,
    detection: &Detection,
    (field, value): (&str, &str),
    score: Score,
    rank: f64,
    told: Option<i64>,
) -> Result<i64> {
    let seq = records
        .prepare_cached(
            "INSERT INTO risk (stream, drill, field, value, score, as_of, rank, incident)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (stream, drill, field, value) DO UPDATE SET score = excluded.score,
                 as_of = excluded.as_of, rank = excluded.rank, incident = excluded.incident
             RETURNING seq",
        )?
        .query_row(
            params![
                detection.stream,
                detection.drill,
                field,
                value,
                score.points,
                score.as_of.micros(),
                rank,
                told,
            ],
            |row| row.get(0),
        )?;
    Ok(seq)
}

/// The host, the user and the address that an alert concerns, each once.
fn subjects(detection: &Detection) -> impl Iterator<Item = (&str, &str)> {
    [ecs::SOURCE_IP, ecs::USER_NAME, ecs::HOST_NAME]
        .into_iter()
        .filter_map(|name| {
            let pairs = detection.entity.iter().chain(&detection.subjects);
            let mut named = pairs.filter(move |(field, _)| field == name);
            let host = detection.completing.host.as_deref();
            let value = named.next().map(|(_, value)| value.as_str());
            let value = value.or(host.filter(|_| name == ecs::HOST_NAME))?;
            Some((name, value)).filter(|_| !value.is_empty())
        })
}

/// An incident tells of the entity from here on.
pub(super) fn told(records: &Connection, raised: &Raised, incident: i64) -> Result<()> {
    records
        .prepare_cached("UPDATE risk SET incident = ?2 WHERE seq = ?1")?
        .execute(params![raised.seq, incident])?;
    Ok(())
}

/// The alerts that an entity's score is made of, still weigh something, and belong to no incident;
/// oldest first.
pub(super) fn contributing(
    records: &Connection,
    owner: &Records,
    raised: &Raised,
    at: Timestamp,
) -> Result<Vec<i64>> {
    let half_life = owner.settings.half_life;
    let mut query = records.prepare_cached(
        "SELECT p.alert, p.points AS score, p.at AS as_of FROM risk_alerts p
             JOIN alerts a ON a.seq = p.alert
         WHERE p.risk = ?1 AND a.incident IS NULL ORDER BY p.alert",
    )?;
    let rows = query.query_map([raised.seq], |row| Ok((row.get(0)?, score(row)?)))?;
    let all = rows.collect::<rusqlite::Result<Vec<(i64, Score)>>>()?;
    let weighs = |score: &Score| score.at(at, half_life) > score.points * FADED_SHARE;
    let found = all.into_iter().filter(|(_, score)| weighs(score));
    Ok(found.map(|(alert, _)| alert).collect())
}

/// Forgets those with the least risk beyond the bound.
pub(super) fn prune(records: &Connection) -> Result<()> {
    let sql = "SELECT count(*) FROM risk";
    let entities: i64 = records
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?;
    if entities > RISK_ENTITIES_MAX {
        // More than one too many at a time, so that the next alert need not.
        let spare = signed(1_000);
        records.execute(
            "DELETE FROM risk WHERE seq IN (SELECT seq FROM risk ORDER BY rank LIMIT ?1)",
            [entities - RISK_ENTITIES_MAX + spare],
        )?;
    }
    Ok(())
}

fn alerts(
    records: &Connection,
    risk: i64,
    now: Timestamp,
    half_life: HalfLife,
) -> Result<Vec<RiskAlert>> {
    let mut query = records.prepare_cached(
        "SELECT a.id, a.rule_title, a.level, p.points AS score, p.at AS as_of FROM risk_alerts p
             JOIN alerts a ON a.seq = p.alert
         WHERE p.risk = ?1",
    )?;
    let rows = query.query_map([risk], |row| {
        let score = score(row)?;
        Ok(RiskAlert {
            id: row.get("id")?,
            rule_name: row.get("rule_title")?,
            level: level(row.get("level")?),
            at: score.as_of,
            points: score.at(now, half_life),
        })
    })?;
    let mut alerts: Vec<RiskAlert> = rows.collect::<rusqlite::Result<_>>()?;
    alerts.sort_by(|one, other| other.points.total_cmp(&one.points));
    alerts.truncate(ALERTS_SHOWN_MAX);
    for alert in &mut alerts {
        alert.points = shown(alert.points);
    }
    Ok(alerts)
}

fn score(row: &Row<'_>) -> rusqlite::Result<Score> {
    Ok(Score {
        points: row.get("score")?,
        as_of: instant(row, "as_of")?,
    })
}
