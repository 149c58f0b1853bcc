//! The one writer of an index.

use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexReader, TantivyError};
use vakt_event::{Event, JournalPosition, Source};

use super::Index;
use crate::admission::Admission;
use crate::document::{EventDocument, Fields};
use crate::record::{Record, RecordSource, peer_text};
use crate::{Error, Result, stored};

/// The memory in which a segment is built before it goes to disk, in bytes. Events that are
/// committed every second or so need less; a rebuild from the journal uses it all.
const HEAP_BYTES: usize = 64 * 1024 * 1024;

/// Segments with more events are merged no more: a merge of eight of them writes at most a few
/// hundred megabytes again.
const MERGED_DOCS_MAX: usize = 250_000;

/// A segment of which a third was taken out is written anew.
const FORGOTTEN_SHARE_MAX: f32 = 0.33;

/// How many segments of about one size are merged to one.
const MERGED_SEGMENTS_MIN: usize = 8;

/// Merges at once. One: they are work in the background, and the machine may have two cores.
const MERGE_THREADS: usize = 1;

/// The largest event, in bytes of its stored form: the engine's store counts within a block in
/// 32 bits, and a frame is a small part of this.
const EVENT_BYTES_MAX: usize = 1 << 30;

/// Adds events and commits them. There is one for an index at a time.
///
/// After an error drop the writer and open the index again; it goes on from its last commit.
pub struct IndexWriter {
    index: Handle,
    pub(super) engine: tantivy::IndexWriter<EventDocument>,
    pub(super) reader: IndexReader,
    admission: Admission,
    /// The first position that was not added yet.
    pub(super) next: JournalPosition,
    /// The position in the last commit.
    pub(super) committed: JournalPosition,
}

/// What the writer needs of its index.
struct Handle {
    dir: std::path::PathBuf,
    fields: Fields,
}

impl Index {
    /// The writer. Files that a killed process left uncommitted are removed.
    pub fn writer(&self) -> Result<IndexWriter> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(HEAP_BYTES)
            .num_merge_threads(MERGE_THREADS)
            .build();
        let engine = match self.engine.writer_with_options(options) {
            Ok(engine) => engine,
            Err(TantivyError::LockFailure(..)) => {
                return Err(Error::Busy {
                    dir: self.dir.clone(),
                });
            }
            Err(error) => return Err(self.failed(error)),
        };
        let mut merge_policy = LogMergePolicy::default();
        merge_policy.set_min_num_segments(MERGED_SEGMENTS_MIN);
        merge_policy.set_max_docs_before_merge(MERGED_DOCS_MAX);
        merge_policy.set_del_docs_ratio_before_merge(FORGOTTEN_SHARE_MAX);
        engine.set_merge_policy(Box::new(merge_policy));
        engine
            .garbage_collect_files()
            .wait()
            .map_err(|error| self.failed(error))?;
        let committed = JournalPosition(self.committed()?);
        // A commit before a failure may not have become visible.
        self.reader.reload().map_err(|error| self.failed(error))?;
        Ok(IndexWriter {
            index: Handle {
                dir: self.dir.clone(),
                fields: self.fields,
            },
            engine,
            reader: self.reader.clone(),
            admission: Admission::default(),
            next: committed,
            committed,
        })
    }
}

impl IndexWriter {
    /// The first position that the index does not have: where the journal is to be read from.
    /// Right after opening that is where the last commit ended.
    pub fn next_position(&self) -> JournalPosition {
        self.next
    }

    /// Adds the event at `position`. Positions rise; one that the index already has is passed
    /// over, so that reading the journal again adds nothing twice. Waits while too many bytes
    /// wait to be indexed. The event is found after the next [`IndexWriter::commit`].
    pub fn add(
        &mut self,
        position: JournalPosition,
        event: &Event<'_>,
        source: &Source,
    ) -> Result<()> {
        if position < self.next {
            return Ok(());
        }
        let peer = peer_text(source);
        let record = Record {
            event,
            position: Some(position),
            source: Some(RecordSource {
                stream: &source.stream,
                peer: peer.as_deref(),
            }),
        };
        let stored = stored::encode(&record);
        if stored.len() > EVENT_BYTES_MAX {
            return Err(Error::EventTooLarge {
                position,
                bytes: stored.len(),
                limit: EVENT_BYTES_MAX,
            });
        }
        let mut document = EventDocument::new(self.index.fields, &record, position.0, stored);
        document.hold(self.admission.admit(document.bytes()));
        self.engine
            .add_document(document)
            .map_err(|error| self.failed(error))?;
        self.next = position.next();
        Ok(())
    }

    /// Makes what was added durable and found. `next` is the journal position to go on from: it
    /// follows the last event added, and may lie further where frames gave no event.
    ///
    /// A search that begins after this returns sees the events.
    pub fn commit(&mut self, next: JournalPosition) -> Result<()> {
        let next = next.max(self.next);
        if next == self.committed {
            return Ok(());
        }
        self.commit_engine(next)
            .map_err(|error| self.failed(error))?;
        self.next = next;
        self.committed = next;
        Ok(())
    }

    /// Waits for merges that are under way and lets go of the index.
    pub fn close(self) -> Result<()> {
        let failed = |source| Error::Engine {
            dir: self.index.dir,
            source,
        };
        self.engine.wait_merging_threads().map_err(failed)
    }

    pub(super) fn commit_engine(&mut self, next: JournalPosition) -> tantivy::Result<()> {
        let mut commit = self.engine.prepare_commit()?;
        commit.set_payload(&next.to_string());
        commit.commit()?;
        self.reader.reload()
    }

    pub(super) fn failed(&self, source: TantivyError) -> Error {
        Error::Engine {
            dir: self.index.dir.clone(),
            source,
        }
    }
}
