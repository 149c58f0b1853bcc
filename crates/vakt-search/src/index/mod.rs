//! The index on disk: open, write, search.
//!
//! The directory holds a tantivy index and the file `vakt-index-format` with the version of what
//! `terms` and `stored` write. The payload of each commit is the journal
//! position that follows the last event in it, so that the events and the knowledge of which they
//! are become visible in one step: after a crash the journal is read again from there, and no
//! event is missing or double.

mod cursor;
mod damage;
mod forget;
mod format;
mod search;
mod tail;
mod top;
mod writer;

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::directory::MmapDirectory;
use tantivy::{IndexReader, IndexSettings, ReloadPolicy};

pub use search::{HITS_MAX, Hit, Order, Request, Response};
pub use tail::Tail;
pub use writer::IndexWriter;

use crate::document::{Fields, schema};
use crate::{Error, Result};

/// An open index. Searches may run on any number of threads, each on a snapshot of its own.
pub struct Index {
    dir: PathBuf,
    engine: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
}

/// What [`Index::open_or_rebuild`] did about an index that could not be opened.
#[derive(Debug)]
pub struct Rebuilt {
    /// Why the old index could not be used.
    pub reason: Error,
    /// Where its files are now; they are of no use to Vakt and may be removed.
    pub moved_to: PathBuf,
}

impl Index {
    /// Opens the index in `dir`, or makes an empty one where there is none.
    pub fn open(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|source| Error::File {
            action: "create the directory",
            path: dir.to_owned(),
            source,
        })?;
        let is_new = format::check(dir)?;
        let damaged = |reason: String| Error::Damaged {
            dir: dir.to_owned(),
            reason,
        };
        // The engine panics on some broken files; here that is an answer like any other.
        let opened = catch_unwind(AssertUnwindSafe(|| open_engine(dir, is_new)));
        let (engine, reader, fields) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(error)) => return Err(damaged(error.to_string())),
            Err(_) => return Err(damaged("the engine panicked when it opened it".into())),
        };
        let index = Self {
            dir: dir.to_owned(),
            engine,
            reader,
            fields,
        };
        index.committed()?;
        Ok(index)
    }

    /// Like [`Index::open`], but an index that is damaged or of another format is moved aside, to
    /// the same name with `.unreadable` after it (in place of one moved there before), and an
    /// empty one is made: its writer's `next_position` is 0, and reading the journal from there
    /// builds it again.
    pub fn open_or_rebuild(dir: &Path) -> Result<(Self, Option<Rebuilt>)> {
        let reason = match Self::open(dir) {
            Ok(index) => return Ok((index, None)),
            Err(error @ (Error::Damaged { .. } | Error::Format { .. })) => error,
            Err(error) => return Err(error),
        };
        Self::anew(dir, reason).map(|(index, rebuilt)| (index, Some(rebuilt)))
    }

    /// Moves this index aside, for the `reason` that [`Index::damage`] gave, and makes an empty one
    /// in its place, as [`Index::open_or_rebuild`] does. Its writer must be closed; searches that
    /// are under way end on the old files.
    pub fn rebuild(&self, reason: Error) -> Result<(Self, Rebuilt)> {
        Self::anew(&self.dir, reason)
    }

    /// An empty index that is nowhere on the disk: a search of it finds what it is offered.
    pub fn of_nothing() -> Result<Self> {
        let (schema, fields) = schema();
        let engine = tantivy::Index::create_in_ram(schema);
        let reader = engine
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|source| Error::Engine {
                dir: PathBuf::new(),
                source,
            })?;
        Ok(Self {
            dir: PathBuf::new(),
            engine,
            reader,
            fields,
        })
    }

    fn anew(dir: &Path, reason: Error) -> Result<(Self, Rebuilt)> {
        let mut moved_to = dir.as_os_str().to_owned();
        moved_to.push(".unreadable");
        let moved_to = PathBuf::from(moved_to);
        match fs::remove_dir_all(&moved_to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(Error::File {
                    action: "remove",
                    path: moved_to,
                    source,
                });
            }
            _ => {}
        }
        fs::rename(dir, &moved_to).map_err(|source| Error::File {
            action: "move aside",
            path: dir.to_owned(),
            source,
        })?;
        let rebuilt = Rebuilt { reason, moved_to };
        Ok((Self::open(dir)?, rebuilt))
    }

    /// How many events can be found now.
    pub fn count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Where the last commit ended: the first position that no search finds yet.
    pub fn next_position(&self) -> Result<vakt_event::JournalPosition> {
        self.committed().map(vakt_event::JournalPosition)
    }

    /// The position after the last event that is committed: 0 for an empty index.
    fn committed(&self) -> Result<u64> {
        let metas = self
            .engine
            .load_metas()
            .map_err(|error| self.failed(error))?;
        match metas.payload {
            None => Ok(0),
            Some(payload) => payload.parse().map_err(|_| Error::Damaged {
                dir: self.dir.clone(),
                reason: format!("its last commit says `{payload}`, not a journal position"),
            }),
        }
    }

    fn failed(&self, source: tantivy::TantivyError) -> Error {
        Error::Engine {
            dir: self.dir.clone(),
            source,
        }
    }
}

fn open_engine(dir: &Path, is_new: bool) -> tantivy::Result<(tantivy::Index, IndexReader, Fields)> {
    let (schema, fields) = schema();
    let engine = if is_new {
        let settings = IndexSettings {
            // Commits are many and small; a thread for each is not worth it.
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        tantivy::Index::create(MmapDirectory::open(dir)?, schema, settings)?
    } else {
        let engine = tantivy::Index::open_in_dir(dir)?;
        if engine.schema() != schema {
            let reason = "its fields are not those of its format".to_owned();
            return Err(tantivy::TantivyError::SchemaError(reason));
        }
        engine
    };
    // Reloaded by the writer after each commit; watching files would be late and cost a thread.
    let reader = engine
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    Ok((engine, reader, fields))
}
