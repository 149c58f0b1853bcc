//! Records of auditd.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::world::World;

const PROGRAMS: [&str; 12] = [
    "bash", "sshd", "cron", "python3", "ls", "cat", "systemd", "dpkg", "curl", "sudo", "passwd",
    "find",
];
const KEYS: [&str; 5] = [
    "(null)",
    "\"exec\"",
    "\"identity\"",
    "\"network\"",
    "\"perm_mod\"",
];

pub(super) fn record(world: &mut World, at: &Moment, out: &mut String) -> Result {
    // An execution is several records of one serial.
    if world.random.below(3) > 0 {
        world.serial += 1;
    }
    let (serial, pid, user) = (world.serial, world.pid(), world.user());
    let program = *world.random.skewed(&PROGRAMS);
    let uid = 1000 + user.0;
    let id = (at.audit(), serial);
    match world.random.below(6) {
        0..3 => write!(
            out,
            "type=SYSCALL msg=audit({}:{}): arch=c000003e syscall=59 success=yes exit=0 a0={:x} a1={:x} a2={:x} a3=8 items=2 \
             ppid={} pid={pid} auid={uid} uid={uid} gid={uid} euid={uid} tty=pts{} ses={} comm=\"{program}\" \
             exe=\"/usr/bin/{program}\" subj=unconfined key={}",
            id.0,
            id.1,
            world.random.next() >> 17,
            world.random.next() >> 17,
            world.random.next() >> 17,
            world.pid(),
            world.random.below(40),
            world.random.below(90_000),
            *world.random.skewed(&KEYS),
        ),
        3 => write!(
            out,
            "type=EXECVE msg=audit({}:{}): argc=3 a0=\"{program}\" a1=\"-l\" a2=\"/home/{user}/project{}/file{}.txt\"",
            id.0,
            id.1,
            world.random.zipf(400),
            world.random.zipf(20_000)
        ),
        4 => write!(
            out,
            "type=PATH msg=audit({}:{}): item=0 name=\"/usr/bin/{program}\" inode={} dev=fd:01 mode=0100755 ouid=0 ogid=0 \
             rdev=00:00 nametype=NORMAL",
            id.0,
            id.1,
            world.random.zipf(3_000_000)
        ),
        _ => {
            let peer = world.external();
            write!(
                out,
                "type=USER_AUTH msg=audit({}:{}): pid={pid} uid=0 auid={uid} ses={} msg='op=PAM:authentication acct=\"{user}\" \
             exe=\"/usr/sbin/sshd\" hostname={peer} addr={peer} terminal=ssh res={}'",
                id.0,
                id.1,
                world.random.below(90_000),
                world.random.of(&["success", "success", "failed"]),
            )
        }
    }
}
