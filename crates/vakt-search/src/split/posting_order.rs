//! The numbers that events have in an inverted index: those of one shape have them one after the other, so that what
//! their words have in common takes less room.
//!
//! ```text
//! order    = packed: { chunk rank length }, each LEB128
//! ```
//!
//! Each entry is of the events of one shape in one chunk: their first rank there (`chunk::Order`), and how many they are.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use hashbrown::HashMap;

use super::Split;
use crate::chunk::pack::{Input, Packer, put_varint, unpack};
use crate::chunk::{Order, Pieces};
use crate::fault::Fault;

/// Events of one shape in one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    /// The number of the first in the inverted index.
    first: u32,
    chunk: u32,
    /// Its rank in the chunk.
    rank: u32,
}

/// Which event has which number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PostingOrder {
    /// Ascending by number.
    stretches: Vec<Stretch>,
    docs: u32,
}

impl PostingOrder {
    /// That of events in chunks with these orders.
    pub(crate) fn of(chunks: &[Arc<Order>]) -> Self {
        // Shapes in the order in which they come first.
        let mut places: HashMap<u32, usize> = HashMap::new();
        let mut shapes: Vec<Vec<(u32, u32, u32)>> = Vec::new();
        for (chunk, order) in (0..).zip(chunks) {
            for (key, ranks) in order.shapes() {
                let place = *places.entry(key).or_insert(shapes.len());
                if place == shapes.len() {
                    shapes.push(Vec::new());
                }
                if let Some(shape) = shapes.get_mut(place)
                    && !ranks.is_empty()
                {
                    shape.push((chunk, ranks.start, ranks.end - ranks.start));
                }
            }
        }
        let mut order = Self::default();
        for (chunk, rank, length) in shapes.into_iter().flatten() {
            order.push(chunk, rank, length);
        }
        order
    }

    fn push(&mut self, chunk: u32, rank: u32, length: u32) {
        self.stretches.push(Stretch {
            first: self.docs,
            chunk,
            rank,
        });
        self.docs = self.docs.saturating_add(length);
    }

    /// The events by number. `chunks` are the orders of the chunks that this was made of.
    pub(crate) fn docs(&self, chunks: &[Arc<Order>]) -> Vec<u32> {
        let mut first = 0;
        let firsts = chunks.iter().map(|order| {
            first += order.count();
            first - order.count()
        });
        let firsts: Vec<u32> = firsts.collect();
        let mut docs = Vec::with_capacity(self.docs as usize);
        for (number, stretch) in self.stretches.iter().enumerate() {
            let length = (self.end(number) - stretch.first) as usize;
            let chunk = stretch.chunk as usize;
            if let (Some(order), Some(first)) = (chunks.get(chunk), firsts.get(chunk)) {
                let ranked = order.docs().iter().skip(stretch.rank as usize);
                docs.extend(ranked.take(length).map(|doc| first + u32::from(*doc)));
            }
        }
        docs
    }

    /// Where stretch `number` ends.
    fn end(&self, number: usize) -> u32 {
        let next = self.stretches.get(number + 1);
        next.map_or(self.docs, |next| next.first)
    }

    pub(crate) fn write(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (number, stretch) in self.stretches.iter().enumerate() {
            let length = self.end(number) - stretch.first;
            for value in [stretch.chunk, stretch.rank, length] {
                put_varint(u64::from(value), &mut bytes);
            }
        }
        Packer::new()?.pack(&bytes)
    }

    /// Reads what [`Self::write`] wrote of a split whose chunks have so many events each.
    pub(crate) fn read(bytes: &[u8], chunks: &[u32]) -> Result<Self, Fault> {
        let bytes = unpack(bytes)?;
        let mut input = Input(&bytes);
        let mut order = Self::default();
        while !input.0.is_empty() {
            let mut number =
                || -> Result<u32, Fault> { Ok(u32::try_from(input.varint()?).unwrap_or(u32::MAX)) };
            let (chunk, rank, length) = (number()?, number()?, number()?);
            let docs = chunks.get(chunk as usize).copied().unwrap_or(0);
            if length == 0 || rank.saturating_add(length) > docs {
                return Err(Fault::new(
                    "the order of a split has events that are not there",
                ));
            }
            order.push(chunk, rank, length);
        }
        if u64::from(order.docs) != chunks.iter().copied().map(u64::from).sum::<u64>() {
            return Err(Fault::new(
                "the order of a split does not have all its events",
            ));
        }
        Ok(order)
    }
}

/// The orders of the chunks of a split, as they are asked for.
pub(crate) struct ChunkOrders<'s> {
    split: &'s Split,
    pieces: Pieces<'s>,
    read: RefCell<Vec<Option<Arc<Order>>>>,
}

impl<'s> ChunkOrders<'s> {
    pub(crate) fn new(split: &'s Split, pieces: Pieces<'s>) -> Self {
        Self {
            split,
            pieces,
            read: RefCell::new(vec![None; split.chunks.len()]),
        }
    }

    /// Those of most chunks will be asked for.
    pub(crate) fn expect(&self) {
        for (placed, read) in self.split.chunks.iter().zip(&*self.read.borrow()) {
            if read.is_none() {
                placed.chunk.expect_order(self.pieces);
            }
        }
    }

    fn of(&self, chunk: u32) -> Result<Arc<Order>, Fault> {
        let missing = || Fault::new("a chunk of a split is missing");
        let number = chunk as usize;
        let mut read = self.read.borrow_mut();
        let place = read.get_mut(number).ok_or_else(missing)?;
        if let Some(order) = place {
            return Ok(Arc::clone(order));
        }
        let placed = self.split.chunks.get(number).ok_or_else(missing)?;
        Ok(Arc::clone(place.insert(placed.chunk.order(self.pieces)?)))
    }
}

/// Goes over ascending numbers of an inverted index and says which events have them.
pub(crate) struct Numbered<'o> {
    order: &'o PostingOrder,
    orders: &'o ChunkOrders<'o>,
    /// The stretch of the last number, and where it ends.
    stretch: usize,
    end: u32,
    /// What its events are: the number of the first and its rank, the chunk's order and its first event.
    of: Option<(u32, u32, Arc<Order>, u32)>,
}

impl<'o> Numbered<'o> {
    pub(crate) fn new(order: &'o PostingOrder, orders: &'o ChunkOrders<'o>) -> Self {
        Self {
            order,
            orders,
            stretch: 0,
            end: 0,
            of: None,
        }
    }

    /// The event with this number.
    pub(crate) fn doc(&mut self, number: u32) -> Result<u32, Fault> {
        if number >= self.end || self.of.is_none() {
            self.seek(number)?;
        }
        let doc = || {
            let (first_number, rank, order, first) = self.of.as_ref()?;
            let rank = rank + number.checked_sub(*first_number)?;
            let doc = order.docs().get(rank as usize)?;
            Some(first + u32::from(*doc))
        };
        doc().ok_or_else(|| Fault::new("an inverted index has an event that is not there"))
    }

    fn seek(&mut self, number: u32) -> Result<(), Fault> {
        let stretches = &self.order.stretches;
        // Most often it is in the next one or close by.
        let near = self.stretch + 1;
        let is_near = self.of.is_some() && number < self.order.end(near);
        let at = match is_near {
            true => near,
            false => stretches
                .partition_point(|stretch| stretch.first <= number)
                .saturating_sub(1),
        };
        let missing = || Fault::new("an inverted index has an event that is not there");
        let stretch = stretches.get(at).ok_or_else(missing)?;
        let placed = self.orders.split.chunks.get(stretch.chunk as usize);
        let first = placed.ok_or_else(missing)?.first;
        let order = self.orders.of(stretch.chunk)?;
        self.stretch = at;
        self.end = self.order.end(at);
        self.of = Some((stretch.first, stretch.rank, order, first));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_follow_each_other_across_chunks() {
        let order = |shapes: &[u8], keys: &[u32]| {
            let lengths = (0..).zip(keys).map(|(shape, _)| {
                let length = shapes.iter().filter(|other| **other == shape).count();
                (shape, u32::try_from(length).unwrap())
            });
            Arc::new(Order::of_shapes(shapes, keys, lengths))
        };
        let chunks = [
            order(&[0, 1, 0, 2], &[70, 80, 90]),
            order(&[0, 0, 1], &[80, 60]),
            order(&[0, 1], &[70, 60]),
        ];
        let order = PostingOrder::of(&chunks);
        assert_eq!(order.docs(&chunks), [0, 2, 7, 1, 4, 5, 3, 6, 8]);
        let bytes = order.write().unwrap();
        assert_eq!(PostingOrder::read(&bytes, &[4, 3, 2]).unwrap(), order);
        for counts in [&[4, 3, 1][..], &[4, 3], &[4, 3, 2, 1], &[3, 4, 2], &[]] {
            assert!(PostingOrder::read(&bytes, counts).is_err(), "{counts:?}");
        }
        assert!(PostingOrder::read(&[], &[]).is_err());
    }
}
