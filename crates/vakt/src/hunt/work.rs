//! A hunt at work, on a thread of its own.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use arc_swap::ArcSwap;
use vakt_api::backend::HuntEnd;
use vakt_event::{Event, JournalPosition, Source, Timestamp};
use vakt_search::{Decoder as _, Error, Frame, Index, Request, Scope, Walker};
use vakt_storage::Journal;

use super::line::{self, At, Counts, End};
use super::subject::Subject;
use crate::pipeline::detector::{Detector, Found, is_joinable};
use crate::pipeline::given_up;
use crate::pipeline::index::IndexProgress;
use crate::pipeline::tail::JournalTail;
use crate::pipeline::{Decoding, Frames, decode_frame};

/// A hunt that takes longer ends where it is: long enough for tens of millions of events that the index
/// could not pass over, and no rule that never ends holds a thread for a day.
const TIME_MAX: Duration = Duration::from_secs(30 * 60);

/// A hunt waits this long for the index to have what was acknowledged before; what it lacks then is read
/// from the journal.
const INDEX_PATIENCE: Duration = Duration::from_millis(300);

/// Between two lines that say how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// A match waits no longer than this for others to be sent with it.
const MATCH_WAITS_MAX: Duration = Duration::from_millis(100);

/// Bytes of lines that are sent together.
const PIECE_BYTES: usize = 32 * 1024;

/// Events between two looks at the clock.
const EVENTS_PER_CLOCK: u64 = 64;

/// Where events are stored.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) index: Arc<ArcSwap<Index>>,
    pub(crate) progress: Arc<IndexProgress>,
    pub(crate) journal: Arc<Journal>,
}

/// Which events are hunted over, and how many matches are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    /// `None` is all of them.
    pub(crate) streams: Option<Vec<String>>,
    pub(crate) limit: u64,
}

/// Sends lines of NDJSON; `false` when nobody takes them any more.
type Send<'s> = &'s mut dyn FnMut(String) -> bool;

/// Goes over what is durable now and gives what the rules match; the last line says how it ended.
pub(crate) fn hunt(
    subject: &Subject,
    store: &Store,
    asked: &Asked,
    cancelled: &Arc<AtomicBool>,
    send: Send<'_>,
) -> HuntEnd {
    let began = Instant::now();
    let request = Request {
        query: subject.sieve.clone(),
        since: asked.since,
        until: asked.until,
        streams: asked.streams.clone(),
        deadline: Some(began + TIME_MAX),
        cancelled: Some(Arc::clone(cancelled)),
        ..Request::default()
    };
    let end = store.journal.durable_end();
    let mut work = Work {
        subject,
        request: &request,
        detector: Detector::new(&subject.ruleset),
        decoding: Decoding::default(),
        hits: Vec::new(),
        found: Vec::new(),
        limit: asked.limit,
        counts: Counts::default(),
        first: None,
        reached: store.journal.first_position(),
        end,
        time: None,
        waiting: String::new(),
        sent: began,
        told: began,
        stopped: None,
        send,
    };
    store.progress.wait_for(end, INDEX_PATIENCE);
    let error = work.all(store).err();
    let error = error.map(|error| format!("{error:#}"));
    if let Some(error) = &error {
        tracing::error!(error, "a hunt ended early");
        work.stopped = Some(Stopped::Failed);
    }
    work.finish(began, error.as_deref())
}

/// Why a hunt ended before everything was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    Limit,
    Time,
    /// The client went away, or the daemon stops.
    Cancelled,
    Failed,
}

impl Stopped {
    fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Time => "time",
            Self::Cancelled => "cancelled",
            Self::Failed => "error",
        }
    }
}

struct Work<'h> {
    subject: &'h Subject,
    request: &'h Request,
    detector: Detector<'h>,
    decoding: Decoding,
    hits: Vec<usize>,
    found: Vec<Found>,
    limit: u64,
    counts: Counts,
    /// Where it began, once that is known.
    first: Option<JournalPosition>,
    reached: JournalPosition,
    /// What arrives later is not looked at.
    end: JournalPosition,
    /// That of the last event that was read.
    time: Option<Timestamp>,
    /// Lines that are not sent yet.
    waiting: String,
    sent: Instant,
    told: Instant,
    stopped: Option<Stopped>,
    send: Send<'h>,
}

impl Work<'_> {
    /// The index, then what the journal holds beyond it.
    fn all(&mut self, store: &Store) -> Result<()> {
        let range = self.reached..self.end;
        let request = self.request;
        let walked = store.index.load().walk(request, range, self);
        let next = match walked {
            Ok(next) => next,
            Err(Error::OutOfTime { .. }) => {
                self.stopped = Some(Stopped::Time);
                return Ok(());
            }
            Err(Error::Cancelled) => {
                self.stopped = Some(Stopped::Cancelled);
                return Ok(());
            }
            Err(error) if error.may_be_damage() => {
                tracing::error!(
                    %error,
                    "a hunt through the index failed and goes on in the journal"
                );
                store.progress.suspect(error.to_string());
                self.reached
            }
            Err(error) => return Err(error.into()),
        };
        if self.stopped.is_none() {
            self.tail(store, next)?;
        }
        if self.stopped.is_none() {
            let mut found = std::mem::take(&mut self.found);
            self.detector.finish(&mut found);
            self.give(&mut found, None);
        }
        Ok(())
    }

    fn tail(&mut self, store: &Store, from: JournalPosition) -> Result<()> {
        let mut tail = JournalTail::new(&store.journal, &Frames::default(), from, self.end);
        let request = self.request;
        self.reached(from);
        let mut seen: u64 = 0;
        let scope = Scope::of(request);
        let passes_over = |source: &Source, newest| scope.passes_over(source, newest);
        let read = tail.each(&passes_over, |frame, source, decoding| {
            self.reached = frame.position.next();
            if seen.is_multiple_of(EVENTS_PER_CLOCK) {
                self.tell();
                self.check();
            }
            seen += 1;
            let event = decode_frame(frame, source, decoding);
            let time = event.time.effective();
            let is_within = (request.since).is_none_or(|since| time.is_some_and(|at| at >= since))
                && (request.until).is_none_or(|until| time.is_some_and(|at| at < until));
            let streams = request.streams.as_deref();
            if is_within && streams.is_none_or(|streams| streams.contains(&source.stream)) {
                self.judge(frame.position, &event, source);
            }
            match self.stopped {
                None => Ok(()),
                Some(_) => anyhow::bail!(Enough),
            }
        });
        match read {
            Err(error) if error.is::<Enough>() => Ok(()),
            read => read,
        }
    }

    /// Whether it is to go on; `stopped` says so.
    fn check(&mut self) {
        let cancelled = self.request.cancelled.as_ref();
        if cancelled.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed)) {
            self.stopped = Some(Stopped::Cancelled);
        } else if self
            .request
            .deadline
            .is_some_and(|end| Instant::now() >= end)
        {
            self.stopped = Some(Stopped::Time);
        }
    }

    fn judge(&mut self, position: JournalPosition, event: &Event<'_>, source: &Source) {
        self.counts.read += 1;
        self.time = event.time.effective();
        self.hits.clear();
        self.detector.matches(event, &mut self.hits);
        let is_joinable = is_joinable(event);
        if !self.hits.is_empty() || is_joinable {
            self.detector.within(&source.stream, source.drill);
            let key = match is_joinable {
                true => format!("{} {:?}", source.stream, source.peer),
                false => String::new(),
            };
            let mut found = std::mem::take(&mut self.found);
            self.detector
                .observe(position.0, &key, event, &self.hits, &mut found);
            let at = At {
                position,
                event,
                source,
            };
            self.give(&mut found, Some(&at));
        }
        if self.counts.read.is_multiple_of(EVENTS_PER_CLOCK) {
            self.tell();
        }
    }

    fn give(&mut self, found: &mut Vec<Found>, at: Option<&At<'_>>) {
        for one in found.drain(..).filter(|one| !one.repeat) {
            if self.stopped.is_some() {
                continue;
            }
            if self.counts.matches == self.limit {
                self.stopped = Some(Stopped::Limit);
                continue;
            }
            self.counts.matches += 1;
            let meta = one.meta(&self.subject.ruleset);
            self.waiting.push_str(&line::of_match(&one, meta, at));
            if self.waiting.len() >= PIECE_BYTES || self.sent.elapsed() >= MATCH_WAITS_MAX {
                self.flush();
            }
        }
        self.found = std::mem::take(found);
    }

    /// Says how far it is, where that is due.
    fn tell(&mut self) {
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.told = Instant::now();
            let first = self.first.unwrap_or(self.reached);
            let covered = self.reached.0.saturating_sub(first.0);
            let of = self.end.0.saturating_sub(first.0);
            let told = line::of_progress(self.counts, covered, of, self.reached.0, self.time);
            self.waiting.push_str(&told);
            self.flush();
        } else if !self.waiting.is_empty() && self.sent.elapsed() >= MATCH_WAITS_MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.sent = Instant::now();
        if !(self.send)(std::mem::take(&mut self.waiting)) {
            self.stopped = Some(Stopped::Cancelled);
        }
    }

    fn finish(mut self, began: Instant, error: Option<&str>) -> HuntEnd {
        let notes = given_up::notes(&self.detector.correlator);
        let end = End {
            rules: self.subject.ruleset.counts.loaded,
            counts: self.counts,
            seconds: began.elapsed().as_secs_f64(),
            cut_by: self.stopped.map(Stopped::name),
            notes: &notes,
            error,
        };
        self.waiting.push_str(&line::of_end(&end));
        self.flush();
        HuntEnd {
            outcome: match self.stopped {
                None | Some(Stopped::Limit) => "done",
                Some(Stopped::Time) => "out_of_time",
                Some(Stopped::Cancelled) => "cancelled",
                Some(Stopped::Failed) => "internal",
            },
            matches: self.counts.matches,
        }
    }
}

impl Walker for Work<'_> {
    fn event(
        &mut self,
        position: JournalPosition,
        frame: Frame<'_>,
        source: &Source,
    ) -> ControlFlow<()> {
        self.reached = position.next();
        let event = self.decoding.decode(frame, source);
        self.judge(position, &event, source);
        self.decoding.recycle(event);
        match self.stopped {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    fn passed(&mut self, events: u64) {
        self.counts.passed += events;
    }

    fn reached(&mut self, position: JournalPosition) {
        self.first.get_or_insert(position);
        self.reached = self.reached.max(position);
        self.tell();
    }
}

/// Nothing more is to be read.
#[derive(Debug)]
struct Enough;

impl std::fmt::Display for Enough {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is enough")
    }
}

impl std::error::Error for Enough {}
