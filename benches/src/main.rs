//! Measures decoding and matching on one core.
//!
//! ```sh
//! cargo run --release -p vakt-benches -- --rules FOLDER          # the tables
//! cargo run --release -p vakt-benches -- --rules FOLDER EVENTS   # the same over a file
//! cargo run --release -p vakt-benches -- --rules FOLDER --adversary
//! benches/instructions.py --rules FOLDER                         # under callgrind
//! ```
//!
//! **Input** is generated (`input`), the same in every run: real in shape, mix and repetition, with
//! nothing of anybody's logs in it. A file replaces it.
//!
//! **The tables** (`table`): for each kind of event and each count of rules (nested subsets, chosen
//! by a seeded shuffle of the files: `subsets`) what decoding, matching and both take. The CPU time
//! of this thread is measured, every stage once in each round so that a noisy machine hurts all
//! alike, and the median of the rounds is shown. Each round begins with a matcher that has seen the
//! first fifth of the events and nothing else: caches are as warm as a stream makes them.
//!
//! **The floors** (`floor`): a plain UTF-8 validation of the same bytes, and for JSON the finding of
//! each top-level name and the extent of its value.
//!
//! **The adversary** (`adversary`): events that are made against each part of the codec and the engine,
//! beside ordinary events of like size.
//!
//! **One stage** (`stage`, with `--stage`): runs it once, for a profiler or to count instructions.
//!
//! What all of them use of Vakt is in `subject`.

mod adversary;
mod floor;
mod input;
mod memory;
mod stage;
mod subject;
mod subsets;
mod table;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use vakt_benches::{clock, output, random};

use input::Kind;
use subsets::Subset;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures decoding and matching on one core.
#[derive(Parser)]
struct Arguments {
    /// Rule files and folders; the embedded pack where none is named
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Counts of rule files to measure with, beside all
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "10,100,1000"
    )]
    counts: Vec<usize>,
    /// Only kinds of events (of the adversary: attacks) whose name holds this
    #[arg(long, value_name = "TEXT")]
    kind: Vec<String>,
    /// Events of each kind
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    events: usize,
    /// Rounds, of which the median is shown
    #[arg(long, value_name = "N", default_value_t = 7)]
    rounds: usize,
    /// What the generated input and the choice of rules begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Measures events that are made to be slow
    #[arg(long, conflicts_with_all = ["stage", "file"])]
    adversary: bool,
    /// Writes the events of the attacks to a file instead of measuring them, for a profiler
    #[arg(long, value_name = "FILE", requires = "adversary")]
    write: Option<PathBuf>,
    /// Runs these stages once over the last four fifths of each kind, for a profiler
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    stage: Vec<stage::Stage>,
    /// Loads the rules, says what that took, and ends
    #[arg(long, hide = true)]
    load_only: bool,
    /// A file of events instead of generated ones
    file: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.load_only {
        return memory::load_only(&arguments.rules);
    }
    let subsets = subsets::subsets(&arguments.rules, &arguments.counts, arguments.seed)?;
    if arguments.adversary {
        let options = adversary::Options {
            wanted: &arguments.kind,
            rounds: arguments.rounds,
            seed: arguments.seed,
        };
        return match &arguments.write {
            Some(path) => adversary::write(&subsets, &options, path),
            None => adversary::run(&subsets, &options),
        };
    }
    let kinds = kinds(&arguments)?;
    if arguments.stage.is_empty() {
        tables(&kinds, &subsets, arguments.rounds)
    } else {
        stage::run(&arguments.stage, &kinds, &subsets)
    }
}

fn kinds(arguments: &Arguments) -> Result<Vec<Kind>> {
    Ok(match &arguments.file {
        Some(path) => vec![Kind {
            name: path.file_name().unwrap_or_default().display().to_string(),
            bytes: std::fs::read(path)?,
        }],
        None => input::kinds(&arguments.kind, arguments.events, arguments.seed),
    })
}

fn tables(kinds: &[Kind], subsets: &[Subset], rounds: usize) -> Result<()> {
    memory::table(subsets)?;
    let loaded: Vec<_> = subsets.iter().map(Subset::load).collect::<Result<_>>()?;
    let measured: Vec<_> = kinds
        .iter()
        .map(|kind| table::measure(kind, &loaded, rounds))
        .collect::<Result<_>>()?;
    table::print(&measured, &loaded);
    Ok(())
}
