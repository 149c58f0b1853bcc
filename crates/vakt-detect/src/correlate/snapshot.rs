//! Correlation state as bytes, and back.
//!
//! The bytes are JSON: `{"version", "correlations": [{"id", "fingerprint", "evicted_groups",
//! "evicted_events", "late", "groups": [{"key", "active", "window_start", "chains", "items"}]}]}`, groups least recently
//! touched first. A floating-point number is written as its bits, so that nothing is rounded. State
//! is found again by the correlation's id, and dropped where its fingerprint differs: the rule
//! means something else then.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Correlator;
use super::definition::Definition;
use super::group::{Group, Inner, Item};
use super::groups::Groups;
use super::limits::GROUPS_MAX;
use super::tally::{Chain, Tally};

const VERSION: u32 = 3;

/// What a restored snapshot held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub correlations: usize,
    /// Correlations that are gone or mean something else now.
    pub correlations_dropped: usize,
    pub groups: usize,
}

/// Bytes that are no snapshot. The correlator is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the snapshot of the correlations cannot be written: {0}")]
    Write(#[source] serde_json::Error),
    #[error("the snapshot of the correlations cannot be read: {0}")]
    Read(#[source] serde_json::Error),
    #[error("the snapshot of the correlations has version {found}, this program reads {VERSION}")]
    Version { found: u32 },
    #[error("the snapshot of the correlation {id} contradicts itself")]
    Inconsistent { id: String },
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    version: u32,
    correlations: Vec<CorrelationState>,
}

#[derive(Serialize, Deserialize)]
struct CorrelationState {
    id: String,
    fingerprint: u64,
    evicted_groups: u64,
    evicted_events: u64,
    late: u64,
    groups: Vec<GroupState>,
}

#[derive(Serialize, Deserialize)]
struct GroupState {
    key: Vec<String>,
    active: Option<i64>,
    window_start: usize,
    chains: Option<Vec<Chain>>,
    items: Vec<ItemState>,
}

/// Time, position, input, value, the number's bits, inner (origin, events, hidden, first time and
/// position).
#[derive(Serialize, Deserialize)]
struct ItemState(
    i64,
    u64,
    u32,
    Option<String>,
    u64,
    Option<(u64, Vec<u64>, u64, i64, u64)>,
);

impl Correlator {
    /// The state of all correlations.
    pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
        let states = self.definitions.all.iter().zip(&self.states);
        let snapshot = Snapshot {
            version: VERSION,
            correlations: states
                .filter(|(_, state)| state.len() > 0 || state.evicted_events > 0 || state.late > 0)
                .map(|(definition, state)| CorrelationState {
                    id: definition.id.clone(),
                    fingerprint: definition.fingerprint,
                    evicted_groups: state.evicted_groups,
                    evicted_events: state.evicted_events,
                    late: state.late,
                    groups: state.oldest_first().map(save).collect(),
                })
                .collect(),
        };
        serde_json::to_vec(&snapshot).map_err(SnapshotError::Write)
    }

    /// Replaces all state by that of a snapshot: from here on, the correlator does what the one
    /// that wrote the snapshot would have done.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Restored, SnapshotError> {
        let snapshot: Snapshot = serde_json::from_slice(bytes).map_err(SnapshotError::Read)?;
        if snapshot.version != VERSION {
            return Err(SnapshotError::Version {
                found: snapshot.version,
            });
        }
        let mut states: Vec<Groups> = self.states.iter().map(|_| Groups::default()).collect();
        let mut restored = Restored::default();
        for saved in snapshot.correlations {
            let known = self.definitions.all.iter().position(|definition| {
                definition.id == saved.id && definition.fingerprint == saved.fingerprint
            });
            let Some(index) = known else {
                restored.correlations_dropped += 1;
                continue;
            };
            let definition = &self.definitions.all[index];
            let mut groups = Groups::default();
            groups.evicted_groups = saved.evicted_groups;
            groups.evicted_events = saved.evicted_events;
            groups.late = saved.late;
            for state in saved.groups.into_iter().take(GROUPS_MAX) {
                let key: Arc<[String]> = state.key.clone().into();
                let group = load(definition, state).ok_or_else(|| SnapshotError::Inconsistent {
                    id: saved.id.clone(),
                })?;
                groups.put(key, group);
                restored.groups += 1;
            }
            restored.correlations += 1;
            states[index] = groups;
        }
        self.states = states;
        Ok(restored)
    }

    /// Takes over what `old`, of other rules, has counted: as [`Self::restore`] with its snapshot,
    /// without writing it out. What these rules have no use for stays there.
    pub fn take_over(&mut self, old: &mut Self) -> Restored {
        let mut indices = HashMap::new();
        for (index, definition) in self.definitions.all.iter().enumerate() {
            indices.insert((definition.id.as_str(), definition.fingerprint), index);
        }
        let mut restored = Restored::default();
        for (definition, state) in old.definitions.all.iter().zip(&mut old.states) {
            match indices.get(&(definition.id.as_str(), definition.fingerprint)) {
                Some(index) => {
                    restored.correlations += 1;
                    restored.groups += state.len();
                    self.states[*index] = std::mem::take(state);
                }
                None => restored.correlations_dropped += 1,
            }
        }
        restored
    }
}

fn save((key, group): (&Arc<[String]>, &Group)) -> GroupState {
    GroupState {
        key: key.to_vec(),
        active: group.active,
        window_start: group.window_start,
        chains: match &group.tally {
            Tally::Chains(_, chains) => Some(chains.clone()),
            _ => None,
        },
        items: group.items.iter().map(save_item).collect(),
    }
}

fn save_item(item: &Item) -> ItemState {
    let inner = item.inner.as_ref().map(|inner| {
        let events = inner.events.clone();
        (
            inner.origin,
            events,
            inner.hidden,
            inner.first,
            inner.first_event,
        )
    });
    ItemState(
        item.time,
        item.position,
        item.input,
        item.value.as_ref().map(ToString::to_string),
        item.number.to_bits(),
        inner,
    )
}

fn load(definition: &Definition, state: GroupState) -> Option<Group> {
    let mut group = Group::new(definition);
    // Equal values share their text, as they did before.
    let mut values: HashSet<Arc<str>> = HashSet::new();
    for item in state.items {
        let ItemState(time, position, input, value, number, inner) = item;
        let value = value.map(|value| match values.get(value.as_str()) {
            Some(known) => Arc::clone(known),
            None => {
                let value: Arc<str> = value.into();
                values.insert(Arc::clone(&value));
                value
            }
        });
        let inner = inner.map(|(origin, events, hidden, first, first_event)| {
            Box::new(Inner {
                origin,
                events,
                hidden,
                first,
                first_event,
            })
        });
        group.items.push_back(Item {
            time,
            position,
            input,
            value,
            number: f64::from_bits(number),
            inner,
        });
    }
    if state.window_start > group.items.len() {
        return None;
    }
    group.window_start = state.window_start;
    group.active = state.active;
    for item in group.items.range(state.window_start..) {
        group.tally.enter(definition, item);
    }
    // Chains also lead on from items before the window.
    match (&mut group.tally, state.chains) {
        (Tally::Chains(_, chains), Some(saved))
            if chains.iter().map(Vec::len).eq(saved.iter().map(Vec::len)) =>
        {
            *chains = saved;
        }
        (Tally::Chains(..), _) => return None,
        _ => {}
    }
    Some(group)
}
