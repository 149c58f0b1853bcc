//! `vakt rules test`: the events that stand in the rule files, run through the engine.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, FileFormat, Records, decode};
use vakt_event::{Event, Timestamp};
use vakt_rules::ast::Metadata;
use vakt_rules::{RuleTest, Severity};

use super::explain::Feed;
use super::junit;
use super::trace::Trace;
use super::tree::{self, Style};
use crate::command::{Global, Outcome, check};
use crate::explain::Joining;
use crate::output::{Output, Printer, printable};
use crate::pipeline::detector::Detector;
use crate::ruleset::Ruleset;

/// What came of one case.
pub(super) struct CaseResult<'r> {
    pub(super) test: &'r RuleTest,
    fired: bool,
    /// Of a case that failed, what held and what did not.
    pub(super) why: Vec<String>,
}

impl CaseResult<'_> {
    pub(super) fn passed(&self) -> bool {
        self.fired == self.test.must_fire
    }

    pub(super) fn verdict(&self) -> &'static str {
        match (self.test.must_fire, self.fired) {
            (true, false) => "the rule must fire, and did not",
            (false, true) => "the rule must stay silent, and fired",
            (true, true) => "the rule fires",
            (false, false) => "the rule stays silent",
        }
    }
}

pub(super) fn test(global: &Global, ruleset: &Ruleset, junit: Option<&Path>) -> Result<Outcome> {
    let mut out = Printer::new();
    let output = Output::or(global.output, Output::Text)?;
    if output != Output::Json {
        check::print(&mut out, global, &ruleset.diagnostics)?;
    }
    let results: Vec<CaseResult<'_>> = ruleset
        .tests
        .iter()
        .map(|test| case(ruleset, test))
        .collect();
    let suites = suites(ruleset, &results);
    match output {
        Output::Text => {
            for (title, cases) in &suites {
                suite(title, cases, &mut out)?;
            }
        }
        Output::Ndjson => {
            for result in &results {
                out.json_line(&as_json(result))?;
            }
        }
        Output::Json => out.json_pretty(&json!({
            "diagnostics": ruleset.diagnostics.iter().map(check::as_json).collect::<Vec<_>>(),
            "tests": results.iter().map(as_json).collect::<Vec<_>>(),
        }))?,
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    if output == Output::Text {
        let untested = ruleset.rules.rules.len() + ruleset.rules.correlations.len() - suites.len();
        out.line(&format!(
            "{} passed, {failed} failed; {} rules tested, {untested} without tests",
            results.len() - failed,
            suites.len()
        ))?;
    }
    out.flush()?;
    if let Some(path) = junit {
        std::fs::write(path, junit::document(&suites, &ruleset.diagnostics))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let refused = check::count(&ruleset.diagnostics, Severity::Error) > 0;
    Ok(if failed > 0 || refused {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// The cases of each rule, in the order of the rules' files.
fn suites<'s, 'r>(
    ruleset: &Ruleset,
    results: &'s [CaseResult<'r>],
) -> Vec<(String, Vec<&'s CaseResult<'r>>)> {
    let mut suites: Vec<(&str, Vec<&'s CaseResult<'r>>)> = Vec::new();
    for result in results {
        match suites.last_mut() {
            Some((id, cases)) if *id == result.test.rule_id => cases.push(result),
            _ => suites.push((&result.test.rule_id, vec![result])),
        }
    }
    let title =
        |id: &str| meta(ruleset, id).map_or_else(|| id.to_owned(), |meta| meta.title.clone());
    suites
        .into_iter()
        .map(|(id, cases)| (title(id), cases))
        .collect()
}

fn meta<'r>(ruleset: &'r Ruleset, id: &str) -> Option<&'r Metadata> {
    let metas = ruleset.rules.rules.iter().map(|rule| &rule.meta);
    metas
        .chain(ruleset.rules.correlations.iter().map(|one| &one.meta))
        .find(|meta| meta.id == id)
}

fn suite(title: &str, cases: &[&CaseResult<'_>], out: &mut Printer) -> Result<()> {
    let failed = cases.iter().filter(|case| !case.passed()).count();
    let word = if failed == 0 { "ok    " } else { "FAILED" };
    let fire = cases.iter().filter(|case| case.test.must_fire).count();
    out.line(&format!(
        "{word} {}: {fire} must fire, {} must not",
        printable(title),
        cases.len() - fire
    ))?;
    for case in cases.iter().filter(|case| !case.passed()) {
        out.line(&format!(
            "{}:{}: error[rule-test]: \"{}\": {}",
            case.test.path,
            case.test.line,
            printable(&case.test.name),
            case.verdict()
        ))?;
        for line in &case.why {
            out.line(&format!("    {line}"))?;
        }
    }
    Ok(())
}

fn as_json(result: &CaseResult<'_>) -> serde_json::Value {
    let test = result.test;
    json!({
        "rule": test.rule_id,
        "test": test.name,
        "must_fire": test.must_fire,
        "fired": result.fired,
        "passed": result.passed(),
        "why": result.why,
        "path": test.path,
        "line": test.line,
    })
}

/// The lines of the test, taken as one stream.
fn case<'r>(ruleset: &Ruleset, test: &'r RuleTest) -> CaseResult<'r> {
    let mut result = CaseResult {
        test,
        fired: fires(ruleset, test),
        why: Vec::new(),
    };
    if !result.passed() {
        result.why = why(ruleset, test);
    }
    result
}

/// Each line is told apart as a line of a file is; its number is from 1.
fn each_event(test: &RuleTest, take: &mut dyn FnMut(usize, &Event<'_>)) {
    let zone = jiff::tz::TimeZone::UTC;
    let context = DecodeContext {
        received: None,
        // Times of a test without a year are of one year, whenever the test runs.
        reference: Timestamp::from_seconds(1_795_000_000),
        zone: &zone,
        logsource_fields: false,
        assume: None,
    };
    for (number, line) in (1..).zip(&test.lines) {
        for record in Records::new(line.as_bytes(), FileFormat::Auto, RECORD_BYTES_MAX).flatten() {
            take(number, &decode(&record.bytes, record.format, &context));
        }
    }
}

/// Whether the rule of `test` matches anywhere in its lines.
fn fires(ruleset: &Ruleset, test: &RuleTest) -> bool {
    let mut detector = Detector::new(ruleset);
    let (mut hits, mut found) = (Vec::new(), Vec::new());
    let mut position = 0;
    let mut fired = false;
    each_event(test, &mut |_, event| {
        hits.clear();
        detector.matches(event, &mut hits);
        fired |= hits
            .iter()
            .any(|&index| ruleset.rules.rules[index].meta.id == test.rule_id);
        detector.observe(position, "test", event, &hits, &mut found);
        position += 1;
    });
    detector.finish(&mut found);
    fired
        || found
            .iter()
            .any(|found| found.meta(ruleset).id == test.rule_id)
}

/// Of a rule, the line that came nearest (or fired it); of a correlation, how far its groups got.
fn why(ruleset: &Ruleset, test: &RuleTest) -> Vec<String> {
    let style = Style {
        all: false,
        colours: false,
    };
    let rules = &ruleset.rules;
    if let Some(index) = rules
        .correlations
        .iter()
        .position(|one| one.meta.id == test.rule_id)
    {
        let mut trace = Trace::new(ruleset, index);
        let mut detector = Detector::new(ruleset);
        detector.trace();
        let mut feed = Feed::default();
        each_event(test, &mut |number, event| {
            feed.one(&mut detector, &format!("line {number}"), event, &mut trace);
        });
        return trace.lines(style);
    }
    let Some(index) = rules
        .rules
        .iter()
        .position(|rule| rule.meta.id == test.rule_id)
    else {
        return Vec::new();
    };
    let mut nearest = None;
    let mut judge = |number, event: &Event<'_>| {
        let explanation = ruleset.prepared[index].explain(event);
        let rank = (explanation.matches, tree::nearness(&explanation));
        if nearest.as_ref().is_none_or(|(best, _, _)| rank > *best) {
            nearest = Some((rank, number, explanation));
        }
    };
    let mut joining = Joining::default();
    each_event(test, &mut |number, event| {
        judge(number, event);
        if let Some(joined) = joining.take(event) {
            judge(number, &joined);
        }
    });
    for joined in joining.finish() {
        judge(test.lines.len(), &joined);
    }
    let Some((_, number, explanation)) = nearest else {
        return vec!["no line is an event".to_owned()];
    };
    let mut lines = tree::lines(&explanation, style);
    if let Some(first) = lines.first_mut() {
        *first = format!("line {number}: {first}");
    }
    lines
}
