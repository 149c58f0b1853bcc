//! What searches, the writer and the builder of an index share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tantivy::Directory;
use tantivy::directory::MmapDirectory;

use super::catalogue::{Catalogue, Change};
use super::term_logs::TermLogs;
use super::verdicts;
use crate::candidates::{Findings, findings_cache};
use crate::chunk::{Cache, Pieces};
use crate::fault::Fault;
use crate::frame::Decode;
use crate::split::{Ahead, END_BYTES, SUFFIX, Split, SplitMeta};
use crate::{Error, Result};

/// The most memory that unpacked pieces of chunks take, in bytes: the columns that a page of
/// figures asks for over ten million events, and then some.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;

/// About how many pieces that is: a column of a chunk takes some kilobytes.
const CACHE_PIECES: usize = 16 * 1024;

/// Splits that are kept open. Each takes a memory map, of which a process may have 65,530, and the
/// directories of its chunks, some hundred kilobytes.
const OPEN_SPLITS_MAX: usize = 1024;

pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) decode: Arc<dyn Decode>,
    pub(super) snapshot: ArcSwap<Snapshot>,
    pub(super) cache: Cache,
    pub(super) verdicts: verdicts::Cache,
    pub(super) findings: Findings,
    pub(super) term_logs: TermLogs,
    opened: quick_cache::sync::Cache<String, Arc<Split>>,
    files: Option<MmapDirectory>,
    /// Whoever changes what the index holds has this.
    catalogue: Mutex<Option<Catalogue>>,
}

/// What a search sees.
#[derive(Clone, Default)]
pub(super) struct Snapshot {
    /// Ascending by their first position.
    pub(super) sealed: Arc<Vec<Arc<Sealed>>>,
    /// What is in no split yet.
    pub(super) open: Arc<Vec<Arc<Split>>>,
    /// Ranges of positions, from and to (exclusive), ascending and apart, that are in splits and
    /// not found.
    pub(super) forgotten: Arc<Vec<(u64, u64)>>,
    /// The first position that is not in it.
    pub(super) next: u64,
}

/// A split on the disk. Its file is removed when nobody needs it any more.
pub(super) struct Sealed {
    pub(super) meta: SplitMeta,
    path: PathBuf,
    is_superseded: AtomicBool,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if self.is_superseded.load(Ordering::Acquire) {
            // What stays, the next start removes.
            drop(fs::remove_file(&self.path));
        }
    }
}

impl Sealed {
    fn new(dir: &Path, meta: SplitMeta) -> Self {
        Self {
            path: split_path(dir, &meta.name),
            meta,
            is_superseded: AtomicBool::new(false),
        }
    }
}

pub(super) fn split_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.{SUFFIX}"))
}

impl Shared {
    /// Over what the catalogue knows, or over nothing.
    pub(super) fn new(
        dir: &Path,
        decode: Arc<dyn Decode>,
        catalogue: Option<Catalogue>,
    ) -> Result<Self> {
        let mut snapshot = Snapshot::default();
        let mut files = None;
        if let Some(catalogue) = &catalogue {
            let splits = catalogue.splits()?;
            let sealed = splits
                .into_iter()
                .map(|meta| Arc::new(Sealed::new(dir, meta)));
            snapshot.sealed = Arc::new(sealed.collect());
            snapshot.forgotten = Arc::new(catalogue.forgotten()?);
            snapshot.next = catalogue.next()?;
            let opened = MmapDirectory::open(dir);
            files = Some(opened.map_err(|error| Error::damaged(dir, error.to_string()))?);
        }
        Ok(Self {
            dir: dir.to_owned(),
            decode,
            snapshot: ArcSwap::from_pointee(snapshot),
            cache: quick_cache::sync::Cache::with_weighter(
                CACHE_PIECES,
                CACHE_BYTES,
                crate::chunk::ByBytes,
            ),
            verdicts: verdicts::cache(),
            findings: findings_cache(),
            term_logs: TermLogs::default(),
            opened: quick_cache::sync::Cache::new(OPEN_SPLITS_MAX),
            files,
            catalogue: Mutex::new(catalogue),
        })
    }

    pub(super) fn pieces(&self) -> Pieces<'_> {
        Pieces { cache: &self.cache }
    }

    /// Opens a split, or takes it from those that are open.
    pub(super) fn open(&self, sealed: &Sealed) -> Result<Arc<Split>> {
        let name = &sealed.meta.name;
        if let Some(split) = self.opened.get(name) {
            return Ok(split);
        }
        let split = Arc::new(
            self.open_file(sealed)
                .map_err(|fault| self.damaged(&fault))?,
        );
        self.opened.insert(name.clone(), Arc::clone(&split));
        Ok(split)
    }

    /// The split will be opened soon.
    pub(super) fn expect(&self, sealed: &Sealed) {
        if !self.opened.contains_key(&sealed.meta.name) {
            let bytes = END_BYTES.min(sealed.meta.bytes);
            Ahead::of(&sealed.path, 0).expect(sealed.meta.bytes - bytes, bytes);
        }
    }

    fn open_file(&self, sealed: &Sealed) -> std::result::Result<Split, Fault> {
        let named = |reason: String| Fault::new(format!("{}: {reason}", sealed.path.display()));
        let files = self
            .files
            .as_ref()
            .ok_or_else(|| named("no file".to_owned()))?;
        let name = sealed.path.file_name().unwrap_or_default();
        let slice = files
            .open_read(Path::new(name))
            .map_err(|error| named(error.to_string()))?;
        let bytes = slice.read_bytes()?;
        if bytes.len() as u64 != sealed.meta.bytes {
            return Err(named("it is shorter than it was".to_owned()));
        }
        Split::open(&bytes, &sealed.path).map_err(|fault| named(fault.to_string()))
    }

    pub(super) fn damaged(&self, fault: &Fault) -> Error {
        Error::damaged(&self.dir, fault.to_string())
    }

    /// Locks out others who would change what the index holds.
    pub(super) fn lock(&self) -> Holder<'_> {
        Holder {
            shared: self,
            catalogue: self
                .catalogue
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// The number of the next file that is written. Never the same for two: an index that is set aside
/// may be writing yet when another takes its directory.
pub(super) fn number() -> u64 {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    WRITTEN.fetch_add(1, Ordering::Relaxed)
}

/// The right to change what the index holds.
pub(super) struct Holder<'s> {
    shared: &'s Shared,
    catalogue: MutexGuard<'s, Option<Catalogue>>,
}

impl Holder<'_> {
    /// Carries out `change` on the disk and shows it to searches, together with what is in no split
    /// (`open`, unless it stays) and the position that follows.
    pub(super) fn publish(
        &mut self,
        change: &Change<'_>,
        open: Option<Arc<Vec<Arc<Split>>>>,
        next: Option<u64>,
    ) -> Result<()> {
        let shared = self.shared;
        if !change.add.is_empty() {
            // The names of the new files are durable before the catalogue speaks of them.
            sync_dir(&shared.dir)?;
        }
        let changes_disk = !change.add.is_empty()
            || !change.remove.is_empty()
            || change.next.is_some()
            || change.forgotten.is_some();
        if changes_disk && let Some(catalogue) = self.catalogue.as_mut() {
            catalogue.publish(change)?;
        }
        let old = shared.snapshot.load_full();
        let mut new = Snapshot::clone(&old);
        if !change.add.is_empty() || !change.remove.is_empty() {
            let mut sealed: Vec<Arc<Sealed>> = Vec::new();
            for split in old.sealed.iter() {
                if change.remove.contains(&split.meta.name) {
                    split.is_superseded.store(true, Ordering::Release);
                    shared.opened.remove(&split.meta.name);
                    drop(shared.term_logs.take(&split.meta.name));
                } else {
                    sealed.push(Arc::clone(split));
                }
            }
            let added = change.add.iter().cloned();
            sealed.extend(added.map(|meta| Arc::new(Sealed::new(&shared.dir, meta))));
            sealed.sort_by(|a, b| {
                (a.meta.positions.0, &a.meta.name).cmp(&(b.meta.positions.0, &b.meta.name))
            });
            new.sealed = Arc::new(sealed);
        }
        if let Some(forgotten) = change.forgotten {
            new.forgotten = Arc::new(forgotten.to_vec());
        }
        if let Some(open) = open {
            new.open = open;
        }
        if let Some(next) = next {
            new.next = next;
        }
        shared.snapshot.store(Arc::new(new));
        Ok(())
    }

    pub(super) fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_ref()
    }
}

fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| Error::File {
            action: "sync",
            path: dir.to_owned(),
            source,
        })
}
