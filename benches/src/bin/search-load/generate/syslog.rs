//! What Unix machines send: RFC 3164, and RFC 5424 from applications.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::needle_name;
use super::world::{World, mix, pick};

pub(super) fn sshd(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (host, pid) = (world.server(), world.pid());
    write!(out, "<38>{} {host} sshd[{pid}]: ", at.bsd())?;
    let (user, peer, port) = (world.user(), world.peer(), world.port());
    match world.random.below(20) {
        0..4 => write!(
            out,
            "Accepted publickey for {user} from {} port {port} ssh2: ED25519 SHA256:{}",
            world.internal(),
            Key(user.0)
        ),
        4..6 => write!(
            out,
            "pam_unix(sshd:session): session opened for user {user}(uid={}) by (uid=0)",
            1000 + user.0
        ),
        6..8 => write!(
            out,
            "pam_unix(sshd:session): session closed for user {user}"
        ),
        8 => write!(
            out,
            "Received disconnect from {peer} port {port}:11: disconnected by user"
        ),
        9 => write!(out, "Disconnected from user {user} {peer} port {port}"),
        10 => write!(
            out,
            "Accepted password for {user} from {} port {port} ssh2",
            world.internal()
        ),
        11 | 12 => write!(out, "Connection closed by {peer} port {port} [preauth]"),
        13 | 14 => write!(
            out,
            "Invalid user {} from {peer} port {port}",
            world.guessed()
        ),
        15 => write!(
            out,
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={peer}  user={user}"
        ),
        16 | 17 => write!(
            out,
            "Failed password for invalid user {} from {peer} port {port} ssh2",
            world.guessed()
        ),
        _ => write!(
            out,
            "Failed password for {user} from {peer} port {port} ssh2"
        ),
    }
}

/// An attacker's next attempt.
pub(super) fn guess(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (peer, host) = (world.attack.peer(), world.attack.server());
    let (pid, port) = (world.pid(), world.port());
    let name = world.guessed();
    write!(
        out,
        "<38>{} {host} sshd[{pid}]: Failed password for invalid user {name} from {peer} port {port} ssh2",
        at.bsd()
    )
}

/// An attacker's next port.
pub(super) fn scan(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (peer, host) = (world.attack.peer(), world.attack.server());
    let port = world.random.below(65_536);
    blocked(world, at, out, &host, &peer, port)
}

pub(super) fn needle(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let name = needle_name(world.made / super::NEEDLE_EVERY);
    let (host, pid, port, peer) = (world.server(), world.pid(), world.port(), world.external());
    write!(
        out,
        "<38>{} {host} sshd[{pid}]: Accepted password for {name} from {peer} port {port} ssh2",
        at.bsd()
    )
}

const COMMANDS: [&str; 12] = [
    "/usr/bin/systemctl restart nginx",
    "/usr/bin/apt-get update",
    "/usr/bin/journalctl -u postgresql -n 200",
    "/usr/bin/passwd",
    "/bin/cat /etc/shadow",
    "/usr/sbin/iptables -L -n -v",
    "/usr/bin/docker ps -a",
    "/usr/bin/vim /etc/hosts",
    "/bin/chown -R www-data:www-data /srv/www",
    "/usr/bin/tail -f /var/log/syslog",
    "/usr/bin/rsync -a /srv/data/ backup:/srv/data/",
    "/usr/sbin/tcpdump -i eth0 -w /tmp/trace.pcap",
];

pub(super) fn sudo(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (host, user) = (world.server(), world.user());
    let command = world.random.of(&COMMANDS);
    write!(out, "<86>{} {host} sudo: {user} : ", at.bsd())?;
    if world.random.below(40) == 0 {
        out.push_str("3 incorrect password attempts ; ");
    }
    write!(
        out,
        "TTY=pts/{} ; PWD=/home/{user} ; USER=root ; COMMAND={command}",
        world.random.below(40)
    )
}

const JOBS: [&str; 8] = [
    "(cd / && run-parts --report /etc/cron.hourly)",
    "/usr/local/bin/backup-db --incremental",
    "command -v debian-sa1 > /dev/null && debian-sa1 1 1",
    "/usr/lib/sysstat/sa1 1 1",
    "[ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean",
    "/opt/agent/bin/collect --quiet",
    "test -x /usr/sbin/anacron || run-parts /etc/cron.daily",
    "/usr/bin/certbot -q renew",
];

pub(super) fn cron(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (host, pid, user) = (world.server(), world.pid(), world.user());
    let job = world.random.of(&JOBS);
    write!(
        out,
        "<78>{} {host} CRON[{pid}]: ({user}) CMD ({job})",
        at.bsd()
    )
}

const UNITS: [&str; 16] = [
    "nginx",
    "postgresql@14-main",
    "docker",
    "ssh",
    "cron",
    "snapd",
    "apt-daily",
    "logrotate",
    "fwupd-refresh",
    "redis-server",
    "php8.1-fpm",
    "rabbitmq-server",
    "node_exporter",
    "chrony",
    "packagekit",
    "man-db",
];

pub(super) fn systemd(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let host = world.server();
    let unit = *world.random.skewed(&UNITS);
    let user = world.user();
    write!(out, "<30>{} {host} systemd[1]: ", at.bsd())?;
    match world.random.below(8) {
        0 | 1 => write!(
            out,
            "Started Session {} of User {user}.",
            world.random.below(900_000)
        ),
        2 => write!(out, "{unit}.service: Succeeded."),
        3 => write!(out, "Starting {unit}.service - {unit} daemon..."),
        4 => write!(out, "Started {unit}.service - {unit} daemon."),
        5 => write!(
            out,
            "{unit}.service: Consumed {}.{:03}s CPU time.",
            world.random.below(900),
            world.random.below(1000)
        ),
        6 => write!(
            out,
            "session-{}.scope: Deactivated successfully.",
            world.random.below(900_000)
        ),
        _ => write!(
            out,
            "run-docker-runtime\\x2drunc-moby-{:016x}{:016x}-runc.{:06x}.mount: Deactivated successfully.",
            world.random.next(),
            world.random.next(),
            world.random.below(1 << 24)
        ),
    }
}

pub(super) fn kernel(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let host = world.server();
    if world.random.below(3) > 0 {
        let (peer, port) = (world.external(), [22, 23, 80, 443, 445, 3389, 5432, 8080]);
        let port = *world.random.skewed(&port);
        return blocked(world, at, out, &host, &peer, port);
    }
    let uptime = at.micros / 7 % 9_000_000_000_000;
    write!(
        out,
        "<6>{} {host} kernel: [{}.{:06}] ",
        at.bsd(),
        uptime / 1_000_000,
        uptime % 1_000_000
    )?;
    match world.random.below(3) {
        0 => write!(
            out,
            "veth{:07x}: renamed from eth0",
            world.random.below(1 << 28)
        ),
        1 => write!(
            out,
            "docker0: port {}(veth{:07x}) entered blocking state",
            world.random.below(40),
            world.random.below(1 << 28)
        ),
        _ => write!(
            out,
            "audit: type=1400 audit({}:{}): apparmor=\"DENIED\" operation=\"open\" profile=\"snap.{}\" pid={}",
            at.audit(),
            { world.made },
            pick(&UNITS, world.made),
            world.pid()
        ),
    }
}

/// A packet that the machine's own firewall drops.
fn blocked(
    world: &mut World,
    at: &Moment,
    out: &mut String,
    host: &super::world::Server,
    peer: &std::net::Ipv4Addr,
    port: u64,
) -> Result {
    let uptime = at.micros / 7 % 9_000_000_000_000;
    write!(
        out,
        "<4>{} {host} kernel: [{}.{:06}] [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:{:02x}:{:02x}:{:02x} SRC={peer} DST={} \
         LEN={} TTL={} ID={} PROTO=TCP SPT={} DPT={port} WINDOW={} SYN",
        at.bsd(),
        uptime / 1_000_000,
        uptime % 1_000_000,
        host.0 & 0xff,
        (host.0 * 7) & 0xff,
        mix(host.0) & 0xff,
        super::internal(host.0),
        40 + world.random.below(24),
        world.random.below(128) + 40,
        world.random.below(65_536),
        world.port(),
        world.random.below(65_536),
    )
}

const APPLICATIONS: [&str; 8] = [
    "orders",
    "billing",
    "auth-gateway",
    "catalogue",
    "notifier",
    "ledger",
    "search-api",
    "import",
];

pub(super) fn application(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (host, pid) = (world.server(), world.pid());
    let name = *world.random.skewed(&APPLICATIONS);
    write!(out, "<134>1 {} {host} {name} {pid} ", at.rfc3339())?;
    let request = world.random.next();
    match world.random.below(6) {
        0 => write!(
            out,
            "AUTH [origin ip=\"{}\"] login ok user={} session={:016x}",
            world.external(),
            world.user(),
            request
        ),
        1 => write!(
            out,
            "AUTH [origin ip=\"{}\"] login failed user={} reason=\"wrong password\" attempt={}",
            world.external(),
            world.user(),
            world.random.below(5) + 1
        ),
        2 => write!(
            out,
            "DB - slow query took {} ms rows={} request={request:016x}",
            100 + world.random.zipf(60_000),
            world.random.zipf(1_000_000)
        ),
        3 => write!(
            out,
            "ORDER - order {} of customer {} paid amount={}.{:02} trace={request:016x}",
            world.made * 3 + 7_000_000,
            world.random.zipf(300_000),
            world.random.zipf(20_000),
            world.random.below(100)
        ),
        4 => write!(
            out,
            "- - connection to {}:5432 timed out after {} ms, retry {}",
            world.internal(),
            world.random.below(30_000),
            world.random.below(6)
        ),
        _ => write!(
            out,
            "REQ - GET /api/v2/{name}/{} 200 {} ms request={request:016x}",
            world.random.zipf(500_000),
            world.random.zipf(4_000)
        ),
    }
}

/// The fingerprint of a user's key.
struct Key(u64);

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> Result {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for part in 0..4 {
            let mut mixed = mix(self.0 * 4 + part);
            for _ in 0..if part == 3 { 10 } else { 11 } {
                let digit = usize::try_from(mixed & 63).unwrap_or(0);
                f.write_char(char::from(DIGITS[digit]))?;
                mixed >>= 6;
            }
        }
        Ok(())
    }
}
