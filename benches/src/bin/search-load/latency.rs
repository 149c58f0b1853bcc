//! How long answers take.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use vakt_benches::output::{head, row, times};

use crate::files::evict;
use crate::question::{Answer, Engine, Question};

/// Answers after which a question has been asked often enough for a p99.
const ASKED_MAX: usize = 200;
/// It is asked so often in any case.
const ASKED_MIN: usize = 5;

/// Seconds of wall time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64());
    }

    /// The time within which so many percent of the answers came (nearest rank).
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }
}

/// What an engine made of a question.
#[derive(Default)]
pub(crate) struct Measured {
    /// Each from an engine just opened, nothing of its files in memory.
    cold: Times,
    warm: Times,
    /// Of the first variant.
    answer: Option<Answer>,
}

/// Asks a question that the engine in `path` can answer; `None` where it cannot.
///
/// `open` is not counted.
pub(crate) fn measure<E: Engine>(
    question: &Question,
    path: &Path,
    open: impl Fn() -> Result<E>,
    cold_runs: usize,
    budget: Duration,
) -> Result<Option<Measured>> {
    let mut measured = Measured::default();
    for ask in question.variants.iter().cycle().take(cold_runs) {
        evict(path)?;
        let engine = open()?;
        let begun = Instant::now();
        if engine.ask(ask)?.is_none() {
            return Ok(None);
        }
        measured.cold.push(begun.elapsed());
    }
    let engine = open()?;
    for (number, ask) in question.variants.iter().enumerate() {
        let answer = engine.ask(ask)?;
        if number == 0 {
            measured.answer = answer;
        }
    }
    let begun = Instant::now();
    for ask in question.variants.iter().cycle().take(ASKED_MAX) {
        if measured.warm.count() >= ASKED_MIN && begun.elapsed() > budget {
            break;
        }
        let asked = Instant::now();
        engine.ask(ask)?;
        measured.warm.push(asked.elapsed());
    }
    Ok(Some(measured))
}

/// A question and what each engine made of it.
pub(crate) struct Row {
    pub(crate) question: &'static str,
    pub(crate) vakt: Option<Measured>,
    pub(crate) plain: Option<Measured>,
    pub(crate) grep: Option<Measured>,
}

/// Milliseconds, with as many digits as mean something.
pub(crate) fn millis(seconds: f64) -> String {
    match seconds * 1e3 {
        ms if ms.is_nan() => "-".to_owned(),
        ms if ms < 10.0 => format!("{ms:.2}"),
        ms => format!("{ms:.0}"),
    }
}

pub(crate) fn print(rows: &[Row], grep_program: &str) {
    print_times("Warm answers, ms", rows, grep_program, |measured| {
        &measured.warm
    });
    print_times(
        "Cold answers, ms: opened anew, nothing of the files in the page cache (opening is not counted)",
        rows,
        grep_program,
        |measured| &measured.cold,
    );
    print_totals(rows, grep_program);
}

fn print_times(title: &str, rows: &[Row], program: &str, pick: impl Fn(&Measured) -> &Times) {
    let cells = [
        "question".to_owned(),
        "Vakt p50".to_owned(),
        "p99".to_owned(),
        "tantivy p50".to_owned(),
        "p99".to_owned(),
        format!("`zstd -dc \\| {program}` p50"),
        "p99".to_owned(),
        "tantivy ÷ Vakt".to_owned(),
        format!("{program} ÷ Vakt"),
        "asked".to_owned(),
    ];
    head(title, &cells.each_ref().map(String::as_str));
    for shown in rows {
        let mut cells = vec![shown.question.to_owned()];
        let engines = [&shown.vakt, &shown.plain, &shown.grep]
            .map(|measured| measured.as_ref().map(&pick).cloned().unwrap_or_default());
        for times in &engines {
            cells.push(millis(times.percentile(50)));
            cells.push(millis(times.percentile(99)));
        }
        let [vakt, plain, grep] = engines.each_ref().map(|times| times.percentile(50));
        cells.push(times(plain / vakt));
        cells.push(times(grep / vakt));
        cells.push(
            engines
                .each_ref()
                .map(|times| times.count().to_string())
                .join(", "),
        );
        row(&cells);
    }
}

fn print_totals(rows: &[Row], program: &str) {
    head(
        "Totals, of the first variant of each question",
        &["question", "Vakt", "tantivy", program],
    );
    for shown in rows {
        let total = |measured: &Option<Measured>| {
            let total = measured
                .as_ref()
                .and_then(|measured| measured.answer?.total);
            total.map_or("-".to_owned(), |total| total.to_string())
        };
        row(&[
            shown.question.to_owned(),
            total(&shown.vakt),
            total(&shown.plain),
            total(&shown.grep),
        ]);
    }
}
