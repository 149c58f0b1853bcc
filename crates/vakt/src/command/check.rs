//! `vakt check`: everything that is wrong with the configuration and the rules, at once.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;
use vakt_event::Clock as _;
use vakt_event::clock::SystemClock;
use vakt_rules::{Diagnostic, Severity};

use super::{Global, Outcome};
use crate::certificate::{self, Standing};
use crate::config::Config;
use crate::output::{Output, Printer};
use crate::ruleset::{self, Ruleset};

pub(super) fn run(global: &Global) -> Result<Outcome> {
    let (config, mut diagnostics) = match &global.config {
        Some(path) => Config::read_with_files(path)?,
        None => (Config::default(), Vec::new()),
    };
    let settings = config.rule_settings(global);
    let (ruleset, unreadable) = Ruleset::load_readable(&settings);
    diagnostics.extend(ruleset.diagnostics.iter().cloned());
    // Faults that have no line of their own, as text and as JSON.
    let mut faults = Vec::new();
    let mut warnings = 0;
    if let Some(files) = &config.tls {
        let (severity, name, message) =
            match certificate::standing(&files.certificate, SystemClock.now()) {
                Standing::Good => ("", "", String::new()),
                Standing::EndsSoon(message) => ("warning", "certificate-ends-soon", message),
                Standing::Expired(message) => ("error", "certificate-expired", message),
            };
        if !message.is_empty() {
            warnings += usize::from(severity == "warning");
            let shown = json!({"severity": severity, "name": name, "message": message});
            faults.push((format!("{severity}[{name}]: {message}"), shown));
        }
    }
    let mut fault = |name: &str, message: &str, text: String| {
        let shown = json!({"severity": "error", "name": name, "message": message});
        faults.push((text, shown));
    };
    for one in config.unsafe_listeners() {
        let text = one.shown(global.config.as_deref());
        fault("listener-unsafe", &one.reason, text);
    }
    let is_of_flags = !global.rules.is_empty();
    let of_flags = |path: &Path| {
        let is_pipeline = |pipeline: &String| Path::new(pipeline) == path;
        global.rules.iter().any(|given| given == path) || global.pipeline.iter().any(is_pipeline)
    };
    let mut refused_inputs = 0;
    for unreadable in &unreadable {
        // What the configuration names and cannot be opened is said at its line already.
        let is_said = !is_of_flags && ruleset::unopenable(&unreadable.path).is_some();
        if !(is_said && config.rules.contains(&unreadable.path)) {
            let message = format!("{:#}", unreadable.error);
            let text = format!("error[rules-unreadable]: {message}");
            fault("rules-unreadable", &message, text);
        }
        refused_inputs += usize::from(of_flags(&unreadable.path));
    }
    for text in &ruleset.faults {
        fault("rule-cannot-match", text, text.clone());
    }
    let errors = count(&diagnostics, Severity::Error) + faults.len() - warnings;
    let mut out = Printer::new();
    let shown = diagnostics.iter().map(as_json);
    let faults_shown = faults.iter().map(|(_, shown)| shown.clone());
    match Output::or(global.output, Output::Text)? {
        Output::Text => {
            for diagnostic in &diagnostics {
                out.line(&diagnostic.to_string())?;
            }
            for (text, _) in &faults {
                out.line(text)?;
            }
            out.line(&format!(
                "{} rules and {} correlations {}, {} refused, {} skipped; {errors} errors, {} warnings",
                ruleset.rules.rules.len(),
                ruleset.rules.correlations.len(),
                if ruleset.pipelines_refused {
                    "read, none loaded (the pipelines are refused)"
                } else {
                    "loaded"
                },
                ruleset.counts.refused,
                ruleset.counts.skipped,
                count(&diagnostics, Severity::Warning) + warnings,
            ))?;
        }
        Output::Ndjson => {
            for diagnostic in shown.chain(faults_shown) {
                out.json_line(&diagnostic)?;
            }
        }
        Output::Json => {
            let all: Vec<_> = shown.chain(faults_shown).collect();
            out.json_pretty(&json!({"diagnostics": all}))?;
        }
    }
    out.flush()?;
    if refused_inputs > 0 {
        bail!("{refused_inputs} of what --rules and --pipeline name cannot be opened");
    }
    Ok(if errors > 0 {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// Prints diagnostics in the form that is asked for; text by default, also in a pipe.
pub(super) fn print(out: &mut Printer, global: &Global, diagnostics: &[Diagnostic]) -> Result<()> {
    let shown: Vec<_> = diagnostics.iter().map(as_json).collect();
    match Output::or(global.output, Output::Text)? {
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

pub(super) fn as_json(diagnostic: &Diagnostic) -> serde_json::Value {
    json!({
        "path": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
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
