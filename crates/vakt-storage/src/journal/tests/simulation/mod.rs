//! Promises 1 and 2 under power loss, process death, failing and full disks and rotting bytes: one
//! seed, one schedule, one thread.
//!
//! Clients send, and send again what was not acknowledged; the writer commits what waits; an index
//! and a detection read, and commit where they are with what they made of it; at any moment the disk
//! fails in any way of [`Fault`](crate::disk::Fault), and the daemon or the machine dies. After
//! every start and every commit all that readers are given is held against what was answered and
//! what had been given before ([`truth`]); at the end all that was sent must be there, be indexed
//! and have had its effects, once.
//!
//! `VAKT_SIMULATION_SEEDS` is the number of seeds, `VAKT_SIMULATION_SEED` replays one, of which
//! `VAKT_SIMULATION_ROUNDS` (numbers with commas) plays some rounds only, and prints what happened.

mod client;
mod clock;
mod detector;
mod frames;
mod index;
mod process;
mod rot;
mod schedule;
mod store;
mod trace;
mod truth;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use schedule::Schedule;
use trace::Trace;

/// What CI asks for: about a minute of one processor.
const SEEDS: u64 = 10_000;

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    if let Some(seed) = variable("VAKT_SIMULATION_SEED") {
        replay(seed);
        return;
    }
    let seeds = variable("VAKT_SIMULATION_SEEDS").unwrap_or(SEEDS);
    if let Some(seed) = first_failure(seeds) {
        fail(&shortest(Schedule::of(seed)));
    }
}

#[test]
fn the_same_seed_is_the_same_schedule() {
    for seed in 0..50 {
        let play = || {
            let trace = Trace::kept();
            Schedule::of(seed).play(trace.clone());
            trace.text()
        };
        assert_eq!(play(), play());
    }
}

/// Plays seeds on all processors; the lowest that fails.
fn first_failure(seeds: u64) -> Option<u64> {
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let play = || {
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= seeds.min(failed.load(Relaxed)) {
                return;
            }
            if broken(&Schedule::of(seed), &Trace::default()).is_some() {
                failed.fetch_min(seed, Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(play);
        }
    });
    Some(failed.into_inner()).filter(|seed| *seed < u64::MAX)
}

/// Which promise the schedule breaks, if it does.
fn broken(schedule: &Schedule, trace: &Trace) -> Option<String> {
    let played = catch_unwind(AssertUnwindSafe(|| schedule.play(trace.clone())));
    let panic = played.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    Some(text.unwrap_or_default())
}

/// Leaves out rounds for as long as it still fails.
fn shortest(schedule: Schedule) -> Schedule {
    let shorter = schedule
        .shorter()
        .find(|shorter| broken(shorter, &Trace::default()).is_some());
    shorter.map_or(schedule, shortest)
}

fn fail(schedule: &Schedule) {
    let trace = Trace::kept();
    let broken = broken(schedule, &trace).expect("it failed before");
    let (seed, rounds) = (schedule.seed, &schedule.rounds);
    let rounds: Vec<String> = rounds.iter().map(ToString::to_string).collect();
    let rounds = rounds.join(",");
    panic!(
        "{}\n\nseed {seed}, rounds {rounds}: {broken}\nreplay: VAKT_SIMULATION_SEED={seed} \
         VAKT_SIMULATION_ROUNDS={rounds} cargo test -p vakt-storage simulation -- --nocapture",
        trace.text()
    );
}

fn replay(seed: u64) {
    let mut schedule = Schedule::of(seed);
    if let Ok(rounds) = std::env::var("VAKT_SIMULATION_ROUNDS") {
        let rounds = rounds.split(',').filter(|round| !round.is_empty());
        schedule.rounds = rounds.map(|round| round.parse().unwrap()).collect();
    }
    let trace = Trace::kept();
    match broken(&schedule, &trace) {
        Some(_) => fail(&schedule),
        None => println!("{}\nseed {seed}: well", trace.text()),
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let value = text.parse().ok();
    assert!(value.is_some(), "{name}={text} is no number");
    value
}
