//! Groups of events, and what is computed for each.

use std::cmp::Reverse;

use hashbrown::HashMap;
use serde_json::Value as Json;
use vakt_event::Timestamp;

use super::budget::{Budget, GROUPS_MAX};
use super::key::{self, Key, Values};
use super::measure::State;
use super::number;
use super::order::{Place, compare};
use super::table::Table;
use super::timechart::{self, Cell};
use crate::Record;
use crate::query::Number;
use crate::query::pipeline::{
    Function, Measure, Name, Pipeline, SPAN_BUCKETS_WANTED, Span, Stage, TOP_COLUMNS, Timechart,
    Top,
};

/// What a group takes beside its key and states, in bytes: the entry of a hash table.
const GROUP_BYTES: usize = 64;

/// The span of a chart whose times are open and that names none: an hour, in seconds.
const SPAN_DEFAULT: i64 = 3_600;

/// The times that are searched: from `since` on, before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

/// What `stats`, `timechart`, `top` or `rare` computes over events.
#[derive(Debug)]
pub struct Aggregation {
    plan: Plan,
    groups: HashMap<Key, Group>,
    budget: Budget,
    /// The values and states of the event that is being added; kept for their memory.
    values: Values,
    sample: Vec<State>,
    key: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
struct Plan {
    stages: Vec<Stage>,
    measures: Vec<Measure>,
    by: Vec<Name>,
    span: Option<Span>,
    window: Window,
}

#[derive(Debug)]
struct Group {
    /// How many events it has, whatever is computed.
    events: u64,
    /// None where events alone are counted: then a group that is found has nothing else to be found.
    states: Vec<State>,
}

impl Group {
    fn into_states(self, measures: &[Measure]) -> Vec<State> {
        match counts_events(measures) {
            true => vec![State::Count(self.events); measures.len()],
            false => self.states,
        }
    }
}

/// Whether nothing but events is counted.
fn counts_events(measures: &[Measure]) -> bool {
    let mut functions = measures.iter().map(|measure| &measure.function);
    functions.all(|function| *function == Function::Count)
}

impl Aggregation {
    /// An aggregation of no events yet; `None` where the pipeline answers with hits.
    pub fn new(pipeline: &Pipeline, window: Window) -> Option<Self> {
        let count = || {
            vec![Measure {
                function: Function::Count,
                column: "count".to_owned(),
            }]
        };
        let (measures, by, span) = match pipeline.stages.first()? {
            Stage::Stats(stats) => (stats.measures.clone(), stats.by.clone(), None),
            Stage::Top(top) => (count(), top.fields.clone(), None),
            Stage::Timechart(chart) => {
                let by = chart.by.iter().cloned().collect();
                (chart.measures.clone(), by, span_of(chart, window))
            }
            Stage::Where(_) | Stage::Sort(_) | Stage::Fields(_) | Stage::Head(_) => return None,
        };
        Some(Self::of(Plan {
            stages: pipeline.stages.clone(),
            measures,
            by,
            span,
            window,
        }))
    }

    /// An aggregation of no events that can be merged into this one.
    pub fn another(&self) -> Self {
        Self::of(self.plan.clone())
    }

    /// The fields whose values make the groups.
    pub fn keys(&self) -> &[Name] {
        &self.plan.by
    }

    /// The length of the buckets of a `timechart`.
    pub fn span(&self) -> Option<Span> {
        self.plan.span
    }

    /// Adds an event.
    pub fn add(&mut self, record: &Record<'_>) {
        let bucket = match self.plan.span {
            None => None,
            Some(span) => match record.event.time.effective() {
                Some(time) => Some(span.start_of(time)),
                None => return,
            },
        };
        if !self.values.read(record, &self.plan.by) {
            return;
        }
        for (state, measure) in self.sample.iter_mut().zip(&self.plan.measures) {
            state.read(&measure.function, record, &mut self.budget);
        }
        let Self {
            groups,
            budget,
            values,
            sample,
            ..
        } = self;
        let is_cut = values.each_key(bucket, |key| add_to(groups, budget, key, 1, sample));
        budget.cut.combinations |= is_cut;
    }

    /// Takes values that are counted already, as columns of an index can tell them; `None` where
    /// something else than events is counted.
    pub fn counter(&mut self) -> Option<Counter<'_>> {
        counts_events(&self.plan.measures).then_some(Counter { aggregation: self })
    }

    /// Adds what another aggregation has, made by [`Aggregation::another`].
    ///
    /// # Panics
    ///
    /// Where the other one computes something else.
    pub fn merge(&mut self, other: Self) {
        assert!(
            self.plan == other.plan,
            "only like aggregations can be merged"
        );
        self.budget.cut.add(other.budget.cut);
        let mut groups: Vec<(Key, Group)> = other.groups.into_iter().collect();
        // Where not all have room, those with most events do.
        groups.sort_unstable_by(|(key_a, a), (key_b, b)| {
            b.events.cmp(&a.events).then_with(|| key_a.cmp(key_b))
        });
        for (key, group) in groups {
            add_to(
                &mut self.groups,
                &mut self.budget,
                &key,
                group.events,
                &group.states,
            );
        }
    }

    /// The table, after all commands.
    pub fn finish(mut self) -> Table {
        let stages = std::mem::take(&mut self.plan.stages);
        let mut table = match stages.first() {
            Some(Stage::Timechart(chart)) => self.chart(chart),
            Some(Stage::Top(top)) => self.top(top),
            _ => self.stats(),
        };
        for stage in stages.iter().skip(1) {
            table.apply(stage);
        }
        table
    }

    fn of(plan: Plan) -> Self {
        let sample = states(&plan.measures);
        Self {
            plan,
            groups: HashMap::new(),
            budget: Budget::default(),
            values: Values::default(),
            sample,
            key: Vec::new(),
        }
    }

    /// A row for each group, those first whose first function is greatest.
    fn stats(mut self) -> Table {
        if self.plan.by.is_empty() && self.groups.is_empty() {
            let empty = Group {
                events: 0,
                states: states(&self.plan.measures),
            };
            self.groups.insert(Key::default(), empty);
        }
        let columns = self.columns();
        let cut = self.budget.cut;
        let placed = |row: Row| {
            (
                row.cells.first().and_then(Place::of_json),
                row.places(),
                row,
            )
        };
        let mut rows: Vec<_> = self.rows().into_iter().map(placed).collect();
        rows.sort_by(|(a, values_a, _), (b, values_b, _)| {
            compare(a.as_ref(), b.as_ref(), true).then_with(|| values_a.cmp(values_b))
        });
        let rows = rows.into_iter().map(|(.., row)| row.into_cells()).collect();
        Table { columns, rows, cut }
    }

    fn top(mut self, top: &Top) -> Table {
        let mut columns = self.columns();
        let [_, percent] = TOP_COLUMNS;
        columns.push(percent.to_owned());
        let cut = self.budget.cut;
        let all: u64 = self.groups.values().map(|group| group.events).sum();
        self.keep(top);
        let mut rows = self.rows();
        if top.is_rare {
            rows.sort_by_cached_key(|row| (row.events, row.places()));
        } else {
            rows.sort_by_cached_key(|row| (Reverse(row.events), row.places()));
        }
        rows.truncate(top.rows);
        let rows = rows.into_iter().map(|row| {
            let percent = row.events as f64 * 100.0 / all.max(1) as f64;
            let mut cells = row.into_cells();
            cells.push(number::json(Number::Float(
                (percent * 100.0).round() / 100.0,
            )));
            cells
        });
        Table {
            columns,
            rows: rows.collect(),
            cut,
        }
    }

    /// Lets go of the groups that cannot be among those that are shown: making a row of each of a
    /// hundred thousand takes longer than counting them.
    fn keep(&mut self, top: &Top) {
        let mut events: Vec<u64> = self.groups.values().map(|group| group.events).collect();
        let Some(last) = top.rows.checked_sub(1).filter(|last| *last < events.len()) else {
            return;
        };
        if top.is_rare {
            let (_, most, _) = events.select_nth_unstable(last);
            self.groups.retain(|_, group| group.events <= *most);
        } else {
            let (_, least, _) = events.select_nth_unstable_by(last, |a, b| b.cmp(a));
            self.groups.retain(|_, group| group.events >= *least);
        }
    }

    fn chart(self, chart: &Timechart) -> Table {
        let Self {
            plan,
            groups,
            mut budget,
            ..
        } = self;
        let Some(span) = plan.span else {
            return Table::default();
        };
        let cells = groups.into_iter().filter_map(|(key, group)| {
            let (bucket, mut values) = key::read(&key, true);
            Some(Cell {
                bucket: bucket?,
                series: values.pop(),
                events: group.events,
                states: group.into_states(&plan.measures),
            })
        });
        // States of several values may be merged: in one order, whatever the order of the groups.
        let mut cells: Vec<Cell> = cells.collect();
        cells.sort_by(|a, b| (a.bucket, &a.series).cmp(&(b.bucket, &b.series)));
        timechart::table(chart, span, plan.window, cells, &mut budget)
    }

    fn columns(&self) -> Vec<String> {
        let keys = self.plan.by.iter().map(|name| name.shown.clone());
        let measured = self.plan.measures.iter();
        keys.chain(measured.map(|measure| measure.column.clone()))
            .collect()
    }

    fn rows(self) -> Vec<Row> {
        let Self { plan, groups, .. } = self;
        let row = |(key, group): (Key, Group)| Row {
            values: key::read(&key, false).1,
            events: group.events,
            cells: group
                .into_states(&plan.measures)
                .iter()
                .map(State::value)
                .collect(),
        };
        groups.into_iter().map(row).collect()
    }
}

/// Takes counted values for an [`Aggregation`] that counts events only.
#[derive(Debug)]
pub struct Counter<'a> {
    aggregation: &'a mut Aggregation,
}

impl Counter<'_> {
    /// Adds `count` events that have the values `keys`, one for each of [`Aggregation::keys`] and
    /// as they were sent, and of which a `timechart` asks for the time. Events with several values
    /// of a field come once for each combination of them. What does not fit the keys, or has no
    /// time where there must be one, is left out, as [`Aggregation::add`] leaves such events out.
    pub fn add_counted(&mut self, time: Option<Timestamp>, keys: &[&str], count: u64) {
        let Aggregation {
            plan,
            groups,
            budget,
            key,
            ..
        } = &mut *self.aggregation;
        let bucket = match (plan.span, time) {
            (None, _) => None,
            (Some(span), Some(time)) => Some(span.start_of(time)),
            (Some(_), None) => return,
        };
        if keys.len() != plan.by.len() || count == 0 {
            return;
        }
        key::write(key, bucket, keys.iter().copied());
        add_to(groups, budget, key, count, &[]);
    }
}

/// A group as it is shown.
struct Row {
    values: Vec<String>,
    events: u64,
    cells: Vec<Json>,
}

impl Row {
    /// Where the row lies among those that are equal otherwise.
    fn places(&self) -> Vec<Place> {
        self.values.iter().map(|value| Place::of(value)).collect()
    }

    fn into_cells(self) -> Vec<Json> {
        let keys = self.values.into_iter().map(Json::from);
        keys.chain(self.cells).collect()
    }
}

/// The states of a group without events.
fn states(measures: &[Measure]) -> Vec<State> {
    if counts_events(measures) {
        return Vec::new();
    }
    measures
        .iter()
        .map(|measure| State::new(&measure.function))
        .collect()
}

fn span_of(chart: &Timechart, window: Window) -> Option<Span> {
    chart.span.or_else(|| match (window.since, window.until) {
        (Some(since), Some(until)) => Some(Span::to_divide(since, until, SPAN_BUCKETS_WANTED)),
        _ => Span::from_seconds(SPAN_DEFAULT),
    })
}

/// Adds states to those of a group, which is made if there is room.
fn add_to(
    groups: &mut HashMap<Key, Group>,
    budget: &mut Budget,
    key: &[u8],
    events: u64,
    states: &[State],
) {
    if let Some(group) = groups.get_mut(key) {
        group.events += events;
        for (state, more) in group.states.iter_mut().zip(states) {
            state.merge(more, budget);
        }
        return;
    }
    let bytes = key.len() + GROUP_BYTES + size_of_val(states);
    if groups.len() >= GROUPS_MAX || !budget.take(bytes) {
        budget.cut.groups = true;
        return;
    }
    let mut own: Vec<State> = states.iter().map(State::emptied).collect();
    for (state, more) in own.iter_mut().zip(states) {
        state.merge(more, budget);
    }
    groups.insert(
        key.into(),
        Group {
            events,
            states: own,
        },
    );
}
