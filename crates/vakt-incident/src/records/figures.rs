//! What figures are computed from, read out of the records.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use vakt_event::Timestamp;

use super::Records;
use super::incidents::{self, IncidentRow};
use super::rows::{count, level};
use super::view::View;
use crate::calendar;
use crate::error::Result;
use crate::fact::FactKind;
use crate::figures::{AlertCounts, Case, Facts, Figures, Period};
use crate::regime::Regimes;

/// Incidents that are read before others may read: each takes some 50 µs, for its facts and clocks.
const INCIDENTS_AT_A_TIME: usize = 200;

impl Records {
    /// The IANA name of the zone of the first configured regime, and the zone.
    pub fn time_zone(&self) -> (String, TimeZone) {
        let first = self.settings().regimes.first();
        let name = first
            .and_then(|id| self.regimes().get(id))
            .map(|it| it.zone.as_str());
        let known = name.and_then(|name| Some((name.to_owned(), calendar::zone(name)?)));
        known.unwrap_or_else(|| ("UTC".to_owned(), TimeZone::UTC))
    }

    /// The figures of a period and of the one before, for who sees these streams; `None` is all.
    pub fn figures(
        &self,
        period: &Period,
        before: Option<&Period>,
        streams: Option<&[String]>,
    ) -> Result<Figures> {
        let now = self.clock.now();
        let streams = streams.map(serde_json::to_string).transpose()?;
        let since = before.map_or(period.from, |before| before.from);
        let seqs =
            self.read(|records| concerned(records, since, period.until, streams.as_deref()))?;
        let mut cases = Vec::with_capacity(seqs.len());
        for some in seqs.chunks(INCIDENTS_AT_A_TIME) {
            self.read(|records| {
                for seq in some {
                    cases.push(case(records, self.regimes(), *seq, now)?);
                }
                Ok(())
            })?;
        }
        let facts = self.read(|records| {
            let alerts = |period: &Period| alerts(records, period, streams.as_deref());
            Ok(Facts {
                cases,
                alerts: alerts(period)?,
                alerts_before: before.map(alerts).transpose()?.unwrap_or_default(),
                alerts_incomplete: alerts_are_gone(records, since)?,
            })
        })?;
        let (zone, _) = self.time_zone();
        Ok(Figures::of(&facts, period, before, &zone, now))
    }
}

/// The incidents that a period may concern: detected in it, open, or with a fact that a clock may
/// count from.
fn concerned(
    records: &Connection,
    since: Timestamp,
    until: Timestamp,
    streams: Option<&str>,
) -> Result<Vec<i64>> {
    let mut query = records.prepare_cached(
        "SELECT seq FROM incidents i
         WHERE (?1 IS NULL OR stream IN (SELECT value FROM json_each(?1)))
             AND ((detected_at >= ?2 AND detected_at < ?3) OR is_open = 1
                 OR EXISTS (SELECT 1 FROM facts f WHERE f.incident = i.seq AND (f.revises IS NOT NULL
                     OR f.fact NOT IN ('detected', 'assessment_started', 'dismissed',
                         'not_significant', 'near_miss')))
                 OR id IN (SELECT into_incident FROM facts WHERE into_incident IS NOT NULL))
         ORDER BY seq",
    )?;
    let rows = query.query_map(params![streams, since.micros(), until.micros()], |row| {
        row.get(0)
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn case(records: &Connection, data: &Regimes, seq: i64, now: Timestamp) -> Result<Case> {
    let row = incidents::by_seq(records, seq)?;
    let view = View::of(records, &row)?;
    let readings = view.known.readings(&view.known.party);
    let first = |is: &dyn Fn(FactKind) -> bool| {
        let found = readings.iter().filter(|reading| is(reading.fact.kind));
        found.map(|reading| reading.at).min()
    };
    let of = |kind: FactKind| first(&|it| it == kind);
    let clocks = match view.merged_into {
        // They run where the incident is part of.
        Some(_) => Vec::new(),
        None => view.clocks(data, now).clocks,
    };
    let began_at = of(FactKind::Occurred)
        .or_else(|| of(FactKind::FirstLog))
        .or_else(|| row.first_event_time());
    Ok(Case {
        stream: row.stream().to_owned(),
        drill: row.is_drill(),
        historic: row.is_historic(),
        origin: row.origin(),
        state: row.state,
        level: row.level,
        detected_at: of(FactKind::Detected).unwrap_or_else(|| row.detected_at()),
        began_at,
        // Whoever reported without declaring awareness was aware by then.
        aware_at: first(&FactKind::is_awareness).or_else(|| of(FactKind::Submitted)),
        rules: rules(records, &row)?,
        clocks,
        number: row.seq,
        id: row.id,
    })
}

/// The rules that opened or joined an incident.
fn rules(records: &Connection, row: &IncidentRow) -> Result<Vec<String>> {
    let mut query =
        records.prepare_cached("SELECT DISTINCT rule_id FROM alerts WHERE incident = ?1")?;
    let joined = query.query_map([row.seq], |row| row.get::<_, String>(0))?;
    let mut rules: BTreeSet<String> = joined.collect::<rusqlite::Result<_>>()?;
    rules.extend(row.rule_id.clone());
    Ok(rules.into_iter().collect())
}

fn alerts(
    records: &Connection,
    period: &Period,
    streams: Option<&str>,
) -> Result<Vec<AlertCounts>> {
    let mut query = records.prepare_cached(
        "SELECT rule_id, max(rule_title), level, drill, count(*), sum(match_count),
             sum(state = 'closed' AND suppression IS NULL AND incident IS NULL),
             sum(suppression IS NOT NULL), sum(maintenance IS NOT NULL)
         FROM alerts
         WHERE detected_at >= ?1 AND detected_at < ?2
             AND (?3 IS NULL OR stream IN (SELECT value FROM json_each(?3)))
         GROUP BY rule_id, level, drill ORDER BY rule_id, level, drill",
    )?;
    let bounds = params![period.from.micros(), period.until.micros(), streams];
    let rows = query.query_map(bounds, |row| {
        Ok(AlertCounts {
            rule_id: row.get(0)?,
            rule_name: row.get(1)?,
            level: level(row.get(2)?),
            drill: row.get(3)?,
            alerts: count(row.get(4)?),
            matches: count(row.get(5)?),
            closed: count(row.get(6)?),
            suppressed: count(row.get(7)?),
            in_maintenance: count(row.get(8)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether alerts since then were removed to make room: those of no incident go first.
fn alerts_are_gone(records: &Connection, since: Timestamp) -> Result<bool> {
    let sql = "SELECT (SELECT count(*) FROM alerts) < (SELECT max(seq) FROM alerts)
        AND ?1 < (SELECT min(detected_at) FROM alerts WHERE incident IS NULL)";
    let gone: Option<bool> = records
        .prepare_cached(sql)?
        .query_row([since.micros()], |row| row.get(0))?;
    Ok(gone.unwrap_or(false))
}
