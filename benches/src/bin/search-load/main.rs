//! Measures the index: what it costs to take events in, what it takes on disk, how long answers take;
//! beside plain tantivy, and beside `zstd -dc | rg` over the same events.
//!
//! ```sh
//! cargo run --release -p vakt-benches --bin search-load -- --events 1000000 --preset mix --dir DIR
//! cargo run --release -p vakt-benches --bin search-load -- --events 1000000 --dir DIR --mixed
//! cargo run --release -p vakt-benches --bin search-load -- --events 1000000 --write FILE
//! ```
//!
//! **Events** (`generate`): made by a seed, the same in every run.
//!
//! **Intake** (`intake`): Vakt (`vakt`) and tantivy (`plain`) in alternation, each on a new index. CPU
//! seconds of all threads of this process are counted, less those of this thread for making the
//! events; decoding is measured by itself, over the same frames.
//!
//! **Answers** (`latency`, `question`): wall time, each question in several variants; cold, then warm.
//!
//! **Mixed** (`mixed`): answers while events come in at half of the rate that the intake reached.

#[cfg(test)]
mod agreement;
mod files;
mod generate;
mod grep;
mod intake;
mod latency;
mod mixed;
mod plain;
mod question;
mod sink;
mod vakt;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use vakt_benches::output::say;

use generate::{Generator, Preset};
use grep::Grep;
use intake::{Cost, Lines};
use latency::Row;
use plain::Plain;
use question::{Question, questions};
use vakt::Vakt;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the index.
#[derive(Parser)]
struct Arguments {
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    events: usize,
    #[arg(long, value_enum, default_value = "mix")]
    preset: Preset,
    /// Where the indexes and the lines are kept; folders and files of an earlier run are replaced
    #[arg(long, value_name = "DIR", required_unless_present = "write")]
    dir: Option<PathBuf>,
    /// What the events begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Rounds of intake, of which the one that took the least CPU is shown
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: usize,
    /// Cold answers to each question
    #[arg(long, value_name = "N", default_value_t = 5)]
    cold: usize,
    /// Seconds after which a question is not asked any more
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    budget: u64,
    /// Takes events into Vakt's index and ends: for a profiler
    #[arg(long, conflicts_with = "mixed")]
    only_intake: bool,
    /// Asks the indexes that an earlier run with the same events left there: two programs are compared
    /// over the same files
    #[arg(long, conflicts_with_all = ["only_intake", "mixed"])]
    ask_again: bool,
    /// Asks only questions that have this in their names
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    question: String,
    /// Measures answers while events come in, too
    #[arg(long)]
    mixed: bool,
    /// Seconds of each part of --mixed
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    mixed_seconds: u64,
    /// Writes the events to a file, a line each, and ends
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "mixed"])]
    write: Option<PathBuf>,
}

/// Where things are.
struct Paths {
    vakt: PathBuf,
    plain: PathBuf,
    lines: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let generator = || Generator::new(arguments.preset, arguments.seed);
    if let Some(path) = &arguments.write {
        return files::write_lines(path, generator().take(arguments.events));
    }
    ensure!(arguments.events > 0, "--events: at least one is needed");
    let dir = arguments.dir.as_ref().context("--dir is needed")?;
    std::fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    let paths = Paths {
        vakt: dir.join("vakt"),
        plain: dir.join("tantivy"),
        lines: dir.join("events.zst"),
    };
    if arguments.only_intake {
        let path = files::fresh(dir, "vakt")?;
        let cost = intake::measure(Vakt::open(&path)?.writer()?, generator(), arguments.events)?;
        intake::print_vakt(&cost);
        return Ok(());
    }
    if arguments.ask_again {
        let newest = generator().take(arguments.events).last();
        let newest = newest.context("the generator makes no events")?.received;
        return ask(&paths, &questions(arguments.preset, newest), &arguments);
    }
    let lines = intake::write_compressed(&paths.lines, generator(), arguments.events)?;
    let (vakt, plain) = take_in(dir, &arguments)?;
    intake::print(&lines, &vakt, &plain);
    let questions = questions(arguments.preset, lines.last);
    ask(&paths, &questions, &arguments)?;
    if arguments.mixed {
        let mut events = generator();
        go_to(&mut events, &lines);
        let part = Duration::from_secs(arguments.mixed_seconds);
        mixed::run(
            &paths.vakt,
            &mut events,
            &questions,
            vakt.events_a_second(),
            part,
        )?;
    }
    Ok(())
}

/// Both engines in alternation, each round on new indexes; the cheapest round of each.
fn take_in(dir: &Path, arguments: &Arguments) -> Result<(Cost, Cost)> {
    let events = || Generator::new(arguments.preset, arguments.seed);
    let (mut vakt, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        let path = files::fresh(dir, "vakt")?;
        let mut cost = intake::measure(Vakt::open(&path)?.writer()?, events(), arguments.events)?;
        // Opening the writer again removes what merges left behind.
        Vakt::open(&path)?.writer()?;
        cost.disk_bytes = files::bytes(&path)?;
        vakt.push(cost);
        let path = files::fresh(dir, "tantivy")?;
        let mut cost = intake::measure(plain::Writer::create(&path)?, events(), arguments.events)?;
        cost.disk_bytes = files::bytes(&path)?;
        plain.push(cost);
    }
    let cheapest = |costs: Vec<Cost>| {
        let costs = costs.into_iter();
        costs
            .min_by(|a, b| a.whole.total_cmp(&b.whole))
            .unwrap_or_default()
    };
    Ok((cheapest(vakt), cheapest(plain)))
}

fn ask(paths: &Paths, questions: &[Question], arguments: &Arguments) -> Result<()> {
    let budget = Duration::from_secs(arguments.budget);
    let grep = Grep::open(&paths.lines);
    let program = grep.as_ref().map_or("grep", |grep| grep.program);
    if grep.is_none() {
        say("skipped: `zstd -dc | rg`, because zstd, or both rg and grep, are not there");
    }
    let mut rows = Vec::new();
    let asked = |question: &&Question| question.name.contains(&arguments.question);
    for question in questions.iter().filter(asked) {
        let cold = arguments.cold;
        rows.push(Row {
            question: question.name,
            vakt: latency::measure(
                question,
                &paths.vakt,
                || Vakt::open(&paths.vakt),
                cold,
                budget,
            )?,
            plain: latency::measure(
                question,
                &paths.plain,
                || Plain::open(&paths.plain),
                cold,
                budget,
            )?,
            grep: match grep {
                Some(_) => {
                    let open = || Grep::open(&paths.lines).context("the programs went away");
                    latency::measure(question, &paths.lines, open, cold, budget)?
                }
                None => None,
            },
        });
    }
    latency::print(&rows, program);
    Ok(())
}

/// Passes over the events that were taken in.
fn go_to(events: &mut Generator, lines: &Lines) {
    for _ in 0..lines.raw.events {
        events.next();
    }
}
