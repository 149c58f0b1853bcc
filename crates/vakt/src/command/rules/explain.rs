//! `vakt rules explain`: which part of a rule held for an event, on which value, and which did
//! not; of a correlation, how far each group got.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, Records, decode};
use vakt_event::Event;
use vakt_rules::ast::RuleRef;

use super::super::scan::Reading;
use super::trace::Trace;
use super::tree::{self, Style};
use crate::command::{Global, Outcome};
use crate::explain::Joining;
use crate::files::{self, Progress};
use crate::output::{Output, Printer};
use crate::pipeline::detector::Detector;
use crate::pipeline::given_up;
use crate::ruleset::{RuleSettings, Ruleset, is_rule_file};

/// What the person asks for.
pub(super) struct Asked<'a> {
    /// A rule file, or a rule's id, name or title.
    pub(super) rule: &'a str,
    pub(super) files: &'a [PathBuf],
    pub(super) reading: &'a Reading,
    pub(super) all: bool,
}

pub(super) fn explain(
    global: &Global,
    settings: &RuleSettings,
    asked: &Asked<'_>,
) -> Result<Outcome> {
    let (ruleset, rule) = subject(settings, asked.rule)?;
    let ruleset = &ruleset;
    let zone = jiff::tz::TimeZone::system();
    let context = asked.reading.context(&zone);
    let output = Output::or(global.output, Output::Text)?;
    let style = Style {
        all: asked.all,
        colours: output == Output::Text && std::io::stdout().is_terminal(),
    };
    let mut out = Printer::new();
    match rule {
        RuleRef::Rule(index) => of_rule(ruleset, index, asked, &context, output, style, &mut out)?,
        RuleRef::Correlation(index) => {
            let mut trace = Trace::new(ruleset, index);
            let mut detector = Detector::new(ruleset);
            detector.trace();
            let mut feed = Feed::default();
            each(asked, &context, &mut |place, event| {
                feed.one(&mut detector, place, event, &mut trace);
                Ok(())
            })?;
            let notes = given_up::notes(&detector.correlator);
            let mut shown = trace.as_json();
            shown["notes"] = notes.clone().into();
            match output {
                Output::Text => {
                    for line in trace.lines(style) {
                        out.line(&line)?;
                    }
                    for note in notes {
                        out.line(&format!("  note: {note}"))?;
                    }
                }
                Output::Ndjson => out.json_line(&shown)?,
                Output::Json => out.json_pretty(&shown)?,
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

/// The rules, and the one that is meant.
fn subject(settings: &RuleSettings, rule: &str) -> Result<(Ruleset, RuleRef)> {
    let path = Path::new(rule);
    // Titles have slashes, too: a path is one that is there, or that ends as those of rules do.
    if !path.is_file() && !is_rule_file(path) {
        let ruleset = Ruleset::load(settings)?;
        let found = ruleset.find(rule)?;
        return Ok((ruleset, found));
    }
    let ruleset = Ruleset::load(&RuleSettings {
        paths: vec![path.to_owned()],
        include_deprecated: true,
        ..settings.clone()
    })?;
    ruleset.report();
    let rules = &ruleset.rules;
    // What feeds a correlation gives no match of its own.
    let single = (rules.rules.iter().zip(0..))
        .filter(|(rule, _)| rule.generate)
        .map(|(rule, index)| (RuleRef::Rule(index), &rule.meta.title));
    let added = (rules.correlations.iter().zip(0..))
        .filter(|(one, _)| one.generate)
        .map(|(one, index)| (RuleRef::Correlation(index), &one.meta.title));
    let found: Vec<(RuleRef, &String)> = single.chain(added).collect();
    let found = match found.as_slice() {
        [] => bail!("{rule} has no rule that could match"),
        [(found, _)] => *found,
        several => {
            let titles: Vec<String> = several.iter().map(|(_, it)| format!("{it:?}")).collect();
            bail!(
                "{rule} has {} rules: write `--rules {rule}` and one of {}",
                several.len(),
                titles.join(", ")
            )
        }
    };
    Ok((ruleset, found))
}

/// Gives every event of the files with its place.
fn each(
    asked: &Asked<'_>,
    context: &DecodeContext<'_>,
    take: &mut dyn FnMut(&str, &Event<'_>) -> Result<()>,
) -> Result<()> {
    let progress = Progress::default();
    for path in files::expand(asked.files)? {
        let input = files::open(&path, &progress)?;
        for record in Records::new(input.reader, asked.reading.format, RECORD_BYTES_MAX) {
            let record = record.with_context(|| format!("cannot read {}", input.name))?;
            let event = decode(&record.bytes, record.format, context);
            take(&format!("{}:{}", input.name, record.number), &event)?;
        }
    }
    Ok(())
}

fn of_rule(
    ruleset: &Ruleset,
    index: usize,
    asked: &Asked<'_>,
    context: &DecodeContext<'_>,
    output: Output,
    style: Style,
    out: &mut Printer,
) -> Result<()> {
    let mut all: Vec<Json> = Vec::new();
    let mut show = |place: &str, event: &Event<'_>| -> Result<()> {
        let explanation = ruleset.prepared[index].explain(event);
        if output == Output::Text {
            out.line(place)?;
            for line in tree::lines(&explanation, style) {
                out.line(&line)?;
            }
            return Ok(());
        }
        let mut shown = tree::as_json(&explanation);
        shown["event"] = place.into();
        if output == Output::Ndjson {
            out.json_line(&shown)?;
        } else {
            all.push(shown);
        }
        Ok(())
    };
    let mut joining = Joining::default();
    each(asked, context, &mut |place, event| {
        show(place, event)?;
        match joining.take(event) {
            Some(joined) => show(&format!("{place} and what it completes"), &joined),
            None => Ok(()),
        }
    })?;
    for joined in joining.finish() {
        show("the last records, joined", &joined)?;
    }
    if output == Output::Json {
        out.json_pretty(&json!({ "explanations": all }))?;
    }
    Ok(())
}

/// Events on their way through a detector that traces.
#[derive(Default)]
pub(super) struct Feed {
    position: u64,
}

impl Feed {
    pub(super) fn one(
        &mut self,
        detector: &mut Detector<'_>,
        place: &str,
        event: &Event<'_>,
        trace: &mut Trace<'_>,
    ) {
        let mut hits = Vec::new();
        let mut found = Vec::new();
        detector.matches(event, &mut hits);
        detector.observe(self.position, "explain", event, &hits, &mut found);
        self.position += 1;
        trace.observe(detector, place, event);
    }
}
