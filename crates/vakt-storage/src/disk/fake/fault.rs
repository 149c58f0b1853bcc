//! What goes wrong, as data: a schedule can hold it, print it and play it again.

use std::io;

/// A thing that goes wrong from now on. `after` counts calls of its kind that still go well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Every call that would change something fails, as of a drive that is gone.
    Stop { after: u64 },
    /// An input/output error: of one call, or of that one and all later ones of its kind. A failed
    /// write has written its first half.
    Error {
        call: Call,
        after: u64,
        lasting: bool,
    },
    /// A sync fails once and the kernel takes the pages for clean, as Linux does: what they hold is
    /// still read back, later syncs say that all is well, and none of it reaches the drive unless
    /// it is written again.
    SyncDropsPages { after: u64 },
    /// Only so many bytes can still be written beyond what files hold or have allocated. The write
    /// that passes it is a short one, the next says that there is no room.
    Room { bytes: u64 },
    /// No write takes more bytes than this, which counts as 1 when it is 0.
    ShortWrites { bytes_max: u64 },
    /// No read gives more bytes than this, which counts as 1 when it is 0.
    ShortReads { bytes_max: u64 },
}

/// Calls that can fail by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
    /// Of a file.
    Sync,
    SyncDir,
    /// Create, rename and remove.
    Name,
    Allocate,
    SetLen,
}

/// The faults that are in force.
#[derive(Default)]
pub(super) struct Faults {
    active: Vec<Fault>,
    /// Calls that failed, or did less than they were asked for, because of a fault.
    pub(super) struck: u64,
}

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if let Fault::Room { .. } = fault {
            self.active.retain(|old| !matches!(old, Fault::Room { .. }));
        }
        self.active.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.active.clear();
    }

    /// For every call that changes something.
    pub(super) fn change(&mut self) -> io::Result<()> {
        for fault in &mut self.active {
            if let Fault::Stop { after } = fault
                && passed(after)
            {
                self.struck += 1;
                return Err(io::Error::other("the disk stopped"));
            }
        }
        Ok(())
    }

    pub(super) fn call(&mut self, wanted: Call) -> io::Result<()> {
        let hit = self.active.iter_mut().position(|fault| match fault {
            Fault::Error { call, after, .. } => *call == wanted && passed(after),
            _ => false,
        });
        let Some(hit) = hit else { return Ok(()) };
        if let Some(Fault::Error { lasting: false, .. }) = self.active.get(hit) {
            self.active.remove(hit);
        }
        self.struck += 1;
        Err(io::Error::other("input/output error"))
    }

    /// Whether this sync fails and leaves the pages clean.
    pub(super) fn drops_pages(&mut self) -> bool {
        let hit = self.active.iter_mut().position(|fault| match fault {
            Fault::SyncDropsPages { after } => passed(after),
            _ => false,
        });
        if let Some(hit) = hit {
            self.active.remove(hit);
            self.struck += 1;
        }
        hit.is_some()
    }

    pub(super) fn room(&mut self) -> Option<&mut u64> {
        self.active.iter_mut().find_map(|fault| match fault {
            Fault::Room { bytes } => Some(bytes),
            _ => None,
        })
    }

    pub(super) fn write_bytes_max(&self) -> u64 {
        self.least(|fault| match fault {
            Fault::ShortWrites { bytes_max } => Some(*bytes_max),
            _ => None,
        })
    }

    pub(super) fn read_bytes_max(&self) -> u64 {
        self.least(|fault| match fault {
            Fault::ShortReads { bytes_max } => Some(*bytes_max),
            _ => None,
        })
    }

    fn least(&self, of: impl Fn(&Fault) -> Option<u64>) -> u64 {
        let least = self.active.iter().filter_map(of).min();
        least.map_or(u64::MAX, |bytes| bytes.max(1))
    }
}

/// Counts a call; whether those that go well are used up.
fn passed(after: &mut u64) -> bool {
    match after.checked_sub(1) {
        Some(left) => {
            *after = left;
            false
        }
        None => true,
    }
}
