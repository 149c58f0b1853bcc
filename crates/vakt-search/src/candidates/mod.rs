//! What a split knows about a query without looking at its events.
//!
//! Each part of a query gives two sets of events: those that surely match and those that may.
//! `and`, `or` and `not` work on both, so that at the end only the events between the two
//! have to be read and judged.

mod fields;
mod findings;
mod templates;
mod words;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use vakt_event::{Timestamp, ecs};

use crate::bits::Bits;
use crate::chunk::{Chunk, Pieces};
use crate::fault::Fault;
use crate::query::{Node, Pattern, Test};
use crate::split::Split;
use crate::split::posting_order::ChunkOrders;

/// How many terms are looked at between two looks at the clock.
const STEPS_PER_CLOCK: u32 = 4096;

/// Why the candidates of a split could not be found.
pub(crate) enum Stop {
    Damaged(String),
    OutOfTime,
    Cancelled,
}

/// What ends a search before it is done.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits<'l> {
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancelled: Option<&'l AtomicBool>,
}

impl Limits<'_> {
    pub(crate) fn check(&self) -> Result<()> {
        if self
            .cancelled
            .is_some_and(|cancelled| cancelled.load(Ordering::Relaxed))
        {
            return Err(Stop::Cancelled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Stop::OutOfTime),
            _ => Ok(()),
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Damaged(fault.to_string())
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<tantivy::TantivyError> for Stop {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Damaged(error.to_string())
    }
}

pub(crate) use findings::{Findings, cache as findings_cache};

type Result<T> = std::result::Result<T, Stop>;

/// Events that surely match, and events that may; the first are among the second.
pub(crate) struct Sides {
    pub(crate) sure: Bits,
    pub(crate) maybe: Bits,
}

/// A split, looked into for one search.
pub(crate) struct Candidates<'s> {
    split: &'s Split,
    pieces: Pieces<'s>,
    findings: &'s Findings,
    limits: Limits<'s>,
    orders: ChunkOrders<'s>,
}

impl<'s> Candidates<'s> {
    pub(crate) fn new(
        split: &'s Split,
        pieces: Pieces<'s>,
        findings: &'s Findings,
        limits: Limits<'s>,
    ) -> Self {
        Self {
            split,
            pieces,
            findings,
            limits,
            orders: ChunkOrders::new(split, pieces),
        }
    }

    /// The events that match `node`, as far as the split knows.
    pub(crate) fn of(&self, node: &Node) -> Result<Sides> {
        self.check_limits()?;
        match node {
            Node::All => Ok(self.everything()),
            Node::Not(inner) => {
                let Sides {
                    sure: mut not_maybe,
                    maybe: mut not_sure,
                } = self.of(inner)?;
                not_maybe.complement();
                not_sure.complement();
                Ok(Sides {
                    sure: not_sure,
                    maybe: not_maybe,
                })
            }
            Node::And(parts) => {
                let mut both = self.everything();
                for part in parts {
                    let part = self.of(part)?;
                    both.sure.intersect(&part.sure);
                    both.maybe.intersect(&part.maybe);
                    if both.maybe.is_empty() {
                        break;
                    }
                }
                Ok(both)
            }
            Node::Or(parts) => {
                let mut either = self.nothing();
                for part in parts {
                    let part = self.of(part)?;
                    either.sure.union(&part.sure);
                    either.maybe.union(&part.maybe);
                }
                Ok(either)
            }
            Node::Sent(pattern) => self.sent(pattern),
            Node::SentRegex(regex) => {
                let mut sides = self.anything();
                for literal in regex.required() {
                    let having = self.sent(&Pattern::inside(literal))?;
                    sides.maybe.intersect(&having.maybe);
                }
                Ok(sides)
            }
            Node::Field(name, test) => self.field(name, test),
        }
    }

    pub(crate) fn check_limits(&self) -> Result<()> {
        self.limits.check()
    }

    fn field(&self, name: &str, test: &Test) -> Result<Sides> {
        match name {
            ecs::EVENT_ORIGINAL if *test == Test::Exists => Ok(self.everything()),
            ecs::EVENT_ORIGINAL => Ok(self.anything()),
            ecs::EVENT_ID => self.positions(test).map(exactly),
            ecs::VAKT_STREAM => Ok(match test.accepts_sent(&self.split.stream) {
                true => self.everything(),
                false => self.nothing(),
            }),
            ecs::TIMESTAMP | ecs::EVENT_INGESTED => {
                let is_effective = name == ecs::TIMESTAMP;
                let docs = self.computed(
                    |chunk| match is_effective {
                        true => chunk.times(self.pieces),
                        false => chunk.received(self.pieces),
                    },
                    |micros| {
                        Timestamp::from_micros(micros).is_some_and(|time| test.accepts_time(time))
                    },
                )?;
                Ok(exactly(docs))
            }
            _ => self.named(name, test),
        }
    }

    /// The events whose position passes the test. Links name one position: that one is not
    /// looked for among splits that cannot have it.
    fn positions(&self, test: &Test) -> Result<Bits> {
        let Some(wanted) = test.whole_number() else {
            return self.computed(
                |chunk| chunk.positions(self.pieces),
                |position| test.accepts_sent(&position.to_string()),
            );
        };
        let mut docs = Bits::none(self.split.docs);
        for placed in &self.split.chunks {
            let (first, last) = placed.chunk.meta().positions;
            if !(first..=last).contains(&wanted) {
                continue;
            }
            let positions = placed.chunk.positions(self.pieces)?;
            let found =
                positions.binary_search_by(|position| position.cast_unsigned().cmp(&wanted));
            if let Some(index) = found.ok().and_then(|index| u32::try_from(index).ok()) {
                docs.insert(placed.first + index);
            }
        }
        Ok(docs)
    }

    /// The events whose number in a column is accepted.
    fn computed(
        &self,
        numbers: impl Fn(&Chunk) -> std::result::Result<std::sync::Arc<Vec<i64>>, Fault>,
        accepts: impl Fn(i64) -> bool,
    ) -> Result<Bits> {
        let mut docs = Bits::none(self.split.docs);
        for placed in &self.split.chunks {
            self.check_limits()?;
            for (doc, number) in (placed.first..).zip(numbers(&placed.chunk)?.iter()) {
                if accepts(*number) {
                    docs.insert(doc);
                }
            }
        }
        Ok(docs)
    }

    fn nothing(&self) -> Sides {
        exactly(Bits::none(self.split.docs))
    }

    fn everything(&self) -> Sides {
        exactly(Bits::all(self.split.docs))
    }

    /// Every event may match.
    fn anything(&self) -> Sides {
        Sides {
            sure: Bits::none(self.split.docs),
            maybe: Bits::all(self.split.docs),
        }
    }
}

fn exactly(docs: Bits) -> Sides {
    Sides {
        sure: docs.clone(),
        maybe: docs,
    }
}
