//! Alertmanager, API v2: told again and again of what goes on, and once of its end.
//!
//! What goes on is in the records and survives restarts. Labels say which alert it is and never change;
//! the id of the notice among them makes each one of its own. Without `endsAt` Alertmanager ends an alert
//! by itself when it hears nothing of it for its `resolve_timeout`: if we die, it does not last for ever.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Map, Value as Json, json};
use vakt_event::Timestamp;
use vakt_incident::{Firing, GoingOn};

use super::fault::Fault;
use super::http::{agent_of, bearer, taken};
use super::message::{self, Message};
use super::{Desk, POLL, pause_after};
use crate::config::Output;
use crate::config::outputs::Alertmanager;
use crate::pipeline::Stop;

/// How often it is looked whether something has ended.
const LOOK: Duration = Duration::from_secs(5);

/// Alerts in one request.
const ALERTS_AT_ONCE: usize = 200;

/// A test ends by itself after so long, in microseconds.
const TEST_MICROS: i64 = 60 * 1_000_000;

/// A single alert, for tests: what goes on goes by its state.
pub(super) struct Once<'c>(pub(super) &'c Alertmanager);

impl super::Sender for Once<'_> {
    /// Sends an alert that ends by itself.
    fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let ends = message.at.saturating_add_micros(TEST_MICROS);
        post(self.0, &[alert(message, Some(ends))])
    }
}

/// The thread of an output.
pub(super) fn run(desk: &Desk, output: &Output, way: &Alertmanager, stop: &Stop) {
    let mut state = State::default();
    let mut failures = 0;
    while !stop.is_set() {
        let routed = desk.routed.load(Ordering::Acquire);
        if !state.is_due(routed) {
            stop.wait(POLL);
            continue;
        }
        match round(desk, output, way, &mut state, stop) {
            Ok(()) => {
                failures = 0;
                state.routed = Some(routed);
                state.looked = Some(Instant::now());
            }
            Err(fault) => {
                failures += 1;
                let name = output.name();
                tracing::warn!(
                    output = name,
                    error = fault.text,
                    "alerts were not delivered"
                );
                stop.wait(pause_after(failures));
            }
        }
    }
}

#[derive(Default)]
struct State {
    routed: Option<u64>,
    looked: Option<Instant>,
    /// When everything was sent last.
    resent: Option<Instant>,
    /// What was sent since the start and goes on; bounded as that is.
    known: BTreeSet<String>,
    /// That some have no place was said.
    is_full: bool,
}

impl State {
    fn is_due(&self, routed: u64) -> bool {
        self.routed != Some(routed) || self.looked.is_none_or(|last| last.elapsed() >= LOOK)
    }

    fn has_told(&mut self, part: &[Firing]) {
        for firing in part {
            match firing.ends_at {
                None => self.known.insert(firing.uid.clone()),
                Some(_) => self.known.remove(&firing.uid),
            };
        }
    }

    /// In the log: that there is no place for all, once, and what ended before it was told.
    fn say_what_waits(&mut self, output: &str, all: &GoingOn) {
        let is_full = all.waiting > 0;
        if is_full && !self.is_full {
            tracing::warn!(
                output,
                waiting = all.waiting,
                "more goes on than is told at the same time; alerts wait for room, the lowest first"
            );
        }
        if !is_full && self.is_full {
            tracing::info!(output, "there is room again for all that goes on");
        }
        self.is_full = is_full;
        if all.missed > 0 {
            tracing::warn!(
                output,
                missed = all.missed,
                "what ended before it could be told is given up"
            );
        }
    }
}

/// Tells what is new and what has ended, and from time to time everything. What is refused holds none of the
/// others.
fn round(
    desk: &Desk,
    output: &Output,
    way: &Alertmanager,
    state: &mut State,
    stop: &Stop,
) -> Result<(), Fault> {
    let name = output.name();
    let all = desk.records.firing(name).map_err(anyhow::Error::from)?;
    state.say_what_waits(name, &all);
    let is_resend = state.resent.is_none_or(|last| last.elapsed() >= way.resend);
    let due: Vec<Firing> = all
        .firing
        .into_iter()
        .filter(|it| is_resend || it.ends_at.is_some() || !state.known.contains(&it.uid))
        .collect();
    let mut failed = None;
    for (index, part) in due.chunks(ALERTS_AT_ONCE).enumerate() {
        if stop.is_set() {
            return Ok(());
        }
        let Err(fault) = tell(desk, output, way, part) else {
            desk.records
                .firing_told(name, part)
                .map_err(anyhow::Error::from)?;
            state.has_told(part);
            continue;
        };
        let untold = match fault.is_refusal {
            true => part,
            false => due.get(index * ALERTS_AT_ONCE..).unwrap_or(part),
        };
        let uids: Vec<String> = untold.iter().map(|it| it.uid.clone()).collect();
        desk.records
            .firing_failed(name, &uids, &fault.text)
            .map_err(anyhow::Error::from)?;
        let is_refusal = fault.is_refusal;
        failed = Some(fault);
        if !is_refusal {
            break;
        }
    }
    if let Some(fault) = failed {
        return Err(fault);
    }
    if is_resend {
        state.resent = Some(Instant::now());
    }
    Ok(())
}

fn tell(desk: &Desk, output: &Output, way: &Alertmanager, part: &[Firing]) -> Result<(), Fault> {
    let mut alerts = Vec::new();
    for firing in part {
        let at = firing.starts_at;
        let message = message::shape(desk, output, &firing.uid, &firing.payload, at)?;
        alerts.push(alert(&message, firing.ends_at));
    }
    post(way, &alerts)
}

fn post(way: &Alertmanager, alerts: &[Json]) -> Result<(), Fault> {
    let agent = agent_of(way.ca.as_deref())?;
    let url = format!("{}/api/v2/alerts", way.url);
    let mut request = agent.post(&url);
    if let Some(token) = bearer(way.token.as_ref())? {
        request = request.header("authorization", token);
    }
    taken(&url, request.send_json(alerts))
}

fn alert(message: &Message, ends_at: Option<Timestamp>) -> Json {
    let body = &message.body;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let kind = text("kind");
    let mut name = String::from("Vakt");
    let mut letters = kind.chars();
    name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    name.extend(letters);
    let rule = body["rule"]["id"].as_str().unwrap_or_default().to_owned();
    let severity = match text("level") {
        level if level.is_empty() => "critical".to_owned(),
        level => level,
    };
    let labels = [
        ("alertname", name),
        ("severity", severity),
        ("kind", kind),
        ("rule", rule),
        ("host", text("host")),
        ("stream", text("stream")),
        ("incident", text("incident")),
        ("id", message.uid.clone()),
    ];
    let annotations = [
        (
            "summary",
            super::words::subject(message, Default::default()),
        ),
        ("title", text("title")),
        ("entity", text("entity")),
        ("deadline", text("deadline")),
        ("deadline_local", text("deadline_local")),
        (
            "count",
            body["count"]
                .as_u64()
                .map_or(String::new(), |it| it.to_string()),
        ),
    ];
    let mut shown = json!({
        "labels": full(labels),
        "annotations": full(annotations),
        "generatorURL": text("link"),
        "startsAt": message.at,
    });
    if let Some(ends_at) = ends_at {
        shown["endsAt"] = ends_at.to_string().into();
    }
    shown
}

/// Alertmanager counts an empty label as absent.
fn full<const N: usize>(pairs: [(&str, String); N]) -> Map<String, Json> {
    let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    pairs
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}
