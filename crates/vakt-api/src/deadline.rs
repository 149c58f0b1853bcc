//! Which deadlines of an incident, as the API answers it, somebody still has to act on.

use serde_json::Value;
use vakt_event::Timestamp;

/// States in which somebody still has to act on a clock.
const OPEN: [&str; 4] = ["provisional", "elapsed_unassessed", "running", "overdue"];

/// Whether somebody still has to act on a clock.
pub(crate) fn is_open(clock: &Value) -> bool {
    OPEN.contains(&clock["state"].as_str().unwrap_or_default())
}

/// The clocks with a time that somebody still has to act on, what comes next first: by the end, those that
/// run, are provisional or were missed; after them the provisional ones that have passed, which were no duty
/// and must not hide one. Notices go by the same order (`next_deadline` of `vakt_incident`).
pub fn next_clocks(incident: &Value) -> Vec<(&Value, Timestamp)> {
    let clocks = incident["clocks"].as_array().map_or(&[][..], Vec::as_slice);
    let mut open: Vec<(&Value, Timestamp)> = clocks
        .iter()
        .filter(|clock| is_open(clock))
        .filter_map(|clock| Some((clock, clock["due"].as_str()?.parse().ok()?)))
        .collect();
    open.sort_by_key(|(clock, due)| (is_elapsed(clock), *due));
    open
}

/// A provisional clock that has passed, and nobody decided.
pub(crate) fn is_elapsed(clock: &Value) -> bool {
    clock["state"] == "elapsed_unassessed"
}
