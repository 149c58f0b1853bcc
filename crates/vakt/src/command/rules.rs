//! `vakt rules`: list, lint, test and explain.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, FileFormat, Records, decode};
use vakt_detect::naive;
use vakt_event::Timestamp;
use vakt_rules::ast::Metadata;
use vakt_rules::{RuleTest, Severity};

use super::people::aligned;
use super::scan::Reading;
use super::{Global, Outcome, check};
use crate::config::Config;
use crate::files::{self, Progress};
use crate::output::{Output, Printer};
use crate::pipeline::detector::Detector;
use crate::ruleset::Ruleset;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the rules that are loaded
    List,
    /// Say what is wrong with the rules
    Lint {
        /// Rule files or folders in place of the loaded ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Run the events that stand in the rule files
    Test {
        /// Rule files or folders in place of the loaded ones
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Show why a rule matches an event, or does not
    Explain {
        /// The rule's id, name or title
        rule: String,
        /// Files with events; standard input where none is named
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        reading: Reading,
    },
}

pub(super) fn run(global: &Global, action: &Action) -> Result<Outcome> {
    let config = Config::of(global)?;
    let paths = match action {
        Action::Lint { paths } | Action::Test { paths } if !paths.is_empty() => paths.clone(),
        _ => config.rule_paths(global),
    };
    let ruleset = Ruleset::load(&paths)?;
    match action {
        Action::List => list(global, &ruleset),
        Action::Lint { .. } => lint(global, &ruleset),
        Action::Test { .. } => test(global, &ruleset),
        Action::Explain {
            rule,
            files,
            reading,
        } => explain(global, &ruleset, rule, files, reading),
    }
}

fn list(global: &Global, ruleset: &Ruleset) -> Result<Outcome> {
    let rules = ruleset.rules.rules.iter().map(|rule| (&rule.meta, "rule"));
    let correlations = ruleset
        .rules
        .correlations
        .iter()
        .map(|correlation| (&correlation.meta, "correlation"));
    let all: Vec<(&Metadata, &str)> = rules.chain(correlations).collect();
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output) {
        Output::Text => {
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|(meta, kind)| {
                    vec![
                        meta.level.to_string(),
                        (*kind).to_owned(),
                        meta.id.clone(),
                        meta.title.clone(),
                    ]
                })
                .collect();
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
        Output::Ndjson => {
            for (meta, kind) in &all {
                out.json_line(&summary(meta, kind))?;
            }
        }
        Output::Json => {
            let rules: Vec<_> = all.iter().map(|(meta, kind)| summary(meta, kind)).collect();
            out.json_pretty(&json!({"rules": rules, "next": null}))?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// What lists say of a rule; the API gives the same.
pub(crate) fn summary(meta: &Metadata, kind: &str) -> serde_json::Value {
    json!({
        "id": meta.id,
        "kind": kind,
        "name": meta.name,
        "title": meta.title,
        "level": meta.level,
        "status": meta.status,
        "tags": meta.tags,
        "description": meta.description,
        "draft": meta.draft.unwrap_or(false),
        "embedded": meta.embedded,
        "path": meta.path,
        "line": meta.line,
    })
}

fn lint(global: &Global, ruleset: &Ruleset) -> Result<Outcome> {
    let mut out = Printer::new();
    check::print(&mut out, global, &ruleset.diagnostics)?;
    out.flush()?;
    let errors = check::count(&ruleset.diagnostics, Severity::Error);
    Ok(if errors > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn test(global: &Global, ruleset: &Ruleset) -> Result<Outcome> {
    let mut out = Printer::new();
    check::print(&mut out, global, &ruleset.diagnostics)?;
    let mut failed = 0;
    for test in &ruleset.tests {
        let fired = fires(ruleset, test);
        let passed = fired == test.must_fire;
        failed += usize::from(!passed);
        let path = path_of(ruleset, &test.rule_id);
        if global.output.unwrap_or(Output::Text) == Output::Text {
            if !passed {
                let wanted = if test.must_fire {
                    "must fire"
                } else {
                    "must stay silent"
                };
                out.line(&format!(
                    "{path}:{}: error[rule-test]: the rule {} {wanted} on \"{}\", and did not",
                    test.line, test.rule_id, test.name
                ))?;
            }
        } else {
            out.json_line(&json!({
                "rule": test.rule_id,
                "test": test.name,
                "must_fire": test.must_fire,
                "passed": passed,
                "path": path,
                "line": test.line,
            }))?;
        }
    }
    if global.output.unwrap_or(Output::Text) == Output::Text {
        out.line(&format!(
            "{} passed, {failed} failed, of {} rules",
            ruleset.tests.len() - failed,
            ruleset.counts.loaded
        ))?;
    }
    out.flush()?;
    let refused = check::count(&ruleset.diagnostics, Severity::Error) > 0;
    Ok(if failed > 0 || refused {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn path_of<'r>(ruleset: &'r Ruleset, id: &str) -> &'r str {
    let metas = ruleset.rules.rules.iter().map(|rule| &rule.meta);
    metas
        .chain(ruleset.rules.correlations.iter().map(|one| &one.meta))
        .find(|meta| meta.id == id)
        .map_or("", |meta| meta.path.as_str())
}

/// Whether the rule of `test` matches anywhere in its lines, taken as one stream.
fn fires(ruleset: &Ruleset, test: &RuleTest) -> bool {
    let zone = jiff::tz::TimeZone::UTC;
    let context = DecodeContext {
        received: None,
        // Times of a test without a year are of one year, whenever the test runs.
        reference: Timestamp::from_seconds(1_795_000_000),
        zone: &zone,
        logsource_fields: false,
        assume: None,
    };
    let mut detector = Detector::new(ruleset);
    let (mut hits, mut found) = (Vec::new(), Vec::new());
    let mut fired = false;
    for (position, line) in (0..).zip(&test.lines) {
        // Each line is told apart as a line of a file is.
        for record in Records::new(line.as_bytes(), FileFormat::Auto, RECORD_BYTES_MAX).flatten() {
            let event = decode(&record.bytes, record.format, &context);
            hits.clear();
            detector.matches(&event, &mut hits);
            fired |= hits
                .iter()
                .any(|&index| ruleset.rules.rules[index].meta.id == test.rule_id);
            detector.observe(position, "test", &event, &hits, &mut found);
        }
    }
    detector.finish(&mut found);
    fired
        || found
            .iter()
            .any(|found| found.meta(ruleset).id == test.rule_id)
}

fn explain(
    global: &Global,
    ruleset: &Ruleset,
    wanted: &str,
    paths: &[PathBuf],
    reading: &Reading,
) -> Result<Outcome> {
    let rule = ruleset.rules.rules.iter().find(|rule| {
        let meta = &rule.meta;
        meta.id == wanted || meta.title == wanted || meta.name.as_deref() == Some(wanted)
    });
    let Some(rule) = rule else {
        bail!("no rule has the id, name or title {wanted:?}: `vakt rules list` shows them");
    };
    let zone = jiff::tz::TimeZone::system();
    let context = reading.context(&zone);
    let mut out = Printer::new();
    let progress = Progress::default();
    for path in files::expand(paths)? {
        let input = files::open(&path, &progress)?;
        for record in Records::new(input.reader, reading.format, RECORD_BYTES_MAX) {
            let record = record.with_context(|| format!("cannot read {}", input.name))?;
            let event = decode(&record.bytes, record.format, &context);
            let explanation = naive::explain(rule, &event);
            if global.output.unwrap_or(Output::Text) == Output::Text {
                out.line(&format!("{}:{}", input.name, record.number))?;
                out.line(&explanation.to_string())?;
            } else {
                out.json_line(&json!({
                    "source": input.name,
                    "number": record.number,
                    "matches": naive::matches(rule, &event),
                    "explanation": explanation.to_string(),
                }))?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}
