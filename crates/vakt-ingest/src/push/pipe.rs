//! Frames of one request, handed over in batches, one after the other.

use std::sync::Arc;

use tokio::sync::oneshot;
use vakt_event::{Batch, Frame, Source};

use crate::intake::{Accepted, Intake, Refused, Reply, offer};

/// A batch is handed over when it holds this many bytes: large enough that one fsync serves many
/// frames, small enough that a thousand connections fit into memory.
pub const BATCH_BYTES: usize = 512 * 1024;

/// Collects frames and hands them to the intake. While one batch becomes durable the next one is
/// being filled; there are never more than these two, so after a refusal what is durable is a
/// prefix of what was sent.
pub struct BatchPipe {
    intake: Arc<dyn Intake>,
    source: Arc<Source>,
    frames: Vec<Frame>,
    bytes: usize,
    /// The sender's line number of the last frame in `frames`.
    line: u64,
    waiting: Option<Waiting>,
    durable: Accepted,
    durable_line: u64,
}

struct Waiting {
    reply: oneshot::Receiver<Reply>,
    line: u64,
}

impl BatchPipe {
    pub fn new(intake: Arc<dyn Intake>, source: Arc<Source>) -> Self {
        Self {
            intake,
            source,
            frames: Vec::new(),
            bytes: 0,
            line: 0,
            waiting: None,
            durable: Accepted::default(),
            durable_line: 0,
        }
    }

    /// Adds a frame; `line` says where the sender finds it, ascending.
    pub fn push(&mut self, frame: Frame, line: u64) {
        self.bytes += frame.bytes.len() + size_of::<Frame>();
        self.frames.push(frame);
        self.line = line;
    }

    /// Hands the batch over if it is full; waits for the batch before it.
    pub async fn flush_if_full(&mut self) -> Result<(), Refused> {
        if self.bytes >= BATCH_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Hands over what is left and waits until all of it is durable.
    pub async fn finish(&mut self) -> Result<Accepted, Refused> {
        self.flush().await?;
        self.settle().await?;
        Ok(self.durable)
    }

    /// Drops what was not handed over yet, and waits for what was, so that [`Self::durable`] is
    /// the whole truth.
    pub async fn abandon(&mut self) {
        self.frames = Vec::new();
        self.bytes = 0;
        // A refusal here changes nothing: the request has failed already.
        drop(self.settle().await);
    }

    /// What is durable so far: after a refusal, a prefix of what was sent.
    pub fn durable(&self) -> Accepted {
        self.durable
    }

    /// The `line` of the last durable frame; 0 when there is none.
    pub fn durable_line(&self) -> u64 {
        self.durable_line
    }

    async fn flush(&mut self) -> Result<(), Refused> {
        self.settle().await?;
        if self.frames.is_empty() {
            return Ok(());
        }
        let batch = Batch {
            source: Arc::clone(&self.source),
            frames: std::mem::take(&mut self.frames),
        };
        self.bytes = 0;
        let reply = offer(self.intake.as_ref(), batch);
        self.waiting = Some(Waiting {
            reply,
            line: self.line,
        });
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), Refused> {
        if let Some(waiting) = self.waiting.take() {
            let accepted = waiting.reply.await.unwrap_or(Err(Refused::Stopping))?;
            self.durable.stored += accepted.stored;
            self.durable.repeated += accepted.repeated;
            self.durable_line = waiting.line;
        }
        Ok(())
    }
}
