//! The few things that the journal asks of a file system, so that tests can take it away.

mod fake;
mod read_only;
mod real;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;
use std::sync::Arc;

#[cfg(test)]
pub(crate) use fake::random;
pub use fake::{Call, FakeDisk, Fault};
pub use read_only::ReadOnlyDisk;
pub use real::RealDisk;

/// 256 KiB a read and a write when bytes are written again: a commit takes some dozen.
const REWRITE_BYTES: usize = 256 * 1024;

/// Held for as long as a directory is ours.
pub trait Lock: Send + Sync {}

/// Directories and names. Nothing is durable before a sync: the content of a file by
/// [`DiskFile::sync_data`], its name by [`Disk::sync_dir`].
pub trait Disk: Send + Sync {
    /// Makes a directory and its parents, readable by their owner only, where they are missing.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// The names in a directory, sorted; those that are not UTF-8 are none of ours and left out.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes a file that must not exist yet.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that exists, to read and write.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Replaces `to` if it exists.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    fn remove(&self, path: &Path) -> io::Result<()>;

    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// How much room the file system of a directory has.
    fn space(&self, dir: &Path) -> io::Result<Space>;

    /// Takes the exclusive lock on a file, which is made if need be; `None` when somebody holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>>;

    /// A number that nobody who sends logs can know. One that was made up gives the same again, so that a
    /// seed replays.
    fn random(&self) -> u64 {
        // The standard library's hash keys come from the system's random numbers.
        RandomState::new().hash_one(0_u64)
    }
}

/// The room of a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this process may still write.
    pub free: u64,
    pub total: u64,
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Reads at most `buffer.len()` bytes; 0 is the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of it, at least one byte, and says how much. After a failure any part may have
    /// been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Writes all of it, or fails; after a failure any part may have been written.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut rest, mut at) = (bytes, offset);
        while !rest.is_empty() {
            match self.write_at(rest, at) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or(&[]);
                    at += written as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sees to it that the file can grow to `bytes` without asking the file system for room; its
    /// length stays. Where the file system cannot promise that, nothing happens.
    fn allocate(&self, bytes: u64) -> io::Result<()>;

    /// Makes the content and the length durable.
    fn sync_data(&self) -> io::Result<()>;

    /// Writes the bytes `from` to `to` again as they are, so that the next sync covers them. A sync
    /// that failed may have left pages that are read back and count as clean, which no later sync
    /// writes; whoever opens a file after a crash does not know whether one did.
    fn rewrite(&self, from: u64, to: u64) -> io::Result<()> {
        let mut at = from;
        let mut buffer = Vec::new();
        while at < to {
            let rest = usize::try_from(to - at).unwrap_or(REWRITE_BYTES);
            buffer.resize(rest.min(REWRITE_BYTES), 0);
            let count = self.read_at(&mut buffer, at)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            buffer.truncate(count);
            self.write_all_at(&buffer, at)?;
            at += count as u64;
        }
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()>;

    fn len(&self) -> io::Result<u64>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}
