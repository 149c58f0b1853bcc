//! Entries of the journal as `journalctl -o json` writes them.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::world::{World, mix, pick};

const UNITS: [&str; 10] = [
    "ssh",
    "nginx",
    "docker",
    "containerd",
    "NetworkManager",
    "systemd-logind",
    "gdm",
    "cups",
    "bluetooth",
    "polkit",
];

pub(super) fn entry(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (host, pid, user) = (world.server(), world.pid(), world.user());
    let unit = *world.random.skewed(&UNITS);
    let (machine, boot) = (mix(host.0), mix(host.0 ^ 0x5555));
    let monotonic = at.micros % 900_000_000_000;
    write!(
        out,
        "{{\"__CURSOR\":\"s={machine:016x}{boot:016x};i={:x};b={boot:016x}{machine:016x};m={monotonic:x};t={:x};x={:016x}\",\
         \"__REALTIME_TIMESTAMP\":\"{}\",\"__MONOTONIC_TIMESTAMP\":\"{monotonic}\",\"_BOOT_ID\":\"{boot:016x}{machine:016x}\",\
         \"_MACHINE_ID\":\"{machine:016x}{:016x}\",\"_HOSTNAME\":\"{host}\",\"PRIORITY\":\"{}\",\"_TRANSPORT\":\"syslog\",\
         \"_UID\":\"{}\",\"_PID\":\"{pid}\",\"_COMM\":\"{unit}\",\"_SYSTEMD_UNIT\":\"{unit}.service\",\
         \"SYSLOG_IDENTIFIER\":\"{unit}\",\"MESSAGE\":\"",
        world.made,
        at.micros,
        world.random.next(),
        at.micros,
        mix(machine),
        pick(&["6", "6", "6", "5", "4", "3"], world.random.next() >> 8),
        1000 + user.0,
    )?;
    match world.random.below(4) {
        0 => write!(
            out,
            "New session {} of user {user}.",
            world.random.below(900_000)
        )?,
        1 => write!(
            out,
            "Failed password for {user} from {} port {} ssh2",
            world.external(),
            world.port()
        )?,
        2 => write!(
            out,
            "time=\\\"{}\\\" level=info msg=\\\"shim disconnected\\\" id={:016x}{:016x} namespace=moby",
            at.rfc3339(),
            world.random.next(),
            world.random.next()
        )?,
        _ => write!(
            out,
            "<info>  [{}] device (veth{:07x}): state change: activated -> unmanaged",
            at.audit(),
            world.random.below(1 << 28)
        )?,
    }
    out.push_str("\"}");
    Ok(())
}
