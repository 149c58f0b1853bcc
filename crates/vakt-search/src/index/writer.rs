//! The one writer of an index.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use vakt_event::{Event, JournalPosition, Source};

use super::Index;
use super::catalogue::Change;
use super::generation::Generation;
use super::shared::{Shared, number};
use crate::chunk::Addition;
use crate::frame::Frame;
use crate::split::{SUFFIX, SplitMeta, SplitWriter, WRITING_SUFFIX};
use crate::{Error, Result};

/// Held by the writer.
const LOCK_FILE: &str = "vakt-index-lock";

/// Adds events. There is one for an index at a time.
///
/// What was added is found after the next [`IndexWriter::commit`]. It is in memory until there is
/// enough of it for splits; [`IndexWriter::durable`] says up to where the index is on the disk, and
/// from there the journal is read again after a restart.
///
/// After an error drop the writer and take another; it goes on from what is durable.
pub struct IndexWriter {
    pub(super) shared: Arc<Shared>,
    generation: Generation,
    /// The first position that was not added yet.
    next: JournalPosition,
    /// The first position that is not found.
    committed: JournalPosition,
    durable: JournalPosition,
    /// Freed when the writer is dropped.
    _lock: File,
}

impl Index {
    /// The writer. Files that a killed process left half written are removed.
    pub fn writer(&self) -> Result<IndexWriter> {
        let lock = self.take_lock()?;
        let mut holder = self.shared.lock();
        let mut durable = 0;
        if let Some(catalogue) = holder.catalogue() {
            durable = catalogue.next()?;
            let known: BTreeSet<String> = catalogue
                .splits()?
                .into_iter()
                .map(|split| split.name)
                .collect();
            remove_leftovers(&self.shared.dir, &known)?;
        }
        // Some may be of splits that an earlier writer failed to publish.
        self.shared.term_logs.clear();
        // What an earlier writer showed and did not seal is read again.
        holder.publish(&Change::default(), Some(Arc::default()), Some(durable))?;
        drop(holder);
        let durable = JournalPosition(durable);
        Ok(IndexWriter {
            shared: Arc::clone(&self.shared),
            generation: Generation::default(),
            next: durable,
            committed: durable,
            durable,
            _lock: lock,
        })
    }

    fn take_lock(&self) -> Result<File> {
        let path = self.shared.dir.join(LOCK_FILE);
        let failed = |source| Error::File {
            action: "lock",
            path: path.clone(),
            source,
        };
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Busy {
                dir: self.shared.dir.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Removes files of splits that are not whole, or that the catalogue does not know.
fn remove_leftovers(dir: &Path, known: &BTreeSet<String>) -> Result<()> {
    let failed = |action, path: &Path, source| Error::File {
        action,
        path: path.to_owned(),
        source,
    };
    for entry in fs::read_dir(dir).map_err(|source| failed("read", dir, source))? {
        let path = entry.map_err(|source| failed("read", dir, source))?.path();
        let (Some(stem), Some(extension)) = (path.file_stem(), path.extension()) else {
            continue;
        };
        let is_known = stem.to_str().is_some_and(|stem| known.contains(stem));
        if extension == WRITING_SUFFIX || (extension == SUFFIX && !is_known) {
            fs::remove_file(&path).map_err(|source| failed("remove", &path, source))?;
        }
    }
    Ok(())
}

impl IndexWriter {
    /// The first position that the index does not have: where the journal is to be read from.
    /// Right after opening that is [`Self::durable`].
    pub fn next_position(&self) -> JournalPosition {
        self.next
    }

    /// The first position that is not in a split on the disk.
    pub fn durable(&self) -> JournalPosition {
        self.durable
    }

    /// Adds the event at `position`, which `frame` is decoded to. Positions rise; one that the index
    /// already has is passed over, so that reading the journal again adds nothing twice.
    pub fn add(
        &mut self,
        position: JournalPosition,
        frame: Frame<'_>,
        event: &Event<'_>,
        source: &Source,
    ) -> Result<()> {
        if position < self.next {
            return Ok(());
        }
        let addition = Addition {
            position,
            frame,
            event,
            source,
        };
        self.generation
            .add(&addition)
            .map_err(|source| self.failed(source))?;
        self.next = position.next();
        Ok(())
    }

    /// Makes what was added found. `next` is the journal position to go on from: it
    /// follows the last event added, and may lie further where frames gave no event.
    ///
    /// A search that begins after this returns sees the events.
    pub fn commit(&mut self, next: JournalPosition) -> Result<()> {
        let next = next.max(self.next);
        if next == self.committed {
            return Ok(());
        }
        self.next = next;
        if self.generation.is_due() {
            return self.seal();
        }
        let open = self
            .generation
            .show()
            .map_err(|fault| self.shared.damaged(&fault))?;
        self.shared
            .lock()
            .publish(&Change::default(), Some(Arc::new(open)), Some(next.0))?;
        self.committed = next;
        Ok(())
    }

    /// Whether events wait for a split.
    pub fn has_unsealed(&self) -> bool {
        self.durable < self.next
    }

    /// Writes what is in memory to splits. It is found, and durable, when this returns.
    pub fn seal(&mut self) -> Result<()> {
        if !self.has_unsealed() {
            return Ok(());
        }
        let mut splits: Vec<SplitMeta> = Vec::new();
        if !self.generation.is_empty() {
            let shared = &self.shared;
            let closed = self.generation.close().map_err(|source| Error::File {
                action: "close a chunk for",
                path: shared.dir.clone(),
                source,
            })?;
            for closed in closed {
                let mut writer =
                    SplitWriter::create(&shared.dir, number(), closed.partition.clone())?;
                for chunk in closed.chunks {
                    writer.chunk(chunk.data(), chunk.meta().clone())?;
                }
                let split = writer.finish()?;
                if let Some(terms) = closed.terms {
                    shared.term_logs.keep(&split.name, terms);
                }
                splits.push(split);
            }
        }
        let change = Change {
            add: &splits,
            next: Some(self.next.0),
            ..Change::default()
        };
        self.shared
            .lock()
            .publish(&change, Some(Arc::default()), Some(self.next.0))?;
        self.generation = Generation::default();
        self.committed = self.next;
        self.durable = self.next;
        Ok(())
    }

    /// Lets go of the index. What is not sealed is read from the journal again.
    pub fn close(self) -> Result<()> {
        drop(self);
        Ok(())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File {
            action: "pack events for",
            path: self.shared.dir.clone(),
            source,
        }
    }
}
