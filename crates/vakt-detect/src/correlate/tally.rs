//! What is known of the newest window without walking it.

use std::collections::HashMap;
use std::sync::Arc;

use vakt_rules::ast::{Combination, CorrelationKind};

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
    /// The same, and the chains that lead to its end.
    Chains(Vec<u32>, Vec<Chain>),
    /// Computed from the items.
    Numbers,
}

/// Of one combination, by place in its order: the latest time at which a chain of this input and
/// all before it begins.
pub(super) type Chain = Vec<Option<i64>>;

impl Tally {
    pub(super) fn new(definition: &Definition) -> Self {
        match definition.kind {
            CorrelationKind::EventCount(_) => Self::Count(0.0),
            CorrelationKind::ValueCount(..) => Self::Distinct(HashMap::new()),
            CorrelationKind::Temporal(_) => Self::Inputs(vec![0; definition.inputs]),
            CorrelationKind::TemporalOrdered(ref combinations) => {
                let chain = |combination: &Combination| vec![None; combination.present.len()];
                let chains = combinations.iter().map(chain).collect();
                Self::Chains(vec![0; definition.inputs], chains)
            }
            CorrelationKind::ValueSum(..)
            | CorrelationKind::ValueAvg(..)
            | CorrelationKind::ValuePercentile(..)
            | CorrelationKind::ValueMedian(..) => Self::Numbers,
        }
    }

    /// An item enters; chains want them in order.
    pub(super) fn enter(&mut self, definition: &Definition, item: &Item) {
        match self {
            Self::Numbers => {}
            Self::Count(count) => *count += item.number,
            Self::Distinct(counts) => {
                if let Some(value) = &item.value {
                    *counts.entry(Arc::clone(value)).or_insert(0) += 1;
                }
            }
            Self::Inputs(counts) => count(counts, item, 1),
            Self::Chains(counts, _) => {
                count(counts, item, 1);
                self.lead_on(definition, item);
            }
        }
    }

    /// Takes an item into the chains; they want items in order.
    fn lead_on(&mut self, definition: &Definition, item: &Item) {
        let (Self::Chains(_, chains), CorrelationKind::TemporalOrdered(combinations)) =
            (self, &definition.kind)
        else {
            return;
        };
        let input = item.input as usize;
        for (chain, combination) in chains.iter_mut().zip(combinations) {
            let Ok(place) = combination.present.binary_search(&input) else {
                continue;
            };
            let start = match place.checked_sub(1) {
                None => Some(item.time),
                Some(before) => chain.get(before).copied().flatten(),
            };
            if let Some(latest) = chain.get_mut(place) {
                *latest = start.max(*latest);
            }
        }
    }

    /// Finds all chains anew, after an item that came late.
    pub(super) fn lead_again<'i>(
        &mut self,
        definition: &Definition,
        items: impl Iterator<Item = &'i Item>,
    ) {
        if let Self::Chains(_, chains) = self {
            for chain in chains.iter_mut() {
                chain.fill(None);
            }
            for item in items {
                self.lead_on(definition, item);
            }
        }
    }

    /// An item leaves; a chain that began before the window is told by its start.
    pub(super) fn leave(&mut self, item: &Item) {
        match self {
            Self::Numbers => {}
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
            Self::Inputs(counts) | Self::Chains(counts, _) => count(counts, item, -1),
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
            (CorrelationKind::Temporal(combinations), Self::Inputs(counts)) => {
                let stands = |input: &usize| counts[*input] > 0;
                combinations.iter().any(|combination| {
                    combination.present.iter().all(stands) && !combination.absent.iter().any(stands)
                })
            }
            (CorrelationKind::TemporalOrdered(combinations), Self::Chains(counts, chains)) => {
                let stands = |input: &usize| counts[*input] > 0;
                combinations.iter().zip(chains).any(|(combination, chain)| {
                    matches!(chain.last(), Some(Some(latest)) if *latest >= start)
                        && !combination.absent.iter().any(stands)
                })
            }
            (kind, _) => numeric::holds(kind, items.map(|item| item.number).collect()),
        }
    }
}

fn count(counts: &mut [u32], item: &Item, by: i32) {
    if let Some(count) = counts.get_mut(item.input as usize) {
        *count = count.saturating_add_signed(by);
    }
}
