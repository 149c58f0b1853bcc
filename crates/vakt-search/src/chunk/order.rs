//! The order in which a chunk keeps its events: those of one shape together, which then take less room.
//!
//! ```text
//! order  = shapes(LEB128) { key(u32) } blocks(LEB128) { block } { shape(1 byte) }
//! block  = runs(LEB128) { shape(1 byte) length(LEB128) }
//! ```
//!
//! First what tells each shape from others, also those of other chunks; then of which events each block is: so
//! many of one shape, as they came; then the shape of each event as they came. Columns have events by shape, those
//! of one shape as they came. All numbers are little-endian.

use std::ops::Range;

use super::pack::{Input, put_varint};
use crate::fault::Fault;

/// Events of one shape that are in one block, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) shape: u8,
    pub(super) length: u32,
}

/// Where each event is kept. An event has a number, by which it came, and a rank, by which columns have it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Order {
    ranks: Vec<u16>,
    docs: Vec<u16>,
    shapes: Vec<Shape>,
    /// Ascending by block and place in it.
    kept: Vec<Kept>,
    /// The same ascending by rank, as numbers of those.
    by_rank: Vec<u16>,
}

/// The events of one shape.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    key: u32,
    ranks: Range<u32>,
}

/// Where the events of a run are.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    ranks: Range<u32>,
    block: usize,
    /// The place of the first in the block.
    index: u32,
}

impl Shape {
    /// The shapes with these `keys`, of events with these `shapes`.
    fn of(shapes: &[u8], keys: &[u32]) -> Option<Vec<Self>> {
        let mut counts = vec![0_u32; keys.len()];
        for shape in shapes {
            *counts.get_mut(usize::from(*shape))? += 1;
        }
        let mut end = 0;
        let of_shapes = counts.iter().zip(keys).map(|(count, key)| {
            end += count;
            let ranks = end - count..end;
            Self { key: *key, ranks }
        });
        Some(of_shapes.collect())
    }
}

impl Kept {
    /// Where blocks with these runs have the events of the shapes; `None` if not each event is in one of them.
    fn of<'r>(shapes: &[Shape], blocks: impl Iterator<Item = &'r [Run]>) -> Option<Vec<Self>> {
        let mut nexts: Vec<u32> = shapes.iter().map(|shape| shape.ranks.start).collect();
        let mut all = Vec::new();
        for (block, runs) in blocks.enumerate() {
            let mut index = 0_u32;
            for run in runs {
                let shape = usize::from(run.shape);
                let next = nexts.get_mut(shape)?;
                let ranks = *next..next.checked_add(run.length)?;
                *next = ranks.end;
                if ranks.is_empty() || ranks.end > shapes.get(shape)?.ranks.end {
                    return None;
                }
                all.push(Self {
                    ranks,
                    block,
                    index,
                });
                index += run.length;
            }
        }
        let ends = shapes.iter().map(|shape| &shape.ranks.end);
        nexts.iter().eq(ends).then_some(all)
    }
}

impl Order {
    /// `shapes` are those of the events as they came, `keys` those of the shapes. `None` where the blocks are not of
    /// these events.
    pub(super) fn new<'r>(
        shapes: &[u8],
        keys: &[u32],
        blocks: impl Iterator<Item = &'r [Run]>,
    ) -> Option<Self> {
        let of_shapes = Shape::of(shapes, keys)?;
        let mut nexts: Vec<u32> = of_shapes.iter().map(|shape| shape.ranks.start).collect();
        let mut docs = vec![0_u16; shapes.len()];
        let mut ranks = Vec::with_capacity(shapes.len());
        for (doc, shape) in shapes.iter().enumerate() {
            let next = nexts.get_mut(usize::from(*shape))?;
            *docs.get_mut(*next as usize)? = u16::try_from(doc).ok()?;
            ranks.push(u16::try_from(*next).ok()?);
            *next += 1;
        }
        let kept = Kept::of(&of_shapes, blocks)?;
        let mut by_rank: Vec<u16> = (0..u16::try_from(kept.len()).ok()?).collect();
        by_rank.sort_by_key(|run| kept.get(usize::from(*run)).map(|kept| kept.ranks.start));
        Some(Self {
            ranks,
            docs,
            shapes: of_shapes,
            kept,
            by_rank,
        })
    }

    pub(super) fn write<'r>(
        shapes: &[u8],
        keys: &[u32],
        blocks: impl ExactSizeIterator<Item = &'r [Run]>,
        bytes: &mut Vec<u8>,
    ) {
        put_varint(keys.len() as u64, bytes);
        for key in keys {
            bytes.extend(key.to_le_bytes());
        }
        put_varint(blocks.len() as u64, bytes);
        for runs in blocks {
            put_varint(runs.len() as u64, bytes);
            for run in runs {
                bytes.push(run.shape);
                put_varint(u64::from(run.length), bytes);
            }
        }
        bytes.extend_from_slice(shapes);
    }

    /// Reads what [`Self::write`] wrote of a chunk of `count` events.
    pub(super) fn read(bytes: &[u8], count: u32) -> Result<Self, Fault> {
        let damaged = || Fault::new("the order of a chunk is not that of its events");
        let mut input = Input(bytes);
        // None of them is more than there are events, of which a chunk has some thousand.
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let length = |input: &mut Input<'_>| {
            let length = input.length()?;
            (length <= most).then_some(length).ok_or_else(damaged)
        };
        let mut keys = Vec::new();
        for _ in 0..length(&mut input)? {
            keys.push(input.number()?);
        }
        let mut blocks = Vec::new();
        for _ in 0..length(&mut input)? {
            let mut runs = Vec::new();
            for _ in 0..length(&mut input)? {
                let shape = input.byte()?;
                let length = u32::try_from(input.varint()?).unwrap_or(u32::MAX);
                runs.push(Run { shape, length });
            }
            blocks.push(runs);
        }
        if input.0.len() != most {
            return Err(damaged());
        }
        Self::new(input.0, &keys, blocks.iter().map(Vec::as_slice)).ok_or_else(damaged)
    }

    /// That of a chunk with a block for each shape.
    #[cfg(test)]
    pub(crate) fn of_shapes(
        shapes: &[u8],
        keys: &[u32],
        lengths: impl Iterator<Item = (u8, u32)>,
    ) -> Self {
        let blocks: Vec<[Run; 1]> = lengths
            .map(|(shape, length)| [Run { shape, length }])
            .collect();
        Self::new(shapes, keys, blocks.iter().map(|runs| &runs[..])).unwrap()
    }

    /// How many events there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn rank(&self, doc: u16) -> Option<u16> {
        self.ranks.get(usize::from(doc)).copied()
    }

    /// The ranks of all events, as they came.
    pub(super) fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// All events, by rank.
    pub(crate) fn docs(&self) -> &[u16] {
        &self.docs
    }

    /// What tells the shapes of events from others, each with the ranks of its events.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (u32, Range<u32>)> {
        self.shapes
            .iter()
            .map(|shape| (shape.key, shape.ranks.clone()))
    }

    /// The block that has the event, and the event's place in it.
    pub(super) fn locate(&self, doc: u32) -> Option<(usize, usize)> {
        let rank = u32::from(self.rank(u16::try_from(doc).ok()?)?);
        let kept = |run: &u16| self.kept.get(usize::from(*run));
        let is_before = |run: &u16| kept(run).is_some_and(|kept| kept.ranks.end <= rank);
        let run = self.by_rank.partition_point(is_before);
        let kept = kept(self.by_rank.get(run)?)?;
        let index = kept.index + rank.checked_sub(kept.ranks.start)?;
        Some((kept.block, usize::try_from(index).ok()?))
    }

    /// The events of a block.
    pub(super) fn docs_of(&self, block: usize) -> impl Iterator<Item = u16> {
        let first = self.kept.partition_point(|kept| kept.block < block);
        let runs = self.kept.get(first..).unwrap_or_default().iter();
        let runs = runs.take_while(move |kept| kept.block == block);
        let docs = runs.filter_map(|kept| {
            self.docs
                .get(kept.ranks.start as usize..kept.ranks.end as usize)
        });
        docs.flatten().copied()
    }

    /// The memory that it holds, about, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let events = (self.ranks.len() + self.docs.len()) * size_of::<u16>();
        events + self.kept.len() * (size_of::<Kept>() + 2) + self.shapes.len() * size_of::<Shape>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(shape: u8, length: u32) -> Run {
        Run { shape, length }
    }

    fn order(shapes: &[u8], keys: &[u32], blocks: &[&[Run]]) -> Option<Order> {
        Order::new(shapes, keys, blocks.iter().copied())
    }

    #[test]
    fn events_of_a_shape_are_kept_together_as_they_came() {
        let (shapes, keys) = ([1, 0, 1, 3, 1, 0], [40, 30, 20, 10]);
        let blocks: [&[Run]; 3] = [&[run(1, 2)], &[run(0, 2), run(1, 1)], &[run(3, 1)]];
        let order = order(&shapes, &keys, &blocks).unwrap();
        assert_eq!(order.docs(), [1, 5, 0, 2, 4, 3]);
        assert_eq!(order.ranks(), [2, 0, 3, 5, 4, 1]);
        let of_shapes: Vec<_> = order.shapes().collect();
        assert_eq!(of_shapes, [(40, 0..2), (30, 2..5), (20, 5..5), (10, 5..6)]);
        let located: Vec<_> = (0..7).map(|doc| order.locate(doc)).collect();
        let places = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 2), (1, 1)];
        assert_eq!(located[..6], places.map(Some));
        assert_eq!(located[6], None);
        let docs_of: Vec<Vec<u16>> = (0..4).map(|block| order.docs_of(block).collect()).collect();
        assert_eq!(docs_of, [vec![0, 2], vec![1, 5, 4], vec![3], vec![]]);
        let mut bytes = Vec::new();
        Order::write(&shapes, &keys, blocks.iter().copied(), &mut bytes);
        assert_eq!(Order::read(&bytes, 6).unwrap(), order);
        for end in 0..bytes.len() {
            assert!(Order::read(&bytes[..end], 6).is_err(), "{end}");
        }
        assert!(Order::read(&bytes, 5).is_err());
    }

    #[test]
    fn blocks_of_other_events_are_refused() {
        let (shapes, keys) = ([0, 1, 0], [1, 2]);
        for runs in [
            &[run(0, 3)][..],
            &[run(0, 2)],
            &[run(0, 1), run(1, 2)],
            &[run(2, 3)],
            &[run(0, 2), run(1, 1), run(1, 0)],
            &[run(0, 2), run(1, 1), run(0, 1)],
        ] {
            assert_eq!(order(&shapes, &keys, &[runs]), None, "{runs:?}");
        }
        assert_eq!(order(&shapes, &[1], &[&[run(0, 2)]]), None);
        assert!(order(&[], &[], &[]).is_some());
    }
}
