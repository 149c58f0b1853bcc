//! `vakt parse`: files as events, one flat ECS object a line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value as Json;
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{Coalescer, Records, decode};
use vakt_event::{Event, encode::to_flat_json};

use super::scan::Reading;
use super::{Global, Outcome};
use crate::files::{self, Progress};
use crate::output::{Output, Printer, tell};
use crate::pipeline::detector::is_joinable;

/// The log sources that an event shows. Plural, since `vakt.logsource.…` is what an event declares.
const LOG_SOURCES: &str = "vakt.logsources";

#[derive(Args, Debug)]
pub struct Options {
    /// Files or folders; gzip and zstd are unpacked; standard input where none is named
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let zone = jiff::tz::TimeZone::system();
    let context = options.reading.context(&zone);
    let progress = Progress::default();
    let mut writer = Writer {
        out: Printer::new(),
        output: Output::or(global.output, Output::Ndjson)?,
        events: 0,
        problems: 0,
    };
    if writer.output == Output::Json {
        writer.out.line("[")?;
    }
    let mut coalescer = Coalescer::new();
    for path in files::expand(&options.files)? {
        let input = files::open(&path, &progress)?;
        for record in Records::new(input.reader, options.reading.format, RECORD_BYTES_MAX) {
            let record = record.with_context(|| format!("cannot read {}", input.name))?;
            let mut event = decode(&record.bytes, record.format, &context);
            if record.truncated {
                event.problem("the record is longer than the limit and was cut");
            }
            writer.event(&event)?;
            if is_joinable(&event)
                && let Some(joined) = coalescer.push(&input.name, record.number, &event)
            {
                writer.event(&joined.event)?;
            }
        }
    }
    for joined in coalescer.finish() {
        writer.event(&joined.event)?;
    }
    if writer.output == Output::Json {
        writer.out.line("]")?;
    }
    writer.out.flush()?;
    if writer.problems > 0 {
        tell(&format!(
            "{} of {} events hold something that was not understood: see their error.message",
            writer.problems, writer.events
        ));
        return Ok(Outcome::Found);
    }
    Ok(Outcome::Done)
}

struct Writer {
    out: Printer,
    output: Output,
    events: u64,
    problems: u64,
}

impl Writer {
    fn event(&mut self, event: &Event<'_>) -> Result<()> {
        self.events += 1;
        if !event.problems.is_empty() {
            self.problems += 1;
        }
        let mut object = to_flat_json(event);
        if !event.log_sources.is_empty() {
            // What an author of a rule has to know, in the words of `--logsource`.
            let shown = event.log_sources.iter().map(|source| source.to_string());
            object
                .entry(LOG_SOURCES)
                .or_insert_with(|| shown.collect::<Vec<_>>().into());
        }
        match self.output {
            Output::Ndjson => self.out.json_line(&object)?,
            Output::Json => {
                if self.events > 1 {
                    self.out.line(",")?;
                }
                self.out.json_line(&object)?;
            }
            Output::Text => {
                for (name, value) in &object {
                    let value = match value {
                        Json::String(text) => crate::output::printable(text),
                        other => other.to_string(),
                    };
                    self.out.line(&format!("{name:<32} {value}"))?;
                }
                self.out.line("")?;
            }
        }
        Ok(())
    }
}
