//! Reading what is durable, in order, each frame exactly once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vakt_event::{CursorKey, Format, JournalPosition, Source, Timestamp};

use super::format::VERSION;
use super::progress::{Place, Progress, Waited};
use super::walk::{Memory, Step, Walk, WalkError};
use crate::disk::Disk;
use crate::error::{Lost, ReadError};

/// A frame and its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFrame {
    pub position: JournalPosition,
    pub bytes: Vec<u8>,
    pub format: Format,
    pub received: Timestamp,
    pub truncated: bool,
    pub cursor: Option<CursorKey>,
}

/// Frames of one source, at positions without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    pub source: Arc<Source>,
    pub frames: Vec<StoredFrame>,
}

/// A consumer's place in the journal. It keeps no checkpoint: the consumer does, with its own work.
pub struct Reader {
    disk: Arc<dyn Disk>,
    progress: Arc<Progress>,
    position: u64,
    walk: Option<Walk>,
    memory: Memory,
}

impl Reader {
    pub(crate) fn new(disk: Arc<dyn Disk>, progress: Arc<Progress>, from: u64) -> Self {
        Self {
            disk,
            progress,
            position: from,
            walk: None,
            memory: Memory::default(),
        }
    }

    /// The first position that the next batch can hold: a consumer's checkpoint once it is done with
    /// everything given so far.
    pub fn position(&self) -> JournalPosition {
        JournalPosition(self.position)
    }

    /// Goes to another position.
    pub fn seek(&mut self, position: JournalPosition) {
        self.position = position.0;
        self.walk = None;
    }

    /// The next batch; `None` when nothing more became durable within `timeout`.
    ///
    /// # Errors
    /// [`ReadError::Lost`] once for each damaged range, then it goes on behind it;
    /// [`ReadError::Closed`] when the journal was closed and all of it has been given.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<StoredBatch>, ReadError> {
        self.next_but(timeout, JournalPosition(u64::MAX), &|_, _| false)
    }

    /// As [`Self::next`], of batches that begin before `until`, and without those of which `passes_over` says so. It is
    /// given the source, and the instant after which no frame of a batch was received, where the journal says it;
    /// what is passed over is not unpacked, and damage within it is not seen.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_but(
        &mut self,
        timeout: Duration,
        until: JournalPosition,
        passes_over: &dyn Fn(&Source, Option<Timestamp>) -> bool,
    ) -> Result<Option<StoredBatch>, ReadError> {
        let deadline = Instant::now().checked_add(timeout);
        while self.position < until.0 {
            match self.progress.wait(self.position, deadline) {
                Waited::More => {}
                Waited::TimedOut => return Ok(None),
                Waited::Closed => return Err(ReadError::Closed),
            }
            if let Some(batch) = self.step(until.0, passes_over)? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// One step towards the next batch; the position is durable.
    fn step(
        &mut self,
        until: u64,
        passes_over: &dyn Fn(&Source, Option<Timestamp>) -> bool,
    ) -> Result<Option<StoredBatch>, ReadError> {
        let (segment, durable_bytes, limit) = match self.progress.find(self.position) {
            Place::In {
                segment,
                durable_bytes,
                limit,
            } => (segment, durable_bytes, limit),
            Place::Before {
                first,
                removed: true,
            } => {
                self.position = first;
                return Ok(None);
            }
            Place::Before {
                first,
                removed: false,
            } => {
                let from = std::mem::replace(&mut self.position, first);
                let next = self.progress.segment(first);
                let path = next.map(|(segment, _)| segment.path.clone());
                let reason = "no segment holds what comes before this one";
                return Err(lost(path.unwrap_or_default(), from, first, 0, reason).into());
            }
        };
        let path = segment.path.clone();
        let stays = self
            .walk
            .take()
            .filter(|walk| Arc::ptr_eq(&walk.segment, &segment));
        let mut walk = match stays {
            Some(walk) => walk,
            None => {
                let mut walk = Walk::open(self.disk.as_ref(), segment, durable_bytes)
                    .map_err(|error| read_error(path.clone(), error))?;
                walk.seek(self.position);
                walk
            }
        };
        walk.set_end(durable_bytes);
        let step = walk.next(
            self.position,
            limit.min(until),
            &mut self.memory,
            passes_over,
        );
        match step.map_err(|error| read_error(path.clone(), error))? {
            Step::Batch(batch) => {
                self.position = walk.expected;
                self.walk = Some(walk);
                Ok(Some(batch))
            }
            Step::Lost {
                from,
                to,
                offset,
                reason,
            } => {
                self.position = to;
                self.walk = Some(walk);
                Err(lost(path, from, to, offset, reason).into())
            }
            Step::End => {
                self.position = self.position.max(limit);
                self.walk = Some(walk);
                Ok(None)
            }
        }
    }
}

fn lost(path: PathBuf, from: u64, to: u64, offset: u64, reason: &str) -> Lost {
    Lost {
        from: JournalPosition(from),
        to: JournalPosition(to),
        path,
        offset,
        reason: reason.to_owned(),
    }
}

fn read_error(path: PathBuf, error: WalkError) -> ReadError {
    match error {
        WalkError::Io(source) => ReadError::Io {
            path,
            action: "read the segment",
            source,
        },
        WalkError::Version(found) => ReadError::Version {
            path,
            found,
            supported: VERSION,
        },
    }
}
