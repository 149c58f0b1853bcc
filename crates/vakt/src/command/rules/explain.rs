//! `vakt rules explain`: which part of a rule held for an event, on which value, and which did
//! not; of a correlation, how far each group got.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, Result};
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
use crate::ruleset::Ruleset;

/// What the person asks for.
pub(super) struct Asked<'a> {
    pub(super) rule: &'a str,
    pub(super) files: &'a [PathBuf],
    pub(super) reading: &'a Reading,
    pub(super) all: bool,
}

pub(super) fn explain(global: &Global, ruleset: &Ruleset, asked: &Asked<'_>) -> Result<Outcome> {
    let rule = ruleset.find(asked.rule)?;
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
            match output {
                Output::Text => {
                    for line in trace.lines(style) {
                        out.line(&line)?;
                    }
                }
                Output::Ndjson => out.json_line(&trace.as_json())?,
                Output::Json => out.json_pretty(&trace.as_json())?,
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
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
