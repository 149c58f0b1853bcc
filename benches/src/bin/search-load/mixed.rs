//! Queries while events come in at half of what the index can take, beside either alone.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use vakt_benches::output::{as_f64, head, row, thousands, times};
use vakt_event::Frame;

use crate::generate::Generator;
use crate::intake::COMMIT_EVENTS;
use crate::latency::{Times, millis};
use crate::question::{Engine, Question};
use crate::sink::{Decoder, Sink};
use crate::vakt::{Vakt, Writer};

/// A commit comes so often, as in the daemon.
const COMMIT_INTERVAL: Duration = Duration::from_millis(400);

/// How often events come: each time as many as are due.
const TICK: Duration = Duration::from_millis(10);

/// The most events made ready for one part of the measurement, some hundred megabytes.
const FRAMES_MAX: usize = 2_000_000;

/// Goes on with the index in `dir` and with `events`, which were taken in at `events_a_second` when
/// nothing else ran.
pub(crate) fn run(
    dir: &Path,
    events: &mut Generator,
    questions: &[Question],
    events_a_second: f64,
    part: Duration,
) -> Result<()> {
    let vakt = Vakt::open(dir)?;
    let wanted = events_a_second / 2.0;
    let mut take = || -> Vec<Frame> {
        let wanted = Duration::from_secs(1).div_f64(wanted);
        let count = part.as_nanos() / wanted.as_nanos().max(1);
        let count = usize::try_from(count).unwrap_or(FRAMES_MAX);
        events.take(count.min(FRAMES_MAX)).collect()
    };
    let (alone, together) = (take(), take());
    let begun = Instant::now();
    let idle = ask_until(&vakt, questions, || begun.elapsed() > part)?;
    let mut writer = vakt.writer()?;
    let rate_alone = take_in(&mut writer, &alone, wanted)?;
    let is_over = AtomicBool::new(false);
    let (rate_together, busy) = thread::scope(|scope| -> Result<_> {
        let intake = scope.spawn(|| {
            let rate = take_in(&mut writer, &together, wanted);
            is_over.store(true, Ordering::Relaxed);
            rate
        });
        let busy = ask_until(&vakt, questions, || is_over.load(Ordering::Relaxed))?;
        let rate = intake
            .join()
            .ok()
            .context("the thread of the intake panicked")??;
        Ok((rate, busy))
    })?;
    writer.finish()?;
    print_queries(&idle, &busy);
    print_intake(wanted, rate_alone, rate_together);
    Ok(())
}

/// Adds the events as they become due at `wanted` a second, and gives how many a second it were.
fn take_in(writer: &mut Writer, frames: &[Frame], wanted: f64) -> Result<f64> {
    let mut decoder = Decoder::new();
    let begun = Instant::now();
    let (mut committed_at, mut uncommitted, mut done) = (begun, 0, 0);
    while done < frames.len() {
        let due = frames
            .len()
            .min(whole(begun.elapsed().as_secs_f64() * wanted));
        let until = due.min(done + COMMIT_EVENTS - uncommitted);
        for frame in frames.get(done..until).unwrap_or_default() {
            decoder.with(frame, |event| writer.add(frame, event))?;
        }
        uncommitted += until.saturating_sub(done);
        done = done.max(until);
        if uncommitted >= COMMIT_EVENTS || committed_at.elapsed() > COMMIT_INTERVAL {
            writer.commit()?;
            (committed_at, uncommitted) = (Instant::now(), 0);
        }
        if done == due {
            thread::sleep(TICK);
        }
    }
    writer.commit()?;
    Ok(as_f64(frames.len()) / begun.elapsed().as_secs_f64())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of events that are due"
)]
fn whole(number: f64) -> usize {
    number as usize
}

type Asked = Vec<(&'static str, Times)>;

/// Asks one question after the other until it is over, but each variant of each once.
fn ask_until(vakt: &Vakt, questions: &[Question], is_over: impl Fn() -> bool) -> Result<Asked> {
    let mut asked: Asked = questions
        .iter()
        .map(|question| (question.name, Times::default()))
        .collect();
    for round in 0.. {
        for (question, (_, times)) in questions.iter().zip(&mut asked) {
            let Some(ask) = question.variants.get(round % question.variants.len()) else {
                continue;
            };
            let begun = Instant::now();
            if vakt.ask(ask)?.is_some() {
                times.push(begun.elapsed());
            }
        }
        if is_over() {
            break;
        }
    }
    asked.retain(|(_, times)| times.count() > 0);
    Ok(asked)
}

fn print_queries(idle: &Asked, busy: &Asked) {
    head(
        "Vakt's answers while events come in at half of the maximum, ms (aim: p99 at most doubles)",
        &[
            "question",
            "idle p50",
            "p99",
            "with intake p50",
            "p99",
            "p99, with ÷ idle",
            "asked",
        ],
    );
    let (mut all_idle, mut all_busy) = (Times::default(), Times::default());
    for ((name, idle), (_, busy)) in idle.iter().zip(busy) {
        print_row(name, idle, busy);
        all_idle.extend(idle);
        all_busy.extend(busy);
    }
    print_row("all", &all_idle, &all_busy);
}

fn print_row(name: &str, idle: &Times, busy: &Times) {
    row(&[
        name.to_owned(),
        millis(idle.percentile(50)),
        millis(idle.percentile(99)),
        millis(busy.percentile(50)),
        millis(busy.percentile(99)),
        times(busy.percentile(99) / idle.percentile(99)),
        format!("{}, {}", idle.count(), busy.count()),
    ]);
}

fn print_intake(wanted: f64, alone: f64, together: f64) {
    head(
        "Intake, events a second (aim: with queries at least 0.9 of without)",
        &[
            "wanted",
            "without queries",
            "with queries",
            "with ÷ without",
        ],
    );
    row(&[
        thousands(wanted),
        thousands(alone),
        thousands(together),
        times(together / alone),
    ]);
}
