//! Matching events as they arrive, read from the journal as it grows.

use std::sync::Arc;
use std::time::Duration;

use vakt_api::backend::{FollowStep, Follower, SearchFailure, Sight};
use vakt_event::{Event, JournalPosition, Source, ecs};
use vakt_search::Query;
use vakt_search::record::{Record, RecordSource, peer_text};
use vakt_storage::{Journal, ReadError, Reader};

use crate::pipeline::{Decoding, Frames, decode_frame};

/// A step reads so many events, or finds so many bytes of them, and ends with the batch that they are in.
const STEP_EVENTS: usize = 2_000;
const STEP_BYTES: usize = 4 * 1024 * 1024;

/// A step waits for nothing: whoever asks waits between steps, and holds no thread meanwhile.
const PATIENCE: Duration = Duration::ZERO;

pub(super) struct JournalFollower {
    journal: Arc<Journal>,
    reader: Reader,
    query: Query,
    sight: Sight,
    next: JournalPosition,
    decoding: Decoding,
}

impl JournalFollower {
    /// From the position `from` on, or from now on. What was removed or erased meanwhile is left out.
    pub(super) fn new(
        journal: &Arc<Journal>,
        frames: &Frames,
        query: Query,
        sight: Sight,
        from: Option<u64>,
    ) -> Self {
        let end = journal.durable_end();
        let from = from.map_or(end, |from| JournalPosition(from).min(end));
        let next = from.max(journal.first_position());
        Self {
            journal: Arc::clone(journal),
            reader: journal.reader(next),
            query,
            sight,
            next,
            decoding: frames.decoding(),
        }
    }

    fn is_wanted(&self, source: &Source) -> bool {
        let streams = self.sight.streams.as_deref();
        streams.is_none_or(|streams| streams.contains(&source.stream))
    }
}

impl Follower for JournalFollower {
    fn step(&mut self) -> Result<FollowStep, SearchFailure> {
        let mut hits = Vec::new();
        let (mut seen, mut bytes) = (0, 0);
        while seen < STEP_EVENTS && bytes < STEP_BYTES {
            if self.next >= self.journal.durable_end() {
                break;
            }
            let batch = match self.reader.next(PATIENCE) {
                Ok(Some(batch)) => batch,
                Ok(None) | Err(ReadError::Closed) => break,
                // The index meets the same damage, and says so in the log.
                Err(ReadError::Lost(lost)) => {
                    self.next = lost.to;
                    continue;
                }
                Err(error) => return Err(SearchFailure::Internal(error.to_string())),
            };
            seen += batch.frames.len();
            if let Some(last) = batch.frames.last() {
                self.next = last.position.next();
            }
            if !self.is_wanted(&batch.source) {
                continue;
            }
            let peer = peer_text(&batch.source);
            for frame in &batch.frames {
                let event = decode_frame(frame, &batch.source, &mut self.decoding);
                let record = record(&event, frame.position, &batch.source, peer.as_deref());
                if self.query.matches_record(&record) {
                    bytes += frame.bytes.len();
                    let mut hit = record.to_hit();
                    if !self.sight.reads_raw {
                        hit.shift_remove(ecs::EVENT_ORIGINAL);
                    }
                    hits.push(hit);
                }
            }
        }
        Ok(FollowStep {
            hits,
            next: self.next.0,
            is_last: seen < STEP_EVENTS && bytes < STEP_BYTES,
        })
    }
}

fn record<'r>(
    event: &'r Event<'r>,
    position: JournalPosition,
    source: &'r Source,
    peer: Option<&'r str>,
) -> Record<'r> {
    Record {
        event,
        position: Some(position),
        source: Some(RecordSource {
            stream: &source.stream,
            peer,
        }),
    }
}
