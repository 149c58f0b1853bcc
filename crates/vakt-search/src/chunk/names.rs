//! Where the values of a name go.

use hashbrown::HashMap;

use super::COLUMNS_MAX;

/// Where the values of a name go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Column(usize),
    /// Vakt's own, whatever is sent under that name.
    Nowhere,
    /// There are too many names.
    Beyond,
}

/// The names that fields had. Events of a kind have theirs in one order: what followed a name the last
/// time is looked at first, and seldom anything else.
#[derive(Default)]
pub(super) struct Names {
    known: Vec<Name>,
    numbers: HashMap<String, usize>,
    /// The name before.
    last: usize,
}

struct Name {
    name: String,
    slot: Slot,
    /// What followed it the last time.
    next: usize,
}

impl Names {
    pub(super) fn get(&mut self, name: &str) -> Option<Slot> {
        let guess = self.known.get(self.last).map_or(0, |last| last.next);
        if let Some(next) = self.known.get(guess)
            && next.name == name
        {
            self.last = guess;
            return Some(next.slot);
        }
        let number = *self.numbers.get(name)?;
        self.follow(number);
        self.known.get(number).map(|known| known.slot)
    }

    /// Remembers the name. Those beyond the bound are looked up again each time.
    pub(super) fn insert(&mut self, name: &str, slot: Slot) {
        if self.known.len() >= 2 * COLUMNS_MAX {
            return;
        }
        let number = self.known.len();
        self.known.push(Name {
            name: name.to_owned(),
            slot,
            next: 0,
        });
        self.numbers.insert(name.to_owned(), number);
        self.follow(number);
    }

    fn follow(&mut self, number: usize) {
        if let Some(last) = self.known.get_mut(self.last) {
            last.next = number;
        }
        self.last = number;
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_order() {
        let mut names = Names::default();
        assert!(names.get("a").is_none());
        for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
            names.insert(name, Slot::Column(at));
        }
        for order in ["abc", "abc", "cba", "aab", "bca", "abc"] {
            for (at, name) in order.chars().map(|c| (u32::from(c) - 97, c.to_string())) {
                assert!(
                    names.get(&name) == Some(Slot::Column(at as usize)),
                    "{order}"
                );
                assert!(names.get("d").is_none());
            }
        }
        names.clear();
        assert!(names.get("a").is_none());
    }
}
