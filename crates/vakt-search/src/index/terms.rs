//! The words of a chunk's events on their way into an inverted index, where nothing was noted of them when the
//! chunk was filled (`term_log.rs`): its events are decoded again.
//!
//! | value | its words are |
//! |---|---|
//! | sent | terms of what was sent |
//! | added, in no column | terms of what was added, but for those that a value that was sent has |
//! | added, in a column | no terms: the column itself answers |
//! | any | noise of the block, where they are numbers of many digits |
//!
//! Most values of an event are in a column, and so known by number within the chunk: the words of such
//! a value are looked up once, and not again with each event that has it.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use vakt_event::alias::canonical;
use vakt_event::{Origin, ecs};

use super::shared::Shared;
use crate::chunk::column::{Column, LOOK, NO_VALUE};
use crate::chunk::{Chunk, ColumnOf, Pieces};
use crate::fault::Fault;
use crate::filter;
use crate::record::{Record, is_own_always};
use crate::split::inverted::InvertedBuilder;
use crate::words::Keys;

/// Names that are remembered. There are a thousand columns at most; those that a sender invents beyond are
/// looked up each time.
const NAMES_MAX: usize = 4096;

/// Adds the events of `chunk`, and gives for each of its blocks the filter of the numbers that are noise and so
/// no terms.
pub(super) fn add(
    chunk: &Chunk,
    shared: &Shared,
    inverted: &mut InvertedBuilder,
    keys: &mut Keys,
) -> Result<Vec<Vec<u8>>, Fault> {
    let pieces = shared.pieces();
    let mut terms = ChunkTerms {
        inverted,
        keys,
        columns: Columns {
            chunk,
            pieces,
            names: HashMap::new(),
            numbers: HashMap::new(),
            known: Vec::new(),
        },
        added: Vec::new(),
        noise: vec![Vec::new(); chunk.blocks()?],
        block: 0,
        numbers: Vec::new(),
        hashes: Vec::new(),
    };
    let mut decoder = shared.decode.decoder();
    let mut reader = chunk.reader(pieces, false)?;
    for doc in 0..chunk.meta().docs {
        terms.block = reader.block_of(doc)?;
        terms.inverted.next_event();
        reader.look(doc, &mut *decoder, |record| terms.event(record, doc))??;
    }
    Ok(terms.noise.into_iter().map(noise_filter).collect())
}

struct ChunkTerms<'a> {
    inverted: &'a mut InvertedBuilder,
    keys: &'a mut Keys,
    columns: Columns<'a>,
    /// Of the event that is being read: its fields that Vakt added and that are in no column.
    added: Vec<usize>,
    /// The hashes of what is noise, by block.
    noise: Vec<Vec<u64>>,
    /// The block of the event that is being read.
    block: usize,
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
        self.added.clear();
        for (number, field) in event.fields.iter().enumerate() {
            if field.value.is_null() {
                continue;
            }
            let mut found = self.columns.find(&field.name)?;
            if matches!(found, Found::Column(_)) && problems == Some(found) {
                found = Found::Own;
            }
            let is_sent = field.origin == Origin::Sent;
            let text = field.value.text();
            if let Some((index, code)) = self.columns.value_of(found, doc) {
                self.value(index, code, text, is_sent);
            } else if is_sent {
                self.text(text, InvertedBuilder::put_sent);
            } else if found == Found::Own {
                self.text(text, |_, _| {});
            } else {
                self.added.push(number);
            }
        }
        // All that was sent is there.
        for number in std::mem::take(&mut self.added) {
            if let Some(field) = event.fields.get(number) {
                self.text(field.value.text(), InvertedBuilder::put_added);
            }
        }
        if let Some(found) = problems {
            self.own(found, &event.problems.join("; "), doc);
        }
        if let Some(peer) = record.source.and_then(|source| source.peer) {
            let found = self.columns.find_own(ecs::VAKT_PEER)?;
            self.own(found, peer, doc);
        }
        Ok(())
    }

    /// A value that Vakt itself gives.
    fn own(&mut self, found: Found, text: &str, doc: u32) {
        match self.columns.value_of(found, doc) {
            Some((index, code)) => self.value(index, code, text, false),
            None => self.text(text, InvertedBuilder::put_added),
        }
    }

    /// Reads a text that is no value of a column.
    fn text(&mut self, text: &str, put: impl Fn(&mut InvertedBuilder, u32)) {
        let mut noise = self.noise.get_mut(self.block);
        self.keys.each(text, |batch| {
            if let Some(noise) = &mut noise {
                noise.extend(batch.noise());
            }
            for key in batch.terms() {
                let number = self.inverted.number(key);
                put(self.inverted, number);
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
            block,
            numbers,
            hashes,
            ..
        } = self;
        let Some(value) = columns.value(index, code) else {
            return;
        };
        let of_noise = value.noise.get_or_insert_with(|| {
            let start = hashes.len();
            keys.each(text, |batch| hashes.extend(batch.noise()));
            start..hashes.len()
        });
        if let Some(noise) = noise.get_mut(*block) {
            noise.extend_from_slice(hashes.get(of_noise.clone()).unwrap_or_default());
        }
        if !is_sent {
            return;
        }
        let of_terms = value.terms.get_or_insert_with(|| {
            let start = numbers.len();
            keys.each(text, |batch| {
                numbers.extend(batch.terms().map(|key| inverted.number(key)));
            });
            start..numbers.len()
        });
        for number in numbers.get(of_terms.clone()).unwrap_or_default() {
            inverted.put_sent(*number);
        }
    }
}

/// The filter of a block with this noise.
fn noise_filter(mut hashes: Vec<u64>) -> Vec<u8> {
    hashes.sort_unstable();
    hashes.dedup();
    let mut filter = Vec::new();
    filter::write(hashes.into_iter(), &mut filter);
    filter
}

/// The columns of a chunk by the names that fields have.
struct Columns<'c> {
    chunk: &'c Chunk,
    pieces: Pieces<'c>,
    names: HashMap<String, Found>,
    /// The columns that were read, by their canonical names, in `known`.
    numbers: HashMap<String, usize>,
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
        let known = canonical(name);
        let found = match is_own_always(known) {
            true => Found::Own,
            false => self.find_own(known)?,
        };
        if self.names.len() < NAMES_MAX {
            self.names.insert(name.to_owned(), found);
        }
        Ok(found)
    }

    /// The column with this canonical name, which may be one of Vakt's own.
    fn find_own(&mut self, name: &str) -> Result<Found, Fault> {
        if let Some(index) = self.numbers.get(name) {
            return Ok(Found::Column(*index));
        }
        let ColumnOf::Some(column) = self.chunk.column(name, self.pieces)? else {
            return Ok(Found::Nothing);
        };
        let values = vec![Value::default(); column.codes_end()];
        self.known.push(Known { column, values });
        let index = self.known.len() - 1;
        self.numbers.insert(name.to_owned(), index);
        Ok(Found::Column(index))
    }

    /// The column and the code of a value of the event, where it is in one.
    fn value_of(&self, found: Found, doc: u32) -> Option<(usize, u16)> {
        let Found::Column(index) = found else {
            return None;
        };
        let code = self.known.get(index)?.column.code(doc);
        (code != LOOK && code != NO_VALUE).then_some((index, code))
    }

    fn value(&mut self, index: usize, code: u16) -> Option<&mut Value> {
        let known = self.known.get_mut(index)?;
        known.values.get_mut(usize::from(code))
    }
}
