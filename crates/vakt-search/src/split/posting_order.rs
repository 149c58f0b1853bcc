//! The numbers that events have in an inverted index: those of one shape have them one after the other, so that
//! what their words have in common takes less room.
//!
//! ```text
//! order    = packed: { chunk rank length }, each LEB128
//! ```
//!
//! Each entry is of the events of one shape in one chunk: their first rank there (`chunk::Order`), and how many
//! they are.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::Split;
use crate::bits::Bits;
use crate::chunk::pack::{Input, Packer, put_varint, unpack};
use crate::chunk::{Order, Pieces};
use crate::fault::Fault;

/// Events of one shape in one chunk, which have consecutive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Section {
    /// The number of the first.
    first: u32,
    chunk: u32,
    /// Its rank in the chunk.
    rank: u32,
}

/// Which event has which number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PostingOrder {
    /// Ascending by number.
    sections: Vec<Section>,
    docs: u32,
}

impl PostingOrder {
    /// That of events in chunks with these orders.
    pub(crate) fn of(chunks: &[Arc<Order>]) -> Self {
        // Shapes in the order in which they come first.
        let mut places: HashMap<u32, usize> = HashMap::new();
        let mut shapes: Vec<Vec<(u32, Range<u32>)>> = Vec::new();
        for (chunk, order) in (0..).zip(chunks) {
            for (key, ranks) in order.shapes() {
                let place = *places.entry(key).or_insert(shapes.len());
                if place == shapes.len() {
                    shapes.push(Vec::new());
                }
                if let Some(shape) = shapes.get_mut(place)
                    && !ranks.is_empty()
                {
                    shape.push((chunk, ranks));
                }
            }
        }
        let mut order = Self::default();
        for (chunk, ranks) in shapes.into_iter().flatten() {
            order.push(chunk, &ranks);
        }
        order
    }

    fn push(&mut self, chunk: u32, ranks: &Range<u32>) {
        self.sections.push(Section {
            first: self.docs,
            chunk,
            rank: ranks.start,
        });
        self.docs = self.docs.saturating_add(ranks.end - ranks.start);
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
        for (number, section) in self.sections.iter().enumerate() {
            let length = (self.end(number) - section.first) as usize;
            let chunk = section.chunk as usize;
            if let (Some(order), Some(first)) = (chunks.get(chunk), firsts.get(chunk)) {
                let ranked = order.docs().iter().skip(section.rank as usize);
                docs.extend(ranked.take(length).map(|doc| first + u32::from(*doc)));
            }
        }
        docs
    }

    /// Where section `number` ends.
    fn end(&self, number: usize) -> u32 {
        let next = self.sections.get(number + 1);
        next.map_or(self.docs, |next| next.first)
    }

    pub(crate) fn write(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (number, section) in self.sections.iter().enumerate() {
            let length = self.end(number) - section.first;
            for value in [section.chunk, section.rank, length] {
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
        // Of each chunk, the events that have no number yet.
        let mut left: Vec<Bits> = chunks.iter().map(|docs| Bits::all(*docs)).collect();
        let absent = || Fault::new("the order of a split has events that are not there, or twice");
        while !input.0.is_empty() {
            let mut number =
                || -> Result<u32, Fault> { Ok(u32::try_from(input.varint()?).unwrap_or(u32::MAX)) };
            let (chunk, rank, length) = (number()?, number()?, number()?);
            let ranks = rank..rank.saturating_add(length);
            let left = left.get_mut(chunk as usize).ok_or_else(absent)?;
            if length == 0 || left.count_in(ranks.clone()) != u64::from(length) {
                return Err(absent());
            }
            left.remove_range(ranks.clone());
            order.push(chunk, &ranks);
        }
        match left.iter().all(Bits::is_empty) {
            true => Ok(order),
            false => Err(Fault::new(
                "the order of a split does not have all its events",
            )),
        }
    }
}

/// The orders of the chunks of a split, as they are asked for.
pub(crate) struct ChunkOrders<'s> {
    split: &'s Split,
    pieces: Pieces<'s>,
    read: RefCell<Vec<Option<Arc<Order>>>>,
    are_expected: Cell<bool>,
}

impl<'s> ChunkOrders<'s> {
    pub(crate) fn new(split: &'s Split, pieces: Pieces<'s>) -> Self {
        Self {
            split,
            pieces,
            read: RefCell::new(vec![None; split.chunks.len()]),
            are_expected: Cell::new(false),
        }
    }

    /// Those of most chunks will be asked for. Said again, it does nothing.
    pub(crate) fn expect(&self) {
        if self.are_expected.replace(true) {
            return;
        }
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
pub(crate) struct DocsOf<'o> {
    order: &'o PostingOrder,
    chunks: &'o ChunkOrders<'o>,
    at: Option<At>,
}

/// The section of the last number.
struct At {
    /// Which one it is.
    section: usize,
    numbers: Range<u32>,
    /// The rank of its first event.
    rank: u32,
    /// The order of its chunk, and the first event of that in the split.
    order: Arc<Order>,
    first: u32,
}

impl<'o> DocsOf<'o> {
    pub(crate) fn new(order: &'o PostingOrder, chunks: &'o ChunkOrders<'o>) -> Self {
        Self {
            order,
            chunks,
            at: None,
        }
    }

    /// The event with this number.
    pub(crate) fn doc(&mut self, number: u32) -> Result<u32, Fault> {
        let at = match &self.at {
            Some(at) if at.numbers.contains(&number) => at,
            _ => {
                let found = self.find(number)?;
                self.at.insert(found)
            }
        };
        let rank = at.rank + (number - at.numbers.start);
        let doc = at.order.docs().get(rank as usize);
        doc.map(|doc| at.first + u32::from(*doc))
            .ok_or_else(|| Fault::new(ABSENT))
    }

    fn find(&self, number: u32) -> Result<At, Fault> {
        let sections = &self.order.sections;
        let absent = || Fault::new(ABSENT);
        // Most often it is in the next one.
        let near = self.at.as_ref().map(|at| at.section + 1);
        let is_in = |section: usize| {
            let first = sections.get(section).map_or(u32::MAX, |at| at.first);
            first <= number && number < self.order.end(section)
        };
        let section = match near.filter(|near| is_in(*near)) {
            Some(near) => near,
            None => sections
                .partition_point(|section| section.first <= number)
                .checked_sub(1)
                .filter(|section| is_in(*section))
                .ok_or_else(absent)?,
        };
        let found = sections.get(section).ok_or_else(absent)?;
        let placed = self.chunks.split.chunks.get(found.chunk as usize);
        Ok(At {
            section,
            numbers: found.first..self.order.end(section),
            rank: found.rank,
            order: self.chunks.of(found.chunk)?,
            first: placed.ok_or_else(absent)?.first,
        })
    }
}

const ABSENT: &str = "an inverted index has an event that is not there";

#[cfg(test)]
mod tests {
    use tantivy::directory::OwnedBytes;
    use vakt_event::{Event, Format, JournalPosition, Timestamp};

    use super::*;
    use crate::chunk::{Addition, ByBytes, Cache, ChunkBuilder};
    use crate::frame::Frame;
    use crate::sample;

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
        let mut twice = PostingOrder::default();
        twice.push(0, &(0..3));
        twice.push(0, &(0..3));
        assert!(PostingOrder::read(&twice.write().unwrap(), &[6]).is_err());
    }

    #[test]
    fn numbers_are_of_events_wherever_one_begins() {
        let of = |docs: Range<u32>| {
            let mut builder = ChunkBuilder::new().unwrap();
            for doc in docs {
                add(&mut builder, doc);
            }
            let (bytes, meta) = builder.close().unwrap();
            Arc::new(Split::chunk(meta, OwnedBytes::new(bytes)).unwrap())
        };
        let split = Split::of_opened("default".to_owned(), vec![of(0..10), of(10..17)]);
        let cache = Cache::with_weighter(100, 1 << 20, ByBytes);
        let pieces = Pieces { cache: &cache };
        let chunks = ChunkOrders::new(&split, pieces);
        let orders = [chunks.of(0).unwrap(), chunks.of(1).unwrap()];
        let order = PostingOrder::of(&orders);
        let docs = order.docs(&orders);
        // Every third is of another shape.
        let (others, first): (Vec<u32>, Vec<u32>) = (0..17).partition(|doc| doc % 3 != 0);
        assert_eq!(docs, [first, others].concat());
        for step in 1..17 {
            let mut numbers = DocsOf::new(&order, &chunks);
            for (number, doc) in (0..).zip(&docs).step_by(step) {
                assert_eq!(numbers.doc(number).unwrap(), *doc);
            }
            assert!(numbers.doc(17).is_err() && numbers.doc(u32::MAX).is_err());
        }
    }

    fn add(builder: &mut ChunkBuilder, number: u32) {
        let source = sample::source();
        let mut event = Event::default();
        let name = match number % 3 {
            0 => "third",
            _ => "other",
        };
        event.sent(name, "value");
        let added = builder.add(&Addition {
            position: JournalPosition(number.into()),
            frame: Frame {
                bytes: b"value",
                format: Format::Text,
                received: Timestamp::default(),
                truncated: false,
            },
            event: &event,
            source: &source,
        });
        added.unwrap();
    }
}
