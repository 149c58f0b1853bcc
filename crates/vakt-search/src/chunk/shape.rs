//! Which events of a chunk are alike: those that have the same fields in the same order.

use hashbrown::HashMap;

/// The most shapes of a chunk; the last is all that are not told apart. Each has an open block; sources of one kind
/// give a dozen.
const SHAPES_MAX: usize = 128;

/// The shape of an event, from the names of its fields one after the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields(u64);

impl Fields {
    /// `name` is a hash of a field's name that is the same in every chunk.
    pub(super) fn see(&mut self, name: u64) {
        // An odd number with bits all over. That shapes are taken for one does no harm.
        self.0 = (self.0.rotate_left(5) ^ name).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// The shapes of a chunk, by number.
#[derive(Default)]
pub(super) struct Shapes {
    numbers: HashMap<u64, u8>,
    /// What tells each from others.
    keys: Vec<u32>,
}

impl Shapes {
    /// The number of a shape. When there are too many, the others are taken for one.
    pub(super) fn number(&mut self, fields: Fields) -> u8 {
        if let Some(number) = self.numbers.get(&fields.0) {
            return *number;
        }
        let others = SHAPES_MAX - 1;
        let number = u8::try_from(self.keys.len().min(others)).unwrap_or(u8::MAX);
        if self.keys.len() < others {
            self.numbers.insert(fields.0, number);
            let [.., a, b, c, d] = fields.0.to_be_bytes();
            self.keys.push(u32::from_be_bytes([a, b, c, d]));
        } else if self.keys.len() == others {
            self.keys.push(0);
        }
        number
    }

    /// What tells each from others, by number.
    pub(super) fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// Takes everything out, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.keys.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &[u64]) -> Fields {
        let mut fields = Fields::default();
        for name in names {
            fields.see(*name);
        }
        fields
    }

    #[test]
    fn shapes_beyond_the_most_are_one() {
        let mut shapes = Shapes::default();
        assert_eq!(shapes.number(fields(&[1, 2])), 0);
        assert_eq!(shapes.number(fields(&[2, 1])), 1);
        assert_eq!(shapes.number(fields(&[1, 2])), 0);
        let numbers: Vec<u8> = (0..300).map(|n| shapes.number(fields(&[n, n]))).collect();
        assert_eq!((numbers[0], numbers[124], numbers[125]), (2, 126, 127));
        assert!(numbers[125..].iter().all(|number| *number == 127));
        let keys = shapes.keys();
        assert_eq!((keys.len(), keys[127]), (128, 0));
        assert!(keys[0] != keys[1]);
        shapes.clear();
        assert_eq!(shapes.number(fields(&[9])), 0);
        assert_eq!(shapes.keys().len(), 1);
    }
}
