//! What a correlation asks for, in words.

use vakt_rules::ast::{Bound, Combination, Correlation, CorrelationKind, Threshold};

/// What the correlation asks for, in words.
pub(crate) fn asked_of(correlation: &Correlation) -> String {
    let (what, threshold) = match &correlation.kind {
        CorrelationKind::EventCount(threshold) => ("events".to_owned(), Some(threshold)),
        CorrelationKind::ValueCount(fields, threshold) => (
            format!("different values of {}", fields.join(", ")),
            Some(threshold),
        ),
        CorrelationKind::Temporal(all) => (wanted(correlation, all, "in any order"), None),
        CorrelationKind::TemporalOrdered(all) => {
            (wanted(correlation, all, "one after the other"), None)
        }
        CorrelationKind::ValueSum(field, threshold) => {
            (format!("the sum of {field}"), Some(threshold))
        }
        CorrelationKind::ValueAvg(field, threshold) => {
            (format!("the average of {field}"), Some(threshold))
        }
        CorrelationKind::ValuePercentile(field, percent, threshold) => (
            format!("the {percent}th percentile of {field}"),
            Some(threshold),
        ),
        CorrelationKind::ValueMedian(field, threshold) => {
            (format!("the median of {field}"), Some(threshold))
        }
    };
    let bounds = threshold.map_or_else(String::new, |threshold| format!(" {}", bounds(threshold)));
    let names: Vec<&str> = correlation
        .group_by
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let by = if names.is_empty() {
        String::new()
    } else {
        format!(", for each {}", names.join(", "))
    };
    format!(
        "{what}{bounds} within {} s{by}",
        correlation.timespan_seconds
    )
}

/// What the inputs of a temporal correlation have to be.
fn wanted(correlation: &Correlation, combinations: &[Combination], order: &str) -> String {
    if combinations == [Combination::all(correlation.inputs.len())] {
        return format!("all inputs, {order}");
    }
    let numbers = |inputs: &[usize]| {
        let numbers: Vec<String> = inputs.iter().map(|input| (input + 1).to_string()).collect();
        numbers.join(" and ")
    };
    let ways: Vec<String> = combinations
        .iter()
        .map(|one| match one.absent.is_empty() {
            true => numbers(&one.present),
            false => format!("{} without {}", numbers(&one.present), numbers(&one.absent)),
        })
        .collect();
    format!("inputs {}, {order}", ways.join(", or "))
}

fn bounds(threshold: &Threshold) -> String {
    let bounds: Vec<String> = threshold
        .bounds
        .iter()
        .map(|(bound, limit)| {
            let sign = match bound {
                Bound::Less => "<",
                Bound::LessOrEqual => "<=",
                Bound::Greater => ">",
                Bound::GreaterOrEqual => ">=",
                Bound::Equal => "=",
                Bound::NotEqual => "!=",
            };
            format!("{sign} {limit}")
        })
        .collect();
    bounds.join(" and ")
}
