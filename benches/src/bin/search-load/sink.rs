//! What events go into, and how they are decoded on the way.

use anyhow::Result;
use jiff::tz::TimeZone;
use vakt_codec::DecodeContext;
use vakt_event::{Event, Format, Frame, Source, Timestamp};

/// An index that takes events in the order of the journal.
pub(crate) trait Sink {
    /// `frame` is what `event` was decoded from.
    fn add(&mut self, frame: &Frame, event: &Event<'_>) -> Result<()>;
    /// Makes what was added found.
    fn commit(&mut self) -> Result<()>;
    /// Work that a search need not wait for, as far as there is enough to begin it.
    fn build_ready(&mut self) -> Result<()> {
        Ok(())
    }
    /// All such work that is left.
    fn build(&mut self) -> Result<()> {
        Ok(())
    }
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
        let event = self.event(&frame.bytes, frame.format, frame.received);
        let outcome = look(&event);
        self.decoder.recycle(event);
        outcome
    }

    fn event<'f>(&mut self, bytes: &'f [u8], format: Format, received: Timestamp) -> Event<'f> {
        let context = DecodeContext {
            received: Some(received),
            ..DecodeContext::new(&self.zone)
        };
        self.decoder.decode(bytes, format, &context)
    }
}

impl vakt_search::Decoder for Decoder {
    fn decode<'f>(&mut self, frame: vakt_search::Frame<'f>, _: &Source) -> Event<'f> {
        self.event(frame.bytes, frame.format, frame.received)
    }

    fn recycle(&mut self, event: Event<'_>) {
        self.decoder.recycle(event);
    }
}

/// For the index, which decodes its frames again.
pub(crate) struct Frames;

impl vakt_search::Decode for Frames {
    fn decoder(&self) -> Box<dyn vakt_search::Decoder> {
        Box::new(Decoder::new())
    }
}
