//! What matches and facts said of services, and the outages that follow.
//!
//! A match of a rule that the service map names adds a row where it changes what the service is; the
//! rows of a replay are there already. Facts are read as they stand, so that a correction moves the
//! outage.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Value, json};
use vakt_event::{JournalPosition, Timestamp};

use super::apply::Batch;
use super::cover::covers_service;
use super::rows::{count, instant, instant_or_none, parsed, signed};
use super::{AuditEntry, AuditReport, DAEMON, Records, audit, facts, incidents, maintenance};
use crate::calendar::DAY_MICROS;
use crate::detection::{Detection, Evidence};
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::factset::FactSet;
use crate::outage::{Outage, Signal, outages};
use crate::service::{SERVICE_FIELD, Says, Service};
use crate::significance::{Kind, Span};

/// Rows of what was said of services: years of services that are well, weeks of one that comes and goes
/// each minute; about a hundred megabytes.
const SIGNALS_MAX: i64 = 200_000;

/// Rows of one service that are read at once, the newest.
const SIGNALS_READ_MAX: i64 = 5_000;

/// How far back outages are looked at, in microseconds: a calendar week, and a window of maintenance.
pub(super) const BACK_MICROS: i64 = 40 * DAY_MICROS;

/// The subject of the audit log's entry about rows that were removed.
const PRUNED: &str = "services";

/// The member that says what the service lacks; complete where it is absent.
pub(crate) const KIND_FIELD: &str = "kind";

/// What a match says of the services that it is about. A match that a suppression hides says nothing.
pub(super) fn take(batch: &Batch<'_>, owner: &Records, detection: &Detection) -> Result<()> {
    for (service, says) in owner.settings.services.said(detection) {
        add(batch, detection, &service.name, says)?;
    }
    Ok(())
}

fn add(batch: &Batch<'_>, detection: &Detection, service: &str, says: Says) -> Result<()> {
    let records = batch.records;
    let at = match says {
        Says::Away(_) => detection.first_time,
        Says::Up => detection.last_time,
    };
    let at = at.min(detection.detected_at);
    if is_said(records, service, detection.drill, says, at)? {
        return Ok(());
    }
    let Some(position) = detection.completing.records.last().copied() else {
        return Ok(());
    };
    let event = (batch.stored)(position);
    let fields = event.as_ref().map(|it| serde_json::to_string(&it.fields));
    let added = records
        .prepare_cached(
            "INSERT OR IGNORE INTO service_signals (service, drill, stream, says, at, noticed_at,
                 rule, position, original, fields, claimed, received)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            service,
            detection.drill,
            detection.stream,
            says.as_str(),
            at.micros(),
            detection.detected_at.micros(),
            detection.rule_id,
            signed(position.0),
            event.as_ref().map(|it| &it.original),
            fields.transpose()?,
            detection.completing.claimed.map(Timestamp::micros),
            detection.completing.received.micros(),
        ])?;
    if added == 0 {
        return Ok(());
    }
    let after = core(records, records.last_insert_rowid())?;
    let (now, nothing) = (batch.now, Value::Null);
    audit::add(
        records,
        now,
        DAEMON,
        "service.said",
        service,
        &nothing,
        &after,
    )?;
    prune(records, now)
}

/// Whether the service is known to be so already, at that time, by events alone.
fn is_said(
    records: &Connection,
    service: &str,
    drill: bool,
    says: Says,
    at: Timestamp,
) -> Result<bool> {
    let before = records
        .prepare_cached(
            "SELECT says FROM service_signals WHERE service = ?1 AND drill = ?2 AND at <= ?3
             ORDER BY at DESC, seq DESC LIMIT 1",
        )?
        .query_row(params![service, drill, at.micros()], |row| {
            row.get::<_, String>(0)
        })
        .optional()?;
    if before.as_deref() != Some(says.as_str()) {
        return Ok(false);
    }
    // A person may have said otherwise since.
    Ok(incidents_with_facts(records, service)?.is_empty())
}

fn prune(records: &Connection, now: Timestamp) -> Result<()> {
    let sql = "SELECT max(seq) - ?1 FROM service_signals";
    let up_to: i64 = records
        .prepare_cached(sql)?
        .query_row([SIGNALS_MAX], |row| row.get(0))?;
    let removed = match up_to > 0 {
        false => 0,
        true => records
            .prepare_cached("DELETE FROM service_signals WHERE seq <= ?1")?
            .execute([up_to])?,
    };
    if removed == 0 {
        return Ok(());
    }
    // What was told of outages that nobody can see any more.
    for table in ["outage_incidents", "criterion_told"] {
        let sql =
            format!("DELETE FROM {table} WHERE since < (SELECT min(at) FROM service_signals)");
        records.execute(&sql, [])?;
    }
    let (action, after) = ("service.pruned", json!({ "up_to": up_to }));
    audit::add(records, now, DAEMON, action, PRUNED, &Value::Null, &after)
}

/// A row as the audit log keeps it; null where it is not there.
fn core(records: &Connection, seq: i64) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM service_signals WHERE seq = ?1")?
        .query_row([seq], |row| {
            let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
            let original: Option<Vec<u8>> = row.get("original")?;
            let fields: Option<String> = row.get("fields")?;
            Ok(json!({
                "seq": seq,
                "service": row.get::<_, String>("service")?,
                "drill": row.get::<_, bool>("drill")?,
                "stream": row.get::<_, String>("stream")?,
                "says": row.get::<_, String>("says")?,
                "at": instant(row, "at")?,
                "noticed_at": instant(row, "noticed_at")?,
                "rule": row.get::<_, String>("rule")?,
                "position": row.get::<_, i64>("position")?,
                "original": original.map(|it| hash(&it)),
                "fields": fields.map(|it| hash(it.as_bytes())),
                "claimed": row.get::<_, Option<i64>>("claimed")?,
                "received": row.get::<_, i64>("received")?,
            }))
        });
    Ok(row.optional()?.unwrap_or_default())
}

/// What is stored of the row that an entry of the audit log tells of. One that was removed for its age
/// is as the entry says.
pub(super) fn logged(records: &Connection, entry: &AuditEntry, after: &Value) -> Result<Value> {
    let seq = after["seq"].as_i64().unwrap_or_default();
    if entry.action == "service.pruned" || seq <= pruned_to(records)? {
        return Ok(after.clone());
    }
    core(records, seq)
}

fn pruned_to(records: &Connection) -> Result<i64> {
    let sql = "SELECT coalesce(max(json_extract(after, '$.up_to')), 0) FROM audit
         WHERE subject = ?1 AND action = 'service.pruned'";
    let query = records
        .prepare_cached(sql)?
        .query_row([PRUNED], |row| row.get(0));
    Ok(query?)
}

/// Whether there are rows that the audit log does not have.
pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let sql = "SELECT (SELECT count(*) FROM service_signals),
         (SELECT count(*) FROM audit WHERE action = 'service.said'
              AND json_extract(after, '$.seq') > ?1)";
    let to = pruned_to(records)?;
    let (stored, logged): (i64, i64) =
        records.query_row(sql, [to], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if stored > logged {
        report.fault(format!(
            "what was said of services: {stored} rows are stored, and {logged} are in the audit log"
        ));
    }
    Ok(())
}

/// The outages of a service that were not over at `since`, oldest first.
pub(super) fn of_service(
    records: &Connection,
    service: &str,
    drill: bool,
    since: Timestamp,
) -> Result<Vec<Outage>> {
    let mut signals = of_events(records, service, drill, since)?;
    for incident in incidents_with_facts(records, service)? {
        signals.extend(of_facts(records, incident, service, drill)?);
    }
    let all = outages(signals).into_iter();
    let is_recent = |it: &Outage| it.span.until.is_none_or(|until| until >= since);
    Ok(all.filter(is_recent).collect())
}

fn of_events(
    records: &Connection,
    service: &str,
    drill: bool,
    since: Timestamp,
) -> Result<Vec<Signal>> {
    // What it was at `since` was said before.
    let mut query = records.prepare_cached(
        "SELECT * FROM service_signals WHERE service = ?1 AND drill = ?2 AND at >= coalesce((
             SELECT max(at) FROM service_signals WHERE service = ?1 AND drill = ?2 AND at < ?3), ?3)
         ORDER BY at DESC, seq DESC LIMIT ?4",
    )?;
    let of = params![service, drill, since.micros(), SIGNALS_READ_MAX];
    let rows = query.query_map(of, |row| {
        let (position, rule): (i64, String) = (row.get("position")?, row.get("rule")?);
        Ok(Signal {
            says: parsed(row, "says")?,
            at: instant(row, "at")?,
            noticed_at: instant(row, "noticed_at")?,
            source: format!("event {position} of rule {rule}"),
            stream: row.get("stream")?,
            incident: None,
            row: Some(row.get("seq")?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The incidents that have a fact about the service.
fn incidents_with_facts(records: &Connection, service: &str) -> Result<Vec<i64>> {
    let mut query = records.prepare_cached(
        "SELECT DISTINCT incident FROM facts INDEXED BY facts_of_services
         WHERE fact IN ('service_lost', 'service_restored') AND recorded_by <> ?2
             AND json_extract(fields, '$.service') = ?1",
    )?;
    let rows = query.query_map([service, DAEMON], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the facts of an incident say of a service, as they stand. Those of the daemon repeat events.
fn of_facts(
    records: &Connection,
    incident: i64,
    service: &str,
    drill: bool,
) -> Result<Vec<Signal>> {
    let row = incidents::by_seq(records, incident)?;
    if row.is_drill() != drill || row.state == crate::IncidentState::Dismissed {
        return Ok(Vec::new());
    }
    let all = facts::of_incident(records, incident)?;
    let known = FactSet::from_facts(&row.party, &all);
    let mut signals = Vec::new();
    for reading in known
        .parties()
        .iter()
        .flat_map(|party| known.readings(party))
    {
        let fact = all.iter().find(|fact| fact.id == reading.fact.root);
        let Some(fact) = fact.filter(|it| it.recorded_by != DAEMON) else {
            continue;
        };
        let Some(says) = said_by(fact).filter(|_| service_of(fact) == Some(service)) else {
            continue;
        };
        signals.push(Signal {
            says,
            at: reading.at,
            noticed_at: fact.recorded_at,
            source: format!("fact {} of incident {}", fact.id, row.seq),
            stream: row.stream().to_owned(),
            incident: Some(incident),
            row: None,
        });
    }
    Ok(signals)
}

/// The service that a fact names.
pub(crate) fn service_of(fact: &Fact) -> Option<&str> {
    fact.fields.as_ref()?.get(SERVICE_FIELD)?.as_str()
}

fn said_by(fact: &Fact) -> Option<Says> {
    let kind = fact
        .fields
        .as_ref()
        .and_then(|it| it.get(KIND_FIELD)?.as_str());
    match fact.fact {
        FactKind::ServiceLost => Some(Says::Away(
            kind.and_then(|it| it.parse().ok())
                .unwrap_or(Kind::Complete),
        )),
        FactKind::ServiceRestored => Some(Says::Up),
        _ => None,
    }
}

impl Records {
    /// What is doubtful about the service that a fact is about.
    pub(super) fn doubt_of_service(&self, fact: &Fact) -> Option<String> {
        said_by(fact)?;
        let all = self.settings.services.all();
        if all.is_empty() {
            return None;
        }
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        let names = names.join(", ");
        match service_of(fact) {
            None => Some(format!(
                "it names no service, so no time runs: give `fields` with `service`, one of {names}"
            )),
            Some(name) if self.settings.services.get(name).is_none() => Some(format!(
                "the configuration has no service `{name}`, so no time runs: there are {names}"
            )),
            Some(_) => None,
        }
    }
}

/// The planned work on a service that was recorded before it began, from `since` on.
pub(super) fn planned(
    records: &Connection,
    owner: &Records,
    service: &Service,
    stream: &str,
    since: Timestamp,
) -> Result<Vec<Span>> {
    let windows = maintenance::since(records, since)?.into_iter();
    let covers = windows.filter(|it| covers_service(it, service, stream, &owner.settings.assets));
    let spans = covers.map(|window| Span {
        from: window.from,
        until: Some(window.covers_until()),
    });
    Ok(spans.filter(|it| it.until > Some(it.from)).collect())
}

/// The events behind an outage, as they were copied.
pub(super) fn evidence(records: &Connection, rows: &[i64]) -> Result<Vec<Evidence>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM service_signals WHERE seq IN (SELECT value FROM json_each(?1))
             AND original IS NOT NULL ORDER BY position",
    )?;
    let seqs = serde_json::to_string(rows)?;
    let rows = query.query_map([seqs], |row| {
        Ok(Evidence {
            position: JournalPosition(count(row.get("position")?)),
            original: row.get("original")?,
            fields: super::rows::json(row, "fields")?,
            claimed: instant_or_none(row, "claimed")?,
            received: instant(row, "received")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
