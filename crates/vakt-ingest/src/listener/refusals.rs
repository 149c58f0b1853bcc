//! Who was refused, said in the log: at most once in a while, since whoever is refused may come again a thousand
//! times a second.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::accounting::{RefuseReason, TransportMetrics};

/// A listener says so often whom it refused. Six lines a minute show which peers come.
const SAID_EVERY: Duration = Duration::from_secs(10);

pub(super) struct Refusals {
    listener: String,
    metrics: TransportMetrics,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    last: Option<Instant>,
    /// Refused since, without a line.
    unsaid: u64,
}

impl Refusals {
    pub(super) fn new(listener: &str, metrics: TransportMetrics) -> Self {
        Self {
            listener: listener.to_owned(),
            metrics,
            said: Mutex::default(),
        }
    }

    /// Counts a refusal, and says it unless one was said just now.
    pub(super) fn refuse(&self, peer: SocketAddr, reason: RefuseReason, why: &str) {
        self.metrics.refused(reason);
        let Some(unsaid) = self.turn(Instant::now()) else {
            return;
        };
        tracing::warn!(
            listener = self.listener,
            %peer,
            refused_before = unsaid,
            "a connection was refused: {why}"
        );
    }

    /// How many were not said since the last line, when it is time for one.
    fn turn(&self, now: Instant) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = said
            .last
            .is_none_or(|last| now.saturating_duration_since(last) >= SAID_EVERY);
        if !is_due {
            said.unsaid = said.unsaid.saturating_add(1);
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;
    use vakt_event::Transport;

    use super::*;
    use crate::accounting::Metrics;

    #[test]
    fn a_flood_is_a_line_now_and_then() {
        let metrics = Metrics::register(&Registry::new()).unwrap();
        let refusals = Refusals::new("tls", metrics.of(Transport::Tls));
        let start = Instant::now();
        for (second, expected) in [
            (0, Some(0)),
            (1, None),
            (9, None),
            (10, Some(2)),
            (11, None),
            (30, Some(1)),
            (60, Some(0)),
        ] {
            let found = refusals.turn(start + Duration::from_secs(second));
            assert_eq!(found, expected, "after {second} s");
        }
    }
}
