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
use crate::reminder::UNANSWERED;
use crate::route::{NoticeKind, Routed};
use crate::target::{self, TargetState};

/// What one output is told of at the same time: more than anybody looks at. The rest waits until there is
/// room.
const FIRING_MAX: i64 = 2_000;

/// What goes on or waits for room at one output; beyond it the least is given up, and counted.
const KEPT_MAX: i64 = 10_000;

/// Characters of a failure's text that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// Ended ones, whose end is to be told, then the highest rank, then the oldest.
const ORDER: &str = "ends_at IS NULL, rank DESC, starts_at, notice";

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

/// What an output is to be told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoingOn {
    pub firing: Vec<Firing>,
    /// Beyond what it is told of at the same time.
    pub waiting: u64,
    /// Those that ended before the output was told of them.
    pub missed: u64,
}

/// What an output has not heard, or not of late.
#[derive(Default)]
pub(super) struct Untold {
    pub(super) count: u64,
    pub(super) oldest: Option<Timestamp>,
    pub(super) error: Option<String>,
}

impl Records {
    /// What goes on at `output`, and what has ended since it was told. What ended and was never told is given
    /// up.
    pub fn firing(&self, output: &str) -> Result<GoingOn> {
        let now = self.clock.now();
        let ended = self.read(|records| {
            let mut ended = Vec::new();
            for firing in rows(records, output, KEPT_MAX)? {
                if firing.ends_at.is_none() && has_ended(records, self.regimes(), &firing, now)? {
                    ended.push(firing.uid);
                }
            }
            Ok(ended)
        })?;
        if ended.is_empty() {
            return self.read(|records| going_on(records, output, 0));
        }
        self.write(|records| {
            let mut missed = 0;
            for uid in &ended {
                missed += end(records, output, uid, now)?;
            }
            outbox::tally(records, output, "given_up", missed)?;
            going_on(records, output, u64::try_from(missed).unwrap_or(u64::MAX))
        })
    }

    /// The output was told of these: that they go on, or that they have ended.
    pub fn firing_told(&self, output: &str, told: &[Firing]) -> Result<()> {
        let now = self.clock.now();
        self.write(|records| {
            let mut news = 0;
            for firing in told {
                news += match firing.ends_at {
                    None => go_on(records, output, &firing.uid, now)?,
                    Some(_) => records
                        .prepare_cached(
                            "DELETE FROM firing
                             WHERE output = ?1 AND notice = ?2 AND ends_at IS NOT NULL",
                        )?
                        .execute(params![output, firing.uid])?,
                };
            }
            outbox::tally(records, output, "delivered", news)
        })
    }

    /// An attempt failed to tell the output of these.
    pub fn firing_failed(&self, output: &str, untold: &[String], error: &str) -> Result<()> {
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        let untold = serde_json::to_string(untold)?;
        self.write(|records| {
            records
                .prepare_cached(
                    "UPDATE firing SET error = ?3 WHERE output = ?1
                         AND notice IN (SELECT value FROM json_each(?2))",
                )?
                .execute(params![output, untold, error])?;
            outbox::tally(records, output, "failed", 1)
        })
    }
}

/// A notice begins something that goes on; others say nothing to such an output.
pub(super) fn begin(
    records: &Connection,
    output: &str,
    notice: i64,
    about: &Routed,
    now: Timestamp,
) -> Result<()> {
    let (uid, payload): (String, String) = records
        .prepare_cached("SELECT uid, payload FROM notices WHERE id = ?1")?
        .query_row([notice], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_well = serde_json::from_str::<Value>(&payload)?["is_well"] == true;
    let goes_on = !matches!(
        about.kind,
        NoticeKind::Awareness | NoticeKind::Resolved | NoticeKind::Test
    );
    if !goes_on || is_well {
        return Ok(());
    }
    records
        .prepare_cached(
            "INSERT OR IGNORE INTO firing (output, notice, payload, starts_at, rank)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![output, uid, payload, now.micros(), about.rank()])?;
    Ok(())
}

/// Gives up what is too much for one output: the newest of the lowest rank.
pub(super) fn bound(records: &Connection, output: &str) -> Result<()> {
    let given_up = records
        .prepare_cached(&format!(
            "DELETE FROM firing WHERE output = ?1 AND notice IN (
                 SELECT notice FROM firing WHERE output = ?1 ORDER BY {ORDER} LIMIT -1 OFFSET ?2)"
        ))?
        .execute(params![output, KEPT_MAX])?;
    outbox::tally(records, output, "given_up", given_up)
}

pub(super) fn untold(records: &Connection, output: &str) -> Result<Untold> {
    let sql = format!(
        "SELECT count(*), min(CASE WHEN told_at IS NULL THEN starts_at
                 ELSE coalesce(ends_at, told_at) END), max(error)
         FROM (SELECT *, row_number() OVER (ORDER BY {ORDER}) AS place
             FROM firing WHERE output = ?1)
         WHERE told_at IS NULL OR ends_at IS NOT NULL OR error IS NOT NULL OR place > ?2"
    );
    let mut query = records.prepare_cached(&sql)?;
    Ok(query.query_row(params![output, FIRING_MAX], |row| {
        Ok(Untold {
            count: super::rows::count(row.get(0)?),
            oldest: instant_or_none(row, 1)?,
            error: row.get(2)?,
        })
    })?)
}

fn going_on(records: &Connection, output: &str, missed: u64) -> Result<GoingOn> {
    let sql = "SELECT count(*) FROM firing WHERE output = ?1";
    let count: i64 = records
        .prepare_cached(sql)?
        .query_row([output], |row| row.get(0))?;
    Ok(GoingOn {
        firing: rows(records, output, FIRING_MAX)?,
        waiting: super::rows::count((count - FIRING_MAX).max(0)),
        missed,
    })
}

/// Notes an end. Answers 1 where the output was never told of what has ended: then there is nothing to tell.
fn end(records: &Connection, output: &str, uid: &str, now: Timestamp) -> Result<usize> {
    records
        .prepare_cached(
            "UPDATE firing SET ends_at = ?3 WHERE output = ?1 AND notice = ?2
                 AND ends_at IS NULL AND told_at IS NOT NULL",
        )?
        .execute(params![output, uid, now.micros()])?;
    let missed = records
        .prepare_cached("DELETE FROM firing WHERE output = ?1 AND notice = ?2 AND told_at IS NULL")?
        .execute(params![output, uid])?;
    Ok(missed)
}

/// Notes that it was told that something goes on. Answers 1 where that was news.
fn go_on(records: &Connection, output: &str, uid: &str, now: Timestamp) -> Result<usize> {
    let was_told: Option<bool> = records
        .prepare_cached("SELECT told_at IS NOT NULL FROM firing WHERE output = ?1 AND notice = ?2")?
        .query_row(params![output, uid], |row| row.get(0))
        .optional()?;
    records
        .prepare_cached(
            "UPDATE firing SET told_at = ?3, error = NULL WHERE output = ?1 AND notice = ?2",
        )?
        .execute(params![output, uid, now.micros()])?;
    Ok(usize::from(was_told == Some(false)))
}

/// The first `most` of what goes on or has ended at an output.
fn rows(records: &Connection, output: &str, most: i64) -> Result<Vec<Firing>> {
    let mut query = records.prepare_cached(&format!(
        "SELECT notice, payload, starts_at, ends_at FROM firing WHERE output = ?1
         ORDER BY {ORDER} LIMIT ?2"
    ))?;
    let rows = query.query_map(params![output, most], |row| {
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
        Ok(NoticeKind::Unanswered) => unanswered_is_over(records, data, text("incident"), now),
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
/// The silence of the authority is over when it has answered, or the incident is.
fn unanswered_is_over(
    records: &Connection,
    data: &Regimes,
    incident: &str,
    now: Timestamp,
) -> Result<bool> {
    let Some(seq) = incidents::seq_of(records, incident)? else {
        return Ok(true);
    };
    let row = incidents::by_seq(records, seq)?;
    let view = View::of(records, &row)?;
    let computed = view.clocks(data, now);
    let targets = target::targets(&view.known, &computed, &data.targets, Some(now));
    let is_passed = targets
        .iter()
        .any(|it| it.target == UNANSWERED && it.state == TargetState::Passed);
    Ok(!(row.state.is_open() && is_passed))
}

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
