//! What the inverted index of one segment knows about a query.
//!
//! Each part of a query gives two sets of documents: those that surely match and those that may.
//! `and`, `or` and `not` work on both, so that at the end only the documents between the two
//! have to be read and judged.

mod lookup;
mod named;

use std::io;
use std::sync::Arc;
use std::time::Instant;

use tantivy::columnar::Column;
use tantivy::{InvertedIndexReader, SegmentReader};
use vakt_event::{Timestamp, ecs};

use crate::bits::Bits;
use crate::document::{Fields, POSITION_COLUMN, RECEIVED_COLUMN, TIME_COLUMN};
use crate::query::{Node, Pattern, Test};
use crate::terms::term;

/// How many terms or documents are looked at between two looks at the clock.
const STEPS_PER_CLOCK: u32 = 4096;

/// Why the candidates of a segment could not be found.
pub(crate) enum Stop {
    Engine(tantivy::TantivyError),
    OutOfTime,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl From<tantivy::TantivyError> for Stop {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Engine(error)
    }
}

type Result<T> = std::result::Result<T, Stop>;

/// Documents that surely match, and documents that may; the first are among the second.
pub(crate) struct Sides {
    pub(crate) sure: Bits,
    pub(crate) maybe: Bits,
}

/// One segment of the index, opened for one search.
pub(crate) struct Segment<'s> {
    pub(crate) reader: &'s SegmentReader,
    pub(crate) docs: u32,
    pub(crate) time: Option<Column<i64>>,
    pub(crate) position: Option<Column<u64>>,
    received: Option<Column<i64>>,
    sent: Arc<InvertedIndexReader>,
    named: Arc<InvertedIndexReader>,
    stream: Arc<InvertedIndexReader>,
    deadline: Option<Instant>,
}

impl<'s> Segment<'s> {
    pub(crate) fn open(
        reader: &'s SegmentReader,
        fields: Fields,
        deadline: Option<Instant>,
    ) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        Ok(Self {
            reader,
            docs: reader.max_doc(),
            time: columns.column_opt(TIME_COLUMN)?,
            position: columns.column_opt(POSITION_COLUMN)?,
            received: columns.column_opt(RECEIVED_COLUMN)?,
            sent: reader.inverted_index(fields.sent)?,
            named: reader.inverted_index(fields.named)?,
            stream: reader.inverted_index(fields.stream)?,
            deadline,
        })
    }

    /// The documents that match `node`, as far as the index knows.
    pub(crate) fn candidates(&self, node: &Node) -> Result<Sides> {
        match node {
            Node::All => Ok(self.exactly(Bits::all(self.docs))),
            Node::Not(inner) => {
                let Sides {
                    sure: mut not_maybe,
                    maybe: mut not_sure,
                } = self.candidates(inner)?;
                not_maybe.complement();
                not_sure.complement();
                Ok(Sides {
                    sure: not_sure,
                    maybe: not_maybe,
                })
            }
            Node::And(parts) => {
                let mut both = self.exactly(Bits::all(self.docs));
                for part in parts {
                    let part = self.candidates(part)?;
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
                    let part = self.candidates(part)?;
                    either.sure.union(&part.sure);
                    either.maybe.union(&part.maybe);
                }
                Ok(either)
            }
            Node::Sent(pattern) => self.sent(pattern),
            Node::SentRegex(regex) => {
                let mut maybe = Bits::all(self.docs);
                for literal in regex.required() {
                    maybe.intersect(&self.sent(&Pattern::inside(literal))?.maybe);
                }
                Ok(Sides {
                    sure: Bits::none(self.docs),
                    maybe,
                })
            }
            Node::Field(name, test) => self.field(name, test),
        }
    }

    /// Takes documents out that were taken out of the index, and are in its files until a merge.
    pub(crate) fn leave_out_forgotten(&self, docs: &mut Bits) {
        let Some(alive) = self.reader.alive_bitset() else {
            return;
        };
        let forgotten: Vec<u32> = docs.iter().filter(|doc| alive.is_deleted(*doc)).collect();
        for doc in forgotten {
            docs.remove(doc);
        }
    }

    /// The documents of any of `streams`.
    pub(crate) fn of_streams(&self, streams: &[String]) -> Result<Sides> {
        let mut sides = self.nothing();
        for stream in streams {
            let term = term(stream);
            if term.is_whole {
                self.add_term(&self.stream, &term.text, &mut sides.sure)?;
            } else {
                self.add_term(&self.stream, &term.text, &mut sides.maybe)?;
            }
        }
        sides.maybe.union(&sides.sure);
        Ok(sides)
    }

    /// Whether the request's deadline has passed.
    pub(crate) fn check_deadline(&self) -> Result<()> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Stop::OutOfTime),
            _ => Ok(()),
        }
    }

    fn sent(&self, pattern: &Pattern) -> Result<Sides> {
        if pattern.is_about_one_word()
            && let [need] = pattern.needs().as_slice()
        {
            return self.words(&self.sent, "", *need);
        }
        let mut maybe = Bits::all(self.docs);
        for need in lookup::cheapest(&pattern.needs()) {
            maybe.intersect(&self.words(&self.sent, "", need)?.maybe);
        }
        Ok(Sides {
            sure: Bits::none(self.docs),
            maybe,
        })
    }

    fn field(&self, name: &str, test: &Test) -> Result<Sides> {
        match name {
            ecs::EVENT_ORIGINAL if *test == Test::Exists => Ok(self.exactly(Bits::all(self.docs))),
            ecs::EVENT_ORIGINAL => Ok(Sides {
                sure: Bits::none(self.docs),
                maybe: Bits::all(self.docs),
            }),
            ecs::EVENT_ID => self.positions(test).map(|docs| self.exactly(docs)),
            ecs::TIMESTAMP | ecs::EVENT_INGESTED => {
                let column = if name == ecs::TIMESTAMP {
                    &self.time
                } else {
                    &self.received
                };
                let docs = self.computed(column.as_ref(), |micros| {
                    Timestamp::from_micros(micros).is_some_and(|time| test.accepts_time(time))
                })?;
                let mut sides = self.named(name, test)?;
                sides.sure.union(&docs);
                sides.maybe.union(&docs);
                Ok(sides)
            }
            _ => self.named(name, test),
        }
    }

    /// The documents whose position passes the test. Links name one position: that one is not
    /// looked for among segments that cannot have it.
    fn positions(&self, test: &Test) -> Result<Bits> {
        let column = self.position.as_ref();
        let Some(wanted) = test.whole_number() else {
            return self.computed(column, |position| test.accepts(&position.to_string()));
        };
        let column =
            column.filter(|column| (column.min_value()..=column.max_value()).contains(&wanted));
        self.computed(column, |position| position == wanted)
    }

    /// The documents whose value in a column is accepted.
    fn computed<T>(&self, column: Option<&Column<T>>, accepts: impl Fn(T) -> bool) -> Result<Bits>
    where
        T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static,
    {
        let mut docs = Bits::none(self.docs);
        let Some(column) = column else {
            return Ok(docs);
        };
        for doc in 0..self.docs {
            if doc.is_multiple_of(STEPS_PER_CLOCK) {
                self.check_deadline()?;
            }
            if column.first(doc).is_some_and(&accepts) {
                docs.insert(doc);
            }
        }
        Ok(docs)
    }

    fn nothing(&self) -> Sides {
        self.exactly(Bits::none(self.docs))
    }

    fn exactly(&self, docs: Bits) -> Sides {
        Sides {
            sure: docs.clone(),
            maybe: docs,
        }
    }
}
