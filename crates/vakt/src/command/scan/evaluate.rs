//! From the bytes of a piece to the events from which something follows.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use vakt_codec::files::{self, Judgement, Line, RECORD_BYTES_MAX};
use vakt_codec::{DecodeContext, Decoder, FileFormat};
use vakt_detect::{Engine, Scratch};
use vakt_event::{Event, Format};

use super::pieces::{Content, Piece, Pieces};
use super::turns::{Taken, Turns};
use crate::pipeline::detector::is_joinable;

/// The workers.
pub(super) struct Team<'t, 'c> {
    pool: &'t rayon::ThreadPool,
    /// Each worker has its own: nobody waits for a lock.
    evaluators: Vec<Mutex<Evaluator<'c>>>,
}

impl<'t, 'c> Team<'t, 'c> {
    pub(super) fn new(pool: &'t rayon::ThreadPool, member: impl Fn() -> Evaluator<'c>) -> Self {
        let workers = pool.current_num_threads().max(1);
        Self {
            pool,
            evaluators: (0..workers).map(|_| Mutex::new(member())).collect(),
        }
    }

    /// Evaluates pieces until there are none or what was taken is the last, and hands them in.
    pub(super) fn evaluate<K: Send>(
        &self,
        pieces: &Mutex<Numbered<'_>>,
        turns: &Turns<K, Handed>,
        take: impl Fn(&mut K, Handed) -> Taken<Handed> + Sync,
    ) {
        let work = |evaluator: &Mutex<Evaluator<'c>>| {
            let _worker = turns.worker();
            let evaluator = evaluator.lock();
            let mut evaluator = evaluator.unwrap_or_else(PoisonError::into_inner);
            loop {
                let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((number, piece)) = next else {
                    return;
                };
                let handed = piece.map(|piece| Work::new(piece, |piece| evaluator.evaluate(piece)));
                if !turns.hand_in(number, handed, &take) {
                    return;
                }
            }
        };
        match &self.evaluators[..] {
            // Another thread would have to be woken.
            [one] => work(one),
            several => drop(self.pool.broadcast(|cx| work(&several[cx.index()]))),
        }
    }
}

/// The pieces, numbered from 0.
pub(super) struct Numbered<'s> {
    pub(super) pieces: Pieces<'s>,
    pub(super) given: u64,
}

impl Numbered<'_> {
    fn next(&mut self) -> Option<(u64, Result<Piece>)> {
        let piece = self.pieces.next()?;
        let number = self.given;
        self.given += 1;
        Some((number, piece))
    }
}

/// What a worker hands in: its piece with what it led to, or why there is none.
pub(super) type Handed = Result<Work>;

self_cell::self_cell!(
    /// A piece with what it led to.
    pub(super) struct Work {
        owner: Piece,
        #[covariant]
        dependent: Evaluated,
    }
);

/// One worker's memory.
pub(super) struct Evaluator<'c> {
    engine: &'c Engine,
    format: FileFormat,
    context: &'c DecodeContext<'c>,
    decoder: Decoder,
    scratch: Scratch,
    hits: Vec<usize>,
}

/// What a piece led to.
#[derive(Default)]
pub(super) struct Evaluated<'p> {
    pub(super) records: u64,
    pub(super) kept: Vec<Kept<'p>>,
    /// The offset from which on lines are no records.
    pub(super) unclear: Option<usize>,
}

/// An event from which something follows.
pub(super) struct Kept<'p> {
    /// How many records of the piece stand before it.
    pub(super) index: u64,
    pub(super) event: Event<'p>,
    pub(super) hits: Vec<usize>,
}

impl<'c> Evaluator<'c> {
    pub(super) fn new(
        engine: &'c Engine,
        format: FileFormat,
        context: &'c DecodeContext<'c>,
    ) -> Self {
        Self {
            scratch: engine.scratch(),
            decoder: Decoder::default(),
            hits: Vec::new(),
            engine,
            format,
            context,
        }
    }

    pub(super) fn evaluate<'p>(&mut self, piece: &'p Piece) -> Evaluated<'p> {
        let mut evaluated = Evaluated::default();
        match &piece.content {
            Content::Records(records) => {
                for record in records {
                    let event = self.decode(&record.bytes, record.format);
                    self.take(event, &mut evaluated);
                }
            }
            Content::Lines(block) => {
                let mut lines = block.lines(self.format, RECORD_BYTES_MAX);
                while let Some(line) = lines.next() {
                    let (bytes, format) = match line {
                        Line::Record(bytes, format) => (bytes, format),
                        Line::Unclear(at) => {
                            evaluated.unclear = Some(at);
                            break;
                        }
                    };
                    let event = self.decode(bytes, format);
                    if format == Format::Json
                        && !event.problems.is_empty()
                        && files::judge(bytes) == Judgement::Unclear
                    {
                        evaluated.unclear = Some(lines.began());
                        break;
                    }
                    self.take(event, &mut evaluated);
                }
            }
        }
        evaluated
    }

    fn decode<'p>(&mut self, bytes: &'p [u8], format: Format) -> Event<'p> {
        self.decoder.decode(bytes, format, self.context)
    }

    fn take<'p>(&mut self, event: Event<'p>, evaluated: &mut Evaluated<'p>) {
        self.hits.clear();
        self.engine
            .matches(&event, &mut self.scratch, &mut self.hits);
        if self.hits.is_empty() && !is_joinable(&event) {
            self.decoder.recycle(event);
        } else {
            evaluated.kept.push(Kept {
                index: evaluated.records,
                event,
                hits: self.hits.clone(),
            });
        }
        evaluated.records += 1;
    }
}
