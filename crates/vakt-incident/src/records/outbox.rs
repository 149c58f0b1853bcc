//! The outbox: notices on their way to outputs.
//!
//! A notice waits until [`Records::route`] decides to whom it goes; then each output has a delivery of its
//! own, so that one that is down holds no other. An attempt is counted before it is made, and the next
//! is set: a notice that takes the daemon with it holds none of the others, and a daemon that is killed
//! between the receiver's answer and [`Records::outbox_delivered`] tries again. Delivery is at least
//! once; the notice's `uid` lets the receiver see what it had.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vakt_event::{Level, Timestamp};

use super::rows::{count, instant, instant_or_none};
use super::{Records, firing};
use crate::error::Result;
use crate::route::{Flow, NoticeKind, Plan, RATE_WINDOW_MICROS, Route, Routed, URGENT_RATE};

pub(super) use super::notices::{file_alert, file_change, file_draft};

/// Notices that wait for one output, or for a decision to whom they go; beyond it the oldest are given
/// up, and counted. A receiver that is down for days misses no more than it could read.
const PENDING_MAX: i64 = 10_000;

/// Notices that are kept to look at when nobody waits for them any more.
const SETTLED_MAX: i64 = 1_000;

/// A notice older than this is given up: it would wake somebody for what is long known. Three days,
/// the longest hour limit.
const AGE_MICROS_MAX: i64 = 72 * 60 * 60 * 1_000_000;

/// The pause after the first failure; it doubles with each further one.
const BACK_OFF_MICROS: i64 = 5 * 1_000_000;

/// The longest pause: a receiver that comes back is told within ten minutes.
const BACK_OFF_MICROS_MAX: i64 = 10 * 60 * 1_000_000;

/// Characters of a failure's text that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// Notices that are routed in one transaction.
const ROUTED_AT_ONCE: i64 = 1_000;

/// Notices that a digest names one by one; of the others it gives the number.
const DIGEST_NOTICES_MAX: usize = 20;

/// A notice to be delivered to an output.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: i64,
    /// The same at every attempt, and for every output.
    pub uid: String,
    /// `kind`, `title`, `rule`, `level`, `host`, `entity`, `count`, `deadline`, `incident`, `alert`, …;
    /// of a digest `kind` is `digest` and `notices` holds the first of them. The deliverer adds the link.
    pub payload: Value,
    pub created_at: Timestamp,
    /// Attempts, this one among them.
    pub attempts: u64,
    /// The recipients that have it from an earlier attempt, where there are several.
    pub taken: Vec<String>,
}

/// How an output stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutputCounts {
    pub output: String,
    /// Also what goes on or has ended and was not told to an output that knows states.
    pub pending: u64,
    /// When the oldest of those that wait was filed; of what goes on and was told before, when it was told last.
    pub oldest_pending: Option<Timestamp>,
    /// What follows counts since the records were created.
    pub delivered: u64,
    /// Attempts.
    pub failed: u64,
    /// Because of age or number, or because the output is configured no more.
    pub given_up: u64,
    /// Told together with another.
    pub folded: u64,
    /// Of the last attempt that failed, while its notice waits.
    pub last_error: Option<String>,
}

/// What a notice that others are folded into says of them.
#[derive(Default, Serialize, Deserialize)]
struct Digest {
    counts: BTreeMap<NoticeKind, u64>,
    /// The highest of all of them.
    #[serde(default)]
    level: Option<Level>,
    /// The first deadline of all of them, with its clock: `deadline`, `deadline_local`, `clock`.
    #[serde(default)]
    due: Option<Value>,
    /// The most urgent first, bounded.
    notices: Vec<Value>,
}

impl Records {
    /// Decides to whom the notices go that were filed since the last call. Answers how many they were.
    pub fn route(&self, routes: &[Route]) -> Result<usize> {
        let now = self.clock.now();
        let is_any = self.read(|records| {
            let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE routed = 0)";
            Ok(records.query_row(sql, [], |row| row.get::<_, bool>(0))?)
        })?;
        if !is_any {
            return Ok(0);
        }
        self.write(|records| {
            let mut flows = Vec::new();
            for route in routes {
                flows.push(flow(records, route, now)?);
            }
            let notices = unrouted(records)?;
            for (id, payload) in &notices {
                let about: Routed = serde_json::from_str(payload)?;
                for (route, flow) in routes.iter().zip(&mut flows) {
                    if !route.takes(&about) {
                        continue;
                    }
                    if route.is_stateful {
                        firing::begin(records, &route.output, *id, &about, now)?;
                        continue;
                    }
                    let plan = flow.plan(route, *id, &about, now);
                    send(records, &route.output, (*id, payload, &about), plan, now)?;
                }
                records
                    .prepare_cached("UPDATE notices SET routed = 1 WHERE id = ?1")?
                    .execute([id])?;
            }
            for route in routes {
                bound(records, &route.output, now)?;
                if route.is_stateful {
                    firing::bound(records, &route.output)?;
                }
            }
            prune(records, now)?;
            Ok(notices.len())
        })
    }

    /// The next notice to try at `output`, if there is one. The attempt counts from now on. Those that were
    /// never tried go first: what a receiver refuses again and again holds none of them. Urgent ones go
    /// before the others.
    pub fn outbox_claim(&self, output: &str) -> Result<Option<Notice>> {
        let now = self.clock.now();
        let due = "SELECT notice FROM deliveries WHERE output = ?1 AND state = 'pending'
             AND next_attempt <= ?2
             ORDER BY attempts > 0, urgent DESC, attempts, notice LIMIT 1";
        let is_due = self.read(|records| {
            let sql = "SELECT EXISTS (SELECT 1 FROM deliveries
                 WHERE output = ?1 AND state = 'pending' AND next_attempt <= ?2)";
            let mut query = records.prepare_cached(sql)?;
            Ok(query.query_row(params![output, now.micros()], |row| row.get::<_, bool>(0))?)
        })?;
        if !is_due {
            return Ok(None);
        }
        self.write(|records| {
            give_up_old(records, now)?;
            let found: Option<i64> = records
                .prepare_cached(due)?
                .query_row(params![output, now.micros()], |row| row.get(0))
                .optional()?;
            let Some(id) = found else {
                return Ok(None);
            };
            let sql = "SELECT attempts FROM deliveries WHERE notice = ?1 AND output = ?2";
            let attempts: i64 = records.query_row(sql, params![id, output], |row| row.get(0))?;
            let next = now.saturating_add_micros(back_off_micros(attempts));
            records
                .prepare_cached(
                    "UPDATE deliveries SET attempts = attempts + 1, next_attempt = ?3
                     WHERE notice = ?1 AND output = ?2",
                )?
                .execute(params![id, output, next.micros()])?;
            notice(records, id, output).map(Some)
        })
    }

    /// The receiver took it.
    pub fn outbox_delivered(&self, id: i64, output: &str) -> Result<()> {
        let now = self.clock.now();
        self.write(|records| {
            settle(records, id, output, "delivered", now)?;
            prune(records, now)
        })
    }

    /// The receiver did not take it. It is tried again after a pause that doubles with each failure, or at
    /// `next_attempt` where the receiver named it.
    pub fn outbox_failed(
        &self,
        id: i64,
        output: &str,
        error: &str,
        next_attempt: Option<Timestamp>,
    ) -> Result<()> {
        let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
        self.write(|records| {
            let changed = records.execute(
                "UPDATE deliveries SET error = ?3, next_attempt = coalesce(?4, next_attempt)
                 WHERE notice = ?1 AND output = ?2 AND state = 'pending'",
                params![id, output, error, next_attempt.map(Timestamp::micros)],
            )?;
            tally(records, output, "failed", changed)
        })
    }

    /// These recipients took it; it is still to be tried for the others.
    pub fn outbox_taken(&self, id: i64, output: &str, taken: &[String]) -> Result<()> {
        let taken = serde_json::to_string(taken)?;
        self.write(|records| {
            records
                .prepare_cached(
                    "UPDATE deliveries SET taken = ?3
                     WHERE notice = ?1 AND output = ?2 AND state = 'pending'",
                )?
                .execute(params![id, output, taken])?;
            Ok(())
        })
    }

    /// Gives up what waits for outputs that are configured no more.
    pub fn retire_outputs(&self, configured: &[String]) -> Result<()> {
        let now = self.clock.now();
        let configured = serde_json::to_string(configured)?;
        self.write(|records| {
            let gone: Vec<(i64, String)> = records
                .prepare(
                    "SELECT notice, output FROM deliveries WHERE state = 'pending'
                         AND output NOT IN (SELECT value FROM json_each(?1))",
                )?
                .query_map([&configured], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (id, output) in gone {
                settle(records, id, &output, "given_up", now)?;
            }
            records.execute(
                "DELETE FROM firing WHERE output NOT IN (SELECT value FROM json_each(?1))",
                [&configured],
            )?;
            Ok(())
        })
    }

    /// How each of these outputs stands.
    pub fn output_counts(&self, outputs: &[String]) -> Result<Vec<OutputCounts>> {
        self.read(|records| {
            let mut all = Vec::new();
            for output in outputs {
                all.push(counts(records, output)?);
            }
            Ok(all)
        })
    }
}

/// The pause after one more failure than `attempts`.
fn back_off_micros(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    BACK_OFF_MICROS
        .saturating_mul(1 << doublings)
        .min(BACK_OFF_MICROS_MAX)
}

/// What went to the output of `route` lately.
fn flow(records: &Connection, route: &Route, now: Timestamp) -> Result<Flow> {
    let since = now.saturating_add_micros(-RATE_WINDOW_MICROS.max(route.group_micros));
    let mut query = records.prepare_cached(
        "SELECT max(d.routed_at, CASE d.held WHEN 1 THEN d.next_attempt ELSE 0 END), n.kind,
             d.held = 1 AND d.attempts = 0 AND d.state = 'pending', d.notice, d.urgent > d.held
         FROM deliveries d JOIN notices n ON n.id = d.notice
         WHERE d.output = ?1 AND d.routed_at > ?2 AND d.state <> 'folded' ORDER BY 1",
    )?;
    let mut rows = query.query(params![route.output, since.micros()])?;
    let mut flow = Flow {
        recent: VecDeque::new(),
        ..Flow::default()
    };
    let rate_since = now.saturating_add_micros(-RATE_WINDOW_MICROS);
    while let Some(row) = rows.next()? {
        let (at, is_open) = (instant(row, 0)?, row.get::<_, bool>(2)?);
        // A retry's next attempt says nothing of when it went first.
        let at = if is_open { at } else { at.min(now) };
        if at > rate_since {
            let is_urgent = row.get::<_, bool>(4)? && flow.urgent.len() < URGENT_RATE;
            match is_urgent {
                true => flow.urgent.push_back(at),
                false => flow.recent.push_back(at),
            }
        }
        if row.get::<_, String>(1)? == NoticeKind::Alert.as_str() {
            flow.last_alert = flow.last_alert.max(Some(at));
        }
        if is_open {
            flow.open = Some(row.get(3)?);
        }
    }
    Ok(flow)
}

fn unrouted(records: &Connection) -> Result<Vec<(i64, String)>> {
    let mut query = records
        .prepare_cached("SELECT id, payload FROM notices WHERE routed = 0 ORDER BY id LIMIT ?1")?;
    let rows = query.query_map([ROUTED_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Puts a notice on its way to an output.
fn send(
    records: &Connection,
    output: &str,
    (id, payload, about): (i64, &str, &Routed),
    plan: Plan,
    now: Timestamp,
) -> Result<()> {
    let (state, next, is_held) = match plan {
        Plan::Now => ("pending", now, false),
        Plan::Hold(until) => ("pending", until, true),
        Plan::Fold(_) => ("folded", now, false),
    };
    records
        .prepare_cached(
            "INSERT OR IGNORE INTO deliveries (notice, output, state, next_attempt, routed_at, held,
                 urgent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id,
            output,
            state,
            next.micros(),
            now.micros(),
            is_held,
            about.is_urgent()
        ])?;
    if let Plan::Fold(into) = plan {
        fold(records, output, into, serde_json::from_str(payload)?)?;
        tally(records, output, "folded", 1)?;
    }
    Ok(())
}

/// Adds a notice to what the one that waits stands for.
fn fold(records: &Connection, output: &str, into: i64, payload: Value) -> Result<()> {
    let sql = "SELECT digest FROM deliveries WHERE notice = ?1 AND output = ?2";
    let text: Option<String> = records
        .prepare_cached(sql)?
        .query_row(params![into, output], |row| row.get(0))?;
    let mut digest: Digest = match text {
        Some(text) => serde_json::from_str(&text)?,
        None => Digest::default(),
    };
    let is_urgent = routed_of(&payload).is_urgent();
    digest.add(payload);
    records
        .prepare_cached(
            "UPDATE deliveries SET digest = ?3, urgent = max(urgent, ?4)
             WHERE notice = ?1 AND output = ?2",
        )?
        .execute(params![
            into,
            output,
            serde_json::to_string(&digest)?,
            is_urgent
        ])?;
    Ok(())
}

impl Digest {
    fn add(&mut self, payload: Value) {
        let about = routed_of(&payload);
        *self.counts.entry(about.kind).or_default() += 1;
        self.level = self.level.max(about.level);
        let is_first = |due: &Value| match (&payload["deadline"], &due["deadline"]) {
            (Value::String(own), Value::String(first)) => own < first,
            (own, _) => own.is_string(),
        };
        if self.due.as_ref().is_none_or(is_first) {
            self.due = Some(json!({
                "deadline": payload["deadline"],
                "deadline_local": payload["deadline_local"],
                "clock": payload["clock"],
            }));
        }
        self.notices.push(payload);
        self.notices
            .sort_by_cached_key(|it| Reverse(routed_of(it).urgency()));
        self.notices.truncate(DIGEST_NOTICES_MAX);
    }

    fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// "12 alerts, 1 draft".
    fn title(&self) -> String {
        let parts = self.counts.iter().map(|(kind, count)| match count {
            1 => format!("1 {kind}"),
            count => format!("{count} × {kind}"),
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    fn payload(&self) -> Value {
        let listed = u64::try_from(self.notices.len()).unwrap_or(u64::MAX);
        let of_first = |name: &str| self.due.as_ref().map_or(Value::Null, |it| it[name].clone());
        json!({
            "kind": "digest",
            "title": self.title(),
            "level": self.level,
            "count": self.total(),
            "counts": self.counts,
            "deadline": of_first("deadline"),
            "deadline_local": of_first("deadline_local"),
            "clock": of_first("clock"),
            "notices": self.notices,
            "more": self.total().saturating_sub(listed),
        })
    }
}

/// What a notice is, as far as its payload says it.
fn routed_of(payload: &Value) -> Routed {
    let kind = payload["kind"].as_str().and_then(|kind| kind.parse().ok());
    Routed {
        kind: kind.unwrap_or(NoticeKind::Alert),
        level: payload["level"]
            .as_str()
            .and_then(|level| level.parse().ok()),
        stream: None,
        party: None,
    }
}

/// A notice as it goes to an output.
fn notice(records: &Connection, id: i64, output: &str) -> Result<Notice> {
    let (mut notice, digest) = records
        .prepare_cached(
            "SELECT n.id, n.uid, n.payload, n.created_at, d.attempts, d.digest, d.taken
             FROM notices n JOIN deliveries d ON d.notice = n.id
             WHERE n.id = ?1 AND d.output = ?2",
        )?
        .query_row(params![id, output], |row| {
            let notice = Notice {
                id: row.get(0)?,
                uid: row.get(1)?,
                payload: super::rows::json(row, "payload")?,
                created_at: instant(row, 3)?,
                attempts: count(row.get(4)?),
                taken: super::rows::json_or_none(row, "taken")?.unwrap_or_default(),
            };
            Ok((notice, super::rows::json_or_none::<Digest>(row, "digest")?))
        })?;
    if let Some(mut digest) = digest {
        digest.add(std::mem::take(&mut notice.payload));
        notice.payload = digest.payload();
    }
    Ok(notice)
}

/// Ends a delivery that waits, and counts how.
fn settle(records: &Connection, id: i64, output: &str, state: &str, now: Timestamp) -> Result<()> {
    let changed = records
        .prepare_cached(
            "UPDATE deliveries SET state = ?3, settled_at = ?4,
                 error = CASE ?3 WHEN 'delivered' THEN NULL ELSE error END
             WHERE notice = ?1 AND output = ?2 AND state = 'pending'",
        )?
        .execute(params![id, output, state, now.micros()])?;
    tally(records, output, state, changed)
}

/// Gives up the oldest of what is too much for one output, urgent ones last.
fn bound(records: &Connection, output: &str, now: Timestamp) -> Result<()> {
    let beyond: Vec<i64> = records
        .prepare_cached(
            "SELECT notice FROM deliveries WHERE output = ?1 AND state = 'pending'
             ORDER BY urgent DESC, notice DESC LIMIT -1 OFFSET ?2",
        )?
        .query_map(params![output, PENDING_MAX], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in beyond {
        settle(records, id, output, "given_up", now)?;
    }
    Ok(())
}

fn give_up_old(records: &Connection, now: Timestamp) -> Result<()> {
    let oldest = now.micros().saturating_sub(AGE_MICROS_MAX);
    let old: Vec<(i64, String)> = records
        .prepare_cached(
            "SELECT d.notice, d.output FROM notices n JOIN deliveries d ON d.notice = n.id
             WHERE n.created_at < ?1 AND d.state = 'pending'",
        )?
        .query_map([oldest], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, output) in old {
        settle(records, id, &output, "given_up", now)?;
    }
    Ok(())
}

/// Gives up what is too old, and forgets what was settled long ago.
pub(super) fn prune(records: &Connection, now: Timestamp) -> Result<()> {
    give_up_old(records, now)?;
    // Where nobody decides, nobody is configured to be told.
    records
        .prepare_cached(
            "UPDATE notices SET routed = 1 WHERE routed = 0 AND id <= coalesce((
                 SELECT id FROM notices WHERE routed = 0 ORDER BY id DESC LIMIT 1 OFFSET ?1), -1)",
        )?
        .execute([PENDING_MAX])?;
    records
        .prepare_cached(
            "DELETE FROM notices WHERE routed = 1
                 AND id <= coalesce((SELECT id FROM notices ORDER BY id DESC LIMIT 1 OFFSET ?1), -1)
                 AND NOT EXISTS (SELECT 1 FROM deliveries d
                     WHERE d.notice = notices.id AND d.state = 'pending')",
        )?
        .execute([SETTLED_MAX])?;
    Ok(())
}

fn counts(records: &Connection, output: &str) -> Result<OutputCounts> {
    let sql =
        "SELECT count(*), min(n.created_at) FROM deliveries d JOIN notices n ON n.id = d.notice
         WHERE d.output = ?1 AND d.state = 'pending'";
    let (pending, oldest_pending) = records.prepare_cached(sql)?.query_row([output], |row| {
        Ok((count(row.get(0)?), instant_or_none(row, 1)?))
    })?;
    let sql = "SELECT error FROM deliveries WHERE output = ?1 AND state = 'pending'
         AND error IS NOT NULL ORDER BY next_attempt DESC LIMIT 1";
    let last_error = records
        .prepare_cached(sql)?
        .query_row([output], |row| row.get(0))
        .optional()?;
    let untold = firing::untold(records, output)?;
    Ok(OutputCounts {
        output: output.to_owned(),
        pending: pending + untold.count,
        oldest_pending: [oldest_pending, untold.oldest].into_iter().flatten().min(),
        delivered: tallied(records, output, "delivered")?,
        failed: tallied(records, output, "failed")?,
        given_up: tallied(records, output, "given_up")?,
        folded: tallied(records, output, "folded")?,
        last_error: last_error.or(untold.error),
    })
}

/// Counts in `state` survive the rows that they count.
pub(super) fn tally(records: &Connection, output: &str, what: &str, more: usize) -> Result<()> {
    if more > 0 {
        records
            .prepare_cached(
                "INSERT INTO state (name, position) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET position = position + excluded.position",
            )?
            .execute(params![
                format!("outbox.{output}.{what}"),
                i64::try_from(more).unwrap_or(i64::MAX)
            ])?;
    }
    Ok(())
}

fn tallied(records: &Connection, output: &str, what: &str) -> Result<u64> {
    let sql = "SELECT position FROM state WHERE name = ?1";
    let row = records
        .prepare_cached(sql)?
        .query_row([format!("outbox.{output}.{what}")], |row| row.get(0))
        .optional()?;
    Ok(row.map_or(0, count))
}

/// A payload without what is added by whoever files it: of the installation as a whole.
pub(super) fn of_installation(title: &str) -> Map<String, Value> {
    let mut payload = Map::new();
    payload.insert("title".into(), title.into());
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let check = |attempts: i64, seconds: i64| {
            assert_eq!(back_off_micros(attempts), seconds * 1_000_000);
        };
        check(0, 5);
        check(1, 10);
        check(6, 320);
        check(7, 600);
        check(i64::MAX, 600);
    }

    #[test]
    fn a_digest_counts_all_and_names_the_most_urgent() {
        let mut digest = Digest::default();
        for number in 0..30 {
            digest.add(json!({"kind": "alert", "level": "high", "title": format!("a{number}")}));
        }
        digest.add(json!({"kind": "alert", "level": "critical", "title": "c"}));
        digest.add(
            json!({"kind": "overdue", "deadline": "2026-11-24T20:00:00Z", "title": "o",
            "clock": {"zone": "Europe/Stockholm"}}),
        );
        let payload = digest.payload();
        assert_eq!(payload["title"], "1 overdue, 31 × alert");
        assert_eq!(payload["count"], 32);
        assert_eq!(payload["more"], 12);
        assert_eq!(payload["level"], "critical");
        assert_eq!(payload["deadline"], "2026-11-24T20:00:00Z");
        assert_eq!(payload["clock"]["zone"], "Europe/Stockholm");
        let titles: Vec<&str> = payload["notices"]
            .as_array()
            .unwrap()
            .iter()
            .take(3)
            .map(|it| it["title"].as_str().unwrap())
            .collect();
        assert_eq!(titles, ["o", "c", "a0"]);
    }

    /// Twenty-five reminders of medium incidents hid the critical draft behind them, its level and its deadline.
    #[test]
    fn a_digest_names_by_level_first_and_its_deadline_is_over_all() {
        let mut digest = Digest::default();
        digest.add(json!({"kind": "alert", "level": "low", "deadline": "2026-11-24T08:00:00Z"}));
        for number in 0..25 {
            digest.add(
                json!({"kind": "reminder", "level": "medium", "title": format!("r{number}"),
                "deadline": "2026-11-25T08:00:00Z"}),
            );
        }
        digest.add(json!({"kind": "draft", "level": "critical", "title": "d"}));
        let payload = digest.payload();
        assert_eq!(payload["level"], "critical");
        assert_eq!(payload["deadline"], "2026-11-24T08:00:00Z");
        assert_eq!(payload["notices"][0]["title"], "d");
        assert_eq!(payload["notices"].as_array().unwrap().len(), 20);
        let old: Digest =
            serde_json::from_str(r#"{"counts": {"alert": 1}, "notices": []}"#).unwrap();
        assert_eq!(old.payload()["count"], 1, "written by an earlier version");
    }
}
