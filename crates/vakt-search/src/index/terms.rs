//! The words of a chunk's events on their way into an inverted index.
//!
//! Most values of an event are in a column, and so known by number within the chunk: the words of such
//! a value are looked up once, and not again with each event that has it.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use vakt_event::alias::canonical;
use vakt_event::{Field, Origin, ecs};

use super::shared::Shared;
use crate::chunk::column::{Column, LOOK, NO_VALUE};
use crate::chunk::{Chunk, ColumnOf, Pieces};
use crate::fault::Fault;
use crate::record::{Record, is_own_always};
use crate::split::inverted::InvertedBuilder;
use crate::words::{Keys, hash, is_noise};

/// Names that are remembered. There are a thousand columns at most; what a sender invents beyond is
/// taken for having none, which costs terms and is as true.
const NAMES_MAX: usize = 4096;

/// Adds the events of `chunk`, and gives for each of its blocks the hashes of the numbers that are
/// noise and so no terms.
pub(super) fn add(
    chunk: &Chunk,
    shared: &Shared,
    inverted: &mut InvertedBuilder,
    keys: &mut Keys,
) -> Result<Vec<Vec<u64>>, Fault> {
    let pieces = shared.pieces();
    let mut terms = ChunkTerms {
        inverted,
        keys,
        columns: Columns {
            chunk,
            pieces,
            names: HashMap::new(),
            known: Vec::new(),
        },
        noise: Vec::new(),
        numbers: Vec::new(),
        hashes: Vec::new(),
    };
    let mut decoder = shared.decode.decoder();
    let mut reader = chunk.reader(pieces, false)?;
    let mut filters: Vec<Vec<u64>> = Vec::new();
    let mut block_end = 0;
    for doc in 0..chunk.meta().docs {
        if doc == block_end {
            block_end = chunk.block_end(doc)?;
            if doc > 0 {
                filters.push(terms.end_block());
            }
        }
        terms.inverted.next_event();
        reader.look(doc, &mut *decoder, |record| terms.event(record, doc))??;
    }
    filters.push(terms.end_block());
    Ok(filters)
}

struct ChunkTerms<'a> {
    inverted: &'a mut InvertedBuilder,
    keys: &'a mut Keys,
    columns: Columns<'a>,
    /// Of the block that is being read.
    noise: Vec<u64>,
    /// Of the values of columns: the numbers of their terms, and the hashes of what is noise.
    numbers: Vec<u32>,
    hashes: Vec<u64>,
}

impl ChunkTerms<'_> {
    fn event(&mut self, record: &Record<'_>, doc: u32) -> Result<(), Fault> {
        let event = record.event;
        // Then the column of `error.message` has the problems, whatever was sent under that name.
        let problems = match event.problems.is_empty() {
            true => None,
            false => Some(self.columns.find(ecs::ERROR_MESSAGE)?),
        };
        for field in &event.fields {
            if field.value.is_null() {
                continue;
            }
            let mut found = self.columns.find(&field.name)?;
            if matches!(found, Found::Column(_)) && problems == Some(found) {
                found = Found::Own;
            }
            self.field(field, found, doc);
        }
        if let Some(found) = problems {
            let is_term = match found {
                Found::Column(index) => self.columns.code(index, doc) == LOOK,
                Found::Nothing => true,
                Found::Own => false,
            };
            self.keys.each(&event.problems.join("; "), |key| {
                if is_noise(key) {
                    self.noise.push(hash(key));
                } else if is_term {
                    self.inverted.added(key);
                }
            });
        }
        Ok(())
    }

    fn field(&mut self, field: &Field<'_>, found: Found, doc: u32) {
        let is_sent = field.origin == Origin::Sent;
        let text = field.value.text();
        if let Found::Column(index) = found {
            let code = self.columns.code(index, doc);
            if code != LOOK && code != NO_VALUE {
                self.value(index, code, text, is_sent);
                return;
            }
        }
        let is_term = found != Found::Own;
        self.keys.each(text, |key| {
            if is_noise(key) {
                self.noise.push(hash(key));
            } else if is_sent {
                self.inverted.sent(key);
            } else if is_term {
                self.inverted.added(key);
            }
        });
    }

    /// The value of a column. What was added needs no terms: the column itself answers.
    fn value(&mut self, index: usize, code: u16, text: &str, is_sent: bool) {
        let Self {
            inverted,
            keys,
            columns,
            noise,
            numbers,
            hashes,
        } = self;
        let Some(value) = columns.value(index, code) else {
            return;
        };
        let of_noise = value.noise.get_or_insert_with(|| {
            let start = hashes.len();
            keys.each(text, |key| {
                if is_noise(key) {
                    hashes.push(hash(key));
                }
            });
            start..hashes.len()
        });
        noise.extend_from_slice(hashes.get(of_noise.clone()).unwrap_or_default());
        if !is_sent {
            return;
        }
        let of_terms = value.terms.get_or_insert_with(|| {
            let start = numbers.len();
            keys.each(text, |key| {
                if !is_noise(key) {
                    numbers.push(inverted.sent_number(key));
                }
            });
            start..numbers.len()
        });
        for number in numbers.get(of_terms.clone()).unwrap_or_default() {
            inverted.put_sent(*number);
        }
    }

    /// The hashes of a block that was read.
    fn end_block(&mut self) -> Vec<u64> {
        self.noise.sort_unstable();
        self.noise.dedup();
        std::mem::take(&mut self.noise)
    }
}

/// The columns of a chunk by the names that fields have.
struct Columns<'c> {
    chunk: &'c Chunk,
    pieces: Pieces<'c>,
    names: HashMap<String, Found>,
    known: Vec<Known>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Column(usize),
    /// It has no column.
    Nothing,
    /// Vakt's own name.
    Own,
}

struct Known {
    column: Arc<Column>,
    /// By code.
    values: Vec<Value>,
}

/// What is known of a value of a column.
#[derive(Clone, Default)]
struct Value {
    terms: Option<Range<usize>>,
    noise: Option<Range<usize>>,
}

impl Columns<'_> {
    fn find(&mut self, name: &str) -> Result<Found, Fault> {
        if let Some(found) = self.names.get(name) {
            return Ok(*found);
        }
        if self.names.len() >= NAMES_MAX {
            return Ok(Found::Nothing);
        }
        let known = canonical(name);
        let found = if is_own_always(known) {
            Found::Own
        } else {
            match self.chunk.column(known, self.pieces)? {
                ColumnOf::Some(column) => {
                    let values = vec![Value::default(); column.codes_end()];
                    self.known.push(Known { column, values });
                    Found::Column(self.known.len() - 1)
                }
                ColumnOf::None | ColumnOf::Unknown => Found::Nothing,
            }
        };
        self.names.insert(name.to_owned(), found);
        Ok(found)
    }

    fn code(&self, index: usize, doc: u32) -> u16 {
        self.known
            .get(index)
            .map_or(LOOK, |known| known.column.code(doc))
    }

    fn value(&mut self, index: usize, code: u16) -> Option<&mut Value> {
        let known = self.known.get_mut(index)?;
        known.values.get_mut(usize::from(code))
    }
}
