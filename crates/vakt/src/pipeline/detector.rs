//! Matching and correlation in the order of the events: the part that scan, rule tests and the
//! daemon share.

use vakt_codec::Coalescer;
use vakt_detect::{Correlator, Firing, Scratch};
use vakt_event::{Event, Timestamp, ecs};
use vakt_rules::ast::{Metadata, RuleRef};

use crate::ruleset::Ruleset;

/// A rule that matched, or a correlation whose condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub rule: RuleRef,
    /// The fields that made it match; of a correlation, those that it groups by.
    pub matched: Vec<(String, String)>,
    /// The positions of the events that took part, in rising order; the newest where there are
    /// more than the correlator keeps.
    pub events: Vec<u64>,
    /// How many events took part.
    pub event_count: u64,
    /// The correlation's condition held already before this event.
    pub repeat: bool,
    /// What the alert is about: the group of a correlation, else an address, user or host.
    pub entity: Vec<(String, String)>,
}

impl Found {
    pub fn meta<'r>(&self, ruleset: &'r Ruleset) -> &'r Metadata {
        match self.rule {
            RuleRef::Rule(index) => &ruleset.rules.rules[index].meta,
            RuleRef::Correlation(index) => &ruleset.rules.correlations[index].meta,
        }
    }
}

/// Takes events one by one, in order.
pub struct Detector<'r> {
    ruleset: &'r Ruleset,
    scratch: Scratch,
    coalescer: Coalescer,
    pub correlator: Correlator,
    firings: Vec<Firing>,
    /// Whose events these are: only those of one scope are correlated.
    scope: String,
    joined_hits: Vec<usize>,
}

impl<'r> Detector<'r> {
    pub fn new(ruleset: &'r Ruleset) -> Self {
        Self {
            scratch: ruleset.engine.scratch(),
            coalescer: Coalescer::new(),
            correlator: Correlator::new(&ruleset.rules),
            firings: Vec::new(),
            scope: String::new(),
            joined_hits: Vec::new(),
            ruleset,
        }
    }

    /// The rules that match `event`, by index: independent of every other event.
    pub fn matches(&mut self, event: &Event<'_>, hits: &mut Vec<usize>) {
        self.ruleset.engine.matches(event, &mut self.scratch, hits);
    }

    /// What is observed from here on belongs to this stream, and is a drill or is not: events of
    /// different customers, or of an exercise and the real world, never add up.
    pub fn within(&mut self, stream: &str, drill: bool) {
        self.scope.clear();
        self.scope.push_str(if drill { "drill " } else { "" });
        self.scope.push_str(stream);
    }

    /// What follows from `event`, whose matches are `hits`, and from what it completes.
    /// `time` is the one that correlation uses.
    pub fn observe(
        &mut self,
        position: u64,
        time: Timestamp,
        source_key: &str,
        event: &Event<'_>,
        hits: &[usize],
        found: &mut Vec<Found>,
    ) {
        self.one(position, time, event, hits, found);
        if !is_joinable(event) {
            return;
        }
        let host = event.text(ecs::HOST_NAME).unwrap_or_default();
        if let Some(joined) = self.coalescer.push(&format!("{source_key} {host}"), event) {
            self.joined(position, time, &joined, found);
        }
    }

    /// The input ended: evaluates what was still open. `position` and `time` are those of the last
    /// event.
    pub fn finish(&mut self, position: u64, time: Timestamp, found: &mut Vec<Found>) {
        for joined in self.coalescer.finish() {
            self.joined(position, time, &joined, found);
        }
    }

    fn joined(
        &mut self,
        position: u64,
        time: Timestamp,
        joined: &Event<'_>,
        found: &mut Vec<Found>,
    ) {
        let mut hits = std::mem::take(&mut self.joined_hits);
        hits.clear();
        self.ruleset
            .engine
            .matches(joined, &mut self.scratch, &mut hits);
        self.one(position, time, joined, &hits, found);
        self.joined_hits = hits;
    }

    fn one(
        &mut self,
        position: u64,
        time: Timestamp,
        event: &Event<'_>,
        hits: &[usize],
        found: &mut Vec<Found>,
    ) {
        if hits.is_empty() {
            return;
        }
        for &index in hits {
            let rule = &self.ruleset.rules.rules[index];
            if rule.generate {
                found.push(Found {
                    rule: RuleRef::Rule(index),
                    matched: self.ruleset.prepared[index].matched_fields(event),
                    events: vec![position],
                    event_count: 1,
                    repeat: false,
                    entity: entity(event),
                });
            }
        }
        self.firings.clear();
        self.correlator
            .observe_within(&self.scope, position, time, event, hits, &mut self.firings);
        for firing in self.firings.drain(..) {
            if self.ruleset.rules.correlations[firing.correlation].generate {
                found.push(Found {
                    rule: RuleRef::Correlation(firing.correlation),
                    entity: if firing.group.is_empty() {
                        entity(event)
                    } else {
                        firing.group.clone()
                    },
                    matched: firing.group,
                    events: firing.events,
                    event_count: firing.event_count,
                    repeat: firing.repeat,
                });
            }
        }
    }
}

/// Whether other records may complete this one.
pub fn is_joinable(event: &Event<'_>) -> bool {
    event
        .log_sources
        .iter()
        .any(|source| source.service.as_deref() == Some("auditd"))
}

/// Longer than any name of an account or host; what is longer is cut, because the sender chooses
/// it and every alert, page and notice holds it. As long as the values that correlations group by.
const ENTITY_BYTES_MAX: usize = 1024;

/// What an alert of a plain rule is about: the first of these that the event names.
fn entity(event: &Event<'_>) -> Vec<(String, String)> {
    [ecs::SOURCE_IP, ecs::USER_NAME, ecs::HOST_NAME]
        .iter()
        .find_map(|name| {
            let value = event.text(name).filter(|value| !value.is_empty())?;
            let cut = value.get(..value.floor_char_boundary(ENTITY_BYTES_MAX));
            Some(vec![((*name).to_owned(), cut.unwrap_or(value).to_owned())])
        })
        .unwrap_or_default()
}
