//! Aggregations and listings that are fed from an index.

use vakt_event::Timestamp;

use super::{Aggregation, Listed, Listing, Table, Window};
use crate::index::{FIELDS_MAX, Gather, Order, Wanted};
use crate::query::Pipeline;
use crate::record::Record;

/// What the commands of a pipeline make of what an index gives.
#[derive(Debug)]
pub enum Gathering {
    Table(Aggregation),
    Hits(Listing),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Gathered {
    Table(Table),
    Hits(Listed),
}

impl Gathering {
    /// `None` where no command needs all that is found: the hits are those of the search, after [`select`].
    ///
    /// [`select`]: super::select
    pub fn new(pipeline: &Pipeline, window: Window, order: Order) -> Option<Self> {
        if !pipeline.needs_all() {
            return None;
        }
        match Aggregation::new(pipeline, window) {
            Some(aggregation) => Some(Self::Table(aggregation)),
            None => Listing::new(pipeline, order).map(Self::Hits),
        }
    }

    /// What is to be gathered: counted values where that is enough, else events.
    pub fn wanted(&mut self) -> Wanted {
        let Self::Table(aggregation) = self else {
            return Wanted {
                records: true,
                ..Wanted::default()
            };
        };
        let keys = aggregation.keys();
        let fields = keys.iter().map(|name| name.canonical.clone()).collect();
        let span = aggregation.span();
        Wanted {
            fields,
            span,
            records: aggregation.counter().is_none(),
        }
    }

    pub fn finish(self) -> Gathered {
        match self {
            Self::Table(aggregation) => Gathered::Table(aggregation.finish()),
            Self::Hits(listing) => Gathered::Hits(listing.finish()),
        }
    }
}

impl Gather for Gathering {
    fn counted(&mut self, time: Option<i64>, values: &[Option<&str>], count: u64) {
        let Self::Table(aggregation) = self else {
            return;
        };
        // This comes once for each value of each chunk: nothing is allocated.
        let mut keys = [""; FIELDS_MAX];
        for (key, value) in keys.iter_mut().zip(values) {
            // Events without one of the fields are in no group.
            let Some(value) = value else {
                return;
            };
            *key = value;
        }
        if let (Some(mut counter), Some(keys)) = (aggregation.counter(), keys.get(..values.len())) {
            counter.add_counted(time.and_then(Timestamp::from_micros), keys, count);
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        match self {
            Self::Table(aggregation) => aggregation.add(record),
            Self::Hits(listing) => listing.add(record),
        }
    }
}
