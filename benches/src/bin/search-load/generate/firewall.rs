//! Traffic of a firewall, as key=value.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::world::World;

const SERVICES: [(&str, u64, u64); 10] = [
    ("HTTPS", 443, 6),
    ("DNS", 53, 17),
    ("HTTP", 80, 6),
    ("NTP", 123, 17),
    ("SMB", 445, 6),
    ("QUIC", 443, 17),
    ("LDAP", 389, 6),
    ("SSH", 22, 6),
    ("RDP", 3389, 6),
    ("SMTP", 25, 6),
];

pub(super) fn traffic(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let (service, port, protocol) = *world.random.skewed(&SERVICES);
    let device = world.random.zipf(12) + 1;
    let is_out = world.random.below(3) > 0;
    let (from, to) = if is_out {
        (world.internal(), world.external())
    } else {
        (world.external(), world.internal())
    };
    let action = if is_out {
        "accept"
    } else {
        world.random.of(&["deny", "deny", "accept"])
    };
    write!(
        out,
        "<134>{} fw-sto-{device:02} date={} time={} devname=\"fw-sto-{device:02}\" devid=\"FG100F{:010}\" logid=\"0000000013\" \
         type=\"traffic\" subtype=\"forward\" level=\"notice\" srcip={from} srcport={} srcintf=\"port{}\" dstip={to} dstport={port} \
         dstintf=\"wan1\" sessionid={} proto={protocol} action=\"{action}\" policyid={} service=\"{service}\" duration={} \
         sentbyte={} rcvdbyte={} sentpkt={}",
        at.bsd(),
        at.date(),
        at.clock(),
        device * 7_919,
        world.port(),
        world.random.below(8) + 1,
        world.made * 5 + 810_000_000,
        world.random.zipf(300),
        world.random.zipf(3_600),
        world.size(),
        world.size(),
        world.random.zipf(40_000),
    )
}
