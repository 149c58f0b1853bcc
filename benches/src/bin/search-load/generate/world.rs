//! The users, machines, addresses and files of an installation, and the world that knocks at it.

use std::fmt::{Display, Formatter, Result};
use std::net::{Ipv4Addr, Ipv6Addr};

use vakt_benches::random::Random;

use super::windows::Files;

const USERS: u64 = 4_000;
const GUESSED: u64 = 20_000;
const SERVERS: u64 = 900;
const WORKSTATIONS: u64 = 1_500;
const EXTERNAL: u64 = 250_000;
const INTERNAL: u64 = 6_000;
const IPV6: u64 = 40_000;

const ACCOUNTS: [&str; 16] = [
    "root", "deploy", "backup", "ansible", "postgres", "git", "www-data", "nagios", "jenkins",
    "admin", "oracle", "ubuntu", "zabbix", "svc_sql", "svc_web", "elastic",
];

const FIRST: [&str; 32] = [
    "anna", "erik", "maria", "lars", "karin", "anders", "elin", "johan", "sara", "mikael", "emma",
    "nils", "ingrid", "oskar", "lena", "viktor", "hanna", "gustav", "sofia", "per", "linnea",
    "mats", "eva", "magnus", "ida", "fredrik", "amina", "omar", "li", "yusuf", "petra", "jan",
];

const LAST: [&str; 32] = [
    "andersson",
    "johansson",
    "karlsson",
    "nilsson",
    "eriksson",
    "larsson",
    "olsson",
    "persson",
    "svensson",
    "gustafsson",
    "pettersson",
    "jonsson",
    "jansson",
    "hansson",
    "bengtsson",
    "lindberg",
    "jakobsson",
    "magnusson",
    "lindstrom",
    "olofsson",
    "lindqvist",
    "lindgren",
    "berg",
    "axelsson",
    "bergstrom",
    "lundberg",
    "lind",
    "lundgren",
    "hassan",
    "ali",
    "nguyen",
    "koskinen",
];

const ROLES: [&str; 10] = [
    "web", "app", "db", "cache", "mq", "k8s-node", "mail", "build", "proxy", "vpn",
];
const SITES: [&str; 5] = ["sto", "got", "mma", "lla", "fra"];

/// Somebody who knocks.
#[derive(Clone, Copy)]
pub(super) enum Attack {
    Guess { peer: Ipv4Addr, server: u64 },
    Scan { peer: Ipv4Addr, server: u64 },
}

impl Attack {
    pub(super) fn peer(self) -> Ipv4Addr {
        match self {
            Self::Guess { peer, .. } | Self::Scan { peer, .. } => peer,
        }
    }

    pub(super) fn server(self) -> Server {
        match self {
            Self::Guess { server, .. } | Self::Scan { server, .. } => Server(server),
        }
    }
}

/// What events are made of.
pub(super) struct World {
    pub(super) random: Random,
    pub(super) files: Files,
    pub(super) attack: Attack,
    /// Events so far.
    pub(super) made: u64,
    /// The number of the last audit event.
    pub(super) serial: u64,
}

impl World {
    pub(super) fn new(mut random: Random) -> Self {
        Self {
            files: Files::new(&mut random),
            random,
            attack: Attack::Guess {
                peer: external(0),
                server: 0,
            },
            made: 0,
            serial: 2_322_535,
        }
    }

    pub(super) fn begin_attack(&mut self) {
        let peer = external(self.random.below(EXTERNAL));
        let server = self.random.below(SERVERS);
        self.attack = if self.random.below(3) == 0 {
            Attack::Scan { peer, server }
        } else {
            Attack::Guess { peer, server }
        };
    }

    pub(super) fn user(&mut self) -> User {
        User(self.random.zipf(USERS))
    }

    /// A name that somebody tries.
    pub(super) fn guessed(&mut self) -> Guessed {
        Guessed(self.random.zipf(GUESSED))
    }

    pub(super) fn server(&mut self) -> Server {
        Server(self.random.zipf(SERVERS))
    }

    pub(super) fn workstation(&mut self) -> Workstation {
        Workstation(self.random.zipf(WORKSTATIONS))
    }

    /// An address outside.
    pub(super) fn external(&mut self) -> Ipv4Addr {
        external(self.random.zipf(EXTERNAL))
    }

    /// An address inside.
    pub(super) fn internal(&mut self) -> Ipv4Addr {
        internal(self.random.zipf(INTERNAL))
    }

    /// Who connects from outside: one in twelve by IPv6.
    pub(super) fn peer(&mut self) -> std::net::IpAddr {
        if self.random.below(12) == 0 {
            let mixed = mix(self.random.zipf(IPV6) ^ 0x6666);
            let part = |shift: u32| u16::try_from((mixed >> shift) & 0xffff).unwrap_or(0);
            let (site, net) = (part(0) & 0xfff, part(12) & 0xff);
            Ipv6Addr::new(0x2001, 0xdb8, site, net, 0, part(20), part(36), part(48)).into()
        } else {
            self.external().into()
        }
    }

    pub(super) fn pid(&mut self) -> u64 {
        300 + self.random.below(4_194_000)
    }

    /// An ephemeral port.
    pub(super) fn port(&mut self) -> u64 {
        32_768 + self.random.below(28_232)
    }

    /// A count of bytes: as often a thousand as a million.
    pub(super) fn size(&mut self) -> u64 {
        40 + self.random.zipf(50_000_000)
    }

    pub(super) fn guid(&mut self) -> Guid {
        Guid(self.random.next(), self.random.next())
    }
}

/// The address outside of this rank.
pub(crate) fn external(rank: u64) -> Ipv4Addr {
    let [a, b, c, d, ..] = mix(rank ^ 0x0e0e).to_le_bytes();
    // 11 to 191: public ones, for the most part.
    Ipv4Addr::new(11 + a % 181, b, c, d)
}

/// The address inside of this rank.
pub(crate) fn internal(rank: u64) -> Ipv4Addr {
    let [a, b, c, ..] = mix(rank ^ 0x1717).to_le_bytes();
    Ipv4Addr::new(10, 20 + a % 8, b, c)
}

/// Spreads a rank over 64 bits (the finish of splitmix64).
pub(super) fn mix(rank: u64) -> u64 {
    let mixed = rank.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The item that a number stands for.
pub(super) fn pick<'a>(items: &[&'a str], number: u64) -> &'a str {
    let at = number.checked_rem(items.len() as u64).unwrap_or(0);
    usize::try_from(at)
        .ok()
        .and_then(|at| items.get(at).copied())
        .unwrap_or("")
}

/// An account: of a service, or of a person.
#[derive(Clone, Copy)]
pub(super) struct User(pub(super) u64);

impl Display for User {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 < ACCOUNTS.len() as u64 {
            return f.write_str(pick(&ACCOUNTS, self.0));
        }
        let mixed = mix(self.0);
        write!(f, "{}.{}", pick(&FIRST, mixed), pick(&LAST, mixed >> 16))?;
        // People of one name are numbered.
        match self.0 / 1024 {
            0 => Ok(()),
            number => write!(f, "{number}"),
        }
    }
}

pub(super) struct Guessed(u64);

impl Display for Guessed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mixed = mix(self.0 ^ 0x3333);
        match self.0 {
            0..16 => f.write_str(pick(&ACCOUNTS, self.0)),
            16..2_000 => write!(f, "{}{}", pick(&FIRST, mixed), mixed >> 57),
            _ => write!(
                f,
                "{}{}{}",
                pick(&ROLES, mixed),
                pick(&LAST, mixed >> 8),
                mixed >> 54
            ),
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Server(pub(super) u64);

impl Display for Server {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let role = pick(&ROLES, self.0);
        write!(
            f,
            "{role}-{}-{:02}",
            pick(&SITES, self.0 / 10),
            self.0 / 50 + 1
        )
    }
}

#[derive(Clone, Copy)]
pub(super) struct Workstation(pub(super) u64);

impl Display for Workstation {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            0..60 => write!(f, "SRV{:03}.corp.example", self.0),
            _ => write!(f, "WS-{:06X}.corp.example", mix(self.0) & 0xff_ffff),
        }
    }
}

pub(super) struct Guid(pub(super) u64, pub(super) u64);

impl Display for Guid {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (a, b) = (self.0, self.1);
        write!(
            f,
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        )
    }
}
