//! What is kept of a group for each of its functions.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value as Json;
use vakt_event::Timestamp;

use super::budget::{Budget, DISTINCT_MAX};
use super::number::{self, Sum};
use crate::Record;
use crate::query::pipeline::{Function, Name};
use crate::query::{Number, read_number, read_time};

/// What one distinct value takes, in bytes, with the room that a hash table leaves.
const DISTINCT_BYTES: usize = 32;

/// The state of one function in one group; of a single event just the same.
#[derive(Clone, Debug)]
pub(super) enum State {
    Count(u64),
    Sum(Sum),
    Mean(Sum),
    Min(Extreme),
    Max(Extreme),
    /// Two hashes of each value, which 10^6 values have not both in common.
    Distinct(HashSet<(u64, u64)>),
}

/// The least or greatest number, and time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extreme {
    number: Option<Number>,
    time: Option<Timestamp>,
}

impl State {
    pub(super) fn new(function: &Function) -> Self {
        match function {
            Function::Count | Function::CountOf(_) => Self::Count(0),
            Function::Sum(_) => Self::Sum(Sum::default()),
            Function::Average(_) => Self::Mean(Sum::default()),
            Function::Min(_) => Self::Min(Extreme::default()),
            Function::Max(_) => Self::Max(Extreme::default()),
            Function::Distinct(_) => Self::Distinct(HashSet::new()),
        }
    }

    /// The state of the same function over no events.
    pub(super) fn emptied(&self) -> Self {
        match self {
            Self::Count(_) => Self::Count(0),
            Self::Sum(_) => Self::Sum(Sum::default()),
            Self::Mean(_) => Self::Mean(Sum::default()),
            Self::Min(_) => Self::Min(Extreme::default()),
            Self::Max(_) => Self::Max(Extreme::default()),
            Self::Distinct(_) => Self::Distinct(HashSet::new()),
        }
    }

    /// The state of `record` alone, in place of what this was.
    pub(super) fn read(&mut self, function: &Function, record: &Record<'_>, budget: &mut Budget) {
        match (self, function) {
            (Self::Count(count), Function::CountOf(name)) => {
                *count = u64::from(record.any_value(&name.canonical, |_| true));
            }
            (Self::Count(count), _) => *count = 1,
            (Self::Sum(sum) | Self::Mean(sum), Function::Sum(name) | Function::Average(name)) => {
                *sum = Sum::default();
                each(record, name, |value| {
                    if let Some(number) = read_number(value)
                        && !sum.add(number)
                    {
                        budget.cut.numbers = true;
                    }
                });
            }
            (Self::Min(extreme), Function::Min(name)) => {
                *extreme = Extreme::default();
                each(record, name, |value| {
                    extreme.offer(Extreme::of(value), false)
                });
            }
            (Self::Max(extreme), Function::Max(name)) => {
                *extreme = Extreme::default();
                each(record, name, |value| {
                    extreme.offer(Extreme::of(value), true)
                });
            }
            (Self::Distinct(seen), Function::Distinct(name)) => {
                seen.clear();
                each(record, name, |value| {
                    seen.insert((hash(value, 0), hash(value, 1)));
                });
            }
            // A state is made for its function.
            _ => {}
        }
    }

    /// Adds a state of the same function.
    pub(super) fn merge(&mut self, other: &Self, budget: &mut Budget) {
        match (self, other) {
            (Self::Count(count), Self::Count(more)) => *count += more,
            (Self::Sum(sum), Self::Sum(more)) | (Self::Mean(sum), Self::Mean(more)) => {
                sum.merge(*more);
            }
            (Self::Min(extreme), Self::Min(other)) => extreme.offer(*other, false),
            (Self::Max(extreme), Self::Max(other)) => extreme.offer(*other, true),
            (Self::Distinct(seen), Self::Distinct(more)) => {
                let news: Vec<_> = more.difference(seen).copied().collect();
                for value in news {
                    if seen.len() < DISTINCT_MAX && budget.take(DISTINCT_BYTES) {
                        seen.insert(value);
                    } else {
                        budget.cut.distinct = true;
                    }
                }
            }
            // Groups of one aggregation have the same functions in the same order.
            _ => {}
        }
    }

    pub(super) fn value(&self) -> Json {
        match self {
            Self::Count(count) => (*count).into(),
            Self::Sum(sum) => sum.total(),
            Self::Mean(sum) => sum.mean(),
            Self::Min(extreme) | Self::Max(extreme) => match (extreme.number, extreme.time) {
                (Some(number), _) => number::json(number),
                (None, Some(time)) => time.to_string().into(),
                (None, None) => Json::Null,
            },
            Self::Distinct(seen) => seen.len().into(),
        }
    }
}

impl Extreme {
    fn of(value: &str) -> Self {
        let number = read_number(value);
        let time = if number.is_none() {
            read_time(value)
        } else {
            None
        };
        Self { number, time }
    }

    fn offer(&mut self, other: Self, wants_greater: bool) {
        fn better<T: PartialOrd>(own: Option<T>, other: Option<T>, greater: bool) -> Option<T> {
            match (own, other) {
                (Some(own), Some(other)) if (other > own) == greater && other != own => Some(other),
                (None, other) => other,
                (own, _) => own,
            }
        }
        self.number = better(self.number, other.number, wants_greater);
        self.time = better(self.time, other.time, wants_greater);
    }
}

fn each(record: &Record<'_>, name: &Name, mut take: impl FnMut(&str)) {
    record.any_value(&name.canonical, |value| {
        take(value);
        false
    });
}

fn hash(value: &str, seed: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, value).hash(&mut hasher);
    hasher.finish()
}
