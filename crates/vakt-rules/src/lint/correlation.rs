//! Correlations by themselves; what takes their rules is in `across`.

use super::checks::*;
use super::subject::Subject;
use crate::ast::{Bound, CorrelationKind, Threshold};
use crate::correlation::Draft;
use crate::diagnostic::Report;
use crate::document;
use crate::source::Span;
use crate::yaml::Entry;

/// A week, in seconds. The engine keeps at most 262,144 events for one correlation; over a longer
/// time that is fewer than three an minute.
const TIMESPAN_SECONDS_MAX: u64 = 7 * 86_400;
/// As many events as the engine keeps for one group: a threshold above it is never reached.
const COUNT_MAX: f64 = 131_072.0;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(draft) = &subject.correlation else {
        return;
    };
    let entries = subject
        .get("correlation")
        .and_then(|entry| document::section(&entry.value))
        .unwrap_or_default();
    let span = |key: &str| -> Span {
        let entry: Option<&Entry<'_>> = entries.iter().find(|entry| entry.key == key);
        entry.map_or_else(|| subject.start.clone(), |entry| entry.key_span.clone())
    };
    if draft.timespan_seconds > TIMESPAN_SECONDS_MAX {
        report.add(
            &CORRELATION_TIMESPAN_LONG,
            &span("timespan"),
            "the time span is longer than a week",
            "shorten it; over months a saved search answers better, and costs no memory",
        );
    }
    if draft.rules.len() < 2
        && matches!(
            draft.kind,
            CorrelationKind::Temporal(_) | CorrelationKind::TemporalOrdered(_)
        )
    {
        report.add(
            &CORRELATION_OF_ONE,
            &span("rules"),
            "with one rule there is nothing that could happen together",
            "name the other rules, or count the one with `type: event_count`",
        );
    }
    let names_percentile = entries
        .iter()
        .find(|entry| entry.key == "condition")
        .and_then(|entry| document::section(&entry.value))
        .is_some_and(|condition| condition.iter().any(|entry| entry.key == "percentile"));
    if matches!(draft.kind, CorrelationKind::ValuePercentile(..)) && !names_percentile {
        report.add(
            &CORRELATION_PERCENTILE,
            &span("condition"),
            "the condition names no `percentile`: the 50th is compared",
            "write `percentile: 95`, or `type: value_median` where the median is meant",
        );
    }
    counts_group(draft, &span("condition"), report);
    bounds(draft, &span("condition"), report);
}

fn counts_group(draft: &Draft, span: &Span, report: &mut Report<'_>) {
    let CorrelationKind::ValueCount(fields, _) = &draft.kind else {
        return;
    };
    if let Some(field) = fields.iter().find(|field| draft.group_by.contains(field)) {
        report.add(
            &CORRELATION_COUNTS_GROUP,
            span,
            format!("each group has one value of `{field}`, for it is grouped by it"),
            "count another field, or remove this one from `group-by`",
        );
    }
}

fn bounds(draft: &Draft, span: &Span, report: &mut Report<'_>) {
    let threshold = match &draft.kind {
        CorrelationKind::EventCount(threshold) | CorrelationKind::ValueCount(_, threshold) => {
            threshold
        }
        CorrelationKind::ValueSum(_, threshold)
        | CorrelationKind::ValueAvg(_, threshold)
        | CorrelationKind::ValuePercentile(_, _, threshold)
        | CorrelationKind::ValueMedian(_, threshold) => {
            if is_empty(threshold) {
                never(span, report);
            }
            return;
        }
        CorrelationKind::Temporal(_) | CorrelationKind::TemporalOrdered(_) => return,
    };
    // Counts are whole numbers from 1: a group is there once it has an event.
    let (low, _) = limits(threshold);
    if is_empty(threshold) || low > COUNT_MAX || !some_count_holds(threshold) {
        never(span, report);
    } else if threshold.holds(1.0) {
        report.add(
            &CORRELATION_TRIVIAL,
            span,
            "the first event satisfies the condition",
            "ask for two or more with `gte`; a correlation cannot see that something did not happen",
        );
    }
}

fn never(span: &Span, report: &mut Report<'_>) {
    report.add(
        &CORRELATION_NEVER,
        span,
        "no number is within these bounds",
        "mend the bounds: all of them must hold at once, and counts begin at 1 and end at 131072",
    );
}

/// The lowest and the highest number within the bounds, the ends left aside.
fn limits(threshold: &Threshold) -> (f64, f64) {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (bound, limit) in &threshold.bounds {
        match bound {
            Bound::Greater | Bound::GreaterOrEqual => low = low.max(*limit),
            Bound::Less | Bound::LessOrEqual => high = high.min(*limit),
            Bound::Equal => {
                low = low.max(*limit);
                high = high.min(*limit);
            }
            Bound::NotEqual => {}
        }
    }
    (low, high)
}

fn is_empty(threshold: &Threshold) -> bool {
    let (low, high) = limits(threshold);
    low > high || (low >= high && !threshold.holds(low))
}

/// Whether a whole number from 1 on is within the bounds: one beside a bound is, if any is.
fn some_count_holds(threshold: &Threshold) -> bool {
    let near = threshold.bounds.iter().flat_map(|(_, limit)| {
        [
            limit.floor() - 1.0,
            limit.floor(),
            limit.floor() + 1.0,
            limit.floor() + 2.0,
        ]
    });
    near.chain([1.0, COUNT_MAX])
        .filter(|count| *count >= 1.0)
        .any(|count| threshold.holds(count))
}
