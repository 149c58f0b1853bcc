//! `incidents:`: which duties to report a new incident has, and the data that says what they are.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use vakt_incident::Regimes;
use vakt_incident::regime::{DEFAULT_REGIME, RegimeError};
use vakt_incident::reminder::{ESCALATIONS_MAX, OVER, Policy};
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
    pub(super) reminders: Policy,
}

impl Default for Incidents {
    fn default() -> Self {
        Self {
            regimes: vec![DEFAULT_REGIME.to_owned()],
            regimes_file: None,
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
    incidents.reminders.shares = shares(&mut section, report);
    if let Some(node) = section.get("escalation") {
        escalation(node, &mut incidents.reminders, report);
    }
    section.finish(report);
    incidents
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
