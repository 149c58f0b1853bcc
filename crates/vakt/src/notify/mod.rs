//! Notices: what happened, told to people and programs elsewhere.
//!
//! A thread of its own (`notices`) decides to whom notices go, files reminders and looks at what is watched;
//! each output has another (`deliver`), so that a receiver that hangs holds no other. Delivery is at
//! least once: a notice is taken off the outbox after the receiver took it, so a crash in between sends it
//! again under the same id.

mod alertmanager;
mod cef;
mod deadline;
mod email;
mod fault;
pub(crate) mod heartbeat;
mod http;
mod last_word;
mod message;
mod syslog;
mod watch;
mod webhook;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use vakt_event::{Clock, Timestamp};
use vakt_incident::reminder::Policy;
use vakt_incident::{Records, Route};

use crate::config::outputs::SyslogTransport;
use crate::config::{Output, Way};
use crate::pipeline::Stop;
use crate::redact::Redactor;
use fault::Fault;
use last_word::LastWord;
use message::Message;
pub(crate) use watch::Watch;
pub(crate) use webhook::key as signing_key;

/// How often somebody looks whether there is something to tell.
const POLL: Duration = Duration::from_millis(500);

/// The shortest pause between two looks at all clocks, however much is recorded.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// The longest: a wall clock that was set is noticed within it.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(600);

/// The longest pause after failures that follow on each other: an output that is down is not asked more
/// often, whatever waits for it. One that refuses a notice is not down.
const DOWN_PAUSE_MAX: Duration = Duration::from_secs(30);

/// What all outputs share.
pub(crate) struct Desk {
    pub(crate) records: Arc<Records>,
    /// Notices leave the house: they say no more than searches do.
    pub(crate) redactor: Option<Arc<Redactor>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The address under which people reach the pages, for links.
    pub(crate) public_url: String,
    pub(crate) organisation: Option<String>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) reminders: Policy,
    /// Counts up when notices were routed.
    pub(crate) routed: AtomicU64,
}

/// One way to one receiver.
trait Sender {
    fn send(&mut self, message: &Message) -> Result<(), Fault>;
}

impl Desk {
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.outputs.iter().map(|output| output.name().to_owned());
        names.collect()
    }

    /// Starts the threads.
    pub(crate) fn start(
        self: &Arc<Self>,
        watch: Watch,
        stop: &Stop,
    ) -> Result<Vec<JoinHandle<()>>> {
        self.records.retire_outputs(&self.names())?;
        watch.retire(&self.records)?;
        let mut threads = Vec::new();
        let (desk, stop_watch) = (Arc::clone(self), stop.clone());
        threads.push(spawn("notices", move || desk.keep(watch, &stop_watch))?);
        for index in 0..self.outputs.len() {
            let (desk, stop) = (Arc::clone(self), stop.clone());
            threads.push(spawn("deliver", move || desk.deliver(index, &stop))?);
        }
        Ok(threads)
    }

    /// Sends a marked notice at once, past the outbox, through each output or the one that is named.
    /// `None` where none has the name.
    pub(crate) fn test(&self, name: Option<&str>) -> Option<Vec<Json>> {
        let asked: Vec<&Output> = self
            .outputs
            .iter()
            .filter(|output| name.is_none_or(|name| output.name() == name))
            .collect();
        if asked.is_empty() && name.is_some() {
            return None;
        }
        // At once: each waits for its own receiver alone.
        thread::scope(|scope| {
            let running: Vec<_> = asked
                .iter()
                .map(|output| (output, scope.spawn(|| self.test_one(output))))
                .collect();
            let results = running.into_iter().map(|(output, running)| {
                let result = running.join();
                let error = match result {
                    Ok(Ok(())) => None,
                    Ok(Err(fault)) => Some(fault.text),
                    Err(_) => Some("the test ended in a panic".to_owned()),
                };
                json!({
                    "output": output.name(),
                    "delivered": error.is_none(),
                    "answers": has_answers(output),
                    "error": error,
                })
            });
            Some(results.collect())
        })
    }

    fn test_one(&self, output: &Output) -> Result<(), Fault> {
        let now = self.clock.now();
        let uid = format!("test-{}", now.micros());
        let payload = json!({
            "kind": "test",
            "title": "Test: nothing has happened",
            "host": null,
            "detected_at": now,
            "deadline": null,
        });
        let message = message::shape(self, output, &uid, &payload, now)?;
        sender(output).send(&message)
    }

    /// How each output stands.
    pub(crate) fn standing(&self, streams: Option<&[String]>) -> Result<Vec<Json>> {
        let is_shown = |output: &Output| {
            let of = &output.route.streams;
            let within = |seen: &[String]| of.iter().all(|it| seen.contains(it));
            streams.is_none_or(|seen| !of.is_empty() && within(seen))
        };
        let counts = self.records.output_counts(&self.names())?;
        let all = self.outputs.iter().zip(counts);
        let all = all
            .filter(|(output, _)| is_shown(output))
            .map(|(output, counts)| {
                let mut shown = json!(counts);
                shown["type"] = type_of(output).into();
                shown["id"] = output.name().into();
                shown
            });
        Ok(all.collect())
    }

    fn routes(&self) -> Vec<Route> {
        self.outputs.iter().map(|it| it.route.clone()).collect()
    }

    /// The thread that decides what is told to whom.
    fn keep(&self, mut watch: Watch, stop: &Stop) {
        let routes = self.routes();
        let mut look = Look::default();
        let mut last_word = LastWord::default();
        while !stop.is_set() {
            let step = AssertUnwindSafe(|| self.step(&routes, &mut watch, &mut look));
            let done = catch_unwind(step)
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a look at what is to be told panicked")));
            if let Err(error) = done {
                tracing::error!(error = format!("{error:#}"), "notices cannot be filed");
                if let Some(reason) = watch.untold_failure() {
                    last_word.tell(self, &reason);
                }
                stop.wait(LOOK_PAUSE);
            }
            stop.wait(POLL);
        }
    }

    fn step(&self, routes: &[Route], watch: &mut Watch, look: &mut Look) -> Result<()> {
        watch.look(&self.records, self.clock.now())?;
        let revision = self.records.incident_revision()?;
        if look.is_due(revision, self.clock.now()) {
            look.next = self.records.remind(&self.reminders)?;
            look.revision = revision;
            look.last = Some(Instant::now());
        }
        while self.records.route(routes)? > 0 {
            self.routed.fetch_add(1, Ordering::Release);
        }
        Ok(())
    }

    /// The thread of one output.
    fn deliver(&self, index: usize, stop: &Stop) {
        let Some(output) = self.outputs.get(index) else {
            return;
        };
        if let Way::Alertmanager(way) = &output.way {
            return alertmanager::run(self, output, way, stop);
        }
        let mut sender = sender(output);
        let mut failures = 0;
        while !stop.is_set() {
            // A notice at which it panics is tried later, as others are that failed.
            let one = AssertUnwindSafe(|| self.deliver_one(output, sender.as_mut()));
            let tried = catch_unwind(one).unwrap_or_else(|_| {
                tracing::error!(output = output.name(), "a delivery ended in a panic");
                Ok(Some(Tried::Refused))
            });
            match tried {
                Ok(Some(Tried::Taken)) => failures = 0,
                Ok(Some(Tried::Refused)) => {
                    failures = 0;
                    stop.wait(POLL);
                }
                Ok(Some(Tried::Down)) => {
                    failures += 1;
                    stop.wait(pause_after(failures));
                }
                Ok(None) => {
                    stop.wait(POLL);
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::error!(output = output.name(), error, "the outbox cannot be read");
                    stop.wait(LOOK_PAUSE);
                }
            }
        }
    }

    /// Tries one notice; `None` where none is due.
    fn deliver_one(&self, output: &Output, sender: &mut dyn Sender) -> Result<Option<Tried>> {
        let name = output.name();
        let Some(notice) = self.records.outbox_claim(name)? else {
            return Ok(None);
        };
        let (uid, payload) = (&notice.uid, &notice.payload);
        let sent = message::shape(self, output, uid, payload, notice.created_at)
            .map_err(Fault::from)
            .and_then(|mut message| {
                message.taken.clone_from(&notice.taken);
                sender.send(&message)
            });
        match sent {
            Ok(()) => {
                self.records.outbox_delivered(notice.id, name)?;
                Ok(Some(Tried::Taken))
            }
            Err(fault) => {
                tracing::warn!(
                    output = name,
                    notice = notice.uid,
                    attempts = notice.attempts,
                    error = fault.text,
                    "a notice was not delivered"
                );
                if fault.taken.len() > notice.taken.len() {
                    self.records.outbox_taken(notice.id, name, &fault.taken)?;
                }
                let next = fault.retry_at(self.clock.now());
                self.records
                    .outbox_failed(notice.id, name, &fault.text, next)?;
                Ok(Some(match fault.is_refusal {
                    true => Tried::Refused,
                    false => Tried::Down,
                }))
            }
        }
    }
}

/// What became of an attempt.
enum Tried {
    Taken,
    /// The receiver refuses this notice; another may fare better.
    Refused,
    /// The receiver is not there, or takes nothing now.
    Down,
}

/// When the clocks are looked at.
#[derive(Default)]
struct Look {
    /// When something falls due, if nothing is recorded until then.
    next: Option<Timestamp>,
    /// What was recorded at the last look.
    revision: i64,
    last: Option<Instant>,
}

impl Look {
    fn is_due(&self, revision: i64, now: Timestamp) -> bool {
        let Some(last) = self.last else {
            return true;
        };
        let since = last.elapsed();
        let is_wanted = revision != self.revision || self.next.is_some_and(|next| next <= now);
        (is_wanted && since >= LOOK_PAUSE) || since >= LOOK_PAUSE_MAX
    }
}

fn pause_after(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    POLL.saturating_mul(1 << doublings).min(DOWN_PAUSE_MAX)
}

fn sender(output: &Output) -> Box<dyn Sender + '_> {
    match &output.way {
        Way::Webhook(way) => Box::new(webhook::Webhook::new(way)),
        Way::Email(way) => Box::new(email::Email::new(output.name(), way)),
        Way::Syslog(way) => Box::new(syslog::Syslog::new(way)),
        Way::Alertmanager(way) => Box::new(alertmanager::Once(way)),
    }
}

/// Whether the receiver says that it took something.
fn has_answers(output: &Output) -> bool {
    !matches!(&output.way, Way::Syslog(way) if way.transport == SyslogTransport::Udp)
}

pub(crate) fn type_of(output: &Output) -> &'static str {
    match &output.way {
        Way::Webhook(_) => "webhook",
        Way::Email(_) => "email",
        Way::Syslog(_) => "syslog",
        Way::Alertmanager(_) => "alertmanager",
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .with_context(|| format!("cannot start the thread {name}"))
}
