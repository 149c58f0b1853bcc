//! The events of one group of one correlation, and the windows over them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::definition::{Definition, Fnv};
use super::limits::{FIRING_EVENTS_MAX, FIRING_OLDEST_EVENTS, INNER_LOOK_BACK};
use super::tally::Tally;
use super::{Firing, Seen};

/// One event in a group; where inputs count for themselves, one for each input that it matched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// Microseconds since the epoch.
    pub(super) time: i64,
    pub(super) position: u64,
    pub(super) input: u32,
    /// What `value_count` counts.
    pub(super) value: Option<Arc<str>>,
    /// What the numeric kinds add up; of `event_count`, how many events this one stands for.
    pub(super) number: f64,
    /// What an inner correlation counted, or the records that the event was joined from.
    pub(super) inner: Option<Box<Inner>>,
}

/// The events that an inner correlation's firing, or one that was joined, brings along.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inner {
    /// Tells the groups of the inner correlation apart; differs for each joined event.
    pub(super) origin: u64,
    /// Ascending.
    pub(super) events: Vec<u64>,
    /// How many more there were.
    pub(super) hidden: u64,
    pub(super) first: i64,
    /// The position of the event that came first.
    pub(super) first_event: u64,
}

/// Items in order, from two timespans before the newest on: late events are judged in windows
/// that reach that far back.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Ascending by [`Item::key`].
    pub(super) items: VecDeque<Item>,
    /// The first item of the newest window, which `tally` describes.
    pub(super) window_start: usize,
    pub(super) tally: Tally,
    /// The end of the last window that fired, until one does not.
    pub(super) active: Option<i64>,
}

/// A window in which the condition holds.
pub(super) struct Window {
    pub(super) events: Vec<u64>,
    pub(super) event_count: u64,
    pub(super) first: i64,
    pub(super) first_event: u64,
    pub(super) last: i64,
    pub(super) repeat: bool,
}

/// What became of an event.
pub(super) enum Outcome {
    Fires(Window),
    Silent,
    TooLate,
}

impl Item {
    /// Of one event the last input comes first, so that a chain never uses an event twice.
    fn key(&self) -> (i64, u64, Reverse<u32>) {
        (self.time, self.position, Reverse(self.input))
    }

    /// A further input of the same event, in a kind that counts the event once.
    pub(super) fn join(&mut self, inner: Option<Inner>) {
        match (&mut self.inner, inner) {
            (Some(all), Some(more)) => {
                all.events.extend(more.events);
                all.events.sort_unstable();
                all.events.dedup();
                all.hidden = if all.origin == more.origin {
                    all.hidden.max(more.hidden)
                } else {
                    all.hidden + more.hidden
                };
                (all.first, all.first_event) =
                    (all.first, all.first_event).min((more.first, more.first_event));
            }
            (all @ None, Some(more)) => *all = Some(Box::new(more)),
            (_, None) => {}
        }
    }

    /// Time and position of the earliest event that it stands for.
    fn first(&self) -> (i64, u64) {
        let own = (self.time, self.position);
        match &self.inner {
            Some(inner) => (inner.first, inner.first_event).min(own),
            None => own,
        }
    }
}

impl Inner {
    pub(super) fn of(firing: &Firing, key: &[String]) -> Self {
        let mut origin = Fnv::default();
        (firing.correlation, key).hash(&mut origin);
        let listed = u64::try_from(firing.events.len()).unwrap_or(u64::MAX);
        Self {
            origin: origin.finish(),
            events: firing.events.clone(),
            hidden: firing.event_count.saturating_sub(listed),
            first: firing.first_time.micros(),
            first_event: firing.first_event,
        }
    }

    /// Whether its count holds the event at `position`, which is no later than the firing. What it
    /// leaves out of its list lies after the first of it.
    fn counts(&self, position: u64) -> bool {
        let is_after_first = self.events.first().is_some_and(|first| position > *first);
        (self.hidden > 0 && is_after_first) || self.events.binary_search(&position).is_ok()
    }

    /// `None` for an event that is one record.
    pub(super) fn of_records(seen: &Seen<'_>) -> Option<Self> {
        let first_event = *seen.records.iter().min()?;
        let mut origin = Fnv::default();
        ("records", seen.position).hash(&mut origin);
        let mut events = seen.records.to_vec();
        events.sort_unstable();
        events.dedup();
        Some(Self {
            origin: origin.finish(),
            events,
            hidden: seen.records_hidden,
            first: seen.time.micros(),
            first_event,
        })
    }
}

impl Group {
    pub(super) fn new(definition: &Definition) -> Self {
        Self {
            items: VecDeque::new(),
            window_start: 0,
            tally: Tally::new(definition),
            active: None,
        }
    }

    /// Takes the items of one event and judges the windows that hold it.
    pub(super) fn observe(&mut self, definition: &Definition, mut items: Vec<Item>) -> Outcome {
        items.sort_unstable_by_key(Item::key);
        let Some((time, position)) = items.first().map(|item| (item.time, item.position)) else {
            return Outcome::Silent;
        };
        let span = definition.span_micros;
        if self.newest().is_some_and(|newest| time < newest - span) {
            return Outcome::TooLate;
        }
        for item in &items {
            self.keep_positions_once(item);
        }
        // One that was joined stands where its last record does, and comes a little later.
        let newest = self.items.back();
        let in_order =
            newest.is_none_or(|newest| (newest.time, newest.position) <= (time, position));
        let window = if in_order {
            self.append(definition, items);
            self.newest_window(definition)
        } else {
            let at = self.insert(definition, items);
            self.window_with(definition, at)
        };
        let Some((start, end)) = window else {
            if in_order {
                self.active = None;
            }
            return Outcome::Silent;
        };
        let last = self.items[end].time;
        let repeat = self
            .active
            .is_some_and(|active| (last - active).abs() <= span);
        self.active = self.active.max(Some(last));
        Outcome::Fires(self.describe(start, end, repeat))
    }

    /// Drops the oldest items beyond `max`; how many that were.
    pub(super) fn shorten(&mut self, max: usize) -> usize {
        let excess = self.items.len().saturating_sub(max);
        for _ in 0..excess {
            self.drop_oldest();
        }
        excess
    }

    pub(super) fn newest(&self) -> Option<i64> {
        self.items.back().map(|item| item.time)
    }

    /// The items of the newest window.
    pub(super) fn window(&self) -> impl Iterator<Item = &Item> {
        self.items.range(self.window_start.min(self.items.len())..)
    }

    /// Whether the condition holds in the newest window.
    pub(super) fn holds(&self, definition: &Definition) -> bool {
        self.newest_window(definition).is_some()
    }

    fn append(&mut self, definition: &Definition, items: Vec<Item>) {
        for item in items {
            self.tally.enter(definition, &item);
            self.items.push_back(item);
        }
        let newest = self.newest().unwrap_or(0);
        let span = definition.span_micros;
        while let Some(item) = self.items.get(self.window_start)
            && item.time < newest - span
        {
            self.tally.leave(item);
            self.window_start += 1;
        }
        while let Some(oldest) = self.items.front()
            && oldest.time < newest - 2 * span
        {
            self.drop_oldest();
        }
    }

    /// Inserts late items, which lie within the newest window; where they stand now.
    fn insert(&mut self, definition: &Definition, items: Vec<Item>) -> usize {
        let mut first = self.items.len();
        for item in items {
            let at = self.items.partition_point(|other| other.key() < item.key());
            first = first.min(at);
            self.tally.enter(definition, &item);
            self.items.insert(at, item);
        }
        self.tally.lead_again(definition, self.items.iter());
        first
    }

    fn drop_oldest(&mut self) {
        if let Some(item) = self.items.pop_front() {
            if self.window_start == 0 {
                self.tally.leave(&item);
            }
            self.window_start = self.window_start.saturating_sub(1);
        }
    }

    fn newest_window(&self, definition: &Definition) -> Option<(usize, usize)> {
        let end = self.items.len().checked_sub(1)?;
        let window = self.items.range(self.window_start..);
        let start = self.items[end].time - definition.span_micros;
        self.tally
            .holds(definition, start, window)
            .then_some((self.window_start, end))
    }

    /// The earliest window in which the condition holds and which holds the late event at `at`.
    fn window_with(&self, definition: &Definition, at: usize) -> Option<(usize, usize)> {
        let span = definition.span_micros;
        let position = self.items[at].position;
        let mut tally = Tally::new(definition);
        let mut start = 0;
        for (end, item) in self.items.iter().enumerate() {
            tally.enter(definition, item);
            while self.items[start].time < item.time - span {
                tally.leave(&self.items[start]);
                start += 1;
            }
            let next = self.items.get(end + 1);
            let same_event_goes_on =
                next.is_some_and(|next| (next.time, next.position) == (item.time, item.position));
            let judged = match tally {
                Tally::Numbers => item.position == position || next.is_none(),
                _ => end >= at,
            };
            if !judged || same_event_goes_on {
                continue;
            }
            let window = self.items.range(start..=end);
            if tally.holds(definition, item.time - span, window) {
                return Some((start, end));
            }
        }
        None
    }

    fn describe(&self, start: usize, end: usize, repeat: bool) -> Window {
        let window = self.items.range(start..=end);
        let mut events: Vec<u64> = Vec::new();
        let mut hidden = 0;
        let mut first = (i64::MAX, u64::MAX);
        // By input and inner group, the firing that counts more than it lists.
        let mut hiding: BTreeMap<(u32, u64), &Inner> = BTreeMap::new();
        for item in window.clone().rev() {
            if let Some(inner) = &item.inner
                && inner.hidden > 0
            {
                hiding.entry((item.input, inner.origin)).or_insert(inner);
            }
        }
        for item in window {
            first = first.min(item.first());
            let mut is_counted = false;
            if let Some(inner) = &item.inner {
                events.extend(&inner.events);
                hidden += inner.hidden;
                is_counted = hiding
                    .get(&(item.input, inner.origin))
                    .is_some_and(|newest| newest.counts(item.position));
            }
            if !is_counted {
                events.push(item.position);
            }
        }
        events.sort_unstable();
        events.dedup();
        let listed = u64::try_from(events.len()).unwrap_or(u64::MAX);
        let excess = events.len().saturating_sub(FIRING_EVENTS_MAX);
        if excess > 0 {
            events.drain(FIRING_OLDEST_EVENTS..FIRING_OLDEST_EVENTS + excess);
        }
        Window {
            events,
            event_count: listed.saturating_add(hidden),
            first: first.0,
            first_event: first.1,
            last: self.items[end].time,
            repeat,
        }
    }

    /// An inner correlation that fires at every event would bring its whole window each time.
    /// The firing before keeps only what the new one does not list.
    fn keep_positions_once(&mut self, item: &Item) {
        let Some(new) = &item.inner else {
            return;
        };
        let earlier = self.items.iter_mut().rev().take(INNER_LOOK_BACK);
        let inner = earlier
            .filter(|earlier| earlier.input == item.input)
            .filter_map(|earlier| earlier.inner.as_mut())
            .find(|earlier| earlier.origin == new.origin);
        if let Some(inner) = inner {
            // What the new one leaves out of its list lies between its first and its last.
            let hides = |position: &u64| {
                new.hidden > 0 && new.events.first().is_some_and(|first| position > first)
            };
            inner
                .events
                .retain(|position| !hides(position) && new.events.binary_search(position).is_err());
            inner.events.shrink_to_fit();
            inner.hidden = 0;
        }
    }
}
