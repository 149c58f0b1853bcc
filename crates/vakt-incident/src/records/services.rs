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
use super::incidents::IncidentRow;
use super::rows::{count, instant, instant_or_none, parsed, signed};
use super::view::View;
use super::{AuditEntry, AuditReport, DAEMON, Records, audit, facts, incidents, maintenance};
use crate::calendar::DAY_MICROS;
use crate::detection::{Detection, Evidence};
use crate::error::Result;
use crate::fact::{Fact, FactKind};
use crate::factset::FactSet;
use crate::outage::{EventRow, Outage, Signal, outages};
use crate::service::{SERVICE_FIELD, Says, Service};
use crate::significance::{Kind, Span};

/// Rows of what was said of services: years of services that are well, weeks of one that comes and goes
/// each minute; about a hundred megabytes.
const SIGNALS_MAX: i64 = 200_000;

/// Rows of one service that are read at once, the newest.
const SIGNALS_READ_MAX: i64 = 5_000;

/// Rows of what a service was said to be again: more than a day of a probe each second.
const REPEATS_MAX: i64 = 100_000;

/// For how long they are kept, in microseconds.
const REPEATS_KEPT_MICROS: i64 = DAY_MICROS;

/// The columns of `service_signals` and `service_repeats` but their own number.
const COLUMNS: &str = "service, drill, stream, says, at, noticed_at, rule, position, original, fields, \
                       claimed, received";

/// How far back outages are looked at, in microseconds: a calendar week, and a window of maintenance.
pub(super) const BACK_MICROS: i64 = 40 * DAY_MICROS;

/// The subject of the audit log's entry about rows that were removed.
const PRUNED: &str = "services";

/// The member that says what the service lacks; complete where it is absent.
pub(crate) const KIND_FIELD: &str = "kind";

/// A service by its name, in the realm of exercises or not.
#[derive(Clone, Copy)]
struct Realm<'a> {
    service: &'a str,
    drill: bool,
}

/// What a match says of the services that it is about. A match that a suppression hides says nothing.
pub(super) fn take(batch: &Batch<'_>, owner: &Records, detection: &Detection) -> Result<()> {
    for (service, says) in owner.settings.services.said(detection) {
        add(batch, detection, &service.name, says)?;
    }
    Ok(())
}

fn add(batch: &Batch<'_>, detection: &Detection, service: &str, says: Says) -> Result<()> {
    let (records, now) = (batch.records, batch.now);
    let at = match says {
        Says::Away(_) => detection.first_time,
        Says::Up => detection.last_time,
    };
    let at = at.min(detection.detected_at);
    let Some(position) = detection.completing.records.last().copied() else {
        return Ok(());
    };
    let of = Realm {
        service,
        drill: detection.drill,
    };
    let is_known = is_said(records, of, says, at)?;
    let table = match is_known {
        true => "service_repeats",
        false => "service_signals",
    };
    let event = (batch.stored)(position);
    let fields = event.as_ref().map(|it| serde_json::to_string(&it.fields));
    let added = records
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO {table} ({COLUMNS})
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        ))?
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
    match (added, is_known) {
        (0, _) => Ok(()),
        (_, true) => forget_repeats(records, of, now),
        (_, false) => {
            log_row(records, of, records.last_insert_rowid(), now)?;
            bring_back(records, of, at, now)?;
            prune(records, now)
        }
    }
}

fn log_row(records: &Connection, of: Realm<'_>, seq: i64, now: Timestamp) -> Result<()> {
    let after = core(records, seq)?;
    let (action, nothing) = ("service.said", Value::Null);
    audit::add(records, now, DAEMON, action, of.service, &nothing, &after)
}

/// Whether the service is known to be so already, at that time.
fn is_said(records: &Connection, of: Realm<'_>, says: Says, at: Timestamp) -> Result<bool> {
    let Some((before, since)) = last_event(records, of, at)? else {
        return Ok(false);
    };
    if before != says {
        return Ok(false);
    }
    // A person may have said otherwise since.
    let mut facts = facts_since(records, of, since)?.into_iter();
    Ok(!facts.any(|it| it.at <= at && it.says != says))
}

/// What the newest event up to `at` says, and when it was.
fn last_event(
    records: &Connection,
    of: Realm<'_>,
    at: Timestamp,
) -> Result<Option<(Says, Timestamp)>> {
    let found = records
        .prepare_cached(
            "SELECT says, at FROM service_signals WHERE service = ?1 AND drill = ?2 AND at <= ?3
             ORDER BY at DESC, position DESC LIMIT 1",
        )?
        .query_row(params![of.service, of.drill, at.micros()], |row| {
            Ok((parsed(row, "says")?, instant(row, "at")?))
        });
    Ok(found.optional()?)
}

/// What people said of a service with a fact of that time or later.
fn facts_since(records: &Connection, of: Realm<'_>, since: Timestamp) -> Result<Vec<Signal>> {
    let mut signals = Vec::new();
    for incident in incidents_with_facts(records, of.service, Some(since))? {
        signals.extend(of_facts(records, incident, of)?);
    }
    Ok(signals)
}

/// What was heard again and dropped is a change after all, where something that is heard late, or what a person
/// says, stands before it: from `after` on, up to the next event that is kept.
fn bring_back(records: &Connection, of: Realm<'_>, after: Timestamp, now: Timestamp) -> Result<()> {
    let mut query = records.prepare_cached(
        "SELECT seq, says, at FROM service_repeats WHERE service = ?1 AND drill = ?2 AND at > ?3
             AND at < coalesce((SELECT min(at) FROM service_signals
                 WHERE service = ?1 AND drill = ?2 AND at > ?3), 9223372036854775807)
         ORDER BY at, position",
    )?;
    let rows = query.query_map(params![of.service, of.drill, after.micros()], |row| {
        Ok((row.get("seq")?, parsed(row, "says")?, instant(row, "at")?))
    })?;
    let repeats: Vec<(i64, Says, Timestamp)> = rows.collect::<rusqlite::Result<_>>()?;
    if repeats.is_empty() {
        return Ok(());
    }
    let Some((mut says, since)) = last_event(records, of, after)? else {
        return Ok(());
    };
    let mut facts = facts_since(records, of, since)?;
    facts.retain(|it| it.at >= since);
    facts.sort_by_key(|it| it.at);
    let mut facts = facts.into_iter().peekable();
    for (seq, heard, at) in repeats {
        while let Some(fact) = facts.next_if(|fact| fact.at <= at) {
            says = fact.says;
        }
        if heard == says {
            continue;
        }
        says = heard;
        let added = records
            .prepare_cached(&format!(
                "INSERT OR IGNORE INTO service_signals ({COLUMNS})
                 SELECT {COLUMNS} FROM service_repeats WHERE seq = ?1"
            ))?
            .execute([seq])?;
        if added > 0 {
            log_row(records, of, records.last_insert_rowid(), now)?;
        }
    }
    Ok(())
}

/// A fact was recorded that says something of a service, or moves what one said.
pub(super) fn heard_of_fact(
    records: &Connection,
    view: &View,
    row: &IncidentRow,
    fact: &Fact,
) -> Result<()> {
    if said_by(fact).is_none() || fact.recorded_by == DAEMON {
        return Ok(());
    }
    let mut chain = Some(fact);
    let mut service = None;
    while let Some(one) = chain.filter(|_| service.is_none()) {
        service = service_of(one);
        let before = one.revises.filter(|id| *id < one.id);
        chain = before.and_then(|id| view.facts.iter().find(|it| it.id == id));
    }
    let Some(service) = service else {
        return Ok(());
    };
    let drill = row.is_drill();
    bring_back(records, Realm { service, drill }, fact.at, fact.recorded_at)
}

/// Repeats are of use for as long as anything comes late.
fn forget_repeats(records: &Connection, of: Realm<'_>, now: Timestamp) -> Result<()> {
    let before = now.saturating_add_micros(-REPEATS_KEPT_MICROS);
    records
        .prepare_cached(
            "DELETE FROM service_repeats WHERE service = ?1 AND drill = ?2 AND at < ?3",
        )?
        .execute(params![of.service, of.drill, before.micros()])?;
    records
        .prepare_cached(
            "DELETE FROM service_repeats WHERE seq <= (SELECT max(seq) - ?1 FROM service_repeats)",
        )?
        .execute([REPEATS_MAX])?;
    Ok(())
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
    for incident in incidents_with_facts(records, service, None)? {
        signals.extend(of_facts(records, incident, Realm { service, drill })?);
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
            event: Some(EventRow {
                position,
                row: row.get("seq")?,
            }),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The incidents in which a person recorded a fact about the service; of that time or later only.
fn incidents_with_facts(
    records: &Connection,
    service: &str,
    since: Option<Timestamp>,
) -> Result<Vec<i64>> {
    let mut query = records.prepare_cached(
        "SELECT DISTINCT incident FROM facts INDEXED BY facts_of_services
         WHERE fact IN ('service_lost', 'service_restored') AND recorded_by <> ?2
             AND json_extract(fields, '$.service') = ?1
             AND (?3 IS NULL OR EXISTS (SELECT 1 FROM facts later
                 WHERE later.incident = facts.incident AND later.at >= ?3
                     AND later.fact IN ('service_lost', 'service_restored')))",
    )?;
    let of = params![service, DAEMON, since.map(Timestamp::micros)];
    let rows = query.query_map(of, |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the facts of an incident say of a service, as they stand. Those of the daemon repeat events.
fn of_facts(records: &Connection, incident: i64, of: Realm<'_>) -> Result<Vec<Signal>> {
    let row = incidents::by_seq(records, incident)?;
    if row.is_drill() != of.drill || row.state == crate::IncidentState::Dismissed {
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
        let Some(says) = said_by(fact).filter(|_| service_of(fact) == Some(of.service)) else {
            continue;
        };
        signals.push(Signal {
            says,
            at: reading.at,
            noticed_at: fact.recorded_at,
            source: format!("fact {} of incident {}", fact.id, row.seq),
            stream: row.stream().to_owned(),
            incident: Some(incident),
            event: None,
        });
    }
    Ok(signals)
}

/// The service that a fact names.
pub(crate) fn service_of(fact: &Fact) -> Option<&str> {
    fact.fields.as_ref()?.get(SERVICE_FIELD)?.as_str()
}

/// What the service lacks, as the fact has it.
fn kind_of(fact: &Fact) -> Option<&str> {
    fact.fields.as_ref()?.get(KIND_FIELD)?.as_str()
}

fn said_by(fact: &Fact) -> Option<Says> {
    let kind = kind_of(fact);
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
            Some(_) => self.doubt_of_kind(fact),
        }
    }

    fn doubt_of_kind(&self, fact: &Fact) -> Option<String> {
        let kind = kind_of(fact).filter(|kind| kind.parse::<Kind>().is_err())?;
        let kind: String = kind.chars().take(40).collect();
        (fact.fact == FactKind::ServiceLost).then(|| {
            format!(
                "`kind` is `{kind}`, which is none of complete, limited, slow: it counts as completely \
                 unavailable"
            )
        })
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
