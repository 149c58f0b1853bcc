//! What an index keeps of an event: the frame as it came, from which the event is read again.
//!
//! Keeping frames instead of decoded events takes half the room and no time at intake. Whoever
//! opens an index says how frames are decoded; the same frame must always give the same event.

use vakt_event::{Event, Format, Source, Timestamp};

/// A frame of the journal, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'f> {
    pub bytes: &'f [u8],
    pub format: Format,
    pub received: Timestamp,
    /// The sender's message was longer than the limit, and this is its beginning.
    pub truncated: bool,
}

/// How frames become events.
pub trait Decode: Send + Sync {
    /// A decoder for one thread and many frames.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// Names, in one line, by which rules the operator has events changed on the way; empty where
    /// there are none. An index that was made by other rules is built again.
    fn rules(&self) -> &str {
        ""
    }
}

/// Makes events of frames; keeps memory from one to the next.
pub trait Decoder {
    fn decode<'f>(&mut self, frame: Frame<'f>, source: &Source) -> Event<'f>;

    /// Takes the memory of an event that is not needed any more.
    fn recycle(&mut self, event: Event<'_>) {
        drop(event);
    }
}
