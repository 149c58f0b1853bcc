//! The inverted index of a split: which events have which words.
//!
//! | field | keys of |
//! |---|---|
//! | `sent` | every value that the sender sent |
//! | `added` | values that Vakt added and that are in no column, but for those that a value of the event that was sent has |
//!
//! Keys are those of [`crate::words`], but for numbers of many digits, which are in the filters of
//! the blocks alone. No positions, frequencies or norms: a phrase is looked for in the events that
//! have its words.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::columnar::ColumnarWriter;
use tantivy::directory::{OwnedBytes, RamDirectory, TerminatingWrite};
use tantivy::fieldnorm::FieldNormsSerializer;
use tantivy::index::{SegmentComponent, SegmentId};
use tantivy::postings::{BlockSegmentPostings, InvertedIndexSerializer, TermInfo};
use tantivy::schema::{BytesOptions, Field, IndexRecordOption, Schema as TantivySchema};
use tantivy::{
    Directory, Index, IndexSettings, InvertedIndexReader, Segment, SegmentReader, TantivyError,
};

use super::bundle::Bundle;
use super::meetings::Meetings;
use super::posting_order::{DocsOf, PostingOrder};
use crate::bits::Bits;
use crate::chunk::Order;
use crate::fault::Fault;
use crate::term_log::ChunkLog;
use crate::vocabulary::Vocabulary;

/// The engine's own list of its files.
const ENGINE_META: &str = "meta.json";

/// The engine's name of its segment, of which a split has one. With a name of chance, two splits of the same
/// events would differ.
const SEGMENT: &str = "00000000000000000000000000000001";

/// The file that says which event has which number; not the engine's.
const ORDER: &str = "order";

fn schema() -> (TantivySchema, Field, Field) {
    let mut schema = TantivySchema::builder();
    // Bytes fields take each term as it is, without positions, frequencies or norms.
    let terms = BytesOptions::default().set_indexed();
    let sent = schema.add_bytes_field("sent", terms.clone());
    let added = schema.add_bytes_field("added", terms);
    (schema.build(), sent, added)
}

/// An inverted index that is being built. The engine's own writer takes documents and hashes each of
/// their words; here words are known by number, and the engine writes the dictionary and the postings.
#[derive(Default)]
pub(crate) struct InvertedBuilder {
    words: Vocabulary,
    sent: Meetings,
    added: Meetings,
    docs: u32,
}

impl InvertedBuilder {
    /// What follows is of the next event.
    pub(crate) fn next_event(&mut self) {
        self.docs += 1;
    }

    /// The number of a key, for [`Self::put_sent`] and [`Self::put_added`].
    pub(crate) fn number(&mut self, key: &[u8]) -> u32 {
        self.words.number(key)
    }

    /// The current event has a key that was sent.
    pub(crate) fn put_sent(&mut self, number: u32) {
        let doc = self.docs.saturating_sub(1);
        if self.words.meet(number, doc) {
            self.sent.put(doc, number);
        }
    }

    /// The current event has a key of what was added. All that was sent was put before.
    pub(crate) fn put_added(&mut self, number: u32) {
        let doc = self.docs.saturating_sub(1);
        if self.words.meet(number, doc) {
            self.added.put(doc, number);
        }
    }

    /// The next events are those of the log.
    pub(crate) fn put_log(&mut self, log: &ChunkLog) -> Result<(), Fault> {
        let mut numbers = Vec::new();
        log.each_word(|text, keys| self.words.numbers(text, keys, &mut numbers))?;
        let number = |number: &u32| {
            let index = usize::try_from(*number).unwrap_or(usize::MAX);
            numbers.get(index).copied().unwrap_or(u32::MAX)
        };
        // What the log has once for an event, the event has once.
        log.each_event(|sent, added| {
            let doc = self.docs;
            self.docs += 1;
            self.sent.put_all(doc, sent.iter().map(number));
            self.added.put_all(doc, added.iter().map(number));
        })
    }

    /// Its files: a segment of the engine without stored documents, norms and columns, and the order of its
    /// numbers. `chunks` are the orders of the chunks whose events were put, one after the other.
    pub(crate) fn finish(self, chunks: &[Arc<Order>]) -> tantivy::Result<Vec<(String, Vec<u8>)>> {
        let posting_order = PostingOrder::of(chunks);
        let docs = posting_order.docs(chunks);
        let (schema, sent, added) = schema();
        let directory = RamDirectory::create();
        let index = Index::create(directory.clone(), schema, IndexSettings::default())?;
        let id = SegmentId::from_uuid_string(SEGMENT)
            .map_err(|error| TantivyError::InternalError(error.to_string()))?;
        let segment = index.segment(index.new_segment_meta(id, self.docs));
        let mut serializer = InvertedIndexSerializer::open(&segment)?;
        let order = self.words.order();
        for (field, meetings) in [(sent, self.sent), (added, self.added)] {
            let mut field = serializer.new_field(field, meetings.count(), None)?;
            meetings.write(&self.words, &order, &docs, &mut field)?;
            field.close()?;
        }
        serializer.close()?;
        write_empty(&segment, self.docs)?;
        let mut metas = index.load_metas()?;
        metas.segments.push(segment.meta().clone());
        let metas = serde_json::to_vec(&metas).map_err(io::Error::from)?;
        directory.atomic_write(Path::new(ENGINE_META), &metas)?;
        let mut files = vec![
            (ORDER.to_owned(), posting_order.write()?),
            (ENGINE_META.to_owned(), metas),
        ];
        for component in [
            SegmentComponent::Terms,
            SegmentComponent::Postings,
            SegmentComponent::Positions,
            SegmentComponent::FieldNorms,
            SegmentComponent::FastFields,
            SegmentComponent::Store,
        ] {
            // As they are, with the engine's own checksum at their ends.
            let name = segment.relative_path(component);
            let bytes = directory.open_read(&name)?.read_bytes()?.to_vec();
            files.push((name.to_string_lossy().into_owned(), bytes));
        }
        Ok(files)
    }
}

/// The parts of a segment that have nothing in them, but that the engine opens.
fn write_empty(segment: &Segment, docs: u32) -> tantivy::Result<()> {
    FieldNormsSerializer::from_write(segment.open_write(SegmentComponent::FieldNorms)?)?.close()?;
    let mut columns = segment.open_write(SegmentComponent::FastFields)?;
    ColumnarWriter::default().serialize(docs, None, &mut columns)?;
    columns.terminate()?;
    let mut store = segment.open_write(SegmentComponent::Store)?;
    store.flush()?;
    store.terminate()?;
    Ok(())
}

/// The inverted index of a split, opened.
pub(crate) struct Inverted {
    pub(crate) sent: Arc<InvertedIndexReader>,
    pub(crate) added: Arc<InvertedIndexReader>,
    pub(crate) order: PostingOrder,
}

impl Inverted {
    /// Opens what [`InvertedBuilder::finish`] gave of chunks that have so many events each.
    pub(crate) fn open(
        mut files: Vec<(PathBuf, OwnedBytes)>,
        chunks: &[u32],
    ) -> tantivy::Result<Self> {
        let found = files.iter().position(|(name, _)| name == Path::new(ORDER));
        let order = found.map(|place| files.swap_remove(place).1);
        let order = PostingOrder::read(order.as_deref().unwrap_or_default(), chunks)
            .map_err(|fault| TantivyError::InternalError(fault.to_string()))?;
        let index = Index::open(Bundle::new(files.into_iter()))?;
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
            order,
        })
    }
}

/// Adds the events of a term.
pub(crate) fn add_postings(
    index: &InvertedIndexReader,
    info: &TermInfo,
    mut docs_of: DocsOf<'_>,
    docs: &mut Bits,
) -> Result<(), Fault> {
    let mut postings: BlockSegmentPostings =
        index.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    while !postings.docs().is_empty() {
        for number in postings.docs() {
            docs.insert(docs_of.doc(*number)?);
        }
        postings.advance();
    }
    Ok(())
}
