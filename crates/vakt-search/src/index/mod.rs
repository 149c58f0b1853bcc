//! The index on disk: open, write, search.
//!
//! The directory holds splits (`split/`), the catalogue that says which of them belong to the
//! index, and the file `vakt-index-format` with the version of what they hold and by which rules. With each change the
//! catalogue holds the journal position that follows the last event in a split: after a crash the
//! journal is read again from there, and no event is missing or double.
//!
//! Events are found at once: from memory, as blocks with filters and columns, until there are enough of
//! them for a split; from splits; and, where [`Index::build_next`] was, by their inverted index.

mod build;
mod catalogue;
mod cursor;
mod damage;
mod forget;
mod format;
mod gather;
mod generation;
mod helpers;
mod judging;
mod progress;
mod scope;
mod search;
mod shared;
mod tail;
mod term_logs;
mod terms;
mod top;
mod usage;
mod verdicts;
mod verify;
mod walk;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use build::Built;
pub use catalogue::CatalogueState;
pub(crate) use gather::FIELDS_MAX;
pub use gather::{Gather, Wanted};
pub use progress::{Progress, Watch};
pub use scope::Scope;
pub use search::{HITS_MAX, Hit, Order, Request, Response};
pub use tail::Tail;
pub use usage::{FieldUsage, PartitionUsage, Usage};
pub use verify::{IndexFault, IndexReport, verify_index};
pub use walk::Walker;
pub use writer::IndexWriter;

use crate::frame::Decode;
use crate::{Error, Result};
use catalogue::Catalogue;
use shared::Shared;

/// An open index. Searches may run on any number of threads, each on a snapshot of its own.
pub struct Index {
    shared: Arc<Shared>,
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
    /// Opens the index in `dir`, or makes an empty one where there is none. Its frames are decoded
    /// as `decode` says.
    pub fn open(dir: &Path, decode: Arc<dyn Decode>) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|source| Error::File {
            action: "create the directory",
            path: dir.to_owned(),
            source,
        })?;
        format::check(dir, decode.rules())?;
        let as_damage = |error: Error| match error {
            error @ Error::Catalogue { .. } if error.may_be_damage() => {
                Error::damaged(dir, error.to_string())
            }
            error => error,
        };
        let shared = Catalogue::open(dir)
            .and_then(|catalogue| Shared::new(dir, decode, Some(catalogue)))
            .map_err(as_damage)?;
        for sealed in shared.snapshot.load().sealed.iter() {
            let path = shared::split_path(dir, &sealed.meta.name);
            let length = fs::metadata(&path).map(|metadata| metadata.len());
            if !length.is_ok_and(|length| length == sealed.meta.bytes) {
                let reason = format!("{} is gone or shorter than it was", path.display());
                return Err(Error::damaged(dir, reason));
            }
        }
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Like [`Index::open`], but an index that is damaged, of another format or of other rules
    /// is moved aside, to the same name with `.unreadable` after it (in place of one moved there before), and an
    /// empty one is made: its writer's `next_position` is 0, and reading the journal from there
    /// builds it again.
    pub fn open_or_rebuild(dir: &Path, decode: Arc<dyn Decode>) -> Result<(Self, Option<Rebuilt>)> {
        let reason = match Self::open(dir, Arc::clone(&decode)) {
            Ok(index) => return Ok((index, None)),
            Err(error @ (Error::Damaged { .. } | Error::Format { .. } | Error::Rules { .. })) => {
                error
            }
            Err(error) => return Err(error),
        };
        Self::anew(dir, decode, reason).map(|(index, rebuilt)| (index, Some(rebuilt)))
    }

    /// Moves this index aside, for the `reason` that [`Index::damage`] gave, and makes an empty one
    /// in its place, as [`Index::open_or_rebuild`] does. Its writer must be closed; searches that
    /// are under way end on the old files.
    pub fn rebuild(&self, reason: Error) -> Result<(Self, Rebuilt)> {
        let decode = Arc::clone(&self.shared.decode);
        Self::anew(&self.shared.dir, decode, reason)
    }

    /// An empty index that is nowhere on the disk: a search of it finds what it is offered.
    pub fn of_nothing(decode: Arc<dyn Decode>) -> Result<Self> {
        let shared = Shared::new(Path::new(""), decode, None)?;
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    fn anew(dir: &Path, decode: Arc<dyn Decode>, reason: Error) -> Result<(Self, Rebuilt)> {
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
        Ok((Self::open(dir, decode)?, rebuilt))
    }

    /// How many events can be found now.
    ///
    /// # Errors
    /// A split of which a part is forgotten cannot be read.
    pub fn count(&self) -> Result<u64> {
        let shared = &self.shared;
        let snapshot = shared.snapshot.load_full();
        let open = snapshot.open.iter().map(|split| u64::from(split.docs));
        let mut count: u64 = open.sum();
        for sealed in snapshot.sealed.iter() {
            count += u64::from(sealed.meta.docs);
            if !snapshot.is_whole(sealed.meta.positions) {
                let split = shared.open(sealed)?;
                let gone = forget::gone(shared, &snapshot, &split);
                count -= gone.map_err(|fault| shared.damaged(&fault))?.count();
            }
        }
        Ok(count)
    }

    /// What the catalogue says now, to be noted elsewhere.
    ///
    /// # Errors
    /// When the catalogue cannot be read.
    pub fn catalogue_state(&self) -> Result<Option<CatalogueState>> {
        let holder = self.shared.lock();
        let state = holder.catalogue().map(Catalogue::state).transpose()?;
        Ok(state.map(|(_, state)| state))
    }

    /// The first position that is not in a split on the disk: the journal must hold what follows.
    pub fn next_position(&self) -> Result<vakt_event::JournalPosition> {
        let next = match self.shared.lock().catalogue() {
            Some(catalogue) => catalogue.next()?,
            None => 0,
        };
        Ok(vakt_event::JournalPosition(next))
    }
}
