//! The table of a `timechart`: a row for each bucket, a column for each function and series.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value as Json;
use vakt_event::{Timestamp, ecs};

use super::Window;
use super::budget::{Budget, CELLS_MAX};
use super::measure::State;
use super::table::Table;
use crate::query::pipeline::{Measure, Span, Timechart};

/// The most values that have columns of their own: a person tells no more apart. The others are
/// one more column.
const SERIES_MAX: usize = 20;

/// The column of the values without one of their own.
const OTHER: &str = "(other)";

/// One group: its bucket, its value if there is one, how many events it has, and its states.
pub(super) struct Cell {
    pub(super) bucket: Timestamp,
    pub(super) series: Option<String>,
    pub(super) events: u64,
    pub(super) states: Vec<State>,
}

type Row = BTreeMap<usize, Vec<State>>;

pub(super) fn table(
    chart: &Timechart,
    span: Span,
    window: Window,
    cells: Vec<Cell>,
    budget: &mut Budget,
) -> Table {
    let series = chart.by.as_ref().map(|_| series_of(&cells));
    let mut rows: BTreeMap<Timestamp, Row> = BTreeMap::new();
    for cell in cells {
        let place = place_of(series.as_deref(), cell.series.as_deref());
        let row = rows.entry(cell.bucket).or_default();
        match row.get_mut(&place) {
            Some(states) => {
                for (state, more) in states.iter_mut().zip(&cell.states) {
                    state.merge(more, budget);
                }
            }
            None => {
                row.insert(place, cell.states);
            }
        }
    }
    let columns = columns(series.as_deref(), &chart.measures);
    let rows_max = CELLS_MAX / columns.len().max(1);
    budget.cut.empty_buckets |= !fill(&mut rows, span, window, rows_max);
    while rows.len() > rows_max {
        rows.pop_first();
        budget.cut.buckets = true;
    }
    let width = series.as_ref().map_or(1, Vec::len);
    let shown = rows.into_iter().map(|(bucket, row)| {
        let mut cells: Vec<Json> = vec![bucket.to_string().into()];
        for place in 0..width {
            let states = row.get(&place);
            cells.extend(chart.measures.iter().enumerate().map(|(index, measure)| {
                match states.and_then(|states| states.get(index)) {
                    Some(state) => state.value(),
                    None => State::new(&measure.function).value(),
                }
            }));
        }
        cells
    });
    Table {
        columns,
        rows: shown.collect(),
        cut: budget.cut,
    }
}

/// The values that get columns, those with most events first, and [`OTHER`] if there are more.
fn series_of(cells: &[Cell]) -> Vec<String> {
    let mut events: BTreeMap<&str, u64> = BTreeMap::new();
    for cell in cells {
        if let Some(series) = &cell.series {
            *events.entry(series).or_default() += cell.events;
        }
    }
    let mut order: Vec<(&str, u64)> = events.into_iter().collect();
    order.sort_by_key(|(_, events)| Reverse(*events));
    let has_others = order.len() > SERIES_MAX;
    order.truncate(SERIES_MAX);
    let mut series: Vec<String> = order.iter().map(|(name, _)| (*name).to_owned()).collect();
    series.extend(has_others.then(|| OTHER.to_owned()));
    series
}

/// The column of a value among the series; the last one is that of the others.
fn place_of(series: Option<&[String]>, value: Option<&str>) -> usize {
    let (Some(series), Some(value)) = (series, value) else {
        return 0;
    };
    let own = series
        .iter()
        .take(SERIES_MAX)
        .position(|name| name == value);
    own.unwrap_or(SERIES_MAX)
}

/// The names of the columns, no two of which are the same, whatever the values are.
fn columns(series: Option<&[String]>, measures: &[Measure]) -> Vec<String> {
    let mut columns = vec![ecs::TIMESTAMP.to_owned()];
    let Some(series) = series else {
        columns.extend(measures.iter().map(|measure| measure.column.clone()));
        return columns;
    };
    for (place, name) in series.iter().enumerate() {
        for measure in measures {
            let named = |name: &str| format!("{}: {name}", measure.column);
            let mut column = if measures.len() == 1 {
                name.clone()
            } else {
                named(name)
            };
            // That of the others keeps its name.
            while columns.contains(&column) || (place < SERIES_MAX && column == OTHER) {
                column = named(&column);
            }
            columns.push(column);
        }
    }
    columns
}

/// Adds the empty buckets between the first and the last, if they are not too many to show; whether that is so.
fn fill(rows: &mut BTreeMap<Timestamp, Row>, span: Span, window: Window, rows_max: usize) -> bool {
    let ends = |time: Option<Timestamp>, row: Option<&Timestamp>| match time {
        Some(time) => Some(span.start_of(time)),
        None => row.copied(),
    };
    let last_instant = window.until.map(|until| until.saturating_add_micros(-1));
    let first = ends(window.since, rows.keys().next());
    let last = ends(last_instant, rows.keys().next_back());
    let (Some(first), Some(last)) = (first, last) else {
        return true;
    };
    let mut start = first;
    let mut empty = Vec::new();
    while start <= last {
        if empty.len() == rows_max {
            return false;
        }
        empty.push(start);
        let next = span.next(start);
        if next == start {
            break;
        }
        start = next;
    }
    for start in empty {
        rows.entry(start).or_default();
    }
    true
}
