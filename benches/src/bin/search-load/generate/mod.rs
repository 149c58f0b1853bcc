//! Events in the shape of real ones, the same in every run: as many different users, hosts,
//! addresses and ids as an installation of some thousand machines shows in a day, few of them often
//! and most of them seldom. Written for this benchmark; nothing of anybody's logs is in it.
//!
//! | value | different ones |
//! |---|---|
//! | users, machines | 4,000 users; 900 servers, 1,500 workstations |
//! | names that attackers try | 20,000 |
//! | addresses | 250,000 outside (IPv4), 6,000 inside, 40,000 IPv6 |
//! | programs, libraries, registry keys | 400, 3,000, 20,000; each file with its digests |
//! | pids, ports, sizes, counters, serials, GUIDs, request ids | new in nearly every event |
//!
//! Users, machines and addresses follow Zipf's law ([`Random::zipf`]). Time moves on at about 120
//! events a second, so that ten million are a day; an event's own time lies up to 40 ms before its
//! receipt, for one in 200 up to five seconds. Once in a while somebody guesses passwords or scans
//! ports, and half of what comes is that, ten times as fast.
//!
//! One event in [`NEEDLE_EVERY`] is a login of one of [`NEEDLES`] accounts that are nowhere else.

mod audit;
mod cloud;
mod firewall;
mod journald;
mod moment;
mod syslog;
mod web;
mod windows;
mod world;

use std::fmt;

use clap::ValueEnum;
use vakt_benches::random::Random;
use vakt_event::{Format, Frame, Timestamp};

use moment::Moment;
use world::{Attack, World};

pub(crate) use world::{external, internal};

/// 24 November 2026, 00:00 UTC, in microseconds.
const BEGIN: i64 = 1_795_478_400_000_000;

/// Microseconds between two events on average.
const STEP: u64 = 8_333;

/// One attack begins in so many events, and has up to [`ATTACK_EVENTS_MAX`].
const ATTACK_EVERY: u64 = 20_000;
const ATTACK_EVENTS_MAX: u64 = 3_000;

/// A prime, so that no other period falls together with it.
const NEEDLE_EVERY: u64 = 2_003;

/// How many different accounts the needles are.
pub(crate) const NEEDLES: u64 = 50;

/// What the events are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// Everything that a SIEM gets, about 280 bytes an event
    Mix,
    /// Lines of Unix machines, about 170 bytes an event
    Syslog,
    /// Security and Sysmon events as JSON, about 700 bytes an event
    Windows,
}

/// One kind of event: its share, how a listener gets it, and what writes it.
type Kind = (
    u64,
    Format,
    fn(&mut World, &Moment, &mut String) -> fmt::Result,
);

const MIX: &[Kind] = &[
    (13, Format::Syslog, syslog::sshd),
    (3, Format::Syslog, syslog::sudo),
    (5, Format::Syslog, syslog::cron),
    (8, Format::Syslog, syslog::systemd),
    (5, Format::Syslog, syslog::kernel),
    (8, Format::Syslog, syslog::application),
    (18, Format::Text, web::access),
    (10, Format::Text, audit::record),
    (12, Format::Syslog, firewall::traffic),
    (6, Format::Json, windows::flat),
    (5, Format::Json, windows::nested),
    (2, Format::Json, cloud::trail),
    (5, Format::Json, journald::entry),
];

const SYSLOG: &[Kind] = &[
    (20, Format::Syslog, syslog::sshd),
    (5, Format::Syslog, syslog::sudo),
    (7, Format::Syslog, syslog::cron),
    (12, Format::Syslog, syslog::systemd),
    (12, Format::Syslog, syslog::kernel),
    (16, Format::Syslog, syslog::application),
    (18, Format::Text, web::access),
    (10, Format::Text, audit::record),
];

const WINDOWS: &[Kind] = &[
    (55, Format::Json, windows::flat),
    (45, Format::Json, windows::nested),
];

impl Preset {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Mix => MIX,
            Self::Syslog => SYSLOG,
            Self::Windows => WINDOWS,
        }
    }

    fn needle(self) -> Kind {
        match self {
            Self::Mix | Self::Syslog => (1, Format::Syslog, syslog::needle),
            Self::Windows => (1, Format::Json, windows::needle),
        }
    }

    fn attack(self, attack: Attack) -> Kind {
        match (self, attack) {
            (Self::Windows, _) => (1, Format::Json, windows::failed_logon),
            (_, Attack::Guess { .. }) => (1, Format::Syslog, syslog::guess),
            (_, Attack::Scan { .. }) => (1, Format::Syslog, syslog::scan),
        }
    }
}

/// The account of a needle.
pub(crate) fn needle_name(number: u64) -> String {
    format!("breakglass{}", number % NEEDLES)
}

/// An endless row of events in the order of their receipt.
pub(crate) struct Generator {
    preset: Preset,
    world: World,
    shares: u64,
    now: i64,
    attack_events: u64,
}

impl Generator {
    pub(crate) fn new(preset: Preset, seed: u64) -> Self {
        Self {
            preset,
            world: World::new(Random::new(seed)),
            shares: preset.kinds().iter().map(|(share, ..)| share).sum(),
            now: BEGIN,
            attack_events: 0,
        }
    }

    fn kind(&mut self) -> Kind {
        if self.world.made.is_multiple_of(NEEDLE_EVERY) {
            return self.preset.needle();
        }
        if self.attack_events > 0 && self.world.random.below(2) == 0 {
            return self.preset.attack(self.world.attack);
        }
        let mut at = self.world.random.below(self.shares);
        let kinds = self.preset.kinds();
        let mut kinds = kinds.iter().filter(|(share, ..)| {
            let found = at < *share;
            at = at.saturating_sub(*share);
            found
        });
        kinds
            .next()
            .copied()
            .unwrap_or_else(|| self.preset.needle())
    }

    /// Moves time on, and begins and ends attacks.
    fn step(&mut self) {
        self.world.made += 1;
        let random = &mut self.world.random;
        let mut step = random.below(2 * STEP);
        if self.attack_events > 0 {
            self.attack_events -= 1;
            step /= 10;
        } else if random.below(ATTACK_EVERY) == 0 {
            self.attack_events = 1 + random.below(ATTACK_EVENTS_MAX);
            self.world.begin_attack();
        }
        self.now = self.now.saturating_add_unsigned(step);
    }

    /// The event's own time.
    fn claimed(&mut self) -> Moment {
        let random = &mut self.world.random;
        let late = match random.below(200) {
            0 => 5_000_000,
            _ => 40_000,
        };
        Moment::new(self.now.saturating_sub_unsigned(random.below(late)))
    }
}

impl Iterator for Generator {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        /// Room for most events, so that few of them are moved while they are written.
        const ROOM: usize = 512;
        self.step();
        let (_, format, write) = self.kind();
        let moment = self.claimed();
        let mut text = String::with_capacity(ROOM);
        write(&mut self.world, &moment, &mut text).ok()?;
        Some(Frame {
            bytes: text.into_bytes(),
            format,
            received: Timestamp::from_micros(self.now)?,
            truncated: false,
            cursor: None,
        })
    }
}

#[cfg(test)]
mod tests;
