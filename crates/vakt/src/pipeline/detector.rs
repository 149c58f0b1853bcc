//! Matching and correlation in the order of the events: the part that scan, rule tests and the
//! daemon share.

use std::sync::Arc;
use std::time::Instant;

use vakt_codec::{Coalescer, Joined};
use vakt_detect::correlate::Seen;
use vakt_detect::evidence::View;
use vakt_detect::{Correlator, Firing, Scratch};
use vakt_event::{Event, EventTime, Timestamp, ecs};
use vakt_rules::ast::{Metadata, RuleRef};

use super::log_sources::SeenLogSources;
use super::rule_activity::Tally;
use crate::ruleset::Ruleset;

/// A rule that matched, or a correlation whose condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub rule: RuleRef,
    /// The fields that made it match; of a correlation, those that it groups by.
    pub matched: Vec<(String, String)>,
    /// The positions of the event that completed it: several, in rising order, where it was joined
    /// from several records.
    pub completing: Vec<u64>,
    /// The completing event's own times and host.
    pub time: EventTime,
    pub host: Option<String>,
    /// The positions of the events that took part, in rising order; the oldest and the newest where
    /// there are more than the correlator keeps.
    pub events: Vec<u64>,
    /// How many events took part.
    pub event_count: u64,
    /// The position of the event with the earliest time.
    pub first_event: u64,
    /// The first and the last time, as correlation takes it.
    pub first_time: Timestamp,
    pub last_time: Timestamp,
    /// The correlation's condition held already before this event.
    pub repeat: bool,
    /// What the alert is about: the group of a correlation, else an address, user or host.
    pub entity: Vec<(String, String)>,
    /// The address, the user and the host that the completing event names.
    pub subjects: Vec<(String, String)>,
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
    /// The time of an event that windows go by.
    time_of: fn(&EventTime) -> Option<Timestamp>,
    /// That of an event that has none: of the one before it.
    last_time: Timestamp,
    joined_hits: Vec<usize>,
    /// What the events since it was last taken led to, for whoever explains; `None` keeps nothing.
    trace: Option<(Vec<usize>, Vec<usize>)>,
    /// Takes the log sources of joined records.
    seen: Option<Arc<SeenLogSources>>,
    /// Counts and measures what the rules do.
    tally: Option<Tally>,
}

/// Where an event stands, that was sent or joined.
struct Place<'p> {
    /// In rising order.
    records: &'p [u64],
    /// How many more records there were.
    hidden: u64,
}

impl<'r> Detector<'r> {
    /// Events of files and rule tests: their own time is all there is.
    pub fn new(ruleset: &'r Ruleset) -> Self {
        Self::with(ruleset, Coalescer::new(), EventTime::effective)
    }

    /// Events as they are received; `coalescer` is that of the detector before this one.
    pub fn in_stream(ruleset: &'r Ruleset, coalescer: Coalescer) -> Self {
        Self::with(ruleset, coalescer, stream_time)
    }

    fn with(
        ruleset: &'r Ruleset,
        coalescer: Coalescer,
        time_of: fn(&EventTime) -> Option<Timestamp>,
    ) -> Self {
        Self {
            scratch: ruleset.engine.scratch(),
            coalescer,
            correlator: ruleset.correlator.fresh(),
            firings: Vec::new(),
            scope: String::new(),
            time_of,
            last_time: Timestamp::default(),
            joined_hits: Vec::new(),
            trace: None,
            seen: None,
            tally: None,
            ruleset,
        }
    }

    /// The records that are not joined yet and what is counted, for the detector of other rules;
    /// and what is of no use to it.
    pub fn into_parts(self) -> (Coalescer, Correlator, Scratch) {
        (self.coalescer, self.correlator, self.scratch)
    }

    /// Counts and measures from here on.
    pub fn tally(&mut self, tally: Tally) {
        self.tally = Some(tally);
    }

    /// Whether what the rules do from here on counts.
    pub fn counting(&mut self, counting: bool) {
        if let Some(tally) = &mut self.tally {
            tally.counting = counting;
        }
    }

    /// What was counted has had its effect.
    pub fn publish_counts(&mut self) {
        if let Some(tally) = &mut self.tally {
            tally.publish();
        }
    }

    /// Keeps from here on what [`Self::take_trace`] gives.
    pub fn trace(&mut self) {
        self.trace = Some(Default::default());
    }

    /// The rules that matched, and the correlations whose condition held, since the last call.
    pub fn take_trace(&mut self) -> (Vec<usize>, Vec<usize>) {
        self.trace.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Tells `seen` the log sources of records that are joined here; those of events as they come
    /// are the caller's to tell.
    pub fn remember_log_sources(&mut self, seen: &Arc<SeenLogSources>) {
        self.seen = Some(Arc::clone(seen));
    }

    /// The rules that match `event`, by index: independent of every other event.
    pub fn matches(&mut self, event: &Event<'_>, hits: &mut Vec<usize>) {
        let (engine, scratch) = (&self.ruleset.engine, &mut self.scratch);
        match self.tally.as_mut().and_then(Tally::begin_event) {
            Some(mut measuring) => {
                engine.matches_sampled(event, scratch, hits, measuring.costs());
            }
            None => engine.matches(event, scratch, hits),
        }
    }

    /// What is observed from here on belongs to this stream, and is a drill or is not: events of
    /// different customers, or of an exercise and the real world, never add up.
    pub fn within(&mut self, stream: &str, drill: bool) {
        self.scope.clear();
        self.scope.push_str(if drill { "drill " } else { "" });
        self.scope.push_str(stream);
    }

    /// What follows from `event`, whose matches are `hits`, and from what it completes.
    pub fn observe(
        &mut self,
        position: u64,
        source_key: &str,
        event: &Event<'_>,
        hits: &[usize],
        found: &mut Vec<Found>,
    ) {
        let place = Place {
            records: &[position],
            hidden: 0,
        };
        self.one(&place, event, hits, found);
        if let Some(joined) = self.join(position, source_key, event) {
            self.joined(&joined, found);
        }
    }

    /// Takes `event` only as a record that later ones may complete: what it completed itself had
    /// its effect before.
    pub fn remember(&mut self, position: u64, source_key: &str, event: &Event<'_>) {
        self.join(position, source_key, event);
    }

    /// The input ended: evaluates what was still open.
    pub fn finish(&mut self, found: &mut Vec<Found>) {
        for joined in self.coalescer.finish() {
            self.joined(&joined, found);
        }
    }

    fn join(&mut self, position: u64, source_key: &str, event: &Event<'_>) -> Option<Joined> {
        if !is_joinable(event) {
            return None;
        }
        let host = event.text(ecs::HOST_NAME).unwrap_or_default();
        self.coalescer
            .push(&format!("{source_key} {host}"), position, event)
    }

    fn joined(&mut self, joined: &Joined, found: &mut Vec<Found>) {
        if let Some(seen) = &self.seen {
            let time = (self.time_of)(&joined.event.time).unwrap_or(self.last_time);
            seen.observe(&joined.event.log_sources, time);
        }
        let mut hits = std::mem::take(&mut self.joined_hits);
        hits.clear();
        self.matches(&joined.event, &mut hits);
        let mut records = joined.records.clone();
        records.sort_unstable();
        let place = Place {
            hidden: joined.record_count.saturating_sub(count(records.len())),
            records: &records,
        };
        self.one(&place, &joined.event, &hits, found);
        self.joined_hits = hits;
    }

    fn one(
        &mut self,
        place: &Place<'_>,
        event: &Event<'_>,
        hits: &[usize],
        found: &mut Vec<Found>,
    ) {
        let time = (self.time_of)(&event.time).unwrap_or(self.last_time);
        self.last_time = time;
        let (Some(&first_event), Some(&position)) = (place.records.first(), place.records.last())
        else {
            return;
        };
        if hits.is_empty() {
            return;
        }
        if let Some((traced, _)) = &mut self.trace {
            traced.extend(hits);
        }
        if let Some(tally) = &mut self.tally {
            tally.rules_matched(hits);
        }
        let mut measuring = self.tally.as_ref().and_then(Tally::measuring);
        let view = View::of(event);
        let host = event.text(ecs::HOST_NAME);
        let subjects = subjects(event);
        let entity: Vec<(String, String)> = subjects.first().cloned().into_iter().collect();
        let of_rule = |index: usize| Found {
            rule: RuleRef::Rule(index),
            matched: self.ruleset.prepared[index].evidence(&view),
            completing: place.records.to_vec(),
            time: event.time,
            host: host.map(str::to_owned),
            events: place.records.to_vec(),
            event_count: count(place.records.len()) + place.hidden,
            first_event,
            first_time: time,
            last_time: time,
            repeat: false,
            entity: entity.clone(),
            subjects: subjects.clone(),
        };
        let rules = &self.ruleset.rules;
        let wanted = hits.iter().filter(|index| rules.rules[**index].generate);
        for index in wanted {
            let started = measuring.is_some().then(Instant::now);
            found.push(of_rule(*index));
            if let (Some(measuring), Some(started)) = (&mut measuring, started) {
                measuring.costs().charge_rule(*index, started);
            }
        }
        let seen = Seen {
            scope: &self.scope,
            position,
            time,
            records: if place.records.len() > 1 {
                place.records
            } else {
                &[]
            },
            records_hidden: place.hidden,
        };
        self.firings.clear();
        let (correlator, firings) = (&mut self.correlator, &mut self.firings);
        match &mut measuring {
            Some(measuring) => {
                correlator.observe_sampled(&seen, event, hits, firings, measuring.costs());
            }
            None => correlator.observe_seen(&seen, event, hits, firings),
        }
        drop(measuring);
        for firing in self.firings.drain(..) {
            if let Some(tally) = &mut self.tally {
                tally.correlation_held(firing.correlation);
            }
            if let Some((_, traced)) = &mut self.trace {
                traced.push(firing.correlation);
            }
            if !rules.correlations[firing.correlation].generate {
                continue;
            }
            found.push(Found {
                rule: RuleRef::Correlation(firing.correlation),
                entity: if firing.group.is_empty() {
                    entity.clone()
                } else {
                    firing.group.clone()
                },
                matched: firing.group,
                completing: place.records.to_vec(),
                time: event.time,
                host: host.map(str::to_owned),
                events: firing.events,
                event_count: firing.event_count,
                first_event: firing.first_event,
                first_time: firing.first_time,
                last_time: firing.last_time,
                repeat: firing.repeat,
                subjects: subjects.clone(),
            });
        }
    }
}

/// The time that windows go by in the stream: what the event claims, but never later than receipt.
/// A clock that is ahead, by minutes or by years, can thus neither close nor move the window of
/// others; nor can an event that claims to be old, which is late there. Back-filled logs keep the
/// distances between their events.
pub fn stream_time(time: &EventTime) -> Option<Timestamp> {
    match (time.claimed, time.received) {
        (Some(claimed), Some(received)) => Some(claimed.min(received)),
        (claimed, received) => received.or(claimed),
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
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

/// What an alert of a plain rule is about: the first of these that the event names. The others say
/// whom it concerns, too.
fn subjects(event: &Event<'_>) -> Vec<(String, String)> {
    [ecs::SOURCE_IP, ecs::USER_NAME, ecs::HOST_NAME]
        .iter()
        .filter_map(|name| {
            let value = event.text(name).filter(|value| !value.is_empty())?;
            let cut = value.get(..value.floor_char_boundary(ENTITY_BYTES_MAX));
            Some(((*name).to_owned(), cut.unwrap_or(value).to_owned()))
        })
        .collect()
}
