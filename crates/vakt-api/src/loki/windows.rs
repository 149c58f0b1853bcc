//! Counts over sliding ranges: `count_over_time` and `rate` at each step of a time range.
//!
//! The times at which values are given are the multiples of the step from the start to the end; the
//! value at a time counts the events of the range before it (that time not included). Both are
//! made of whole buckets, whose length is the greatest common divisor of step and range, so that
//! one `timechart` counts all of them.

use std::collections::BTreeMap;

use vakt_event::Timestamp;

use super::ast::{Function, Metric};
use super::count::{Grouping, Series};
use super::fields::Fields;
use super::search::{Search, Times, count_of};
use crate::error::{ApiError, ErrorCode};

/// The most times at which values are given, as in Loki and Prometheus.
const POINTS_MAX: i64 = 11_000;

/// The most buckets that are counted. With the [`SERIES_MAX`] series and the rest that a chart has, these
/// are less cells than a chart may have.
const BUCKETS_MAX: i64 = 40_000;

const SECONDS_A_DAY: i64 = 86_400;

/// Values by time, in seconds, of each series; times without events are absent, as in Loki.
pub(crate) type Matrix = BTreeMap<Series, BTreeMap<i64, f64>>;

/// The most values of a label that a chart has series of; the others are one more, the last.
pub(super) const SERIES_MAX: usize = 20;

/// What was counted over time.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Counted {
    pub(crate) values: Matrix,
    /// There were more groups than are counted.
    pub(crate) is_cut: bool,
    /// The highest are those among [`SERIES_MAX`] series: there were more.
    pub(crate) is_chosen_of_some: bool,
}

/// Where values are given and what they count. All in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    first: i64,
    last: i64,
    step: i64,
    range: i64,
    bucket: i64,
}

impl Grid {
    /// The grid from `start` to `end` (seconds since 1970).
    ///
    /// A step of a fraction of a second becomes the next whole second, and so does a range that is
    /// the step, because a chart counts by whole seconds.
    pub(crate) fn new(
        start: i64,
        end: i64,
        step_millis: u64,
        range_millis: u64,
    ) -> Result<Self, ApiError> {
        let step = seconds_up(step_millis)?;
        let range = if range_millis == step_millis {
            step
        } else if range_millis.is_multiple_of(1000) {
            seconds_up(range_millis)?
        } else {
            return Err(refused("a range is a whole number of seconds, or the step"));
        };
        let first = start
            .saturating_add(step - 1)
            .div_euclid(step)
            .saturating_mul(step);
        let last = end.div_euclid(step).saturating_mul(step);
        let mut bucket = greatest_common_divisor(step, range);
        if bucket % (7 * SECONDS_A_DAY) == 0 {
            // A chart's weeks begin on Mondays, the grid's do not.
            bucket = SECONDS_A_DAY;
        }
        let grid = Self {
            first,
            last,
            step,
            range,
            bucket,
        };
        let points = (last.saturating_sub(first) / step).saturating_add(1);
        if points > POINTS_MAX {
            return Err(refused(&format!(
                "the step divides the time into more than {POINTS_MAX} points"
            )));
        }
        let buckets = last.saturating_sub(first).saturating_add(range) / bucket;
        if buckets > BUCKETS_MAX {
            return Err(refused(&format!(
                "step and range together divide the time into more than {BUCKETS_MAX} buckets: make the range a multiple of the step"
            )));
        }
        Ok(grid)
    }

    /// The times at which values are given.
    pub(crate) fn points(&self) -> impl Iterator<Item = i64> + use<> {
        let step = usize::try_from(self.step).unwrap_or(usize::MAX);
        (self.first..=self.last).step_by(step)
    }

    /// What the points look at.
    pub(crate) fn times(&self) -> Times {
        Times {
            since: Timestamp::from_seconds(self.first.saturating_sub(self.range)),
            until: Timestamp::from_seconds(self.last),
        }
    }

    /// Of events by bucket, those in the range before each point.
    fn slide(&self, buckets: &BTreeMap<i64, u64>) -> BTreeMap<i64, u64> {
        let mut counted = BTreeMap::new();
        let mut sum = 0_u64;
        let mut entering = buckets.iter().peekable();
        let mut leaving = buckets.iter().peekable();
        for point in self.points() {
            while let Some((_, events)) = entering.next_if(|(start, _)| **start < point) {
                sum += events;
            }
            while let Some((_, events)) = leaving.next_if(|(start, _)| **start < point - self.range)
            {
                sum -= events;
            }
            if sum > 0 {
                counted.insert(point, sum);
            }
        }
        counted
    }
}

/// The values of a metric at the points of a grid.
///
/// Values of a label without a series of their own are together, which is none of them: the highest are
/// chosen among the others.
pub(crate) fn matrix(
    search: &Search<'_>,
    query: &str,
    metric: &Metric,
    grid: Grid,
    known: &Fields,
) -> Result<Counted, ApiError> {
    let grouping = Grouping::new(metric.sum_by.as_deref().unwrap_or_default(), known);
    if grouping.width() > 1 {
        return Err(refused("over time a sum is by one label"));
    }
    let mut counted = Counted::default();
    let mut buckets: BTreeMap<Series, BTreeMap<i64, u64>> = BTreeMap::new();
    if grid.first > grid.last {
        return Ok(counted);
    }
    for part in grouping.parts()? {
        let by = match part.fields().first() {
            Some(field) => format!(" by {field}"),
            None => String::new(),
        };
        let command = format!("{} | timechart {}s{by}", part.of(query), grid.bucket);
        let table = search.table(&command, grid.times())?;
        counted.is_cut |= !table.cut.is_empty();
        let mut columns = table.columns.as_slice();
        if metric.top.is_some() && columns.len() > 1 + SERIES_MAX {
            columns = columns.get(..=SERIES_MAX).unwrap_or_default();
            counted.is_chosen_of_some = true;
        }
        for (index, column) in columns.iter().enumerate().skip(1) {
            let series = buckets.entry(part.series([column.clone()])).or_default();
            for row in &table.rows {
                let start = bucket_start(row.first())?;
                *series.entry(start).or_default() += count_of(row.get(index));
            }
        }
    }
    let value = |count: u64| value(metric.function, count, grid.range as f64);
    counted.values = buckets
        .iter()
        .map(|(series, buckets)| {
            let slid = grid.slide(buckets).into_iter();
            (
                series.clone(),
                slid.map(|(at, count)| (at, value(count))).collect(),
            )
        })
        .collect();
    counted.values.retain(|_, values| !values.is_empty());
    if let Some(top) = metric.top {
        keep_top(&mut counted.values, top);
    }
    Ok(counted)
}

/// What a count over a range of so many seconds is as a value.
pub(crate) fn value(function: Function, count: u64, range_seconds: f64) -> f64 {
    match function {
        Function::Count => count as f64,
        Function::Rate => count as f64 / range_seconds,
    }
}

/// Keeps the `top` highest values at each time.
fn keep_top(matrix: &mut Matrix, top: usize) {
    let mut at_time: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for values in matrix.values() {
        for (time, value) in values {
            at_time.entry(*time).or_default().push(*value);
        }
    }
    let mut room: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for (time, mut values) in at_time {
        values.sort_by(|a, b| b.total_cmp(a));
        values.truncate(top);
        let lowest = values.last().copied().unwrap_or_default();
        let of_lowest = values.iter().filter(|value| **value == lowest).count();
        room.insert(time, (lowest, of_lowest));
    }
    for values in matrix.values_mut() {
        values.retain(|time, value| match room.get_mut(time) {
            Some((lowest, _)) if *value > *lowest => true,
            Some((lowest, left)) if *value == *lowest && *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        });
    }
    matrix.retain(|_, values| !values.is_empty());
}

fn bucket_start(cell: Option<&serde_json::Value>) -> Result<i64, ApiError> {
    cell.and_then(serde_json::Value::as_str)
        .and_then(|text| text.parse::<Timestamp>().ok())
        .map(|time| time.micros().div_euclid(1_000_000))
        .ok_or_else(|| ApiError::new(ErrorCode::Internal, "a chart has a row without its time"))
}

fn seconds_up(millis: u64) -> Result<i64, ApiError> {
    i64::try_from(millis.div_ceil(1000))
        .ok()
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| refused("step and range are at least a millisecond"))
}

fn greatest_common_divisor(mut a: i64, mut b: i64) -> i64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn refused(message: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidQuery, message)
        .with_help("docs/grafana.md says how counts over time are made")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(start: i64, end: i64, step_millis: u64, range_millis: u64) -> Grid {
        Grid::new(start, end, step_millis, range_millis).unwrap()
    }

    #[test]
    fn points_are_multiples_of_the_step_within_the_time() {
        let check = |start, end, step, expected: &[i64]| {
            let points: Vec<i64> = grid(start, end, step, 60_000).points().collect();
            assert_eq!(points, expected, "{start} {end} {step}");
        };
        check(120, 240, 60_000, &[120, 180, 240]);
        check(121, 239, 60_000, &[180]);
        check(121, 179, 60_000, &[]);
        check(10, 12, 200, &[10, 11, 12]);
        check(-90, 0, 60_000, &[-60, 0]);
    }

    #[test]
    fn buckets_fit_step_and_range() {
        let bucket = |step, range| grid(0, 0, step, range).bucket;
        assert_eq!(bucket(15_000, 300_000), 15);
        assert_eq!(bucket(60_000, 90_000), 30);
        assert_eq!(bucket(200, 200), 1);
        assert_eq!(bucket(604_800_000, 604_800_000), 86_400);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let check = |end, step, range, part: &str| {
            let error = Grid::new(0, end, step, range).unwrap_err();
            assert!(error.message.contains(part), "{}", error.message);
        };
        check(10, 1_000, 1_500, "whole number of seconds");
        check(11_000, 1_000, 1_000, "11000 points");
        check(700_000, 997_000, 1_009_000, "40000 buckets");
        check(i64::MAX, 1_000, 1_000, "11000 points");
    }

    #[test]
    fn ranges_slide_over_buckets() {
        let buckets = BTreeMap::from([(0, 1), (60, 2), (120, 4), (300, 8)]);
        let check = |range: u64, expected: &[(i64, u64)]| {
            let slid = grid(60, 420, 60_000, range).slide(&buckets);
            assert_eq!(slid.into_iter().collect::<Vec<_>>(), expected, "{range}");
        };
        check(60_000, &[(60, 1), (120, 2), (180, 4), (360, 8)]);
        check(
            120_000,
            &[(60, 1), (120, 3), (180, 6), (240, 4), (360, 8), (420, 8)],
        );
    }

    #[test]
    fn the_highest_at_each_time_are_kept() {
        let series = |name: &str| Series::from([("l".to_owned(), name.to_owned())]);
        let mut matrix = Matrix::from([
            (series("a"), BTreeMap::from([(0, 1.0), (1, 5.0)])),
            (series("b"), BTreeMap::from([(0, 2.0), (1, 5.0)])),
            (series("c"), BTreeMap::from([(1, 1.0)])),
        ]);
        keep_top(&mut matrix, 1);
        assert_eq!(
            matrix,
            Matrix::from([
                (series("a"), BTreeMap::from([(1, 5.0)])),
                (series("b"), BTreeMap::from([(0, 2.0)])),
            ])
        );
    }
}
