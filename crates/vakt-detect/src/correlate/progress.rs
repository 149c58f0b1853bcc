//! How far the groups of a correlation have got: for a person who asks why it did not fire.

use vakt_rules::ast::CorrelationKind;

use super::Correlator;
use super::definition::Definition;
use super::group::Group;
use super::numeric;
use super::tally::Tally;

/// A group, in the window that ends at its newest event.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The names of `group-by` and the values of this group.
    pub group: Vec<(String, String)>,
    pub measure: Measure,
    /// Whether the condition holds in that window.
    pub holds: bool,
}

/// What the condition of a correlation is held against.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Events, or distinct values.
    Count(f64),
    /// For each input, whether it is in the window.
    Inputs(Vec<bool>),
    /// Of the combination of inputs that got furthest, how many, from the first on, are in the
    /// window one after the other.
    Chain { inputs: Vec<usize>, reached: usize },
    /// The sum, average, median or percentile.
    Number(f64),
}

impl Measure {
    /// A number that is higher the nearer the condition is, for correlations that ask for more.
    pub fn reached(&self) -> f64 {
        match self {
            Self::Count(number) | Self::Number(number) => *number,
            Self::Inputs(inputs) => {
                super::definition::to_f64(inputs.iter().filter(|in_it| **in_it).count())
            }
            Self::Chain { reached, .. } => super::definition::to_f64(*reached),
        }
    }
}

impl Correlator {
    /// The groups of a correlation that an event touched last, newest first, `count` of them.
    pub fn newest_progress(&self, correlation: usize, count: usize) -> Vec<Progress> {
        let (Some(definition), Some(state)) = (
            self.definitions.all.get(correlation),
            self.states.get(correlation),
        ) else {
            return Vec::new();
        };
        state
            .newest_first()
            .take(count)
            .filter_map(|(key, group)| {
                let names = definition.group_names().cloned();
                Some(Progress {
                    group: names.zip(key.iter().skip(1).cloned()).collect(),
                    measure: measure(definition, group)?,
                    holds: group.holds(definition),
                })
            })
            .collect()
    }
}

fn measure(definition: &Definition, group: &Group) -> Option<Measure> {
    let start = group.newest()? - definition.span_micros;
    Some(match &group.tally {
        Tally::Count(count) => Measure::Count(*count),
        Tally::Distinct(values) => Measure::Count(super::definition::to_f64(values.len())),
        Tally::Inputs(counts) => Measure::Inputs(counts.iter().map(|count| *count > 0).collect()),
        Tally::Chains(_, chains) => {
            let CorrelationKind::TemporalOrdered(combinations) = &definition.kind else {
                return None;
            };
            let in_window = |latest: &&Option<i64>| latest.is_some_and(|latest| latest >= start);
            let (combination, reached) = combinations
                .iter()
                .zip(chains)
                .map(|(one, chain)| (one, chain.iter().take_while(in_window).count()))
                .min_by_key(|(one, reached)| one.present.len() - reached)?;
            Measure::Chain {
                inputs: combination.present.clone(),
                reached,
            }
        }
        Tally::Numbers => {
            let numbers = group.window().map(|item| item.number).collect();
            Measure::Number(numeric::value(&definition.kind, numbers)?)
        }
    })
}
