//! Rules, sources and health, as the API shows them; and what a start had to mend.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use serde_json::{Value as Json, json};
use vakt_api::backend::{HealthView, OutputsBackend, Readiness, RuleList, RulesView, SourcesView};
use vakt_event::{Clock, JournalPosition, Timestamp};
use vakt_incident::Records;
use vakt_ingest::accounting::Sources;
use vakt_rules::ast::{CorrelationKind, RuleRef};
use vakt_storage::{Journal, Recovery};

use crate::command::rules::summary;
use crate::metrics::readings::{Lag, Stations};
use crate::notify::Desk;
use crate::pipeline::detect::DetectProgress;
use crate::pipeline::index::IndexProgress;
use crate::pipeline::log_sources::SeenLogSources;
use crate::pipeline::retention::AgeWaits;
use crate::pipeline::rule_activity::{RuleActivity, Snapshot};
use crate::ruleset::Ruleset;

/// Correlations of correlations that are followed; rules rarely have two.
const CORRELATION_DEPTH_MAX: usize = 16;

/// Says in the log what opening the journal had to mend; gives what a person should look at.
pub(super) fn report_recovery(recovery: &Recovery) -> Vec<String> {
    let mut notes = Vec::new();
    if recovery.cut_bytes > 0 {
        tracing::warn!(
            bytes = recovery.cut_bytes,
            reason = recovery.cut_reason.as_deref().unwrap_or_default(),
            "the journal's tail was torn and is cut at the last whole batch; nothing in it was acknowledged"
        );
    }
    for lost in &recovery.lost {
        tracing::error!(%lost, "the journal is damaged");
    }
    for fault in &recovery.ledger_faults {
        tracing::error!(
            %fault,
            "the ledger is not as it was written; `vakt verify` says more"
        );
    }
    if !recovery.ledger_faults.is_empty() {
        notes.push("the ledger is not as it was written; `vakt verify` says more".to_owned());
    }
    if recovery.skipped_to_min {
        let text = format!(
            "the journal ended {} events before what was acknowledged, indexed or evaluated: they are gone, and \
             their positions are left out; `vakt verify` says which",
            recovery.skipped_frames
        );
        tracing::error!(next = recovery.next.0, "{text}");
        notes.push(text);
    }
    if recovery.ledger_begun {
        let text = "the ledger was missing or empty beside a journal, and was begun anew: nothing tells any more \
                    whether what is older was changed or removed. Unless an earlier version wrote the journal, stop \
                    and put journal/ledger.ndjson back from a backup";
        tracing::error!("{text}");
        notes.push(text.to_owned());
    }
    notes
}

pub(super) struct Rules {
    pub(super) records: Arc<Records>,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    pub(super) log_sources: Arc<SeenLogSources>,
    pub(super) activity: Arc<RuleActivity>,
}

impl RulesView for Rules {
    fn rules(&self) -> RuleList {
        let activity = self.activity.snapshot();
        let ruleset = self.ruleset.load();
        let rules = (0..ruleset.rules.rules.len()).map(RuleRef::Rule);
        let correlations = (0..ruleset.rules.correlations.len()).map(RuleRef::Correlation);
        let mut all: Vec<Json> = rules
            .chain(correlations)
            .map(|rule| self.item(&ruleset, rule, &activity))
            .collect();
        self.add_verdicts(&mut all);
        all.sort_by(|a, b| a["title"].as_str().cmp(&b["title"].as_str()));
        RuleList {
            rules: all,
            matching: json!({
                "measured_events": activity.measured,
                "ns_per_event": per_event(activity.nanos, &activity),
                "shared_ns_per_event": per_event(activity.shared_nanos, &activity),
                "shared_share": share(activity.shared_nanos, &activity),
            }),
        }
    }
}

impl Rules {
    /// How many drafts each rule opened or joined, and how many of them were dismissed: its false
    /// positives.
    fn add_verdicts(&self, rules: &mut [Json]) {
        let verdicts = match self.records.rule_verdicts() {
            Ok(verdicts) => verdicts,
            Err(error) => {
                tracing::error!(%error, "the verdicts on drafts cannot be read");
                return;
            }
        };
        for verdict in verdicts {
            let rule = rules
                .iter_mut()
                .find(|it| it["id"] == verdict.rule_id.as_str());
            if let Some(rule) = rule {
                rule["drafts"] = verdict.drafts.into();
                rule["dismissed"] = verdict.dismissed.into();
            }
        }
    }

    fn item(&self, ruleset: &Ruleset, rule: RuleRef, activity: &Snapshot) -> Json {
        let (mut item, log_source) = match rule {
            RuleRef::Rule(index) => {
                let rule = &ruleset.rules.rules[index];
                (
                    summary(&rule.meta, "rule"),
                    Some(rule.log_source.to_string()),
                )
            }
            RuleRef::Correlation(index) => {
                let meta = &ruleset.rules.correlations[index].meta;
                (summary(meta, "correlation"), None)
            }
        };
        let last = self.last(ruleset, rule, CORRELATION_DEPTH_MAX);
        let id = item["id"].as_str().unwrap_or_default();
        let figures = activity.by_id.get(id).copied();
        item["hits"] = figures.map_or(0, |figures| figures.hits).into();
        let nanos = figures.map(|figures| figures.nanos);
        item["cost_ns_per_event"] = nanos.and_then(|nanos| per_event(nanos, activity)).into();
        item["cost_share"] = nanos.and_then(|nanos| share(nanos, activity)).into();
        item["log_source"] = log_source.into();
        item["live"] = last.is_some().into();
        item["last_matched_log_source"] = json!(last);
        item
    }

    /// When a source last showed what the rule looks at. A correlation is as live as the least of the
    /// inputs that it asks for together, and as the best of the ways in which it can fire.
    fn last(&self, ruleset: &Ruleset, rule: RuleRef, depth: usize) -> Option<Timestamp> {
        let index = match rule {
            RuleRef::Rule(index) => {
                return self
                    .log_sources
                    .last(&ruleset.rules.rules[index].log_source);
            }
            RuleRef::Correlation(index) => index,
        };
        let correlation = &ruleset.rules.correlations[index];
        let depth = depth.checked_sub(1)?;
        let inputs: Vec<Option<Timestamp>> = correlation
            .inputs
            .iter()
            .map(|input| self.last(ruleset, *input, depth))
            .collect();
        match &correlation.kind {
            CorrelationKind::Temporal(ways) | CorrelationKind::TemporalOrdered(ways) => ways
                .iter()
                .filter_map(|way| way.present.iter().map(|input| inputs[*input]).min()?)
                .max(),
            _ => inputs.into_iter().flatten().max(),
        }
    }
}

pub(super) struct SourceTable(pub(super) Arc<Sources>);

/// Nanoseconds a measured event, to the tenth; `None` where none was measured.
fn per_event(nanos: u64, activity: &Snapshot) -> Option<f64> {
    let events = activity.measured;
    (events > 0).then(|| (nanos as f64 / events as f64 * 10.0).round() / 10.0)
}

/// Of the time of matching, from 0 to 1, to the hundred-thousandth.
fn share(nanos: u64, activity: &Snapshot) -> Option<f64> {
    let all = activity.nanos;
    (all > 0).then(|| (nanos as f64 / all as f64 * 100_000.0).round() / 100_000.0)
}

/// From 0 to 1, to the ten-thousandth.
fn unparsed_share(unparsed: u64, events: u64) -> f64 {
    (unparsed as f64 / events.max(1) as f64 * 10_000.0).round() / 10_000.0
}

impl SourcesView for SourceTable {
    fn sources(&self, streams: Option<&[String]>) -> Vec<Json> {
        self.0
            .snapshot()
            .iter()
            .filter(|row| streams.is_none_or(|streams| streams.contains(&row.stream)))
            .map(|row| {
                let share = unparsed_share(row.unparsed, row.events);
                let mut row = json!(row);
                row["unparsed_share"] = share.into();
                let part = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
                let id = format!(
                    "{}/{}/{}/{}",
                    part("stream"),
                    part("transport"),
                    part("peer"),
                    part("host")
                );
                row["id"] = id.into();
                row
            })
            .collect()
    }
}

pub(crate) struct Health {
    pub(super) journal: Arc<Journal>,
    pub(super) index: Arc<IndexProgress>,
    pub(super) detect: Arc<DetectProgress>,
    pub(super) ruleset: Arc<ArcSwap<Ruleset>>,
    /// What was acknowledged before the start: it must be found before we say that we are ready.
    pub(super) acknowledged_before: JournalPosition,
    /// The records were missing at the start, and the journal was not empty.
    pub(super) records_lost: bool,
    /// What the start found that a person should look at.
    pub(super) start_notes: Vec<String>,
    pub(super) age_waits: Arc<AgeWaits>,
    pub(super) desk: Arc<Desk>,
    pub(super) clock: Arc<dyn Clock>,
}

/// How matching stands.
pub(crate) struct Matching {
    /// Why it stands still, or has nothing to do because nothing can be taken in.
    pub(crate) failure: Option<String>,
    pub(crate) lag: Lag,
}

impl Health {
    /// Whether matching does its work, and how far it is behind.
    pub(crate) fn matching(&self) -> Matching {
        let poisoned = self.journal.stats().poisoned;
        let poisoned = poisoned.map(|reason| format!("the journal cannot be written: {reason}"));
        let stands = self.detect.failure();
        let stands = stands.map(|reason| format!("detection stands still: {reason}"));
        Matching {
            failure: poisoned.or(stands),
            lag: self.lag(self.detect.next()),
        }
    }

    /// How far behind a consumer is that goes on at `position`.
    fn lag(&self, position: JournalPosition) -> Lag {
        let events = self.journal.durable_end().0.saturating_sub(position.0);
        if events == 0 {
            return Lag::default();
        }
        // Where the frame cannot be read, the consumer will say so.
        let waiting = self.journal.next_frame(position);
        let now = self.clock.now().micros();
        let micros = waiting.map_or(0, |frame| now.saturating_sub(frame.received.micros()));
        Lag {
            events,
            bytes: self.journal.bytes_after(position),
            since: Duration::from_micros(micros.try_into().unwrap_or(0)),
        }
    }

    /// What a person should look at, though the daemon does its work.
    fn notes(&self) -> Vec<String> {
        let mut notes = self.start_notes.clone();
        notes.extend(self.age_waits.reason());
        let lost = self.losses().map(|(_, events)| events);
        let lost = lost.into_iter().max().unwrap_or(0);
        if lost > 0 {
            notes.push(format!(
                "{lost} events of the journal could not be read since the start: the log names the file, and \
                 `vakt verify` what is wrong with it"
            ));
        }
        notes
    }

    /// Events of the journal that each consumer could not read.
    fn losses(&self) -> [(&'static str, u64); 2] {
        [
            ("detect", self.detect.losses.events()),
            ("index", self.index.losses.events()),
        ]
    }

    /// The readings for the metrics.
    pub(crate) fn stations(&self) -> Stations {
        let outputs = self.desk.records.output_counts(&self.desk.names());
        if let Err(error) = &outputs {
            tracing::warn!(%error, "the outbox cannot be counted");
        }
        Stations {
            journal: self.journal.stats(),
            indexed: self.index.committed(),
            detected: self.detect.next(),
            index_rebuilds: self.index.rebuilds(),
            outputs: outputs.unwrap_or_default(),
            now: self.clock.now(),
            is_ready: self.readiness().reasons.is_empty(),
            losses: self.losses(),
            lags: [
                ("detect", self.lag(self.detect.next())),
                ("index", self.lag(self.index.committed())),
            ],
        }
    }
}

impl HealthView for Health {
    fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        if let Some(reason) = self.journal.stats().poisoned {
            reasons.push(format!("the journal cannot be written: {reason}"));
        }
        if self.journal.stats().no_space {
            reasons.push(
                "nothing is taken in: the disk of the data directory is as full as it may get; make \
                 room, and it goes on by itself"
                    .to_owned(),
            );
        }
        if let Some(reason) = self.index.failure() {
            reasons.push(format!("the index cannot be written: {reason}"));
        }
        if let Some(reason) = self.detect.failure() {
            reasons.push(format!("detection stands still: {reason}"));
        }
        if self.ruleset.load().is_empty() {
            reasons.push("no rule is loaded: nothing is detected".to_owned());
        }
        let detected = self.detect.next().0;
        if self.records_lost && detected < self.acknowledged_before.0 {
            reasons.push(format!(
                "the records were missing at the start: {} of {} events are evaluated again",
                detected, self.acknowledged_before.0
            ));
        }
        if let Some(rebuilding) = self.index.rebuilding() {
            reasons.push(format!(
                "the index is built again ({} of {} events), searches read the journal: {}",
                rebuilding.done.0, rebuilding.target.0, rebuilding.reason
            ));
        }
        let missing = self
            .acknowledged_before
            .0
            .saturating_sub(self.index.committed().0);
        if missing > 0 {
            reasons.push(format!(
                "{missing} events from before the start are not indexed yet"
            ));
        }
        Readiness {
            reasons,
            notes: self.notes(),
        }
    }
}

impl OutputsBackend for Desk {
    fn outputs(&self, streams: Option<&[String]>) -> Result<Vec<Json>, String> {
        self.standing(streams).map_err(|error| format!("{error:#}"))
    }

    fn test(&self, output: Option<&str>) -> Option<Vec<Json>> {
        Self::test(self, output)
    }
}
