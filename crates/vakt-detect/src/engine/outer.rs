//! Fields that are there because others stand inside them: `a` in an event with `a.b`.

use hashbrown::HashMap;
use vakt_event::alias;

/// The fields of which some rule asks whether they are there (`exists`, `null`), by every name that
/// means them.
pub(super) struct Outer {
    number_of: HashMap<Box<str>, u32>,
    /// A sieve before the table: for each first byte, the lengths (as bits, 63 and longer as the last
    /// one) of the names that begin with it. Most parts of most names are in no rule.
    lengths: Box<[u64; 256]>,
}

impl Default for Outer {
    fn default() -> Self {
        Self {
            number_of: HashMap::new(),
            lengths: Box::new([0; 256]),
        }
    }
}

impl Outer {
    /// Takes in a field by its canonical name.
    pub(super) fn add(&mut self, canonical: &str, number: u32) {
        for name in alias::synonyms(canonical) {
            if let Some(first) = name.as_bytes().first() {
                self.lengths[usize::from(*first)] |= length_bit(name.len());
                self.number_of.insert(name.into(), number);
            }
        }
    }

    /// The fields that the named one stands inside; the name is one without its envelope.
    pub(super) fn around(&self, name: &str) -> impl Iterator<Item = u32> {
        let first = name.as_bytes().first().copied().unwrap_or_default();
        let lengths = self.lengths[usize::from(first)];
        // Without a rule that could care, the name is not looked at.
        let name = if lengths == 0 { "" } else { name };
        memchr::memchr_iter(b'.', name.as_bytes())
            .filter(move |length| lengths & length_bit(*length) != 0)
            .filter_map(|length| self.number_of.get(name.get(..length)?).copied())
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_around_a_name() {
        let mut outer = Outer::default();
        for (name, number) in [("a", 1), ("a.b", 2), ("process.executable", 3)] {
            outer.add(name, number);
        }
        let check = |name: &str, expected: &[u32]| {
            assert_eq!(outer.around(name).collect::<Vec<_>>(), expected, "{name}");
        };
        check("a", &[]);
        check("a.", &[1]);
        check("a.b", &[1]);
        check("a.b.c", &[1, 2]);
        check("ab.c", &[]);
        check("b.a", &[]);
        check("Image.x", &[3]);
        check("process.executable.x", &[3]);
        check("", &[]);
        check(".", &[]);
    }
}
