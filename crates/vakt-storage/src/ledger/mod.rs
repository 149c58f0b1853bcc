//! The ledger: what was sealed, removed and erased, in signed lines of which each holds the hash of
//! the one before.
//!
//! `ledger.ndjson` lies beside the segments and is only ever added to. A line is one JSON object
//! with its fields in this order, without blanks:
//!
//! ```text
//! {"seq":N,"prev":"HEX","at":"2026-11-28T20:51:00.000000Z","kind":"…",…,"signature":"HEX"}
//! ```
//!
//! `prev` is the BLAKE3 hash of the whole line before, without its newline (64 zeros in the first).
//! The signature is Ed25519 over the bytes of the line before `,"signature":`. The kinds and their
//! fields are those of [`Entry`]: `begin` is the first line and names the key; `sealed` has the
//! digest of a segment; `head` how far the open one is; `removed` and `erased` tell what is gone on
//! purpose, by which policy, who asked and why; `audit` is how far the audit log of the records is, and
//! `restored` that the records came back from a backup; `index` is what the search index consists of; `key` names the key that signs from the next line on.
//!
//! **What it proves.** Without the key no line can be altered, inserted, moved or left out before the
//! last one unseen. Its end can be cut off, and whoever has the key can write everything anew; the
//! hash of the last line, kept elsewhere ([`LedgerHead`]), shows both.
//!
//! **Crashes.** A line is synced before [`Ledger::append`] returns. Only the last one can be torn:
//! opening cuts an end that is no whole line. Any other fault is reported and stays as it is, and
//! the next line goes on from the last one, so that a daemon starts on a ledger that somebody
//! damaged, and what he did stays visible.

mod chain;
mod entry;
mod fault;
mod line;
mod raw;
mod read;
mod state;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vakt_event::Clock;

use crate::disk::{Disk, DiskFile};
use crate::error::OpenError;
use crate::signing::SigningKey;

pub use entry::{
    AuditHead, Digest, Entry, Erased, Head, IndexHead, NO_DIGEST, Policy, Removed, RemovedSegment,
    Restored, Sealed, StreamTotals,
};
pub use fault::{FaultKind, LedgerFault};
pub use line::{Line, SignedLine, check_line};
pub use read::{ReadLedger, ReadLine, read_lines};
pub use state::{Cut, LedgerHead, LedgerSegment, LedgerState};

/// 4 KiB a read when the last line is looked for: most are shorter.
const LOOK_BACK_BYTES: usize = 4096;

/// Its name in the journal's directory.
pub const NAME: &str = "ledger.ndjson";

/// The highest version that this code reads, and the one it writes.
pub const VERSION: u16 = 1;

/// The ledger of a journal, open to be added to.
pub struct Ledger {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    key: Arc<SigningKey>,
    /// `None` until the first line is written.
    file: Option<Arc<dyn DiskFile>>,
    /// Where the next line goes.
    end: u64,
    state: LedgerState,
    /// Why nothing more is written.
    poisoned: Option<String>,
}

impl Ledger {
    /// Reads the ledger in `dir`, cuts its torn end, and says what is wrong with it; where there is
    /// none, the first [`Ledger::append`] makes it.
    ///
    /// Where the ledger ends under another key, the first line that is written brings `key`
    /// in, signed by itself alone; the list ends with [`FaultKind::NewKey`] then.
    ///
    /// # Errors
    /// When a newer version wrote it, or the disk refuses.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        key: Arc<SigningKey>,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Vec<LedgerFault>), OpenError> {
        let path = dir.join(NAME);
        let failed = |action, source| OpenError::Io {
            path: path.clone(),
            action,
            source,
        };
        let file = match disk.open(&path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed("open the ledger", error)),
        };
        let read = match &file {
            None => ReadLedger::default(),
            Some(file) => read_lines(file.as_ref(), Some(key.public()), &mut |_| {})
                .map_err(|error| failed("read the ledger", error))?,
        };
        if let Some(found) = read.newer_version {
            return Err(OpenError::LedgerVersion {
                path,
                found,
                supported: VERSION,
            });
        }
        if let Some(file) = &file {
            make_durable(disk.as_ref(), dir, file.as_ref(), read.bytes)
                .map_err(|error| failed("repair the ledger", error))?;
        }
        let mut faults = read.faults;
        if read.lines > 0 && read.state.key() != Some(key.public()) {
            faults.push(LedgerFault {
                line: read.lines + 1,
                offset: read.bytes,
                kind: FaultKind::NewKey { key: key.public() },
            });
        }
        let ledger = Self {
            disk,
            dir: dir.to_owned(),
            path,
            clock,
            key,
            file,
            end: read.bytes,
            state: read.state,
            poisoned: None,
        };
        Ok((ledger, faults))
    }

    /// Writes one line and makes it durable; before the first one the file and its `begin`.
    ///
    /// # Errors
    /// Nothing was added. After a failed write (a full disk) it can be tried again; after a failed
    /// sync, or when what was written could not be taken back, every later call fails, too, until
    /// the ledger is opened anew. [`Entry::Begin`] and [`Entry::Key`] are the ledger's own and
    /// refused, as is a line of more than 16 MiB.
    pub fn append(&mut self, entry: Entry) -> io::Result<()> {
        if matches!(entry, Entry::Begin { .. } | Entry::Key { .. }) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the ledger writes its keys by itself",
            ));
        }
        self.begin()?;
        self.write(entry)
    }

    /// Signs with another key from the next line on, and has the old one vouch for it.
    ///
    /// # Errors
    /// As [`Ledger::append`]; the old key stays in use then.
    pub fn rotate(&mut self, key: Arc<SigningKey>) -> io::Result<()> {
        self.begin()?;
        self.write(Entry::Key { key: key.public() })?;
        self.key = key;
        Ok(())
    }

    /// What its entries add up to.
    pub fn state(&self) -> &LedgerState {
        &self.state
    }

    /// The sealed segment whose first frame has this position, unless it was removed.
    pub fn sealed(&self, first: u64) -> Option<&LedgerSegment> {
        self.state.sealed(first)
    }

    /// The sealed segments that were not removed, ascending.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &LedgerSegment> {
        self.state.segments()
    }

    pub fn head(&self) -> LedgerHead {
        self.state.head()
    }

    /// Sees to it that there is a ledger, and its last line under our key.
    pub(crate) fn begin(&mut self) -> io::Result<()> {
        let key = self.key.public();
        if self.state.head().seq == 0 {
            self.write(Entry::Begin {
                version: VERSION,
                key,
            })?;
            let synced = self.disk.sync_dir(&self.dir);
            return synced.inspect_err(|error| self.poison("sync the directory", error));
        }
        if self.state.key() == Some(key) {
            return Ok(());
        }
        self.write(Entry::Key { key })
    }

    fn write(&mut self, entry: Entry) -> io::Result<()> {
        if let Some(reason) = &self.poisoned {
            return Err(io::Error::other(reason.clone()));
        }
        let head = self.state.head();
        let line = Line {
            seq: head.seq.saturating_add(1),
            previous: head.hash,
            at: self.clock.now(),
            entry,
        };
        let bytes = line::encode(&line, &self.key)?;
        if bytes.len() > line::LINE_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "an entry of {} bytes is over the limit of {}; divide it",
                    bytes.len(),
                    line::LINE_BYTES_MAX
                ),
            ));
        }
        self.write_bytes(&bytes)?;
        let content = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        self.state.set_head(line.seq, blake3::hash(content).into());
        self.state.apply(line.entry);
        Ok(())
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => self.disk.create(&self.path)?,
        };
        self.file = Some(Arc::clone(&file));
        if let Err(error) = file.write_all_at(bytes, self.end) {
            let taken_back = file.set_len(self.end).and_then(|()| file.sync_data());
            taken_back.unwrap_or_else(|error| self.poison("take back what was written", &error));
            return Err(error);
        }
        // Whether the kernel still has what it could not sync, nobody knows.
        let synced = file.sync_data();
        synced.inspect_err(|error| self.poison("sync", error))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn poison(&mut self, action: &str, error: &io::Error) {
        self.poisoned = Some(format!(
            "the ledger {} stopped: cannot {action}: {error}; free or repair the disk, then restart",
            self.path.display()
        ));
    }
}

/// Cuts the file to its whole lines. What stays may be in the kernel's memory only, if the process
/// that wrote it died; nothing goes on from it before it is on the disk.
fn make_durable(disk: &dyn Disk, dir: &Path, file: &dyn DiskFile, bytes: u64) -> io::Result<()> {
    if file.len()? != bytes {
        file.set_len(bytes)?;
    }
    // The last line is the only one whose sync may have failed.
    file.rewrite(last_line(file, bytes)?, bytes)?;
    file.sync_data()?;
    disk.sync_dir(dir)
}

/// Where the last of the whole lines that end at `end` begins.
fn last_line(file: &dyn DiskFile, end: u64) -> io::Result<u64> {
    let mut piece = [0; LOOK_BACK_BYTES];
    // Not the line feed that ends it.
    let mut at = end.saturating_sub(1);
    while at > 0 {
        let start = at.saturating_sub(LOOK_BACK_BYTES as u64);
        let wanted = usize::try_from(at - start).unwrap_or(LOOK_BACK_BYTES);
        let mut filled = 0;
        while filled < wanted {
            match file.read_at(&mut piece[filled..wanted], start + filled as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        if let Some(before) = piece[..wanted].iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + before as u64 + 1);
        }
        at = start;
    }
    Ok(0)
}
