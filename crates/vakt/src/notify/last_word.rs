//! The disk that failed the journal fails the records, too: then the notice of it goes past the outbox, to each
//! output until it has taken it.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use vakt_incident::NoticeKind;
use vakt_incident::route::Routed;

use super::fault::Fault;
use super::{Desk, message, sender};
use crate::config::Output;

/// From one attempt to the next: as often as an output that is down is asked.
const PAUSE: Duration = super::DOWN_PAUSE_MAX;

#[derive(Default)]
pub(super) struct LastWord {
    /// The same at every attempt.
    uid: Option<String>,
    /// The outputs that have it; bounded by the outputs there are.
    told: BTreeSet<String>,
    tried: Option<Instant>,
}

impl LastWord {
    /// Tells `reason` to those that do not have it.
    pub(super) fn tell(&mut self, desk: &Desk, reason: &str) {
        if self.tried.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        self.tried = Some(Instant::now());
        let about = Routed {
            kind: NoticeKind::Journal,
            level: None,
            stream: None,
            party: None,
        };
        let untold: Vec<&Output> = desk
            .outputs
            .iter()
            .filter(|it| it.route.takes(&about) && !self.told.contains(it.name()))
            .collect();
        let now = desk.clock.now();
        let uid = self
            .uid
            .get_or_insert_with(|| format!("journal-{}", now.micros()))
            .as_str();
        let payload = json!({
            "kind": NoticeKind::Journal,
            "is_well": false,
            "title": reason,
            "detected_at": now,
            "deadline": null,
        });
        let send = |output: &Output| {
            let message = message::shape(desk, output, uid, &payload, now)?;
            sender(output).send(&message)
        };
        let results: Vec<(&Output, Result<(), Fault>)> = thread::scope(|scope| {
            let running: Vec<_> = untold
                .into_iter()
                .map(|output| (output, scope.spawn(move || send(output))))
                .collect();
            let ended = running.into_iter().map(|(output, running)| {
                let panicked = || Err(Fault::new("the delivery ended in a panic"));
                (output, running.join().unwrap_or_else(|_| panicked()))
            });
            ended.collect()
        });
        for (output, result) in results {
            let name = output.name();
            match result {
                Ok(()) => {
                    self.told.insert(name.to_owned());
                }
                Err(fault) => tracing::error!(output = name, error = fault.text, "nobody was told"),
            }
        }
    }
}
