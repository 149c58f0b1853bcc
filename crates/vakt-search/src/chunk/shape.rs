//! Which events of a chunk are alike: those that have the same fields in the same order.

use hashbrown::HashMap;

use super::names::Slot;

/// The most shapes that are told apart in a chunk. Each has an open block; sources of one kind give a dozen.
const SHAPES_MAX: usize = 128;

/// The shape of an event, from where its fields go one after the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields(u64);

impl Fields {
    pub(super) fn see(&mut self, slot: Slot) {
        let number = match slot {
            Slot::Nowhere => 0,
            Slot::Beyond => 1,
            Slot::Column(index) => index as u64 + 2,
        };
        // An odd number with bits all over. That shapes are taken for one does no harm.
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// The shapes of a chunk, by number.
#[derive(Default)]
pub(super) struct Shapes {
    numbers: HashMap<u64, u8>,
}

impl Shapes {
    /// The number of a shape. When there are too many, the others are taken for one.
    pub(super) fn number(&mut self, fields: Fields) -> u8 {
        if let Some(number) = self.numbers.get(&fields.0) {
            return *number;
        }
        let known = self.numbers.len().min(SHAPES_MAX - 1);
        let number = u8::try_from(known).unwrap_or(u8::MAX);
        if known < SHAPES_MAX - 1 {
            self.numbers.insert(fields.0, number);
        }
        number
    }

    /// Takes everything out, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(columns: &[usize]) -> Fields {
        let mut fields = Fields::default();
        for column in columns {
            fields.see(Slot::Column(*column));
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
        shapes.clear();
        assert_eq!(shapes.number(fields(&[9])), 0);
    }
}
