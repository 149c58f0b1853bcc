//! Taking events out of the index, by their positions.

use std::thread;
use std::time::Duration;

use tantivy::index::SegmentId;
use tantivy::query::{EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};
use vakt_event::JournalPosition;

use super::IndexWriter;
use crate::Result;
use crate::document::POSITION_COLUMN;

/// Merges in the background take some tenths of a second a segment.
const PURGE_TRIES: u32 = 200;
const PURGE_PAUSE: Duration = Duration::from_millis(50);

impl IndexWriter {
    /// Takes out the events at positions of these ranges (from, to exclusive; ascending, apart), and
    /// commits that. They are not found any more when this returns; their bytes leave with the next
    /// merge of their segment, or at once with [`IndexWriter::purge`].
    pub fn forget(&mut self, ranges: &[(JournalPosition, JournalPosition)]) -> Result<()> {
        if ranges.is_empty() {
            return Ok(());
        }
        let query = Positions {
            ranges: ranges.iter().map(|(from, to)| (from.0, to.0)).collect(),
        };
        self.engine
            .delete_query(Box::new(query))
            .map_err(|error| self.failed(error))?;
        self.commit_engine(self.next)
            .map_err(|error| self.failed(error))?;
        self.committed = self.next;
        Ok(())
    }

    /// Writes every segment anew from which something was taken, so that nothing of it is left in
    /// the files of the index. Takes as long as indexing a part of these segments.
    pub fn purge(&mut self) -> Result<()> {
        for tries_left in (0..PURGE_TRIES).rev() {
            let dirty = self.dirty().map_err(|error| self.failed(error))?;
            if dirty.is_empty() {
                break;
            }
            for segment in dirty {
                match self.engine.merge(&[segment]).wait() {
                    Ok(_) => {}
                    // A merge in the background has it, which writes it anew just as well.
                    Err(TantivyError::InvalidArgument(_)) if tries_left > 0 => {
                        thread::sleep(PURGE_PAUSE);
                    }
                    Err(error) => return Err(self.failed(error)),
                }
            }
        }
        self.engine
            .garbage_collect_files()
            .wait()
            .map_err(|error| self.failed(error))?;
        self.reader.reload().map_err(|error| self.failed(error))
    }

    /// Segments that hold what was taken out.
    fn dirty(&self) -> tantivy::Result<Vec<SegmentId>> {
        let segments = self.engine.index().searchable_segment_metas()?;
        let dirty = segments.iter().filter(|segment| segment.has_deletes());
        Ok(dirty.map(|segment| segment.id()).collect())
    }
}

/// All documents at positions of some ranges.
#[derive(Clone, Debug)]
struct Positions {
    /// From, to (exclusive); ascending, apart.
    ranges: Vec<(u64, u64)>,
}

impl Positions {
    fn has(&self, position: u64) -> bool {
        let after = self.ranges.partition_point(|(from, _)| *from <= position);
        let before = after
            .checked_sub(1)
            .and_then(|index| self.ranges.get(index));
        before.is_some_and(|(_, to)| position < *to)
    }

    fn documents(&self, reader: &SegmentReader) -> tantivy::Result<Vec<DocId>> {
        let column = reader.fast_fields().u64(POSITION_COLUMN)?;
        let (lowest, highest) = (column.min_value(), column.max_value());
        let mut ranges = self.ranges.iter();
        if !ranges.any(|(from, to)| *from <= highest && lowest < *to) {
            return Ok(Vec::new());
        }
        let documents = 0..reader.max_doc();
        let in_ranges = documents.filter(|document| {
            let position = column.first(*document);
            position.is_some_and(|position| self.has(position))
        });
        Ok(in_ranges.collect())
    }
}

impl Query for Positions {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Positions {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(Box::new(Documents {
            documents: self.documents(reader)?,
            next: 0,
        }))
    }

    fn explain(&self, reader: &SegmentReader, document: DocId) -> tantivy::Result<Explanation> {
        if self.documents(reader)?.binary_search(&document).is_ok() {
            return Ok(Explanation::new("a position that is taken out", 1.0));
        }
        let message = format!("document {document} is at none of the positions");
        Err(TantivyError::InvalidArgument(message))
    }
}

/// Documents of a segment, ascending.
struct Documents {
    documents: Vec<DocId>,
    next: usize,
}

impl DocSet for Documents {
    fn advance(&mut self) -> DocId {
        self.next += 1;
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.documents.get(self.next).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        u32::try_from(self.documents.len()).unwrap_or(u32::MAX)
    }
}

impl Scorer for Documents {
    fn score(&mut self) -> Score {
        1.0
    }
}
