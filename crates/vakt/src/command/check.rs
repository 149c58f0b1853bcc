//! `vakt check`: everything that is wrong with the configuration and the rules, at once.

use anyhow::Result;
use serde_json::json;
use vakt_rules::{Diagnostic, Severity};

use super::{Global, Outcome};
use crate::config::Config;
use crate::output::{Output, Printer};
use crate::ruleset::Ruleset;

pub(super) fn run(global: &Global) -> Result<Outcome> {
    let (config, mut diagnostics) = match &global.config {
        Some(path) => Config::read(path)?,
        None => (Config::default(), Vec::new()),
    };
    let unsafe_listeners = config.unsafe_listeners();
    let ruleset = Ruleset::load(&config.rule_paths(global))?;
    diagnostics.extend(ruleset.diagnostics.iter().cloned());
    let mut out = Printer::new();
    print(&mut out, global, &diagnostics)?;
    let text = global.output.unwrap_or(Output::Text) == Output::Text;
    for reason in &unsafe_listeners {
        if text {
            out.line(&format!("error[listener-unsafe]: {reason}"))?;
        } else {
            out.json_line(
                &json!({"severity": "error", "name": "listener-unsafe", "message": reason}),
            )?;
        }
    }
    for fault in &ruleset.faults {
        if text {
            out.line(fault)?;
        } else {
            out.json_line(
                &json!({"severity": "error", "name": "rule-cannot-match", "message": fault}),
            )?;
        }
    }
    let errors =
        count(&diagnostics, Severity::Error) + unsafe_listeners.len() + ruleset.faults.len();
    if text {
        out.line(&format!(
            "{} rules and {} correlations loaded, {} refused, {} skipped; {errors} errors, {} warnings",
            ruleset.rules.rules.len(),
            ruleset.rules.correlations.len(),
            ruleset.counts.refused,
            ruleset.counts.skipped,
            count(&diagnostics, Severity::Warning),
        ))?;
    }
    out.flush()?;
    Ok(if errors > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// Prints diagnostics in the form that is asked for; text by default, also in a pipe.
pub(super) fn print(out: &mut Printer, global: &Global, diagnostics: &[Diagnostic]) -> Result<()> {
    let shown: Vec<_> = diagnostics.iter().map(as_json).collect();
    match global.output.unwrap_or(Output::Text) {
        Output::Text => {
            for diagnostic in diagnostics {
                out.line(&diagnostic.to_string())?;
            }
        }
        Output::Ndjson => {
            for diagnostic in &shown {
                out.json_line(diagnostic)?;
            }
        }
        Output::Json => out.json_pretty(&json!({"diagnostics": shown}))?,
    }
    Ok(())
}

fn as_json(diagnostic: &Diagnostic) -> serde_json::Value {
    json!({
        "path": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "severity": diagnostic.severity.to_string(),
        "name": diagnostic.name,
        "message": diagnostic.message,
        "help": diagnostic.help,
    })
}

pub(super) fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == severity)
        .count()
}
