//! A disk in memory that forgets what was not synced.
//!
//! It can stop at any operation ([`FakeDisk::stop_at`]), fail a sync or run out of room, and
//! [`FakeDisk::crash`] leaves what a real one could leave: of the writes since a file's last sync
//! any part, torn at sectors and in any order; of the names since the directory's last sync those
//! up to some moment (file systems journal names in order).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, Lock, Space};

/// Drives write whole sectors of 512 bytes, and promise nothing about two of them.
const SECTOR_BYTES: u64 = 512;

#[derive(Clone, Default)]
pub struct FakeDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<u64, Content>,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    unsynced_names: Vec<NameChange>,
    locks: BTreeSet<PathBuf>,
    next_file: u64,
    /// Handles from before a crash are dead.
    generation: u64,
    operations: u64,
    stop_at: Option<u64>,
    failing_syncs: bool,
    free_bytes: Option<u64>,
}

#[derive(Default)]
struct Content {
    durable: Vec<u8>,
    current: Vec<u8>,
    unsynced: Vec<Change>,
}

enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    SetLen(u64),
}

enum NameChange {
    Set(PathBuf, u64),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

impl FakeDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations that change something, so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The operation with this number (counted like [`FakeDisk::operations`], from 0) and all after
    /// it fail.
    pub fn stop_at(&self, operation: u64) {
        self.state().stop_at = Some(operation);
    }

    /// From now on every sync of a file fails.
    pub fn fail_syncs(&self) {
        self.state().failing_syncs = true;
    }

    /// From now on only so many bytes can be written; the write that passes it is a short one.
    pub fn set_free_bytes(&self, bytes: u64) {
        self.state().free_bytes = Some(bytes);
    }

    /// The process dies and the machine goes on: every handle and lock is gone, all faults are
    /// lifted, and what was not synced can be read but may still be lost.
    pub fn kill(&self) {
        self.state().forget_process();
    }

    /// Power is lost and comes back: what was not synced is kept, torn or lost as `seed` decides,
    /// every handle and lock is gone, and all faults are lifted.
    pub fn crash(&self, seed: u64) {
        let mut random = SplitMix(seed);
        let mut state = self.state();
        let kept_names = random.below(state.unsynced_names.len() as u64 + 1);
        let changes = std::mem::take(&mut state.unsynced_names);
        for change in changes.into_iter().take(usize_from(kept_names)) {
            change.apply(&mut state.durable_names);
        }
        state.names = state.durable_names.clone();
        for content in state.files.values_mut() {
            content.crash(&mut random);
        }
        state.forget_process();
    }

    /// Whether some file that has a name holds these bytes.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        let state = self.state();
        let mut named = state
            .names
            .values()
            .filter_map(|file| state.files.get(file));
        named.any(|content| content.current.windows(bytes.len()).any(|one| one == bytes))
    }

    /// Flips the bits of `mask` in one byte of a file, as a failing drive does.
    ///
    /// # Errors
    /// When there is no such file or byte.
    pub fn corrupt(&self, path: &Path, offset: u64, mask: u8) -> io::Result<()> {
        let mut state = self.state();
        let content = state.content(path)?;
        let at = usize_from(offset);
        for bytes in [&mut content.current, &mut content.durable] {
            *bytes
                .get_mut(at)
                .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))? ^= mask;
        }
        Ok(())
    }
}

impl State {
    fn forget_process(&mut self) {
        self.locks.clear();
        self.generation += 1;
        self.stop_at = None;
        self.failing_syncs = false;
        self.free_bytes = None;
    }

    fn begin(&mut self) -> io::Result<()> {
        let operation = self.operations;
        self.operations += 1;
        if self.stop_at.is_some_and(|stop| operation >= stop) {
            return Err(io::Error::other("the disk stopped"));
        }
        Ok(())
    }

    fn change_name(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        self.unsynced_names.push(change);
    }

    fn content(&mut self, path: &Path) -> io::Result<&mut Content> {
        let file = *self.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.files.entry(file).or_default())
    }
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Set(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.current, &mut |_| true);
        self.unsynced.push(change);
    }

    fn sync(&mut self) {
        self.unsynced.clear();
        self.durable = self.current.clone();
    }

    fn crash(&mut self, random: &mut SplitMix) {
        // Each crash has its own mind: nearly nothing reached the platter, nearly all, or some.
        let kept_in_8 = random.below(9);
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable, &mut |_| random.below(8) < kept_in_8);
        }
        self.current = self.durable.clone();
    }
}

impl Change {
    /// Applies the sectors that `keep` wants.
    fn apply(&self, content: &mut Vec<u8>, keep: &mut dyn FnMut(u64) -> bool) {
        match self {
            Self::SetLen(length) => {
                if keep(0) {
                    content.resize(usize_from(*length), 0);
                }
            }
            Self::Write { offset, bytes } => {
                let mut at = *offset;
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let room = usize_from(SECTOR_BYTES - at % SECTOR_BYTES);
                    let (piece, tail) = rest.split_at(room.min(rest.len()));
                    if keep(at) {
                        let start = usize_from(at);
                        let end = start + piece.len();
                        if content.len() < end {
                            content.resize(end, 0);
                        }
                        content[start..end].copy_from_slice(piece);
                    }
                    at += piece.len() as u64;
                    rest = tail;
                }
            }
        }
    }
}

impl Disk for FakeDisk {
    fn create_dir_all(&self, _dir: &Path) -> io::Result<()> {
        self.state().begin()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        Ok(self
            .state()
            .names
            .keys()
            .filter(|path| path.parent() == Some(dir))
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.begin()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.next_file;
        state.next_file += 1;
        state.files.insert(file, Content::default());
        state.change_name(NameChange::Set(path.to_owned(), file));
        Ok(self.handle(file, state.generation))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state();
        let file = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(file, state.generation))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.change_name(NameChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.change_name(NameChange::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.unsynced_names.clear();
        state.durable_names = state.names.clone();
        Ok(())
    }

    fn space(&self, _dir: &Path) -> io::Result<Space> {
        let state = self.state();
        let free = state.free_bytes.unwrap_or(u64::MAX);
        Ok(Space {
            free,
            total: u64::MAX,
        })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let mut state = self.state();
        if !state.locks.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(FakeLock {
            disk: self.clone(),
            path: path.to_owned(),
            generation: state.generation,
        })))
    }
}

impl FakeDisk {
    fn handle(&self, file: u64, generation: u64) -> Arc<dyn DiskFile> {
        Arc::new(FakeFile {
            disk: self.clone(),
            file,
            generation,
        })
    }
}

struct FakeLock {
    disk: FakeDisk,
    path: PathBuf,
    generation: u64,
}

impl Lock for FakeLock {}

impl Drop for FakeLock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.generation == self.generation {
            state.locks.remove(&self.path);
        }
    }
}

struct FakeFile {
    disk: FakeDisk,
    file: u64,
    generation: u64,
}

impl FakeFile {
    fn with<T>(
        &self,
        changes: bool,
        act: impl FnOnce(&mut State, u64) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.state();
        if state.generation != self.generation {
            return Err(io::Error::other("a handle from before the crash"));
        }
        if changes {
            state.begin()?;
        }
        act(&mut state, self.file)
    }
}

impl DiskFile for FakeFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(false, |state, file| {
            let content = state.files.entry(file).or_default();
            let rest = content.current.get(usize_from(offset)..).unwrap_or(&[]);
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.with(true, |state, file| {
            let room = state.free_bytes.map_or(bytes.len(), usize_from);
            if room == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let (written, _) = bytes.split_at(room.min(bytes.len()));
            if let Some(free) = &mut state.free_bytes {
                *free -= written.len() as u64;
            }
            let content = state.files.entry(file).or_default();
            content.change(Change::Write {
                offset,
                bytes: written.to_vec(),
            });
            Ok(written.len())
        })
    }

    fn allocate(&self, _bytes: u64) -> io::Result<()> {
        self.with(true, |_, _| Ok(()))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(true, |state, file| {
            if state.failing_syncs {
                return Err(io::Error::other("input/output error"));
            }
            state.files.entry(file).or_default().sync();
            Ok(())
        })
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.with(true, |state, file| {
            let content = state.files.entry(file).or_default();
            content.change(Change::SetLen(bytes));
            Ok(())
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(false, |state, file| {
            Ok(state.files.entry(file).or_default().current.len() as u64)
        })
    }
}

/// Vigna's SplitMix64: enough chance for a fake, and the same everywhere for the same seed.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// Fake files are as large as memory allows, so that this never saturates.
fn usize_from(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
