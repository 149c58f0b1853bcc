//! What goes on, for outputs that know states: told again and again until it has ended, and then that it
//! has.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;
use vakt_event::Timestamp;

use super::rows::{instant, instant_or_none};
use super::view::View;
use super::{Records, incidents, outbox, reminders};
use crate::error::Result;
use crate::group::QUIET_GAP_MICROS;
use crate::regime::Regimes;
use crate::route::NoticeKind;

/// What goes on at one output; beyond it nothing begins, and that is counted as given up. More than
/// anybody looks at.
const FIRING_MAX: i64 = 2_000;

/// Something that goes on, or has just ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The name of the notice that began it.
    pub uid: String,
    pub payload: Value,
    pub starts_at: Timestamp,
    /// It has ended, and the output was not told yet.
    pub ends_at: Option<Timestamp>,
}

impl Records {
    /// What goes on at `output`, and what has ended since it was told. Oldest first.
    pub fn firing(&self, output: &str) -> Result<Vec<Firing>> {
        let now = self.clock.now();
        let all = self.read(|records| rows(records, output))?;
        let ended = self.read(|records| {
            let mut ended = Vec::new();
            for firing in all.iter().filter(|it| it.ends_at.is_none()) {
                if has_ended(records, self.regimes(), firing, now)? {
                    ended.push(firing.uid.clone());
                }
            }
            Ok(ended)
        })?;
        if ended.is_empty() {
            return Ok(all);
        }
        self.write(|records| {
            for uid in &ended {
                records
                    .prepare_cached(
                        "UPDATE firing SET ends_at = ?3
                         WHERE output = ?1 AND notice = ?2 AND ends_at IS NULL",
                    )?
                    .execute(params![output, uid, now.micros()])?;
            }
            rows(records, output)
        })
    }

    /// The output was told that these have ended.
    pub fn firing_ended(&self, output: &str, uids: &[String]) -> Result<()> {
        if uids.is_empty() {
            return Ok(());
        }
        self.write(|records| {
            for uid in uids {
                records
                    .prepare_cached(
                        "DELETE FROM firing
                         WHERE output = ?1 AND notice = ?2 AND ends_at IS NOT NULL",
                    )?
                    .execute(params![output, uid])?;
            }
            outbox::tally(records, output, "delivered", uids.len())
        })
    }
}

/// A notice begins something that goes on; others say nothing to such an output.
pub(super) fn begin(
    records: &Connection,
    output: &str,
    notice: i64,
    kind: NoticeKind,
    now: Timestamp,
) -> Result<()> {
    let (uid, payload): (String, String) = records
        .prepare_cached("SELECT uid, payload FROM notices WHERE id = ?1")?
        .query_row([notice], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_well = serde_json::from_str::<Value>(&payload)?["is_well"] == true;
    let goes_on = !matches!(
        kind,
        NoticeKind::Awareness | NoticeKind::Resolved | NoticeKind::Test
    );
    if !goes_on || is_well {
        return Ok(());
    }
    let sql = "SELECT count(*) FROM firing WHERE output = ?1";
    let count: i64 = records
        .prepare_cached(sql)?
        .query_row([output], |row| row.get(0))?;
    if count >= FIRING_MAX {
        return outbox::tally(records, output, "given_up", 1);
    }
    records
        .prepare_cached(
            "INSERT OR IGNORE INTO firing (output, notice, payload, starts_at)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![output, uid, payload, now.micros()])?;
    Ok(())
}

fn rows(records: &Connection, output: &str) -> Result<Vec<Firing>> {
    let mut query = records.prepare_cached(
        "SELECT notice, payload, starts_at, ends_at FROM firing WHERE output = ?1
         ORDER BY starts_at, notice",
    )?;
    let rows = query.query_map([output], |row| {
        Ok(Firing {
            uid: row.get(0)?,
            payload: super::rows::json(row, "payload")?,
            starts_at: instant(row, 2)?,
            ends_at: instant_or_none(row, 3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn has_ended(
    records: &Connection,
    data: &Regimes,
    firing: &Firing,
    now: Timestamp,
) -> Result<bool> {
    let payload = &firing.payload;
    let text = |name: &str| payload[name].as_str().unwrap_or_default();
    match text("kind").parse() {
        Ok(NoticeKind::Alert) => alert_is_over(records, text("alert"), now),
        Ok(
            NoticeKind::Draft
            | NoticeKind::Escalation
            | NoticeKind::CriterionNear
            | NoticeKind::CriterionMet,
        ) => {
            let sql = "SELECT state = 'draft' FROM incidents WHERE id = ?1";
            let is_draft = records
                .prepare_cached(sql)?
                .query_row([text("incident")], |row| row.get::<_, bool>(0))
                .optional()?;
            Ok(is_draft != Some(true))
        }
        Ok(NoticeKind::Reminder | NoticeKind::Overdue) => {
            reminder_is_over(records, data, payload, now)
        }
        // What is watched.
        _ => {
            let sql = "SELECT 1 FROM told WHERE subject = ?1";
            let is_ill = records
                .prepare_cached(sql)?
                .query_row([text("mark")], |_| Ok(()))
                .optional()?;
            Ok(is_ill.is_none())
        }
    }
}

/// An alert is over when it is closed, or when another match would begin a new one.
fn alert_is_over(records: &Connection, id: &str, now: Timestamp) -> Result<bool> {
    let sql = "SELECT state = 'open', last_received FROM alerts WHERE id = ?1";
    let found = records
        .prepare_cached(sql)?
        .query_row([id], |row| Ok((row.get::<_, bool>(0)?, instant(row, 1)?)));
    Ok(match found.optional()? {
        Some((true, last)) => now.micros_since(last) > QUIET_GAP_MICROS,
        _ => true,
    })
}

/// A reminder is over when its clock is met, has moved, or the next reminder of it was told.
fn reminder_is_over(
    records: &Connection,
    data: &Regimes,
    payload: &Value,
    now: Timestamp,
) -> Result<bool> {
    let text = |name: &str| payload[name].as_str().unwrap_or_default();
    let Some(seq) = incidents::seq_of(records, text("incident"))? else {
        return Ok(true);
    };
    let row = incidents::by_seq(records, seq)?;
    if !row.state.is_open() {
        return Ok(true);
    }
    let told = reminders::told(records, seq)?;
    let is_newest = told
        .get(text("mark"))
        .is_some_and(|mark| payload["share"] == mark.step);
    let clocks = View::of(records, &row)?.clocks(data, now).clocks;
    let is_open = clocks.iter().any(|clock| {
        clock.is_open()
            && clock.party == text("party")
            && payload["clock"]["regime"] == clock.regime.as_str()
            && payload["clock"]["stage"] == clock.stage.as_str()
            && clock
                .due
                .is_some_and(|due| due.to_string() == text("deadline"))
    });
    Ok(!(is_newest && is_open))
}
