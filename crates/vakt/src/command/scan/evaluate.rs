//! From the bytes of a piece to the events from which something follows.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use vakt_codec::files::{self, Judgement, Line, RECORD_BYTES_MAX};
use vakt_codec::{DecodeContext, Decoder, FileFormat};
use vakt_detect::{Engine, Scratch};
use vakt_event::{Event, Format};

use super::pieces::{Content, Piece};
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

    /// What each piece led to, in the order of the pieces.
    pub(super) fn evaluate<'p>(&self, pieces: &'p [Piece]) -> Vec<Evaluated<'p>> {
        match pieces {
            // Another thread would have to be woken.
            [one] => vec![self.evaluate_one(one)],
            _ if self.evaluators.len() == 1 => pieces
                .iter()
                .map(|piece| self.evaluate_one(piece))
                .collect(),
            _ => self.pool.install(|| {
                let pieces = pieces.par_iter();
                pieces.map(|piece| self.evaluate_one(piece)).collect()
            }),
        }
    }

    fn evaluate_one<'p>(&self, piece: &'p Piece) -> Evaluated<'p> {
        let worker = rayon::current_thread_index().unwrap_or(0);
        let evaluator = self.evaluators[worker].lock();
        let mut evaluator = evaluator.unwrap_or_else(PoisonError::into_inner);
        evaluator.evaluate(piece)
    }
}

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
