//! Incidents: opened by hand, listed, shown whole.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::{EventTime, Level, Timestamp};

use super::drafts::{self, NewRow};
use super::rows::{
    count, entity_map, instant, instant_or_none, json as json_column, level, page, page_start,
    parsed, rank,
};
use super::view::View;
use super::{Records, alerts, audit, evidence, facts, regimes};
use crate::alert::{Page, PageRequest};
use crate::correction;
use crate::error::{Error, Result};
use crate::fact::{FactKind, NewFact};
use crate::group::{entity_text, incident_id};
use crate::incident::{
    FirstEvent, Heading, Incident, IncidentDetail, IncidentFilter, NewIncident, Origin, ReportKind,
    Transition,
};
use crate::intake::REPORTER_PREFIX;
use crate::lifecycle::{self, IncidentState};
use crate::regime::{Regime, Regimes};
use crate::target;

/// Characters of a title. A line on a page.
const TITLE_CHARS_MAX: usize = 300;

/// What the entity of a draft that an outage opened is called.
pub(super) const SERVICE_ENTITY: &str = "vakt.service";

/// What the entity of a draft of recurring incidents is called: their common root cause.
pub const CAUSE_ENTITY: &str = "vakt.root_cause";

/// The stream of an incident that a person opened without naming one.
const DEFAULT_STREAM: &str = "default";

/// How the drafts of a rule were judged.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RuleVerdicts {
    #[serde(rename = "rule.id")]
    pub rule_id: String,
    /// Drafts that the rule opened or joined, drills apart.
    pub drafts: u64,
    /// Those that were dismissed: the rule's false positives.
    pub dismissed: u64,
}

/// A row of `incidents`.
#[derive(Clone, Debug)]
pub(super) struct IncidentRow {
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) party: String,
    pub(super) state: IncidentState,
    pub(super) origin: Origin,
    pub(super) title: String,
    drill: bool,
    historic: bool,
    stream: String,
    pub(super) level: Option<Level>,
    pub(super) rule_id: Option<String>,
    pub(super) rule_title: Option<String>,
    pub(super) entity: Vec<(String, String)>,
    techniques: Vec<String>,
    pub(super) regimes: Vec<String>,
    organisation_configured: bool,
    detected_at: Timestamp,
    opened_at: Timestamp,
    opened_by: String,
    first_claimed: Option<Timestamp>,
    first_received: Option<Timestamp>,
    pub(super) match_count: u64,
    pub(super) event_count: u64,
    pub(super) evidence_total: u64,
}

impl Records {
    /// The incidents that pass the filter, newest first.
    pub fn incidents(
        &self,
        filter: &IncidentFilter,
        request: &PageRequest,
    ) -> Result<Page<Incident>> {
        let (before, limit) = page_start(request)?;
        let now = self.clock.now();
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT * FROM incidents
                 WHERE seq < ?1
                     AND (?2 = '[]' OR state IN (SELECT value FROM json_each(?2)))
                     AND (?3 IS NULL OR is_open = ?3)
                     AND (?4 IS NULL OR level >= ?4)
                     AND (?5 IS NULL OR drill = ?5)
                     AND (?6 IS NULL OR stream IN (SELECT value FROM json_each(?6)))
                 ORDER BY seq DESC LIMIT ?7",
            )?;
            let rows = query.query_map(
                params![
                    before,
                    serde_json::to_string(&states)?,
                    filter.open,
                    filter.level_at_least.map(rank),
                    filter.drill,
                    filter
                        .streams
                        .as_ref()
                        .map(serde_json::to_string)
                        .transpose()?,
                    i64::try_from(limit + 1).unwrap_or(i64::MAX),
                ],
                from_row,
            )?;
            let mut items = Vec::new();
            for row in rows {
                let row = row?;
                let view = View::of(records, &row)?;
                items.push((row.seq, shown(row, &view, self.regimes(), now).0));
            }
            Ok(page(items, limit))
        })
    }

    /// An incident with everything that belongs to it, by its id or number.
    pub fn incident(&self, id: &str) -> Result<IncidentDetail> {
        let now = self.clock.now();
        self.read(|records| {
            let row = find(records, id)?;
            detail(records, self.regimes(), row.seq, now)
        })
    }

    /// An incident as it stands in a list, by its id or number: without evidence, which is large.
    pub fn incident_summary(&self, id: &str) -> Result<Incident> {
        let now = self.clock.now();
        self.read(|records| {
            let row = find(records, id)?;
            let view = View::of(records, &row)?;
            Ok(shown(row, &view, self.regimes(), now).0)
        })
    }

    /// The stream and the entity of an incident, by its id or number.
    pub fn heading(&self, id: &str) -> Result<Heading> {
        self.read(|records| {
            let row = find(records, id)?;
            Ok(Heading {
                entity_fields: entity_map(&row.entity),
                stream: row.stream,
            })
        })
    }

    /// Opens an incident by hand: a draft like any other, with provisional clocks.
    pub fn open_incident(&self, new: NewIncident, principal: &str) -> Result<IncidentDetail> {
        let now = self.clock.now();
        let title = checked_title(&new.title)?;
        let regimes = match new.regimes.is_empty() {
            true => self.settings.regimes.clone(),
            false => new.regimes,
        };
        self.regimes().select(&regimes)?;
        let detected = NewFact {
            fact: FactKind::Detected.as_str().to_owned(),
            at: new.detected_at,
            party: new.party,
            source: Some("opened by hand".to_owned()),
            ..NewFact::default()
        };
        let detected = detected.check(now, principal, self.regimes())?;
        self.write(|records| {
            let number = next_number(records)?;
            let row = NewRow {
                id: incident_id("manual", &[title.as_bytes(), &number.to_be_bytes()]),
                origin: Origin::Manual,
                title: title.clone(),
                party: &detected.party,
                stream: new.stream.as_deref().unwrap_or(DEFAULT_STREAM),
                drill: new.drill,
                historic: new.historic,
                regimes: &regimes,
                detected_at: detected.at,
                opened_by: principal,
                detection: None,
                about: None,
                risk: None,
                first: None,
            };
            let seq = drafts::insert(records, self, &row, now)?;
            let opened = json!({ "incident": core(records, seq)?, "evidence": [] });
            let action = "incident.opened";
            audit::add(
                records,
                now,
                principal,
                action,
                &row.id,
                &Value::Null,
                &opened,
            )?;
            facts::insert(records, self.regimes(), seq, detected.clone())?;
            detail(records, self.regimes(), seq, now)
        })
    }

    /// For each rule that ever opened or joined a draft, how those were judged.
    pub fn rule_verdicts(&self) -> Result<Vec<RuleVerdicts>> {
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT rule_id, count(*), sum(state = 'dismissed') FROM (
                     SELECT rule_id, seq, state, drill FROM incidents WHERE rule_id IS NOT NULL
                     UNION
                     SELECT a.rule_id, i.seq, i.state, i.drill
                     FROM alerts a JOIN incidents i ON i.seq = a.incident)
                 WHERE drill = 0 GROUP BY rule_id ORDER BY rule_id",
            )?;
            let rows = query.query_map([], |row| {
                Ok(RuleVerdicts {
                    rule_id: row.get(0)?,
                    drafts: count(row.get(1)?),
                    dismissed: count(row.get(2)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl IncidentRow {
    pub(super) fn stream(&self) -> &str {
        &self.stream
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin
    }

    pub(super) fn is_drill(&self) -> bool {
        self.drill
    }

    pub(super) fn is_historic(&self) -> bool {
        self.historic
    }

    pub(super) fn detected_at(&self) -> Timestamp {
        self.detected_at
    }

    pub(super) fn first_event_time(&self) -> Option<Timestamp> {
        let time = EventTime {
            claimed: self.first_claimed,
            received: self.first_received,
        };
        time.effective()
    }
}

/// The title without blanks around it, if it is one.
pub(super) fn checked_title(title: &str) -> Result<String> {
    let title = title.trim();
    if title.is_empty() || title.chars().count() > TITLE_CHARS_MAX {
        return Err(Error::Title {
            chars_max: TITLE_CHARS_MAX,
        });
    }
    Ok(title.to_owned())
}

/// The number of the incident that is opened next.
pub(super) fn next_number(records: &Connection) -> Result<i64> {
    let sql = "SELECT coalesce(max(seq), 0) + 1 FROM incidents";
    Ok(records.query_row(sql, [], |row| row.get(0))?)
}

pub(super) fn seq_of(records: &Connection, id: &str) -> Result<Option<i64>> {
    let found = records
        .prepare_cached("SELECT seq FROM incidents WHERE id = ?1")?
        .query_row([id], |row| row.get(0));
    Ok(found.optional()?)
}

/// The incident with this id, or else with this number.
pub(super) fn find(records: &Connection, id: &str) -> Result<IncidentRow> {
    let by_id = records
        .prepare_cached("SELECT * FROM incidents WHERE id = ?1")?
        .query_row([id], from_row)
        .optional()?;
    if let Some(row) = by_id {
        return Ok(row);
    }
    let missing = || Error::NoIncident { id: id.to_owned() };
    let number: i64 = id.parse().map_err(|_| missing())?;
    records
        .prepare_cached("SELECT * FROM incidents WHERE seq = ?1")?
        .query_row([number], from_row)
        .optional()?
        .ok_or_else(missing)
}

pub(super) fn by_seq(records: &Connection, seq: i64) -> Result<IncidentRow> {
    Ok(records
        .prepare_cached("SELECT * FROM incidents WHERE seq = ?1")?
        .query_row([seq], from_row)?)
}

/// The sequence numbers of all incidents, ascending.
pub(super) fn seqs(records: &Connection) -> Result<Vec<i64>> {
    let mut query = records.prepare("SELECT seq FROM incidents ORDER BY seq")?;
    let seqs = query.query_map([], |row| row.get(0))?;
    Ok(seqs.collect::<rusqlite::Result<_>>()?)
}

/// What never changes of an incident, as the audit log keeps it.
pub(super) fn core(records: &Connection, seq: i64) -> Result<Value> {
    let row = by_seq(records, seq)?;
    Ok(json!({
        "id": row.id,
        "number": row.seq,
        "origin": row.origin,
        "title": row.title,
        "party": row.party,
        "drill": row.drill,
        "historic": row.historic,
        "stream": row.stream,
        "rule.id": row.rule_id,
        "rule.name": row.rule_title,
        "entity": row.entity,
        "techniques": row.techniques,
        "regimes": row.regimes,
        "organisation_configured": row.organisation_configured,
        "detected_at": row.detected_at,
        "opened_at": row.opened_at,
        "opened_by": row.opened_by,
        "first_claimed": row.first_claimed,
        "first_received": row.first_received,
    }))
}

fn reports(data: &Regimes, regimes: &[String]) -> Vec<ReportKind> {
    let regimes = regimes.iter().filter_map(|id| data.get(id));
    let of = |regime: &Regime| {
        let stages = regime.stages.iter();
        let kinds = stages.map(|stage| ReportKind {
            regime: regime.id.clone(),
            stage: stage.name.clone(),
            term: stage.term.clone(),
            form: !stage.fields.is_empty(),
            start: stage.start.to_string(),
            each_customer: stage.each_customer,
        });
        kinds.collect::<Vec<_>>()
    };
    regimes.flat_map(of).collect()
}

pub(super) fn detail(
    records: &Connection,
    data: &Regimes,
    seq: i64,
    now: Timestamp,
) -> Result<IncidentDetail> {
    let row = by_seq(records, seq)?;
    let view = View::of(records, &row)?;
    let mut evidence_total = row.evidence_total;
    let mut holders = vec![seq];
    for (member, _) in &view.members {
        evidence_total += by_seq(records, *member)?.evidence_total;
        holders.push(*member);
    }
    let stood = regimes::earlier_clocks(records, &row.id, data)?;
    let trail = trail(records, &row.id)?;
    let (incident, superseded) = shown(row, &view, data, now);
    let history = stood.unwrap_or(superseded);
    let frozen = evidence::of_incidents(records, &holders)?;
    let reports = reports(data, &incident.regimes);
    let computed = view.clocks(data, now);
    Ok(IncidentDetail {
        reports,
        alerts: alerts::of_incident(records, seq)?,
        evidence_total,
        evidence_bound: evidence::BOUND,
        evidence_note: evidence::note(frozen.len(), evidence_total),
        evidence: frozen,
        waiting: correction::waiting(&view.facts),
        targets: target::targets(&view.known, &computed, &data.targets, Some(now)),
        members: view.members.into_iter().map(|(_, id)| id).collect(),
        trail,
        incident,
        facts: view.facts,
        history,
    })
}

/// The changes of state, as the audit log tells them. What a second person approved has the reason
/// of who proposed it.
fn trail(records: &Connection, id: &str) -> Result<Vec<Transition>> {
    let mut query = records.prepare_cached(
        "SELECT a.at, a.principal, json_extract(a.before, '$.state'),
             json_extract(a.after, '$.state'), f.id, coalesce(p.reason, f.reason), p.recorded_by
         FROM audit a
             LEFT JOIN facts f ON f.id = coalesce(json_extract(a.after, '$.fact.id'),
                 json_extract(a.after, '$.by_fact'))
             LEFT JOIN facts p ON p.id = f.approves
         WHERE a.subject = ?1
             AND json_extract(a.after, '$.state') IS NOT json_extract(a.before, '$.state')
         ORDER BY a.seq",
    )?;
    let rows = query.query_map([id], |row| {
        Ok(Transition {
            at: instant(row, 0)?,
            recorded_by: row.get(1)?,
            proposed_by: row.get(6)?,
            from: row.get(2)?,
            to: row.get(3)?,
            fact: row.get(4)?,
            reason: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn shown(
    row: IncidentRow,
    view: &View,
    data: &Regimes,
    now: Timestamp,
) -> (Incident, Vec<crate::Clock>) {
    let mut computed = view.clocks(data, now);
    if view.merged_into.is_some() {
        // They run where the incident is part of.
        for clock in &mut computed.clocks {
            clock.state = crate::ClockState::Superseded;
        }
    }
    let first_event = row.first_received.map(|received| FirstEvent {
        claimed: row.first_claimed,
        received,
        skew_seconds: row.first_claimed.map(|claimed| seconds(received, claimed)),
    });
    let incident = Incident {
        id: row.id,
        number: row.seq,
        title: row.title,
        state: row.state,
        party: row.party,
        clocks: computed.clocks,
        origin: row.origin,
        drill: row.drill,
        historic: row.historic,
        stream: row.stream,
        level: row.level,
        rule_id: row.rule_id,
        rule_name: row.rule_title,
        entity: entity_text(&row.entity),
        entity_fields: entity_map(&row.entity),
        techniques: row.techniques,
        detected_at: row.detected_at,
        opened_at: row.opened_at,
        assess_by: lifecycle::assess_by(row.state, row.detected_at, data.targets.assessment_hours),
        opened_by: row.opened_by,
        first_event,
        time_zone: view
            .regimes
            .iter()
            .find_map(|id| data.get(id))
            .map_or("UTC", |regime| regime.zone.as_str())
            .to_owned(),
        regimes: view.regimes.clone(),
        regimes_version: data.version.clone(),
        revision: view.revision(),
        merged_into: view.merged_into.clone(),
        organisation_configured: row.organisation_configured,
        match_count: row.match_count,
        event_count: row.event_count,
    };
    (incident, computed.history)
}

/// Seconds from `claimed` to `received`, for people: a skew of centuries may lose its last digits.
fn seconds(received: Timestamp, claimed: Timestamp) -> f64 {
    let micros = received.micros_since(claimed);
    let whole = i32::try_from(micros / 1_000_000);
    let rest = i32::try_from(micros % 1_000_000).unwrap_or(0);
    let limit = if micros < 0 {
        f64::from(i32::MIN)
    } else {
        f64::from(i32::MAX)
    };
    whole.map_or(limit, f64::from) + f64::from(rest) / 1e6
}

/// The table takes a report for an incident that a principal of its own opened.
fn is_reporter(principal: &str) -> bool {
    principal.starts_with(REPORTER_PREFIX)
}

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<IncidentRow> {
    let origin: String = row.get("origin")?;
    let by_risk = row.get::<_, Option<f64>>("risk_score")?.is_some();
    let entity: Vec<(String, String)> = json_column(row, "entity")?;
    let about = entity.first().map(|(field, _)| field.as_str());
    Ok(IncidentRow {
        seq: row.get("seq")?,
        id: row.get("id")?,
        origin: match origin.as_str() {
            "manual" if is_reporter(&row.get::<_, String>("opened_by")?) => Origin::Report,
            "manual" => match about {
                Some(SERVICE_ENTITY) => Origin::Outage,
                Some(CAUSE_ENTITY) => Origin::Recurring,
                _ => Origin::Manual,
            },
            "burst" => Origin::Burst,
            _ if by_risk => Origin::Risk,
            _ => Origin::Detection,
        },
        title: row.get("title")?,
        state: parsed(row, "state")?,
        party: row.get("party")?,
        drill: row.get("drill")?,
        historic: row.get("historic")?,
        stream: row.get("stream")?,
        level: row.get::<_, Option<i64>>("level")?.map(level),
        rule_id: row.get("rule_id")?,
        rule_title: row.get("rule_title")?,
        entity,
        techniques: json_column(row, "techniques")?,
        regimes: json_column(row, "regimes")?,
        organisation_configured: row.get("organisation_configured")?,
        detected_at: instant(row, "detected_at")?,
        opened_at: instant(row, "opened_at")?,
        opened_by: row.get("opened_by")?,
        first_claimed: instant_or_none(row, "first_claimed")?,
        first_received: instant_or_none(row, "first_received")?,
        match_count: count(row.get("match_count")?),
        event_count: count(row.get("event_count")?),
        evidence_total: count(row.get("evidence_total")?),
    })
}
