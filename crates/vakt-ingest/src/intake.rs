//! Where batches go: the seam between listeners and the journal.

use std::fmt;

use tokio::sync::oneshot;
use vakt_event::Batch;

/// What became durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Frames that were written.
    pub stored: usize,
    /// Journald entries that the journal already held, known by their cursor.
    pub repeated: usize,
}

/// Why a batch was not taken. The sender keeps it and comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// More bytes are waiting for the disk than the configured bound.
    Busy,
    /// The file system has less room than is kept in reserve. It passes when there is more.
    NoSpace,
    /// The daemon is stopping.
    Stopping,
    /// The journal cannot write any more; the text says why.
    Broken(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too much is waiting to be written; try again"),
            Self::NoSpace => f.write_str("the disk is as full as it may get; try again later"),
            Self::Stopping => f.write_str("the daemon is stopping"),
            Self::Broken(why) => write!(f, "the journal cannot be written: {why}"),
        }
    }
}

impl std::error::Error for Refused {}

pub type Reply = Result<Accepted, Refused>;

/// Takes batches and says when they are durable.
pub trait Intake: Send + Sync {
    /// Hands over a batch; returns at once. `done` is called from another thread, exactly once,
    /// after the fsync that covers the batch, or with the reason why it was refused.
    fn submit(&self, batch: Batch, done: Box<dyn FnOnce(Reply) + Send>);

    /// Bytes that were submitted and have not been answered yet: listeners stop reading above
    /// their bound.
    fn bytes_in_flight(&self) -> usize;
}

/// Submits at once; the answer comes over the channel.
pub fn offer(intake: &dyn Intake, batch: Batch) -> oneshot::Receiver<Reply> {
    let (sender, receiver) = oneshot::channel();
    intake.submit(
        batch,
        Box::new(move |reply| {
            // The receiver is gone only when the connection is: nobody is left to tell.
            drop(sender.send(reply));
        }),
    );
    receiver
}
