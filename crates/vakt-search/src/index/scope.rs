//! What of the journal a search need not read, by what is known of it without unpacking it.

use std::ops::Bound;

use vakt_event::time::FUTURE_TOLERANCE_MICROS;
use vakt_event::{Source, Timestamp, ecs};

use super::search::Request;
use crate::query::{Node, Range, Test};

/// The frames among which events of a search can be.
#[derive(Clone, Debug)]
pub struct Scope {
    earliest_receipt: Option<Timestamp>,
    streams: Option<Vec<String>>,
}

impl Scope {
    pub fn of(request: &Request) -> Self {
        let since = request.since.map(receipt_of);
        Self {
            earliest_receipt: since.max(earliest_receipt(&request.query.root)),
            streams: request.streams.clone(),
        }
    }

    /// Whether no frame of `source` that was received at `newest` or before holds an event of the search. Without
    /// the instant, the source alone tells.
    pub fn passes_over(&self, source: &Source, newest: Option<Timestamp>) -> bool {
        let is_before = |earliest| newest.is_some_and(|newest| newest < earliest);
        self.earliest_receipt.is_some_and(is_before)
            || (self.streams.as_ref()).is_some_and(|streams| !streams.contains(&source.stream))
    }
}

/// The earliest receipt of an event that counts as one of `time`: it counts by its claim where that is earlier than
/// receipt, or later by no more than clocks are off.
fn receipt_of(time: Timestamp) -> Timestamp {
    time.saturating_add_micros(-FUTURE_TOLERANCE_MICROS)
}

/// The receipt before which no event answers the query.
fn earliest_receipt(node: &Node) -> Option<Timestamp> {
    match node {
        Node::And(parts) => parts.iter().filter_map(earliest_receipt).max(),
        Node::Or(parts) => {
            let all: Option<Vec<Timestamp>> = parts.iter().map(earliest_receipt).collect();
            all?.into_iter().min()
        }
        Node::Field(name, Test::Range(Range::Time(low, _))) => {
            let (Bound::Included(low) | Bound::Excluded(low)) = low else {
                return None;
            };
            match name.as_str() {
                ecs::TIMESTAMP => Some(receipt_of(*low)),
                ecs::EVENT_INGESTED => Some(*low),
                _ => None,
            }
        }
        _ => None,
    }
}
