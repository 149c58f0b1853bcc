//! What events go into, and how they are decoded on the way.

use anyhow::Result;
use jiff::tz::TimeZone;
use vakt_codec::DecodeContext;
use vakt_event::{Event, Frame};

/// An index that takes events in the order of the journal.
pub(crate) trait Sink {
    fn add(&mut self, event: &Event<'_>) -> Result<()>;
    /// Makes what was added durable and found.
    fn commit(&mut self) -> Result<()>;
    /// Commits, waits for all work in the background and closes the index.
    fn finish(self) -> Result<()>;
}

/// Makes events of frames, as the daemon does it.
pub(crate) struct Decoder {
    decoder: vakt_codec::Decoder,
    zone: TimeZone,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self {
            decoder: vakt_codec::Decoder::default(),
            zone: TimeZone::UTC,
        }
    }

    /// Shows the event of the frame to `look`, and takes its memory back.
    pub(crate) fn with<T>(&mut self, frame: &Frame, look: impl FnOnce(&Event<'_>) -> T) -> T {
        let context = DecodeContext {
            received: Some(frame.received),
            ..DecodeContext::new(&self.zone)
        };
        let event = self.decoder.decode(&frame.bytes, frame.format, &context);
        let outcome = look(&event);
        self.decoder.recycle(event);
        outcome
    }
}
