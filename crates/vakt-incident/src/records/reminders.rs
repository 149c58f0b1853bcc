//! Files the reminders that are due, each with the mark that it was told.

use rusqlite::{Connection, params};
use serde_json::json;
use vakt_event::Timestamp;

use super::Records;
use super::incidents::{self, IncidentRow};
use super::notices;
use super::rows::instant;
use super::view::View;
use crate::calendar::DAY_MICROS;
use crate::clock::Computed;
use crate::error::Result;
use crate::reminder::{self, Mark, OVER, Policy, Reminder, Told, What};
use crate::route::NoticeKind;
use crate::target;

/// Incidents that are looked at while nobody else may read.
const LOOKED_AT_ONCE: i64 = 200;

/// The incidents that have reminders: those that are open, and those of several regimes, of which a decision may have
/// answered one and left another open; `?1` is since when.
const REMINDED: &str = "is_open = 1 OR (detected_at >= ?1
    AND state IN ('not_significant', 'near_miss', 'downgraded', 'final_reported', 'closed')
    AND (json_array_length(regimes) > 1
        OR seq IN (SELECT incident FROM facts WHERE fact = 'regime_applies')))";

/// For how long that may be: longer than any clock runs that nothing has begun yet, in microseconds.
const ASKED_MICROS: i64 = 40 * DAY_MICROS;

/// An incident with what decides about its reminders.
struct Looked {
    row: IncidentRow,
    view: View,
    computed: Computed,
    reminders: Vec<Reminder>,
    next: Option<Timestamp>,
}

impl Records {
    /// Files the reminders and escalations that are due, what is due about services, and what recurs; answers when the next one is, if nothing is
    /// recorded until then. Drills have none, and what is part of another incident has those of that.
    pub fn remind(&self, policy: &Policy) -> Result<Option<Timestamp>> {
        let now = self.clock.now();
        self.attend_recurring(now)?;
        let quarter = self.attend_quarter(now)?;
        let next = [self.attend_services(policy, now)?, quarter];
        let mut next: Option<Timestamp> = next.into_iter().flatten().min();
        let mut after = 0;
        loop {
            let open = self.read(|records| {
                let mut found = Vec::new();
                for seq in reminded_after(records, after, now)? {
                    let looked = self.look(records, seq, policy, now)?;
                    found.push((seq, looked.reminders.is_empty(), looked.next));
                }
                Ok(found)
            })?;
            let Some((last, ..)) = open.last() else {
                break;
            };
            after = *last;
            for (seq, is_quiet, at) in open {
                next = [next, at].into_iter().flatten().min();
                if !is_quiet {
                    self.write(|records| self.file_reminders(records, seq, policy, now))?;
                }
            }
        }
        self.write(|records| {
            records.execute(
                &format!(
                    "DELETE FROM told WHERE incident NOT IN (SELECT seq FROM incidents WHERE {REMINDED})"
                ),
                [now.saturating_add_micros(-ASKED_MICROS).micros()],
            )?;
            Ok(())
        })?;
        Ok([next, self.remind_of_tasks()?].into_iter().flatten().min())
    }

    /// A number that changes whenever an incident, fact or answer is added, something is said of a
    /// service, a task changes, or work is planned or ended.
    pub fn incident_revision(&self) -> Result<i64> {
        self.read(|records| {
            let sql = "SELECT (SELECT coalesce(max(id), 0) FROM facts)
                 + (SELECT coalesce(max(seq), 0) FROM incidents)
                 + (SELECT coalesce(max(id), 0) FROM answers)
                 + (SELECT coalesce(max(seq), 0) FROM service_signals)
                 + (SELECT coalesce(max(seq), 0) + count(ended_at) FROM maintenance)
                 + (SELECT coalesce(max(changed_at), 0) FROM tasks)";
            Ok(records.query_row(sql, [], |row| row.get(0))?)
        })
    }

    fn look(
        &self,
        records: &Connection,
        seq: i64,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Looked> {
        let data = self.regimes();
        let row = incidents::by_seq(records, seq)?;
        let view = View::of(records, &row)?;
        let computed = view.clocks(data, now);
        let targets = target::targets(&view.known, &computed, &data.targets, Some(now));
        // Who has decided has assessed; a question of another regime is one of its clocks.
        let targets = match row.state.is_open() {
            true => targets,
            false => Vec::new(),
        };
        let told = told(records, seq)?;
        let (reminders, next) = reminder::due(&computed.clocks, &targets, policy, &told, now);
        Ok(Looked {
            row,
            view,
            computed,
            reminders,
            next,
        })
    }

    /// Looks once more, where nobody else can record anything, and files.
    fn file_reminders(
        &self,
        records: &Connection,
        seq: i64,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<()> {
        let looked = self.look(records, seq, policy, now)?;
        let law = looked.view.law(self.regimes());
        for reminder in &looked.reminders {
            let mut payload = notices::of_incident(records, &looked.row)?;
            payload.insert("state".into(), json!(looked.row.state));
            let kind = match reminder.what {
                What::Clock(index) => {
                    let clock = looked.computed.clocks.get(index);
                    notices::add_deadline(&mut payload, &law, clock);
                    if let Some(clock) = clock {
                        payload.insert("party".into(), clock.party.clone().into());
                    }
                    payload.insert("share".into(), reminder.mark.step.into());
                    match reminder.mark.step {
                        OVER => NoticeKind::Overdue,
                        _ => NoticeKind::Reminder,
                    }
                }
                What::Escalation => {
                    let next = crate::clock::next_deadline(&looked.computed.clocks);
                    notices::add_deadline(&mut payload, &law, next);
                    payload.insert("target".into(), json!(reminder.mark.due));
                    payload.insert("round".into(), reminder.mark.step.into());
                    NoticeKind::Escalation
                }
                What::Unanswered => {
                    // The answer is owed to us: no deadline of ours hangs on it.
                    notices::add_deadline(&mut payload, &law, None);
                    payload.insert("target".into(), json!(reminder.mark.due));
                    NoticeKind::Unanswered
                }
            };
            payload.insert("mark".into(), reminder.subject.clone().into());
            mark(records, seq, reminder, now)?;
            let Mark { step, due } = reminder.mark;
            let subject = format!("{kind} {} {} {step} {due}", looked.row.id, reminder.subject);
            notices::file(records, &subject, kind, payload, now)?;
        }
        Ok(())
    }
}

fn reminded_after(records: &Connection, after: i64, now: Timestamp) -> Result<Vec<i64>> {
    let mut query = records.prepare_cached(&format!(
        "SELECT seq FROM incidents WHERE seq > ?2 AND drill = 0 AND ({REMINDED}) ORDER BY seq LIMIT ?3"
    ))?;
    let since = now.saturating_add_micros(-ASKED_MICROS).micros();
    let rows = query.query_map([since, after, LOOKED_AT_ONCE], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What was told of an incident.
pub(super) fn told(records: &Connection, seq: i64) -> Result<Told> {
    let mut query =
        records.prepare_cached("SELECT subject, step, due FROM told WHERE incident = ?1")?;
    let prefix = prefix(seq);
    let rows = query.query_map([seq], |row| {
        let subject: String = row.get(0)?;
        let name = subject.strip_prefix(&prefix).unwrap_or(&subject).to_owned();
        let mark = Mark {
            step: row.get(1)?,
            due: instant(row, 2)?,
        };
        Ok((name, mark))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn mark(records: &Connection, seq: i64, reminder: &Reminder, now: Timestamp) -> Result<()> {
    records
        .prepare_cached(
            "INSERT INTO told (subject, incident, step, due, at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (subject) DO UPDATE
                 SET step = excluded.step, due = excluded.due, at = excluded.at",
        )?
        .execute(params![
            format!("{}{}", prefix(seq), reminder.subject),
            seq,
            reminder.mark.step,
            reminder.mark.due.micros(),
            now.micros()
        ])?;
    Ok(())
}

fn prefix(seq: i64) -> String {
    format!("incident {seq} ")
}
