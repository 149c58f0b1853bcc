//! `incidents:`: which duties to report a new incident has, the data that says what they are, and
//! what opens a draft beside rules that say so.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use vakt_event::Level;
use vakt_incident::regime::{DEFAULT_REGIME, RegimeError};
use vakt_incident::reminder::{ESCALATIONS_MAX, OVER, Policy};
use vakt_incident::{Criticality, HalfLife, OnAsset, Regimes, Thresholds};
use vakt_rules::Report;
use vakt_rules::yaml::Node;

use super::period::{PERIOD, Period};
use super::read::{CONFIG_FILE, CONFIG_VALUE, Section, text};
use super::schema::Files;

/// A file of regimes must be smaller than this, in bytes; the reader of them has the same bound.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The key `incidents`.
pub(super) struct Incidents {
    pub(super) regimes: Vec<String>,
    pub(super) regimes_file: Option<PathBuf>,
    pub(super) thresholds: Thresholds,
    pub(super) half_life: HalfLife,
    pub(super) reminders: Policy,
}

impl Default for Incidents {
    fn default() -> Self {
        Self {
            regimes: vec![DEFAULT_REGIME.to_owned()],
            regimes_file: None,
            thresholds: Thresholds::default(),
            half_life: HalfLife::default(),
            reminders: Policy::default(),
        }
    }
}

pub(super) fn incidents(node: &Node<'_>, files: Files, report: &mut Report<'_>) -> Incidents {
    let mut incidents = Incidents::default();
    let Some(mut section) = Section::new("incidents", node, report) else {
        return incidents;
    };
    incidents.regimes_file = section.text("regimes_file", report).map(PathBuf::from);
    let mut data = Arc::clone(Regimes::embedded_arc());
    // Names of regimes can be judged only beside the data that has them.
    let mut is_known = incidents.regimes_file.is_none();
    if let (Some(path), Some(node)) = (&incidents.regimes_file, section.get("regimes_file"))
        && files == Files::Read
    {
        match read(path) {
            Ok(read) => (data, is_known) = (read, true),
            Err(error) => faults(path, &error, node, report),
        }
    }
    let mut named = Vec::new();
    for node in section.list("regimes") {
        let Some(id) = text("regimes", node, report) else {
            continue;
        };
        match data.select(&[&id]) {
            Err(error) if is_known => report.add(
                &CONFIG_VALUE,
                &node.span,
                error.to_string(),
                "`vakt incidents regimes` shows the data",
            ),
            _ => named.push(id),
        }
    }
    if !named.is_empty() {
        incidents.regimes = named;
    }
    if let Some(node) = section.get("thresholds") {
        (incidents.thresholds, incidents.half_life) = thresholds(node, report);
    }
    incidents.reminders.shares = shares(&mut section, report);
    if let Some(Period(lead)) = section.parsed("criterion_warning", PERIOD, report) {
        let lead = i64::try_from(lead.as_micros()).unwrap_or(i64::MAX);
        incidents.reminders.criterion_lead_micros = lead;
    }
    if let Some(node) = section.get("escalation") {
        escalation(node, &mut incidents.reminders, report);
    }
    section.finish(report);
    incidents
}

const LEVEL: &str = "informational, low, medium, high or critical";
const CRITICALITY: &str = "low, medium, high or critical";
const POINTS: &str = "a number of points, such as 200";
const HOURS: &str = "a whole number of hours, such as 24";

/// The most points that a threshold asks for: thousands of critical alerts in a day.
const POINTS_MAX: f64 = 1_000_000.0;

/// The longest half-life, a year: what is older says nothing of today.
const HALF_LIFE_HOURS_MAX: u32 = 366 * 24;

fn thresholds(node: &Node<'_>, report: &mut Report<'_>) -> (Thresholds, HalfLife) {
    let mut thresholds = Thresholds::default();
    let mut half_life = HalfLife::default();
    let Some(mut section) = Section::new("incidents.thresholds", node, report) else {
        return (thresholds, half_life);
    };
    thresholds.level = section.parsed("level", LEVEL, report);
    if let Some(node) = section.get("asset") {
        thresholds.on_asset = on_asset(node, report);
    }
    if let Some(node) = section.get("risk") {
        (thresholds.risk_score, half_life) = risk(node, report);
    }
    section.finish(report);
    (thresholds, half_life)
}

fn on_asset(node: &Node<'_>, report: &mut Report<'_>) -> Option<OnAsset> {
    let mut section = Section::new("incidents.thresholds.asset", node, report)?;
    section.require("criticality", report);
    section.require("level", report);
    let criticality: Option<Criticality> = section.parsed("criticality", CRITICALITY, report);
    let level: Option<Level> = section.parsed("level", LEVEL, report);
    section.finish(report);
    Some(OnAsset {
        criticality: criticality?,
        level: level?,
    })
}

fn risk(node: &Node<'_>, report: &mut Report<'_>) -> (Option<f64>, HalfLife) {
    let mut half_life = HalfLife::default();
    let Some(mut section) = Section::new("incidents.thresholds.risk", node, report) else {
        return (None, half_life);
    };
    let score: Option<f64> = section.parsed("score", POINTS, report);
    let hours: Option<u32> = section.parsed("half_life_hours", HOURS, report);
    let is_score = |score: &f64| *score > 0.0 && *score <= POINTS_MAX;
    if score.is_some_and(|score| !is_score(&score)) {
        let message = format!("`score` is above 0 and at most {POINTS_MAX}");
        report.add(
            &CONFIG_VALUE,
            section.span(),
            message,
            "a high alert is 50 points",
        );
    }
    match hours.map(|hours| HalfLife::of_hours(hours).filter(|_| hours <= HALF_LIFE_HOURS_MAX)) {
        None => {}
        Some(Some(given)) => half_life = given,
        Some(None) => report.add(
            &CONFIG_VALUE,
            section.span(),
            format!("`half_life_hours` is 1 to {HALF_LIFE_HOURS_MAX}"),
            "24 is a day",
        ),
    }
    section.finish(report);
    (score.filter(is_score), half_life)
}

/// Percent of a clock's time, ascending.
fn shares(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Vec<u32> {
    if section.get("reminders").is_none() {
        return Policy::default().shares;
    }
    let mut shares = Vec::new();
    for node in section.list("reminders") {
        let Some(word) = text("reminders", node, report) else {
            continue;
        };
        let percent = word.strip_suffix('%').and_then(|it| it.parse().ok());
        match percent.filter(|share| (1..OVER).contains(share)) {
            Some(share) => shares.push(share),
            None => report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{word}` is no share of a clock's time"),
                "write a whole number from 1% to 99%",
            ),
        }
    }
    shares.sort_unstable();
    shares.dedup();
    shares
}

fn escalation(node: &Node<'_>, policy: &mut Policy, report: &mut Report<'_>) {
    let Some(mut section) = Section::new("escalation", node, report) else {
        return;
    };
    if let Some(Period(every)) = section.parsed("every", PERIOD, report) {
        policy.escalation_every_micros = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
    }
    let node = section.get("times");
    let expected = "a whole number";
    if let (Some(times), Some(node)) = (section.parsed("times", expected, report), node) {
        policy.escalation_times = times;
        if times > ESCALATIONS_MAX {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("an escalation is repeated at most {ESCALATIONS_MAX} times"),
                "write fewer, or another output",
            );
        }
    }
    section.finish(report);
}

/// Each fault of the data at the key that names the file, with its own place in that.
fn faults(path: &Path, error: &anyhow::Error, node: &Node<'_>, report: &mut Report<'_>) {
    let path = path.display();
    let found = error.downcast_ref::<RegimeError>();
    let found = found.map(RegimeError::faults).unwrap_or_default();
    for fault in found {
        let (line, column) = (fault.line, fault.column);
        let message = format!("{path}:{line}:{column}: {}", fault.message);
        report.add(&CONFIG_FILE, &node.span, message, fault.help.clone());
    }
    if found.is_empty() {
        report.add(
            &CONFIG_FILE,
            &node.span,
            format!("{error:#}"),
            "name a file that was begun with `vakt incidents regimes`",
        );
    }
}

/// The data in the file at `path`.
///
/// # Errors
/// A file that cannot be read, or is no such data; then with all that is wrong.
pub fn read(path: &Path) -> Result<Arc<Regimes>> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read the regimes {shown}"))?;
    let mut text = String::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .with_context(|| format!("cannot read the regimes {shown}"))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > FILE_BYTES_MAX {
        bail!("{shown} has more than {FILE_BYTES_MAX} bytes: no data of regimes is so long");
    }
    Ok(Arc::new(Regimes::parse(&text)?))
}
