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
        match round(desk, output, way, &mut state) {
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
                if let Err(error) = desk.records.output_failed(name) {
                    tracing::error!(output = name, %error, "a failure cannot be counted");
                }
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
    /// What was sent since the start.
    known: BTreeSet<String>,
}

impl State {
    fn is_due(&self, routed: u64) -> bool {
        self.routed != Some(routed) || self.looked.is_none_or(|last| last.elapsed() >= LOOK)
    }
}

/// Tells what is new and what has ended, and from time to time everything.
fn round(desk: &Desk, output: &Output, way: &Alertmanager, state: &mut State) -> Result<(), Fault> {
    let name = output.name();
    let all = desk.records.firing(name).map_err(anyhow::Error::from)?;
    let is_resend = state.resent.is_none_or(|last| last.elapsed() >= way.resend);
    let due: Vec<_> = all
        .iter()
        .filter(|it| is_resend || it.ends_at.is_some() || !state.known.contains(&it.uid))
        .collect();
    for part in due.chunks(ALERTS_AT_ONCE) {
        let mut alerts = Vec::new();
        for firing in part {
            let at = firing.starts_at;
            let message = message::shape(desk, output, &firing.uid, &firing.payload, at)?;
            alerts.push(alert(&message, firing.ends_at));
        }
        post(way, &alerts)?;
        state.known.extend(part.iter().map(|it| it.uid.clone()));
    }
    if is_resend {
        state.resent = Some(Instant::now());
    }
    let ended: Vec<String> = all
        .iter()
        .filter(|it| it.ends_at.is_some())
        .map(|it| it.uid.clone())
        .collect();
    desk.records
        .firing_ended(name, &ended)
        .map_err(anyhow::Error::from)?;
    for uid in &ended {
        state.known.remove(uid);
    }
    Ok(())
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
