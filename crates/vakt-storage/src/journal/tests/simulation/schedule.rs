//! One seed, one schedule: rounds of starting, working, failing and ending.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::super::progress::Progress;
use super::detector::Correlator;
use super::rot::Extents;
use super::trace::Trace;
use super::world::{Life, World, choose};
use crate::disk::random::SplitMix;
use crate::disk::{Call, Fault};

/// Of so many seeds one lets bytes rot, beside everything else.
const ROT_IN: u64 = 4;

#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) seed: u64,
    /// The rounds that are played; what a round does depends on the seed and its number alone.
    pub(super) rounds: Vec<u64>,
}

impl Schedule {
    pub(super) fn of(seed: u64) -> Self {
        let rounds = 1 + SplitMix(seed).below(6);
        Self {
            seed,
            rounds: (0..rounds).collect(),
        }
    }

    /// The same without one of its rounds.
    pub(super) fn shorter(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.rounds.len()).map(|left_out| {
            let mut shorter = self.clone();
            shorter.rounds.remove(left_out);
            shorter
        })
    }

    /// Plays it; panics where a promise is broken.
    pub(super) fn play(&self, trace: Trace) -> World {
        let mut world = World::new(&mut self.random(u64::MAX), trace);
        let rots = self.seed % ROT_IN == ROT_IN - 1;
        let mut extents = rots.then(Extents::default);
        for number in &self.rounds {
            world.trace.say(|| format!("round {number}"));
            play_round(&mut world, &mut self.random(*number), &mut extents);
        }
        world
            .trace
            .say(|| "the disk is well and all is sent".to_owned());
        finish(&mut world, &mut self.random(u64::MAX - 1), &mut extents);
        world
    }

    fn random(&self, part: u64) -> SplitMix {
        let mut mixed = SplitMix(self.seed ^ part.wrapping_mul(0x9e37_79b9));
        SplitMix(mixed.next())
    }
}

/// From the start of a daemon to its end.
fn play_round(world: &mut World, random: &mut SplitMix, extents: &mut Option<Extents>) {
    for _ in 0..random.below(3) {
        inject(world, random);
    }
    let life = start(world, extents);
    let life = match random.below(8) {
        0 => start_again(world, extents, life),
        _ => life,
    };
    if let Some(mut life) = life {
        for _ in 0..random.below(40) {
            step(world, &mut life, random, extents);
            // A daemon whose journal failed is restarted sooner or later.
            if life.process.is_poisoned() && random.below(4) == 0 {
                break;
            }
        }
        end_life(world, life, random, extents);
    }
    end_round(world, random, extents);
}

/// The daemon dies as soon as it has started; what was to be mended is mended.
fn start_again(
    world: &mut World,
    extents: &mut Option<Extents>,
    life: Option<Life>,
) -> Option<Life> {
    drop(life?);
    world.trace.say(|| "kill".to_owned());
    world.disk.kill();
    let life = start(world, extents).expect("a start on a disk that is well");
    assert_eq!(life.process.recovery.cut_bytes, 0, "it was cut already");
    Some(life)
}

/// The daemon is closed, or dies between two steps, or in the middle of one.
fn end_life(
    world: &mut World,
    mut life: Life,
    random: &mut SplitMix,
    extents: &mut Option<Extents>,
) {
    if random.below(2) == 0 {
        for _ in 0..random.below(6) {
            world.send(&mut life, random);
        }
        let after = random.below(10);
        world
            .trace
            .say(|| format!("the end comes {after} calls from here"));
        world.disk.inject(Fault::Stop { after });
    }
    match random.below(6) {
        0 => drop(close(world, life, extents)),
        1..4 => write(world, &mut life, extents),
        4 => world.index(&mut life, random),
        _ => world.detect(&mut life, random),
    }
}

fn end_round(world: &mut World, random: &mut SplitMix, extents: &mut Option<Extents>) {
    world.ended();
    let power_loss = random.below(2) == 0;
    if power_loss {
        world.trace.say(|| "power loss".to_owned());
        world.disk.crash(random.next());
    } else {
        world.trace.say(|| "kill".to_owned());
        world.disk.kill();
    }
    if let Some(extents) = extents
        && power_loss
        && random.below(2) == 0
    {
        let only_segments = extents.flip(&world.disk, random, &world.trace);
        world.truth.rotten = true;
        if !only_segments {
            world.truth.proven_end = 0;
        }
    }
}

fn start(world: &mut World, extents: &mut Option<Extents>) -> Option<Life> {
    let life = world.start()?;
    let (disk, truth) = (world.disk.clone(), &mut world.truth);
    disk.unharmed(|| match extents {
        Some(extents) => {
            if truth.rotten {
                truth.recovered_from_rot(&life.process, &extents.hit());
            } else {
                truth.recovered(&life.process);
            }
            extents.note(life.process.progress());
        }
        None => truth.recovered(&life.process),
    });
    Some(life)
}

fn step(world: &mut World, life: &mut Life, random: &mut SplitMix, extents: &mut Option<Extents>) {
    match random.below(40) {
        0..16 => world.send(life, random),
        16..19 => world.pack(life),
        19..22 => world.write_ahead(life),
        22..26 => write(world, life, extents),
        26..31 => world.index(life, random),
        31..36 => world.detect(life, random),
        36 => world.look(life, random),
        37 => inject(world, random),
        38 => world.calendar.pass_a_day(),
        _ => {
            world.trace.say(|| "the disk is well again".to_owned());
            world.disk.heal();
        }
    }
}

fn write(world: &mut World, life: &mut Life, extents: &mut Option<Extents>) {
    world.write(life);
    note(life.process.progress(), extents);
}

/// Whether the close went well.
fn close(world: &mut World, life: Life, extents: &mut Option<Extents>) -> bool {
    let progress = Arc::clone(life.process.progress());
    let closed = world.close(life);
    note(&progress, extents);
    if closed {
        world.truth.proven_end = world.truth.end;
    }
    closed
}

fn note(progress: &Progress, extents: &mut Option<Extents>) {
    if let Some(extents) = extents {
        extents.note(progress);
    }
}

fn inject(world: &mut World, random: &mut SplitMix) {
    let fault = any_fault(random);
    world.trace.say(|| format!("from now on: {fault:?}"));
    world.disk.inject(fault);
}

fn any_fault(random: &mut SplitMix) -> Fault {
    const CALLS: [Call; 7] = [
        Call::Read,
        Call::Write,
        Call::Sync,
        Call::SyncDir,
        Call::Name,
        Call::Allocate,
        Call::SetLen,
    ];
    // Starts take few calls, and most faults shall strike somewhere.
    let after_max = [1, 4, 15, 60][choose(random, 4)];
    let after = random.below(after_max);
    match random.below(12) {
        0..4 => Fault::Stop { after },
        4..6 => Fault::SyncDropsPages { after: after / 4 },
        6..9 => Fault::Error {
            call: CALLS[choose(random, CALLS.len())],
            after: after / 4,
            lasting: random.below(3) == 0,
        },
        // Little, or about as much as is asked for at once.
        9 => Fault::Room {
            bytes: (random.below(3) << 22) + random.below(4000),
        },
        10 => Fault::ShortWrites {
            bytes_max: 64 + random.below(700),
        },
        _ => Fault::ShortReads {
            bytes_max: 64 + random.below(700),
        },
    }
}

/// The disk is well: everything is sent, read and committed, and must be there once.
fn finish(world: &mut World, random: &mut SplitMix, extents: &mut Option<Extents>) {
    let mut life = start(world, extents).expect("a start on a disk that is well");
    for number in 0..world.clients.len() {
        let (client, end) = (&mut world.clients[number], world.truth.end);
        if random.below(2) == 0
            && let Some(ids) = client.next_batch(&mut world.truth.frames, random, end)
        {
            world.submit(&mut life, number, &ids);
        }
        while let Some(ids) = world.clients[number].resend() {
            world.submit(&mut life, number, &ids);
            write_all(world, &mut life, extents);
        }
    }
    write_all(world, &mut life, extents);
    world.truth.complete();
    catch_up(world, &mut life);
    assert!(
        close(world, life, extents),
        "a close on a disk that is well"
    );

    // What was closed survives the power loss, and nothing has to be mended.
    world.disk.crash(random.next());
    let mut life = start(world, extents).expect("a start on a disk that is well");
    let recovery = &life.process.recovery;
    assert_eq!(recovery.cut_bytes, 0);
    // What rotted can leave a checkpoint that knows more than there is.
    assert!(!recovery.cursors_rebuilt || world.truth.rotten);
    world.truth.complete();
    catch_up(world, &mut life);
    check_consumers(
        world,
        &life,
        &extents.as_ref().map_or_else(BTreeSet::new, Extents::hit),
    );
}

fn write_all(world: &mut World, life: &mut Life, extents: &mut Option<Extents>) {
    while life.process.waiting() > 0 {
        write(world, life, extents);
    }
}

fn catch_up(world: &World, life: &mut Life) {
    let (index, detector) = (
        life.index.as_mut().unwrap(),
        life.detector.as_mut().unwrap(),
    );
    detector.gaps = world.truth.rotten;
    while index.read(&life.process).unwrap() {}
    while detector.read(&life.process).unwrap() {}
    index.commit(&world.disk).unwrap();
    detector.commit(&world.disk, true).unwrap();
}

/// The index holds each position once, and each effect happened once.
fn check_consumers(world: &World, life: &Life, hit: &BTreeSet<u64>) {
    let (index, detector) = (
        life.index.as_ref().unwrap(),
        life.detector.as_ref().unwrap(),
    );
    for (position, id) in &index.entries {
        match world.truth.seen.get(position) {
            Some(there) => assert_eq!(there, id, "position {position} was given twice"),
            None => assert!(
                hit.contains(position),
                "{position} is indexed and not there"
            ),
        }
    }
    for position in world.truth.seen.keys() {
        let indexed = index.entries.contains_key(position);
        assert!(indexed, "position {position} is not indexed");
    }
    if !world.truth.rotten {
        let mut correlator = Correlator::default();
        let seen = world.truth.seen.iter();
        let expected: BTreeSet<_> = seen
            .flat_map(|(position, id)| correlator.feed(*position, *id))
            .collect();
        assert_eq!(detector.effects, expected);
    }
}
