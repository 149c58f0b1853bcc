//! How states follow from facts, where records of an earlier version gave others.

use rusqlite::Transaction;
use serde_json::json;
use vakt_event::Timestamp;

use super::{DAEMON, audit, facts, incidents, state};
use crate::error::Result;
use crate::regime::Regimes;

/// The row of `state` that names the rules by which the states were derived.
const CURRENT: &str = "states.rules";

/// Goes up where the same facts give another state than before.
const RULES: &str = "2";

/// Derives every state anew where the rules in use are not those that it was derived by; where that gives
/// another one, the audit log keeps both.
pub(super) fn adopt(records: &Transaction<'_>, data: &Regimes, now: Timestamp) -> Result<()> {
    if state::load(records, CURRENT)?.as_deref() == Some(RULES.as_bytes()) {
        return Ok(());
    }
    state::save(records, CURRENT, None, RULES.as_bytes())?;
    for seq in incidents::seqs(records)? {
        let row = incidents::by_seq(records, seq)?;
        let (derived, _) = facts::derive(records, data, &row, now)?;
        if derived == row.state {
            continue;
        }
        let before = json!({ "state": row.state });
        let after = json!({ "state": derived });
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
