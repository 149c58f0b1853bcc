//! `vakt scan`: the rules over files.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, FileFormat, Record, Records, decode};
use vakt_detect::Scratch;
use vakt_event::{Event, Level, LogSource};

use super::{Global, Outcome};
use crate::config::Config;
use crate::files::{self, Progress};
use crate::output::{Output, Printer, printable, tell};
use crate::pipeline::detector::{Detector, Found, is_joinable};
use crate::ruleset::Ruleset;

/// Records that a worker takes at once: enough that handing over does not show.
const CHUNK_RECORDS: usize = 1024;
/// Bytes after which a chunk is full, so that memory stays bounded with long records.
const CHUNK_BYTES: usize = 1 << 20;

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

struct Chunk {
    file: usize,
    records: Vec<Record>,
}

/// An event that something follows from, with nothing borrowed.
#[derive(Clone)]
struct Kept {
    file: usize,
    number: u64,
    event: Event<'static>,
    hits: Vec<usize>,
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
    let mut scan = Scan::new(&ruleset, &paths, Output::or_by_terminal(global.output));
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
    /// The last event from which something may follow still.
    last: Option<Kept>,
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
        let (sender, receiver) = crossbeam_channel::bounded::<Result<Chunk>>(workers * 2);
        let names = self.names.clone();
        let progress = self.progress.clone();
        let format = options.reading.format;
        std::thread::scope(|scope| -> Result<()> {
            std::thread::Builder::new()
                .name("scan-read".into())
                .spawn_scoped(scope, move || read(&names, format, &progress, &sender))
                .context("cannot start the reading thread")?;
            let mut scratches: Vec<Scratch> = (0..workers)
                .map(|_| self.ruleset.engine.scratch())
                .collect();
            while let Ok(first) = receiver.recv() {
                let mut chunks = vec![first?];
                while chunks.len() < workers
                    && let Ok(next) = receiver.try_recv()
                {
                    chunks.push(next?);
                }
                let engine = &self.ruleset.engine;
                let kept: Vec<Vec<Kept>> = pool.install(|| {
                    chunks
                        .par_iter()
                        .zip(&mut scratches)
                        .map(|(chunk, scratch)| {
                            evaluate(chunk, engine, scratch, &options.reading.context(&zone))
                        })
                        .collect()
                });
                for (chunk, kept) in chunks.iter().zip(kept) {
                    self.take(chunk, &kept)?;
                }
                self.show_progress(started);
            }
            Ok(())
        })
    }

    fn take(&mut self, chunk: &Chunk, kept: &[Kept]) -> Result<()> {
        let base = self.events;
        self.events += u64::try_from(chunk.records.len())?;
        let first_number = chunk.records.first().map_or(0, |record| record.number);
        for kept in kept {
            let position = base + (kept.number - first_number);
            let mut found = std::mem::take(&mut self.found);
            self.detector.observe(
                position,
                &self.names[kept.file],
                &kept.event,
                &kept.hits,
                &mut found,
            );
            for found in found.drain(..).filter(|found| !found.repeat) {
                self.print(kept, &found)?;
            }
            self.found = found;
        }
        if let Some(last) = kept.last() {
            self.last = Some(last.clone());
        }
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

    fn print(&mut self, kept: &Kept, found: &Found) -> Result<()> {
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
                    self.names[kept.file],
                    kept.number,
                    fields.join("  ")
                );
                let out = &mut self.out;
                self.bar.suspend(|| -> std::io::Result<()> {
                    out.line(&line)?;
                    out.flush()
                })?;
            }
            Output::Ndjson => self
                .out
                .json_line(&match_json(kept, found, meta, &self.names))?,
            Output::Json => {
                if self.matches > 1 {
                    self.out.line(",")?;
                }
                self.out
                    .json_line(&match_json(kept, found, meta, &self.names))?;
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

/// Reads all files in the order given, chunk by chunk, until the receiver is gone.
fn read(
    names: &[String],
    format: FileFormat,
    progress: &Progress,
    sender: &crossbeam_channel::Sender<Result<Chunk>>,
) {
    for (file, name) in names.iter().enumerate() {
        let input = match files::open(name.as_ref(), progress) {
            Ok(input) => input,
            Err(error) => {
                drop(sender.send(Err(error)));
                return;
            }
        };
        let mut records = Records::new(input.reader, format, RECORD_BYTES_MAX);
        loop {
            let mut chunk = Chunk {
                file,
                records: Vec::with_capacity(CHUNK_RECORDS),
            };
            let mut bytes = 0;
            let mut failed = None;
            while chunk.records.len() < CHUNK_RECORDS && bytes < CHUNK_BYTES {
                match records.next() {
                    None => break,
                    Some(Ok(record)) => {
                        bytes += record.bytes.len();
                        chunk.records.push(record);
                    }
                    Some(Err(error)) => {
                        failed = Some(anyhow!("cannot read {name}: {error}"));
                        break;
                    }
                }
            }
            let ended = chunk.records.is_empty();
            if !ended && sender.send(Ok(chunk)).is_err() {
                return;
            }
            if let Some(error) = failed {
                drop(sender.send(Err(error)));
                return;
            }
            if ended {
                break;
            }
        }
    }
}

/// Decodes and matches a chunk; keeps the events from which something follows.
fn evaluate(
    chunk: &Chunk,
    engine: &vakt_detect::Engine,
    scratch: &mut Scratch,
    context: &DecodeContext<'_>,
) -> Vec<Kept> {
    let mut kept = Vec::new();
    let mut hits = Vec::new();
    for record in &chunk.records {
        let event = decode(&record.bytes, record.format, context);
        hits.clear();
        engine.matches(&event, scratch, &mut hits);
        if !hits.is_empty() || is_joinable(&event) {
            kept.push(Kept {
                file: chunk.file,
                number: record.number,
                event: event.into_owned(),
                hits: hits.clone(),
            });
        }
    }
    kept
}

fn match_json(
    kept: &Kept,
    found: &Found,
    meta: &vakt_rules::ast::Metadata,
    names: &[String],
) -> Json {
    let matched: Vec<Json> = found
        .matched
        .iter()
        .map(|(field, value)| json!({"field": field, "value": value}))
        .collect();
    json!({
        "rule": {
            "id": meta.id,
            "title": meta.title,
            "level": meta.level,
            "tags": meta.tags,
        },
        "event": {
            "source": names[kept.file],
            "number": kept.number,
            "time": kept.event.time.effective(),
        },
        "matched": matched,
    })
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
