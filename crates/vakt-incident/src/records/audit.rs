//! The audit log: who changed what, each entry chained to the one before it.
//!
//! An entry's hash is BLAKE3 (key-derivation mode, context `vakt audit`) over its columns, each
//! with its length before it, and the hash of the entry before; the first entry has an empty one.
//! Whoever alters an entry must alter all that follow; whoever cuts the end off is found where the
//! head was noted elsewhere, as it is in the journal's signed ledger. Facts and evidence are compared with the entries that added them.
//!
//! Alerts are no part of it before a person closes one: they follow from the journal, which has a
//! chain of its own, and come by the thousand.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::rows::{count, instant, page, page_start};
use super::view::View;
use super::{
    Records, answers, coverage, documents, facts, incidents, maintenance, quarters, recurring,
    regimes, register, reports, schema, services, suppressions, work,
};
use crate::alert::{Page, PageRequest};
use crate::error::Result;
use crate::group::Parts;
use crate::regime::Regimes;

/// Faults that a report names; the check stops there.
const FAULTS_MAX: usize = 100;

/// What a check of the audit log found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    pub entries: u64,
    /// The hash of the last entry, to be noted elsewhere.
    pub head: String,
    pub facts: u64,
    pub evidence: u64,
    /// One line each; empty where all is well.
    pub faults: Vec<String>,
}

/// What was noted elsewhere of the audit log: the number of its last entry then, and that entry's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedHead {
    pub entries: u64,
    /// Hexadecimal; empty for a log without entries.
    pub hash: String,
    /// Where and when, for people.
    pub by: String,
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub seq: i64,
    pub at: Timestamp,
    pub principal: String,
    /// `incident.opened`, `incident.joined`, `fact.added`, `incident.followed` (by a fact of one
    /// that is part of it), `alert.closed`, `regimes.changed`, `clocks.recomputed`,
    /// `report.written` (texts of a report's fields), `suppression.added`, `suppression.ended`,
    /// `maintenance.added`, `maintenance.ended`, `service.said`, `service.pruned`,
    /// `significance.answered`, `quarter.reviewed`, `task.added`, `task.changed`, `note.added`,
    /// `attachment.added`, `review.written`, `report.received` (by the intake), `state.derived`,
    /// `register.written`, `coverage.reason.added`, `coverage.reason.ended`, `coverage.signed`,
    /// `document.kept`, `document.approved`, `document.submitted`, `document.file`, `document.marked`,
    /// `document.observable`.
    pub action: String,
    /// The id of the incident, alert, suppression, window or review, or the name of the service.
    pub subject: String,
    /// JSON text, as it was hashed.
    pub before: String,
    pub after: String,
    /// The hash of the entry before.
    pub previous: String,
    pub hash: String,
}

impl AuditEntry {
    fn computed_hash(&self) -> String {
        let mut parts = Parts::new("vakt audit");
        parts.add(&self.seq.to_be_bytes());
        parts.add(&self.at.micros().to_be_bytes());
        for text in [
            &self.principal,
            &self.action,
            &self.subject,
            &self.before,
            &self.after,
            &self.previous,
        ] {
            parts.add(text.as_bytes());
        }
        parts.hex()
    }
}

impl AuditReport {
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

impl Records {
    /// The entries of the audit log, newest first.
    pub fn audit_log(&self, request: &PageRequest) -> Result<Page<AuditEntry>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records
                .prepare_cached("SELECT * FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2")?;
            let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
            let rows =
                query.query_map([before, more], |row| Ok((row.get("seq")?, from_row(row)?)))?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    /// How many entries there are, and the hash of the last; `None` where there is none.
    pub fn audit_head(&self) -> Result<Option<(u64, String)>> {
        self.read(|records| head(records))
    }

    /// Checks the chain, and that facts, evidence, incidents and their states are what it says.
    pub fn verify_audit(&self) -> Result<AuditReport> {
        self.read(|records| verify(records, Some(self.regimes()), &[]))
    }
}

/// Checks the audit log of the records at `path` as [`Records::verify_audit`] does, reading only; a
/// daemon may be writing to them. What was noted of the log must be in it still.
///
/// # Errors
/// When they cannot be read, or another version of Vakt wrote them.
pub fn verify_audit_of(path: &Path, noted: &[NotedHead]) -> Result<AuditReport> {
    let mut connection = super::connect_to_read(path)?;
    schema::expect_current(&connection, path)?;
    let transaction = connection.transaction()?;
    let data = regimes::stored(&transaction)?;
    verify(&transaction, data.as_ref(), noted)
}

/// As [`Records::audit_head`], of the records at `path`, reading only.
///
/// # Errors
/// As [`verify_audit_of`].
pub fn audit_head_of(path: &Path) -> Result<Option<(u64, String)>> {
    let connection = super::connect_to_read(path)?;
    schema::expect_current(&connection, path)?;
    head(&connection)
}

fn verify(
    records: &Connection,
    data: Option<&Regimes>,
    noted: &[NotedHead],
) -> Result<AuditReport> {
    let mut report = AuditReport::default();
    check_entries(records, &mut report)?;
    check_noted(records, noted, &mut report)?;
    check_nothing_unlogged(records, &mut report)?;
    check_regimes(records, &mut report)?;
    reports::check(records, &mut report)?;
    services::check(records, &mut report)?;
    answers::check(records, &mut report)?;
    recurring::check(records, &mut report)?;
    work::check(records, &mut report)?;
    register::check(records, &mut report)?;
    documents::check(records, &mut report)?;
    check_states(records, data.unwrap_or(Regimes::embedded()), &mut report)?;
    Ok(report)
}

/// Adds an entry, in the transaction of the change that it tells of.
pub(super) fn add(
    records: &Connection,
    at: Timestamp,
    principal: &str,
    action: &str,
    subject: &str,
    before: &Value,
    after: &Value,
) -> Result<()> {
    let (last, previous) = head(records)?.unwrap_or_default();
    let mut entry = AuditEntry {
        seq: i64::try_from(last).unwrap_or(i64::MAX).saturating_add(1),
        at,
        principal: principal.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        before: before.to_string(),
        after: after.to_string(),
        previous,
        hash: String::new(),
    };
    entry.hash = entry.computed_hash();
    records
        .prepare_cached(
            "INSERT INTO audit (seq, at, principal, action, subject, before, after, previous, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            entry.seq,
            entry.at.micros(),
            entry.principal,
            entry.action,
            entry.subject,
            entry.before,
            entry.after,
            entry.previous,
            entry.hash,
        ])?;
    Ok(())
}

/// The newest entries about something, in their order.
pub(super) fn of_subject(records: &Connection, subject: &str, max: i64) -> Result<Vec<AuditEntry>> {
    let mut query = records.prepare_cached(
        "SELECT * FROM (SELECT * FROM audit WHERE subject = ?1 ORDER BY seq DESC LIMIT ?2)
         ORDER BY seq",
    )?;
    let rows = query.query_map(params![subject, max], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn head(records: &Connection) -> Result<Option<(u64, String)>> {
    let last = records
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((count(row.get(0)?), row.get(1)?)))
        .optional()?;
    Ok(last)
}

fn check_entries(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare("SELECT * FROM audit ORDER BY seq")?;
    let mut rows = query.query_map([], from_row)?;
    while let Some(entry) = rows.next().transpose()? {
        report.entries += 1;
        let number = i64::try_from(report.entries).unwrap_or(i64::MAX);
        if entry.seq != number || entry.previous != report.head {
            report.fault(format!(
                "audit entry {}: an entry before it is missing or was altered",
                entry.seq
            ));
        }
        if entry.computed_hash() != entry.hash {
            report.fault(format!("audit entry {}: it was altered", entry.seq));
        }
        check_change(records, &entry, report)?;
        report.head = entry.hash;
        if report.faults.len() >= FAULTS_MAX {
            break;
        }
    }
    let given: Option<i64> = records
        .query_row(
            "SELECT seq FROM sqlite_sequence WHERE name = 'audit'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if given.is_some_and(|given| given > i64::try_from(report.entries).unwrap_or(i64::MAX)) {
        report.fault("audit log: its last entries are missing".to_owned());
    }
    Ok(())
}

/// Whether what was noted elsewhere is still in the log.
fn check_noted(records: &Connection, noted: &[NotedHead], report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare_cached("SELECT hash FROM audit WHERE seq = ?1")?;
    // One of each kind says it: the first that is another one now, and the last that is gone.
    let (mut altered, mut missing) = (None, None);
    for head in noted.iter().filter(|head| head.entries > 0) {
        let number = i64::try_from(head.entries).unwrap_or(i64::MAX);
        let found: Option<String> = query.query_row([number], |row| row.get(0)).optional()?;
        match found {
            Some(hash) if hash == head.hash => {}
            Some(_) => altered = altered.or(Some(head)),
            None => missing = Some(head),
        }
    }
    if let Some(NotedHead { entries, by, .. }) = altered {
        report.fault(format!(
            "audit entry {entries}: it is another one than {by} tells of: the log was written anew"
        ));
    }
    if let Some(NotedHead { entries, by, .. }) = missing {
        report.fault(format!(
            "audit log: {by} tells of an entry {entries}: the end was cut off, or an old copy was put back"
        ));
    }
    Ok(())
}

/// Whether the rows that the entry says were added are there, unaltered.
fn check_change(records: &Connection, entry: &AuditEntry, report: &mut AuditReport) -> Result<()> {
    let Ok(after) = serde_json::from_str::<Value>(&entry.after) else {
        report.fault(format!("audit entry {}: `after` is no JSON", entry.seq));
        return Ok(());
    };
    let subject = &entry.subject;
    if let Some((kind, stored)) = of_noise(records, entry, &after)? {
        if stored != after {
            report.fault(format!("{kind} {subject}: it is missing or was altered"));
        }
        return Ok(());
    }
    let Some(seq) = incidents::seq_of(records, subject)? else {
        if !matches!(entry.action.as_str(), "alert.closed" | "regimes.changed") {
            report.fault(format!("incident {subject}: it is missing"));
        }
        return Ok(());
    };
    if entry.action == "incident.opened"
        && after.get("incident") != Some(&incidents::core(records, seq)?)
    {
        report.fault(format!("incident {subject}: it was altered"));
    }
    if let Some(logged) = after.get("fact") {
        report.facts += 1;
        let known = facts::of_incident(records, seq)?;
        let id = logged.get("id").and_then(Value::as_i64).unwrap_or(0);
        let stored = known.iter().find(|fact| fact.id == id);
        match stored.map(serde_json::to_value).transpose()? {
            None => report.fault(format!("fact {id} of incident {subject}: it is missing")),
            Some(stored) if stored != *logged => {
                report.fault(format!("fact {id} of incident {subject}: it was altered"));
            }
            Some(_) => {}
        }
    }
    let frozen = after.get("evidence").and_then(Value::as_array);
    for logged in frozen.into_iter().flatten() {
        report.evidence += 1;
        let position = logged.get(0).and_then(Value::as_i64).unwrap_or(-1);
        if !is_frozen_as(records, seq, position, logged)? {
            report.fault(format!(
                "event {position} of incident {subject}: it is missing or was altered"
            ));
        }
    }
    Ok(())
}

/// Whether an event is stored as the log says: `[position, hash, hash of the fields, claimed, received]`.
/// Entries of earlier versions have no times.
fn is_frozen_as(records: &Connection, seq: i64, position: i64, logged: &Value) -> Result<bool> {
    let found = records
        .prepare_cached(
            "SELECT original, fields, hash, claimed, received FROM evidence
             WHERE incident = ?1 AND position = ?2",
        )?
        .query_row([seq, position], |row| {
            let original = blake3::hash(&row.get::<_, Vec<u8>>(0)?).to_hex();
            let fields = blake3::hash(row.get::<_, String>(1)?.as_bytes()).to_hex();
            let is_hash = row.get::<_, String>(2)? == original.as_str();
            let (claimed, received) = (row.get::<_, Option<i64>>(3)?, row.get::<_, i64>(4)?);
            let stored = json!([
                position,
                original.as_str(),
                fields.as_str(),
                claimed,
                received
            ]);
            Ok((stored, is_hash))
        })
        .optional()?;
    let logged = logged.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(found.is_some_and(|(stored, is_hash)| {
        let stored = stored.as_array().map(Vec::as_slice).unwrap_or_default();
        is_hash && logged.len() >= 3 && stored.starts_with(logged)
    }))
}

/// What is stored of what the entry is about, where that is no incident: it must be as the entry says.
fn of_noise(
    records: &Connection,
    entry: &AuditEntry,
    after: &Value,
) -> Result<Option<(&'static str, Value)>> {
    let id = &entry.subject;
    Ok(match entry.action.as_str() {
        "suppression.added" => Some(("suppression", suppressions::core(records, id)?)),
        "suppression.ended" => Some(("suppression", suppressions::ended(records, id)?)),
        "maintenance.added" => Some(("window of maintenance", maintenance::core(records, id)?)),
        "maintenance.ended" => Some(("window of maintenance", maintenance::ended(records, id)?)),
        "service.said" | "service.pruned" => Some((
            "what was said of service",
            services::logged(records, entry, after)?,
        )),
        "quarter.reviewed" => Some(("review of a quarter", quarters::core(records, id)?)),
        "coverage.reason.added" => Some((coverage::REASON, coverage::core(records, id)?)),
        "coverage.reason.ended" => Some((coverage::REASON, coverage::ended(records, id)?)),
        "coverage.signed" => Some((coverage::SIGNATURE, coverage::signed(records, id)?)),
        _ => None,
    })
}

/// Whether there are rows that no entry tells of.
fn check_nothing_unlogged(records: &Connection, report: &mut AuditReport) -> Result<()> {
    coverage::check(records, report)?;
    let counts = [
        ("facts", report.facts, "SELECT count(*) FROM facts"),
        ("evidence", report.evidence, "SELECT count(*) FROM evidence"),
    ];
    for (name, logged, sql) in counts {
        let stored: i64 = records.query_row(sql, [], |row| row.get(0))?;
        if count(stored) > logged {
            report.fault(format!(
                "{name}: {stored} are stored, and {logged} are in the audit log"
            ));
        }
    }
    let sql = "SELECT id FROM quarter_reviews t WHERE NOT EXISTS (
             SELECT 1 FROM audit WHERE subject = t.id AND action = 'quarter.reviewed')";
    let mut query = records.prepare(sql)?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    for id in rows {
        report.fault(format!(
            "review of a quarter {}: the audit log does not have it",
            id?
        ));
    }
    for (name, table, added, ended) in [
        (
            "suppression",
            "suppressions",
            "suppression.added",
            "suppression.ended",
        ),
        (
            "window of maintenance",
            "maintenance",
            "maintenance.added",
            "maintenance.ended",
        ),
        (
            coverage::REASON,
            "coverage_reasons",
            "coverage.reason.added",
            "coverage.reason.ended",
        ),
    ] {
        let sql = format!(
            "SELECT id FROM {table} t
             WHERE NOT EXISTS (SELECT 1 FROM audit WHERE subject = t.id AND action = ?1)
                 OR (ended_at IS NOT NULL AND NOT EXISTS (
                     SELECT 1 FROM audit WHERE subject = t.id AND action = ?2))
             ORDER BY seq"
        );
        let mut query = records.prepare(&sql)?;
        let rows = query.query_map([added, ended], |row| row.get::<_, String>(0))?;
        for id in rows {
            report.fault(format!("{name} {}: the audit log does not have it so", id?));
        }
    }
    Ok(())
}

/// Whether the data that deadlines were computed with is what its hash says.
fn check_regimes(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare("SELECT hash, version, text FROM regimes_data")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (hash, version): (String, String) = (row.get(0)?, row.get(1)?);
        let text: String = row.get(2)?;
        if blake3::hash(text.as_bytes()).to_hex().as_str() != hash {
            report.fault(format!(
                "data of the regimes, version {version}: it was altered"
            ));
        }
    }
    Ok(())
}

/// Whether each incident's state is the one that its facts gave when the last of them, or the data
/// that it is judged by, was new.
fn check_states(records: &Connection, data: &Regimes, report: &mut AuditReport) -> Result<()> {
    for seq in incidents::seqs(records)? {
        let row = incidents::by_seq(records, seq)?;
        let view = View::of(records, &row)?;
        let last = view.facts.last().map(|fact| fact.recorded_at);
        let is_open: bool = records
            .prepare_cached("SELECT is_open FROM incidents WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))?;
        if is_open != row.state.is_open() {
            report.fault(format!(
                "incident {}: whether it is open was altered",
                row.id
            ));
        }
        let derived = view.state(&view.clocks(data, last.unwrap_or_default()));
        if derived != row.state {
            report.fault(format!(
                "incident {}: its state is {}, and its facts give {derived}",
                row.id, row.state
            ));
        }
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        seq: row.get("seq")?,
        at: instant(row, "at")?,
        principal: row.get("principal")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        before: row.get("before")?,
        after: row.get("after")?,
        previous: row.get("previous")?,
        hash: row.get("hash")?,
    })
}
