//! Readings of the journal, the index, detection and the outbox, taken when somebody asks.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};
use vakt_event::time::MICROS_PER_SECOND;
use vakt_event::{JournalPosition, Timestamp};
use vakt_incident::OutputCounts;
use vakt_storage::Stats;
use vakt_storage::stats::{DURATION_BUCKETS, Durations};

use crate::daemon::Health;

/// What stands where at one moment.
pub(crate) struct Stations {
    pub(crate) journal: Stats,
    pub(crate) indexed: JournalPosition,
    pub(crate) detected: JournalPosition,
    pub(crate) index_rebuilds: u64,
    /// Empty when the records did not answer.
    pub(crate) outputs: Vec<OutputCounts>,
    pub(crate) now: Timestamp,
    pub(crate) is_ready: bool,
    /// Events of the journal that could not be read, by consumer.
    pub(crate) losses: [(&'static str, u64); 2],
    /// By consumer.
    pub(crate) lags: [(&'static str, Lag); 2],
}

/// How far behind the journal's end a consumer is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lag {
    pub(crate) events: u64,
    /// Of the journal's segments, to about a mebibyte.
    pub(crate) bytes: u64,
    /// Since the receipt of the first event that it has still to do.
    pub(crate) since: Duration,
}

/// A gauge with the label `consumer`.
struct LagReading {
    name: &'static str,
    help: &'static str,
    value: fn(&Lag) -> f64,
}

#[allow(
    clippy::cast_precision_loss,
    reason = "the exposition format has floating-point numbers only, exact up to 2^53"
)]
const LAGS: [LagReading; 3] = [
    LagReading {
        name: "vakt_consumer_lag_events",
        help: "Events in the journal that a consumer has still to do.",
        value: |lag| lag.events as f64,
    },
    LagReading {
        name: "vakt_consumer_lag_bytes",
        help: "Bytes of the journal that a consumer has still to do, to about a mebibyte.",
        value: |lag| lag.bytes as f64,
    },
    LagReading {
        name: "vakt_consumer_lag_seconds",
        help: "Since the receipt of the first event that a consumer has still to do.",
        value: |lag| lag.since.as_secs_f64(),
    },
];

/// A gauge with the label `output`.
struct OutputReading {
    name: &'static str,
    help: &'static str,
    value: fn(&OutputCounts, Timestamp) -> u64,
}

const OUTPUTS: [OutputReading; 2] = [
    OutputReading {
        name: "vakt_notices_pending",
        help: "Notices that wait to be delivered.",
        value: |counts, _| counts.pending,
    },
    OutputReading {
        name: "vakt_notices_oldest_pending_seconds",
        help: "Since the oldest notice was filed that waits to be delivered.",
        value: |counts, now| {
            let micros = counts.oldest_pending.map_or(0, |at| now.micros_since(at));
            u64::try_from(micros / MICROS_PER_SECOND).unwrap_or(0)
        },
    },
];

/// A counter with the labels `output` and `result`.
const NOTICES: &str = "vakt_notices_total";
const NOTICES_HELP: &str = "Notices by what became of them: delivered, failed (attempts; each is tried \
     again), given_up (because of age or number), folded (told together with another).";

/// A result and how often it was.
type ResultCount = (&'static str, fn(&OutputCounts) -> u64);

const RESULTS: [ResultCount; 4] = [
    ("delivered", |counts| counts.delivered),
    ("failed", |counts| counts.failed),
    ("given_up", |counts| counts.given_up),
    ("folded", |counts| counts.folded),
];

/// A metric without labels: its value, where there is one.
struct Reading {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    value: fn(&Stations) -> Option<u64>,
}

/// A counter with the label `consumer`.
const LOSSES: &str = "vakt_journal_lost_events_total";
const LOSSES_HELP: &str =
    "Events of the journal that a consumer could not read, because the journal is damaged.";

const READINGS: [Reading; 11] = [
    Reading {
        name: "vakt_ready",
        help: "1 while /readyz answers that the daemon can do its work.",
        kind: MetricType::GAUGE,
        value: |at| Some(u64::from(at.is_ready)),
    },
    Reading {
        name: "vakt_journal_end_position",
        help: "Events that are durable in the journal, ever.",
        kind: MetricType::GAUGE,
        value: |at| Some(at.journal.durable_end.0),
    },
    Reading {
        name: "vakt_journal_in_flight_bytes",
        help: "Bytes that were handed to the journal and are not durable yet.",
        kind: MetricType::GAUGE,
        value: |at| u64::try_from(at.journal.in_flight_bytes).ok(),
    },
    Reading {
        name: "vakt_journal_poisoned",
        help: "1 when a write or sync failed: nothing is taken in until a restart.",
        kind: MetricType::GAUGE,
        value: |at| Some(u64::from(at.journal.poisoned.is_some())),
    },
    Reading {
        name: "vakt_journal_no_space",
        help: "1 while nothing is taken in because the disk is as full as it may get.",
        kind: MetricType::GAUGE,
        value: |at| Some(u64::from(at.journal.no_space)),
    },
    Reading {
        name: "vakt_journal_repeated_entries_total",
        help: "Journald entries that came again and were not stored again.",
        kind: MetricType::COUNTER,
        value: |at| Some(at.journal.repeated_frames),
    },
    Reading {
        name: "vakt_journal_forgotten_cursor_sequences_total",
        help: "Journald sequences forgotten at the bound: their entries would be stored again.",
        kind: MetricType::COUNTER,
        value: |at| Some(at.journal.cursor_sequences_forgotten),
    },
    Reading {
        name: "vakt_journal_forgotten_cursor_runs_total",
        help: "Runs of journald entries forgotten at the bound: they would be stored again.",
        kind: MetricType::COUNTER,
        value: |at| Some(at.journal.cursor_intervals_forgotten),
    },
    Reading {
        name: "vakt_index_committed_position",
        help: "Events of the journal that a search of the index finds.",
        kind: MetricType::GAUGE,
        value: |at| Some(at.indexed.0),
    },
    Reading {
        name: "vakt_index_rebuilds_total",
        help: "Times that a damaged index was set aside and built again from the journal.",
        kind: MetricType::COUNTER,
        value: |at| Some(at.index_rebuilds),
    },
    Reading {
        name: "vakt_detect_applied_position",
        help: "Events of the journal whose effect on alerts is recorded.",
        kind: MetricType::GAUGE,
        value: |at| Some(at.detected.0),
    },
];

/// A histogram: its name and what is measured.
struct Timing {
    name: &'static str,
    help: &'static str,
    durations: fn(&Stations) -> &Durations,
}

const TIMINGS: [Timing; 2] = [
    Timing {
        name: "vakt_journal_fsync_duration_seconds",
        help: "How long the journal's fdatasync takes.",
        durations: |at| &at.journal.fsync,
    },
    Timing {
        name: "vakt_journal_append_duration_seconds",
        help: "How long a batch waits from being handed to the journal to its acknowledgement.",
        durations: |at| &at.journal.append,
    },
];

/// Registers the readings of `health`.
pub(crate) fn register(registry: &Registry, health: Arc<Health>) -> Result<()> {
    let desc = |name: &str, help: &str| {
        Desc::new(
            name.to_owned(),
            help.to_owned(),
            Vec::new(),
            Default::default(),
        )
    };
    let mut descriptions = Vec::new();
    for timing in &TIMINGS {
        descriptions.push(desc(timing.name, timing.help)?);
    }
    for reading in &READINGS {
        descriptions.push(desc(reading.name, reading.help)?);
    }
    for lag in &LAGS {
        descriptions.push(Desc::new(
            lag.name.to_owned(),
            lag.help.to_owned(),
            vec!["consumer".to_owned()],
            Default::default(),
        )?);
    }
    for (name, help, labels) in OUTPUTS
        .iter()
        .map(|reading| (reading.name, reading.help, vec!["output"]))
        .chain([(NOTICES, NOTICES_HELP, vec!["output", "result"])])
        .chain([(LOSSES, LOSSES_HELP, vec!["consumer"])])
    {
        descriptions.push(Desc::new(
            name.to_owned(),
            help.to_owned(),
            labels.into_iter().map(str::to_owned).collect(),
            Default::default(),
        )?);
    }
    registry.register(Box::new(Readings {
        health,
        descriptions,
    }))?;
    Ok(())
}

struct Readings {
    health: Arc<Health>,
    descriptions: Vec<Desc>,
}

impl Collector for Readings {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let at = self.health.stations();
        let mut families = Vec::new();
        for timing in &TIMINGS {
            let metric = histogram((timing.durations)(&at));
            let kind = MetricType::HISTOGRAM;
            families.push(family(timing.name, timing.help, kind, metric));
        }
        for reading in &READINGS {
            if let Some(value) = (reading.value)(&at) {
                let metric = number(reading.kind, value);
                families.push(family(reading.name, reading.help, reading.kind, metric));
            }
        }
        for reading in &LAGS {
            let mut family = family(
                reading.name,
                reading.help,
                MetricType::GAUGE,
                Metric::default(),
            );
            let of = at
                .lags
                .iter()
                .map(|(consumer, lag)| lag_of(reading, consumer, lag));
            family.set_metric(of.collect());
            families.push(family);
        }
        let losses = at.losses.iter().map(|(consumer, events)| {
            let mut metric = number(MetricType::COUNTER, *events);
            metric.set_label(vec![label("consumer", consumer)]);
            metric
        });
        let mut lost = family(LOSSES, LOSSES_HELP, MetricType::COUNTER, Metric::default());
        lost.set_metric(losses.collect());
        families.push(lost);
        families.extend(of_outputs(&at));
        families
    }
}

/// What stands of the outputs; without any there is nothing to show.
fn of_outputs(at: &Stations) -> Vec<MetricFamily> {
    if at.outputs.is_empty() {
        return Vec::new();
    }
    let of = |name, help, kind, metrics: Vec<Metric>| {
        let mut family = family(name, help, kind, Metric::default());
        family.set_metric(metrics);
        family
    };
    let mut families = Vec::new();
    for reading in &OUTPUTS {
        let metrics = at.outputs.iter().map(|counts| {
            let mut metric = number(MetricType::GAUGE, (reading.value)(counts, at.now));
            metric.set_label(vec![label("output", &counts.output)]);
            metric
        });
        let metrics = metrics.collect();
        families.push(of(reading.name, reading.help, MetricType::GAUGE, metrics));
    }
    let mut metrics = Vec::new();
    for counts in &at.outputs {
        for (result, count) in RESULTS {
            let mut metric = number(MetricType::COUNTER, count(counts));
            metric.set_label(vec![
                label("output", &counts.output),
                label("result", result),
            ]);
            metrics.push(metric);
        }
    }
    families.push(of(NOTICES, NOTICES_HELP, MetricType::COUNTER, metrics));
    families
}

fn label(name: &str, value: &str) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.to_owned());
    label.set_value(value.to_owned());
    label
}

fn lag_of(reading: &LagReading, consumer: &str, lag: &Lag) -> Metric {
    let label = label("consumer", consumer);
    let mut gauge = Gauge::default();
    gauge.set_value((reading.value)(lag));
    let mut metric = Metric::default();
    metric.set_label(vec![label]);
    metric.set_gauge(gauge);
    metric
}

fn family(name: &str, help: &str, kind: MetricType, metric: Metric) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(vec![metric]);
    family
}

#[allow(
    clippy::cast_precision_loss,
    reason = "the exposition format has floating-point numbers only, exact up to 2^53"
)]
fn number(kind: MetricType, value: u64) -> Metric {
    let mut metric = Metric::default();
    if kind == MetricType::COUNTER {
        let mut counter = Counter::default();
        counter.set_value(value as f64);
        metric.set_counter(counter);
    } else {
        let mut gauge = Gauge::default();
        gauge.set_value(value as f64);
        metric.set_gauge(gauge);
    }
    metric
}

fn histogram(durations: &Durations) -> Metric {
    let mut sum = 0;
    let buckets = DURATION_BUCKETS
        .iter()
        .zip(durations.buckets)
        .map(|(bound, count)| {
            sum += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(bound.as_secs_f64());
            bucket.set_cumulative_count(sum);
            bucket
        })
        .collect();
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_sum(durations.time.as_secs_f64());
    // Those that took longer than the last bound are in no bucket of ours.
    histogram.set_sample_count(durations.count);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    metric
}
