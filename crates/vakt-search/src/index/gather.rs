//! Counting the values of matching events, from columns wherever they have them.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use vakt_event::ecs;

use super::shared::Shared;
use crate::bits::Bits;
use crate::candidates::{Limits, Stop};
use crate::chunk::column::{Column, LOOK, NO_VALUE};
use crate::chunk::{Chunk, ColumnOf, NO_TIME};
use crate::frame::Decoder;
use crate::query::pipeline::Span;
use crate::record::Record;
use crate::split::{PlacedChunk, Split};

/// What of matching events is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Canonical names. With more than four each event is looked at.
    pub fields: Vec<String>,
    /// Times are wanted by the spans that they lie in.
    pub span: Option<Span>,
    /// Each event is to be looked at, whatever the columns know.
    pub records: bool,
}

/// Fields whose values are counted together; where more are wanted each event is looked at.
pub(crate) const FIELDS_MAX: usize = 4;

/// Takes what [`Wanted`] asks for. Each matching event is in one call.
pub trait Gather {
    /// Whether anything is taken at all.
    fn is_somebody(&self) -> bool {
        true
    }

    /// So many events have these values, one for each field, `None` where it has none.
    /// `time` is the beginning of their span in microseconds, `None` without a time or a span.
    fn counted(&mut self, time: Option<i64>, values: &[Option<&str>], count: u64);

    /// An event of which a column does not know enough.
    fn record(&mut self, record: &Record<'_>);
}

/// The values of one split.
pub(super) struct Gathering<'g> {
    pub(super) shared: &'g Shared,
    pub(super) wanted: &'g Wanted,
    pub(super) limits: Limits<'g>,
}

/// Codes of the fields and the number of the span.
type Key = ([u16; FIELDS_MAX], i64);

/// The span of events without a time.
const NO_SPAN: i64 = i64::MIN;

impl Gathering<'_> {
    /// Gives the values of the events in `matches`.
    pub(super) fn gather(
        &self,
        split: &Split,
        matches: &Bits,
        decoder: &mut dyn Decoder,
        to: &mut dyn Gather,
    ) -> Result<(), Stop> {
        let chunks: Vec<&PlacedChunk> = split
            .chunks
            .iter()
            .filter(|placed| matches.any_in(docs_of(placed)))
            .collect();
        self.expect(&chunks)?;
        for placed in chunks {
            self.limits.check()?;
            match self.columns(&placed.chunk, split)? {
                Some(columns) => self.count(placed, &columns, matches, decoder, to)?,
                None => self.look(placed, matches.iter_in(docs_of(placed)), decoder, to)?,
            }
        }
        Ok(())
    }

    /// Names what will be read of the chunks.
    fn expect(&self, chunks: &[&PlacedChunk]) -> Result<(), Stop> {
        for placed in chunks {
            placed.chunk.expect_directory();
        }
        for placed in chunks {
            let names = self.wanted.fields.iter().map(String::as_str);
            let pieces = self.shared.pieces();
            placed
                .chunk
                .expect_columns(self.wanted.span.is_some(), names, pieces)?;
        }
        Ok(())
    }

    /// The columns of the fields; `None` where events must be looked at.
    fn columns<'s>(
        &self,
        chunk: &Chunk,
        split: &'s Split,
    ) -> Result<Option<Vec<Values<'s>>>, Stop> {
        if self.wanted.records || self.wanted.fields.len() > FIELDS_MAX {
            return Ok(None);
        }
        if !chunk.beyond()?.is_empty() {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for name in &self.wanted.fields {
            columns.push(match name.as_str() {
                ecs::VAKT_STREAM => Values::Same(&split.stream),
                ecs::TIMESTAMP | ecs::EVENT_INGESTED | ecs::EVENT_ID | ecs::EVENT_ORIGINAL => {
                    return Ok(None);
                }
                name => match chunk.column(name, self.shared.pieces())? {
                    ColumnOf::Unknown => return Ok(None),
                    ColumnOf::None => Values::None,
                    ColumnOf::Some(column) => Values::Of(column),
                },
            });
        }
        Ok(Some(columns))
    }

    fn count(
        &self,
        placed: &PlacedChunk,
        columns: &[Values<'_>],
        matches: &Bits,
        decoder: &mut dyn Decoder,
        to: &mut dyn Gather,
    ) -> Result<(), Stop> {
        let spans = self.spans(&placed.chunk)?;
        if let (Spans::Same(span), [Values::Of(column)]) = (&spans, columns) {
            let time = (*span != NO_SPAN).then_some(*span);
            let looked = count_column(placed, column, matches, time, to);
            return self.look(placed, looked.into_iter(), decoder, to);
        }
        let columns: Vec<Each<'_>> = columns
            .iter()
            .map(|values| values.each(placed.chunk.meta().docs))
            .collect();
        let mut counts: HashMap<Key, u64> = HashMap::new();
        let mut looked: Vec<u32> = Vec::new();
        // Neighbours often have the same values: they are counted without a look into the table.
        let (mut last, mut run) = (([NO_VALUE; FIELDS_MAX], NO_SPAN), 0_u64);
        'docs: for doc in matches.iter_in(docs_of(placed)) {
            let inner = doc - placed.first;
            let mut codes = [NO_VALUE; FIELDS_MAX];
            for (code, values) in codes.iter_mut().zip(&columns) {
                *code = values.code(inner);
                if *code == LOOK {
                    looked.push(doc);
                    continue 'docs;
                }
            }
            let key = (codes, spans.of(inner));
            if key != last {
                if run > 0 {
                    *counts.entry(last).or_default() += run;
                }
                (last, run) = (key, 0);
            }
            run += 1;
        }
        if run > 0 {
            *counts.entry(last).or_default() += run;
        }
        let mut counts: Vec<(Key, u64)> = counts.into_iter().collect();
        counts.sort_unstable();
        let mut values: Vec<Option<&str>> = Vec::new();
        for ((codes, span), count) in counts {
            values.clear();
            values.extend(
                codes
                    .iter()
                    .zip(&columns)
                    .map(|(code, column)| column.values.value(*code)),
            );
            to.counted((span != NO_SPAN).then_some(span), &values, count);
        }
        self.look(placed, looked.into_iter(), decoder, to)
    }

    fn spans(&self, chunk: &Chunk) -> Result<Spans, Stop> {
        let Some(span) = self.wanted.span else {
            return Ok(Spans::Same(NO_SPAN));
        };
        let begin = |micros: i64| match micros {
            NO_TIME => NO_SPAN,
            micros => span.start_of_micros(micros),
        };
        let (earliest, latest) = chunk.meta().times;
        if begin(earliest) == begin(latest) {
            return Ok(Spans::Same(begin(earliest)));
        }
        let times = chunk.times(self.shared.pieces())?;
        Ok(Spans::Each(
            times.iter().map(|micros| begin(*micros)).collect(),
        ))
    }

    fn look(
        &self,
        placed: &PlacedChunk,
        docs: impl Iterator<Item = u32>,
        decoder: &mut dyn Decoder,
        to: &mut dyn Gather,
    ) -> Result<(), Stop> {
        let mut docs = docs.peekable();
        if docs.peek().is_none() {
            return Ok(());
        }
        let mut reader = placed.chunk.reader(self.shared.pieces(), false)?;
        for doc in docs {
            reader.look(doc - placed.first, decoder, |record| to.record(record))?;
        }
        Ok(())
    }
}

/// Counts the values of one field by their codes, in a table that has a place for each. Gives the
/// events that must be looked at.
fn count_column(
    placed: &PlacedChunk,
    column: &Column,
    matches: &Bits,
    time: Option<i64>,
    to: &mut dyn Gather,
) -> Vec<u32> {
    let mut counts = vec![0_u64; column.codes_end()];
    let mut looked = Vec::new();
    let mut with_field = 0;
    column.each(|doc, code| {
        let doc = placed.first + doc;
        if !matches.contains(doc) {
            return;
        }
        with_field += 1;
        if code == LOOK {
            looked.push(doc);
        } else if let Some(count) = counts.get_mut(usize::from(code)) {
            *count += 1;
        }
    });
    let without = matches.count_in(docs_of(placed)) - with_field;
    if without > 0 {
        to.counted(time, &[None], without);
    }
    for (code, count) in (0..).zip(counts) {
        if count > 0 {
            to.counted(time, &[column.value(code)], count);
        }
    }
    looked
}

fn docs_of(placed: &PlacedChunk) -> std::ops::Range<u32> {
    placed.first..placed.first + placed.chunk.meta().docs
}

/// The values of a field in a chunk.
enum Values<'s> {
    None,
    Same(&'s str),
    Of(Arc<Column>),
}

impl<'s> Values<'s> {
    /// The same for all `count` events of the chunk.
    fn each(&'s self, count: u32) -> Each<'s> {
        let codes = match self {
            Self::None | Self::Same(_) => None,
            Self::Of(column) => Some(column.codes(count)),
        };
        Each {
            values: self,
            codes,
        }
    }

    fn value(&self, code: u16) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Same(value) => Some(value),
            Self::Of(column) => column.value(code),
        }
    }
}

/// The values of a field, by event.
struct Each<'s> {
    values: &'s Values<'s>,
    codes: Option<Cow<'s, [u16]>>,
}

impl Each<'_> {
    fn code(&self, doc: u32) -> u16 {
        let codes = self.codes.as_deref().unwrap_or_default();
        codes.get(doc as usize).copied().unwrap_or(NO_VALUE)
    }
}

/// The span of each event of a chunk.
enum Spans {
    Same(i64),
    Each(Vec<i64>),
}

impl Spans {
    fn of(&self, doc: u32) -> i64 {
        match self {
            Self::Same(span) => *span,
            Self::Each(spans) => spans.get(doc as usize).copied().unwrap_or(NO_SPAN),
        }
    }
}
