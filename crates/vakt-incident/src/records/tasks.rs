//! Tasks: rows that change, each change with its version and its entry in the audit log.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::audit::AuditReport;
use super::incidents::{self};
use super::logged::{self, text};
use super::rows::{count, instant, instant_or_none, next_id, page, page_start, parsed};
use super::work::Holders;
use super::{DAEMON, Records, audit, notices};
use crate::alert::{Page, PageRequest};
use crate::error::Result;
use crate::route::NoticeKind;
use crate::work::{
    CheckedTask, INCIDENT_TASKS_MAX, NewTask, OfIncident, Task, TaskChange, TaskFilter, WorkError,
};

/// Tasks whose due time is looked at while nobody else may write.
const TOLD_AT_ONCE: i64 = 100;

const COLUMNS: &str = "SELECT t.*, i.id AS incident_id, i.seq AS incident_number,
     i.title AS incident_title, i.stream AS incident_stream, i.drill AS incident_drill
     FROM tasks t JOIN incidents i ON i.seq = t.incident";

impl Records {
    /// Adds a task to an incident.
    ///
    /// # Errors
    /// An incident that is not there; a task without a title; one too many.
    pub fn add_task(&self, incident: &str, new: &NewTask, principal: &str) -> Result<Task> {
        let (now, checked) = (self.clock.now(), CheckedTask::of(new)?);
        self.write(|records| {
            let row = incidents::find(records, incident)?;
            let sql = "SELECT count(*) FROM tasks WHERE incident = ?1";
            let known: i64 = records.query_row(sql, [row.seq], |found| found.get(0))?;
            if count(known) >= INCIDENT_TASKS_MAX {
                Err(WorkError::TooMany {
                    what: "tasks",
                    max: INCIDENT_TASKS_MAX,
                })?;
            }
            let about = (&row.id, &checked.title);
            let id = next_id(records, "tasks", "vakt task", &about, now)?;
            records
                .prepare_cached(
                    "INSERT INTO tasks (id, incident, title, owner, due, phase, state, created_at,
                         created_by, changed_at, changed_by, version)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?8, ?7, ?8, 1)",
                )?
                .execute(params![
                    id,
                    row.seq,
                    checked.title,
                    checked.owner,
                    checked.due.map(Timestamp::micros),
                    checked.phase.as_str(),
                    now.micros(),
                    principal,
                ])?;
            let task = find(records, &id)?;
            let after = json!({ "task": core(&task) });
            let (action, none) = ("task.added", Value::Null);
            audit::add(records, now, principal, action, &row.id, &none, &after)?;
            Ok(task)
        })
    }

    /// Changes a task: who, until when, whether it is done.
    ///
    /// # Errors
    /// A task that is not there, or that somebody else has changed since; one that is dropped without a
    /// reason.
    pub fn change_task(&self, id: &str, change: &TaskChange, principal: &str) -> Result<Task> {
        let now = self.clock.now();
        self.write(|records| {
            let before = find(records, id)?;
            let new = CheckedTask::changed(&before, change)?;
            records
                .prepare_cached(
                    "UPDATE tasks SET title = ?2, owner = ?3, due = ?4, phase = ?5, state = ?6,
                         reason = ?7, changed_at = ?8, changed_by = ?9, version = version + 1
                     WHERE id = ?1",
                )?
                .execute(params![
                    id,
                    new.title,
                    new.owner,
                    new.due.map(Timestamp::micros),
                    new.phase.as_str(),
                    new.state.as_str(),
                    new.reason,
                    now.micros(),
                    principal,
                ])?;
            let task = find(records, id)?;
            let (was, is) = (
                json!({ "task": core(&before) }),
                json!({ "task": core(&task) }),
            );
            let action = "task.changed";
            audit::add(records, now, principal, action, &task.incident, &was, &is)?;
            Ok(task)
        })
    }

    /// A task, by its id.
    ///
    /// # Errors
    /// One that is not there.
    pub fn task(&self, id: &str) -> Result<Task> {
        self.read(|records| find(records, id))
    }

    /// The tasks that pass the filter, newest first.
    pub fn tasks(&self, filter: &TaskFilter, request: &PageRequest) -> Result<Page<Task>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let sql = format!(
                "{COLUMNS} WHERE t.seq < ?1
                     AND (?2 IS NULL OR t.owner = ?2)
                     AND (?3 IS NULL OR t.state = ?3)
                     AND (?4 IS NULL OR i.stream IN (SELECT value FROM json_each(?4)))
                 ORDER BY t.seq DESC LIMIT ?5"
            );
            let streams = filter.streams.as_ref().map(serde_json::to_string);
            let mut query = records.prepare_cached(&sql)?;
            let rows = query.query_map(
                params![
                    before,
                    filter.owner,
                    filter.state.map(|state| state.as_str()),
                    streams.transpose()?,
                    i64::try_from(limit + 1).unwrap_or(i64::MAX),
                ],
                |row| Ok((row.get("seq")?, from_row(row)?)),
            )?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    /// Files a notice of each task whose due time has passed, once for a due time, and answers when the
    /// next one passes. Tasks of drills have none.
    pub(super) fn remind_of_tasks(&self) -> Result<Option<Timestamp>> {
        let now = self.clock.now();
        loop {
            let told = self.write(|records| tell_overdue(records, now))?;
            if told < TOLD_AT_ONCE {
                break;
            }
        }
        self.read(|records| {
            let sql = "SELECT min(t.due) FROM tasks t JOIN incidents i ON i.seq = t.incident
                 WHERE t.state = 'open' AND t.due > ?1 AND i.drill = 0";
            let next = records
                .prepare_cached(sql)?
                .query_row([now.micros()], |row| instant_or_none(row, 0))?;
            Ok(next)
        })
    }
}

/// Files notices of the first tasks that are overdue and untold; how many.
fn tell_overdue(records: &Connection, now: Timestamp) -> Result<i64> {
    let sql = format!(
        "{COLUMNS} WHERE t.state = 'open' AND t.due <= ?1 AND t.told IS NOT t.due AND i.drill = 0
         ORDER BY t.due LIMIT ?2"
    );
    let mut query = records.prepare_cached(&sql)?;
    let rows = query.query_map([now.micros(), TOLD_AT_ONCE], from_row)?;
    let overdue: Vec<Task> = rows.collect::<rusqlite::Result<_>>()?;
    let mut told = 0;
    for task in overdue {
        let row = incidents::find(records, &task.incident)?;
        let mut payload = notices::of_incident(records, &row)?;
        let shown = json!({
            "id": task.id, "title": task.title, "due": task.due, "phase": task.phase,
        });
        payload.insert("task".into(), shown);
        payload.insert("owner".into(), json!(task.owner));
        payload.insert("state".into(), json!(row.state));
        let due = task.due.map_or(0, Timestamp::micros);
        let subject = format!("task {} {due}", task.id);
        notices::file(records, &subject, NoticeKind::Task, payload, now)?;
        records
            .prepare_cached("UPDATE tasks SET told = due WHERE id = ?1")?
            .execute([&task.id])?;
        // Or a mark that somebody else made would keep a notice back unseen.
        let told_of = json!({ "told": { "task": task.id, "due": due } });
        audit::add(
            records,
            now,
            DAEMON,
            "task.told",
            &row.id,
            &Value::Null,
            &told_of,
        )?;
        told += 1;
    }
    Ok(told)
}

/// The tasks of an incident and its parts, oldest first.
pub(super) fn of_incidents(records: &Connection, holders: &Holders) -> Result<Vec<Task>> {
    let sql =
        format!("{COLUMNS} WHERE t.incident IN (SELECT value FROM json_each(?1)) ORDER BY t.seq");
    let mut query = records.prepare_cached(&sql)?;
    let rows = query.query_map([holders.json()?], from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn find(records: &Connection, id: &str) -> Result<Task> {
    let found = records
        .prepare_cached(&format!("{COLUMNS} WHERE t.id = ?1"))?
        .query_row([id], from_row)
        .optional()?;
    Ok(found.ok_or_else(|| WorkError::NoTask { id: id.to_owned() })?)
}

/// What is audited of a task.
fn core(task: &Task) -> Value {
    json!(Task {
        of: None,
        ..task.clone()
    })
}

pub(super) fn check(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let kind = logged::Kind {
        name: "task",
        actions: &["task.added", "task.changed"],
        member: "task",
    };
    let mut query = records.prepare(&format!("{COLUMNS} ORDER BY t.seq"))?;
    let rows = query.query_map([], from_row)?;
    let stored: Vec<Task> = rows.collect::<rusqlite::Result<_>>()?;
    let stored = stored.iter().map(core).collect();
    let key = |row: &Value| text(row, "id").to_owned();
    logged::check(records, &kind, key, stored, report)?;
    check_told(records, report)
}

/// Whether each task was told of when its mark says so.
fn check_told(records: &Connection, report: &mut AuditReport) -> Result<()> {
    let mut query = records.prepare(
        "SELECT json_extract(after, '$.told.task'), json_extract(after, '$.told.due')
         FROM audit WHERE action = 'task.told' ORDER BY seq",
    )?;
    let entries = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let told: BTreeMap<String, i64> = entries.collect::<rusqlite::Result<_>>()?;
    let mut query = records.prepare("SELECT id, told FROM tasks ORDER BY seq")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (id, mark): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
        if told.get(&id).copied() != mark {
            report.fault(format!("task {id}: when it was told of was altered"));
        }
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get("id")?,
        incident: row.get("incident_id")?,
        title: row.get("title")?,
        owner: row.get("owner")?,
        due: instant_or_none(row, "due")?,
        phase: parsed(row, "phase")?,
        state: parsed(row, "state")?,
        reason: row.get("reason")?,
        created_at: instant(row, "created_at")?,
        created_by: row.get("created_by")?,
        changed_at: instant(row, "changed_at")?,
        changed_by: row.get("changed_by")?,
        version: row.get("version")?,
        of: Some(OfIncident {
            incident_number: row.get("incident_number")?,
            incident_title: row.get("incident_title")?,
            stream: row.get("incident_stream")?,
            drill: row.get("incident_drill")?,
        }),
    })
}
