//! What a client has asked and was not answered yet, in the order in which it asked.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vakt_codec::{RELP_SERVER_CLOSE, RelpCommand, RelpFrame, relp_answer};
use vakt_event::{Batch, Format, Frame, Source};

use super::super::Serving;
use super::super::deliver::{Delivery, deliver};
use super::UNANSWERED_BYTES_MAX;
use super::resent::{ANSWERED_MAX, Recognition, Verdict};
use super::stored::Resending;
use crate::accounting::DropReason;

/// Sixteen batches on their way: what is read while a commit runs is waiting for the next one when
/// that begins, also when it comes a frame at a time.
const ON_THE_WAY_MAX: usize = 16;

/// The answer to `open`: the only version, who we are, and what we take.
const OFFERS: &str = concat!(
    "200 OK\nrelp_version=0\nrelp_software=vakt,",
    env!("CARGO_PKG_VERSION"),
    "\ncommands=syslog"
);

/// What rsyslog's receiver answers to a message outside of a session.
const NOT_OPEN: &str = "500 command disabled";

/// How reading came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed the session.
    Closed,
    /// It sent what is no frame, or a command that there is none of.
    Fault,
    /// The connection ended without a word, or failed.
    Gone,
    /// Nothing came for too long.
    Idle,
    /// The daemon stops.
    Stopping,
}

pub(super) struct Unanswered<'s> {
    serving: &'s Serving,
    source: Arc<Source>,
    refused: &'s AtomicBool,
    is_open: bool,
    /// No message has come yet.
    is_new: bool,
    end: Option<End>,
    filled: Filled,
    on_the_way: VecDeque<OnTheWay<'s>>,
    /// Bytes of batches on their way.
    bytes: usize,
    /// Until it is known whether this session continues one that broke, nothing is handed over.
    recognition: Option<Recognition>,
    /// All messages so far were stored before the daemon ended without a word, or none came yet.
    resending: Option<Resending>,
    /// The newest messages that are durable, as [`super::resent`] knows them, in their order.
    durable: VecDeque<u64>,
    /// How many of them became so after the end, when nobody could be told any more.
    untold: usize,
}

/// The batch that is being filled.
#[derive(Default)]
struct Filled {
    frames: Vec<Frame>,
    keys: Vec<u64>,
    /// The answers to its frames, and to what came between them.
    answers: Vec<u8>,
    /// Of frames and answers, in memory.
    bytes: usize,
}

struct OnTheWay<'s> {
    /// `None` where there was nothing to store.
    delivery: Option<Delivery<'s>>,
    frames: u64,
    keys: Vec<u64>,
    answers: Vec<u8>,
    bytes: usize,
}

impl<'s> Unanswered<'s> {
    pub(super) fn new(serving: &'s Serving, source: Arc<Source>, refused: &'s AtomicBool) -> Self {
        Self {
            serving,
            source,
            refused,
            is_open: false,
            is_new: true,
            end: None,
            filled: Filled::default(),
            on_the_way: VecDeque::new(),
            bytes: 0,
            recognition: None,
            resending: None,
            durable: VecDeque::new(),
            untold: 0,
        }
    }

    /// Takes a frame in, unless the session has ended.
    pub(super) fn take(&mut self, frame: RelpFrame<'_>) {
        if self.end.is_some() {
            return;
        }
        match frame.command {
            RelpCommand::Open => {
                // Proxies have been seen to open a session twice.
                self.is_open = true;
                self.filled.answer(frame.transaction, OFFERS);
            }
            RelpCommand::Syslog if self.is_open => self.take_message(frame),
            RelpCommand::Syslog => {
                let metrics = &self.serving.metrics;
                metrics.received(1, frame.data.len() as u64);
                metrics.dropped(DropReason::NotAllowed, 1);
                self.filled.answer(frame.transaction, NOT_OPEN);
            }
            RelpCommand::Close => {
                self.filled.answer(frame.transaction, "");
                self.ended(End::Closed);
            }
            RelpCommand::Other => self.ended(End::Fault),
        }
    }

    fn take_message(&mut self, frame: RelpFrame<'_>) {
        let metrics = &self.serving.metrics;
        metrics.received(1, frame.data.len() as u64);
        self.filled.answer(frame.transaction, "200 OK");
        if frame.data.is_empty() {
            return metrics.dropped(DropReason::Empty, 1);
        }
        if frame.truncated {
            metrics.truncated();
        }
        if std::mem::take(&mut self.is_new) {
            self.recognition = self.serving.resent.recognition(&self.source);
            self.resending = self.serving.resent.resending(&self.source);
        }
        let key = self.serving.resent.key(frame.data);
        self.filled.keys.push(key);
        if self.is_stored(key) {
            return self.serving.metrics.repeated(1);
        }
        self.filled.bytes += frame.data.len() + size_of::<Frame>();
        self.filled.frames.push(Frame {
            bytes: frame.data.to_vec(),
            format: Format::Syslog,
            received: self.serving.clock.now(),
            truncated: frame.truncated,
            cursor: None,
        });
        self.recognise(key);
    }

    /// Whether this message, and all before it, were stored before the daemon ended without a word.
    fn is_stored(&mut self, key: u64) -> bool {
        self.resending = self
            .resending
            .take()
            .and_then(|mut resending| resending.is_stored(key).then_some(resending));
        if self.resending.is_some() {
            // So it is no continuation of a session that broke since then.
            self.recognition = None;
        }
        self.resending.is_some()
    }

    /// Looks whether what came so far is stored already.
    fn recognise(&mut self, key: u64) {
        let Some(recognition) = &mut self.recognition else {
            return;
        };
        let verdict = self.serving.resent.judge(recognition, key);
        if verdict == Verdict::Stored {
            let stored = std::mem::take(&mut self.filled.frames);
            self.serving.metrics.repeated(stored.len() as u64);
        }
        if verdict != Verdict::Open {
            self.recognition = None;
        }
    }

    /// Whether messages are held back to see whether they are stored already: as long as more may
    /// be read.
    pub(super) fn are_held(&self) -> bool {
        self.recognition.is_some()
            && !self.filled.frames.is_empty()
            && self.filled.bytes < UNANSWERED_BYTES_MAX
    }

    /// Nothing more came, so what is held back is new.
    pub(super) fn let_go(&mut self) {
        self.recognition = None;
    }

    /// Nothing more is taken in; the first end counts.
    pub(super) fn ended(&mut self, end: End) {
        if self.end.is_some() {
            return;
        }
        self.end = Some(end);
        self.let_go();
        if end != End::Gone {
            self.filled.say(RELP_SERVER_CLOSE);
        }
    }

    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// Hands over what has been filled, if it may be on its way already.
    pub(super) fn hand_over(&mut self) {
        let may = self.on_the_way.len() < ON_THE_WAY_MAX && !self.refused.load(Ordering::Relaxed);
        if !may || self.filled.answers.is_empty() || self.are_held() {
            return;
        }
        let filled = std::mem::take(&mut self.filled);
        if !filled.frames.is_empty() {
            self.recognition = None;
        }
        let frames = filled.frames.len() as u64;
        let delivery = (frames > 0).then(|| {
            let batch = Batch {
                source: Arc::clone(&self.source),
                frames: filled.frames,
            };
            deliver(self.serving, batch, self.refused)
        });
        self.bytes += filled.bytes;
        self.on_the_way.push_back(OnTheWay {
            delivery,
            frames,
            keys: filled.keys,
            answers: filled.answers,
            bytes: filled.bytes,
        });
    }

    pub(super) fn is_on_the_way(&self) -> bool {
        !self.on_the_way.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.on_the_way.is_empty() && self.filled.bytes == 0
    }

    /// Bytes that are held in memory for what is not answered.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.filled.bytes
    }

    /// Waits until the oldest batch is durable and gives its answers. A batch behind it is not
    /// answered before it, whatever became of it.
    pub(super) async fn first(&mut self) -> Result<Vec<u8>, DropReason> {
        let Some(first) = self.on_the_way.front_mut() else {
            return Ok(Vec::new());
        };
        if let Some(delivery) = &mut first.delivery {
            poll_fn(|context| delivery.as_mut().poll(context)).await?;
        }
        let Some(first) = self.on_the_way.pop_front() else {
            return Ok(Vec::new());
        };
        self.bytes -= first.bytes;
        self.note_durable(&first.keys);
        Ok(first.answers)
    }

    fn note_durable(&mut self, keys: &[u64]) {
        self.durable.extend(keys);
        if self.end == Some(End::Gone) {
            self.untold += keys.len();
        }
        let surplus = self
            .durable
            .len()
            .saturating_sub(ANSWERED_MAX + self.untold);
        self.durable.drain(..surplus);
    }

    /// The session broke: its client may send what is durable of it once more.
    pub(super) fn remember(&mut self) {
        let durable = std::mem::take(&mut self.durable).into();
        self.serving
            .resent
            .remember(&self.source, durable, self.untold);
    }

    /// The first batch was refused for too long, and those behind it with it.
    pub(super) fn lost(&mut self, reason: DropReason) {
        let on_the_way: u64 = self.on_the_way.iter().map(|batch| batch.frames).sum();
        let frames = on_the_way + self.filled.frames.len() as u64;
        if frames > 0 {
            self.serving.metrics.dropped(reason, frames);
        }
        self.on_the_way.clear();
        self.filled = Filled::default();
    }
}

impl Drop for Unanswered<'_> {
    /// What is left of a session that was dropped while the daemon stops; its client has it still.
    fn drop(&mut self) {
        self.lost(DropReason::Stopping);
    }
}

impl Filled {
    fn answer(&mut self, transaction: u32, data: &str) {
        let before = self.answers.len();
        relp_answer(&mut self.answers, transaction, data);
        self.bytes += self.answers.len() - before;
    }

    fn say(&mut self, bytes: &[u8]) {
        self.answers.extend_from_slice(bytes);
        self.bytes += bytes.len();
    }
}
