//! The inverted index of a split: which events have which words.
//!
//! | field | keys of |
//! |---|---|
//! | `sent` | every value that the sender sent |
//! | `added` | values that Vakt added and that are in no column |
//!
//! Keys are those of [`crate::words`], but for numbers of many digits, which are in the filters of
//! the blocks alone. No positions, frequencies or norms: a phrase is looked for in the events that
//! have its words.

use std::iter::FusedIterator;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::indexer::SingleSegmentIndexWriter;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::document::{Document, ReferenceValue, ReferenceValueLeaf, Value};
use tantivy::schema::{BytesOptions, Field, IndexRecordOption, Schema as TantivySchema};
use tantivy::{Directory, Index, InvertedIndexReader, SegmentReader, TantivyError};

use super::bundle::Bundle;
use crate::bits::Bits;

/// The memory in which an inverted index is built: enough for a split of the largest size.
const BUILD_BYTES: usize = 256 * 1024 * 1024;

/// The engine's own list of its files.
const ENGINE_META: &str = "meta.json";

fn schema() -> (TantivySchema, Field, Field) {
    let mut schema = TantivySchema::builder();
    // Bytes fields take each term as it is, without positions, frequencies or norms.
    let terms = BytesOptions::default().set_indexed();
    let sent = schema.add_bytes_field("sent", terms.clone());
    let added = schema.add_bytes_field("added", terms);
    (schema.build(), sent, added)
}

/// An inverted index that is being built.
pub(crate) struct InvertedBuilder {
    engine: SingleSegmentIndexWriter<EventTerms>,
    directory: RamDirectory,
    sent: Field,
    added: Field,
}

impl InvertedBuilder {
    pub(crate) fn new() -> tantivy::Result<Self> {
        let (schema, sent, added) = schema();
        let directory = RamDirectory::create();
        let engine = Index::builder()
            .schema(schema)
            .single_segment_index_writer(directory.clone(), BUILD_BYTES)?;
        Ok(Self {
            engine,
            directory,
            sent,
            added,
        })
    }

    /// The terms of one event, to be filled.
    pub(crate) fn event(&self) -> EventTerms {
        EventTerms {
            sent: self.sent,
            added: self.added,
            text: String::new(),
            ends: Vec::new(),
        }
    }

    /// Events come in the order of the split.
    pub(crate) fn add(&mut self, event: EventTerms) -> tantivy::Result<()> {
        self.engine.add_document(event)
    }

    /// The engine's files.
    pub(crate) fn finish(self) -> tantivy::Result<Vec<(String, Vec<u8>)>> {
        let index = self.engine.finalize()?;
        let mut names: Vec<PathBuf> = index.directory().list_managed_files().into_iter().collect();
        names.sort_unstable();
        if !names.iter().any(|name| name == Path::new(ENGINE_META)) {
            names.push(PathBuf::from(ENGINE_META));
        }
        let mut files = Vec::new();
        for name in names {
            if !self.directory.exists(&name)? {
                continue;
            }
            let bytes = if name == Path::new(ENGINE_META) {
                self.directory.atomic_read(&name)?
            } else {
                self.directory.open_read(&name)?.read_bytes()?.to_vec()
            };
            files.push((name.to_string_lossy().into_owned(), bytes));
        }
        Ok(files)
    }
}

/// The terms of one event, one after the other.
#[derive(Debug)]
pub(crate) struct EventTerms {
    sent: Field,
    added: Field,
    text: String,
    /// The field of each term and where it ends in `text`.
    ends: Vec<(Field, usize)>,
}

impl EventTerms {
    pub(crate) fn sent(&mut self, key: &str) {
        self.text.push_str(key);
        self.ends.push((self.sent, self.text.len()));
    }

    pub(crate) fn added(&mut self, key: &str) {
        self.text.push_str(key);
        self.ends.push((self.added, self.text.len()));
    }
}

impl Document for EventTerms {
    type Value<'a> = Leaf<'a>;
    type FieldsValuesIter<'a> = Terms<'a>;

    fn iter_fields_and_values(&self) -> Terms<'_> {
        Terms {
            event: self,
            next: 0,
            from: 0,
        }
    }
}

/// The terms of an event as values of fields.
pub(crate) struct Terms<'a> {
    event: &'a EventTerms,
    next: usize,
    from: usize,
}

impl<'a> Iterator for Terms<'a> {
    type Item = (Field, Leaf<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (field, end) = *self.event.ends.get(self.next)?;
        let term = self.event.text.as_bytes().get(self.from..end)?;
        self.next += 1;
        self.from = end;
        Some((field, Leaf(ReferenceValueLeaf::Bytes(term))))
    }
}

impl FusedIterator for Terms<'_> {}

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

/// The inverted index of a split, opened.
pub(crate) struct Inverted {
    pub(crate) sent: Arc<InvertedIndexReader>,
    pub(crate) added: Arc<InvertedIndexReader>,
}

impl Inverted {
    /// Opens what [`InvertedBuilder::finish`] gave.
    pub(crate) fn open(
        files: impl Iterator<Item = (PathBuf, OwnedBytes)>,
    ) -> tantivy::Result<Self> {
        let index = Index::open(Bundle::new(files))?;
        let (schema, sent, added) = schema();
        if index.schema() != schema {
            let reason = "its fields are not those of its format".to_owned();
            return Err(TantivyError::SchemaError(reason));
        }
        let segments = index.searchable_segments()?;
        let [segment] = segments.as_slice() else {
            let reason = format!("it has {} segments", segments.len());
            return Err(TantivyError::InternalError(reason));
        };
        let reader = SegmentReader::open(segment)?;
        Ok(Self {
            sent: reader.inverted_index(sent)?,
            added: reader.inverted_index(added)?,
        })
    }
}

/// Adds the events of a term.
pub(crate) fn add_postings(
    index: &InvertedIndexReader,
    info: &TermInfo,
    docs: &mut Bits,
) -> tantivy::Result<()> {
    let mut postings: BlockSegmentPostings =
        index.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    while !postings.docs().is_empty() {
        for doc in postings.docs() {
            docs.insert(*doc);
        }
        postings.advance();
    }
    Ok(())
}
