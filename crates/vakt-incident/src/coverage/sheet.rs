//! The matrix as a table: one asset and kind a line.

use serde_json::Value;
use vakt_event::Timestamp;

use crate::csv::{record, text};

const COLUMNS: [&str; 12] = [
    "asset",
    "criticality",
    "kind",
    "annex_point",
    "expected",
    "state",
    "last_seen",
    "events",
    "reason",
    "reason_by",
    "review_by",
    "reason_expired",
];

/// A matrix as JSON (as its reader may see it) as CSV.
pub fn sheet(matrix: &Value) -> String {
    let mut lines = record(COLUMNS.iter().map(|name| (*name).to_owned()));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let kinds = list(&matrix["kinds"]);
    for row in list(&matrix["assets"]) {
        for (cell, kind) in list(&row["cells"]).iter().zip(&kinds) {
            let reason = &cell["reason"];
            let values = [
                &row["asset"],
                &row["criticality"],
                &cell["kind"],
                &kind["point"],
                &cell["expected"],
                &cell["state"],
                &cell["last_seen"],
                &cell["events"],
                &reason["reason"],
                &reason["author"],
                &reason["review_by"],
                &expired(reason, &matrix["computed_at"]),
            ];
            lines.push_str(&record(values.into_iter().map(shown)));
        }
    }
    for host in list(&matrix["unknown_hosts"]) {
        let cells = COLUMNS.map(|column| match column {
            "asset" => shown(&host["host"]),
            "state" => "unknown_host".to_owned(),
            "last_seen" => shown(&host["last_heard"]),
            _ => String::new(),
        });
        lines.push_str(&record(cells.into_iter()));
    }
    lines
}

/// Whether a reason explains nothing any more; nothing where there is none.
fn expired(reason: &Value, now: &Value) -> Value {
    let instant = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
    match (instant(&reason["review_by"]), instant(now)) {
        (Some(until), Some(now)) => (until <= now).into(),
        _ => Value::Null,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => text(words),
        other => other.to_string(),
    }
}
