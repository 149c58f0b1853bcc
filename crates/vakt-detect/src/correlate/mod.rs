//! Correlation: matches of rules that add up within a sliding window.
//!
//! What a correlation means here, where the Sigma specification leaves it open:
//!
//! - The window slides: it ends at an event and reaches back by the timespan; two events exactly
//!   the timespan apart are within it. Time is what the caller gives; equal times are ordered by
//!   journal position.
//! - A correlation fires at every event at which its condition holds; [`Firing::repeat`] tells
//!   whether the group was firing already.
//! - An event counts once in a group, however many inputs it matches. An event without one of the
//!   group's fields (absent or null), or without a field to be counted, does not take part. Of a
//!   field with several values the first counts. Values are compared as written.
//! - `temporal_ordered` needs its inputs from different events, each after the one before.
//! - A correlation that feeds another takes part with every event at which it fires, repeats
//!   too (what follows "after" it must find it): the event's time, position and fields; and brings
//!   along the events that it counted.
//! - An event may come late by up to one timespan; then it is judged in every window that holds it
//!   (sums, averages and percentiles: in the one that it ends and in the newest). A later one does
//!   not take part and is counted ([`Correlator::late`]).
//!
//! State is bounded by [`limits`]; what is given up for it is counted
//! ([`Correlator::evicted_groups`], [`Correlator::evicted_events`]).
//! Start with [`Correlator::observe`], then `group` (one window) and `groups` (all of them).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use vakt_event::{Event, Timestamp};
use vakt_rules::ast::RuleSet;

use definition::{Definition, Definitions};
use group::{Inner, Item};
use groups::Groups;

use crate::engine::RuleCosts;

pub use definition::Problem;
pub use progress::{Measure, Progress};
pub use snapshot::{Restored, SnapshotError};

mod definition;
mod group;
mod groups;
pub mod limits;
mod numeric;
mod progress;
mod snapshot;
mod tally;

/// A correlation whose condition held at an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// An index into [`RuleSet::correlations`]. Also those fire whose `generate` is false: whether
    /// that makes an alert is the caller's to say.
    pub correlation: usize,
    /// The names of `group-by` and the values of this group.
    pub group: Vec<(String, String)>,
    /// Journal positions of the events in the window, ascending; of more than
    /// [`limits::FIRING_EVENTS_MAX`], the [`limits::FIRING_OLDEST_EVENTS`] oldest and the newest.
    pub events: Vec<u64>,
    /// How many events there were, also those that `events` leaves out.
    pub event_count: u64,
    /// The position of the event with the earliest time, which need not be the lowest.
    pub first_event: u64,
    pub first_time: Timestamp,
    pub last_time: Timestamp,
    /// The group fired at its event before this one too, at most a timespan ago: outputs may stay
    /// silent.
    pub repeat: bool,
}

/// Where and when an event stands that is observed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'s> {
    /// Only events of one scope (a customer's stream, an exercise) meet in a group, whatever their
    /// fields say. The scope is not part of [`Firing::group`].
    pub scope: &'s str,
    pub position: u64,
    /// What windows go by, clamped by the caller.
    pub time: Timestamp,
    /// Of an event that was joined from several: the positions of all of them, `position` among
    /// them. Empty for any other.
    pub records: &'s [u64],
    /// How many more records there were.
    pub records_hidden: u64,
}

/// The correlations of a rule set and what they have counted. One thread feeds it, in journal order.
pub struct Correlator {
    definitions: Arc<Definitions>,
    /// By the index of the correlation.
    states: Vec<Groups>,
}

/// What feeds a correlation at the event at hand: the input, and for a chained one what it counted.
type Feed = (usize, Option<Inner>);

impl Correlator {
    pub fn new(rules: &RuleSet) -> Self {
        Self::of(Arc::new(Definitions::new(rules)))
    }

    /// One for the same rules, that has counted nothing: nothing has to be compiled for it.
    pub fn fresh(&self) -> Self {
        Self::of(Arc::clone(&self.definitions))
    }

    fn of(definitions: Arc<Definitions>) -> Self {
        Self {
            states: definitions.all.iter().map(|_| Groups::default()).collect(),
            definitions,
        }
    }

    /// The correlations that can never fire, and why.
    pub fn problems(&self) -> &[Problem] {
        &self.definitions.problems
    }

    /// Groups given up so far because a bound was reached, each with all its events.
    pub fn evicted_groups(&self) -> u64 {
        self.states.iter().map(|state| state.evicted_groups).sum()
    }

    /// Events given up so far because a bound was reached, those of evicted groups included.
    pub fn evicted_events(&self) -> u64 {
        self.states.iter().map(|state| state.evicted_events).sum()
    }

    /// Events that came too late to take part in a group, so far.
    pub fn late(&self) -> u64 {
        self.states.iter().map(|state| state.late).sum()
    }

    /// The groups that are kept.
    pub fn groups(&self) -> usize {
        self.states.iter().map(Groups::len).sum()
    }

    /// Forgets the groups that no event at `oldest` or later can join. The caller knows the
    /// earliest time that it will still give; without this call, groups stay up to the bounds.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        for (definition, state) in self.definitions.all.iter().zip(&mut self.states) {
            state.forget_before(definition, oldest.micros());
        }
    }

    /// Feeds one event that matched `hits`, the indices into [`RuleSet::rules`]; events come in
    /// journal order. `time` is what windows go by, clamped by the caller. Appends what fires; a
    /// correlation stands after those that feed it.
    pub fn observe(
        &mut self,
        position: u64,
        time: Timestamp,
        event: &Event<'_>,
        hits: &[usize],
        firings: &mut Vec<Firing>,
    ) {
        let seen = Seen {
            position,
            time,
            ..Seen::default()
        };
        self.observe_seen(&seen, event, hits, firings);
    }

    /// As [`Self::observe`], for an event of some scope, or one that was joined from several.
    pub fn observe_seen(
        &mut self,
        seen: &Seen<'_>,
        event: &Event<'_>,
        hits: &[usize],
        firings: &mut Vec<Firing>,
    ) {
        self.feed(seen, event, hits, firings, None);
    }

    /// As [`Self::observe_seen`], and measures what each correlation costs.
    pub fn observe_sampled(
        &mut self,
        seen: &Seen<'_>,
        event: &Event<'_>,
        hits: &[usize],
        firings: &mut Vec<Firing>,
        costs: &mut RuleCosts,
    ) {
        self.feed(seen, event, hits, firings, Some(costs));
    }

    fn feed(
        &mut self,
        seen: &Seen<'_>,
        event: &Event<'_>,
        hits: &[usize],
        firings: &mut Vec<Firing>,
        mut costs: Option<&mut RuleCosts>,
    ) {
        let mut pending: BTreeMap<usize, Vec<Feed>> = BTreeMap::new();
        for rule in hits {
            for (rank, input) in self.definitions.fed_by_rule(*rule) {
                pending
                    .entry(*rank)
                    .or_default()
                    .push((*input, Inner::of_records(seen)));
            }
        }
        while let Some((rank, feeds)) = pending.pop_first() {
            let correlation = self.definitions.order[rank];
            let definition = &self.definitions.all[correlation];
            let started = costs.is_some().then(Instant::now);
            let mut fired = Fired {
                definition,
                correlation,
                state: &mut self.states[correlation],
                seen,
            };
            for (firing, key) in fired.observe(event, feeds) {
                for (outer, input) in self.definitions.fed_by_correlation(correlation) {
                    let inner = Inner::of(&firing, &key);
                    pending
                        .entry(*outer)
                        .or_default()
                        .push((*input, Some(inner)));
                }
                firings.push(firing);
            }
            if let (Some(costs), Some(started)) = (costs.as_deref_mut(), started) {
                costs.charge_correlation(correlation, started);
            }
        }
    }
}

/// One correlation at one event.
struct Fired<'c> {
    definition: &'c Definition,
    correlation: usize,
    state: &'c mut Groups,
    seen: &'c Seen<'c>,
}

impl Fired<'_> {
    fn observe(&mut self, event: &Event<'_>, feeds: Vec<Feed>) -> Vec<(Firing, Arc<[String]>)> {
        // Aliases can make inputs of one event fall into different groups.
        let mut by_group: BTreeMap<Vec<String>, Vec<Item>> = BTreeMap::new();
        for (input, inner) in feeds {
            let Some(mut key) = self.definition.group_of(input, event) else {
                continue;
            };
            key.insert(0, self.seen.scope.to_owned());
            let items = by_group.entry(key).or_default();
            if let Some(first) = items.first_mut()
                && !self.definition.counts_inputs()
            {
                first.join(inner);
            } else if let Some(item) = self.definition.item(self.seen, input, inner, event) {
                items.push(item);
            }
        }
        let mut firings = Vec::new();
        for (key, items) in by_group {
            if items.is_empty() {
                continue;
            }
            let key: Arc<[String]> = key.into();
            if let Some(window) = self.state.observe(self.definition, &key, items) {
                let group = self
                    .definition
                    .group_names()
                    .cloned()
                    .zip(key.iter().skip(1).cloned());
                let firing = Firing {
                    correlation: self.correlation,
                    group: group.collect(),
                    events: window.events,
                    event_count: window.event_count,
                    first_event: window.first_event,
                    first_time: timestamp(window.first),
                    last_time: timestamp(window.last),
                    repeat: window.repeat,
                };
                firings.push((firing, key));
            }
        }
        firings
    }
}

/// Times went in as [`Timestamp`]s.
fn timestamp(micros: i64) -> Timestamp {
    Timestamp::default().saturating_add_micros(micros)
}
