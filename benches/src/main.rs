//! `cargo run --release -p vakt-benches -- [--rules PATH] [--stage NAME] [FILE]`: decode and match on
//! one core.
//!
//! Input is generated unless a file is given. Each round runs every stage once, so that a noisy
//! machine hurts all alike; the median of the rounds is shown, and its ratio to a floor: a plain
//! UTF-8 validation of the same bytes.
//!
//! With `--stage` (`none`, `floor`, `decode`, `both`) one stage runs, once over the input: for a
//! profiler, or to count instructions under callgrind (less those of `none`).

mod input;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use vakt::ruleset::{RuleSettings, Ruleset};
use vakt_codec::files::RECORD_BYTES_MAX;
use vakt_codec::{DecodeContext, Decoder, FileFormat, Record, Records, decode};
use vakt_event::Event;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Odd, so that the median is a round.
const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let mut rules = Vec::new();
    let mut file = None;
    let mut only = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rules" => rules.push(PathBuf::from(arguments.next().context("--rules PATH")?)),
            "--stage" => only = Some(arguments.next().context("--stage NAME")?),
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    let started = Instant::now();
    let ruleset = Ruleset::load(&RuleSettings {
        paths: rules,
        ..RuleSettings::default()
    })?;
    say(&format!(
        "{} rules loaded and compiled in {:.2} s",
        ruleset.counts.loaded,
        started.elapsed().as_secs_f64()
    ));
    let kinds = match file {
        Some(path) => vec![(path.display().to_string(), std::fs::read(path)?)],
        None => input::kinds(),
    };
    if let Some(stage) = only {
        for (_, bytes) in kinds {
            run_once(&stage, &bytes, &ruleset)?;
        }
        return Ok(());
    }
    say("| input | stage | events/s | MB/s | times the floor |");
    say("|---|---|--:|--:|--:|");
    for (name, bytes) in kinds {
        measure(&name, &bytes, &ruleset)?;
    }
    Ok(())
}

fn run_once(stage: &str, bytes: &[u8], ruleset: &Ruleset) -> Result<()> {
    let zone = jiff::tz::TimeZone::UTC;
    let context = context(&zone);
    let mut scratch = ruleset.engine.scratch();
    let mut decoder = Decoder::default();
    let mut hits = Vec::new();
    for record in Records::new(bytes, FileFormat::Auto, RECORD_BYTES_MAX) {
        let record = record?;
        match stage {
            "floor" => drop(std::hint::black_box(std::str::from_utf8(&record.bytes))),
            "decode" | "both" => {
                let event = decoder.decode(&record.bytes, record.format, &context);
                if stage == "both" {
                    hits.clear();
                    ruleset.engine.matches(&event, &mut scratch, &mut hits);
                }
                std::hint::black_box((&event, &hits));
                decoder.recycle(event);
            }
            _ => {}
        }
    }
    Ok(())
}

fn context(zone: &jiff::tz::TimeZone) -> DecodeContext<'_> {
    DecodeContext {
        received: None,
        reference: Some(jiff::Timestamp::now().into()),
        zone,
        logsource_fields: false,
        assume: None,
    }
}

fn measure(name: &str, bytes: &[u8], ruleset: &Ruleset) -> Result<()> {
    let records: Vec<Record> =
        Records::new(bytes, FileFormat::Auto, RECORD_BYTES_MAX).collect::<Result<_, _>>()?;
    let zone = jiff::tz::TimeZone::UTC;
    let context = context(&zone);
    let events: Vec<Event<'_>> = records
        .iter()
        .map(|record| decode(&record.bytes, record.format, &context))
        .collect();
    let mut scratch = ruleset.engine.scratch();
    let mut decoder = Decoder::default();
    let mut hits = Vec::new();
    let mut stages: [(&str, Vec<f64>); 4] = [
        ("floor: UTF-8 validation", Vec::new()),
        ("decode", Vec::new()),
        ("match", Vec::new()),
        ("decode and match", Vec::new()),
    ];
    for _ in 0..ROUNDS {
        let mut checked = 0;
        stages[0].1.push(timed(|| {
            for record in &records {
                checked += usize::from(std::str::from_utf8(&record.bytes).is_ok());
            }
        }));
        std::hint::black_box(checked);
        stages[1].1.push(timed(|| {
            for record in &records {
                let event = decoder.decode(&record.bytes, record.format, &context);
                std::hint::black_box(&event);
                decoder.recycle(event);
            }
        }));
        stages[2].1.push(timed(|| {
            for event in &events {
                hits.clear();
                ruleset.engine.matches(event, &mut scratch, &mut hits);
                std::hint::black_box(&hits);
            }
        }));
        stages[3].1.push(timed(|| {
            for record in &records {
                let event = decoder.decode(&record.bytes, record.format, &context);
                hits.clear();
                ruleset.engine.matches(&event, &mut scratch, &mut hits);
                std::hint::black_box(&hits);
                decoder.recycle(event);
            }
        }));
    }
    let floor = median(&mut stages[0].1);
    for (stage, seconds) in &mut stages {
        let seconds = median(seconds);
        say(&format!(
            "| {name} | {stage} | {:.0} | {:.0} | {:.1} |",
            as_f64(records.len()) / seconds,
            as_f64(bytes.len()) / seconds / 1e6,
            seconds / floor
        ));
    }
    Ok(())
}

fn timed(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts for people")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::print_stdout, reason = "a program that prints a table")]
fn say(line: &str) {
    println!("{line}");
}
