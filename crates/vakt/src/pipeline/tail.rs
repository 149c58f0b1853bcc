//! The end of the journal, read for one search.

use std::time::Duration;

use anyhow::Result;
use vakt_event::{JournalPosition, Source, Timestamp};
use vakt_storage::{Journal, ReadError, Reader, StoredFrame};

use super::{Decoding, Frames};

/// Everything up to the end is durable already, so that nothing is waited for.
const PATIENCE: Duration = Duration::ZERO;

/// The frames from one position up to another, exclusive.
pub(crate) struct JournalTail {
    reader: Reader,
    from: JournalPosition,
    end: JournalPosition,
    decoding: Decoding,
}

impl JournalTail {
    pub(crate) fn new(
        journal: &Journal,
        frames: &Frames,
        from: JournalPosition,
        end: JournalPosition,
    ) -> Self {
        Self {
            reader: journal.reader(from),
            from,
            end,
            decoding: frames.decoding(),
        }
    }

    /// Gives the frames in order, with what decodes them; those in a damaged part are left out, and those of batches of
    /// which `passes_over` says so ([`Reader::next_but`]).
    ///
    /// # Errors
    /// Those of `look`, and a journal that cannot be read.
    pub(crate) fn each(
        &mut self,
        passes_over: &dyn Fn(&Source, Option<Timestamp>) -> bool,
        mut look: impl FnMut(&StoredFrame, &Source, &mut Decoding) -> Result<()>,
    ) -> Result<()> {
        while self.from < self.end {
            let batch = match self.reader.next_but(PATIENCE, self.end, passes_over) {
                Ok(Some(batch)) => batch,
                Ok(None) | Err(ReadError::Closed) => break,
                // The index meets the same damage, and says so in the log.
                Err(ReadError::Lost(lost)) => {
                    self.from = lost.to;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for frame in batch
                .frames
                .iter()
                .filter(|frame| frame.position < self.end)
            {
                look(frame, &batch.source, &mut self.decoding)?;
            }
            self.from = batch
                .frames
                .last()
                .map_or(self.end, |frame| frame.position.next());
        }
        Ok(())
    }
}
