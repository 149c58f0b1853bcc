//! `vakt rules lint`: errors, warnings, and what the linter finds.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;
use vakt_rules::checks::{self, Check};
use vakt_rules::lint::{self, LintOptions};
use vakt_rules::{Diagnostic, Pipelines, Severity};

use crate::command::people::aligned;
use crate::command::{Global, Outcome, check};
use crate::config::Config;
use crate::output::{Output, Printer};
use crate::ruleset::{RuleSettings, Texts};

pub(super) fn lint(
    global: &Global,
    config: &Config,
    settings: &RuleSettings,
    strict: bool,
) -> Result<Outcome> {
    let texts = Texts::read(settings).whole()?;
    let sources = texts.rules;
    let (pipelines, of_pipelines) = Pipelines::read(&texts.pipelines);
    let known = vakt_codec::logsource::known();
    let load = settings.options(&known, &pipelines);
    let loaded = vakt_rules::load(&sources, &load);
    let options = LintOptions {
        strict,
        allow: config.lint_allow.clone(),
    };
    let mut found = of_pipelines;
    found.append(&mut lint::lint(
        &sources,
        loaded.diagnostics,
        &load,
        &options,
    ));
    let mut out = Printer::new();
    check::print(&mut out, global, &found)?;
    if Output::or(global.output, Output::Text)? == Output::Text {
        out.line(&in_sum(&found, sources.len()))?;
    }
    out.flush()?;
    Ok(if check::count(&found, Severity::Error) > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

fn in_sum(found: &[Diagnostic], files: usize) -> String {
    let with: BTreeSet<&str> = found.iter().map(|one| one.path.as_str()).collect();
    format!(
        "{files} files, {} with findings: {} errors, {} warnings",
        with.len(),
        check::count(found, Severity::Error),
        check::count(found, Severity::Warning),
    )
}

/// All checks: those of the linter, then those that loading makes anyway.
pub(super) fn list(global: &Global) -> Result<Outcome> {
    let all: Vec<&Check> = lint::CHECKS.iter().chain(checks::CHECKS).copied().collect();
    let as_json = |check: &&Check| {
        json!({
            "name": check.name,
            "severity": check.severity.to_string(),
            "meaning": check.meaning,
        })
    };
    let mut out = Printer::new();
    match Output::or(global.output, Output::Text)? {
        Output::Text => {
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|check| {
                    vec![
                        check.name.to_owned(),
                        check.severity.to_string(),
                        check.meaning.to_owned(),
                    ]
                })
                .collect();
            for line in aligned(&rows) {
                out.line(&line)?;
            }
        }
        Output::Ndjson => {
            for check in &all {
                out.json_line(&as_json(check))?;
            }
        }
        Output::Json => {
            let checks: Vec<_> = all.iter().map(as_json).collect();
            out.json_pretty(&json!({ "checks": checks }))?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}
