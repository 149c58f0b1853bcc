//! Sums, averages and percentiles of the numbers in a window.

use vakt_rules::ast::CorrelationKind;

use super::definition::to_f64;

/// Whether the condition of a numeric correlation holds over the numbers, which are finite.
/// `false` for the other kinds and for no numbers.
pub(super) fn holds(kind: &CorrelationKind, numbers: Vec<f64>) -> bool {
    let (CorrelationKind::ValueSum(_, threshold)
    | CorrelationKind::ValueAvg(_, threshold)
    | CorrelationKind::ValuePercentile(_, _, threshold)
    | CorrelationKind::ValueMedian(_, threshold)) = kind
    else {
        return false;
    };
    value(kind, numbers).is_some_and(|value| threshold.holds(value))
}

/// What a numeric correlation's condition is held against; `None` as above.
pub(super) fn value(kind: &CorrelationKind, mut numbers: Vec<f64>) -> Option<f64> {
    if numbers.is_empty() {
        return None;
    }
    let sum = |numbers: &[f64]| numbers.iter().sum::<f64>();
    match kind {
        CorrelationKind::ValueSum(..) => Some(sum(&numbers)),
        CorrelationKind::ValueAvg(..) => Some(sum(&numbers) / to_f64(numbers.len())),
        CorrelationKind::ValuePercentile(_, percent, _) => Some(percentile(&mut numbers, *percent)),
        CorrelationKind::ValueMedian(..) => Some(median(&mut numbers)),
        CorrelationKind::EventCount(_)
        | CorrelationKind::ValueCount(..)
        | CorrelationKind::Temporal(_)
        | CorrelationKind::TemporalOrdered(_) => None,
    }
}

/// By the nearest rank: the smallest number that `percent` percent of all do not exceed.
fn percentile(numbers: &mut [f64], percent: f64) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let wanted = percent / 100.0 * to_f64(numbers.len());
    let mut rank = 1;
    while rank < numbers.len() && to_f64(rank) < wanted {
        rank += 1;
    }
    numbers[rank - 1]
}

/// The middle number, or the mean of the middle two.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_medians() {
        let check = |numbers: &[f64], percent: f64, expected: f64, middle: f64| {
            assert_eq!(percentile(&mut numbers.to_vec(), percent), expected);
            assert_eq!(median(&mut numbers.to_vec()), middle);
        };
        check(&[3.0, 1.0, 2.0], 50.0, 2.0, 2.0);
        check(&[4.0, 1.0, 2.0, 3.0], 50.0, 2.0, 2.5);
        check(&[4.0, 1.0, 2.0, 3.0], 95.0, 4.0, 2.5);
        check(&[4.0, 1.0, 2.0, 3.0], 0.0, 1.0, 2.5);
        check(&[4.0, 1.0, 2.0, 3.0], 100.0, 4.0, 2.5);
        check(&[7.0], 10.0, 7.0, 7.0);
    }
}
