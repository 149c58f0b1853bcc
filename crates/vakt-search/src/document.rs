//! An event as tantivy takes it: its terms in one buffer, its stored form, its columns.

use std::iter::FusedIterator;

use tantivy::schema::document::{Document, ReferenceValue, ReferenceValueLeaf, Value};
use tantivy::schema::{BytesOptions, Field, NumericOptions, STORED, Schema as TantivySchema};

use crate::admission::Permit;
use crate::record::Record;
use crate::terms::{self, Sink};

/// The fields of the index; what the terms mean stands in [`terms`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) sent: Field,
    pub(crate) named: Field,
    pub(crate) stream: Field,
    /// The event in its stored form.
    pub(crate) event: Field,
    /// Columns: the effective time and the time of receipt in microseconds, and the position.
    pub(crate) time: Field,
    pub(crate) received: Field,
    pub(crate) position: Field,
}

pub(crate) const TIME_COLUMN: &str = "time";
pub(crate) const RECEIVED_COLUMN: &str = "received";
pub(crate) const POSITION_COLUMN: &str = "position";

/// The schema and its fields.
pub(crate) fn schema() -> (TantivySchema, Fields) {
    let mut schema = TantivySchema::builder();
    // Bytes fields take each term as it is, without positions, frequencies or norms.
    let terms = BytesOptions::default().set_indexed();
    let column = NumericOptions::default().set_fast();
    let fields = Fields {
        sent: schema.add_bytes_field("sent", terms.clone()),
        named: schema.add_bytes_field("named", terms.clone()),
        stream: schema.add_bytes_field("stream", terms),
        event: schema.add_bytes_field("event", STORED),
        time: schema.add_i64_field(TIME_COLUMN, column.clone()),
        received: schema.add_i64_field(RECEIVED_COLUMN, column.clone()),
        position: schema.add_u64_field(POSITION_COLUMN, column),
    };
    (schema.build(), fields)
}

/// An event on its way into the index: its terms one after the other in one buffer.
pub(crate) struct EventDocument {
    fields: Fields,
    terms: String,
    /// The field of each term and where it ends in `terms`.
    ends: Vec<(Field, usize)>,
    stored: Vec<u8>,
    time: Option<i64>,
    received: Option<i64>,
    position: u64,
    /// Given back when the document is dropped, which the engine does once it is indexed.
    permit: Option<Permit>,
}

impl EventDocument {
    pub(crate) fn new(fields: Fields, record: &Record<'_>, position: u64, stored: Vec<u8>) -> Self {
        let mut document = Self {
            fields,
            terms: String::new(),
            ends: Vec::new(),
            stored,
            time: record.event.time.effective().map(|time| time.micros()),
            received: record.event.time.received.map(|time| time.micros()),
            position,
            permit: None,
        };
        terms::collect(record, &mut document);
        document
    }

    /// The memory that the document holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.terms.len() + self.ends.len() * size_of::<(Field, usize)>() + self.stored.len()
    }

    pub(crate) fn hold(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }

    fn push(&mut self, field: Field, term: &str) {
        self.terms.push_str(term);
        self.ends.push((field, self.terms.len()));
    }
}

impl Sink for EventDocument {
    fn sent(&mut self, term: &str) {
        self.push(self.fields.sent, term);
    }

    fn named(&mut self, term: &str) {
        self.push(self.fields.named, term);
    }

    fn stream(&mut self, term: &str) {
        self.push(self.fields.stream, term);
    }
}

impl Document for EventDocument {
    type Value<'a> = Leaf<'a>;
    type FieldsValuesIter<'a> = Values<'a>;

    fn iter_fields_and_values(&self) -> Values<'_> {
        Values {
            document: self,
            next: 0,
            from: 0,
        }
    }
}

/// The values of a document: the stored event and the columns, then the terms.
pub(crate) struct Values<'a> {
    document: &'a EventDocument,
    next: usize,
    from: usize,
}

/// How many values stand before the terms.
const COLUMNS: usize = 4;

impl<'a> Iterator for Values<'a> {
    type Item = (Field, Leaf<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let document = self.document;
            let fields = document.fields;
            let index = self.next;
            self.next += 1;
            let column = match index {
                0 => Some((fields.event, ReferenceValueLeaf::Bytes(&document.stored))),
                1 => Some((fields.position, ReferenceValueLeaf::U64(document.position))),
                2 => document
                    .time
                    .map(|time| (fields.time, ReferenceValueLeaf::I64(time))),
                3 => document
                    .received
                    .map(|time| (fields.received, ReferenceValueLeaf::I64(time))),
                _ => {
                    let (field, end) = *document.ends.get(index - COLUMNS)?;
                    let term = document.terms.as_bytes().get(self.from..end)?;
                    self.from = end;
                    Some((field, ReferenceValueLeaf::Bytes(term)))
                }
            };
            if let Some((field, leaf)) = column {
                return Some((field, Leaf(leaf)));
            }
        }
    }
}

impl FusedIterator for Values<'_> {}

/// One value of a document; none of them nests.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a>(ReferenceValueLeaf<'a>);

impl<'a> Value<'a> for Leaf<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(self.0.clone())
    }
}
