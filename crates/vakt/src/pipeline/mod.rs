//! The threads between the journal and what follows from it.

pub mod builder;
pub mod detect;
pub mod detector;
mod evenness;
pub mod given_up;
pub mod index;
pub mod intake;
mod kept_sources;
pub mod log_sources;
pub mod losses;
pub mod quarantine;
pub mod retention;
pub mod rule_activity;
pub mod seen_kinds;
pub(crate) mod tail;
#[cfg(test)]
mod tests;
mod zones;

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use vakt_codec::{DecodeContext, Decoder};
use vakt_event::{Event, Source, Value, ecs};
use vakt_search::Frame;
use vakt_storage::{ReadError, Reader, StoredBatch, StoredFrame};

use crate::redact::Redactor;
use losses::Losses;
use zones::Zones;

/// Tells threads to finish what the journal holds, as far as they get in time, and end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<OnceLock<Instant>>);

impl Stop {
    /// `patience` is how long a backlog may take; the next start does what is left.
    pub fn set(&self, patience: Duration) {
        self.0.get_or_init(|| Instant::now() + patience);
    }

    pub fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Whether a backlog has to wait for the next start.
    fn is_over(&self) -> bool {
        self.0.get().is_some_and(|end| Instant::now() >= *end)
    }

    /// Waits for `pause`, or until it is set; says whether it is.
    pub(crate) fn wait(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        while !self.is_set() && Instant::now() < end {
            thread::sleep(STOP_POLL);
        }
        self.is_set()
    }
}

/// How often a thread that pauses looks whether it shall end.
const STOP_POLL: Duration = Duration::from_millis(50);

/// A thread whose work failed (a full disk, a locked database) tries again after this long.
const RETRY_PAUSE: Duration = Duration::from_secs(5);

/// After a panic at an event: state is built anew at once, since nothing outside has to change first.
const PANIC_PAUSE: Duration = Duration::from_millis(100);

/// The kernel gives a thread that gives way what the others leave: 19 is the highest niceness there is.
const NICENESS: i32 = 19;

/// Asks for the lowest priority for the thread that calls; `what` is done says the log where that fails.
pub(crate) fn give_way(what: &str) {
    // On Linux niceness is the thread's own, and named by its id.
    let thread = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICENESS) {
        tracing::warn!(%error, "{what} at ordinary priority");
    }
}

/// How frames become events: [`decode_frame`], but for tests.
type Decode = for<'f> fn(&'f StoredFrame, &Source, &mut Decoding) -> Event<'f>;

/// What a consumer keeps from frame to frame. The default shows events as they were sent.
#[derive(Default)]
pub(crate) struct Decoding {
    decoder: Decoder,
    zones: Zones,
    redactor: Option<Arc<Redactor>>,
}

/// How searches make events of frames: in the index, in what it lacks, and as they arrive.
#[derive(Clone, Default)]
pub struct Frames {
    redactor: Option<Arc<Redactor>>,
}

impl Frames {
    /// Events are redacted where there is a redactor.
    pub fn new(redactor: Option<Arc<Redactor>>) -> Self {
        Self { redactor }
    }

    pub(crate) fn decoding(&self) -> Decoding {
        Decoding {
            redactor: self.redactor.clone(),
            ..Decoding::default()
        }
    }
}

impl vakt_search::Decode for Frames {
    fn decoder(&self) -> Box<dyn vakt_search::Decoder> {
        Box::new(self.decoding())
    }

    fn rules(&self) -> &str {
        self.redactor
            .as_ref()
            .map_or("", |redactor| redactor.digest())
    }
}

impl vakt_search::Decoder for Decoding {
    fn decode<'f>(&mut self, frame: Frame<'f>, source: &Source) -> Event<'f> {
        decode(frame, source, self)
    }

    fn recycle(&mut self, event: Event<'_>) {
        self.decoder.recycle(event);
    }
}

/// What is said of work that ended in a panic; the panic itself is on standard error.
fn panicked() -> anyhow::Error {
    anyhow::anyhow!("it ended in a panic, which is a fault of Vakt: please report it")
}

/// A disk that fails to read is asked again after this long.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// What the journal gives next.
enum Next {
    Batch(StoredBatch),
    /// Nothing came within the time that was given.
    Idle,
    /// The journal is closed and everything in it was read.
    Ended,
}

/// Reads on. A damaged part is named in the log and passed over; a read that failed is tried again.
///
/// # Errors
/// The journal was written by a newer version.
fn read_on(reader: &mut Reader, patience: Duration, losses: &Losses) -> Result<Next, ReadError> {
    match reader.next(patience) {
        Ok(Some(batch)) => Ok(Next::Batch(batch)),
        Ok(None) => Ok(Next::Idle),
        Err(ReadError::Closed) => Ok(Next::Ended),
        Err(ReadError::Lost(lost)) => {
            losses.note(&lost);
            tracing::error!(%lost, "a part of the journal is damaged");
            Ok(Next::Idle)
        }
        Err(error @ ReadError::Io { .. }) => {
            tracing::error!(%error, "the journal cannot be read");
            thread::sleep(READ_PAUSE);
            Ok(Next::Idle)
        }
        Err(error @ ReadError::Version { .. }) => Err(error),
    }
}

/// The event of a frame of the journal.
pub(crate) fn decode_frame<'f>(
    frame: &'f StoredFrame,
    source: &Source,
    decoding: &mut Decoding,
) -> Event<'f> {
    decode(frame_of(frame), source, decoding)
}

/// What the index keeps of a frame of the journal.
pub(crate) fn frame_of(frame: &StoredFrame) -> Frame<'_> {
    Frame {
        bytes: &frame.bytes,
        format: frame.format,
        received: frame.received,
        truncated: frame.truncated,
    }
}

/// The event of a frame, with what the listener knew of it.
fn decode<'f>(frame: Frame<'f>, source: &Source, decoding: &mut Decoding) -> Event<'f> {
    let Decoding {
        decoder,
        zones,
        redactor,
    } = decoding;
    let context = DecodeContext {
        received: Some(frame.received),
        reference: None,
        zone: zones.get(source.zone.as_deref()),
        logsource_fields: false,
        assume: None,
    };
    let mut event = decoder.decode(frame.bytes, frame.format, &context);
    if frame.truncated {
        event.problem("the message is longer than the limit and was cut");
    }
    if let Some(redactor) = redactor {
        redactor.redact(&source.stream, &mut event);
    }
    event.added(ecs::VAKT_LISTENER, source.listener.clone());
    event.added(ecs::VAKT_TRANSPORT, source.transport.name());
    if source.drill {
        event.added(ecs::VAKT_DRILL, Value::Bool(true));
    }
    event
}
