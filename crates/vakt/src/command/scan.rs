//! `vakt scan`: the rules over files.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use vakt_codec::{DecodeContext, FileFormat};
use vakt_event::{Level, LogSource, Timestamp};

use super::{Global, Outcome};
use crate::config::Config;
use crate::files::{self, Progress};
use crate::output::{Output, Printer, printable, tell};
use crate::pipeline::detector::{Detector, Found};
use crate::pipeline::given_up;
use crate::ruleset::Ruleset;
use evaluate::{Evaluated, Evaluator, Handed, Numbered, Team, Work};
use line::line;
use pieces::{Content, Pieces, Used};
use turns::{Taken, Turns};

mod evaluate;
mod line;
mod pieces;
mod turns;

/// Pieces of a worker that are evaluated before their turn, at most: on large machines memory counts, and a piece
/// is 64 KiB.
const EARLY_PIECES_MAX: usize = 8;

#[derive(Args, Debug)]
pub struct Options {
    /// Files or folders; gzip and zstd are unpacked; standard input where none is named
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    /// Exit with 1 when a rule of this level or above matched: informational, low, medium, high or critical
    #[arg(long, value_name = "LEVEL")]
    fail_on: Option<Level>,
    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// How the bytes of files become events.
#[derive(Args, Clone, Debug)]
pub struct Reading {
    /// auto, json, syslog, journal (export format) or text
    #[arg(long, default_value = "auto", value_name = "FORMAT", value_parser = format)]
    pub format: FileFormat,
    /// Parts of the log source that the events do not show: product=…,category=…,service=…
    #[arg(long, value_name = "PARTS", value_parser = log_source)]
    pub logsource: Option<LogSource<'static>>,
    /// Take fields named product, category and service as the log source
    #[arg(long)]
    pub logsource_fields: bool,
}

impl Reading {
    pub fn context<'c>(&'c self, zone: &'c jiff::tz::TimeZone) -> DecodeContext<'c> {
        DecodeContext {
            received: None,
            reference: Some(jiff::Timestamp::now().into()),
            zone,
            logsource_fields: self.logsource_fields,
            assume: self.logsource.as_ref(),
        }
    }
}

fn format(word: &str) -> Result<FileFormat, String> {
    Ok(match word {
        "auto" => FileFormat::Auto,
        "json" => FileFormat::Json,
        "syslog" => FileFormat::Syslog,
        "journal" => FileFormat::Journal,
        "text" => FileFormat::Text,
        _ => return Err("a format is one of auto, json, syslog, journal, text".to_owned()),
    })
}

fn log_source(text: &str) -> Result<LogSource<'static>, String> {
    let mut source = LogSource::default();
    for part in text.split(',') {
        let (name, word) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not NAME=WORD"))?;
        let slot = match name.trim() {
            "product" => &mut source.product,
            "category" => &mut source.category,
            "service" => &mut source.service,
            _ => return Err(format!("{name:?} is none of product, category, service")),
        };
        *slot = Some(word.trim().to_owned().into());
    }
    Ok(source)
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let config = Config::of(global)?;
    let ruleset = Ruleset::load(&config.rule_settings(global))?;
    ruleset.report();
    let paths = files::expand(&options.files)?;
    let mut pool = rayon::ThreadPoolBuilder::new().thread_name(|n| format!("scan-{n}"));
    if let Some(threads) = options.threads {
        pool = pool.num_threads(threads);
    }
    let pool = pool.build().context("cannot start worker threads")?;
    let mut scan = Scan::new(&ruleset, &paths, Output::or_by_terminal(global.output)?);
    let started = Instant::now();
    scan.all(&pool, options, started)?;
    scan.take_rest()?;
    let seconds = started.elapsed().as_secs_f64();
    scan.finish(seconds)?;
    let failed = options
        .fail_on
        .is_some_and(|level| scan.highest.is_some_and(|highest| highest >= level));
    Ok(if failed {
        Outcome::Found
    } else {
        Outcome::Done
    })
}

/// Where an event stands.
struct Place {
    file: usize,
    /// The record's ordinal in its file, from 1.
    number: u64,
    time: Option<Timestamp>,
}

struct Scan<'r> {
    ruleset: &'r Ruleset,
    detector: Detector<'r>,
    names: Vec<String>,
    progress: Progress,
    bar: ProgressBar,
    out: Printer,
    output: Output,
    events: u64,
    matches: u64,
    highest: Option<Level>,
    /// The file at hand, and how many of its records have been taken.
    file: usize,
    numbers: u64,
    /// The last event from which something may follow still.
    last: Option<Place>,
    found: Vec<Found>,
}

impl<'r> Scan<'r> {
    fn new(ruleset: &'r Ruleset, paths: &[PathBuf], output: Output) -> Self {
        let bar = match files::total_bytes(paths) {
            Some(total) => ProgressBar::new(total).with_style(bar_style()),
            None => ProgressBar::no_length(),
        };
        Self {
            ruleset,
            detector: Detector::new(ruleset),
            names: paths
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            progress: Progress::default(),
            bar,
            out: Printer::new(),
            output,
            events: 0,
            matches: 0,
            highest: None,
            file: 0,
            numbers: 0,
            last: None,
            found: Vec::new(),
        }
    }

    fn all(&mut self, pool: &rayon::ThreadPool, options: &Options, started: Instant) -> Result<()> {
        if self.output == Output::Json {
            self.out.line("{\"matches\":[")?;
        }
        let zone = jiff::tz::TimeZone::system();
        let workers = pool.current_num_threads().max(1);
        let context = options.reading.context(&zone);
        let team = Team::new(pool, || {
            Evaluator::new(&self.ruleset.engine, options.reading.format, &context)
        });
        let names = self.names.clone();
        let used = Used::default();
        let progress = self.progress.clone();
        let mut pieces = Pieces::new(&names, options.reading.format, progress, &used);
        loop {
            let numbered = Mutex::new(Numbered { pieces, given: 0 });
            let turns = Turns::new(&mut *self, workers * EARLY_PIECES_MAX);
            team.evaluate(&numbered, &turns, |scan, handed| {
                let taken = scan.take_handed(handed, &used);
                scan.show_progress(started);
                taken
            });
            let mut rest = turns.into_rest().into_iter();
            let Some(first) = rest.next() else {
                return Ok(());
            };
            let first = first?;
            let at = first.borrow_dependent().unclear.unwrap_or(0);
            let numbered = numbered.into_inner();
            pieces = numbered.unwrap_or_else(PoisonError::into_inner).pieces;
            let others = rest.map(|handed| handed.map(Work::into_owner)).collect();
            pieces.go_on_by_records(first.into_owner(), others, at, self.numbers);
        }
    }

    /// Takes what a piece led to; what is left of it where lines are no records, or where it fails.
    fn take_handed(&mut self, handed: Handed, used: &Used) -> Taken<Handed> {
        let work = match handed {
            Ok(work) => work,
            Err(error) => return Taken::Over(Err(error)),
        };
        let evaluated = work.borrow_dependent();
        if let Err(error) = self.take(work.borrow_owner().file, evaluated) {
            return Taken::Over(Err(error));
        }
        if evaluated.unclear.is_some() {
            return Taken::Over(Ok(work));
        }
        if let Content::Lines(block) = work.into_owner().content {
            used.give_back(block);
        }
        Taken::Whole
    }

    fn take(&mut self, file: usize, evaluated: &Evaluated<'_>) -> Result<()> {
        if self.file != file {
            self.file = file;
            self.numbers = 0;
        }
        for kept in &evaluated.kept {
            let place = Place {
                file,
                number: self.numbers + kept.index + 1,
                time: kept.event.time.effective(),
            };
            let mut found = std::mem::take(&mut self.found);
            self.detector.observe(
                self.events + kept.index,
                &self.names[file],
                &kept.event,
                &kept.hits,
                &mut found,
            );
            for found in found.drain(..).filter(|found| !found.repeat) {
                self.print(&place, &found)?;
            }
            self.found = found;
            self.last = Some(place);
        }
        self.events += evaluated.records;
        self.numbers += evaluated.records;
        Ok(())
    }

    /// The input ended: what was open is complete as far as it will ever be.
    fn take_rest(&mut self) -> Result<()> {
        let Some(last) = self.last.take() else {
            return Ok(());
        };
        let mut found = Vec::new();
        self.detector.finish(&mut found);
        for found in found.iter().filter(|found| !found.repeat) {
            self.print(&last, found)?;
        }
        Ok(())
    }

    fn print(&mut self, place: &Place, found: &Found) -> Result<()> {
        let meta = found.meta(self.ruleset);
        self.highest = self.highest.max(Some(meta.level));
        self.matches += 1;
        match self.output {
            Output::Text => {
                let fields: Vec<String> = found
                    .matched
                    .iter()
                    .map(|(field, value)| format!("{field}={}", printable(&shortened(value))))
                    .collect();
                let line = format!(
                    "{:<13} {}  {}:{}  {}",
                    meta.level,
                    meta.title,
                    self.names[place.file],
                    place.number,
                    fields.join("  ")
                );
                let out = &mut self.out;
                self.bar.suspend(|| -> std::io::Result<()> {
                    out.line(&line)?;
                    out.flush()
                })?;
            }
            Output::Ndjson => self.out.json_line(&line(place, found, meta, &self.names))?,
            Output::Json => {
                if self.matches > 1 {
                    self.out.line(",")?;
                }
                self.out.json_line(&line(place, found, meta, &self.names))?;
            }
        }
        Ok(())
    }

    fn show_progress(&self, started: Instant) {
        self.bar.set_position(self.progress.bytes());
        let seconds = started.elapsed().as_secs_f64();
        self.bar.set_message(format!(
            "{} events, {} matches, {:.0} events/s",
            self.events,
            self.matches,
            rate(self.events, seconds)
        ));
    }

    fn finish(&mut self, seconds: f64) -> Result<()> {
        self.bar.finish_and_clear();
        let summary = json!({
            "rules": self.ruleset.counts.loaded,
            "events": self.events,
            "matches": self.matches,
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "events_per_second": rate(self.events, seconds).round(),
        });
        if self.output == Output::Json {
            self.out.line(&format!("],\"summary\":{summary}}}"))?;
        }
        self.out.flush()?;
        for note in given_up::notes(&self.detector.correlator) {
            tell(&format!("note: {note}"));
        }
        tell(&format!(
            "{} events, {} matches, {seconds:.3} s, {:.0} events/s, {} rules",
            self.events,
            self.matches,
            rate(self.events, seconds),
            self.ruleset.counts.loaded
        ));
        Ok(())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate for people; counts beyond 2^52 are out of reach"
)]
fn rate(events: u64, seconds: f64) -> f64 {
    events as f64 / seconds.max(1e-9)
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The beginning of a long value, for a person's eyes.
fn shortened(value: &str) -> String {
    const SHOWN_CHARS: usize = 120;
    let mut chars = value.chars();
    let beginning: String = chars.by_ref().take(SHOWN_CHARS).collect();
    if chars.next().is_some() {
        format!("{beginning}…")
    } else {
        beginning
    }
}
