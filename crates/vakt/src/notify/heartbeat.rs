//! A sign of life for a watchdog elsewhere: it is sent while matching keeps up, and stops when that does
//! not (Implementing Regulation (EU) 2024/2690, Annex 3.2.6).

use std::sync::Arc;
use std::time::{Duration, Instant};

use prometheus::IntGauge;
use serde_json::json;

use super::fault::Fault;
use super::http::{agent_of, bearer, taken};
use crate::config::Heartbeat;
use crate::daemon::{Health, Matching};
use crate::pipeline::Stop;

pub(crate) struct Beat {
    pub(crate) way: Heartbeat,
    pub(crate) health: Arc<Health>,
    /// 1 while it is sent and taken.
    pub(crate) beats: IntGauge,
    pub(crate) stop: Stop,
}

impl Beat {
    pub(crate) fn run(self) {
        let mut said: Option<String> = None;
        let mut next = Instant::now();
        while !self.stop.is_set() {
            let pause = next.saturating_duration_since(Instant::now());
            if self.stop.wait(pause.min(Duration::from_secs(1))) {
                return;
            }
            if Instant::now() < next {
                continue;
            }
            next = Instant::now() + self.way.interval;
            let reason = self.beat();
            self.beats.set(i64::from(reason.is_none()));
            match (&reason, &said) {
                (Some(reason), None) => {
                    tracing::error!(reason, "the heartbeat has stopped");
                }
                (None, Some(_)) => tracing::info!("the heartbeat goes on"),
                _ => {}
            }
            said = reason;
        }
    }

    /// Sends one, or answers why none was sent or taken.
    fn beat(&self) -> Option<String> {
        let matching = self.health.matching();
        if let Some(reason) = silence(&matching, self.way.lag_max) {
            return Some(reason);
        }
        let body = json!({
            "lag_seconds": matching.lag.since.as_secs_f64(),
            "lag_events": matching.lag.events,
            "version": env!("CARGO_PKG_VERSION"),
        });
        self.send(&body).err().map(|fault| fault.text)
    }

    fn send(&self, body: &serde_json::Value) -> Result<(), Fault> {
        let agent = agent_of(self.way.ca.as_deref())?;
        let mut request = agent.post(&self.way.url);
        if let Some(token) = bearer(self.way.token.as_ref())? {
            request = request.header("authorization", token);
        }
        taken(&self.way.url, request.send_json(body))
    }
}

/// Why a sign of life would lie.
fn silence(matching: &Matching, lag_max: Duration) -> Option<String> {
    if let Some(reason) = &matching.failure {
        return Some(reason.clone());
    }
    (matching.lag.since > lag_max).then(|| {
        format!(
            "matching is {} s behind, more than {} s",
            matching.lag.since.as_secs(),
            lag_max.as_secs()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::readings::Lag;

    #[test]
    fn matching_that_stands_or_lags_gives_no_sign_of_life() {
        let check = |failure: Option<&str>, seconds: u64, expected: Option<&str>| {
            let matching = Matching {
                failure: failure.map(str::to_owned),
                lag: Lag {
                    events: 1,
                    bytes: 1,
                    since: Duration::from_secs(seconds),
                },
            };
            let found = silence(&matching, Duration::from_secs(300));
            assert_eq!(found.as_deref(), expected);
        };
        check(None, 0, None);
        check(None, 300, None);
        check(None, 301, Some("matching is 301 s behind, more than 300 s"));
        check(
            Some("detection stands still: x"),
            0,
            Some("detection stands still: x"),
        );
    }
}
