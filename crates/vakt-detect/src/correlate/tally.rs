//! What is known of the newest window without walking it.

use std::collections::HashMap;
use std::sync::Arc;

use vakt_rules::ast::CorrelationKind;

use super::definition::{Definition, to_f64};
use super::group::Item;
use super::numeric;

/// Kept up to date as events enter and leave a window, so that an event costs the same however
/// many the window holds (sums, averages and percentiles excepted).
#[derive(Clone, Debug)]
pub(super) enum Tally {
    /// How many events the items of the window stand for, exact below 2^53.
    Count(f64),
    /// How often each value stands in the window. The standard library's keyed hash, because
    /// senders choose the values.
    Distinct(HashMap<Arc<str>, u32>),
    /// How often each input stands in the window.
    Inputs(Vec<u32>),
    /// By input: the latest time at which a chain of this and all inputs before it begins.
    Chains(Vec<Option<i64>>),
    /// Computed from the items.
    Numbers,
}

impl Tally {
    pub(super) fn new(definition: &Definition) -> Self {
        match definition.kind {
            CorrelationKind::EventCount(_) => Self::Count(0.0),
            CorrelationKind::ValueCount(..) => Self::Distinct(HashMap::new()),
            CorrelationKind::Temporal => Self::Inputs(vec![0; definition.inputs]),
            CorrelationKind::TemporalOrdered => Self::Chains(vec![None; definition.inputs]),
            CorrelationKind::ValueSum(..)
            | CorrelationKind::ValueAvg(..)
            | CorrelationKind::ValuePercentile(..)
            | CorrelationKind::ValueMedian(..) => Self::Numbers,
        }
    }

    /// An item enters; chains want them in order.
    pub(super) fn enter(&mut self, item: &Item) {
        let input = item.input as usize;
        match self {
            Self::Numbers => {}
            Self::Count(count) => *count += item.number,
            Self::Distinct(counts) => {
                if let Some(value) = &item.value {
                    *counts.entry(Arc::clone(value)).or_insert(0) += 1;
                }
            }
            Self::Inputs(counts) => {
                if let Some(count) = counts.get_mut(input) {
                    *count += 1;
                }
            }
            Self::Chains(starts) => {
                let start = match input.checked_sub(1) {
                    None => Some(item.time),
                    Some(before) => starts.get(before).copied().flatten(),
                };
                if let Some(latest) = starts.get_mut(input) {
                    *latest = start.max(*latest);
                }
            }
        }
    }

    /// An item leaves; a chain that began before the window is told by its start.
    pub(super) fn leave(&mut self, item: &Item) {
        match self {
            Self::Numbers | Self::Chains(_) => {}
            Self::Count(count) => *count -= item.number,
            Self::Distinct(counts) => {
                if let Some(value) = &item.value
                    && let Some(count) = counts.get_mut(value)
                {
                    *count -= 1;
                    if *count == 0 {
                        counts.remove(value);
                    }
                }
            }
            Self::Inputs(counts) => {
                if let Some(count) = counts.get_mut(item.input as usize) {
                    *count -= 1;
                }
            }
        }
    }

    /// Whether the condition holds in the window of `items` that begins at `start`.
    pub(super) fn holds<'i>(
        &self,
        definition: &Definition,
        start: i64,
        items: impl Iterator<Item = &'i Item>,
    ) -> bool {
        match (&definition.kind, self) {
            (CorrelationKind::EventCount(threshold), Self::Count(count)) => threshold.holds(*count),
            (CorrelationKind::ValueCount(_, threshold), Self::Distinct(counts)) => {
                threshold.holds(to_f64(counts.len()))
            }
            (_, Self::Inputs(counts)) => counts.iter().all(|count| *count > 0),
            (_, Self::Chains(starts)) => {
                matches!(starts.last(), Some(Some(latest)) if *latest >= start)
            }
            (kind, _) => numeric::holds(kind, items.map(|item| item.number).collect()),
        }
    }
}
