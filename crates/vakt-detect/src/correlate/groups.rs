//! All groups of one correlation, within bounds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::definition::Definition;
use super::group::{Group, Item, Outcome, Window};
use super::limits::{EVENTS_MAX, GROUPS_MAX};

/// Groups by the values that they share. The standard library's keyed hash, because senders
/// choose the values.
#[derive(Default)]
pub(super) struct Groups {
    by_key: HashMap<Arc<[String]>, Entry>,
    /// The keys by when they were touched, least recently first.
    by_touch: BTreeMap<u64, Arc<[String]>>,
    touches: u64,
    /// Items over all groups.
    items: usize,
    pub(super) evicted_groups: u64,
    pub(super) evicted_events: u64,
    pub(super) late: u64,
}

struct Entry {
    group: Group,
    touched: u64,
}

impl Groups {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// The groups, least recently touched first.
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = (&Arc<[String]>, &Group)> {
        self.by_touch
            .values()
            .filter_map(|key| Some((key, &self.by_key.get(key)?.group)))
    }

    /// The groups, most recently touched first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (&Arc<[String]>, &Group)> {
        self.by_touch
            .values()
            .rev()
            .filter_map(|key| Some((key, &self.by_key.get(key)?.group)))
    }

    /// Puts back a group of a snapshot; they come least recently touched first.
    pub(super) fn put(&mut self, key: Arc<[String]>, group: Group) {
        self.items += group.items.len();
        let touched = self.next_touch(&key);
        self.by_key.insert(key, Entry { group, touched });
    }

    /// Feeds the items of one event to their group; a window in which the condition holds.
    pub(super) fn observe(
        &mut self,
        definition: &Definition,
        key: &Arc<[String]>,
        items: Vec<Item>,
    ) -> Option<Window> {
        if !self.by_key.contains_key(key) && self.by_key.len() >= GROUPS_MAX {
            self.evict_oldest();
        }
        let touched = self.next_touch(key);
        let entry = self.by_key.entry(Arc::clone(key)).or_insert_with(|| Entry {
            group: Group::new(definition),
            touched,
        });
        if entry.touched != touched {
            self.by_touch.remove(&entry.touched);
            entry.touched = touched;
        }
        let before = entry.group.items.len();
        let outcome = entry.group.observe(definition, items);
        let dropped = entry.group.shorten(definition.group_events_max);
        self.items = self.items + entry.group.items.len() - before;
        self.evicted_events += count(dropped);
        while self.items > EVENTS_MAX && self.by_key.len() > 1 {
            self.evict_oldest();
        }
        match outcome {
            Outcome::Fires(window) => Some(window),
            Outcome::Silent => None,
            Outcome::TooLate => {
                self.late += 1;
                None
            }
        }
    }

    pub(super) fn forget_before(&mut self, definition: &Definition, oldest: i64) {
        let span = definition.span_micros;
        let is_over = |entry: &Entry| match entry.group.newest() {
            Some(newest) => newest < oldest - span,
            None => true,
        };
        let Self {
            by_key,
            by_touch,
            items,
            ..
        } = self;
        by_touch.retain(|_, key| match by_key.get(key) {
            Some(entry) if is_over(entry) => {
                *items -= entry.group.items.len();
                by_key.remove(key);
                false
            }
            Some(_) => true,
            None => false,
        });
    }

    fn next_touch(&mut self, key: &Arc<[String]>) -> u64 {
        self.touches += 1;
        self.by_touch.insert(self.touches, Arc::clone(key));
        self.touches
    }

    fn evict_oldest(&mut self) {
        if let Some((_, key)) = self.by_touch.pop_first()
            && let Some(entry) = self.by_key.remove(&key)
        {
            self.items -= entry.group.items.len();
            self.evicted_groups += 1;
            self.evicted_events += count(entry.group.items.len());
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
