//! Hits in an order of their own: `sort`, `head` and `fields` over events.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use vakt_event::alias::canonical;
use vakt_event::{JournalPosition, Timestamp};

use super::budget::Cut;
use super::order::{Place, compare_all, field, sort};
use crate::Record;
use crate::index::Order;
use crate::query::pipeline::{Fields, Pipeline, ROWS_MAX, SortKey, Stage};

/// The most bytes of hits that are kept in order, about.
pub const LISTING_BYTES_MAX: usize = 64 << 20;

/// The first hits in the order that the commands ask for: by time, or as the first `sort` says.
#[derive(Debug)]
pub struct Listing {
    stages: Vec<Stage>,
    keys: Arc<[SortKey]>,
    order: Order,
    rows_max: usize,
    /// Whether `rows_max` is what `head` asks for, so that nothing is missing beyond.
    rows_are_asked: bool,
    /// The one that sorts last on top.
    kept: BinaryHeap<Kept>,
    bytes: usize,
    cut: bool,
}

/// Hits as [`Record::to_hit`] makes them, after all commands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    pub hits: Vec<Map<String, Json>>,
    pub cut: Cut,
}

#[derive(Debug)]
struct Kept {
    rank: Rank,
    hit: Map<String, Json>,
    bytes: usize,
}

/// Where a hit lies: by the keys, then by time.
#[derive(Debug)]
struct Rank {
    keys: Arc<[SortKey]>,
    places: Vec<Option<Place>>,
    order: Order,
    time: (Option<Timestamp>, Option<JournalPosition>),
}

impl Listing {
    /// A listing of no events yet, which are in `order` where no command says otherwise; `None` where the pipeline
    /// answers with a table.
    pub fn new(pipeline: &Pipeline, order: Order) -> Option<Self> {
        if pipeline.is_table() {
            return None;
        }
        let stages = pipeline.stages.clone();
        let mut keys = Vec::new();
        let mut rows_max = ROWS_MAX;
        let mut rows_are_asked = false;
        let mut is_first = true;
        for stage in &stages {
            match stage {
                Stage::Sort(first) if is_first => keys.clone_from(first),
                Stage::Sort(_) => break,
                Stage::Head(rows) => {
                    rows_max = rows_max.min(*rows);
                    rows_are_asked = true;
                }
                _ => continue,
            }
            is_first = false;
        }
        Some(Self {
            stages,
            keys: keys.into(),
            order,
            rows_max,
            rows_are_asked,
            kept: BinaryHeap::new(),
            bytes: 0,
            cut: false,
        })
    }

    /// Adds an event.
    pub fn add(&mut self, record: &Record<'_>) {
        let rank = Rank {
            keys: Arc::clone(&self.keys),
            places: self
                .keys
                .iter()
                .map(|key| first_value(record, key))
                .collect(),
            order: self.order,
            time: (record.event.time.effective(), record.position),
        };
        if self.is_full() && self.kept.peek().is_some_and(|last| rank >= last.rank) {
            self.leave_out();
            return;
        }
        let hit = record.to_hit();
        let bytes = bytes_of(&hit);
        self.keep(Kept { rank, hit, bytes });
    }

    /// Adds what another listing of the same pipeline has.
    pub fn merge(&mut self, other: Self) {
        self.cut |= other.cut;
        for kept in other.kept.into_vec() {
            self.keep(kept);
        }
    }

    /// The hits, after all commands.
    pub fn finish(self) -> Listed {
        let kept = self.kept.into_sorted_vec();
        let mut hits: Vec<Map<String, Json>> = kept.into_iter().map(|kept| kept.hit).collect();
        for stage in &self.stages {
            match stage {
                Stage::Sort(keys) => sort(&mut hits, keys, |hit, key| {
                    Place::of_json(field(hit, &keys.get(key)?.name)?)
                }),
                Stage::Head(rows) => hits.truncate(*rows),
                Stage::Fields(fields) => hits.iter_mut().for_each(|hit| project(hit, fields)),
                _ => {}
            }
        }
        Listed {
            hits,
            cut: Cut {
                hits: self.cut,
                ..Cut::default()
            },
        }
    }

    fn is_full(&self) -> bool {
        self.kept.len() >= self.rows_max || self.bytes >= LISTING_BYTES_MAX
    }

    fn keep(&mut self, kept: Kept) {
        self.bytes += kept.bytes;
        self.kept.push(kept);
        while self.kept.len() > self.rows_max
            || (self.bytes > LISTING_BYTES_MAX && self.kept.len() > 1)
        {
            let Some(last) = self.kept.pop() else {
                return;
            };
            self.leave_out();
            self.bytes -= last.bytes;
        }
    }

    /// One hit is left out: the answer lacks it, unless as many are there as were asked for.
    fn leave_out(&mut self) {
        self.cut |= !self.rows_are_asked || self.kept.len() < self.rows_max;
    }
}

fn first_value(record: &Record<'_>, key: &SortKey) -> Option<Place> {
    let mut place = None;
    record.any_value(&key.name.canonical, |value| {
        place = Some(Place::of(value));
        true
    });
    place
}

/// Leaves of hits the fields that a pipeline asks for which needs nothing else of them.
pub fn select(pipeline: &Pipeline, hits: &mut [Map<String, Json>]) {
    for stage in &pipeline.stages {
        if let Stage::Fields(fields) = stage {
            hits.iter_mut().for_each(|hit| project(hit, fields));
        }
    }
}

fn project(hit: &mut Map<String, Json>, fields: &Fields) {
    let is_named = |key: &str| {
        fields
            .names
            .iter()
            .any(|name| name.canonical == canonical(key))
    };
    if fields.is_without {
        hit.retain(|key, _| !is_named(key));
        return;
    }
    // In the order in which they were asked for, and by the names.
    let mut kept = Map::new();
    for name in &fields.names {
        for (key, value) in hit.iter() {
            if canonical(key) == name.canonical {
                kept.insert(name.shown.clone(), value.clone());
            }
        }
    }
    *hit = kept;
}

/// About what a hit takes in memory.
fn bytes_of(hit: &Map<String, Json>) -> usize {
    let value = |value: &Json| match value {
        Json::String(text) => text.len(),
        Json::Array(values) => values
            .iter()
            .map(|value| 32 + value.as_str().map_or(0, str::len))
            .sum(),
        _ => 0,
    };
    hit.iter()
        .map(|(key, held)| 96 + key.len() + value(held))
        .sum()
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_all(&self.places, &other.places, &self.keys).then_with(|| match self.order {
            Order::Descending => other.time.cmp(&self.time),
            Order::Ascending => self.time.cmp(&other.time),
        })
    }
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

macro_rules! ordered_by_cmp {
    ($($kind:ty),*) => {$(
        impl PartialOrd for $kind {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $kind {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other) == Ordering::Equal
            }
        }

        impl Eq for $kind {}
    )*};
}

ordered_by_cmp!(Rank, Kept);
