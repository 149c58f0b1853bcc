//! The order in which a chunk keeps its events: those of one shape together, which then take less room.
//!
//! ```text
//! order  = count(LEB128) { shape(1 byte) length(LEB128) } { shape(1 byte) }
//! ```
//!
//! First runs of events of one shape, as they are kept; then the shape of each event as they came. Of one
//! shape, events are kept as they came.

use super::pack::{Input, put_varint};
use crate::fault::Fault;

/// Events of one shape that are kept one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) shape: u8,
    pub(super) length: u32,
}

/// Where each event is kept. An event has a number, by which it came, and a rank, by which it is kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    ranks: Vec<u16>,
    docs: Vec<u16>,
}

impl Order {
    /// `None` where the runs are not of the events that have these shapes.
    pub(super) fn new(shapes: &[u8], runs: &[Run]) -> Option<Self> {
        // The events of each shape, side by side, and where those of each begin.
        let mut nexts = [0_usize; 257];
        for shape in shapes {
            *nexts.get_mut(usize::from(*shape) + 1)? += 1;
        }
        let mut end = 0;
        for next in &mut nexts {
            end += *next;
            *next = end;
        }
        let ends = nexts;
        let mut of_shapes = vec![0_u16; shapes.len()];
        for (doc, shape) in shapes.iter().enumerate() {
            let next = nexts.get_mut(usize::from(*shape))?;
            *of_shapes.get_mut(*next)? = u16::try_from(doc).ok()?;
            *next += 1;
        }
        let mut nexts = ends;
        let mut docs = Vec::with_capacity(shapes.len());
        for run in runs {
            let shape = usize::from(run.shape);
            let next = nexts.get_mut(shape)?;
            let end = next.checked_add(usize::try_from(run.length).ok()?)?;
            if end > *ends.get(shape + 1)? {
                return None;
            }
            docs.extend_from_slice(of_shapes.get(*next..end)?);
            *next = end;
        }
        if docs.len() != shapes.len() {
            return None;
        }
        let mut ranks = vec![0_u16; docs.len()];
        for (rank, doc) in docs.iter().enumerate() {
            *ranks.get_mut(usize::from(*doc))? = u16::try_from(rank).ok()?;
        }
        Some(Self { ranks, docs })
    }

    pub(super) fn write(shapes: &[u8], runs: &[Run], bytes: &mut Vec<u8>) {
        put_varint(runs.len() as u64, bytes);
        for run in runs {
            bytes.push(run.shape);
            put_varint(u64::from(run.length), bytes);
        }
        bytes.extend_from_slice(shapes);
    }

    /// Reads what [`Self::write`] wrote of a chunk of `count` events.
    pub(super) fn read(bytes: &[u8], count: u32) -> Result<Self, Fault> {
        let mut input = Input(bytes);
        let mut runs = Vec::new();
        for _ in 0..input.length()? {
            let shape = input.byte()?;
            let length = u32::try_from(input.varint()?).unwrap_or(u32::MAX);
            runs.push(Run { shape, length });
        }
        let order = Self::new(input.0, &runs).filter(|order| order.count() == count);
        order.ok_or_else(|| Fault::new("the order of a chunk is not that of its events"))
    }

    /// How many events there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn rank(&self, doc: u16) -> Option<u16> {
        self.ranks.get(usize::from(doc)).copied()
    }

    /// The ranks of all events, as they came.
    pub(super) fn ranks(&self) -> &[u16] {
        &self.ranks
    }

    /// All events, as they are kept.
    pub(super) fn docs(&self) -> &[u16] {
        &self.docs
    }

    /// The memory that it holds, in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.ranks.len() + self.docs.len()) * size_of::<u16>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(shape: u8, length: u32) -> Run {
        Run { shape, length }
    }

    #[test]
    fn events_of_a_shape_are_kept_together_as_they_came() {
        let shapes = [1, 0, 1, 255, 1, 0];
        let runs = [run(1, 2), run(0, 2), run(1, 1), run(255, 1)];
        let order = Order::new(&shapes, &runs).unwrap();
        assert_eq!(order.docs(), [0, 2, 1, 5, 4, 3]);
        assert_eq!(order.ranks(), [0, 2, 1, 5, 4, 3]);
        let mut bytes = Vec::new();
        Order::write(&shapes, &runs, &mut bytes);
        assert_eq!(Order::read(&bytes, 6).unwrap(), order);
        for end in 0..bytes.len() {
            assert!(Order::read(&bytes[..end], 6).is_err(), "{end}");
        }
        assert!(Order::read(&bytes, 5).is_err());
    }

    #[test]
    fn runs_of_other_events_are_refused() {
        let shapes = [0, 1, 0];
        for runs in [
            &[run(0, 3)][..],
            &[run(0, 2)],
            &[run(0, 1), run(1, 2)],
            &[run(2, 3)],
            &[run(0, 2), run(1, 1), run(0, 1)],
        ] {
            assert_eq!(Order::new(&shapes, runs), None, "{runs:?}");
        }
        assert_eq!(Order::new(&[], &[]), Some(Order::default()));
    }
}
