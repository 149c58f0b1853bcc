//! What the names of a route's events mean. Events of one kind have the same fields in nearly the
//! same order, so that a name is nearly always the one that followed the name before it the last
//! time: one comparison takes the place of looking it up.

use hashbrown::HashMap;

/// Names that are remembered for a route; others are looked up each time.
const NAMES_MAX: usize = 512;

/// Longer names are looked up each time.
const NAME_BYTES_MAX: usize = 128;

/// The names of a route: at most some 200 KiB.
#[derive(Default)]
pub(super) struct Names {
    known: Vec<Known>,
    place_of: HashMap<Box<str>, usize>,
    /// The place of the name with which the last event began.
    first: usize,
    /// For a name that is not remembered.
    other: Meaning,
}

struct Known {
    name: Box<str>,
    meaning: Meaning,
    /// The place of the name that followed the last time.
    next: usize,
}

/// What a name means in a route.
#[derive(Default, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The number of its field, where the route tests it.
    pub(super) field: Option<u32>,
    /// The numbers of the fields that it stands inside, where the route tests them.
    pub(super) around: Vec<u32>,
}

/// Where in an event we are: after which name.
#[derive(Default)]
pub(super) struct After(Option<usize>);

impl Names {
    /// The meaning of the name that is next; `look_up` fills it in where it is not known.
    #[inline]
    pub(super) fn meaning(
        &mut self,
        after: &mut After,
        name: &str,
        look_up: impl FnOnce(&mut Meaning),
    ) -> &Meaning {
        let expected = match after.0.and_then(|place| self.known.get(place)) {
            Some(before) => before.next,
            None => self.first,
        };
        let known = self.known.get(expected);
        if known.is_none_or(|known| *known.name != *name) {
            return self.other_way(after, name, look_up);
        }
        after.0 = Some(expected);
        &self.known[expected].meaning
    }

    #[cold]
    fn other_way(
        &mut self,
        after: &mut After,
        name: &str,
        look_up: impl FnOnce(&mut Meaning),
    ) -> &Meaning {
        let place = match self.place_of.get(name) {
            Some(place) => *place,
            None => {
                let mut meaning = std::mem::take(&mut self.other);
                meaning.field = None;
                meaning.around.clear();
                look_up(&mut meaning);
                if self.known.len() >= NAMES_MAX || name.len() > NAME_BYTES_MAX {
                    self.other = meaning;
                    return &self.other;
                }
                let place = self.known.len();
                self.place_of.insert(name.into(), place);
                self.known.push(Known {
                    name: name.into(),
                    meaning,
                    next: place + 1,
                });
                place
            }
        };
        match after.0.and_then(|before| self.known.get_mut(before)) {
            Some(before) => before.next = place,
            None => self.first = place,
        }
        after.0 = Some(place);
        &self.known[place].meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of events, and which of them are looked up.
    #[test]
    fn names_are_looked_up_once_whatever_their_order() {
        let mut names = Names::default();
        let mut looked_up = Vec::new();
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        let events: [&[&str]; 7] = [
            &["a", "b", "", "c"],
            &["a", "b", "", "c"],
            &["a", "", "c", "d"],
            &["d", "d", "a", "c"],
            &[],
            &[&long, "a", &long],
            &["b", "e"],
        ];
        for event in events {
            let mut after = After::default();
            for name in event {
                let number = u32::from(name.bytes().next().unwrap_or(0));
                let meaning = names.meaning(&mut after, name, |meaning| {
                    looked_up.push((*name).to_owned());
                    meaning.field = Some(number);
                    meaning.around.push(number);
                });
                assert_eq!(meaning.field, Some(number), "{name}");
                assert_eq!(meaning.around, [number], "{name}");
            }
        }
        assert_eq!(looked_up, ["a", "b", "", "c", "d", &long, &long, "e"]);
    }

    #[test]
    fn names_are_bounded() {
        let mut names = Names::default();
        let mut count = 0;
        for _ in 0..2 {
            let mut after = After::default();
            for number in 0..NAMES_MAX + 10 {
                names.meaning(&mut after, &number.to_string(), |_| count += 1);
            }
        }
        assert_eq!(count, NAMES_MAX + 20);
        assert_eq!(names.known.len(), NAMES_MAX);
    }
}
