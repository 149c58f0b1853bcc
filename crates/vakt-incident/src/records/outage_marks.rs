//! What is kept of outages: the incident that each belongs to, and how far it was told.
//!
//! Both follow from what was done, and are in no audit entry of their own: the facts are. That a criterion is met is
//! what the facts say, so that nobody silences that here.

use rusqlite::{Connection, OptionalExtension, params};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::services::service_of;
use super::view::View;
use super::{DAEMON, merge};
use crate::correction;
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::lifecycle::IncidentState;
use crate::outage::Outage;
use crate::service::Service;
use crate::significance::Timer;

/// The member of a fact's `fields` that names its criterion.
pub(super) const CRITERION_FIELD: &str = "criterion";

/// The member that says when its outage began.
pub(super) const SINCE_FIELD: &str = "since";

/// Outages of one incident whose beginning and end are facts; of more, the first say enough.
const OUTAGE_FACTS_MAX: i64 = 20;

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

/// The facts of an incident that say that criteria are met.
pub(super) struct MetFacts(View);

/// One of them, as it stands.
pub(super) struct MetFact<'a> {
    pub(super) fact: &'a Fact,
    pub(super) at: Timestamp,
}

impl MetFacts {
    pub(super) fn of(records: &Connection, row: &IncidentRow) -> Result<Self> {
        Ok(Self(View::of(records, row)?))
    }

    /// Those that stand.
    pub(super) fn standing(&self) -> Vec<MetFact<'_>> {
        all_met(&self.0)
    }

    /// Whether the facts say that a criterion is met, of a service or of the whole, or a person has said that it
    /// was not met by this outage, or by answers where it is none.
    pub(super) fn is_settled(
        &self,
        service: Option<&str>,
        criterion: &str,
        outage: Option<&Outage>,
    ) -> bool {
        let standing = all_met(&self.0);
        let mut standing = standing.iter();
        standing.any(|it| is_about(it.fact, service, criterion))
            || self.is_denied_of(service, criterion, outage)
    }

    /// Whether a person has said that a criterion was not met by this outage, or by answers where it is none.
    pub(super) fn is_denied_of(
        &self,
        service: Option<&str>,
        criterion: &str,
        outage: Option<&Outage>,
    ) -> bool {
        let is_within = |fact: &Fact| match (outage, outage_of(fact)) {
            (Some(Outage { span, .. }), Some(since)) => {
                since >= span.from && span.until.is_none_or(|until| since <= until)
            }
            (outage, since) => outage.is_none() && since.is_none(),
        };
        let mut facts = self.0.facts.iter();
        facts.any(|fact| {
            is_about(fact, service, criterion) && is_within(fact) && self.is_denied(fact.id)
        })
    }

    /// Whether a person took a fact back. What the daemon proposed to take back may come true later.
    fn is_denied(&self, id: i64) -> bool {
        let mut facts = self.0.facts.iter();
        facts.any(|it| is_denial(it, id) && it.recorded_by != DAEMON)
    }

    /// Whether it waits for somebody to approve that a fact is taken back.
    pub(super) fn is_doubted(&self, id: i64) -> bool {
        self.waiting_denials(id).next().is_some()
    }

    /// The daemon's own proposals to take a fact back that wait.
    pub(super) fn own_doubts(&self, id: i64) -> Vec<i64> {
        let own = self
            .waiting_denials(id)
            .filter(|it| it.recorded_by == DAEMON);
        own.map(|it| it.id).collect()
    }

    fn waiting_denials(&self, id: i64) -> impl Iterator<Item = &Fact> {
        let waiting = correction::waiting(&self.0.facts);
        self.0
            .facts
            .iter()
            .filter(move |it| is_denial(it, id) && waiting.iter().any(|one| one.fact == it.id))
    }
}

fn is_about(fact: &Fact, service: Option<&str>, criterion: &str) -> bool {
    fact.fact == FactKind::CriterionMet
        && service_of(fact) == service
        && criterion_of(fact) == Some(criterion)
}

/// The facts that criteria are met, as they stand, of all parties.
pub(super) fn all_met(view: &View) -> Vec<MetFact<'_>> {
    let parties = view.known.parties().into_iter();
    let readings = parties.flat_map(|party| view.known.readings(party));
    let met = readings.filter(|it| it.fact.kind == FactKind::CriterionMet);
    let with_fact = met.filter_map(|reading| {
        let mut facts = view.facts.iter();
        let fact = facts.find(|fact| fact.id == reading.fact.root)?;
        Some(MetFact {
            fact,
            at: reading.at,
        })
    });
    with_fact.collect()
}

fn is_denial(fact: &Fact, of: i64) -> bool {
    fact.fact == FactKind::Retracted && fact.revises == Some(of)
}

/// The beginning of the outage by which a fact says that a criterion is met, as it was then; `None` where
/// answers say so.
pub(super) fn outage_of(fact: &Fact) -> Option<Timestamp> {
    let since = fact.fields.as_ref()?.get(SINCE_FIELD)?.as_str()?;
    since.parse().ok()
}

/// The criterion that a fact is about.
pub(super) fn criterion_of(fact: &Fact) -> Option<&str> {
    fact.fields.as_ref()?.get(CRITERION_FIELD)?.as_str()
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

/// The newest incident of an outage of the service, if it still goes on at that time: it is open, and nobody has
/// said that it was handled before.
pub(super) fn going_on(
    records: &Connection,
    realm: Realm<'_>,
    stream: &str,
    at: Timestamp,
) -> Result<Option<i64>> {
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
    let view = View::of(records, &row)?;
    let mut readings = view.known.readings(&row.party).into_iter();
    let is_handled = readings.any(|it| it.fact.kind == FactKind::Handled && it.at <= at);
    Ok((row.state.is_open() && !is_handled).then_some(row.seq))
}

/// How far each criterion was told of an outage: 1 for the warning, 2 for the passing.
pub(super) fn told(
    records: &Connection,
    realm: Realm<'_>,
    outage: &Outage,
    link: Option<Link>,
) -> Result<Vec<(String, u32)>> {
    let Some(link) = link else {
        return Ok(Vec::new());
    };
    let mut query = records.prepare_cached(
        "SELECT criterion, step FROM criterion_told
         WHERE service = ?1 AND drill = ?2 AND since = ?3 AND kind = ?4",
    )?;
    let of = params![
        realm.service.name,
        realm.drill,
        link.since.micros(),
        outage.kind.as_str()
    ];
    let rows = query.query_map(of, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn mark(
    records: &Connection,
    realm: Realm<'_>,
    (outage, link): (&Outage, Link),
    timer: &Timer,
    step: u32,
) -> Result<()> {
    records
        .prepare_cached(
            "INSERT INTO criterion_told (service, drill, since, kind, criterion, step)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET step = excluded.step",
        )?
        .execute(params![
            realm.service.name,
            realm.drill,
            link.since.micros(),
            outage.kind.as_str(),
            timer.criterion,
            step,
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
