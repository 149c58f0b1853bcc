//! The thread that reads the journal through the rules into alerts and drafts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use vakt_codec::Coalescer;
use vakt_detect::{Correlator, Scratch};
use vakt_event::encode::to_flat_json;
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{Clock, Event, JournalPosition, Source, Timestamp, ecs};
use vakt_incident::{Completing, Detection, Evidence, Records};
use vakt_ingest::accounting::{SourceKey, Sources};
use vakt_rules::ast::RuleRef;
use vakt_storage::{Journal, StoredBatch, StoredFrame};

use super::detector::{Detector, Found, stream_time};
use super::kept_sources::{KeptSources, SOURCES_BLOB};
use super::log_sources::SeenLogSources;
use super::losses::Losses;
use super::quarantine::{Care, Quarantine};
use super::rule_activity::{RuleActivity, Tally};
use super::seen_kinds::SeenKinds;
use super::{
    Decode, Decoding, Next, PANIC_PAUSE, RETRY_PAUSE, Stop, decode_frame, panicked, read_on,
};
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
/// Events before the correlator's state that a start reads again for the records that are joined
/// with later ones, and for the names of their processes' parents. The records of one execution
/// come within milliseconds: this is a second of them on the busiest machine, and takes less.
const JOIN_EVENTS: u64 = 50_000;

/// The thread's work: from the journal through the rules to the records.
pub struct DetectThread {
    pub journal: Arc<Journal>,
    pub records: Arc<Records>,
    pub ruleset: Arc<ArcSwap<Ruleset>>,
    pub sources: Arc<Sources>,
    pub log_sources: Arc<SeenLogSources>,
    pub kinds: Arc<SeenKinds>,
    pub activity: Arc<RuleActivity>,
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
    /// What could not be read of the journal.
    pub losses: Losses,
    next: AtomicU64,
    /// Everything before it has had its effect, and a restart feeds none of it to the correlator.
    needed: AtomicU64,
    /// Somebody waits until everything before it is needed no more.
    wanted: AtomicU64,
    failed: Mutex<Option<String>>,
}

impl DetectProgress {
    pub fn next(&self) -> JournalPosition {
        JournalPosition(self.next.load(Ordering::Acquire))
    }

    /// The first position that a restart cannot do without.
    pub fn needed(&self) -> JournalPosition {
        JournalPosition(self.needed.load(Ordering::Acquire))
    }

    /// What is needed shall begin at `position`, as soon as detection is there: for whoever wants to
    /// take away what lies before it.
    pub fn want(&self, position: JournalPosition) {
        self.wanted.fetch_max(position.0, Ordering::AcqRel);
    }

    /// Whether the correlator's state is to be kept at once, at the position that was reached.
    fn is_wanted(&self, reached: JournalPosition) -> bool {
        let wanted = self.wanted.load(Ordering::Acquire);
        wanted > self.needed().0 && reached.0 >= wanted
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
    /// again at the checkpoint, until it gets on. An event at which it panics again and again is
    /// passed over.
    pub fn run(self, quarantine: Quarantine) {
        self.run_with(decode_frame, quarantine);
    }

    pub(super) fn run_with(self, decode: Decode, mut quarantine: Quarantine) {
        loop {
            quarantine.leave();
            let mut pause = RETRY_PAUSE;
            let ended = catch_unwind(AssertUnwindSafe(|| self.work(decode, &mut quarantine)));
            let ended = ended.unwrap_or_else(|_| {
                if quarantine.panicked() {
                    pause = PANIC_PAUSE;
                }
                Err(panicked())
            });
            let Err(error) = ended else {
                return;
            };
            let reason = format!("{error:#}");
            tracing::error!(error = reason, "detection stands still");
            *self.progress.failed() = Some(reason);
            if self.stop.wait(pause) {
                return;
            }
        }
    }

    fn work(&self, decode: Decode, quarantine: &mut Quarantine) -> Result<()> {
        let applied = self.records.detect_checkpoint()?.unwrap_or_default();
        let snapshot = self.records.correlator_snapshot()?;
        // State is older than the effects: what lies between feeds the windows and has no effect.
        let fed = snapshot
            .as_ref()
            .map_or(applied, |(position, _)| (*position).min(applied));
        let accounted = self.accounted(applied)?;
        let joining = JournalPosition(fed.0.saturating_sub(JOIN_EVENTS));
        let start = joining.min(accounted);
        self.progress.next.store(applied.0, Ordering::Release);
        let needed = fed.min(accounted);
        self.progress.needed.store(needed.0, Ordering::Release);
        let mut state = snapshot.map(|(_, bytes)| bytes);
        let mut run = Run {
            decode,
            reader: self.journal.reader(start),
            held: None,
            next: start,
            fed,
            accounted,
            applied,
            heard: Timestamp::default(),
            oldest: Timestamp::default(),
            decoding: Decoding::default(),
            pending: Vec::new(),
            since: Instant::now(),
            checkpointed: Instant::now(),
            kept: None,
            sources_kept: Instant::now(),
            shown: GivenUp::default(),
            reloading: None,
        };
        let mut coalescer = Coalescer::new();
        let mut old: Option<(Arc<Ruleset>, Correlator, Scratch)> = None;
        loop {
            let ruleset = self.ruleset.load_full();
            let mut detector = Detector::in_stream(&ruleset, coalescer);
            detector.remember_log_sources(&self.log_sources);
            detector.tally(Tally::new(&self.activity, &ruleset));
            if let Some(state) = state.take() {
                match detector.correlator.restore(&state) {
                    Ok(restored) => tracing::debug!(?restored, "correlation windows restored"),
                    Err(error) => {
                        tracing::error!(%error, "correlation windows begin empty");
                    }
                }
            }
            if let Some((rules, mut correlator, scratch)) = old.take() {
                let taken = detector.correlator.take_over(&mut correlator);
                tracing::debug!(?taken, "correlation windows go on under the new rules");
                free_elsewhere((rules, correlator, scratch));
            }
            run.shown = GivenUp::of(&detector);
            if let Some(since) = run.reloading.take() {
                self.metrics.paused_for_reload(since.elapsed());
            }
            let ended = self.with_rules(&ruleset, &mut detector, &mut run, quarantine)?;
            if ended {
                return Ok(());
            }
            let (open, correlator, scratch) = detector.into_parts();
            coalescer = open;
            old = Some((ruleset, correlator, scratch));
        }
    }

    /// Works with one rule set until it is replaced (`false`) or the daemon stops (`true`).
    fn with_rules(
        &self,
        ruleset: &Arc<Ruleset>,
        detector: &mut Detector<'_>,
        run: &mut Run,
        quarantine: &mut Quarantine,
    ) -> Result<bool> {
        loop {
            let read = match run.held.take() {
                Some(batch) => Next::Batch(batch),
                None => read_on(&mut run.reader, POLL, &self.progress.losses)?,
            };
            if !Arc::ptr_eq(ruleset, &self.ruleset.load()) {
                // What comes after a reload is for the new rules, which are compiled already.
                run.reloading = Some(Instant::now());
                if let Next::Batch(batch) = read {
                    run.held = Some(batch);
                }
                self.settle(detector, run, true, true)?;
                return Ok(false);
            }
            let ended = matches!(read, Next::Ended);
            let idle = !matches!(read, Next::Batch(_));
            if let Next::Batch(batch) = read {
                self.batch(ruleset, detector, run, quarantine, &batch);
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

    /// Looks at the events of a batch; what follows from them waits in `run`.
    fn batch(
        &self,
        ruleset: &Ruleset,
        detector: &mut Detector<'_>,
        run: &mut Run,
        quarantine: &mut Quarantine,
        batch: &StoredBatch,
    ) {
        let source = &batch.source;
        let key = format!("{} {:?}", source.stream, source.peer);
        let (mut hits, mut found) = (Vec::new(), Vec::new());
        detector.within(&source.stream, source.drill);
        for frame in &batch.frames {
            let position = frame.position;
            let care = quarantine.enter(position);
            if care != Care::PassOver {
                let event = (run.decode)(frame, source, &mut run.decoding);
                if position >= run.accounted && care == Care::Whole {
                    self.account(&event, frame, source);
                    run.counted(position, &self.accounted);
                }
                if position < run.fed || care == Care::Lightly {
                    detector.remember(position.0, &key, &event);
                } else {
                    hits.clear();
                    detector.counting(position >= run.applied);
                    detector.matches(&event, &mut hits);
                    detector.observe(position.0, &key, &event, &hits, &mut found);
                    let time = stream_time(&event.time).unwrap_or_default();
                    run.oldest = run.oldest.min(time);
                }
                run.decoding.decoder.recycle(event);
            }
            run.counted(position, &self.accounted);
            run.next = position.next();
            run.heard = frame.received;
            for found in found.drain(..).filter(|_| position >= run.applied) {
                self.metrics.matches.inc();
                run.pending
                    .push(self.detection(ruleset, found, frame, source));
            }
        }
        quarantine.leave();
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
        let wanted = self.progress.is_wanted(run.next.min(run.accounted));
        let due = run.pending.len() >= APPLY_DETECTIONS
            || (!run.pending.is_empty() && (idle || run.since.elapsed() >= APPLY_INTERVAL))
            || (run.next > run.applied && run.checkpointed.elapsed() >= CHECKPOINT_INTERVAL)
            || ending
            || wanted
            || self.progress.failed().is_some();
        if !due || run.next < run.applied {
            return Ok(());
        }
        let keep_state = ending
            || wanted
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
        let decode = run.decode;
        // Where a copy cannot be made, the record says that there was an event.
        let stored = |position| {
            let read = AssertUnwindSafe(|| stored_evidence(&self.journal, decode, position));
            catch_unwind(read).ok().flatten()
        };
        let applied = self
            .records
            .apply(&run.pending, run.next, snapshot.as_deref(), &stored)
            .context("cannot record alerts")?;
        self.metrics
            .alerts
            .inc_by(count(applied.alerts_opened.len()));
        self.metrics
            .drafts
            .inc_by(count(applied.drafts_opened.len()));
        self.metrics.suppressed.inc_by(count(applied.suppressed));
        self.metrics
            .in_maintenance
            .inc_by(count(applied.in_maintenance));
        run.shown = self.show_given_up(&run.shown, GivenUp::of(detector));
        detector.publish_counts();
        run.pending.clear();
        run.applied = run.next;
        if ending || wanted || run.sources_kept.elapsed() >= SOURCES_INTERVAL {
            self.keep_sources(run.accounted)?;
            run.sources_kept = Instant::now();
        }
        run.checkpointed = Instant::now();
        if keep_state {
            run.kept = Some(Instant::now());
            let needed = run.applied.min(run.accounted);
            self.progress.needed.store(needed.0, Ordering::Release);
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
            self.sources.restore(&kept.rows, self.clock.now());
            self.log_sources.restore(&kept.log_sources);
            self.kinds.restore(&kept.kinds);
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
            log_sources: self.log_sources.rows(),
            kinds: self.kinds.kept(),
        };
        self.records.save_blob(SOURCES_BLOB, &kept.write()?)?;
        Ok(())
    }

    fn account(&self, event: &Event<'_>, frame: &StoredFrame, source: &Source) {
        self.metrics.events.inc();
        self.log_sources.observe(&event.log_sources, frame.received);
        self.kinds.observe(event, source, frame.received);
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
        found: Found,
        frame: &StoredFrame,
        source: &Source,
    ) -> Detection {
        let meta = found.meta(ruleset);
        let positions =
            |positions: &[u64]| positions.iter().copied().map(JournalPosition).collect();
        Detection {
            rule_id: meta.id.clone(),
            rule_title: meta.title.clone(),
            level: meta.level,
            tags: meta.tags.clone(),
            opens_draft: meta.draft,
            counts_in_maintenance: meta.in_maintenance,
            detected_at: self.clock.now(),
            found_at: frame.position,
            completing: Completing {
                records: positions(&found.completing),
                claimed: found.time.claimed,
                received: found.time.received.unwrap_or(frame.received),
                host: found.host,
            },
            events: positions(&found.events),
            event_count: found.event_count,
            first_event: JournalPosition(found.first_event),
            first_time: found.first_time,
            last_time: found.last_time,
            repeat: found.repeat,
            is_grouped: matches!(found.rule, RuleRef::Correlation(_)) && !found.matched.is_empty(),
            entity: found.entity,
            subjects: found.subjects,
            stream: source.stream.clone(),
            drill: source.drill,
        }
    }

    /// Adds to the metrics what the correlator left out since.
    fn show_given_up(&self, before: &GivenUp, now: GivenUp) -> GivenUp {
        let more = |now: u64, before: u64| now.saturating_sub(before);
        let metrics = &self.metrics;
        metrics.late_events.inc_by(more(now.late, before.late));
        metrics
            .evicted_events
            .inc_by(more(now.events, before.events));
        metrics
            .evicted_groups
            .inc_by(more(now.groups, before.groups));
        now
    }
}

impl Run {
    /// The event at `position` needs not be counted any more.
    fn counted(&mut self, position: JournalPosition, known: &AtomicU64) {
        if position >= self.accounted {
            self.accounted = position.next();
            known.store(self.accounted.0, Ordering::Relaxed);
        }
    }
}

/// What correlations left out or gave up, as far as the metrics tell it.
#[derive(Clone, Copy, Debug, Default)]
struct GivenUp {
    late: u64,
    events: u64,
    groups: u64,
}

impl GivenUp {
    fn of(detector: &Detector<'_>) -> Self {
        Self {
            late: detector.correlator.late(),
            events: detector.correlator.evicted_events(),
            groups: detector.correlator.evicted_groups(),
        }
    }
}

/// Where the thread is.
struct Run {
    decode: Decode,
    reader: vakt_storage::Reader,
    /// Read, and not looked at yet.
    held: Option<StoredBatch>,
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
    decoding: Decoding,
    pending: Vec<Detection>,
    since: Instant,
    checkpointed: Instant,
    kept: Option<Instant>,
    sources_kept: Instant,
    shown: GivenUp,
    /// Since when the stream waits for new rules to take effect.
    reloading: Option<Instant>,
}

/// An event of a match, read again from the journal.
pub(crate) fn stored_evidence(
    journal: &Journal,
    decode: Decode,
    position: JournalPosition,
) -> Option<Evidence> {
    match journal.read_from_batch(position) {
        Ok(batch) => {
            let batch = batch?;
            let frame = batch.frames.first()?;
            let event = decode(frame, &batch.source, &mut Decoding::default());
            Some(Evidence {
                position,
                original: frame.bytes.clone(),
                fields: to_flat_json(&event),
                claimed: event.time.claimed,
                received: frame.received,
            })
        }
        Err(error) => {
            tracing::error!(%error, %position, "evidence cannot be read from the journal");
            None
        }
    }
}

/// Frees what is large, while the stream goes on.
fn free_elsewhere(large: impl Send + 'static) {
    let freeing = std::thread::Builder::new().name("free".to_owned());
    // Where no thread is to be had it is freed here.
    drop(freeing.spawn(move || drop(large)));
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
