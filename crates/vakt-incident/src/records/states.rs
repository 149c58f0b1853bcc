//! How states follow from facts, where records of an earlier version gave others.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::json;
use vakt_event::Timestamp;

use super::{DAEMON, audit, facts, incidents};
use crate::error::Result;
use crate::regime::Regimes;

/// The row of `state` that names the rules by which the states were derived.
const CURRENT: &str = "states.rules";

/// Goes up where the same facts give another state than before.
const RULES: &str = "2";

/// Derives every state anew where the rules in use are not those that it was derived by; where that gives
/// another one, the audit log keeps both.
pub(super) fn adopt(records: &Transaction<'_>, data: &Regimes, now: Timestamp) -> Result<()> {
    if current(records)?.as_deref() == Some(RULES.as_bytes()) {
        return Ok(());
    }
    records.execute(
        "INSERT INTO state (name, bytes) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
        params![CURRENT, RULES.as_bytes()],
    )?;
    let mut query = records.prepare("SELECT seq FROM incidents ORDER BY seq")?;
    let seqs: Vec<i64> = query
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for seq in seqs {
        let row = incidents::by_seq(records, seq)?;
        let (state, _) = facts::derive(records, data, &row, now)?;
        if state == row.state {
            continue;
        }
        let before = json!({ "state": row.state });
        let after = json!({ "state": state });
        audit::add(
            records,
            now,
            DAEMON,
            "state.derived",
            &row.id,
            &before,
            &after,
        )?;
    }
    Ok(())
}

fn current(records: &Connection) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM state WHERE name = ?1";
    let found = records.query_row(sql, [CURRENT], |row| row.get(0));
    Ok(found.optional()?)
}
