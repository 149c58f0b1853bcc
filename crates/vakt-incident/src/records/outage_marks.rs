//! What is kept of outages: the incident that each belongs to, and how far it was told.
//!
//! Both follow from what was done, and are in no audit entry of their own: the facts are.

use rusqlite::{Connection, OptionalExtension, params};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::merge;
use crate::error::Result;
use crate::lifecycle::IncidentState;
use crate::outage::Outage;
use crate::service::Service;
use crate::significance::Timer;

/// Outages of one incident whose beginning and end are facts; of more, the first say enough.
const OUTAGE_FACTS_MAX: i64 = 20;

/// How far something was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// 1 for the warning, 2 for the passing.
    pub(super) step: u32,
    /// The fact was recorded.
    pub(super) is_met: bool,
}

/// The incident that an outage belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) incident: i64,
    /// An instant within the outage, by which it is known.
    pub(super) since: Timestamp,
    /// That it is over was recorded.
    pub(super) restored: bool,
}

/// A service in the realm of exercises, or not.
#[derive(Clone, Copy)]
pub(super) struct Realm<'a> {
    pub(super) service: &'a Service,
    pub(super) drill: bool,
}

/// Whether the facts of an incident say already that a service meets a criterion.
pub(super) fn is_met_already(
    records: &Connection,
    incident: i64,
    service: &str,
    criterion: &str,
) -> Result<bool> {
    let found = records
        .prepare_cached(
            "SELECT 1 FROM facts WHERE incident = ?1 AND fact = 'criterion_met'
                 AND json_extract(fields, '$.service') = ?2
                 AND json_extract(fields, '$.criterion') = ?3 LIMIT 1",
        )?
        .query_row(params![incident, service, criterion], |_| Ok(()));
    Ok(found.optional()?.is_some())
}

/// Whether another outage of an incident is told by facts.
pub(super) fn has_room(records: &Connection, incident: i64) -> Result<bool> {
    let sql = "SELECT count(*) FROM outage_incidents WHERE incident = ?1";
    let count: i64 = records
        .prepare_cached(sql)?
        .query_row([incident], |row| row.get(0))?;
    Ok(count <= OUTAGE_FACTS_MAX)
}

/// The incident in which this one is looked at now.
pub(super) fn present(records: &Connection, incident: i64) -> Result<i64> {
    let row = incidents::by_seq(records, incident)?;
    if row.state != IncidentState::Merged {
        return Ok(incident);
    }
    Ok(merge::above(records, &row)?
        .last()
        .copied()
        .unwrap_or(incident))
}

pub(super) fn is_dismissed(records: &Connection, link: Option<Link>) -> Result<bool> {
    let Some(link) = link else {
        return Ok(false);
    };
    let seq = present(records, link.incident)?;
    Ok(incidents::by_seq(records, seq)?.state == IncidentState::Dismissed)
}

/// The incident that an outage belongs to, if one was found or opened.
pub(super) fn link_of(
    records: &Connection,
    realm: Realm<'_>,
    outage: &Outage,
) -> Result<Option<Link>> {
    let Realm { service, drill } = realm;
    let until = outage.span.until.map_or(i64::MAX, Timestamp::micros);
    let row = records
        .prepare_cached(
            "SELECT incident, since, restored FROM outage_incidents
             WHERE service = ?1 AND drill = ?2 AND since >= ?3 AND since <= ?4
             ORDER BY since LIMIT 1",
        )?
        .query_row(
            params![service.name, drill, outage.span.from.micros(), until],
            |row| {
                Ok(Link {
                    incident: row.get(0)?,
                    since: super::rows::instant(row, 1)?,
                    restored: row.get(2)?,
                })
            },
        );
    Ok(row.optional()?)
}

/// The newest open incident of an outage of the service.
pub(super) fn open_of(records: &Connection, realm: Realm<'_>, stream: &str) -> Result<Option<i64>> {
    let mut query = records.prepare_cached(
        "SELECT o.incident FROM outage_incidents o JOIN incidents i ON i.seq = o.incident
         WHERE o.service = ?1 AND o.drill = ?2 AND i.stream = ?3 ORDER BY o.since DESC LIMIT 1",
    )?;
    let newest: Option<i64> = query
        .query_row(params![realm.service.name, realm.drill, stream], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(newest) = newest else {
        return Ok(None);
    };
    let row: IncidentRow = incidents::by_seq(records, present(records, newest)?)?;
    Ok(row.state.is_open().then_some(row.seq))
}

pub(super) fn told(
    records: &Connection,
    realm: Realm<'_>,
    outage: &Outage,
    link: Option<Link>,
) -> Result<Vec<(String, Told)>> {
    let Some(link) = link else {
        return Ok(Vec::new());
    };
    let mut query = records.prepare_cached(
        "SELECT criterion, step, is_met FROM criterion_told
         WHERE service = ?1 AND drill = ?2 AND since = ?3 AND kind = ?4",
    )?;
    let of = params![
        realm.service.name,
        realm.drill,
        link.since.micros(),
        outage.kind.as_str()
    ];
    let rows = query.query_map(of, |row| {
        let told = Told {
            step: row.get(1)?,
            is_met: row.get(2)?,
        };
        Ok((row.get(0)?, told))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn mark(
    records: &Connection,
    realm: Realm<'_>,
    (outage, link): (&Outage, Link),
    timer: &Timer,
    told: Told,
) -> Result<()> {
    records
        .prepare_cached(
            "INSERT INTO criterion_told (service, drill, since, kind, criterion, step, is_met)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO UPDATE SET step = excluded.step, is_met = excluded.is_met",
        )?
        .execute(params![
            realm.service.name,
            realm.drill,
            link.since.micros(),
            outage.kind.as_str(),
            timer.criterion,
            told.step,
            told.is_met,
        ])?;
    Ok(())
}

/// The alerts of an outage's events belong to its draft.
pub(super) fn join_alerts(
    records: &Connection,
    incident: i64,
    rows: &[i64],
) -> Result<Vec<String>> {
    let mut query = records.prepare_cached(
        "UPDATE alerts SET incident = ?1 WHERE incident IS NULL AND suppression IS NULL
             AND seq IN (SELECT e.alert FROM alert_events e JOIN service_signals s
                 ON s.position = e.position WHERE s.seq IN (SELECT value FROM json_each(?2)))
         RETURNING id",
    )?;
    let rows = query.query_map(params![incident, serde_json::to_string(rows)?], |row| {
        row.get(0)
    })?;
    let ids: Vec<String> = rows.collect::<rusqlite::Result<_>>()?;
    records
        .prepare_cached(
            "UPDATE incidents SET match_count = a.matches, event_count = a.events, level = a.level,
                 last_received = a.received
             FROM (SELECT sum(match_count) AS matches, sum(event_count) AS events,
                     max(level) AS level, max(last_received) AS received
                 FROM alerts WHERE incident = ?1) AS a
             WHERE seq = ?1 AND a.matches IS NOT NULL",
        )?
        .execute([incident])?;
    Ok(ids)
}
