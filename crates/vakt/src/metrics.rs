//! The daemon's own metrics; listeners and the HTTP server register theirs beside them.
//!
//! Names and units by Prometheus' conventions, all beginning with `vakt_`.

pub(crate) mod process;
pub(crate) mod readings;

use std::time::Duration;

use anyhow::Result;
use prometheus::core::Collector;
use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use crate::ruleset::Ruleset;

/// Counters of the detection thread.
#[derive(Clone)]
pub struct DetectMetrics {
    pub events: IntCounter,
    pub unparsed: IntCounter,
    pub matches: IntCounter,
    pub alerts: IntCounter,
    pub drafts: IntCounter,
    pub suppressed: IntCounter,
    pub in_maintenance: IntCounter,
    pub late_events: IntCounter,
    pub evicted_events: IntCounter,
    pub evicted_groups: IntCounter,
    reload_gap_max: Gauge,
}

/// What becomes of rules.
#[derive(Clone)]
pub struct RuleMetrics {
    rules: IntGaugeVec,
    pub reloads: IntCounter,
    pub reloads_refused: IntCounter,
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, metric: C) -> Result<C> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(crate) fn gauge(registry: &Registry, name: &str, help: &str) -> Result<IntGauge> {
    registered(registry, IntGauge::new(name, help)?)
}

pub(crate) fn counter(registry: &Registry, name: &str, help: &str) -> Result<IntCounter> {
    registered(registry, IntCounter::new(name, help)?)
}

impl DetectMetrics {
    pub fn new(registry: &Registry) -> Result<Self> {
        Ok(Self {
            events: counter(
                registry,
                "vakt_detect_events_total",
                "Events that were decoded and matched against the rules.",
            )?,
            unparsed: counter(
                registry,
                "vakt_detect_events_unparsed_total",
                "Events in which something was not understood; they are stored and searchable.",
            )?,
            matches: counter(
                registry,
                "vakt_detect_matches_total",
                "Matches of rules and correlations.",
            )?,
            alerts: counter(
                registry,
                "vakt_alerts_opened_total",
                "Alerts that were opened, after grouping by rule and entity.",
            )?,
            drafts: counter(
                registry,
                "vakt_incident_drafts_opened_total",
                "Draft incidents that were opened.",
            )?,
            suppressed: counter(
                registry,
                "vakt_alerts_suppressed_total",
                "Matches that a suppression hid; they are alerts in the state suppressed.",
            )?,
            in_maintenance: counter(
                registry,
                "vakt_alerts_in_maintenance_total",
                "Matches that fell into a window of maintenance.",
            )?,
            late_events: counter(
                registry,
                "vakt_correlation_late_events_total",
                "Events that claimed to be too old to take part in the window of a correlation, once for each.",
            )?,
            evicted_events: counter(
                registry,
                "vakt_correlation_evicted_events_total",
                "Events that correlations gave up because a bound was reached, those of groups included.",
            )?,
            evicted_groups: counter(
                registry,
                "vakt_correlation_evicted_groups_total",
                "Groups that correlations gave up because a bound was reached.",
            )?,
            reload_gap_max: registered(
                registry,
                Gauge::new(
                    "vakt_rules_reload_gap_seconds_max",
                    "The longest that a reload of the rules kept detection from the next batch of events, since the start.",
                )?,
            )?,
        })
    }

    /// A reload kept detection from the next batch for so long.
    pub fn paused_for_reload(&self, gap: Duration) {
        let longest = self.reload_gap_max.get().max(gap.as_secs_f64());
        self.reload_gap_max.set(longest);
    }
}

/// Counts the events that a consumer passed over because their processing panicked.
pub fn quarantined(registry: &Registry) -> Result<IntCounterVec> {
    let options = Opts::new(
        "vakt_quarantined_events_total",
        "Events that were passed over because their processing panicked again and again.",
    );
    registered(registry, IntCounterVec::new(options, &["consumer"])?)
}

impl RuleMetrics {
    pub fn new(registry: &Registry) -> Result<Self> {
        let states = Opts::new(
            "vakt_rules",
            "Rules by what became of them at the last load.",
        );
        Ok(Self {
            rules: registered(registry, IntGaugeVec::new(states, &["state"])?)?,
            reloads: counter(
                registry,
                "vakt_rules_reloads_total",
                "Reloads of the rules that took effect.",
            )?,
            reloads_refused: counter(
                registry,
                "vakt_rules_reloads_refused_total",
                "Reloads that were refused because a rule was broken or none was left; the old rules went on.",
            )?,
        })
    }

    pub fn show_rules(&self, ruleset: &Ruleset) {
        for (state, count) in [
            ("loaded", ruleset.counts.loaded),
            ("refused", ruleset.counts.refused),
            ("skipped", ruleset.counts.skipped),
        ] {
            self.rules
                .with_label_values(&[state])
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
