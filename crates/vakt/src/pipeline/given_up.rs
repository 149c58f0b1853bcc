//! What a run of correlations left out, for the person who reads its matches.

use vakt_detect::Correlator;

/// What correlations gave up, in sentences.
pub fn notes(correlator: &Correlator) -> Vec<String> {
    let all = [
        (
            correlator.late(),
            "events came too late to take part in a correlation: more than its timespan after others",
        ),
        (
            correlator.evicted_groups(),
            "groups of correlations were given up: there were more than are kept",
        ),
        (
            correlator.evicted_events(),
            "events of correlations were given up: there were more than are kept",
        ),
    ];
    let said = all.iter().filter(|(count, _)| *count > 0);
    said.map(|(count, what)| format!("{count} {what}"))
        .collect()
}
