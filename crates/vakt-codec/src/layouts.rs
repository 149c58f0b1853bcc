//! In which orders the names of JSON objects come. Events of one kind have the same names in the same
//! order, so that a name is nearly always the one that followed the names before it the last time:
//! one comparison finds where it ends and what it means.
//!
//! The orders are a tree: each node is a name after all those on the way to it. Where an event ends
//! is its [`Layout`].

use std::sync::atomic::{AtomicU64, Ordering};

use vakt_event::{Field, Layout};

use crate::json::NameNotes;
use crate::telling::Telling;

/// Names in the tree. An installation has some thousands; the bound is for senders who invent them.
/// When they are full, all are forgotten: with those of other senders, which come again.
const NODES_MAX: usize = 8_192;

/// Longer names are not known.
const NAME_BYTES_MAX: usize = 128;

/// Different names that may follow the same ones.
const FOLLOWERS_MAX: usize = 64;

/// The names so far.
pub(crate) type NodeId = u32;

/// At most some 5 MiB: most of it what is known of where events end.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// The first one is the beginning of all.
    nodes: Vec<Node>,
    is_full: bool,
}

#[derive(Debug, Default)]
struct Node {
    /// The name and what stands behind it: its quote and colon.
    key: Box<str>,
    /// Of all names on the way.
    notes: NameNotes,
    /// The name that followed the last time; the first node is none.
    expected: NodeId,
    followers: Vec<NodeId>,
    /// Of the events that end here.
    known: Option<Box<(Layout, Telling)>>,
}

impl Layouts {
    /// Where an event begins.
    pub(crate) fn begin(&mut self) -> NodeId {
        if self.is_full {
            *self = Self::default();
        }
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        0
    }

    /// The name that followed these the last time, as JSON writes it: without its first quote, with
    /// its last one and its colon.
    #[inline]
    pub(crate) fn expected(&self, names: NodeId) -> Option<(&str, NodeId)> {
        let expected = self.nodes.get(names as usize)?.expected;
        let node = self.nodes.get(expected as usize)?;
        (expected != 0).then_some((&node.key, expected))
    }

    /// What is to be known of these names.
    pub(crate) fn notes(&self, names: NodeId) -> NameNotes {
        let node = self.nodes.get(names as usize);
        node.map(|node| node.notes).unwrap_or_default()
    }

    /// These names and another one. `None` where there is no room, or JSON has to escape it.
    pub(crate) fn with(&mut self, names: NodeId, name: &str) -> Option<NodeId> {
        let is_key = |key: &str| key.strip_suffix(KEY_END) == Some(name);
        let node = self.nodes.get(names as usize)?;
        let notes = node.notes;
        let known = node.followers.iter().copied().find(|id| {
            let follower = self.nodes.get(*id as usize);
            follower.is_some_and(|follower| is_key(&follower.key))
        });
        let id = match known {
            Some(id) => id,
            None => {
                if name.len() > NAME_BYTES_MAX || name.contains(is_escaped) {
                    return None;
                }
                if node.followers.len() >= FOLLOWERS_MAX || self.nodes.len() >= NODES_MAX {
                    self.is_full = true;
                    return None;
                }
                let id = NodeId::try_from(self.nodes.len()).ok()?;
                self.nodes.push(Node {
                    key: [name, KEY_END].concat().into(),
                    notes: notes.with(name),
                    ..Node::default()
                });
                self.nodes.get_mut(names as usize)?.followers.push(id);
                id
            }
        };
        self.nodes.get_mut(names as usize)?.expected = id;
        Some(id)
    }

    /// What is known of an event with these names and no others.
    pub(crate) fn known(&mut self, names: NodeId, fields: &[Field<'_>]) -> (Layout, Telling) {
        // Ids only have to differ within the process.
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let find_out = || {
            let mut telling = Telling::default();
            telling.note(fields);
            let layout = Layout {
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                fields: fields.len(),
            };
            (layout, telling)
        };
        match self.nodes.get_mut(names as usize) {
            Some(node) => **node.known.get_or_insert_with(|| Box::new(find_out())),
            None => find_out(),
        }
    }
}

/// What stands in no name as JSON writes it.
fn is_escaped(char: char) -> bool {
    matches!(char, '"' | '\\' | '\0'..='\u{1f}')
}

const KEY_END: &str = "\":";

#[cfg(test)]
mod tests {
    use vakt_event::Event;

    use super::*;

    fn walk(layouts: &mut Layouts, names: &[&str]) -> Option<NodeId> {
        let mut at = layouts.begin();
        for name in names {
            at = layouts.with(at, name)?;
        }
        Some(at)
    }

    #[test]
    fn the_same_names_in_the_same_order_are_one_layout() {
        let mut layouts = Layouts::default();
        let ab = walk(&mut layouts, &["a", "b"]).unwrap();
        let others: &[&[&str]] = &[&["b", "a"], &["a"], &["a", "b", "b"], &[], &["a", "bb"]];
        for other in others {
            assert_ne!(walk(&mut layouts, other), Some(ab), "{other:?}");
        }
        assert_eq!(walk(&mut layouts, &["a", "b"]), Some(ab));
        let mut event = Event::default();
        event.sent("time", "");
        let (first, _) = layouts.known(ab, &event.fields);
        let (again, telling) = layouts.known(ab, &event.fields);
        assert_eq!((first.id, again.id, again.fields), (first.id, first.id, 1));
        assert_eq!(telling.of(&event.fields).count(), 1);
        let ba = walk(&mut layouts, &["b", "a"]).unwrap();
        assert_ne!(layouts.known(ba, &event.fields).0.id, first.id);
    }

    #[test]
    fn what_followed_the_last_time_is_expected() {
        let mut layouts = Layouts::default();
        assert_eq!(layouts.begin(), 0);
        assert_eq!(layouts.expected(0), None);
        for name in ["a", "b", "c", "a"] {
            walk(&mut layouts, &[name]);
            let (key, _) = layouts.expected(0).unwrap();
            assert_eq!(key, format!("{name}\":"));
        }
    }

    #[test]
    fn invented_names_are_forgotten_with_all() {
        let mut layouts = Layouts::default();
        let mut lost = 0;
        for number in 0..3 * NODES_MAX {
            let (group, name) = (number / 50 % 50, number.to_string());
            lost += usize::from(walk(&mut layouts, &[&group.to_string(), &name]).is_none());
            assert!(layouts.nodes.len() <= NODES_MAX);
        }
        assert!((1..100).contains(&lost), "{lost}");
        assert_eq!(walk(&mut layouts, &[&"x".repeat(NAME_BYTES_MAX + 1)]), None);
        for name in ["a\"b", "a\\b", "a\nb"] {
            assert_eq!(walk(&mut layouts, &[name]), None);
        }
    }
}
