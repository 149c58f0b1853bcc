//! A disk in memory that forgets what was not synced.
//!
//! [`FakeDisk::inject`] makes something go wrong (see [`Fault`]); [`FakeDisk::crash`] leaves what a
//! power loss could leave: of the writes since a file's last sync any sectors, of the names since a
//! directory's last sync those up to some moment. [`FakeDisk::kill`] ends the process alone, whose
//! writes stay in the kernel's memory.

mod content;
mod fault;
mod file;
mod names;
pub(crate) mod random;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use fault::{Call, Fault};

use super::{Disk, DiskFile, Lock, Space};
use content::Content;
use fault::Faults;
use file::FakeFile;
use names::{Entry, Names};
use random::SplitMix;

#[derive(Clone, Default)]
pub struct FakeDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<u64, Content>,
    names: Names,
    locks: BTreeSet<PathBuf>,
    next_file: u64,
    /// Handles from before a crash are dead.
    generation: u64,
    operations: u64,
    faults: Faults,
    /// Where its random numbers come from: never the system, so that a test does the same each time.
    random: SplitMix,
}

impl FakeDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A disk whose random numbers are others than those of another seed.
    pub fn seeded(seed: u64) -> Self {
        let disk = Self::default();
        disk.state().random = SplitMix(seed);
        disk
    }

    /// From now on this goes wrong, beside what went wrong already. Of two [`Fault::Room`] the
    /// last counts.
    pub fn inject(&self, fault: Fault) {
        self.state().faults.add(fault);
    }

    /// Lifts all faults: the drive answers, and there is room.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// Does something while no fault is in force: a test looks at the disk without using a fault up.
    pub fn unharmed<T>(&self, act: impl FnOnce() -> T) -> T {
        let faults = std::mem::take(&mut self.state().faults);
        let result = act();
        self.state().faults = faults;
        result
    }

    /// How many calls a fault has made fail, or do less than asked, so far.
    pub fn struck(&self) -> u64 {
        self.state().faults.struck
    }

    /// Operations that change something, so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The operation with this number (counted like [`FakeDisk::operations`], from 0) and all after
    /// it fail.
    pub fn stop_at(&self, operation: u64) {
        let after = operation.saturating_sub(self.operations());
        self.inject(Fault::Stop { after });
    }

    /// From now on every sync of a file fails.
    pub fn fail_syncs(&self) {
        self.inject(Fault::Error {
            call: Call::Sync,
            after: 0,
            lasting: true,
        });
    }

    /// From now on only so many bytes can be written; see [`Fault::Room`].
    pub fn set_free_bytes(&self, bytes: u64) {
        self.inject(Fault::Room { bytes });
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
        state.names.crash(&mut random);
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
            .files()
            .filter_map(|file| state.files.get(&file));
        named.any(|content| content.current.windows(bytes.len()).any(|one| one == bytes))
    }

    /// Flips the bits of `mask` in one byte of a file, as a failing drive does.
    ///
    /// # Errors
    /// When there is no such file or byte.
    pub fn corrupt(&self, path: &Path, offset: u64, mask: u8) -> io::Result<()> {
        let mut state = self.state();
        let file = state.names.file(path).ok_or(io::ErrorKind::NotFound)?;
        let content = state.files.entry(file).or_default();
        let at = usize_from(offset);
        for bytes in [&mut content.current, &mut content.durable] {
            *bytes
                .get_mut(at)
                .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))? ^= mask;
        }
        Ok(())
    }

    /// Takes back what the drive has of a file from `offset` on; the kernel still has it and takes it for
    /// written, as after a sync that failed for these pages alone.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn lose_pages(&self, path: &Path, offset: u64) -> io::Result<()> {
        let mut state = self.state();
        let file = state.names.file(path).ok_or(io::ErrorKind::NotFound)?;
        let content = state.files.entry(file).or_default();
        content
            .durable
            .iter_mut()
            .skip(usize_from(offset))
            .for_each(|byte| *byte = 0);
        Ok(())
    }

    fn handle(&self, file: u64, generation: u64) -> Arc<dyn DiskFile> {
        Arc::new(FakeFile {
            disk: self.clone(),
            file,
            generation,
        })
    }
}

impl State {
    fn forget_process(&mut self) {
        self.locks.clear();
        self.generation += 1;
        self.faults.clear();
    }

    /// Every call that changes something begins here.
    fn begin(&mut self) -> io::Result<()> {
        self.operations += 1;
        self.faults.change()
    }

    fn give_room(&mut self, bytes: u64) {
        if let Some(room) = self.faults.room() {
            *room = room.saturating_add(bytes);
        }
    }

    /// The room of a file that loses its name. Handles that are still open count for nothing.
    fn free(&mut self, path: &Path) {
        if let Some(file) = self.names.file(path) {
            let freed = self.files.get(&file).map_or(0, |content| content.allocated);
            self.give_room(freed);
        }
    }
}

impl Disk for FakeDisk {
    fn random(&self) -> u64 {
        self.state().random.next()
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        if state.names.get(dir).is_none() {
            state.names.set(dir, Entry::Dir);
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        Ok(self.state().names.in_dir(dir))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.begin()?;
        state.faults.call(Call::Name)?;
        if state.names.get(path).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.next_file;
        state.next_file += 1;
        state.files.insert(file, Content::default());
        state.names.set(path, Entry::File(file));
        Ok(self.handle(file, state.generation))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.state();
        let file = state.names.file(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(file, state.generation))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.faults.call(Call::Name)?;
        if from.parent() != to.parent() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if state.names.get(from).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.free(to);
        state.names.rename(from, to);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.faults.call(Call::Name)?;
        if state.names.file(path).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.free(path);
        state.names.remove(path);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.faults.call(Call::SyncDir)?;
        state.names.sync(dir);
        Ok(())
    }

    fn space(&self, _dir: &Path) -> io::Result<Space> {
        let free = self.state().faults.room().map_or(u64::MAX, |room| *room);
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

/// Fake files are as large as memory allows, so that this never saturates.
fn usize_from(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
