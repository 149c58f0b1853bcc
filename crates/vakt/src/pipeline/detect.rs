//! The thread that reads the journal through the rules into alerts and drafts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use vakt_event::encode::to_flat_json;
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Clock, Event, EventTime, JournalPosition, Source, Timestamp, ecs};
use vakt_incident::{Detection, Evidence, Records};
use vakt_ingest::accounting::{SourceKey, Sources};
use vakt_storage::{Journal, StoredFrame};

use super::detector::{Detector, Found};
use super::kept_sources::{KeptSources, SOURCES_BLOB};
use super::zones::Zones;
use super::{Next, RETRY_PAUSE, Stop, decode_frame, panicked, read_on};
use crate::metrics::DetectMetrics;
use crate::ruleset::Ruleset;

/// Detections wait this long for more of them before they are written.
const APPLY_INTERVAL: Duration = Duration::from_millis(100);
/// Detections that are written in one transaction at the most.
const APPLY_DETECTIONS: usize = 500;
/// Without detections the checkpoint moves this often.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(2);
/// The table of sources is kept this often: it may have ten thousand rows.
const SOURCES_INTERVAL: Duration = Duration::from_secs(10);
/// The correlator's state is kept this often; a restart feeds it again what came after.
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// Windows of the correlator are forgotten once no event within this time before receipt can join
/// them: a forwarder's backlog of a night still finds them.
const BACKLOG_MICROS: i64 = 24 * 3600 * MICROS_PER_SECOND;
/// Events of a correlation that are copied as evidence at its first firing.
const EVIDENCE_EVENTS: usize = 200;

/// The thread's work: from the journal through the rules to the records.
pub struct DetectThread {
    pub journal: Arc<Journal>,
    pub records: Arc<Records>,
    pub ruleset: Arc<ArcSwap<Ruleset>>,
    pub sources: Arc<Sources>,
    pub clock: Arc<dyn Clock>,
    pub metrics: DetectMetrics,
    pub progress: Arc<DetectProgress>,
    pub stop: Stop,
    /// The first position that `sources` does not count yet; [`UNKNOWN`] until they are restored.
    pub accounted: AtomicU64,
}

/// No position: there is none so high.
pub const UNKNOWN: u64 = u64::MAX;

/// How far detection is: what has had its effect on alerts.
#[derive(Debug, Default)]
pub struct DetectProgress {
    next: AtomicU64,
    failed: Mutex<Option<String>>,
}

impl DetectProgress {
    pub fn next(&self) -> JournalPosition {
        JournalPosition(self.next.load(Ordering::Acquire))
    }

    /// Why detection stands still, if it does.
    pub fn failure(&self) -> Option<String> {
        self.failed().clone()
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DetectThread {
    /// Runs until `stop`, then evaluates what is left. After a failure (a full disk) it begins
    /// again at the checkpoint, until it gets on.
    pub fn run(self) {
        loop {
            let ended = catch_unwind(AssertUnwindSafe(|| self.work()));
            let Err(error) = ended.unwrap_or_else(|_| Err(panicked())) else {
                return;
            };
            let reason = format!("{error:#}");
            tracing::error!(error = reason, "detection stands still");
            *self.progress.failed() = Some(reason);
            if self.stop.wait(RETRY_PAUSE) {
                return;
            }
        }
    }

    fn work(&self) -> Result<()> {
        let applied = self.records.detect_checkpoint()?.unwrap_or_default();
        let snapshot = self.records.correlator_snapshot()?;
        // State is older than the effects: what lies between feeds the windows and has no effect.
        let fed = snapshot
            .as_ref()
            .map_or(applied, |(position, _)| (*position).min(applied));
        let accounted = self.accounted(applied)?;
        let start = fed.min(accounted);
        self.progress.next.store(applied.0, Ordering::Release);
        let mut state = snapshot.map(|(_, bytes)| bytes);
        let mut run = Run {
            reader: self.journal.reader(start),
            held: None,
            next: start,
            fed,
            accounted,
            applied,
            heard: Timestamp::default(),
            oldest: Timestamp::default(),
            zones: Zones::default(),
            pending: Vec::new(),
            since: Instant::now(),
            checkpointed: Instant::now(),
            kept: None,
            sources_kept: Instant::now(),
        };
        loop {
            let ruleset = self.ruleset.load_full();
            let mut detector = Detector::new(&ruleset);
            if let Some(state) = state.take() {
                match detector.correlator.restore(&state) {
                    Ok(restored) => tracing::debug!(?restored, "correlation windows restored"),
                    Err(error) => {
                        tracing::error!(%error, "correlation windows begin empty");
                    }
                }
            }
            let ended = self.with_rules(&ruleset, &mut detector, &mut run)?;
            state = Some(detector.correlator.snapshot()?);
            if ended {
                return Ok(());
            }
        }
    }

    /// Works with one rule set until it is replaced (`false`) or the daemon stops (`true`).
    fn with_rules(
        &self,
        ruleset: &Arc<Ruleset>,
        detector: &mut Detector<'_>,
        run: &mut Run,
    ) -> Result<bool> {
        let mut hits = Vec::new();
        let mut found = Vec::new();
        loop {
            let read = match run.held.take() {
                Some(batch) => Next::Batch(batch),
                None => read_on(&mut run.reader, POLL)?,
            };
            if !Arc::ptr_eq(ruleset, &self.ruleset.load()) {
                // What comes after a reload is for the new rules.
                if let Next::Batch(batch) = read {
                    run.held = Some(batch);
                }
                self.settle(detector, run, true, true)?;
                return Ok(false);
            }
            let ended = matches!(read, Next::Ended);
            let idle = !matches!(read, Next::Batch(_));
            if let Next::Batch(batch) = read {
                let key = format!("{} {:?}", batch.source.stream, batch.source.peer);
                detector.within(&batch.source.stream, batch.source.drill);
                for frame in &batch.frames {
                    let event = decode_frame(frame, &batch.source, &mut run.zones);
                    let position = frame.position;
                    if position >= run.accounted {
                        self.account(&event, frame, &batch.source);
                        run.accounted = position.next();
                        self.accounted.store(run.accounted.0, Ordering::Relaxed);
                    }
                    if position < run.fed {
                        run.next = position.next();
                        run.heard = frame.received;
                        continue;
                    }
                    hits.clear();
                    detector.matches(&event, &mut hits);
                    let time = correlation_time(&event.time);
                    detector.observe(position.0, time, &key, &event, &hits, &mut found);
                    run.next = position.next();
                    run.heard = frame.received;
                    run.oldest = run.oldest.min(time);
                    for found in found.drain(..) {
                        if position >= run.applied {
                            self.metrics.matches.inc();
                            let detection =
                                self.detection(ruleset, &found, &event, frame, &batch.source);
                            run.pending.push(detection);
                        }
                    }
                }
            }
            if idle {
                // What was passed over is lost, and has no effect.
                run.next = run.next.max(run.reader.position());
            }
            let stopping = ended || (idle && self.stop.is_set()) || self.stop.is_over();
            self.settle(detector, run, idle, stopping)?;
            if stopping {
                return Ok(true);
            }
        }
    }

    /// Writes what is due: detections, the checkpoint, the correlator's state.
    fn settle(
        &self,
        detector: &mut Detector<'_>,
        run: &mut Run,
        idle: bool,
        ending: bool,
    ) -> Result<()> {
        if run.pending.is_empty() {
            run.since = Instant::now();
        }
        let due = run.pending.len() >= APPLY_DETECTIONS
            || (!run.pending.is_empty() && (idle || run.since.elapsed() >= APPLY_INTERVAL))
            || (run.next > run.applied && run.checkpointed.elapsed() >= CHECKPOINT_INTERVAL)
            || ending
            || self.progress.failed().is_some();
        if !due || run.next < run.applied {
            return Ok(());
        }
        let keep_state = ending
            || run
                .kept
                .is_none_or(|kept: Instant| kept.elapsed() >= SNAPSHOT_INTERVAL);
        if keep_state {
            let backlog = run.heard.saturating_add_micros(-BACKLOG_MICROS);
            detector.correlator.forget_before(backlog.min(run.oldest));
            run.oldest = run.heard;
        }
        let snapshot = keep_state
            .then(|| detector.correlator.snapshot())
            .transpose()?;
        let applied = self
            .records
            .apply(&run.pending, run.next, snapshot.as_deref())
            .context("cannot record alerts")?;
        self.metrics
            .alerts
            .inc_by(count(applied.alerts_opened.len()));
        self.metrics
            .drafts
            .inc_by(count(applied.drafts_opened.len()));
        run.pending.clear();
        run.applied = run.next;
        if ending || run.sources_kept.elapsed() >= SOURCES_INTERVAL {
            self.keep_sources(run.accounted)?;
            run.sources_kept = Instant::now();
        }
        run.checkpointed = Instant::now();
        if keep_state {
            run.kept = Some(Instant::now());
        }
        self.progress.next.store(run.applied.0, Ordering::Release);
        *self.progress.failed() = None;
        Ok(())
    }

    /// The first position that the table of sources does not count yet: what a restart reads again
    /// is not counted again. `applied` where the table was kept without its position.
    fn accounted(&self, applied: JournalPosition) -> Result<JournalPosition> {
        let known = self.accounted.load(Ordering::Relaxed);
        if known != UNKNOWN {
            return Ok(JournalPosition(known));
        }
        let kept = self.records.load_blob(SOURCES_BLOB)?;
        let kept = kept.map(|bytes| KeptSources::read(&bytes)).transpose()?;
        if let Some(kept) = &kept {
            self.sources.restore(&kept.rows);
        }
        let next = kept.map_or(Some(JournalPosition(0)), |kept| kept.next);
        let next = next.unwrap_or(applied).min(applied);
        self.accounted.store(next.0, Ordering::Relaxed);
        Ok(next)
    }

    fn keep_sources(&self, next: JournalPosition) -> Result<()> {
        let kept = KeptSources {
            next: Some(next),
            rows: self.sources.snapshot(),
        };
        self.records.save_blob(SOURCES_BLOB, &kept.write()?)?;
        Ok(())
    }

    fn account(&self, event: &Event<'_>, frame: &StoredFrame, source: &Source) {
        self.metrics.events.inc();
        let unparsed = !event.problems.is_empty();
        if unparsed {
            self.metrics.unparsed.inc();
        }
        self.sources.observe(
            SourceKey::new(source, event.text(ecs::HOST_NAME)),
            frame.received,
            count(frame.bytes.len()),
            unparsed,
            event
                .time
                .claimed
                .map(|claimed| claimed.micros_since(frame.received)),
        );
    }

    fn detection(
        &self,
        ruleset: &Ruleset,
        found: &Found,
        event: &Event<'_>,
        frame: &StoredFrame,
        source: &Source,
    ) -> Detection {
        let meta = found.meta(ruleset);
        let mut events = vec![evidence(frame, event)];
        if !found.repeat {
            let earlier = found
                .events
                .iter()
                .rev()
                .filter(|position| **position != frame.position.0)
                .take(EVIDENCE_EVENTS);
            for position in earlier {
                events.extend(self.stored_evidence(JournalPosition(*position)));
            }
            events.sort_by_key(|event| event.position);
        }
        Detection {
            rule_id: meta.id.clone(),
            rule_title: meta.title.clone(),
            level: meta.level,
            tags: meta.tags.clone(),
            opens_draft: meta.draft.unwrap_or(false),
            entity: found.entity.clone(),
            detected_at: self.clock.now(),
            events,
            // A window that stays full shows the same events again: each counts once.
            event_count: if found.repeat { 1 } else { found.event_count },
            stream: source.stream.clone(),
            drill: source.drill,
        }
    }

    /// An earlier event of a correlation, read again from the journal.
    fn stored_evidence(&self, position: JournalPosition) -> Option<Evidence> {
        match self.journal.read_from_batch(position) {
            Ok(batch) => {
                let batch = batch?;
                let frame = batch.frames.first()?;
                let event = decode_frame(frame, &batch.source, &mut Zones::default());
                Some(evidence(frame, &event))
            }
            Err(error) => {
                tracing::error!(%error, %position, "evidence cannot be read from the journal");
                None
            }
        }
    }
}

/// Where the thread is.
struct Run {
    reader: vakt_storage::Reader,
    /// Read, and not looked at yet.
    held: Option<vakt_storage::StoredBatch>,
    /// The first position that was not looked at yet.
    next: JournalPosition,
    /// When the last frame was received.
    heard: Timestamp,
    /// The earliest time of an event since windows were last forgotten.
    oldest: Timestamp,
    /// The first position that the correlator has not seen.
    fed: JournalPosition,
    /// The first position that the table of sources does not count.
    accounted: JournalPosition,
    /// The first position whose effects are not recorded yet.
    applied: JournalPosition,
    zones: Zones,
    pending: Vec<Detection>,
    since: Instant,
    checkpointed: Instant,
    kept: Option<Instant>,
    sources_kept: Instant,
}

fn evidence(frame: &StoredFrame, event: &Event<'_>) -> Evidence {
    Evidence {
        position: frame.position,
        original: frame.bytes.clone(),
        fields: to_flat_json(event),
        claimed: event.time.claimed,
        received: frame.received,
    }
}

/// The time that windows go by: the event's own, unless it claims to come from the future, or
/// claims nothing; then receipt. An event that claims to be old can move no window of others: it is
/// late there. Back-filled logs keep the distances between their events.
fn correlation_time(time: &EventTime) -> Timestamp {
    time.effective().unwrap_or_default()
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
