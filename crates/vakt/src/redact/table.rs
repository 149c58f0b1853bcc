//! The fields that are redacted in one stream.

use std::fmt;

use vakt_event::alias::canonical;

use super::{Action, Rule};

/// What is done with which fields.
#[derive(Default)]
pub(super) struct Table {
    /// The lengths of the names, as bits, 63 and longer as the last one: most names of most events
    /// are none of these, and this shows it without comparing them.
    lengths: u64,
    /// Canonical names, in order.
    fields: Vec<(String, Action)>,
}

impl Table {
    /// What `rules` say of `stream`; of a stream that none names, with `None`.
    pub(super) fn of(rules: &[Rule], stream: Option<&String>) -> Self {
        let mut table = Self::default();
        for rule in rules {
            let applies = match (&rule.streams, stream) {
                (None, _) => true,
                (Some(streams), Some(stream)) => streams.contains(stream),
                (Some(_), None) => false,
            };
            for field in rule.fields.iter().filter(|_| applies) {
                if table.fields.iter().all(|(known, _)| known != field) {
                    table.lengths |= length_bit(field);
                    table.fields.push((field.clone(), rule.action));
                }
            }
        }
        table.fields.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        table
    }

    /// What is done with the field `name`, in any of its names.
    pub(super) fn action(&self, name: &str) -> Option<Action> {
        if self.lengths == 0 {
            return None;
        }
        let name = canonical(name);
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, action)| *action)
    }
}

/// One line a field.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields
            .iter()
            .try_for_each(|(field, action)| writeln!(f, "{} {field}", action.name()))
    }
}

fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}
