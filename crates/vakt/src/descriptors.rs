//! File descriptors, which connections share with the journal, the index and the records.
//!
//! A connection that somebody holds open must never be the descriptor that the journal lacks for
//! its next segment: that would stop it until a restart. So the soft limit is raised to the hard
//! one, and connections get what the rest of the daemon does not need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections leave to the journal, the index (a merge of eight segments holds
/// about a hundred files), the databases, and the daemon's own connections.
const RESERVED: u64 = 512;

/// Connections of one listener, where descriptors are plenty.
const CONNECTIONS_MAX: u64 = 1024;

/// Connections of one listener, however few the descriptors are.
const CONNECTIONS_MIN: u64 = 16;

/// Raises the limit as far as it goes; answers how many files may be open (`None`: any number).
pub fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            limit.current
        }
    }
}

/// How many connections each of so many listeners may hold when so many files may be open.
pub fn connections_max(files_max: Option<u64>, listeners: usize) -> usize {
    let share = files_max.map_or(CONNECTIONS_MAX, |files_max| {
        let listeners = u64::try_from(listeners.max(1)).unwrap_or(u64::MAX);
        files_max.saturating_sub(RESERVED) / listeners
    });
    let connections = share.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX);
    if connections < CONNECTIONS_MAX {
        tracing::warn!(
            files_max,
            connections,
            "few files may be open: each listener holds fewer connections; raise the limit (ulimit -n, LimitNOFILE=)"
        );
    }
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_rest() {
        let check = |files_max, listeners, expected| {
            assert_eq!(connections_max(files_max, listeners), expected);
        };
        check(None, 2, 1024);
        check(Some(65_536), 2, 1024);
        check(Some(1024), 2, 256);
        check(Some(1024), 0, 512);
        check(Some(256), 2, 16);
    }
}
